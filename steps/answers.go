package steps

import (
	"context"
	"errors"
	"fmt"
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
		{topic: "Then", pattern: `(?:the|each) user is given a token`, says: "the|each user is given a token", what: "HTTP 200 with a token (LOGIN-01, OAUTH-01)", run: givenToken},
		{topic: "Then", pattern: `(?:the|each) user is given a token, as others are`, says: "the|each user is given a token, as others are",
			what: "the same; where that fails, and no user with a plain password got a token, that is the matter and this is not judged (LOGIN-20)", run: givenLikeOthers},
		then(`(?:the|each) answer has the documented fields`, "the|each answer has the documented fields", "LOGIN-02", "OAUTH-04"),
		then(`(?:the|each) answer's status is the number 200`, "the|each answer's status is the number 200", "LOGIN-03", "OAUTH-04"),
		then(`(?:the|each) answer's message is success, if there is one`, "the|each answer's message is success, if there is one", "", "OAUTH-14"),
		then(`(?:the|each) token has the documented shape`, "the|each token has the documented shape", "LOGIN-04", "OAUTH-07"),
		then(`(?:the|each) token names its user`, "the|each token names its user", "LOGIN-05", "OAUTH-07"),
		then(`(?:the|each) token's claims agree with the answer`, "the|each token's claims agree with the answer", "", "OAUTH-08"),
		then(`(?:the|each) token's signature verifies`, "the|each token's signature verifies", "", "OAUTH-13"),
		then(`(?:the|each) token is valid for the documented default`, "the|each token is valid for the documented default", "LOGIN-06", "OAUTH-02"),
		then(`(?:the|each) token is valid for the user's duration`, "the|each token is valid for the user's duration", "LOGIN-07", ""),
		{topic: "Then", pattern: `(?:the|each) token is valid for a duration of (\d+)`, says: "the|each token is valid for a duration of <number>",
			what: "of the user's unit (LOGIN-08)", run: validFor},
		{topic: "Then", pattern: `(?:the|each) token is valid for (\d+|\{default\}) seconds`, says: "the|each token is valid for <number> seconds", what: "OAUTH-03; {default} stands for the validity without an expiry", run: validSeconds("OAUTH-03")},
		{topic: "Then", pattern: `the percent-encoded expiry is taken as (\d+) seconds`, says: "the percent-encoded expiry is taken as <number> seconds", what: "OAUTH-05", run: validSeconds("OAUTH-05")},
		then(`(?:the|each) expiry date is written in the user's date format`, "the|each expiry date is written in the user's date format", "LOGIN-10", ""),
		then(`(?:the|each) expiry time is the expiry date and a 12-hour time`, "the|each expiry time is the expiry date and a 12-hour time", "LOGIN-11", ""),
		then(`(?:the|each) expiry is in the user's time zone`, "the|each expiry is in the user's time zone", "LOGIN-12", ""),
		{topic: "Then", pattern: `no two users have the same token`, says: "no two users have the same token", what: "LOGIN-18", run: differentUsers},
		{topic: "Then", pattern: `no token can be guessed from another`, says: "no token can be guessed from another", what: "the tokens of one user, one after the other (LOGIN-18)", run: reissued},
		{topic: "Then", pattern: `no two tokens are the same`, says: "no two tokens are the same", what: "the tokens of one user, one after the other (OAUTH-12)", run: reissued},
	}
}

// then makes a step that finds nothing for a requirement of either service.
func then(pattern, says, login, oauth string) definition {
	what := login
	if login == "" || oauth != "" && login != "" {
		what = joined(login, oauth)
	}
	return definition{topic: "Then", pattern: pattern, says: says, what: what, run: func(_ context.Context, w *World, _ []string) error {
		return w.expect(func(a *answer) (oracle.Judgement, string, error) {
			id := login
			if a.service == unifier.OAuth {
				id = oauth
			}
			if id == "" {
				return a.judged, "", mistake(fmt.Sprintf("the step is not about the service %s", a.service))
			}
			if beside(a, id) {
				id = otherValidity
			}
			return a.judged, id, nil
		})
	}}
}

// otherValidity stands in for a requirement by which an answer is not judged.
const otherValidity = "-"

// joined joins ids with a comma.
func joined(a, b string) string {
	if a == "" {
		return b
	}
	return a + ", " + b
}

// noToken is the error for a login that should have got a token and did not.
func noToken(a *answer) error {
	id := "LOGIN-01"
	if a.service == unifier.OAuth {
		id = "OAUTH-01"
	}
	if found := a.judged.For(id); len(found) > 0 {
		return &mismatch{naming(a, found)}
	}
	return &mismatch{naming(a, []oracle.Finding{{
		Requirement: id, Kind: "no_token", Expected: "a token", Observed: fmt.Sprintf("HTTP %d without a legible token", a.reply.Status),
	}})}
}

