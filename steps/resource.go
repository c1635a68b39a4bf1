package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/unifier"
)

// withoutToken names a call of another service without any token.
const withoutToken = "no token"

// ordinals name the tokens of a scenario in the order in which they were fetched.
var ordinals = map[string]int{"first": 0, "second": 1, "third": 2}

// resourceSteps call another service with tokens.
func resourceSteps() []definition {
	return []definition{
		{topic: "When", pattern: `the (?:(first|second|third) )?token is used(?: again)?`, says: "the [first|second|third] token is used [again]",
			what: "calls target.resource with the token, as Bearer, and if that is refused as Basic, until one was accepted in this run (A1), those of V2 as Bearer only; without a number, with the latest token. A fetch may end the user's earlier tokens (A12)",
			run:  useOne, needs: needsResource, resource: true, alone: true},
		{topic: "When", pattern: `the (?:(first|second|third) )?token is used as a (Bearer|Basic) token`, says: "the [first|second|third] token is used as a Bearer|Basic token",
			what: "the same in one way only", run: useTokenAs, needs: needsResource, resource: true, alone: true},
		{topic: "When", pattern: `another service is called with (no token|an empty token|a token of the right shape|a token of another kind)`,
			says: "another service is called with <what>", what: "calls target.resource with no token, an empty token, a token of the right shape, or a token of another kind; none was ever issued. It does so as Bearer and as Basic, and once more",
			run: callWithout, needs: needsResource, resource: true, phase: earlyPhase},
		{topic: "When", pattern: `another service is called with (` + names(alterations) + `)`, says: "another service is called with <altered token>",
			what: "calls target.resource with an altered copy of the latest token, as Bearer and as Basic, and once more, then with the token itself: " + listed(alterations),
			run:  callForged, needs: needsResource, resource: true, alone: true},
		{topic: "When", pattern: `each user fetches a token and uses it, (\d) rounds? over`, says: "each user fetches a token and uses it, <number> round|rounds over",
			what: "for all picked users: each round is a fetch and a call of target.resource with that token, the first of several rounds three calls; where users are several, the first one's token is called with once more at the end", run: eachRound, needs: needsResource, resource: true, alone: true, phase: roundsPhase},
		{topic: "When", pattern: atLastText, says: atLastText,
			what: "for all picked users, where they are many for those that something could have spoilt: calls target.resource with the newest token, then with a fresh one; where little time is left of the newest, with the fresh one twice", run: eachAtLast, needs: needsResource, resource: true, alone: true},
		{topic: "When", pattern: `half a minute is left of the token`, says: "half a minute is left of the token",
			what: "waits until 30 seconds before the earliest time that the answer can mean, by the target's clock; for scenarios tagged @slow", run: waitForEnd},
		{topic: "Given", pattern: `the newest token of (an) ` + anyTrait(), says: "the newest token of an <user>", what: "picks a user and the token that it was given last, or a fresh one where that has little time left",
			needs: func(o *Options, args []string) string {
				if why := needsResource(o, nil); why != "" {
					return why
				}
				return needsUser(o, args[1])
			}, run: pickNewest, resource: true, alone: true, phase: earlyPhase, user: 2},
		{topic: "Given", pattern: `every use of (?:a|an) ` + serviceWords + ` token in this run`, says: "every use of a|an " + shown(serviceWords) + " token in this run",
			what: "looks at every call of target.resource so far with the token that the user was given last; for scenarios tagged @last", needs: needsResource, run: allUses},
		{topic: "Given", pattern: earlierText, says: earlierText, what: "looks at what was found out at the beginning, with one more fetch and three calls for the first Basic and the first OAuth user (A12)",
			needs: needsResource, run: lookAtEarlier},
		{topic: "Given", pattern: `what a V1 token and a V2 token of one user have in common`, says: "what a V1 token and a V2 token of one user have in common",
			what: "looks at the first tokens that services of both versions gave one user, and at what became of their first uses (A16)", run: lookAtVersions},
		{topic: "Then", pattern: `(?:the|each) call is accepted`, says: "the|each call is accepted", what: "target.resource answered 2xx to every call since the last check", run: callsAccepted},
		{topic: "Then", pattern: `(?:the|each) call is not accepted`, says: "the|each call is not accepted", what: "target.resource refused every call since the last check: 401, 403, or a 2xx whose JSON body has that status (A15)", run: callsRefused},
		{topic: "Then", pattern: "it is noted, not judged", says: "it is noted, not judged", what: "for what is only observed", run: func(context.Context, *World, []string) error { return nil }},
	}
}

