package steps

import (
	"context"
	"slices"
	"time"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/unifier"
)

// A service of several nodes may keep a user's token on each of them (A11). A call gets
// the one of the node that answers, so that one from before the run may come at any time,
// not with the first login alone. What tells it from a new token that is too short: a
// service with one place for tokens never gives an earlier one again after another.

// unchanged reports whether an answer has a token that its user was given before, with the
// same end.
func (i *issued) unchanged(a *answer) bool {
	return i != nil && i.user == a.user && !i.expires.IsZero() && i.expires.Equal(a.judged.Expires)
}

// leftSince reports whether an answer's expires_in is what is left of that with which its token
// came first, whatever the token's claims say of its end (A4).
func (i *issued) leftSince(a *answer) bool {
	least, most := a.reply.Sent.Sub(i.reply.Received), a.reply.Received.Sub(i.reply.Sent)
	gone := time.Duration(i.seconds-a.judged.ExpiresIn) * time.Second
	return a.token() == unifier.JWT && i.seconds > 0 && gone >= least-time.Second && gone <= most+time.Second
}

// sameAs reports whether two answers have the same token, with the same end.
func (a *answer) sameAs(b *answer) bool {
	return a.judged.Token == b.judged.Token && a.judged.Expires.Equal(b.judged.Expires)
}

// shelve notes that a user's tokens are kept, and whether in several places: an earlier
// one came again after another. The caller holds r.mu.
func (r *run) shelve(key string, a, before *answer, first *issued) {
	if before == nil || !first.unchanged(a) || !first.wish.like(a.wished()) {
		return
	}
	r.kept[key] = true
	first.times++
	if before.judged.Token != a.judged.Token && before.wished().like(a.wished()) {
		r.shelves[key] = true
	}
}

// excuse leaves the validity of a token open that is too short, comes again and again, and
// may lie on another node since before the run.
func (r *run) excuse(key string, a *answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if first := r.seen[a.judged.Token]; first != nil && first.times > 0 && r.shelves[key] && r.beganBefore(a) {
		r.fromBefore(a)
	}
}

// beganBefore reports whether a token that is too short would be right if it had been
// given out before the run. What an expiry that was asked for does shows in new tokens.
func (r *run) beganBefore(a *answer) bool {
	if !r.tooShort(a) || a.expect.OpenExpiry {
		return false
	}
	if a.token() == unifier.JWT {
		t, err := oracle.ParseJWT(a.judged.Token)
		return err == nil && t.Expires-t.IssuedAt > a.judged.ExpiresIn // its claims say that it is older
	}
	if !a.expect.Expiry.IsZero() || a.judged.Expires.IsZero() {
		return false
	}
	own := effective(a.user)
	start := a.judged.Expires.Add(-time.Duration(own.N) * own.Unit.Length())
	if own.Unit == unifier.Days {
		start = start.Add(-time.Hour) // clocks may have changed in between (A9)
	}
	return start.Before(r.began.Add(r.maxSkew()))
}

// tellElsewhere finds out whether a token that is too short, in the midst of the run, is one
// that another node keeps: where a user's tokens are seen to be kept, a few more calls tell
// whether an earlier one comes again after it. Of an access token, whose claims say when
// it was given, it is enough that it comes again itself.
func (r *run) tellElsewhere(ctx context.Context, a *answer, fetch func() *answer) {
	if a.user == nil || a.situation != "success" && a.situation != asked || !a.gotToken() || !r.beganBefore(a) || ctx.Err() != nil {
		return
	}
	key, access := sampleKey(a.service, a.user), a.token() == unifier.JWT
	r.mu.Lock()
	looks := r.samples[key] != nil && (r.kept[key] || access)
	r.mu.Unlock()
	if looks && r.maySeek(0) {
		r.seek(a, fetch, func(came []*answer) bool {
			r.mu.Lock()
			defer r.mu.Unlock()
			return a.sameAs(came[len(came)-1]) && (access || r.shelves[key])
		})
	}
}

// seek fetches until a token is found again, at most moreFetches times after the second
// one, and takes what the answers say of tokens that are kept for what is left of them.
// It returns all answers with a token.
func (r *run) seek(a *answer, fetch func() *answer, found func(came []*answer) bool) []*answer {
	came, again := []*answer{a}, false
	for n := 0; !again && n <= moreFetches && (n == 0 || r.maySeek(0)); n++ {
		x := fetch()
		r.entitle(x)
		if !x.gotToken() {
			break
		}
		came = append(came, x)
		again = found(came)
	}
	if !again && len(came) > 2 {
		r.maySeek(1)
	}
	for _, x := range came {
		r.excuse(sampleKey(x.service, x.user), x)
		if again && slices.ContainsFunc(came, func(y *answer) bool { return y != x && y.sameAs(x) }) {
			r.mu.Lock()
			r.fromBefore(x)
			r.mu.Unlock()
		}
	}
	return came
}

// excuseAll is excuse for all answers so far, when no scenario looks at them any more that
// is not about all of them. Where one has a token of a user with several places that came
// once, it is looked for before wrong passwords may lock the account.
func (r *run) excuseAll(ctx context.Context, fetches bool) {
	r.mu.Lock()
	every := slices.Clone(r.every)
	r.mu.Unlock()
	for _, a := range every {
		if a.user == nil || !a.gotToken() || a.situation != "success" && a.situation != asked {
			continue
		}
		key := sampleKey(a.service, a.user)
		r.excuse(key, a)
		r.mu.Lock()
		open := r.shelves[key] && r.beganBefore(a) && !a.before
		r.mu.Unlock()
		if fetches && open && a.situation == "success" && !r.interrupted() && r.stopped.Load() == nil && r.maySeek(0) {
			r.seek(a, func() *answer { return r.sendAgain(ctx, a.user, r.validCall(a.service, a.user)) }, func(came []*answer) bool { return a.sameAs(came[len(came)-1]) })
		}
	}
}

// maySeek reports whether more tokens may be fetched to find one again, after so many
// more looks in vain.
func (r *run) maySeek(vain int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.vain += vain
	return r.vain < vainLooks
}
