package hist_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/hist"
)

func TestCompactAgreesWithTheFullHistogram(t *testing.T) {
	full, a, b := hist.New(), hist.Compact{}, hist.Compact{}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 20_000 {
		d := time.Duration(math.Exp(random.Float64()*18)) * time.Microsecond
		full.Record(d)
		if i%2 == 0 {
			a.Record(d)
		} else {
			b.Record(d)
		}
	}
	for _, d := range []time.Duration{-time.Second, 0, 2 * time.Hour} {
		full.Record(d)
		a.Record(d)
	}
	a.Merge(&b)
	if a.Count() != full.Count() {
		t.Fatalf("%d counts, not %d", a.Count(), full.Count())
	}
	encoded, err := a.Histogram().Encode()
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := hist.Decode(encoded)
	if err != nil {
		t.Fatal(err)
	}
	merged := hist.New()
	merged.Merge(decoded)
	for _, q := range []float64{0.01, 0.5, 0.9, 0.99, 0.999, 1} {
		want, got := full.Quantile(q).Seconds(), merged.Quantile(q).Seconds()
		if math.Abs(got-want) > 0.011*want+2e-6 {
			t.Errorf("quantile %v is %v, not %v", q, got, want)
		}
	}
	if below := a.Below(full.Quantile(0.5)); math.Abs(float64(below)/float64(a.Count())-0.5) > 0.02 {
		t.Errorf("%d of %d are below the median", below, a.Count())
	}
}

func TestEachVisitsEverything(t *testing.T) {
	h := hist.New()
	for i := range 100 {
		h.Record(time.Duration(i) * time.Millisecond)
	}
	n, last := uint64(0), time.Duration(-1)
	h.Each(func(upTo time.Duration, count uint64) {
		if upTo <= last {
			t.Errorf("%v comes after %v", upTo, last)
		}
		n, last = n+count, upTo
	})
	if n != 100 {
		t.Errorf("%d were visited", n)
	}
}

// Percentiles are by nearest rank: of n durations the ⌈q·n⌉th.
func TestQuantileIsTheNearestRank(t *testing.T) {
	for _, k := range []struct {
		n    int
		q    float64
		want int
	}{
		{1, 0.5, 1}, {2, 0.5, 1}, {3, 0.5, 2}, {5, 0.5, 3}, {10, 0.99, 10}, {10, 0.91, 10}, {10, 0.9, 9}, {100, 0.07, 7}, {100, 0.99, 99},
		{101, 0.99, 100}, {120, 0.99, 119}, {149, 0.99, 148}, {150, 0.999, 150}, {200, 0.95, 190}, {201, 0.95, 191}, {7, 0, 1}, {7, 1, 7},
	} {
		h := hist.New()
		for i := range k.n {
			h.Record(time.Duration(i+1) * time.Microsecond)
		}
		if got := h.Quantile(k.q); got != time.Duration(k.want)*time.Microsecond {
			t.Errorf("quantile %v of 1 to %d is %v, not %d", k.q, k.n, got, k.want)
		}
	}
	if got := hist.New().Quantile(0.5); got != 0 {
		t.Errorf("the median of nothing is %v", got)
	}
}

// At every rank of many counts the percentile is exactly the value at that rank.
func TestDistributionAgreesWithQuantile(t *testing.T) {
	for n := 1; n <= 1500; n++ {
		h := hist.New()
		for i := range n {
			h.Record(time.Duration(i+1) * time.Microsecond)
		}
		d := h.Distribution()
		for permille, got := range map[int]float64{500: d.P50, 900: d.P90, 950: d.P95, 990: d.P99, 999: d.P999} {
			if want := (n*permille + 999) / 1000; int(math.Round(got*1e6)) != want {
				t.Fatalf("the %d ‰ of 1 to %d are %v, not %d", permille, n, got, want)
			}
		}
	}
}
