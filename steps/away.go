package steps

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// A target may be taken away in the midst of a run, for maintenance or since it broke down:
// a gateway then answers every call in its place, and nothing of that is the target's. A
// call that breaks the target by itself is told from it by one with right credentials.

const (
	// controlPause is the wait for a user whom no scenario holds, to ask with its credentials.
	controlPause = 100 * time.Millisecond
	// controlTries is how often that is waited.
	controlTries = 20
)

// controlKey marks the context of the call that tells whether the target is still there.
type controlKey struct{}

// tellAway finds out whether the target is still there when a gateway answered a call in its
// place, though it was made again: where a gateway answers a plain call of a user who got in
// as well, nothing more is asked, and what it answered since is not decided.
func (r *run) tellAway(ctx context.Context, a *answer, held bool) {
	if !gatewayAnswer(&a.exchange) || asksToWait(&a.exchange) || a.exchange.WrongPassword() || ctx.Err() != nil || ctx.Value(controlKey{}) != nil {
		return
	}
	known := r.isAway()
	if !known && r.mayControl() {
		control := r.control(ctx, a, held)
		if control != nil && gatewayAnswer(&control.exchange) {
			reason := fmt.Sprintf("not run: a gateway answers HTTP %d in the target's place, to right credentials too, which got tokens before: look at its log, and try again", frontStatus(&a.exchange))
			r.stopped.CompareAndSwap(nil, &reason)
			known = true
		}
		known = r.controlled(known, control != nil)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	a.away = known
}

// control makes a plain call with the credentials of a user who got in, and whom nobody
// else holds; it is nil where there is none, or where another call has told meanwhile.
func (r *run) control(ctx context.Context, a *answer, held bool) *answer {
	ctx = context.WithValue(ctx, controlKey{}, true)
	in := slices.DeleteFunc(r.users(), func(u *unifier.User) bool { return !mayLogIn(u) || !r.getsInAnywhere(u) })
	for range controlTries {
		if len(in) == 0 {
			break
		}
		for _, u := range in {
			i := slices.IndexFunc(r.servicesOf(u), func(s unifier.Service) bool { return r.getsIn(s, u) })
			own, lock := held && u == a.user || holds(ctx, u), r.locks[u.Name]
			if i < 0 || !own && !lock.TryLock() {
				continue
			}
			x := r.sendHeld(ctx, u, r.validCall(r.servicesOf(u)[i], u))
			if !own {
				lock.Unlock()
			}
			if x.gotToken() {
				r.entitle(x)
			}
			return x
		}
		if r.isAway() || ctx.Err() != nil || r.o.Sleep(ctx, controlPause) != nil {
			break
		}
	}
	return nil
}

// isAway reports whether the target was found to be there no more.
func (r *run) isAway() bool {
	r.probing.Lock()
	defer r.probing.Unlock()
	return r.away
}

// errAway stands for what a gateway says in the place of a target that is not there.
var errAway = fmt.Errorf("a gateway answered in the target's place, to right credentials too: %w", errGateway)

// mayControl reports whether it may be asked once more if the target is still there.
func (r *run) mayControl() bool {
	r.probing.Lock()
	defer r.probing.Unlock()
	return r.controls < forgivenInVain
}

// controlled notes what a control told, and says whether the target is away.
func (r *run) controlled(away, asked bool) bool {
	r.probing.Lock()
	defer r.probing.Unlock()
	r.away = r.away || away
	if asked {
		r.controls++
	}
	return r.away
}
