package reports

import (
	"fmt"
	"strings"

	"github.com/unigate/unigate/internal/amount"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/sheet"
)

// text draws the report for a terminal: the verdict and why, what could not be
// checked, then conformance and load in full.
func text(run *record.Run, o Options) ([]byte, error) {
	p := &sheet.Page{Width: max(o.Width, 40), Color: o.Color}
	if o.Quiet {
		p.Line("%s", p.State(string(run.Verdict.State), sheet.OneLine(VerdictLine(run))))
		return p.Bytes()
	}
	textVerdict(p, run)
	if c := run.Conformance; c != nil {
		textUnchecked(p, c)
		textRequirements(p, c, o)
		textFailures(p, c, o)
		textNotes(p, c)
		if o.Verbose {
			textScenarios(p, c)
		}
	}
	if run.Load != nil {
		textLoad(p, run.Load)
	}
	p.Blank()
	if run.Conformance != nil {
		textField(p, "Advice: ", advice(run.Conformance))
	}
	p.Line("%s", p.State(string(run.Verdict.State), sheet.OneLine(VerdictLine(run))))
	return p.Bytes()
}

// textVerdict writes the verdict, why, and what was examined.
func textVerdict(p *sheet.Page, run *record.Run) {
	if l := run.Load; l != nil && l.Generator.Saturated {
		p.StateText("", "warning", "the load generator was saturated: the figures below describe it as much as the target")
		p.Blank()
	}
	what := ""
	if run.Target.Embedded { // nobody's system was examined, and the first line says so
		what = ": the embedded reference service, no system of yours"
	}
	if isPart(run) {
		what = ": " + partFigures(run)
	}
	p.Line("%s (exit %d)%s", p.State(string(run.Verdict.State), sheet.OneLine(word(run.Verdict))), run.Verdict.Exit, what)
	textProblems(p, run)
	for _, r := range reasonsBeside(run) {
		p.Text("  - ", r)
	}
	p.Blank()
	target := run.Target.BaseURL
	if run.Target.Embedded {
		target += " (embedded reference service)"
	}
	if run.Target.Edition != "" {
		target += ", edition " + run.Target.Edition
	}
	p.Text("target  ", target)
	textField(p, "users   ", run.Target.Warning)
	textField(p, "parts   ", partsLine(run.Load))
	for _, line := range keptLines(run) {
		p.Text("kept    ", line)
	}
	p.Text("run     ", fmt.Sprintf("unigate %s %s, %s, took %s", run.Command, run.Tool.Version, stamp(run.Started),
		seconds(run.Finished.Sub(run.Started).Seconds())))
	if c := run.Conformance; c != nil && len(c.Requirements) > 0 {
		p.Text("checked ", checkedFigures(c))
		textField(p, "repeat  ", repeated(c))
		textField(p, "advice  ", advice(c))
	}
}

// textProblems says in sentences what is wrong, and for whom; the first few of many.
func textProblems(p *sheet.Page, run *record.Run) {
	all := problems(run.Conformance)
	for _, x := range all[:min(len(all), namedFindings)] {
		p.Text("  ", x.text())
	}
	if n := len(all) - namedFindings; n > 0 {
		p.Text("  ", fmt.Sprintf("And %d more: see the failures below.", n))
	}
}

// text is a problem in one paragraph.
func (x problem) text() string {
	s := sheet.Clip(sheet.OneLine(x.Says), 400)
	if x.Whom != "" {
		s += " Matters to " + x.Whom + "."
	}
	if x.Since != "" {
		s += " " + upper(x.Since) + "."
	}
	if x.ID != "" {
		s += " (" + x.ID + ")"
	}
	return s
}

// textUnchecked names the documented requirements that were not checked.
func textUnchecked(p *sheet.Page, c *record.Conformance) {
	if len(c.Unchecked) == 0 {
		return
	}
	p.Heading("Not checked, though documented")
	for _, r := range unchecked(c) {
		reason := r.Reason
		if reason == "" {
			reason = "no reason was recorded"
		}
		p.Text(fmt.Sprintf("  %-9s ", r.ID), reason)
	}
}

// textRequirements writes the requirements by service, and only why where one reason
// kept all of them from being checked.
func textRequirements(p *sheet.Page, c *record.Conformance, o Options) {
	groups := groupRequirements(c.Requirements)
	if reason := noneChecked(c); reason != "" && !o.Verbose {
		p.Heading("Requirements")
		p.Text("", fmt.Sprintf("None of the %d was checked: %s. --verbose lists them.", len(c.Requirements), reason))
		groups = nil
	}
	for _, g := range groups {
		p.Heading(g.Title)
		t := &sheet.Table{
			Columns: []sheet.Column{{Title: "id"}, {Title: "level"}, {Title: "state"}, {Title: "requirement", Wrap: true}},
			Paint: func(column int, cell, line string) string {
				if column == 2 {
					return p.State(cell, line)
				}
				return line
			},
		}
		for _, r := range g.Requirements {
			t.Add(sheet.OneLine(r.ID), sheet.OneLine(string(r.Level)), sheet.OneLine(string(r.State)), sheet.OneLine(about(r)))
		}
		p.Table(t, 0)
	}
	s := c.Summary
	p.Blank()
	p.Text("", fmt.Sprintf("Scenarios: %d pass, %d waived, %d skipped, %d warning, %d fail, %d error; gate %s; %s sent",
		s.Pass, s.Waived, s.Skipped, s.Warning, s.Fail, s.Error, c.Gate, amount.Of(c.RequestsSent, "request", "requests")))
}

