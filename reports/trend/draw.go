package trend

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/amount"
	"github.com/unigate/unigate/internal/printable"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/sheet"
)

// Drawing says how a trend is drawn.
type Drawing struct {
	// Width is the terminal's width in cells for the text format; 0 means 80.
	Width int
	// Color allows ANSI colours in the text format.
	Color bool
	// Quiet draws the first line only, Verbose every run.
	Quiet   bool
	Verbose bool
}

// Formats lists the formats that a trend can be drawn in; the reports add html.
func Formats() []string { return []string{"csv", "html", "json", "text"} }

// Draw draws the trend as text, csv or json.
func (r *Result) Draw(format string, d Drawing) ([]byte, error) {
	switch format {
	case "json":
		b, err := json.MarshalIndent(r, "", "  ")
		return append(printable.JSON(b), '\n'), err
	case "csv":
		b, err := r.csv()
		return []byte(printable.Commands(string(b), true)), err
	case "text":
		b, err := r.text(d)
		return []byte(printable.Commands(string(b), true)), err
	}
	return nil, fmt.Errorf("unknown format %q: use one of %s", format, strings.Join(Formats(), ", "))
}

// Line says in one line what the runs came to.
func (r *Result) Line() string {
	n := map[record.VerdictState]int{}
	for _, run := range r.Runs {
		n[run.Verdict]++
	}
	s := fmt.Sprintf("%s: %s", strings.ToUpper(string(r.Verdict.State)), amount.Of(len(r.Runs), "run", "runs"))
	first, last := r.Runs[0].Started, r.Runs[len(r.Runs)-1].Started
	if first.Format(time.DateOnly) == last.Format(time.DateOnly) {
		s += " of " + last.Format(time.DateOnly)
	} else {
		s += " from " + first.Format(time.DateOnly) + " to " + last.Format(time.DateOnly)
	}
	for _, state := range []record.VerdictState{record.VerdictPass, record.VerdictFail, record.VerdictInconclusive, record.VerdictInterrupted} {
		if n[state] > 0 {
			s += fmt.Sprintf(", %d %s", n[state], state)
		}
	}
	if k := r.changes(); k > 0 {
		s += ", " + amount.Of(k, "breaking change", "breaking changes")
	}
	return s
}

// changes counts the breaking changes between neighbours.
func (r *Result) changes() int {
	k := 0
	for _, run := range r.Runs {
		k += run.Breaking
	}
	return k
}

// Sentences say what is wrong now, or was and is not any more, the worst first.
func (r *Result) Sentences() []string {
	var out []string
	for _, q := range r.Requirements {
		out = append(out, r.sentence(q))
	}
	return out
}

// sentence says what became of a requirement.
func (r *Result) sentence(q Requirement) string {
	at := func(n int) string { return fmt.Sprintf("run %d (%s)", n, r.Runs[n-1].Started.Format(time.DateOnly)) }
	word := map[record.State]string{record.Pass: "met again", record.Waived: "waived", record.Skipped: "not checked any more", record.Warning: "warned about", record.Fail: "not met", record.Error: "undecided"}[q.State]
	since := " since " + at(q.Since)
	if q.Before == "" {
		since = " in every run since " + at(q.First)
	}
	about := q.ID
	if q.Title != "" {
		about = q.Title + " (" + q.ID + ")"
	}
	how, n := "not met", q.NotMet
	if n == 0 {
		how, n = "warned about", q.Warned
	}
	where := ""
	if r.manyTargets() {
		where = " at " + q.Target
	}
	return fmt.Sprintf("%s%s%s: %s; %s in %d of %s", word, since, where, about, how, n, amount.Of(q.Runs, "run", "runs"))
}

// manyTargets reports whether the runs are of more than one target.
func (r *Result) manyTargets() bool {
	for _, run := range r.Runs[1:] {
		if targetOf(run.Target) != targetOf(r.Runs[0].Target) {
			return true
		}
	}
	return false
}

// shownRuns is how many of the newest runs the text shows unless all are asked for.
const shownRuns = 40

// text draws the trend for a terminal.
func (r *Result) text(d Drawing) ([]byte, error) {
	p := &sheet.Page{Width: max(d.Width, 40), Color: d.Color}
	if d.Width <= 0 {
		p.Width = 80
	}
	if d.Quiet {
		p.Line("%s", p.State(string(r.Verdict.State), sheet.OneLine(r.Line())))
		return p.Bytes()
	}
	state, rest, _ := strings.Cut(r.Line(), " ")
	p.StateText("", state, rest)
	for _, reason := range r.Verdict.Reasons {
		p.Text("  - ", reason)
	}
	for _, note := range r.Notes {
		p.Text("  note: ", note)
	}
	runs := r.Runs
	if !d.Verbose && len(runs) > shownRuns {
		runs = runs[len(runs)-shownRuns:]
		p.Text("  note: ", fmt.Sprintf("the tables show the newest %d runs; --verbose shows all", shownRuns))
	}
	r.textRuns(p, runs)
	textFigures(p, r, runs)
	r.textBreaking(p, runs[0].N)
	if len(r.Requirements) > 0 {
		p.Heading("Requirements that were not always met")
		for _, s := range r.Sentences() {
			p.Text("  - ", s)
		}
	}
	p.Heading("By edition and release")
	p.Table(editionTable(r.Editions, p.Width), 0)
	if len(r.Apart) > 0 {
		p.Heading("Apart: what cannot be drawn with the others")
		for _, a := range r.Apart {
			p.Text("  - ", a.Says())
		}
	}
	p.Blank()
	p.StateText("", state, rest)
	return p.Bytes()
}

