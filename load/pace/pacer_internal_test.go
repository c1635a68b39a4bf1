package pace

import (
	"math"
	"testing"
	"testing/synctest"
	"time"
)

const ms = time.Millisecond

// pacing is a pacer of a hundred requests a second for a second, which began now.
func pacing() *Pacer {
	p := New(Options{Schedule: new(Schedule).Constant(100, time.Second), Portable: true})
	b := time.Now()
	p.began.Store(&b)
	return p
}

// A silence concerns what was due in it, for the rest of it; what is over is forgotten.
func TestSilenceAfter(t *testing.T) {
	p := &Pacer{silences: []silence{{100 * ms, 200 * ms}, {300 * ms, 500 * ms}}}
	for _, c := range []struct {
		due, want time.Duration
		left      int
	}{{99 * ms, 0, 2}, {100 * ms, 100 * ms, 2}, {199 * ms, ms, 2}, {200 * ms, 0, 1}, {299 * ms, 0, 1}, {300 * ms, 200 * ms, 1}, {500 * ms, 0, 0}, {600 * ms, 0, 0}} {
		if got := p.silenceAfter(c.due); got != c.want || len(p.silences) != c.left {
			t.Errorf("%v: %v, %d are left", c.due, got, len(p.silences))
		}
	}
}

