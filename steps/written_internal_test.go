package steps

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/unifier"
)

// firstRefused is a run that counted a few things and of which one first login failed
// with HTTP 500: no scenario was begun.
func firstRefused(t *testing.T, change func(*Options)) *run {
	t.Helper()
	r := judging(t, func(o *Options) {
		o.Users = []unifier.User{{Name: "ann", Password: "correct horse", Type: unifier.Basic, Status: unifier.Active}}
		o.Waivers = waiversOf(t, "{requirement: LOGIN-03, reason: known, expires: 2027-03-15}")
		if change != nil {
			change(o)
		}
	})
	ann := &r.o.Users[0]
	a := &answer{service: unifier.Login, user: ann, entitled: true, shared: true, reply: oracle.Reply{Status: http.StatusInternalServerError}, judged: oracle.Judgement{
		Findings: []oracle.Finding{{Requirement: "LOGIN-01", Kind: "status", Expected: "HTTP 200", Observed: "HTTP 500"}},
	}}
	a.exchange = unifier.Exchange{Method: http.MethodGet, URL: "http://127.0.0.1/login", Status: http.StatusInternalServerError, Started: today, Finished: today}
	r.samples[sampleKey(unifier.Login, ann)] = a
	r.sent.Store(7)
	r.lost.Store(2)
	r.asked.Store(3)
	r.hiccups.all, r.hiccups.statuses = 1, []int{http.StatusServiceUnavailable}
	r.readings = map[string][]string{"A1": {"Bearer"}}
	r.hidden[0] = 1
	return r
}

// The result of a run holds what was counted, what was not checked and what was seen besides.
func TestResultHoldsWhatWasSeen(t *testing.T) {
	r := firstRefused(t, nil)
	res := r.result(t.Context())
	c := &res.Conformance
	selected := len(r.selection.Scenarios)
	if c.Gate != record.Sampled || c.Repeat != 0 || len(c.Scenarios) != selected+1 || c.Summary.Skipped != selected || c.Summary.Fail != 1 {
		t.Errorf("gate %s, repeat %d, %d scenarios of %d, %+v", c.Gate, c.Repeat, len(c.Scenarios), selected, c.Summary)
	}
	if c.RequestsSent != 7 || c.RequestsLost != 2 || c.RequestsRetried != 3 || c.GatewayErrors != 1 {
		t.Errorf("requests: %d sent, %d lost, %d retried, %d gateway errors", c.RequestsSent, c.RequestsLost, c.RequestsRetried, c.GatewayErrors)
	}
	if last := c.Scenarios[selected]; last.ID != "preflight:ann" || last.State != record.Fail {
		t.Errorf("the first login that failed: %+v", last)
	}
	if slices.Contains(c.Unchecked, "LOGIN-01") || !slices.Contains(c.Unchecked, "LOGIN-02") || !slices.Contains(c.Partly, "LOGIN-01") {
		t.Errorf("nothing was checked of %q, a part of %q", c.Unchecked, c.Partly)
	}
	if !strings.HasPrefix(c.Advice, "a Basic user with a duration of 10 minutes would let you check LOGIN-07") {
		t.Errorf("advice %q", c.Advice)
	}
	if len(c.Waivers) != 1 || c.Waivers[0].Requirement != "LOGIN-03" || c.Waivers[0].Waived != 1 {
		t.Errorf("waivers %+v", c.Waivers)
	}
	if len(c.Ambiguities) != 1 || c.Ambiguities[0].ID != "A1" || c.Ambiguities[0].Reading != "Bearer" || len(c.Tolerances) != 4 {
		t.Errorf("ambiguities %+v, tolerances %+v", c.Ambiguities, c.Tolerances)
	}
	if got := res.Behaviour.Traits["reading.A1"]; !slices.Equal(got, []string{"Bearer"}) {
		t.Errorf("traits %v", res.Behaviour.Traits)
	}
	if v := res.Verdict; v.State != record.VerdictFail || v.Exit != 1 || v.Reasons[0] != "not met: LOGIN-01" || !slices.Contains(v.Reasons, "warning: a gateway in front of the target answered 503 to one call, which was made again; look at its log") {
		t.Errorf("verdict %+v", v)
	}
}

// Where nothing could be checked at all the one reason says so, and no list adds to it;
// where states alone are asked for nothing else is written; a run that was repeated says so.
func TestResultOfOtherRuns(t *testing.T) {
	r := firstRefused(t, nil)
	r.halt("nothing answers")
	res := r.result(t.Context())
	if c := res.Conformance; res.Verdict.Exit != 3 || !slices.Equal(res.Verdict.Reasons, []string{"nothing answers"}) || c.Unchecked != nil || c.Partly != nil || c.Advice != "" || c.Summary.Fail != 0 || c.Summary.Skipped != len(r.selection.Scenarios) {
		t.Errorf("%+v, unchecked %q, partly %q, advice %q, %+v", res.Verdict, c.Unchecked, c.Partly, c.Advice, c.Summary)
	}
	res = firstRefused(t, func(o *Options) { o.StatesOnly = true }).result(t.Context())
	if res.Behaviour.Traits != nil || res.Verdict.Exit != 1 {
		t.Errorf("traits %v, exit %d", res.Behaviour.Traits, res.Verdict.Exit)
	}
	for _, times := range []int{2, 3} {
		if res := firstRefused(t, func(o *Options) { o.Repeat = times }).result(t.Context()); res.Conformance.Repeat != times {
			t.Errorf("%d times: %d", times, res.Conformance.Repeat)
		}
	}
}

