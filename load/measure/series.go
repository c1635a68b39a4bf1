package measure

import (
	"time"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/record"
)

// maxPoints bounds the series; its intervals double when there are more.
const maxPoints = 600

// point is one interval, by the time at which its requests were due.
type point struct {
	sent, completed, errors, bad, unsent uint64

	inFlight int
	latency  []hist.Compact // by service
}

// series is a run cut into intervals of one width.
type series struct {
	services int
	width    time.Duration
	points   []*point
}

// newSeries returns a series of intervals of a second.
func newSeries(services int) series { return series{services: services, width: time.Second} }

// at returns the interval of a time.
func (s *series) at(t time.Duration) *point {
	i := int(max(t, 0) / s.width)
	for i >= maxPoints {
		s.double()
		i = int(t / s.width)
	}
	for len(s.points) <= i {
		s.points = append(s.points, &point{latency: make([]hist.Compact, s.services)})
	}
	return s.points[i]
}

// double joins neighbouring intervals.
func (s *series) double() {
	s.width *= 2
	joined := s.points[:0]
	for i := 0; i < len(s.points); i += 2 {
		p := s.points[i]
		if i+1 < len(s.points) {
			p.join(s.points[i+1])
		}
		joined = append(joined, p)
	}
	clear(s.points[len(joined):])
	s.points = joined
}

// join adds another interval.
func (p *point) join(q *point) {
	p.sent += q.sent
	p.completed += q.completed
	p.errors += q.errors
	p.bad += q.bad
	p.unsent += q.unsent
	p.inFlight = max(p.inFlight, q.inFlight)
	for i := range p.latency {
		p.latency[i].Merge(&q.latency[i])
	}
}

// Series returns the intervals for the run record.
func (r *Recorder) Series() ([]record.Point, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]record.Point, 0, len(r.series.points))
	width := r.series.width
	for i, p := range r.series.points {
		start := time.Duration(i) * width
		x := record.Point{
			TS: start.Seconds(), WidthS: min(width, max(r.end-start, 1)).Seconds(),
			Planned: p.sent + p.unsent, Sent: p.sent, Completed: p.completed, Errors: p.errors, BadTokens: p.bad, Unsent: p.unsent,
			InFlight: p.inFlight, LatencyHistograms: map[string]string{},
		}
		if r.end <= start {
			x.WidthS = width.Seconds()
		}
		all := hist.Compact{}
		for k := range p.latency {
			all.Merge(&p.latency[k])
			encoded, err := p.latency[k].Histogram().Encode()
			if err != nil {
				return nil, err
			}
			if encoded != "" {
				x.LatencyHistograms[r.services[k].name] = encoded
			}
		}
		x.Latency = all.Histogram().Distribution()
		out = append(out, x)
	}
	return out, nil
}
