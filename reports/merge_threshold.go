package reports

import (
	"fmt"
	"slices"
	"strings"

	"github.com/unigate/unigate/internal/objective"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/figures"
)

// mergedThresholds judges every threshold of the records anew on the sums, as the
// runs themselves did. One that cannot be is inconclusive and says so. limit says why
// what was measured shows nothing, wrong tokens aside, or is empty.
func mergedThresholds(loads []*record.Load, sum *record.Load, limit string) []record.Threshold {
	out := []record.Threshold{}
	for _, l := range loads {
		for _, t := range l.Thresholds {
			if !slices.ContainsFunc(out, func(x record.Threshold) bool { return x.Expression == t.Expression }) {
				out = append(out, record.Threshold{Expression: t.Expression})
			}
		}
	}
	sum.Thresholds = out
	for i := range out {
		out[i] = mergedThreshold(out[i].Expression, sum, limit)
	}
	return out
}

// mergedThreshold judges one threshold on the sums.
func mergedThreshold(expression string, sum *record.Load, limit string) record.Threshold {
	o, err := figures.Parse(sum, expression)
	var f *objective.Figures
	if err == nil {
		f, err = figures.For(sum, &o)
	}
	if err != nil {
		return record.Threshold{
			Expression: expression, Value: "-", State: record.ThresholdInconclusive, Reason: "cannot be judged on merged records: " + err.Error(),
		}
	}
	if f.Limit == "" {
		f.Limit = limit
	}
	return o.Judge(f)
}

// mergedVerdict judges the sums. What made a single run fail other than its
// thresholds still counts.
func mergedVerdict(runs []*record.Run, l *record.Load) record.Verdict {
	out := record.Verdict{State: record.VerdictPass, Reasons: []string{}}
	add := func(state record.VerdictState, reason string) {
		out = worstVerdict(out, record.Verdict{State: state, Reasons: []string{reason}})
	}
	judged := judgeMerged(l)
	for _, reason := range judged.failed {
		add(record.VerdictFail, reason)
	}
	for _, reason := range judged.open {
		add(record.VerdictInconclusive, reason)
	}
	for i, r := range runs {
		if left := unexplained(r); len(left) > 0 {
			add(r.Verdict.State, fmt.Sprintf("generator %d: %s", i+1, strings.Join(left, "; ")))
		}
	}
	return out
}

// unexplained returns the reasons of a run's own verdict that are neither about
// its thresholds, which are judged anew on the sums, nor about its saturated
// generator, which the sums hold.
func unexplained(r *record.Run) []string {
	if r.Verdict.State == record.VerdictPass {
		return nil
	}
	left := slices.DeleteFunc(slices.Clone(r.Verdict.Reasons), func(reason string) bool {
		if r.Load.Generator.Saturated && strings.HasPrefix(reason, "the load generator was the limit") {
			return true
		}
		return slices.ContainsFunc(r.Load.Thresholds, func(t record.Threshold) bool {
			return t.State != record.ThresholdPass && strings.HasPrefix(reason, "threshold "+t.Expression+":")
		})
	})
	switch {
	case len(left) > 0:
	case len(r.Verdict.Reasons) == 0:
		left = []string{"it gave no reason"}
	case r.Verdict.State == record.VerdictInterrupted:
		left = []string{"interrupted"}
	}
	return left
}
