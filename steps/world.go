package steps

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/cucumber/godog"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/unifier"
)

// World is what one scenario knows and did. godog makes one goroutine per
// scenario, so nothing in it is locked.
type World struct {
	run      *run
	scenario *Scenario
	attempt  int
	// became is the state of an attempt of which nothing else is kept, else empty.
	became  record.State
	started time.Time
	ended   time.Time

	// users were picked by a Given step, the latest last.
	users []*unifier.User
	// answers are what the token services said, in the order of the calls.
	answers []*answer
	// calls are what other services said to tokens, since the last Then step.
	calls []*call
	// held are the users that no other scenario may fetch tokens of meanwhile.
	held []*holding
	load *loadPlan

	steps     []record.Step
	stepStart time.Time
	stepWords match // what matches the step that has begun
	evidence  []*evidence
	notes     []string
	findings  []oracle.Finding
	// instead are the requirements of a failure that only says that no token came.
	instead []string
	// quoted are the exchanges that failing steps quote, by the number of the step.
	quoted map[int]*unifier.Exchange
	reason string
	broken bool // a step is undefined, pending or ambiguous
	passed bool // the scenario is not selected: none of its steps is run
}

// worldKey finds the World in a context.
type worldKey struct{}

// worldOf returns the scenario's World.
func worldOf(ctx context.Context) *World { return ctx.Value(worldKey{}).(*World) }

// answer is an answer of a token service.
type answer struct {
	service  unifier.Service
	user     *unifier.User
	exchange unifier.Exchange
	reply    oracle.Reply
	expect   oracle.Expectation
	sent     oracle.Sent
	// situation is the word for what was asked, in the names of traits.
	situation string
	// shared is true for the first login of a user, which many scenarios look at.
	shared bool
	// entitled is true where the credentials were right and the call should get a token.
	entitled bool
	judged   oracle.Judgement
	// open is true where the documentation does not say how long the token is
	// valid, so that its dates and their zone cannot be judged.
	open bool
	// broken is true where a call that should get a token got no whole answer, twice.
	broken bool
	// stored is true where the call asked for an expiry and got a token again that
	// was given before, its end unchanged (A11): then the expiry shows nothing.
	stored bool
	// before is true where the token may be from before the run, so that its validity
	// cannot be judged.
	before bool
	// away is true where a gateway answered in the place of a target that is not there any more.
	away bool
	// blocked is true where a firewall answered in its place that shut this machine out.
	blocked bool
}

// judge judges an answer that should hold a token.
func (a *answer) judge(expect oracle.Expectation) oracle.Judgement {
	return oracle.JudgeToken(a.service, expect, a.reply)
}

// gotToken reports whether the answer holds a token with status 200.
func (a *answer) gotToken() bool { return a.reply.Status == 200 && a.judged.Token != "" }

// who names the user in texts.
func (a *answer) who() string {
	if a.user == nil {
		return "nobody"
	}
	return a.user.Name
}

// mismatch is the error of a step that found what must not be.
type mismatch struct {
	findings []oracle.Finding
	// instead are the requirements that are broken where a step only says that no token
	// came, whatever its scenario is about.
	instead []string
}

// Error says the first finding, and how many more there are.
func (m *mismatch) Error() string {
	text := fmt.Sprintf("expected %s, observed %s", m.findings[0].Expected, m.findings[0].Observed)
	if n := len(m.findings) - 1; n > 0 {
		text += fmt.Sprintf(", and %d more", n)
	}
	return text
}

// asMismatch finds a mismatch in an error.
func asMismatch(err error, m **mismatch) bool { return errors.As(err, m) }

// shownFindings bounds how many findings of one step are listed.
const shownFindings = 20

