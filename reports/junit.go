package reports

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/sheet"
)

// The elements of the JUnit format, in the dialect that Jenkins' xUnit plugin
// validates (its junit-10.xsd), the strictest of the common readers: a test case
// may have no properties, file or line there, so these stand in its suite, and
// the case's place is the first line of its output.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Time     string       `xml:"time,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string          `xml:"name,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Errors     int             `xml:"errors,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Time       string          `xml:"time,attr"`
		Timestamp  string          `xml:"timestamp,attr"`
		ID         int             `xml:"id,attr"`
		File       string          `xml:"file,attr,omitempty"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`

		seconds float64
		key     string
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Name      string        `xml:"name,attr"`
		Classname string        `xml:"classname,attr"`
		Time      string        `xml:"time,attr"`
		Failure   *junitOutcome `xml:"failure"`
		Error     *junitOutcome `xml:"error"`
		Skipped   *junitOutcome `xml:"skipped"`
		Out       string        `xml:"system-out,omitempty"`
	}
	junitOutcome struct {
		Type    string `xml:"type,attr"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// junit draws the report for CI servers: one suite per feature file and set of
// requirements, one suite for the thresholds. Waived and skipped scenarios are
// skipped with their reason; a warning passes and says so in its output.
func junit(run *record.Run, _ Options) ([]byte, error) {
	b := &junitBuilder{run: run, level: map[string]record.Level{}}
	if c := run.Conformance; c != nil {
		for _, r := range c.Requirements {
			b.level[r.ID] = r.Level
		}
		for _, s := range c.Scenarios {
			b.scenario(s)
		}
	}
	if run.Load != nil {
		b.thresholds(run.Load)
	}
	b.verdict()
	out := junitSuites{
		Name: "unigate " + sheet.OneLine(run.Command), Time: junitTime(run.Finished.Sub(run.Started).Seconds()), Suites: b.suites,
	}
	for i := range out.Suites {
		s := &out.Suites[i]
		s.Time, s.ID = junitTime(s.seconds), i
		out.Tests, out.Failures, out.Errors = out.Tests+s.Tests, out.Failures+s.Failures, out.Errors+s.Errors
	}
	var buf bytes.Buffer
	buf.WriteString(xml.Header)
	enc := xml.NewEncoder(&buf)
	enc.Indent("", "  ")
	if err := enc.Encode(out); err != nil {
		return nil, err
	}
	buf.WriteByte('\n')
	return buf.Bytes(), nil
}

// junitBuilder collects the suites of a report.
type junitBuilder struct {
	run    *record.Run
	level  map[string]record.Level
	suites []junitSuite
}

// suite returns the suite with the key, made if it does not exist.
func (b *junitBuilder) suite(key, name, file string, properties ...junitProperty) *junitSuite {
	i := slices.IndexFunc(b.suites, func(s junitSuite) bool { return s.key == key })
	if i < 0 {
		properties = append(properties,
			junitProperty{"edition", sheet.OneLine(b.run.Target.Edition)},
			junitProperty{"target", sheet.OneLine(b.run.Target.BaseURL)},
			junitProperty{"tool", sheet.OneLine("unigate " + b.run.Tool.Version)})
		b.suites = append(b.suites, junitSuite{
			key: key, Name: sheet.OneLine(name), File: sheet.OneLine(file), Properties: properties,
			Timestamp: b.run.Started.UTC().Format("2006-01-02T15:04:05"),
		})
		i = len(b.suites) - 1
	}
	return &b.suites[i]
}

// add puts a case into the suite and counts it.
func (s *junitSuite) add(c junitCase, seconds float64) {
	s.Tests++
	s.seconds += seconds
	switch {
	case c.Error != nil:
		s.Errors++
	case c.Failure != nil:
		s.Failures++
	case c.Skipped != nil:
		s.Skipped++
	}
	c.Time = junitTime(seconds)
	s.Cases = append(s.Cases, c)
}

// scenario adds one scenario.
func (b *junitBuilder) scenario(sc record.Scenario) {
	file := sc.File
	if file == "" {
		file = sc.Feature
	}
	ids := strings.Join(sc.Requirements, ", ")
	name := file
	if ids != "" {
		name += ": " + ids
	}
	var properties []junitProperty
	for _, id := range sc.Requirements {
		properties = append(properties, junitProperty{"requirement", sheet.OneLine(id)},
			junitProperty{"level", sheet.OneLine(string(b.level[id]))})
	}
	s := b.suite("scenario\x00"+name, name, file, properties...)
	s.Properties = append(s.Properties, junitProperty{sheet.OneLine(where(sc)), sheet.OneLine(sc.Name)})
	c := junitCase{Name: sheet.OneLine(sc.Name), Classname: junitClass(file), Out: evidence(sc)}
	outcome := &junitOutcome{Type: string(sc.State), Message: sheet.Clip(sheet.OneLine(withIDs(sc, summary(sc))), 400), Text: details(sc)}
	switch sc.State {
	case record.Pass, record.Warning:
	case record.Waived, record.Skipped:
		outcome.Text = ""
		c.Skipped = outcome
	case record.Fail:
		c.Failure = outcome
	default:
		c.Error = outcome
	}
	s.add(c, sc.DurationS)
}

// thresholdsFile is where readers that annotate files put the thresholds; without
// it they look for a file that the class's name fits, and find one of the user's.
const thresholdsFile = "unigate thresholds"

// verdictFile is the same for a verdict.
const verdictFile = "unigate run"

// thresholds adds the objectives of a load test.
func (b *junitBuilder) thresholds(l *record.Load) {
	for _, t := range l.Thresholds {
		s := b.suite("thresholds", "load thresholds", thresholdsFile)
		c := junitCase{Name: sheet.OneLine(t.Expression), Classname: "unigate.thresholds", Out: "measured " + sheet.OneLine(t.Value)}
		message := sheet.OneLine(thresholdText(t))
		outcome := &junitOutcome{Type: string(t.State), Message: message, Text: sheet.OneLine(t.Expression) + "\n" + message}
		switch t.State {
		case record.ThresholdPass:
		case record.ThresholdFail:
			c.Failure = outcome
		case record.ThresholdInconclusive:
			if l.Part != nil { // it is judged on all parts together
				c.Skipped = &junitOutcome{Message: message}
			} else {
				c.Error = outcome
			}
		default:
			c.Error = outcome
		}
		s.add(c, 0)
	}
}

// verdict adds a case for a verdict that no other case explains, so that a run
// without a result is never green, and a failure is one beside what is undecided.
func (b *junitBuilder) verdict() {
	v := b.run.Verdict
	explained := slices.ContainsFunc(b.suites, func(s junitSuite) bool { return s.Failures > 0 })
	if v.State == record.VerdictPass && len(b.suites) > 0 || v.State == record.VerdictFail && explained {
		return
	}
	c := junitCase{Name: "verdict", Classname: "unigate.run"}
	outcome := &junitOutcome{Type: sheet.OneLine(string(v.State)), Message: sheet.OneLine(VerdictLine(b.run)), Text: sheet.Plain(strings.Join(v.Reasons, "\n"))}
	switch v.State {
	case record.VerdictPass:
	case record.VerdictFail:
		c.Failure = outcome
	default:
		c.Error = outcome
	}
	b.suite("run", "unigate run", verdictFile).add(c, 0)
}

// summary says in one line why a scenario is in its state.
func summary(s record.Scenario) string {
	if s.Reason != "" {
		return s.Reason
	}
	for _, st := range s.Steps {
		if st.State.Worse(record.Skipped) || st.State == s.State && s.State != record.Pass {
			switch {
			case st.Error != "":
				return st.Error
			case st.Expected != "" || st.Observed != "":
				return "expected " + st.Expected + ", observed " + st.Observed
			default:
				return st.Text
			}
		}
	}
	return ""
}

// withIDs puts the requirements that a scenario is about before a text: readers
// show a case's message alone.
func withIDs(s record.Scenario, text string) string {
	ids := strings.Join(s.Requirements, ", ")
	if ids == "" {
		return text
	}
	return strings.TrimSuffix(ids+": "+text, ": ")
}

// stepText is a step as its feature file has it: the keyword, a blank, the words.
func stepText(s record.Step) string {
	return strings.TrimSpace(strings.TrimSpace(s.Keyword) + " " + s.Text)
}

// details are the steps that did not pass, and where the scenario stands.
func details(s record.Scenario) string {
	var b strings.Builder
	fmt.Fprintf(&b, "at %s\n", where(s))
	for _, st := range s.Steps {
		if !st.State.Worse(record.Skipped) {
			continue
		}
		fmt.Fprintf(&b, "%s\n", stepText(st))
		for _, f := range [][2]string{{"error", st.Error}, {"expected", st.Expected}, {"observed", st.Observed}} {
			if f[1] != "" {
				fmt.Fprintf(&b, "  %s: %s\n", f[0], f[1])
			}
		}
	}
	for _, n := range s.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	return sheet.Plain(b.String())
}

// evidence is a case's output: its place, a warning's reason, and the curl lines.
func evidence(s record.Scenario) string {
	var b strings.Builder
	fmt.Fprintf(&b, "at %s\n", where(s))
	if s.State == record.Warning || s.State == record.Waived {
		fmt.Fprintf(&b, "%s: %s\n", strings.ToUpper(string(s.State)), sheet.OneLine(summary(s)))
	}
	for _, e := range s.Exchanges {
		fmt.Fprintf(&b, "$ %s\n", sheet.OneLine(e.Curl))
		switch {
		case e.Response != nil:
			fmt.Fprintf(&b, "HTTP %d%s\n", e.Response.Status, wrongMark(e, len(s.Exchanges)))
		case e.Error != "":
			fmt.Fprintf(&b, "%s\n", sheet.OneLine(e.Error))
		}
	}
	return sheet.Plain(b.String())
}

// wrongMark marks an exchange that something is wrong with among several.
func wrongMark(e record.Exchange, of int) string {
	if e.Wrong && of > 1 {
		return ", wrong"
	}
	return ""
}

// junitClass turns a path into the dotted name by which readers group cases.
func junitClass(file string) string {
	return strings.NewReplacer("/", ".", " ", "_").Replace(strings.TrimSuffix(sheet.OneLine(file), ".feature"))
}

// junitTime shows seconds as the format's readers expect them.
func junitTime(s float64) string { return strconv.FormatFloat(max(s, 0), 'f', 3, 64) }
