package steps

import (
	"context"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/unifier"
)

// loginSteps call the token services.
func loginSteps() []definition {
	return []definition{
		{topic: "When", pattern: `the user ` + verb + `(?: again)?`, says: "the user " + shown(verb) + " [again]",
			what: "fetches a token with the right credentials", run: fetchToken},
		{topic: "When", pattern: `each user ` + verb, says: "each user " + shown(verb),
			what: "the same for all picked users, one after the other", run: fetchEach},
		{topic: "When", pattern: `the user ` + asking + `the expiry "(.*)"`, says: "the user " + shown(asking) + ` the expiry "<expiry>"`,
			what: "the same with the parameter expiry, percent-encoded as it must be; {blank}, {tab} and {nothing} stand for themselves, {default} for the OAuth validity without an expiry", run: fetchAsking},
		{topic: "When", pattern: `the user ` + asking + `the expiry written as "(.*)"`, says: "the user " + shown(asking) + ` the expiry written as "<text>"`,
			what: "the same with the parameter sent just as written", run: fetchWritten},
		{topic: "When", pattern: `the user ` + asking + `two expiries, "(.*)" and "(.*)"`, says: "the user " + shown(asking) + ` two expiries, "<expiry>" and "<expiry>"`,
			what: "the same with the parameter twice", run: fetchTwice},
		{topic: "When", pattern: `the user ` + verb + ` with the scheme written as "(\w+)"`, says: "the user " + shown(verb) + ` with the scheme written as "<scheme>"`,
			what: "the scheme of the Authorization header in other letters", run: fetchScheme},
		{topic: "When", pattern: `the user ` + verb + ` with a form body`, says: "the user " + shown(verb) + " with a form body",
			what: "a GET with the body grant_type=client_credentials, as Oracle's own recipes send it", run: fetchForm},
		{topic: "When", pattern: `the user ` + verb + ` with the living token`, says: "the user " + shown(verb) + " with the living token",
			what: "the token that the scenario fetched last, as Bearer, in place of the password (A14)", run: fetchByToken},
		{topic: "When", pattern: `the user ` + verb + ` with the method ([A-Z]+)`, says: "the user " + shown(verb) + " with the method <method>",
			what: "another HTTP method than GET", run: fetchMethod},
		{topic: "When", pattern: `the user ` + verb + ` with a wrong password: (` + names(wrongPasswords) + `)`, says: "the user " + shown(verb) + " with a wrong password: <which>",
			what: "a wrong password for a real user, as far as safety.failed_logins allows; the user may be another of the same kind. Which is one of: " + listed(wrongPasswords), run: fetchWrong, wrong: true},
		{topic: "When", pattern: `the user ` + verb + ` with the right credentials under (` + names(wrongSchemes) + `)`, says: "the user " + shown(verb) + " with the right credentials under <scheme>",
			what: "the base64 of Basic under another scheme, which counts as a wrong password, for a server may count it so. Which is one of: " + listed(wrongSchemes), run: fetchWrongScheme, wrong: true},
		{topic: "When", pattern: `somebody ` + verb + ` with (` + names(headerVariants) + `)`, says: "somebody " + shown(verb) + " with <header>",
			what: "a call whose user name cannot exist, with an Authorization header of one of these kinds: " + listed(headerVariants), run: fetchNobody},
	}
}

// fetchToken fetches a token with the right credentials.
func fetchToken(ctx context.Context, w *World, args []string) error {
	u, err := w.user()
	if err != nil {
		return err
	}
	service := serviceNamed(args[0])
	if service.Token(u.Type) != unifier.NoToken {
		return w.fetchFor(ctx, u, w.run.validCall(service, u))
	}
	// The refusal must not end the token that another service gave the user.
	if len(w.held) == 0 {
		w.hold(u)
	}
	err = w.fetchFor(ctx, u, w.run.validCall(service, u))
	w.useLiving(ctx, u)
	return err
}

// fetchEach fetches a token for each picked user with the right credentials.
func fetchEach(ctx context.Context, w *World, args []string) error {
	if _, err := w.user(); err != nil {
		return err
	}
	for _, u := range w.users {
		if err := w.fetchFor(ctx, u, w.run.validCall(serviceNamed(args[0]), u)); err != nil {
			return err
		}
	}
	return nil
}

// fetchFor makes a call for a user whose credentials are right.
func (w *World) fetchFor(ctx context.Context, u *unifier.User, c outgoing) error {
	a, err := w.fetch(ctx, u, c)
	if err != nil {
		return err
	}
	if a.service.Token(u.Type) != unifier.NoToken && u.Status != unifier.Inactive && u.Type != unifier.Ordinary {
		w.run.entitle(a)
	}
	return nil
}

