package load

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/unigate/unigate/internal/amount"
	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load/wire"
)

// Run puts load on the target and returns what was measured and the verdict.
// The error is a *UsageError for a mistake in the options; whatever happens
// after the first request is part of the verdict. Beside a record, the error
// says that Options.Results is not whole; the record and the verdict are.
//
// When ctx ends, nothing more is sent, what is in flight may be answered within
// a second, and the verdict is that of an interrupted run.
func Run(ctx context.Context, o Options) (*record.Load, record.Verdict, error) {
	e, err := newEngine(o)
	if err != nil {
		return nil, record.Verdict{}, err
	}
	return e.run(ctx)
}

// run is Run after the options were checked.
func (e *engine) run(ctx context.Context) (*record.Load, record.Verdict, error) {
	defer e.transport.Close()
	e.verifier = newVerifier(e)
	e.watch = startWatch(e)
	defer e.watch.gc.Restore() // after the report: what it makes is not worth a collection
	if e.o.Metrics != nil {
		e.o.Metrics(&Metrics{e})
	}
	e.clock.start(time.Now())
	reason := tooLateFor(e.o.StartAt)
	if reason == "" {
		reason = e.preflight(ctx)
	}
	if reason == "" {
		reason = e.awaitStart(ctx)
	}
	if reason == "" {
		e.warmup(ctx)
		reason = e.awaitPlan(ctx)
	}
	var found *record.Capacity
	var planned time.Duration
	if reason == "" {
		e.watch.restart()
		if e.o.Capacity != nil {
			found = e.search(ctx)
		} else {
			planned = e.attackPlan(ctx)
		}
	}
	e.watch.finish()
	e.verifier.close()
	e.verifier.settleDoubts()
	out := e.report(planned, found)
	verdict := e.verdict(out, reason)
	if e.reportError != nil {
		return nil, verdict, e.reportError
	}
	if err := e.results.flush(); err != nil {
		return out, verdict, fmt.Errorf("the results file: %w", err)
	}
	return out, verdict, nil
}

// attackPlan sends the plan and returns how long it took, the drain aside.
func (e *engine) attackPlan(ctx context.Context) time.Duration {
	total, before, began := time.Duration(0), uint64(0), time.Now()
	for _, s := range e.o.Plan.stretches() {
		e.wait(ctx, began.Add(s.start)) // the last request before it may be answered already
		if e.over(ctx) {
			break
		}
		a := &attack{
			e: e, schedule: s.schedule, duration: s.duration, base: e.sequence, attempts: &e.planDone,
			sinks: append([]sink{{recorder: e.recorder, offset: s.start}}, e.tallies.sinks(s)...),
		}
		a.first, a.every = e.share(s.schedule, before)
		e.watch.stretch(s)
		a.run(ctx)
		e.mergeLag(a)
		e.sequence += e.passed(a)
		before += e.passed(a)
		total = s.start + a.ended
	}
	e.recorder.SetEnd(total)
	e.tallies.setEnd(total)
	return total
}

// warmup sends requests that are not counted. The first wrong answer ends the run.
func (e *engine) warmup(ctx context.Context) {
	if e.o.Plan.Warmup <= 0 || e.over(ctx) {
		return
	}
	s := e.o.Plan.warmup()
	a := &attack{e: e, schedule: s.schedule, duration: s.duration, warm: true, base: e.sequence, attempts: &e.warmDone}
	a.first, a.every = e.share(s.schedule, 0)
	e.watch.warmup(s)
	a.run(ctx)
	e.verifier.wait()
	e.verifier.settleDoubts()
	e.sequence += e.passed(a)
	e.maxInFlight.Store(0)
}

// preflight asks each service twice for a token of one user of each type: does the target
// answer at all, does it let us in, by how much is its clock off, and does it
// prolong one token per user (A11)? It returns why the run cannot begin, or "".
func (e *engine) preflight(ctx context.Context) string {
	var refusals []string
	served := 0
	for _, k := range e.groups() {
		in, reason := e.preflightGroup(ctx, k)
		if reason != "" {
			return reason
		}
		if in {
			served++
		} else {
			refusals = append(refusals, e.nameOf(k))
		}
	}
	if served == 0 && len(refusals) > 0 {
		return "the target refused every user that was tried at " + strings.Join(refusals, " and ") +
			"; are these the credentials of this system? unigate doctor names the likely causes"
	}
	for i := range e.classes {
		if n, spent := e.admission.spent(i); spent {
			e.stop("user %s was refused before the load began (%s): stopped so that no account gets locked", e.classes[i].user.Name, amount.Of(n, "time", "times in a row"))
		}
		e.setJudges(&e.classes[i])
	}
	return e.heed(ctx)
}

