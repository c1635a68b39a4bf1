package load

import (
	"fmt"
	"net/http"
	"time"

	"github.com/unigate/unigate/internal/amount"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load/measure"
)

// failed deals with a transport error or a status other than 200.
func (a *attack) failed(s *slot, c *class) {
	e := a.e
	status := statusOf(s)
	if a.warm && s.Status == 0 && e.warmLost.CompareAndSwap(nil, &status) {
		return // a connection may break once before anything counts
	}
	if !a.warm && gatewaysOwn(s) {
		e.gateways.Add(1)
	}
	e.errors.add(e.services[c.service], status, func() string { return e.errorSample(s, c) })
	if a.warm {
		e.failWarmup(c, status)
	}
	// After the plan's end only what is slowest is still to come, such as time-outs one
	// after the other: no run of errors, and nothing is left to be stopped.
	going := s.received.Sub(a.began) < a.duration
	if !e.noteExhausted(s.Kind) && going && e.streak.add(true, s.received) {
		a.giveUp(time.Time{}, "%d errors in a row over more than %v, the last: %s", e.streak.count, streakTime, status)
	}
	if s.Status == http.StatusUnauthorized || s.Status == http.StatusForbidden {
		if n, spent := e.admission.refused(s.class); spent {
			e.stop("user %s was refused %s (%d): stopped so that no account gets locked", c.user.Name, amount.Of(n, "time", "times in a row"), s.Status)
		}
	}
	if wait, ok := unifier.RetryAfter(s.Status, s.Header, s.received); ok && !a.warm {
		a.hold(wait, s)
	}
}

// giveUp ends the run; in a search only the step, which has shown that its rate is too
// high. notBefore is until when the target asked to wait, the zero time for none.
func (a *attack) giveUp(notBefore time.Time, format string, args ...any) {
	if a.look == nil {
		a.e.stop(format, args...)
		return
	}
	a.look.end(fmt.Sprintf(format, args...), notBefore)
	a.stop()
}

// hold honours a Retry-After. Where it leaves nothing of the rest of the plan,
// and that is more than a tenth, the run ends: waiting would tell nothing.
func (a *attack) hold(wait time.Duration, s *slot) {
	at := s.received.Sub(a.began)
	if a.look != nil { // what comes after a pause would be no even load any more
		a.giveUp(s.received.Add(wait), "the target asked with status %d to wait %v", s.Status, wait)
		return
	}
	if rest := a.duration - at; wait >= rest && rest > a.duration/10 {
		a.e.stop("the target asked with status %d to wait %s, which is beyond the end of the plan", s.Status, waitText(wait))
		return
	}
	a.pacer.Pause(min(wait, a.duration)) // beyond the plan's end it is all the same
}

// waitText writes a wait that a target asked for, which may be any.
func waitText(d time.Duration) string {
	if d > 10*365*24*time.Hour {
		return "more than ten years"
	}
	return d.String()
}

// settleAccounts counts what was due and never left.
func (a *attack) settleAccounts() {
	e := a.e
	a.ended = a.duration
	if at := time.Duration(a.stopAt.Load()); at > 0 && at < a.duration {
		a.ended = at
	}
	if a.schedule == nil {
		return
	}
	typical := a.demand.typical()
	for k := a.sent; k < a.schedule.Count(); k++ {
		due := a.schedule.At(k)
		if due >= a.ended {
			break
		}
		a.owed++
		reason := a.reason(due)
		switch reason {
		case tooSlow:
			a.noteNever(a.ended - due)
		case inFlightLimit:
			a.lags.Held++
		}
		class := e.mix.class(a.number(k))
		service := e.classes[class].service
		if clean, known := a.cleanUnsent(due, reason); known {
			a.clean.record(service, clean)
			a.tallyClean(due, class, clean)
		}
		if reason == tooSlow || reason == inFlightLimit {
			a.demand.add(a.duration, due, max(typical, a.pacer.Silent(due)))
		}
		if a.look != nil {
			a.look.owed(due, service, reason)
		}
		for i := range a.sinks {
			if at, row, ok := a.sinks[i].takes(due, service, class); ok {
				a.sinks[i].recorder.Owed(row, at, a.ended-due, reason)
			}
		}
		e.results.unsent(e, a, k, due)
	}
}

// cleanUnsent returns for how long a request that never left would have had to wait
// without unigate's own doing; known is false where that was all there was.
func (a *attack) cleanUnsent(due time.Duration, reason string) (d time.Duration, known bool) {
	switch reason {
	case tooSlow:
		return 0, false
	case inFlightLimit:
		return a.pacer.Silent(due), true
	}
	return a.ended - due, true // it waited for the target or its user
}

const (
	// tooSlow is the reason of requests that the generator itself did not send in time.
	tooSlow = "generator too slow"
	// inFlightLimit is that of requests for which too many were in flight.
	inFlightLimit = "in-flight limit"
)

// reason says why a request that was due then never left.
func (a *attack) reason(due time.Duration) string {
	switch {
	case a.pacer.PausedUntil() >= due && a.pacer.PausedUntil() > 0:
		return measure.RetryAfter
	case a.limited.Load() && a.pacer.Held():
		return inFlightLimit
	case a.e.interrupted.Load():
		return "interrupt"
	case a.stopAt.Load() > 0:
		return "stopped"
	}
	return tooSlow
}
