package reports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	messages21 "github.com/cucumber/messages/go/v21"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/sheet"
)

// messagesProtocol is the version of the Cucumber message protocol written.
const messagesProtocol = "21.0.1"

// messages draws the report as Cucumber messages, one envelope a line. The
// protocol wants feature files; the record holds scenarios, so one document per
// feature file is written out from them, with lines of its own. Waived counts as
// skipped, a warning as passed, and both say why in an attachment.
func messages(run *record.Run, _ Options) ([]byte, error) {
	b := &messageBuilder{run: run}
	b.enc = json.NewEncoder(&b.buf)
	b.enc.SetEscapeHTML(true)
	b.write(&messages21.Envelope{Meta: &messages21.Meta{
		ProtocolVersion: messagesProtocol,
		Implementation:  &messages21.Product{Name: "unigate", Version: run.Tool.Version},
		Runtime:         &messages21.Product{Name: "unigate"},
		Os:              &messages21.Product{Name: "unknown"},
		Cpu:             &messages21.Product{Name: "unknown"},
	}})
	b.write(&messages21.Envelope{Hook: &messages21.Hook{Id: verdictHook, Name: "unigate: what the scenario came to",
		SourceReference: &messages21.SourceReference{Uri: "unigate"}}})
	b.write(&messages21.Envelope{StepDefinition: &messages21.StepDefinition{Id: stepDefinition,
		Pattern:         &messages21.StepDefinitionPattern{Source: ".*", Type: messages21.StepDefinitionPatternType_REGULAR_EXPRESSION},
		SourceReference: &messages21.SourceReference{Uri: "unigate"}}})
	var cases []testCase
	for _, f := range featureFiles(run) {
		cases = append(cases, b.document(f)...)
	}
	b.write(&messages21.Envelope{TestRunStarted: &messages21.TestRunStarted{Timestamp: timestamp(run.Started)}})
	for _, c := range cases {
		b.run1(c)
	}
	b.write(&messages21.Envelope{TestRunFinished: &messages21.TestRunFinished{
		Success: run.Verdict.State == record.VerdictPass, Message: sheet.OneLine(VerdictLine(run)), Timestamp: timestamp(run.Finished)}})
	return b.buf.Bytes(), b.err
}

// The ids of what all scenarios share: the hook that carries what no step shows,
// and the one step definition, since the record does not say which one matched.
const (
	verdictHook    = "verdict"
	stepDefinition = "step"
)

// messageBuilder collects the envelopes.
type messageBuilder struct {
	run *record.Run
	buf bytes.Buffer
	enc *json.Encoder
	err error
	ids int
}

// write writes one envelope and keeps the first error.
func (b *messageBuilder) write(e *messages21.Envelope) {
	if err := b.enc.Encode(e); err != nil && b.err == nil {
		b.err = err
	}
}

// id returns a fresh id.
func (b *messageBuilder) id() string {
	b.ids++
	return strconv.Itoa(b.ids)
}

// testCase is a scenario with the ids that its messages refer to.
type testCase struct {
	scenario record.Scenario
	id       string
	steps    []string
	hook     string
}

// run1 writes the messages of one scenario's run.
func (b *messageBuilder) run1(c testCase) {
	started := b.id()
	at := c.scenario.Started
	b.write(&messages21.Envelope{TestCaseStarted: &messages21.TestCaseStarted{Id: started, TestCaseId: c.id, Timestamp: timestamp(at)}})
	statuses, hook := stepStatuses(c.scenario)
	evidenceAt := evidenceStep(c.scenario)
	for i, st := range c.scenario.Steps {
		b.write(&messages21.Envelope{TestStepStarted: &messages21.TestStepStarted{TestCaseStartedId: started, TestStepId: c.steps[i], Timestamp: timestamp(at)}})
		if i == evidenceAt {
			b.attach(c.scenario, started, c.steps[i])
		}
		at = at.Add(time.Duration(st.DurationS * float64(time.Second)))
		b.finish(started, c.steps[i], statuses[i], stepMessage(st), st.DurationS, at)
	}
	b.write(&messages21.Envelope{TestStepStarted: &messages21.TestStepStarted{TestCaseStartedId: started, TestStepId: c.hook, Timestamp: timestamp(at)}})
	if evidenceAt < 0 {
		b.attach(c.scenario, started, c.hook)
	}
	text := ""
	if hook != messages21.TestStepResultStatus_PASSED {
		text = sheet.Plain(summary(c.scenario))
	}
	b.finish(started, c.hook, hook, text, 0, at)
	b.write(&messages21.Envelope{TestCaseFinished: &messages21.TestCaseFinished{TestCaseStartedId: started, Timestamp: timestamp(at)}})
}