// What never left waited for the target from when no worker was free, until the end.
func TestSilent(t *testing.T) {
	for name, c := range map[string]struct {
		blocked  bool
		due      time.Duration
		want     time.Duration
		silences []silence
	}{
		"no worker was free":        {true, 600 * ms, 400 * ms, nil},
		"since just then":           {true, 500 * ms, 500 * ms, nil},
		"one was free at that time": {true, 499 * ms, 0, nil},
		"at the end":                {true, time.Second, 0, nil},
		"beyond the end":            {true, 2 * time.Second, 0, nil},
		"one was free":              {false, 600 * ms, 0, nil},
		"one was free, in silence":  {false, 600 * ms, 100 * ms, []silence{{500 * ms, 700 * ms}}},
		"in silence before":         {true, 450 * ms, 40 * ms, []silence{{400 * ms, 490 * ms}}},
	} {
		p := &Pacer{blocked: c.blocked, previous: 500 * ms, end: time.Second, silences: c.silences}
		if got := p.Silent(c.due); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// The sending is held where the target made it later than the generator did, and by more
// than a millisecond.
func TestHeld(t *testing.T) {
	for name, c := range map[string]struct {
		p    *Pacer
		want bool
	}{
		"on time":                       {&Pacer{previous: 100 * ms, due: 100 * ms}, false},
		"by the target":                 {&Pacer{previous: 104 * ms, due: 100 * ms, behind: 3 * ms}, true},
		"by a millisecond":              {&Pacer{previous: 101 * ms, due: 100 * ms, behind: ms}, false},
		"by just more":                  {&Pacer{previous: 102 * ms, due: 100 * ms, behind: ms + 1}, true},
		"as much by the generator":      {&Pacer{previous: 104 * ms, due: 100 * ms, behind: 2 * ms}, true},
		"more by the generator":         {&Pacer{previous: 105 * ms, due: 100 * ms, behind: 2 * ms}, false},
		"no worker free until the end":  {&Pacer{previous: 110 * ms, due: 100 * ms, blocked: true, end: 120 * ms}, true},
		"a free one from then on":       {&Pacer{previous: 110 * ms, due: 100 * ms, end: 120 * ms}, false},
		"no worker free, for too short": {&Pacer{previous: 110 * ms, due: 100 * ms, blocked: true, end: 119 * ms}, false},
		"blocked beyond the end":        {&Pacer{previous: 110 * ms, due: 100 * ms, behind: 2 * ms, blocked: true, end: 100 * ms}, false},
	} {
		if got := c.p.Held(); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// A request that starts late and sooner after the one before than planned was caught
// up; no send is nearer to the one before than half of what is planned.
func TestRelease(t *testing.T) {
	for name, c := range map[string]struct {
		elapsed, previous, earliest time.Duration
		caughtUp                    uint64
		next                        time.Duration
	}{
		"on time":               {100 * ms, 90 * ms, 0, 0, 104 * ms},
		"late by the grace":     {110 * ms, 109 * ms, 0, 0, 114 * ms},
		"later":                 {110*ms + 1, 109 * ms, 0, 1, 114*ms + 1},
		"late, as far as usual": {120 * ms, 110 * ms, 0, 0, 124 * ms},
		"late, just nearer":     {120 * ms, 110*ms + 1, 0, 1, 124 * ms},
		"no earlier than held":  {100 * ms, 90 * ms, 103 * ms, 0, 108 * ms},
	} {
		p := pacing()
		p.previous, p.earliest = c.previous, c.earliest
		p.release(c.elapsed, 100*ms, 101*ms, 10)
		if p.CaughtUp() != c.caughtUp || p.earliest != c.next || p.previous != c.elapsed || p.due != 100*ms || p.behind != ms || p.ideal != 106*ms || p.blocked {
			t.Errorf("%s: caught up %d, next from %v, %v, %v, %v, %v", name, p.CaughtUp(), p.earliest, p.previous, p.due, p.behind, p.ideal)
		}
		if ideal, silent, limited := p.Ideal(10, 100*ms); ideal != 101*ms || silent != 0 || limited {
			t.Errorf("%s: %v, %v, %t", name, ideal, silent, limited)
		}
	}
	p := pacing()
	if p.release(100*ms, 100*ms, 100*ms, 10); p.excuses[10].request.Load() != 0 {
		t.Error("a request on time needs no excuse")
	}
	p.limited = func() bool { return true }
	p.silences = []silence{{50 * ms, 130 * ms}}
	if p.release(100*ms, 100*ms, 100*ms, 10); !p.blocked {
		t.Error("no worker is free")
	}
	if ideal, silent, limited := p.Ideal(10, 100*ms); ideal != 100*ms || silent != 30*ms || !limited {
		t.Errorf("%v, %v, %t", ideal, silent, limited)
	}
	if ideal, silent, limited := p.Ideal(10+16384, 100*ms); ideal != 100*ms || silent != 0 || limited {
		t.Errorf("of another request: %v, %v, %t", ideal, silent, limited)
	}
	if ideal, _, _ := p.Ideal(10, 140*ms); ideal != 140*ms {
		t.Errorf("not before it is due: %v", ideal)
	}
}

// A request may be ten milliseconds late where its phase ends; what is later is not sent.
func TestEndOfThePlan(t *testing.T) {
	for name, c := range map[string]struct {
		k       uint64
		elapsed time.Duration
		change  func(*Pacer)
		ends    bool
		behind  time.Duration
	}{
		"at the end, in its grace":      {99, time.Second, nil, false, 0},
		"beyond the end, in its grace":  {99, time.Second, func(p *Pacer) { p.end = 995 * ms }, false, 0},
		"beyond both":                   {99, time.Second + 1, nil, true, 0},
		"late, before the end":          {50, time.Second, nil, false, 0},
		"late, beyond the end":          {50, time.Second + 1, nil, true, 0},
		"catching up beyond the end":    {50, 990 * ms, func(p *Pacer) { p.earliest = time.Second + 1; p.ideal = 600 * ms; p.end = time.Second; p.Stop() }, true, 100 * ms},
		"told to stop":                  {50, 500 * ms, func(p *Pacer) { p.Stop() }, true, 0},
		"held by the target until then": {50, time.Second + 1, func(p *Pacer) { p.ideal = 900 * ms }, true, 400 * ms},
	} {
		p := pacing()
		if c.change != nil {
			c.change(p)
		}
		if got := p.openLoop(c.elapsed, c.k); got != c.ends || p.behind != c.behind {
			t.Errorf("%s: ends %t, behind %v", name, got, p.behind)
		}
	}
}

// A worker that was kept by the target excuses what waited for it, but not for as long as
// its answer lay unread; a silence of more than a millisecond is remembered.
func TestBlocked(t *testing.T) {
	for name, c := range map[string]struct {
		unread, elapsed, ideal time.Duration
		silences               int
	}{
		"kept until now":            {0, 150 * ms, 150 * ms, 1},
		"answered some time before": {30 * ms, 150 * ms, 120 * ms, 1},
		"a millisecond of silence":  {59 * ms, 150 * ms, 100 * ms, 0},
		"just more":                 {59*ms - 1, 150 * ms, 100 * ms, 1},
		"answered before it left":   {100 * ms, 150 * ms, 100 * ms, 0},
	} {
		p := pacing()
		p.blocked, p.previous = true, 90*ms
		p.unread = func() time.Duration { return c.unread }
		p.openLoop(c.elapsed, 10)
		if got := p.ideal - 5*ms; got != c.ideal || len(p.silences) != c.silences {
			t.Errorf("%s: ideal %v, %d silences", name, got, len(p.silences))
		}
		if p.blocked {
			t.Errorf("%s: still blocked", name)
		}
	}
	p := pacing()
	const most = 4096
	p.silences = make([]silence, most)
	for i := range p.silences {
		p.silences[i] = silence{time.Duration(i), time.Hour}
	}
	p.blocked, p.previous = true, 90*ms
	if p.openLoop(150*ms, 10); len(p.silences) != most || p.silences[0].from != 1 || p.silences[most-1] != (silence{90 * ms, 150 * ms}) {
		t.Errorf("%d silences are remembered, from %v", len(p.silences), p.silences[0])
	}
}

// A request is remembered until the 16,384th after it.
func TestRemembered(t *testing.T) {
	for k, want := range map[uint64]time.Duration{10 + 16383: 105 * ms, 10 + 16384: 100 * ms} {
		p := pacing()
		p.release(105*ms, 100*ms, 105*ms, 10)
		p.release(105*ms, 100*ms, 105*ms, k)
		if ideal, _, _ := p.Ideal(10, 100*ms); ideal != want {
			t.Errorf("after request %d: %v, not %v", k, ideal, want)
		}
	}
}

// The longest pause counts; before the first request and for no time there is none.
func TestPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(Options{Schedule: new(Schedule).Constant(100, time.Second), Portable: true})
		if p.Pause(time.Second); p.PausedUntil() != 0 {
			t.Error("before it began")
		}
		p = pacing()
		time.Sleep(100 * ms)
		for _, c := range []struct{ d, want time.Duration }{{0, 0}, {-ms, 0}, {50 * ms, 150 * ms}, {40 * ms, 150 * ms}, {60 * ms, 160 * ms}} {
			if p.Pause(c.d); p.PausedUntil() != c.want {
				t.Errorf("for %v: until %v", c.d, p.PausedUntil())
			}
		}
		// What is due meanwhile leaves when it is over, which is the target's doing.
		if ends := p.openLoop(100*ms, 10); ends || p.previous != 160*ms || p.behind != 60*ms {
			t.Errorf("ends %t, left at %v, behind %v", ends, p.previous, p.behind)
		}
	})
}

// A closed loop goes on until its time is over, it is stopped, or paused beyond its end.
func TestClosedLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := func() *Pacer {
			p := New(Options{Duration: time.Second})
			if wait, stop := p.Pace(0, 0); wait != 0 || stop {
				t.Errorf("at its start: %v, %t", wait, stop)
			}
			return p
		}
		p := begun()
		if p.closedLoop(time.Second-1) || !p.closedLoop(time.Second) {
			t.Error("it does not last for its time")
		}
		p.Pause(500 * ms)
		if p.closedLoop(0) || time.Since(*p.began.Load()) != 500*ms {
			t.Errorf("after a pause %v are over", time.Since(*p.began.Load()))
		}
		p.Pause(time.Hour)
		if !p.closedLoop(500*ms) || time.Since(*p.began.Load()) != time.Second {
			t.Errorf("a pause beyond its end lasts until %v", time.Since(*p.began.Load()))
		}
		p = begun()
		if p.Stop(); !p.closedLoop(0) {
			t.Error("it goes on after a stop")
		}
		if !math.IsInf(p.Rate(0), 1) {
			t.Errorf("a rate of %v", p.Rate(0))
		}
	})
}

