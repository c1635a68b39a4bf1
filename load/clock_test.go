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

// The clock of unigate's machine may be set in the midst of a run, and the machine may have
// slept: the target's answers are as right as they were. A target whose own clock is set by
// more than the allowed skew gives wrong ones.
func TestClocksThatAreSet(t *testing.T) {
	for _, c := range []struct {
		name   string
		ours   time.Duration // by which unigate's clock is put forward against the time that passes
		theirs time.Duration // and the target's, against what unigate's clock shows
		ahead  time.Duration // how far the target's is ahead from the start
		noDate bool
		wrong  bool
		note   string
	}{
		{name: "none"},
		{name: "put forward", ours: time.Hour, theirs: -time.Hour, note: "this machine's clock was put forward by 1h0m0s during the run"},
		{name: "put back", ours: -5 * time.Minute, theirs: 5 * time.Minute, note: "this machine's clock was put back by 5m0s"},
		{name: "put forward, no Date", ours: time.Hour, theirs: -time.Hour, noDate: true, note: "put forward by 1h0m0s"},
		{name: "put forward to the target's time", ours: 90 * time.Second, theirs: -90 * time.Second, ahead: 90 * time.Second, note: "put forward by 1m30s"},
		{name: "a machine that slept", ours: time.Hour},
		{name: "a machine that slept, and a clock ahead", ours: time.Hour, ahead: 100 * time.Second},
		{name: "the target's, within the bound", theirs: -100 * time.Second},
		{name: "the target's, from one side to the other", ahead: 100 * time.Second, theirs: -200 * time.Second},
		{name: "the target's, beyond the bound", theirs: time.Hour, wrong: true},
		{name: "the target's, beyond the bound, and a machine that slept", theirs: -time.Hour, ours: 10 * time.Minute, wrong: true, note: "put forward by 10m0s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var ahead, n atomic.Int64
				ahead.Store(int64(c.ahead))
				s := service(t, reference.Options{
					Users: reference.DefaultUsers(), Script: reference.Script{Delay: answerTime},
					Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) },
				})
				var metrics *load.Metrics
				h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if n.Add(1) == 100 {
						metrics.PutForward(c.ours)
						ahead.Add(int64(c.theirs))
					}
					w.Header().Set("Date", time.Now().Add(time.Duration(ahead.Load())).UTC().Format(http.TimeFormat))
					s.ServeHTTP(w, r)
					if c.noDate {
						w.Header().Del("Date")
					}
				})
				o := options(h, load.Phase{Shape: load.Constant, Rate: 50, Duration: 6 * time.Second})
				o.Thresholds = thresholds(t)
				o.Metrics = func(m *load.Metrics) { metrics = m }
				l, v := run(context.Background(), t, o)
				// The answer during which a clock is set may be wrong by either.
				if wrong := l.Totals.BadTokens > 1; wrong != c.wrong || c.wrong && l.Totals.BadTokens < 190 || v.Exit != map[bool]int{false: 0, true: 1}[c.wrong] {
					t.Errorf("exit %d %q, %d wrong tokens: %+v", v.Exit, v.Reasons, l.Totals.BadTokens, l.Bad)
				}
				if notes := strings.Join(l.Notes, "\n"); (c.note == "") != !strings.Contains(notes, "this machine's clock") || !strings.Contains(notes, c.note) {
					t.Errorf("notes %q", l.Notes)
				}
			})
		})
	}
}