// heed waits as long as the target asked for with Retry-After before the plan, and
// returns why the run cannot begin, or "".
func (e *engine) heed(ctx context.Context) string {
	wait := time.Until(e.notBefore)
	if wait <= 0 {
		return ""
	}
	if wait > e.o.Plan.Duration() {
		return fmt.Sprintf("the target asked to wait %s before anything of the plan was sent (Retry-After), which is longer than the plan", waitText(wait.Round(time.Millisecond)))
	}
	e.watch.begin("waiting", stretch{duration: wait})
	e.wait(ctx, e.notBefore)
	return ""
}

// nameOf names a group of requests: by its service alone where that has one type of users.
func (e *engine) nameOf(k group) string {
	if s := e.services[k.service]; len(unifier.Service(s).Users()) < 2 {
		return s
	}
	return e.services[k.service] + " for " + string(k.user) + " users"
}

// absent says that the target does not have a service of which nobody said that it
// does: no edition was chosen, and the one that holds until then has no such service.
func (e *engine) absent(k group, status int) string {
	s := unifier.Service(e.services[k.service])
	if e.o.Edition != "" || s.In(unifier.Edition217) || status != http.StatusNotFound && status != http.StatusMethodNotAllowed {
		return ""
	}
	return fmt.Sprintf("the target has no %s: %s answers HTTP %d", s.Name(), s.Path(), status)
}

// preflightGroup asks one service for users of one type; in is false where every user that was tried was refused.
func (e *engine) preflightGroup(ctx context.Context, k group) (in bool, reason string) {
	tried := 0
	for i := range e.classes {
		c := &e.classes[i]
		if c.group() != k {
			continue
		}
		if tried++; tried > maxRefusedUsers {
			return false, ""
		}
		if _, spent := e.admission.spent(i); spent {
			continue
		}
		if reason := e.heed(ctx); reason != "" {
			return false, reason
		}
		first, status, err := e.ask(ctx, i)
		if err != "" {
			return false, err
		}
		if status == http.StatusUnauthorized || status == http.StatusForbidden {
			e.admission.refused(i)
			continue
		}
		if reason := e.absent(k, status); reason != "" {
			return false, reason
		}
		if reason := e.heed(ctx); reason != "" {
			return false, reason
		}
		second, _, err := e.ask(ctx, i)
		if err != "" {
			return false, err
		}
		e.foundOut(c, i, first, second)
		return true, ""
	}
	return false, ""
}

// unreached says why no answer came, and what to do about it.
func unreached(r *wire.Reply) string {
	d := unifier.Diagnose(r.Err)
	switch {
	case d.Kind == "" || d.Kind == unifier.KindTransport:
		return r.Kind + ": " + r.Detail
	case d.Hint == "":
		return d.Cause
	}
	return strings.TrimPrefix(d.Cause, "nothing answers there: ") + "; " + d.Hint
}

// ask sends one request outside the plan and returns the token that came.
func (e *engine) ask(ctx context.Context, class int) (token string, status int, reason string) {
	if ctx.Err() != nil {
		e.interrupted.Store(true)
		return "", 0, "interrupted"
	}
	grant, err := e.admission.admit(class)
	if err != nil {
		return "", 0, err.Error()
	}
	defer e.admission.done(grant)
	c := &e.classes[class]
	var r wire.Reply
	undo := context.AfterFunc(ctx, e.transport.Cut)
	defer undo()
	sent := time.Now()
	e.transport.DoAlone(c.call, &r, &e.preDone)
	received := time.Now()
	e.service = max(e.service, received.Sub(sent))
	if r.Status == 0 {
		if ctx.Err() != nil {
			e.interrupted.Store(true)
			return "", 0, "interrupted"
		}
		return "", 0, fmt.Sprintf("%s cannot be reached: %s", e.o.BaseURL.Host, e.o.Redact(unreached(&r)))
	}
	if date, err := http.ParseTime(r.Header.Get("Date")); err == nil {
		// The header has whole seconds: half of one is the best guess of the rest.
		if skew := date.Add(time.Second / 2).Sub(received); skew.Abs() > time.Second {
			e.skew = skew
		}
	}
	if wait, ok := unifier.RetryAfter(r.Status, r.Header, received); ok {
		e.notBefore = received.Add(wait)
	}
	if r.Status != http.StatusOK {
		return "", r.Status, ""
	}
	e.admission.served(class)
	reply := oracle.Reply{Status: r.Status, Header: r.Header, Body: r.Body, Sent: sent, Received: received}
	out := c.judge.Judge(&reply)
	if out.Token != "" {
		e.kept.see(c, &reply, &out)
	}
	return strings.Clone(out.Token), r.Status, ""
}

// counts returns the attempts of the run by part.
func (e *engine) attempts() (preflight, warmup, plan uint64) {
	get := func(n *atomic.Int64) uint64 { return uint64(max(n.Load(), 0)) }
	return get(&e.preDone), get(&e.warmDone), get(&e.planDone)
}
