package load_test

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/load"
)

// sums adds up a series and compares it with the totals of its run.
func sums(t *testing.T, l *record.Load) {
	t.Helper()
	var s record.Totals
	most, censored := 0, uint64(0)
	for _, p := range l.Series {
		censored += p.Censored
		s.Planned, s.Sent, s.Completed = s.Planned+p.Planned, s.Sent+p.Sent, s.Completed+p.Completed
		s.Errors, s.BadTokens, s.Unsent = s.Errors+p.Errors, s.BadTokens+p.BadTokens, s.Unsent+p.Unsent
		most = max(most, p.InFlight)
	}
	w := l.Totals
	if want := w.Unsent + w.Sent - w.Completed; censored != want || l.All.Censored != want {
		t.Errorf("%d are censored in the series, %d in all; %d were unsent or cut", censored, l.All.Censored, want)
	}
	if s.Planned != w.Planned || s.Sent != w.Sent || s.Completed != w.Completed || s.Errors != w.Errors || s.BadTokens != w.BadTokens || s.Unsent != w.Unsent {
		t.Errorf("the series adds up to %+v, the totals are %+v", s, w)
	}
	if most != l.Generator.MaxInFlight || most == 0 {
		t.Errorf("at most %d in flight in the series, %d for the generator", most, l.Generator.MaxInFlight)
	}
}

// near reports whether a count is as expected, but for the requests at the ends of an interval.
func near(got uint64, want float64) bool { return math.Abs(float64(got)-want) <= 2 }

func TestOverloadShowsInTheSeries(t *testing.T) {
	const rate, capacity, lasts = 100, 60, 4
	for _, c := range []struct {
		name        string
		maxInflight int
		points      int
		sent        float64 // a second, of the plan
	}{
		{"everything is sent", 500, 7, rate},
		{"as many are sent as are answered", 10, 5, capacity},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := service(t, reference.Options{Script: reference.Script{Capacity: capacity}})
				o := options(s, load.Phase{Shape: load.Constant, Rate: rate, Duration: lasts * time.Second})
				o.Plan.MaxInflight = c.maxInflight
				l, _ := run(context.Background(), t, o)
				sums(t, l)
				if len(l.Series) != c.points {
					t.Errorf("%d points", len(l.Series))
				}
				for i, p := range l.Series {
					planned, sent, completed := float64(rate), c.sent, float64(capacity)
					switch {
					case i >= lasts:
						planned, sent = 0, 0
					case i == 0:
						sent = math.Min(sent+float64(c.maxInflight), rate) // until the limit is reached
					}
					if i == len(l.Series)-1 {
						completed = float64(l.Totals.Sent) - capacity*float64(i)
					}
					if !near(p.Planned, planned) || !near(p.Sent, sent) || !near(p.Completed, completed) {
						t.Errorf("second %d: planned %d, sent %d, completed %d", i, p.Planned, p.Sent, p.Completed)
					}
				}
				overloadRates(t, l, capacity)
			})
		})
	}
}

// overloadRates compares all the rates of a run of one service that answers so many a second.
func overloadRates(t *testing.T, l *record.Load, capacity float64) {
	t.Helper()
	rates := map[string]float64{"totals": l.Totals.RatePerS, "all": l.All.RatePerS}
	for _, row := range l.Services {
		rates[row.Status] = row.RatePerS
	}
	for name, got := range rates {
		want := l.Totals.RatePerS
		if name == "unsent" {
			want = 0
		}
		if got != want || (name != "unsent" && math.Abs(got-capacity) > 1) {
			t.Errorf("the rate of %s is %v/s, of the totals %v/s; the service answers %v/s", name, got, l.Totals.RatePerS, capacity)
		}
	}
}

func TestShortAnswersAreSeenInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := service(t, reference.Options{Script: reference.Script{Delay: 4 * time.Millisecond}})
		l, _ := run(context.Background(), t, options(s, load.Phase{Shape: load.Constant, Rate: 50, Duration: 3 * time.Second}))
		sums(t, l)
		for _, p := range l.Series {
			if p.InFlight != 1 {
				t.Errorf("%d in flight at %v s", p.InFlight, p.TS)
			}
		}
	})
}

func TestStallIsSeenInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := service(t, reference.Options{Script: reference.Script{
			Delay: 4 * time.Millisecond, Stalls: []reference.Stall{{At: 1500 * time.Millisecond, For: 3 * time.Second}},
		}})
		o := options(s, load.Phase{Shape: load.Constant, Rate: 50, Duration: 6 * time.Second})
		o.Plan.MaxInflight = 10
		l, _ := run(context.Background(), t, o)
		sums(t, l)
		// In the seconds 2 and 3 nothing starts, and ten requests wait.
		for i, want := range []int{1, 10, 10, 10, 10} {
			if got := l.Series[i].InFlight; got != want {
				t.Errorf("%d in flight in second %d, not %d", got, i, want)
			}
		}
	})
}

func TestSearchHasASeries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := service(t, reference.Options{Script: reference.Script{Capacity: 100, Delay: 4 * time.Millisecond}})
		o := options(s, load.Phase{Shape: load.Constant, Rate: 10, Duration: time.Minute})
		o.Capacity = &thresholds(t, "p99<50ms")[0]
		l, _ := run(context.Background(), t, o)
		sums(t, l)
		for _, p := range l.Series {
			if p.Sent > 0 && p.InFlight == 0 {
				t.Errorf("%d requests were sent at %v s and none was in flight", p.Sent, p.TS)
			}
		}
		if l.All.RatePerS != l.Totals.RatePerS {
			t.Errorf("%v/s and %v/s", l.All.RatePerS, l.Totals.RatePerS)
		}
	})
}

// A run that stops in overload has the rate of the target until then: what is still
// answered while it drains came after the end.
func TestStoppedRunHasTheRateUntilThen(t *testing.T) {
	const rate, capacity, lasts = 100, 60, 30
	synctest.Test(t, func(t *testing.T) {
		s := service(t, reference.Options{Script: reference.Script{Capacity: capacity}})
		o := options(s, load.Phase{Shape: load.Constant, Rate: rate, Duration: lasts * time.Second})
		o.Plan.MaxInflight = 1000
		o.AbortOn = thresholds(t, "p50<1s")[:1]
		l, _ := run(context.Background(), t, o)
		sums(t, l)
		if l.Stopped == "" || l.Totals.DurationS >= lasts {
			t.Fatalf("stopped: %q, after %g s", l.Stopped, l.Totals.DurationS)
		}
		if got := l.Totals.RatePerS; math.Abs(got-capacity) > 3 || l.All.RatePerS != got {
			t.Errorf("%g/s in all, %g/s in the row", got, l.All.RatePerS)
		}
	})
}
