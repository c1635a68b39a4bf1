package steps

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/unifier"
)

// entry is what became of the first logins of those users of a service that
// should get a token.
type entry struct {
	service unifier.Service
	answers []*answer
	// got, refused and unanswered count the users that got a token, 401 or 403, and
	// no answer or 429; elsewhere those of the refused to whose same credentials another
	// service gave a token.
	got, refused, unanswered, elsewhere int
}

// entry sums up the first logins of a service's users.
func (r *run) entry(s unifier.Service) entry {
	e := entry{service: s}
	for i := range r.o.Users {
		a := r.sample(s, &r.o.Users[i])
		if a == nil || !a.entitled {
			continue
		}
		e.answers = append(e.answers, a)
		switch {
		case a.gotToken():
			e.got++
		case a.unanswered() != nil:
			e.unanswered++
		case a.reply.Status == http.StatusUnauthorized || a.reply.Status == http.StatusForbidden:
			e.refused++
			if r.inElsewhere(s, a.user) {
				e.elsewhere++
			}
		}
	}
	return e
}

// inElsewhere reports whether another service gave a user a token.
func (r *run) inElsewhere(s unifier.Service, u *unifier.User) bool {
	return slices.ContainsFunc(r.services(), func(other unifier.Service) bool { return other != s && r.getsIn(other, u) })
}

// nobody reports whether users asked and none of them got a token. Whatever else a
// run found, it has seen nothing of the service then.
func (e *entry) nobody() bool { return len(e.answers) > 0 && e.got == 0 }

// undecided reports whether nobody got in, and no answer proves a defect: the
// credentials may be the cause, or the way to the service. The refusal of a user whom
// another service knows by the same credentials is proof.
func (e *entry) undecided() bool {
	return e.nobody() && e.elsewhere == 0 && e.refused+e.unanswered == len(e.answers)
}

// says tells what the users got, as "every user of the login service got 401".
func (e *entry) says() string {
	var got []string
	for _, a := range e.answers {
		what := fmt.Sprintf("%d", a.reply.Status)
		switch {
		case a.reply.Status == 0:
			what = "no answer"
		case a.reply.Status == http.StatusOK:
			what = "200 without a legible token"
		}
		if !slices.Contains(got, what) {
			got = append(got, what)
		}
	}
	slices.Sort(got)
	text := fmt.Sprintf("no configured user of the %s service got a token: %s", e.service, strings.Join(got, ", "))
	if !slices.ContainsFunc(e.answers, func(a *answer) bool { return !notThere(a) }) {
		text += fmt.Sprintf("; nothing is at %s, which %s", e.service.Path(), documentedIn(e.service))
	}
	return text
}

// documentedIn says which editions of the documentation have a service.
func documentedIn(s unifier.Service) string {
	of := s.Editions()
	switch len(of) {
	case len(unifier.Editions()):
		return "every edition documents"
	case 1:
		return "edition " + of[0] + " documents"
	}
	return "editions " + strings.Join(of[:len(of)-1], ", ") + " and " + of[len(of)-1] + " document"
}

// saysOf is what the users got, and where they get in instead.
func (r *run) saysOf(e *entry) string {
	text := e.says()
	for _, s := range r.services() {
		if s != e.service && slices.ContainsFunc(e.answers, func(a *answer) bool {
			refused := a.reply.Status == http.StatusUnauthorized || a.reply.Status == http.StatusForbidden
			return (refused || notThere(a)) && r.getsIn(s, a.user)
		}) {
			return text + "; " + s.Name() + " gives them one"
		}
	}
	return text
}

// whyNobody names the likely causes of a service's refusals; "" where nobody was refused.
func (r *run) whyNobody(e *entry) string {
	if e.refused == 0 {
		return ""
	}
	what := unifier.Refusals{Service: e.service, SameIn: e.elsewhere > 0}
	for _, s := range r.services() {
		other := r.entry(s)
		what.OthersIn = what.OthersIn || s != e.service && other.got > 0
		what.OthersRefused = what.OthersRefused || s != e.service && other.refused > 0
	}
	for _, a := range e.answers {
		what.Exchanges = append(what.Exchanges, a.exchange)
		what.OddPasswords = what.OddPasswords || a.user != nil && !plainPassword(a.user, nil, r.o.Now())
	}
	return "likely causes: " + strings.Join(what.Causes(), "; ")
}

// entryScenarios writes down first logins that failed where no selected scenario
// is about them: a valid login that gets no token is a failure, whatever was
// selected, and a service of which nobody got a token is never passed over.
func (r *run) entryScenarios(run []record.Scenario) []record.Scenario {
	if r.halted != nil {
		return nil
	}
	about := map[string]bool{} // requirements that a scenario has judged
	for _, s := range run {
		for _, id := range s.Requirements {
			about[id] = about[id] || s.State != record.Skipped
		}
	}
	var extra []record.Scenario
	for _, service := range r.services() {
		e := r.entry(service)
		if len(e.answers) == 0 || !slices.ContainsFunc(e.answers, func(a *answer) bool { return !about[a.requirement(unifier.RuleToken)] }) {
			continue
		}
		before := len(extra)
		for _, a := range e.answers {
			id := a.requirement(unifier.RuleToken)
			if found := a.judged.For(id); !about[id] && len(found) > 0 && a.unanswered() == nil && r.countsForEntry(a) && !e.undecided() {
				extra = append(extra, r.entryScenario(a, id, record.Fail, found[0].String()))
			}
		}
		if !e.nobody() || len(extra) > before {
			continue
		}
		state := record.Fail
		if e.undecided() {
			state = record.Error
		}
		extra = append(extra, r.entryScenario(e.answers[0], e.answers[0].requirement(unifier.RuleToken), state, r.saysOf(&e)))
	}
	return extra
}

// countsForEntry reports whether the user's password leaves no doubt (LOGIN-20), or no user's does.
func (r *run) countsForEntry(a *answer) bool {
	return slices.Contains(withTrait(r.o.Users, activeUser(a.user.Type)+withPlainPassword, r.o.Now()), a.user)
}

// entryScenario is a scenario about one first login.
func (r *run) entryScenario(a *answer, id string, state record.State, reason string) record.Scenario {
	w := &World{run: r, scenario: &Scenario{}}
	w.keep(&a.exchange, a.user, false)
	s := record.Scenario{
		ID: "preflight:" + a.user.Name, Feature: "First logins", Name: "The first login of " + a.user.Name, Requirements: []string{id},
		State: state, Reason: r.o.Redactor.String(reason), Started: a.exchange.Started.UTC(), Steps: []record.Step{},
		Exchanges: []record.Exchange{w.evidence[0].record(r.o.Redactor)},
	}
	r.weigh(w, &s)
	return s
}
