package reports

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/hist"
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
	o, err := parseObjective(expression)
	if err != nil {
		t.Reason = "cannot be judged on merged records: " + err.Error()
		return t
	}
	value, err := o.measure(loads, sum)
	if err != nil {
		t.Reason = "cannot be judged on merged records: " + err.Error()
		return t
	}
	t.Value = o.show(value)
	switch holds := o.holds(value); {
	case sum.Generator.Saturated && (o.metric != "bad_tokens" || holds):
		t.Reason = "a load generator was the limit"
	case holds:
		t.State = record.ThresholdPass
	default:
		t.State = record.ThresholdFail
	}
	return t
}

// objective is a threshold taken apart.
type objective struct {
	expression, service, metric, operator string
	bound                                 float64 // seconds, a share, a number or a rate per second
	unit                                  string  // "s", "%", "" or "/s"
}

// parseObjective reads [SERVICE.]METRIC OPERATOR BOUND.
func parseObjective(expression string) (objective, error) {
	o := objective{expression: expression, service: "all"}
	at := strings.IndexAny(expression, "<>=")
	if at < 0 {
		return o, fmt.Errorf("%q has no comparison", expression)
	}
	right := strings.TrimLeft(expression[at:], "<>=")
	o.metric, o.operator = expression[:at], expression[at:len(expression)-len(right)]
	if service, metric, ok := strings.Cut(o.metric, "."); ok && !strings.HasPrefix(o.metric, "p") {
		o.service, o.metric = service, metric
	}
	o.metric = strings.ReplaceAll(o.metric, "p99_9", "p99.9")
	number, unit := right, ""
	switch {
	case strings.HasSuffix(right, "%"):
		number, unit = strings.TrimSuffix(right, "%"), "%"
	case o.metric == "rate":
		if strings.Contains(right, "/") && !strings.HasSuffix(right, "/s") {
			return o, fmt.Errorf("the unit of %q is not known", right)
		}
		number, unit = strings.TrimSuffix(right, "/s"), "/s"
	case o.metric != "bad_tokens" && o.metric != "unsent" && o.metric != "error_rate":
		d, err := time.ParseDuration(right)
		o.bound, o.unit = d.Seconds(), "s"
		return o, err
	}
	v, err := strconv.ParseFloat(number, 64)
	if unit == "%" {
		v /= 100
	}
	if o.metric == "error_rate" {
		unit = "%"
	}
	o.bound, o.unit = v, unit
	return o, err
}

// measure returns the metric's value on the sums.
func (o objective) measure(loads []*record.Load, sum *record.Load) (float64, error) {
	row := sum.All
	if o.service != "all" {
		i := slices.IndexFunc(sum.Services, func(s record.Service) bool { return s.Name == o.service && s.Status == "all" })
		if i < 0 {
			return 0, fmt.Errorf("there is no service %q", o.service)
		}
		row = sum.Services[i]
	}
	switch o.metric {
	case "bad_tokens":
		return float64(row.BadTokens), nil
	case "error_rate":
		return row.ErrorShare, nil
	case "unsent":
		if o.service == "all" {
			return float64(sum.Totals.Unsent), nil
		}
		n := uint64(0)
		for _, s := range sum.Services {
			if s.Name == o.service && s.Status == "unsent" {
				n += s.Count
			}
		}
		return float64(n), nil
	case "rate":
		return o.rate(loads)
	case "min":
		return row.Latency.Min, nil
	case "mean":
		return row.Latency.Mean, nil
	case "max":
		return row.Latency.Max, nil
	}
	q, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimPrefix(o.metric, "p"), "_", "."), 64)
	if err != nil || !strings.HasPrefix(o.metric, "p") || !(q > 0 && q < 100) {
		return 0, fmt.Errorf("the metric %q is not known", o.metric)
	}
	h, err := hist.Decode(row.LatencyHistogram)
	if err != nil || h.Count() == 0 {
		return 0, fmt.Errorf("there is no histogram")
	}
	return h.Quantile(q / 100).Seconds(), nil
}

// rate joins the values of the records: rates add up, shares of the plan are
// weighted with what was planned.
func (o objective) rate(loads []*record.Load) (float64, error) {
	total, weights := 0.0, 0.0
	for i, l := range loads {
		at := slices.IndexFunc(l.Thresholds, func(t record.Threshold) bool { return t.Expression == o.expression })
		if at < 0 {
			return 0, fmt.Errorf("record %d does not have it", i+1)
		}
		v, err := strconv.ParseFloat(strings.TrimSuffix(l.Thresholds[at].Value, o.unit), 64)
		if err != nil {
			return 0, fmt.Errorf("record %d has no value for it", i+1)
		}
		if o.unit == "%" {
			total += v / 100 * float64(l.Totals.Planned)
			weights += float64(l.Totals.Planned)
		} else {
			total += v
		}
	}
	if o.unit == "%" {
		return total / math.Max(weights, 1), nil
	}
	return total, nil
}

// holds compares a value with the bound.
func (o objective) holds(v float64) bool {
	switch o.operator {
	case "<":
		return v < o.bound
	case "<=":
		return v <= o.bound
	case ">":
		return v > o.bound
	case ">=":
		return v >= o.bound
	case "==":
		return math.Abs(v-o.bound) < 1e-12
	}
	return false
}

// show writes a value in the expression's unit.
func (o objective) show(v float64) string {
	switch o.unit {
	case "s":
		return ms(v) + "ms"
	case "%":
		return strconv.FormatFloat(math.Round(v*1e5)/1e3, 'f', -1, 64) + "%"
	case "/s":
		return strconv.FormatFloat(v, 'f', 1, 64) + "/s"
	default:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
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
