package steps

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/unifier"
)

// silentLimit is how many calls in a row may get no answer before the run asks
// whether the target is still there.
const silentLimit = 3

// outgoing is a call that a scenario makes of a token service.
type outgoing struct {
	service unifier.Service
	call    unifier.Call
	sent    oracle.Sent
	// public is true where the Authorization header holds nothing that is secret.
	public bool
	// situation is the word for what is asked, in the names of traits of
	// behaviour; empty keeps the answer out of them.
	situation string
	// refused marks a call that gets no token, so that it disturbs no scenario
	// that holds the user.
	refused bool
	// asked changes the expectation for what the call asks for.
	asked func(*oracle.Expectation)
}

// plainCall is a call without credentials.
func plainCall(s unifier.Service) outgoing {
	return outgoing{service: s, call: unifier.Call{Path: s.Path()}, public: true, situation: "no_credentials"}
}

// validCall is a call with the user's right credentials.
func (r *run) validCall(s unifier.Service, u *unifier.User) outgoing {
	return outgoing{
		service: s, sent: oracle.Sent{User: u.Name, Password: u.Password}, situation: rightCredentials(s, u),
		call: unifier.Call{Path: s.Path(), Authorization: []string{unifier.BasicAuth(u.Name, u.Password)}},
	}
}

// rightCredentials is the word for a call with right credentials.
func rightCredentials(s unifier.Service, u *unifier.User) string {
	switch {
	case u.Type == unifier.Ordinary:
		return "ordinary_user"
	case u.Status == unifier.Inactive:
		return "inactive_user"
	case s.Token(u.Type) == unifier.NoToken:
		return "user_of_other_type"
	}
	return "success"
}

// withExpiry adds the parameter expiry, percent-encoded where it must be.
func (c outgoing) withExpiry(values ...string) outgoing {
	for i, v := range values {
		if i > 0 {
			c.call.RawQuery += "&"
		}
		// A blank as %20: as a plus sign it is one only where a query is read as a form.
		c.call.RawQuery += unifier.ExpiryParameter + "=" + strings.ReplaceAll(url.QueryEscape(v), "+", "%20")
	}
	c.situation = "invalid_expiry"
	return c
}

// send makes a call of a token service and keeps what came of it.
func (r *run) send(ctx context.Context, u *unifier.User, c outgoing) *answer {
	if u != nil && !c.refused && !holds(ctx, u) {
		// One user, one call at a time: of two fetches at once nobody could tell which
		// gave the newest token, and the other may be ended by it (A12).
		lock := r.locks[u.Name]
		lock.Lock()
		defer lock.Unlock()
	}
	a := r.sendHeld(ctx, u, c)
	r.tellAway(ctx, a, u != nil && !c.refused)
	fetch := func() *answer { return r.sendHeld(ctx, u, c) }
	r.tellElsewhere(ctx, a, fetch)
	return r.tellClock(ctx, a, fetch)
}

// sendHeld is send for who has the user for itself.
func (r *run) sendHeld(ctx context.Context, u *unifier.User, c outgoing) *answer {
	x, shut := r.pastBlock(ctx, c.call, forToken)
	a := &answer{blocked: shut, service: c.service, user: u, exchange: x, sent: c.sent, situation: c.situation, expect: r.expectation(c.service, u)}
	a.reply = oracle.ReplyOf(&x)
	a.expect.OpenExpiry = c.asked == nil && c.call.RawQuery != ""
	if c.asked != nil {
		c.asked(&a.expect)
		if a.situation == "invalid_expiry" {
			a.situation = asked
		}
	}
	if x.Status != 0 {
		a.judged = a.judge(a.expect)
		r.again(a)
		if a.judged.Token != "" {
			r.hides(a.judged.Token)
		}
		if a.judged.Token != "" || x.Status == http.StatusBadRequest {
			r.read(a.judged.Readings...)
		}
		if shut || ctx.Value(shutOutKey{}) != nil && blockPage(&x) {
			return a // it is no answer of the target
		}
		r.mu.Lock()
		r.every = append(r.every, a)
		r.mu.Unlock()
	}
	return a
}

// again compares an answer with those that the same user got before (A11). The
// same token whose end is unchanged is judged by what is left of it: its validity
// counts from the answer with which this run first saw it. So a token that was
// too short then stays wrong.
func (r *run) again(a *answer) {
	if a.user == nil || !a.gotToken() {
		return
	}
	r.mu.Lock()
	key := sampleKey(a.service, a.user)
	before, first := r.newest[key], r.seen[a.judged.Token]
	if first == nil {
		r.seen[a.judged.Token] = r.issue(a)
	}
	r.newest[key], r.latest[a.user] = a, a.judged.Token
	r.shelve(key, a, before, first)
	r.mu.Unlock()
	if before != nil && before.wished().like(a.wished()) && a.token() == unifier.DBToken {
		r.read(oracle.AgainReading(before.judged, a.judged, a.reply.Sent.Sub(before.reply.Received)))
	}
	if !first.unchanged(a) {
		r.excuse(key, a)
		return
	}
	switch {
	case first.wish.like(a.wished()):
	case a.expect.Expiry.IsZero() && a.expect.Seconds == 0:
		return // an expiry that was asked for before must not stick to a plain call
	case !r.saysWhatIsLeft(a) && !first.leftSince(a):
		return // it says what was asked for, and must not be excused from being so
	default: // the stored token came again, so that what was asked for does not show
		a.stored = true
		a.expect.Expiry, a.expect.Seconds, a.expect.Validity = first.wish.expiry, first.wish.seconds, first.wish.by
		a.expect.OpenExpiry = first.wish.open
	}
	a.expect.First, a.expect.FirstSeconds = &first.reply, first.seconds
	a.judged = a.judge(a.expect)
	if first.before {
		a.leaveValidity()
	}
	r.excuse(key, a)
}

