package steps

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/unifier"
)

// forgivenCuts is how many answers with a token may break off in a run without being a
// failure: one may be the network's, from the second on it is what the target does.
const forgivenCuts = 1

// sendAgain is send for a call with right credentials: where the answer breaks off,
// once more. One that breaks off twice is a proven defect of LOGIN-01 or OAUTH-01,
// not a call that nothing is known of: the target took it and answered, in an HTTP
// message that is cut off or shorter than its Content-Length. So is the second call of
// a run whose answer breaks off, though it gets a whole one when it is made again. Of a
// refusal that breaks off, and of an answer to what is left open, nothing is known.
func (r *run) sendAgain(ctx context.Context, u *unifier.User, c outgoing) *answer {
	first := r.send(ctx, u, c)
	if !first.breaksOff() || r.interrupted() {
		return first
	}
	a := r.send(ctx, u, c)
	r.cuts.Add(1)
	if !first.due() {
		return a
	}
	switch n := r.cutsDue.Add(1); {
	case a.breaksOff():
		r.breaks(a, fmt.Sprintf("HTTP %d in a message that breaks off, twice: %v", a.exchange.Partial, a.exchange.Err))
	case n > forgivenCuts:
		r.breaks(first, fmt.Sprintf("HTTP %d in a message that breaks off, as that to another call before: %v", first.exchange.Partial, first.exchange.Err))
	}
	return a
}

// due reports whether an answer's call should get a token.
func (a *answer) due() bool {
	return a.user != nil && mayLogIn(a.user) && a.service.Token(a.user.Type) != unifier.NoToken && (a.situation == "success" || a.situation == asked)
}

// saysCut warns of calls that were made again because their answers broke off; "" where
// there was none.
func (r *run) saysCut() string {
	switch n := r.cuts.Load(); n {
	case 0:
		return ""
	case 1:
		return "warning: an answer of the target broke off; the call was made again. Look at its log, and at the way to it"
	default:
		return fmt.Sprintf("warning: answers of the target to %d calls broke off; the calls were made again. Look at its log, and at the way to it", n)
	}
}

// breaksOff reports whether the target began an answer and did not end it. What a proxy
// says for itself is none of the target's (unifier.StandIn).
func (a *answer) breaksOff() bool {
	return a.exchange.Partial != 0 && !unifier.NotTheTargets(a.exchange.Err)
}

// breaks notes that a call which should get a token got no whole answer.
func (r *run) breaks(a *answer, observed string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a.broken = true
	a.judged.Findings = append(a.judged.Findings, oracle.Finding{
		Requirement: a.requirement(unifier.RuleToken), Kind: "no_answer", Expected: "HTTP 200 in a complete HTTP message", Observed: r.o.Redactor.String(observed),
	})
	r.broken = append(r.broken, a)
}

// reached reports whether a call without an answer was taken by somebody who did
// not let it wait: then others may still get in.
func (a *answer) reached() bool { return a.silent() && !a.waitedInVain() }

// silent reports whether a call was taken and got no answer.
func (a *answer) silent() bool {
	return a.reply.Status == 0 && a.exchange.Attempts > 0 && !errors.Is(a.exchange.Err, context.Canceled) && !unifier.NotTheTargets(a.exchange.Err)
}

// waitedInVain reports whether nothing came in time.
func (a *answer) waitedInVain() bool {
	return a.exchange.Err != nil && unifier.Diagnose(a.exchange.Err).Kind == "timeout"
}

// askSilentAgain calls once more for each user that got no answer while others got
// in: no answer twice is a failure, no matter of the way to the target. Of those that
// were let wait one is enough, for the time that it takes.
func (r *run) askSilentAgain(ctx context.Context, answers []*answer) {
	in, waited := false, false
	for _, a := range answers {
		in = in || a.gotToken()
	}
	for i, a := range answers {
		if !in || !a.silent() || a.broken || r.interrupted() || waited && a.waitedInVain() {
			continue
		}
		waited = waited || a.waitedInVain()
		again := r.firstLogin(ctx, a.service, a.user)
		if again.silent() && !again.broken {
			r.breaks(again, fmt.Sprintf("no answer, twice: %v", again.exchange.Err))
		}
		answers[i] = again
	}
}

// brokenFetch is what a fetch whose answer broke off twice means for its scenario:
// the requirement that right credentials get a token is not met. Where a scenario
// looks at all such calls, others leave it to that one.
func (w *World) brokenFetch(a *answer) error {
	for _, s := range w.run.selection.Scenarios {
		if s.hasStep(fmt.Sprintf(rightCallsText, a.service.Words().Service)) {
			return skip("the answer broke off; %s is about that", a.requirement(unifier.RuleToken))
		}
	}
	return &mismatch{findings: naming(a, a.judged.For(a.requirement(unifier.RuleToken)))}
}

// rightCallsText is the step that looks at every call that should get a token.
const rightCallsText = "every call with right credentials of the %s service in this run"

// again reports whether a call may be made once more where its answer broke off:
// a GET with right credentials, under their scheme.
func (c *outgoing) again(u *unifier.User) bool {
	return u != nil && !c.refused && c.situation != wrongSchemeWord && (c.call.Method == "" || c.call.Method == http.MethodGet)
}
