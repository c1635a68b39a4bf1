package load_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/load"
)

// search runs a search for capacity against a service that serves so many requests a second.
func search(t *testing.T, capacity float64, delay time.Duration, o func(*load.Options)) (found bool, rate, upper float64, exit int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := service(t, reference.Options{Script: reference.Script{Capacity: capacity, Delay: delay}})
		opts := options(s, load.Phase{Shape: load.Constant, Rate: 10, Duration: time.Minute})
		objective, err := load.ParseThreshold("p99<50ms")
		if err != nil {
			t.Fatal(err)
		}
		opts.Capacity = &objective
		if o != nil {
			o(&opts)
		}
		l, v := run(context.Background(), t, opts)
		for _, step := range l.Capacity.Steps {
			t.Logf("%6.1f/s: %.1f/s achieved, p99 %.4f s, held %t %s", step.RatePerS, step.AchievedPerS, step.Latency.P99, step.Held, step.Reason)
		}
		t.Logf("%+v", v)
		found, rate, upper, exit = l.Capacity.Found, l.Capacity.RatePerS, l.Capacity.UpperPerS, v.Exit
		if l.Totals.Attempts+l.Totals.PreflightAttempts != s.Requests().All {
			t.Errorf("%d and %d attempts, the service saw %d", l.Totals.Attempts, l.Totals.PreflightAttempts, s.Requests().All)
		}
	})
	return found, rate, upper, exit
}

func TestCapacityIsFound(t *testing.T) {
	found, rate, _, exit := search(t, 400, 0, nil)
	if !found || exit != 0 || rate < 360 || rate > 410 {
		t.Errorf("found %t: %.1f/s, exit %d; the service serves 400/s", found, rate, exit)
	}
}

func TestCapacityWhereNoRateHolds(t *testing.T) {
	found, rate, _, exit := search(t, 400, 100*time.Millisecond, nil)
	if found || rate != 0 || exit != 1 {
		t.Errorf("found %t: %.1f/s, exit %d; no answer is faster than 100 ms", found, rate, exit)
	}
}

func TestCapacityWithoutEnoughTime(t *testing.T) {
	found, rate, upper, exit := search(t, 400, 0, func(o *load.Options) { o.Plan.Phases[0].Duration = 4 * time.Second })
	if found || rate == 0 || upper != 0 || exit != 3 {
		t.Errorf("found %t: %.1f/s to %.1f/s, exit %d; 4 s are too short", found, rate, upper, exit)
	}
}

func TestCapacityStaysUnderTheAllowedRate(t *testing.T) {
	found, rate, _, exit := search(t, 400, 0, func(o *load.Options) { o.MaxRate = 50 })
	if !found || rate != 50 || exit != 0 {
		t.Errorf("found %t: %.1f/s, exit %d; 50/s are allowed", found, rate, exit)
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

func TestCapacityRestsOnEnoughRequests(t *testing.T) {
	for _, c := range []struct {
		name      string
		objective string
		capacity  float64
		maxRate   float64
		duration  time.Duration
		need      float64 // requests of the step that closed the bracket
		found     bool
		note      string
	}{
		{"enough time", "p99<50ms", 40, 0, 10 * time.Minute, 500, true, ""},
		{"at the allowed rate", "p99<50ms", 400, 50, 2 * time.Minute, 500, true, ""},
		{"too little for the best", "p99<50ms", 400, 20, time.Minute, 100, true, "500 judge it well"},
		{"too little", "p99.9<50ms", 400, 20, time.Minute, 0, false, "cannot be judged on"},
		{"the median needs few", "p50<50ms", 40, 0, 2 * time.Minute, 20, true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := service(t, reference.Options{Script: reference.Script{Capacity: c.capacity}})
				o := options(s, load.Phase{Shape: load.Constant, Rate: 10, Duration: c.duration})
				objective, err := load.ParseThreshold(c.objective)
				if err != nil {
					t.Fatal(err)
				}
				o.Capacity, o.MaxRate = &objective, c.maxRate
				began := time.Now()
				l, v := run(context.Background(), t, o)
				if took := time.Since(began); took > c.duration+time.Second {
					t.Errorf("it took %v of %v", took, c.duration)
				}
				requests := 0.0
				for _, step := range l.Capacity.Steps {
					if step.Held && step.RatePerS == l.Capacity.RatePerS {
						requests = step.RatePerS * step.DurationS
					}
				}
				said := strings.Join(append(l.Notes, v.Reasons...), " ")
				if l.Capacity.Found != c.found || requests < c.need-1 || (c.note == "") == strings.Contains(said, "judge") || !strings.Contains(said, c.note) {
					t.Errorf("found %t, %.1f requests, exit %d; %s; %+v", l.Capacity.Found, requests, v.Exit, said, l.Capacity)
				}
			})
		})
	}
}
