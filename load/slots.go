package load

import (
	"encoding/binary"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load/wire"
)

// slot holds one request on its way from vegeta's worker to its verification. It
// is also the body of the answer that vegeta gets to see: vegeta reads the
// slot's number instead of the reply, which so need not be copied.
type slot struct {
	wire.Reply

	number   uint32
	read     bool
	response http.Response

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

// Read gives the slot's number.
func (s *slot) Read(p []byte) (int, error) {
	if s.read || len(p) < 4 {
		return 0, io.EOF
	}
	s.read = true
	binary.LittleEndian.PutUint32(p, s.number)
	return 4, io.EOF
}

// Close does nothing: the slot is given back after its verification.
func (s *slot) Close() error { return nil }

// slots lends slots. There are never more than were in use at once.
type slots struct {
	mu   sync.Mutex
	all  []*slot
	free []*slot
}

// take lends a slot.
func (p *slots) take() *slot {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n > 0 {
		s := p.free[n-1]
		p.free = p.free[:n-1]
		s.read = false
		return s
	}
	s := &slot{number: uint32(len(p.all))} // #nosec G115 -- at most the requests in flight and queued
	p.all = append(p.all, s)
	return s
}

// of returns the slot whose number vegeta read.
func (p *slots) of(body []byte) *slot {
	if len(body) != 4 {
		return nil
	}
	i := binary.LittleEndian.Uint32(body)
	p.mu.Lock()
	defer p.mu.Unlock()
	if int(i) >= len(p.all) {
		return nil
	}
	return p.all[i]
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
