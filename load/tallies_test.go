package load_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load"
)

// late is a handler that answers after a time that the moment and the user decide.
func late(h http.Handler, after func(at time.Duration, user string) time.Duration) http.Handler {
	began := time.Now()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Basic ")
		text, _ := base64.StdEncoding.DecodeString(token)
		user, _, _ := strings.Cut(string(text), ":")
		time.Sleep(after(time.Since(began), user))
		h.ServeHTTP(w, r)
	})
}

// day has three phases, of which the last is a closed loop of four requests at once.
func day() []load.Phase {
	return []load.Phase{
		{Name: "day", Shape: load.Constant, Rate: 100, Duration: 10 * time.Second},
		{Name: "night.shift", Shape: load.Constant, Rate: 50, Duration: 10 * time.Second},
		{Name: "flood", Shape: load.Max, Duration: 5 * time.Second},
	}
}

// dayOptions are those of the plan of day. Answers take 20 ms by day, 80 by night and
// 400 in the flood, whose first ones may be due while the last of the night are under way.
func dayOptions(t *testing.T) load.Options {
	h := late(service(t, reference.Options{}), func(at time.Duration, _ string) time.Duration {
		switch at -= 2 * 20 * time.Millisecond; { // the preflight's two answers come before
		case at < 10*time.Second:
			return 20 * time.Millisecond
		case at < 20*time.Second:
			return 80 * time.Millisecond
		}
		return 400 * time.Millisecond
	})
	o := options(h, load.Phase{})
	o.Plan.Phases, o.Plan.MaxInflight = day(), 40
	return o
}

// states are the outcomes of thresholds by their expressions.
func states(l *record.Load) map[string]record.ThresholdState {
	out := map[string]record.ThresholdState{}
	for _, th := range l.Thresholds {
		out[th.Expression] = th.State
	}
	return out
}

// Each phase has its own figures and is judged by them; a closed loop does not mix into
// the latencies of the others.
func TestPhasesHaveFiguresAndThresholds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := dayOptions(t)
		want := map[string]record.ThresholdState{
			"day.p99<30ms": "pass", "day.p50>25ms": "fail", "day.login.max<30ms": "pass", "night.shift.p99<30ms": "fail", "night.shift.all.p99<100ms": "pass",
			"flood.p50<100ms": "fail", "flood.p99<500ms": "pass", "day.rate>=100/s": "pass", "night.shift.rate>=99%": "pass", "night.shift.rate>=60/s": "fail",
			"p99.9<100ms": "pass", "max<100ms": "pass", "day.bad_tokens==0": "pass", "flood.error_rate<1%": "pass",
		}
		var texts []string
		for text := range want {
			texts = append(texts, text)
		}
		var err error
		if o.Thresholds, err = o.Plan.ParseThresholds(texts); err != nil {
			t.Fatal(err)
		}
		l, v := run(context.Background(), t, o)
		got := states(l)
		for text, state := range want {
			if got[text] != state {
				t.Errorf("%s is %q, not %q: %+v", text, got[text], state, l.Thresholds)
			}
		}
		if v.State != record.VerdictFail {
			t.Errorf("the verdict is %s", v.State)
		}
		if len(l.Phases) != 3 || l.Users != nil {
			t.Fatalf("%d phases, users %v", len(l.Phases), l.Users)
		}
		sum := uint64(0)
		for i, k := range []struct {
			name   string
			count  uint64
			answer time.Duration
			at     float64
		}{{"day", 1000, 20 * time.Millisecond, 0}, {"night.shift", 500, 80 * time.Millisecond, 10}, {"flood", 0, 400 * time.Millisecond, 20}} {
			p := &l.Phases[i]
			if p.Name != k.name || p.Number != i+1 || p.StartS != k.at || k.count > 0 && p.All.Count != k.count {
				t.Errorf("phase %d is %s from %v with %d requests, want %+v", p.Number, p.Name, p.StartS, p.All.Count, k)
			}
			within2Percent(t, "p50 of "+k.name, p.All.Latency.P50, k.answer)
			sum += p.All.Count
		}
		if sum != l.Totals.Sent {
			t.Errorf("the phases have %d requests, the plan %d", sum, l.Totals.Sent)
		}
		if l.All.Latency.P999 < 0.4 {
			t.Errorf("over all the p99.9 is %v, which the flood makes 400 ms", l.All.Latency.P999)
		}
	})
}

