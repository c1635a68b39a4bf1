package reports

import (
	"fmt"
	"strings"

	"github.com/unigate/unigate/internal/amount"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/sheet"
)

// textCapacity writes the search for the highest rate: the answer, latency over rate,
// and every step.
func textCapacity(p *sheet.Page, c *record.Capacity) {
	if c == nil {
		return
	}
	p.Heading("Capacity for " + sheet.OneLine(c.Objective))
	p.Text("", capacityLine(c))
	if len(c.Curve) > 0 {
		p.Heading("Latency over rate")
		p.Table(curveTable(c), 0)
	}
	p.Heading("Steps of the search")
	t := stepTable(c)
	t.Paint = func(column int, cell, line string) string {
		if column == len(t.Columns)-2 {
			return p.State(cell, line)
		}
		return line
	}
	p.Table(t, 0)
}

// curveTable is latency over rate.
func curveTable(c *record.Capacity) *sheet.Table {
	t := &sheet.Table{Columns: []sheet.Column{{Title: "rate/s", Right: true}, {Title: "steps", Right: true}, {Title: "requests", Right: true},
		{Title: "p50 ms", Right: true}, {Title: "p90 ms", Right: true}, {Title: "p99 ms", Right: true}, {Title: "service p99 ms", Right: true}, {Title: "missed %", Right: true}, {Title: "fit %", Right: true}}}
	for _, x := range c.Curve {
		t.Add(rate(x.RatePerS), count(uint64(max(x.Looks, 0))), count(x.Requests), ms(x.Latency.P50), ms(x.Latency.P90), ms(x.Latency.P99), ms(x.ServiceTime.P99),
			percent(x.MissedShare), percent(x.FittedShare))
	}
	return t
}

// stepTable is every step of a search.
func stepTable(c *record.Capacity) *sheet.Table {
	t := &sheet.Table{Columns: []sheet.Column{{Title: "step"}, {Title: "rate/s", Right: true}, {Title: "achieved", Right: true}, {Title: "seconds", Right: true},
		{Title: "p50 ms", Right: true}, {Title: "p99 ms", Right: true}, {Title: "outcome"}, {Title: "why", Wrap: true}}}
	for _, s := range c.Steps {
		t.Add(sheet.OneLine(s.Kind), rate(s.RatePerS), rate(s.AchievedPerS), rate(s.DurationS), ms(s.Latency.P50), ms(s.Latency.P99), outcomeWord(s), sheet.OneLine(s.Reason))
	}
	return t
}

// outcomeWord says what a step showed.
func outcomeWord(s record.CapacityStep) string {
	switch {
	case s.Held:
		return "held"
	case s.Spoilt:
		return "no answer"
	}
	return "not held"
}

// capacityFigure is the capacity with its interval, such as "352/s, 95 %: 340 to 362".
func capacityFigure(c *record.Capacity) string {
	s := shortRate(c.RatePerS) + "/s"
	switch {
	case c.RatePerS == 0:
		return "none"
	case c.Confidence == 0: // of a record of an earlier version
		return s
	case c.LowPerS > 0 && c.HighPerS > 0:
		return fmt.Sprintf("%s, %.0f %%: %s to %s", s, 100*c.Confidence, shortRate(c.LowPerS), shortRate(c.HighPerS))
	case c.LowPerS > 0:
		return fmt.Sprintf("%s, %.0f %%: at least %s", s, 100*c.Confidence, shortRate(c.LowPerS))
	case c.HighPerS > 0:
		return fmt.Sprintf("%s, %.0f %%: at most %s", s, 100*c.Confidence, shortRate(c.HighPerS))
	}
	return s
}

// capacityLine is the answer of a search for capacity.
func capacityLine(c *record.Capacity) string {
	var s string
	switch {
	case c.NoRate:
		s = "No rate held"
	case c.LowerBound:
		s = "Lower bound: " + capacityFigure(c)
	case c.Found && c.Confidence > 0:
		s = "Capacity: " + capacityFigure(c)
	case c.RatePerS > 0:
		s = capacityFigure(c) + " held"
	default:
		s = "No answer"
	}
	if c.Confirmed {
		s += ", confirmed by a run of its own"
	}
	if c.UpperPerS > 0 && !c.LowerBound {
		s += fmt.Sprintf("; %s/s did not hold", shortRate(c.UpperPerS))
	}
	if c.Reason != "" && !c.NoRate {
		s += ": " + c.Reason
	}
	return s
}

// searchFigures are the figures of a search in the verdict's line: a percentile over
// all of its steps would say nothing.
func searchFigures(l *record.Load) string {
	c := l.Capacity
	var s string
	switch {
	case c.NoRate:
		s = "no rate holds " + c.Objective
	case c.RatePerS == 0:
		s = "capacity for " + c.Objective + " not known"
	case c.LowerBound:
		s = fmt.Sprintf("capacity for %s is at least %s", c.Objective, capacityFigure(c))
	case c.Found:
		s = fmt.Sprintf("capacity for %s is %s", c.Objective, capacityFigure(c))
	default:
		s = fmt.Sprintf("capacity for %s is about %s", c.Objective, capacityFigure(c))
	}
	s = strings.TrimSpace(sheet.OneLine(s))
	return s + "; " + amount.Of(l.Totals.Completed, "request", "requests") + ", " + faults(&l.Totals)
}

// capacityChart is latency over rate.
func capacityChart(c *record.Capacity) chart {
	out := chart{ID: "chart-capacity", Kind: "rate", Title: "Latency over rate", Unit: "ms",
		About:  "Percentiles of all steps at a rate, from the scheduled start, for " + c.Objective + ".",
		Labels: []string{"p50", "p90", "p99"}, Colors: []int{0, 3, 1}, Y: make([][]*float64, 3)}
	for _, p := range c.Curve {
		out.X = append(out.X, round(p.RatePerS))
		for i, v := range []float64{p.Latency.P50, p.Latency.P90, p.Latency.P99} {
			v = round(v * 1000)
			out.Y[i] = append(out.Y[i], &v)
		}
	}
	return out
}