// shownFailures is how many scenarios the text report shows in full unless
// --verbose asks for all.
const shownFailures = 15

// textFailures writes what failed, with expected, observed and a curl line.
func textFailures(p *sheet.Page, c *record.Conformance, o Options) {
	for _, k := range []struct {
		title  string
		states []record.State
	}{
		{"Failures", []record.State{record.Error, record.Fail}},
		{"Warnings", []record.State{record.Warning}},
	} {
		found := withState(c.Scenarios, k.states...)
		if len(found) == 0 {
			continue
		}
		p.Heading(k.title)
		for i, s := range found {
			if i == shownFailures && !o.Verbose {
				p.Text("  ", fmt.Sprintf("and %d more: --verbose shows all, and so does the HTML report", len(found)-i))
				break
			}
			textScenario(p, s, o)
		}
	}
}

// textScenario writes one scenario that did not pass.
func textScenario(p *sheet.Page, s record.Scenario, o Options) {
	head := strings.Join(s.Requirements, ", ")
	if head != "" {
		head += ": "
	}
	p.StateText("  * ", string(s.State), sheet.OneLine(head+s.Name))
	p.Text("    ", "at "+sheet.OneLine(where(s)))
	if s.Reason != "" {
		p.Text("    reason    ", s.Reason)
	}
	for _, st := range s.Steps {
		if !st.State.Worse(record.Skipped) {
			continue
		}
		p.Text("    step      ", stepText(st))
		textField(p, "    error     ", st.Error)
		textField(p, "    expected  ", st.Expected)
		textField(p, "    observed  ", st.Observed)
	}
	for _, n := range s.Notes {
		p.Text("    note      ", n)
	}
	exchanges := s.Exchanges
	if !o.Verbose && len(exchanges) > 1 {
		exchanges = exchanges[quotedIndex(s):][:1]
		textField(p, "    among     ", amongOf(s))
	}
	for i, e := range exchanges {
		if o.Verbose && e.Wrong {
			p.Text("    ", fmt.Sprintf("exchange %d of %d, which is wrong:", i+1, len(exchanges)))
		}
		p.Command("    $ ", sheet.OneLine(e.Curl))
		if o.Verbose {
			textExchange(p, e)
		} else {
			textField(p, "      ! ", e.Error)
		}
	}
}

// textField writes a field that may be empty.
func textField(p *sheet.Page, lead, value string) {
	if value != "" {
		p.Text(lead, value)
	}
}

// textExchange writes a request and its answer.
func textExchange(p *sheet.Page, e record.Exchange) {
	p.Text("      > ", e.Request.Method+" "+e.Request.URL)
	for _, h := range e.Request.Headers {
		p.Text("      > ", h.Name+": "+h.Value)
	}
	if e.Error != "" {
		p.Text("      ! ", e.Error)
	}
	if e.Response == nil {
		return
	}
	p.Text("      < ", fmt.Sprintf("%s %d, after %s", e.Response.Proto, e.Response.Status, seconds(e.DurationS)))
	for _, h := range e.Response.Headers {
		p.Text("      < ", h.Name+": "+h.Value)
	}
	if e.Response.Body != "" {
		p.Text("      < ", e.Response.Body)
	}
	if e.Response.Truncated {
		p.Line("      < (the body went on)")
	}
}

// textNotes writes the readings of ambiguous places and the tolerances used.
func textNotes(p *sheet.Page, c *record.Conformance) {
	if len(c.Ambiguities) > 0 {
		p.Heading("Ambiguities of the documentation, and the reading that the target follows")
		t := &sheet.Table{Columns: []sheet.Column{{Title: "id"}, {Title: "question", Wrap: true}, {Title: "reading", Wrap: true}}}
		for _, a := range c.Ambiguities {
			t.Add(sheet.OneLine(a.ID), sheet.OneLine(a.Title), sheet.OneLine(a.Reading))
		}
		p.Table(t, 0)
	}
	if len(c.Tolerances) > 0 {
		p.Heading("Tolerances that the judgements used")
		t := &sheet.Table{Columns: []sheet.Column{{Title: "tolerance", Wrap: true}, {Title: "value", Wrap: true}}}
		for _, a := range c.Tolerances {
			t.Add(sheet.OneLine(a.Name), sheet.OneLine(a.Value))
		}
		p.Table(t, 0)
	}
}

// textScenarios lists every scenario.
func textScenarios(p *sheet.Page, c *record.Conformance) {
	p.Heading("Scenarios")
	t := &sheet.Table{
		Columns: []sheet.Column{{Title: "state"}, {Title: "scenario", Wrap: true}, {Title: "at", Wrap: true}, {Title: "ms", Right: true}},
		Paint: func(column int, cell, line string) string {
			if column == 0 {
				return p.State(cell, line)
			}
			return line
		},
	}
	for _, s := range c.Scenarios {
		name := s.Name
		if s.Reason != "" {
			name += " (" + s.Reason + ")"
		}
		t.Add(sheet.OneLine(string(s.State)), sheet.OneLine(name), sheet.OneLine(where(s)), ms(s.DurationS))
	}
	p.Table(t, 0)
}
