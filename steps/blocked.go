package steps

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// A firewall in front of a target may shut out, for a while, the address of whoever tried some
// unknown users or wrong passwords, which verify does. Its pages say nothing of the
// target: they are told from the target's own refusals by a call that has done nothing wrong
// and gets one too, and what they answered is asked again when they have ended.

const (
	// blockPause is the first wait for the end of a block; each further one is twice as long.
	blockPause = time.Second
	// blockedAgain is how often one call is made again, block after block.
	blockedAgain = 5
	// blocksInVain is how many controls of either kind, by logins and by the resource, may
	// find no block before none is made any more: such pages are the target's own then.
	blocksInVain = 20
	// lockTries is how often a control waits for a user that somebody else holds.
	lockTries = 3
)

// shutout is what is known of such a firewall in a run.
type shutout struct {
	mu     sync.Mutex
	over   time.Time // when a call was made of which the answer showed that the last block had ended
	never  bool      // it does not end within the time that is waited
	vain   [2]int    // controls that found none: after logins, and after calls of the resource
	status int
	again  atomic.Int64 // calls that were made again
	denied atomic.Bool  // some call was refused, as must have been before any block
}

// errBlocked stands for the page of a firewall that shut this machine out.
var errBlocked = errors.New("something in front of the target, such as a firewall, shuts this machine out after refused calls, and answers in its place, to right credentials too")

// shutOutKey marks the context of the call that tells whether everybody is shut out.
type shutOutKey struct{}

// blockPage reports whether an answer may be the page of a firewall: no answer in the
// service's own form with a status by which they turn callers away.
func blockPage(x *unifier.Exchange) bool {
	switch x.Status {
	case http.StatusForbidden, http.StatusNotAcceptable:
		return !unifier.OwnForm(x.Status, x.Body)
	case http.StatusOK:
		body := bytes.ToLower(bytes.TrimSpace(x.Body))
		return bytes.HasPrefix(body, []byte("<html")) || bytes.HasPrefix(body, []byte("<!doctype html"))
	}
	return false
}

// pastBlock makes a call, and makes it again when the block has ended that answered it. shut is
// true where it was not: the block does not end, or the password may be wrong.
func (r *run) pastBlock(ctx context.Context, call unifier.Call, kind caller) (_ unifier.Exchange, shut bool) {
	x := r.exchange(ctx, call)
	for n := 0; blockPage(&x) && r.blocked(ctx, &x, kind); n++ {
		if r.block.lasts() || x.WrongPassword() || n == blockedAgain || ctx.Err() != nil {
			return x, true
		}
		next := r.exchange(ctx, call)
		next.Attempts += x.Attempts
		next.Retried = x.Status
		r.block.again.Add(1)
		x = next
	}
	return x, false
}

// caller is what a call was made for.
type caller int

// The callers, as far as controls are counted.
const (
	forToken caller = iota
	forResource
)

// blocked reports whether a call was answered by a firewall's page that everybody gets,
// and returns when that has ended, or does not end.
func (r *run) blocked(ctx context.Context, x *unifier.Exchange, kind caller) bool {
	b := &r.block
	if !b.denied.Load() || ctx.Err() != nil || ctx.Value(controlKey{}) != nil || ctx.Value(shutOutKey{}) != nil {
		return false
	}
	ctx = context.WithValue(context.WithValue(ctx, controlKey{}, true), shutOutKey{}, true)
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.never, x.Started.Before(b.over):
		return true
	case b.vain[kind] >= blocksInVain:
		return false
	}
	if shut, _ := r.shutOut(ctx); !shut {
		b.vain[kind]++
		return false
	}
	b.status = x.Status
	for pause := blockPause; ; pause = min(2*pause, longestWait) {
		if !r.mayWait(pause) {
			b.never = true
			reason := fmt.Sprintf("not run: %v (HTTP %d): let this machine's address through, or try again later with safety.failed_logins: 0 and without the scenarios that are refused", errBlocked, b.status)
			r.stopped.CompareAndSwap(nil, &reason)
			return true
		}
		r.waitUntilAllowed(ctx)
		if ctx.Err() != nil {
			return true
		}
		if shut, at := r.shutOut(ctx); !shut {
			b.over = at
			return true
		}
	}
}

// lasts reports whether a block was found that does not end.
func (b *shutout) lasts() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.never
}

// shutOut reports whether a call that has done nothing wrong gets such a page too: one of the
// resource with the newest token of a user, which takes no other token away, else a login.
// It says when that call was made.
func (r *run) shutOut(ctx context.Context) (shut bool, at time.Time) {
	for _, u := range r.users() {
		if a := r.newestUsable(u); a != nil {
			c := r.askResource(ctx, a, r.knownScheme(a)+" "+a.judged.Token)
			return blockPage(c.x), c.x.Started
		}
	}
	for _, u := range r.users() {
		i := slices.IndexFunc(r.servicesOf(u), func(s unifier.Service) bool { return mayLogIn(u) && r.getsIn(s, u) })
		if i < 0 {
			continue
		}
		lock := r.locks[u.Name]
		held := lock.TryLock()
		for n := 0; !held && n < lockTries && r.o.Sleep(ctx, controlPause) == nil; n++ {
			held = lock.TryLock()
		}
		x := r.sendHeld(ctx, u, r.validCall(r.servicesOf(u)[i], u))
		if held {
			lock.Unlock()
		}
		if shut = blockPage(&x.exchange); !shut {
			r.entitle(x)
		}
		return shut, x.exchange.Started
	}
	return false, at
}

// newestUsable is the answer with the token that a user was given last, where the resource
// took the first one of that service; else nil.
func (r *run) newestUsable(u *unifier.User) *answer {
	for _, s := range r.servicesOf(u) {
		key := sampleKey(s, u)
		r.mu.Lock()
		a := r.newest[key]
		usable := a != nil && r.worked[key] && r.unusable[key] == "" && a.judged.Token == r.latest[u]
		r.mu.Unlock()
		if usable && !r.mayHaveEnded(a) {
			return a
		}
	}
	return nil
}

// knownScheme is how the resource takes an answer's token, as far as it is known.
func (r *run) knownScheme(a *answer) string {
	if !a.anyScheme() || !r.schemes.TryLock() {
		return "Bearer"
	}
	defer r.schemes.Unlock()
	if r.scheme == "" {
		return "Bearer"
	}
	return r.scheme
}

// says warns of a block that ended; "" where there was none.
func (b *shutout) says() string {
	n := b.again.Load()
	if n == 0 {
		return ""
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return fmt.Sprintf("warning: something in front of the target, such as a firewall, shut this machine out for a while after refused calls, and answered HTTP %d to right credentials too; calls that were made again: %d", b.status, n)
}