// needsResource says that no resource is configured.
func needsResource(o *Options, _ []string) string {
	if o.Resource == "" {
		return "no resource that needs a token is configured (target.resource)"
	}
	return ""
}

// token returns an answer of the scenario that holds a token: the latest, or by its
// number. Where a call that should get none was given one since, as by another method,
// that one is the newest, and may have ended the latest (A12).
func (w *World) token(ordinal string) (*answer, error) {
	var fetched []*answer
	for _, a := range w.answers {
		if a.entitled && a.gotToken() {
			fetched = append(fetched, a)
		}
	}
	at := len(fetched) - 1
	if ordinal != "" {
		at = ordinals[ordinal]
	}
	if at < 0 || at >= len(fetched) {
		for _, a := range w.answers {
			switch {
			case !a.entitled || a.gotToken():
			case a.situation == asked:
				return nil, skip("no token came for the expiry that was asked for; another requirement is about that")
			default:
				return nil, noToken(a)
			}
		}
		return nil, mistake("no such token was fetched by a step before")
	}
	if last := w.answers[len(w.answers)-1]; ordinal == "" && !last.entitled && last.gotToken() && last.user == fetched[at].user {
		return nil, skip("a call that should get no token was given one, which may have ended the earlier one (A12); another requirement is about that")
	}
	return fetched[at], nil
}

// useOne calls the resource with a token, in the way that this run found (A1).
func useOne(ctx context.Context, w *World, args []string) error {
	a, err := w.token(args[0])
	if err != nil {
		return err
	}
	return w.use(ctx, a)
}

// use calls the resource with an answer's token.
func (w *World) use(ctx context.Context, a *answer) error {
	c, err := w.run.useToken(ctx, a, func(x *unifier.Exchange) { w.keep(x, nil, false) })
	if err != nil {
		return err
	}
	w.calls = append(w.calls, c)
	return nil
}

// useTokenAs calls the resource in one way only.
func useTokenAs(ctx context.Context, w *World, args []string) error {
	a, err := w.token(args[0])
	if err != nil {
		return err
	}
	c, err := w.callResource(ctx, "the token as "+args[1], a, args[1]+" "+a.judged.Token)
	if err != nil {
		return err
	}
	c.scheme, c.owner, c.ended = args[1], a, w.run.mayHaveEnded(a)
	w.calls = append(w.calls, c)
	return nil
}

// callWithout calls the resource with what was never issued: as Bearer and as
// Basic, and what looks like a token twice each, for a service may refuse only
// what it sees for the first time.
func callWithout(ctx context.Context, w *World, args []string) error {
	text := ""
	switch args[0] {
	case withoutToken:
		return w.tryOnce(ctx, args[0])
	case "an empty token":
		return errors.Join(w.tryOnce(ctx, args[0], "Bearer"), w.tryOnce(ctx, args[0], "Basic"))
	case "a token of the right shape":
		text = inventedToken()
	case "a token of another kind":
		text = "unigate-" + randomHex(16)
	}
	return w.tryWrong(ctx, args[0], w.run.anyWay(), text)
}

// tryWrong calls the resource with a wrong token, twice as Bearer and twice as Basic.
func (w *World) tryWrong(ctx context.Context, how string, way *answer, token string) error {
	w.run.hides(token)
	for _, scheme := range []string{"Bearer", "Basic", "Bearer", "Basic"} {
		c, err := w.callResource(ctx, how+", as "+scheme, way, scheme+" "+token)
		if err != nil {
			return err
		}
		w.calls = append(w.calls, c)
	}
	return nil
}

// tryOnce calls the resource with the Authorization header values.
func (w *World) tryOnce(ctx context.Context, how string, authorization ...string) error {
	c, err := w.callResource(ctx, how, w.run.anyWay(), authorization...)
	if err != nil {
		return err
	}
	w.calls = append(w.calls, c)
	return nil
}

// eachRound fetches a token for every picked user and uses it, round after
// round; of several rounds the first one uses the token three times. Where users are
// several, the first one's token is used once more: the others' fetches must not end it.
func eachRound(ctx context.Context, w *World, args []string) error {
	rounds, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	var first *answer
	for i, u := range w.users {
		for n := range rounds {
			a, err := w.fetchOne(ctx, u)
			if err != nil {
				return err
			}
			if i == 0 {
				first = a
			}
			uses := 1
			if n == 0 && rounds > 1 {
				uses = 3
			}
			for range uses {
				if err := w.use(ctx, a); err != nil {
					return err
				}
			}
		}
	}
	if first == nil || len(w.users) < 2 {
		return nil
	}
	return w.use(ctx, first)
}

