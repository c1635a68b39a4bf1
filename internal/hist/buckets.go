package hist

import (
	"math"
	"math/bits"
	"time"
)

// Bucket is the durations that a histogram does not tell apart.
type Bucket struct {
	// From and To are the shortest and the longest of them.
	From, To time.Duration
	Count    uint64
}

// Buckets returns the buckets that hold something, shortest durations first.
func (h *Histogram) Buckets() []Bucket {
	if h.Count() == 0 {
		return nil
	}
	s := h.h.Export()
	// HDR counts in buckets of rising width: a first one of exact values, and then
	// halves of as many, each value twice as wide as those of the one before.
	exact := 1 << bits.Len64(uint64(2*math.Pow10(int(s.SignificantFigures))-1)) // values of the first
	unit := bits.Len64(uint64(s.LowestTrackableValue)) - 1                      // #nosec G115 -- positive
	var out []Bucket
	for i, n := range s.Counts {
		if n == 0 {
			continue
		}
		shift, value := unit, int64(i)
		if i >= exact {
			shift += i/(exact/2) - 1
			value = int64(i%(exact/2) + exact/2)
		}
		from, to := value<<shift, (value+1)<<shift-1
		out = append(out, Bucket{From: time.Duration(from) * time.Microsecond, To: time.Duration(to) * time.Microsecond, Count: uint64(n)}) // #nosec G115 -- positive
	}
	return out
}
