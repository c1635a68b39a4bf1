package trend

import (
	"strings"

	"github.com/unigate/unigate/internal/printable"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/compare"
	"github.com/unigate/unigate/reports/internal/phrase"
)

// load takes the figures of a load test or a search, and says why it stands apart,
// where it cannot be drawn with the others.
func (b *builder) load(p *Run, f file, l *record.Load) {
	kind := plainLoad
	if l.Capacity != nil {
		kind = search
		p.Capacity = capacityOf(b, l.Capacity)
	} else {
		p.Load = loadOf(l)
	}
	why := compare.Unfit(l)
	if len(why) == 0 {
		why = b.against(kind, f, l)
	}
	p.Apart = printable.Line(b.redact(strings.Join(why, "; ")), maxWhy)
}

// against says why a load test cannot be compared with those that are drawn.
func (b *builder) against(kind loadKind, f file, l *record.Load) []string {
	model := b.models[kind]
	switch {
	case model == nil && f.plan != b.elected[kind]:
		return []string{"its plan, or its target, is another one than that of most load tests here: " + phrase.Phases(l.Plan, l.Capacity)}
	case model == nil:
		b.model(kind, f, l)
		return nil
	case f.target != b.targets[kind]:
		return []string{"another target than that of most load tests here, " + b.targets[kind]}
	}
	return compare.PlanDifferences(model, l)
}

// model makes a load test the one to which the others are held.
func (b *builder) model(kind loadKind, f file, l *record.Load) {
	m := &record.Load{Plan: l.Plan}
	if l.Capacity != nil {
		m.Capacity = &record.Capacity{Objective: l.Capacity.Objective, Steps: l.Capacity.Steps[:min(len(l.Capacity.Steps), 1)]}
		b.r.Objective = b.text(l.Capacity.Objective)
	} else {
		b.r.Plan = b.text(phrase.Phases(l.Plan, nil))
	}
	b.models[kind], b.targets[kind] = m, f.target
}

// loadOf are the figures of a load test.
func loadOf(l *record.Load) *Load {
	d, at := l.All.Latency, l.All.Latency.AtLeast
	out := &Load{Requests: l.Totals.Completed, RatePerS: l.Totals.RatePerS, ErrorShare: l.All.ErrorShare, BadTokens: l.Totals.BadTokens,
		P50: Figure{Value: d.P50, AtLeast: at.P50}, P95: Figure{Value: d.P95, AtLeast: at.P95}, P99: Figure{Value: d.P99, AtLeast: at.P99}}
	if i := l.All.LatencyIntervals; i != nil {
		out.Confidence = i.Confidence
		out.P50.Interval, out.P95.Interval, out.P99.Interval = i.P50, i.P95, i.P99
	}
	return out
}

// capacityOf is what a search found.
func capacityOf(b *builder, c *record.Capacity) *Capacity {
	out := &Capacity{Objective: b.text(c.Objective), Found: c.Found, Confidence: c.Confidence, Rate: Figure{Value: c.RatePerS, AtLeast: c.LowerBound}}
	if c.LowPerS > 0 || c.HighPerS > 0 {
		out.Rate.Interval = &record.Interval{Low: c.LowPerS}
		if c.HighPerS > 0 {
			high := c.HighPerS
			out.Rate.Interval.High = &high
		}
	}
	return out
}