// details says what the first finding's expected and observed leave out, and
// lists the other findings, one a line.
func (m *mismatch) details() string {
	lines := []string{m.findings[0].Detail}
	for i, f := range m.findings[1:] {
		if i == shownFindings {
			lines = append(lines, fmt.Sprintf("and %d more", len(m.findings)-1-i))
			break
		}
		line := fmt.Sprintf("expected %s, observed %s", f.Expected, f.Observed)
		if f.Detail != "" {
			line += " (" + f.Detail + ")"
		}
		lines = append(lines, line)
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// transportError is the error of a call that got no answer.
type transportError struct{ err error }

// Error says what happened to the call.
func (t *transportError) Error() string {
	if errors.Is(t.err, errLimited) || errors.Is(t.err, errBusy) || errors.Is(t.err, errGateway) {
		return t.err.Error()
	}
	return "no answer came: " + t.err.Error()
}

// mistake is the error of a step that a scenario uses wrongly. Like a step that
// is not defined it fails the run: it is neither the target's nor unigate's.
type mistake string

// Error says what is wrong with the scenario.
func (m mistake) Error() string { return string(m) + "; the scenario is written wrongly" }

// errLimited stands for an answer with status 429: it says nothing about
// conformance, but that the target wants fewer calls.
var errLimited = errors.New("the target answered HTTP 429, too many requests: run fewer scenarios at once (--parallel 1), or have its limit raised")

// errBusy stands for an answer 503 that says when to ask again, to a call that was made
// again or that would have had to wait too long: the target is not there for a while (RFC
// 9110, section 15.6.4), and nothing is known of how it answers else.
var errBusy = errors.New("the target answered HTTP 503 and asked to wait (Retry-After), for longer than unigate does: try again later")

// errGateway stands for the answer of a gateway: it says nothing of what is behind it.
var errGateway = errors.New("look at its log, and try again")

// unanswered is the error of a call that got no answer, or was asked to wait; nil for all others.
func (a *answer) unanswered() error {
	var spent *unifier.ErrBudget
	switch {
	case a.broken:
		return nil
	case a.blocked && a.exchange.WrongPassword():
		return skip("%v; a wrong password is never sent again", errBlocked)
	case a.blocked:
		return &transportError{errBlocked}
	case a.away:
		return &transportError{errAway}
	case errors.As(a.exchange.Err, &spent):
		return skip("%v", spent)
	case a.exchange.WrongPassword() && (a.reply.Status == http.StatusTooManyRequests || asksToWait(&a.exchange)):
		return skip("the target asked to wait (HTTP %d), and a wrong password is never sent again", a.reply.Status)
	case a.exchange.WrongPassword() && gatewayAnswer(&a.exchange):
		return skip("a gateway answered HTTP %d in the target's place, and a wrong password is never sent again", frontStatus(&a.exchange))
	case a.reply.Status == 0:
		return &transportError{a.exchange.Err}
	case a.reply.Status == http.StatusTooManyRequests:
		return &transportError{errLimited}
	case asksToWait(&a.exchange):
		return &transportError{errBusy}
	}
	return nil
}

// Unwrap returns the cause.
func (t *transportError) Unwrap() error { return t.err }

// skip ends a scenario that cannot be checked, with the reason.
func skip(format string, args ...any) error {
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), godog.ErrSkip)
}

// reasonOf returns the text given to skip.
func reasonOf(err error) string {
	return strings.TrimSuffix(err.Error(), ": "+godog.ErrSkip.Error())
}

