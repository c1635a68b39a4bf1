package steps_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
)

// nowAndThen answers each fourth GET of a path with right credentials itself.
func nowAndThen(path string, status int, body string) wrapper {
	var n atomic.Int64
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			name, password, _ := r.BasicAuth()
			for _, u := range fewUsers() {
				right := u.Name == name && u.Password.Reveal() == password && r.Method == http.MethodGet && r.URL.RawQuery == ""
				if right && strings.HasSuffix(r.URL.Path, path) && n.Add(1)%4 == 0 {
					w.Header().Set("Content-Type", "application/json")
					w.Header().Set("WWW-Authenticate", "Basic")
					w.WriteHeader(status)
					_, _ = w.Write([]byte(body))
					return
				}
			}
			next.ServeHTTP(w, r)
		})
	}
}

// A call that gets no token now and then breaks what says that it gets one, or the
// form of its answer, and not what another scenario wanted the token for: how long
// tokens are accepted, whether the resource takes them, what is in them.
func TestCallWithoutATokenIsBlamedOnItself(t *testing.T) {
	const (
		refusal = `{"status":401,"message":"` + unifier.MessageInvalidAuth + `"}`
		broken  = `{"status":500,"message":"broken"}`
		broken2 = `{"data":{},"status":500,"message":["broken"]}`
	)
	for i, c := range []struct {
		path, edition string
		status        int
		body          string
		only          string
		repeat        int
		fails         string
	}{
		{unifier.LoginPath, "21.7", 500, broken, "", 2, "LOGIN-01"},
		{unifier.LoginPath, "21.7", 202, broken, "", 1, "LOGIN-01"},
		{unifier.LoginPath, "21.7", 200, "", "", 1, "LOGIN-02"},
		{unifier.OAuthPath, "21.7", 401, refusal, "", 1, "OAUTH-01"},
		{unifier.OAuthPath, "21.7", 200, "[]", "", 1, "OAUTH-04"},
		{unifier.V2AuthPath, "26", 500, broken2, "", 1, "V2AUTH-01 V2AUTH-08"},
		{unifier.LoginPath, "21.7", 500, broken, "LOGIN-21", 1, "LOGIN-21"}, // nothing else is asked that could say it
	} {
		if testing.Short() && i%2 == 1 {
			continue // more of the same
		}
		o, _ := target(t, reference.Options{Edition: c.edition}, nowAndThen(c.path, c.status, c.body))
		o.Edition, o.Users, o.Repeat = edition(t, c.edition), fewUsers(), c.repeat
		if c.only != "" {
			o.Requirements = []string{c.only}
		}
		r := run(t, o)
		if got := states(r, record.Fail); got != c.fails {
			t.Errorf("%s %d %q: %q fail, not %q", c.path, c.status, c.body, got, c.fails)
		}
		if c.only != "" {
			continue
		}
		left := 0
		for _, s := range r.Conformance.Scenarios {
			if strings.Contains(s.Reason, "no token came") {
				left++
				if s.State != record.Skipped {
					t.Errorf("%s %d: %s is %s: %s", c.path, c.status, s.Name, s.State, s.Reason)
				}
			}
		}
		if left == 0 {
			t.Errorf("%s %d: no scenario went without a token, so nothing was shown", c.path, c.status)
		}
	}
}
