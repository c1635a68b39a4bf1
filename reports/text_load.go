package reports

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/unigate/unigate/internal/amount"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/phrase"
	"github.com/unigate/unigate/reports/internal/sheet"
)

// textLoad writes the outcome of a load test.
func textLoad(p *sheet.Page, l *record.Load) {
	p.Heading("Load")
	p.Text("", planLine(l))
	p.Text("", totalsLine(l.Totals))
	if l.Stopped != "" {
		p.Text("Stopped early: ", l.Stopped)
	}
	for _, n := range l.Notes {
		p.Text("Note: ", n)
	}
	if t := partsTable(l); t != nil {
		p.Blank()
		p.Table(t, 0)
	}
	textCapacity(p, l.Capacity)
	textLatency(p, l)
	textParts(p, l)
	textIntervals(p, l)
	textConnections(p, l.Connections)
	textBad(p, "Errors", l.Errors)
	textBad(p, "Bad tokens: answers with status 200 that were wrong", l.Bad)
	textThresholds(p, l.Thresholds)
	textGenerator(p, l.Generator)
}

// planLine says what a load test set out to do.
func planLine(l *record.Load) string {
	pl := l.Plan
	parts := []string{"Plan: " + phrase.Phases(pl, l.Capacity)}
	if mix := phrase.Mix(pl.Mix); mix != "" {
		parts = append(parts, "mix "+mix)
	}
	if pl.Model != "" {
		parts = append(parts, pl.Model+" model")
	}
	if arrivals := phrase.Arrivals(pl); arrivals != "" {
		parts = append(parts, arrivals)
	}
	if pl.WarmupS > 0 {
		parts = append(parts, "after "+phrase.Duration(pl.WarmupS)+" of warm-up")
	}
	if pl.Transport != "" {
		parts = append(parts, "transport "+pl.Transport)
	}
	if pl.Verification != "" {
		parts = append(parts, "verified: "+pl.Verification)
	}
	return strings.Join(parts, "; ")
}

// totalsLine sums up what was sent and what came back.
func totalsLine(t record.Totals) string {
	s := fmt.Sprintf("Requests: %d planned, %d sent (%s), %d completed in %s, %s/s; %s, %d unsent",
		t.Planned, t.Sent, amount.Of(t.Attempts, "attempt", "attempts"), t.Completed, seconds(t.DurationS), shortRate(t.RatePerS), faults(&t), t.Unsent)
	var why []string
	for _, reason := range slices.Sorted(maps.Keys(t.UnsentReasons)) {
		why = append(why, fmt.Sprintf("%s %d", reason, t.UnsentReasons[reason]))
	}
	if len(why) > 0 {
		s += " (" + strings.Join(why, ", ") + ")"
	}
	if n := t.WarmupAttempts + t.PreflightAttempts; n > 0 {
		s += fmt.Sprintf("; beside the plan: %d for warm-up, %d before the start", t.WarmupAttempts, t.PreflightAttempts)
	}
	return s
}

// rows returns the services with the line over everything at the end.
func rows(l *record.Load) []record.Service {
	all := l.All
	if all.Name == "" {
		all.Name = "all"
	}
	if all.Status == "" {
		all.Status = "all"
	}
	return append(slices.Clone(l.Services), all)
}

// wideTable is the width from which counts and latency share one table.
const wideTable = 118

// textLatency writes the tables of counts, latency and service time.
func textLatency(p *sheet.Page, l *record.Load) {
	head := []sheet.Column{{Title: "service", Wrap: true}, {Title: "status", Wrap: true}}
	counts := []sheet.Column{{Title: "count", Right: true}, {Title: "rate/s", Right: true}, {Title: "error %", Right: true}, {Title: "bad", Right: true}}
	var figures []sheet.Column
	for _, q := range quantiles {
		figures = append(figures, sheet.Column{Title: q.Name, Right: true})
	}
	countTable := &sheet.Table{Columns: slices.Concat(head, counts)}
	latency := &sheet.Table{Columns: slices.Concat(head, figures)}
	service := &sheet.Table{Columns: slices.Concat(head, figures)}
	both := &sheet.Table{Columns: slices.Concat(head, counts, figures)}
	for _, s := range rows(l) {
		name := []string{sheet.Clip(sheet.OneLine(s.Name), 24), sheet.Clip(sheet.OneLine(s.Status), 24)}
		n := []string{count(s.Count), rate(s.RatePerS), percent(s.ErrorShare), count(s.BadTokens)}
		countTable.Add(slices.Concat(name, n)...)
		latency.Add(slices.Concat(name, distribution(s.Count, s.Latency))...)
		service.Add(slices.Concat(name, distribution(s.Count, s.ServiceTime))...)
		both.Add(slices.Concat(name, n, distribution(s.Count, s.Latency))...)
	}
	if p.Width >= max(wideTable, both.NaturalWidth()) {
		p.Heading("Latency from the scheduled start, in ms")
		p.Table(both, 0)
	} else {
		p.Heading("Answers")
		p.Table(countTable, 0)
		p.Heading("Latency from the scheduled start, in ms")
		p.Table(latency, 0)
	}
	p.Heading("Service time from the actual start, in ms")
	p.Table(service, 0)
}