// fetchOne fetches a token for a user that should get one.
func (w *World) fetchOne(ctx context.Context, u *unifier.User) (*answer, error) {
	if err := w.fetchFor(ctx, u, w.run.validCall(w.serviceOf(u), u)); err != nil {
		return nil, err
	}
	a := w.answers[len(w.answers)-1]
	if !a.gotToken() {
		return nil, noToken(a)
	}
	return a, nil
}

// waitForEnd waits until half a minute before the earliest end that the answer can mean.
func waitForEnd(ctx context.Context, w *World, _ []string) error {
	a, err := w.token("")
	if err != nil {
		return err
	}
	if a.judged.Expires.IsZero() {
		return skip("the answer does not say legibly until when the token is valid")
	}
	d := w.run.earliestEnd(a).Sub(w.run.o.Now()) - 30*time.Second
	if d > 0 {
		w.note("waited %s", d.Round(time.Second))
		if err := w.run.o.Sleep(ctx, d); err != nil {
			return skip("interrupted")
		}
	}
	return nil
}

// callsAccepted judges the calls since the last check.
func callsAccepted(_ context.Context, w *World, _ []string) error {
	judged := 0
	err := w.checkCalls(func(c *call) oracle.Judgement {
		j := oracle.JudgeAccepted(w.about(), c.reply)
		if len(j.Findings) > 0 && c.ended {
			w.note("not judged: the time of a token of %s may have been over when it was used", c.owner.who())
			j.Findings = nil
			return j
		}
		judged++
		for i := range j.Findings {
			j.Findings[i].Detail = strings.TrimSpace(j.Findings[i].Detail + " " + c.about(w.run.o.Now()))
			if w.run.onlyAsBasic(c) {
				j.Findings[i].Detail += "; a login's token is accepted as Basic (A1), and V2's page has Bearer"
			}
		}
		return j
	})
	if err == nil && judged == 0 {
		return skip("the time of each token may have been over when it was used")
	}
	return err
}

// about is the requirement that a scenario is about first; one of the user's own may have none.
func (w *World) about() string {
	if len(w.scenario.Requirements) > 0 {
		return w.scenario.Requirements[0]
	}
	return unifier.Services()[0].Requirement(unifier.RuleAccepted, "")
}

// about says whose token it was, and how long it should have lasted still.
func (c *call) about(now time.Time) string {
	if c.owner == nil {
		return ""
	}
	text := fmt.Sprintf("token of %s, fetched %s before", c.owner.who(), now.Sub(c.owner.exchange.Finished).Round(time.Millisecond))
	if end := c.owner.judged.Expires; !end.IsZero() {
		text += ", valid until " + end.UTC().Format(time.RFC3339)
	}
	return text
}

// callsRefused judges the calls since the last check.
func callsRefused(_ context.Context, w *World, _ []string) error {
	return w.checkCalls(func(c *call) oracle.Judgement { return oracle.JudgeRefused(w.about(), c.how, c.reply) })
}

// checkCalls judges the calls since the last check and forgets them.
func (w *World) checkCalls(judge func(*call) oracle.Judgement) error {
	if len(w.calls) == 0 {
		return mistake("no other service was called by a step before")
	}
	var findings []oracle.Finding
	for _, c := range w.calls {
		j := judge(c)
		w.run.read(j.Readings...)
		for _, n := range j.Notes {
			w.note("%s", n)
		}
		if len(j.Findings) > 0 && !slices.ContainsFunc(w.evidence, func(e *evidence) bool { return e.x == c.x }) {
			w.keep(c.x, nil, false)
		}
		for _, f := range j.Findings {
			f.Exchange = c.x
			findings = append(findings, f)
		}
	}
	w.calls = nil
	return orNil(findings)
}

// orNil makes findings an error, those that can fail the gate first, and none no error.
func orNil(findings []oracle.Finding) error {
	if len(findings) == 0 {
		return nil
	}
	slices.SortStableFunc(findings, func(a, b oracle.Finding) int {
		switch {
		case a.Warning == b.Warning:
			return 0
		case b.Warning:
			return -1
		}
		return 1
	})
	return &mismatch{findings: findings}
}
