package steps_test

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/steps"
)

// behindBy runs verify by a clock that stands but for waits, from a second of the minute on,
// against a service whose clock differs by off and shows in no Date header.
func behindBy(t *testing.T, second int, off time.Duration, o reference.Options) *steps.Result {
	t.Helper()
	var waited atomic.Int64
	start := time.Now().Truncate(time.Minute).Add(time.Duration(second) * time.Second)
	now := func() time.Time { return start.Add(time.Duration(waited.Load())) }
	o.Users = twoUsers()
	o.Users[0].Expiry = unifier.Expiry{N: 30, Unit: unifier.Minutes}
	o.Now = func() time.Time { return now().Add(off) }
	opts, _ := targetAt(t, o, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			kept := httptest.NewRecorder()
			next.ServeHTTP(kept, r)
			maps.Copy(w.Header(), kept.Header())
			w.Header()["Date"] = nil
			w.WriteHeader(kept.Code)
			_, _ = w.Write(kept.Body.Bytes())
		})
	}, now)
	opts.Now, opts.Parallel = now, 4
	opts.Sleep = func(_ context.Context, d time.Duration) error {
		waited.Add(int64(d))
		return nil
	}
	if o.Edition != "" {
		opts.Edition = edition(t, o.Edition)
	}
	return run(t, opts)
}

// A clock that is some seconds behind, which no Date header shows, makes times too early by
// more than a minute at its turn only.
func TestClockThatIsALittleBehind(t *testing.T) {
	type clock struct {
		second  int
		off     time.Duration
		edition string
	}
	for _, c := range few(2, []clock{
		{1, -2 * time.Second, ""}, {0, -time.Second, ""}, {7, -9 * time.Second, "24"}, {3, -4 * time.Second, "24"}, {58, 4 * time.Second, ""}, {30, -9 * time.Second, ""},
	}) {
		r := behindBy(t, c.second, c.off, reference.Options{Edition: c.edition})
		verdict(t, r, 0, "")
		if got := states(r, record.Fail); got != "" {
			t.Errorf("%+v: %s fail", c, got)
		}
		if got := requirement(t, r, "LOGIN-07"); got.State != record.Pass {
			t.Errorf("%+v: LOGIN-07 is %s: %s", c, got.State, got.Reason)
		}
	}
}

// What is a minute too short fails whatever the second, and so does a clock that is further behind.
func TestMinuteTooFewIsNoClock(t *testing.T) {
	for _, second := range few(2, []int{2, 5, 9, 10, 30, 59}) {
		if got := requirement(t, behindBy(t, second, -time.Minute, reference.Options{}), "LOGIN-07"); got.State != record.Fail {
			t.Errorf("at second %d LOGIN-07 is %s", second, got.State)
		}
	}
	if got := requirement(t, behindBy(t, 11, -13*time.Second, reference.Options{}), "LOGIN-07"); got.State != record.Fail {
		t.Errorf("13 s behind LOGIN-07 is %s", got.State)
	}
}
