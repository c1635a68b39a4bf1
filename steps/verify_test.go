package steps_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/steps"
)

func TestConformingServicePasses(t *testing.T) {
	// One scenario of V2 is skipped: the reference has no OAuth user that is not Active.
	for e, want := range map[string]struct{ requirements, skipped, requests int }{"21.7": {45, 0, 495}, "24": {67, 1, 840}, "26": {67, 1, 840}} {
		for _, parallel := range []int{1, 8} {
			t.Run(fmt.Sprintf("%s by %d", e, parallel), func(t *testing.T) {
				o, service := target(t, reference.Options{Edition: e}, nil)
				o.Edition, o.Parallel = edition(t, e), parallel
				r := run(t, o)
				verdict(t, r, 0, "is met")
				if n := r.Conformance.Summary.Pass; n != len(r.Conformance.Scenarios)-want.skipped || n < 200 {
					t.Errorf("%d of %d scenarios pass: %+v", n, len(r.Conformance.Scenarios), r.Conformance.Summary)
				}
				if len(r.Conformance.Requirements) != want.requirements || len(r.Conformance.Unchecked) > 0 {
					t.Errorf("%d requirements, unchecked %v", len(r.Conformance.Requirements), r.Conformance.Unchecked)
				}
				if n := r.Conformance.RequestsSent; n > want.requests || uint64(n) != service.Requests().All {
					t.Errorf("%d requests sent, %d seen by the service", n, service.Requests().All)
				}
				for user, n := range service.WrongPasswords() {
					if n > 3 {
						t.Errorf("%d wrong passwords for %s", n, user)
					}
				}
			})
		}
	}
}

func TestEveryReadingIsSeen(t *testing.T) {
	o, _ := target(t, reference.Options{}, nil)
	seen := map[string]bool{}
	for _, a := range run(t, o).Conformance.Ambiguities {
		seen[a.ID] = a.Reading != ""
	}
	// A9 shows only where a clock change lies between, A10 only at some seconds of a minute.
	for _, id := range []string{"A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A11", "A13", "A18"} {
		if !seen[id] {
			t.Errorf("no reading of %s", id)
		}
	}
}

func TestWrongPasswordsAreBounded(t *testing.T) {
	// 6 variants, 3 wrong schemes and 2 scenarios of hygiene for the login, 3, 1 and
	// 2 for OAuth; those of hygiene and the first variant share one wrong password.
	// An OAuth user gets one at most.
	for limit, skipped := range map[int]int{0: 17, 1: 11, 3: 9} {
		if limit != 3 && testing.Short() {
			continue // the same way, less often
		}
		users := []unifier.User{reference.DefaultUsers()[0]}
		for _, u := range reference.DefaultUsers() {
			if u.Type == unifier.OAuthType {
				users = append(users, u)
				break
			}
		}
		o, service := target(t, reference.Options{Users: users}, nil)
		o.FailedLogins, o.Repeat = limit, 2
		r := run(t, o)
		for user, n := range service.WrongPasswords() {
			if n > limit || n > 1 && strings.Contains(user, "@") {
				t.Errorf("limit %d: %d wrong passwords for %s", limit, n, user)
			}
		}
		got := 0
		for _, s := range r.Conformance.Scenarios {
			if s.State == record.Skipped && strings.Contains(s.Reason, "safety.failed_logins") {
				got++
			}
		}
		if got != skipped {
			t.Errorf("limit %d: %d scenarios skipped, not %d", limit, got, skipped)
		}
	}
}

