package load_test

import (
	"context"
	"math"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load"
)

// stalled is a target that answers after delay, but what would come during a stall at its end.
type stalled struct {
	rate      int
	plan      time.Duration
	inFlight  int
	delay     time.Duration
	at, lasts time.Duration // of the stall, counted from the plan's start
	judge     []string
}

// run runs the plan, and returns what each request would have waited without a
// limit of unigate's: the truth, in closed form.
func (s stalled) run(t *testing.T) (*record.Load, record.Verdict, []time.Duration) {
	t.Helper()
	before := 2 * s.delay // the requests before the plan
	script := reference.Script{Delay: s.delay, Stalls: []reference.Stall{{At: s.at + before, For: s.lasts}}}
	o := options(service(t, reference.Options{Script: script}), load.Phase{Shape: load.Constant, Rate: float64(s.rate), Duration: s.plan})
	o.Plan.MaxInflight, o.Timeout, o.Thresholds = s.inFlight, time.Minute, thresholds(t, s.judge...)
	var truth []time.Duration
	for k := range s.rate * int(s.plan/time.Second) {
		due := time.Duration(k) * time.Second / time.Duration(s.rate)
		answer := due + s.delay
		if answer >= s.at && answer < s.at+s.lasts {
			answer = s.at + s.lasts
		}
		truth = append(truth, answer-due)
	}
	l, v := run(context.Background(), t, o)
	return l, v, truth
}

func TestStallNearTheEndIsNotForgotten(t *testing.T) {
	for i, c := range []struct {
		name   string
		s      stalled
		q      float64
		truth  time.Duration // of the first threshold's percentile
		states []record.ThresholdState
		exit   int
	}{
		{"0.9 % unsent", stalled{2000, 10 * time.Second, 1000, 4 * time.Millisecond, 9410 * time.Millisecond, 4 * time.Second, []string{"p95<500ms", "p90<500ms", "p99<1ms", "max<500ms"}},
			0.95, 3500 * time.Millisecond, []record.ThresholdState{"inconclusive", "pass", "fail", "fail"}, 1},
		{"0.9 % unsent, nothing else", stalled{2000, 10 * time.Second, 1000, 4 * time.Millisecond, 9410 * time.Millisecond, 4 * time.Second, []string{"p95<500ms"}},
			0.95, 3500 * time.Millisecond, []record.ThresholdState{"inconclusive"}, 3},
		{"four in flight", stalled{1000, 10 * time.Second, 4, time.Millisecond, 9950 * time.Millisecond, 3 * time.Second, []string{"p99.9<100ms", "p99<100ms", "p99.9<10ms"}},
			0.999, 2990 * time.Millisecond, []record.ThresholdState{"inconclusive", "pass", "fail"}, 1},
		{"four in flight, nothing else", stalled{1000, 10 * time.Second, 4, time.Millisecond, 9950 * time.Millisecond, 3 * time.Second, []string{"p99.9<100ms"}},
			0.999, 2990 * time.Millisecond, []record.ThresholdState{"inconclusive"}, 3},
		{"37.5 % unsent", stalled{200, 10 * time.Second, 4, 4 * time.Millisecond, 6250 * time.Millisecond, 20600 * time.Millisecond,
			[]string{"p70<2s", "rate>=50%", "rate>=50/s", "rate>=99%", "p50<2s", "error_rate<1%", "error_rate<50%", "bad_tokens==0", "login.p70<2s", "login.error_rate<1%"}},
			0.7, 17600 * time.Millisecond, []record.ThresholdState{"inconclusive", "pass", "pass", "inconclusive", "pass", "inconclusive", "pass", "inconclusive", "inconclusive", "inconclusive"}, 3},
	} {
		if testing.Short() && raceEnabled && i >= 1 {
			break
		}
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, v, truth := c.s.run(t)
				if got := quantile(truth, c.q); (got - c.truth).Abs() > 10*time.Millisecond {
					t.Fatalf("the truth is %v, not %v", got, c.truth)
				}
				if v.Exit != c.exit || l.Totals.Unsent == 0 {
					t.Errorf("exit %d %v, %d unsent", v.Exit, v.Reasons, l.Totals.Unsent)
				}
				for i, want := range c.states {
					if th := l.Thresholds[i]; th.State != want {
						t.Errorf("%s is %s (%s): %s", th.Expression, th.State, th.Value, th.Reason)
					}
				}
				first := l.Thresholds[0]
				t.Logf("%s: %s, %s", first.Expression, first.Value, first.Reason)
				if !strings.HasPrefix(first.Value, "≥") || !strings.Contains(first.Reason, "never sent") {
					t.Errorf("%s is said to be %s: %s", first.Expression, first.Value, first.Reason)
				}
				if m := first.Measured; m.Low > c.truth.Seconds() || m.High != nil && *m.High < c.truth.Seconds()*0.99 {
					t.Errorf("the truth, %v, lies outside %+v", c.truth, m)
				}
				sums(t, l)
			})
		})
	}
}

