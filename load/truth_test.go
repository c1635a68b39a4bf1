package load_test

import (
	"bytes"
	"context"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"sort"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load"
)

// ask is a request of the plan as the server sees it: its number, when it came since the
// plan began, and from whom.
type ask struct {
	k    int
	at   time.Duration
	user string
}

// told is what the server does with a request.
type told struct {
	takes      time.Duration
	status     int    // 0 stands for 200
	retryAfter string // with a status other than 200
	date       string // of a refusal
	wrong      string // "again": the token of the user's answer before; "other": another user's
}

// seen is a request as the server remembers it.
type seen struct {
	ask
	told
}

// server is a target whose every answer is known: before the plan it answers at once.
type server struct {
	answer func(ask) told
	next   http.Handler
	users  []unifier.User
	before int // requests before the plan

	mu    sync.Mutex
	began time.Time
	n     int
	log   []seen
	last  map[string]*httptest.ResponseRecorder
}

// newServer returns a server before a reference service, whose answers come as answer says.
func newServer(t *testing.T, answer func(ask) told) *server {
	t.Helper()
	users := reference.DefaultUsers()[:5]
	return &server{answer: answer, next: service(t, reference.Options{Users: reference.DefaultUsers()}), users: users, before: 2, last: map[string]*httptest.ResponseRecorder{}}
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	user, _, _ := r.BasicAuth()
	s.mu.Lock()
	s.n++
	if s.n <= s.before {
		s.began = time.Now()
		s.mu.Unlock()
		s.next.ServeHTTP(w, r)
		return
	}
	a := ask{k: s.n - s.before - 1, at: time.Since(s.began), user: user}
	does := s.answer(a)
	s.log = append(s.log, seen{a, does})
	s.mu.Unlock()
	timer := time.NewTimer(does.takes)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
		return
	}
	if does.status != 0 && does.status != http.StatusOK {
		if does.retryAfter != "" {
			w.Header().Set("Retry-After", does.retryAfter)
			if does.date != "" {
				w.Header().Set("Date", does.date)
			}
		}
		w.WriteHeader(does.status)
		return
	}
	s.serve(w, r, user, does.wrong)
}

// serve answers with a token, right or wrong.
func (s *server) serve(w http.ResponseWriter, r *http.Request, user, wrong string) {
	if wrong == "other" {
		i := slices.IndexFunc(s.users, func(u unifier.User) bool { return u.Name != user })
		r = r.Clone(r.Context())
		r.SetBasicAuth(s.users[i].Name, string(s.users[i].Password))
	}
	out := httptest.NewRecorder()
	s.next.ServeHTTP(out, r)
	s.mu.Lock()
	if before := s.last[user]; wrong == "again" && before != nil {
		out = before
	} else if wrong == "" {
		s.last[user] = out
	}
	body := bytes.Clone(out.Body.Bytes())
	s.mu.Unlock()
	for name, values := range out.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(out.Code)
	_, _ = w.Write(body)
}

// truth is what a run must say.
type truth struct {
	due     []time.Duration // of every request of the plan, in order
	seen    []seen          // what the server saw, by number
	timeout time.Duration
}

// latency returns that of the request number i, and its status as the record has it.
func (x *truth) latency(i int) (latency time.Duration, status string, wrong bool) {
	s := &x.seen[i]
	took := s.takes
	status = "200"
	if s.status != 0 {
		status = strconv.Itoa(s.status)
	}
	if x.timeout > 0 && took >= x.timeout {
		took, status = x.timeout, "timeout"
	}
	return s.at + took - x.due[i], status, s.wrong != "" && status == "200"
}

// alike reports whether two figures are the same but for the histogram's three digits.
func alike(got, want float64) bool { return math.Abs(got-want) <= 0.0015*want+2e-6 }

