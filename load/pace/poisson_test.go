package pace_test

import (
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unigate/unigate/load/pace"
)

// shape is a schedule with its cumulative rate in closed form.
type shape struct {
	make  func() *pace.Schedule
	total float64
	by    func(t float64) float64
}

// shapes are of about 20,000 requests each.
func shapes() map[string]shape {
	constant := func(rate, t float64) float64 { return rate * t }
	return map[string]shape{
		"constant": {
			func() *pace.Schedule { return new(pace.Schedule).Constant(1000, 20*time.Second) }, 20_000,
			func(t float64) float64 { return constant(1000, t) },
		},
		"ramp": {
			func() *pace.Schedule { return new(pace.Schedule).Ramp(0, 2000, 20*time.Second) }, 20_000,
			func(t float64) float64 { return 50 * t * t },
		},
		"down": {
			func() *pace.Schedule { return new(pace.Schedule).Ramp(2000, 0, 20*time.Second) }, 20_000,
			func(t float64) float64 { return 2000*t - 50*t*t },
		},
		"sine": {
			func() *pace.Schedule {
				return new(pace.Schedule).Sine(1000, 1000, 4*time.Second, 20*time.Second)
			}, 20_000,
			func(t float64) float64 { return 1000*t + 2000/math.Pi*(1-math.Cos(math.Pi*t/2)) },
		},
		"steps with a break": {
			func() *pace.Schedule {
				return new(pace.Schedule).Constant(500, 10*time.Second).Constant(0, 5*time.Second).Constant(1500, 10*time.Second)
			}, 20_000,
			func(t float64) float64 {
				return constant(500, min(t, 10)) + constant(1500, max(t-15, 0))
			},
		},
	}
}

// gaps returns the distances of a schedule's requests on the scale of its cumulative rate.
func gaps(s *pace.Schedule, by func(float64) float64) []float64 {
	out := make([]float64, s.Count())
	previous := 0.0
	for k := range out {
		n := by(s.At(uint64(k)).Seconds())
		out[k], previous = n-previous, n
	}
	return out
}

// kolmogorov returns how far gaps are from an exponential distribution of mean 1, in
// units of the bound that one of 100 right samples exceeds.
func kolmogorov(gaps []float64) float64 {
	x := slices.Sorted(slices.Values(gaps))
	n, d := float64(len(x)), 0.0
	for i, g := range x {
		f := 1 - math.Exp(-g)
		d = max(d, f-float64(i)/n, float64(i+1)/n-f)
	}
	return d * math.Sqrt(n) / 1.628
}

func TestPoissonGapsAreExponential(t *testing.T) {
	for name, c := range shapes() {
		s := c.make().Poisson(1, 0)
		if n := float64(s.Count()); math.Abs(n-c.total) > 4*math.Sqrt(c.total) {
			t.Errorf("%s: %v requests, not about %v", name, n, c.total)
		}
		previous := time.Duration(-1)
		for k := range s.Count() {
			at := s.At(k)
			if at < previous || at >= s.Duration() {
				t.Fatalf("%s: request %d is due at %v after %v of %v", name, k, at, previous, s.Duration())
			}
			previous = at
		}
		if s.At(s.Count()) != s.Duration() {
			t.Errorf("%s: past the last request it is %v", name, s.At(s.Count()))
		}
		g := gaps(s, c.by)
		if d := kolmogorov(g); d > 1 {
			t.Errorf("%s: the gaps are %.2f times as far from exponential ones as they may be", name, d)
		}
		// Neighbouring gaps tell nothing of each other.
		sum := 0.0
		for i := range g[1:] {
			sum += (g[i] - 1) * (g[i+1] - 1)
		}
		if r := sum / float64(len(g)); math.Abs(r) > 4/math.Sqrt(float64(len(g))) {
			t.Errorf("%s: the correlation of neighbouring gaps is %.3f", name, r)
		}
		// The control: even ones are found to be none.
		if d := kolmogorov(gaps(c.make(), c.by)); d < 10 {
			t.Errorf("%s: even gaps are only %.2f times as far from exponential ones as these may be", name, d)
		}
	}
}

// Counts of a Poisson process vary as much as their mean, at every length: also where
// the stretches that are drawn as a whole meet, every 1024 and every 1,048,576 requests.
func TestPoissonCountsAreDispersed(t *testing.T) {
	const total = 4_000_000
	s := new(pace.Schedule).Constant(1e6, total*time.Microsecond).Poisson(7, 0)
	for _, width := range []int{10, 1000, 1024, 10_000} {
		counts := make([]float64, total/width)
		for k := range s.Count() {
			if i := int(s.At(k).Microseconds()) / width; i < len(counts) {
				counts[i]++
			}
		}
		sum := 0.0
		for _, n := range counts {
			sum += (n - float64(width)) * (n - float64(width))
		}
		if index, n := sum/float64(width)/float64(len(counts)), float64(len(counts)); math.Abs(index-1) > 4*math.Sqrt(2/n)+4/math.Sqrt(n*float64(width)) {
			t.Errorf("counts of %d vary %.3f times as much as they should", width, index)
		}
	}
}

func TestPoissonIsMadeAgainByItsSeed(t *testing.T) {
	all := func(seed, stream uint64) []time.Duration {
		s := new(pace.Schedule).Constant(1000, 100*time.Second).Poisson(seed, stream)
		out := make([]time.Duration, s.Count())
		for k := range out {
			out[k] = s.At(uint64(k))
		}
		return out
	}
	first := all(1, 0)
	if !slices.Equal(first, all(1, 0)) {
		t.Error("the same seed gives other arrivals")
	}
	if slices.Equal(first[:10], all(2, 0)[:10]) || slices.Equal(first[:10], all(1, 1)[:10]) {
		t.Error("another seed or stream gives the same arrivals")
	}
	// In whatever order, and by however many, the requests are asked for.
	s := new(pace.Schedule).Constant(1000, 100*time.Second).Poisson(1, 0)
	var askers sync.WaitGroup
	for i := range uint64(4) {
		askers.Go(func() {
			for n := range s.Count() {
				k := (s.Count() - 1 - n + i*25_001) % s.Count()
				if s.At(k) != first[k] {
					t.Errorf("request %d is due at %v, or %v", k, s.At(k), first[k])
					return
				}
			}
		})
	}
	askers.Wait()
}

func TestPoissonOfNothing(t *testing.T) {
	for _, s := range []*pace.Schedule{new(pace.Schedule).Poisson(1, 0), new(pace.Schedule).Constant(0, time.Second).Poisson(1, 0)} {
		if s.Count() != 0 || s.At(0) != s.Duration() {
			t.Errorf("%d requests, the first at %v of %v", s.Count(), s.At(0), s.Duration())
		}
	}
}

func TestPacerSendsPoissonArrivalsWhenTheyAreDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(pace.Schedule).Constant(200, 5*time.Second).Ramp(200, 0, 5*time.Second).Poisson(3, 0)
		p := pace.New(pace.Options{Schedule: s, Portable: true})
		sent := drive(p, func(uint64) time.Duration { return 0 })
		if uint64(len(sent)) != s.Count() || p.CaughtUp() != 0 {
			t.Fatalf("%d of %d left, %d to catch up", len(sent), s.Count(), p.CaughtUp())
		}
		for k, at := range sent {
			if late := at - s.At(uint64(k)); late < 0 || late > time.Millisecond {
				t.Errorf("request %d, due at %v, left at %v", k, s.At(uint64(k)), at)
			}
		}
		if p.Rate(time.Second) != 200 {
			t.Errorf("the planned rate is %v", p.Rate(time.Second))
		}
	})
}
