package measure_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/unigate/unigate/load/measure"
)

// shareOf records an evenly spaced plan of a second's requests times seconds and
// returns which share of it was achieved, and may have been.
func shareOf(rate, seconds int, latency func(due time.Duration) time.Duration) (low, high float64) {
	r := measure.NewRecorder([]string{"login"}, time.Duration(seconds)*time.Second)
	n := rate * seconds
	for k := range n {
		due := time.Duration(k) * time.Second / time.Duration(rate)
		d := latency(due)
		r.Record(&measure.Sample{Status: 200, Scheduled: due, Latency: d, ServiceTime: d})
	}
	sum := r.Sum(measure.All)
	return float64(sum.Achieved) / float64(n), float64(sum.Achieved+sum.Unclear) / float64(n)
}

// A target that keeps up has all that was asked for, or at least nothing is shown
// against it, whatever its answers take.
func TestRateRaisesNoFalseAlarm(t *testing.T) {
	for name, took := range map[string]func(*rand.Rand) float64{
		"even":        func(r *rand.Rand) float64 { return 0.1 + 0.8*r.Float64() },
		"exponential": func(r *rand.Rand) float64 { return 0.3 * r.ExpFloat64() },
		"log-normal":  func(r *rand.Rand) float64 { return 0.2 * math.Exp(r.NormFloat64()) },
		"Pareto":      func(r *rand.Rand) float64 { return 0.05 * math.Pow(r.Float64(), -1/1.5) },
		"bimodal": func(r *rand.Rand) float64 {
			if r.IntN(50) == 0 {
				return 3
			}
			return 0.02
		},
	} {
		for _, plan := range [][2]int{{5, 2}, {5, 10}, {20, 2}, {20, 10}, {100, 2}} {
			const runs = 50
			failed, open := 0, 0
			for seed := range runs {
				random := rand.New(rand.NewPCG(uint64(seed), 9))
				low, high := shareOf(plan[0], plan[1], func(time.Duration) time.Duration { return time.Duration(took(random) * 1e9) })
				if high < 0.99 {
					failed++
				} else if low < 0.99 {
					open++
				}
			}
			if failed > 1 || open > runs/5 {
				t.Errorf("%s, %d/s for %d s: of %d runs %d fail and %d are open", name, plan[0], plan[1], runs, failed, open)
			}
		}
	}
}

// In overload only what came in time counts, and in a plan too short to tell nothing is shown.
func TestRateForgivesNoQueue(t *testing.T) {
	queue := func(capacity float64) func(time.Duration) time.Duration {
		return func(due time.Duration) time.Duration {
			return time.Duration(float64(due)*(100/capacity-1)) + 10*time.Millisecond
		}
	}
	for _, k := range []struct {
		rate, seconds int
		latency       func(time.Duration) time.Duration
		low, high     float64
	}{
		{100, 8, queue(96), 0.96, 0.96}, {100, 8, queue(50), 0.5, 0.5}, {100, 60, queue(99), 0.99, 0.99}, {1000, 10, queue(90), 0.9, 0.9},
		{3, 2, queue(50), 4.0 / 6, 1}, // six requests tell nothing
		// A stall of the last three of ten seconds, answered a second later.
		{100, 10, func(due time.Duration) time.Duration {
			if due < 7*time.Second {
				return 0
			}
			return 11*time.Second - due
		}, 0.7, 0.7},
		// Slow at first, then quick: answers at the end take no longer than before.
		{100, 10, func(due time.Duration) time.Duration { return 2*time.Second - due/10 }, 1, 1},
	} {
		low, high := shareOf(k.rate, k.seconds, k.latency)
		if math.Abs(low-k.low) > 0.005 || math.Abs(high-k.high) > 0.005 {
			t.Errorf("%d/s for %d s: %v to %v, not %v to %v", k.rate, k.seconds, low, high, k.low, k.high)
		}
	}
}
