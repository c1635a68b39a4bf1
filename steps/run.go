package steps

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/unifier"
)

// run is what all scenarios of one run share.
type run struct {
	o          Options
	selection  *Selection
	all        *corpus // every scenario that there is, selected or not
	byID       map[string]*Scenario
	vocabulary *lexicon
	budget     map[string]string // scenario id → the user whose wrong password it may spend
	editions   editionFacts
	found      []unifier.Service // services beyond the edition's that a target of no chosen edition has

	sent    atomic.Int64
	lost    atomic.Int64 // calls that went down with a kept-alive connection
	asked   atomic.Int64 // calls that were made again after a Retry-After or a gateway's answer
	cuts    atomic.Int64 // calls that were made again because their answers broke off
	cutsDue atomic.Int64 // those of them that should get a token
	hiccups hiccups      // answers of a gateway in the target's place
	block   shutout      // pages of a firewall that shut this machine out

	// limitedInVain counts calls that got a 429 without a time twice.
	limitedInVain atomic.Int64
	silent        atomic.Int64 // calls without an answer, in a row
	exchanges     atomic.Int64 // calls of any kind
	stopped       atomic.Pointer[string]
	probing       sync.Mutex
	done          func() bool
	refusedM      sync.Mutex // one fetch of a shared refusal at a time

	pace      pacer
	waitM     sync.Mutex
	notBefore time.Time     // the target wants no call before
	waited    time.Duration // by the target's wish, in the whole run

	mu       sync.Mutex
	worlds   map[string][]*World
	samples  map[string]*answer // first logins by service and user
	refusals map[string]*answer // shared refusals by service and what
	every    []*answer          // every answer of a token service in this repetition
	broken   []*answer          // calls that should get a token and got no whole answer
	repeat   int                // the repetition, from 0
	clock    drift              // what the answers show of the target's clock
	past     past               // what is kept of the repetitions before
	readings map[string][]string
	unasked  []unasked       // what is not asked of the configuration
	halted   *record.Verdict // why nothing could be checked
	loads    []*record.Load
	hidden   map[int]int                // scenarios that a waiver hid, by its index
	newest   map[string]*answer         // the newest answer with a token by service and user
	latest   map[*unifier.User]string   // the token that each user was given last, by whatever service
	absent   map[unifier.Service]string // why a service is not asked
	seen     map[string]*issued         // the first answer with a token, by the token
	kept     map[string]bool            // whose tokens came again with their end unchanged (A11), by service and user
	shelves  map[string]bool            // whose tokens are kept in several places, by service and user
	nearVain int                        // calls that were made again for the clock's sake, and were wrong again
	vain     int                        // looks for a token in other places that found nothing
	began    time.Time
	controls int               // calls that told whether the target is still there; probing guards it
	away     bool              // the target is not there any more; probing guards it
	unusable map[string]string // why what needs the resource cannot be checked, by service and user
	worked   map[string]bool   // whose first tokens the resource took, by service and user
	uses     []*call           // every use of a newest token in this repetition
	earlier  []*earlier        // what a fetch did to earlier tokens (A12)
	open     [][2]string       // traits of cases that the documentation leaves open

	locks map[string]*sync.Mutex // by user
	// scheme is how the resource takes login tokens, found out by the first use that
	// was accepted (A1); schemes guards it.
	scheme  string
	schemes sync.Mutex
	// takesExpiry is why login takes no parameter expiry, as found out by the preflight; empty if it does.
	ignoresExpiry string
}

// newRun checks the options and selects the scenarios.
func newRun(o Options) (*run, error) { return newRunWith(o, vocabulary()) }

// newRunWith is newRun for scenarios in the given words.
func newRunWith(o Options, words *lexicon) (*run, error) {
	selection, err := selectFrom(o, words)
	if err != nil {
		return nil, err
	}
	all := selection.corpus
	if o.OwnOnly { // waivers may name built-in scenarios, whatever is run
		if all, err = newCorpus(o.Own, false); err != nil {
			return nil, err
		}
	}
	if err := checkWaivers(o.Waivers, all); err != nil {
		return nil, err
	}
	facts, err := loadEditionFacts()
	if err != nil {
		return nil, err
	}
	r := &run{
		o: o, selection: selection, all: all, vocabulary: words, editions: facts, absent: map[unifier.Service]string{}, latest: map[*unifier.User]string{},
		byID: map[string]*Scenario{}, worlds: map[string][]*World{}, readings: map[string][]string{},
		hidden: map[int]int{}, newest: map[string]*answer{}, seen: map[string]*issued{}, kept: map[string]bool{}, shelves: map[string]bool{}, unusable: map[string]string{}, worked: map[string]bool{},
		locks: map[string]*sync.Mutex{}, done: func() bool { return false }, began: o.now(),
	}
	for _, s := range selection.Scenarios {
		r.byID[s.ID] = s
	}
	for _, u := range o.Users {
		r.locks[u.Name] = &sync.Mutex{}
	}
	r.past = newPast()
	r.setAside()
	r.forget()
	return r, nil
}

// forget drops what scenarios share, so that the next repetition asks anew.
func (r *run) forget() {
	r.samples, r.refusals = map[string]*answer{}, map[string]*answer{}
}

// renew prepares a repetition. Who was refused is not asked again: every more
// login with a password that may be wrong brings the account nearer to its lock.
func (r *run) renew(ctx context.Context) {
	r.hiccups.renew()
	r.conclude()
	before := r.samples
	r.forget()
	for key, a := range before {
		if a.maybeWrongPassword() {
			r.samples[key] = a
		}
	}
	r.askSilentAgain(ctx, r.logInOnce(ctx))
}