// Says says what stands apart, and why.
func (a Apart) Says() string {
	if a.N > 0 {
		return fmt.Sprintf("run %d, %s: %s", a.N, a.File, a.Why)
	}
	return a.File + ": " + a.Why
}

// column is a column of a table that can do without it where it is too wide.
type column struct {
	sheet.Column
	cell func(Run) string
	// spare columns go first, the highest number first; 0 stays.
	spare int
}

// fitted makes a table of the columns for which there is room.
func fitted(p *sheet.Page, runs []Run, columns []column, paint int) *sheet.Table {
	for {
		t := &sheet.Table{}
		for _, c := range columns {
			t.Columns = append(t.Columns, c.Column)
		}
		for _, run := range runs {
			var cells []string
			for _, c := range columns {
				cells = append(cells, c.cell(run))
			}
			t.Add(cells...)
		}
		drop := -1
		for i, c := range columns {
			if c.spare > 0 && (drop < 0 || c.spare > columns[drop].spare) {
				drop = i
			}
		}
		if t.NaturalWidth() <= p.Width || drop < 0 {
			if paint >= 0 {
				t.Paint = func(i int, cell, line string) string {
					if t.Columns[i].Title == "verdict" {
						return p.State(cell, line)
					}
					return line
				}
			}
			return t
		}
		columns = append(columns[:drop:drop], columns[drop+1:]...)
	}
}

// textRuns lists verdicts and requirements by run.
func (r *Result) textRuns(p *sheet.Page, runs []Run) {
	p.Heading("Verdicts, and requirements by state")
	counted := func(get func(*record.Summary) int) func(Run) string {
		return func(run Run) string {
			if run.Requirements == nil {
				return "-"
			}
			return strconv.Itoa(get(run.Requirements))
		}
	}
	right := func(title string) sheet.Column { return sheet.Column{Title: title, Right: true} }
	p.Table(fitted(p, runs, []column{
		{right("run"), func(run Run) string { return strconv.Itoa(run.N) }, 0},
		started(p),
		{sheet.Column{Title: "edition", Wrap: true}, editionOf, 0},
		{sheet.Column{Title: "verdict"}, func(run Run) string { return string(run.Verdict) }, 0},
		{right("pass"), counted(func(s *record.Summary) int { return s.Pass }), 1},
		{right("warn"), counted(func(s *record.Summary) int { return s.Warning }), 2},
		{right("fail"), counted(func(s *record.Summary) int { return s.Fail + s.Error }), 0},
		{right("skip"), counted(func(s *record.Summary) int { return s.Skipped }), 4},
		{right("breaks"), func(run Run) string {
			if run.Neighbour == 0 {
				return "-"
			}
			return strconv.Itoa(run.Breaking)
		}, 3},
	}, 0), 0)
}

// started is the column of the times, shorter where the page is narrow.
func started(p *sheet.Page) column {
	layout := "2006-01-02 15:04"
	if p.Width < 70 {
		layout = "01-02 15:04"
	}
	return column{sheet.Column{Title: "started"}, func(run Run) string { return run.Started.Format(layout) }, 0}
}

// editionOf is a run's edition, with the release where one was named.
func editionOf(run Run) string { return EditionName(run.Target.Edition, run.Target.Release) }

// EditionName names an edition and the release for which it was chosen.
func EditionName(edition, release string) string {
	switch {
	case edition == "":
		return "-"
	case release != "":
		return edition + " (" + release + ")"
	}
	return edition
}

