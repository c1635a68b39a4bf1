package compare

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/record"
	runfigures "github.com/unigate/unigate/reports/internal/figures"
)

// Outcome is what a comparison of one figure came to.
type Outcome string

// The outcomes.
const (
	Better        Outcome = "better"
	Worse         Outcome = "worse"
	NoDifference  Outcome = "no difference shown"
	NotComparable Outcome = "not comparable"
)

// Method says in a sentence how the intervals are made.
const Method = "ratio of percentiles; circular block bootstrap over the intervals of each run (Politis and Romano 1992), " +
	"automatic block length (Politis and White 2004), all intervals together hold with 95 % (Romano and Wolf 2005), " +
	"widened by Student's t for short runs and where neighbouring intervals depend on each other"

// figures are the percentiles that are compared.
var figures = []struct {
	name string
	q    float64
}{{"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p99.9", 0.999}}

// Figures lists the names of the figures that are compared.
func Figures() []string {
	var names []string
	for _, f := range figures {
		names = append(names, f.name)
	}
	return names
}

// Performance is what changed in latency, counted from the scheduled start.
type Performance struct {
	// Comparable is false where the two load tests cannot be put side by side;
	// Reasons says why.
	Comparable bool     `json:"comparable"`
	Reasons    []string `json:"reasons"`
	Method     string   `json:"method"`
	Confidence float64  `json:"confidence"`
	Figures    []Figure `json:"figures"`
	Counts     []Count  `json:"counts"`
}

// Figure is one percentile of one service.
type Figure struct {
	Service string  `json:"service"`
	Name    string  `json:"figure"`
	OldS    float64 `json:"old_s"`
	NewS    float64 `json:"new_s"`
	// Change is the relative change, 0.1 for 10 % slower; Low and High bound it.
	Change  float64 `json:"change"`
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
	Outcome Outcome `json:"outcome"`
	Reason  string  `json:"reason,omitempty"`
	// Limit is the allowed regression where one was given, and Exceeded says
	// that it is shown to be exceeded.
	Limit    *float64 `json:"limit,omitempty"`
	Exceeded bool     `json:"exceeded,omitempty"`
	// OldAtLeast and NewAtLeast say that a figure is a lower bound, as some requests
	// were never sent or were cut off.
	OldAtLeast bool `json:"old_at_least,omitempty"`
	NewAtLeast bool `json:"new_at_least,omitempty"`
	// oldMore and newMore are the logarithms of by how much the figures may be higher.
	oldMore, newMore float64
}

// mark notes which of the two figures are lower bounds, and by how much they may be
// higher. Where nothing bounds that, nothing can be compared.
func (f *Figure) mark(old, new hist.Range) {
	more := func(r hist.Range) float64 {
		if r.High == hist.Unbounded {
			return math.Inf(1)
		}
		return math.Log(math.Max(r.High.Seconds(), 1e-6) / math.Max(r.Shown.Seconds(), 1e-6))
	}
	if f.OldAtLeast = old.Open; old.Open {
		f.oldMore = more(old)
	}
	if f.NewAtLeast = new.Open; new.Open {
		f.newMore = more(new)
	}
	if f.Outcome == "" && (math.IsInf(f.oldMore, 1) || math.IsInf(f.newMore, 1)) {
		f.Outcome, f.Reason, f.Change = NotComparable, "too many requests have no answer (never sent, cut off or set aside): it is a lower bound", 0
	}
}

// Judged reports whether the change has a confidence interval.
func (f Figure) Judged() bool { return f.Low != 0 || f.High != 0 }

// Count is a count of both runs. Outcome is empty where it is not judged.
type Count struct {
	Name    string  `json:"name"`
	Old     string  `json:"old"`
	New     string  `json:"new"`
	Outcome Outcome `json:"outcome,omitempty"`
}

// comparePerformance compares two load tests.
func comparePerformance(old, new *record.Load, o Options) (*Performance, error) {
	p := &Performance{Method: Method, Confidence: Confidence, Figures: []Figure{}}
	p.Reasons = differences(old, new)
	p.Comparable = len(p.Reasons) == 0
	p.Counts = compareCounts(old, new, p.Comparable)
	services := shared(old, new)
	for _, l := range o.Limits {
		if l.Service != "" && !slices.Contains(services, l.Service) {
			return nil, fmt.Errorf("limit %q: the load tests share no service %q, but %s", l.Text, l.Service, strings.Join(services, ", "))
		}
	}
	a, err := newRunOf(old, services)
	if err != nil {
		return nil, fmt.Errorf("old record: %w", err)
	}
	b, err := newRunOf(new, services)
	if err != nil {
		return nil, fmt.Errorf("new record: %w", err)
	}
	for i, name := range services {
		of := compareService(name, a.sets[i], b.sets[i])
		if err := markBounds(of, name, old, new); err != nil {
			return nil, err
		}
		p.Figures = append(p.Figures, of...)
	}
	if old.Capacity != nil || new.Capacity != nil {
		for i := range p.Figures {
			p.Figures[i].Outcome, p.Figures[i].Reason = NotComparable, "the rates of a search are mixed in it"
		}
	}
	p.refuseDependent(a, b)
	p.bound(a, b)
	// A short run cannot say anything about p99.9: without a word about it, unless it was asked for.
	p.Figures = slices.DeleteFunc(p.Figures, func(f Figure) bool {
		return f.Name == "p99.9" && f.Outcome != "" && !slices.ContainsFunc(o.Limits, func(l Limit) bool { return l.covers(f.Service, f.Name) })
	})
	p.judge(o.Limits)
	return p, nil
}

