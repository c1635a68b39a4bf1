package steps_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/steps"
)

// locks refuses the users with a status from the call after a number of wrong passwords on,
// whatever the credentials; alone says whether right ones are let in still.
func locks(users []unifier.User, after, status int, alone bool) wrapper {
	var mu sync.Mutex
	wrong := map[string]int{}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			name, password, _ := r.BasicAuth()
			mu.Lock()
			n, right := wrong[name], true
			for _, u := range users {
				if name == u.Name && password != u.Password.Reveal() {
					wrong[name], right = n+1, false
				}
			}
			mu.Unlock()
			switch {
			case n < after || right && alone:
				next.ServeHTTP(w, r)
			case status == http.StatusUnauthorized:
				r.SetBasicAuth(name, "locked")
				next.ServeHTTP(w, r)
			default:
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(status)
				_, _ = w.Write([]byte(`{"status":403,"message":"The account is locked"}`))
			}
		})
	}
}

// A target may lock an account at its first wrong password: nothing but what comes after
// wrong passwords on purpose must be under way then, however many scenarios run at once.
func TestNothingElseIsAskedBesideWrongPasswords(t *testing.T) {
	few := fewUsers()
	o, _ := target(t, reference.Options{}, locks(few, 1, http.StatusUnauthorized, false))
	o.Users, o.Parallel = few, 32
	r := run(t, o)
	verdict(t, r, 0, "scenarios warn")
	if got := states(r, record.Fail); got != "" {
		t.Errorf("failed %s", got)
	}
}

// A locked account may be refused with another status than 401, which warns. The same
// status to some wrong passwords alone, when the right one is taken, is a failure.
func TestLockedAccountsGetAnotherStatus(t *testing.T) {
	few := fewUsers()
	for alone, want := range map[bool]int{false: 0, true: 1} {
		o, _ := target(t, reference.Options{}, locks(few, 1, http.StatusForbidden, alone))
		o.Users = few
		r := run(t, o)
		verdict(t, r, want, "LOGIN-14")
		if got := requirement(t, r, "LOGIN-14"); !alone && (got.State != record.Warning || !strings.Contains(explained(r, "LOGIN-14"), "the right password is refused too")) {
			t.Errorf("LOGIN-14 is %s: %s", got.State, explained(r, "LOGIN-14"))
		}
	}
}

// explained is what the steps of a requirement's scenarios say.
func explained(r *steps.Result, id string) string {
	var all []string
	for _, s := range r.Conformance.Scenarios {
		for _, have := range s.Requirements {
			if have != id {
				continue
			}
			for _, step := range s.Steps {
				all = append(all, step.Error)
			}
		}
	}
	return strings.Join(all, " ")
}
