package load

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/unigate/unigate/load/wire"
)

// admission keeps wrong passwords from being tried more often than allowed. A
// reply tells of a refusal only when it comes; until a user got a first token,
// that user's requests in flight therefore count as refusals to be.
type admission struct {
	limit  int
	proven []atomic.Bool  // who got a token last, by class
	tries  []atomic.Int32 // refusals in a row, by class

	mu    sync.Mutex
	out   []int         // requests in flight of users who have got no token yet, by class
	freed chan struct{} // says that one of them is done
}

// newAdmission returns the admission of so many classes of requests.
func newAdmission(classes, limit int) *admission {
	return &admission{
		limit: limit, freed: make(chan struct{}, 1), proven: make([]atomic.Bool, classes), tries: make([]atomic.Int32, classes), out: make([]int, classes),
	}
}

// served notes that a class got a token.
func (m *admission) served(class int) {
	if m.tries[class].Load() != 0 {
		m.tries[class].Store(0)
	}
	if !m.proven[class].Load() {
		m.proven[class].Store(true)
	}
}

// refused notes a refusal and returns how many there were in a row.
func (m *admission) refused(class int) int {
	m.proven[class].Store(false)
	return int(m.tries[class].Add(1))
}

// spent reports whether a class was refused as often as it may be.
func (m *admission) spent(class int) bool { return int(m.tries[class].Load()) >= m.limit }

// admit lets a request of a class leave. counted says that it is one of a user
// who has got no token yet, and must be handed to done.
func (m *admission) admit(class int) (ok, counted bool) {
	if m.proven[class].Load() {
		return true, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.out[class]+int(m.tries[class].Load()) >= m.limit {
		return false, false
	}
	m.out[class]++
	return true, true
}

// done gives back what admit counted, after the reply was accounted for.
func (m *admission) done(class int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.out[class]--
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
		if ok, counted := a.e.admission.admit(i); ok {
			s.class, s.counted = i, counted
			return true
		}
	}
	return false
}
