package reference

import (
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/unigate/unigate/internal/unifier"
)

// AuditLimit is how many requests Options.Audit keeps; later ones are only counted.
const AuditLimit = 20000

// Entry is one request as the service saw it.
type Entry struct {
	Number uint64
	Method string
	Path   string // below Options.Prefix
	Query  string
	Header http.Header
	// User is the user that the credentials or the token named, if it is a known one.
	User string
	// Status is what was answered.
	Status int
}

// Counts is how many requests the service saw. Requests that the script cut
// off count as well.
type Counts struct {
	All    uint64
	ByPath map[string]uint64 // the services' paths; every other path counts as OtherPaths
}

// OtherPaths is under which Counts has the requests to no service's path.
const OtherPaths = "other"

// counters count requests and keep the audit.
type counters struct {
	number atomic.Uint64
	byPath map[string]*atomic.Uint64 // never changed after begin

	mu      sync.Mutex
	entries []Entry
}

// begin makes the counters.
func (c *counters) begin() {
	c.byPath = map[string]*atomic.Uint64{unifier.ResourcePath: {}, OtherPaths: {}}
	for _, service := range unifier.Services() {
		c.byPath[service.Path()] = new(atomic.Uint64)
	}
}

// add counts a request and returns its number, from 1.
func (c *counters) add(path string) uint64 {
	if path == OldResourcePath {
		path = unifier.ResourcePath
	}
	n, known := c.byPath[path]
	if !known {
		n = c.byPath[OtherPaths]
	}
	n.Add(1)
	return c.number.Add(1)
}

// Requests returns how many requests the service saw since the start or the last ResetRequests.
func (s *Service) Requests() Counts {
	n := Counts{ByPath: map[string]uint64{}}
	for path, counted := range s.counts.byPath {
		n.ByPath[path] = counted.Load()
		n.All += n.ByPath[path]
	}
	return n
}

// ResetRequests sets the counters of requests and of wrong passwords to zero and empties the audit.
func (s *Service) ResetRequests() {
	c := &s.counts
	c.number.Store(0)
	for _, n := range c.byPath {
		n.Store(0)
	}
	for _, a := range s.order {
		a.wrong.Store(0)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries = nil
}

// WrongPasswords returns, for each user with any, how often a wrong password was
// tried. A real Unifier locks the account after a few.
func (s *Service) WrongPasswords() map[string]int {
	out := map[string]int{}
	for _, a := range s.order {
		if n := a.wrong.Load(); n > 0 {
			out[a.user.Name] = int(n)
		}
	}
	return out
}

// Audit returns the requests seen so far, in the order of their answers. It is
// empty without Options.Audit.
func (s *Service) Audit() []Entry {
	s.counts.mu.Lock()
	defer s.counts.mu.Unlock()
	return append([]Entry(nil), s.counts.entries...)
}

// audit keeps a request.
func (s *Service) audit(x *exchange, p reply) {
	if !s.options.Audit {
		return
	}
	e := Entry{
		Number: x.number, Method: x.r.Method, Path: x.path, Query: x.r.URL.RawQuery,
		Header: x.r.Header.Clone(), Status: p.status,
	}
	if x.account != nil {
		e.User = x.account.user.Name
	}
	s.counts.mu.Lock()
	defer s.counts.mu.Unlock()
	if len(s.counts.entries) < AuditLimit {
		s.counts.entries = append(s.counts.entries, e)
	}
}