func TestCutRequestsAreCensored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := service(t, reference.Options{Script: reference.Script{Delay: 4 * time.Millisecond, Stalls: []reference.Stall{{At: 5 * time.Second, For: time.Hour}}}})
		o := options(s, load.Phase{Shape: load.Constant, Rate: 200, Duration: 10 * time.Second})
		o.Timeout, o.Thresholds = time.Minute, thresholds(t, "p99<1h", "p80<1h", "p99<10ms", "error_rate<1%", "bad_tokens==0")
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(6*time.Second, cancel)
		defer cancel()
		l, v := run(ctx, t, o)
		if v.Exit != 130 || l.Totals.Sent == l.Totals.Completed {
			t.Fatalf("exit %d, %+v", v.Exit, l.Totals)
		}
		for i, want := range []record.ThresholdState{"inconclusive", "pass", "fail", "inconclusive", "inconclusive"} {
			if th := l.Thresholds[i]; th.State != want {
				t.Errorf("%s is %s (%s): %s", th.Expression, th.State, th.Value, th.Reason)
			}
		}
		if want := l.Totals.Sent - l.Totals.Completed; l.All.Censored != want || !l.All.Latency.AtLeast.P99 || l.All.Latency.AtLeast.Min {
			t.Errorf("%d are censored, %d were cut; %+v", l.All.Censored, want, l.All.Latency)
		}
		sums(t, l)
	})
}

// slow answers each token request after a time of its own.
func slow(s http.Handler, took func() time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-time.After(took())
		s.ServeHTTP(w, r)
	})
}

// A target that keeps up has the rate that it was asked for, however long its
// answers take: those of the last moment come after the plan's end.
func TestRateOfATargetThatKeepsUp(t *testing.T) {
	for name, took := range map[string]func(*rand.Rand) time.Duration{
		"half a second": func(*rand.Rand) time.Duration { return 500 * time.Millisecond },
		"evenly spread": func(random *rand.Rand) time.Duration {
			return time.Duration(100+800*random.Float64()) * time.Millisecond
		},
		"exponential": func(random *rand.Rand) time.Duration {
			return time.Duration(300 * random.ExpFloat64() * float64(time.Millisecond))
		},
		"log-normal": func(random *rand.Rand) time.Duration {
			return time.Duration(200 * math.Exp(random.NormFloat64()) * float64(time.Millisecond))
		},
		"a long tail": func(random *rand.Rand) time.Duration {
			if random.IntN(50) == 0 {
				return 3 * time.Second
			}
			return 20 * time.Millisecond
		},
	} {
		for _, rate := range []float64{20, 100} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					random := rand.New(rand.NewPCG(7, 8))
					var mu sync.Mutex // requests are answered at once, and one after another asks for its time
					next := func() time.Duration {
						mu.Lock()
						defer mu.Unlock()
						return took(random)
					}
					o := options(slow(service(t, reference.Options{}), next), load.Phase{Shape: load.Constant, Rate: rate, Duration: 10 * time.Second})
					o.Thresholds = thresholds(t, "rate>=99%")
					perS, err := load.ParseThreshold(map[float64]string{20: "rate>=19.8/s", 100: "rate>=99/s"}[rate])
					if err != nil {
						t.Fatal(err)
					}
					o.Thresholds = append(o.Thresholds, perS)
					l, v := run(context.Background(), t, o)
					if v.Exit != 0 {
						t.Errorf("%v; %d of %d achieved", v.Reasons, l.All.Achieved, l.Totals.Planned)
					}
					if l.Totals.RatePerS < 0.99*rate || l.Totals.RatePerS > rate || l.All.RatePerS != l.Totals.RatePerS {
						t.Errorf("%v/s and %v/s of %v/s", l.Totals.RatePerS, l.All.RatePerS, rate)
					}
				})
			})
		}
	}
}

