package pace

import (
	"math"
	"testing"
	"time"
)

// When requests are due, worked out by hand: 4/s for two seconds, up from 4/s to 12/s in
// two more, then 4/s that swing by 2/s in two seconds each.
func TestSchedulesByHand(t *testing.T) {
	s := new(Schedule).Constant(4, 2*time.Second).Ramp(4, 12, 2*time.Second).Sine(4, 2, 2*time.Second, 4*time.Second).Constant(9, 0).Ramp(1, 2, -time.Second)
	if s.Duration() != 8*time.Second || s.Count() != 8+16+16 || s.Whole() != 40 {
		t.Errorf("%d in %v", s.Count(), s.Duration())
	}
	for k, want := range map[uint64]time.Duration{
		0: 0, 1: 250 * time.Millisecond, 7: 1750 * time.Millisecond, 8: 2 * time.Second,
		14: 3 * time.Second,                          // 4t + 2t² = 6
		20: 2*time.Second + duration(math.Sqrt(7)-1), // 4t + 2t² = 12
		24: 4 * time.Second, 32: 6 * time.Second, 40: 8 * time.Second, 100: 8 * time.Second,
	} {
		if got := s.At(k); (got - want).Abs() > 2*time.Nanosecond {
			t.Errorf("request %d is due at %v, not %v", k, got, want)
		}
	}
	for at, want := range map[float64]float64{-0.1: 0, 0: 4, 1.999: 4, 2: 4, 3: 8, 4: 4, 4.5: 6, 5: 4, 5.5: 2, 7.5: 2, 8: 0, 9: 0} {
		if got := s.Rate(duration(at)); math.Abs(got-want) > 0.01 {
			t.Errorf("%v/s at %v s, not %v", got, at, want)
		}
	}
	for at, want := range map[time.Duration]uint64{0: 0, 1: 1, 250 * time.Millisecond: 1, 250*time.Millisecond + 1: 2, 2 * time.Second: 8, 8 * time.Second: 40, time.Hour: 40} {
		if got := s.DueBy(at); got != want {
			t.Errorf("%d are due before %v, not %d", got, at, want)
		}
	}
	// A swing of 2/s in two seconds: 4t + 2/π·(1 − cos πt) requests are due after t.
	p := &piece{length: 4, from: 4, to: 4, amplitude: 2, period: 2}
	for t1, want := range map[float64]float64{0.5: 2 + 2/math.Pi, 1: 4 + 4/math.Pi, 2: 8} {
		if got := p.count(t1); math.Abs(got-want) > 1e-9 {
			t.Errorf("%v after %v s, not %v", got, t1, want)
		}
		if got := p.at(want); math.Abs(got-t1) > 1e-9 {
			t.Errorf("%v requests at %v s, not %v", want, got, t1)
		}
	}
	quick := &piece{length: 4, from: 4, to: 4, amplitude: 2, period: 0.5}
	if n := quick.count(0.25); math.Abs(n-1-1/math.Pi) > 1e-9 || math.Abs(quick.at(n)-0.25) > 1e-9 {
		t.Errorf("of a quick swing %v in the first half, at %v s", n, quick.at(n))
	}
	// Down to nothing, and from nothing.
	down, up := new(Schedule).Ramp(8, 0, 2*time.Second), new(Schedule).Ramp(0, 8, 2*time.Second)
	if down.Count() != 8 || up.Count() != 8 || up.At(0) != 0 || down.At(6) != time.Second || up.At(2) != time.Second || down.Rate(time.Second) != 4 || down.At(8) != 2*time.Second {
		t.Errorf("%v, %v, %v, %v", up.At(0), down.At(6), up.At(2), down.At(8))
	}
	var none Schedule
	if none.Count() != 0 || none.At(3) != 0 || none.Rate(0) != 0 || none.Duration() != 0 || none.DueBy(time.Hour) != 0 {
		t.Error("an empty schedule is not empty")
	}
	// A millionth of a request more than a whole number is none.
	for requests, want := range map[float64]uint64{3: 3, 3.00000095: 3, 3.00000105: 4, 3.5: 4, 0.0000001: 0} {
		if got := new(Schedule).Constant(requests, time.Second).Count(); got != want {
			t.Errorf("%v requests are %d", requests, got)
		}
	}
}

// A share has each so many-th request of the whole, from its first on, when that is due.
func TestShares(t *testing.T) {
	whole := func() *Schedule { return new(Schedule).Constant(10, time.Second) }
	for _, c := range []struct {
		first, every, count uint64
		second              time.Duration
	}{{0, 3, 4, 300 * time.Millisecond}, {1, 3, 3, 400 * time.Millisecond}, {2, 3, 3, 500 * time.Millisecond}, {9, 3, 1, time.Second}, {10, 3, 0, time.Second}, {11, 3, 0, time.Second}, {0, 1, 10, 100 * time.Millisecond}} {
		s := whole().Share(c.first, c.every)
		if s.Count() != c.count || s.Whole() != 10 || s.At(1) != c.second || math.Abs(s.Rate(0)-10/float64(c.every)) > 1e-9 {
			t.Errorf("from %d each %d: %d, the second at %v, %v/s", c.first, c.every, s.Count(), s.At(1), s.Rate(0))
		}
	}
}

// The arrivals of a seed are those of every release, since plans name it: the places of some
// points of the process, and of a schedule that draws them.
func TestPoissonPointsOfASeed(t *testing.T) {
	p := newPoisson(12, 3, 3e6)
	if p.count != 2997948 || len(p.groups) != 4 {
		t.Errorf("%d points, %d groups", p.count, len(p.groups))
	}
	for k, want := range map[uint64]float64{
		0: 0.24083176285, 1: 0.353124490912, 1023: 1090.41424085, 1024: 1091.70725263, 1025: 1093.38645463, 2047: 2103.70367484, 2048: 2104.70154286,
		1<<20 - 1: 1048881.73283, 1 << 20: 1048881.85774, 1<<20 + 1: 1048882.13192, 2_500_000: 2501665.7638, 2997947: 2999997.68296, 1 << 40: 3e6,
	} {
		if got := p.at(k); math.Abs(got-want) > 1e-9*want {
			t.Errorf("point %d: %.9g, not %.9g", k, got, want)
		}
	}
	s := new(Schedule).Constant(100, 10*time.Second).Poisson(12, 3)
	if s.Count() != 943 || s.At(0) != 2408318 || s.At(500).Round(time.Microsecond) != 5412013*time.Microsecond || s.At(942).Round(time.Microsecond) != 9999552*time.Microsecond || s.At(943) != 10*time.Second {
		t.Errorf("%d requests, at %v, %v and %v", s.Count(), s.At(0), s.At(500), s.At(942))
	}
}

// Gamma variables have their mean, variance and third moment: shape, shape and twice it.
func TestGamma(t *testing.T) {
	for _, shape := range []float64{1, 2, 5, 1024} {
		r := (&poisson{seed: 5}).random(1, 1)
		const n = 200_000
		m1, m2, m3 := 0.0, 0.0, 0.0
		for range n {
			d := gamma(r, shape) - shape
			m1, m2, m3 = m1+d/n, m2+d*d/n, m3+d*d*d/n
		}
		root := math.Sqrt(shape)
		if math.Abs(m1)/root > 0.01 || math.Abs(m2/shape-1) > 0.02 || math.Abs(m3/(shape*root)-2/root) > 0.1 {
			t.Errorf("shape %v: %v off, variance %v, third moment %v", shape, m1, m2, m3)
		}
	}
}
