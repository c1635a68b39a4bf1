package steps

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/unifier"
)

// call is an answer of another service, to a token or to none.
type call struct {
	reply oracle.Reply
	x     *unifier.Exchange
	how   string
	// scheme is how the token was sent, Bearer or Basic.
	scheme string
	owner  *answer
	// ended is true where the token's time may have been over when it was sent: a
	// refusal is right then.
	ended bool
	// blocked is true where a firewall answered in its place that shuts this machine out.
	blocked bool
}

// status is what the answer amounts to (A15).
func (c *call) status() int { return oracle.ResourceStatus(c.reply) }

// accepted reports whether a status lets the caller in.
func accepted(status int) bool {
	return status >= http.StatusOK && status < http.StatusMultipleChoices
}

// refusedToken reports whether a status refuses a token.
func refusedToken(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusForbidden
}

// askResource calls the resource with the Authorization header values, in the
// way that an answer of a multi-tenant system asks for (OAUTH-11).
func (r *run) askResource(ctx context.Context, way *answer, authorization ...string) *call {
	c := unifier.Call{Path: r.o.Resource, Authorization: authorization}
	if way != nil {
		c.Path, c.Header = way.judged.Endpoint+r.o.Resource, way.judged.Headers
	}
	x, shut := r.pastBlock(ctx, c, forResource)
	return &call{reply: oracle.ReplyOf(&x), x: &x, blocked: shut}
}

// unanswered is the error of a call that got no answer, 429, or the answer of a gateway in
// the resource's place; nil for all others.
func (c *call) unanswered() error {
	if c.blocked {
		return &transportError{errBlocked}
	}
	if gatewayAnswer(c.x) {
		return &transportError{fmt.Errorf("a gateway answered HTTP %d in the resource's place: %w", frontStatus(c.x), errGateway)}
	}
	return (&answer{exchange: *c.x, reply: c.reply}).unanswered()
}

// anyScheme reports whether an answer's token may be good as Basic only (A1): a login's
// may. V2's page has Bearer for both kinds of users (V2AUTH-16).
func (a *answer) anyScheme() bool {
	return a.token() == unifier.DBToken && !a.service.Shared()
}

