package objective

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/amount"
	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/record"
)

// Judge says whether the objective holds on what was measured. It holds, or fails,
// only where that is so for every value that the metric can have: with the requests
// that were never sent or cut off at their best and at their worst, and anywhere in
// the bucket of the histogram. Otherwise, where too little was measured, and where the
// generator was the limit, it is inconclusive, and says why. A wrong token is wrong
// whoever was slow.
func (o *Objective) Judge(f *Figures) record.Threshold {
	out := record.Threshold{Expression: o.Expression, Value: "-", State: record.ThresholdInconclusive}
	v, some := o.measure(f)
	if !some {
		out.Reason = "nothing was measured"
		if o.Metric == "bad_tokens" && f.Planned() > 0 {
			out.Reason = "no reply of status 200 was there to be verified"
		}
		return out
	}
	out.Value, out.Measured = o.format(v), interval(v.low, v.high)
	var closeBy string
	if o.Quantile > 0 {
		n := f.Latency.Count()
		if need := hist.FewestFor(o.Quantile); n < need {
			out.Reason = fmt.Sprintf("%s of %s is not judged: %d are the fewest", o.Metric, amount.Of(n, "request", "requests"), need)
			return out
		}
		r := within(f.Latency.Interval(o.Quantile))
		out.Confidence = interval(r.low, r.high)
		closeBy = o.straddles(n, r)
	}
	state, reason := o.decide(v, f)
	switch {
	case f.Limit != "" && (o.Metric != "bad_tokens" || state != record.ThresholdFail):
		out.Reason = f.Limit
	case state == record.ThresholdInconclusive:
		out.Reason = reason
	case state == record.ThresholdFail:
		out.State, out.Reason = o.excuse(v, f)
	case o.Metric == "bad_tokens" && f.TooOpen():
		out.Reason = fmt.Sprintf("%s: the replies do not stand for all", f.describeOpen())
	default:
		out.State = record.ThresholdPass
	}
	if out.State != record.ThresholdInconclusive && out.Reason == "" {
		out.Reason = closeBy
	}
	return out
}

// decide compares all that the metric can be with the bound.
func (o *Objective) decide(v value, f *Figures) (record.ThresholdState, string) {
	low, high := o.Holds(v.low), o.Holds(v.high)
	switch {
	case low && high:
		return record.ThresholdPass, ""
	case !low && !high && !(o.Operator == "==" && v.low < o.Bound && o.Bound < v.high):
		return record.ThresholdFail, ""
	case !v.open && (o.Metric != "min" || f.Open() == 0): // nothing but the bucket of a time
		return record.ThresholdInconclusive, fmt.Sprintf("the histogram keeps three digits: %s is between %s and %s", o.Metric, exact(v.low), exact(v.high))
	}
	between := fmt.Sprintf("%s is at least %s", o.Metric, o.Format(v.low))
	if !math.IsInf(v.high, 0) {
		between = fmt.Sprintf("%s is between %s and %s", o.Metric, o.Format(v.low), o.Format(v.high))
	}
	if f.Open() == 0 { // an older record does not say all
		return record.ThresholdInconclusive, between
	}
	return record.ThresholdInconclusive, fmt.Sprintf("%s: %s", f.describeOpen(), between)
}

// excuse returns the outcome of an objective that does not hold: where the
// generator's own lag makes the difference, nothing is shown.
func (o *Objective) excuse(v value, f *Figures) (record.ThresholdState, string) {
	if f.Clean != nil && o.Unit == Time {
		return o.excuseClean(f)
	}
	if lag := o.OwnLag(f); lag > 0 && o.Holds(v.low-lag.Seconds()) {
		return record.ThresholdInconclusive, "unigate started requests up to " + FormatTime(lag) + " late, which makes the difference"
	}
	return record.ThresholdFail, ""
}

// excuseClean is excuse where each request tells what unigate added to it.
func (o *Objective) excuseClean(f *Figures) (record.ThresholdState, string) {
	if !o.HoldsWithout(f.Clean, f.Hidden) {
		return record.ThresholdFail, ""
	}
	clean := o.statistic(f.Clean)
	why := "without what unigate itself added it is "
	if f.Open() > 0 { // of what has no answer, only what it had waited is known
		why += "at least "
	}
	why += FormatTime(clean)
	if f.Hidden > 0 {
		why += fmt.Sprintf(", of which up to %s may be its own too", FormatTime(f.Hidden))
	}
	if f.OwnCause != "" {
		why += ": " + f.OwnCause
	}
	return record.ThresholdInconclusive, why
}

// HoldsWithout reports whether an objective of a time holds on latencies without what
// unigate added to them, if up to hidden of each is its own doing too.
func (o *Objective) HoldsWithout(clean *hist.Histogram, hidden time.Duration) bool {
	return clean.Count() > 0 && o.Holds(max(o.statistic(clean)-hidden, 0).Seconds())
}

// statistic returns what the objective is about of a histogram.
func (o *Objective) statistic(h *hist.Histogram) time.Duration {
	switch o.Metric {
	case "mean":
		return h.Mean()
	case "min":
		return h.Min()
	case "max":
		return h.Max()
	}
	return h.Quantile(o.Quantile)
}

// OwnLag returns how much of a latency may be the generator's own doing: the same
// statistic of its schedule lag.
func (o *Objective) OwnLag(f *Figures) time.Duration {
	if f.Lag == nil || o.Unit != Time {
		return 0
	}
	return o.statistic(f.Lag)
}

// straddles says that the confidence interval of a percentile holds the bound, or "".
func (o *Objective) straddles(n uint64, r value) string {
	switch {
	case o.Holds(r.low) == o.Holds(r.high):
		return ""
	case math.IsInf(r.high, 0):
		return fmt.Sprintf("the 95 %% confidence interval of %s on %s, from %s without an upper end, holds the bound", o.Metric, amount.Of(n, "request", "requests"), o.Format(r.low))
	}
	return fmt.Sprintf("the 95 %% confidence interval of %s, %s to %s, holds the bound", o.Metric, o.Format(r.low), o.Format(r.high))
}

// describeOpen says how much of what was due has no answer that unigate waited for.
func (f *Figures) describeOpen() string {
	were := "were "
	if f.Open() == 1 {
		were = "was "
	}
	return fmt.Sprintf("%d of %s (%.3g %%) %s", f.Open(), amount.Of(f.Planned(), "request", "requests"), 100*f.OpenShare(), were+f.WhyOpen())
}

// WhyOpen says what became of what has no answer that unigate waited for: "never sent or
// set aside"; "" where everything has one.
func (f *Figures) WhyOpen() string {
	var what []string
	for _, x := range []struct {
		n    uint64
		what string
	}{{f.Unsent, "never sent"}, {f.Cut - min(f.Aside, f.Cut), "cut off"}, {f.Aside, "set aside"}} {
		if x.n > 0 {
			what = append(what, x.what)
		}
	}
	if n := len(what) - 1; n > 0 {
		return strings.Join(what[:n], ", ") + " or " + what[n]
	}
	return strings.Join(what, "")
}

// interval is a pair of bounds for the record.
func interval(low, high float64) *record.Interval {
	i := &record.Interval{Low: low}
	if !math.IsInf(high, 0) {
		i.High = &high
	}
	return i
}

// exact writes seconds with the digits that tell the bounds of a bucket apart.
func exact(s float64) string { return time.Duration(math.Round(s * 1e9)).String() }
