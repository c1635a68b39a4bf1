package load

import (
	"sync"
	"time"

	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load/wire"
)

// slot holds one request on its way from vegeta's worker to its verification.
type slot struct {
	wire.Reply

	attack   *attack
	seq      uint64
	class    int
	sent     time.Time
	received time.Time
	inFlight int           // requests in flight when it started, itself included
	excused  bool          // late for want of a user who may be tried
	unread   time.Duration // how long its answer had been with this machine when it was read
	grant    unifier.Grant // see admission
	due      time.Duration // since the attack began
}

// slots lends slots. There are never more than were in use at once.
type slots struct {
	mu   sync.Mutex
	free []*slot
}

// take lends a slot.
func (p *slots) take() *slot {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n > 0 {
		s := p.free[n-1]
		p.free = p.free[:n-1]
		return s
	}
	return &slot{}
}

// put takes slots back.
func (p *slots) put(s ...*slot) {
	for _, x := range s {
		x.Release()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, s...)
}