// callsPerConnection is after how many calls of a run idle connections are closed: balancers
// choose a node by connection, and calls that follow each other would all meet the same one.
const callsPerConnection = 7

// exchange makes any call and watches whether the target still answers.
func (r *run) exchange(ctx context.Context, call unifier.Call) unifier.Exchange {
	x := r.patient(ctx, call)
	if x.Status == http.StatusUnauthorized {
		r.block.denied.Store(true)
	}
	if c, ok := r.o.Client.(interface{ CloseIdleConnections() }); ok && r.exchanges.Add(1)%callsPerConnection == 0 {
		c.CloseIdleConnections()
	}
	var spent *unifier.ErrBudget
	switch {
	case x.Err == nil:
		r.silent.Store(0)
		return x
	case errors.As(x.Err, &spent):
		return x // nothing was sent
	}
	if ctx.Err() == nil && r.silent.Add(1) >= silentLimit {
		r.probe(ctx)
	}
	return x
}

// probe asks once whether the target still answers at all, after several calls
// got no answer. If it does not, what is left is not run.
func (r *run) probe(ctx context.Context) {
	r.probing.Lock()
	defer r.probing.Unlock()
	if r.stopped.Load() != nil || r.silent.Load() < silentLimit {
		return
	}
	x := r.o.Client.Do(ctx, plainCall(r.probed()).call)
	r.sent.Add(int64(x.Attempts))
	if x.Status != 0 {
		r.silent.Store(0)
		return
	}
	reason := "not run: the target stopped answering"
	r.stopped.CompareAndSwap(nil, &reason)
}

// fetch makes a call of a token service for a scenario: its exchange becomes
// evidence, its answer the latest one. Its error means that no answer came.
func (w *World) fetch(ctx context.Context, u *unifier.User, c outgoing) (*answer, error) {
	if w.scenario.hasStep(notedText) {
		c.situation = ""
	}
	send := w.run.send
	if c.again(u) {
		send = w.run.sendAgain
	}
	a := send(w.holding(ctx), u, c)
	w.keep(&a.exchange, u, c.public)
	switch {
	case a.broken:
		return nil, w.brokenFetch(a)
	case a.breaksOff() && a.situation == "" && a.user != nil:
		return nil, skip("the answer broke off, and what it would have said is left open")
	}
	if err := a.unanswered(); err != nil {
		return nil, err
	}
	w.answers = append(w.answers, a)
	return a, nil
}

// callResource calls the resource in the name of a scenario, with the
// Authorization header values.
func (w *World) callResource(ctx context.Context, how string, way *answer, authorization ...string) (*call, error) {
	c := w.run.askResource(ctx, way, authorization...)
	w.keep(c.x, nil, false)
	c.how = how
	return c, c.unanswered()
}

// holding is a user that a scenario has for itself, so that no other scenario
// fetches tokens of it meanwhile.
type holding struct {
	name    string
	release func()
}

// heldKey finds the names of the users that a scenario holds.
type heldKey struct{}

// hold takes users for the scenario alone until its end. They are always
// taken in the order of the configuration, so that two scenarios cannot wait
// for each other.
func (w *World) hold(u *unifier.User) {
	for _, h := range w.held {
		if h.name == u.Name {
			return
		}
	}
	lock := w.run.locks[u.Name]
	lock.Lock()
	w.held = append(w.held, &holding{name: u.Name, release: lock.Unlock})
}

// holding returns a context that says which users the scenario holds.
func (w *World) holding(ctx context.Context) context.Context {
	if len(w.held) == 0 {
		return ctx
	}
	names := map[string]bool{}
	for _, h := range w.held {
		names[h.name] = true
	}
	return context.WithValue(ctx, heldKey{}, names)
}

// holds reports whether the scenario behind ctx holds the user.
func holds(ctx context.Context, u *unifier.User) bool {
	names, _ := ctx.Value(heldKey{}).(map[string]bool)
	return names[u.Name]
}

// hides makes a token known, so that no output shows it. Where the result keeps no
// exchanges nothing but its form is looked for, which saves a tenth of the time.
func (r *run) hides(token string) {
	if !r.o.StatesOnly {
		r.o.Redactor.AddToken(token)
	}
}
