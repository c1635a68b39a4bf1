package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/unigate/unigate/internal/record"
)

// Merge joins records into one. The parts of one plan are one load test, which is
// judged as a whole. Several load tests of a plan each, run at the same time by several
// generators, are added up; a verify and a load test stand side by side, and a run that
// ended without a result leaves whatever it stands beside open. One record, if it is no
// part, is returned as it is. The verdict is made anew.
// It returns an error for records that do not belong together.
func Merge(runs ...*record.Run) (*record.Run, error) {
	if len(runs) == 0 {
		return nil, fmt.Errorf("there is no record to merge")
	}
	if len(runs) == 1 && !isPart(runs[0]) {
		return runs[0], nil
	}
	if err := oneTarget(runs); err != nil {
		return nil, err
	}
	parts := slices.ContainsFunc(runs, isPart)
	var verifies, loads, without []*record.Run
	for i, r := range runs {
		switch {
		case r.Conformance != nil && r.Load != nil:
			return nil, fmt.Errorf("record %d is a merged one already: merge the records that it was made of", i+1)
		case r.Conformance != nil:
			verifies = append(verifies, r)
		case r.Load != nil:
			loads = append(loads, r)
		default:
			without = append(without, withoutResult(r, i, parts))
		}
	}
	if len(verifies) > 1 {
		return nil, fmt.Errorf("%d of the records are of verify: only load tests can be added up, see unigate compare", len(verifies))
	}
	sides := verifies
	if len(loads) > 0 {
		merge := mergeLoads
		if parts {
			merge = mergeParts
		}
		l, err := merge(loads)
		if err != nil {
			return nil, err
		}
		sides = append(sides, l)
		if w := l.Load.Whole; w != nil && len(w.Missing) == 0 { // another attempt was the part
			for _, r := range without {
				l.Load.Notes = append(l.Load.Notes, r.Verdict.Reasons...)
			}
			without = nil
		}
	}
	return join(append(sides, without...)), nil
}

// withoutResult is a run that ended before there was anything to report, as its target
// could not be reached: never green, and told by the number of its record. Beside parts
// it is one that is missing, so that the whole is not known, interrupted or not.
func withoutResult(r *record.Run, i int, parts bool) *record.Run {
	out := *r
	reason := cmp.Or(strings.Join(r.Verdict.Reasons, "; "), "it gave no reason")
	out.Verdict = worstVerdict(record.Verdict{State: record.VerdictInconclusive}, record.Verdict{State: r.Verdict.State})
	if parts {
		out.Verdict.State, out.Verdict.Exit = record.VerdictInconclusive, verdictExits[record.VerdictInconclusive]
	}
	out.Verdict.Reasons = []string{fmt.Sprintf("record %d, of a %s, has no result: %s", i+1, cmp.Or(r.Command, "run"), reason)}
	return &out
}

// oneTarget reports the first two records of different targets.
func oneTarget(runs []*record.Run) error {
	result := func(r *record.Run) bool { return r.Conformance != nil || r.Load != nil }
	first := max(slices.IndexFunc(runs, result), 0)
	for i, r := range runs {
		a, b := runs[first].Target, r.Target
		if !result(r) { // it may have found out less of its target
			b.Edition = a.Edition
			b.BaseURL = cmp.Or(b.BaseURL, a.BaseURL)
		}
		if err := sameTarget(a, b); err != nil {
			return fmt.Errorf("records %d and %d do not belong together: %w", min(first, i)+1, max(first, i)+1, err)
		}
	}
	return nil
}

// sameTarget reports what differs between two targets. Embedded services listen
// on another port each time.
func sameTarget(a, b record.Target) error {
	switch {
	case a.Embedded != b.Embedded || !a.Embedded && a.BaseURL != b.BaseURL:
		return fmt.Errorf("different targets, %s and %s", a.BaseURL, b.BaseURL)
	case a.Edition != b.Edition:
		return fmt.Errorf("different editions, %s and %s", a.Edition, b.Edition)
	}
	return nil
}

// join puts a verify and a load test into one record.
func join(parts []*record.Run) *record.Run {
	out := *parts[0]
	if len(parts) == 1 {
		return &out
	}
	var commands []string
	out.Verdict = record.Verdict{State: record.VerdictPass, Reasons: []string{}}
	for _, p := range parts {
		if !slices.Contains(commands, p.Command) {
			commands = append(commands, p.Command)
		}
		if p.Started.Before(out.Started) {
			out.Started = p.Started
		}
		if p.Finished.After(out.Finished) {
			out.Finished = p.Finished
		}
		if p.Conformance != nil {
			out.Conformance, out.Behaviour = p.Conformance, p.Behaviour
		}
		if p.Load != nil {
			out.Load = p.Load
		}
		out.Verdict = worstVerdict(out.Verdict, p.Verdict)
	}
	out.Command = strings.Join(commands, " and ")
	return &out
}

// verdictOrder lists the verdicts, worst first: a proven failure stays one,
// whatever else was left open.
var verdictOrder = []record.VerdictState{record.VerdictFail, record.VerdictInterrupted, record.VerdictInconclusive, record.VerdictPass}

// verdictExits are the exit statuses of the verdicts.
var verdictExits = map[record.VerdictState]int{record.VerdictPass: 0, record.VerdictFail: 1, record.VerdictInterrupted: 130, record.VerdictInconclusive: 3}

// worstVerdict joins two verdicts with the reasons of both, those of the worse one first.
func worstVerdict(a, b record.Verdict) record.Verdict {
	rank := func(s record.VerdictState) int {
		if i := slices.Index(verdictOrder, s); i >= 0 {
			return i
		}
		return slices.Index(verdictOrder, record.VerdictInconclusive) // an unknown one is not green
	}
	state := verdictOrder[min(rank(a.State), rank(b.State))]
	if rank(b.State) < rank(a.State) {
		a, b = b, a
	}
	return record.Verdict{State: state, Exit: verdictExits[state], Reasons: slices.Concat(a.Reasons, b.Reasons)}
}
