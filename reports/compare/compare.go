// Package compare says what changed between two run records: in conformance, in
// the behaviour that was observed, and in performance.
package compare

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/record"
)

// Schema names the version of a comparison's JSON form.
const Schema = "unigate.compare/v1"

// ErrNothingInCommon is the error for two records that share nothing to compare.
var ErrNothingInCommon = errors.New("the two records have nothing in common to compare")

// Result is what changed between two runs.
type Result struct {
	Schema      string         `json:"schema"`
	Old         Side           `json:"old"`
	New         Side           `json:"new"`
	Verdict     record.Verdict `json:"verdict"`
	Notes       []string       `json:"notes,omitempty"`
	Conformance *Conformance   `json:"conformance,omitempty"`
	Behaviour   *Behaviour     `json:"behaviour,omitempty"`
	Performance *Performance   `json:"performance,omitempty"`

	// without says which of the runs has no result, and why.
	without []string
	// rotten are the acceptances that have ended or that nothing needs.
	rotten []string
	// allowUnchecked lets pass that something was checked and now is not.
	allowUnchecked bool
}

// Side is one of the two runs.
type Side struct {
	Command string              `json:"command"`
	Started time.Time           `json:"started"`
	Tool    record.Tool         `json:"tool"`
	Target  record.Target       `json:"target"`
	Verdict record.VerdictState `json:"verdict"`
}

// Options say how two runs are compared.
type Options struct {
	// Limits are the regressions that are allowed; with none, every regression
	// that is shown counts.
	Limits []Limit
	// Documented holds the values that the new run's edition documents, by trait: a
	// change to them is no surprise.
	Documented map[string][]string
	// Accept are the breaking changes that are accepted.
	Accept []Acceptance
	// AllowUnchecked lets pass that something was checked and now is not.
	AllowUnchecked bool
	// Now is when the comparison is made: acceptances end.
	Now time.Time
}

// Compare says what changed from old to new. It returns ErrNothingInCommon where
// no part of the two records can be put side by side, and an error for a limit
// that names a service or figure that the records do not have.
func Compare(old, new *record.Run, o Options) (*Result, error) {
	r := &Result{Schema: Schema, Old: side(old), New: side(new), Notes: oddities(old, new), allowUnchecked: o.AllowUnchecked}
	switch {
	case old.Conformance != nil && new.Conformance != nil:
		r.Conformance = compareConformance(old.Conformance, new.Conformance, old.Target.Edition == new.Target.Edition)
	case old.Conformance != nil || new.Conformance != nil:
		r.Notes = append(r.Notes, "only one of the records has a conformance part")
	}
	if old.Behaviour != nil && new.Behaviour != nil {
		r.Behaviour = compareBehaviour(old.Behaviour, new.Behaviour, o, new.Target.Edition)
		if err := r.accept(o); err != nil {
			return nil, err
		}
	}
	switch {
	case old.Load != nil && new.Load != nil:
		p, err := comparePerformance(old.Load, new.Load, o)
		if err != nil {
			return nil, err
		}
		r.Performance = p
		r.Notes = append(r.Notes, thresholds(old.Load, new.Load)...)
	case old.Load != nil || new.Load != nil:
		r.Notes = append(r.Notes, "only one of the records has a load test")
	}
	r.without = withoutResult(old, new)
	if r.Conformance == nil && r.Behaviour == nil && r.Performance == nil && len(r.without) == 0 {
		return nil, ErrNothingInCommon
	}
	if len(o.Limits) > 0 && r.Performance == nil && len(r.without) == 0 {
		return nil, fmt.Errorf("a limit on regressions needs two load tests: %w", ErrNothingInCommon)
	}
	if old.Target.Edition != new.Target.Edition {
		r.Notes = append(r.Notes, fmt.Sprintf("the runs checked against different editions of the documentation: %s and %s", old.Target.Edition, new.Target.Edition))
	}
	r.Verdict = r.verdict()
	return r, nil
}

