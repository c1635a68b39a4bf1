package steps_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/steps"
)

// A waiver that names scenarios hides these alone, and each says how much it hides.
func TestWaiversOfScenarios(t *testing.T) {
	const beyond = "one more than 500 is refused"
	for _, c := range []struct {
		name, more string
		faults     []string
		exit       int
		says       string
	}{
		{"whole requirement", "", []string{"login-expiry-501-accepted"}, 0, "a waiver hides "},
		{"by name", "scenarios: ['" + beyond + "', '501 is refused in minutes too', '501 is refused in hours too', 'A percent-encoded expiry is decoded before it is refused']", []string{"login-expiry-501-accepted"}, 0, "checks of LOGIN-09, until 2099-01-01: known"},
		{"by name, others fail", "scenarios: ['" + beyond + "']", []string{"login-expiry-501-accepted", "login-expiry-0-accepted"}, 1, "not met: LOGIN-09"},
		{"a scenario that passes", "scenarios: ['a word is refused']", []string{"login-expiry-501-accepted"}, 1, `no longer needed for "a word is refused", which passed`},
	} {
		o, _ := target(t, reference.Options{Faults: c.faults}, nil)
		list, err := steps.ParseWaivers([]byte("[{requirement: LOGIN-09, reason: known, expires: 2099-01-01, " + c.more + "}]"))
		if err != nil {
			t.Fatal(err)
		}
		o.Waivers, o.Requirements = list, []string{"LOGIN-09"}
		r := run(t, o)
		verdict(t, r, c.exit, c.says)
		waived := 0
		for _, s := range r.Conformance.Scenarios {
			if s.State == record.Waived {
				waived++
			}
			if s.State == record.Waived && len(list[0].Scenarios) > 0 && !strings.Contains(strings.Join(list[0].Scenarios, ","), s.Name) {
				t.Errorf("%s: %s is waived", c.name, s.Name)
			}
		}
		if hid := r.Conformance.Waivers; waived > 0 && (len(hid) != 1 || hid[0].Waived != waived || hid[0].Checked <= waived) {
			t.Errorf("%s: %d waived, recorded %+v", c.name, waived, hid)
		}
	}
}

func TestWaiversOfUnknownScenarios(t *testing.T) {
	for text, hint := range map[string]string{
		"one more than 50 is refused": `did you mean "one more than 500 is refused"?`,
		"The tokn is accepted":        "unigate verify --list --requirement LOGIN-09 lists",
		"features/login/nowhere:1":    "unigate verify --list",
		"No two users share a token":  "unigate verify --list",
	} {
		o, service := target(t, reference.Options{}, nil)
		list, err := steps.ParseWaivers([]byte("- requirement: LOGIN-09\n  reason: known\n  expires: 2099-01-01\n  scenarios: ['" + text + "']\n"))
		if err != nil {
			t.Fatal(err)
		}
		o.Waivers = list
		_, err = steps.Run(context.Background(), o)
		var h interface{ Hint() string }
		if !errors.Is(err, steps.ErrUsage) || !errors.As(err, &h) || !strings.Contains(h.Hint(), hint) || !strings.Contains(err.Error(), "the waiver in line 1 matches nothing") {
			t.Errorf("%s: %v", text, err)
		}
		if service.Requests().All > 0 {
			t.Error("requests were sent")
		}
	}
	for text, says := range map[string]string{
		"- {requirement: LOGIN-09, reason: x, expires: 2099-01-01, scenarios: []}":     "scenarios names at least one",
		"- {requirement: LOGIN-09, reason: x, expires: 2099-01-01, scenarios: [' ']}":  "scenarios names at least one",
		"- {change: token-reuse, reason: x, expires: 2099-01-01, scenarios: ['a']}":    "a change is accepted by itself",
		"- {requirement: LOGIN-09, reason: x, expires: 2099-01-01, scenarios: {a: b}}": "[1:",
		"- {requirement: LOGIN-09, reason: x, expires: 2099-01-01, scenario: ['a']}":   "scenario",
	} {
		if _, err := steps.ParseWaivers([]byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// The ways of a wrong password for which no user is left are named.
func TestUntriedWrongPasswordsAreNamed(t *testing.T) {
	o, _ := target(t, reference.Options{Users: twoUsers()}, nil)
	o.Requirements = []string{"LOGIN-14"}
	q := requirement(t, run(t, o), "LOGIN-14")
	if !strings.Contains(q.Missing, "not tried: ") || strings.Count(q.Missing, "A wrong password: ")+strings.Count(q.Missing, "Right credentials under ") != q.Checks-q.Checked {
		t.Errorf("%d of %d checks: %s", q.Checked, q.Checks, q.Missing)
	}
}
