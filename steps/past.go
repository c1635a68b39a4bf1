package steps

import (
	"net/http"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/unifier"
)

// past is what is kept of earlier repetitions, so that a run's memory grows by
// the tokens it was given and not by its answers: each repetition sweeps its own.
type past struct {
	traits   map[string]map[string]bool
	kinds    map[string]bool        // what entitled answers looked like, see nowhere
	stirred  map[*unifier.User]bool // users with a call that could have spoilt something
	wrong    map[*unifier.User]int  // wrong passwords by user
	clock    drift                  // what their answers show of the target's clock
	tokenIDs map[string]*issued     // OAuth tokens by jti
}

// newPast returns the past of a run that has none.
func newPast() past {
	return past{
		traits: map[string]map[string]bool{}, kinds: map[string]bool{}, stirred: map[*unifier.User]bool{},
		wrong: map[*unifier.User]int{}, tokenIDs: map[string]*issued{},
	}
}

// issued is what is kept of the first answer with a token for as long as the run
// lasts: what judges the same token when it comes again (A11).
type issued struct {
	service unifier.Service
	user    *unifier.User
	token   string
	expires time.Time
	seconds int64
	// reply has the times and the Date header only.
	reply  oracle.Reply
	wish   wish
	repeat int  // the repetition in which it came
	before bool // it may have been given out before the run
	times  int  // how often it came again, its end unchanged
}

// wish is what validity a call asked for.
type wish struct {
	expiry  unifier.Expiry
	seconds int
	open    bool
	by      unifier.Rule // the rule that it is judged by
}

// wished is the validity that an answer's call asked for.
func (a *answer) wished() wish {
	return wish{a.expect.Expiry, a.expect.Seconds, a.expect.OpenExpiry, a.expect.Validity}
}

// like reports whether two calls asked for the same validity.
func (v wish) like(b wish) bool {
	return v.expiry == b.expiry && v.seconds == b.seconds && v.open == b.open
}

// issue notes the first answer with a token.
func (r *run) issue(a *answer) *issued {
	date := http.Header{}
	if v := a.reply.Header.Get("Date"); v != "" {
		date.Set("Date", v)
	}
	return &issued{
		service: a.service, user: a.user, token: a.judged.Token, expires: a.judged.Expires, seconds: a.judged.ExpiresIn,
		reply: oracle.Reply{Status: a.reply.Status, Header: date, Sent: a.reply.Sent, Received: a.reply.Received},
		wish:  a.wished(), repeat: r.repeat,
	}
}

// conclude ends a repetition: what later ones, and the result, need of its answers
// is noted, and the answers themselves are dropped.
func (r *run) conclude() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.repeat++
	p := &r.past
	r.traitsOf(p.traits)
	r.skew()
	p.clock = r.clock
	p.clock.seen = 0 // of the answers of the next repetition
	for _, a := range r.every {
		if a.entitled {
			p.kinds[nowhereKind(a)] = true
		}
		if a.user == nil {
			continue
		}
		if a.situation != "success" {
			p.stirred[a.user] = true
		}
		if isWrongPassword(a) {
			p.wrong[a.user]++
		}
		if a.token() == unifier.JWT && a.gotToken() {
			r.keepID(a)
		}
	}
	r.every, r.broken, r.uses, r.open = nil, nil, nil, nil
	r.clock = p.clock
	shells := map[shell]*World{}
	for _, worlds := range r.worlds {
		compact(worlds, shells)
	}
}

// keepID notes an OAuth token by its jti.
func (r *run) keepID(a *answer) {
	t, err := oracle.ParseJWT(a.judged.Token)
	if err != nil || t.ID == "" || r.past.tokenIDs[t.ID] != nil {
		return
	}
	if first := r.seen[a.judged.Token]; first != nil {
		r.past.tokenIDs[t.ID] = first
	}
}

// before lists the tokens of earlier repetitions that one of these answers has
// again, or whose jti it has.
func (r *run) before(answers []*answer) []*issued {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []*issued
	known := map[*issued]bool{}
	add := func(i *issued) {
		if i != nil && i.repeat < r.repeat && !known[i] {
			known[i], found = true, append(found, i)
		}
	}
	for _, a := range answers {
		add(r.seen[a.judged.Token])
		if t, err := oracle.ParseJWT(a.judged.Token); err == nil && t.ID != "" {
			add(r.past.tokenIDs[t.ID])
		}
	}
	return found
}

// shell is what is known of an attempt that is not kept: its state, and which requirements
// were broken where it failed because no token came.
type shell struct {
	state   record.State
	instead string
}

// compact keeps of a scenario's attempts only the worst one whole, which is all
// that the record shows: of the others it needs the states, which shells stand for.
func compact(worlds []*World, shells map[shell]*World) {
	worst := worstOf(worlds)
	for i, w := range worlds {
		if w == worst || w.became != "" {
			continue
		}
		state := shell{w.state(), strings.Join(w.instead, " ")}
		if shells[state] == nil {
			shells[state] = &World{became: state.state, instead: w.instead}
		}
		worlds[i] = shells[state]
	}
}

// worstOf is the first of the attempts with the worst state.
func worstOf(worlds []*World) *World {
	worst := worlds[0]
	for _, w := range worlds {
		if w.state().Worse(worst.state()) {
			worst = w
		}
	}
	return worst
}

// merge adds what a trait was seen to be.
func merge(into map[string]map[string]bool, trait, value string) {
	if into[trait] == nil {
		into[trait] = map[string]bool{}
	}
	if len(into[trait]) < maxTraitValues {
		into[trait][value] = true
	}
}
