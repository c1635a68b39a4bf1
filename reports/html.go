package reports

import (
	"bytes"
	_ "embed" // for the template
	"fmt"
	"html/template"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/compare"
	"github.com/unigate/unigate/reports/internal/page"
	"github.com/unigate/unigate/reports/internal/sheet"
	"github.com/unigate/unigate/reports/trend"
)

//go:embed html_run.tmpl
var runTemplateText string

//go:embed html_compare.tmpl
var compareTemplateText string

//go:embed html_trend.tmpl
var trendTemplateText string

// templates hold the bodies of the pages.
var templates = sync.OnceValue(func() *template.Template {
	return template.Must(template.Must(template.Must(template.New("run").Funcs(template.FuncMap{
		"plain": sheet.Plain, "ms": ms, "seconds": seconds, "percent": percent, "rate": rate, "stamp": stamp,
		"first": stateClass, "cells": distribution, "change": compare.Percent, "outcome": outcomeClass,
		"list":   func() []compare.Group { return nil },
		"anchor": anchor, "upper": upper, "where": where, "inPart": inPart,
		"edition": trend.EditionName, "minute": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") },
		"short":  func(s string) string { return sheet.Clip(sheet.OneLine(s), 90) },
		"notmet": func(s *record.Summary) int { return s.Fail + s.Error },
		"deref":  func(f *float64) float64 { return *f },
		"slice2": func(a, b []record.Bad) [][]record.Bad { return [][]record.Bad{a, b} },
	}).Parse(runTemplateText)).New("compare").Parse(compareTemplateText)).New("trend").Parse(trendTemplateText))
})

// stateClass is the class by which a state is coloured: its first word.
func stateClass(v any) string {
	word, _, _ := strings.Cut(toText(v), " ")
	return word
}

// outcomeClass is the class by which an outcome of a comparison is coloured.
func outcomeClass(o compare.Outcome) string {
	switch o {
	case compare.Better, compare.Worse:
		return string(o)
	case compare.NotComparable:
		return "inconclusive"
	default:
		return "neutral"
	}
}

// toText is a state of any kind as text.
func toText(v any) string {
	switch s := v.(type) {
	case record.State:
		return string(s)
	case record.VerdictState:
		return string(s)
	case record.ThresholdState:
		return string(s)
	case string:
		return s
	default:
		return ""
	}
}

// htmlRun is what the template of a run is drawn from.
type htmlRun struct {
	Run       *record.Run
	Line      string
	Word      string
	Groups    []group
	Unchecked []record.Requirement
	Levels    []record.Level
	States    []record.State
	Rows      []record.Service
	Quantiles []string
	Plan      string
	Totals    string
	Intervals *sheet.Table
	About     string // the intervals
	Title     string // of them
	Generator []string

	Connections     *sheet.Table
	ConnectionsLine string
	Capacity        string
	Steps           *sheet.Table
	Services        []string
	Charts          []chart
	Took            float64
	// Problems are what is wrong in sentences; Failures and Warnings hold the evidence,
	// and LeftOut says what of it is not in the page.
	Problems           []problem
	Failures, Warnings []failure
	LeftOut            string
	Repeated           string
	Reasons            []string
	Kept               []string
	Scenarios          []record.Scenario // worst first
	Series, Curve      *sheet.Table
	// PartsTitle and PartsLine tell of the parts of a plan, and PartsTable of each.
	PartsTitle, PartsLine string
	PartsTable            *sheet.Table
	// Tables are the figures of phases and users.
	Tables []titled
}

// htmlReport draws the report as one self-contained page.
func htmlReport(run *record.Run, _ Options) ([]byte, error) {
	d := htmlRun{Run: run, Line: strings.TrimPrefix(VerdictLine(run), word(run.Verdict)+": "), Word: word(run.Verdict), Levels: record.Levels, States: record.States,
		Kept: keptLines(run), Reasons: reasonsOf(run), Took: run.Finished.Sub(run.Started).Seconds()}
	for _, q := range quantiles {
		d.Quantiles = append(d.Quantiles, q.Name)
	}
	data := map[string]any{}
	if c := run.Conformance; c != nil {
		d.Groups, d.Unchecked = groupRequirements(c.Requirements), unchecked(c)
		d.Problems, d.Repeated, d.Scenarios = problems(c), repeated(c), worstFirst(c.Scenarios)
		d.evidence(c.Scenarios)
		data["scenarios"] = d.Scenarios
	}
	if l := run.Load; l != nil {
		var err error
		if d.Charts, err = loadCharts(l); err != nil {
			return nil, err
		}
		d.Rows, d.Plan, d.Totals, d.Generator = rows(l), planLine(l), totalsLine(l.Totals), generatorLines(l.Generator)
		d.Services, d.Series = serviceNames(l), seriesTable(l)
		d.PartsTitle, d.PartsLine, d.PartsTable = partsTitle(l), partsLine(l), partsTable(l)
		d.Tables = partTables(l)
		if d.Intervals = intervalTable(l); d.Intervals != nil {
			d.Title, d.About = intervalTitle(l), aboutIntervals
		}
		if l.Connections != nil {
			d.Connections, d.ConnectionsLine = connectionsTable(l.Connections), connectionsLine(l.Connections)
		}
		if l.Capacity != nil {
			if len(l.Capacity.Curve) > 0 {
				d.Curve = curveTable(l.Capacity)
			}
			d.Capacity, d.Steps = capacityLine(l.Capacity), stepTable(l.Capacity)
		}
		data["charts"] = d.Charts
	}
	return render("run", heading(run)+": "+d.Word, d, data)
}

// evidence gathers the scenarios that did not pass, as many as a page can bear.
func (d *htmlRun) evidence(all []record.Scenario) {
	d.Failures, d.Warnings = failuresOf(all, record.Error, record.Fail), failuresOf(all, record.Warning)
	left := max(0, len(d.Failures)-shownEvidence) + max(0, len(d.Warnings)-shownEvidence)
	d.Failures, d.Warnings = d.Failures[:min(len(d.Failures), shownEvidence)], d.Warnings[:min(len(d.Warnings), shownEvidence)]
	if left > 0 {
		d.LeftOut = fmt.Sprintf("The evidence of %d more scenarios is in run.json; they are listed below.", left)
	}
}

// render draws a page from its template and data.
func render(name, title string, view, data any) ([]byte, error) {
	var body bytes.Buffer
	if err := templates().ExecuteTemplate(&body, name, view); err != nil {
		return nil, err
	}
	p := page.Page{Title: sheet.OneLine(title), Body: template.HTML(body.String()), Data: data} //nolint:gosec // made by html/template
	return p.Render()
}

// worstFirst orders scenarios so that what needs a look comes first.
func worstFirst(all []record.Scenario) []record.Scenario {
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(a, b record.Scenario) int {
		switch {
		case a.State.Worse(b.State):
			return -1
		case b.State.Worse(a.State):
			return 1
		}
		return 0
	})
	return out
}

// serviceNames lists the services of a load test.
func serviceNames(l *record.Load) []string {
	var names []string
	for _, s := range l.Services {
		if !slices.Contains(names, s.Name) && s.Name != "all" {
			names = append(names, s.Name)
		}
	}
	return names
}
