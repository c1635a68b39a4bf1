package steps

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/unifier"
)

// A requirement has the worst state of its scenarios that ran, with their number; it is
// skipped only where none ran, and says why.
func TestRequirementsSumScenariosUp(t *testing.T) {
	const p, w, f, s, e = record.Pass, record.Waived, record.Fail, record.Skipped, record.Error
	for name, c := range map[string]struct {
		states          []record.State
		state           record.State
		checked         int
		reason, missing string
	}{
		"all passed":           {[]record.State{p, p}, p, 2, "r0", ""},
		"one failed later":     {[]record.State{p, f, p}, f, 3, "r1", ""},
		"one failed first":     {[]record.State{f, p}, f, 2, "r0", ""},
		"an error is worse":    {[]record.State{f, e, f}, e, 3, "r1", ""},
		"the first of two":     {[]record.State{f, f}, f, 2, "r0", ""},
		"one waived":           {[]record.State{p, w}, w, 2, "r1", ""},
		"one was skipped":      {[]record.State{s, p}, p, 1, "r1", "r0"},
		"skipped after a pass": {[]record.State{p, s}, p, 1, "r0", "r1"},
		"two were skipped":     {[]record.State{s, f, s}, f, 1, "r1", "r0; r2"},
		"none ran":             {[]record.State{s, s}, s, 0, "r0; r1", "r0; r1"},
	} {
		var all []record.Scenario
		for i, state := range c.states {
			all = append(all, record.Scenario{ID: "f:" + strconv.Itoa(i), State: state, Reason: "r" + strconv.Itoa(i), Requirements: []string{"LOGIN-03"}})
		}
		r := judging(t, nil)
		r.unasked = nil
		got := r.requirements(all)
		if len(got) != 1 {
			t.Errorf("%s: %+v", name, got)
			continue
		}
		q := got[0]
		if q.ID != "LOGIN-03" || q.Level != record.Documented || q.Title == "" || q.State != c.state || q.Checks != len(c.states) || q.Checked != c.checked || q.Reason != c.reason || q.Missing != c.missing || len(q.Scenarios) != len(c.states) || q.Scenarios[0] != "f:0" {
			t.Errorf("%s: %+v", name, q)
		}
	}
	r := judging(t, nil)
	r.unasked = []unasked{{&Scenario{Requirements: []string{"LOGIN-03", "LOGIN-04"}}, "there is no such user"}}
	got := r.requirements([]record.Scenario{
		{ID: "f:1", Name: "a wrong one", State: s, Reason: noSpenderText, Requirements: []string{"LOGIN-14"}},
		{ID: "f:2", State: s, Reason: "its own reason", Requirements: []string{"LOGIN-03"}},
	})
	if len(got) != 3 || got[0].ID != "LOGIN-03" || got[1].ID != "LOGIN-04" || got[2].ID != "LOGIN-14" { // in the register's order
		t.Fatalf("%+v", got)
	}
	if got[0].Reason != "its own reason" || got[1].State != s || got[1].Checks != 0 || got[1].Reason != "there is no such user" || !strings.HasSuffix(got[2].Missing, "; not tried: a wrong one") {
		t.Errorf("%+v", got)
	}
}

// What is documented is checked wholly, in part or not at all; breadth is counted by its name.
func TestCoverOfARun(t *testing.T) {
	r := judging(t, nil)
	breadth := func(id, name string) *Scenario { return &Scenario{ID: id, Tags: []string{breadthTag, "@" + name}} }
	r.byID = map[string]*Scenario{"a": breadth("a", "formats"), "b": breadth("b", "zones"), "c": breadth("c", "formats"), "d": {ID: "d"}}
	r.unasked = []unasked{{breadth("x", "zones"), "why"}, {breadth("y", "units"), "why"}}
	c := record.Conformance{
		Requirements: []record.Requirement{
			{ID: "ALL", Level: record.Documented, Checks: 2, Checked: 2}, {ID: "ONE", Level: record.Documented, Checks: 1, Checked: 1},
			{ID: "PART", Level: record.Documented, Checks: 2, Checked: 1}, {ID: "NONE", Level: record.Documented, Checks: 2}, {ID: "NOBODY", Level: record.Documented},
			{ID: "SAMPLED", Level: record.Sampled, Checks: 2}, {ID: "SAMPLED-PART", Level: record.Sampled, Checks: 2, Checked: 1},
		},
		Scenarios: []record.Scenario{{ID: "a", State: record.Pass}, {ID: "b", State: record.Skipped}, {ID: "c", State: record.Fail}, {ID: "d", State: record.Pass}, {ID: "preflight:ann", State: record.Fail}},
	}
	r.cover(&c)
	if !slices.Equal(c.Unchecked, []string{"NONE", "NOBODY"}) || !slices.Equal(c.Partly, []string{"PART"}) || !slices.Equal(c.NotAsked, []string{"x", "y"}) {
		t.Errorf("nothing of %q, a part of %q, not asked %q", c.Unchecked, c.Partly, c.NotAsked)
	}
	if want := []record.Breadth{{Name: "formats", Checked: 2, All: 2}, {Name: "zones", All: 2}, {Name: "units", All: 1}}; !slices.Equal(c.Breadth, want) {
		t.Errorf("breadth %+v", c.Breadth)
	}
	want := []string{"documented, and nothing of it checked: NONE, NOBODY", "documented, and checked in part: PART (1 of 2 checks)", "how broad: formats 2 of 2, zones 0 of 2, units 0 of 1"}
	if got := covered(&c); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	c.NotAsked = c.NotAsked[:1]
	if got := covered(&c); len(got) != 3 {
		t.Errorf("one is not asked: %q", got)
	}
	if got := covered(&record.Conformance{Breadth: c.Breadth}); got != nil {
		t.Errorf("all was checked and asked: %q", got)
	}
}

