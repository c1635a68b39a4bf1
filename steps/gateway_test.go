package steps_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/steps"
)

// gateway answers in the place of the service where it says so of the n-th request.
type gateway struct {
	status int
	body   string
	when   func(n int64, r *http.Request) bool
	n      atomic.Int64
	said   atomic.Int64
}

func (g *gateway) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.when(g.n.Add(1), r) {
			g.said.Add(1)
			w.WriteHeader(g.status)
			_, _ = w.Write([]byte(g.body))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// throughGateway runs verify against the reference service with two users behind a
// gateway. Waits take no time, by a clock that service and judge share.
func throughGateway(t *testing.T, g *gateway, change func(*steps.Options)) (*steps.Result, *reference.Service, time.Duration) {
	t.Helper()
	var waited atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(waited.Load())) }
	o, service := target(t, reference.Options{Now: now, Users: twoUsers()}, g.wrap)
	o.Now = now
	o.Sleep = func(_ context.Context, d time.Duration) error {
		waited.Add(int64(d))
		return nil
	}
	if change != nil {
		change(&o)
	}
	return run(t, o), service, time.Duration(waited.Load())
}

// twoUsers are a Basic and an OAuth user, what customers have.
func twoUsers() []unifier.User {
	var users []unifier.User
	for _, kind := range []unifier.UserType{unifier.Basic, unifier.OAuthType} {
		for _, u := range reference.DefaultUsers() {
			if u.Type == kind && u.Status == unifier.Active {
				users = append(users, u)
				break
			}
		}
	}
	return users
}

// nth is the n-th request of a run.
func nth(want int64) func(int64, *http.Request) bool {
	return func(n int64, _ *http.Request) bool { return n == want }
}

const (
	nginxPage  = "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>"
	ownMessage = `{"status":503,"message":["try later"]}`
)

// A lone answer of a gateway, wherever it strikes, is asked again and fails nothing.
func TestLoneGatewayErrorIsNoFailure(t *testing.T) {
	type oneError struct {
		at     int64
		status int
		body   string
	}
	for _, c := range few(2, []oneError{
		{1, 502, nginxPage}, {2, 503, ""}, {3, 504, "upstream request timeout"}, {7, 502, `{"message":"Bad Gateway"}`}, {13, 503, `{"status":"DOWN"}`},
		{31, 504, nginxPage}, {64, 502, ""}, {99, 503, nginxPage}, {131, 502, "[]"}, {160, 503, ownMessage},
	}) {
		g := &gateway{status: c.status, body: c.body}
		g.when = func(n int64, r *http.Request) bool { return n >= c.at && g.said.Load() == 0 && mayBeAskedAgain(r) }
		r, _, waited := throughGateway(t, g, nil)
		if r.Verdict.Exit != 0 {
			t.Errorf("%d at request %d: exit %d %v", c.status, c.at, r.Verdict.Exit, r.Verdict.Reasons)
		}
		if g.said.Load() != 1 || r.Conformance.GatewayErrors != 1 || waited > 3*time.Second {
			t.Errorf("%d at request %d: said %d times, counted %d, waited %s", c.status, c.at, g.said.Load(), r.Conformance.GatewayErrors, waited)
		}
		if int64(r.Conformance.RequestsSent) != g.n.Load() {
			t.Errorf("%d sent, %d seen", r.Conformance.RequestsSent, g.n.Load())
		}
		if reasons := strings.Join(r.Verdict.Reasons, "\n"); !strings.Contains(reasons, "warning: a gateway in front of the target answered "+fmt.Sprint(c.status)+" to one call") {
			t.Errorf("not warned of: %s", reasons)
		}
		if !shownTwice(r, c.status) {
			t.Errorf("%d at request %d: no evidence names it", c.status, c.at)
		}
	}
}

// mayBeAskedAgain reports whether a request may be made twice: it is a GET, and its
// password is not wrong.
func mayBeAskedAgain(r *http.Request) bool {
	name, password, basic := r.BasicAuth()
	for _, u := range twoUsers() {
		if basic && name == u.Name && password != u.Password.Reveal() {
			return false
		}
	}
	return r.Method == http.MethodGet
}

// shownTwice reports whether some evidence names the earlier answer and both attempts.
func shownTwice(r *steps.Result, status int) bool {
	for _, s := range r.Conformance.Scenarios {
		for _, x := range s.Exchanges {
			if x.RetriedStatus == status && x.Attempts == 2 {
				return true
			}
		}
	}
	return false
}