// useToken calls the resource with an answer's token. A login token is sent as
// Bearer and, where that is refused, as Basic, until one of them was accepted:
// that scheme holds for the whole run, and a refusal under it is one (A1). keep
// gets every exchange.
func (r *run) useToken(ctx context.Context, a *answer, keep func(*unifier.Exchange)) (*call, error) {
	last, err := r.useAs(ctx, a, keep)
	if err != nil {
		return nil, err
	}
	if accepted(last.status()) && a.anyScheme() {
		r.read(oracle.Reading{Ambiguity: "A1", Reading: "a login token is accepted as " + last.scheme})
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.latest[a.user] == a.judged.Token {
		r.uses = append(r.uses, last)
	}
	return last, nil
}

// useAs calls the resource with a token under the schemes that there are. While
// the scheme of login tokens is not known, one use at a time is under way.
func (r *run) useAs(ctx context.Context, a *answer, keep func(*unifier.Exchange)) (*call, error) {
	if !a.anyScheme() {
		return r.useUnder(ctx, a, keep, "Bearer")
	}
	r.schemes.Lock()
	if known := r.scheme; known != "" {
		r.schemes.Unlock()
		return r.useUnder(ctx, a, keep, known)
	}
	defer r.schemes.Unlock()
	first, err := r.useUnder(ctx, a, keep, "Bearer")
	if err != nil || !refusedToken(first.status()) {
		if err == nil && accepted(first.status()) {
			r.scheme = first.scheme
		}
		return first, err
	}
	second, err := r.useUnder(ctx, a, keep, "Basic")
	switch {
	case err != nil:
		return nil, err
	case accepted(second.status()):
		// A service that takes Basic only still refuses Bearer. Where Bearer is accepted
		// now, the first call was a good token refused, as by a node that did not know it.
		third, err := r.useUnder(ctx, a, keep, "Bearer")
		if err != nil {
			return nil, err
		}
		if accepted(third.status()) {
			r.scheme = third.scheme
			return first, nil
		}
		r.scheme = second.scheme
		return second, nil
	case first.status() == http.StatusUnauthorized && !(second.status() == http.StatusForbidden && r.forbidsBasic(ctx, a)):
		// Of two refusals the one that is no plain 401 says more: the resource, or
		// the permission, may be the matter.
		return second, nil
	}
	return first, nil
}

// forbidsBasic reports whether the resource answers 403 to whatever comes as Basic, so
// that it says nothing of a permission.
func (r *run) forbidsBasic(ctx context.Context, way *answer) bool {
	token := inventedToken()
	r.hides(token)
	c := r.askResource(ctx, way, "Basic "+token)
	return c.x.Err == nil && c.status() == http.StatusForbidden
}

// onlyAsBasic reports whether a call as Bearer was one with a DB token that is good as
// Bearer only, while the resource takes those of a login as Basic.
func (r *run) onlyAsBasic(c *call) bool {
	r.schemes.Lock()
	defer r.schemes.Unlock()
	return r.scheme == "Basic" && c.scheme == "Bearer" && c.owner != nil && c.owner.token() == unifier.DBToken && !c.owner.anyScheme()
}

// useUnder calls the resource with a token under one scheme.
func (r *run) useUnder(ctx context.Context, a *answer, keep func(*unifier.Exchange), scheme string) (*call, error) {
	c := r.askResource(ctx, a, scheme+" "+a.judged.Token)
	keep(c.x)
	c.how, c.scheme, c.owner, c.ended = "the token", scheme, a, r.mayHaveEnded(a)
	return c, c.unanswered()
}

// mayHaveEnded reports whether an answer's token may be over by now: after a call, for
// the target looks at the token at some time between sending and answering.
func (r *run) mayHaveEnded(a *answer) bool { return !r.o.Now().Before(r.earliestEnd(a)) }

// earliestEnd is the earliest time that an answer's token may end, by our clock:
// the target's may be ahead, and as expiryTime may be rounded up (A10) the token
// may end when its duration since the call is over. It is far off where the
// answer does not say it legibly.
func (r *run) earliestEnd(a *answer) time.Time {
	if a.judged.Expires.IsZero() {
		return a.reply.Sent.Add(24 * time.Hour)
	}
	end := a.judged.Expires.Add(-r.ahead())
	e := a.expect.Expiry
	if e.IsZero() {
		e = a.user.Expiry
	}
	if !e.IsZero() && a.token() == unifier.DBToken {
		if whole := a.reply.Sent.Add(time.Duration(e.N) * e.Unit.Length()); whole.Before(end) {
			end = whole
		}
	}
	return end
}

// usable says why what needs the resource cannot be checked for a service's tokens of
// a user; "" if it can.
func (r *run) usable(s unifier.Service, u *unifier.User) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.unusable[sampleKey(s, u)]
}

// anyUsable says why what needs the resource cannot be checked for any user; "" if it can.
func (r *run) anyUsable() string {
	reason := ""
	for i := range r.o.Users {
		u := &r.o.Users[i]
		for _, s := range r.servicesOf(u) {
			if !mayLogIn(u) || !r.getsIn(s, u) {
				continue
			}
			why := r.usable(s, u)
			if why == "" {
				return ""
			}
			if reason == "" {
				reason = why
			}
		}
	}
	if reason == "" {
		return "no user got a token at first"
	}
	return reason
}

// anyWay is an answer that says where and how the resource is called, for calls without
// anybody's token: nil where some user's tokens are good at its path as it stands, else
// the first answer of a multi-tenant system, below whose endpoint it lies.
func (r *run) anyWay() *answer {
	var first *answer
	for _, u := range r.users() {
		for _, s := range r.servicesOf(u) {
			if !mayLogIn(u) || !r.getsIn(s, u) || r.usable(s, u) != "" {
				continue
			}
			a := r.sample(s, u)
			if a.judged.Endpoint == "" {
				return nil
			}
			if first == nil {
				first = a
			}
		}
	}
	return first
}

