package load

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/amount"
	"github.com/unigate/unigate/internal/objective"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/load/measure"
	"github.com/unigate/unigate/load/unique"
)

// report makes the record of the run.
func (e *engine) report(duration time.Duration, found *record.Capacity) *record.Load {
	if found != nil {
		duration = e.watch.ended.Sub(e.watch.started)
	}
	all := e.recorder.Sum(measure.All)
	out := &record.Load{
		Began: e.watch.started.UTC(),
		Plan:  e.o.Plan.record(), Totals: e.recorder.Totals(), Services: []record.Service{}, Generator: e.generator(),
		Bad: e.bad.list(), Errors: e.errors.list(), Thresholds: []record.Threshold{}, Capacity: found, Stopped: e.stopped(),
	}
	if e.stoppedOpen() != "" { // the notes and the verdict say so
		out.Stopped = ""
	}
	out.Plan.TimeoutS = e.o.Timeout.Seconds()
	out.Plan.Transport = e.transport.Name()
	out.Plan.Verification = e.verification()
	t := &out.Totals
	t.PreflightAttempts, t.WarmupAttempts, t.Attempts = e.attempts()
	t.LostConnections = uint64(max(e.transport.Lost(), 0))
	t.Planned = t.Sent + t.Unsent
	t.DurationS = duration.Seconds()
	if duration > 0 {
		t.RatePerS = float64(all.Achieved) / duration.Seconds()
	}
	e.reportError = e.reportServices(out, &all, duration)
	var err error
	if out.Series, err = e.recorder.Series(); err != nil {
		e.reportError = err
	}
	if out.Connections, err = e.connections(); err != nil {
		e.reportError = err
	}
	for i := range out.Series {
		p := &out.Series[i]
		start := time.Duration(p.TS * float64(time.Second))
		p.Generator = e.watch.series.in(start, start+time.Duration(p.WidthS*float64(time.Second)))
	}
	if found == nil && e.o.Plan.Highest() > 0 {
		out.Generator.NeededInFlight = e.need(&all)
	}
	out.Plan.MaxInflight, out.Plan.InflightByNeed = e.limit, e.o.Plan.MaxInflight == 0
	e.held = e.judgeInFlight(&all)
	out.Notes = e.notes(out)
	if found != nil { // each of its steps was judged by itself
		out.Generator.Saturated, out.Generator.Reasons, out.Generator.Bound = false, nil, ""
	}
	switch {
	case e.o.Part != nil:
		out.Generator.HiddenS = e.hidden.Seconds()
		out.Thresholds, out.Part = partThresholds(e.o.Thresholds), e.part()
		out.Notes = append(e.partNotes(&out.Totals), out.Notes...)
	case found == nil:
		out.Thresholds = e.judged(out, duration)
	}
	if err := e.reportTallies(out, duration); err != nil {
		e.reportError = err
	}
	return out
}

// reportServices writes the rows of the services and that of all together.
func (e *engine) reportServices(out *record.Load, all *measure.Row, duration time.Duration) error {
	var errs []error
	for _, row := range e.recorder.Rows() {
		s, err := row.Record(duration)
		errs = append(errs, err)
		if s.Status == measure.All {
			s.CleanHistogram, err = e.encodeClean(s.Name)
			errs = append(errs, err)
		}
		out.Services = append(out.Services, s)
	}
	var err error
	out.All, err = all.Record(duration)
	errs = append(errs, err)
	out.All.CleanHistogram, err = e.encodeClean(measure.All)
	return errors.Join(append(errs, err)...)
}

// judged are the thresholds with what was measured for them.
func (e *engine) judged(out *record.Load, duration time.Duration) []record.Threshold {
	judged := []record.Threshold{}
	for _, th := range e.o.Thresholds {
		f := e.figures(&th, duration)
		f.OpenAllowed = e.unsentAllowed()
		f.Clean, f.Hidden, f.OwnCause = e.cleanFor(&th), e.hidden, cmp.Or(e.held, out.Generator.Cause)
		if out.Generator.Saturated {
			f.Limit = "the load generator was the limit"
		}
		judged = append(judged, th.Judge(f))
	}
	return judged
}

// verification says how far replies are checked.
func (e *engine) verification() string {
	s := "every reply: status, shape, user, validity, token not seen before"
	for _, c := range e.classes {
		if c.signed != nil {
			return s + fmt.Sprintf("; the signature of 1 in %d JWTs", e.o.SignatureEvery)
		}
	}
	if e.o.NoKeys != "" {
		s += "; no signature: " + e.o.NoKeys
	}
	return s
}

