package load_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unigate/unigate/load"
)

// sought is a search for the capacity of a target whose capacity is known.
type sought struct {
	name      string
	answer    func() func(ask) told
	objective string
	length    time.Duration
	change    func(*load.Options)
	// low and high are what the capacity lies between: exact where it is known in closed form.
	low, high float64
	exit      int
	says      string
}

func (c *sought) check(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, c.answer())
		o := options(s, constant(10, c.length)[0])
		o.Users = s.users
		o.Capacity = &thresholds(t, c.objective)[0]
		if c.change != nil {
			c.change(&o)
		}
		l, v := run(context.Background(), t, o)
		got := l.Capacity
		logSearch(t, got, v)
		if c.exit >= 0 && v.Exit != c.exit || !strings.Contains(strings.Join(v.Reasons, "\n"), c.says) {
			t.Errorf("exit %d %q, and must be %d %q", v.Exit, v.Reasons, c.exit, c.says)
		}
		if got.Found && !got.LowerBound && (got.RatePerS > c.high*1.03 || got.RatePerS < c.low*0.9 || got.HighPerS < c.low || got.LowPerS > c.high) {
			t.Errorf("%.1f/s (%.1f to %.1f), the truth is %.1f to %.1f/s", got.RatePerS, got.LowPerS, got.HighPerS, c.low, c.high)
		}
		if got.HighPerS > 0 && got.HighPerS < c.low || got.LowPerS > c.high*1.03 || !got.Found && got.RatePerS > c.high*1.03 {
			t.Errorf("%.1f/s (%.1f to %.1f, up to %.1f), the truth is %.1f to %.1f/s", got.RatePerS, got.LowPerS, got.HighPerS, got.UpperPerS, c.low, c.high)
		}
		if got.LowerBound && got.RatePerS > c.high {
			t.Errorf("at least %.1f/s, the truth is %.1f to %.1f/s", got.RatePerS, c.low, c.high)
		}
		if uint64(s.n) != l.Totals.Attempts+l.Totals.PreflightAttempts {
			t.Errorf("%d and %d attempts, the server saw %d", l.Totals.Attempts, l.Totals.PreflightAttempts, s.n)
		}
	})
}

// random is a queue before n servers whose service times are exponential of that mean.
func random(n int, mean time.Duration, seed uint64) func() func(ask) told {
	return func() func(ask) told {
		r := rand.New(rand.NewPCG(seed, 1))
		free := make([]time.Duration, n)
		return func(a ask) told {
			i := slices.Index(free, slices.Min(free))
			free[i] = max(a.at, free[i]) + time.Duration(r.ExpFloat64()*float64(mean))
			return told{takes: free[i] - a.at}
		}
	}
}

