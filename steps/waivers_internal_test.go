package steps

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/record"
)

// waiversOf reads waivers.
func waiversOf(t *testing.T, texts ...string) []Waiver {
	t.Helper()
	list, err := ParseWaivers([]byte("[" + strings.Join(texts, ",") + "]"))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Waivers that have rotted: expired ones, and those whose requirement, or scenario, is met.
func TestRotten(t *testing.T) {
	const of = "{requirement: LOGIN-03, reason: known, expires: 2027-03-15"
	scenarios := func(states ...record.State) (all []record.Scenario) {
		for i, s := range states {
			all = append(all, record.Scenario{ID: "id:" + strconv.Itoa(i), Name: "n" + strconv.Itoa(i), State: s, Requirements: []string{"LOGIN-03"}})
		}
		return append(all, record.Scenario{ID: "id:9", Name: "n0", State: record.Fail, Requirements: []string{"LOGIN-04"}})
	}
	for name, c := range map[string]struct {
		waiver          string
		state           record.State
		checked, checks int
		scenarios       []record.Scenario
		want            []string
	}{
		"it is needed":            {of + "}", record.Waived, 2, 2, nil, nil},
		"its last day is over":    {strings.Replace(of, "03-15", "03-14", 1) + "}", record.Fail, 2, 2, nil, []string{"the waiver of LOGIN-03 expired on 2027-03-14, so the requirement counts again: known, until 2027-03-14"}},
		"the requirement is met":  {of + "}", record.Pass, 2, 2, nil, []string{"the waiver of LOGIN-03 is no longer needed, for the requirement is met: known, until 2027-03-15"}},
		"met as far as looked at": {of + "}", record.Pass, 1, 2, nil, nil},
		"another edition":         {of + ", edition: '26'}", record.Pass, 2, 2, nil, nil},
		"a scenario passed":       {of + ", scenarios: [n0, 'id:1']}", record.Waived, 2, 2, scenarios(record.Pass, record.Waived), []string{`the waiver of LOGIN-03 is no longer needed for "n0", which passed: known, until 2027-03-15`}},
		"both passed":             {of + ", scenarios: [n0, 'id:1']}", record.Waived, 2, 2, scenarios(record.Pass, record.Pass), []string{`the waiver of LOGIN-03 is no longer needed for "n0", "id:1", which passed: known, until 2027-03-15`}},
		"none ran":                {of + ", scenarios: [n7]}", record.Waived, 2, 2, scenarios(record.Pass), nil},
		"one of the same did not": {of + ", scenarios: [n0]}", record.Waived, 2, 2, append(scenarios(record.Pass), scenarios(record.Waived)...), nil},
		"nor where it is first":   {of + ", scenarios: [n0]}", record.Waived, 2, 2, append(scenarios(record.Waived), scenarios(record.Pass)...), nil},
	} {
		r := judging(t, nil)
		r.o.Waivers = waiversOf(t, c.waiver)
		conf := &record.Conformance{Requirements: []record.Requirement{{ID: "LOGIN-03", State: c.state, Checked: c.checked, Checks: c.checks}}, Scenarios: c.scenarios}
		if got := r.rotten(conf); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
		if got := r.rotten(&record.Conformance{}); got != nil {
			t.Errorf("%s, of what was not selected: %q", name, got)
		}
	}
}

// What each waiver hid is told, and where it hides more than it may be meant for.
func TestWaived(t *testing.T) {
	r := judging(t, nil)
	r.o.Waivers = waiversOf(t, "{requirement: LOGIN-03, reason: a, ticket: T, expires: 2027-03-15}", "{requirement: LOGIN-04, reason: b, expires: 2027-03-15}", "{requirement: LOGIN-05, reason: c, expires: 2027-03-15, scenarios: [x]}")
	r.hidden[0], r.hidden[2] = 1, 2
	list := r.waived(&record.Conformance{Requirements: []record.Requirement{{ID: "LOGIN-03", Checked: 1}, {ID: "LOGIN-05", Checked: 3}, {ID: "LOGIN-06", Checked: 7}}})
	if len(list) != 2 || list[0].Requirement != "LOGIN-03" || list[0].Waived != 1 || list[0].Checked != 1 || list[0].Ticket != "T" || list[1].Checked != 3 || list[1].Waived != 2 || !slices.Equal(list[1].Scenarios, []string{"x"}) {
		t.Errorf("%+v", list)
	}
	const would = " (scenarios: would name those that it is meant for)"
	for want, w := range map[string]record.Waiver{
		"a waiver hides 1 of 1 checks of A, until E: R":         {Waived: 1, Checked: 1},
		"a waiver hides 1 of 2 checks of A, until E: R" + would: {Waived: 1, Checked: 2},
		"a waiver hides 2 of 2 checks of A, until E: R" + would: {Waived: 2, Checked: 2},
		"a waiver hides 2 of 3 checks of A, until E: R":         {Waived: 2, Checked: 3, Scenarios: []string{"x"}},
	} {
		w.Requirement, w.Expires, w.Reason = "A", "E", "R"
		if got := hides([]record.Waiver{w}); len(got) != 1 || got[0] != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

// A change is accepted by itself, and a waiver of no file has no line.
func TestWaiversOfChanges(t *testing.T) {
	const of = "[{change: token-reuse, reason: x, expires: 2099-01-01"
	for text, ok := range map[string]bool{of + "}]": true, of + ", requirement: LOGIN-03}]": false, of + ", edition: '26'}]": false, of + ", scenarios: [a]}]": false} {
		if _, err := ParseWaivers([]byte(text)); (err == nil) != ok || err != nil && !strings.Contains(err.Error(), "a change is accepted by itself") {
			t.Errorf("%s: %v", text, err)
		}
	}
	if got := (Waiver{}).Place(); got != "a waiver" {
		t.Errorf("%q", got)
	}
	if got := waiversOf(t, "{requirement: LOGIN-03, reason: a, expires: 2027-03-15}")[0]; got.Place() != "the waiver in line 1" || !got.Until().Equal(time.Date(2027, 3, 16, 0, 0, 0, 0, time.UTC)) || got.Text() != "a, until 2027-03-15" {
		t.Errorf("%q, %v, %q", got.Place(), got.Until(), got.Text())
	}
}
