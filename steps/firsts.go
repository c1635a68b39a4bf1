package steps

import (
	"context"
	"net/http"
	"slices"
	"sync"

	"github.com/unigate/unigate/internal/unifier"
)

// logInOnce fetches the first token of each active user that the selection
// needs and that has no first answer yet, and keeps the answers. Where the first call gets no answer at all, it
// is the only one.
func (r *run) logInOnce(ctx context.Context) []*answer {
	needed := r.selection.services(r.services(), r.o.Edition.ID)
	var firsts [][]firstCall
	for i := range r.o.Users {
		u := &r.o.Users[i]
		var calls []firstCall
		for _, s := range r.servicesOf(u) {
			if r.sample(s, u) == nil && u.Status != unifier.Inactive && needed[s] {
				calls = append(calls, firstCall{s, u})
			}
		}
		if len(calls) > 0 {
			firsts = append(firsts, calls)
		}
	}
	if len(firsts) == 0 {
		return nil
	}
	answers := make([][]*answer, len(firsts))
	one := func(i int) { answers[i] = r.firstLogins(ctx, firsts[i]) }
	one(0)
	if first := answers[0]; r.interrupted() || len(first) > 0 && first[0].exchange.Err != nil && first[0].exchange.Status == 0 && !first[0].reached() {
		return first
	}
	inParallel(r.o.Parallel, len(firsts)-1, func(i int) { one(i + 1) })
	return slices.Concat(answers...)
}

// firstLogins makes a user's first calls of its services, one after the other. Who
// was refused by one is not tried at the next: that would be one more login with a
// password that may be wrong.
func (r *run) firstLogins(ctx context.Context, calls []firstCall) []*answer {
	var answers []*answer
	for _, c := range calls {
		if r.isAbsent(c.service) != "" || r.refusedBefore(c.user) {
			continue
		}
		a := r.firstLogin(ctx, c.service, c.user)
		if c.service.Optional() && notThere(a) {
			r.leaveOut(a)
			continue
		}
		answers = append(answers, a)
		if a.reply.Status == 0 {
			break
		}
	}
	return answers
}

// refusedBefore reports whether a first call of the user was refused (401 or 403).
func (r *run) refusedBefore(u *unifier.User) bool {
	return slices.ContainsFunc(r.services(), func(s unifier.Service) bool {
		a := r.sample(s, u)
		return a != nil && (a.reply.Status == http.StatusUnauthorized || a.reply.Status == http.StatusForbidden)
	})
}

// askRefused asks, where every first call was refused, the next service of the chosen
// edition for one Basic user: the first one may be what refuses everybody, and not the
// credentials. They may count as wrong once more, so one user is asked, once, and no OAuth
// user, who shares the identity domain's lock policy.
func (r *run) askRefused(ctx context.Context, asked []*answer) []*answer {
	admits := func(a *answer) bool {
		return a.reply.Status != http.StatusUnauthorized && a.reply.Status != http.StatusForbidden
	}
	if len(asked) == 0 || slices.ContainsFunc(asked, admits) || r.o.EditionOpen || r.o.FailedLogins < 2 || r.interrupted() {
		return nil
	}
	needed := r.selection.services(r.services(), r.o.Edition.ID)
	for _, u := range withTrait(r.o.Users, activeUser(unifier.Basic)+withPlainPassword, r.o.Now()) {
		for _, s := range r.servicesOf(u) {
			if r.sample(s, u) == nil && needed[s] && !s.Optional() && r.isAbsent(s) == "" {
				return []*answer{r.firstLogin(ctx, s, u)}
			}
		}
	}
	return nil
}

// inParallel calls f for 0 to n-1, at most width at once.
func inParallel(width, n int, f func(int)) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, max(width, 1))
	for i := range n {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			f(i)
		})
	}
	wg.Wait()
}

// firstCall is a user's first call of a service.
type firstCall struct {
	service unifier.Service
	user    *unifier.User
}

// firstLogin fetches a user's first token of a service and keeps the answer.
func (r *run) firstLogin(ctx context.Context, s unifier.Service, u *unifier.User) *answer {
	a := r.sendAgain(ctx, u, r.validCall(s, u))
	a.shared = true
	r.entitle(a)
	a = r.tellStored(ctx, u, a)
	r.mu.Lock()
	r.samples[sampleKey(a.service, u)] = a
	r.mu.Unlock()
	if r.usesResource() {
		r.firstUse(ctx, a)
	}
	return a
}
