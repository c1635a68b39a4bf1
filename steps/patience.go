package steps

import (
	"context"
	"net/http"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// Bounds of the patience with a target that asks to wait (Retry-After).
const (
	// longestWait is the longest single wait that is honoured by asking again; what
	// asks for more is left unanswered.
	longestWait = 30 * time.Second
	// limitedPause is the wait after a 429 that names no time: RFC 6585, section 4,
	// lets it be missing, and limits are counted by the second as a rule.
	limitedPause = time.Second
	// limitedCalls is how many calls may get such an answer twice before none waits
	// any more: a second is no answer to that target.
	limitedCalls = 10
	// allWaits bounds the waits of a whole run.
	allWaits = 2 * time.Minute
)

// patient makes a call and asks once more after a wait, while nobody else asks
// either, where the target answers 429, or 503 and says when it may be asked again
// (RFC 9110, section 10.2.3), or where a gateway in front of it answered in its
// place: once for each of these, since one says nothing of the other. A wrong password is
// never sent again.
func (r *run) patient(ctx context.Context, call unifier.Call) unifier.Exchange {
	r.waitUntilAllowed(ctx)
	x := r.once(ctx, call)
	for done := map[impediment]bool{}; !x.WrongPassword(); {
		wait, why := r.impeded(&x, done)
		if why == unimpeded || !r.mayWait(wait) {
			return x
		}
		done[why] = true
		r.waitUntilAllowed(ctx)
		if ctx.Err() != nil {
			return x
		}
		again := r.once(ctx, call)
		r.asked.Add(1)
		switch {
		case why == limited && again.Status == http.StatusTooManyRequests:
			r.limitedInVain.Add(1)
		case why == hiccup:
			r.hiccups.note(&x, &again)
		}
		again.Attempts += x.Attempts
		again.Retried = frontStatus(&x)
		x = again
	}
	return x
}

// impediment is why a call is made again.
type impediment int

// The impediments.
const (
	unimpeded   impediment = iota
	askedToWait            // 429 or 503 that says for how long
	limited                // 429 that does not
	hiccup                 // the answer of a gateway in the target's place
)

// impeded says why a call may be made again after its answer, and after which wait; done are
// the reasons for which it was made again already.
func (r *run) impeded(x *unifier.Exchange, done map[impediment]bool) (wait time.Duration, why impediment) {
	wait, asked := unifier.RetryAfter(x.Status, x.Header, r.o.Now())
	switch {
	case asked && done[askedToWait]:
	case asked:
		return wait, askedToWait
	case x.Status == http.StatusTooManyRequests && !done[limited] && r.limitedInVain.Load() < limitedCalls:
		return limitedPause, limited
	case !done[hiccup] && r.hiccups.forgives(x):
		return gatewayPause, hiccup
	}
	return 0, unimpeded
}

// asksToWait reports whether an answer says when to ask again.
func asksToWait(x *unifier.Exchange) bool {
	_, asks := unifier.RetryAfter(x.Status, x.Header, x.Finished)
	return asks
}

// once makes a call, at the pace of the run, and counts what left.
func (r *run) once(ctx context.Context, call unifier.Call) unifier.Exchange {
	if wait := r.pace.slot(r.o.Now()); wait > 0 {
		_ = r.o.Sleep(ctx, wait) // ends early with the context, which the call sees
	}
	x := r.o.Client.Do(ctx, call)
	r.sent.Add(int64(x.Attempts))
	r.lost.Add(int64(x.Lost))
	switch {
	case x.Status != http.StatusTooManyRequests:
	case r.limitedInVain.Load() < limitedCalls:
		r.pace.tooMany(r.o.Now())
	default:
		r.pace.off()
	}
	return x
}

// mayWait reports whether a wait lies within the run's bounds, and makes
// everybody wait. Waits that are under way already cost nothing more.
func (r *run) mayWait(wait time.Duration) bool {
	r.waitM.Lock()
	defer r.waitM.Unlock()
	until := r.o.Now().Add(min(wait, longestWait+1))
	more := until.Sub(r.notBefore)
	if now := r.o.Now(); r.notBefore.Before(now) {
		more = wait
	}
	if wait > longestWait || r.waited+max(more, 0) > allWaits {
		return false
	}
	r.waited += max(more, 0)
	if until.After(r.notBefore) {
		r.notBefore = until
	}
	return true
}

// waitUntilAllowed waits for the end of what the target asked for.
func (r *run) waitUntilAllowed(ctx context.Context) {
	r.waitM.Lock()
	rest := r.notBefore.Sub(r.o.Now())
	r.waitM.Unlock()
	if rest > 0 {
		_ = r.o.Sleep(ctx, rest) // ends early with the context, which the call sees
	}
}