// A run that ends early has phases that lasted as long as they did, and judges nothing
// of those that never began.
func TestPhasesOfARunThatEndedEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := dayOptions(t)
		var err error
		if o.Thresholds, err = o.Plan.ParseThresholds([]string{"flood.p99<1s", "night.shift.rate>=50/s", "day.rate>=100/s"}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		time.AfterFunc(15*time.Second+40*time.Millisecond, cancel)
		l, _ := run(ctx, t, o)
		if d := l.Phases[1].DurationS; d < 4.9 || d > 5.1 || l.Phases[2].DurationS != 0 || l.Phases[2].All.Count != 0 {
			t.Errorf("%v and %v s, with %d requests", d, l.Phases[2].DurationS, l.Phases[2].All.Count)
		}
		got := states(l)
		if got["flood.p99<1s"] != record.ThresholdInconclusive || got["day.rate>=100/s"] != record.ThresholdPass {
			t.Errorf("%+v", l.Thresholds)
		}
	})
}

// Requests that a phase owed count in that phase.
func TestUnsentRequestsAreOfTheirPhase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := late(service(t, reference.Options{}), func(at time.Duration, _ string) time.Duration {
			if at > 6*time.Second {
				return 20 * time.Second
			}
			return 20 * time.Millisecond
		})
		o := options(h, load.Phase{})
		o.Plan.Phases = []load.Phase{
			{Name: "calm", Shape: load.Constant, Rate: 100, Duration: 5 * time.Second},
			{Name: "stall", Shape: load.Constant, Rate: 100, Duration: 5 * time.Second},
		}
		o.Plan.MaxInflight = 10
		var err error
		if o.Thresholds, err = o.Plan.ParseThresholds([]string{"calm.unsent==0", "calm.p99<30ms", "stall.unsent==0"}); err != nil {
			t.Fatal(err)
		}
		l, _ := run(context.Background(), t, o)
		got := states(l)
		if got["calm.unsent==0"] != "pass" || got["stall.unsent==0"] != "fail" || got["calm.p99<30ms"] != "pass" {
			t.Errorf("%+v", l.Thresholds)
		}
		if calm, stall := l.Phases[0].All, l.Phases[1].All; calm.Censored != 0 || stall.Censored != l.Totals.Unsent || !stall.Latency.AtLeast.P99 {
			t.Errorf("%d and %d of %d unsent", calm.Censored, stall.Censored, l.Totals.Unsent)
		}
	})
}

// A user that the mix or a threshold names has figures of its own.
func TestUsersHaveFiguresAndThresholds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := late(service(t, reference.Options{}), func(_ time.Duration, user string) time.Duration {
			if user == "$$unigate10" {
				return 300 * time.Millisecond
			}
			return 20 * time.Millisecond
		})
		o := options(h, load.Phase{Shape: load.Constant, Rate: 100, Duration: 10 * time.Second})
		o.Plan.Mix = []load.Share{{Service: unifier.Login, User: "$$unigate", Weight: 3}, {Service: unifier.Login, User: "$$unigate10", Weight: 1}}
		var err error
		if o.Thresholds, err = o.Plan.ParseThresholds([]string{"login:$$unigate.p99<30ms", "login:$$unigate10.p50<30ms", "login:$$unigate10.rate>=24/s"}); err != nil {
			t.Fatal(err)
		}
		l, _ := run(context.Background(), t, o)
		got := states(l)
		if got["login:$$unigate.p99<30ms"] != "pass" || got["login:$$unigate10.p50<30ms"] != "fail" || got["login:$$unigate10.rate>=24/s"] != "pass" {
			t.Errorf("%+v", l.Thresholds)
		}
		sum := uint64(0)
		for _, s := range l.Users {
			if s.Status != record.StatusAll {
				continue
			}
			want, answer := uint64(750), 20*time.Millisecond
			if s.Name == "login:$$unigate10" {
				want, answer = 250, 300*time.Millisecond
			}
			// Until the slow one has a first token, the other one asks in its place.
			if sum += s.Count; s.Count < want-8 || s.Count > want+8 {
				t.Errorf("%s: %d, not about %d", s.Name, s.Count, want)
			}
			within2Percent(t, s.Name, s.Latency.P99, answer)
		}
		if sum != l.Totals.Sent || len(l.Users) != 4 || l.Phases != nil {
			t.Errorf("%d rows of users, %d phases", len(l.Users), len(l.Phases))
		}
	})
}

