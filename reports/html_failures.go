package reports

import (
	"fmt"
	"slices"
	"strings"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/sheet"
)

// shownEvidence bounds how many scenarios that did not pass are drawn with their
// evidence; of more the rest is named, and run.json has their evidence.
const shownEvidence = 500

// failure is a scenario that did not pass, with the evidence that the page holds
// whether or not scripts run.
type failure struct {
	record.Scenario
	Anchor string
	Where  string
	// Steps are those that did not pass.
	Steps []failedStep
	// Quoted is the exchange that the finding is about, Among which of many are wrong.
	Quoted *shownExchange
	Among  string
	Others []otherExchange
}

// failedStep is a step that did not pass.
type failedStep struct {
	record.Step
	Text string
}

// shownExchange is an exchange in full.
type shownExchange struct {
	Curl, Request, Response, Error string
}

// otherExchange is an exchange in one line.
type otherExchange struct {
	N             int
	Call, Outcome string
	Wrong, Quoted bool
}

// failuresOf are the scenarios in the given states with their evidence.
func failuresOf(all []record.Scenario, states ...record.State) []failure {
	var out []failure
	for i, s := range all {
		if slices.Contains(states, s.State) {
			out = append(out, failureOf(s, anchor(i)))
		}
	}
	return out
}

// anchor is where the page has the evidence of a scenario.
func anchor(i int) string { return fmt.Sprintf("scenario-%d", i+1) }

// failureOf gathers the evidence of a scenario.
func failureOf(s record.Scenario, anchor string) failure {
	f := failure{Scenario: s, Anchor: anchor, Where: where(s), Among: amongOf(s)}
	for _, st := range s.Steps {
		if st.State.Worse(record.Skipped) || st.Error != "" && s.State != record.Pass {
			f.Steps = append(f.Steps, failedStep{st, stepText(st)})
		}
	}
	at := quotedIndex(s)
	if at < 0 {
		return f
	}
	e := s.Exchanges[at]
	f.Quoted = &shownExchange{Curl: e.Curl, Request: messageText(&e.Request), Error: e.Error}
	if e.Response != nil {
		f.Quoted.Response = messageText(e.Response) + fmt.Sprintf("\n(after %s)", seconds(e.DurationS))
	}
	if len(s.Exchanges) < 2 {
		return f
	}
	for i, e := range s.Exchanges {
		o := otherExchange{N: i + 1, Call: e.Request.Method + " " + e.Request.URL, Outcome: e.Error, Wrong: e.Wrong, Quoted: i == at}
		if e.Response != nil {
			o.Outcome = fmt.Sprintf("HTTP %d", e.Response.Status)
		}
		f.Others = append(f.Others, o)
	}
	return f
}

// messageText is one half of an exchange as it went over the wire.
func messageText(m *record.Message) string {
	var lines []string
	if m.Method != "" {
		lines = append(lines, m.Method+" "+m.URL)
	}
	if m.Status > 0 {
		lines = append(lines, strings.TrimSpace(m.Proto+" "+fmt.Sprint(m.Status)))
	}
	for _, h := range m.Headers {
		lines = append(lines, h.Name+": "+h.Value)
	}
	if m.Body != "" {
		lines = append(lines, "", m.Body)
	}
	if m.Truncated {
		lines = append(lines, "(the body went on)")
	}
	return sheet.Plain(strings.Join(lines, "\n"))
}

// seriesRows bounds the table of a load test's series: of more intervals several
// become one row.
const seriesRows = 60

// seriesTable is the series of a load test for those who see no charts: rates over each
// stretch, and of latency the worst interval of it.
func seriesTable(l *record.Load) *sheet.Table {
	if len(l.Series) == 0 {
		return nil
	}
	t := &sheet.Table{Columns: []sheet.Column{{Title: "At s"}, {Title: "Due/s", Right: true}, {Title: "Sent/s", Right: true}, {Title: "Answered/s", Right: true},
		{Title: "Errors", Right: true}, {Title: "Bad", Right: true}, {Title: "Unsent", Right: true}, {Title: "In flight", Right: true},
		{Title: "p50 ms", Right: true}, {Title: "p90 ms", Right: true}, {Title: "p99 ms", Right: true}, {Title: "max ms", Right: true}}}
	per := (len(l.Series) + seriesRows - 1) / seriesRows
	for part := range slices.Chunk(l.Series, per) {
		var p record.Point
		for _, q := range part {
			p.WidthS += q.WidthS
			p.Planned, p.Sent, p.Completed = p.Planned+q.Planned, p.Sent+q.Sent, p.Completed+q.Completed
			p.Errors, p.BadTokens, p.Unsent, p.InFlight = p.Errors+q.Errors, p.BadTokens+q.BadTokens, p.Unsent+q.Unsent, max(p.InFlight, q.InFlight)
			if q.Latency.P99 >= p.Latency.P99 {
				p.Latency = q.Latency
			}
		}
		perS := func(n uint64) string { return rate(float64(n) / max(p.WidthS, 1e-9)) }
		at := func(v float64, open bool) string {
			if p.Planned == 0 {
				return "–"
			}
			return atLeast(v, open)
		}
		d := p.Latency
		t.Add(strings.TrimSuffix(fmt.Sprintf("%.1f", part[0].TS), ".0"), perS(p.Planned), perS(p.Sent), perS(p.Completed), count(p.Errors), count(p.BadTokens), count(p.Unsent),
			fmt.Sprint(p.InFlight), at(d.P50, d.AtLeast.P50), at(d.P90, d.AtLeast.P90), at(d.P99, d.AtLeast.P99), at(d.Max, d.AtLeast.Max))
	}
	return t
}
