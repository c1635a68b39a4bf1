package reports

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/figures"
)

// chart is one chart of a page, as its scripts draw it.
type chart struct {
	ID    string `json:"id"`
	Kind  string `json:"kind"` // "time", "rate", "runs" or "percentiles"
	Title string `json:"-"`
	About string `json:"-"`
	// Pick lists the variants that a reader can choose from.
	Pick   []string     `json:"-"`
	Unit   string       `json:"unit,omitempty"`
	Labels []string     `json:"labels"`
	X      []float64    `json:"x"`
	Y      [][]*float64 `json:"y"`
	Least  [][]bool     `json:"least,omitempty"` // where a line is a lower bound
	Dashes []bool       `json:"dashes,omitempty"`
	Colors []int        `json:"colors,omitempty"`
	Bands  [][3]int     `json:"bands,omitempty"`
	// Names says what each x of a chart over runs stands for; Bounds marks the lines that
	// only bound a band.
	Names    []string           `json:"names,omitempty"`
	Bounds   []bool             `json:"bounds,omitempty"`
	Variants map[string]variant `json:"variants,omitempty"`
}

// variant is what a chart shows instead when it is chosen.
type variant struct {
	Y     [][]*float64 `json:"y"`
	Least [][]bool     `json:"least"`
}

// loadCharts makes the charts of a load test.
func loadCharts(l *record.Load) ([]chart, error) {
	if len(l.Series) == 0 {
		return nil, nil
	}
	latency, err := latencyChart(l)
	if err != nil {
		return nil, err
	}
	percentiles, err := percentileChart([]labelled{{"", l}})
	if err != nil {
		return nil, err
	}
	perS := func(get func(record.Point) float64) []*float64 { return perSecond(l.Series, get) }
	var all []chart
	if l.Capacity != nil && len(l.Capacity.Curve) > 0 {
		all = append(all, capacityChart(l.Capacity))
	}
	return append(all,
		latency,
		chart{ID: "chart-rate", Kind: "time", Title: "Rate asked and achieved", About: "Requests per second that were due, were sent, and were answered.", Unit: "/s",
			Labels: []string{"due", "sent", "answered"}, X: times(l.Series), Dashes: []bool{true, false, false}, Colors: []int{4, 0, 2},
			Y: [][]*float64{perS(func(p record.Point) float64 { return float64(p.Planned) }), perS(func(p record.Point) float64 { return float64(p.Sent) }),
				perS(func(p record.Point) float64 { return float64(p.Completed) })}},
		chart{ID: "chart-errors", Kind: "time", Title: "Errors", About: "Errors, wrong tokens and unsent requests per second.", Unit: "/s",
			Labels: []string{"errors", "bad tokens", "unsent"}, X: times(l.Series), Colors: []int{1, 3, 4},
			Y: [][]*float64{perS(func(p record.Point) float64 { return float64(p.Errors) }), perS(func(p record.Point) float64 { return float64(p.BadTokens) }),
				perS(func(p record.Point) float64 { return float64(p.Unsent) })}},
		percentiles,
		chart{ID: "chart-inflight", Kind: "time", Title: "Requests in flight", About: "The most requests that waited for an answer at once.",
			Labels: []string{"in flight"}, X: times(l.Series), Y: [][]*float64{perInterval(l.Series, func(p record.Point) float64 { return float64(p.InFlight) })}},
	), nil
}

// times are the starts of the intervals in seconds.
func times(series []record.Point) []float64 {
	var out []float64
	for _, p := range series {
		out = append(out, round(p.TS))
	}
	return out
}

// perInterval is a figure of every interval.
func perInterval(series []record.Point, get func(record.Point) float64) []*float64 {
	var out []*float64
	for _, p := range series {
		v := round(get(p))
		out = append(out, &v)
	}
	return out
}

// perSecond is a count of every interval as a rate.
func perSecond(series []record.Point, get func(record.Point) float64) []*float64 {
	return perInterval(series, func(p record.Point) float64 { return get(p) / max(p.WidthS, 1e-9) })
}

// round cuts a figure to a millionth, which is more than a chart shows.
func round(v float64) float64 { return math.Round(v*1e6) / 1e6 }