// quantiles lists the figures of a distribution in the order of the tables, and
// which of them are lower bounds.
var quantiles = []struct {
	Name string
	Get  func(record.Distribution) float64
	Open func(record.AtLeast) bool
}{
	{"min", func(d record.Distribution) float64 { return d.Min }, func(a record.AtLeast) bool { return a.Min }},
	{"mean", func(d record.Distribution) float64 { return d.Mean }, func(a record.AtLeast) bool { return a.Mean }},
	{"p50", func(d record.Distribution) float64 { return d.P50 }, func(a record.AtLeast) bool { return a.P50 }},
	{"p90", func(d record.Distribution) float64 { return d.P90 }, func(a record.AtLeast) bool { return a.P90 }},
	{"p95", func(d record.Distribution) float64 { return d.P95 }, func(a record.AtLeast) bool { return a.P95 }},
	{"p99", func(d record.Distribution) float64 { return d.P99 }, func(a record.AtLeast) bool { return a.P99 }},
	{"p99.9", func(d record.Distribution) float64 { return d.P999 }, func(a record.AtLeast) bool { return a.P999 }},
	{"max", func(d record.Distribution) float64 { return d.Max }, func(a record.AtLeast) bool { return a.Max }},
}

// measured reports whether a distribution is of anything: of no request, or of
// requests that were never sent, every figure is 0.
func measured(n uint64, d record.Distribution) bool { return n > 0 && d != record.Distribution{} }

// atLeast writes a figure in ms, with ≥ where it is a lower bound.
func atLeast(figure float64, open bool) string {
	if open {
		return "≥" + ms(figure)
	}
	return ms(figure)
}

// distribution returns the cells of a distribution in ms; where nothing was
// measured they are dashes.
func distribution(n uint64, d record.Distribution) []string {
	var cells []string
	for _, q := range quantiles {
		if !measured(n, d) {
			cells = append(cells, "-")
		} else {
			cells = append(cells, atLeast(q.Get(d), q.Open(d.AtLeast)))
		}
	}
	return cells
}

// textBad writes wrong answers by kind with a sample each.
func textBad(p *sheet.Page, title string, bad []record.Bad) {
	if len(bad) == 0 {
		return
	}
	p.Heading(title)
	t := &sheet.Table{Columns: []sheet.Column{{Title: "count", Right: true}, {Title: "service", Wrap: true}, {Title: "kind", Wrap: true}, {Title: "sample", Wrap: true}}}
	for _, b := range bad {
		sample := "-"
		if len(b.Samples) > 0 {
			sample = sheet.Clip(sheet.OneLine(b.Samples[0]), 240)
		}
		t.Add(count(b.Count), sheet.Clip(sheet.OneLine(b.Service), 24), sheet.OneLine(b.Kind), sample)
	}
	p.Table(t, 0)
}

// textThresholds writes the objectives and what was measured for them.
func textThresholds(p *sheet.Page, thresholds []record.Threshold) {
	if len(thresholds) == 0 {
		return
	}
	p.Heading("Thresholds")
	t := &sheet.Table{
		Columns: []sheet.Column{{Title: "state"}, {Title: "threshold", Wrap: true}, {Title: "measured", Wrap: true}, {Title: "why", Wrap: true}},
		Paint: func(column int, cell, line string) string {
			if column == 0 {
				return p.State(cell, line)
			}
			return line
		},
	}
	for _, th := range thresholds {
		t.Add(sheet.OneLine(string(th.State)), sheet.OneLine(th.Expression), sheet.OneLine(th.Value), sheet.OneLine(th.Reason))
	}
	p.Table(t, 0)
}

// textGenerator writes what the load generator saw of itself.
func textGenerator(p *sheet.Page, g record.Generator) {
	p.Heading("Load generator")
	state := "not saturated"
	if g.Saturated {
		state = "SATURATED: " + strings.Join(g.Reasons, "; ")
	}
	p.Text("", state)
	for _, line := range generatorLines(g) {
		p.Text("  ", line)
	}
}

// generatorLines are the figures of the load generator.
func generatorLines(g record.Generator) []string {
	var lines []string
	if lag := g.ScheduleLag; lag != (record.Distribution{}) {
		lines = append(lines, fmt.Sprintf("schedule lag p50 %s ms, p99 %s ms, max %s ms", ms(lag.P50), ms(lag.P99), ms(lag.Max)))
	}
	if lag := g.ReceiveLag; lag != (record.Distribution{}) {
		lines = append(lines, fmt.Sprintf("receive lag p50 %s ms, p99 %s ms, max %s ms (%s)", ms(lag.P50), ms(lag.P99), ms(lag.Max), g.ReceiveLagSource))
	}
	if g.Cause != "" {
		lines = append(lines, "what kept it from running: "+g.Cause)
	}
	if g.QuotaCores > 0 {
		lines = append(lines, fmt.Sprintf("a CPU quota of %g cores, held for %s ms", g.QuotaCores, ms(g.ThrottledS)))
	}
	return append(lines,
		fmt.Sprintf("CPU %s %% of %s, garbage collection %s, %s ms in all, memory %d MB",
			percent(g.CPUShare), amount.Of(g.UsableCores, "core", "cores"), amount.Of(g.GCCount, "time", "times"), ms(g.GCPauseS), g.MaxRSSBytes>>20),
		fmt.Sprintf("at most %d in flight, %s, %s waiting to be verified", g.MaxInFlight, amount.Of(g.MaxOpenSockets, "open socket", "open sockets"), amount.Of(g.MaxQueueDepth, "reply", "replies")),
		fmt.Sprintf("%s started late, %d to catch up", amount.Of(g.LateRequests, "request", "requests"), g.CatchUpRequests),
	)
}
