package cli

import (
	"testing"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/steps"
)

// A service that keeps tokens (A11) gives one that is older than the run, with what is
// left of its time: no failure, and no pass of its validity either. A service that
// gives a new token each time, and too short a life, is found out all the same.
func TestTokensFromBeforeTheRun(t *testing.T) {
	for _, k := range []struct {
		name    string
		options reference.Options
		state   record.State
	}{
		{"kept", reference.Options{Variants: []string{"tokens-stored"}}, record.Skipped},
		{"new, and short", reference.Options{Faults: []string{"login-default-179-days"}}, record.Fail},
	} {
		options, stop, err := openService(t.Context(), k.options, selftestInstant)
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		options.Users = options.Users[:1]
		options.Tags = "not @slow and not @load"
		options.Requirements = []string{"LOGIN-01", "LOGIN-06", "LOGIN-10", "LOGIN-12"}
		u := options.Users[0]
		options.Client.Do(t.Context(), unifier.Call{Path: unifier.LoginPath, Authorization: []string{unifier.BasicAuth(u.Name, u.Password)}})
		if err := options.Sleep(t.Context(), 40*time.Hour); err != nil {
			t.Fatal(err)
		}
		result, err := steps.Run(t.Context(), options)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range result.Conformance.Requirements {
			if want := map[bool]record.State{true: k.state, false: record.Pass}[q.ID == "LOGIN-06"]; q.State != want {
				t.Errorf("%s: %s is %s: %s", k.name, q.ID, q.State, q.Reason)
			}
		}
	}
}
