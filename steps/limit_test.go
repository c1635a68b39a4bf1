package steps_test

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
)

// limited answers 429 to what comes beyond so many calls in a second of a clock.
func limited(perSecond int, now func() time.Time, turned *atomic.Int64) wrapper {
	var mu sync.Mutex
	var second int64
	calls := 0
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			if at := now().Unix(); at != second {
				second, calls = at, 0
			}
			calls++
			over := calls > perSecond
			mu.Unlock()
			if over {
				turned.Add(1)
				w.Header().Set("Retry-After", "1")
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// A target that limits the rate of calls is checked in full, wrong passwords too, which
// are never sent a second time: the run keeps below the limit once it was told of it.
func TestLimitOfRatesLeavesNothingUndecided(t *testing.T) {
	var waited, turned atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(waited.Load())) }
	o, _ := target(t, reference.Options{Now: now, Edition: "26"}, limited(25, now, &turned))
	o.Edition, o.Users, o.Now = edition(t, "26"), fewUsers(), now
	o.Sleep = func(_ context.Context, d time.Duration) error {
		waited.Add(int64(d))
		return nil
	}
	r := run(t, o)
	verdict(t, r, 0, "is met")
	if undecided := states(r, record.Error); undecided != "" || turned.Load() == 0 || turned.Load() > 10 {
		t.Errorf("undecided %q, %d calls were turned away", undecided, turned.Load())
	}
}

// What asks to wait says nothing of a gateway's stumbling, and the other way round: one call
// may meet both, in either order, and is made again for each of them.
func TestLimitAndGatewayMeetOneCall(t *testing.T) {
	for name, says := range map[string][]int{"limit first": {429, 502}, "gateway first": {502, 429}} {
		var at atomic.Int64
		var waited atomic.Int64
		now := func() time.Time { return time.Now().Add(time.Duration(waited.Load())) }
		o, _ := target(t, reference.Options{Now: now, Users: twoUsers()}, func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if n := int(at.Add(1)) - 40; n >= 0 && n < len(says) {
					if says[n] == http.StatusTooManyRequests {
						w.Header().Set("Retry-After", "1")
					}
					w.WriteHeader(says[n])
					return
				}
				next.ServeHTTP(w, r)
			})
		})
		o.Now, o.Parallel = now, 1
		o.Sleep = func(_ context.Context, d time.Duration) error {
			waited.Add(int64(d))
			return nil
		}
		r := run(t, o)
		if got := states(r, record.Fail); got != "" || r.Verdict.Exit != 0 || r.Conformance.RequestsRetried != 2 {
			t.Errorf("%s: exit %d, %q fail, %d made again", name, r.Verdict.Exit, got, r.Conformance.RequestsRetried)
		}
	}
}
