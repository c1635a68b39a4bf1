package load

import (
	"slices"
	"time"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/objective"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/load/measure"
)

// Threshold is an objective such as "p99<250ms" or "login.error_rate<=0.1%".
type Threshold struct{ objective.Objective }

// DefaultThresholds hold in every run, unless others are given for their metrics.
var DefaultThresholds = []string{"bad_tokens==0", "error_rate<1%"}

// ParseThreshold reads an expression. A mistake is a *UsageError.
func ParseThreshold(text string) (Threshold, error) {
	o, err := objective.Parse(text)
	return Threshold{o}, err
}

// ParseThresholds reads expressions and adds the default ones for the metrics
// that have none.
func ParseThresholds(texts []string) ([]Threshold, error) {
	out, err := parseAll(texts)
	if err != nil {
		return nil, err
	}
	for _, text := range DefaultThresholds {
		t, err := ParseThreshold(text)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(out, func(o Threshold) bool { return o.Metric == t.Metric && o.Service == t.Service }) {
			out = append(out, t)
		}
	}
	return out, nil
}

// parseAll reads expressions.
func parseAll(texts []string) ([]Threshold, error) {
	var out []Threshold
	for _, text := range texts {
		t, err := ParseThreshold(text)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

// figures is what a threshold is judged on.
type figures struct {
	recorder *measure.Recorder
	duration time.Duration
	lag      *hist.Histogram // schedule lag by the generator's own doing; nil for none
}

// measured returns the value of the threshold's metric, and false where nothing was measured.
func (t Threshold) measured(f *figures) (float64, bool) {
	sum := f.recorder.Sum(t.Service)
	some := sum.Latency.Count() > 0
	switch t.Metric {
	case "mean":
		return sum.Latency.Mean().Seconds(), some
	case "min":
		return sum.Latency.Min().Seconds(), some
	case "max":
		return sum.Latency.Max().Seconds(), some
	case "bad_tokens":
		return float64(sum.BadTokens), some
	case "unsent":
		return float64(sum.Unsent), some
	case "error_rate":
		if sum.Count == 0 {
			return 0, false
		}
		return float64(sum.Errors) / float64(sum.Count), true
	case "rate":
		if t.Unit == objective.Share {
			planned := sum.Count + sum.Unsent
			return float64(f.recorder.Achieved(t.Service)) / float64(max(planned, 1)), planned > 0
		}
		return float64(sum.InTime) / max(f.duration.Seconds(), 1e-9), some && f.duration > 0
	}
	return sum.Latency.Quantile(t.Quantile).Seconds(), some
}

// judge evaluates a threshold. Where the generator was the limit nothing is
// concluded, except that a wrong token is wrong whoever was slow.
func (t Threshold) judge(f *figures, saturated bool) record.Threshold {
	out := record.Threshold{Expression: t.Expression}
	v, some := t.measured(f)
	if !some {
		out.State, out.Value, out.Reason = record.ThresholdInconclusive, "-", "nothing was measured"
		return out
	}
	out.Value = t.Format(v)
	switch holds := t.Holds(v); {
	case saturated && (t.Metric != "bad_tokens" || holds):
		out.State, out.Reason = record.ThresholdInconclusive, "the load generator was the limit"
	case holds:
		out.State = record.ThresholdPass
	default:
		out.State = record.ThresholdFail
		if lag := t.lag(f); lag > 0 && t.Holds(v-lag.Seconds()) {
			out.State = record.ThresholdInconclusive
			out.Reason = "unigate started requests up to " + objective.FormatTime(lag) + " late, which makes the difference"
		}
	}
	return out
}

// lag returns how much of a latency may be the generator's own doing: the same
// statistic of its schedule lag.
func (t Threshold) lag(f *figures) time.Duration {
	switch {
	case f.lag == nil || t.Unit != objective.Time:
		return 0
	case t.Metric == "mean":
		return f.lag.Mean()
	case t.Metric == "min":
		return f.lag.Min()
	case t.Metric == "max":
		return f.lag.Max()
	}
	return f.lag.Quantile(t.Quantile)
}
