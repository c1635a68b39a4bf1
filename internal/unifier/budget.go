package unifier

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// DefaultFailedLogins is how many wrong passwords one Basic user may get in a
// run where the configuration says nothing (SPEC section 8, safety.failed_logins).
const DefaultFailedLogins = 3

// maxOAuthFailures is the same for an OAuth user, whatever the configuration
// allows: it shares the identity domain's lock policy with people's single
// sign-on (SPEC section 8).
const maxOAuthFailures = 1

// Budget keeps accounts from being locked. There is one for a whole process,
// and whoever sends credentials asks it first: a password that is known to be
// wrong is sent as often as the budget says, and the configured one, which may
// be wrong too, is refused no oftener in a row. It is safe for concurrent use.
type Budget struct {
	limit int

	mu       sync.Mutex
	accounts map[string]*account // by the name in lower case
}

// account is what the budget knows of one user.
type account struct {
	name      string
	passwords []string
	limit     int // of passwords known to be wrong

	proven   bool // the configured password got in when it was last sent
	ever     bool // it got in at some time
	wrong    int  // passwords known to be wrong that were sent
	refusals int  // of the configured password, in a row
	pending  int  // requests with the configured password that are not answered yet
}

// NewBudget returns a budget for the users of a configuration. failedLogins may
// be 0: then nothing is sent that is known to be wrong, and a configured
// password once, since nobody but the target can tell that it is wrong.
func NewBudget(users []User, failedLogins int) *Budget {
	b := &Budget{limit: max(failedLogins, 0), accounts: map[string]*account{}}
	for _, u := range users {
		a := b.accounts[strings.ToLower(u.Name)]
		if a == nil {
			a = &account{name: u.Name, limit: b.limit}
			b.accounts[strings.ToLower(u.Name)] = a
		}
		a.limit = min(a.limit, FailedLogins(b.limit, u.Type))
		a.passwords = append(a.passwords, u.Password.Reveal())
	}
	return b
}

// FailedLogins returns how many wrong passwords a user of a kind may get in a
// run, of the number that the configuration allows.
func FailedLogins(configured int, kind UserType) int {
	if kind == OAuthType {
		return min(configured, maxOAuthFailures)
	}
	return configured
}

// ErrBudget is the error of a call that was not sent, because its user may get
// no further password that is or may be wrong.
type ErrBudget struct {
	User  string
	Limit int
}

// Error says who may get no more.
func (e *ErrBudget) Error() string {
	return fmt.Sprintf("not sent: user %s may get no further password that may be wrong (safety.failed_logins allows %d)", e.User, e.Limit)
}

// Grant is the permission to send credentials once. The zero Grant is that of a
// call that names no configured user.
type Grant struct {
	b     *Budget
	a     *account
	wrong bool
	risk  bool // the configured password, of a user that it has not let in yet
}

// Wrong reports whether the call has a password that is known to be wrong.
func (g Grant) Wrong() bool { return g.wrong }

// Risky reports whether the credentials may be refused: the call must leave once only.
func (g Grant) Risky() bool { return g.wrong || g.risk }

// Ask asks for permission to send a user's configured credentials. Each grant
// must be given back with Done.
func (b *Budget) Ask(user string) (Grant, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.accounts[strings.ToLower(user)]
	if a == nil {
		return Grant{}, nil
	}
	return b.ask(a)
}

// ask is Ask below the lock.
func (b *Budget) ask(a *account) (Grant, error) {
	if a.proven {
		return Grant{b: b, a: a}, nil
	}
	if limit := b.refusable(a); a.refusals+a.pending >= limit {
		return Grant{}, &ErrBudget{User: a.name, Limit: limit}
	}
	a.pending++
	return Grant{b: b, a: a, risk: true}, nil
}

// refusable is how often in a row a user's configured password may be refused.
// One that has got in before is right, whatever kind of user it is.
func (b *Budget) refusable(a *account) int {
	if a.ever {
		return max(b.limit, 1)
	}
	return max(a.limit, 1)
}