// distribution checks the figures of latencies.
func distribution(t *testing.T, what string, got record.Distribution, latencies []time.Duration) {
	t.Helper()
	if len(latencies) == 0 {
		return
	}
	sorted := slices.Sorted(slices.Values(latencies))
	sum := 0.0
	for _, d := range sorted {
		sum += d.Seconds()
	}
	for _, f := range []struct {
		name      string
		got, want float64
	}{
		{"min", got.Min, sorted[0].Seconds()}, {"max", got.Max, sorted[len(sorted)-1].Seconds()}, {"mean", got.Mean, sum / float64(len(sorted))},
		{"p50", got.P50, rank(sorted, 0.5)}, {"p90", got.P90, rank(sorted, 0.9)}, {"p95", got.P95, rank(sorted, 0.95)},
		{"p99", got.P99, rank(sorted, 0.99)}, {"p99.9", got.P999, rank(sorted, 0.999)},
	} {
		if !alike(f.got, f.want) {
			t.Errorf("%s: %s is %.6f s, the truth is %.6f s", what, f.name, f.got, f.want)
		}
	}
}

// rank is the exact quantile of sorted latencies, in seconds.
func rank(sorted []time.Duration, q float64) float64 {
	return sorted[max(int(math.Ceil(q*float64(len(sorted))-1e-9)), 1)-1].Seconds()
}

// compareAll holds everything that a record says of a plan that was sent as a whole
// against the truth.
func compareAll(t *testing.T, l *record.Load, x *truth, duration time.Duration) {
	t.Helper()
	if got, want := l.Totals.Planned, uint64(len(x.due)); got != want {
		t.Errorf("%d were planned, the truth is %d", got, want)
	}
	if len(x.seen) != len(x.due) || l.Totals.Sent != uint64(len(x.seen)) || l.Totals.Attempts != uint64(len(x.seen)) {
		t.Fatalf("%d sent, %d attempts, the server saw %d of %d", l.Totals.Sent, l.Totals.Attempts, len(x.seen), len(x.due))
	}
	byStatus, byUser := map[string][]time.Duration{}, map[string]int{}
	var all []time.Duration
	errors, wrong := map[int]uint64{}, map[int]uint64{}
	bad, failed, in := uint64(0), uint64(0), uint64(0)
	for i := range x.seen {
		if at := x.seen[i].at; at < x.due[i]-time.Microsecond || at > x.due[i]+time.Microsecond {
			t.Fatalf("request %d came at %v, and was due at %v", i, at, x.due[i])
		}
		latency, status, off := x.latency(i)
		all, byStatus[status] = append(all, latency), append(byStatus[status], latency)
		second := int(x.due[i] / time.Second)
		if status != "200" {
			failed++
			errors[second]++
		} else {
			byUser[x.seen[i].user]++
			in++
		}
		if off {
			bad++
			wrong[second]++
		}
	}
	if l.Totals.Errors != failed || l.Totals.BadTokens != bad || l.Totals.Unsent != 0 || l.Totals.Completed != uint64(len(all)) {
		t.Errorf("%d errors, %d bad, %d unsent, %d completed; the truth is %d, %d, 0, %d", l.Totals.Errors, l.Totals.BadTokens, l.Totals.Unsent, l.Totals.Completed, failed, bad, len(all))
	}
	distribution(t, "all", l.All.Latency, all)
	for _, s := range l.Services {
		if s.Status != record.StatusAll {
			distribution(t, "status "+s.Status, s.Latency, byStatus[s.Status])
			if s.Count != uint64(len(byStatus[s.Status])) {
				t.Errorf("%d of status %s, the truth is %d", s.Count, s.Status, len(byStatus[s.Status]))
			}
			delete(byStatus, s.Status)
		}
	}
	if len(byStatus) > 0 {
		t.Errorf("of these there is no row: %v", len(byStatus))
	}
	if want := float64(failed) / float64(len(all)); math.Abs(l.All.ErrorShare-want) > 1e-9 {
		t.Errorf("an error share of %v, the truth is %v", l.All.ErrorShare, want)
	}
	rateOf(t, l, in, duration)
	intervals(t, l, all)
	series(t, l, x, errors, wrong)
}

