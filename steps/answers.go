package steps

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/unifier"
)

// answerSteps judge answers that should hold a token. Each looks for the
// oracle's findings about the requirements that the step is about.
func answerSteps() []definition {
	return []definition{
		{topic: "Then", pattern: `(?:the|each) user is given a token`, says: "the|each user is given a token", what: "HTTP 200 with a token (" + requirementsOf(unifier.RuleToken) + ")", run: givenToken},
		{topic: "Then", pattern: `(?:the|each) user is given a token, as others are`, says: "the|each user is given a token, as others are",
			what: "the same; where that fails, and no user with a plain password got a token, that is the matter and this is not judged (LOGIN-20)", run: givenLikeOthers},
		then(`(?:the|each) answer has the documented fields`, "the|each answer has the documented fields", unifier.RuleMembers),
		then(`(?:the|each) answer's status is the number 200`, "the|each answer's status is the number 200", unifier.RuleStatus),
		then(`(?:the|each) answer's message is success, if there is one`, "the|each answer's message is success, if there is one", unifier.RuleSuccess),
		then(`(?:the|each) answer has the documented envelope`, "the|each answer has the documented envelope", unifier.RuleBody),
		then(`(?:the|each) answer's list of messages is empty`, "the|each answer's list of messages is empty", unifier.RuleSuccess),
		then(`(?:the|each) answer's auth_type, if there is one, is the user's type`, "the|each answer's auth_type, if there is one, is the user's type", unifier.RuleAuthType),
		then(`(?:the|each) answer's token_type, if there is one, is Bearer`, "the|each answer's token_type, if there is one, is Bearer", unifier.RuleTokenType),
		then(`(?:the|each) answer's endpoint and headers, if there are any, are right`, "the|each answer's endpoint and headers, if there are any, are right", unifier.RuleWay),
		then(`(?:the|each) answer's expires_in is what is left of the user's duration`, "the|each answer's expires_in is what is left of the user's duration", unifier.RuleExpiresIn),
		{topic: "Then", pattern: `(?:the|each) answer is as right as one without a form body`, says: "the|each answer is as right as one without a form body",
			what: "nothing is found about it that would break another requirement (" + requirementsOf(unifier.RuleFormBody) + ")", run: rightWithForm},
		then(`(?:the|each) token has the documented shape`, "the|each token has the documented shape", unifier.RuleShape),
		then(`(?:the|each) token names its user`, "the|each token names its user", unifier.RuleUser),
		then(`(?:the|each) token's claims agree with the answer`, "the|each token's claims agree with the answer", unifier.RuleClaims),
		then(`(?:the|each) token's signature verifies`, "the|each token's signature verifies", unifier.RuleSignature),
		then(`(?:the|each) token is valid for the documented default`, "the|each token is valid for the documented default", unifier.RuleDefault),
		then(`(?:the|each) token is valid for the user's duration`, "the|each token is valid for the user's duration", unifier.RuleDuration),
		{topic: "Then", pattern: `(?:the|each) token is valid for a duration of (\d+)`, says: "the|each token is valid for a duration of <number>",
			what: "of the user's unit (LOGIN-08)", run: validFor},
		{topic: "Then", pattern: `(?:the|each) token is valid for (\d+|\{default\}) seconds`, says: "the|each token is valid for <number> seconds", what: "OAUTH-03; {default} stands for the validity without an expiry", run: validSeconds(unifier.RuleAsked)},
		{topic: "Then", pattern: `the percent-encoded expiry is taken as (\d+) seconds`, says: "the percent-encoded expiry is taken as <number> seconds", what: "OAUTH-05", run: validSeconds(unifier.RuleEncoding)},
		then(`(?:the|each) expiry date is written in the user's date format`, "the|each expiry date is written in the user's date format", unifier.RuleDate),
		then(`(?:the|each) expiry time is the expiry date and a 12-hour time`, "the|each expiry time is the expiry date and a 12-hour time", unifier.RuleTime),
		then(`(?:the|each) expiry is in the user's time zone`, "the|each expiry is in the user's time zone", unifier.RuleZone),
		{topic: "Then", pattern: `no two users have the same token`, says: "no two users have the same token", what: "LOGIN-18", run: differentUsers},
		{topic: "Then", pattern: `no token can be guessed from another`, says: "no token can be guessed from another", what: "the tokens of one user, one after the other (LOGIN-18)", run: reissued},
		{topic: "Then", pattern: `no two tokens are the same`, says: "no two tokens are the same", what: "the tokens of one user, one after the other (OAUTH-12)", run: reissued},
	}
}

