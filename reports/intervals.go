package reports

import (
	"fmt"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/sheet"
)

// intervalColumns are the percentiles that have confidence intervals.
var intervalColumns = []struct {
	Name string
	Get  func(*record.Intervals) *record.Interval
}{
	{"p50", func(i *record.Intervals) *record.Interval { return i.P50 }},
	{"p90", func(i *record.Intervals) *record.Interval { return i.P90 }},
	{"p95", func(i *record.Intervals) *record.Interval { return i.P95 }},
	{"p99", func(i *record.Intervals) *record.Interval { return i.P99 }},
	{"p99.9", func(i *record.Intervals) *record.Interval { return i.P999 }},
}

// aboutIntervals says how the intervals are made and what they take for granted.
const aboutIntervals = "From order statistics, whatever the distribution; - where fewer than 1/(1−q) requests were due. " +
	"They take requests for independent: what slows many at once, such as a pause, makes the true ones wider."

// intervalTitle is the heading of the confidence intervals.
func intervalTitle(l *record.Load) string {
	return fmt.Sprintf("Percentiles of latency, their %g %% confidence intervals in ms", 100*l.All.LatencyIntervals.Confidence)
}

// intervalTable lists the confidence intervals of the percentiles by service; nil
// where a record has none.
func intervalTable(l *record.Load) *sheet.Table {
	if l.All.LatencyIntervals == nil || l.Capacity != nil {
		return nil // of a search, whose rates are mixed in it, they would say nothing
	}
	t := &sheet.Table{Columns: []sheet.Column{{Title: "service", Wrap: true}}}
	for _, c := range intervalColumns {
		t.Columns = append(t.Columns, sheet.Column{Title: c.Name, Right: true})
	}
	for _, s := range rows(l) {
		if s.LatencyIntervals == nil {
			continue
		}
		cells := []string{sheet.Clip(sheet.OneLine(s.Name), 24)}
		for _, c := range intervalColumns {
			cells = append(cells, intervalCell(c.Get(s.LatencyIntervals)))
		}
		t.Add(cells...)
	}
	return t
}

// intervalCell writes an interval in ms.
func intervalCell(i *record.Interval) string {
	switch {
	case i == nil:
		return "-"
	case i.High == nil:
		return "≥" + ms(i.Low)
	}
	return ms(i.Low) + "–" + ms(*i.High)
}

// textIntervals writes the confidence intervals of the percentiles.
func textIntervals(p *sheet.Page, l *record.Load) {
	t := intervalTable(l)
	if t == nil {
		return
	}
	p.Heading(intervalTitle(l))
	p.Table(t, 0)
	p.Text("", aboutIntervals)
}
