package load

import (
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/load/capacity"
	"github.com/unigate/unigate/load/health"
	"github.com/unigate/unigate/load/measure"
)

// stepOf returns a step of 1000 requests of which some failed and some were never sent.
func stepOf(t *testing.T, failed, unsent int, reason string) *look {
	t.Helper()
	o, err := ParseThreshold("p99<50ms")
	if err != nil {
		t.Fatal(err)
	}
	l := newLook(o, []string{"login"}, capacity.Step{Rate: 100, Judged: 10 * time.Second})
	for k := range 1000 {
		due := time.Duration(k) * 10 * time.Millisecond
		if k%2 == 0 && k/2 < unsent {
			l.owed(due, 0, reason)
			continue
		}
		x := measure.Sample{Status: 200, Latency: time.Millisecond, ServiceTime: time.Millisecond}
		if k%2 == 1 && k/2 < failed {
			x.Status = 500
		}
		l.sample(due, &x, x.ServiceTime)
	}
	return l
}

func TestStepMayFailOneOfAHundred(t *testing.T) {
	for failed, says := range map[int]string{0: "", 10: "", 11: "1.1% errors"} {
		if got := stepOf(t, failed, 0, "").fault(nil, 0); got != says {
			t.Errorf("%d of 1000 failed: %q", failed, got)
		}
	}
}

func TestStepMayLeaveOneOfAHundredUnsent(t *testing.T) {
	for unsent, says := range map[int]string{0: "", 10: "", 11: "too slow to send"} {
		l := stepOf(t, 0, unsent, tooSlow)
		why, _ := new(prober).spoilt(new(attack), l, &capacity.Look{}, &health.Stretch{})
		if (says == "") != (why == "") || !strings.Contains(why, says) {
			t.Errorf("%d of 1000 were not sent: %q", unsent, why)
		}
		// What the target asked not to send is the target's doing.
		asked := 0
		if says != "" {
			asked = 1
		}
		if fault := stepOf(t, 0, unsent, measure.RetryAfter).fault(nil, 0); strings.Count(fault, "asked to wait") != asked {
			t.Errorf("%d of 1000 were held by Retry-After: %q", unsent, fault)
		}
	}
}

// What misses only for what kept unigate from running, and with it perhaps the target, tells
// nothing: of few requests all steps tell how late that may be, of many the step itself.
func TestStepOfAStarvedMachine(t *testing.T) {
	const ms = time.Millisecond
	// lagging is a stretch in which unigate had the core for a fifth of the time that it wanted it.
	lagging := func(n int, late func(k int) time.Duration) *health.Stretch {
		s := &health.Stretch{Wall: 10 * time.Second, Cores: 2, UsableCores: 2, CPU: time.Second, RunDelay: 4 * time.Second}
		for k := range n {
			s.Lags.Done(20 * time.Second) // so that nothing saturates
			s.Lags.Start(late(k))
		}
		return s
	}
	each := func(d time.Duration) func(int) time.Duration { return func(int) time.Duration { return d } }
	of := func(part int, d time.Duration) func(int) time.Duration {
		return func(k int) time.Duration {
			if k%part == 0 {
				return d
			}
			return 0
		}
	}
	for _, c := range []struct {
		name      string
		objective string
		n         int
		last      bool
		takes     func(k int) time.Duration
		status    int
		lag       func(k int) time.Duration
		calm      bool
		before    time.Duration // the greatest lag of the steps before
		grows     bool
		spoilt    bool
	}{
		{name: "few, as late as unigate", objective: "p99<50ms", n: 20, takes: of(10, 120*ms), lag: of(20, 100*ms), spoilt: true},
		{name: "few, as late as unigate before", objective: "p99<50ms", n: 20, takes: of(10, 120*ms), lag: each(0), before: 100 * ms, spoilt: true},
		{name: "few, later", objective: "p99<50ms", n: 20, takes: of(10, 160*ms), lag: of(20, 100*ms)},
		{name: "few, and nothing kept it", objective: "p99<50ms", n: 20, takes: of(10, 120*ms), lag: of(20, 100*ms), calm: true},
		{name: "few that fail", objective: "p99<50ms", n: 20, takes: of(10, 120*ms), status: 500, lag: of(20, 100*ms)},
		{name: "many, late as often", objective: "p99<50ms", n: 1000, takes: of(50, 120*ms), lag: of(50, 100*ms), spoilt: true},
		{name: "many, late far oftener", objective: "p99<50ms", n: 1000, takes: of(50, 120*ms), lag: of(900, 100*ms), before: time.Minute},
		{name: "many, at the lowest rate", objective: "p99<50ms", n: 1000, last: true, takes: of(50, 120*ms), lag: of(900, 100*ms), spoilt: true},
		{name: "an average", objective: "mean<50ms", n: 1000, takes: each(60 * ms), lag: of(900, 20*ms), before: time.Minute, spoilt: true},
		{name: "an average, higher", objective: "mean<50ms", n: 1000, takes: each(80 * ms), lag: of(900, 20*ms), before: time.Minute},
		{name: "a backlog that a stop explains", objective: "p99<60s", n: 1000, takes: each(ms), lag: each(time.Second), grows: true, spoilt: true},
		{name: "a backlog beyond that", objective: "p99<60s", n: 1000, takes: each(ms), lag: each(100 * ms), grows: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, err := ParseThreshold(c.objective)
			if err != nil {
				t.Fatal(err)
			}
			rate := float64(c.n) / 10
			l := newLook(o, []string{"login"}, capacity.Step{Rate: rate, Judged: 10 * time.Second, Last: c.last})
			recorder := measure.NewRecorder([]string{"login"}, 10*time.Second)
			for k := range c.n {
				d := c.takes(k)
				x := measure.Sample{Status: 200, Latency: d, ServiceTime: d, Scheduled: time.Duration(float64(k) / rate * 1e9)}
				if c.status != 0 && d > 50*ms {
					x.Status = c.status
				}
				l.sample(x.Scheduled, &x, d)
				recorder.Record(&x)
			}
			if c.grows { // 50 requests over the step
				for i := range l.answered {
					l.answered[i] -= 50 / float64(len(l.answered))
				}
			}
			own := lagging(c.n, c.lag)
			if c.calm {
				own.RunDelay = 0
			}
			p := &prober{hidden: c.before}
			fault := l.fault(recorder.Figures(measure.All, 10*time.Second), 0)
			why, lasting := p.spoilt(new(attack), l, &capacity.Look{Fault: fault}, own)
			if (why != "") != c.spoilt || lasting || c.spoilt && !strings.Contains(why, "other programs had the core in 80 % of the time") {
				t.Errorf("spoilt: %q (lasting %t), fault %q", why, lasting, fault)
			}
		})
	}
}
