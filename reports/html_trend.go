package reports

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/trend"
)

// htmlTrend is what the template of a trend is drawn from.
type htmlTrend struct {
	Result     *trend.Result
	Line       string
	Word       string
	Sentences  []string
	Charts     []chart
	Loads      []trend.Run
	Searches   []trend.Run
	Confidence string
}

// TrendHTML draws a trend as one self-contained page.
func TrendHTML(r *trend.Result) ([]byte, error) {
	d := htmlTrend{Result: r, Line: strings.TrimPrefix(r.Line(), word(r.Verdict)+": "), Word: word(r.Verdict), Sentences: r.Sentences()}
	for _, run := range r.Runs {
		switch {
		case run.Apart != "":
		case run.Load != nil:
			d.Loads = append(d.Loads, run)
		case run.Capacity != nil:
			d.Searches = append(d.Searches, run)
		}
	}
	d.Confidence = trend.Confidence(d.Loads)
	d.Charts = d.charts()
	return render("trend", "unigate trend: "+r.Line(), d, map[string]any{"charts": d.Charts})
}

// charts are those for which there is more than one run.
func (d *htmlTrend) charts() []chart {
	var out []chart
	var checked []trend.Run
	for _, run := range d.Result.Runs {
		if run.Requirements != nil {
			checked = append(checked, run)
		}
	}
	if len(checked) > 1 {
		out = append(out, requirementsChart(checked))
	}
	if len(d.Loads) > 1 {
		out = append(out, trendLatency(d.Loads))
	}
	if len(d.Searches) > 1 {
		out = append(out, trendCapacity(d.Searches))
	}
	return out
}

// overRuns makes a chart over runs. The x axis counts them: runs of one night and
// those of another month keep the same distance.
func overRuns(id, title, about string, runs []trend.Run) chart {
	c := chart{ID: id, Kind: "runs", Title: title, About: about}
	for i, run := range runs {
		c.X = append(c.X, float64(i+1))
		name := fmt.Sprintf("run %d, %s", run.N, run.Started.Format(time.DateOnly))
		if run.Target.Edition != "" {
			name += ", edition " + trend.EditionName(run.Target.Edition, run.Target.Release)
		}
		c.Names = append(c.Names, name)
	}
	return c
}

// requirementsChart is how many requirements were in each state.
func requirementsChart(runs []trend.Run) chart {
	c := overRuns("chart-requirements", "Requirements by state", "How many requirements passed, were not checked, warned, and were not met, by run.", runs)
	c.Labels, c.Colors, c.Dashes = []string{"pass", "skipped", "warning", "not met"}, []int{2, 4, 3, 1}, []bool{false, true, false, false}
	for _, get := range []func(*record.Summary) int{
		func(s *record.Summary) int { return s.Pass }, func(s *record.Summary) int { return s.Skipped },
		func(s *record.Summary) int { return s.Warning }, func(s *record.Summary) int { return s.Fail + s.Error },
	} {
		var line []*float64
		for _, run := range runs {
			v := float64(get(run.Requirements))
			line = append(line, &v)
		}
		c.Y = append(c.Y, line)
	}
	return c
}

// trendLatency is p50, p95 and p99 by run, each with the band of its interval.
func trendLatency(runs []trend.Run) chart {
	c := overRuns("chart-trend-latency", "Latency by run", "Percentiles from the scheduled start; the shade is the confidence interval.", runs)
	c.Unit = "ms"
	if slices.ContainsFunc(runs, func(run trend.Run) bool { i := run.Load.P99.Interval; return i != nil && i.High == nil }) {
		c.About += " There is none where too few requests were made to bound a percentile from above."
	}
	for i, get := range []func(*trend.Load) trend.Figure{
		func(l *trend.Load) trend.Figure { return l.P50 }, func(l *trend.Load) trend.Figure { return l.P95 }, func(l *trend.Load) trend.Figure { return l.P99 },
	} {
		var all []trend.Figure
		for _, run := range runs {
			all = append(all, get(run.Load))
		}
		c.figures([]string{"p50", "p95", "p99"}[i], []int{0, 3, 1}[i], all, 1000)
	}
	return c
}

// trendCapacity is the capacity by run with its interval.
func trendCapacity(runs []trend.Run) chart {
	c := overRuns("chart-trend-capacity", "Capacity by run", "The highest rate that held; the shade is the confidence interval.", runs)
	c.Unit = "/s"
	var all []trend.Figure
	for _, run := range runs {
		f := run.Capacity.Rate
		if !run.Capacity.Found {
			f = trend.Figure{}
		}
		all = append(all, f)
	}
	c.figures("capacity", 0, all, 1)
	return c
}

// figures adds a line with the two ends of its intervals, which are not in the legend.
func (c *chart) figures(label string, color int, all []trend.Figure, factor float64) {
	line, low, high, least := []*float64{}, []*float64{}, []*float64{}, []bool{}
	put := func(to *[]*float64, v float64, is bool) {
		if !is {
			*to = append(*to, nil)
			return
		}
		v = round(v * factor)
		*to = append(*to, &v)
	}
	for _, f := range all {
		both := f.Interval != nil && f.Interval.High != nil
		put(&line, f.Value, f.Value > 0)
		put(&low, intervalLow(f), both)
		put(&high, intervalHigh(f), both)
		least = append(least, f.AtLeast)
	}
	at := len(c.Y)
	c.Labels = append(c.Labels, label, label+" low", label+" high")
	c.Y = append(c.Y, line, low, high)
	c.Colors = append(c.Colors, color, color, color)
	c.Dashes = append(c.Dashes, false, false, false)
	c.Bounds = append(c.Bounds, false, true, true)
	c.Bands = append(c.Bands, [3]int{at + 2, at + 1, color})
	none := make([]bool, len(all))
	c.Least = append(c.Least, least, none, none)
	if slices.Contains(least, true) {
		c.About += aboutLeast
	}
}

// intervalLow and intervalHigh are the ends of a figure's interval.
func intervalLow(f trend.Figure) float64 {
	if f.Interval == nil {
		return 0
	}
	return f.Interval.Low
}

func intervalHigh(f trend.Figure) float64 {
	if f.Interval == nil || f.Interval.High == nil {
		return 0
	}
	return *f.Interval.High
}
