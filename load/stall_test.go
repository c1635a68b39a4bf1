package load_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/load"
)

// quantile returns the exact quantile of latencies: the smallest one at or below
// which the share q lies.
func quantile(latencies []time.Duration, q float64) time.Duration {
	s := slices.Sorted(slices.Values(latencies))
	i := max(int(q*float64(len(s))+0.999999)-1, 0)
	return s[i]
}

// compare checks the quantiles of a run against those of the latencies that must come out.
func compare(t *testing.T, latencies []time.Duration, o load.Options) {
	t.Helper()
	l, v := run(context.Background(), t, o)
	if got, want := l.Totals.Planned, uint64(len(latencies)); got != want {
		t.Fatalf("%d requests were planned, not %d", got, want)
	}
	within2Percent(t, "p50", l.All.Latency.P50, quantile(latencies, 0.5))
	within2Percent(t, "p95", l.All.Latency.P95, quantile(latencies, 0.95))
	within2Percent(t, "p99", l.All.Latency.P99, quantile(latencies, 0.99))
	if l.Generator.Saturated {
		t.Errorf("the generator calls itself saturated: %v", l.Generator.Reasons)
	}
	t.Logf("p50 %.4f of %v, p95 %.4f of %v, p99 %.4f of %v, unsent %d, catch-up %d, verdict %v", l.All.Latency.P50, quantile(latencies, 0.5),
		l.All.Latency.P95, quantile(latencies, 0.95), l.All.Latency.P99, quantile(latencies, 0.99), l.Totals.Unsent, l.Generator.CatchUpRequests, v.State)
}

const (
	stallRate  = 200
	stallTime  = 10 * time.Second
	answerTime = 4 * time.Millisecond
)

func TestStallShowsInFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := service(t, reference.Options{Script: reference.Script{
			Delay: answerTime, Stalls: []reference.Stall{{At: 5 * time.Second, For: time.Second}},
		}})
		o := options(s, load.Phase{Shape: load.Constant, Rate: stallRate, Duration: stallTime})
		var truth []time.Duration
		for k := range stallRate * 10 {
			due := time.Duration(k) * time.Second / stallRate
			answer := due + preflightTime + answerTime
			if answer >= 5*time.Second && answer < 6*time.Second {
				answer = 6 * time.Second
			}
			truth = append(truth, answer-preflightTime-due)
		}
		compare(t, truth, o)
	})
}

// preflightTime is how long the two requests before the plan take.
const preflightTime = 2 * answerTime

func TestStallWithFewConnectionsIsCaughtUpAtTwiceTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const inFlight = 4
		s := service(t, reference.Options{Script: reference.Script{
			Delay: answerTime, Stalls: []reference.Stall{{At: 5 * time.Second, For: time.Second}},
		}})
		o := options(s, load.Phase{Shape: load.Constant, Rate: stallRate, Duration: stallTime})
		o.Plan.MaxInflight = inFlight
		// The truth by an own simulation: a request is sent when it is due, when a
		// connection is free and half an interval after the one before.
		var truth []time.Duration
		var free []time.Duration // when each connection is free
		previous := -time.Second
		interval := time.Second / stallRate
		for k := range stallRate * 10 {
			due := time.Duration(k) * interval
			send := max(due, previous+interval/2)
			if len(free) == inFlight {
				slices.Sort(free)
				send = max(send, free[0])
				free = free[1:]
			}
			answer := send + answerTime
			if at := answer + preflightTime; at >= 5*time.Second && at < 6*time.Second {
				answer = 6*time.Second - preflightTime
			}
			free, previous = append(free, answer), send
			truth = append(truth, answer-due)
		}
		compare(t, truth, o)
	})
}

func TestNoAnswerForTheLastThreeSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const inFlight = 50
		s := service(t, reference.Options{Script: reference.Script{
			Delay: answerTime, Stalls: []reference.Stall{{At: 7 * time.Second, For: time.Hour}},
		}})
		o := options(s, load.Phase{Shape: load.Constant, Rate: stallRate, Duration: stallTime})
		o.Plan.MaxInflight = inFlight
		o.Timeout = 8 * time.Second
		o.Thresholds = thresholds(t, "p99<250ms", "error_rate<50%")
		var truth []time.Duration
		unanswered := 0
		for k := range stallRate * 10 {
			due := time.Duration(k) * time.Second / stallRate
			switch answer := due + preflightTime + answerTime; {
			case answer < 7*time.Second:
				truth = append(truth, answerTime)
			case unanswered < inFlight:
				unanswered++
				truth = append(truth, o.Timeout)
			default:
				truth = append(truth, stallTime-due) // what it had waited when the run ended
			}
		}
		compare(t, truth, o)
	})
}

