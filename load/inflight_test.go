package load_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/load"
	"github.com/unigate/unigate/load/self"
)

// A target that answers everything in 2.0 s needs 2000 in flight at 1000/s: by
// default it gets them, and where it does not, that is no failure of the target.
func TestInFlightByNeed(t *testing.T) {
	for _, c := range []struct {
		name      string
		limit     int
		room      self.Room
		threshold string
		exit      int
		reason    string
	}{
		{"by need", 0, self.Room{}, "p99<2.1s", 0, ""},
		{"enough", 2100, self.Room{}, "p99<2.1s", 0, ""},
		{"too few", 1000, self.Room{}, "p99<2.1s", 3, "needs about 2000 in flight"},
		{"far too few", 10, self.Room{}, "p99<2.1s", 3, "needs about 2000 in flight"},
		{"few descriptors", 0, self.Room{Descriptors: 256, Open: 8}, "p99<2.1s", 3, "the in-flight limit of 200 held"},
		{"too few, and too slow without that", 1000, self.Room{}, "p99<1.5s", 1, "threshold p99<1.5s"},
		{"too few, and what holds says nothing", 1000, self.Room{}, "p99<60s", 3, "needs about 2000 in flight"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := service(t, reference.Options{Script: reference.Script{Delay: 2 * time.Second}})
			o := options(s, load.Phase{Shape: load.Constant, Rate: 1000, Duration: 6 * time.Second})
			o.Plan.MaxInflight, o.Room = c.limit, func() self.Room { return c.room }
			o.Thresholds = thresholds(t, c.threshold)
			l, v := run(context.Background(), t, o)
			if v.Exit != c.exit || !strings.Contains(strings.Join(v.Reasons, "\n"), c.reason) {
				t.Errorf("%s: exit %d %q", c.name, v.Exit, v.Reasons)
			}
			if l.Generator.Saturated || l.Generator.NeededInFlight != 2000 || l.Plan.InflightByNeed != (c.limit == 0) {
				t.Errorf("%s: saturated %v, needs %d, by need %t", c.name, l.Generator.Reasons, l.Generator.NeededInFlight, l.Plan.InflightByNeed)
			}
		})
	}
}

// A stall is the target's, however few may be in flight: while it lasted nobody was answered.
func TestStallIsTheTargetsWhateverTheLimit(t *testing.T) {
	for _, limit := range []int{0, 4, 100} {
		synctest.Test(t, func(t *testing.T) {
			s := service(t, reference.Options{Script: reference.Script{Delay: answerTime, Stalls: []reference.Stall{{At: 3 * time.Second, For: 2 * time.Second}}}})
			o := options(s, load.Phase{Shape: load.Constant, Rate: 200, Duration: 10 * time.Second})
			o.Plan.MaxInflight, o.Thresholds = limit, thresholds(t, "p90<500ms", "p99<5s")
			l, _ := run(context.Background(), t, o)
			if got := l.Thresholds[0]; got.State != record.ThresholdFail {
				t.Errorf("%d in flight: %s is %s: %s", limit, got.Expression, got.State, got.Reason)
			}
			if got := l.Thresholds[1]; got.State != record.ThresholdPass {
				t.Errorf("%d in flight: %s is %s: %s", limit, got.Expression, got.State, got.Reason)
			}
		})
	}
}

// One stall needs as many in flight as are due while it lasts, at the rate that the plan
// has then: not its highest rate times the slowest answer.
func TestNeedOfASingleStall(t *testing.T) {
	for _, c := range []struct {
		name      string
		at, lasts time.Duration
		low, high int
	}{
		{"at the base rate", 2 * time.Second, time.Second, 49, 53},
		{"in the spike", 10200 * time.Millisecond, 500 * time.Millisecond, 248, 260},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := service(t, reference.Options{Script: reference.Script{Delay: answerTime, Stalls: []reference.Stall{{At: c.at + preflightTime, For: c.lasts}}}})
				o := options(s, load.Phase{Shape: load.Spike, Rate: 50, Peak: 500, At: 10 * time.Second, Length: time.Second, Duration: 20 * time.Second})
				o.Plan.MaxInflight = 10
				l, v := run(context.Background(), t, o)
				if n := l.Generator.NeededInFlight; v.Exit != 3 || n < c.low || n > c.high {
					t.Errorf("needs %d, the truth is about %d; exit %d %q", n, c.low, v.Exit, v.Reasons)
				}
			})
		})
	}
}
