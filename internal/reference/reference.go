// Package reference is the embedded reference service: the V1 and V2 token
// services of Oracle Primavera Unifier as their documentation describes them, for
// one tenant and for many, a resource that needs a token, and a catalogue of named
// faults and conforming variants with which unigate proves its own verdicts. Its users, passwords and signing
// key are public: it is for development and tests only.
package reference

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// Options configures a Service. The zero value is the conforming service with
// the default users.
type Options struct {
	// Users are the integration users; DefaultUsers where nil.
	Users []unifier.User
	// Now is the clock; time.Now where nil.
	Now func() time.Time
	// Edition is the edition of the documentation that the service follows; where
	// empty, the one that a fault or a variant is about, else 21.7.
	Edition string
	// Prefix is a path before the services' own, such as "/acme/stage".
	Prefix string
	// Faults names the faults that the service is to have, see Faults.
	Faults []string
	// Variants names conforming variants, see Variants. They must be such that
	// CombinesWith says so of each two.
	Variants []string
	// Script makes the service slow, limited or faulty at given requests.
	Script Script
	// Audit keeps each request for Service.Audit, at most AuditLimit of them.
	Audit bool
	// HTTPS makes Start serve https with the embedded certificate, see Roots.
	HTTPS bool
	// TLS makes Start serve https with a configuration of the caller's own.
	TLS *tls.Config
}

// Service is the reference service, an http.Handler that is safe for concurrent use.
type Service struct {
	options  Options
	edition  edition
	hooks    hooks
	now      func() time.Time
	accounts map[string]*account
	order    []*account
	tokens   *tokenMaker
	signer   *signer
	issued   *memory
	counts   counters
	script   *script
	serial   atomic.Uint64
	uses     atomic.Int64 // of good tokens, where a fault counts them
}

// New makes a service. Unknown editions, faults and variants are errors, and so
// are users that no administrator could set up.
func New(o Options) (*Service, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Prefix = strings.TrimSuffix(o.Prefix, "/")
	if o.Edition == "" {
		o.Edition = editionOf(o.Faults, o.Variants)
	}
	served, err := editionByID(o.Edition)
	if err != nil {
		return nil, err
	}
	if o.Users == nil {
		o.Users = DefaultUsers()
	}
	s := &Service{options: o, edition: served, now: o.Now, accounts: map[string]*account{}, issued: newMemory(memoryLimit)}
	s.counts.begin()
	for _, u := range o.Users {
		if err := s.addAccount(u); err != nil {
			return nil, err
		}
	}
	if s.signer, err = embeddedSigner(); err != nil {
		return nil, err
	}
	if s.tokens, err = newTokenMaker(); err != nil {
		return nil, err
	}
	if s.script, err = newScript(o.Script, o.Now); err != nil {
		return nil, err
	}
	s.hooks = conforming(s)
	return s, s.alter()
}

// alter puts the asked faults and the asked variant into the service's hooks.
func (s *Service) alter() error {
	var applied []Variant
	for _, name := range s.options.Variants {
		v, ok := VariantByName(name)
		if !ok {
			return fmt.Errorf("no variant is named %q", name)
		}
		for _, other := range applied {
			if !v.CombinesWith(other) {
				return fmt.Errorf("the variants %s and %s can't be combined", other.Name, v.Name)
			}
		}
		applied = append(applied, v)
		v.apply(s, &s.hooks)
	}
	for _, name := range s.options.Faults {
		f, ok := FaultByName(name)
		if !ok {
			return fmt.Errorf("no fault is named %q", name)
		}
		f.apply(s, &s.hooks)
	}
	return nil
}

// addAccount checks a user and sets up its account.
func (s *Service) addAccount(u unifier.User) error {
	if u.Name == "" || strings.Contains(u.Name, ":") {
		return fmt.Errorf("the user name %q is empty or holds a colon, which Basic credentials can't carry", u.Name)
	}
	if _, ok := s.accounts[u.Name]; ok {
		return fmt.Errorf("there are two users named %q", u.Name)
	}
	if e := u.Expiry; !e.IsZero() && (e.N < unifier.MinExpiry || e.N > unifier.MaxExpiry) {
		return fmt.Errorf("user %s: a duration is %d to %d, not %d", u.Name, unifier.MinExpiry, unifier.MaxExpiry, e.N)
	}
	a, err := newAccount(u)
	if err != nil {
		return fmt.Errorf("user %s: %w", u.Name, err)
	}
	s.accounts[u.Name] = a
	s.order = append(s.order, a)
	return nil
}

// other returns the account that follows a among those of its type, or a itself if it is the only one.
func (s *Service) other(a *account) *account {
	start := 0
	for i, o := range s.order {
		if o == a {
			start = i
		}
	}
	for i := 1; i < len(s.order); i++ {
		o := s.order[(start+i)%len(s.order)]
		if o.user.Type == a.user.Type && o.user.Status == unifier.Active {
			return o
		}
	}
	return a
}

// Users returns the users that the service knows, in the order of Options.Users.
func (s *Service) Users() []unifier.User {
	return append([]unifier.User(nil), s.options.Users...)
}

// ServeHTTP answers one request.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{s: s, r: r}
	if path, ok := strings.CutPrefix(r.URL.Path, s.options.Prefix); ok { // nothing is served outside the prefix
		x.path = s.hooks.path(x, path)
	}
	x.number = s.counts.add(x.path)
	if !s.script.admit(x, w) {
		return
	}
	x.now = s.hooks.clock()
	answer := s.answer(x)
	s.hooks.finish(x, &answer)
	s.audit(x, answer)
	s.send(x, w, answer)
}

// answer finds the service that the path names and asks it.
func (s *Service) answer(x *exchange) reply {
	serve := s.route(x)
	if serve == nil {
		return s.refuse(x, refusal{status: http.StatusNotFound, message: "Not found"})
	}
	if !s.hooks.method(x) {
		return s.refuse(x, refusal{status: http.StatusMethodNotAllowed, message: "Method not allowed"})
	}
	return serve(x)
}

// route finds what serves a path in the edition, or nil.
func (s *Service) route(x *exchange) func(*exchange) reply {
	switch x.path {
	case JWKSPath:
		return s.keySet
	case unifier.ResourcePath, OldResourcePath:
		if t := s.hooks.tenancy; t != nil && t.only && x.below == "" {
			return nil
		}
		return s.resource
	}
	service := serviceAt(x.path)
	if !s.edition.serves(service) {
		return nil
	}
	x.service = service
	switch service {
	case unifier.OAuth:
		return s.oauth
	case unifier.V2Auth:
		return s.v2auth
	default:
		return s.login
	}
}