// What a target in overload answers after the plan's end does not count, nor does
// what comes after a stall.
func TestRateOfATargetThatDoesNotKeepUp(t *testing.T) {
	for name, c := range map[string]struct {
		script reference.Script
		phase  load.Phase
		fails  string
		holds  string
	}{
		"just too slow":         {reference.Script{Capacity: 96}, load.Phase{Shape: load.Constant, Rate: 100, Duration: 8 * time.Second}, "rate>=97/s", "rate>=95/s"},
		"far too slow":          {reference.Script{Capacity: 50}, load.Phase{Shape: load.Constant, Rate: 100, Duration: 8 * time.Second}, "rate>=52%", "rate>=48%"},
		"too slow at the end":   {reference.Script{Capacity: 100}, load.Phase{Shape: load.Ramp, From: 10, Rate: 200, Duration: 10 * time.Second}, "rate>=95%", "rate>=50%"},
		"a stall at the end":    {reference.Script{Delay: answerTime, Stalls: []reference.Stall{{At: 7 * time.Second, For: 4 * time.Second}}}, load.Phase{Shape: load.Constant, Rate: 100, Duration: 10 * time.Second}, "rate>=72%", "rate>=68%"},
		"stall, then too slow":  {reference.Script{Capacity: 100, Stalls: []reference.Stall{{At: time.Second, For: time.Second}}}, load.Phase{Shape: load.Ramp, From: 10, Rate: 200, Duration: 10 * time.Second}, "rate>=95%", "rate>=50%"},
		"slow and then stalled": {reference.Script{Delay: time.Second, Stalls: []reference.Stall{{At: 8 * time.Second, For: 10 * time.Second}}}, load.Phase{Shape: load.Constant, Rate: 20, Duration: 10 * time.Second}, "rate>=75%", "rate>=50%"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := options(service(t, reference.Options{Script: c.script}), c.phase)
				o.Thresholds = thresholds(t, c.fails, c.holds)
				l, _ := run(context.Background(), t, o)
				if l.Thresholds[0].State != "fail" || l.Thresholds[1].State != "pass" {
					t.Errorf("%s is %s, %s is %s: %s", c.fails, l.Thresholds[0].State, c.holds, l.Thresholds[1].State, l.Thresholds[0].Value)
				}
			})
		})
	}
}

func TestRateOfAClosedLoopIsARange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options(service(t, reference.Options{Script: reference.Script{Delay: 900 * time.Millisecond}}), load.Phase{Shape: load.Max, Duration: 10 * time.Second})
		o.Plan.MaxInflight = 10
		o.Thresholds = thresholds(t, "rate>=10.9/s", "rate>=11.1/s", "rate>=12.1/s", "rate>=90%")
		l, _ := run(context.Background(), t, o) // the truth is 11.1/s; eleven rounds end in time, a twelfth begins
		for i, want := range []record.ThresholdState{"pass", "inconclusive", "fail", "pass"} {
			if th := l.Thresholds[i]; th.State != want {
				t.Errorf("%s is %s (%s): %s", th.Expression, th.State, th.Value, th.Reason)
			}
		}
	})
}

// A service of the mix without any request is noted, and its thresholds say so.
func TestServiceWithoutARequestIsNoted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options(service(t, reference.Options{}), load.Phase{Shape: load.Constant, Rate: 10, Duration: time.Second})
		o.Plan.Mix = []load.Share{{Service: unifier.Login, Weight: 99}, {Service: unifier.OAuth, Weight: 1}}
		o.Thresholds = thresholds(t, "login.p50<1s", "oauth.bad_tokens==0")
		l, v := run(context.Background(), t, o)
		if v.Exit != 3 || l.Thresholds[1].State != "inconclusive" || l.Thresholds[1].Reason != "nothing was measured" {
			t.Errorf("exit %d, %+v", v.Exit, l.Thresholds)
		}
		if !strings.Contains(strings.Join(l.Notes, "\n"), "no request was due for oauth") {
			t.Errorf("notes %q", l.Notes)
		}
	})
}
