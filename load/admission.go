package load

import (
	"sync/atomic"
	"time"

	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load/wire"
)

// admission keeps wrong passwords from being tried more often than the
// process's budget allows. A reply tells of a refusal only when it comes; until
// a user got a first token, that user's requests in flight therefore count as
// refusals to be.
type admission struct {
	budget *unifier.Budget
	users  []string      // names by class
	proven []atomic.Bool // who got a token last, by class: spares the budget's lock
	freed  chan struct{} // says that a request of a user without a token is done
}

// newAdmission returns the admission of classes of requests.
func newAdmission(classes []class, budget *unifier.Budget) *admission {
	m := &admission{budget: budget, freed: make(chan struct{}, 1), proven: make([]atomic.Bool, len(classes))}
	for i := range classes {
		m.users = append(m.users, classes[i].user.Name)
	}
	return m
}

// served notes that a class got a token.
func (m *admission) served(class int) {
	if !m.proven[class].Load() {
		m.budget.Served(m.users[class])
		m.proven[class].Store(true)
	}
}

// refused notes a refusal and returns how many there were in a row, and whether
// these are as many as there may be.
func (m *admission) refused(class int) (inARow int, spent bool) {
	for i, name := range m.users { // one password at every service
		if name == m.users[class] {
			m.proven[i].Store(false)
		}
	}
	return m.budget.Refused(m.users[class])
}

// spent reports whether a class was refused as often as it may be.
func (m *admission) spent(class int) (inARow int, spent bool) { return m.budget.Spent(m.users[class]) }

// admit lets a request of a class leave. Its grant must be handed to done after
// the reply was accounted for.
func (m *admission) admit(class int) (unifier.Grant, error) {
	if m.proven[class].Load() {
		return unifier.Grant{}, nil
	}
	return m.budget.Ask(m.users[class])
}

// done gives back what admit granted.
func (m *admission) done(g unifier.Grant) {
	if !g.Risky() {
		return
	}
	g.Release()
	select {
	case m.freed <- struct{}{}:
	default: // it is said already
	}
}

// admitWait is how often a request that nobody may send looks again.
const admitWait = 5 * time.Millisecond

// admit finds who sends the request of a slot: whose turn it is or, as long as
// that user has unanswered requests enough and no token yet, another user of the
// service. Where nobody may, it waits for replies. It returns false where the
// attack ends first.
func (a *attack) admit(s *slot) bool {
	for {
		if a.admitNow(s) {
			return true
		}
		s.excused = true // the target has let nobody in yet
		if a.e.interrupted.Load() || a.e.stopReason.Load() != nil || time.Since(a.began) > a.duration {
			s.Reply.Kind, s.Reply.Detail = wire.KindInterrupted, "no user may be tried again yet"
			return false
		}
		t := time.NewTimer(admitWait)
		select {
		case <-a.e.admission.freed:
		case <-t.C: // the attack may have ended
		}
		t.Stop()
	}
}

// admitNow is one round of admit over the users of the service.
func (a *attack) admitNow(s *slot) bool {
	classes := a.e.classes
	first := s.class
	for k := range classes {
		i := (first + k) % len(classes)
		if classes[i].service != classes[first].service {
			continue
		}
		if grant, err := a.e.admission.admit(i); err == nil {
			s.class, s.grant = i, grant
			return true
		}
	}
	return false
}
