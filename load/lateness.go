package load

import (
	"time"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/load/health"
	"github.com/unigate/unigate/load/pace"
)

// note records how late the generator was with a request: in starting it, as far as
// that was not the target's doing, and in reading its answer.
func (a *attack) note(s *slot, actual, latency time.Duration) {
	started, own := actual-s.due, time.Duration(0)
	clean := s.received.Sub(s.sent) - s.unread
	if a.schedule != nil && !s.excused {
		ideal, silent, limited := a.pacer.Ideal(s.seq, s.due)
		clean = max(clean, silent)
		if own = max(actual-ideal, 0); limited {
			// It left when an answer was read: late by how late that was.
			own = min(own, s.unread)
		}
		if a.pacer.PausedUntil() > 0 {
			clean += started - own // a pause is the target's wish
		}
	}
	e := a.e
	a.tallyClean(s.due, s.class, clean)
	if a.schedule != nil {
		a.demand.add(a.duration, s.due, clean)
	}
	e.lagMu.Lock()
	defer e.lagMu.Unlock()
	if started > pace.Grace {
		a.late++
	}
	held := started-own > pace.Grace && a.limited.Load()
	for _, l := range []*health.Lags{&a.lags, &e.second} {
		l.Done(latency)
		if a.schedule != nil && !s.excused {
			l.Start(own)
		}
		if s.Status > 0 {
			l.Read(s.unread)
		}
		if held {
			l.Held++
		}
	}
	a.clean.record(e.classes[s.class].service, clean)
}

// noteNever records a request that the generator was too slow to send.
func (a *attack) noteNever(waited time.Duration) {
	a.e.lagMu.Lock()
	defer a.e.lagMu.Unlock()
	a.lags.Miss(waited)
	a.e.second.Miss(waited)
}

// mergeLag adds what an attack noted about its lag to that of the run.
func (e *engine) mergeLag(a *attack) {
	e.lagMu.Lock()
	defer e.lagMu.Unlock()
	e.lags.Merge(&a.lags)
	e.clean.merge(a.clean)
	e.late += a.late
	e.caughtUp += a.pacer.CaughtUp()
	e.needed = max(e.needed, a.demand.most())
	a.merged = true
}

// lagSoFar returns the schedule lag of the run, that of the present attack included.
func (e *engine) lagSoFar() *hist.Histogram {
	e.lagMu.Lock()
	defer e.lagMu.Unlock()
	var c hist.Compact
	c.Merge(&e.lags.Schedule)
	if a := e.current.Load(); a != nil && !a.merged {
		c.Merge(&a.lags.Schedule)
	}
	return c.Histogram()
}

// takeSecond returns what was late since it was last called.
func (e *engine) takeSecond() *health.Lags {
	e.lagMu.Lock()
	defer e.lagMu.Unlock()
	out := &health.Lags{}
	out.Merge(&e.second)
	e.second.Reset()
	return out
}