// shared returns the services that both load tests have, in order.
func shared(old, new *record.Load) []string {
	names := func(l *record.Load) map[string]bool {
		out := map[string]bool{}
		for _, s := range l.Services {
			out[s.Name] = true
		}
		return out
	}
	o := names(old)
	maps.DeleteFunc(o, func(name string, _ bool) bool { return !names(new)[name] })
	return slices.Sorted(maps.Keys(o))
}

// newRunOf returns the intervals of the services of a load test.
func newRunOf(l *record.Load, services []string) (*run, error) {
	var sets []*sampleSet
	for _, name := range services {
		s, err := intervals(l, name)
		if err == nil {
			err = s.setExact(l, name)
		}
		if err != nil {
			return nil, err
		}
		sets = append(sets, s)
	}
	return newRun(sets), nil
}

// compareService puts the percentiles of one service side by side. Those that
// can be judged have no outcome yet.
func compareService(name string, a, b *sampleSet) []Figure {
	sa, sb := a.sum(), b.sum()
	var out []Figure
	for _, f := range figures {
		x := Figure{Service: name, Name: f.name, OldS: a.reported(sa, f.q), NewS: b.reported(sb, f.q)}
		switch {
		case len(a.counts) < shortestSeries || len(b.counts) < shortestSeries:
			x.Outcome, x.Reason = NotComparable, fmt.Sprintf("fewer than %d intervals", shortestSeries)
		case min(a.total, b.total)*(1-f.q) < fewest-1e-6:
			x.Outcome, x.Reason = NotComparable, fmt.Sprintf("fewer than %d requests beyond it", fewest)
		case x.OldS <= 0 || x.NewS <= 0:
			x.Outcome, x.Reason = NotComparable, "nothing was measured"
		default:
			x.Change = tidy(x.NewS/x.OldS - 1)
		}
		out = append(out, x)
	}
	return out
}

// markBounds marks the figures of one service that are lower bounds.
func markBounds(of []Figure, service string, old, new *record.Load) error {
	a, err := runfigures.Latency(old, service)
	if err != nil {
		return fmt.Errorf("old record: %w", err)
	}
	b, err := runfigures.Latency(new, service)
	if err != nil {
		return fmt.Errorf("new record: %w", err)
	}
	for i, f := range figures {
		of[i].mark(a.Quantile(f.q), b.Quantile(f.q))
	}
	return nil
}

// refuseDependent leaves nothing to be judged where the intervals of a run depend
// on each other so much that the run is worth only a few of them.
func (p *Performance) refuseDependent(old, new *run) {
	if min(old.effective(), new.effective()) >= fewestEffective {
		return
	}
	for i := range p.Figures {
		if f := &p.Figures[i]; f.Outcome == "" {
			f.Outcome, f.Reason = NotComparable, "the intervals of a run depend on each other for too long: run longer"
		}
	}
}

// bound gives the figures that can be judged their confidence intervals.
func (p *Performance) bound(old, new *run) {
	qs := make([]float64, len(figures))
	for i, f := range figures {
		qs[i] = f.q
	}
	judged := make([]bool, len(p.Figures))
	for i, f := range p.Figures {
		judged[i] = f.Outcome == ""
	}
	if !slices.Contains(judged, true) {
		return
	}
	rnd := rand.New(rand.NewPCG(1, 2)) // the same records always give the same intervals
	a, b := old.resample(qs, rnd), new.resample(qs, rnd)
	da, db := old.deviations(a), new.deviations(b)
	m := multiple(a, b, judged, Confidence)
	for i := range p.Figures {
		if !judged[i] {
			continue
		}
		f := &p.Figures[i]
		half := widen(m, welch(da[i], db[i], old.effective(), new.effective())) * math.Hypot(da[i], db[i])
		center := math.Log1p(f.Change)
		f.Low, f.High = tidy(math.Expm1(center-half-f.oldMore)), tidy(math.Expm1(center+half+f.newMore))
	}
}

// microseconds rounds seconds to what was measured.
func microseconds(s float64) float64 { return math.Round(finite(s)*1e6) / 1e6 }

