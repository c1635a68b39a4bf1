package reports

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/objective"
	"github.com/unigate/unigate/internal/record"
)

// mergedThresholds judges every threshold of the records anew on the sums. One
// that cannot be is inconclusive and says so.
func mergedThresholds(loads []*record.Load, sum *record.Load) []record.Threshold {
	out := []record.Threshold{}
	for _, l := range loads {
		for _, t := range l.Thresholds {
			if slices.ContainsFunc(out, func(x record.Threshold) bool { return x.Expression == t.Expression }) {
				continue
			}
			out = append(out, mergedThreshold(t.Expression, loads, sum))
		}
	}
	return out
}

// mergedThreshold judges one threshold on the sums.
func mergedThreshold(expression string, loads []*record.Load, sum *record.Load) record.Threshold {
	t := record.Threshold{Expression: expression, Value: "-", State: record.ThresholdInconclusive}
	o, err := objective.Parse(expression)
	if err != nil {
		t.Reason = "cannot be judged on merged records: " + err.Error()
		return t
	}
	value, err := mergedValue(o, loads, sum)
	if err != nil {
		t.Reason = "cannot be judged on merged records: " + err.Error()
		return t
	}
	t.Value = o.Format(value)
	switch holds := o.Holds(value); {
	case sum.Generator.Saturated && (o.Metric != "bad_tokens" || holds):
		t.Reason = "a load generator was the limit"
	case holds:
		t.State = record.ThresholdPass
	default:
		t.State = record.ThresholdFail
	}
	return t
}

// mergedValue returns the value of an objective's metric on the sums.
func mergedValue(o objective.Objective, loads []*record.Load, sum *record.Load) (float64, error) {
	row := sum.All
	if o.Service != objective.All {
		i := slices.IndexFunc(sum.Services, func(s record.Service) bool { return s.Name == o.Service && s.Status == "all" })
		if i < 0 {
			return 0, fmt.Errorf("there is no service %q", o.Service)
		}
		row = sum.Services[i]
	}
	if row.Count == 0 && o.Metric != "unsent" && o.Metric != "rate" {
		return 0, errors.New("nothing was measured")
	}
	switch o.Metric {
	case "bad_tokens":
		return float64(row.BadTokens), nil
	case "error_rate":
		return row.ErrorShare, nil
	case "unsent":
		if o.Service == objective.All {
			return float64(sum.Totals.Unsent), nil
		}
		n := uint64(0)
		for _, s := range sum.Services {
			if s.Name == o.Service && s.Status == "unsent" {
				n += s.Count
			}
		}
		return float64(n), nil
	case "rate":
		return mergedRate(o, loads)
	case "min":
		return row.Latency.Min, nil
	case "mean":
		return row.Latency.Mean, nil
	case "max":
		return row.Latency.Max, nil
	}
	h, err := hist.Decode(row.LatencyHistogram)
	if err != nil || h.Count() == 0 {
		return 0, fmt.Errorf("there is no histogram")
	}
	return h.Quantile(o.Quantile).Seconds(), nil
}

// mergedRate joins the values of the records: rates add up, shares of the plan are
// weighted with what was planned.
func mergedRate(o objective.Objective, loads []*record.Load) (float64, error) {
	total, weights := 0.0, 0.0
	for i, l := range loads {
		at := slices.IndexFunc(l.Thresholds, func(t record.Threshold) bool { return t.Expression == o.Expression })
		if at < 0 {
			return 0, fmt.Errorf("record %d does not have it", i+1)
		}
		v, err := strconv.ParseFloat(strings.TrimRight(l.Thresholds[at].Value, "%/s"), 64)
		if err != nil {
			return 0, fmt.Errorf("record %d has no value for it", i+1)
		}
		if o.Unit == objective.Share {
			total += v / 100 * float64(l.Totals.Planned)
			weights += float64(l.Totals.Planned)
		} else {
			total += v
		}
	}
	if o.Unit == objective.Share {
		return total / math.Max(weights, 1), nil
	}
	return total, nil
}

// mergedVerdict judges the sums. What made a single run fail other than its
// thresholds still counts.
func mergedVerdict(runs []*record.Run, l *record.Load) record.Verdict {
	out := record.Verdict{State: record.VerdictPass, Reasons: []string{}}
	add := func(state record.VerdictState, reason string) {
		out = worstVerdict(out, record.Verdict{State: state, Reasons: []string{reason}})
	}
	if l.Generator.Saturated {
		add(record.VerdictInconclusive, "a load generator was the limit, not the target: "+strings.Join(l.Generator.Reasons, "; "))
	}
	for _, t := range l.Thresholds {
		switch t.State {
		case record.ThresholdFail:
			add(record.VerdictFail, fmt.Sprintf("threshold %s: %s", t.Expression, t.Value))
		case record.ThresholdInconclusive:
			add(record.VerdictInconclusive, fmt.Sprintf("threshold %s: %s", t.Expression, t.Reason))
		}
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
