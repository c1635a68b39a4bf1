package hist_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/record"
)

// of returns a histogram of durations in microseconds.
func of(us ...int) *hist.Histogram {
	h := hist.New()
	for _, d := range us {
		h.Record(time.Duration(d) * time.Microsecond)
	}
	return h
}

// whatever the durations that are known in part really were, every statistic lies
// within its range.
func TestRangesHoldWhateverTheCensoredDurationsWere(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 60 {
		n := 1 + random.IntN(60)
		var truth []time.Duration
		known, atLeast := hist.New(), hist.New()
		for range n {
			d := time.Duration(math.Exp(random.Float64()*14)) * time.Microsecond
			truth = append(truth, d)
			if random.IntN(4) == 0 {
				atLeast.Record(time.Duration(float64(d) * random.Float64()))
			} else {
				known.Record(d)
			}
		}
		slices.Sort(truth)
		c := hist.NewCensored(known, atLeast)
		for _, q := range []float64{0.01, 0.3, 0.5, 0.9, 0.99, 1} {
			want := truth[max(int(math.Ceil(q*float64(n)-1e-9)), 1)-1]
			if r := c.Quantile(q); want < r.Low-time.Microsecond || want > r.High+time.Microsecond && r.High != hist.Unbounded {
				t.Fatalf("quantile %v of %v is %v, outside %+v", q, truth, want, r)
			}
		}
		sum := time.Duration(0)
		for _, d := range truth {
			sum += d
		}
		for name, k := range map[string]struct {
			want time.Duration
			got  hist.Range
		}{"min": {truth[0], c.Min()}, "max": {truth[n-1], c.Max()}, "mean": {sum / time.Duration(n), c.Mean()}} {
			if k.want < k.got.Low-time.Microsecond || k.got.High != hist.Unbounded && k.want > k.got.High+time.Microsecond {
				t.Fatalf("the %s of %v is %v, outside %+v", name, truth, k.want, k.got)
			}
		}
	}
}

func TestDistributionMarksWhatIsOnlyALowerBound(t *testing.T) {
	known := hist.New()
	for i := range 985 {
		known.Record(time.Duration(i+1) * time.Microsecond)
	}
	atLeast := hist.New()
	for range 15 {
		atLeast.Record(2000 * time.Microsecond)
	}
	d := hist.NewCensored(known, atLeast).Distribution()
	want := d.AtLeast
	want.Mean, want.P99, want.P999, want.Max = true, true, true, true
	if d.AtLeast != want || d.AtLeast.P95 || d.AtLeast.P50 || d.AtLeast.Min || !d.AtLeast.P99 {
		t.Errorf("marked are %+v", d.AtLeast)
	}
	if d.P50 != 500e-6 || d.P99 != 2000e-6 || d.Min != 1e-6 {
		t.Errorf("got %+v", d)
	}
	// A bound below the median may turn out above it.
	if d = hist.NewCensored(known, of(3)).Distribution(); !d.AtLeast.P50 || d.Min != 1e-6 {
		t.Errorf("got %+v", d)
	}
	if d = hist.NewCensored(of(70, 80), of(3)).Distribution(); d.Min != 70e-6 || d.AtLeast.Min {
		t.Errorf("the minimum is of answers, got %+v", d)
	}
	if d = hist.NewCensored(nil, of(3)).Distribution(); d.Min != 3e-6 || !d.AtLeast.Min {
		t.Errorf("where there is no answer the minimum is a bound, got %+v", d)
	}
	if d = hist.NewCensored(of(1, 2), nil).Distribution(); d.AtLeast != (record.AtLeast{}) {
		t.Errorf("got %+v", d)
	}
}

// The bounds of a bucket are those that the histogram itself names.
func TestRangesAreTheBuckets(t *testing.T) {
	h := hist.New()
	for d := time.Microsecond; d < 2*time.Hour; d = d*5/4 + 1 {
		h.Record(d)
	}
	k, below := 0.0, uint64(0)
	for _, b := range h.Buckets() {
		k += float64(b.Count)
		r := hist.NewCensored(h, nil).Quantile(k / float64(h.Count()))
		if r.Low != b.From || r.High != b.To || r.Shown != b.To || r.Open {
			t.Errorf("rank %d of %d: %+v, the bucket is %+v", below, h.Count(), r, b)
		}
		below += b.Count
	}
}
