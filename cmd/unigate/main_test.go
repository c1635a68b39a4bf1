package main

import (
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/unigate/unigate/cmd/internal/nogo"
)

var update = flag.Bool("update", false, "rewrite the expected output inside the scripts")

func TestMain(m *testing.M) {
	nogo.Restore() // as main does: the scripts look for programs
	testscript.Main(m, map[string]func(){"unigate": main})
}

func TestScripts(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			e.Setenv("SOURCE", root) // for what is tried beside the program, such as the recipes for CI
			return nil
		},
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status,
			"answer": answer,
		},
	})
}

// answer starts a server on this machine that answers every login with right
// credentials with a status, and every other request with 401: answer 201. Its
// address is $TARGET, the credentials are $$only and "a:b c£".
func answer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: answer STATUS")
	}
	code, err := strconv.Atoi(args[0])
	ts.Check(err)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		name, password, _ := r.BasicAuth()
		status, body := http.StatusUnauthorized, `{"message":"Empty or invalid Authorization header"`
		if name == "$$only" && password == "a:b c£" {
			status, body = code, `{"token":"eyJ0eXAiOiJEQiJ9.eyJ1c2VybmFtZSI6IiQkb25seSJ9.0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F90123456789ABCDEF0123456789ABCDEF"`
			if code >= http.StatusBadRequest {
				body = `{"message":"no"`
			}
		}
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, "%s,\"status\":%d}", body, status)
	}))
	ts.Defer(s.Close)
	ts.Setenv("TARGET", s.URL)
}

// status runs a command and checks its exact exit status, which "!" cannot do:
// status 2 unigate verify --tags @nothing. A load test on a machine that is busy
// with something else rightly ends with 3, so that scripts that run one say
// status 0,3: what the verdict must be is tested in virtual time.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N command [args...]")
	}
	want := strings.Split(args[0], ",")
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%s did not run: %v", args[1], err)
		}
		got = exit.ExitCode()
	}
	if !slices.Contains(want, strconv.Itoa(got)) {
		ts.Fatalf("exit status is %d, not %s", got, args[0])
	}
}
