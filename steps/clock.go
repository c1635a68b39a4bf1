package steps

import (
	"context"
	"time"

	"github.com/unigate/unigate/internal/oracle"
)

// A target's clock may be some seconds behind without a Date header that shows it: there is
// none, or a gateway writes it. As times have no seconds (A10), such a target's are too early
// by more than a minute at its turn, and right for the rest of it. One that gives a minute
// too little is too early by still more then.

const (
	// nearMissPause is how long everybody waits, so that the minute has turned for both clocks.
	nearMissPause = (oracle.NearMissSeconds + 1) * time.Second
	// nearMissesInVain is how many calls may be wrong again before none is made again.
	nearMissesInVain = 2
)

// tellClock makes a call once more whose token's time is wrong by a few seconds beyond what is
// tolerated, when the minute has turned by any clock that is so little behind: where it is
// right then, the clock was the matter. It returns the answer with the newest token.
func (r *run) tellClock(ctx context.Context, a *answer, fetch func() *answer) *answer {
	if !a.gotToken() || !a.judged.NearMiss || a.before || !a.due() || !r.mayTellClock(0) || ctx.Err() != nil || !r.mayWait(nearMissPause) {
		return a
	}
	r.waitUntilAllowed(ctx)
	if ctx.Err() != nil {
		return a
	}
	x := fetch()
	r.asked.Add(1)
	switch {
	case !x.gotToken():
		return a
	case x.judged.NearMiss || sameTimeWrong(a, x):
		r.mayTellClock(1)
	default:
		r.mu.Lock()
		a.judged.LeaveNearMiss()
		r.mu.Unlock()
	}
	r.entitle(a)
	return x
}

// sameTimeWrong reports whether an answer breaks a rule about the token's time that another breaks.
func sameTimeWrong(a, x *answer) bool {
	for _, f := range a.judged.Findings {
		if f.OfTime() && len(x.judged.Of(f.Rule)) > 0 {
			return true
		}
	}
	return false
}

// mayTellClock reports whether calls may be made again for the clock's sake, after so many
// more in vain.
func (r *run) mayTellClock(vain int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.nearVain += vain
	return r.nearVain < nearMissesInVain
}