// What is no lone answer of a gateway stays a failure.
func TestGatewayErrorsThatFail(t *testing.T) {
	shortened(t)
	const id = "LOGIN-09"
	expiry := func(r *http.Request) bool { return r.URL.Query().Get("expiry") == "501" }
	for name, c := range map[string]struct {
		g   *gateway
		bad bool
	}{
		"twice for one request":      {&gateway{status: 502, body: nginxPage, when: func(_ int64, r *http.Request) bool { return expiry(r) }}, true},
		"the service's own, often":   {&gateway{status: 503, body: ownMessage, when: func(n int64, _ *http.Request) bool { return n%5 == 0 }}, true},
		"500 is no gateway's":        {&gateway{status: 500, body: "oops", when: nth(40)}, true},
		"with its own, once":         {&gateway{status: 503, body: ownMessage, when: nth(40)}, false},
		"every twentieth, by a page": {&gateway{status: 503, body: nginxPage, when: func(n int64, _ *http.Request) bool { return n%40 == 0 }}, false},
	} {
		r, _, _ := throughGateway(t, c.g, func(o *steps.Options) { o.Parallel = 1 })
		if (r.Verdict.Exit == 1) != c.bad {
			t.Errorf("%s: exit %d %v", name, r.Verdict.Exit, r.Verdict.Reasons)
		}
		if name == "twice for one request" && !strings.Contains(strings.Join(r.Verdict.Reasons, "\n"), id) {
			t.Errorf("%s: %v", name, r.Verdict.Reasons)
		}
	}
	// Where nothing stands behind the gateway, little time is spent on asking again.
	g := &gateway{status: 503, body: nginxPage, when: func(int64, *http.Request) bool { return true }}
	r, _, waited := throughGateway(t, g, nil)
	if r.Verdict.Exit != 1 || waited > 10*time.Second {
		t.Errorf("all by the gateway: exit %d, waited %s", r.Verdict.Exit, waited)
	}
}

// A target that is taken away in the midst of a run is no failure of it: from then on a
// gateway answers right credentials too. One that only has refusals, or single calls, answered
// by a gateway is there.
func TestTargetThatIsTakenAway(t *testing.T) {
	for _, at := range few(3, []int64{45, 80, 120, 170}) {
		g := &gateway{status: 503, body: nginxPage, when: func(n int64, _ *http.Request) bool { return n > at }}
		r, _, waited := throughGateway(t, g, func(o *steps.Options) { o.Parallel = 1 }) // no other scenario holds a user
		if reasons := strings.Join(r.Verdict.Reasons, "\n"); r.Verdict.Exit != 3 || !strings.Contains(reasons, "a gateway answers HTTP 503 in the target's place, to right credentials too") {
			t.Errorf("after %d: exit %d %s", at, r.Verdict.Exit, reasons)
		}
		if n := g.said.Load(); n > 40 || waited > 30*time.Second {
			t.Errorf("after %d: %d more requests, waited %s", at, n, waited)
		}
	}
	users := twoUsers()
	right := func(r *http.Request) bool {
		name, password, _ := r.BasicAuth()
		for _, u := range users {
			if name == u.Name && password == u.Password.Reveal() {
				return true
			}
		}
		return strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ")
	}
	g := &gateway{status: 502, body: nginxPage, when: func(n int64, r *http.Request) bool { return n > 60 && !right(r) }}
	if r, _, _ := throughGateway(t, g, nil); r.Verdict.Exit != 1 || !strings.Contains(strings.Join(r.Verdict.Reasons, "\n"), "LOGIN-14") {
		t.Errorf("refusals by a gateway: exit %d %v", r.Verdict.Exit, r.Verdict.Reasons)
	}
}

// A wrong password leaves once, whatever a gateway answers, and fails nothing.
func TestGatewayErrorNeverRepeatsAWrongPassword(t *testing.T) {
	users := twoUsers()
	seen := atomic.Int64{}
	g := &gateway{status: 502, body: nginxPage, when: func(_ int64, r *http.Request) bool {
		wrong := false
		for _, u := range users {
			name, password, ok := r.BasicAuth()
			wrong = wrong || ok && name == u.Name && password != u.Password.Reveal()
		}
		if wrong {
			seen.Add(1)
		}
		return wrong
	}}
	r, _, _ := throughGateway(t, g, nil)
	if r.Verdict.Exit != 0 || seen.Load() > 4 || seen.Load() == 0 {
		t.Errorf("exit %d, %d wrong passwords seen: %v", r.Verdict.Exit, seen.Load(), r.Verdict.Reasons)
	}
	for _, s := range r.Conformance.Scenarios {
		if s.State == record.Fail {
			t.Logf("%s: %s %+v", s.Name, s.Reason, s.Exchanges)
		}
		if strings.Contains(s.Reason, "a gateway answered") && s.State != record.Skipped {
			t.Errorf("%s: %s", s.Name, s.State)
		}
	}
}

// A limit of rates that names no time is waited for; one that is always reached is
// told, after little time.
func TestTooManyRequestsWithoutATime(t *testing.T) {
	for name, c := range map[string]struct {
		when func(n int64, r *http.Request) bool
		exit int
	}{
		"every 25th": {func(n int64, _ *http.Request) bool { return n%25 == 0 }, 0},
		"the first":  {nth(1), 0},
		"always":     {func(int64, *http.Request) bool { return true }, 3},
	} {
		g := &gateway{status: http.StatusTooManyRequests, body: `{"status":429,"message":"Too many requests"}`, when: c.when}
		r, _, waited := throughGateway(t, g, nil)
		if r.Verdict.Exit != c.exit || r.Conformance.RequestsRetried == 0 || waited > time.Minute {
			t.Errorf("%s: exit %d after %s, %d asked again: %v", name, r.Verdict.Exit, waited, r.Conformance.RequestsRetried, r.Verdict.Reasons)
		}
	}
}