// naming says in findings which user they are about.
func naming(a *answer, findings []oracle.Finding) []oracle.Finding {
	named := make([]oracle.Finding, len(findings))
	for i, f := range findings {
		f.Detail = joined(f.Detail, "user "+a.who())
		if q := asksBack(a, f.Requirement); q != "" {
			f.Detail = joined(f.Detail, q)
		}
		named[i] = f
	}
	return named
}

// asksBack asks whether the configuration is right where an answer that breaks
// LOGIN-06 to LOGIN-12 would be right for another zone, format or duration: what
// the configuration says of a user is as likely to be wrong as the target.
func asksBack(a *answer, id string) string {
	if a.user == nil || a.service != unifier.Login || a.situation != "success" || !slices.Contains(byConfiguration, id) {
		return ""
	}
	if other := oracle.Observe(a.reply).Mismatch(*a.user); other != "" {
		return "is the configuration right? the answer would fit " + other
	}
	return ""
}

// byConfiguration are the requirements that are judged by what the configuration says of a user.
var byConfiguration = []string{"LOGIN-06", "LOGIN-07", "LOGIN-08", "LOGIN-10", "LOGIN-11", "LOGIN-12"}

// givenToken judges that each answer is a success with a token.
func givenToken(_ context.Context, w *World, _ []string) error {
	if len(w.answers) == 0 {
		return errNoAnswer
	}
	if e := w.run.entry(w.answers[0].service); e.undecided() && w.answers[0].shared {
		for _, a := range w.answers {
			w.look(a, true)
		}
		return errors.New(e.says()) // the credentials may be the cause: not decided
	}
	var findings []oracle.Finding
	for _, a := range w.answers {
		found := append(a.judged.For("LOGIN-01"), a.judged.For("OAUTH-01")...)
		w.look(a, len(found) > 0)
		findings = append(findings, naming(a, found)...)
	}
	return orNil(findings)
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
		in = in || serviceOf(u) == w.answers[0].service && plainPassword(u, nil, time.Time{}) && w.run.getsIn(u)
	}
	if !in {
		return skip("no user with a plain password got a token at first")
	}
	return givenToken(ctx, w, args)
}

// errNoAnswer is a mistake in a scenario.
var errNoAnswer = mistake("no answer was fetched by a step before")

// byValidity are the requirements whose judgement presumes that it is known how
// long a token is valid.
var byValidity = []string{"LOGIN-10", "LOGIN-11", "LOGIN-12"}

// expect judges each answer that holds a token. One without a token is a
// failure of its own, but for the first login of a user: that is the business
// of LOGIN-01 and OAUTH-01 alone. An answer of which the judge had to pass over
// what the step is about is left out: not to be found wrong is not to be right.
func (w *World) expect(judge func(*answer) (j oracle.Judgement, about string, err error)) error {
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
		if a.open && slices.Contains(byValidity, about) || about == otherValidity {
			continue
		}
		found := j.For(about)
		if len(found) == 0 && slices.Contains(j.Unjudged, about) {
			if a.before {
				stored++
				w.note("not judged for %s: %s", a.who(), storedNote)
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
	case len(without) == len(w.answers):
		return skip("no token to look at: %s", firstOf(without))
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
	return w.expect(func(a *answer) (oracle.Judgement, string, error) {
		if a.stored {
			w.note("%s: the same token came again, its end unchanged, so that the expiry shows nothing (A11)", a.who())
			return oracle.Judgement{Unjudged: []string{"LOGIN-08"}}, "LOGIN-08", nil
		}
		e := a.expect
		e.Expiry, e.Validity = unifier.Expiry{N: n, Unit: effective(a.user).Unit}, "LOGIN-08"
		return a.judge(e), "LOGIN-08", nil
	})
}

// validSeconds judges the validity of an OAuth token.
func validSeconds(id string) func(context.Context, *World, []string) error {
	return func(_ context.Context, w *World, args []string) error {
		n, err := strconv.Atoi(w.expand(args[0]))
		if err != nil {
			return err
		}
		return w.expect(func(a *answer) (oracle.Judgement, string, error) {
			e := a.expect
			e.Seconds, e.Validity = n, id
			return a.judge(e), id, nil
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
			found := oracle.JudgeTokensOfTwoUsers(a.service, a.judged.Token, b.judged.Token).Findings
			if len(found) > 0 {
				w.look(a, true)
				w.look(b, true)
			}
			for _, f := range found {
				f.Detail = joined(f.Detail, "users "+a.who()+" and "+b.who())
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
		j := oracle.JudgeReissue(a.service, w.answers[i-1].judged.Token, a.judged.Token)
		w.run.read(j.Readings...)
		findings = append(findings, naming(a, j.Findings)...)
	}
	if len(w.answers) < 2 {
		return mistake("fewer than two tokens were fetched by steps before")
	}
	return orNil(findings)
}