// Names that nobody has are mistakes, which tell the near word; so is what a name cannot mean.
func TestThresholdsOfUnknownPhasesAndUsers(t *testing.T) {
	plan := func() load.Options { return dayOptions(t) }
	for text, want := range map[string][2]string{
		"dya.p99<1s":                 {"unknown phase \"dya\"", "did you mean day?"},
		"nigth.shift.p99<1s":         {"unknown phase \"nigth.shift\"", "did you mean night.shift?"},
		"day.lgoin.p99<1s":           {"unknown service \"lgoin\"", "did you mean login?"},
		"evening.p99<1s":             {"neither a phase of the plan nor a service", "the phases are day, night.shift, flood"},
		"logni.p99<1s":               {"neither a phase of the plan nor a service", "did you mean login?"},
		"login:$$unigtae.p99<1s":     {"user \"$$unigtae\", who does not ask login", "did you mean $$unigate?"},
		"login:$$unigateoff.p99<1s":  {"who does not ask login", ""},
		"login:.p99<1s":              {"names no user", ""},
		"all:$$unigate.p99<1s":       {"names no user", ""},
		"day.oauth.p99<1s":           {"not in the mix", ""},
		"day.p199<1s":                {"unknown metric", ""},
		"day.login:$$unigate.p99<1s": {"a user in a phase", ""},
	} {
		o := plan()
		var err error
		if o.Thresholds, err = o.Plan.ParseThresholds([]string{text}); err == nil {
			_, err = o.Describe()
		}
		var u *load.UsageError
		if !errors.As(err, &u) || !strings.Contains(u.Message, want[0]) || !strings.Contains(u.Hint, want[1]) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	twice := plan()
	twice.Plan.Phases[1].Name = "day"
	if _, err := twice.Plan.ParseThresholds([]string{"day.p99<1s"}); err == nil || !strings.Contains(err.Error(), "2 phases have that name") {
		t.Errorf("two phases of a name: %v", err)
	}
	abort := plan()
	th, err := abort.Plan.ParseThreshold("day.rate>=50/s")
	if err != nil {
		t.Fatal(err)
	}
	abort.AbortOn = []load.Threshold{th}
	if _, err := abort.Describe(); err == nil || !strings.Contains(err.Error(), "known at its end only") {
		t.Errorf("abort on the rate of a phase: %v", err)
	}
}

// A condition may be about a phase; before that has begun it ends nothing.
func TestAbortOnAPhase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := dayOptions(t)
		th, err := o.Plan.ParseThreshold("night.shift.p50<50ms")
		if err != nil {
			t.Fatal(err)
		}
		o.AbortOn = []load.Threshold{th}
		l, _ := run(context.Background(), t, o)
		if !strings.Contains(l.Stopped, "abort on night.shift.p50<50ms") || l.Totals.DurationS < 10 || l.Totals.DurationS > 12 {
			t.Errorf("stopped after %v s: %s", l.Totals.DurationS, l.Stopped)
		}
	})
}
