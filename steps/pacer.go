package steps

import (
	"sync"
	"time"
)

const (
	// paceWindow is over what time the calls are counted that were too many.
	paceWindow = time.Second
	// slowest is the longest pause between two calls for the sake of a limit: some 300
	// calls then take half a minute.
	slowest = 100 * time.Millisecond
	// fewCalls within the window are too few for their rate to be the matter at first.
	fewCalls = 8
)

// pacer keeps the calls of a run below the rate that the target found too high (429): at
// half of it, and at half of that should it say so again. Calls that must not be sent a
// second time, as those with a wrong password, are answered then.
type pacer struct {
	mu    sync.Mutex
	sent  []time.Time   // when calls were sent, within the window
	every time.Duration // between two calls; 0 while nothing was too much
	next  time.Time
	since time.Time // when the rate was lowered last
}

// slot returns how long the next call has to wait.
func (p *pacer) slot(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := now
	if p.every > 0 {
		if p.next.After(now) {
			at = p.next
		}
		p.next = at.Add(p.every)
	}
	p.sent = append(p.recent(now), at)
	return at.Sub(now)
}

// tooMany lowers the rate. Calls that were under way when it was lowered say nothing anew.
func (p *pacer) tooMany(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.since.IsZero() && now.Sub(p.since) < paceWindow {
		return
	}
	p.since = now
	if p.every > 0 {
		p.every = min(2*p.every, slowest)
		return
	}
	if n := len(p.recent(now)); n >= fewCalls {
		p.every = min(2*paceWindow/time.Duration(n), slowest)
	}
}

// off ends the pace: the target answers 429 whatever the rate.
func (p *pacer) off() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.every = 0
}

// recent drops what was sent before the window.
func (p *pacer) recent(now time.Time) []time.Time {
	n := 0
	for n < len(p.sent) && now.Sub(p.sent[n]) >= paceWindow {
		n++
	}
	p.sent = p.sent[n:]
	return p.sent
}