// attempted is a selected scenario about LOGIN-03 that was run, in which the second step
// failed, and the second of two exchanges is why.
func attempted(t *testing.T, change func(*Options)) (*run, *World) {
	t.Helper()
	r := judging(t, change)
	r.o.Redactor.Add("correct horse")
	at := slices.IndexFunc(r.selection.Scenarios, func(s *Scenario) bool { return slices.Equal(s.Requirements, []string{"LOGIN-03"}) })
	w := &World{run: r, scenario: r.selection.Scenarios[at], started: today, ended: today.Add(1500 * time.Millisecond), reason: "correct horse is no number"}
	first, second := &unifier.Exchange{Method: http.MethodGet, URL: "http://127.0.0.1/1"}, &unifier.Exchange{Method: http.MethodGet, URL: "http://127.0.0.1/2"}
	w.keep(first, nil, false)
	w.keep(second, nil, false)
	w.findings = []oracle.Finding{{Exchange: second}}
	w.steps = []record.Step{{Text: "one", State: record.Pass}, {Text: "two", State: record.Fail, Error: "correct horse, seen", Expected: "not correct horse", Observed: "correct horse"}}
	w.quoted = map[int]*unifier.Exchange{1: second}
	w.note("user: correct horse")
	r.worlds[w.scenario.ID] = []*World{w}
	return r, w
}

// A scenario is written down with its steps, what they quote, and its evidence, and no secret.
func TestScenarioIsWrittenDown(t *testing.T) {
	r, w := attempted(t, nil)
	got := r.scenario(w.scenario)
	if got.State != record.Fail || got.Reason != "[redacted] is no number" || !got.Started.Equal(today) || got.DurationS != 1.5 || got.Attempts != nil || !slices.Equal(got.Notes, []string{"user: [redacted]"}) {
		t.Errorf("%+v", got)
	}
	if want := []record.Step{{Text: "one", State: record.Pass}, {Text: "two", State: record.Fail, Error: "[redacted], seen", Expected: "not [redacted]", Observed: "[redacted]", Exchange: 2}}; !reflect.DeepEqual(got.Steps, want) {
		t.Errorf("steps %+v", got.Steps)
	}
	if len(got.Exchanges) != 2 || got.Exchanges[0].Wrong || !got.Exchanges[1].Wrong || got.Exchanges[1].Request.URL != "http://127.0.0.1/2" {
		t.Errorf("exchanges %+v", got.Exchanges)
	}
	w.quoted[1] = w.evidence[0].x
	if got := r.scenario(w.scenario); got.Steps[1].Exchange != 1 {
		t.Errorf("the first exchange has the number %d", got.Steps[1].Exchange)
	}
	w.quoted[1] = &unifier.Exchange{}
	if got := r.scenario(w.scenario); got.Steps[1].Exchange != 0 {
		t.Errorf("an exchange that was not kept has the number %d", got.Steps[1].Exchange)
	}
}

// Where states alone are asked for there is no evidence, and no step names any; a pass has
// no reason; and where attempts differ the worst is written down, with all their states.
func TestScenarioInOtherRuns(t *testing.T) {
	r, w := attempted(t, func(o *Options) { o.StatesOnly = true })
	if got := r.scenario(w.scenario); got.State != record.Fail || got.Exchanges != nil || len(got.Steps) != 2 || got.Steps[1].Exchange != 0 {
		t.Errorf("states only: %+v", got)
	}
	r, w = attempted(t, nil)
	well := &World{run: r, scenario: w.scenario, started: today, ended: today, reason: "an earlier step", steps: []record.Step{{State: record.Pass}}}
	r.worlds[w.scenario.ID] = []*World{well, w}
	if got := r.scenario(w.scenario); got.State != record.Fail || got.Reason != "flaky: passed 1 of 2 times; [redacted] is no number" || !slices.Equal(got.Attempts, []record.State{record.Pass, record.Fail}) || len(got.Exchanges) != 2 {
		t.Errorf("flaky: %+v", got)
	}
	r.worlds[w.scenario.ID] = []*World{well}
	if got := r.scenario(w.scenario); got.State != record.Pass || got.Reason != "" || got.DurationS != 0 {
		t.Errorf("passed: %+v", got)
	}
	delete(r.worlds, w.scenario.ID)
	if got := r.scenario(w.scenario); got.State != record.Skipped || got.Reason != "not run" || got.Name != w.scenario.Name || len(got.Requirements) != 1 {
		t.Errorf("never run: %+v", got)
	}
}
