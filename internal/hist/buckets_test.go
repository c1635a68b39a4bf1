package hist

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The buckets are those of the library, whatever the range.
func TestBuckets(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for _, c := range []struct {
		from, to int64
		digits   int
	}{{lowest, highest, digits}, {lowest, highest, 2}, {lowest, 100_000, 1}, {4, 1_000_000, 3}} {
		h := &Histogram{hdrhistogram.New(c.from, c.to, c.digits)}
		for range 500 {
			if err := h.h.RecordValues(random.Int64N(c.to>>random.IntN(12)), 1+random.Int64N(5)); err != nil {
				t.Fatal(err)
			}
		}
		_ = h.h.RecordValue(c.to) // in range
		var want []Bucket
		for _, b := range h.h.Distribution() {
			if b.Count > 0 {
				want = append(want, Bucket{time.Duration(b.From) * time.Microsecond, time.Duration(b.To) * time.Microsecond, uint64(b.Count)})
			}
		}
		got := h.Buckets()
		if len(got) != len(want) {
			t.Fatalf("%+v: %d buckets, not %d", c, len(got), len(want))
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%+v: bucket %d is %+v, not %+v", c, i, got[i], want[i])
			}
		}
	}
	if got := New().Buckets(); len(got) > 0 {
		t.Errorf("nothing has the buckets %v", got)
	}
}
