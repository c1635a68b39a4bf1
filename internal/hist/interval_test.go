package hist

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"
)

// exactBelow is P(B ≤ k) for a binomial B, in rational arithmetic.
func exactBelow(n, k int64, q *big.Rat) float64 {
	p := new(big.Rat).Sub(big.NewRat(1, 1), q)
	power := func(x *big.Rat, e int64) *big.Rat {
		out := big.NewRat(1, 1)
		for range e {
			out.Mul(out, x)
		}
		return out
	}
	sum := new(big.Rat)
	for i := int64(0); i <= k; i++ {
		term := new(big.Rat).SetInt(new(big.Int).Binomial(n, i))
		sum.Add(sum, term.Mul(term, new(big.Rat).Mul(power(q, i), power(p, n-i))))
	}
	f, _ := sum.Float64()
	return f
}

func TestRanksAreTheNarrowestThatHold(t *testing.T) {
	for _, k := range []struct {
		n int64
		q *big.Rat
	}{
		{1, big.NewRat(1, 2)}, {5, big.NewRat(1, 2)}, {6, big.NewRat(1, 2)}, {20, big.NewRat(1, 2)}, {30, big.NewRat(9, 10)}, {60, big.NewRat(95, 100)},
		{100, big.NewRat(99, 100)}, {120, big.NewRat(99, 100)}, {150, big.NewRat(1, 10)},
	} {
		q, _ := k.q.Float64()
		l, u := ranks(uint64(k.n), q)
		below := func(r uint64) float64 { // P(B ≤ r−1)
			if r == 0 {
				return 0
			}
			return exactBelow(k.n, int64(r)-1, k.q)
		}
		if below(l) > 0.025 || below(l+1) <= 0.025 {
			t.Errorf("n %d, q %v: l is %d: %v below, %v for the next", k.n, q, l, below(l), below(l+1))
		}
		if below(u) < 0.975 || below(u-1) >= 0.975 {
			t.Errorf("n %d, q %v: u is %d: %v below, %v for the one before", k.n, q, u, below(u), below(u-1))
		}
	}
}

// Known values, from tables: the median of 10 lies between the 2nd and the 9th, of
// 100 between the 40th and the 61st; 368 is the least number of which the 99th
// percentile has an upper end, as 0.99^368 is below 0.025 and 0.99^367 is not.
func TestRanksKnown(t *testing.T) {
	for _, k := range []struct {
		n    uint64
		q    float64
		l, u uint64
	}{
		{10, 0.5, 2, 9}, {100, 0.5, 40, 61}, {5, 0.5, 0, 6}, {6, 0.5, 1, 6}, {367, 0.99, 359, 368}, {368, 0.99, 360, 368}, {10_000_000, 0.5, 4_996_901, 5_003_100},
	} {
		if l, u := ranks(k.n, k.q); l != k.l || u != k.u {
			t.Errorf("n %d, q %v: %d and %d, not %d and %d", k.n, k.q, l, u, k.l, k.u)
		}
	}
}

// Of many runs the interval holds the true percentile in at least 95 of a hundred,
// whatever the distribution.
func TestIntervalHoldsTheTruth(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	draw := func() float64 { // a tenth of the requests are fifty times slower
		x := random.ExpFloat64()
		if random.IntN(10) == 0 {
			x *= 50
		}
		return x
	}
	// The true quantile solves 0.9·e^(−x) + 0.1·e^(−x/50) = 1 − q.
	truth := func(q float64) float64 {
		low, high := 0.0, 1e4
		for range 100 {
			mid := (low + high) / 2
			if 0.9*math.Exp(-mid)+0.1*math.Exp(-mid/50) > 1-q {
				low = mid
			} else {
				high = mid
			}
		}
		return low
	}
	for _, q := range []float64{0.5, 0.9, 0.99} {
		want := truth(q)
		const runs = 500
		hit := 0
		for range runs {
			h := New()
			for range 400 {
				h.Record(time.Duration(draw() * float64(time.Millisecond)))
			}
			if r := NewCensored(h, nil).Interval(q); r.Low.Seconds()*1e3 <= want && (r.High == Unbounded || want <= r.High.Seconds()*1e3) {
				hit++
			}
		}
		// Three standard errors below 95 %.
		if share := float64(hit) / runs; share < 0.95-3*math.Sqrt(0.95*0.05/runs) || share > 0.995 {
			t.Errorf("quantile %v: %v of the intervals hold the truth", q, share)
		}
	}
}

func TestFewestFor(t *testing.T) {
	for q, want := range map[float64]uint64{0.5: 2, 0.9: 10, 0.95: 20, 0.99: 100, 0.999: 1000, 0.9999: 10000, 0.7: 4, 0.995: 200} {
		if got := FewestFor(q); got != want {
			t.Errorf("%v needs %d, not %d", q, got, want)
		}
	}
}

func TestIntervalOfCensored(t *testing.T) {
	known := New()
	for i := range 990 {
		known.Record(time.Duration(i+1) * time.Microsecond)
	}
	atLeast := New()
	for range 10 {
		atLeast.Record(5 * time.Microsecond)
	}
	// Without the ten that are known in part only, the 40 % to 60 % interval moves by ten at most.
	c := NewCensored(known, atLeast)
	l, u := ranks(1000, 0.5)
	r := c.Interval(0.5)
	if r.Low != time.Duration(l-10)*time.Microsecond || r.High != time.Duration(u)*time.Microsecond {
		t.Errorf("%v to %v; the ranks are %d and %d", r.Low, r.High, l, u)
	}
	if r = c.Interval(0.99); r.High != Unbounded {
		t.Errorf("the 99th percentile is bounded by %v", r.High)
	}
	if in := c.Intervals(); in.P50 == nil || in.P50.High == nil || in.P99.High != nil || in.P999 == nil {
		t.Errorf("got %+v", in)
	}
	if in := NewCensored(nil, nil).Intervals(); in != nil {
		t.Errorf("of nothing: %+v", in)
	}
}