// needsTheResource reports whether a scenario has a step that calls the resource.
func (r *run) needsTheResource(s *Scenario) bool {
	return r.vocabulary.anyOf(s, func(d *definition) bool { return d.resource })
}

// usesResource reports whether a selected scenario calls the resource, and there is one.
func (r *run) usesResource() bool {
	return r.o.Resource != "" && slices.ContainsFunc(r.selection.Scenarios, r.needsTheResource)
}

// earlierText is the step that looks at what a fetch did to the earlier token.
const earlierText = "what a fetch does to the user's earlier token"

// observeEarlier finds out what a fetch does to the user's earlier token (A12),
// once and before anything else: with the first user of each type whose tokens
// the resource accepts. Nothing else in the run depends on what it finds.
func (r *run) observeEarlier(ctx context.Context) {
	if r.o.Resource == "" || !slices.ContainsFunc(r.selection.Scenarios, func(s *Scenario) bool { return s.hasStep(earlierText) }) {
		return
	}
	for _, words := range []string{"active Basic user", "active OAuth user"} {
		for _, u := range withTrait(r.o.Users, words, r.o.Now()) {
			s := firstService(u, r.o.Edition.ID)
			first := r.sample(s, u)
			if r.getsIn(s, u) && r.usable(s, u) == "" && !r.interrupted() {
				r.observeEarlierOf(ctx, u, first)
				break
			}
		}
	}
}

// observeEarlierOf fetches a second token, uses it, the first, and it again.
func (r *run) observeEarlierOf(ctx context.Context, u *unifier.User, first *answer) {
	second := r.sendAgain(ctx, u, r.validCall(first.service, u))
	r.entitle(second)
	e := &earlier{user: u, service: first.service}
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.earlier = append(r.earlier, e)
	}()
	if !second.gotToken() {
		e.trouble = fmt.Sprintf("%s got no second token: HTTP %d", u.Name, second.reply.Status)
		return
	}
	keep := func(x *unifier.Exchange) { e.exchanges = append(e.exchanges, x) }
	keep(&second.exchange)
	for _, a := range []*answer{second, first, second} {
		c, err := r.useToken(ctx, a, keep)
		if err != nil {
			e.trouble = err.Error()
			return
		}
		if a == first {
			e.reading = earlierReading(first, second, c)
		}
	}
	r.read(oracle.Reading{Ambiguity: "A12", Reading: e.reading})
}

// earlier is what a fetch did to the earlier token of a user.
type earlier struct {
	user      *unifier.User
	service   unifier.Service
	reading   string
	trouble   string
	exchanges []*unifier.Exchange
}

// earlierReading is the reading of A12.
func earlierReading(first, second *answer, c *call) string {
	kind := "a login's earlier token"
	if first.token() == unifier.JWT {
		kind = "an earlier OAuth token"
	}
	switch {
	case first.judged.Token == second.judged.Token:
		return kind + ": there is none, for the same came again"
	case accepted(c.status()):
		return kind + " lives on after a fetch"
	case refusedToken(c.status()):
		return kind + " is refused from the next fetch on"
	}
	return fmt.Sprintf("%s gets %s after a fetch", kind, statusOf(c))
}

// lookAtEarlier shows what was found out about earlier tokens.
func lookAtEarlier(_ context.Context, w *World, _ []string) error {
	w.run.mu.Lock()
	found := slices.Clone(w.run.earlier)
	w.run.mu.Unlock()
	seen := false
	for _, e := range found {
		for _, x := range e.exchanges {
			w.keep(x, e.user, false)
		}
		if e.trouble != "" {
			w.note("%s: %s", e.user.Name, e.trouble)
			continue
		}
		seen = true
		w.note("observed, not judged: %s (%s)", e.reading, e.user.Name)
	}
	switch {
	case len(found) == 0:
		return skip("%s", w.run.anyUsable())
	case !seen:
		return skip("%s", found[0].trouble)
	}
	return nil
}
