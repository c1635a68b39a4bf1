package load_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/load"
)

// What a network answers in the target's place is none of the target's errors: what it
// leaves open is inconclusive, and what holds all the same holds. What stands in front of a
// target is a part of it.
func TestAnswersInTheTargetsPlace(t *testing.T) {
	const page = "<html>a page</html>"
	for _, c := range []struct {
		name     string
		status   int
		body     string
		from, to int // which requests of the plan are answered so
		every    int
		exit     int
		state    record.ThresholdState // of error_rate<1%
		note     string
	}{
		{"never", 511, page, 0, 0, 1, 0, record.ThresholdPass, ""},
		{"once", 511, page, 100, 101, 1, 0, record.ThresholdPass, "1 answer of login was not the target's"},
		{"too often to tell", 511, page, 0, 1000, 20, 3, record.ThresholdInconclusive, "50 answers of login were not the target's"},
		{"for half a second", 511, page, 400, 450, 1, 3, record.ThresholdInconclusive, "50 answers of login were not the target's"},
		{"from some time on", 511, page, 400, 1000, 1, 3, record.ThresholdInconclusive, "answers of login were not the target's"},
		{"a gateway's", 502, page, 0, 1000, 20, 1, record.ThresholdFail, "50 errors were (502, 503 or 504) in another form than the service's own"},
		{"one of a gateway's", 502, page, 100, 101, 1, 0, record.ThresholdPass, "1 error was (502, 503 or 504)"},
		{"the service's own", 503, `{"status":503,"message":"busy"}`, 0, 1000, 20, 1, record.ThresholdFail, ""},
		{"407 of the target, which is no proxy", 407, page, 0, 1000, 20, 1, record.ThresholdFail, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := service(t, reference.Options{Script: reference.Script{Delay: answerTime}})
				var n atomic.Int64
				h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if k := int(n.Add(1)) - 3; k >= c.from && k < c.to && k%c.every == 0 { // two ask before the plan
						w.WriteHeader(c.status)
						_, _ = w.Write([]byte(c.body))
						return
					}
					s.ServeHTTP(w, r)
				})
				o := options(h, load.Phase{Shape: load.Constant, Rate: 100, Duration: 10 * time.Second})
				o.Thresholds = thresholds(t)
				l, v := run(context.Background(), t, o)
				if v.Exit != c.exit {
					t.Errorf("exit %d %q", v.Exit, v.Reasons)
				}
				for _, th := range l.Thresholds {
					if strings.HasPrefix(th.Expression, "error_rate") && th.State != c.state {
						t.Errorf("%+v", th)
					}
				}
				notes := strings.Join(l.Notes, "\n")
				if c.note == "" && len(l.Notes) > 0 || !strings.Contains(notes, c.note) {
					t.Errorf("notes %q", l.Notes)
				}
				if c.status == 511 && (l.Totals.Errors != 0 || l.Totals.Sent-l.Totals.Completed != l.All.Censored || len(l.Errors) != 0) {
					t.Errorf("%+v, %d censored, errors %+v", l.Totals, l.All.Censored, l.Errors)
				}
				if c.name == "from some time on" && (l.Totals.Sent > 550 || !strings.Contains(strings.Join(v.Reasons, "\n"), "the run stopped itself: ") || l.Stopped != "") {
					t.Errorf("%d were sent, stopped %q: %q", l.Totals.Sent, l.Stopped, v.Reasons)
				}
			})
		})
	}
}

// A search looks again where something else answered, and takes nothing of it for the limit.
func TestCapacityWhileAnotherAnswers(t *testing.T) {
	for _, c := range []struct {
		name  string
		every time.Duration // it answers for a tenth of a second
		exit  int
	}{
		{"once", time.Hour, 0},
		{"at times", 40 * time.Second, 0},
		{"always", time.Second, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := service(t, reference.Options{Script: reference.Script{Capacity: 200}})
				began := time.Now()
				h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if at := time.Since(began); at > time.Second && (at-time.Second)%c.every < 100*time.Millisecond {
						w.WriteHeader(http.StatusNetworkAuthenticationRequired)
						return
					}
					s.ServeHTTP(w, r)
				})
				o := options(h, load.Phase{Shape: load.Constant, Rate: 10, Duration: 2 * time.Minute})
				o.Capacity = &thresholds(t, "p99<100ms")[0]
				l, v := run(context.Background(), t, o)
				got := l.Capacity
				if v.Exit != c.exit || c.exit == 0 && (got.RatePerS < 190 || got.RatePerS > 204) || l.Totals.Errors != 0 {
					t.Errorf("exit %d %q: %.1f/s (%.1f to %.1f), %d errors", v.Exit, v.Reasons, got.RatePerS, got.LowPerS, got.HighPerS, l.Totals.Errors)
				}
				if c.exit == 3 && !strings.Contains(v.Reasons[0], "something else answered in the target's place") {
					t.Errorf("%q", v.Reasons)
				}
			})
		})
	}
}