// fetchAsking fetches a token with an expiry.
func fetchAsking(ctx context.Context, w *World, args []string) error {
	u, err := w.user()
	if err != nil {
		return err
	}
	service, expiry := serviceNamed(args[0]), w.expand(args[1])
	c := w.run.validCall(service, u).withExpiry(expiry)
	if service.Token(u.Type) != unifier.NoToken && service.Expiry(u.Type) == unifier.ExpiryOpen {
		c.situation = "open_expiry" // so that no validity is judged by it, nor whether a token comes
		a, err := w.fetch(ctx, u, c)
		if err == nil && a.gotToken() {
			w.run.entitle(a)
		}
		return err
	}
	c.asked = asks(service, u, expiry)
	return w.fetchFor(ctx, u, c)
}

// asks sets the expectation for an expiry, if it is a number that a service can take.
func asks(service unifier.Service, u *unifier.User, expiry string) func(*oracle.Expectation) {
	n, err := strconv.Atoi(expiry)
	kind := service.Expiry(u.Type)
	if err != nil || n < 1 || n > math.MaxInt32 || kind == unifier.ExpiryInUnit && n > unifier.MaxExpiry {
		return nil
	}
	return func(e *oracle.Expectation) {
		if kind == unifier.ExpirySeconds {
			e.Seconds = n
			return
		}
		e.Expiry, e.Validity = unifier.Expiry{N: n, Unit: effective(u).Unit}, unifier.RuleAsked
	}
}

// fetchWritten fetches a token with an expiry as it is written.
func fetchWritten(ctx context.Context, w *World, args []string) error {
	u, err := w.user()
	if err != nil {
		return err
	}
	service := serviceNamed(args[0])
	c := w.run.validCall(service, u)
	c.call.RawQuery, c.situation = unifier.ExpiryParameter+"="+args[1], "invalid_expiry"
	if decoded, err := url.QueryUnescape(args[1]); err == nil {
		c.asked = asks(service, u, decoded)
	}
	return w.fetchFor(ctx, u, c)
}

// fetchTwice fetches a token with two expiries.
func fetchTwice(ctx context.Context, w *World, args []string) error {
	u, err := w.user()
	if err != nil {
		return err
	}
	return w.fetchFor(ctx, u, w.run.validCall(serviceNamed(args[0]), u).withExpiry(w.expand(args[1]), w.expand(args[2])))
}

// fetchScheme fetches a token with the scheme in other letters.
func fetchScheme(ctx context.Context, w *World, args []string) error {
	u, err := w.user()
	if err != nil {
		return err
	}
	c := w.run.validCall(serviceNamed(args[0]), u)
	c.call.Authorization = []string{args[1] + " " + pair(u.Name, u.Password.Reveal())}
	return w.fetchFor(ctx, u, c)
}

// fetchNobody calls as somebody who does not exist.
func fetchNobody(ctx context.Context, w *World, args []string) error {
	_, err := w.fetch(ctx, nil, nobody(serviceNamed(args[0]), headerVariants[args[1]]))
	return err
}

// nobody is a call as somebody who does not exist.
func nobody(service unifier.Service, variant headerVariant) outgoing {
	user, password := nobodyName(), "unigate-"+randomHex(8)
	c := plainCall(service)
	if c.call.Authorization = variant(user, password); len(c.call.Authorization) > 0 && strings.TrimSpace(c.call.Authorization[0]) != "" {
		c.situation = "invalid_credentials"
	}
	c.sent = oracle.Sent{User: user, Password: unifier.Secret(password)}
	return c
}

// fetchWrong calls with a wrong password of the user that the plan names.
func fetchWrong(ctx context.Context, w *World, args []string) error {
	service := serviceNamed(args[0])
	if args[1] == sharedMiss {
		a, err := w.run.wrongPassword(ctx, w, service)
		if err != nil {
			return err
		}
		w.answers = append(w.answers, a)
		w.keep(&a.exchange, a.user, false)
		w.note("user: %s", a.who())
		return nil
	}
	u, err := w.run.spender(w.scenario.ID, service)
	if err != nil {
		return err
	}
	if w.attempt > 0 {
		return skip("wrong passwords are not repeated")
	}
	w.note("user: %s", u.Name)
	_, err = w.fetch(ctx, u, w.run.wrongCall(service, u, args[1]))
	return err
}

// fetchWrongScheme calls with the right credentials of the user that the plan
// names, under another scheme. The scenario holds the user: a service that lets
// it in gives a token, which may end the earlier ones.
func fetchWrongScheme(ctx context.Context, w *World, args []string) error {
	service := serviceNamed(args[0])
	u, err := w.run.spender(w.scenario.ID, service)
	if err != nil {
		return err
	}
	if w.attempt > 0 {
		return skip("wrong passwords are not repeated")
	}
	w.hold(u)
	w.note("user: %s", u.Name)
	c := w.run.validCall(service, u)
	c.call.Authorization = []string{wrongSchemes[args[1]](u.Name, u.Password.Reveal())}
	c.situation = wrongSchemeWord
	_, err = w.fetch(ctx, u, c)
	return err
}

// wrongSchemeWord is the situation of right credentials under another scheme.
const wrongSchemeWord = "wrong_scheme"

