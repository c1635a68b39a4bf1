package load

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/unigate/unigate/internal/oracle"
)

// kept remembers the tokens of services that give a user the same one again, so that
// what is left of one whose end is unchanged is not taken for too short a validity (A11).
type kept struct {
	mu     sync.Mutex
	of     map[keptKey]*keptToken
	before atomic.Bool // some token began before this run
}

// keptKey names a token of a service: each has its own way to say how long one is valid.
type keptKey struct {
	service int
	token   string
}

// keptToken is a token as this run saw it first.
type keptToken struct {
	reply   oracle.Reply // its times and its Date only
	expires time.Time
	// before is true where its validity was too short then: it may be older than the run,
	// and what is left of it shows nothing.
	before bool
}

// sameEnd is by how much two answers' ends of one token may differ: expiryTime has no
// seconds, and is cut off or rounded (A10).
const sameEnd = 61 * time.Second

// see notes an answer with a DB token, and returns how its token was first seen; nil
// where this is the first time.
func (k *kept) see(c *class, r *oracle.Reply, out *oracle.Judgement) *keptToken {
	key := keptKey{c.service, out.Token}
	k.mu.Lock()
	defer k.mu.Unlock()
	if t := k.of[key]; t != nil {
		return t
	}
	if len(k.of) >= maxOwners {
		return nil
	}
	if k.of == nil {
		k.of = map[keptKey]*keptToken{}
	}
	date := http.Header{}
	if v := r.Header.Get("Date"); v != "" {
		date.Set("Date", strings.Clone(v))
	}
	key.token = strings.Clone(out.Token)
	k.of[key] = &keptToken{
		reply:   oracle.Reply{Status: r.Status, Header: date, Sent: r.Sent, Received: r.Received},
		expires: out.Expires, before: slices.ContainsFunc(out.Findings, oracle.Finding.TooShort),
	}
	return nil
}

// settle judges anew an answer whose token seems to be valid for too short a time, where
// the service gives the same one again: one that this run saw before, its end unchanged,
// by what is left of it; one that is older than the run not at all in this.
func (e *engine) settle(c *class, r *oracle.Reply, out *oracle.Judgement) {
	if out.Token != "" && e.givesSame(c) && e.settleSame(c, r, out) {
		e.kept.before.Store(true)
	}
}

// settleSame is settle where the service is taken to give the same token again. It
// reports whether the token seems to be older than the run.
func (e *engine) settleSame(c *class, r *oracle.Reply, out *oracle.Judgement) (older bool) {
	if !e.isDB(c) {
		return false
	}
	short := slices.ContainsFunc(out.Findings, oracle.Finding.TooShort)
	first := e.kept.see(c, r, out)
	switch {
	case !short:
	case first == nil || first.before && first.expires.Sub(out.Expires).Abs() <= sameEnd:
		out.LeaveValidity()
		return true
	case first.expires.Sub(out.Expires).Abs() <= sameEnd:
		exp := e.expectation(c)
		exp.First = &first.reply
		*out = oracle.NewJudge(e.serviceOf(c), exp).Judge(r)
	}
	return false
}
