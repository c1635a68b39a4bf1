package steps

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
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
	const forged = "the token with its last character changed|the token without its last character|the token with another user's name|" +
		"the token with a changed signature|the token with a changed claim|the token without its signature"
	return []definition{
		{topic: "When", pattern: `the (?:(first|second|third) )?token is used(?: again)?`, says: "the [first|second|third] token is used [again]",
			what: "calls target.resource with the token, as Bearer, and if that is refused as Basic (A1); without a number, with the latest token",
			run:  useToken, needs: needsResource, alone: true},
		{topic: "When", pattern: `the (?:(first|second|third) )?token is used as a (Bearer|Basic) token`, says: "the [first|second|third] token is used as a Bearer|Basic token",
			what: "the same in one way only", run: useTokenAs, needs: needsResource, alone: true},
		{topic: "When", pattern: `another service is called with (no token|an empty token|a token of the right shape|a token of another kind)`,
			says: "another service is called with <what>", what: "calls target.resource with no token, an empty token, a token of the right shape, or a token of another kind; none was ever issued",
			run: callWithout, needs: needsResource},
		{topic: "When", pattern: `another service is called with (` + forged + `)`, says: "another service is called with <altered token>",
			what: "calls target.resource with an altered copy of the latest token: " + strings.ReplaceAll(forged, "|", ", "), run: callForged, needs: needsResource},
		{topic: "When", pattern: `each user logs in, and uses the token, more than once`, says: "each user logs in, and uses the token, more than once",
			what: "for all picked users: one login, two calls of target.resource", run: eachUses, needs: needsResource, alone: true},
		{topic: "When", pattern: `each user logs in again, and uses both tokens`, says: "each user logs in again, and uses both tokens",
			what: "for all picked users: another login, then a call with the new token and one with the old", run: eachUsesBoth, needs: needsResource, alone: true},
		{topic: "When", pattern: `half a minute is left of the token`, says: "half a minute is left of the token",
			what: "waits until 30 seconds before the earliest time that the answer can mean, by the target's clock; for scenarios tagged @slow", run: waitForEnd},
		{topic: "Then", pattern: `(?:the|each) call is accepted`, says: "the|each call is accepted", what: "target.resource answered 2xx to every call since the last check", run: callsAccepted},
		{topic: "Then", pattern: `(?:the|each) call is not accepted`, says: "the|each call is not accepted", what: "target.resource answered 401 or 403 to every call since the last check", run: callsRefused},
	}
}

// needsResource says that no resource is configured.
func needsResource(o *Options, _ []string) string {
	if o.Resource == "" {
		return "no resource that needs a token is configured (target.resource)"
	}
	return ""
}

// token returns an answer of the scenario that holds a token: the latest, or by its number.
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
			if a.entitled && !a.gotToken() {
				return nil, noToken(a)
			}
		}
		return nil, mistake("no such token was fetched by a step before")
	}
	return fetched[at], nil
}

// useToken calls the resource with a token, as Bearer and then as Basic.
func useToken(ctx context.Context, w *World, args []string) error {
	a, err := w.token(args[0])
	if err != nil {
		return err
	}
	return w.use(ctx, a)
}

// use calls the resource as Bearer and, where that is refused, as Basic (A1).
func (w *World) use(ctx context.Context, a *answer) error {
	var last *call
	for _, scheme := range []string{"Bearer", "Basic"} {
		c, err := w.callResource(ctx, "the token", scheme+" "+a.judged.Token)
		if err != nil {
			return err
		}
		c.scheme, c.owner = scheme, a
		if last == nil || accepted(c.reply.Status) {
			last = c
		}
		if c.reply.Status != 401 && c.reply.Status != 403 || a.service == unifier.OAuth {
			break
		}
	}
	if accepted(last.reply.Status) && a.service == unifier.Login {
		w.run.read(oracle.Reading{Ambiguity: "A1", Reading: "a login token is accepted as " + last.scheme})
	}
	w.calls = append(w.calls, last)
	return nil
}

// useTokenAs calls the resource in one way only.
func useTokenAs(ctx context.Context, w *World, args []string) error {
	a, err := w.token(args[0])
	if err != nil {
		return err
	}
	c, err := w.callResource(ctx, "the token as "+args[1], args[1]+" "+a.judged.Token)
	if err != nil {
		return err
	}
	c.scheme, c.owner = args[1], a
	w.calls = append(w.calls, c)
	return nil
}

// callWithout calls the resource with what was never issued.
func callWithout(ctx context.Context, w *World, args []string) error {
	authorization := ""
	switch args[0] {
	case "an empty token":
		authorization = "Bearer"
	case "a token of the right shape":
		authorization = "Bearer " + inventedToken()
	case "a token of another kind":
		authorization = "Bearer unigate-" + randomHex(16)
	}
	c, err := w.callResource(ctx, args[0], authorization)
	if err != nil {
		return err
	}
	w.calls = append(w.calls, c)
	return nil
}