// What a server may count as a wrong password, right credentials under a wrong scheme
// among it, is tried as often as a user may get it, by all services together, and an
// OAuth user is the last to get it where a Basic user serves as well.
func TestWrongSchemesCountAsWrongPasswords(t *testing.T) {
	const basic, oauth = "$$unigate", "api@unigate.example"
	for limit, want := range map[int]struct{ basic, oauth int }{0: {0, 0}, 1: {1, 1}, 3: {3, 1}} {
		if limit != 3 && testing.Short() {
			continue // the same way, less often
		}
		var users []unifier.User
		passwords := map[string]string{}
		for _, u := range reference.DefaultUsers() {
			if u.Name == basic || u.Name == oauth {
				users = append(users, u)
				passwords[u.Name] = u.Password.Reveal()
			}
		}
		var mu sync.Mutex
		counted, schemes := map[string]int{}, map[string]int{}
		o, _ := target(t, reference.Options{Edition: "26", Users: users}, func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
				pair, _ := base64.StdEncoding.DecodeString(text)
				name, password, _ := strings.Cut(string(pair), ":")
				mu.Lock()
				if right, known := passwords[name]; known && (!strings.EqualFold(scheme, "Basic") || password != right) {
					counted[name]++
					if !strings.EqualFold(scheme, "Basic") {
						schemes[scheme+" "+r.URL.Path]++
					}
				}
				mu.Unlock()
				h.ServeHTTP(w, r)
			})
		})
		o.Edition, o.FailedLogins, o.Repeat = edition(t, "26"), limit, 2
		run(t, o)
		if counted[basic] != want.basic || counted[oauth] != want.oauth {
			t.Errorf("limit %d: %v, wrong schemes %v", limit, counted, schemes)
		}
	}
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	var plain []unifier.User
	for _, u := range reference.DefaultUsers() {
		if u.Status != unifier.Inactive && u.Type != unifier.OAuthType && u.Expiry.IsZero() {
			plain = append(plain, u)
		}
	}
	o, _ := target(t, reference.Options{Users: plain[:1]}, nil)
	o.Resource, o.Keys = "", nil
	r := run(t, o)
	verdict(t, r, 0, "documented, and nothing of it checked: LOGIN-07, LOGIN-15, LOGIN-16")
	verdict(t, r, 0, "documented, and checked in part: LOGIN-14 (")
	verdict(t, r, 0, "how broad: formats 1 of 21, durations 5 of 20, zones ")
	for id, reason := range map[string]string{
		"LOGIN-15": "no Basic user that is not Active is configured",
		"LOGIN-16": "target.resource",
		"LOGIN-21": "target.resource",
		"OAUTH-01": "no active OAuth user with a plain password is configured",
	} {
		q := requirement(t, r, id)
		if q.State != record.Skipped || !strings.Contains(q.Reason, reason) {
			t.Errorf("%s is %s: %s", id, q.State, q.Reason)
		}
	}
	for _, id := range []string{"LOGIN-01", "LOGIN-08", "LOGIN-10", "LOGIN-14"} {
		q := requirement(t, r, id)
		if partly := id == "LOGIN-14"; q.State != record.Pass || q.Checked == 0 || (q.Checked < q.Checks) != partly {
			t.Errorf("%s is %s, %d of %d", id, q.State, q.Checked, q.Checks)
		}
	}
	for _, s := range r.Conformance.Scenarios {
		if strings.Contains(s.Name, "DD.MM.YYYY") || len(r.Conformance.NotAsked) < 30 {
			t.Errorf("%s is asked; not asked are %v", s.Name, r.Conformance.NotAsked)
		}
	}
}

func TestParameterThatIsIgnored(t *testing.T) {
	o, service := target(t, reference.Options{Variants: []string{"expiry-ignored"}}, nil)
	r := run(t, o)
	verdict(t, r, 0, "LOGIN-09")
	if q := requirement(t, r, "LOGIN-09"); q.State != record.Skipped || !strings.Contains(q.Reason, "takes no parameter expiry") {
		t.Errorf("LOGIN-09 is %s: %s", q.State, q.Reason)
	}
	if service.Requests().All != uint64(r.Conformance.RequestsSent) {
		t.Error("requests were counted wrongly")
	}
}