// finish writes the end of a step.
func (b *messageBuilder) finish(started, step string, status messages21.TestStepResultStatus, text string, durationS float64, at time.Time) {
	r := &messages21.TestStepResult{Duration: duration(durationS), Status: status}
	if text != "" && status != messages21.TestStepResultStatus_PASSED {
		r.Message = text
	}
	b.write(&messages21.Envelope{TestStepFinished: &messages21.TestStepFinished{
		TestCaseStartedId: started, TestStepId: step, TestStepResult: r, Timestamp: timestamp(at)}})
}

// attach writes a scenario's state, where it needs a word, and its evidence.
func (b *messageBuilder) attach(s record.Scenario, started, step string) {
	var texts []string
	if s.State == record.Warning || s.State == record.Waived {
		texts = append(texts, strings.ToUpper(string(s.State))+": "+summary(s))
	}
	texts = append(texts, s.Notes...)
	for _, e := range s.Exchanges {
		texts = append(texts, exchangeText(e))
	}
	for _, t := range texts {
		b.write(&messages21.Envelope{Attachment: &messages21.Attachment{
			Body: sheet.Plain(t), ContentEncoding: messages21.AttachmentContentEncoding_IDENTITY,
			MediaType: "text/plain", TestCaseStartedId: started, TestStepId: step}})
	}
}

// evidenceStep is the step to which evidence belongs: the first that did not
// pass, else the last; -1 where there is no step.
func evidenceStep(s record.Scenario) int {
	for i, st := range s.Steps {
		if st.State.Worse(record.Skipped) {
			return i
		}
	}
	return len(s.Steps) - 1
}

// stepStatuses translates the states of a scenario's steps, and gives the hook
// the status by which the scenario's own state is seen: a reader takes the worst.
func stepStatuses(s record.Scenario) (steps []messages21.TestStepResultStatus, hook messages21.TestStepResultStatus) {
	want := messageStatus(s.State)
	hook = want
	for _, st := range s.Steps {
		status := messageStatus(st.State)
		if messageRank(status) > messageRank(want) {
			status = want // a waived failure, or one that the gate made a warning
		}
		if status == want {
			hook = messages21.TestStepResultStatus_PASSED
		}
		steps = append(steps, status)
	}
	return steps, hook
}

// messageStatus is the protocol's word for a state.
func messageStatus(s record.State) messages21.TestStepResultStatus {
	switch s {
	case record.Pass, record.Warning:
		return messages21.TestStepResultStatus_PASSED
	case record.Waived, record.Skipped:
		return messages21.TestStepResultStatus_SKIPPED
	default:
		return messages21.TestStepResultStatus_FAILED
	}
}

// messageRank orders the statuses used here, best first.
func messageRank(s messages21.TestStepResultStatus) int {
	switch s {
	case messages21.TestStepResultStatus_PASSED:
		return 0
	case messages21.TestStepResultStatus_SKIPPED:
		return 1
	default:
		return 2
	}
}

// stepMessage is the text of a step that did not pass.
func stepMessage(st record.Step) string {
	var lines []string
	for _, f := range [][2]string{{"", st.Error}, {"expected: ", st.Expected}, {"observed: ", st.Observed}} {
		if f[1] != "" {
			lines = append(lines, f[0]+f[1])
		}
	}
	return sheet.Plain(strings.Join(lines, "\n"))
}

// exchangeText shows a request and its answer as text.
func exchangeText(e record.Exchange) string {
	var b strings.Builder
	fmt.Fprintf(&b, "$ %s\n\n> %s %s\n", e.Curl, e.Request.Method, e.Request.URL)
	for _, h := range e.Request.Headers {
		fmt.Fprintf(&b, "> %s: %s\n", h.Name, h.Value)
	}
	if e.Error != "" {
		fmt.Fprintf(&b, "! %s\n", e.Error)
	}
	if r := e.Response; r != nil {
		fmt.Fprintf(&b, "\n< %s %d, after %s\n", r.Proto, r.Status, seconds(e.DurationS))
		for _, h := range r.Headers {
			fmt.Fprintf(&b, "< %s: %s\n", h.Name, h.Value)
		}
		fmt.Fprintf(&b, "\n%s\n", r.Body)
		if r.Truncated {
			b.WriteString("(the body went on)\n")
		}
	}
	return b.String()
}

// timestamp is an instant in the protocol's form.
func timestamp(t time.Time) *messages21.Timestamp {
	return &messages21.Timestamp{Seconds: t.Unix(), Nanos: int64(t.Nanosecond())}
}

// duration is a duration in the protocol's form.
func duration(s float64) *messages21.Duration {
	whole, part := math.Modf(max(s, 0))
	return &messages21.Duration{Seconds: int64(whole), Nanos: int64(part * 1e9)}
}
