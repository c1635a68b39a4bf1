package steps

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/unifier"
)

// sweepSteps look at every answer of the run. What a requirement says of answers
// holds for each of them, whatever the call; scenarios tagged @last run after
// all that could spoil an answer.
func sweepSteps() []definition {
	return []definition{
		{topic: "Given", pattern: `every error of the ` + serviceWords + ` service in this run`, says: "every error of the " + shown(serviceWords) + " service in this run",
			what: "looks at every answer to a GET with 4xx or 5xx so far, but for those with which a front end turns a call away: 429, 502, 503, 504, and what is no 401 to very long credentials or to two headers", run: everyError},
		{topic: "Given", pattern: `every answer of the ` + serviceWords + ` service in this run`, says: "every answer of the " + shown(serviceWords) + " service in this run",
			what: "looks at every answer so far, whatever it was to", run: everyAnswer},
		{topic: "Given", pattern: `every call with right credentials of the ` + serviceWords + ` service in this run`, says: "every call with right credentials of the " + shown(serviceWords) + " service in this run",
			what: "looks at every plain call so far of users whose first call got a token", run: everyRightCall},
		{topic: "Given", pattern: `every call with right credentials of the ` + serviceWords + ` service in this run of (?:a|an) ` + anyTrait(), says: "every call with right credentials of the " + shown(serviceWords) + " service in this run of a|an <user>",
			what: "the same, for such users only", needs: func(o *Options, args []string) string { return needsUser(o, args[1]) }, user: 2, run: everyRightCall},
		then(`(?:the|each) token is valid for as long as was asked`, "the|each token is valid for as long as was asked", unifier.RuleAsked),
		{topic: "Then", pattern: `(?:the|each) error says why`, says: "the|each error says why", what: "a JSON object with the HTTP status and a message, without a token (LOGIN-17, OAUTH-06)", run: errorsSayWhy},
		{topic: "Then", pattern: `no two tokens of the run are alike`, says: "no two tokens of the run are alike",
			what: "no user's token is another's or can be guessed from one of the run (LOGIN-18); no OAuth token and no jti comes twice (OAUTH-12); V2's are compared with those of the other services too (V2AUTH-21)", run: noTwoAlike},
	}
}

// sweep takes the answers so far that keep says yes to. They are other
// scenarios' own, and evidence of this one only if they are wrong.
func (w *World) sweep(service unifier.Service, keep func(a *answer) bool) error {
	w.run.mu.Lock()
	defer w.run.mu.Unlock()
	for _, a := range w.run.every {
		if a.service == service && keep(a) {
			seen := *a
			seen.shared = true
			w.answers = append(w.answers, &seen)
		}
	}
	if len(w.answers) == 0 {
		return skip("no such answer came in this run")
	}
	return nil
}

// everyError takes the refusals and failures of a service.
func everyError(_ context.Context, w *World, args []string) error {
	return w.sweep(serviceNamed(args[0]), func(a *answer) bool {
		return a.exchange.Method == http.MethodGet && a.reply.Status >= http.StatusBadRequest && !turnedAway(a)
	})
}

// everyAnswer takes all answers of a service.
func everyAnswer(_ context.Context, w *World, args []string) error {
	return w.sweep(serviceNamed(args[0]), func(*answer) bool { return true })
}

// everyRightCall takes the plain calls with right credentials.
func everyRightCall(_ context.Context, w *World, args []string) error {
	in, tried := w.run.admitted()
	of := func(*answer) bool { return true }
	if len(args) > 1 {
		users := withTrait(w.run.o.Users, args[1], w.run.o.Now())
		of = func(a *answer) bool { return slices.Contains(users, a.user) }
	}
	for _, a := range w.run.brokenOf(serviceNamed(args[0])) {
		if of(a) {
			w.answers = append(w.answers, a)
		}
	}
	return w.sweep(serviceNamed(args[0]), func(a *answer) bool {
		if !of(a) {
			return false
		}
		return a.entitled && a.situation == "success" && in[a.user] && a.unanswered() == nil && (plainScheme(a) || accepted(a.reply.Status)) &&
			!(tried[a] && a.maybeWrongPassword())
	})
}

// admitted are the users whose first call of some service got a token, and the answers
// that came after a call that may count as a wrong password of the same user had left, of
// whatever service: its account may be locked then, which no documentation forbids.
func (r *run) admitted() (in map[*unifier.User]bool, tried map[*answer]bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	in, tried = map[*unifier.User]bool{}, map[*answer]bool{}
	wrong := r.wrongSince()
	for _, a := range r.every {
		if a.user == nil {
			continue
		}
		if a.shared && a.gotToken() {
			in[a.user] = true
		}
		since, ever := wrong[a.user]
		tried[a] = ever && !a.reply.Received.Before(since)
	}
	return in, tried
}

// brokenOf are the calls of a service that should get a token and got no whole answer.
func (r *run) brokenOf(service unifier.Service) []*answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	var of []*answer
	for _, a := range r.broken {
		if a.service == service {
			seen := *a
			seen.shared = true
			of = append(of, &seen)
		}
	}
	return of
}

// plainScheme reports whether a call's scheme was written Basic. LOGIN-20 is about other
// spellings where they are refused; who gets in by one is answered as everybody else.
func plainScheme(a *answer) bool {
	values := a.exchange.Call.Authorization
	return len(values) == 1 && strings.HasPrefix(values[0], "Basic ")
}

