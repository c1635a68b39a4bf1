package load

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/unigate/unigate/internal/amount"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load/wire"
)

// Some answers tell nothing about the target under the load of the plan, and are set
// aside: they are neither errors nor successes, and count as requests without an answer do.
//
//   - What something between unigate and the target answered in its place (407, 511, …:
//     unifier.StandIn).
//   - Refusals for the number of requests (429, 503) that unigate provoked. Where it was late
//     by its own doing it catches up, and so sends more in some stretch than the plan asks
//     for, which a rate limiter that bears the plan may refuse. A limiter of any kind refuses
//     no more requests for that than were moved: each refusal spares it one. So there is one
//     excuse for each request that left late, and it lasts as long as limiters count.
//   - Time-outs that unigate noticed late, as it stood still: the answer may have come in
//     time. Where the kernel tells when an answer came there are none (wire.Reply.Unseen).

// crowding counts the requests that unigate sent closer to others than planned.
type crowding struct {
	excuses atomic.Int64 // refusals that may be unigate's own doing
	newest  atomic.Int64 // when the newest left late, since the attack began
	// until is up to when requests are due that may be late by unigate's own doing, since
	// the attack began: it was late itself, or kept the pause that such a refusal asked for.
	until atomic.Int64
}

// crowd notes whether a request leaves so late, by unigate's own doing, that it comes
// closer to others than planned.
func (a *attack) crowd(s *slot) {
	began, ok := a.pacer.Began()
	if a.schedule == nil || !ok || s.excused {
		return
	}
	due := a.schedule.At(s.seq)
	actual := s.sent.Sub(began)
	if actual-due < leastCrowding || (actual-due).Seconds()*a.schedule.Rate(due) < 1 {
		return
	}
	ideal, _, limited := a.pacer.Ideal(s.seq, due)
	own := actual - ideal
	if limited {
		own = min(own, s.unread)
	}
	if own >= leastCrowding && own.Seconds()*a.schedule.Rate(due) >= 1 {
		raise(&a.crowding.until, int64(actual+own)) // at twice the rate it takes as long to catch up
	} else if due > time.Duration(a.crowding.until.Load()) {
		return
	}
	a.crowding.newest.Store(int64(actual))
	a.crowding.excuses.Add(1)
}

// provoked reports whether a refusal may be unigate's own doing, and takes the excuse.
func (a *attack) provoked(s *slot) bool {
	if s.Status != http.StatusTooManyRequests && s.Status != http.StatusServiceUnavailable || a.crowding.excuses.Load() <= 0 {
		return false
	}
	if s.sent.Sub(a.began)-time.Duration(a.crowding.newest.Load()) > limitersCount {
		a.crowding.excuses.Store(0)
		return false
	}
	a.crowding.excuses.Add(-1)
	return true
}

// setAside finds out whether an answer tells nothing about the target, and why. It must
// be called once for each answer, in turn.
func (a *attack) setAside(s *slot) (aside bool) {
	switch {
	case s.Kind == wire.KindInterrupted:
		return true
	case s.Kind == wire.KindProxy || s.Kind != "" && unifier.NotTheTargets(s.Err):
		s.Kind = record.StatusStandIn
	case s.Unseen:
		s.Kind = record.StatusUnseen
	case s.Kind == "" && a.provoked(s):
		s.Kind = record.StatusProvoked
	default:
		return false
	}
	return true
}

// aside deals with an answer that was set aside.
func (a *attack) aside(s *slot, c *class) {
	e := a.e
	switch s.Kind {
	case record.StatusStandIn:
		e.standIns.add(e.services[c.service], s.Detail, func() string { return e.sample(s, c, s.Detail) })
		if a.look != nil {
			a.look.spoil("something else answered in the target's place: "+e.o.Redact(printable(s.Detail)), time.Time{})
		}
		if e.astray.add(true, s.received) {
			a.giveUpOpen("%d answers in a row over more than %v were not the target's, the last: %s", e.astray.count, streakTime, e.o.Redact(printable(s.Detail)))
		}
	case record.StatusUnseen:
		if a.look != nil {
			a.look.spoil("unigate stood still while answers were due", time.Time{})
		}
	case record.StatusProvoked:
		if !a.warm {
			e.provoked.Add(1)
		}
		wait, asks := unifier.RetryAfter(s.Status, s.Header, s.received)
		if a.look != nil {
			a.look.spoil(fmt.Sprintf("unigate was late and caught up, and the target refused (%d) what came faster than planned", s.Status), time.Time{})
		}
		if asks && !a.warm {
			a.holdOwn(wait, s)
		}
	}
}

// holdOwn honours a Retry-After that unigate brought about: it shows nothing about the target.
func (a *attack) holdOwn(wait time.Duration, s *slot) {
	at := s.received.Sub(a.began)
	switch rest := a.duration - at; {
	case a.look != nil: // what comes after a pause would be no even load any more
		a.look.spoil("", s.received.Add(wait))
		a.stop()
	case wait >= rest && rest > a.duration/10:
		a.giveUpOpen("the target asked with status %d to wait %s, which is beyond the end of the plan, as unigate had sent more than planned to catch up", s.Status, waitText(wait))
	default:
		a.pacer.Pause(min(wait, a.duration))
		raise(&a.crowding.until, int64(a.pacer.PausedUntil()+min(wait, a.duration)))
	}
}

// giveUpOpen ends the run, or the step of a search, for a reason that is not the target's.
func (a *attack) giveUpOpen(format string, args ...any) {
	if a.look != nil {
		a.stop()
		return
	}
	a.e.stopOpen(format, args...)
}

// stopOpen ends the run for a reason that is not the target's.
func (e *engine) stopOpen(format string, args ...any) {
	reason := fmt.Sprintf(format, args...)
	e.openReason.CompareAndSwap(nil, &reason)
	e.stop("%s", reason)
}

// stoppedOpen returns why the run stopped itself where that shows nothing about the target, or "".
func (e *engine) stoppedOpen() string {
	if r := e.openReason.Load(); r != nil && e.stopped() == *r {
		return *r
	}
	return ""
}

// asideNotes tell what was set aside.
func (e *engine) asideNotes() []string {
	var out []string
	for _, b := range e.standIns.list() {
		out = append(out, fmt.Sprintf("%s not the target's and tell nothing about it: %s; they count as requests without an answer", amount.Of(b.Count, "answer of "+b.Service+" was", "answers of "+b.Service+" were"), e.o.Redact(printable(b.Kind))))
	}
	if n := e.provoked.Load(); n > 0 {
		out = append(out, fmt.Sprintf("%s set aside: unigate had been late by its own doing and sent more than planned to catch up, so that the refusals (429, 503) may be of its own making; they count as requests without an answer",
			amount.Of(n, "refusal was", "refusals were")))
	}
	if n := e.gateways.Load(); n > 0 {
		out = append(out, fmt.Sprintf("%s (502, 503 or 504) in another form than the service's own, as of a gateway in front of it: they count as the target's, whose users get them", amount.Of(n, "error was", "errors were")))
	}
	return out
}

// gatewaysOwn reports whether an error looks like that of a gateway in front of the target.
func gatewaysOwn(s *slot) bool {
	switch s.Status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return s.Header.Get("Retry-After") == "" && !unifier.OwnForm(s.Status, s.Body)
	}
	return false
}
