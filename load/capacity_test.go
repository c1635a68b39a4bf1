package load_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/load"
)

// search runs a search for capacity against a service in virtual time.
func search(t *testing.T, script reference.Script, objective string, change func(*load.Options)) (c *record.Capacity, v record.Verdict) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := service(t, reference.Options{Script: script})
		o := options(s, load.Phase{Shape: load.Constant, Rate: 10, Duration: time.Minute})
		o.Capacity = &thresholds(t, objective)[0]
		if change != nil {
			change(&o)
		}
		began := time.Now()
		l, verdict := run(context.Background(), t, o)
		c, v = l.Capacity, verdict
		logSearch(t, c, v)
		if took := time.Since(began); took > o.Plan.Duration()+5*time.Second {
			t.Errorf("it took %v of %v", took, o.Plan.Duration())
		}
		if l.Totals.Attempts+l.Totals.PreflightAttempts != s.Requests().All {
			t.Errorf("%d and %d attempts, the service saw %d", l.Totals.Attempts, l.Totals.PreflightAttempts, s.Requests().All)
		}
		checkCurve(t, c)
	})
	return c, v
}

// checkCurve finds curves that are none.
func checkCurve(t *testing.T, c *record.Capacity) {
	t.Helper()
	for i, p := range c.Curve {
		if i > 0 && (p.RatePerS <= c.Curve[i-1].RatePerS || p.FittedShare < c.Curve[i-1].FittedShare) {
			t.Errorf("the curve goes from %+v to %+v", c.Curve[i-1], p)
		}
		if p.Requests == 0 || p.Looks == 0 || p.Latency.P50 <= 0 || p.ServiceTime.P50 <= 0 {
			t.Errorf("a point of the curve is %+v", p)
		}
	}
	if c.RatePerS > 0 && len(c.Curve) == 0 {
		t.Error("there is no curve")
	}
}

func TestCapacityIsFound(t *testing.T) {
	for _, objective := range []string{"p99<50ms", "mean<50ms", "login.p95<250ms"} {
		if testing.Short() && objective != "p99<50ms" {
			continue // the same way
		}
		c, v := search(t, reference.Script{Capacity: 400}, objective, func(o *load.Options) { o.Plan.Phases[0].Duration = 2 * time.Minute })
		if !c.Found || !c.Confirmed || v.Exit != 0 || c.RatePerS < 390 || c.RatePerS > 404 || c.LowPerS > 400 || c.HighPerS < 400 || c.LowPerS < 300 || c.HighPerS > 450 {
			t.Errorf("%s: found %t: %.1f/s (%.1f to %.1f), exit %d; the service serves 400/s", objective, c.Found, c.RatePerS, c.LowPerS, c.HighPerS, v.Exit)
		}
	}
}

func TestCapacityIsNotTheInFlightLimit(t *testing.T) {
	// Neither service has a limit: what ends the search is unigate's.
	for _, c := range []struct {
		name      string
		delay     time.Duration
		objective string
		inFlight  int
		low, high float64
		need      string
	}{
		{"answers in 2 s", 2 * time.Second, "p99<3s", 1000, 440, 500, "needs about 1"},
		{"answers in 1 s", time.Second, "p99<2s", 300, 260, 300, "needs about"},
		{"answers in 1 s, by the errors", time.Second, "error_rate<1%", 300, 260, 300, "needs about"},
	} {
		if testing.Short() && c.inFlight != 300 {
			continue // the same way with more requests
		}
		got, v := search(t, reference.Script{Delay: c.delay}, c.objective, func(o *load.Options) {
			o.Plan.MaxInflight, o.Plan.Phases[0].Duration = c.inFlight, 3*time.Minute
		})
		said := strings.Join(v.Reasons, " ")
		if got.Found || !got.LowerBound || v.Exit != 3 || got.HighPerS != 0 || got.RatePerS < c.low || got.RatePerS > c.high {
			t.Errorf("%s: found %t, %.1f/s (%.1f to %.1f), exit %d", c.name, got.Found, got.RatePerS, got.LowPerS, got.HighPerS, v.Exit)
		}
		if !strings.Contains(said, "lower bound: at least ") || !strings.Contains(said, c.need) || !strings.Contains(said, "in flight are the limit") {
			t.Errorf("%s: %s", c.name, said)
		}
	}
}

func TestCapacityIsNotTheGenerators(t *testing.T) {
	// Every core is busy with unigate once the rate is above 100/s, and the service
	// queues behind it.
	c, v := search(t, reference.Script{Capacity: 150}, "p99<50ms", func(o *load.Options) {
		o.Usage = busy(time.Now())
	})
	if c.Found || !c.LowerBound || v.Exit != 3 || !strings.Contains(c.Limit, "unigate used") {
		t.Errorf("found %t, %.1f/s, exit %d: %s", c.Found, c.RatePerS, v.Exit, c.Limit)
	}
}

