package steps

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/unifier"
)

// What is said beside the state of a verdict, with all of its words.
func TestReasonsOfVerdicts(t *testing.T) {
	ran := func(state record.State) record.Conformance {
		return record.Conformance{
			Gate: record.Sampled, Requirements: []record.Requirement{{ID: "LOGIN-05", State: state, Checked: 1, Checks: 1}},
			Scenarios: []record.Scenario{{State: state, Requirements: []string{"LOGIN-05"}}},
		}
	}
	const (
		met    = `every requirement that the gate "sampled" covers and that could be checked is met`
		nobody = "no configured user of the login service got a token: 401"
	)
	refused := func(users ...string) func(*testing.T) *run {
		return func(t *testing.T) *run {
			r := withTokens(t, users...)
			clear(r.unusable)
			a := r.samples[sampleKey(unifier.Login, &r.o.Users[0])]
			a.reply.Status, a.judged.Token = http.StatusUnauthorized, ""
			return r
		}
	}
	for name, c := range map[string]struct {
		run   func(*testing.T) *run
		c     record.Conformance
		state record.VerdictState
		exit  int
		says  []string
	}{
		"one error":             {refused("ann", "bob"), ran(record.Error), record.VerdictInconclusive, 3, []string{"not decided, since no answer came, or unigate failed: LOGIN-05"}},
		"one of two is refused": {refused("ann", "bob"), ran(record.Fail), record.VerdictFail, 1, []string{"not met: LOGIN-05", "refused with the configured password: ann (401)"}},
		"and others get in":     {refused("ann", "bob"), ran(record.Pass), record.VerdictPass, 0, []string{met}},
		"an error, nobody in":   {refused("ann"), ran(record.Error), record.VerdictInconclusive, 3, []string{"not decided: LOGIN-05", nobody}},
		"all well, nobody in":   {refused("ann"), ran(record.Pass), record.VerdictInconclusive, 3, []string{nobody}},
		"a failure, nobody in":  {refused("ann"), ran(record.Fail), record.VerdictFail, 1, []string{"not met: LOGIN-05", "refused with the configured password: ann (401)", nobody}},
		"a gateway": {func(t *testing.T) *run {
			r := judging(t, nil)
			r.hiccups.all, r.hiccups.statuses = 2, []int{502, 503}
			return r
		}, ran(record.Pass), record.VerdictPass, 0, []string{met, "warning: a gateway in front of the target answered 502, 503 to 2 calls, which were made again; look at its log"}},
		"one was left out": {func(t *testing.T) *run {
			r := withTokens(t, "ann", "bob")
			delete(r.unusable, sampleKey(unifier.Login, &r.o.Users[0]))
			return r
		}, ran(record.Pass), record.VerdictPass, 0, []string{met, "tokens of bob were not tried any further: it answers 403"}},
	} {
		got := c.run(t).verdict(t.Context(), &c.c)
		likely := func(s string) bool { return strings.HasPrefix(s, "likely causes: ") }
		if slices.ContainsFunc(got.Reasons, likely) != (len(c.says) > 0 && c.says[len(c.says)-1] == nobody) {
			t.Errorf("%s: whether causes are likely: %q", name, got.Reasons)
		}
		if got.Reasons = slices.DeleteFunc(got.Reasons, likely); got.State != c.state || got.Exit != c.exit || !slices.Equal(got.Reasons, c.says) {
			t.Errorf("%s: %s, %d, %q", name, got.State, got.Exit, got.Reasons)
		}
	}
}

