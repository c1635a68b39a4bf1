package capacity_test

import (
	"context"
	"flag"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/unigate/unigate/load/capacity"
)

// searches can be raised to calibrate the interval: go test -run Truth -v -searches 500.
var searches = flag.Int("searches", 20, "searches of each kind in TestIntervalHoldsTheTruth")

func TestIntervalHoldsTheTruth(t *testing.T) {
	for _, c := range []struct {
		name    string
		poisson bool
		bound   float64 // of the latency in seconds
		share   float64
		time    time.Duration
		found   float64 // share of the searches that come to an answer
	}{
		{"p99, evenly spaced, a minute", false, 0.05, 0.01, time.Minute, 0},
		{"p99, evenly spaced", false, 0.05, 0.01, 3 * time.Minute, 0.6},
		{"p99, evenly spaced, ten minutes", false, 0.05, 0.01, 10 * time.Minute, 0.8},
		{"p99, Poisson", true, 0.05, 0.01, 3 * time.Minute, 0.4},
		{"p99, Poisson, ten minutes", true, 0.05, 0.01, 10 * time.Minute, 0.6},
		{"p95, evenly spaced", false, 0.05, 0.05, 3 * time.Minute, 0.8},
		{"p50, Poisson", true, 0.02, 0.5, 3 * time.Minute, 0.8},
		{"p99 of a long queue, Poisson", true, 0.25, 0.01, 3 * time.Minute, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			truth := dm1(400, c.bound, c.share)
			if c.poisson {
				truth = mm1(400, c.bound, c.share)
			}
			held, found := 0, 0
			width, rate := 0.0, 0.0
			for seed := range *searches {
				m := &simulation{random: rand.New(rand.NewPCG(uint64(seed), 1)), servers: 1, poisson: c.poisson, bound: c.bound, share: c.share}
				m.service = m.exponential(1.0 / 400)
				r := capacity.Run(context.Background(), capacity.Config{Share: c.share, Bound: seconds(c.bound), Start: 10, Time: c.time}, m)
				if r.Low <= truth && truth <= r.High {
					held++
				}
				if m.Elapsed() > c.time+5*time.Second {
					t.Errorf("search %d took %v", seed, m.Elapsed())
				}
				if r.Outcome != capacity.Found {
					if r.Outcome != capacity.Open || r.Reason == "" {
						t.Errorf("search %d: outcome %v %q", seed, r.Outcome, r.Reason)
					}
					continue
				}
				found++
				width += (r.High - r.Low) / truth
				rate += r.Rate
				if !r.Confirmed || r.Low <= 0 || r.Low > r.Rate || r.Rate > r.High || math.IsInf(r.High, 1) {
					t.Errorf("search %d: %.1f/s, %.1f to %.1f, confirmed %t", seed, r.Rate, r.Low, r.High, r.Confirmed)
				}
			}
			n := float64(found)
			t.Logf("truth %.1f/s: in the interval of %d of %d; %d answers, mean %.1f/s, mean width %.1f %%", truth, held, *searches, found, rate/n, 100*width/n)
			if float64(held) < 0.9*float64(*searches) {
				t.Errorf("the interval holds the truth in %d of %d", held, *searches)
			}
			if n < c.found*float64(*searches) {
				t.Errorf("%d of %d searches came to an answer", found, *searches)
			}
			if n > 0 && c.found > 0 && math.Abs(rate/n-truth) > 0.06*truth {
				t.Errorf("the mean answer is %.1f/s, the truth %.1f/s", rate/n, truth)
			}
		})
	}
}