func TestCapacityWhereNoRateHolds(t *testing.T) {
	c, v := search(t, reference.Script{Capacity: 400, Delay: 100 * time.Millisecond}, "p99<50ms", nil)
	if c.Found || c.RatePerS != 0 || !c.NoRate || v.Exit != 1 || !strings.Contains(v.Reasons[0], "no rate holds p99<50ms") {
		t.Errorf("found %t: %.1f/s, exit %d %v; no answer is faster than 100 ms", c.Found, c.RatePerS, v.Exit, v.Reasons)
	}
}

func TestCapacityWithoutEnoughTime(t *testing.T) {
	c, v := search(t, reference.Script{Capacity: 400}, "p99<50ms", func(o *load.Options) { o.Plan.Phases[0].Duration = 4 * time.Second })
	if c.Found || c.RatePerS == 0 || c.UpperPerS != 0 || v.Exit != 3 || !strings.Contains(v.Reasons[0], "at least about") {
		t.Errorf("found %t: %.1f/s to %.1f/s, exit %d %v; 4 s are too short", c.Found, c.RatePerS, c.UpperPerS, v.Exit, v.Reasons)
	}
}

func TestCapacityRefusesATimeForNoStep(t *testing.T) {
	o := options(service(t, reference.Options{}), load.Phase{Rate: 10, Duration: time.Second})
	o.Capacity = &thresholds(t, "p99<50ms")[0]
	var u *load.UsageError
	if _, err := o.Describe(); !errors.As(err, &u) || !strings.Contains(u.Message, "too short for one step") {
		t.Errorf("%v", err)
	}
	// How long an answer takes is known only after the first one.
	c, v := search(t, reference.Script{Delay: 4 * time.Second}, "p99<5s", func(o *load.Options) { o.Plan.Phases[0].Duration = 10 * time.Second })
	if c.Found || v.Exit != 3 || !strings.Contains(c.Reason, "answers of 4.00s make one step last") {
		t.Errorf("exit %d: %s", v.Exit, c.Reason)
	}
}

func TestCapacityStaysUnderTheAllowedRate(t *testing.T) {
	c, v := search(t, reference.Script{Capacity: 400}, "p99<50ms", func(o *load.Options) { o.MaxRate = 50 })
	if !c.Found || !c.LowerBound || c.RatePerS != 50 || v.Exit != 0 {
		t.Errorf("found %t: %.1f/s, exit %d; 50/s are allowed", c.Found, c.RatePerS, v.Exit)
	}
}

func TestErrorsAboveTheCapacityEndTheStepOnly(t *testing.T) {
	for _, retryAfter := range []time.Duration{0, 2 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			s := service(t, reference.Options{})
			var window time.Time
			served := 0
			var mu sync.Mutex
			// 30 requests in 100 ms are served; the others get 429, as of a rate limiter.
			limited := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				if now := time.Now(); now.Sub(window) >= 100*time.Millisecond {
					window, served = now, 0
				}
				served++
				refused := served > 30
				mu.Unlock()
				if refused {
					if retryAfter > 0 {
						w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
					}
					w.WriteHeader(http.StatusTooManyRequests)
					return
				}
				s.ServeHTTP(w, r)
			})
			o := options(limited, load.Phase{Shape: load.Constant, Rate: 10, Duration: 2 * time.Minute})
			o.Capacity = &thresholds(t, "p99<250ms")[0]
			l, v := run(context.Background(), t, o)
			c := l.Capacity
			logSearch(t, c, v)
			if !c.Found || v.Exit != 0 || c.RatePerS < 280 || c.RatePerS > 305 {
				t.Errorf("Retry-After %v: found %t, %.1f/s (%.1f to %.1f), exit %d %v %s", retryAfter, c.Found, c.RatePerS, c.LowPerS, c.HighPerS, v.Exit, v.Reasons, c.Reason)
			}
		})
	}
}

func TestCapacityNeedsAnObjectiveThatBreaksUnderLoad(t *testing.T) {
	for text, ok := range map[string]bool{
		"p99<50ms": true, "mean<=1s": true, "error_rate<1%": true, "error_rate==0": true, "bad_tokens==0": true, "rate>=99%": true, "login.p95<1s": true,
		"p99>1ns": false, "p99==50ms": false, "rate>=45/s": false, "rate<50%": false, "error_rate>1%": false, "unsent>5": false,
	} {
		objective, err := load.ParseThreshold(text)
		if err != nil {
			t.Fatal(err)
		}
		o := options(service(t, reference.Options{}), load.Phase{Rate: 10, Duration: time.Minute})
		o.Capacity = &objective
		_, err = o.Describe()
		var u *load.UsageError
		if (err == nil) != ok || !ok && (!errors.As(err, &u) || u.Hint == "") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
