package reports

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/unigate/unigate/internal/amount"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/sheet"
)

// partsTitle stands in the heading of a load test that is one of several parts of a
// plan, or all that there are; "" of any other.
func partsTitle(l *record.Load) string {
	switch {
	case l == nil:
		return ""
	case l.Part != nil:
		return fmt.Sprintf("part %d of %d", l.Part.Index+1, l.Part.Of)
	case l.Whole == nil:
		return ""
	}
	n := fmt.Sprint(l.Whole.Of)
	if missing := len(l.Whole.Missing); missing > 0 {
		n = fmt.Sprintf("%d of %d", l.Whole.Of-missing, l.Whole.Of)
	}
	if l.Whole.Of == 1 {
		return n + " part"
	}
	return n + " parts, merged"
}

// heading is the title of a report.
func heading(run *record.Run) string {
	title := "unigate " + run.Command
	if parts := partsTitle(run.Load); parts != "" {
		title += ", " + parts
	}
	return title
}

// partsLine says what a part is of, or what the whole was put together from.
func partsLine(l *record.Load) string {
	switch {
	case l == nil:
		return ""
	case l.Part != nil:
		return partLine(l.Part)
	case l.Whole == nil:
		return ""
	}
	w := l.Whole
	parts := []string{fmt.Sprintf("%s of run %s", strings.TrimSuffix(partsTitle(l), ", merged"), w.Run), startOf(w.StartAt.IsZero(), stamp(w.StartAt))}
	if w.Requests > 0 {
		parts = append(parts, "a plan of "+amount.Of(w.Requests, "request", "requests"))
	}
	if len(w.Missing) > 0 {
		parts = append(parts, partList(w.Missing, w.Of)+" missing")
	}
	if len(w.Repeated) > 0 {
		parts = append(parts, partList(w.Repeated, w.Of)+" there more than once")
	}
	if w.ComparedShare < 1 {
		parts = append(parts, fmt.Sprintf("of the tokens %.3g %% were compared between the parts", 100*w.ComparedShare))
	}
	return strings.Join(parts, "; ")
}

// partLine says which part of what this is.
func partLine(p *record.Part) string {
	parts := []string{fmt.Sprintf("part %d of %d (--shard %d/%[2]d), run %[4]s", p.Index+1, p.Of, p.Index, p.Run), startOf(p.StartAt.IsZero(), stamp(p.StartAt))}
	if p.Requests > 0 {
		parts = append(parts, "the whole plan has "+amount.Of(p.Requests, "request", "requests"))
	}
	if p.LateS > told {
		parts = append(parts, "it began "+seconds(p.LateS)+" late")
	}
	if p.ClockOffsetS != 0 {
		parts = append(parts, fmt.Sprintf("its clock is about %s the target's", clockText(p.ClockOffsetS)))
	}
	return strings.Join(append(parts, "the target is judged on all parts together"), "; ")
}

// startOf says when the parts were to begin.
func startOf(none bool, at string) string {
	if none {
		return "without a common start"
	}
	return "common start " + at
}

// clockText says that a clock is so many seconds behind another one, or ahead of it.
func clockText(behind float64) string {
	if behind < 0 {
		return seconds(-behind) + " ahead of"
	}
	return seconds(behind) + " behind"
}

// partsTable has a row for each part of a whole, those that are missing included; nil
// where the record has none.
func partsTable(l *record.Load) *sheet.Table {
	if l == nil || l.Whole == nil || len(l.Whole.Parts) == 0 {
		return nil
	}
	w := l.Whole
	t := &sheet.Table{Columns: []sheet.Column{{Title: "part"}, {Title: "record"}, {Title: "planned", Right: true}, {Title: "sent", Right: true}, {Title: "began after the first", Right: true}, {Title: "clock", Right: true}}}
	byIndex := map[int][]string{}
	for _, i := range w.Missing {
		byIndex[i] = []string{"missing", "-", "-", "-", "-"}
	}
	for _, p := range w.Parts {
		state := "whole"
		if p.State != record.VerdictPass {
			state = string(p.State)
		}
		if slices.Contains(w.Repeated, p.Index) {
			state += ", repeated"
		}
		clock := "as the others'"
		if math.Abs(p.ClockBehindS) >= 1 {
			clock = strings.TrimSuffix(clockText(p.ClockBehindS), " of")
		}
		began := "-" // it did not
		if p.Sent > 0 {
			began = seconds(p.BeganAfterS)
		}
		byIndex[p.Index] = []string{state, count(p.Planned), count(p.Sent), began, clock}
	}
	for _, i := range slices.Sorted(maps.Keys(byIndex)) {
		if len(t.Rows) == partsShown {
			t.Add("…", fmt.Sprintf("%d more", len(byIndex)-partsShown), "", "", "", "")
			break
		}
		t.Add(append([]string{fmt.Sprintf("%d/%d", i, w.Of)}, byIndex[i]...)...)
	}
	return t
}

// partsShown bounds the table.
const partsShown = 64