// then makes a step that finds nothing about a rule, whatever the service.
func then(pattern, says string, rule unifier.Rule) definition {
	return definition{topic: "Then", pattern: pattern, says: says, what: requirementsOf(rule), run: func(_ context.Context, w *World, _ []string) error {
		return w.expect(func(a *answer) (oracle.Judgement, unifier.Rule, error) {
			switch {
			case a.requirement(rule) == "":
				return a.judged, rule, mistake(fmt.Sprintf("the step is not about the service %s", a.service))
			case beside(a, rule):
				return a.judged, unifier.NoRule, nil
			}
			return a.judged, rule, nil
		})
	}}
}

// rightWithForm judges the latest answer, to a call with a form body, by all that holds
// without one. What is wrong about the user's other answers too is no matter of the body.
func rightWithForm(_ context.Context, w *World, _ []string) error {
	if len(w.answers) == 0 {
		return errNoAnswer
	}
	a := w.answers[len(w.answers)-1]
	plain := w.run.wrongWithout(a)
	var findings []oracle.Finding
	for _, f := range a.judged.Findings {
		if !f.Warning && !plain[f.Rule] {
			f.Requirement, f.Rule = a.requirement(unifier.RuleFormBody), unifier.RuleFormBody
			findings = append(findings, naming(a, []oracle.Finding{f})...)
		}
	}
	return orNil(findings)
}

// wrongWithout are the rules that other answers of the service to the same user's plain
// calls break. That a call that was to be refused got no token says nothing of them.
func (r *run) wrongWithout(a *answer) map[unifier.Rule]bool {
	rules := map[unifier.Rule]bool{}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, x := range r.every {
		if x.user == a.user && x.service == a.service && x.entitled && x.situation == "success" {
			for _, f := range x.judged.Findings {
				rules[f.Rule] = true
			}
		}
	}
	return rules
}

// entitle notes that an answer's call should get a token: others may be looking at what
// was answered so far.
func (r *run) entitle(a *answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a.entitled = true
}

// joined joins ids with a comma.
func joined(a, b string) string {
	if a == "" {
		return b
	}
	return a + ", " + b
}

// naming says in findings which user they are about.
func naming(a *answer, findings []oracle.Finding) []oracle.Finding {
	named := make([]oracle.Finding, len(findings))
	for i, f := range findings {
		f.Detail = joined(f.Detail, "user "+a.who())
		f.Exchange = &a.exchange
		if q := asksBack(a, f.Rule); q != "" {
			f.Detail = joined(f.Detail, q)
		}
		named[i] = f
	}
	return named
}

// asksBack asks whether the configuration is right where an answer that breaks
// LOGIN-06 to LOGIN-12 would be right for another zone, format or duration: what
// the configuration says of a user is as likely to be wrong as the target.
func asksBack(a *answer, rule unifier.Rule) string {
	if a.user == nil || a.token() != unifier.DBToken || a.situation != "success" || !slices.Contains(byConfiguration, rule) {
		return ""
	}
	if other := oracle.Observe(a.reply).Mismatch(*a.user); other != "" {
		return "is the configuration right? the answer would fit " + other
	}
	return ""
}

// byConfiguration are the rules by which DB tokens are judged by what the configuration says of a user.
var byConfiguration = []unifier.Rule{
	unifier.RuleDefault, unifier.RuleDuration, unifier.RuleAsked, unifier.RuleDate, unifier.RuleTime, unifier.RuleZone,
}