// latencyChart is latency over time in bands, for all services and for each.
func latencyChart(l *record.Load) (chart, error) {
	c := chart{ID: "chart-latency", Kind: "time", Title: "Latency over time", Unit: "ms",
		About:  "Percentiles of what was due in each interval, from the scheduled start.",
		Labels: []string{"p50", "p90", "p99", "max"}, X: times(l.Series), Colors: []int{0, 3, 1, 4}, Dashes: []bool{false, false, false, true},
		Bands: [][3]int{{1, 0, 0}, {2, 1, 3}}, Pick: append([]string{"all"}, serviceNames(l)...), Variants: map[string]variant{}}
	for _, name := range c.Pick {
		v, err := bandsOf(l.Series, name)
		if err != nil {
			return c, err
		}
		c.Variants[name] = v
	}
	c.Y, c.Least = c.Variants["all"].Y, c.Variants["all"].Least
	if l.All.Censored > 0 {
		c.About += aboutLeast
	}
	return c, nil
}

// aboutLeast explains the ≥ in a chart.
const aboutLeast = " Where the legend says ≥, requests were never sent, cut off or set aside, and the line is a lower bound."

// bandsOf are p50, p90, p99 and max of a service in ms; an interval without a
// request has none.
func bandsOf(series []record.Point, service string) (variant, error) {
	out := variant{Y: make([][]*float64, 4)}
	least, some := make([][]bool, 4), false
	for _, p := range series {
		d, n := p.Latency, p.Planned
		if service != "all" {
			all, err := hist.Decode(p.LatencyHistograms[service])
			if err != nil {
				return out, fmt.Errorf("the histogram of %s at %g s cannot be read: %w", service, p.TS, err)
			}
			open, err := hist.Decode(p.CensoredHistograms[service])
			if err != nil {
				return out, fmt.Errorf("what %s left open at %g s cannot be read: %w", service, p.TS, err)
			}
			d, n = hist.NewCensored(all.Without(open), open).Distribution(), all.Count()
		}
		marks := []bool{d.AtLeast.P50, d.AtLeast.P90, d.AtLeast.P99, d.AtLeast.Max}
		for i, v := range []float64{d.P50, d.P90, d.P99, d.Max} {
			least[i], some = append(least[i], marks[i]), some || marks[i]
			if n == 0 {
				out.Y[i] = append(out.Y[i], nil)
				continue
			}
			v = round(v * 1000)
			out.Y[i] = append(out.Y[i], &v)
		}
	}
	if some {
		out.Least = least
	}
	return out, nil
}

// labelled is a load test with the label of its run, empty where there is one.
type labelled struct {
	label string
	load  *record.Load
}

// percentileChart is the latency of every service by percentile, the x axis being
// −log10(1 − q), so that every further nine has the same width. The lines of the
// first of two runs are dashed.
func percentileChart(runs []labelled) (chart, error) {
	c := chart{ID: "chart-percentiles", Kind: "percentiles", Title: "Latency by percentile", Unit: "ms",
		About: "How many requests were answered within a time; every further nine has the same width."}
	longest := uint64(0)
	for _, r := range runs {
		longest = max(longest, r.load.All.Count)
	}
	end := math.Ceil(math.Log10(float64(max(longest, 100))))
	for x := 0.0; x <= end+1e-9; x += 0.05 {
		c.X = append(c.X, math.Round(x*100)/100)
	}
	for i, r := range runs {
		names := serviceNames(r.load)
		if len(names) == 0 {
			names = []string{"all"}
		}
		slices.Sort(names)
		for k, name := range names {
			y, least, err := percentileLine(r.load, name, c.X)
			if err != nil {
				return c, err
			}
			if c.Least = append(c.Least, least); slices.Contains(least, true) && !strings.Contains(c.About, aboutLeast) {
				c.About += aboutLeast
			}
			label := name
			if r.label != "" {
				label += " " + r.label
			}
			c.Labels, c.Y = append(c.Labels, label), append(c.Y, y)
			c.Colors, c.Dashes = append(c.Colors, k), append(c.Dashes, len(runs) > 1 && i == 0)
		}
	}
	return c, nil
}

// percentileLine is a service's latency in ms at every x, and where that is a lower
// bound; where fewer than one request lies beyond x there is none.
func percentileLine(l *record.Load, service string, xs []float64) (line []*float64, least []bool, err error) {
	h, err := figures.Latency(l, service)
	if err != nil {
		return nil, nil, err
	}
	for _, x := range xs {
		beyond := math.Pow(10, -x)
		if h.Count() == 0 || float64(h.Count())*beyond < 1 {
			line, least = append(line, nil), append(least, false)
			continue
		}
		r := h.Quantile(1 - beyond)
		v := round(r.Shown.Seconds() * 1000)
		line, least = append(line, &v), append(least, r.Open)
	}
	return line, least, nil
}