// withoutResult says which of two runs of a command ended before there was anything to
// compare, as its target could not be reached, and why.
func withoutResult(old, new *record.Run) (reasons []string) {
	of := func(run *record.Run) bool { return run.Conformance == nil && run.Behaviour == nil && run.Load == nil }
	if !strings.Contains(old.Command, new.Command) && !strings.Contains(new.Command, old.Command) {
		return nil // such as a verify and a load test: they have nothing in common in any case
	}
	if of(old) {
		reasons = append(reasons, "the old run has no result: "+cmp.Or(strings.Join(old.Verdict.Reasons, "; "), "it gave no reason"))
	}
	if of(new) {
		reasons = append(reasons, "the new run has no result: "+cmp.Or(strings.Join(new.Verdict.Reasons, "; "), "it gave no reason"))
	}
	return reasons
}

// thresholds says which thresholds of both runs held before and do not any more,
// and the other way round. What a threshold is judged on is judged by itself, with
// its uncertainty: one that was close to its bound fails by chance.
func thresholds(old, new *record.Load) []string {
	var notes []string
	for _, t := range new.Thresholds {
		i := slices.IndexFunc(old.Thresholds, func(o record.Threshold) bool { return o.Expression == t.Expression })
		if i < 0 {
			continue
		}
		switch o := old.Thresholds[i]; {
		case o.State == record.ThresholdPass && t.State == record.ThresholdFail:
			notes = append(notes, fmt.Sprintf("the threshold %s held before with %s, and does not with %s", t.Expression, o.Value, t.Value))
		case o.State == record.ThresholdPass && t.State == record.ThresholdInconclusive:
			notes = append(notes, fmt.Sprintf("the threshold %s held before with %s, and is open now: %s", t.Expression, o.Value, t.Reason))
		case o.State == record.ThresholdFail && t.State == record.ThresholdPass:
			notes = append(notes, fmt.Sprintf("the threshold %s did not hold before with %s, and does with %s", t.Expression, o.Value, t.Value))
		}
	}
	return notes
}

// side describes one of the runs.
func side(run *record.Run) Side {
	return Side{Command: run.Command, Started: run.Started.UTC(), Tool: run.Tool, Target: run.Target, Verdict: run.Verdict.State}
}

// nothingInCommon reports whether two runs of verify, at least one of which found out
// nothing (its target did not answer) or something else (other tags), share no check.
func (r *Result) nothingInCommon() bool {
	c, b := r.Conformance, r.Behaviour
	if c == nil && b == nil || c != nil && c.common > 0 {
		return false
	}
	return b == nil || b.Unchanged == 0 && !slices.ContainsFunc(b.Changes, func(t Trait) bool { return t.Kind == "changed" })
}

// verdict sums the parts up. Only what is shown fails: a requirement, a breaking
// change of behaviour, a slower answer. What cannot be compared, or was checked and
// now is not, is inconclusive.
func (r *Result) verdict() record.Verdict {
	v := record.Verdict{State: record.VerdictPass, Reasons: []string{}}
	open := slices.Clone(r.without)
	if c := r.Conformance; c != nil {
		if n := len(c.NewlyFailing); n > 0 {
			v.State = record.VerdictFail
			v.Reasons = append(v.Reasons, "newly failing: "+names(c.NewlyFailing))
		}
		if len(c.FailingUnasked) > 0 {
			open = append(open, "fails, and the old run did not ask it: "+names(c.FailingUnasked))
		}
	}
	if b := r.Behaviour; b != nil {
		if reasons := append(b.breakingReasons(), r.rotten...); len(reasons) > 0 {
			v.State = record.VerdictFail
			v.Reasons = append(v.Reasons, reasons...)
		}
	}
	if p := r.Performance; p != nil {
		failed, inconclusive := p.findings()
		if len(failed) > 0 {
			v.State = record.VerdictFail
			v.Reasons = append(v.Reasons, failed...)
		}
		open = append(open, inconclusive...)
	}
	if r.nothingInCommon() {
		open = append(open, "nothing of the target was checked in both runs")
	}
	if u := r.uncheckable(); len(u) > 0 && !r.allowUnchecked {
		open = append(open, "checked before and not now: "+names(u))
	}
	if v.State == record.VerdictPass && len(open) > 0 {
		v.State = record.VerdictInconclusive
	}
	v.Reasons = append(v.Reasons, open...)
	switch v.State {
	case record.VerdictFail:
		v.Exit = 1
	case record.VerdictInconclusive:
		v.Exit = 3
	}
	return v
}