// refuse answers logins with a status while the condition holds.
func refuse(status int, when func(r *http.Request) bool) wrapper {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if when(r) {
				w.WriteHeader(status)
				_, _ = fmt.Fprintf(w, `{"status":%d,"message":"no"}`, status)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// asksFor reports whether a request carries the credentials of a user.
func asksFor(r *http.Request, name string) bool {
	user, _, _ := r.BasicAuth()
	return user == name
}

func TestWrongCredentialsAreNoFailure(t *testing.T) {
	for _, status := range []int{401, 403} {
		var requests atomic.Int64
		o, _ := target(t, reference.Options{}, refuse(status, func(*http.Request) bool { requests.Add(1); return true }))
		r := run(t, o)
		verdict(t, r, 3, fmt.Sprintf("every login got %d", status))
		if f := r.Conformance.Summary.Fail; f != 0 {
			t.Errorf("%d scenarios fail", f)
		}
		if active := int64(len(o.Users) - 2); requests.Load() != active { // one is not Active, one is ordinary
			t.Errorf("%d requests for %d active users", requests.Load(), active)
		}
	}
}

func TestOneRefusedUserIsAFailure(t *testing.T) {
	o, _ := target(t, reference.Options{}, refuse(401, func(r *http.Request) bool { return asksFor(r, "$$unigate10") }))
	r := run(t, o)
	verdict(t, r, 1, "LOGIN-01")
	verdict(t, r, 1, "refused with the configured password: $$unigate10 (401)")
	if got := states(r, record.Fail); got != "LOGIN-01" {
		t.Errorf("%s fail", got)
	}
	// Even where another requirement was selected.
	o.Requirements = []string{"LOGIN-13"}
	verdict(t, run(t, o), 1, "LOGIN-01")
}

// Another user's token now and then is found, whichever scenario it meets.
func TestAnotherUsersTokenNowAndThenIsFound(t *testing.T) {
	for n := 47; n < 51; n++ { // the first logins are right, and so are the two calls that find out about the parameter
		o, _ := target(t, reference.Options{Script: reference.Script{Every: []reference.Every{{N: n, Do: reference.OtherUser}}}}, nil)
		o.Requirements = []string{"LOGIN-05", "LOGIN-08", "OAUTH-07"}
		r := run(t, o)
		verdict(t, r, 1, "LOGIN-05")
		if got := states(r, record.Fail); !strings.Contains(got, "LOGIN-05") {
			t.Errorf("every %d-th: %s fail", n, got)
		}
	}
}

// Where no token service is, the verdict says what came from there instead.
func TestWrongAddressIsSaid(t *testing.T) {
	const hint = ": is base_url complete? run unigate doctor"
	for _, c := range []struct {
		answer http.HandlerFunc
		says   string
	}{
		{http.NotFound, "every login got 404" + hint},
		{http.RedirectHandler("https://login.example/", http.StatusFound).ServeHTTP, "every login got 302" + hint},
		{func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }, "every login got 503" + hint},
		{func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("\n<html>")) }, "every login got a web page" + hint},
		{func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, ""},
		{func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) }, ""},
	} {
		o, _ := target(t, reference.Options{}, func(http.Handler) http.Handler { return c.answer })
		o.Requirements = []string{"LOGIN-01", "LOGIN-02"}
		v := run(t, o).Verdict
		if text := strings.Join(v.Reasons, "\n"); v.Exit != 1 || c.says == "" && strings.Contains(text, "every login") || !strings.Contains(text, c.says) {
			t.Errorf("%d %s, expected %q", v.Exit, text, c.says)
		}
	}
}

func TestServerErrorsOfValidLoginsAreFailures(t *testing.T) {
	for _, status := range []int{400, 500} {
		o, _ := target(t, reference.Options{}, refuse(status, func(*http.Request) bool { return true }))
		verdict(t, run(t, o), 1, "LOGIN-01")
	}
}