// spender returns the user that the plan gives to a scenario.
func (r *run) spender(key string, service unifier.Service) (*unifier.User, error) {
	name := r.budget[key]
	for i := range r.o.Users {
		u := &r.o.Users[i]
		if u.Name == name && name != "" {
			return u, nil
		}
	}
	return nil, skip("%s", noSpender(service, &r.o))
}

// noSpenderText is what every such reason holds.
const noSpenderText = "may get another wrong password"

// noSpender says that no user is left for a wrong password.
func noSpender(service unifier.Service, o *Options) string {
	return fmt.Sprintf("no user of the service %s %s (%s)", service, noSpenderText, limitOf(service, o))
}

// limitOf says how many wrong passwords a user of a service may get.
func limitOf(service unifier.Service, o *Options) string {
	text := fmt.Sprintf("safety.failed_logins: %d", o.FailedLogins)
	if n := unifier.FailedLogins(o.FailedLogins, unifier.OAuthType); service.Token(unifier.OAuthType) != unifier.NoToken && n < o.FailedLogins {
		text += fmt.Sprintf("; %d for an OAuth user, which shares the identity domain's lock policy", n)
	}
	return text
}

// wrongCall is a call with a wrong password.
func (r *run) wrongCall(service unifier.Service, u *unifier.User, miss string) outgoing {
	wrong := unifier.Secret(wrongPasswords[miss](u.Password.Reveal()))
	c := r.validCall(service, u)
	c.call.Authorization = []string{unifier.BasicAuth(u.Name, wrong)}
	c.sent, c.refused = oracle.Sent{User: u.Name, Password: wrong}, true
	c.situation = "wrong_password"
	r.o.Redactor.AddBasic(u.Name, wrong.Reveal())
	r.o.Redactor.Add(wrong.Reveal())
	return c
}

// wrongPassword returns the one refusal of a wrong password that all scenarios share.
// A token that was fetched right before is used right after it: a wrong password must
// not end it, and later on the fetch of another service might have (A12).
func (r *run) wrongPassword(ctx context.Context, w *World, service unifier.Service) (*answer, error) {
	u, unable := r.spender(sharedWrongKey(service), service)
	living := unable == nil && r.usesResource() && mayLogIn(u) && r.getsIn(service, u) && r.usable(service, u) == ""
	if living && len(w.held) == 0 { // who holds a user must not wait for another
		w.hold(u)
		ctx = w.holding(ctx)
	}
	return r.refusal(sharedWrongKey(service), w.attempt > 0, func() (*answer, error) {
		if unable != nil {
			return nil, unable
		}
		if !living || !holds(ctx, u) {
			return r.send(ctx, u, r.wrongCall(service, u, sharedMiss)), nil
		}
		before := r.sendAgain(ctx, u, r.validCall(service, u))
		r.entitle(before)
		a := r.send(ctx, u, r.wrongCall(service, u, sharedMiss))
		if before.gotToken() && a.judged.Token == "" {
			_, _ = r.useToken(ctx, before, func(*unifier.Exchange) {}) // judged with all uses of the run
		}
		return a, nil
	})
}

// refusal returns a shared refusal and fetches it the first time.
func (r *run) refusal(key string, again bool, fetch func() (*answer, error)) (*answer, error) {
	r.refusedM.Lock()
	defer r.refusedM.Unlock()
	r.mu.Lock()
	a := r.refusals[key]
	r.mu.Unlock()
	if a == nil {
		if again && r.budget[key] != "" {
			return nil, skip("wrong passwords are not repeated")
		}
		var err error
		if a, err = fetch(); err != nil {
			return nil, err
		}
		r.mu.Lock()
		r.refusals[key] = a
		r.mu.Unlock()
	}
	return a, a.unanswered()
}

// sharedRefusal looks at a refusal that all scenarios share.
func sharedRefusal(ctx context.Context, w *World, args []string) error {
	service := serviceNamed(args[0])
	a, err := w.run.refusal(fmt.Sprint(service, " ", args[1]), false, func() (*answer, error) {
		switch args[1] {
		case "nobody":
			return w.run.send(ctx, nil, plainCall(service)), nil
		case "an invalid expiry":
			for _, u := range withTrait(w.run.o.Users, "active Basic user", w.run.o.Now()) {
				if w.run.getsIn(service, u) {
					c := w.run.validCall(service, u).withExpiry("0")
					c.refused = true
					return w.run.send(ctx, u, c), nil
				}
			}
			return nil, skip("no active Basic user got a token at first")
		}
		return w.run.send(ctx, nil, nobody(service, headerVariants[args[1]])), nil
	})
	if err != nil {
		return err
	}
	w.keep(&a.exchange, a.user, a.user == nil)
	if a.reply.Status < 400 && oracle.FindToken(a.reply) != "" {
		return skip("%s was not refused; another requirement is about that", args[1])
	}
	w.answers = append(w.answers, a)
	return nil
}

// sharedWrong looks at the refusal of a wrong password that all scenarios share.
func sharedWrong(ctx context.Context, w *World, args []string) error {
	return fetchWrong(ctx, w, []string{args[0], sharedMiss})
}
