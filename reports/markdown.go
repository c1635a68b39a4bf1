package reports

import (
	"fmt"
	"strings"

	"github.com/unigate/unigate/internal/amount"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/sheet"
)

// The bounds of the Markdown format. GitHub refuses a job summary of more than
// 1 MiB per step; a cell or a code block is clipped well before that.
const (
	markdownLimit  = 1000 * 1000 // bytes
	markdownCell   = 300         // terminal cells
	markdownShown  = 50          // failures in full
	markdownSample = 2000        // terminal cells; of a plan too, whose phases may be many
)

// markdown draws the report for job summaries and reviews.
func markdown(run *record.Run, _ Options) ([]byte, error) {
	m := &sheet.Markdown{Limit: markdownLimit, Rest: "The rest is left out here, for its size; the HTML report and run.json have it."}
	m.Block("## " + sheet.EscapeMarkdown(heading(run)+": "+word(run.Verdict)))
	m.Block("**" + sheet.EscapeMarkdown(clip(VerdictLine(run))) + "**")
	if l := run.Load; l != nil && l.Generator.Saturated {
		m.Block("**The load generator was saturated: the figures describe it as much as the target.**")
	}
	markdownProblems(m, run.Conformance)
	m.List(clipAll(append(reasonsBeside(run), keptLines(run)...)))
	target := run.Target.BaseURL
	if run.Target.Embedded {
		target += " (embedded reference service)"
	}
	m.Block(sheet.EscapeMarkdown(clip(fmt.Sprintf("Target %s, edition %s; %s, took %s; unigate %s", target, run.Target.Edition,
		stamp(run.Started), seconds(run.Finished.Sub(run.Started).Seconds()), run.Tool.Version))))
	if line := partsLine(run.Load); line != "" {
		m.Block(sheet.EscapeMarkdown(clip(upper(line))))
	}
	if c := run.Conformance; c != nil {
		markdownConformance(m, c)
	}
	if run.Load != nil {
		markdownLoad(m, run.Load)
	}
	return m.Bytes()
}

// markdownProblems says in sentences what is wrong, and for whom.
func markdownProblems(m *sheet.Markdown, c *record.Conformance) {
	var lines []string
	for i, x := range problems(c) {
		if i == markdownShown {
			lines = append(lines, fmt.Sprintf("and %d more, in the HTML report", len(problems(c))-i))
			break
		}
		lines = append(lines, sheet.Clip(sheet.OneLine(x.text()), 2*markdownCell))
	}
	m.List(lines)
}

// clip shortens a text to the size of a cell.
func clip(s string) string { return sheet.Clip(sheet.OneLine(s), markdownCell) }

// clipAll clips every text.
func clipAll(all []string) []string {
	var out []string
	for _, s := range all {
		out = append(out, clip(s))
	}
	return out
}

// markdownConformance writes the conformance part, what needs action first.
func markdownConformance(m *sheet.Markdown, c *record.Conformance) {
	if len(c.Unchecked) > 0 {
		m.Block("### Not checked, though documented")
		var lines []string
		for _, r := range unchecked(c) {
			lines = append(lines, clip(r.ID+": "+r.Reason))
		}
		m.List(lines)
	}
	markdownFailures(m, "Failures", withState(c.Scenarios, record.Error, record.Fail))
	markdownFailures(m, "Warnings", withState(c.Scenarios, record.Warning))
	m.Block("### Requirements")
	s := c.Summary
	m.Block(fmt.Sprintf("Scenarios: %d pass, %d waived, %d skipped, %d warning, %d fail, %d error; gate %s; %s sent",
		s.Pass, s.Waived, s.Skipped, s.Warning, s.Fail, s.Error, sheet.EscapeMarkdown(string(c.Gate)), amount.Of(c.RequestsSent, "request", "requests")))
	if text := repeated(c); text != "" {
		m.Block(upper(text))
	}
	for _, g := range groupRequirements(c.Requirements) {
		t := &sheet.Table{Columns: []sheet.Column{{Title: "id"}, {Title: "level"}, {Title: "state"}, {Title: "requirement"}}}
		for _, r := range g.Requirements {
			t.Add(clip(r.ID), clip(string(r.Level)), clip(string(r.State)), clip(about(r)))
		}
		m.Folded(g.Title, t)
	}
	if len(c.Ambiguities) > 0 {
		t := &sheet.Table{Columns: []sheet.Column{{Title: "id"}, {Title: "question"}, {Title: "reading of the target"}}}
		for _, a := range c.Ambiguities {
			t.Add(clip(a.ID), clip(a.Title), clip(a.Reading))
		}
		m.Folded("Ambiguities of the documentation", t)
	}
	if len(c.Tolerances) > 0 {
		t := &sheet.Table{Columns: []sheet.Column{{Title: "tolerance"}, {Title: "value"}}}
		for _, a := range c.Tolerances {
			t.Add(clip(a.Name), clip(a.Value))
		}
		m.Folded("Tolerances used", t)
	}
}

