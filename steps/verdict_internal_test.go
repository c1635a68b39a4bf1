package steps

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/features"
	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/unifier"
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

// waiversOf reads waivers.
func waiversOf(t *testing.T, texts ...string) []Waiver {
	t.Helper()
	list, err := ParseWaivers([]byte("[" + strings.Join(texts, ",") + "]"))
	if err != nil {
		t.Fatal(err)
	}
	return list
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
		met + "; 1 below it warn; 1 are waived": {Summary: record.Summary{Warning: 1, Waived: 1}},
		met + "; 2 below it warn (W-0, W-1)":    {Summary: record.Summary{Warning: 2}, Requirements: warning(2)},
		met + "; 8 below it warn (W-0, W-1, W-2, W-3, W-4, W-5, W-6, W-7)":          {Summary: record.Summary{Warning: 8}, Requirements: warning(8)},
		met + "; 9 below it warn (W-0, W-1, W-2, W-3, W-4, W-5, W-6, W-7, 1 more)":  {Summary: record.Summary{Warning: 9}, Requirements: warning(9)},
		met + "; 11 below it warn (W-0, W-1, W-2, W-3, W-4, W-5, W-6, W-7, 3 more)": {Summary: record.Summary{Warning: 11}, Requirements: warning(11)},
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

// The skew of the clocks lies between the bounds that all Date headers leave.
func TestSkew(t *testing.T) {
	at := func(s string) time.Time {
		d, err := time.Parse(time.RFC3339Nano, "2027-03-15T12:00:"+s+"Z")
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	dated := func(sent, received, date string) *answer {
		return &answer{reply: oracle.Reply{Sent: at(sent), Received: at(received), Header: http.Header{"Date": {at(date).Format(http.TimeFormat)}}}}
	}
	for name, c := range map[string]struct {
		every  []*answer
		allow  time.Duration
		ahead  time.Duration
		text   string
		skewed string
	}{
		"no date":           {[]*answer{{reply: oracle.Reply{Header: http.Header{}}}}, time.Second, 0, "not known: no Date header was seen", ""},
		"none that shows":   {[]*answer{dated("10.2", "10.4", "10")}, time.Second, 800 * time.Millisecond, "none that shows", ""},
		"ahead":             {[]*answer{dated("10.2", "10.4", "15")}, 5 * time.Second, 5800 * time.Millisecond, "the target's clock is between 4.6s and 5.8s ahead", ""},
		"surely ahead":      {[]*answer{dated("10.2", "10.4", "15")}, 4 * time.Second, 5800 * time.Millisecond, "the target's clock is between 4.6s and 5.8s ahead", "the target's clock is between 4.6s and 5.8s ahead"},
		"at the bound":      {[]*answer{dated("10.2", "10.4", "15")}, 4600 * time.Millisecond, 5800 * time.Millisecond, "the target's clock is between 4.6s and 5.8s ahead", ""},
		"behind":            {[]*answer{dated("10.2", "10.4", "05")}, 5 * time.Second, 0, "the target's clock is between 4.2s and 5.4s behind", ""},
		"surely behind":     {[]*answer{dated("10.2", "10.4", "05")}, 4 * time.Second, 0, "the target's clock is between 4.2s and 5.4s behind", "the target's clock is between 4.2s and 5.4s behind"},
		"behind, the bound": {[]*answer{dated("10.2", "10.4", "05")}, 4200 * time.Millisecond, 0, "the target's clock is between 4.2s and 5.4s behind", ""},
		"two narrow it":     {[]*answer{dated("10.2", "10.4", "15"), dated("20.9", "20.95", "26")}, time.Minute, 5800 * time.Millisecond, "the target's clock is between 5.05s and 5.8s ahead", ""},
		"the clock moved":   {[]*answer{dated("10.2", "10.4", "15"), dated("20.2", "20.4", "40")}, time.Minute, 19600 * time.Millisecond, "the target's clock is between 5.8s and 19.6s ahead", ""},
		"exactly as ours":   {[]*answer{dated("11", "11", "10")}, time.Minute, 0, "none that shows", ""},
		"or ours as theirs": {[]*answer{dated("10", "10", "10")}, time.Minute, time.Second, "none that shows", ""},
	} {
		r := judging(t, func(o *Options) { o.MaxClockSkew = c.allow })
		r.every = c.every
		if got := r.skewed(); got != c.skewed {
			t.Errorf("%s: skewed %q", name, got)
		}
		if got := r.ahead(); got != c.ahead {
			t.Errorf("%s: ahead by %v", name, got)
		}
		list := r.tolerances()
		if got := list[len(list)-1].Value; got != c.text || len(list) != 4 || list[2].Value != "at most "+c.allow.String() {
			t.Errorf("%s: %+v", name, list)
		}
	}
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

// Users whose first login got 401 or 403 are named once, with the status.
func TestRefusedAreNamed(t *testing.T) {
	r := judging(t, func(o *Options) {
		for _, name := range []string{"ann", "bob", "cid"} {
			o.Users = append(o.Users, unifier.User{Name: name, Password: unifier.Secret("correct horse " + name), Type: unifier.Basic, Status: unifier.Active})
		}
	})
	for i, status := range []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound} {
		for _, s := range r.services() {
			r.samples[sampleKey(s, &r.o.Users[i])] = &answer{user: &r.o.Users[i], reply: oracle.Reply{Status: status}}
		}
	}
	if got := r.refused(); !slices.Equal(got, []string{"ann (401)", "bob (403)"}) {
		t.Errorf("%q", got)
	}
	failed := &record.Conformance{Requirements: []record.Requirement{{ID: "LOGIN-04", State: record.Fail}}}
	if v := r.verdict(t.Context(), failed); !slices.Contains(v.Reasons, "refused with the configured password: ann (401), bob (403)") {
		t.Errorf("%q", v.Reasons)
	}
}

// withTokens is a run of a few users whose first logins got a token of each service, and nothing
// that needs the resource could be done with it.
func withTokens(t *testing.T, names ...string) *run {
	t.Helper()
	r := judging(t, func(o *Options) {
		for _, name := range names {
			o.Users = append(o.Users, unifier.User{Name: name, Password: unifier.Secret("correct horse " + name), Type: unifier.Basic, Status: unifier.Active})
		}
	})
	for i := range r.o.Users {
		u := &r.o.Users[i]
		for _, s := range r.servicesOf(u) {
			r.samples[sampleKey(s, u)] = &answer{user: u, service: s, entitled: true, reply: oracle.Reply{Status: 200}, judged: oracle.Judgement{Token: "t"}}
			r.unusable[sampleKey(s, u)] = "it answers 403"
		}
	}
	return r
}

// Users whose tokens could not be used are named, three at the most, where others' could.
func TestLeftOut(t *testing.T) {
	const tail = " were not tried any further: it answers 403"
	for name, c := range map[string]struct {
		names  []string
		change func(*run)
		want   []string
	}{
		"nobody's could": {names: []string{"ann", "bob"}},
		"one's could": {[]string{"ann", "bob"}, func(r *run) {
			clear(r.unusable)
			r.unusable[sampleKey(unifier.Login, &r.o.Users[1])] = "it answers 403"
		}, []string{"tokens of bob" + tail}},
		"three could not": {[]string{"ann", "bob", "cid", "dan"}, func(r *run) { delete(r.unusable, sampleKey(unifier.Login, &r.o.Users[3])) }, []string{"tokens of ann" + tail, "tokens of bob" + tail, "tokens of cid" + tail}},
		"four could not":  {[]string{"ann", "bob", "cid", "dan", "eve"}, func(r *run) { delete(r.unusable, sampleKey(unifier.Login, &r.o.Users[4])) }, []string{"tokens of ann" + tail, "tokens of bob" + tail, "tokens of cid" + tail, "nor were those of 1 more users"}},
		"one got no token": {[]string{"ann", "bob", "cid"}, func(r *run) {
			delete(r.unusable, sampleKey(unifier.Login, &r.o.Users[2]))
			r.samples[sampleKey(unifier.Login, &r.o.Users[1])].judged.Token = ""
		}, []string{"tokens of ann" + tail}},
		"one is inactive": {[]string{"ann", "bob", "cid"}, func(r *run) {
			delete(r.unusable, sampleKey(unifier.Login, &r.o.Users[2]))
			r.o.Users[1].Status = unifier.Inactive
		}, []string{"tokens of ann" + tail}},
	} {
		r := withTokens(t, c.names...)
		if c.change != nil {
			c.change(r)
		}
		if got := r.leftOut(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// A service that gave nobody a token leaves a pass open, and nothing else.
func TestNobodyGotAToken(t *testing.T) {
	r := withTokens(t, "ann", "bob")
	for _, a := range r.samples {
		a.reply.Status, a.judged.Token = http.StatusUnauthorized, ""
	}
	for state, want := range map[record.VerdictState]record.Verdict{
		record.VerdictPass:        {State: record.VerdictInconclusive, Exit: 3},
		record.VerdictFail:        {State: record.VerdictFail, Exit: 1},
		record.VerdictInterrupted: {State: record.VerdictInterrupted, Exit: 130},
	} {
		v := record.Verdict{State: state, Exit: map[record.VerdictState]int{record.VerdictFail: 1, record.VerdictInterrupted: 130}[state]}
		r.nobody(&v)
		if v.State != want.State || v.Exit != want.Exit || (len(v.Reasons) > 0) != (state != record.VerdictInterrupted) {
			t.Errorf("%s becomes %s, %d, %q", state, v.State, v.Exit, v.Reasons)
		}
		if len(v.Reasons) > 0 && (!strings.HasPrefix(v.Reasons[0], "no configured user of the login service got a token: 401") || !strings.HasPrefix(v.Reasons[1], "likely causes: ")) {
			t.Errorf("%q", v.Reasons)
		}
	}
	if !r.anyNobody() || withTokens(t, "ann").anyNobody() {
		t.Error("whether there is such a service is not seen")
	}
	for _, a := range r.samples {
		a.reply.Status = http.StatusInternalServerError
	}
	v := record.Verdict{State: record.VerdictPass}
	if r.nobody(&v); len(v.Reasons) != 1 {
		t.Errorf("where nobody was refused no cause is likely: %q", v.Reasons)
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

// The readings of what the documentation leaves open are listed in order, where some were seen.
func TestAmbiguities(t *testing.T) {
	r := judging(t, nil)
	if got := r.ambiguities(); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	first := r.selection.Register.Ambiguities[0]
	r.readings = map[string][]string{first.ID: {"b", "a"}}
	if got := r.ambiguities(); len(got) != 1 || got[0].ID != first.ID || got[0].Title != first.Title || got[0].Reading != "a; b" {
		t.Errorf("%+v", got)
	}
}
