package steps

import (
	"regexp"
	"slices"
	"strings"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/unifier"
)

// alternatives joins what each service is called into a pattern that catches it.
func alternatives(word func(unifier.Words) string) string {
	var all []string
	for _, s := range unifier.Services() {
		all = append(all, regexp.QuoteMeta(word(s.Words())))
	}
	return "(" + strings.Join(all, "|") + ")"
}

// Patterns of the words for a service: the verb of a call, the verb before an
// expiry, the noun for a call and what it gives, and the adjective.
var (
	verb         = alternatives(func(w unifier.Words) string { return w.Asks })
	asking       = alternatives(func(w unifier.Words) string { return w.AsksWith }) + ` `
	callNoun     = alternatives(func(w unifier.Words) string { return w.Call })
	serviceWords = alternatives(func(w unifier.Words) string { return w.Service })
)

// shown is how documentation shows one of these patterns: without its parentheses.
func shown(pattern string) string { return strings.Trim(strings.TrimSpace(pattern), "()") }

// serviceNamed is the service that a step's words mean: one of its Words, or the
// first of all where they name none.
func serviceNamed(words string) unifier.Service {
	if s, ok := unifier.ServiceByWords(strings.TrimSpace(words)); ok {
		return s
	}
	return unifier.Services()[0]
}

// firstService is the first service of an edition from which a user gets tokens;
// for a user that gets none anywhere the first of all.
func firstService(u *unifier.User, edition string) unifier.Service {
	if of := unifier.ServicesOf(u.Type, edition); len(of) > 0 {
		return of[0]
	}
	return unifier.Services()[0]
}

// services lists those that the target is asked for: the edition's,
// but for those that it turned out not to have.
func (r *run) services() []unifier.Service {
	return slices.DeleteFunc(unifier.ServicesIn(r.o.Edition.ID), func(s unifier.Service) bool { return r.isAbsent(s) != "" })
}

// ofOneKind keeps the answers whose tokens are of the kind of the first one's: DB
// tokens and JWTs are compared among themselves.
func ofOneKind(answers []*answer) []*answer {
	var of []*answer
	for _, a := range answers {
		if a.token() == answers[0].token() {
			of = append(of, a)
		}
	}
	return of
}

// servicesOf lists those of them that give a user tokens.
func (r *run) servicesOf(u *unifier.User) []unifier.Service {
	return slices.DeleteFunc(r.services(), func(s unifier.Service) bool { return s.Token(u.Type) == unifier.NoToken })
}

// serviceOf is the service that a scenario's steps mean for a user where they name
// none: the one that the scenario's requirements are about, or else the user's first.
func (w *World) serviceOf(u *unifier.User) unifier.Service {
	return w.scenario.serviceFor(w.run.vocabulary, u.Type, w.run.selection.Register, w.run.o.Edition.ID)
}

// sample returns the user's first login of the scenario's service, or nil.
func (w *World) sample(u *unifier.User) *answer { return w.run.sample(w.serviceOf(u), u) }

// getsIn reports whether that gave a token.
func (w *World) getsIn(u *unifier.User) bool { return w.run.getsIn(w.serviceOf(u), u) }

// usable says why what needs the resource cannot be checked for a user in the scenario; "" if it can.
func (w *World) usable(u *unifier.User) string { return w.run.usable(w.serviceOf(u), u) }

// userType is the type of who made an answer's call; "" for nobody.
func (a *answer) userType() unifier.UserType {
	if a.user == nil {
		return ""
	}
	return a.user.Type
}

// asked is of whom the call was.
func (a *answer) by() oracle.Asked { return oracle.Asked{Service: a.service, User: a.userType()} }

// requirement is the id behind a rule for who made the call; "" where the service has none.
func (a *answer) requirement(r unifier.Rule) string {
	return a.service.Requirement(r, a.userType())
}

// token is the kind of token that the call should give.
func (a *answer) token() unifier.TokenKind { return a.service.Token(a.userType()) }

// requirementsOf lists the ids behind a rule over all services, for documentation.
func requirementsOf(r unifier.Rule) string {
	var ids []string
	for _, s := range unifier.Services() {
		for _, id := range s.Requirements(r) {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return strings.Join(ids, ", ")
}

// inUnit is the service whose parameter expiry counts in the user's unit, if it takes one at all.
func inUnit() unifier.Service {
	for _, s := range unifier.Services() {
		if s.Expiry(unifier.Basic) == unifier.ExpiryInUnit {
			return s
		}
	}
	return unifier.Services()[0]
}
