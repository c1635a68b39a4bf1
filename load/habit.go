package load

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load/wire"
)

// What a target does where a user asks again is found out before the plan, with two
// requests (A11). Where these tell nothing, as one was refused for the moment, or show
// two tokens, of which each of several nodes prolongs its own, the first tokens of the
// plan tell. Until then an answer that is right under one of the habits only is in doubt.
const (
	habitUnknown int32 = iota
	habitNew           // a new token each time
	habitSame          // one that the user was given before
)

// habitTokens is how many tokens beyond a user's second one decide. The habit is to
// give the same ones if more than half of these were given before.
const habitTokens = 16

// habit is what the target does in a group of requests.
type habit struct {
	state  atomic.Int32
	learnt bool // by the tokens of the plan; guarded by habits.mu

	given           map[int]int // tokens by class
	later, repeated int
	doubts          []doubt
}

// habits are those of all groups.
type habits struct {
	mu    sync.Mutex
	of    map[group]*habit
	first map[string]int // class that got a token first, as long as habits are unknown
}

// doubt is an answer that is judged when the habit is known.
type doubt struct {
	slot     *slot
	class    *class
	anew     oracle.Judgement // as an answer of a target that issues new tokens
	same     oracle.Judgement // and of one that gives the same ones
	anewKind string           // of what is wrong with the token itself then
	sameKind string
	older    bool // the token seems to be older than the run
}

// newHabits returns the habits of groups, all of them unknown.
func newHabits(groups []group) *habits {
	h := &habits{of: map[group]*habit{}, first: map[string]int{}}
	for _, g := range groups {
		h.of[g] = &habit{given: map[int]int{}}
	}
	return h
}

// same reports whether the target is known to give a user the same token again.
func (h *habits) same(g group) bool { return h.of[g].state.Load() == habitSame }

// learnt reports whether that was found out by the tokens of the plan.
func (h *habits) learnt(g group) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.of[g].learnt
}

// foundOut notes the two tokens that a user was given before the plan, empty for none.
func (e *engine) foundOut(c *class, index int, first, second string) {
	if first != "" && first == second {
		e.habits.of[c.group()].state.Store(habitSame)
		e.knownToken(c, index, first)
		return
	}
	e.habits.mu.Lock()
	defer e.habits.mu.Unlock()
	for _, token := range []string{first, second} {
		if token != "" {
			e.habits.note(e, c, index, token)
		}
	}
}

// note takes a token of a group whose habit is unknown. It returns who got it first, and
// whether it is new to the run.
func (h *habits) note(e *engine, c *class, index int, token string) (first int, seen, isNew bool) {
	g := h.of[c.group()]
	g.given[index]++
	if g.given[index] > 2 {
		g.later++
	}
	first, seen = h.first[token]
	if seen && same(e.classes[first].user, c.user) {
		g.repeated++
	}
	if isNew = e.tokens.Add(token); isNew {
		h.first[token] = index
		e.newToken(index, token)
	}
	return first, seen, isNew
}

// doubt judges an answer of a group whose habit is unknown. It returns false where the
// habit is known.
func (v *verifier) doubt(s *slot, c *class, j judge) bool {
	e := v.e
	h, g := e.habits, e.habits.of[c.group()]
	if g.state.Load() != habitUnknown {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if g.state.Load() != habitUnknown {
		return false
	}
	s = s.copy() // a judgement's texts are of the body, whose memory is lent
	reply := e.replyOf(s)
	d := doubt{slot: s, class: c, anew: j.Judge(&reply)}
	if d.anew.Token == "" {
		v.conclude(s, c, &d.anew, "")
		return true
	}
	d.same = d.anew
	d.same.Unjudged = slices.Clone(d.anew.Unjudged)
	d.older = e.settleSame(c, &reply, &d.same)
	first, seen, isNew := h.note(e, c, s.class, d.anew.Token)
	if !isNew {
		d.anewKind = kindRepeated
	}
	if seen && !same(e.classes[first].user, c.user) {
		d.sameKind = kindOfTwo
	}
	if d.older || d.anewKind != d.sameKind || !slices.Equal(kindsOf(&d.anew), kindsOf(&d.same)) {
		g.doubts = append(g.doubts, d)
	} else {
		v.conclude(s, c, &d.anew, d.anewKind)
	}
	if g.later >= habitTokens {
		v.decide(c.group())
	}
	return true
}

// decide takes a habit for known, and judges the answers that were in doubt.
func (v *verifier) decide(k group) {
	e := v.e
	g := e.habits.of[k]
	isSame := 2*g.repeated > g.later
	if isSame {
		g.learnt = true
		e.owners.mu.Lock()
		for token, index := range e.habits.first {
			if e.classes[index].group() == k {
				e.owners.add(token, index)
			}
		}
		e.owners.mu.Unlock()
		g.state.Store(habitSame)
	} else {
		g.state.Store(habitNew)
	}
	for i := range g.doubts {
		d := &g.doubts[i]
		if isSame {
			if d.older {
				e.kept.before.Store(true)
			}
			v.conclude(d.slot, d.class, &d.same, d.sameKind)
			continue
		}
		v.conclude(d.slot, d.class, &d.anew, d.anewKind)
	}
	g.doubts = nil
}

// settleDoubts decides on the answers that are in doubt by what was seen so far. Nothing may
// be under way to its verification.
func (v *verifier) settleDoubts() {
	v.e.habits.mu.Lock()
	defer v.e.habits.mu.Unlock()
	for k, g := range v.e.habits.of {
		if len(g.doubts) > 0 {
			v.decide(k)
		}
	}
}

// copy returns a slot with memory of its own, of which nothing is lent.
func (s *slot) copy() *slot {
	c := &slot{attack: s.attack, seq: s.seq, class: s.class, sent: s.sent, received: s.received, due: s.due}
	c.Reply = wire.Reply{Status: s.Status, Kind: s.Kind, Header: s.Header, Body: []byte(strings.Clone(string(s.Body)))}
	return c
}

// replyOf returns the answer as it is judged.
func (e *engine) replyOf(s *slot) oracle.Reply {
	r := oracle.Reply{Status: s.Status, Header: s.Header, Body: s.Body, Sent: s.sent, Received: s.received}
	e.clock.mend(&r, e.skew)
	return r
}

// asksAgain says what is known of a group's habit, "" for nothing worth a note.
func (e *engine) asksAgain(k group) string {
	switch {
	case !e.habits.same(k):
		return ""
	case e.habits.learnt(k):
		return e.nameOf(k) + " gives users tokens again that they were given before (A11), as the first answers of the plan show: tokens were compared between users only"
	}
	return e.nameOf(k) + " prolongs one token per user (A11): tokens were compared between users only"
}

// givesSame reports whether the tokens of a class are those that its user was given before.
func (e *engine) givesSame(c *class) bool { return e.habits.same(c.group()) }

// isDB reports whether a class gets DB tokens, of which an answer says until when they are valid.
func (e *engine) isDB(c *class) bool { return e.serviceOf(c).Token(c.user.Type) == unifier.DBToken }