// begin makes the World of a scenario that godog begins.
func (r *run) begin(ctx context.Context, id string, n int) *World {
	w := &World{run: r, scenario: r.byID[id], attempt: n, started: r.o.Now()}
	if w.scenario == nil {
		// A row of a table, of which another is selected: the edition has it not.
		w.scenario, w.passed = &Scenario{ID: id}, true
		return w
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.worlds[id] = append(r.worlds[id], w)
	if r.o.Started != nil && ctx.Err() == nil {
		r.o.Started(w.scenario.Name)
	}
	return w
}

// end releases what the scenario holds. godog calls it before the hooks of
// steps that are skipped after a failing one.
func (w *World) end() {
	w.ended = w.run.o.Now()
	for _, h := range w.held {
		h.release()
	}
	w.held = nil
	w.answers, w.calls = nil, nil // those of the whole run among them: no step looks at them any more
	if w.run.o.FailFast && w.run.fails(w) {
		w.run.failFast(w)
	}
}

// stepBegins starts the step's timing.
func (w *World) stepBegins(text string) {
	w.stepStart, w.stepWords = w.run.o.Now(), w.run.vocabulary.match(text)
}

// runStep runs the step that has begun.
func (w *World) runStep(ctx context.Context) error {
	if why := w.stepWords.wrong(); why != "" {
		return errors.New(why)
	}
	return w.stepWords.found[0].call(ctx, w, w.stepWords.args)
}

// wrong says why what matches a step's text cannot be run; empty if it can.
func (m match) wrong() string {
	switch len(m.found) {
	case 0:
		return "no step definition matches this text; docs/conformance.md lists the vocabulary"
	case 1:
		return ""
	}
	return "several step definitions match this text"
}

// stepEnds notes what became of a step.
func (w *World) stepEnds(text string, status godog.StepResultStatus, err error) {
	s := record.Step{Text: text, DurationS: w.run.o.Now().Sub(w.stepStart).Seconds()}
	if i := len(w.steps); i < len(w.scenario.Steps) {
		s.Keyword, s.Line = w.scenario.Steps[i].Keyword, w.scenario.Steps[i].Line
	}
	switch why := w.stepWords.wrong(); {
	case why != "": // also where a step before was skipped or failed
		w.breaks(&s, why)
	case status == godog.StepPassed:
		s.State = record.Pass
	case status == godog.StepSkipped:
		s.State = record.Skipped
		if err != nil {
			w.reason = reasonOf(err)
			s.Error = w.reason
		}
	case status == godog.StepPending:
		w.breaks(&s, "the step is not implemented")
	default:
		w.stepFails(&s, err)
	}
	w.steps = append(w.steps, s)
}

// breaks notes a step that cannot be run: a mistake in the scenario, which no
// level and no waiver excuses.
func (w *World) breaks(s *record.Step, why string) {
	s.State, s.Error = record.Fail, why
	if !w.broken {
		w.reason = why + ": " + s.Text
	}
	w.broken = true
}

// stepFails tells apart what the target did wrong from what went wrong on the way.
func (w *World) stepFails(s *record.Step, err error) {
	s.Error = bounded(w.run.o.Redactor.String(err.Error()))
	if w.reason == "" {
		w.reason = s.Error
	}
	var m *mismatch
	var t *transportError
	var wrong mistake
	switch {
	case errors.As(err, &m):
		s.State, s.Error = record.Fail, m.details()
		s.Expected, s.Observed = m.findings[0].Expected, m.findings[0].Observed
		w.findings, w.instead = append(w.findings, m.findings...), m.instead
		w.quote(m.findings[0].Exchange)
	case errors.As(err, &wrong):
		w.breaks(s, wrong.Error())
	case errors.As(err, &t) && w.run.interrupted():
		s.State, s.Error, w.reason = record.Skipped, "interrupted", "interrupted"
	default:
		s.State = record.Error
	}
}

// quote notes the exchange that the step quotes which is about to be noted.
func (w *World) quote(x *unifier.Exchange) {
	if x == nil {
		return
	}
	if w.quoted == nil {
		w.quoted = map[int]*unifier.Exchange{}
	}
	w.quoted[len(w.steps)] = x
}

// wrong reports whether something was found about an exchange.
func (w *World) wrong(x *unifier.Exchange) bool {
	return slices.ContainsFunc(w.findings, func(f oracle.Finding) bool { return f.Exchange == x })
}

// state is the worst of the steps'.
func (w *World) state() record.State {
	if w.became != "" {
		return w.became
	}
	states := make([]record.State, 0, len(w.steps))
	for _, s := range w.steps {
		states = append(states, s.State)
	}
	if len(states) == 0 {
		return record.Skipped
	}
	worst := record.Worst(states...)
	if worst == record.Skipped && w.reason == "" {
		w.reason = "not run"
	}
	return worst
}

// note adds a remark to the scenario, once.
func (w *World) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	for _, n := range w.notes {
		if n == text {
			return
		}
	}
	w.notes = append(w.notes, text)
}

// user returns the user that was picked last.
func (w *World) user() (*unifier.User, error) {
	if len(w.users) == 0 {
		return nil, mistake("no user was picked by a step before")
	}
	return w.users[len(w.users)-1], nil
}