// Before its first request a pacer has not begun, and no pause holds; a stop closes what
// a wait looks at.
func TestBeforeTheFirstRequest(t *testing.T) {
	p := New(Options{Schedule: new(Schedule).Constant(100, time.Second), Portable: true})
	if _, began := p.Began(); began {
		t.Error("it has begun")
	}
	if p.Pause(time.Minute); p.PausedUntil() != 0 {
		t.Errorf("paused until %v", p.PausedUntil())
	}
	p.Stop()
	p.Stop()
	select {
	case <-p.stopped:
	default:
		t.Error("who waits is not told of the stop")
	}
	synctest.Test(t, func(t *testing.T) {
		p := pacing()
		if p.Pause(0); p.PausedUntil() != 0 {
			t.Errorf("a pause of nothing lasts until %v", p.PausedUntil())
		}
		if p.Pause(1); p.PausedUntil() != 1 {
			t.Errorf("a pause of a nanosecond lasts until %v", p.PausedUntil())
		}
	})
}

// What is remembered of a request is not told of the one that had its place before.
func TestIdealOfAForgottenRequest(t *testing.T) {
	p := &Pacer{}
	x := &p.excuses[5]
	x.ideal.Store(int64(9 * ms))
	x.silent.Store(int64(7 * ms))
	x.limited.Store(true)
	x.request.Store(5 + remembered + 1)
	if ideal, silent, limited := p.Ideal(5, 2*ms); ideal != 2*ms || silent != 0 || limited {
		t.Errorf("the forgotten one: %v, %v, %t", ideal, silent, limited)
	}
	if ideal, silent, limited := p.Ideal(5+remembered, 2*ms); ideal != 9*ms || silent != 7*ms || !limited {
		t.Errorf("the newest one: %v, %v, %t", ideal, silent, limited)
	}
}