// turnedAway reports whether something before the service is likely to have
// answered: it had too much to do, or did not take the call's headers.
func turnedAway(a *answer) bool {
	switch a.reply.Status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	case http.StatusUnauthorized:
		return false
	}
	values := a.exchange.Call.Authorization
	return len(values) > 1 || len(values) == 1 && len(values[0]) > longCredentials
}

// validityOf is the rule that says how long an answer's token is valid.
func validityOf(a *answer) unifier.Rule {
	e := &a.expect
	switch {
	case a.open:
		return unifier.NoRule
	case e.Validity != unifier.NoRule:
		return e.Validity
	case a.token() == unifier.JWT && e.Seconds != 0:
		return unifier.RuleAsked
	case a.token() == unifier.JWT || e.Expiry.IsZero() && e.User.Expiry.IsZero():
		return unifier.RuleDefault
	}
	return unifier.RuleDuration
}

// validities are the rules that validityOf gives.
var validities = []unifier.Rule{unifier.RuleDefault, unifier.RuleDuration, unifier.RuleAsked}

// beside reports whether a rule about validities is not the one by which the
// answer's is judged.
func beside(a *answer, about unifier.Rule) bool {
	return slices.Contains(validities, about) && about != validityOf(a)
}

// errorsSayWhy judges the body of each error.
func errorsSayWhy(_ context.Context, w *World, _ []string) error {
	if len(w.answers) == 0 {
		return errNoAnswer
	}
	var findings []oracle.Finding
	for _, a := range w.answers {
		j := oracle.JudgeErrorBody(a.by(), a.reply)
		w.run.read(j.Readings...)
		for _, n := range j.Notes {
			w.note("%s", n)
		}
		w.look(a, len(j.Findings) > 0)
		findings = append(findings, naming(a, j.Findings)...)
	}
	return orNil(findings)
}

// noTwoAlike judges every pair of the scenario's tokens; V2's with those of the other
// services too, whose tokens the same resources take.
func noTwoAlike(_ context.Context, w *World, _ []string) error {
	var with []*answer
	var own []oracle.OwnedToken
	for _, a := range ofOneKind(w.answers) {
		if a.gotToken() {
			with = append(with, a)
			own = append(own, oracle.OwnedToken{User: a.who(), Token: a.judged.Token})
		}
	}
	if len(with) == 0 {
		return skip("fewer than two tokens were given in this run")
	}
	before, beside := w.run.before(with), w.run.beside(with[0])
	var tokens []oracle.OwnedToken
	for _, x := range before {
		tokens = append(tokens, oracle.OwnedToken{User: x.user.Name, Token: x.token})
	}
	first := len(tokens)
	tokens = append(tokens, own...)
	for _, a := range beside {
		tokens = append(tokens, oracle.OwnedToken{User: a.who(), Token: a.judged.Token})
	}
	if with[0].requirement(unifier.RuleDistinct) == "" && !slices.ContainsFunc(tokens, func(t oracle.OwnedToken) bool { return t.User != tokens[0].User }) {
		return skip("fewer than two users got a token") // a user's own tokens may be the same
	}
	if len(tokens) < 2 {
		return skip("fewer than two tokens were given in this run")
	}
	end := first + len(own)
	var findings []oracle.Finding
	for _, p := range oracle.JudgeEveryPair(with[0].by(), tokens) {
		if p.Second < first || p.First >= end || p.First < first && p.Second >= end {
			continue // found in the repetition before, or another service's matter
		}
		p.Finding.Detail = joined(p.Finding.Detail, ownersOf(tokens, p))
		shown := p.Second - first
		switch {
		case p.First < first:
			p.Finding.Detail += fmt.Sprintf("; the first was given in repetition %d", before[p.First].repeat+1)
		case p.Second >= end:
			p.Finding.Detail += fmt.Sprintf("; the second was given by %s", beside[p.Second-end].service.Name())
			shown = p.First - first
		default:
			w.look(with[p.First-first], true)
		}
		w.look(with[shown], true)
		p.Finding.Exchange = &with[shown].exchange
		findings = append(findings, p.Finding)
	}
	return orNil(findings)
}

// ownersOf names whose the tokens of a finding are; of one that a single token shows, its user.
func ownersOf(tokens []oracle.OwnedToken, p oracle.PairFinding) string {
	if p.First == p.Second {
		return "user " + tokens[p.Second].User
	}
	return "users " + tokens[p.First].User + " and " + tokens[p.Second].User
}

// beside lists the answers of this run with which other services gave tokens of the kind
// of V2's answer; none for other services' answers, which are compared among themselves.
func (r *run) beside(a *answer) []*answer {
	if !a.service.Shared() {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var of []*answer
	for _, o := range r.every {
		if o.service != a.service && o.gotToken() && o.token() == a.token() {
			of = append(of, o)
		}
	}
	return of
}

// ordinaryPassword reports whether an answer's password is a word that answers to
// others hold as well: half of those of the same kind, or of all where there are
// none of the same kind.
func (r *run) ordinaryPassword(a *answer) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, alike := range []bool{true, false} {
		all, holding := 0, 0
		for _, o := range r.every {
			sameKind := o.service == a.service && (o.reply.Status == http.StatusOK) == (a.reply.Status == http.StatusOK)
			if o.sent.Password == a.sent.Password || alike && !sameKind {
				continue
			}
			all++
			if oracle.HoldsPassword(o.reply, a.sent.Password) {
				holding++
			}
		}
		if all > 0 {
			return 2*holding >= all
		}
	}
	return false
}
