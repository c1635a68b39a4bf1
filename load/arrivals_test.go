package load_test

import (
	"context"
	"errors"
	"math"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load"
)

// poisson runs 100/s for 10 s against a service of 110/s.
func poisson(t *testing.T, arrivals load.Arrivals, seed uint64) (l *record.Load) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o := options(service(t, reference.Options{Script: reference.Script{Capacity: 110}}), load.Phase{Rate: 100, Duration: 10 * time.Second})
		o.Plan.Arrivals, o.Plan.Seed = arrivals, seed
		o.Plan.Mix = []load.Share{{Service: unifier.Login, Weight: 1}, {Service: unifier.OAuth, Weight: 1}}
		l, _ = run(context.Background(), t, o)
	})
	return l
}

// planned returns how many requests were due in each interval.
func planned(l *record.Load) []uint64 {
	var out []uint64
	for _, p := range l.Series {
		out = append(out, p.Planned)
	}
	return out
}

// Even arrivals never queue at a service that keeps up; those at random do.
func TestPoissonArrivalsQueue(t *testing.T) {
	even, first, again, other := poisson(t, "", 0), poisson(t, load.Poisson, 5), poisson(t, load.Poisson, 5), poisson(t, load.Poisson, 6)
	if even.Plan.Arrivals != "uniform" || even.Plan.Seed != 0 || first.Plan.Arrivals != "poisson" || first.Plan.Seed != 5 {
		t.Errorf("the plans say %+v and %+v", even.Plan, first.Plan)
	}
	if !reflect.DeepEqual(planned(first), planned(again)) || reflect.DeepEqual(planned(first), planned(other)) || reflect.DeepEqual(planned(first), planned(even)) {
		t.Errorf("due were %v, again %v, with another seed %v, evenly %v", planned(first), planned(again), planned(other), planned(even))
	}
	if n := first.Totals.Planned; n < 870 || n > 1130 || n != first.Totals.Sent || first.Totals.Errors+first.Totals.BadTokens > 0 {
		t.Errorf("%+v", first.Totals)
	}
	if e, p := even.All.Latency.P99, first.All.Latency.P99; e > 0.015 || p < 2*e {
		t.Errorf("the p99 of even arrivals is %v s, of Poisson arrivals %v s", e, p)
	}
	// Each request draws its service, so that those of each service come at random, too.
	if n := first.Services[0].Count; first.Services[0].Count == even.Services[0].Count || n < 400 || n > 600 {
		t.Errorf("%d of %d requests are of one of two services", n, first.Totals.Planned)
	}
}

func TestSeedIsDrawn(t *testing.T) {
	a, b := poisson(t, load.Poisson, 0), poisson(t, load.Poisson, 0)
	if a.Plan.Seed == 0 || a.Plan.Seed == b.Plan.Seed {
		t.Errorf("the seeds are %d and %d", a.Plan.Seed, b.Plan.Seed)
	}
}

func TestArrivalsThatMeanNothing(t *testing.T) {
	for _, change := range []func(*load.Plan){
		func(p *load.Plan) { p.Arrivals = "normal" },
		func(p *load.Plan) { p.Seed = 1 },
		func(p *load.Plan) { p.Arrivals, p.Seed = load.Poisson, 1<<53 },
		func(p *load.Plan) {
			p.Arrivals, p.Phases = load.Poisson, []load.Phase{{Shape: load.Max, Duration: time.Second}}
		},
	} {
		o := options(service(t, reference.Options{}), load.Phase{Rate: 10, Duration: time.Second})
		change(&o.Plan)
		var u *load.UsageError
		if _, err := o.Describe(); !errors.As(err, &u) {
			t.Errorf("%+v: %v", o.Plan, err)
		}
	}
}

// waits is the probability that a request of an M/D/1 queue waits no longer than n
// service times at a load of rho (Crommelin, Post Office Electrical Engineers' Journal 25, 1932).
func waits(rho float64, n int) float64 {
	sum, factorial := 0.0, 1.0
	for k := 0; k <= n; k++ {
		if k > 0 {
			factorial *= float64(k)
		}
		d := rho * float64(k-n)
		sum += math.Pow(d, float64(k)) / factorial * math.Exp(-d)
	}
	return (1 - rho) * sum
}

// The search sends what the plan says: a queue bears less of arrivals at random.
func TestCapacityForPoissonArrivals(t *testing.T) {
	if testing.Short() {
		t.Skip("the search and the arrivals have tests of their own")
	}
	// An answer within 20 ms has waited for seven others of 2.5 ms at the most.
	truth := 0.0
	for ; waits((truth+0.1)/400, 7) > 0.99; truth += 0.1 {
	}
	c, v := search(t, reference.Script{Capacity: 400}, "p99<20ms", func(o *load.Options) {
		o.Plan.Arrivals, o.Plan.Seed, o.Plan.Phases[0].Duration = load.Poisson, 1, 4*time.Minute
	})
	if truth < 200 || truth > 380 || v.Exit == 1 || c.LowPerS == 0 || c.HighPerS == 0 || c.LowPerS > truth || c.HighPerS < truth {
		t.Errorf("%.1f/s (%.1f to %.1f), exit %d %v; the truth is %.1f/s", c.RatePerS, c.LowPerS, c.HighPerS, v.Exit, v.Reasons, truth)
	}
}