// givenToken judges that each answer is a success with a token.
func givenToken(_ context.Context, w *World, _ []string) error {
	if len(w.answers) == 0 {
		return errNoAnswer
	}
	if e := w.run.entry(w.answers[0].service); e.undecided() && w.answers[0].shared {
		for _, a := range w.answers {
			w.look(a, true)
		}
		return errors.New(w.run.saysOf(&e)) // the credentials may be the cause: not decided
	}
	var m mismatch
	for _, a := range w.answers {
		found := a.judged.For(a.requirement(unifier.RuleToken))
		w.look(a, len(found) > 0)
		if len(found) == 0 {
			continue
		}
		one := &mismatch{findings: naming(a, found)}
		if s := a.reply.Status; s < http.StatusBadRequest || s >= http.StatusInternalServerError {
			one.instead = a.tokenless() // no refusal, so what the credentials look like is not the matter
		}
		m.add(one)
	}
	if len(m.findings) == 0 {
		return nil
	}
	return &m
}

// givenLikeOthers is givenToken; who gets no token is judged only where users with
// plain passwords got some.
func givenLikeOthers(ctx context.Context, w *World, args []string) error {
	in := len(w.answers) == 0
	for _, a := range w.answers {
		in = in || a.gotToken()
	}
	for i := range w.run.o.Users {
		u := &w.run.o.Users[i]
		in = in || plainPassword(u, nil, time.Time{}) && w.run.getsIn(w.answers[0].service, u)
	}
	if !in {
		return skip("no user with a plain password got a token at first")
	}
	whole := slices.DeleteFunc(slices.Clone(w.answers), func(a *answer) bool { return a.broken })
	if len(whole) == 0 && len(w.answers) > 0 {
		return skip("the answer broke off; %s is about that", w.answers[0].requirement(unifier.RuleToken))
	}
	w.answers = whole
	return givenToken(ctx, w, args)
}

// errNoAnswer is a mistake in a scenario.
var errNoAnswer = mistake("no answer was fetched by a step before")

// byValidity are the rules whose judgement presumes that it is known how
// long a token is valid.
var byValidity = []unifier.Rule{unifier.RuleDate, unifier.RuleTime, unifier.RuleZone}

// presumes reports whether a rule cannot be judged of an answer, since the documentation
// does not say how long its token is valid. Where a service leaves open what an expiry
// does (V2AUTH-18), the judge looks at how its dates are written, and at nothing else of them.
func (a *answer) presumes(about unifier.Rule) bool {
	written := a.expect.OpenExpiry && a.service.Expiry(a.userType()) == unifier.ExpiryOpen
	return a.open && !written && slices.Contains(byValidity, about)
}

// expect judges each answer that holds a token. One without a token is a
// failure of its own, but for the first login of a user: that is the business
// of LOGIN-01 and OAUTH-01 alone. An answer of which the judge had to pass over
// what the step is about is left out: not to be found wrong is not to be right.
func (w *World) expect(judge func(*answer) (j oracle.Judgement, about unifier.Rule, err error)) error {
	if len(w.answers) == 0 {
		return errNoAnswer
	}
	var findings []oracle.Finding
	var without []string
	judged, stored := 0, 0
	for _, a := range w.answers {
		if a.reply.Status != 200 {
			if !a.shared {
				return noToken(a)
			}
			without = append(without, fmt.Sprintf("%s got status %d at first", a.who(), a.reply.Status))
			continue
		}
		j, about, err := judge(a)
		if err != nil {
			return err
		}
		if about == unifier.NoRule || a.presumes(about) {
			continue
		}
		found := j.Of(about)
		if len(found) == 0 && j.PassedOver(about) {
			if a.before {
				stored++
				w.note("not judged for %s: %s", a.who(), storedNote)
				continue
			}
			if a.stored && about != unifier.NoRule {
				without = append(without, shownNothing)
				continue
			}
			w.note("not judged for %s: what comes before is wrong already", a.who())
			continue
		}
		judged++
		for _, n := range j.Notes {
			w.note("%s: %s", a.who(), n)
		}
		w.look(a, len(found) > 0)
		findings = append(findings, naming(a, found)...)
	}
	switch {
	case len(without) == len(w.answers) && !slices.Contains(without, shownNothing):
		return skip("no token to look at: %s", firstOf(without))
	case judged == 0 && slices.Contains(without, shownNothing):
		return skip("%s", shownNothing)
	case judged == 0 && stored > 0:
		return skip("%s", storedNote)
	case judged == 0:
		return skip("no answer shows legibly what is to be looked at")
	}
	return orNil(findings)
}

