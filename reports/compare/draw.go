package compare

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/unigate/unigate/internal/amount"
	"github.com/unigate/unigate/internal/printable"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/sheet"
)

// Drawing says how a comparison is drawn as text.
type Drawing struct {
	// Width is the terminal's width in cells; 0 means 80.
	Width int
	// Color allows ANSI colours.
	Color bool
	// Quiet draws the verdict only.
	Quiet bool
	// Verbose shows the figures in which no difference is shown as well.
	Verbose bool
}

// drawers holds a function for every format but html, which needs the runs.
var drawers = map[string]func(*Result, Drawing) ([]byte, error){
	"text": text, "markdown": markdown,
	"json": func(r *Result, _ Drawing) ([]byte, error) {
		b, err := json.MarshalIndent(r, "", "  ")
		return append(b, '\n'), err
	},
}

// Formats lists the names of the formats in the order of the alphabet.
func Formats() []string {
	names := []string{"html"}
	for name := range drawers {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Draw draws a comparison as text, markdown or json.
func (r *Result) Draw(format string, d Drawing) ([]byte, error) {
	draw := drawers[format]
	if draw == nil {
		return nil, fmt.Errorf("unknown format %q: use one of %s", format, strings.Join(Formats(), ", "))
	}
	if d.Width <= 0 {
		d.Width = 80
	}
	b, err := draw(r, d)
	if format == "json" {
		return printable.JSON(b), err
	}
	return []byte(printable.Commands(string(b), true)), err
}

// Line says the verdict in one line.
func (r *Result) Line() string {
	var parts []string
	if c := r.Conformance; c != nil {
		conformance := fmt.Sprintf("%d newly failing, %d fixed, %d newly unchecked", len(c.NewlyFailing), len(c.Fixed), len(c.NewlyUnchecked))
		if n := len(c.FailingUnasked); n > 0 {
			conformance += fmt.Sprintf(", %d failing and not asked before", n)
		}
		if n := len(c.StillFailing); n > 0 {
			conformance += fmt.Sprintf(", %d failing as before", n)
		}
		if n := len(c.NewlyWarning); n > 0 {
			conformance += fmt.Sprintf(", %d newly with a warning", n)
		}
		parts = append(parts, conformance)
	}
	if b := r.Behaviour; b != nil {
		parts = append(parts, b.line())
	}
	if p := r.Performance; p != nil {
		if !p.Comparable {
			parts = append(parts, "load not comparable")
		} else {
			parts = append(parts, fmt.Sprintf("load: %d worse, %d better", p.count(Worse), p.count(Better)))
		}
	}
	for _, why := range r.without {
		parts = append(parts, sheet.Clip(why, 160))
	}
	word := map[record.VerdictState]string{record.VerdictPass: "NO REGRESSION SHOWN", record.VerdictFail: "REGRESSION"}[r.Verdict.State]
	if word == "" {
		word = "INCONCLUSIVE"
	}
	return word + ": " + strings.Join(parts, "; ")
}

// count counts the figures with an outcome.
func (p *Performance) count(o Outcome) int {
	n := 0
	for _, c := range p.Counts {
		if c.Outcome == o && o != NoDifference {
			n++
		}
	}
	for _, f := range p.Figures {
		if f.Outcome == o {
			n++
		}
	}
	return n
}

// text draws the comparison for a terminal.
func text(r *Result, d Drawing) ([]byte, error) {
	p := &sheet.Page{Width: max(d.Width, 40), Color: d.Color}
	last := func() { p.Line("%s", p.State(string(r.Verdict.State), sheet.OneLine(r.Line()))) }
	if d.Quiet {
		last()
		return p.Bytes()
	}
	last()
	for _, reason := range r.Verdict.Reasons {
		p.Text("  - ", reason)
	}
	for _, n := range r.Notes {
		p.Text("Note: ", n)
	}
	p.Blank()
	p.Text("old  ", r.Old.describe())
	p.Text("new  ", r.New.describe())
	if r.Conformance != nil {
		textConformance(p, r.Conformance)
	}
	if r.Behaviour != nil {
		textBehaviour(p, r.Behaviour, d.Verbose)
	}
	if r.Performance != nil {
		textPerformance(p, r.Performance)
	}
	p.Blank()
	last()
	return p.Bytes()
}

// describe names a run.
func (s Side) describe() string {
	target := s.Target.BaseURL
	if s.Target.Embedded {
		target += " (embedded reference service)"
	}
	return fmt.Sprintf("%s of %s, %s, edition %s, unigate %s: %s", s.Command, target,
		s.Started.UTC().Format("2006-01-02 15:04:05 UTC"), s.Target.Edition, s.Tool.Version, s.Verdict)
}

// Section is a list of changes with its title.
type Section struct {
	Title   string
	Changes []Change
}

// Sections lists the changes of conformance, worst first.
func (c *Conformance) Sections() []Section {
	return []Section{
		{"Newly failing", c.NewlyFailing}, {"Failing, and not asked by the old run", c.FailingUnasked},
		{"Failing as before, when a waiver or the gate let it pass", c.StillFailing}, {"Newly unchecked", c.NewlyUnchecked}, {"Newly with a warning, or waived", c.NewlyWarning},
		{"Flaky: different answers within the new run", c.Flaky}, {"Fixed", c.Fixed}, {"Newly checked", c.NewlyChecked},
	}
}

// table lists changes.
func (s Section) table() *sheet.Table {
	t := &sheet.Table{Columns: []sheet.Column{{Title: "id", Wrap: true}, {Title: "level"}, {Title: "old"}, {Title: "new"}, {Title: "what", Wrap: true}}}
	for _, c := range s.Changes {
		what := c.Title
		if c.Reason != "" {
			what += " (" + c.Reason + ")"
		}
		t.Add(sheet.OneLine(c.ID), sheet.OneLine(string(c.Level)), dash(string(c.Old)), dash(string(c.New)), sheet.Clip(sheet.OneLine(what), 400))
	}
	return t
}

// dash is what stands for nothing.
func dash(s string) string {
	if s == "" {
		return "-"
	}
	return sheet.OneLine(s)
}

// textConformance writes what changed in conformance.
func textConformance(p *sheet.Page, c *Conformance) {
	p.Heading("Conformance")
	changed := false
	for _, s := range c.Sections() {
		if len(s.Changes) == 0 {
			continue
		}
		changed = true
		p.Blank()
		p.Text("", s.Title)
		t := s.table()
		t.Paint = func(column int, cell, line string) string {
			if column == 2 || column == 3 {
				return p.State(cell, line)
			}
			return line
		}
		p.Table(t, 0)
	}
	for _, a := range c.Ambiguities {
		changed = true
		p.Text("Ambiguity "+a.ID+": ", fmt.Sprintf("%s: %s, before %s", a.Title, a.New, a.Old))
	}
	if !changed {
		p.Text("", fmt.Sprintf("nothing changed in %s", amount.Of(c.Unchanged, "requirement", "requirements")))
	} else {
		p.Text("", amount.Of(c.Unchanged, "requirement is", "requirements are")+" as before")
	}
}

// show makes a value visible, also an empty one.
func show(v string) string {
	if v == "" {
		return "(empty)"
	}
	return sheet.Clip(sheet.OneLine(v), 1000)
}

// performanceTable lists the figures.
func (p *Performance) performanceTable() *sheet.Table {
	t := &sheet.Table{Columns: []sheet.Column{{Title: "service", Wrap: true}, {Title: "figure"}, {Title: "old ms", Right: true}, {Title: "new ms", Right: true},
		{Title: "change", Right: true}, {Title: "from", Right: true}, {Title: "to", Right: true}, {Title: "outcome", Wrap: true}}}
	for _, f := range p.Figures {
		change, low, high := Percent(f.Change), Percent(f.Low), Percent(f.High)
		if !f.Judged() {
			change, low, high = "-", "-", "-"
		}
		outcome := string(f.Outcome)
		if f.Reason != "" {
			outcome += ": " + f.Reason
		}
		if f.Limit != nil {
			outcome += fmt.Sprintf("; limit %s", Percent(*f.Limit))
			if f.Exceeded {
				outcome += " exceeded"
			}
		}
		t.Add(sheet.Clip(sheet.OneLine(f.Service), 24), f.Name, bound(f.OldS, f.OldAtLeast), bound(f.NewS, f.NewAtLeast), change, low, high, outcome)
	}
	return t
}

// bound shows seconds as milliseconds, with ≥ where they are a lower bound.
func bound(s float64, atLeast bool) string {
	if atLeast {
		return "≥" + milliseconds(s)
	}
	return milliseconds(s)
}

// milliseconds shows seconds as milliseconds with about three digits.
func milliseconds(s float64) string {
	v := s * 1000
	switch {
	case v < 10:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case v < 100:
		return strconv.FormatFloat(v, 'f', 1, 64)
	default:
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
}

// textPerformance writes the figures side by side.
func textPerformance(p *sheet.Page, perf *Performance) {
	p.Heading("Performance: latency from the scheduled start")
	for _, r := range perf.Reasons {
		p.Text("Not comparable: ", r)
	}
	t := perf.performanceTable()
	t.Paint = func(column int, cell, line string) string {
		if column == 7 {
			word, _, _ := strings.Cut(cell, ";")
			word, _, _ = strings.Cut(word, ":")
			return p.State(word, line)
		}
		return line
	}
	p.Table(t, 0)
	p.Blank()
	counts := perf.countTable()
	counts.Paint = func(column int, cell, line string) string {
		if column == 3 {
			return p.State(cell, line)
		}
		return line
	}
	p.Table(counts, 0)
	p.Blank()
	p.Text("", "From and to bound the change, all together with 95 %. A change of less than 5 % or 0.25 ms, or of less than 0.1 % of the requests, is not called one.")
	p.Text("Method: ", perf.Method+".")
}

// countTable lists the counts.
func (p *Performance) countTable() *sheet.Table {
	t := &sheet.Table{Columns: []sheet.Column{{Title: "count"}, {Title: "old", Right: true}, {Title: "new", Right: true}, {Title: "outcome"}}}
	for _, c := range p.Counts {
		t.Add(c.Name, c.Old, c.New, string(c.Outcome))
	}
	return t
}

// markdown draws the comparison for job summaries.
func markdown(r *Result, _ Drawing) ([]byte, error) {
	m := &sheet.Markdown{Limit: 1000 * 1000, Rest: "The rest is left out here, for its size; the HTML report has it."}
	m.Block("## unigate compare")
	m.Block("**" + sheet.EscapeMarkdown(r.Line()) + "**")
	m.List(append(slices.Clone(r.Verdict.Reasons), r.Notes...))
	m.Block("Old: " + sheet.EscapeMarkdown(r.Old.describe()) + "<br>New: " + sheet.EscapeMarkdown(r.New.describe()))
	if c := r.Conformance; c != nil {
		m.Block("### Conformance")
		for _, s := range c.Sections() {
			if len(s.Changes) > 0 {
				m.Block(sheet.EscapeMarkdown(s.Title) + ":")
				m.Table(s.table())
			}
		}
		for _, a := range c.Ambiguities {
			m.Block(sheet.EscapeMarkdown(fmt.Sprintf("Ambiguity %s: %s: %s, before %s", a.ID, a.Title, a.New, a.Old)))
		}
		m.Block(amount.Of(c.Unchanged, "requirement is", "requirements are") + " as before.")
	}
	if b := r.Behaviour; b != nil {
		markdownBehaviour(m, b)
	}
	if p := r.Performance; p != nil {
		m.Block("### Performance: latency from the scheduled start")
		m.List(p.Reasons)
		m.Table(p.performanceTable())
		m.Table(p.countTable())
		m.Block("Method: " + sheet.EscapeMarkdown(p.Method) + ".")
	}
	return m.Bytes()
}

// values shows the values of a trait in one cell.
func values(all []string) string {
	if len(all) == 0 {
		return "(not observed)"
	}
	var out []string
	for _, v := range all {
		out = append(out, sheet.Clip(show(v), 300))
	}
	return strings.Join(out, "\n")
}
