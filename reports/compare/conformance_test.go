package compare

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/unigate/unigate/internal/record"
)

// conformanceOf is a run with one requirement in a state, none without a state.
func conformanceOf(s record.State) *record.Conformance {
	c := &record.Conformance{}
	if s != "" {
		c.Requirements = []record.Requirement{{ID: "R", Title: "title", Level: "documented", State: s, Reason: "why"}}
	}
	return c
}

// Every pair of states of a requirement is told in one place, or is as before. An error is
// no check.
func TestStatesOfARequirement(t *testing.T) {
	states := []record.State{record.Pass, record.Warning, record.Waived, record.Fail, record.Skipped, record.Error, ""}
	const failing, unchecked, warning, fixed, checked, same = "newly failing", "newly unchecked", "newly with a warning, or waived", "fixed", "newly checked", ""
	const still = "failing as before, when a waiver or the gate let it pass"
	want := map[record.State][]string{ // by the state before
		record.Pass:    {same, warning, warning, failing, unchecked, unchecked, unchecked},
		record.Warning: {fixed, same, same, failing, unchecked, unchecked, unchecked},
		record.Waived:  {fixed, same, same, still, unchecked, unchecked, unchecked},
		record.Fail:    {fixed, same, same, same, unchecked, unchecked, unchecked},
		record.Skipped: {checked, checked, checked, failing, same, same, same},
		record.Error:   {checked, checked, checked, failing, same, same, same},
		"":             {checked, checked, checked, failing, same, same, same},
	}
	for _, before := range states {
		for i, now := range states {
			c := compareConformance(conformanceOf(before), conformanceOf(now), true)
			got, unchanged := "", 0
			for _, s := range c.Sections() {
				for _, x := range s.Changes {
					got += strings.ToLower(s.Title)
					reason := map[bool]string{true: "not part of the new run", false: "why"}[now == ""]
					if x != (Change{ID: "R", Kind: "requirement", Title: "title", Level: "documented", Old: before, New: now, Reason: reason}) {
						t.Errorf("%s, now %s: %+v", before, now, x)
					}
				}
			}
			if got == "" && (before != "" || now != "") {
				unchanged = 1
			}
			if got != want[before][i] || c.Unchanged != unchanged {
				t.Errorf("%q, now %q: %q, not %q; %d as before", before, now, got, want[before][i], c.Unchanged)
			}
		}
	}
}