// maybeWrongPassword reports whether the target may have counted a wrong
// password: it refused the login, or what it said did not arrive.
func (a *answer) maybeWrongPassword() bool {
	s := a.reply.Status
	return s == 0 || s >= http.StatusBadRequest && s < http.StatusInternalServerError && s != http.StatusTooManyRequests
}

// planWrongPasswords plans them for the users that got in: the others may not
// be tried again.
func (r *run) planWrongPasswords() {
	o := r.o
	o.Users = nil
	for i := range r.o.Users {
		if u := &r.o.Users[i]; r.getsInAnywhere(u) {
			o.Users = append(o.Users, *u)
		}
	}
	r.budget = planWrongPasswords(o, r.selection.Scenarios, r.vocabulary)
}

// interrupted reports whether the run was told to end.
func (r *run) interrupted() bool { return r.done() }

// preflight logs each user in once. That tells wrong credentials and a dead
// target apart from a service that does not conform, and gives the answers
// that many scenarios look at.
func (r *run) preflight(ctx context.Context) error {
	r.done = func() bool { return ctx.Err() != nil }
	asked := r.logInOnce(ctx)
	r.lookForMore(ctx)
	r.settleEdition()
	asked = append(asked, r.logInOnce(ctx)...)
	asked = append(asked, r.askRefused(ctx, asked)...)
	r.askSilentAgain(ctx, asked)
	r.lookForUnused(ctx)
	r.planWrongPasswords()
	if r.interrupted() {
		return nil
	}
	if len(asked) == 0 { // no user: see at least whether anybody answers
		a := r.send(ctx, nil, plainCall(r.probed()))
		if a.exchange.Err != nil && a.exchange.Status == 0 {
			r.haltSilent(a.exchange.Err)
		}
		return nil
	}
	refused, silent := 0, 0
	for _, a := range asked {
		switch {
		case a.exchange.Err != nil && a.exchange.Status == 0 && !a.broken:
			silent++
		case a.reply.Status == 401 || a.reply.Status == 403:
			refused++
		}
	}
	switch {
	case silent > 0 && silent == len(asked):
		r.haltSilent(asked[0].exchange.Err)
	case refused == len(asked):
		r.halt("every login got %s", statuses(asked)) // the likely causes follow
		for _, s := range r.services() {
			if e := r.entry(s); e.nobody() {
				r.halted.Reasons = append(r.halted.Reasons, r.whyNobody(&e))
				break
			}
		}
	default:
		r.observeHTTP1(ctx)
		r.observeEarlier(ctx)
		if r.asksForExpiry() {
			return r.detectExpiry(ctx)
		}
	}
	return nil
}

// asksForExpiry reports whether it must be found out if login takes the parameter expiry.
func (r *run) asksForExpiry() bool {
	if r.o.ExpiryParameter != "auto" {
		return false
	}
	for _, s := range r.selection.Scenarios {
		if s.hasStep(takesExpiryText) {
			return true
		}
	}
	return false
}

// halt notes why nothing can be checked.
func (r *run) halt(format string, args ...any) {
	reason := r.o.Redactor.String(fmt.Sprintf(format, args...))
	r.halted = &record.Verdict{State: record.VerdictInconclusive, Exit: exitInconclusive, Reasons: []string{reason}}
	r.stopped.CompareAndSwap(nil, &reason)
}

// cause says what a transport error means.
func cause(err error) string { return unifier.Diagnose(err).Cause }

// statuses names the statuses of refused logins.
func statuses(asked []*answer) string {
	seen := map[int]bool{}
	for _, a := range asked {
		seen[a.reply.Status] = true
	}
	switch {
	case seen[401] && seen[403]:
		return "401 or 403"
	case seen[403]:
		return "403"
	}
	return "401"
}

// sampleKey names a user's first login.
func sampleKey(s unifier.Service, u *unifier.User) string { return string(s) + " " + u.Name }

// sample returns a user's first login of a service, or nil.
func (r *run) sample(s unifier.Service, u *unifier.User) *answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.samples[sampleKey(s, u)]
}

// getsIn reports whether the user's first login gave a token. A user whose
// login was refused is not tried again: that might lock the account.
func (r *run) getsIn(s unifier.Service, u *unifier.User) bool {
	a := r.sample(s, u)
	return a != nil && a.gotToken()
}

// getsInAnywhere reports whether some service's first login gave the user a token.
func (r *run) getsInAnywhere(u *unifier.User) bool {
	return slices.ContainsFunc(r.services(), func(s unifier.Service) bool { return r.getsIn(s, u) })
}

// probed is the service that is called to see whether anybody answers.
func (r *run) probed() unifier.Service { return r.services()[0] }

// expectation is what a right answer to the user is.
func (r *run) expectation(s unifier.Service, u *unifier.User) oracle.Expectation {
	e := oracle.Expectation{MaxSkew: r.o.MaxClockSkew, Keys: r.o.Keys}
	r.expectEdition(s, u, &e)
	if u != nil {
		e.User = *u
	}
	return e
}

// read notes readings of ambiguities.
func (r *run) read(readings ...oracle.Reading) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, x := range readings {
		known := false
		for _, text := range r.readings[x.Ambiguity] {
			known = known || text == x.Reading
		}
		if !known {
			r.readings[x.Ambiguity] = append(r.readings[x.Ambiguity], x.Reading)
		}
	}
}

// failFast makes the scenarios that were not begun be skipped.
func (r *run) failFast(w *World) {
	reason := "not run: --fail-fast after " + w.scenario.Name
	r.stopped.CompareAndSwap(nil, &reason)
}
