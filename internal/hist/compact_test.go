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
