package steps

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/features"
	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/record"
)

// today is when the runs of these tests are judged.
var today = time.Date(2027, 3, 15, 12, 0, 0, 0, time.UTC)

// judging is a run of the default edition that has done nothing, and its users.
func judging(t *testing.T, change func(*Options)) *run {
	t.Helper()
	all, err := features.LoadEditions()
	if err != nil {
		t.Fatal(err)
	}
	e, _ := features.FindEdition(all, "")
	o := Options{Client: teapot{}, BaseURL: "http://127.0.0.1", Edition: e, Gate: record.Sampled, Now: func() time.Time { return today }}
	if change != nil {
		change(&o)
	}
	o.fill()
	r, err := newRun(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A failure weighs what its requirements do: below the gate it warns, an observed one
// never counts, a waived one is waived if all of its requirements are.
func TestWeigh(t *testing.T) {
	warns := oracle.Finding{Warning: true}
	const waive3, waive4 = "{requirement: LOGIN-03, reason: known, ticket: T-3, expires: 2027-03-15}", "{requirement: LOGIN-04, reason: why, expires: 2027-03-16}"
	for name, c := range map[string]struct {
		requirements []string
		gate         record.Level
		waivers      []string
		change       func(*World, *record.Scenario)
		state        record.State
		reason       string
		notes        []string
		hidden       map[int]int
	}{
		"documented":                  {requirements: []string{"LOGIN-03"}, state: record.Fail, reason: "why"},
		"no requirement":              {state: record.Fail, reason: "why"},
		"it passed":                   {requirements: []string{"LOGIN-03"}, change: func(_ *World, s *record.Scenario) { s.State = record.Skipped }, state: record.Skipped, reason: "why"},
		"written wrongly":             {requirements: []string{"LOGIN-03"}, waivers: []string{waive3}, change: func(w *World, _ *record.Scenario) { w.broken = true }, state: record.Fail, reason: "why"},
		"waived until today":          {requirements: []string{"LOGIN-03"}, waivers: []string{waive3}, state: record.Waived, reason: "why", notes: []string{"waived: known (T-3), until 2027-03-15"}, hidden: map[int]int{0: 1}},
		"one of two waived":           {requirements: []string{"LOGIN-03", "LOGIN-04"}, waivers: []string{waive3}, state: record.Fail, reason: "why", notes: []string{"waived: known (T-3), until 2027-03-15"}},
		"the other of two waived":     {requirements: []string{"LOGIN-03", "LOGIN-04"}, waivers: []string{waive4}, state: record.Fail, reason: "why"},
		"both waived":                 {requirements: []string{"LOGIN-03", "LOGIN-04"}, waivers: []string{waive4, waive3}, state: record.Waived, reason: "why", notes: []string{"waived: known (T-3), until 2027-03-15", "waived: why, until 2027-03-16"}, hidden: map[int]int{0: 1, 1: 1}},
		"waived until yesterday":      {requirements: []string{"LOGIN-03"}, waivers: []string{strings.Replace(waive3, "03-15", "03-14", 1)}, state: record.Fail, reason: "why"},
		"another edition's waiver":    {requirements: []string{"LOGIN-03"}, waivers: []string{strings.Replace(waive3, "reason", "edition: '26', reason", 1)}, state: record.Fail, reason: "why"},
		"nothing but warnings":        {requirements: []string{"LOGIN-03"}, change: func(w *World, _ *record.Scenario) { w.findings = []oracle.Finding{warns, warns} }, state: record.Warning, reason: "why"},
		"a warning and a failure":     {requirements: []string{"LOGIN-03"}, change: func(w *World, _ *record.Scenario) { w.findings = []oracle.Finding{warns, {}} }, state: record.Fail, reason: "why"},
		"below the gate":              {requirements: []string{"LOGIN-19"}, state: record.Warning, reason: "why"},
		"at the gate":                 {requirements: []string{"LOGIN-19"}, gate: record.Inferred, state: record.Fail, reason: "why"},
		"one of two is at the gate":   {requirements: []string{"LOGIN-19", "LOGIN-03"}, state: record.Fail, reason: "why"},
		"observed only":               {requirements: []string{"LOGIN-22"}, state: record.Pass, notes: []string{"observed, not judged: why"}},
		"one of two is observed":      {requirements: []string{"LOGIN-22", "LOGIN-03"}, state: record.Fail, reason: "why"},
		"not of this edition":         {requirements: []string{"V2AUTH-01"}, state: record.Pass, notes: []string{"observed, not judged: why"}},
		"waived, one of this edition": {requirements: []string{"V2AUTH-01", "LOGIN-03"}, waivers: []string{waive3}, state: record.Waived, reason: "why", notes: []string{"waived: known (T-3), until 2027-03-15"}, hidden: map[int]int{0: 1}},
		"one of two observed, waived": {requirements: []string{"LOGIN-03", "LOGIN-22"}, waivers: []string{waive3}, state: record.Fail, reason: "why", notes: []string{"waived: known (T-3), until 2027-03-15"}},
	} {
		r := judging(t, func(o *Options) {
			o.Waivers = waiversOf(t, c.waivers...)
			if c.gate != "" {
				o.Gate = c.gate
			}
		})
		w, s := &World{run: r, scenario: &Scenario{Name: "s"}}, record.Scenario{State: record.Fail, Reason: "why", Requirements: c.requirements}
		if c.change != nil {
			c.change(w, &s)
		}
		r.weigh(w, &s)
		if s.State != c.state || s.Reason != c.reason || !slices.Equal(s.Notes, c.notes) || len(r.hidden) != len(c.hidden) || r.hidden[0] != c.hidden[0] || r.hidden[1] != c.hidden[1] {
			t.Errorf("%s: %s %q %q, hidden %v", name, s.State, s.Reason, s.Notes, r.hidden)
		}
	}
}

// Repetitions that differ are flaky; wrong passwords are not repeated, so that a skip
// beside passes is none.
func TestFlaky(t *testing.T) {
	const p, f, s = record.Pass, record.Fail, record.Skipped
	for name, c := range map[string]struct {
		attempts []record.State
		state    record.State
		want     record.State
		reason   string
		kept     int
	}{
		"once":                         {[]record.State{f}, f, f, "why", 0},
		"twice the same":               {[]record.State{f, f}, f, f, "why", 2},
		"two passes":                   {[]record.State{p, p}, p, p, "why", 2},
		"a failure later":              {[]record.State{p, f}, f, f, "flaky: passed 1 of 2 times; why", 2},
		"a failure first":              {[]record.State{f, p, p}, f, f, "flaky: passed 2 of 3 times; why", 3},
		"not repeated after a pass":    {[]record.State{p, s, s}, s, p, "", 3},
		"not repeated after a failure": {[]record.State{f, s}, f, f, "why", 2},
		"never run":                    {[]record.State{s, s}, s, s, "why", 2},
		"a pass later":                 {[]record.State{s, p}, s, s, "flaky: passed 1 of 2 times; why", 2},
	} {
		out := record.Scenario{State: c.state, Reason: "why", Attempts: c.attempts}
		if flaky(&out); out.State != c.want || out.Reason != c.reason || len(out.Attempts) != c.kept {
			t.Errorf("%s: %s %q, %d attempts", name, out.State, out.Reason, len(out.Attempts))
		}
	}
	out := record.Scenario{State: f, Attempts: []record.State{f, p}}
	if flaky(&out); out.Reason != "flaky: passed 1 of 2 times" {
		t.Errorf("without a reason: %q", out.Reason)
	}
}

// A scenario that was not begun says why.
func TestNeverRan(t *testing.T) {
	some, stopped := &Scenario{Steps: make([]ScenarioStep, 1)}, "stopped: too many failures"
	for name, c := range map[string]struct {
		s      *Scenario
		change func(*run)
		state  record.State
		reason string
	}{
		"for no reason":   {some, nil, record.Skipped, "not run"},
		"it has no steps": {&Scenario{}, func(r *run) { r.halted = &record.Verdict{Reasons: []string{"dead"}} }, record.Fail, "the scenario has no steps"},
		"nothing answers": {some, func(r *run) {
			r.halted = &record.Verdict{Reasons: []string{"dead", "x"}}
			r.done = func() bool { return true }
		}, record.Skipped, "dead"},
		"interrupted":           {some, func(r *run) { r.done = func() bool { return true }; r.stopped.Store(&stopped) }, record.Skipped, "interrupted"},
		"the run ended earlier": {some, func(r *run) { r.stopped.Store(&stopped) }, record.Skipped, stopped},
	} {
		r := judging(t, nil)
		if c.change != nil {
			c.change(r)
		}
		var out record.Scenario
		if r.neverRan(c.s, &out); out.State != c.state || out.Reason != c.reason {
			t.Errorf("%s: %s %q", name, out.State, out.Reason)
		}
	}
}

// What failed and what ended in an error is named by requirement, or by scenario where
// none of its requirements says so.
func TestStates(t *testing.T) {
	scenario := func(state record.State, ids ...string) record.Scenario {
		return record.Scenario{ID: "own:1", Name: "mine", State: state, Requirements: ids}
	}
	requirement := func(id string, state record.State) record.Requirement {
		return record.Requirement{ID: id, State: state}
	}
	for name, c := range map[string]struct {
		c              record.Conformance
		failed, errors []string
	}{
		"nothing":                       {c: record.Conformance{Requirements: []record.Requirement{requirement("A-1", record.Pass), requirement("A-2", record.Warning)}, Scenarios: []record.Scenario{scenario(record.Pass)}}},
		"requirements":                  {c: record.Conformance{Requirements: []record.Requirement{requirement("A-1", record.Fail), requirement("A-2", record.Error), requirement("A-3", record.Fail)}}, failed: []string{"A-1", "A-3"}, errors: []string{"A-2"}},
		"a scenario of none":            {c: record.Conformance{Scenarios: []record.Scenario{scenario(record.Fail), scenario(record.Error)}}, failed: []string{`"mine" (own:1)`}, errors: []string{`"mine" (own:1)`}},
		"a scenario of one that failed": {c: record.Conformance{Requirements: []record.Requirement{requirement("A-1", record.Fail)}, Scenarios: []record.Scenario{scenario(record.Fail, "A-2", "A-1")}}, failed: []string{"A-1"}},
		"a scenario of one that passed": {c: record.Conformance{Requirements: []record.Requirement{requirement("A-1", record.Pass)}, Scenarios: []record.Scenario{scenario(record.Fail, "A-1", "A-2"), scenario(record.Error, "A-1")}}, failed: []string{"A-1"}},
	} {
		failed, errors := states(&c.c)
		if !slices.Equal(failed, c.failed) || !slices.Equal(errors, c.errors) {
			t.Errorf("%s: failed %q, errors %q", name, failed, errors)
		}
	}
}

// The summary of a pass says what the gate let pass, and names up to eight.
func TestSummary(t *testing.T) {
	warning := func(n int) (all []record.Requirement) {
		for i := range n {
			all = append(all, record.Requirement{ID: "W-" + strconv.Itoa(i), State: record.Warning}, record.Requirement{ID: "P", State: record.Pass})
		}
		return all
	}
	const met = `every requirement that the gate "sampled" covers and that could be checked is met`
	for want, c := range map[string]record.Conformance{
		met:                                     {},
		met + "; 1 scenario warns; 1 is waived": {Summary: record.Summary{Warning: 1, Waived: 1}},
		met + "; 2 scenarios warn (W-0, W-1)":   {Summary: record.Summary{Warning: 2}, Requirements: warning(2)},
		met + "; 8 scenarios warn (W-0, W-1, W-2, W-3, W-4, W-5, W-6, W-7)":          {Summary: record.Summary{Warning: 8}, Requirements: warning(8)},
		met + "; 9 scenarios warn (W-0, W-1, W-2, W-3, W-4, W-5, W-6, W-7, 1 more)":  {Summary: record.Summary{Warning: 9}, Requirements: warning(9)},
		met + "; 11 scenarios warn (W-0, W-1, W-2, W-3, W-4, W-5, W-6, W-7, 3 more)": {Summary: record.Summary{Warning: 11}, Requirements: warning(11)},
	} {
		c.Gate = record.Sampled
		if got := summary(&c); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

// Answers of web servers, redirects, 404 and 503 come from no token service.
func TestNowhereKind(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		want   string
	}{
		{200, "", ""}, {200, "{}", ""}, {200, " \n<html>", "a web page"}, {299, "<x/>", "a web page"}, {300, "<html>", "300"}, {301, "", "301"}, {399, "", "399"},
		{400, "<html>", ""}, {401, "<html>", ""}, {404, "", "404"}, {500, "<html>", ""}, {503, "", "503"}, {504, "", ""},
	} {
		if got := nowhereKind(&answer{reply: oracle.Reply{Status: c.status, Body: []byte(c.body)}}); got != c.want {
			t.Errorf("%d %q: %q", c.status, c.body, got)
		}
	}
	at := func(entitled bool, status int) *answer {
		return &answer{entitled: entitled, reply: oracle.Reply{Status: status}}
	}
	for name, c := range map[string]struct {
		every []*answer
		past  map[string]bool
		want  string
	}{
		"no answer":                {nil, nil, ""},
		"all the same":             {[]*answer{at(true, 404), at(true, 404), at(false, 401)}, nil, "404"},
		"another one":              {[]*answer{at(true, 404), at(true, 503)}, nil, ""},
		"one like a service's":     {[]*answer{at(true, 404), at(true, 401)}, nil, ""},
		"of a repetition before":   {nil, map[string]bool{"503": true}, "503"},
		"another one before":       {[]*answer{at(true, 404)}, map[string]bool{"503": true}, ""},
		"of none who may log in":   {[]*answer{at(false, 404)}, nil, ""},
		"all are like a service's": {[]*answer{at(true, 401)}, nil, ""},
	} {
		r := judging(t, nil)
		r.every = c.every
		for k := range c.past {
			r.past.kinds[k] = true
		}
		if got := r.nowhere(); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// The verdict of a run: a failure fails it whatever else went wrong, then an error leaves it open.
func TestVerdictOfRuns(t *testing.T) {
	requirement := func(id string, state record.State) record.Requirement {
		return record.Requirement{ID: id, State: state, Checked: 1, Checks: 1}
	}
	failed, erred, passed := requirement("LOGIN-04", record.Fail), requirement("LOGIN-05", record.Error), requirement("LOGIN-06", record.Pass)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	stopped := "stopped: enough"
	for name, c := range map[string]struct {
		ctx    context.Context
		c      record.Conformance
		change func(*run)
		state  record.VerdictState
		exit   int
		says   []string
	}{
		"a pass":      {c: record.Conformance{Requirements: []record.Requirement{passed}, Scenarios: []record.Scenario{{State: record.Pass, Requirements: []string{"LOGIN-06"}}}, Summary: record.Summary{Pass: 1}}, state: record.VerdictPass, exit: 0, says: []string{"every requirement that the gate"}},
		"a failure":   {c: record.Conformance{Requirements: []record.Requirement{failed, erred}}, state: record.VerdictFail, exit: 1, says: []string{"not met: LOGIN-04", "not decided, since no answer came, or unigate failed: LOGIN-05"}},
		"an error":    {c: record.Conformance{Requirements: []record.Requirement{passed, erred}, Summary: record.Summary{Pass: 1}}, state: record.VerdictInconclusive, exit: 3, says: []string{"not decided, since no answer came, or unigate failed: LOGIN-05"}},
		"interrupted": {ctx: ended, c: record.Conformance{Requirements: []record.Requirement{failed}}, state: record.VerdictInterrupted, exit: 130, says: []string{"interrupted; this is what was seen until then", "not met: LOGIN-04"}},
		"nothing answered": {c: record.Conformance{Requirements: []record.Requirement{failed}}, change: func(r *run) {
			r.halted = &record.Verdict{State: record.VerdictInconclusive, Exit: 3, Reasons: []string{"dead"}}
		}, state: record.VerdictInconclusive, exit: 3, says: []string{"dead"}},
		"a waiver is rotten": {c: record.Conformance{Requirements: []record.Requirement{passed}, Summary: record.Summary{Pass: 1}}, change: func(r *run) {
			r.o.Waivers = waiversOf(t, "{requirement: LOGIN-06, reason: known, expires: 2027-03-15}")
		}, state: record.VerdictFail, exit: 1, says: []string{"the waiver of LOGIN-06 is no longer needed"}},
		"it was stopped":        {c: record.Conformance{Requirements: []record.Requirement{failed}}, change: func(r *run) { r.stopped.Store(&stopped) }, state: record.VerdictFail, exit: 1, says: []string{"not met: LOGIN-04", stopped}},
		"nothing ran":           {c: record.Conformance{Requirements: []record.Requirement{requirement("LOGIN-06", record.Skipped)}, Summary: record.Summary{Skipped: 1}}, state: record.VerdictInconclusive, exit: 3, says: []string{""}},
		"nothing is there":      {c: record.Conformance{Requirements: []record.Requirement{failed}}, change: func(r *run) { r.every = []*answer{{entitled: true, reply: oracle.Reply{Status: 404}}} }, state: record.VerdictFail, exit: 1, says: []string{"not met: LOGIN-04", "every login got 404: is base_url complete? run unigate doctor"}},
		"no edition was chosen": {c: record.Conformance{Requirements: []record.Requirement{failed}}, change: func(r *run) { r.o.EditionOpen = true }, state: record.VerdictFail, exit: 1, says: []string{"not met: LOGIN-04", "no edition was chosen, and no OAuth token tells which one fits"}},
		"much was not checked":  {c: record.Conformance{Requirements: []record.Requirement{failed}, Unchecked: []string{"LOGIN-07"}}, state: record.VerdictFail, exit: 1, says: []string{"not met: LOGIN-04", "documented, and nothing of it checked: LOGIN-07"}},
		"the clocks differ":     {c: record.Conformance{Requirements: []record.Requirement{failed}}, change: func(r *run) { r.clock = drift{low: time.Hour, high: time.Hour, dated: true} }, state: record.VerdictFail, exit: 1, says: []string{"not met: LOGIN-04", "the target's clock is between 1h0m0s and 1h0m0s ahead, more than target.max_clock_skew (2m0s)"}},
		"something is waived":   {c: record.Conformance{Requirements: []record.Requirement{failed}, Waivers: []record.Waiver{{Requirement: "LOGIN-03", Waived: 1, Checked: 1, Expires: "2027-03-15", Reason: "known"}}}, state: record.VerdictFail, exit: 1, says: []string{"not met: LOGIN-04", "a waiver hides 1 of 1 checks of LOGIN-03, until 2027-03-15: known"}},
	} {
		r := judging(t, nil)
		if c.change != nil {
			c.change(r)
		}
		ctx := c.ctx
		if ctx == nil {
			ctx = t.Context()
		}
		v := r.verdict(ctx, &c.c)
		if v.State != c.state || v.Exit != c.exit || len(v.Reasons) < len(c.says) {
			t.Errorf("%s: %s, %d, %q", name, v.State, v.Exit, v.Reasons)
			continue
		}
		for i, says := range c.says {
			if !strings.HasPrefix(v.Reasons[i], says) {
				t.Errorf("%s: %q", name, v.Reasons)
			}
		}
	}
}