// A scenario that newly fails is told where none of its requirements is, with what failed.
func TestScenariosThatFail(t *testing.T) {
	of := func(state, requirement record.State, more ...string) *record.Conformance {
		c := conformanceOf(requirement)
		if state != "" {
			c.Scenarios = []record.Scenario{{ID: "S", Name: "name", State: state, Requirements: more}}
		}
		return c
	}
	for name, c := range map[string]struct {
		old, new *record.Conformance
		want     string
	}{
		"newly":                             {of(record.Pass, record.Pass, "R"), of(record.Fail, record.Pass, "R"), "S"},
		"without a requirement":             {of(record.Pass, ""), of(record.Fail, ""), "S"},
		"that is new":                       {of("", ""), of(record.Fail, ""), "S"},
		"as before":                         {of(record.Fail, record.Pass, "R"), of(record.Fail, record.Pass, "R"), ""},
		"gone":                              {of(record.Fail, ""), of("", ""), ""},
		"not any more":                      {of(record.Fail, ""), of(record.Pass, ""), ""},
		"whose requirement is fixed":        {of(record.Pass, record.Fail, "R"), of(record.Fail, record.Pass, "R"), ""},
		"whose requirement warns":           {of(record.Pass, record.Pass, "R"), of(record.Fail, record.Warning, "R"), ""},
		"whose requirement is not checked":  {of(record.Pass, record.Pass, "R"), of(record.Fail, record.Error, "R"), ""},
		"whose requirement is checked now":  {of(record.Pass, record.Error, "R"), of(record.Fail, record.Pass, "R"), ""},
		"with its requirement":              {of(record.Pass, record.Pass, "R"), of(record.Fail, record.Fail, "R"), "R"},
		"whose requirement fails as it did": {of(record.Pass, record.Fail, "R"), of(record.Fail, record.Fail, "R"), "S"},
	} {
		if got := ids(compareConformance(c.old, c.new, true).NewlyFailing); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
	for want, s := range map[string]record.Scenario{
		"its own": {Reason: "its own", Steps: []record.Step{{State: record.Fail, Error: "step"}}},
		"second":  {Steps: []record.Step{{State: record.Pass, Error: "first"}, {State: record.Fail, Error: "second"}, {State: record.Fail, Error: "third"}}},
		"":        {Steps: []record.Step{{State: record.Skipped, Error: "first"}}},
	} {
		if got := scenarios(&record.Conformance{Scenarios: []record.Scenario{s}})[0].reason; got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

// Attempts at one scenario that differ are told with how many there were of each.
func TestFlakyScenarios(t *testing.T) {
	for want, attempt := range map[string][]record.State{
		"": {record.Pass, record.Pass}, "1 pass, 2 fail": {record.Fail, record.Pass, record.Fail}, "1 pass, 1 error": {record.Error, record.Pass},
	} {
		s := record.Scenario{ID: "S", Name: "name", State: record.Fail, Attempts: attempt}
		var flaky []Change
		if want != "" {
			flaky = []Change{{ID: "S", Kind: "scenario", Title: "name", New: record.Fail, Reason: want}}
		}
		if got := compareConformance(&record.Conformance{}, &record.Conformance{Scenarios: []record.Scenario{s}}, true).Flaky; !slices.Equal(got, flaky) {
			t.Errorf("%v: %+v", attempt, got)
		}
	}
}

// An ambiguity that both runs saw and read otherwise is told.
func TestAmbiguitiesThatChanged(t *testing.T) {
	of := func(readings ...string) *record.Conformance {
		c := &record.Conformance{}
		for i, r := range readings {
			c.Ambiguities = append(c.Ambiguities, record.Ambiguity{ID: numbered(i + 1)[i], Title: "t", Reading: r})
		}
		return c
	}
	got := compareConformance(of("a", "b", "c"), of("a", "B"), true).Ambiguities
	if diff := cmp.Diff([]Reading{{ID: "x2", Title: "t", Old: "b", New: "B"}}, got); diff != "" {
		t.Error(diff)
	}
}

// Names of members, with or without quotes, may be anything.
func TestNamesOfMembers(t *testing.T) {
	for text, want := range map[string][3]string{
		"a string": {"a", "string", "true"}, `"a b" string`: {`"a b"`, "string", "true"}, `"" string`: {`""`, "string", "true"}, "a": {"a", "", "false"}, `"a`: {"", "", "false"}, `"a"`: {"", "", "false"},
	} {
		name, rest, ok := memberName(text)
		if name != want[0] || rest != want[1] || ok != (want[2] == "true") {
			t.Errorf("%s: %q, %q, %t", text, name, rest, ok)
		}
	}
	for path, want := range map[string]string{"a": "a", "a.b": "b", "a[]": "a", "a.b[]": "b", "a[].b": "b"} {
		if got := last(path); got != want {
			t.Errorf("the last of %s is %q", path, got)
		}
	}
	for path, want := range map[string]string{"a": "at the top", "a[]": "at the top", "a.b": "inside a", "a[].b": "inside a", "a.b.c": "inside a.b", ".b": "inside "} {
		if got := inside(path); got != want {
			t.Errorf("%s stands %q", path, got)
		}
	}
	s := shape{"data": "object", "data.access_token": "string", "list": "list", "list[].deep": "number"}
	for path, want := range map[string]string{"access_token": "data.access_token", "data.access_token": "", "deep": "list[].deep", "other.data": "data", "none": ""} {
		if got, ok := s.elsewhere(path); got != want || ok != (want != "") {
			t.Errorf("%s stands at %q, %t", path, got, ok)
		}
	}
	for path, want := range map[string]bool{"data": true, "list": true, "dat": false, "data.access_token": false} {
		if got := s.wraps(path, shape{"access_token": "string", "deep": "number"}); got != want {
			t.Errorf("%s is an envelope: %t", path, got)
		}
	}
	if s.wraps("data", shape{"data.access_token": "string"}) || !s.spells("Access-Token") || s.spells("access") {
		t.Error("an envelope of what stands where it did, or a spelling")
	}
}

// The shapes of several answers are one: a member that has several types has them all.
func TestUnion(t *testing.T) {
	if got := union(texts("a string, b number", "a string, b string", "c {d null}")); cmp.Diff(shape{"a": "string", "b": "number or string", "c": "object", "c.d": "null"}, got) != "" {
		t.Errorf("%v", got)
	}
	if got := union(texts("a string", "a")); got != nil {
		t.Errorf("%v", got)
	}
	if got := union(nil); got == nil || len(got) != 0 {
		t.Errorf("%v", got)
	}
}

// A later unigate has more lines in its feature files and more scenarios: what it did not
// ask of the old target, or asks in another line, is no regression.
func TestScenariosAreMatchedByWhatTheyAsk(t *testing.T) {
	scenario := func(id, name string, state record.State) record.Scenario {
		return record.Scenario{ID: id, File: "f", Name: name, State: state, Requirements: []string{"R"}}
	}
	of := func(requirement record.State, scenarios ...record.Scenario) *record.Conformance {
		c := conformanceOf(requirement)
		c.Gate, c.Scenarios = record.Sampled, scenarios
		return c
	}
	old := of(record.Pass, scenario("f:1", "a", record.Pass), scenario("f:5", "b", record.Fail), scenario("f:9", "c", record.Waived))
	for name, c := range map[string]struct {
		old, new                *record.Conformance
		other                   bool // edition
		failing, unasked, still string
	}{
		"in another line":             {old: of(record.Fail, old.Scenarios...), new: of(record.Fail, scenario("f:2", "a", record.Pass), scenario("f:1", "b", record.Fail))},
		"another in its line":         {old: of(record.Fail, old.Scenarios...), new: of(record.Fail, scenario("f:1", "d", record.Fail), scenario("f:5", "b", record.Fail)), unasked: "f:1"},
		"failed all the same":         {old: of(record.Pass, old.Scenarios...), new: of(record.Fail, scenario("f:7", "a", record.Fail)), failing: "R"},
		"new, and alone":              {old: old, new: of(record.Fail, scenario("f:1", "d", record.Fail), scenario("f:2", "a", record.Pass)), unasked: "R"},
		"new, a first login":          {old: old, new: of(record.Fail, scenario("preflight:ann", "The first login of ann", record.Fail), scenario("f:2", "a", record.Pass)), failing: "R"},
		"a first login of what fails": {old: of(record.Fail, old.Scenarios...), new: of(record.Fail, scenario("preflight:ann", "d", record.Fail), scenario("f:5", "b", record.Fail)), failing: "preflight:ann"},
		"new, of a new edition":       {old: old, new: of(record.Fail, scenario("f:1", "d", record.Fail)), other: true, failing: "R"},
		"new, beside one that passed": {old: old, new: of(record.Fail, scenario("f:1", "d", record.Fail), scenario("f:2", "a", record.Fail)), failing: "R"},
		"without scenarios before":    {old: of(record.Pass), new: of(record.Fail, scenario("f:1", "d", record.Fail)), failing: "R"},
		"second of its name": {old: of(record.Fail, scenario("f:1", "a", record.Pass), scenario("f:2", "a", record.Fail)),
			new: of(record.Fail, scenario("f:3", "a", record.Pass), scenario("f:4", "a", record.Fail))},
		"first of its name": {old: of(record.Fail, scenario("f:1", "a", record.Pass), scenario("f:2", "a", record.Fail)),
			new: of(record.Fail, scenario("f:3", "a", record.Fail), scenario("f:4", "a", record.Fail)), failing: "f:3"},
		"waived before":                     {old: of(record.Waived, old.Scenarios[2]), new: of(record.Fail, scenario("f:9", "c", record.Fail)), still: "R"},
		"waived before, and more fails now": {old: of(record.Waived, old.Scenarios...), new: of(record.Fail, scenario("f:1", "a", record.Fail), scenario("f:9", "c", record.Fail)), failing: "f:1", still: "R"},
	} {
		got := compareConformance(c.old, c.new, !c.other)
		if ids(got.NewlyFailing) != c.failing || ids(got.FailingUnasked) != c.unasked || ids(got.StillFailing) != c.still {
			t.Errorf("%s: newly %q, unasked %q, still %q", name, ids(got.NewlyFailing), ids(got.FailingUnasked), ids(got.StillFailing))
		}
	}
}

// What the gate alone kept from failing in the old run fails as before.
func TestStricterGatesAreNoRegression(t *testing.T) {
	of := func(gate, level record.Level, state record.State) *record.Conformance {
		return &record.Conformance{Gate: gate, Requirements: []record.Requirement{{ID: "R", Level: level, State: state}},
			Scenarios: []record.Scenario{{ID: "f:1", Name: "a", State: state, Requirements: []string{"R"}}}}
	}
	for name, c := range map[string]struct {
		old  *record.Conformance
		want string
	}{
		"below the gate":      {of(record.Sampled, record.Inferred, record.Warning), ""},
		"within it":           {of(record.Inferred, record.Inferred, record.Warning), "R"},
		"met":                 {of(record.Sampled, record.Inferred, record.Pass), "R"},
		"of no level":         {of(record.Sampled, "", record.Warning), ""},
		"of a stronger level": {of(record.Sampled, record.Documented, record.Warning), "R"},
	} {
		got := compareConformance(c.old, of(record.Inferred, record.Inferred, record.Fail), true)
		if ids(got.NewlyFailing) != c.want || (ids(got.StillFailing) == "R") == (c.want == "R") {
			t.Errorf("%s: newly %q, still %q", name, ids(got.NewlyFailing), ids(got.StillFailing))
		}
	}
}

// Two runs that share no check show nothing: that is never green.
func TestRunsThatShareNoCheck(t *testing.T) {
	of := func(s record.State, traits ...string) *record.Run {
		run := &record.Run{Conformance: conformanceOf(s), Behaviour: &record.Behaviour{Traits: map[string][]string{}}}
		for _, name := range traits {
			run.Behaviour.Traits[name] = texts("200")
		}
		return run
	}
	for name, c := range map[string]struct {
		old, new *record.Run
		want     int
	}{
		"both checked":                {of(record.Pass), of(record.Pass), 0},
		"the old one checked nothing": {of(record.Skipped), of(record.Pass), 3},
		"neither did":                 {of(record.Skipped), of(record.Skipped), 3},
		"the new one could not":       {of(record.Error), of(record.Error), 3},
		"a trait of both":             {of(record.Skipped, "login.success.status"), of(record.Pass, "login.success.status"), 0},
		"other traits":                {of(record.Skipped, "login.success.status"), of(record.Pass, "oauth.success.status"), 3},
	} {
		r, err := Compare(c.old, c.new, Options{AllowUnchecked: true})
		if err != nil || r.Verdict.Exit != c.want {
			t.Errorf("%s: %+v, %v", name, r.Verdict, err)
		}
	}
}