// AskCall asks for permission to send a call, by what its Authorization header
// lines say. Credentials under another scheme than Basic count as a wrong
// password, as a server may count them.
func (b *Budget) AskCall(authorization []string) (Grant, error) {
	if b == nil {
		return Grant{}, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	var found *account
	wrong := false
	for _, value := range authorization {
		a, right := b.read(value)
		if a != nil {
			found, wrong = a, wrong || !right
		}
	}
	switch {
	case found == nil:
		return Grant{}, nil
	case !wrong:
		return b.ask(found)
	}
	if found.wrong+found.refusals >= found.limit {
		return Grant{}, &ErrBudget{User: found.name, Limit: found.limit}
	}
	found.wrong++
	return Grant{b: b, a: found, wrong: true}, nil
}

// read finds the user that a line names, and whether it has the configured
// password in the right form.
func (b *Budget) read(value string) (a *account, right bool) {
	scheme, rest, both := strings.Cut(strings.TrimSpace(value), " ")
	if !both {
		scheme, rest = "", scheme
	}
	rest = strings.TrimSpace(rest)
	for _, text := range decoded(rest) {
		name, password, both := strings.Cut(text, ":")
		if !both {
			continue
		}
		if a := b.accounts[strings.ToLower(name)]; a != nil {
			form := rest == base64.StdEncoding.EncodeToString([]byte(text))
			return a, form && strings.EqualFold(scheme, "Basic") && name == a.name && slices.Contains(a.passwords, password)
		}
	}
	return nil, false
}

// decoded returns what credentials may mean: themselves, and decoded in either
// base64 alphabet with or without padding.
func decoded(s string) []string {
	texts := []string{s}
	bare := strings.TrimRight(s, "=")
	for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if text, err := e.DecodeString(bare); err == nil {
			texts = append(texts, string(text))
		}
	}
	return texts
}

// Release gives back a grant of which the outcome is told otherwise, by Served
// or Refused.
func (g Grant) Release() {
	if g.risk {
		g.b.mu.Lock()
		g.a.pending--
		g.b.mu.Unlock()
	}
}

// Done tells what became of the call: the status of the answer, 0 for none, and
// whether the request may have been received.
func (g Grant) Done(status int, received bool) {
	if g.a == nil {
		return
	}
	g.Release()
	g.b.mu.Lock()
	defer g.b.mu.Unlock()
	switch {
	case g.wrong && !received:
		g.a.wrong--
	case g.wrong:
	case status >= 200 && status < 300:
		g.a.served()
	case g.risk && received && mayBeRefusal(status):
		g.a.refusals++
	}
}

// served notes that the configured password got in.
func (a *account) served() { a.proven, a.ever, a.refusals = true, true, 0 }

// mayBeRefusal reports whether a target that answers with the status, or not at
// all, may have counted a wrong password: one that has no such service (404, 405)
// looked at none.
func mayBeRefusal(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusNotFound, http.StatusMethodNotAllowed:
		return false
	}
	return status == 0 || status >= 400 && status < 500
}

// Served notes that a user's configured password got in.
func (b *Budget) Served(user string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if a := b.accounts[strings.ToLower(user)]; a != nil {
		a.served()
	}
}

// Refused notes that a user's configured password was refused: the next requests
// count again. It returns how many refusals there were in a row, and whether
// that is as many as there may be.
func (b *Budget) Refused(user string) (inARow int, spent bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.accounts[strings.ToLower(user)]
	if a == nil {
		return 0, false
	}
	a.proven = false
	a.refusals++
	return a.refusals, a.refusals >= b.refusable(a)
}

// Spent reports whether a user's configured password was refused as often in a
// row as it may be, and how often that is.
func (b *Budget) Spent(user string) (inARow int, spent bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.accounts[strings.ToLower(user)]
	if a == nil {
		return 0, false
	}
	return a.refusals, a.refusals >= b.refusable(a)
}