// mmc returns the quantile q of the time in a queue M/M/c with that rate and service rate.
func mmc(c int, lambda, mu, q float64) float64 {
	a := lambda / mu
	sum, term := 0.0, 1.0
	for k := range c {
		sum += term
		term *= a / float64(k+1)
	}
	last := term * float64(c) / (float64(c) - a)
	wait := last / (sum + last) // Erlang's C
	tail := func(t float64) float64 {
		theta := float64(c)*mu - lambda
		if math.Abs(theta-mu) < 1e-9 {
			return math.Exp(-mu*t) * (1 + wait*mu*t)
		}
		return math.Exp(-mu*t)*(1-wait) + wait*(theta*math.Exp(-mu*t)-mu*math.Exp(-theta*t))/(theta-mu)
	}
	low, high := 0.0, 1e3
	for range 100 {
		if mid := (low + high) / 2; tail(mid) > 1-q {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}

// capacityOf is the rate at which a growing quantile reaches the bound, by bisection.
func capacityOf(quantile func(rate float64) float64, bound, most float64) float64 {
	low, high := 0.0, most
	for range 60 {
		if mid := (low + high) / 2; quantile(mid) < bound {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

// md1 returns the 99th percentile of the time in a queue M/D/1, simulated over many requests.
func md1(rate float64, d time.Duration) float64 {
	r := rand.New(rand.NewPCG(1, 2))
	at, free := 0.0, 0.0
	var took []float64
	for range 300_000 {
		at += r.ExpFloat64() / rate
		free = max(free, at) + d.Seconds()
		took = append(took, free-at)
	}
	slices.Sort(took)
	return took[len(took)*99/100]
}

// cliff answers at once up to so many requests in the last second, and after 2 s beyond.
func cliff(limit int) func() func(ask) told {
	return func() func(ask) told {
		var recent []time.Duration
		return func(a ask) told {
			recent = slices.DeleteFunc(recent, func(at time.Duration) bool { return at <= a.at-time.Second })
			recent = append(recent, a.at)
			if len(recent) > limit {
				return told{takes: 2 * time.Second}
			}
			return told{takes: 5 * ms}
		}
	}
}

// collapse is a single queue whose service slows down by so much for each that waits.
func collapse(d time.Duration, each float64) func() func(ask) told {
	return func() func(ask) told {
		free := time.Duration(0)
		var ends []time.Duration
		return func(a ask) told {
			ends = slices.DeleteFunc(ends, func(e time.Duration) bool { return e <= a.at })
			free = max(a.at, free) + time.Duration(float64(d)*(1+each*float64(len(ends))))
			ends = append(ends, free)
			return told{takes: free - a.at}
		}
	}
}

// hysteresis is quick until there were more than high requests in a second, and then slow
// until there were fewer than low.
func hysteresis(high, low int) func() func(ask) told {
	return func() func(ask) told {
		var recent []time.Duration
		slow := false
		return func(a ask) told {
			recent = slices.DeleteFunc(recent, func(at time.Duration) bool { return at <= a.at-time.Second })
			recent = append(recent, a.at)
			switch n := len(recent); {
			case n > high:
				slow = true
			case n < low:
				slow = false
			}
			if slow {
				return told{takes: 400 * ms}
			}
			return told{takes: 5 * ms}
		}
	}
}

// noisy takes a lognormal time that does not depend on the load, in a queue before servers.
func noisy(n int, median time.Duration, sigma float64) func() func(ask) told {
	return func() func(ask) told {
		r := rand.New(rand.NewPCG(5, 6))
		free := make([]time.Duration, n)
		return func(a ask) told {
			i := slices.Index(free, slices.Min(free))
			free[i] = max(a.at, free[i]) + time.Duration(float64(median)*math.Exp(sigma*r.NormFloat64()))
			return told{takes: free[i] - a.at}
		}
	}
}

// poissonly makes arrivals random.
func poissonly(o *load.Options) { o.Plan.Arrivals, o.Plan.Seed = load.Poisson, 11 }

func soughts() []sought {
	const long = 10 * time.Minute
	mm4 := capacityOf(func(rate float64) float64 { return mmc(4, rate, 50, 0.99) }, 0.2, 199)
	mm1 := capacityOf(func(rate float64) float64 { return mmc(1, rate, 200, 0.99) }, 0.1, 199) // 200 − ln(100)/0.1
	md := capacityOf(func(rate float64) float64 { return md1(rate, 5*ms) }, 0.05, 199)
	return []sought{
		{name: "M/M/1", answer: random(1, 5*ms, 3), objective: "p99<100ms", length: long, change: poissonly, low: mm1, high: mm1},
		{name: "M/M/4", answer: random(4, 20*ms, 4), objective: "p99<200ms", length: long, change: poissonly, low: mm4, high: mm4},
		{name: "M/D/1", answer: servers(1, 5*ms, 0), objective: "p99<50ms", length: long, change: poissonly, low: md, high: md, exit: -1},
		{name: "D/D/1", answer: servers(1, 5*ms, 0), objective: "p99<50ms", length: 3 * time.Minute, low: 200, high: 200},
		{name: "D/D/4", answer: servers(4, 20*ms, 0), objective: "p95<100ms", length: 3 * time.Minute, low: 200, high: 200},
		{name: "a queue that refuses", answer: servers(4, 20*ms, 4), objective: "p99<100ms", length: 3 * time.Minute, low: 200, high: 203},
		{name: "by the errors", answer: servers(4, 20*ms, 4), objective: "error_rate<5%", length: 3 * time.Minute, low: 205, high: 212},
		{name: "by the share of the rate", answer: servers(4, 20*ms, 4), objective: "rate>=99%", length: 3 * time.Minute, low: 198, high: 204},
		{name: "a cliff", answer: cliff(120), objective: "p99<100ms", length: 3 * time.Minute, low: 120, high: 121.3},
		{name: "a collapse", answer: collapse(5*ms, 0.02), objective: "p99<100ms", length: 3 * time.Minute, low: 200, high: 200, exit: -1},
		// Once above 150/s it is slow until there are fewer than 100: what holds is between.
		{name: "hysteresis", answer: hysteresis(150, 100), objective: "p99<100ms", length: 5 * time.Minute, low: 97, high: 151},
		{name: "noise", answer: noisy(8, 20*ms, 0.3), objective: "p99<100ms", length: 5 * time.Minute, change: poissonly, low: 330, high: 385},
		{name: "below the start", answer: servers(1, 400*ms, 0), objective: "p99<1s", length: 10 * time.Minute, low: 2.5, high: 2.55, exit: -1},
		{name: "far below the start", answer: servers(1, 5*time.Second, 0), objective: "p90<2s", length: 10 * time.Minute, low: 0, high: 0, exit: -1},
		{name: "above the ceiling", answer: servers(1, 5*ms, 0), objective: "p99<50ms", length: 2 * time.Minute, change: func(o *load.Options) { o.MaxRate = 60 }, low: 200, high: 200},
		{name: "at the ceiling", answer: servers(1, 5*ms, 0), objective: "p99<50ms", length: 2 * time.Minute, change: func(o *load.Options) { o.MaxRate = 200 }, low: 200, high: 200},
		{name: "above what may be in flight", answer: func() func(ask) told { return takes(500 * ms) }, objective: "p99<600ms", length: 3 * time.Minute, change: func(o *load.Options) { o.Plan.MaxInflight = 50 }, low: math.Inf(1), high: math.Inf(1), exit: 3, says: "lower bound"},
		{name: "never quick enough", answer: func() func(ask) told { return takes(60 * ms) }, objective: "p99<50ms", length: 2 * time.Minute, low: 0, high: 0, exit: 1, says: "no rate holds"},
		{name: "wrong tokens at every rate", answer: func() func(ask) told { return everyNth(10, 3, told{takes: ms, wrong: "other"}, 5*ms) }, objective: "p99<50ms", length: 2 * time.Minute, low: 0, high: 0, exit: 1, says: "wrong tokens"},
		{name: "an outage of 3 s on the way", answer: func() func(ask) told {
			q := servers(1, 5*ms, 0)()
			return func(a ask) told {
				if a.at > 20*time.Second && a.at < 23*time.Second {
					return told{takes: ms, status: 503}
				}
				return q(a)
			}
		}, objective: "p99<50ms", length: 4 * time.Minute, low: 200, high: 200},
		{name: "pauses of a collector that the objective allows", answer: func() func(ask) told {
			p, q := pauses(0, 4*time.Second, 30*ms), servers(1, 5*ms, 0)()
			return func(a ask) told { return told{takes: p(a).takes + q(a).takes} }
		}, objective: "p99<50ms", length: 4 * time.Minute, low: 195, high: 200},
		{name: "a short search", answer: servers(1, 5*ms, 0), objective: "p99<50ms", length: 20 * time.Second, low: 190, high: 205, exit: -1},
	}
}

func TestCapacitiesTellTheTruth(t *testing.T) {
	all := soughts()
	for i := range all {
		if testing.Short() && (all[i].length > 2*time.Minute || raceEnabled && i >= 5) {
			continue // more requests
		}
		t.Run(all[i].name, all[i].check)
	}
}
