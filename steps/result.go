package steps

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/unifier"
)

// The exit statuses that a verdict of verify can have.
const (
	exitPass         = 0
	exitFail         = 1
	exitInconclusive = 3
	exitInterrupted  = 130
)

// result judges the run.
func (r *run) result(ctx context.Context) *Result {
	res := &Result{Load: r.loads, Edition: r.o.Edition}
	c := &res.Conformance
	c.Gate = r.o.Gate
	if r.o.Repeat > 1 {
		c.Repeat = r.o.Repeat
	}
	r.leaveToOthers()
	for _, s := range r.selection.Scenarios {
		c.Scenarios = append(c.Scenarios, r.scenario(s))
	}
	c.Scenarios = append(c.Scenarios, r.entryScenarios(c.Scenarios)...)
	c.Requirements = r.requirements(c.Scenarios)
	for _, s := range c.Scenarios {
		c.Summary.Add(s.State)
	}
	if r.halted == nil { // else the one reason says it all
		r.cover(c)
		c.Advice = r.advice()
	}
	c.Waivers = r.waived(c)
	c.Ambiguities = r.ambiguities()
	c.Tolerances = r.tolerances()
	c.RequestsSent = int(r.sent.Load())
	c.RequestsLost, c.RequestsRetried = int(r.lost.Load()), int(r.asked.Load())
	c.GatewayErrors = r.hiccups.count()
	if !r.o.StatesOnly {
		res.Behaviour = r.behaviour()
	}
	res.Verdict = r.verdict(ctx, c)
	return res
}

// scenario writes down what became of a scenario in all repetitions.
func (r *run) scenario(s *Scenario) record.Scenario {
	out := record.Scenario{
		ID: s.ID, Feature: s.Feature, File: s.File, Name: s.Name, Line: s.Line, Tags: s.Tags,
		Requirements: append([]string{}, s.Requirements...), Steps: []record.Step{},
	}
	worlds := r.worlds[s.ID]
	if len(worlds) == 0 {
		r.neverRan(s, &out)
		return out
	}
	worst := worstOf(worlds)
	for _, w := range worlds {
		out.Attempts = append(out.Attempts, w.state())
	}
	hide := r.o.Redactor.String
	out.State, out.Reason, out.Started = worst.state(), hide(worst.reason), worst.started.UTC()
	out.DurationS = worst.ended.Sub(worst.started).Seconds()
	for i, st := range worst.steps {
		if !r.o.StatesOnly {
			st.Exchange = worst.kept(worst.quoted[i])
		}
		st.Error, st.Expected, st.Observed = hide(st.Error), hide(st.Expected), hide(st.Observed)
		out.Steps = append(out.Steps, st)
	}
	for _, n := range worst.notes {
		out.Notes = append(out.Notes, hide(n))
	}
	for _, e := range worst.evidence {
		if r.o.StatesOnly {
			break
		}
		x := e.record(r.o.Redactor)
		x.Wrong = worst.wrong(e.x)
		out.Exchanges = append(out.Exchanges, x)
	}
	if out.State == record.Pass {
		out.Reason = ""
	}
	flaky(&out)
	r.weigh(worst, &out)
	return out
}

// kept is the number, from 1 on, of an exchange among those that are kept as evidence; 0
// for none, and for nil.
func (w *World) kept(x *unifier.Exchange) int {
	return 1 + slices.IndexFunc(w.evidence, func(e *evidence) bool { return e.x == x })
}

// neverRan writes down a scenario that was not begun.
func (r *run) neverRan(s *Scenario, out *record.Scenario) {
	out.State, out.Reason = record.Skipped, "not run"
	switch reason := r.stopped.Load(); {
	case len(s.Steps) == 0:
		out.State, out.Reason = record.Fail, "the scenario has no steps"
	case r.halted != nil:
		out.Reason = r.halted.Reasons[0]
	case r.interrupted():
		out.Reason = "interrupted"
	case reason != nil:
		out.Reason = *reason
	}
}

// flaky says in the reason how often a scenario went well, where repetitions differ.
func flaky(out *record.Scenario) {
	if len(out.Attempts) < 2 {
		out.Attempts = nil
		return
	}
	good := 0
	differ := false
	for _, s := range out.Attempts {
		if s == record.Pass {
			good++
		}
		// Wrong passwords are not repeated, so a skip beside passes is no sign of flakiness.
		differ = differ || s != out.Attempts[0] && s != record.Skipped
	}
	if !differ {
		if out.State == record.Skipped && good > 0 {
			out.State, out.Reason = record.Pass, ""
		}
		return
	}
	text := fmt.Sprintf("flaky: passed %d of %d times", good, len(out.Attempts))
	out.Reason = strings.TrimSuffix(text+"; "+out.Reason, "; ")
}

// weigh turns a failure into a warning where its requirements lie below the
// gate, or where what was found never fails it, or into waived. A scenario of no
// requirement counts as documented; a scenario that is written wrongly fails
// whatever it is about. Requirements that are only observed never count.
func (r *run) weigh(w *World, out *record.Scenario) {
	if out.State != record.Fail || w.broken || len(out.Requirements) == 0 {
		return
	}
	state, by := r.weight(w, out.Requirements)
	for _, waiver := range by {
		out.Notes = append(out.Notes, "waived: "+r.o.Waivers[waiver].text())
	}
	out.State = state
	switch state {
	case record.Pass:
		out.Notes = append(out.Notes, "observed, not judged: "+out.Reason)
		out.Reason = ""
	case record.Waived:
		for _, waiver := range by {
			r.hidden[waiver]++
		}
	}
}

// weight is what a failure of a scenario comes to, given its requirements, and the
// waivers that hold for them.
func (r *run) weight(w *World, requirements []string) (state record.State, by []int) {
	gates, waived, judged := false, true, false
	for _, id := range requirements {
		q, _ := r.selection.Register.Find(id)
		if !q.In(r.o.Edition.ID) {
			continue
		}
		gates = gates || record.Level(q.Level).Gates(r.o.Gate)
		judged = judged || record.Level(q.Level) != record.Observed
		waiver := waiverFor(r.o.Waivers, id, r.o.Edition.ID, w.scenario, r.o.Now())
		if waiver < 0 {
			waived = false
		} else if waived {
			by = append(by, waiver)
		}
	}
	switch {
	case !judged:
		return record.Pass, by
	case waived:
		return record.Waived, by
	case !gates || w.onlyWarns():
		return record.Warning, by
	}
	return record.Fail, by
}

// fails reports whether a scenario that has ended fails the run: a warning, what is only
// observed and what a waiver hides do not.
func (r *run) fails(w *World) bool {
	if w.state() != record.Fail {
		return false
	}
	if w.broken || len(w.scenario.Requirements) == 0 {
		return true
	}
	state, _ := r.weight(w, w.scenario.Requirements)
	return state == record.Fail
}

// onlyWarns reports whether all that a scenario found never fails the gate.
func (w *World) onlyWarns() bool {
	return len(w.findings) > 0 && !slices.ContainsFunc(w.findings, func(f oracle.Finding) bool { return !f.Warning })
}

// ambiguities lists the readings that were seen.
func (r *run) ambiguities() []record.Ambiguity {
	list := []record.Ambiguity{}
	for _, a := range r.selection.Register.Ambiguities {
		seen := append([]string(nil), r.readings[a.ID]...)
		sort.Strings(seen)
		if len(seen) > 0 {
			list = append(list, record.Ambiguity{ID: a.ID, Title: a.Title, Reading: strings.Join(seen, "; ")})
		}
	}
	return list
}
