package reports

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/record"
)

// addSeries adds the series, aligned by the clocks of the generators: an interval
// goes where most of it lies. The width is that of the widest.
func addSeries(runs []*record.Run) ([]record.Point, time.Time, error) {
	began := time.Time{}
	width := 0.0
	starts := make([]time.Time, len(runs))
	var after []float64
	if isPart(runs[0]) {
		after, _ = begins(runs)
	}
	for i, r := range runs {
		starts[i] = r.Load.Began
		if after != nil { // their clocks may differ
			starts[i] = runs[0].Load.Began.Add(time.Duration((after[i] - after[0]) * float64(time.Second)))
		}
		if starts[i].IsZero() {
			starts[i] = r.Started.Add(time.Duration(r.Load.Plan.WarmupS * float64(time.Second)))
		}
		if began.IsZero() || starts[i].Before(began) {
			began = starts[i]
		}
		for _, p := range r.Load.Series {
			width = max(width, p.WidthS)
		}
	}
	if width == 0 {
		return nil, began, nil
	}
	points := map[int]*merging{}
	for i, r := range runs {
		for _, p := range r.Load.Series {
			at := int((starts[i].Sub(began).Seconds() + p.TS + p.WidthS/2) / width)
			if points[at] == nil {
				points[at] = &merging{inFlight: map[int]int{}, latency: map[string]*hist.Histogram{}, open: map[string]*hist.Histogram{}}
			}
			if err := points[at].add(i, p); err != nil {
				return nil, began, err
			}
		}
	}
	var out []record.Point
	for _, at := range slices.Sorted(maps.Keys(points)) {
		p, err := points[at].point(float64(at)*width, width)
		if err != nil {
			return nil, began, err
		}
		out = append(out, p)
	}
	return out, began, nil
}

// merging is one interval while it is added up.
type merging struct {
	sum      record.Point
	inFlight map[int]int // the most in flight, by generator
	latency  map[string]*hist.Histogram
	open     map[string]*hist.Histogram // the part of it that is lower bounds
}

// add adds an interval of one generator.
func (m *merging) add(generator int, p record.Point) error {
	m.sum.Planned += p.Planned
	m.sum.Sent += p.Sent
	m.sum.Completed += p.Completed
	m.sum.Errors += p.Errors
	m.sum.BadTokens += p.BadTokens
	m.sum.Unsent += p.Unsent
	m.sum.Connections += p.Connections
	m.sum.Handshakes += p.Handshakes
	m.sum.Resumptions += p.Resumptions
	m.inFlight[generator] = max(m.inFlight[generator], p.InFlight)
	m.sum.Censored += p.Censored
	m.sum.Generator = worstHealth(m.sum.Generator, p.Generator)
	for _, k := range []struct {
		from map[string]string
		to   map[string]*hist.Histogram
	}{{p.LatencyHistograms, m.latency}, {p.CensoredHistograms, m.open}} {
		for name, encoded := range k.from {
			h, err := hist.Decode(encoded)
			if err != nil {
				return fmt.Errorf("the histogram of %s at %g s cannot be read: %w", name, p.TS, err)
			}
			if k.to[name] == nil {
				k.to[name] = hist.New()
			}
			k.to[name].Merge(h)
		}
	}
	return nil
}

// worstHealth takes the worse of every figure of two generators.
func worstHealth(a, b *record.Health) *record.Health {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	return &record.Health{
		ScheduleLagP99S: max(a.ScheduleLagP99S, b.ScheduleLagP99S), ReceiveLagP99S: max(a.ReceiveLagP99S, b.ReceiveLagP99S),
		CPUShare: max(a.CPUShare, b.CPUShare), RunDelayShare: max(a.RunDelayShare, b.RunDelayShare), ThrottledShare: max(a.ThrottledShare, b.ThrottledShare),
		GCShare: max(a.GCShare, b.GCShare), BlockedShare: max(a.BlockedShare, b.BlockedShare), Bound: cmp.Or(a.Bound, b.Bound),
	}
}

// point is the finished interval.
func (m *merging) point(at, width float64) (record.Point, error) {
	p := m.sum
	p.TS, p.WidthS, p.LatencyHistograms, p.CensoredHistograms = at, width, map[string]string{}, map[string]string{}
	for _, n := range m.inFlight {
		p.InFlight += n
	}
	sum := func(from map[string]*hist.Histogram, to map[string]string) (*hist.Histogram, error) {
		all := hist.New()
		for name, h := range from {
			all.Merge(h)
			encoded, err := h.Encode()
			if err != nil {
				return nil, err
			}
			to[name] = encoded
		}
		return all, nil
	}
	all, err := sum(m.latency, p.LatencyHistograms)
	if err != nil {
		return p, err
	}
	open, err := sum(m.open, p.CensoredHistograms)
	if err != nil {
		return p, err
	}
	p.Latency = hist.NewCensored(all.Without(open), open).Distribution()
	return p, nil
}
