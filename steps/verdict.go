package steps

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/amount"
	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/unifier"
)

// verdict judges the run as a whole: a proven failure is a failure whatever
// else went wrong; else an error leaves the question open; else a waiver that
// has rotted fails the run.
func (r *run) verdict(ctx context.Context, c *record.Conformance) record.Verdict {
	failed, errors := states(c)
	rotten := r.rotten(c)
	v := record.Verdict{State: record.VerdictPass, Exit: exitPass, Reasons: []string{}}
	add := func(format string, args ...any) { v.Reasons = append(v.Reasons, fmt.Sprintf(format, args...)) }
	switch {
	case ctx.Err() != nil:
		v.State, v.Exit = record.VerdictInterrupted, exitInterrupted
		add("interrupted; this is what was seen until then")
	case r.halted != nil:
		return *r.halted
	case len(failed) > 0 || len(rotten) > 0:
		v.State, v.Exit = record.VerdictFail, exitFail
	case len(errors) > 0:
		v.State, v.Exit = record.VerdictInconclusive, exitInconclusive
	}
	if len(failed) > 0 {
		add("not met: %s", strings.Join(failed, ", "))
		if what := r.nowhere(); what != "" {
			add("every login got %s: is base_url complete? run unigate doctor", what)
		}
		if who := r.refused(); len(who) > 0 {
			add("refused with the configured password: %s", strings.Join(who, ", "))
		}
		if what := r.skewed(); what != "" {
			add("%s, more than target.max_clock_skew (%s), so validities may look wrong: run unigate doctor", what, r.o.MaxClockSkew)
		}
	}
	v.Reasons = append(v.Reasons, rotten...)
	if len(errors) > 0 {
		why := ", since no answer came, or unigate failed"
		if r.anyNobody() {
			why = "" // the next reasons say so
		}
		add("not decided%s: %s", why, strings.Join(errors, ", "))
	}
	v.Reasons = append(v.Reasons, hides(c.Waivers)...)
	r.nobody(&v)
	if reason := r.stopped.Load(); reason != nil && r.halted == nil {
		add("%s", *reason)
		if (r.away || r.block.lasts()) && v.State == record.VerdictPass {
			v.State, v.Exit = record.VerdictInconclusive, exitInconclusive
		}
	}
	if why := nothingRan(c); v.State == record.VerdictPass && why != "" {
		v.State, v.Exit = record.VerdictInconclusive, exitInconclusive
		add("%s", why)
	}
	if v.State == record.VerdictPass {
		add("%s", summary(c))
	}
	for _, also := range []string{r.hiccups.says(), r.block.says(), r.saysCut(), r.pinEdition()} {
		if also != "" {
			add("%s", also)
		}
	}
	v.Reasons = append(append(v.Reasons, r.askedInVain()...), r.leftOut()...)
	v.Reasons = append(v.Reasons, covered(c)...)
	return v
}

// maxLeftOut bounds how many users are named whose tokens could not be used.
const maxLeftOut = 3

// leftOut says for which users nothing could be checked that needs the resource, while
// others could use it: their tokens were fetched and never seen to work.
func (r *run) leftOut() []string {
	if r.anyUsable() != "" {
		return nil // then no requirement that needs it was checked, and each says why
	}
	var all []string
	for i := range r.o.Users {
		u := &r.o.Users[i]
		for _, s := range r.servicesOf(u) {
			if why := r.usable(s, u); mayLogIn(u) && r.getsIn(s, u) && why != "" {
				all = append(all, "tokens of "+u.Name+" were not tried any further: "+why)
			}
		}
	}
	if n := len(all) - maxLeftOut; n > 0 {
		all = append(all[:maxLeftOut], fmt.Sprintf("nor were those of %d more users", n))
	}
	return all
}

// nobody says which services gave no configured user a token, and why that may
// be. A run is no pass then, for it has seen nothing of the service.
func (r *run) nobody(v *record.Verdict) {
	if v.State == record.VerdictInterrupted {
		return
	}
	for _, s := range r.services() {
		e := r.entry(s)
		if !e.nobody() {
			continue
		}
		if v.State == record.VerdictPass {
			v.State, v.Exit = record.VerdictInconclusive, exitInconclusive
		}
		v.Reasons = append(v.Reasons, r.saysOf(&e))
		if why := r.whyNobody(&e); why != "" {
			v.Reasons = append(v.Reasons, why)
		}
	}
}

// anyNobody reports whether there is such a service.
func (r *run) anyNobody() bool {
	return slices.ContainsFunc(r.services(), func(s unifier.Service) bool {
		e := r.entry(s)
		return e.nobody()
	})
}

// nowhere says what every login of a user who should get a token got, where that
// looks as if no token service were there: a web page, a redirect, 404 or 503. It
// is "" otherwise.
func (r *run) nowhere() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	kinds := maps.Clone(r.past.kinds)
	for _, a := range r.every {
		if a.entitled {
			kinds[nowhereKind(a)] = true
		}
	}
	if len(kinds) != 1 {
		return ""
	}
	for what := range kinds {
		return what
	}
	return ""
}

// nowhereKind is what an answer looks like that comes from no token service, "" for all others.
func nowhereKind(a *answer) string {
	switch status := a.reply.Status; {
	case status >= 300 && status < 400, status == http.StatusNotFound, status == http.StatusServiceUnavailable:
		return strconv.Itoa(status)
	case status < 300 && bytes.HasPrefix(bytes.TrimSpace(a.reply.Body), []byte("<")):
		return "a web page"
	}
	return ""
}

