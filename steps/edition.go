package steps

import (
	"context"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/unigate/unigate/features"
	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/unifier"
)

// editionFacts are what all editions say about the OAuth service's default and answer (A6).
type editionFacts struct {
	all      []features.Edition
	defaults map[int64][]string // the editions by the seconds that they document
	// fit are the editions that the first OAuth answers fit, nil where there was none.
	fit []features.Edition
}

// loadEditionFacts reads the editions.
func loadEditionFacts() (editionFacts, error) {
	f := editionFacts{defaults: map[int64][]string{}}
	var err error
	if f.all, err = features.LoadEditions(); err != nil {
		return f, err
	}
	for _, e := range f.all {
		seconds := int64(secondsOf(e, ""))
		f.defaults[seconds] = append(f.defaults[seconds], e.ID)
	}
	return f, nil
}

// OAuthDefaults lists the validities in seconds that some edition documents for a
// call without an expiry (A6).
func OAuthDefaults() ([]int, error) {
	f, err := loadEditionFacts()
	var list []int
	for seconds := range f.defaults {
		list = append(list, int(seconds))
	}
	slices.Sort(list)
	return list, err
}

// expectEdition sets what an answer must be like by the edition. Where nobody
// chose one, what any edition documents passes; of the defaults only the one that the
// user's first answer showed, where it did: a target is of one edition.
func (r *run) expectEdition(s unifier.Service, u *unifier.User, e *oracle.Expectation) {
	e.DefaultSeconds, e.DefaultEditions = secondsOf(r.o.Edition, s), r.editions.defaults
	if !r.o.EditionOpen {
		e.Lobby, e.Claims, e.Edition = r.o.Edition.LobbyAnswer(), r.o.Edition.RequiredClaims(), r.o.Edition.ID
		return
	}
	e.Lobby = slices.ContainsFunc(r.editions.all, features.Edition.LobbyAnswer)
	if i := slices.IndexFunc(r.editions.all, func(x features.Edition) bool { return s.In(x.ID) }); i >= 0 && !s.In(r.o.Edition.ID) {
		e.DefaultSeconds = secondsOf(r.editions.all[i], s) // no page of the oldest edition is about the service
	}
	for seconds, ids := range r.editions.defaults {
		if slices.ContainsFunc(ids, s.In) {
			e.OtherDefaults = append(e.OtherDefaults, int(seconds))
		}
	}
	if seen := r.shownDefault(s, u); seen == e.DefaultSeconds || slices.Contains(e.OtherDefaults, seen) {
		e.DefaultSeconds, e.OtherDefaults = seen, nil
	}
}

// shownDefault is the validity in seconds that a user's first OAuth answer showed of a new
// token; 0 where there was none, or its token may be a stored one (A11).
func (r *run) shownDefault(s unifier.Service, u *unifier.User) int {
	if u == nil {
		return 0
	}
	a := r.sample(s, u)
	if a == nil || a.token() != unifier.JWT || !a.gotToken() || a.before || a.expect.First != nil || len(a.judged.Of(unifier.RuleClaims)) > 0 {
		return 0
	}
	return int(a.judged.ExpiresIn)
}

// settleEdition finds the editions that the first OAuth answers fit, where nobody
// chose one, and goes on with the rules of the oldest of them.
func (r *run) settleEdition() {
	if !r.o.EditionOpen {
		return
	}
	var firsts []*answer
	for i := range r.o.Users {
		for _, s := range unifier.Services() {
			if a := r.sample(s, &r.o.Users[i]); a != nil && a.token() == unifier.JWT && a.gotToken() {
				firsts = append(firsts, a)
			}
		}
	}
	having := slices.DeleteFunc(slices.Clone(r.editions.all), func(e features.Edition) bool {
		return slices.ContainsFunc(r.found, func(s unifier.Service) bool { return !s.In(e.ID) })
	})
	if len(firsts) > 0 {
		r.editions.fit = slices.DeleteFunc(slices.Clone(having), func(e features.Edition) bool {
			return slices.ContainsFunc(firsts, func(a *answer) bool { return !fits(e, a) })
		})
	}
	switch {
	case len(r.editions.fit) > 0:
		r.o.Edition = r.editions.fit[0]
	case len(r.found) > 0:
		r.o.Edition = having[0]
	}
}

// secondsOf is an edition's validity in seconds of a service's token that none was
// asked for; where the edition does not have the service, the one of the first that it has.
func secondsOf(e features.Edition, s unifier.Service) int {
	for _, id := range append([]unifier.Service{s}, unifier.Services()...) {
		if n, err := e.Seconds(string(id), "default_seconds"); err == nil {
			return int(n)
		}
	}
	return 0
}

// defaultSeconds is what {default} stands for: the edition's default, or where nobody
// chose one the least that a first answer showed and some edition documents (A6), since
// a service may refuse more.
func (r *run) defaultSeconds() int {
	n := secondsOf(r.o.Edition, "")
	if !r.o.EditionOpen {
		return n
	}
	for _, u := range r.users() {
		for _, s := range r.services() {
			if a := r.sample(s, u); a != nil && a.token() == unifier.JWT && a.gotToken() && r.editions.defaults[a.judged.ExpiresIn] != nil {
				n = min(n, int(a.judged.ExpiresIn))
			}
		}
	}
	return n
}

