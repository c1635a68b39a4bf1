package load_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/load"
)

// overdue answers every so many-th request with nothing but the end of its time, which
// is noticed late.
type overdue struct {
	inMemory
	every int64
	late  time.Duration
	n     *atomic.Int64
}

// RoundTrip implements http.RoundTripper.
func (o overdue) RoundTrip(r *http.Request) (*http.Response, error) {
	if n := o.n.Add(1); n <= 20 || n%o.every != 0 {
		return o.inMemory.RoundTrip(r)
	}
	<-r.Context().Done()
	time.Sleep(o.late)
	return nil, r.Context().Err()
}

// A time-out that unigate noticed late, as it stood still, is no error of the target's,
// whose answer may have been there; one that it noticed in time is.
func TestTimeoutsNoticedLate(t *testing.T) {
	for _, c := range []struct {
		name   string
		late   time.Duration
		every  int64
		want   string // status
		states [3]record.ThresholdState
		exit   int
	}{
		{"in time", 0, 20, "timeout", [3]record.ThresholdState{record.ThresholdFail, record.ThresholdPass, record.ThresholdFail}, 1},
		{"as timers are", 40 * time.Millisecond, 20, "timeout", [3]record.ThresholdState{record.ThresholdFail, record.ThresholdPass, record.ThresholdFail}, 1},
		{"late", 200 * time.Millisecond, 20, record.StatusUnseen, [3]record.ThresholdState{record.ThresholdInconclusive, record.ThresholdPass, record.ThresholdInconclusive}, 3},
		{"late, and few enough", 200 * time.Millisecond, 400, record.StatusUnseen, [3]record.ThresholdState{record.ThresholdPass, record.ThresholdPass, record.ThresholdPass}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := options(service(t, reference.Options{Script: reference.Script{Delay: answerTime}}), load.Phase{Shape: load.Constant, Rate: 50, Duration: 20 * time.Second})
				o.RoundTripper = overdue{o.RoundTripper.(inMemory), c.every, c.late, &atomic.Int64{}}
				o.Timeout = time.Second
				o.Thresholds = thresholds(t, "error_rate<1%", "p50<500ms", "p99<500ms")
				l, v := run(context.Background(), t, o)
				if v.Exit != c.exit {
					t.Errorf("exit %d %q", v.Exit, v.Reasons)
				}
				for i, want := range c.states {
					if got := l.Thresholds[i]; got.State != want {
						t.Errorf("%+v, not %s", got, want)
					}
				}
				counts := map[string]uint64{}
				for _, x := range l.Services {
					counts[x.Status] += x.Count
				}
				if n := uint64(1000/c.every) + 1; counts[c.want] > n || counts[c.want] < n-2 || counts["200"]+counts[c.want] != 1000 {
					t.Errorf("%v, not about %d of %s", counts, n, c.want)
				}
				if unseen := counts[record.StatusUnseen]; l.Totals.Errors != counts["timeout"] || l.All.Censored != unseen {
					t.Errorf("%d errors, %d censored; %v", l.Totals.Errors, l.All.Censored, counts)
				}
			})
		})
	}
}
