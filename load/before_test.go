package load_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/load"
)

// scripted answers what answer says for the n-th request, from 0 on, and else as s does.
func scripted(s http.Handler, answer func(n int64, w http.ResponseWriter) (done bool)) http.Handler {
	var requests atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !answer(requests.Add(1)-1, w) {
			s.ServeHTTP(w, r)
		}
	})
}

// What a target asks for with Retry-After holds before the plan as well.
func TestRetryAfterBeforeThePlan(t *testing.T) {
	for wait, c := range map[string]struct {
		took time.Duration
		sent uint64
		exit int
		why  string
	}{
		"2":                    {2 * time.Second, 202, 0, ""},
		"60":                   {0, 1, 3, "the target asked to wait 1m0s before anything of the plan was sent (Retry-After), which is longer than the plan"},
		"99999999999999999999": {0, 1, 3, "the target asked to wait more than ten years before"},
	} {
		for _, first := range []int64{0, 1} {
			synctest.Test(t, func(t *testing.T) {
				began, second := time.Now(), time.Duration(0)
				o := options(scripted(service(t, reference.Options{}), func(n int64, w http.ResponseWriter) bool {
					if n == first+1 {
						second = time.Since(began)
					}
					if n == first {
						w.Header().Set("Retry-After", wait)
						w.WriteHeader(http.StatusTooManyRequests)
					}
					return n == first
				}), load.Phase{Shape: load.Constant, Rate: 20, Duration: 10 * time.Second})
				o.Thresholds = thresholds(t)
				l, v := run(context.Background(), t, o)
				if sent := l.Totals.Attempts + l.Totals.PreflightAttempts; v.Exit != c.exit || second != c.took || c.exit == 0 && sent != c.sent || c.exit == 3 && sent != uint64(first)+1 {
					t.Errorf("%s at %d: exit %d %v, %d sent, the next one after %v", wait, first, v.Exit, v.Reasons, sent, second)
				}
				if !strings.Contains(strings.Join(v.Reasons, "\n"), c.why) {
					t.Errorf("%s at %d: %q", wait, first, v.Reasons)
				}
			})
		}
	}
}

// A warm-up that a wrong answer ends says that, and nothing of the plan's end.
func TestRetryAfterInTheWarmup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options(scripted(service(t, reference.Options{}), func(n int64, w http.ResponseWriter) bool {
			if n == 12 {
				w.Header().Set("Retry-After", "1")
				w.WriteHeader(http.StatusTooManyRequests)
			}
			return n == 12
		}), load.Phase{Shape: load.Constant, Rate: 20, Duration: 10 * time.Second})
		o.Plan.Warmup, o.Thresholds = time.Second, thresholds(t)
		l, v := run(context.Background(), t, o)
		if v.Exit != 1 || l.Stopped != "" || !strings.HasPrefix(v.Reasons[0], "warm-up: login answered user") {
			t.Errorf("exit %d %v, stopped %q", v.Exit, v.Reasons, l.Stopped)
		}
	})
}

// The last answers come after the plan's end: no more time of the plan goes by then, so
// that a rate which was kept does not sink.
func TestAbortOnARateWhileTheLastAnswersCome(t *testing.T) {
	for expr, exit := range map[string]int{"rate>=16/s": 0, "rate>=80%": 0, "rate>=18.5/s": 1} {
		synctest.Test(t, func(t *testing.T) {
			// 20/s for 10 s, of which each tenth fails; the last answer takes 5 s.
			o := options(scripted(service(t, reference.Options{}), func(n int64, w http.ResponseWriter) bool {
				switch {
				case n == 201:
					<-time.After(5 * time.Second)
				case n%10 == 9:
					w.WriteHeader(http.StatusInternalServerError)
					return true
				}
				return false
			}), load.Phase{Shape: load.Constant, Rate: 20, Duration: 10 * time.Second})
			abort, err := load.ParseThreshold(expr)
			if err != nil {
				t.Fatal(err)
			}
			o.AbortOn, o.Thresholds = []load.Threshold{abort}, thresholds(t, "error_rate<20%")
			if l, v := run(context.Background(), t, o); v.Exit != exit {
				t.Errorf("%s: exit %d %v; %.1f/s", expr, v.Exit, v.Reasons, l.Totals.RatePerS)
			}
		})
	}
}

