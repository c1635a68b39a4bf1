package objective

import (
	"fmt"
	"math"
	"time"

	"github.com/unigate/unigate/internal/hist"
)

// The constants that decide what a load test shows; the tests of this package
// hold each of them.
const (
	// MaxUnsent is the share of what was due that may stay without an answer, as it
	// was never sent or was cut off, before the run shows nothing: what was not asked
	// was not answered. Fewer than FewUnsent requests may be an accident, and up to
	// MaxUnsentFew of what was due then.
	MaxUnsent    = 0.01
	MaxUnsentFew = 0.1
	FewUnsent    = 10
)

// Figures are what a load test, or one service or phase of it, gives objectives to
// be judged on.
type Figures struct {
	// Latency is of everything that was due, from when it was due; of what was
	// never sent or was cut off, the time that it had waited.
	Latency *hist.Censored
	// Sent counts the requests that were started, Cut those of them that unigate
	// itself ended or whose answer tells nothing about the target, Aside the latter,
	// Unsent those that were due and never started, and Refused those of the unsent that
	// the target asked not to send (Retry-After).
	Sent, Cut, Aside, Unsent, Refused uint64
	// Errors counts transport errors, time-outs and any status but 200.
	Errors uint64
	// Replies counts those of status 200, BadTokens those of them that were wrong.
	Replies, BadTokens uint64
	// Achieved counts the replies of status 200 that a rate is of, Unclear those of
	// which it is not known whether they belong to them.
	Achieved, Unclear uint64
	// Duration is the plan's.
	Duration time.Duration
	// Lag is how late requests started by the generator's own doing; nil for never.
	Lag *hist.Histogram
	// Clean is the latency without what unigate itself and its in-flight limit added
	// to each request, where that is known, and nil elsewhere. It takes the place of Lag.
	Clean *hist.Histogram
	// Hidden is how late unigate may have been beyond that with a request, without a
	// trace in it, as something kept it from running.
	Hidden time.Duration
	// OwnCause says in words what made unigate late or held requests back, as far as known.
	OwnCause string
	// OpenAllowed says that a threshold judges how much may stay unsent.
	OpenAllowed bool
	// Limit says that the generator was the limit, and how; empty if it was not.
	Limit string
}

// Planned returns how many requests were due.
func (f *Figures) Planned() uint64 { return f.Sent + f.Unsent }

// Open returns how many of them have no answer that unigate waited for.
func (f *Figures) Open() uint64 { return f.Unsent + f.Cut }

// OpenShare returns the share of what was due that has no answer that unigate waited for.
func (f *Figures) OpenShare() float64 { return float64(f.Open()) / math.Max(float64(f.Planned()), 1) }

// TooOpen reports whether so much of what was due was never sent, or was cut off,
// that what came back does not stand for it. A threshold for unsent judges that instead.
func (f *Figures) TooOpen() bool {
	allowed := MaxUnsent
	if f.Open() < FewUnsent {
		allowed = MaxUnsentFew
	}
	return !f.OpenAllowed && float64(f.Open()) > allowed*float64(f.Planned())
}

// value is what a metric lies between, and what is shown for it. high is +Inf
// where nothing bounds it. open says that requests without an answer are why it is
// a range, and not the histogram alone.
type value struct {
	low, shown, high float64
	open             bool
}

// exactly is a value that is known.
func exactly(v float64) value { return value{v, v, v, false} }

// within turns a range of durations into a value in seconds.
func within(r hist.Range) value {
	v := value{r.Low.Seconds(), r.Shown.Seconds(), r.High.Seconds(), r.Open}
	if r.High == hist.Unbounded {
		v.high = math.Inf(1)
	}
	return v
}

// Value returns between what the objective's metric lies, in the objective's unit;
// high is +Inf where nothing bounds it, and ok false where nothing was measured.
func (o *Objective) Value(f *Figures) (low, high float64, ok bool) {
	v, ok := o.measure(f)
	return v.low, v.high, ok
}

// measure returns what is known of the objective's metric; ok is false where
// nothing was measured.
//
// What was never sent or cut off might have taken any time, might have failed, and
// might have been answered in time: each is taken at its best at one end of the value
// and at its worst at the other.
func (o *Objective) measure(f *Figures) (v value, ok bool) {
	planned, open := float64(f.Planned()), float64(f.Open())
	ranges := open > 0
	some := f.Latency != nil && f.Latency.Count() > 0
	switch {
	case o.Metric == "bad_tokens":
		return exactly(float64(f.BadTokens)), f.Replies > 0
	case o.Metric == "unsent":
		return exactly(float64(f.Unsent)), planned > 0
	case o.Metric == "error_rate":
		errors := float64(f.Errors)
		return value{errors / planned, errors / planned, (errors + open) / planned, ranges}, planned > 0
	case o.Metric == "rate":
		return o.rate(f)
	case !some:
		return value{}, false
	case o.Metric == "mean":
		return within(f.Latency.Mean()), true
	case o.Metric == "min":
		return within(f.Latency.Min()), true
	case o.Metric == "max":
		return within(f.Latency.Max()), true
	}
	return within(f.Latency.Quantile(o.Quantile)), true
}

// rate is measure for rates: the replies of status 200 in time, as a share of what
// was due or per second. What the target asked not to send it would not have answered.
func (o *Objective) rate(f *Figures) (value, bool) {
	low := float64(f.Achieved)
	high := low + float64(f.Unclear) + float64(f.Open()-min(f.Refused, f.Open()))
	ranges := high > low
	per := f.Duration.Seconds()
	if o.Unit == Share {
		per = float64(f.Planned())
	}
	return value{low / per, low / per, high / per, ranges}, per > 0 && f.Planned() > 0
}

// format writes what was measured: what lies between two values as such, and a
// latency that is known in part only with ≥.
func (o *Objective) format(v value) string {
	switch low, high := o.Format(v.low), o.Format(v.high); {
	case !v.open || low == high:
		return o.Format(v.shown)
	case o.Unit == Time:
		return "≥" + o.Format(v.shown)
	default:
		return fmt.Sprintf("%s to %s", low, high)
	}
}
