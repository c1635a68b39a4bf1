package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
)

// runCLI runs unigate and returns what it printed, and its exit status.
func runCLI(t *testing.T, args ...string) (out, errs string, exit int) {
	t.Helper()
	var o, e bytes.Buffer
	exit = Run(t.Context(), args, Streams{In: strings.NewReader(""), Out: &o, Err: &e}, func(string) (string, bool) { return "", false })
	return o.String(), e.String(), exit
}

// keptConfig writes a configuration for a service with two users.
func keptConfig(t *testing.T, url string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "unigate.yaml")
	text := "target: {base_url: " + url + ", resource: " + unifier.ResourcePath + "}\nusers:\n" +
		"  - {name: \"$$unigate\", password: \"Pr1mavera!\"}\n  - {name: api@unigate.example, password: 0Auth-api, type: oauth}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The rehearsal of an upgrade with kept tokens: a service that goes on knows them, one
// that lost its tokens refuses them, and compare says so in one sentence.
func TestKeptTokens(t *testing.T) {
	service, err := reference.New(reference.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server, err := service.Start(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	config := keptConfig(t, server.URL())
	dir := t.TempDir()
	file := filepath.Join(dir, "kept.json")
	out, errs, exit := runCLI(t, "keep", "--config", config, "--user", "$$unigate", "--user", "api@unigate.example", file)
	if exit != 0 || !strings.Contains(out, "kept a token of $$unigate (login)") || !strings.Contains(out, "holds secrets") {
		t.Fatalf("%d %s %s", exit, out, errs)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	token := firstToken(t, file)
	if strings.Contains(out+errs, token) {
		t.Error("the token is shown")
	}
	if _, errs, exit := runCLI(t, "keep", "--config", config, "--user", "$$unigate", file); exit != 2 || !strings.Contains(errs, "never overwritten") {
		t.Errorf("%d %s", exit, errs)
	}
	before := verifyKept(t, config, file, filepath.Join(dir, "before"))
	for _, k := range before.Kept {
		if k.State != record.KeptAccepted {
			t.Errorf("%+v", k)
		}
	}
	if len(before.Kept) != 2 || len(before.Behaviour.Traits["kept.login.$$unigate"]) != 1 {
		t.Fatalf("%+v", before.Kept)
	}
	// After the upgrade no token is known: another service, whose key and store are new.
	spoil(t, file)
	after := verifyKept(t, config, file, filepath.Join(dir, "after"))
	for _, k := range after.Kept {
		if k.State != record.KeptRefused {
			t.Errorf("%+v", k)
		}
	}
	out, _, exit = runCLI(t, "compare", filepath.Join(dir, "before"), filepath.Join(dir, "after"))
	if exit != 1 || strings.Count(out, "breaking: a kept token is not accepted any more") != 1 {
		t.Errorf("%d %s", exit, out)
	}
	if _, _, exit := runCLI(t, "keep", "--forget", file); exit != 0 {
		t.Error(exit)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("the file is still there")
	}
}

// verifyKept verifies one requirement and uses the kept tokens; the record holds none of them.
func verifyKept(t *testing.T, config, file, out string) *record.Run {
	t.Helper()
	text, errs, exit := runCLI(t, "verify", "--config", config, "--kept", file, "--requirement", "LOGIN-01,OAUTH-01", "--out", out)
	if exit != 0 {
		t.Fatalf("%d %s %s", exit, text, errs)
	}
	b, err := os.ReadFile(filepath.Join(out, "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	if token := firstToken(t, file); strings.Contains(string(b)+text+errs, token) {
		t.Error("a kept token is shown")
	}
	if !strings.Contains(text, "the kept token of $$unigate (login)") {
		t.Errorf("not told:\n%s", text)
	}
	var run record.Run
	if err := json.Unmarshal(b, &run); err != nil {
		t.Fatal(err)
	}
	return &run
}

// firstToken reads the first token of a file.
func firstToken(t *testing.T, file string) string {
	t.Helper()
	return readFile(t, file).Tokens[0].Token
}

// readFile reads a file of kept tokens.
func readFile(t *testing.T, file string) keptFile {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var kept keptFile
	if err := json.Unmarshal(b, &kept); err != nil {
		t.Fatal(err)
	}
	return kept
}

// spoil makes tokens of the right shape that were never issued.
func spoil(t *testing.T, file string) {
	t.Helper()
	kept := readFile(t, file)
	for i := range kept.Tokens {
		token := []byte(kept.Tokens[i].Token)
		for at := len(token) - 40; at < len(token)-30; at++ {
			if token[at] == 'A' {
				token[at] = 'B'
			} else {
				token[at] = 'A'
			}
		}
		kept.Tokens[i].Token = string(token)
	}
	b, err := json.Marshal(kept)
	if err == nil {
		err = os.WriteFile(file, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A token past its end is not sent, and mistakes cost nothing.
func TestKeptMistakes(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, k keptFile) string {
		b, err := json.Marshal(k)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return filepath.Join(dir, name)
	}
	whole := keptToken{Service: unifier.Login, User: "$$a", Token: "SECRET-token", Expires: time.Now().Add(time.Hour)}
	other := write("other.json", keptFile{Schema: keptSchema, Target: "https://other.example", Tokens: []keptToken{whole}})
	wrong := write("wrong.json", keptFile{Schema: "x", Tokens: []keptToken{whole}})
	config := keptConfig(t, "http://127.0.0.1:1")
	for _, k := range []struct {
		args []string
		exit int
		says string
	}{
		{[]string{"keep", filepath.Join(dir, "new.json")}, 2, "there is no --user"},
		{[]string{"keep", "--user", "$$unigate", filepath.Join(dir, "new.json")}, 2, "the embedded reference service ends with unigate"},
		{[]string{"keep", "--config", config, "--user", "$$unigat", filepath.Join(dir, "new.json")}, 2, "did you mean $$unigate"},
		{[]string{"keep", "--config", config, "--user", "$$unigate", "--user", "$$unigate", filepath.Join(dir, "new.json")}, 2, "there twice"},
		{[]string{"keep", "--config", config, "--user", "$$unigate", filepath.Join(dir, "new.json")}, 3, "$$unigate"},
		// The target does not answer: what is found before it is asked is 2, and not 3.
		{[]string{"keep", "--config", config, "--user", "$$unigate", filepath.Join(dir, "none", "new.json")}, 2, "cannot write the tokens"},
		{[]string{"keep", "--config", config, "--user", "$$unigate", ""}, 2, "cannot write the tokens"},
		{[]string{"keep", "--forget", wrong}, 2, "is no file of kept tokens"},
		{[]string{"keep", "--forget", filepath.Join(dir, "none.json")}, 2, "there is no file"},
		{[]string{"keep", "--forget", "--user", "$$a", other}, 2, "takes no --user"},
		{[]string{"verify", "--config", config, "--kept", wrong}, 2, "is no file of kept tokens"},
		{[]string{"verify", "--config", config, "--kept", other}, 2, "was written for https://other.example"},
		{[]string{"verify", "--config", config, "--kept", ""}, 2, "kept"},
	} {
		out, errs, exit := runCLI(t, k.args...)
		if exit != k.exit || !strings.Contains(errs, k.says) || strings.Contains(out+errs, "SECRET-token") {
			t.Errorf("%q: %d %s", k.args, exit, errs)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "new.json")); err == nil {
		t.Error("a file was left")
	}
	over := keptFile{Tokens: []keptToken{{Service: unifier.Login, User: "$$a", Token: "x", Expires: time.Now().Add(-time.Minute)}}}
	if got := (&app{}).useKept(t.Context(), &over, &target{}); len(got) != 1 || got[0].State != record.KeptOver {
		t.Errorf("%+v", got)
	}
}