// What a search was interrupted in is no step that held.
func TestInterruptedSearch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options(service(t, reference.Options{}), load.Phase{Shape: load.Constant, Rate: 10, Duration: time.Minute})
		o.Capacity = &thresholds(t, "p90<200ms")[0]
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		time.AfterFunc(7*time.Second, cancel)
		l, v := run(ctx, t, o)
		steps := l.Capacity.Steps
		last, before := steps[len(steps)-1], steps[len(steps)-2]
		if v.Exit != 130 || last.Held || last.Reason != "the search was ended" || !before.Held || last.RatePerS <= before.RatePerS || last.Requests == 0 {
			t.Errorf("exit %d, the last steps are %+v and %+v", v.Exit, before, last)
		}
		if c := l.Capacity; c.RatePerS != before.RatePerS || c.LowPerS > before.RatePerS || len(c.Curve) != len(steps)-1 {
			t.Errorf("%v/s held, at least %v, %d points of %d steps", c.RatePerS, c.LowPerS, len(c.Curve), len(steps))
		}
	})
}

// Time-outs that come one after the other when all else is answered are no run of errors.
func TestTimeoutsAfterThePlanAreNoRunOfErrors(t *testing.T) {
	for name, c := range map[string]struct {
		from int64 // each tenth from then on is never answered, all of them where the share is 1
		each int64
		exit int
		stop bool
	}{
		"a tenth of the plan":       {2, 10, 0, false},
		"the last third of it":      {1002, 1, 1, true},
		"the last tenth of a while": {1402, 1, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := service(t, reference.Options{})
				o := options(s, load.Phase{Shape: load.Constant, Rate: 100, Duration: 15 * time.Second})
				o.RoundTripper = silent{inMemory{s}, func(n int64) bool { return n >= c.from && n%c.each == 0 }, &atomic.Int64{}}
				o.Timeout, o.Thresholds = 3*time.Second, thresholds(t, "error_rate<20%")
				l, v := run(context.Background(), t, o)
				if v.Exit != c.exit || (l.Stopped != "") != c.stop || l.Totals.Errors == 0 {
					t.Errorf("exit %d %v, %d errors", v.Exit, v.Reasons, l.Totals.Errors)
				}
			})
		})
	}
}

// silent never answers some requests.
type silent struct {
	inMemory
	never func(n int64) bool
	n     *atomic.Int64
}

// RoundTrip waits for the end of a request that gets no answer.
func (s silent) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.never(s.n.Add(1) - 1) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return s.inMemory.RoundTrip(r)
}

// A target that is slow for its first seconds has the capacity that it shows then.
func TestCapacityOfAColdTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, began := service(t, reference.Options{}), time.Now()
		o := options(slow(s, func() time.Duration {
			if time.Since(began) < 10*time.Second {
				return 500 * time.Millisecond
			}
			return 20 * time.Millisecond
		}), load.Phase{Shape: load.Constant, Rate: 10, Duration: 90 * time.Second})
		objective, err := load.ParseThreshold("p90<200ms")
		if err != nil {
			t.Fatal(err)
		}
		o.Capacity, o.MaxRate = &objective, 40
		l, v := run(context.Background(), t, o)
		if c := l.Capacity; v.Exit != 0 || c.RatePerS != 40 || !c.Confirmed || c.Steps[0].Held {
			t.Errorf("exit %d %v, %v/s, %+v", v.Exit, v.Reasons, c.RatePerS, c.Steps)
		}
	})
}
