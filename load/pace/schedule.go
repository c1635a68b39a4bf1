// Package pace decides when requests start. A Schedule says when each request of
// a phase is due, and a Pacer makes vegeta send them then: precisely, never
// faster than twice the planned rate when it has to catch up, and with an
// account of what was late and why.
package pace

import (
	"math"
	"sort"
	"time"
)

// piece is a stretch of a schedule: the rate is from + (to − from)·t/length,
// plus amplitude·sin(2π·t/period) where period is not 0.
type piece struct {
	start  float64 // seconds since the schedule's start
	length float64 // seconds
	from   float64 // requests per second
	to     float64 // requests per second

	amplitude float64 // requests per second
	period    float64 // seconds

	first float64 // requests due before the piece
}

// count returns how many requests are due in the first t seconds of the piece.
func (p *piece) count(t float64) float64 {
	n := p.from*t + (p.to-p.from)*t*t/(2*p.length)
	if p.period > 0 {
		w := 2 * math.Pi / p.period
		n += p.amplitude / w * (1 - math.Cos(w*t))
	}
	return n
}

// rate returns the planned rate t seconds into the piece, per second.
func (p *piece) rate(t float64) float64 {
	r := p.from + (p.to-p.from)*t/p.length
	if p.period > 0 {
		r += p.amplitude * math.Sin(2*math.Pi*t/p.period)
	}
	return r
}

// at returns when, in seconds into the piece, n requests were due.
func (p *piece) at(n float64) float64 {
	switch {
	case p.period > 0:
		return p.search(n)
	case p.from == p.to:
		return n / p.from
	}
	// The positive root of (to−from)/(2·length)·t² + from·t − n = 0, in the
	// form that stays exact where the slope is small.
	a := (p.to - p.from) / (2 * p.length)
	root := math.Sqrt(math.Max(p.from*p.from+4*a*n, 0))
	if p.from+root == 0 {
		return 0
	}
	return math.Min(2*n/(p.from+root), p.length)
}

// search finds at(n) by bisection; count never falls, as no rate is negative.
func (p *piece) search(n float64) float64 {
	low, high := 0.0, p.length
	for i := 0; i < 60 && high-low > 1e-10; i++ {
		mid := (low + high) / 2
		if p.count(mid) < n {
			low = mid
		} else {
			high = mid
		}
	}
	return (low + high) / 2
}

// Schedule says when each request is due. The zero value is empty; the methods
// that extend it return it, so that shapes can be joined. Once it is in use it is
// read only, and safe for concurrent use.
type Schedule struct {
	pieces []piece
	random *poisson // nil for evenly spaced requests
	// every and first make it a share: request first of the whole, and each every-th
	// after it; every 0 stands for all.
	every, first uint64
}

// Share makes the schedule one generator's share: it has request first of the whole,
// counted from 0, and each every-th after it, all due when they are in the whole. It
// is called last.
func (s *Schedule) Share(first, every uint64) *Schedule {
	s.first, s.every = first, every
	return s
}

// number returns which request of the whole schedule is number k of the share.
func (s *Schedule) number(k uint64) uint64 {
	if s.every == 0 {
		return k
	}
	return s.first + k*s.every
}

// Poisson makes the requests of the whole schedule come at random, as those of many
// independent users do: request k is due where the cumulative rate reaches the k-th
// point of a unit Poisson process (inversion; Çinlar, Introduction to Stochastic
// Processes, 1975, chapter 4.7). The rate of every shape is kept on average only. The
// same seed and stream give the same points; another stream gives independent ones. It
// is called after all shapes.
func (s *Schedule) Poisson(seed, stream uint64) *Schedule {
	s.random = newPoisson(seed, stream, s.total())
	return s
}

// add appends a piece.
func (s *Schedule) add(p piece) *Schedule {
	if p.length <= 0 {
		return s
	}
	p.start, p.first = s.seconds(), s.total()
	s.pieces = append(s.pieces, p)
	return s
}

// Constant appends d at one rate, in requests per second.
func (s *Schedule) Constant(rate float64, d time.Duration) *Schedule {
	return s.add(piece{length: d.Seconds(), from: rate, to: rate})
}

// Ramp appends d in which the rate goes evenly from one value to another.
func (s *Schedule) Ramp(from, to float64, d time.Duration) *Schedule {
	return s.add(piece{length: d.Seconds(), from: from, to: to})
}

// Sine appends d in which the rate swings by amplitude around mean. The
// amplitude must not exceed the mean.
func (s *Schedule) Sine(mean, amplitude float64, period, d time.Duration) *Schedule {
	return s.add(piece{length: d.Seconds(), from: mean, to: mean, amplitude: amplitude, period: period.Seconds()})
}

// seconds returns the schedule's length in seconds.
func (s *Schedule) seconds() float64 {
	if len(s.pieces) == 0 {
		return 0
	}
	last := &s.pieces[len(s.pieces)-1]
	return last.start + last.length
}

// total returns how many requests are due, as a fraction.
func (s *Schedule) total() float64 {
	if len(s.pieces) == 0 {
		return 0
	}
	last := &s.pieces[len(s.pieces)-1]
	return last.first + last.count(last.length)
}

// Duration returns the schedule's length.
func (s *Schedule) Duration() time.Duration { return duration(s.seconds()) }

// Count returns how many requests the schedule holds. All are due before its end;
// evenly spaced, the first of the whole is due at its start.
func (s *Schedule) Count() uint64 {
	all := s.Whole()
	switch {
	case s.every == 0:
		return all
	case all <= s.first:
		return 0
	}
	return (all - s.first + s.every - 1) / s.every
}

// Whole returns how many requests the whole schedule holds of which this may be a share.
func (s *Schedule) Whole() uint64 {
	if s.random != nil {
		return s.random.count
	}
	return uint64(math.Ceil(math.Max(s.total()-noRequest, 0)))
}

// At returns when request k, counted from 0, is due, since the schedule's start.
// Past the last request it returns the schedule's length.
func (s *Schedule) At(k uint64) time.Duration {
	if len(s.pieces) == 0 {
		return 0
	}
	k = s.number(k)
	n := float64(k)
	if s.random != nil {
		if k >= s.random.count {
			return s.Duration()
		}
		n = s.random.at(k)
	}
	i := 0
	if len(s.pieces) > 1 {
		i = sort.Search(len(s.pieces), func(i int) bool { return s.pieces[i].first > n }) - 1
		i = max(i, 0)
	}
	p := &s.pieces[i]
	t := p.at(n - p.first)
	if math.IsNaN(t) || t > p.length {
		t = p.length
	}
	at := duration(p.start + t)
	if s.random != nil {
		at = min(at, s.Duration()-1) // the last ones may round up to the end
	}
	return at
}

// Rate returns the planned rate at a time since the schedule's start, in
// requests per second, of a share on average; 0 outside it.
func (s *Schedule) Rate(at time.Duration) float64 {
	t := at.Seconds()
	for i := range s.pieces {
		p := &s.pieces[i]
		if t >= p.start && t < p.start+p.length {
			return p.rate(t-p.start) / float64(max(s.every, 1))
		}
	}
	return 0
}

// DueBy returns how many requests are due before a time since the schedule's start.
func (s *Schedule) DueBy(at time.Duration) uint64 {
	n := s.Count()
	return uint64(sort.Search(int(min(n, math.MaxInt)), func(k int) bool { return s.At(uint64(k)) >= at }))
}

// duration turns seconds into a duration.
func duration(seconds float64) time.Duration {
	return time.Duration(math.Round(seconds * float64(time.Second)))
}