// tidy rounds a share to a ten thousandth.
func tidy(share float64) float64 { return math.Round(finite(share)*1e4) / 1e4 }

// finite is v, or 0 where it is no number.
func finite(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}

// judge gives every figure its limit and its outcome.
func (p *Performance) judge(limits []Limit) {
	for i := range p.Figures {
		f := &p.Figures[i]
		for _, l := range limits {
			if l.covers(f.Service, f.Name) {
				f.Limit = &l.Share
			}
		}
		if f.Outcome != "" {
			continue
		}
		relevant := math.Abs(f.NewS-f.OldS) >= LeastSeconds
		switch {
		case !p.Comparable:
			f.Outcome = NotComparable
			continue
		case relevant && f.Low > 0 && f.Change >= LeastChange:
			f.Outcome = Worse
		case relevant && f.High < 0 && f.Change <= -LeastChange/(1+LeastChange):
			f.Outcome = Better
		default:
			f.Outcome = NoDifference
		}
		f.Exceeded = f.Limit != nil && relevant && f.Low > *f.Limit
	}
}

// intervals returns the intervals of a service up to the end of the plan; those in
// which nothing was scheduled for it count as empty ones.
func intervals(l *record.Load, service string) (*sampleSet, error) {
	var hs []*hist.Histogram
	for _, p := range due(l.Series) {
		h, err := hist.Decode(p.LatencyHistograms[service])
		if err != nil {
			return nil, fmt.Errorf("the histogram of %s at %g s cannot be read: %w", service, p.TS, err)
		}
		hs = append(hs, h)
	}
	return newSampleSet(hs), nil
}

// setExact takes the histogram of the whole run, whose percentiles the reports
// show, where it counts the same requests as the intervals.
func (s *sampleSet) setExact(l *record.Load, service string) error {
	for _, row := range l.Services {
		if row.Name != service || row.Status != "all" {
			continue
		}
		h, err := hist.Decode(row.LatencyHistogram)
		if err != nil {
			return fmt.Errorf("the histogram of %s cannot be read: %w", service, err)
		}
		if float64(h.Count()) == s.total {
			s.exact = h
		}
	}
	return nil
}

// reported is the percentile that a report of the run shows, in seconds.
func (s *sampleSet) reported(sum []float64, q float64) float64 {
	if s.exact != nil {
		return microseconds(s.exact.Quantile(q).Seconds())
	}
	return microseconds(s.quantile(sum, q))
}

// findings returns what is shown to be worse, and what could not be judged. Limits
// replace the judgement of the percentiles; more errors are a finding in any case.
func (p *Performance) findings() (failed, open []string) {
	limited := slices.ContainsFunc(p.Figures, func(f Figure) bool { return f.Limit != nil })
	for _, f := range p.Figures {
		what := fmt.Sprintf("%s %s changed by %s (%s to %s)", f.Service, f.Name, Percent(f.Change), Percent(f.Low), Percent(f.High))
		switch {
		case f.Exceeded:
			failed = append(failed, fmt.Sprintf("%s; %s is allowed", what, Percent(*f.Limit)))
		case f.Limit != nil && f.Outcome == NotComparable && p.Comparable:
			open = append(open, fmt.Sprintf("the limit on %s %s cannot be judged: %s", f.Service, f.Name, f.Reason))
		case !limited && f.Outcome == Worse:
			failed = append(failed, what)
		}
	}
	for _, c := range p.Counts {
		switch {
		case c.Outcome == Worse && c.Name == capacityName:
			failed = append(failed, fmt.Sprintf("lower capacity: %s; before: %s", c.New, c.Old))
		case c.Outcome == Worse:
			failed = append(failed, fmt.Sprintf("more %s: %s, before %s", c.Name, c.New, c.Old))
		}
	}
	switch {
	case !p.Comparable:
		open = append(open, "the load tests cannot be compared: "+strings.Join(p.Reasons, "; "))
	case !p.judged():
		open = append(open, "no figure of the load tests could be judged: "+strings.Join(p.obstacles(), "; "))
	}
	return failed, open
}

// judged reports whether any percentile, or the capacity, could be judged.
func (p *Performance) judged() bool {
	return slices.ContainsFunc(p.Figures, func(f Figure) bool { return f.Outcome != NotComparable }) ||
		slices.ContainsFunc(p.Counts, func(c Count) bool {
			return c.Name == capacityName && c.Outcome != "" && c.Outcome != NotComparable
		})
}

// obstacles lists why figures could not be judged, each once.
func (p *Performance) obstacles() []string {
	var out []string
	for _, f := range p.Figures {
		if f.Reason != "" && !slices.Contains(out, f.Reason) {
			out = append(out, f.Reason)
		}
	}
	if len(p.Figures) == 0 {
		out = append(out, "the load tests share no service")
	}
	return out
}