// notes tell what a reader of the figures must know.
func (e *engine) notes(l *record.Load) []string {
	var out []string
	for _, k := range e.groups() {
		if note := e.asksAgain(k); note != "" {
			out = append(out, note)
		}
	}
	if e.kept.before.Load() {
		out = append(out, "tokens were given that are older than this run, their ends unchanged (A11): how long they are valid was not judged")
	}
	for _, name := range e.services {
		if f := e.recorder.Sum(name); f.Count+f.Unsent == 0 && l.Totals.Planned > 0 {
			out = append(out, fmt.Sprintf("no request was due for %s: the plan is too short for its share of the mix", name))
		}
	}
	for _, note := range []string{e.clock.note(), e.renegotiation()} {
		if note != "" {
			out = append(out, note)
		}
	}
	out = append(out, e.asideNotes()...)
	if lost := e.warmLost.Load(); lost != nil {
		out = append(out, fmt.Sprintf("one request of the warm-up was lost: %s; a second one would have ended the run", *lost))
	}
	if n := l.Totals.Unsent; n > 0 {
		theirs := "their latency is at least the time they had waited, and any figure that they could raise is marked ≥"
		if n == 1 {
			theirs = "its latency is at least the time it had waited, and any figure that it could raise is marked ≥"
		}
		out = append(out, fmt.Sprintf("%s due and never left (%s); %s", amount.Of(n, "request was", "requests were"), whyUnsent(&l.Totals), theirs))
	}
	if n := l.Generator.CatchUpRequests; n > 0 {
		out = append(out, amount.Of(n, "request was", "requests were")+" sent faster than planned, up to twice the planned rate, to catch up")
	}
	if e.tokens.Full() {
		out = append(out, fmt.Sprintf("%s: beyond %d a repetition is found with a chance that falls with the distance of the two", amount.Of(e.tokens.Count(), "token", "tokens"), e.exactTokens()))
	}
	for _, r := range e.remarks.list() {
		out = append(out, fmt.Sprintf("%s of %s: %s (inferred, not counted as wrong)", amount.Of(r.Count, "reply", "replies"), r.Service, r.Kind))
	}
	return out
}

// exactTokens returns how many tokens are all told apart.
func (e *engine) exactTokens() uint64 {
	if e.o.ExactTokens > 0 {
		return e.o.ExactTokens
	}
	return unique.Exact
}

// The exit statuses of the verdicts.
const (
	exitPass         = 0
	exitFail         = 1
	exitInconclusive = 3
	exitInterrupted  = 130
)

// judgeUnsent says why so many requests never left that nothing is shown, or "".
// A threshold for unsent judges that instead.
func (e *engine) judgeUnsent(t *record.Totals) string {
	f := objective.Figures{Sent: t.Sent, Unsent: t.Unsent, OpenAllowed: e.unsentAllowed()}
	if e.o.Capacity != nil || !f.TooOpen() {
		return ""
	}
	return fmt.Sprintf("%.1f %% of the plan was never sent (%s)", 100*f.OpenShare(), whyUnsent(t))
}

// unsentAllowed reports whether a threshold says how many requests may stay unsent.
func (e *engine) unsentAllowed() bool {
	return slices.ContainsFunc(e.o.Thresholds, func(t Threshold) bool { return t.Whole() && t.Metric == "unsent" })
}

// whyUnsent lists the reasons of unsent requests.
func whyUnsent(t *record.Totals) string {
	var why []string
	for reason, n := range t.UnsentReasons {
		why = append(why, fmt.Sprintf("%s: %d", reason, n))
	}
	return strings.Join(slices.Sorted(slices.Values(why)), ", ")
}

// verdict judges the run. reason says why it could not begin, or is empty.
func (e *engine) verdict(l *record.Load, reason string) record.Verdict {
	var failures, open []string
	if w := e.warmFailure.Load(); w != nil {
		failures = append(failures, *w)
	}
	if l.Stopped != "" {
		failures = append(failures, "the run stopped itself: "+l.Stopped)
	}
	for _, t := range l.Thresholds {
		switch t.State {
		case record.ThresholdFail:
			failures = append(failures, t.Crossed())
		case record.ThresholdInconclusive:
			open = append(open, fmt.Sprintf("threshold %s: %s", t.Expression, t.Reason))
		}
	}
	if why := e.judgeUnsent(&l.Totals); why != "" && l.Stopped == "" {
		open = append([]string{why}, open...)
	}
	if e.held != "" && l.Stopped == "" {
		open = append([]string{e.held}, open...)
	}
	if why := e.stoppedOpen(); why != "" {
		open = append([]string{"the run stopped itself: " + why}, open...)
	}
	if ended := e.renegotiation(); ended != "" && len(open) > 0 {
		open = append([]string{ended}, open...)
	}
	if l.Capacity != nil {
		f, o := e.judgeCapacity(l)
		failures, open = append(failures, f...), append(open, o...)
	}
	if e.o.Part != nil {
		return e.partVerdict(l, reason)
	}
	if reason != "" {
		open = []string{reason}
	}
	v := record.Verdict{State: record.VerdictPass, Exit: exitPass, Reasons: append(failures, open...)}
	if l.Generator.Saturated {
		// What failed in spite of that, such as a wrong token, is said before it.
		limit := "the load generator was the limit, not the target: " + strings.Join(l.Generator.Reasons, "; ")
		v.Reasons = slices.Insert(v.Reasons, len(failures), limit)
	}
	switch {
	case e.interrupted.Load():
		v.State, v.Exit = record.VerdictInterrupted, exitInterrupted
		v.Reasons = append([]string{"interrupted"}, failures...)
	case len(failures) > 0:
		v.State, v.Exit = record.VerdictFail, exitFail
	case len(open) > 0 || l.Generator.Saturated:
		v.State, v.Exit = record.VerdictInconclusive, exitInconclusive
	default:
		v.Reasons = []string{}
	}
	return v
}