func TestUnsentRequestsTurnNoThresholdGreen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := service(t, reference.Options{Script: reference.Script{
			Delay: answerTime, Stalls: []reference.Stall{{At: 7 * time.Second, For: time.Hour}},
		}})
		o := options(s, load.Phase{Shape: load.Constant, Rate: stallRate, Duration: stallTime})
		o.Plan.MaxInflight, o.Timeout = 4, 8*time.Second
		o.Thresholds = thresholds(t, "p90<250ms", "error_rate<50%")
		l, v := run(context.Background(), t, o)
		if v.Exit != 1 || l.Thresholds[0].State != "fail" {
			t.Errorf("exit %d, thresholds %+v", v.Exit, l.Thresholds)
		}
		if l.Totals.UnsentReasons["in-flight limit"] != l.Totals.Unsent || l.Totals.Unsent < 500 {
			t.Errorf("unsent %d for %v", l.Totals.Unsent, l.Totals.UnsentReasons)
		}
		if l.Totals.Sent+l.Totals.Unsent != l.Totals.Planned {
			t.Errorf("sent %d and unsent %d are not the planned %d", l.Totals.Sent, l.Totals.Unsent, l.Totals.Planned)
		}
	})
}

func TestStallOfTheGeneratorIsNotTheTargets(t *testing.T) {
	for _, c := range []struct {
		name      string
		at, lasts time.Duration
	}{
		{"to the plan's end", 3 * time.Second, 2500 * time.Millisecond},
		{"over most of the plan", 1500 * time.Millisecond, 4 * time.Second},
		{"in the midst", time.Second, time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				// An error now and then makes unigate redact a sample, which takes
				// it long once: it receives no replies and sends nothing meanwhile.
				s := service(t, reference.Options{})
				var requests atomic.Int64
				failing := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if n := requests.Add(1); n%10 == 0 {
						w.WriteHeader(500 + int(n/10)) // of each status a few samples are kept
						return
					}
					s.ServeHTTP(w, r)
				})
				o := options(failing, load.Phase{Shape: load.Constant, Rate: 100, Duration: 4 * time.Second})
				o.Plan.MaxInflight = 10
				o.Thresholds = thresholds(t, "p99<500ms", "error_rate<50%")
				began, stalled := time.Now(), false
				errors := 0
				o.RedactBody = func(text string) string {
					if errors++; !stalled && time.Since(began) >= c.at {
						stalled = true
						time.Sleep(c.lasts)
					}
					return text
				}
				l, v := run(context.Background(), t, o)
				if !stalled {
					t.Fatalf("unigate did not stall; %d errors", errors)
				}
				if !l.Generator.Saturated || v.Exit != 3 {
					t.Errorf("saturated %t %v, exit %d %v; %+v", l.Generator.Saturated, l.Generator.Reasons, v.Exit, v.Reasons, l.Totals)
				}
				for _, th := range l.Thresholds {
					if th.State != "inconclusive" {
						t.Errorf("%s is %s", th.Expression, th.State)
					}
				}
			})
		})
	}
}

func TestOverloadIsNotForgiven(t *testing.T) {
	for _, c := range []struct {
		capacity float64
		share    string
		state    string
	}{
		{96, "rate>=97%", "fail"},
		{96, "rate>=97/s", "fail"},
		{50, "rate>=52%", "fail"},
		{50, "rate>=48%", "pass"},
		{200, "rate>=99.5%", "pass"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := service(t, reference.Options{Script: reference.Script{Capacity: c.capacity}})
			o := options(s, load.Phase{Shape: load.Constant, Rate: 100, Duration: 8 * time.Second})
			o.Thresholds = thresholds(t, c.share)
			l, _ := run(context.Background(), t, o)
			if th := l.Thresholds[0]; string(th.State) != c.state {
				t.Errorf("%v/s of 100/s: %s is %s: %s", c.capacity, th.Expression, th.State, th.Value)
			}
		})
	}
}

func TestPlanThatWasHardlySentIsNoPass(t *testing.T) {
	for _, c := range []struct {
		name  string
		limit int
		judge []string
		exit  int
	}{
		{"most unsent", 1, nil, 3},
		{"judged by unsent, and no error could be too many", 1, []string{"unsent<100000", "error_rate<99%"}, 0},
		{"judged by unsent, but the rest may have failed", 1, []string{"unsent<100000"}, 3},
		{"judged by rate", 1, []string{"rate>=1%", "error_rate<99%"}, 3},
		{"judged by rate per second", 1, []string{"rate>=1/s", "error_rate<99%"}, 3},
		{"all sent", 1000, nil, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := service(t, reference.Options{Script: reference.Script{Delay: 50 * time.Millisecond}})
			o := options(s, load.Phase{Shape: load.Constant, Rate: 1000, Duration: 2 * time.Second})
			o.Plan.MaxInflight, o.Thresholds = c.limit, thresholds(t, c.judge...)
			l, v := run(context.Background(), t, o)
			if v.Exit != c.exit || (c.exit == 3) != strings.Contains(strings.Join(v.Reasons, " "), "never sent") {
				t.Errorf("%s: exit %d %v, unsent %d of %d", c.name, v.Exit, v.Reasons, l.Totals.Unsent, l.Totals.Planned)
			}
		})
	}
}