// The bounds of a skew say nothing where the clocks may be the same.
func TestSkewIsToldWhereTheBoundsLeaveZeroOut(t *testing.T) {
	const none, s = "none that shows", time.Second
	told := func(low, high, where string) string {
		return fmt.Sprintf("the target's clock is between %s and %s %s", low, high, where)
	}
	for _, c := range []struct {
		low, high time.Duration
		want      string
	}{
		{0, 0, none}, {0, s, none}, {-s, 0, none}, {-s, s, none}, {s, -s, none},
		{1, s, told("0s", "1s", "ahead")}, {s, 2 * s, told("1s", "2s", "ahead")}, {2 * s, s, told("1s", "2s", "ahead")}, {s, s, told("1s", "1s", "ahead")},
		{-s, -1, told("0s", "1s", "behind")}, {-2 * s, -s, told("1s", "2s", "behind")}, {-s, -2 * s, told("1s", "2s", "behind")},
		{1499 * time.Microsecond, 1500 * time.Microsecond, told("1ms", "2ms", "ahead")},
	} {
		if got := skewText(c.low, c.high); got != c.want {
			t.Errorf("%v to %v: %q, not %q", c.low, c.high, got, c.want)
		}
	}
}

// Where nothing answers the run is halted: it is inconclusive, and says why and what to do.
func TestNothingAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		says []string
	}{
		"with a hint": {unifier.ErrSpeaksTLS, []string{"nothing answers at http://127.0.0.1: " + unifier.ErrSpeaksTLS.Error(), "hint: write https:// in target.base_url"}},
		"without one": {errors.New("odd"), []string{"nothing answers at http://127.0.0.1: odd"}},
	} {
		r := judging(t, nil)
		r.haltSilent(c.err)
		if v := r.halted; v.State != record.VerdictInconclusive || v.Exit != 3 || !slices.Equal(v.Reasons, c.says) {
			t.Errorf("%s: %+v", name, v)
		}
		if why := r.stopped.Load(); why == nil || *why != c.says[0] {
			t.Errorf("%s: no scenario is stopped", name)
		}
	}
	r := judging(t, nil)
	r.haltSilent(syscall.ECONNREFUSED)
	if v := r.halted; strings.Count(v.Reasons[0], "nothing answers") != 1 {
		t.Errorf("%q", v.Reasons)
	}
}

// A scenario that failed is named by its requirement where that is not named yet.
func TestFailuresAreNamedOnce(t *testing.T) {
	one := []record.Scenario{{ID: "own:1", Name: "mine", State: record.Fail, Requirements: []string{"A-1"}}}
	for name, c := range map[string]struct {
		of   []record.Requirement
		want []string
	}{
		"it is the one that failed": {[]record.Requirement{{ID: "A-1", State: record.Fail}}, []string{"A-1"}},
		"another one failed":        {[]record.Requirement{{ID: "A-2", State: record.Fail}}, []string{"A-2", "A-1"}},
		"none did":                  {nil, []string{"A-1"}},
	} {
		if failed, _ := states(&record.Conformance{Requirements: c.of, Scenarios: one}); !slices.Equal(failed, c.want) {
			t.Errorf("%s: %q", name, failed)
		}
	}
}

// One warning, one reading and one user too many are told as well as several.
func TestOneIsToldToo(t *testing.T) {
	c := &record.Conformance{Gate: record.Sampled, Summary: record.Summary{Warning: 1}, Requirements: []record.Requirement{{ID: "W-1", State: record.Warning}}}
	if got := summary(c); !strings.HasSuffix(got, "; 1 scenario warns (W-1)") {
		t.Errorf("%q", got)
	}
	w := &World{findings: []oracle.Finding{{Warning: true}}}
	if !w.onlyWarns() {
		t.Error("one finding that warns is taken for a failure")
	}
	if w.findings[0].Warning = false; w.onlyWarns() || (&World{}).onlyWarns() {
		t.Error("a failure, or a mistake without findings, is taken for a warning")
	}
	r := judging(t, nil)
	first := r.selection.Register.Ambiguities[0].ID
	r.readings = map[string][]string{first: {"a"}}
	if got := r.ambiguities(); len(got) != 1 || got[0].Reading != "a" {
		t.Errorf("%+v", got)
	}
	r = withTokens(t, "ann", "bob", "cid", "dan", "eve", "fay")
	delete(r.unusable, sampleKey(unifier.Login, &r.o.Users[5]))
	if got := r.leftOut(); len(got) != maxLeftOut+1 || got[maxLeftOut] != "nor were those of 2 more users" {
		t.Errorf("%q", got)
	}
}