// A run of which nothing could be checked says why, each reason once.
func TestNothingRan(t *testing.T) {
	skipped := func(reasons ...string) (all []record.Scenario) {
		for _, why := range reasons {
			all = append(all, record.Scenario{State: record.Skipped, Reason: why})
		}
		return all
	}
	const nothing = "nothing of what was selected could be checked: "
	asked := []record.Requirement{{ID: "A-1", Reason: "of no scenario"}, {ID: "A-2", Reason: "of one", Checks: 1}}
	for name, c := range map[string]struct {
		c    record.Conformance
		want string
	}{
		"one ran":           {record.Conformance{Scenarios: append(skipped("a"), record.Scenario{State: record.Pass})}, ""},
		"one failed":        {record.Conformance{Scenarios: append([]record.Scenario{{State: record.Fail}}, skipped("a")...)}, ""},
		"all were skipped":  {record.Conformance{Scenarios: skipped("a", "b", "a")}, nothing + "a; b"},
		"none is left":      {record.Conformance{}, nothing + "the target has no service that the selected scenarios are about"},
		"none was asked":    {record.Conformance{Requirements: asked}, nothing + "of no scenario"},
		"four reasons":      {record.Conformance{Scenarios: skipped("a", "b", "c", "d")}, nothing + "a; b; c; d"},
		"five reasons":      {record.Conformance{Scenarios: skipped("a", "b", "c", "d", "e")}, nothing + "a; b; c; and 2 more reasons"},
		"a broader reason":  {record.Conformance{Scenarios: skipped("no user"+notConfigured, "no user in minutes"+notConfigured)}, nothing + "no user" + notConfigured},
		"of the same words": {record.Conformance{Scenarios: skipped("no user"+notConfigured, "no users"+notConfigured, "no user is there")}, nothing + "no user" + notConfigured + "; no users" + notConfigured + "; no user is there"},
	} {
		if got := nothingRan(&c.c); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// The ways of a wrong password that nobody was left for are named, eight at the most.
func TestUntried(t *testing.T) {
	names := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}
	for n, want := range map[int]string{0: "", 1: "; not tried: a", 8: "; not tried: a, b, c, d, e, f, g, h", 9: "; not tried: a, b, c, d, e, f, g, h, 1 more", 10: "; not tried: a, b, c, d, e, f, g, h, 2 more"} {
		if got := untried(slices.Clone(names[:n])); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
}

// A scenario that only widens says what, and is asked only of a configuration that has the user.
func TestBreadth(t *testing.T) {
	for want, tags := range map[string][]string{"": {"@LOGIN-10", "@slow"}, "formats": {breadthTag, "@formats"}, "zones": {"@LOGIN-12", breadthTag, "@zones", "@last"}, "other": {"@LOGIN-10", breadthTag}} {
		if got := (&Scenario{Tags: tags}).widens(); got != want {
			t.Errorf("%v: %q", tags, got)
		}
	}
	// More durations and units are asked for where a user has one.
	asks := func(r *run) (asked, left int) {
		for _, s := range r.selection.Scenarios {
			if s.has(breadthTag) {
				asked++
			}
		}
		for _, u := range r.unasked {
			if !u.scenario.has(breadthTag) || u.reason == "" {
				t.Errorf("%s is left out: %q", u.scenario.ID, u.reason)
			}
		}
		return asked, len(r.unasked)
	}
	hours, err := unifier.ParseExpiry("2 hours")
	if err != nil {
		t.Fatal(err)
	}
	none := judging(t, nil)
	some := judging(t, func(o *Options) {
		o.Users = []unifier.User{{Name: "ann", Password: "correct horse", Type: unifier.Basic, Status: unifier.Active, Expiry: hours}}
	})
	asked0, left0 := asks(none)
	asked1, left1 := asks(some)
	if asked0 != 0 || left0 == 0 || asked1 == 0 || asked1+left1 != left0 || len(none.selection.Scenarios) == 0 || len(some.selection.Scenarios) != len(none.selection.Scenarios)+asked1 {
		t.Errorf("without a user %d asked and %d left, with one %d and %d", asked0, left0, asked1, left1)
	}
}
