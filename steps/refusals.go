package steps

import (
	"context"
	"fmt"
	"time"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/unifier"
)

// refusalSteps judge answers that must hold no token.
func refusalSteps() []definition {
	return []definition{
		{topic: "Then", pattern: `the expiry is refused as invalid`, says: "the expiry is refused as invalid", what: "HTTP 400 and no token (LOGIN-09), of the OAuth service with a message (OAUTH-09)",
			run: refusedBy(func(a *answer) oracle.Judgement { return oracle.JudgeInvalidExpiry(a.by(), a.reply) })},
		{topic: "Then", pattern: `the missing Authorization header is refused`, says: "the missing Authorization header is refused", what: "HTTP 401 and no token (LOGIN-13), of the OAuth service with a message (OAUTH-10)",
			run: refusedBy(func(a *answer) oracle.Judgement {
				return oracle.JudgeUnauthorized(a.by(), oracle.AuthMissing, a.reply)
			})},
		{topic: "Then", pattern: `the Authorization header is refused as invalid`, says: "the Authorization header is refused as invalid", what: "HTTP 401 and no token (LOGIN-14), of the OAuth service with a message (OAUTH-10)",
			run: refusedAsInvalid},
		{topic: "Then", pattern: `the call is refused`, says: "the call is refused", what: "any 4xx, no token", run: refusedBy(func(a *answer) oracle.Judgement { return oracle.JudgeAnyRefusal(a.by(), a.reply) })},
		{topic: "Then", pattern: `(?:the|each) user that is not Active is refused`, says: "the|each user that is not Active is refused", what: "HTTP 401 or another 4xx, which is noted; no token (LOGIN-15)",
			run: allRefusedBy(func(a *answer) oracle.Judgement { return oracle.JudgeInactive(a.by(), a.reply) })},
		{topic: "Then", pattern: `(?:the|each) ordinary user is refused`, says: "the|each ordinary user is refused", what: "HTTP 401 or another 4xx, which is noted; no token (LOGIN-23)",
			run: allRefusedBy(func(a *answer) oracle.Judgement { return oracle.JudgeOrdinary(a.by(), a.reply) })},
		{topic: "Then", pattern: `the Basic-type user is refused`, says: "the Basic-type user is refused", what: "by the OAuth service: HTTP 401, no token, a message (OAUTH-10)",
			run: refusedBy(func(a *answer) oracle.Judgement { return oracle.JudgeRefusedType(a.by(), a.reply) })},
		{topic: "Then", pattern: `no token is given`, says: "no token is given", what: "whatever the status (LOGIN-19)",
			run: refusedBy(func(a *answer) oracle.Judgement { return oracle.JudgeMethod(a.by(), a.exchange.Method, a.reply) })},
		{topic: "Then", pattern: `the refusal says why`, says: "the refusal says why", what: "a JSON object with the HTTP status and a message, without a token (LOGIN-17, OAUTH-06)",
			run: refusedBy(func(a *answer) oracle.Judgement { return oracle.JudgeErrorBody(a.by(), a.reply) })},
		{topic: "Then", pattern: `(?:the|each) refusal has the documented message`, says: "the|each refusal has the documented message",
			what: `"Invalid expiry" with HTTP 400, one of the two about the Authorization header with 401; where the body is no JSON object, its absence is a warning (LOGIN-24, A18)`, run: documentedMessage},
		{topic: "Then", pattern: notedText, says: notedText, what: "for what the documentation leaves open", run: noted},
	}
}

// refusedBy makes a step that judges the latest answer.
func refusedBy(judge func(*answer) oracle.Judgement) func(context.Context, *World, []string) error {
	return func(_ context.Context, w *World, _ []string) error {
		if len(w.answers) == 0 {
			return errNoAnswer
		}
		a := w.answers[len(w.answers)-1]
		j := judge(a)
		w.run.read(j.Readings...)
		for _, n := range j.Notes {
			w.note("%s", n)
		}
		if len(j.Findings) == 0 && len(j.Unjudged) > 0 {
			return skip("the answer was HTTP %d; another requirement is about that", a.reply.Status)
		}
		return orNil(j.Findings)
	}
}

// allRefusedBy makes a step that judges every answer of the scenario.
func allRefusedBy(judge func(*answer) oracle.Judgement) func(context.Context, *World, []string) error {
	return func(_ context.Context, w *World, _ []string) error {
		if len(w.answers) == 0 {
			return errNoAnswer
		}
		var findings []oracle.Finding
		for _, a := range w.answers {
			j := judge(a)
			w.run.read(j.Readings...)
			for _, n := range j.Notes {
				w.note("%s", n)
			}
			findings = append(findings, naming(a, j.Findings)...)
		}
		return orNil(findings)
	}
}

// documentedMessage judges the message of each refusal of the login service.
func documentedMessage(_ context.Context, w *World, _ []string) error {
	if len(w.answers) == 0 {
		return errNoAnswer
	}
	var findings []oracle.Finding
	judged := 0
	for _, a := range w.answers {
		cause, known := causes[a.situation]
		if !known || a.requirement(unifier.RuleMessage) == "" {
			continue
		}
		j := oracle.JudgeMessage(a.by(), cause, a.reply)
		if len(j.Unjudged) > 0 {
			continue
		}
		judged++
		w.run.read(j.Readings...)
		w.look(a, len(j.Findings) > 0)
		findings = append(findings, naming(a, j.Findings)...)
	}
	if judged == 0 {
		return skip("no refusal came with a status of which the documentation names the message; another requirement is about that")
	}
	return orNil(findings)
}

// notedText is the step that keeps what happened and judges nothing.
const notedText = "what happens is noted, not judged"

// noted keeps what happened for the report and for compare.
func noted(_ context.Context, w *World, _ []string) error {
	if len(w.answers) == 0 {
		return errNoAnswer
	}
	a := w.answers[len(w.answers)-1]
	w.note("observed, not judged: %s", observation(a))
	w.run.observe(w.scenario, a)
	return nil
}

// observation says in a few words what a service did with an open case.
func observation(a *answer) string {
	switch {
	case !a.gotToken():
		return fmt.Sprintf("HTTP %d, no token", a.reply.Status)
	case a.token() == unifier.JWT:
		return fmt.Sprintf("a token that is valid for %d seconds", a.judged.ExpiresIn)
	case a.judged.Expires.IsZero():
		return "a token"
	}
	return "a token that is valid for " + roughly(a.judged.Expires.Sub(a.exchange.Started))
}

// roughly writes a validity in whole units, so that it is the same in every run.
func roughly(d time.Duration) string {
	d = d.Round(time.Minute)
	for _, unit := range []unifier.Unit{unifier.Days, unifier.Hours, unifier.Minutes} {
		n := int((d + unit.Length()/2) / unit.Length())
		if off := (d - time.Duration(n)*unit.Length()).Abs(); n > 0 && off <= min(unit.Length()/20, time.Hour)+time.Minute {
			return unifier.Expiry{N: n, Unit: unit}.String()
		}
	}
	return d.String()
}