// firstOf is the first of some texts, with the number of the others.
func firstOf(texts []string) string {
	if len(texts) == 1 {
		return texts[0]
	}
	return fmt.Sprintf("%s, and %d more", texts[0], len(texts)-1)
}

// validFor judges the validity of a login that asked for n of the user's unit,
// or of a user that has that duration.
func validFor(_ context.Context, w *World, args []string) error {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	return w.expect(func(a *answer) (oracle.Judgement, unifier.Rule, error) {
		if a.stored {
			return w.passOverStored(a, unifier.RuleAsked), unifier.RuleAsked, nil
		}
		e := a.expect
		e.Expiry, e.Validity = unifier.Expiry{N: n, Unit: effective(a.user).Unit}, unifier.RuleAsked
		j := a.judge(e)
		if a.before {
			j.LeaveValidity()
		}
		return j, unifier.RuleAsked, nil
	})
}

// shownNothing is why an expiry that was asked for is not judged.
const shownNothing = "the same token came again, its end unchanged, so that the expiry shows nothing (A11)"

// passOverStored is the judgement of an answer of which the expiry that was asked for
// shows nothing.
func (w *World) passOverStored(a *answer, rule unifier.Rule) oracle.Judgement {
	w.note("%s: %s", a.who(), shownNothing)
	return oracle.PassedOver(a.by(), rule)
}

// validSeconds judges the validity of an OAuth token.
func validSeconds(rule unifier.Rule) func(context.Context, *World, []string) error {
	return func(_ context.Context, w *World, args []string) error {
		n, err := strconv.Atoi(w.expand(args[0]))
		if err != nil {
			return err
		}
		return w.expect(func(a *answer) (oracle.Judgement, unifier.Rule, error) {
			if a.stored {
				return w.passOverStored(a, rule), rule, nil
			}
			e := a.expect
			e.Seconds, e.Validity = n, rule
			return a.judge(e), rule, nil
		})
	}
}

// differentUsers compares the tokens of all pairs of users.
func differentUsers(_ context.Context, w *World, _ []string) error {
	var with []*answer
	for _, a := range w.answers {
		if a.gotToken() {
			with = append(with, a)
		}
	}
	if len(with) < 2 {
		return skip("fewer than two users got a token")
	}
	var findings []oracle.Finding
	for i, a := range with {
		for _, b := range with[i+1:] {
			found := oracle.JudgeTokensOfTwoUsers(a.by(), a.judged.Token, b.judged.Token).Findings
			if len(found) > 0 {
				w.look(a, true)
				w.look(b, true)
			}
			for _, f := range found {
				f.Detail, f.Exchange = joined(f.Detail, "users "+a.who()+" and "+b.who()), &b.exchange
				findings = append(findings, f)
			}
		}
	}
	return orNil(findings)
}

// reissued compares the tokens that one user got one after the other.
func reissued(_ context.Context, w *World, _ []string) error {
	var findings []oracle.Finding
	for i, a := range w.answers {
		if !a.gotToken() {
			return noToken(a)
		}
		if i == 0 {
			continue
		}
		j := oracle.JudgeReissue(a.by(), w.answers[i-1].judged.Token, a.judged.Token)
		w.run.read(j.Readings...)
		findings = append(findings, naming(a, j.Findings)...)
	}
	if len(w.answers) < 2 {
		return mistake("fewer than two tokens were fetched by steps before")
	}
	return orNil(findings)
}
