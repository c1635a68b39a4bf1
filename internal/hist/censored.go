package hist

import (
	"math"
	"time"

	"github.com/unigate/unigate/internal/record"
)

// Unbounded stands for a duration that nothing bounds from above.
const Unbounded = time.Duration(math.MaxInt64)

// Censored counts durations of which some are known in full and some only to be
// at least so long: those of requests that were never sent, or cut off, and might
// have taken any time (right-censored). What follows for a statistic is a range: its
// lower end takes what is only known in part at its least, its upper end takes that
// to be infinite. The zero value is empty. It is not safe for concurrent use.
type Censored struct {
	known, atLeast *Histogram
}

// NewCensored joins durations that are known with lower bounds of others. Either
// may be nil. Both are kept, and must not be changed any more.
func NewCensored(known, atLeast *Histogram) *Censored { return &Censored{known, atLeast} }

// Known returns the durations that are known in full.
func (c *Censored) Known() *Histogram { return orEmpty(c.known) }

// AtLeast returns the lower bounds of the others.
func (c *Censored) AtLeast() *Histogram { return orEmpty(c.atLeast) }

func orEmpty(h *Histogram) *Histogram {
	if h == nil {
		return New()
	}
	return h
}

// Count returns how many durations there are, Open how many of them are known in part only.
func (c *Censored) Count() uint64 { return c.Open() + c.complete() }

// Open returns how many durations are known in part only.
func (c *Censored) Open() uint64 {
	if c.atLeast == nil {
		return 0
	}
	return c.atLeast.Count()
}

func (c *Censored) complete() uint64 {
	if c.known == nil {
		return 0
	}
	return c.known.Count()
}

// Lower returns all durations, those that are known in part at their least.
func (c *Censored) Lower() *Histogram {
	switch {
	case c.Open() == 0:
		return c.Known()
	case c.complete() == 0:
		return c.AtLeast()
	}
	sum := &Histogram{c.known.h.Clone()}
	sum.Merge(c.atLeast)
	return sum
}

// Range is what is known of a statistic: it lies between Low and High, which is
// Unbounded where nothing bounds it. Shown is the value that tables show. Open says
// that it is no more than a lower bound: that more than the width of the histogram's
// bucket lies between Low and High.
type Range struct {
	Low, Shown, High time.Duration
	Open             bool
}

// Quantile returns what is known of the duration below or at which the share q
// (0 to 1) lies, by nearest rank.
func (c *Censored) Quantile(q float64) Range {
	n := c.Count()
	if n == 0 {
		return Range{}
	}
	return c.rank(nearestRank(q, n))
}

// rank returns what is known of the k-th shortest duration, counted from 1.
func (c *Censored) rank(k uint64) Range {
	low := c.Lower().bucketAt(k)
	r := Range{Low: low.From, Shown: low.To, High: Unbounded, Open: true}
	if k <= c.complete() {
		r.High = c.known.bucketAt(k).To
		r.Open = r.High > r.Shown
	}
	return r
}

// Mean returns what is known of the mean.
func (c *Censored) Mean() Range {
	lower := c.Lower()
	r := Range{Shown: lower.Mean(), Open: c.Open() > 0}
	r.Low, r.High = lower.meanRange()
	if r.Open {
		r.High = Unbounded
	}
	return r
}

// Max returns what is known of the longest duration.
func (c *Censored) Max() Range {
	if c.Count() == 0 {
		return Range{}
	}
	r := c.rank(c.Count())
	if c.Open() > 0 {
		r.High, r.Open = Unbounded, true
	}
	return r
}

// Min returns what is known of the shortest duration. What is shown is the shortest
// of those that are known in full; only where there is none, the least bound.
func (c *Censored) Min() Range {
	switch {
	case c.Count() == 0:
		return Range{}
	case c.complete() == 0:
		return c.rank(1)
	}
	known := c.known.bucketAt(1)
	return Range{Low: min(known.From, c.rank(1).Low), Shown: known.From, High: known.To}
}

// Distribution returns the summary that the run record holds, with a mark at each
// figure that is a lower bound.
func (c *Censored) Distribution() record.Distribution {
	lower := c.Lower()
	out := lower.Distribution()
	if c.Open() == 0 {
		return out
	}
	open := func(q float64) bool {
		k := nearestRank(q, c.Count())
		return k > c.complete() || c.known.valueAt(k) > lower.valueAt(k)
	}
	out.Min = c.Min().Shown.Seconds()
	out.AtLeast = record.AtLeast{
		Min: c.complete() == 0, Mean: true, P50: open(0.5), P90: open(0.9), P95: open(0.95), P99: open(0.99), P999: open(0.999), Max: true,
	}
	return out
}

// nearestRank is the ⌈q·n⌉th of n, counted from 1.
func nearestRank(q float64, n uint64) uint64 {
	// What lies within rounding above a whole number is that number: 0.07·100.
	return min(max(uint64(math.Ceil(q*float64(n)*(1-1e-12))), 1), n)
}

// valueAt returns the highest value of the bucket of the k-th shortest duration,
// in microseconds. The library rounds percentages to the nearest rank, and one
// that makes a whole rank leaves it nothing to round.
func (h *Histogram) valueAt(k uint64) int64 {
	return h.counts().ValueAtPercentile(100 * float64(k) / float64(h.Count()))
}

// bucketAt returns the bounds of the bucket of the k-th shortest duration.
func (h *Histogram) bucketAt(k uint64) Bucket {
	to := h.valueAt(k)
	from := to
	// The width of a bucket is a power of two.
	for w := int64(2); w <= to+1 && h.counts().ValuesAreEquivalent(to, to+1-w); w *= 2 {
		from = to + 1 - w
	}
	return Bucket{From: time.Duration(from) * time.Microsecond, To: time.Duration(to) * time.Microsecond}
}

// Without returns the durations of h but for those of other, which are among them.
func (h *Histogram) Without(other *Histogram) *Histogram {
	if other.Count() == 0 {
		return h
	}
	left := map[time.Duration]uint64{}
	for _, b := range other.Buckets() {
		left[b.To] += b.Count
	}
	out := New()
	for _, b := range h.Buckets() {
		n := b.Count - min(left[b.To], b.Count)
		if n > 0 {
			_ = out.room().RecordValues(min(int64(b.To/time.Microsecond), highest), int64(n)) // in range
		}
	}
	return out
}

// meanRange returns between what the mean lies, given the buckets' bounds.
func (h *Histogram) meanRange() (low, high time.Duration) {
	var from, to, n float64
	for _, b := range h.Buckets() {
		from += float64(b.Count) * float64(b.From)
		to += float64(b.Count) * float64(b.To)
		n += float64(b.Count)
	}
	if n == 0 {
		return 0, 0
	}
	return time.Duration(from / n), time.Duration(math.Ceil(to / n))
}