// lookForMore finds out by one call whether a target of which nobody chose the edition
// has a service of later ones: with 404 or 405, or where no JSON object answers, it is
// not there, and its scenarios are no part of the run; nor where a path that cannot
// exist is answered with the same status. Who got in elsewhere and is
// refused says nothing, for a gateway may refuse paths that are not there: a user of
// another type is asked, and where that one is refused too the service is left out.
func (r *run) lookForMore(ctx context.Context) {
	if !r.o.EditionOpen || r.interrupted() {
		return
	}
	for _, s := range unifier.Services() {
		if s.In(r.o.Edition.ID) || s.Optional() || !r.selection.services(unifier.Services(), s.Editions()[0])[s] {
			continue
		}
		if len(r.firstUsersOf(s)) == 0 {
			r.setAbsent(s, "no user got in with whom to find out whether the target has it")
		} else if r.has(ctx, s) {
			r.found = append(r.found, s)
		}
	}
	editions := append(r.editionsWith(r.found), r.o.Edition.ID)
	gone := func(sc *Scenario) bool {
		return !slices.ContainsFunc(editions, func(id string) bool { return sc.holdsIn(id, r.selection.Register) })
	}
	asked := *r.selection
	asked.Scenarios = slices.DeleteFunc(slices.Clone(asked.Scenarios), gone)
	r.unasked = slices.DeleteFunc(r.unasked, func(u unasked) bool { return gone(u.scenario) })
	r.selection = &asked
}

// lookForUnused finds out without credentials whether the target has a service for which
// no user that could get in is configured, where others get in elsewhere: when a company
// moves to OAuth its login may be gone. With 404 or 405 it is not there, and nothing that
// it says is judged; nor where it does not refuse as it should, and a path that cannot
// exist is answered alike: gateways redirect, forbid or refuse whatever they do not know.
func (r *run) lookForUnused(ctx context.Context) {
	if !slices.ContainsFunc(r.users(), r.getsInAnywhere) {
		return
	}
	needed := r.selection.services(r.services(), r.o.Edition.ID)
	for _, s := range r.services() {
		if !needed[s] || r.interrupted() || slices.ContainsFunc(r.users(), func(u *unifier.User) bool { return mayLogIn(u) && s.Token(u.Type) != unifier.NoToken }) {
			continue
		}
		switch a := r.send(ctx, nil, plainCall(s)); {
		case notThere(a):
			r.leaveOut(a)
		case a.reply.Status != 0 && !refusesNobody(a) && r.sameElsewhere(ctx, s, nil, statedStatus(a)):
			r.leaveOut(a)
			r.setAbsent(s, fmt.Sprintf("%s answers HTTP %d, as the target does to a path that cannot exist, and no user of it is configured", s.Name(), a.reply.Status))
		}
	}
}

// refusesNobody reports whether a call without credentials is refused as a token service
// refuses it, in every respect that fails a gate.
func refusesNobody(a *answer) bool {
	found := oracle.JudgeUnauthorized(a.by(), oracle.AuthMissing, a.reply).Findings
	found = append(found, oracle.JudgeMessage(a.by(), oracle.AuthMissing, a.reply).Findings...)
	found = append(found, oracle.JudgeErrorBody(a.by(), a.reply).Findings...)
	return len(found) == 0
}

// users are the configured users.
func (r *run) users() []*unifier.User {
	users := make([]*unifier.User, len(r.o.Users))
	for i := range users {
		users[i] = &r.o.Users[i]
	}
	return users
}

// editionsWith are the ids of the first editions that have some services.
func (r *run) editionsWith(services []unifier.Service) []string {
	var ids []string
	for _, s := range services {
		ids = append(ids, s.Editions()[0])
	}
	return ids
}

// has makes the first calls of a service until one tells whether it is there.
func (r *run) has(ctx context.Context, s unifier.Service) bool {
	var refused []*answer
	for _, u := range r.firstUsersOf(s) {
		a := r.firstLogin(ctx, s, u)
		switch status := statedStatus(a); {
		case isMissing(status) || !oracle.LooksJSON(a.reply.Body):
			r.leaveOut(a)
			return false
		case status == http.StatusUnauthorized || status == http.StatusForbidden:
			refused = append(refused, a)
		case !a.gotToken() && r.sameElsewhere(ctx, s, u, status):
			r.leaveOut(a)
			r.setAbsent(s, fmt.Sprintf("%s answers HTTP %d, as the target does to a path that cannot exist; target.edition or --edition has it checked", s.Name(), status))
			return false
		default:
			return true
		}
	}
	for _, a := range refused {
		r.leaveOut(a)
		r.setAbsent(s, fmt.Sprintf("%s refused users that got a token elsewhere (HTTP %d), as a gateway may where there is none; target.edition or --edition has it checked", s.Name(), a.reply.Status))
	}
	return false
}

