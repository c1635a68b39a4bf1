package measure

import (
	"cmp"
	"time"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/record"
)

// point is one interval.
type point struct {
	// Of the requests that were due in it.
	planned, errors, bad, unsent uint64
	latency                      []hist.Compact // by service
	open                         []hist.Compact // the part of it that is lower bounds

	// Of what happened in it, whenever it was due: requests that started, that were
	// answered, and that were answered or cut off.
	sent, completed, ended uint64
	inFlight               int // the most in flight when one started

	// Connections that were opened in it, their TLS handshakes, and those that resumed a session.
	opened, shaken, resumed uint64
}

// series is a run cut into intervals of one width.
type series struct {
	services int
	width    time.Duration
	points   []*point
}

// newSeries returns a series of the narrowest intervals.
func newSeries(services int) series { return series{services: services, width: firstWidth} }

// at returns the interval of a time.
func (s *series) at(t time.Duration) *point {
	i := int(max(t, 0) / s.width)
	for i >= maxPoints {
		s.double()
		i = int(t / s.width)
	}
	for len(s.points) <= i {
		s.points = append(s.points, &point{latency: make([]hist.Compact, s.services), open: make([]hist.Compact, s.services)})
	}
	return s.points[i]
}

// record counts a request in the intervals in which it was due, started and ended.
// No interval is kept while another one is looked for, which may join them.
func (s *series) record(x *Sample, answered time.Duration, failed bool) {
	p := s.at(answered)
	p.ended++
	if !x.Cut {
		p.completed++
	}
	p = s.at(answered - x.ServiceTime)
	p.sent++
	p.inFlight = max(p.inFlight, x.InFlight)
	p.connected(&x.Exchange)
	p = s.at(x.Scheduled)
	p.planned++
	p.latency[x.Service].Record(x.Latency)
	if x.Cut {
		p.open[x.Service].Record(x.Latency)
	}
	if failed {
		p.errors++
	}
}

// connected counts the connection of a request that started.
func (p *point) connected(x *Exchange) {
	for _, c := range []struct {
		is bool
		n  *uint64
	}{{x.Connected, &p.opened}, {x.Shaken, &p.shaken}, {x.Resumed, &p.resumed}} {
		if c.is {
			*c.n++
		}
	}
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
	p.planned += q.planned
	p.sent += q.sent
	p.completed += q.completed
	p.ended += q.ended
	p.errors += q.errors
	p.bad += q.bad
	p.unsent += q.unsent
	p.inFlight = max(p.inFlight, q.inFlight)
	p.opened += q.opened
	p.shaken += q.shaken
	p.resumed += q.resumed
	for i := range p.latency {
		p.latency[i].Merge(&q.latency[i])
		p.open[i].Merge(&q.open[i])
	}
}

// inFlight returns the most requests in flight at once in each interval: when one
// started, or when the interval began, with what had started and not ended before.
func (s *series) inFlight() []int {
	most := 0
	for _, p := range s.points {
		most = max(most, p.inFlight)
	}
	var out []int
	waiting := 0
	for _, p := range s.points {
		// A part of the plan waits for the answers of the one before it, and yet begins
		// where that was planned to end: they were not in flight together.
		out = append(out, max(p.inFlight, min(waiting, most)))
		waiting += int(p.sent) - int(p.ended) // #nosec G115 -- requests in flight
	}
	return out
}

// widthAt returns the width of the interval that begins at start. The one in which
// the plan ends is over then, or with the last answer.
func (r *Recorder) widthAt(start time.Duration) time.Duration {
	if r.end <= start {
		return r.series.width
	}
	return min(r.series.width, max(r.end, r.last)-start)
}

// Series returns the intervals for the run record.
func (r *Recorder) Series() ([]record.Point, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]record.Point, 0, len(r.series.points))
	inFlight := r.series.inFlight()
	for i, p := range r.series.points {
		start := time.Duration(i) * r.series.width
		x := record.Point{
			TS: start.Seconds(), WidthS: r.widthAt(start).Seconds(),
			Planned: p.planned, Sent: p.sent, Completed: p.completed, Errors: p.errors, BadTokens: p.bad, Unsent: p.unsent,
			Connections: p.opened, Handshakes: p.shaken, Resumptions: p.resumed,
			InFlight: inFlight[i], LatencyHistograms: map[string]string{}, CensoredHistograms: map[string]string{},
		}
		if err := r.distributions(p, &x); err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, nil
}

// distributions gives an interval of the run record its latencies.
func (r *Recorder) distributions(p *point, x *record.Point) error {
	known, open := hist.Compact{}, hist.Compact{}
	for k := range p.latency {
		name := r.services[k].name
		var err error
		if encoded, e := p.latency[k].Histogram().Encode(); encoded != "" {
			x.LatencyHistograms[name], err = encoded, e
		}
		if encoded, e := p.open[k].Histogram().Encode(); encoded != "" {
			x.CensoredHistograms[name], err = encoded, cmp.Or(err, e)
		}
		if err != nil {
			return err
		}
		known.Merge(&p.latency[k])
		open.Merge(&p.open[k])
	}
	known.Subtract(&open)
	x.Censored = open.Count()
	x.Latency = hist.NewCensored(known.Histogram(), open.Histogram()).Distribution()
	return nil
}