// markdownFailures writes the scenarios that need a look.
func markdownFailures(m *sheet.Markdown, title string, all []record.Scenario) {
	if len(all) == 0 {
		return
	}
	m.Block("### " + title)
	for i, s := range all {
		if i == markdownShown {
			m.Block(fmt.Sprintf("and %d more, in the HTML report", len(all)-i))
			return
		}
		head := strings.Join(append(append([]string(nil), s.Requirements...), s.Name), ": ")
		m.Block(fmt.Sprintf("**%s** %s, at %s", strings.ToUpper(sheet.EscapeMarkdown(string(s.State))), sheet.EscapeMarkdown(clip(head)), sheet.EscapeMarkdown(clip(where(s)))))
		text := strings.TrimSpace(details(s))
		if s.Reason != "" {
			text = "reason: " + sheet.Plain(s.Reason) + "\n" + text
		}
		if e := quoted(s); e != nil {
			if among := amongOf(s); among != "" {
				text += "\n" + among
			}
			text += "\n$ " + sheet.OneLine(e.Curl)
		}
		m.Code(sheet.Clip(text, markdownSample))
	}
}

// markdownLoad writes the load part.
func markdownLoad(m *sheet.Markdown, l *record.Load) {
	m.Block("### Load")
	m.Block(sheet.EscapeMarkdown(sheet.Clip(sheet.OneLine(planLine(l)), markdownSample)))
	m.Block(sheet.EscapeMarkdown(clip(totalsLine(l.Totals))))
	if t := partsTable(l); t != nil {
		m.Table(t)
	}
	if l.Stopped != "" {
		m.Block("**Stopped early:** " + sheet.EscapeMarkdown(clip(l.Stopped)))
	}
	if len(l.Thresholds) > 0 {
		t := &sheet.Table{Columns: []sheet.Column{{Title: "state"}, {Title: "threshold"}, {Title: "measured"}, {Title: "why"}}}
		for _, th := range l.Thresholds {
			t.Add(clip(string(th.State)), clip(th.Expression), clip(th.Value), clip(th.Reason))
		}
		m.Table(t)
	}
	m.Block("Latency from the scheduled start, in ms:")
	m.Table(markdownLatency(l, func(s record.Service) record.Distribution { return s.Latency }))
	for _, t := range partTables(l) {
		m.Block(t.Title + ":")
		m.Table(t.Table)
	}
	if t := intervalTable(l); t != nil {
		m.Folded(intervalTitle(l), t)
	}
	m.Folded("Service time from the actual start, in ms", markdownLatency(l, func(s record.Service) record.Distribution { return s.ServiceTime }))
	for _, k := range []struct {
		title string
		bad   []record.Bad
	}{{"Errors", l.Errors}, {"Bad tokens", l.Bad}} {
		t := &sheet.Table{Columns: []sheet.Column{{Title: "count", Right: true}, {Title: "service"}, {Title: "kind"}, {Title: "sample"}}}
		for _, b := range k.bad {
			sample := ""
			if len(b.Samples) > 0 {
				sample = clip(b.Samples[0])
			}
			t.Add(count(b.Count), clip(b.Service), clip(b.Kind), sample)
		}
		if len(t.Rows) > 0 {
			m.Block(k.title + ":")
			m.Table(t)
		}
	}
	if l.Capacity != nil {
		m.Block(sheet.EscapeMarkdown(clip("Capacity for " + l.Capacity.Objective + ": " + capacityLine(l.Capacity))))
		if len(l.Capacity.Curve) > 0 {
			m.Folded("Latency over rate", curveTable(l.Capacity))
		}
	}
	if c := l.Connections; c != nil {
		m.Block(sheet.EscapeMarkdown(clip(connectionsLine(c) + " (times in ms)")))
		if t := connectionsTable(c); len(t.Rows) > 0 {
			m.Table(t)
		}
	}
	m.List(clipAll(append(generatorLines(l.Generator), l.Notes...)))
}

// markdownLatency is the latency table.
func markdownLatency(l *record.Load, of func(record.Service) record.Distribution) *sheet.Table {
	t := &sheet.Table{Columns: []sheet.Column{{Title: "service"}, {Title: "status"}, {Title: "count", Right: true},
		{Title: "rate/s", Right: true}, {Title: "error %", Right: true}, {Title: "bad", Right: true}}}
	for _, q := range quantiles {
		t.Columns = append(t.Columns, sheet.Column{Title: q.Name, Right: true})
	}
	for _, s := range rows(l) {
		t.Add(append([]string{clip(s.Name), clip(s.Status), count(s.Count), rate(s.RatePerS), percent(s.ErrorShare), count(s.BadTokens)},
			distribution(s.Count, of(s))...)...)
	}
	return t
}