// sameElsewhere reports whether a path beside the service's, which cannot exist, is
// answered with the same status: then the status says nothing of the service. Older
// systems, and gateways before them, answer JSON with 400 or 500 where nothing is.
func (r *run) sameElsewhere(ctx context.Context, s unifier.Service, u *unifier.User, status int) bool {
	call := unifier.Call{Path: path.Dir(s.Path()) + "/unigate-nowhere"}
	if u != nil {
		call.Authorization = []string{unifier.BasicAuth(u.Name, u.Password)}
	}
	x := r.exchange(ctx, call)
	return statedStatus(&answer{exchange: x, reply: oracle.ReplyOf(&x)}) == status
}

// firstUsersOf are the first user of each type that got in and gets tokens from a service.
func (r *run) firstUsersOf(s unifier.Service) []*unifier.User {
	var users []*unifier.User
	for _, u := range r.users() {
		sameType := func(x *unifier.User) bool { return x.Type == u.Type }
		if mayLogIn(u) && s.Token(u.Type) != unifier.NoToken && r.getsInAnywhere(u) && !slices.ContainsFunc(users, sameType) {
			users = append(users, u)
		}
	}
	return users
}

// notThere reports whether an answer says that there is no such service.
func notThere(a *answer) bool { return isMissing(a.reply.Status) }

// isMissing reports whether a status says that there is no such service.
func isMissing(status int) bool {
	return status == http.StatusNotFound || status == http.StatusMethodNotAllowed
}

// statedStatus is the status of an answer: where it is HTTP 200 without a token, the
// one that its body states, for services report errors so too (A15).
func statedStatus(a *answer) int {
	if a.reply.Status != http.StatusOK || a.gotToken() {
		return a.reply.Status
	}
	if e, err := oracle.ParseError(a.reply); err == nil && e.HasStatus {
		return int(e.BodyStatus)
	}
	return a.reply.Status
}

// leaveOut takes a service out of the run that is not there, with the answer that says so.
func (r *run) leaveOut(a *answer) {
	r.setAbsent(a.service, fmt.Sprintf("the target has no %s (HTTP %d)", a.service.Name(), a.reply.Status))
	r.mu.Lock()
	defer r.mu.Unlock()
	if a.user != nil {
		delete(r.samples, sampleKey(a.service, a.user))
	}
	r.every = slices.DeleteFunc(r.every, func(x *answer) bool { return x == a })
	r.clock = r.past.clock // what is left is looked at anew
}

// setAbsent notes why a service is not asked.
func (r *run) setAbsent(s unifier.Service, why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.absent[s] = why
}

// isAbsent says why a service is not asked; "" if it is.
func (r *run) isAbsent(s unifier.Service) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.absent[s]
}

// lacksService says why a scenario cannot be run whose service the target does not
// have, or its edition; "" if it can.
func (r *run) lacksService(s *Scenario) string {
	for _, service := range unifier.Services() {
		if !s.isOf(service, r.selection.Register) {
			continue
		}
		if why := r.isAbsent(service); why != "" {
			return why
		}
		if !service.In(r.o.Edition.ID) {
			return fmt.Sprintf("edition %s has no %s", r.o.Edition.ID, service.Name())
		}
	}
	return ""
}

// fits reports whether an OAuth answer is right by an edition in what editions differ.
func fits(e features.Edition, a *answer) bool {
	expect := a.expect
	expect.DefaultSeconds, expect.OtherDefaults = secondsOf(e, a.service), nil
	expect.Edition, expect.Lobby, expect.Claims = e.ID, e.LobbyAnswer(), e.RequiredClaims()
	j := a.judge(expect)
	return !slices.ContainsFunc(j.Findings, func(f oracle.Finding) bool {
		return slices.Contains(byEdition, f.Rule)
	})
}

// byEdition are the rules by which the editions' answers differ.
var byEdition = []unifier.Rule{
	unifier.RuleDefault, unifier.RuleBody, unifier.RuleMembers, unifier.RuleStatus, unifier.RuleTokenType, unifier.RuleWay, unifier.RuleShape, unifier.RuleUser,
}

// pinEdition says which editions the answers fit, and how to choose one, where
// nobody did; else it is "".
func (r *run) pinEdition() string {
	if !r.o.EditionOpen {
		return ""
	}
	ids := make([]string, 0, len(r.editions.fit))
	for _, e := range r.editions.fit {
		ids = append(ids, e.ID)
	}
	const how = "target.edition or --edition pins one"
	switch {
	case len(ids) > 0:
		return fmt.Sprintf("no edition was chosen; the answers fit %s, and the rules of %s were used: %s", strings.Join(ids, " and "), r.o.Edition.ID, how)
	case r.editions.fit != nil:
		return fmt.Sprintf("no edition was chosen, and the OAuth answers fit none wholly; the rules of %s were used: %s", r.o.Edition.ID, how)
	}
	return fmt.Sprintf("no edition was chosen, and no OAuth token tells which one fits; the rules of %s were used: %s", r.o.Edition.ID, how)
}
