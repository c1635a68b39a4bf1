package steps

import (
	"context"

	"github.com/unigate/unigate/internal/unifier"
)

// close makes a plain call for every user that had one in this repetition which could
// have spoilt something, of each service whose answers are looked at in the end, where
// no scenario tagged @end fetches a token of it: a defect that only a later answer shows
// must not depend on whether there is a resource.
func (r *run) close(ctx context.Context) {
	for _, u := range r.users() {
		for _, s := range r.servicesOf(u) {
			if r.interrupted() || r.stopped.Load() != nil {
				return
			}
			if mayLogIn(u) && r.getsIn(s, u) && r.sweeps(s) && r.busy(u) && !r.endsWithFetch(s, u) {
				r.entitle(r.sendAgain(ctx, u, r.validCall(s, u)))
			}
		}
	}
}

// sweeps reports whether a scenario looks at the answers of a service at the end of the run.
func (r *run) sweeps(service unifier.Service) bool {
	for _, s := range r.selection.Scenarios {
		if s.has(lastTag) && s.names(service) {
			return true
		}
	}
	return false
}

// endsWithFetch reports whether a scenario fetches a user's token of a service after
// all that could have spoilt it.
func (r *run) endsWithFetch(service unifier.Service, u *unifier.User) bool {
	if r.o.Resource == "" || r.usable(service, u) != "" {
		return false
	}
	for _, s := range r.selection.Scenarios {
		if s.hasStep(atLastText) && s.serviceFor(r.vocabulary, u.Type, r.selection.Register, r.o.Edition.ID) == service && r.picks(s, u) {
			return true
		}
	}
	return false
}

// picks reports whether a scenario picks a user.
func (r *run) picks(s *Scenario, u *unifier.User) bool {
	for _, step := range s.Steps {
		m := r.vocabulary.match(step.Text)
		for _, d := range m.found {
			if d.user == 0 {
				continue
			}
			for _, x := range withTrait(r.o.Users, m.args[d.user-1], r.o.Now()) {
				if x == u {
					return true
				}
			}
		}
	}
	return false
}
