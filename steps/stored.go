package steps

import (
	"context"
	"slices"
	"time"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/unifier"
)

// storedNote is why the validity of a token is not judged that was given out before
// the run began.
const storedNote = "the token was stored before this run, its end unchanged (A11): only what is left of its time shows"

// moreFetches is how many more fetches look for a token that is too short, and came once
// only, on the other nodes of a service that may keep tokens on each.
const moreFetches = 9

// vainLooks is how many such looks may find nothing before none is made any more: such a
// service gives new tokens, and they are too short.
const vainLooks = 2

// tellStored finds out why a user's first token lives too short: where the same token
// comes again with its end unchanged, the service keeps tokens, and this one may be from
// before the run. How long it lived from its start cannot be told then, which is no
// failure and no pass. Another token may be another node's, and is looked for as well.
// Where none comes again, each is judged as the first one. It returns the answer
// with the newest token.
func (r *run) tellStored(ctx context.Context, u *unifier.User, a *answer) *answer {
	if !a.gotToken() || !r.tooShort(a) {
		return a
	}
	came := r.seek(a, func() *answer {
		x := r.sendAgain(ctx, u, r.validCall(a.service, u))
		x.shared = true
		return x
	}, func(came []*answer) bool {
		last := came[len(came)-1]
		return slices.ContainsFunc(came[:len(came)-1], last.sameAs)
	})
	return came[len(came)-1]
}

// fromBefore takes what an answer with a stored token says of its validity for what is
// left of it: an access token is judged by its claims, and of another it is not known how
// long it was valid. The caller holds r.mu.
func (r *run) fromBefore(a *answer) {
	first := r.seen[a.judged.Token]
	if a.before || !r.tooShort(a) || a.token() == unifier.JWT && r.datesFromClaims(first, a) {
		return
	}
	if first != nil {
		first.before = true
	}
	a.leaveValidity()
}

// datesFromClaims judges answers with an access token that was stored before the run anew: it
// says itself when it was given and for how long, so that what the answer says is what is
// left of that time (A11). The target's clock may differ. It is false where the claims do
// not say it. The caller holds r.mu.
func (r *run) datesFromClaims(first *issued, answers ...*answer) bool {
	t, err := oracle.ParseJWT(answers[0].judged.Token)
	if err != nil || first == nil || t.IssuedAt == 0 || t.Expires <= t.IssuedAt {
		return false
	}
	at, skew := time.Unix(t.IssuedAt, 0), r.maxSkew()
	first.reply.Sent, first.reply.Received, first.seconds = at.Add(-skew), at.Add(skew), t.Expires-t.IssuedAt
	for _, a := range answers {
		a.expect.First, a.expect.FirstSeconds = &first.reply, first.seconds
		a.judged = a.judge(a.expect)
	}
	return true
}

// maxSkew is by how much the target's clock may differ.
func (r *run) maxSkew() time.Duration {
	if r.o.MaxClockSkew > 0 {
		return r.o.MaxClockSkew
	}
	return oracle.DefaultMaxSkew
}

// tooShort reports whether a token's validity was found wrong, and ends early, as that of
// a stored one does.
func (r *run) tooShort(a *answer) bool {
	return slices.ContainsFunc(a.judged.Findings, oracle.Finding.TooShort) && r.saysWhatIsLeft(a)
}

// saysWhatIsLeft reports whether an answer with a token that came before says what is left
// of it: an access token says itself when it ends, so that an expires_in which is another
// time is that of no stored token.
func (r *run) saysWhatIsLeft(a *answer) bool {
	if a.token() != unifier.JWT {
		return true
	}
	end := a.reply.Received.Add(time.Duration(a.judged.ExpiresIn) * time.Second)
	return !a.judged.Expires.IsZero() && a.judged.Expires.Sub(end).Abs() <= r.maxSkew()
}

// wrongValidity is the kind of findings about how long a token is valid.
const wrongValidity = "wrong_validity"

// leaveValidity takes what was found about an answer's validity for unjudged.
func (a *answer) leaveValidity() {
	a.before = true
	a.judged.LeaveValidity()
}
