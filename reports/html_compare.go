package reports

import (
	"fmt"
	"slices"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/compare"
)

// htmlCompare is what the template of a comparison is drawn from.
type htmlCompare struct {
	Result *compare.Result
	Line   string
	Charts []chart
	// Problems are the requirements that newly fail, in sentences; Failures hold the
	// evidence of the new run for each.
	Problems []problem
	Failures []failure
}

// Sections lists the changes of conformance with their titles, worst first.
func (h htmlCompare) Sections() []compare.Section {
	if h.Result.Conformance == nil {
		return nil
	}
	return h.Result.Conformance.Sections()
}

// Classes lists the classes of changes, worst first.
func (h htmlCompare) Classes() []compare.Class { return compare.Classes }

// CompareHTML draws a comparison of two runs as one self-contained page, the
// curves of both runs in the same charts.
func CompareHTML(old, new *record.Run, result *compare.Result) ([]byte, error) {
	old, new = Normalise(old), Normalise(new)
	d := htmlCompare{Result: result, Line: result.Line()}
	d.newlyWrong(old, new)
	data := map[string]any{}
	if old.Load != nil && new.Load != nil {
		var err error
		if d.Charts, err = overlays(old.Load, new.Load); err != nil {
			return nil, err
		}
		data["charts"] = d.Charts
	}
	return render("compare", "unigate compare: "+d.Line, d, data)
}

// newlyWrong gathers what newly fails, with the evidence.
func (h *htmlCompare) newlyWrong(old, new *record.Run) {
	if h.Result.Conformance == nil {
		return
	}
	c := WithBaseline(new, old).Conformance
	for _, p := range problems(c) {
		is := func(x compare.Change) bool { return p.ID != "" && x.ID == p.ID }
		if !slices.ContainsFunc(h.Result.Conformance.NewlyFailing, is) {
			continue
		}
		h.Problems = append(h.Problems, p)
		if p.Scenario < 0 {
			continue
		}
		for i, s := range c.Scenarios {
			shown := slices.ContainsFunc(h.Failures, func(f failure) bool { return f.Anchor == anchor(i) })
			if s.State == p.State && slices.Contains(s.Requirements, p.ID) && !shown && len(h.Failures) < shownEvidence {
				h.Failures = append(h.Failures, failureOf(s, anchor(i)))
			}
		}
	}
}

// overlays are the charts of two load tests, the old one dashed.
func overlays(old, new *record.Load) ([]chart, error) {
	percentiles, err := percentileChart([]labelled{{"old", old}, {"new", new}})
	if err != nil {
		return nil, err
	}
	percentiles.About += " Dashed: the old run."
	longer := old.Series
	if len(new.Series) > len(longer) {
		longer = new.Series
	}
	c := chart{ID: "chart-latency", Kind: "time", Title: "Latency over time", Unit: "ms", X: times(longer),
		About:  "Percentiles of what was due in each interval, from the scheduled start. Dashed: the old run.",
		Labels: []string{"p50 old", "p99 old", "p50 new", "p99 new"}, Colors: []int{0, 1, 0, 1}, Dashes: []bool{true, true, false, false},
		Pick: []string{"all"}, Variants: map[string]variant{}}
	for _, name := range serviceNames(new) {
		if slices.Contains(serviceNames(old), name) {
			c.Pick = append(c.Pick, name)
		}
	}
	for _, name := range c.Pick {
		a, err := bandsOf(old.Series, name)
		if err != nil {
			return nil, fmt.Errorf("old record: %w", err)
		}
		b, err := bandsOf(new.Series, name)
		if err != nil {
			return nil, fmt.Errorf("new record: %w", err)
		}
		v := variant{Y: [][]*float64{a.Y[0], a.Y[2], b.Y[0], b.Y[2]}}
		if a.Least != nil || b.Least != nil {
			v.Least = make([][]bool, 4)
			if a.Least != nil {
				v.Least[0], v.Least[1] = a.Least[0], a.Least[2]
			}
			if b.Least != nil {
				v.Least[2], v.Least[3] = b.Least[0], b.Least[2]
			}
		}
		for i := range v.Y {
			for len(v.Y[i]) < len(c.X) {
				v.Y[i] = append(v.Y[i], nil)
			}
		}
		c.Variants[name] = v
	}
	c.Y, c.Least = c.Variants["all"].Y, c.Variants["all"].Least
	if c.Least != nil {
		c.About += aboutLeast
	}
	return []chart{c, percentiles}, nil
}