// inventedToken is a login token that was never issued, for a user that does not exist.
func inventedToken() string {
	user := base64.StdEncoding.EncodeToString([]byte(`{"username":"` + nobodyName() + `"}`))
	hex := strings.ToUpper(randomHex(32))
	return base64.StdEncoding.EncodeToString([]byte(`{"typ":"DB"}`)) + "." + user + "." +
		strings.Join([]string{hex[:8], hex[8:12], hex[12:16], hex[16:20], hex[20:]}, "-")
}

// callForged calls the resource with an altered copy of the latest token.
func callForged(ctx context.Context, w *World, args []string) error {
	a, err := w.token("")
	if err != nil {
		return err
	}
	forged, err := forge(a.judged.Token, args[0])
	if err != nil {
		return skip("%v", err)
	}
	w.run.o.Redactor.AddToken(forged)
	c, err := w.callResource(ctx, args[0], "Bearer "+forged)
	if err != nil {
		return err
	}
	w.calls = append(w.calls, c)
	return nil
}

// forge alters a token.
func forge(token, how string) (string, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || len(parts[2]) < 2 {
		return "", errors.New("the token has not three parts, so it cannot be altered in this way")
	}
	body, last := parts[1], parts[2]
	switch how {
	case "the token with its last character changed":
		last = last[:len(last)-1] + otherDigit(last[len(last)-1:])
	case "the token without its last character":
		last = last[:len(last)-1]
	case "the token with another user's name":
		body = base64.StdEncoding.EncodeToString([]byte(`{"username":"` + nobodyName() + `"}`))
	case "the token with a changed signature":
		last = otherDigit(last[:1]) + last[1:]
	case "the token without its signature":
		last = ""
	case "the token with a changed claim":
		claims, err := base64.RawURLEncoding.DecodeString(body)
		if err != nil || !strings.HasPrefix(string(claims), "{") {
			return "", errors.New("the token's claims cannot be read, so none can be changed")
		}
		body = base64.RawURLEncoding.EncodeToString([]byte(`{"unigate":true,` + strings.TrimPrefix(string(claims), "{")))
	}
	return parts[0] + "." + body + "." + last, nil
}

// otherDigit returns a character that is another one, and as well a
// hexadecimal digit as one of base64.
func otherDigit(c string) string {
	if c == "A" {
		return "B"
	}
	return "A"
}

// eachUses logs every picked user in and uses the token twice.
func eachUses(ctx context.Context, w *World, _ []string) error {
	for _, u := range w.users {
		if err := w.fetchFor(ctx, u, w.run.validCall(serviceOf(u), u)); err != nil {
			return err
		}
		a := w.answers[len(w.answers)-1]
		if !a.gotToken() {
			return noToken(a)
		}
		for range 2 {
			if err := w.use(ctx, a); err != nil {
				return err
			}
		}
	}
	return nil
}

// eachUsesBoth logs every picked user in once more and uses the new token, then the old.
func eachUsesBoth(ctx context.Context, w *World, _ []string) error {
	for _, u := range w.users {
		var old *answer
		for _, a := range w.answers {
			if a.user == u && a.gotToken() {
				old = a
			}
		}
		if err := w.fetchFor(ctx, u, w.run.validCall(serviceOf(u), u)); err != nil {
			return err
		}
		a := w.answers[len(w.answers)-1]
		if !a.gotToken() {
			return noToken(a)
		}
		for _, t := range []*answer{a, old} {
			if t == nil {
				return mistake("the user has not logged in before")
			}
			if err := w.use(ctx, t); err != nil {
				return err
			}
		}
	}
	return nil
}

// waitForEnd waits until half a minute before the earliest end that the answer
// can mean. The target's clock may be ahead of ours; and as expiryTime may be
// rounded up (A10), the token may end when the duration since the call is over.
func waitForEnd(ctx context.Context, w *World, _ []string) error {
	a, err := w.token("")
	if err != nil {
		return err
	}
	if a.judged.Expires.IsZero() {
		return skip("the answer does not say legibly until when the token is valid")
	}
	end := a.judged.Expires.Add(-w.run.ahead())
	if e := a.user.Expiry; !e.IsZero() {
		if whole := a.reply.Sent.Add(time.Duration(e.N) * e.Unit.Length()); whole.Before(end) {
			end = whole
		}
	}
	d := end.Sub(w.run.o.Now()) - 30*time.Second
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
	return w.checkCalls(func(c *call) []oracle.Finding {
		id := "LOGIN-16"
		if len(w.scenario.Requirements) > 0 {
			id = w.scenario.Requirements[0]
		}
		findings := oracle.JudgeAccepted(id, c.reply).Findings
		for i := range findings {
			findings[i].Detail = strings.TrimSpace(findings[i].Detail + " " + c.about(w.run.o.Now()))
		}
		return findings
	})
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
	return w.checkCalls(func(c *call) []oracle.Finding { return oracle.JudgeRefused("LOGIN-16", c.how, c.reply).Findings })
}

// checkCalls judges the calls since the last check and forgets them.
func (w *World) checkCalls(judge func(*call) []oracle.Finding) error {
	if len(w.calls) == 0 {
		return mistake("no other service was called by a step before")
	}
	var findings []oracle.Finding
	for _, c := range w.calls {
		findings = append(findings, judge(c)...)
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
	return &mismatch{findings}
}