func TestRepeatFindsFlakyAnswers(t *testing.T) {
	var unauthorized atomic.Int64
	o, _ := target(t, reference.Options{}, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") == "Basic" && unauthorized.Add(1) == 2 {
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	o.Repeat, o.Requirements = 3, []string{"LOGIN-14"}
	r := run(t, o)
	verdict(t, r, 1, "LOGIN-14")
	found := false
	for _, s := range r.Conformance.Scenarios {
		if len(s.Attempts) != 3 && !strings.Contains(s.Name, "wrong password") {
			t.Errorf("%s ran %d times", s.Name, len(s.Attempts))
		}
		found = found || s.State == record.Fail && strings.HasPrefix(s.Reason, "flaky: passed 2 of 3 times")
	}
	if !found {
		t.Error("no scenario is called flaky")
	}
}

func TestGate(t *testing.T) {
	for _, c := range []struct {
		fault string
		gate  record.Level
		exit  int
		state record.State
		id    string
	}{
		{"login-status-text", record.Documented, 1, record.Fail, "LOGIN-03"},
		{"token-user-no-prefix", record.Documented, 0, record.Warning, "LOGIN-05"},
		{"token-user-no-prefix", record.Sampled, 1, record.Fail, "LOGIN-05"},
		{"jwt-exp-200", record.Sampled, 0, record.Warning, "OAUTH-08"},
		{"jwt-exp-200", record.Inferred, 1, record.Fail, "OAUTH-08"},
	} {
		o, _ := target(t, reference.Options{Faults: []string{c.fault}}, nil)
		o.Gate, o.Requirements = c.gate, []string{c.id}
		r := run(t, o)
		if q := requirement(t, r, c.id); q.State != c.state || r.Verdict.Exit != c.exit {
			t.Errorf("%s with gate %s: %s, exit %d", c.fault, c.gate, q.State, r.Verdict.Exit)
		}
	}
}

func TestSlowScenarioWaitsByTheClock(t *testing.T) {
	for fault, exit := range map[string]int{"": 0, "half-life": 1} {
		now := time.Date(2026, 7, 1, 10, 0, 5, 0, time.UTC)
		clock := func() time.Time { return now }
		dead := now.Add(10 * time.Second)
		o, _ := target(t, reference.Options{Now: clock}, refuse(401, func(r *http.Request) bool {
			return fault != "" && r.URL.Path == unifier.ResourcePath && clock().After(dead)
		}))
		o.Now, o.Tags = clock, "@slow"
		waited := time.Duration(0)
		o.Sleep = func(_ context.Context, d time.Duration) error {
			waited += d
			now = now.Add(d)
			return nil
		}
		r := run(t, o)
		verdict(t, r, exit, "")
		if waited < 15*time.Second || waited > 2*time.Minute {
			t.Errorf("waited %s", waited)
		}
	}
}

// The reference service has users for every scenario on every day of the year,
// whatever the clocks of the zones are doing.
func TestEmbeddedUsersSufficeAllTheYear(t *testing.T) {
	shortened(t)
	o, _ := target(t, reference.Options{}, nil)
	for day := 0; day < 365; day += 2 {
		now := time.Date(2027, time.January, 1+day, 12, 0, 0, 0, time.UTC)
		o.Now = func() time.Time { return now }
		coverage, err := steps.Cover(o)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range coverage {
			if missing := c.Missing(); missing != "" {
				t.Errorf("%s: %s: %s", now.Format(time.DateOnly), c.Requirement.ID, missing)
			}
		}
	}
}

// A right service is found right whenever it is asked: around clock changes in
// the north and in the south, at the ends of minutes, days and years.
func TestConformingServicePassesAtEveryInstant(t *testing.T) {
	for _, at := range few(1, []string{
		"2026-03-08T09:59:30Z", "2026-03-08T10:00:30Z", // Los Angeles puts its clocks forward at 10:00
		"2026-11-01T08:30:59Z", "2026-11-01T09:30:01Z", // and back at 09:00
		"2026-03-29T00:30:00Z", "2026-10-25T00:59:50Z", // Berlin and London
		"2026-04-04T15:59:58Z", "2026-10-03T16:30:31Z", // Sydney
		"2027-12-31T23:59:45Z", "2028-02-29T12:34:29Z", "2026-06-30T18:29:30Z", "2027-01-01T00:00:00Z",
	}) {
		t.Run(at, func(t *testing.T) {
			begin, err := time.Parse(time.RFC3339, at)
			if err != nil {
				t.Fatal(err)
			}
			started := time.Now()
			clock := func() time.Time { return begin.Add(time.Since(started)) }
			o, _ := targetAt(t, reference.Options{Now: clock}, nil, clock)
			o.Gate = record.Inferred
			r := run(t, o)
			verdict(t, r, 0, "is met")
			if s := r.Conformance.Summary; s.Pass != len(r.Conformance.Scenarios) {
				t.Errorf("%+v: %s fail, %s skipped", s, states(r, record.Fail), states(r, record.Skipped))
			}
		})
	}
}

func TestNoSecretIsKept(t *testing.T) {
	for _, fault := range few(2, [][]string{nil, {"sec-password-echoed"}, {"sec-authorization-echoed"}, {"error-token"}}) {
		o, _ := target(t, reference.Options{Faults: fault}, nil)
		for _, u := range o.Users {
			o.Redactor.AddCredentials(u.Name, u.Password.Reveal())
		}
		data, err := json.Marshal(run(t, o))
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range o.Users {
			p := u.Password.Reveal()
			pair := base64.StdEncoding.EncodeToString([]byte(u.Name + ":" + p))
			if bytes.Contains(data, []byte(pair)) || len(p) > 5 && bytes.Contains(data, []byte(p)) {
				t.Errorf("the credentials of %s are in the result", u.Name)
			}
		}
		for _, token := range []string{`"token\":\"eyJ`, `Bearer eyJ`, `access_token\":\"eyJ`} {
			if bytes.Contains(data, []byte(token)) {
				t.Errorf("a token is in the result (%s)", token)
			}
		}
	}
}

func TestEvidence(t *testing.T) {
	o, _ := target(t, reference.Options{}, nil)
	o.Requirements = []string{"LOGIN-13", "LOGIN-16", "LOGIN-21"}
	var curls []string
	for _, s := range run(t, o).Conformance.Scenarios {
		if len(s.Exchanges) == 0 {
			t.Errorf("%s has no evidence", s.Name)
		}
		for _, x := range s.Exchanges {
			if x.Response == nil || x.Request.URL == "" || x.Attempts != 1 {
				t.Errorf("%s: %+v", s.Name, x)
			}
			curls = append(curls, x.Curl)
		}
	}
	all := strings.Join(curls, "\n")
	for _, want := range []string{"-u '$$unigate' 'http", `-H "Authorization: Bearer $TOKEN"`, "-H 'Authorization;'"} {
		if !strings.Contains(all, want) {
			t.Errorf("no curl line has %s in\n%s", want, all)
		}
	}
}
