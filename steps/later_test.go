package steps_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/steps"
)

// What is right in each user's first answer only is found by looking at every
// answer of the run, even where no scenario that fetched one was about it.
func TestFaultsAfterTheFirstAnswerAreFound(t *testing.T) {
	for _, name := range few(1, []string{"later-login-no-timezone", "later-login-status-text", "asked-time-24-hours", "asked-zone-label-other", "later-oauth-no-token-type"}) {
		f, ok := reference.FaultByName(name)
		if !ok {
			t.Fatal(name)
		}
		o, _ := target(t, reference.Options{Faults: []string{name}}, nil)
		r := run(t, o)
		verdict(t, r, 1, f.Requirements[0])
		if got := states(r, record.Fail); got != strings.Join(f.Requirements, " ") {
			t.Errorf("%s: %s fail", name, got)
		}
		for _, s := range r.Conformance.Scenarios {
			if s.State == record.Fail && !strings.Contains(strings.Join(s.Tags, " "), "@last") {
				t.Errorf("%s: %s fails; a first answer was wrong", name, s.Name)
			}
		}
	}
}

// The configured password of a user that is refused is sent once, however often
// the run is repeated.
func TestARefusedUserIsAskedOnceInAllRepetitions(t *testing.T) {
	for _, status := range []int{401, 403, 400} {
		var asked atomic.Int64
		o, _ := target(t, reference.Options{}, refuse(status, func(r *http.Request) bool {
			if !asksFor(r, "$$unigate10") {
				return false
			}
			asked.Add(1)
			return true
		}))
		o.Repeat, o.FailedLogins, o.Requirements = 5, 0, []string{"LOGIN-01", "LOGIN-08"}
		verdict(t, run(t, o), 1, "LOGIN-01")
		if n := asked.Load(); n != 1 {
			t.Errorf("HTTP %d: the refused user was asked %d times", status, n)
		}
	}
}

// hangUp closes the connection of each request that when picks.
func hangUp(when func(r *http.Request) bool) wrapper {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if when(r) {
				panic(http.ErrAbortHandler)
			}
			next.ServeHTTP(w, r)
		})
	}
}

// A firewall that ends the connection of other methods gives no token.
func TestMethodsThatGetNoAnswerGetNoToken(t *testing.T) {
	o, _ := target(t, reference.Options{}, hangUp(func(r *http.Request) bool { return r.Method != http.MethodGet }))
	o.Requirements = []string{"LOGIN-19"}
	r := run(t, o)
	verdict(t, r, 0, "is met")
	for _, s := range r.Conformance.Scenarios {
		if s.State == record.Pass && !strings.Contains(strings.Join(s.Notes, " "), "got no answer, and so no token") {
			t.Errorf("%s: notes %q", s.Name, s.Notes)
		}
	}
	// The control: where nothing is answered any more, nothing was checked.
	var all atomic.Bool
	o, _ = target(t, reference.Options{}, hangUp(func(r *http.Request) bool {
		if r.Method != http.MethodGet {
			all.Store(true)
		}
		return all.Load()
	}))
	o.Requirements = []string{"LOGIN-19"}
	if r := run(t, o); r.Verdict.Exit != 3 || r.Conformance.Summary.Pass > 0 {
		t.Errorf("exit %d, %+v", r.Verdict.Exit, r.Conformance.Summary)
	}
}

// The default of the OAuth service is read from answers to calls without an expiry only.
func TestTheDefaultIsReadWhereNothingWasAsked(t *testing.T) {
	var users []unifier.User
	for _, u := range reference.DefaultUsers() {
		if u.Type == unifier.OAuthType {
			users = append(users, u)
		}
	}
	o, _ := target(t, reference.Options{Users: users}, nil)
	o.Requirements = []string{"OAUTH-02", "OAUTH-09"}
	if got := reading(run(t, o), "A6"); got != "3000 seconds" {
		t.Errorf("A6 is %q", got)
	}
}

// reading returns the reading of an ambiguity.
func reading(r *steps.Result, id string) string {
	for _, a := range r.Conformance.Ambiguities {
		if a.ID == id {
			return a.Reading
		}
	}
	return ""
}
