package steps

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/unifier"
)

// detectExpiry finds out with two calls whether login takes the parameter
// expiry: a valid one must change the validity or an invalid one be refused.
// A service that does either has the parameter, however badly. It is part of
// the preflight, since the valid call fetches a token.
func (r *run) detectExpiry(ctx context.Context) error {
	var user *unifier.User
	for _, u := range withTrait(r.o.Users, "active Basic user", r.o.Now()) {
		if r.getsIn(inUnit(), u) {
			user = u
			break
		}
	}
	if user == nil {
		r.ignoresExpiry = "no active Basic user got a token at first"
		return nil
	}
	valid := r.twice(func() *answer { return r.sendAgain(ctx, user, r.loginFor(user, tellingExpiry(effective(user)))) })
	r.entitle(valid)
	invalid := r.twice(func() *answer { return r.send(ctx, user, r.validCall(inUnit(), user).withExpiry("0")) })
	how := "login takes the parameter expiry"
	if r.ignoresExpiry = r.madeNoDifference(ctx, user, valid, invalid); r.ignoresExpiry != "" {
		how = "login takes no parameter expiry: " + r.ignoresExpiry
		r.takeAsPlain(valid, invalid)
	}
	r.read(oracle.Reading{Ambiguity: "A5", Reading: how})
	return nil
}

// twice makes a call once more where no answer came, which may be an accident and must
// not leave a range unchecked.
func (r *run) twice(call func() *answer) *answer {
	a := call()
	if a.reply.Status != 0 || a.broken || a.exchange.Attempts == 0 || r.interrupted() {
		return a
	}
	if a.breaksOff() {
		r.cuts.Add(1)
	}
	return call()
}

// madeNoDifference says why a valid and an invalid expiry show that login takes none; "" if it does.
func (r *run) madeNoDifference(ctx context.Context, u *unifier.User, valid, invalid *answer) string {
	none := valid.reply.Status == 0 || valid.unanswered() != nil
	switch {
	case !none && (valid.reply.Status == http.StatusBadRequest || valid.honoured()):
	case fails(valid) && fails(invalid): // where a plain call gets a token, any expiry is too much for it
	case invalid.reply.Status == http.StatusBadRequest:
	case valid.gotToken() && invalid.reply.Status == 0: // an invalid one alone gets no answer, twice
	case valid.gotToken() && invalid.reply.Status > http.StatusBadRequest && invalid.unanswered() == nil && !gatewayAnswer(&invalid.exchange):
	case none || invalid.reply.Status == 0:
		return "no answer came when this was to be found out"
	case !valid.gotToken() && !invalid.gotToken():
		return fmt.Sprintf("any expiry gets HTTP %d, which says nothing of what it would mean", valid.reply.Status)
	case !r.otherwiseValid(ctx, u, valid):
		return "neither a valid nor an invalid one made a difference"
	}
	return ""
}

// fails reports whether the service itself failed at a call.
func fails(a *answer) bool {
	return a.reply.Status >= http.StatusInternalServerError && a.unanswered() == nil && !gatewayAnswer(&a.exchange)
}

// honoured reports whether a token is valid for as long as the call asked.
func (a *answer) honoured() bool {
	return a.gotToken() && !a.stored && len(a.judged.Of(unifier.RuleAsked)) == 0 && !a.judged.Expires.IsZero() && !rightAsPlain(a)
}

// otherwiseValid reports whether a token that was asked for with an expiry lasts neither
// as long as asked nor as plain logins' tokens do: those of the user's first login and,
// lest the service change its mind, of one more after it are right.
func (r *run) otherwiseValid(ctx context.Context, u *unifier.User, valid *answer) bool {
	right := func(a *answer) bool {
		return a != nil && a.gotToken() && !a.before && !a.judged.Expires.IsZero() && !hasWrongValidity(a.judged)
	}
	if valid.stored || valid.before || valid.judged.Expires.IsZero() || !right(r.sample(inUnit(), u)) || rightAsPlain(valid) {
		return false
	}
	again := r.sendAgain(ctx, u, r.validCall(inUnit(), u))
	r.entitle(again)
	return right(again)
}

// takeAsPlain judges calls whose expiry made no difference as what they amount to: plain
// logins, whose answers count as every other's. One that lives neither as asked nor as
// a plain one's is left open in this.
func (r *run) takeAsPlain(calls ...*answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range calls {
		if a.reply.Status < http.StatusOK || a.reply.Status >= http.StatusMultipleChoices {
			continue
		}
		a.entitled = true
		if plain, judged := asPlain(a); !hasWrongValidity(judged) {
			a.expect, a.judged, a.situation = plain, judged, "success"
		}
	}
}

// asPlain judges the answer to a call with an expiry as that to a plain one.
func asPlain(a *answer) (oracle.Expectation, oracle.Judgement) {
	plain := a.expect
	plain.Expiry, plain.Validity, plain.OpenExpiry = unifier.Expiry{}, unifier.NoRule, false
	return plain, a.judge(plain)
}

// rightAsPlain reports whether an answer's validity is that of a plain call as well: then
// it does not show whether the expiry was taken, for clocks may differ.
func rightAsPlain(a *answer) bool {
	_, judged := asPlain(a)
	return !hasWrongValidity(judged)
}

// hasWrongValidity reports whether a token was found to be valid for another time.
func hasWrongValidity(j oracle.Judgement) bool {
	return slices.ContainsFunc(j.Findings, func(f oracle.Finding) bool { return f.Kind == wrongValidity })
}

// tellingExpiry is an expiry that cannot be taken for the user's own duration, whatever
// the clocks and the missing seconds (A10) make of either, nor where times are in another
// zone: offsets differ by quarters of an hour, up to 26 hours.
func tellingExpiry(own unifier.Expiry) int {
	apart := 37 // in minutes as in hours
	if own.Unit == unifier.Days {
		if own.N < 5 || own.N > 9 {
			return 7
		}
		apart = 3
	}
	if own.N+apart > unifier.MaxExpiry {
		return own.N - apart
	}
	return own.N + apart
}

// loginFor is a login that asks for n of the user's unit.
func (r *run) loginFor(u *unifier.User, n int) outgoing {
	c := r.validCall(inUnit(), u).withExpiry(fmt.Sprint(n))
	c.asked = func(e *oracle.Expectation) {
		e.Expiry, e.Validity = unifier.Expiry{N: n, Unit: effective(u).Unit}, unifier.RuleAsked
	}
	return c
}