// textFigures lists latency and capacity by run.
func textFigures(p *sheet.Page, r *Result, runs []Run) {
	var loads, searches []Run
	for _, run := range runs {
		switch {
		case run.Apart != "":
		case run.Load != nil:
			loads = append(loads, run)
		case run.Capacity != nil:
			searches = append(searches, run)
		}
	}
	between := " "
	if p.Width < 78 {
		between = "\n"
	}
	right := func(title string) sheet.Column { return sheet.Column{Title: title, Right: true} }
	number := column{right("run"), func(run Run) string { return strconv.Itoa(run.N) }, 0}
	if len(loads) > 0 {
		p.Heading("Latency from the scheduled start, in ms, " + Confidence(loads))
		p.Text("", "plan: "+r.Plan)
		p.Table(fitted(p, loads, []column{number, started(p),
			{right("p50"), func(run Run) string { return run.Load.P50.Ms(between) }, 0},
			{right("p95"), func(run Run) string { return run.Load.P95.Ms(between) }, 1},
			{right("p99"), func(run Run) string { return run.Load.P99.Ms(between) }, 0},
			{right("error %"), func(run Run) string { return Percent(run.Load.ErrorShare) }, 2},
		}, -1), 0)
	}
	if len(searches) > 0 {
		p.Heading("Capacity for " + r.Objective + ", requests per second")
		p.Table(fitted(p, searches, []column{number, started(p),
			{right("capacity"), func(run Run) string { return run.Capacity.Says(between) }, 0},
		}, -1), 0)
	}
}

// textBreaking lists the breaking changes since a run.
func (r *Result) textBreaking(p *sheet.Page, since int) {
	if len(r.Breaking) == 0 {
		return
	}
	p.Heading("Breaking changes between neighbours")
	for _, c := range r.Breaking {
		if c.To >= since {
			p.Text("  - ", fmt.Sprintf("run %d → %d: %s (%s); %s", c.From, c.To, c.Sentence, c.Rule, c.Reason))
		}
	}
}

// editionTable sums up by edition and release; a narrow page has fewer columns.
func editionTable(all []Edition, width int) *sheet.Table {
	t := &sheet.Table{}
	wide := width >= 60
	for _, c := range []struct {
		sheet.Column
		always bool
	}{{sheet.Column{Title: "edition", Wrap: true}, true}, {sheet.Column{Title: "runs", Right: true}, true}, {sheet.Column{Title: "pass", Right: true}, false},
		{sheet.Column{Title: "fail", Right: true}, true}, {sheet.Column{Title: "p99 ms", Right: true}, true}, {sheet.Column{Title: "capacity", Right: true}, false},
		{sheet.Column{Title: "not met", Wrap: true}, true}} {
		if c.always || wide {
			t.Columns = append(t.Columns, c.Column)
		}
	}
	for _, e := range all {
		name, runs, fail := EditionName(e.Edition, e.Release), strconv.Itoa(e.Runs), strconv.Itoa(e.Fail)
		if wide {
			t.Add(name, runs, strconv.Itoa(e.Pass), fail, e.P99(), e.Capacity(), e.Unmet())
		} else {
			t.Add(name, runs, fail, e.P99(), e.Unmet())
		}
	}
	return t
}

// P99 is the span of p99 in ms.
func (e Edition) P99() string { return span(e.LowP99S*1000, e.HighP99S*1000) }

// Capacity is the span of the capacities found, per second.
func (e Edition) Capacity() string { return span(e.LowPerS, e.HighPerS) }

// Unmet names the requirements that were not met.
func (e Edition) Unmet() string {
	if len(e.NotMet) == 0 {
		return "-"
	}
	return named(e.NotMet)
}

// span shows two figures.
func span(low, high float64) string {
	switch {
	case high == 0:
		return "-"
	case digits(low) == digits(high):
		return digits(low)
	}
	return digits(low) + "–" + digits(high)
}

// Confidence says what the intervals are, "" where there are none.
func Confidence(runs []Run) string {
	for _, run := range runs {
		if run.Load != nil && run.Load.Confidence > 0 {
			return fmt.Sprintf("with %g %% confidence intervals", 100*run.Load.Confidence)
		}
	}
	return "without confidence intervals"
}

// Ms shows a figure in seconds as milliseconds with its interval.
func (f Figure) Ms(between string) string { return f.show(1000, between) }

// Says says what a search found.
func (c *Capacity) Says(between string) string {
	if !c.Found {
		if c.Rate.Value > 0 {
			return "not closed in on, " + c.Rate.show(1, between)
		}
		return "none found"
	}
	return c.Rate.show(1, between)
}

// show shows a figure with its interval.
func (f Figure) show(factor float64, between string) string {
	s := digits(f.Value * factor)
	if f.AtLeast {
		s = "≥" + s
	}
	switch i := f.Interval; {
	case i == nil:
	case i.High == nil:
		s += between + "(≥" + digits(i.Low*factor) + ")"
	default:
		s += between + "(" + digits(i.Low*factor) + "–" + digits(*i.High*factor) + ")"
	}
	return s
}

// digits shows a figure with about three digits.
func digits(v float64) string {
	places := 0
	switch {
	case v == 0:
	case v < 1:
		places = 3
	case v < 10:
		places = 2
	case v < 100:
		places = 1
	}
	return strconv.FormatFloat(v, 'f', places, 64)
}

// Percent shows a share; what is not zero never reads as zero.
func Percent(share float64) string {
	if share > 0 && share < 0.0001 {
		return "<0.01"
	}
	return strings.TrimSuffix(strconv.FormatFloat(share*100, 'f', 2, 64), ".00")
}
