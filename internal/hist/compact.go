package hist

import (
	"math/bits"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The layout of a Compact: the first 256 microseconds one by one, then 128
// counts for each doubling, which is HDR's layout for two significant digits.
const (
	compactExact  = 256
	compactHalf   = compactExact / 2
	compactLength = compactExact + 24*compactHalf // up to an hour
)

// Compact counts durations to two significant digits in 13 kB: one is kept for
// each interval of a series. It is not safe for concurrent use.
type Compact struct{ counts []uint32 }

// Record counts one duration; what lies outside the range counts at its end.
func (c *Compact) Record(d time.Duration) {
	if c.counts == nil {
		c.counts = make([]uint32, compactLength)
	}
	us := uint64(max(min(int64((d+time.Microsecond/2)/time.Microsecond), highest), 0))
	c.counts[compactIndex(us)]++
}

// compactIndex returns the place of a value in microseconds.
func compactIndex(us uint64) int {
	if us < compactExact {
		return int(us)
	}
	b := bits.Len64(us) - 8
	return compactExact + (b-1)*compactHalf + int(us>>b) - compactHalf
}

// compactValue returns the middle of the values, in microseconds, that are counted at place i.
func compactValue(i int) int64 {
	if i < compactExact {
		return int64(i)
	}
	b := (i-compactExact)/compactHalf + 1
	sub := (i-compactExact)%compactHalf + compactHalf
	return int64(sub)<<b + int64(1)<<(b-1)
}

// Merge adds the counts of other.
func (c *Compact) Merge(other *Compact) {
	if other.counts == nil {
		return
	}
	if c.counts == nil {
		c.counts = make([]uint32, compactLength)
	}
	for i, n := range other.counts {
		c.counts[i] += n
	}
}

// EachBeside calls f with the counts of both for every value that either holds, in rising order.
func (c *Compact) EachBeside(other *Compact, f func(own, others uint64)) {
	at := func(counts []uint32, i int) uint64 {
		if counts == nil {
			return 0
		}
		return uint64(counts[i])
	}
	for i := range compactLength {
		if x, y := at(c.counts, i), at(other.counts, i); x+y > 0 {
			f(x, y)
		}
	}
}

// Subtract takes the counts of other away, which were merged into it or recorded
// in both.
func (c *Compact) Subtract(other *Compact) {
	for i, n := range other.counts {
		c.counts[i] -= min(n, c.counts[i])
	}
}

// Reset empties the histogram and keeps its memory.
func (c *Compact) Reset() { clear(c.counts) }

// Count returns how many durations were recorded.
func (c *Compact) Count() uint64 {
	n := uint64(0)
	for _, k := range c.counts {
		n += uint64(k)
	}
	return n
}

// Below returns how many of the durations are at most d.
func (c *Compact) Below(d time.Duration) uint64 {
	n := uint64(0)
	for i, k := range c.counts {
		if k > 0 && compactValue(i) <= int64(d/time.Microsecond) {
			n += uint64(k)
		}
	}
	return n
}

// Histogram returns the counts as a histogram of two significant digits, which
// can be encoded, and merged into others.
func (c *Compact) Histogram() *Histogram {
	h := &Histogram{}
	for i, n := range c.counts {
		if n > 0 {
			if h.h == nil {
				h.h = hdrhistogram.New(lowest, highest, 2)
			}
			_ = h.h.RecordValues(min(compactValue(i), highest), int64(n)) // in range
		}
	}
	return h
}

// Each calls f for every value that was counted, in rising order: the highest
// duration of its bucket, and how many durations the bucket holds.
func (h *Histogram) Each(f func(upTo time.Duration, count uint64)) {
	for _, b := range h.counts().Distribution() {
		if b.Count > 0 {
			f(time.Duration(b.To)*time.Microsecond, uint64(b.Count))
		}
	}
}

// Mean returns the mean duration, 0 for none.
func (h *Histogram) Mean() time.Duration {
	return time.Duration(h.counts().Mean() * float64(time.Microsecond))
}

// Max returns the longest duration, to three significant digits.
func (h *Histogram) Max() time.Duration { return time.Duration(h.counts().Max()) * time.Microsecond }

// Min returns the shortest duration.
func (h *Histogram) Min() time.Duration { return time.Duration(h.counts().Min()) * time.Microsecond }