// rateOf checks the rate of a target that keeps up: every answer of status 200 counts.
func rateOf(t *testing.T, l *record.Load, in uint64, duration time.Duration) {
	t.Helper()
	low, high := float64(l.All.Achieved)/duration.Seconds(), float64(l.All.Achieved+l.All.Unclear)/duration.Seconds()
	if want := float64(in) / duration.Seconds(); want < low-1e-9 && want > high+1e-9 || math.Abs(l.Totals.RatePerS-low) > 1e-9 {
		t.Errorf("%.3f to %.3f/s, the truth is %.3f/s", low, high, want)
	}
}

// intervals checks that the confidence intervals hold the quantiles of the sample.
func intervals(t *testing.T, l *record.Load, all []time.Duration) {
	t.Helper()
	if l.All.LatencyIntervals == nil {
		return
	}
	sorted := slices.Sorted(slices.Values(all))
	for q, i := range map[float64]*record.Interval{0.5: l.All.LatencyIntervals.P50, 0.9: l.All.LatencyIntervals.P90, 0.95: l.All.LatencyIntervals.P95, 0.99: l.All.LatencyIntervals.P99, 0.999: l.All.LatencyIntervals.P999} {
		if few := uint64(len(sorted)) < hist.FewestFor(q); few != (i == nil) {
			t.Errorf("p%v of %d: interval %v", 100*q, len(sorted), i)
		}
		if i == nil {
			continue
		}
		if want := rank(sorted, q); i.Low > want*1.0015+2e-6 || i.High != nil && *i.High < want*0.9985-2e-6 {
			t.Errorf("p%v is %v, and the interval %v to %v", 100*q, want, i.Low, i.High)
		}
	}
}

// series checks what the seconds of the plan say.
func series(t *testing.T, l *record.Load, x *truth, errors, wrong map[int]uint64) {
	t.Helper()
	planned := map[int]uint64{}
	for _, d := range x.due {
		planned[int(d/time.Second)]++
	}
	var sums record.Point
	for _, p := range l.Series {
		sums.Planned, sums.Errors, sums.BadTokens = sums.Planned+p.Planned, sums.Errors+p.Errors, sums.BadTokens+p.BadTokens
		if p.WidthS <= 1 {
			s := int(p.TS + 1e-6)
			if planned[s] != p.Planned {
				t.Errorf("second %d: %d planned, the truth is %d", s, p.Planned, planned[s])
			}
			if errors[s] != p.Errors || wrong[s] != p.BadTokens {
				t.Errorf("second %d: %d errors, %d bad tokens, the truth is %d and %d", s, p.Errors, p.BadTokens, errors[s], wrong[s])
			}
		}
	}
	if sums.Planned != l.Totals.Planned || sums.Errors != l.Totals.Errors || sums.BadTokens != l.Totals.BadTokens {
		t.Errorf("the series adds up to %+v, the totals are %+v", sums, l.Totals)
	}
}

// dueOf returns when the requests of a plan are due, by the integral of its rate: n
// requests are due where that reaches 0, 1, … n − 1, by bisection.
func dueOf(count func(t float64) float64, duration time.Duration) []time.Duration {
	total := count(duration.Seconds())
	var out []time.Duration
	for k := 0; float64(k) < total-1e-6; k++ {
		low, high := 0.0, duration.Seconds()
		for range 80 {
			mid := (low + high) / 2
			if count(mid) < float64(k) {
				low = mid
			} else {
				high = mid
			}
		}
		out = append(out, time.Duration(math.Round(high*1e9)))
	}
	return out
}

// even is the integral of a constant rate.
func even(rate float64) func(float64) float64 { return func(t float64) float64 { return rate * t } }

// against runs a plan against a server and returns the record, the verdict and the truth.
func against(t *testing.T, answer func(ask) told, change func(*load.Options), phases ...load.Phase) (*record.Load, record.Verdict, *truth) {
	t.Helper()
	s := newServer(t, answer)
	o := options(s, phases[0])
	o.Users, o.Plan.Phases = s.users, phases
	if change != nil {
		change(&o)
	}
	l, v := run(context.Background(), t, o)
	s.mu.Lock()
	defer s.mu.Unlock()
	sort.SliceStable(s.log, func(i, j int) bool { return s.log[i].at < s.log[j].at })
	return l, v, &truth{seen: s.log, timeout: o.Timeout}
}
