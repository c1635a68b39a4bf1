package steps

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/unifier"
)

// fewUsers is up to how many users each of them is asked once more at the end of a run.
const fewUsers = 24

// leastLeft is how much time a token must have left to be worth using again.
const leastLeft = time.Minute

// pickNewest picks a user and its newest token, or a fresh one where that has
// little time left.
func pickNewest(ctx context.Context, w *World, args []string) error {
	if err := pickUser(ctx, w, args); err != nil {
		return err
	}
	u := w.users[len(w.users)-1]
	if a := w.newest(u); a != nil {
		w.answers = append(w.answers, a)
		return nil
	}
	_, err := w.fetchOne(ctx, u)
	return err
}

// newest returns a user's newest token as an answer of the scenario, nil where it has
// little time left. The scenario must hold the user.
func (w *World) newest(u *unifier.User) *answer {
	w.run.mu.Lock()
	a := w.run.newest[sampleKey(w.serviceOf(u), u)]
	w.run.mu.Unlock()
	// Where another service gave the user a token since, this one may be ended (A12).
	if !w.isLatest(u) || w.run.earliestEnd(a).Sub(w.run.o.Now()) < leastLeft {
		return nil
	}
	seen := *a
	seen.shared, seen.entitled = true, true
	return &seen
}

// isLatest reports whether the last token that a user was given by any service is the
// newest of the scenario's service.
func (w *World) isLatest(u *unifier.User) bool {
	w.run.mu.Lock()
	defer w.run.mu.Unlock()
	a := w.run.newest[sampleKey(w.serviceOf(u), u)]
	return a != nil && a.judged.Token == w.run.latest[u]
}

// useLiving uses the token that a user was given last, by whatever service, where such
// tokens work and the scenario holds the user. It is judged with all uses of the run, so
// that the calls of other scenarios do not show in this one, and only if it has not ended.
func (w *World) useLiving(ctx context.Context, u *unifier.User) {
	if w.run.o.Resource == "" || !w.run.usesResource() || !holds(w.holding(ctx), u) {
		return
	}
	for _, s := range w.run.servicesOf(u) {
		w.run.mu.Lock()
		a := w.run.newest[sampleKey(s, u)]
		latest := a != nil && a.judged.Token == w.run.latest[u]
		w.run.mu.Unlock()
		// Also one that may have ended: the number of calls must not depend on the clock.
		if latest && w.run.usable(s, u) == "" {
			_, _ = w.run.useToken(ctx, a, func(*unifier.Exchange) {})
			return
		}
	}
}

// atLastText is the step that does so.
const atLastText = "each user's newest token is used, then one more that is fetched"

// eachAtLast uses every picked user's newest token after all that could have
// spoilt it, then a fresh one; where the newest has little time left, the fresh one
// twice, so that the number of calls does not depend on the clock. Where another
// service gave the user a token since, only the fresh one. Of several users the first
// one's fresh token is used once more at the end. Where users are many, only those are
// asked that did more in this run than log in once, and the first where nobody did.
func eachAtLast(ctx context.Context, w *World, _ []string) error {
	var refused mismatch
	asked := w.users
	if len(w.run.o.Users) > fewUsers {
		asked = slices.DeleteFunc(slices.Clone(w.users), func(u *unifier.User) bool { return !w.run.busy(u) })
		if len(asked) == 0 && len(w.users) > 0 {
			asked = w.users[:1]
		}
	}
	var first *answer
	for _, u := range asked {
		uses := 1
		if a := w.newest(u); a != nil {
			if err := w.use(ctx, a); err != nil {
				return err
			}
		} else if w.isLatest(u) {
			uses = 2
		}
		a, err := w.fetch(ctx, u, w.run.validCall(w.serviceOf(u), u))
		if err != nil {
			return err
		}
		w.run.entitle(a)
		if !a.gotToken() {
			refused.add(w.run.lastRefusal(a))
			continue
		}
		for range uses {
			if err := w.use(ctx, a); err != nil {
				return err
			}
		}
		if first == nil {
			first = a
		}
	}
	if first != nil && len(asked) > 1 {
		if err := w.use(ctx, first); err != nil { // the others' fetches must not end it
			return err
		}
	}
	if len(refused.findings) == 0 {
		return nil
	}
	return &refused
}

// busy reports whether a user had a call in this run that could have spoilt
// something: one that was refused, or that asked for an expiry.
func (r *run) busy(u *unifier.User) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.past.stirred[u] || slices.ContainsFunc(r.every, func(a *answer) bool { return a.user == u && a.situation != "success" })
}

// lastRefusal is the finding about a user that got in at first and gets no token
// at the end. Where it had wrong passwords in this run the account may be locked,
// which no documentation forbids: then it is a warning.
func (r *run) lastRefusal(a *answer) *mismatch {
	m := noToken(a)
	r.mu.Lock()
	wrong := r.past.wrong[a.user]
	for _, x := range r.every {
		if x.user == a.user && isWrongPassword(x) {
			wrong++
		}
	}
	r.mu.Unlock()
	status := a.reply.Status
	for i := range m.findings {
		m.findings[i].Detail = joined(m.findings[i].Detail, "it got in at the beginning of the run")
		if wrong > 0 && status >= http.StatusBadRequest && status < http.StatusInternalServerError {
			m.findings[i].Warning = true
			m.findings[i].Detail = joined(m.findings[i].Detail, lockedNote)
			m.instead = nil
		}
	}
	return m
}

// isWrongPassword reports whether an answer is to credentials that may count as a wrong password.
func isWrongPassword(a *answer) bool {
	return causes[a.situation] == oracle.AuthInvalid && a.situation != "no_credentials"
}

// allUses takes every use of a newest token so far.
func allUses(_ context.Context, w *World, args []string) error {
	service := serviceNamed(args[0])
	w.run.mu.Lock()
	for _, c := range w.run.uses {
		if c.owner.service == service {
			if w.calls = append(w.calls, c); len(w.calls) <= keptShared {
				w.keep(c.x, nil, false)
			}
		}
	}
	w.run.mu.Unlock()
	if len(w.calls) == 0 {
		if why := w.run.anyUsable(); why != "" {
			return skip("%s", why)
		}
		return skip("no token was used")
	}
	return nil
}