// refused names the users whose first login got 401 or 403, with that status.
func (r *run) refused() []string {
	var who []string
	for i := range r.o.Users {
		for _, s := range r.services() {
			a := r.sample(s, &r.o.Users[i])
			if a != nil && (a.reply.Status == http.StatusUnauthorized || a.reply.Status == http.StatusForbidden) {
				who = append(who, fmt.Sprintf("%s (%d)", r.o.Redactor.String(r.o.Users[i].Name), a.reply.Status))
				break
			}
		}
	}
	return who
}

// states names what failed and what ended in an error: by requirement, or by
// scenario where there is none.
func states(c *record.Conformance) (failed, errors []string) {
	for _, q := range c.Requirements {
		switch q.State {
		case record.Fail:
			failed = append(failed, q.ID)
		case record.Error:
			errors = append(errors, q.ID)
		}
	}
	for _, s := range c.Scenarios {
		bare := len(s.Requirements) == 0
		switch {
		case s.State == record.Fail && (bare || !contains(failed, s.Requirements)):
			failed = append(failed, name(s))
		case s.State == record.Error && bare:
			errors = append(errors, name(s))
		}
	}
	return failed, errors
}

// name names a scenario in a verdict.
func name(s record.Scenario) string {
	if len(s.Requirements) > 0 {
		return s.Requirements[0]
	}
	return fmt.Sprintf("%q (%s)", s.Name, s.ID)
}

// contains reports whether one of the ids is in the list.
func contains(list, ids []string) bool {
	for _, a := range list {
		for _, b := range ids {
			if a == b {
				return true
			}
		}
	}
	return false
}

// maxWarningIDs bounds how many requirements that warn are named.
const maxWarningIDs = 8

// summary says that the gate held, and what it let pass.
func summary(c *record.Conformance) string {
	s := fmt.Sprintf("every requirement that the gate %q covers and that could be checked is met", c.Gate)
	if c.Summary.Warning > 0 {
		s += "; " + amount.Of(c.Summary.Warning, "scenario warns", "scenarios warn")
		var ids []string
		for _, q := range c.Requirements {
			if q.State == record.Warning {
				ids = append(ids, q.ID)
			}
		}
		if more := len(ids) - maxWarningIDs; more > 0 {
			ids = append(ids[:maxWarningIDs], fmt.Sprintf("%d more", more))
		}
		if len(ids) > 0 {
			s += " (" + strings.Join(ids, ", ") + ")"
		}
	}
	if c.Summary.Waived > 0 {
		s += "; " + amount.Of(c.Summary.Waived, "is waived", "are waived")
	}
	return s
}

// tolerances lists the margins that the judgements used.
func (r *run) tolerances() []record.Tolerance {
	list := []record.Tolerance{
		{Name: "expiryTime", Value: "1 minute, since it has no seconds (A10)"},
		{Name: "duration in days", Value: "24 hours or a calendar day each (A9)"},
		{Name: "clock skew", Value: "at most " + r.o.MaxClockSkew.String()},
	}
	measured := "not known: no Date header was seen"
	if low, high, ok := r.skew(); ok {
		measured = skewText(low, high)
	}
	return append(list, record.Tolerance{Name: "clock skew measured", Value: measured})
}

// skewed says by how much the clocks differ where that is surely more than is
// allowed for; else it is "".
func (r *run) skewed() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	low, high, ok := r.skew()
	if low, high = min(low, high), max(low, high); !ok || low <= r.o.MaxClockSkew && high >= -r.o.MaxClockSkew {
		return ""
	}
	return skewText(low, high)
}

// skew bounds how far the target's clock is ahead of ours, from the Date
// headers of all answers: each has whole seconds and was written between
// sending and receiving.
func (r *run) skew() (low, high time.Duration, ok bool) {
	c := &r.clock
	for _, a := range r.every[c.seen:] {
		c.see(&a.reply)
	}
	c.seen = len(r.every)
	return c.low, c.high, c.dated
}

// drift bounds how far the target's clock is ahead of ours.
type drift struct {
	low, high time.Duration
	dated     bool // some answer had a Date
	seen      int  // how many of the repetition's answers were looked at
}

// see narrows the bounds by an answer's Date.
func (c *drift) see(a *oracle.Reply) {
	date, err := http.ParseTime(a.Header.Get("Date"))
	if err != nil {
		return
	}
	low, high := date.Sub(a.Received), date.Add(time.Second).Sub(a.Sent)
	if c.dated {
		low, high = max(c.low, low), min(c.high, high)
	}
	c.low, c.high, c.dated = low, high, true
}

// ahead is by how much the target's clock may be ahead of ours while scenarios run; 0 if it is behind.
func (r *run) ahead() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	low, high, _ := r.skew()
	return max(low, high, 0)
}

// skewText writes bounds of a skew.
func skewText(low, high time.Duration) string {
	if low > high { // the clock moved meanwhile
		low, high = high, low
	}
	if low <= 0 && high >= 0 {
		return "none that shows"
	}
	where := "ahead"
	if high < 0 {
		low, high, where = -high, -low, "behind"
	}
	return fmt.Sprintf("the target's clock is between %s and %s %s", low.Round(time.Millisecond), high.Round(time.Millisecond), where)
}

// haltSilent notes that no answer came at all, why, and what to do about it.
func (r *run) haltSilent(err error) {
	d := unifier.Diagnose(err)
	r.halt("nothing answers at %s: %s", r.o.BaseURL, strings.TrimPrefix(d.Cause, "nothing answers there: "))
	if d.Hint != "" {
		r.halted.Reasons = append(r.halted.Reasons, r.o.Redactor.String("hint: "+d.Hint))
	}
}
