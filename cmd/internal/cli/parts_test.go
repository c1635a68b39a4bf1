package cli

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load"
	"github.com/unigate/unigate/load/self"
	"github.com/unigate/unigate/reports"
	"github.com/unigate/unigate/reports/compare"
	"github.com/unigate/unigate/reports/schema"
)

// queue is a service of one server with random service times, in virtual time.
type queue struct {
	service *reference.Service
	mu      sync.Mutex
	random  *rand.Rand
	slow    float64 // by which service times are multiplied
	free    time.Time
}

// RoundTrip answers when all that came before is answered.
func (q *queue) RoundTrip(r *http.Request) (*http.Response, error) {
	q.mu.Lock()
	now := time.Now()
	if q.free.Before(now) {
		q.free = now
	}
	q.free = q.free.Add(time.Duration(q.slow * (0.5 + q.random.ExpFloat64()) * float64(2*time.Millisecond)))
	wait := q.free.Sub(now)
	q.mu.Unlock()
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	w := httptest.NewRecorder()
	q.service.ServeHTTP(w, r)
	return w.Result(), nil
}

// runParts sends a plan of 100/s to a queue within synctest, with n generators at once, or
// whole where n is 0. It returns the records of each, and the one load test that they were.
func runParts(t *testing.T, q *queue, n int, users []unifier.User, d time.Duration, judged ...string) (runs []*record.Run, whole *record.Run) {
	t.Helper()
	thresholds, err := load.ParseThresholds(judged)
	if err != nil {
		t.Fatal(err)
	}
	if q.service, err = reference.New(reference.Options{}); err != nil {
		t.Fatal(err)
	}
	start := time.Now().Add(time.Minute)
	runs = make([]*record.Run, max(n, 1))
	var all sync.WaitGroup
	for i := range runs {
		o := load.Options{
			BaseURL: &url.URL{Scheme: "http", Host: "unifier.test"}, RoundTripper: q, Users: users, StartAt: start, Thresholds: thresholds,
			Plan:           load.Plan{Phases: []load.Phase{{Shape: load.Constant, Rate: 100, Duration: d}}, Mix: []load.Share{{Service: unifier.Login, Weight: 1}}},
			PortablePacing: true, Usage: func() self.Usage { return self.Usage{} }, Room: func() self.Room { return self.Room{} },
		}
		if n > 0 {
			o.Part = &load.Part{Index: i, Of: n, Secret: []byte("a key")}
		}
		all.Go(func() {
			l, v, err := load.Run(context.Background(), o)
			if err != nil {
				t.Error(err)
				return
			}
			runs[i] = &record.Run{Schema: record.Schema, Command: "load", Started: start, Finished: time.Now(), Verdict: v, Load: l}
		})
	}
	all.Wait()
	for i := range runs {
		runs[i] = stored(t, runs[i])
	}
	if whole, err = reports.Merge(runs...); err != nil {
		t.Fatal(err)
	}
	return runs, whole
}

// stored writes a record and reads it again, as report does.
func stored(t *testing.T, run *record.Run) *record.Run {
	t.Helper()
	b, err := reports.Encode(run)
	if err != nil {
		t.Fatal(err)
	}
	read, err := reports.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// sendParts sends a plan to a queue, and returns the one load test that it was.
func sendParts(t *testing.T, seed uint64, n int, slow float64) *record.Run {
	var out *record.Run
	synctest.Test(t, func(t *testing.T) {
		q := &queue{random: rand.New(rand.NewPCG(seed, 1)), slow: slow}
		_, out = runParts(t, q, n, reference.DefaultUsers(), 12*time.Second, "p99<1s", "rate>=99%")
		if out.Verdict.State != record.VerdictPass || out.Load.Totals.Planned != 1200 {
			t.Errorf("%d parts: %+v, %d planned", n, out.Verdict, out.Load.Totals.Planned)
		}
	})
	return out
}

// A whole plan and the same plan in four parts are the same load: of twenty pairs at
// most one shows a difference. A slower service is seen: the negative control.
func TestPartsAgainstTheWhole(t *testing.T) {
	if testing.Short() {
		t.Skip("a minute of computing")
	}
	different := 0
	differ := func(old, new *record.Run) bool {
		r, err := compare.Compare(old, new, compare.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Performance == nil || len(r.Performance.Figures) == 0 {
			t.Fatal("nothing was compared")
		}
		for _, f := range r.Performance.Figures {
			if f.Outcome == compare.Worse || f.Outcome == compare.Better {
				return true
			}
		}
		return false
	}
	var whole *record.Run
	for i := range uint64(20) {
		whole = sendParts(t, 2*i+1, 0, 1)
		if differ(whole, sendParts(t, 2*i+2, 4, 1)) {
			different++
		}
	}
	t.Logf("%d of 20 pairs differ", different)
	if !differ(whole, sendParts(t, 100, 4, 1.4)) {
		t.Error("parts against a service that is slower by two fifths show no difference")
	}
	if different > 1 {
		t.Errorf("%d of 20 pairs of a whole plan and its parts differ", different)
	}
}

// The next full period, or a time.
func TestStartTimes(t *testing.T) {
	now := time.Date(2026, 11, 26, 11, 57, 3, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"5m":                        time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC),
		"1m":                        time.Date(2026, 11, 26, 11, 58, 0, 0, time.UTC),
		"10s":                       time.Date(2026, 11, 26, 11, 57, 10, 0, time.UTC),
		"2026-11-26T13:00:00+01:00": time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC),
		"2026-11-26T12:00:00.5Z":    time.Date(2026, 11, 26, 12, 0, 0, 5e8, time.UTC),
	} {
		if got, err := startTime(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%s: %v, %v, want %v", text, got, err, want)
		}
	}
	// So near to its end that there is no time to get ready.
	if got, err := startTime("5m", time.Date(2026, 11, 26, 11, 59, 55, 0, time.UTC)); err != nil || got.Minute() != 5 {
		t.Errorf("five seconds before the full five minutes: %v, %v", got, err)
	}
	for _, text := range []string{"soon", "12:00", "500ms", "25h", "-5m", "2026-11-26", "0s"} {
		if got, err := startTime(text, now); err == nil {
			t.Errorf("%s is %v", text, got)
		}
	}
}

// Two users take turns, so that each of two parts asks for one of them only: the whole
// has the figures of both, and judges the thresholds on them.
func TestUsersOfWhomAPartSendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &queue{random: rand.New(rand.NewPCG(1, 1)), slow: 1}
		var users []unifier.User
		for _, u := range reference.DefaultUsers() {
			if u.Type == unifier.Basic && u.Status != unifier.Inactive && len(users) < 2 {
				users = append(users, u)
			}
		}
		judged := []string{"login:" + users[0].Name + ".p50<1s", "login:" + users[1].Name + ".p50<1ns", "login:" + users[1].Name + ".rate>=50/s"}
		runs, whole := runParts(t, q, 2, users, 4*time.Second, judged...)
		for i, want := range []record.ThresholdState{record.ThresholdPass, record.ThresholdFail, record.ThresholdPass} {
			if th := whole.Load.Thresholds[i]; th.Expression != judged[i] || th.State != want {
				t.Errorf("%+v, not %s", th, want)
			}
		}
		if len(whole.Load.Users) != 4 || whole.Load.Users[0].Count+whole.Load.Users[2].Count != 400 {
			t.Errorf("%d rows of users: %+v", len(whole.Load.Users), whole.Load.Users)
		}
		if data, err := reports.Encode(runs[0]); err != nil || schema.Validate(data) != nil {
			t.Errorf("the record of a part: %v, %v", err, schema.Validate(data))
		}
	})
}
