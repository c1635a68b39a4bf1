// Package capacity searches for the highest rate at which an objective holds: where to
// look next, for how long, and what the looks tell. It puts no load on anything itself.
//
// A look is a Bernoulli experiment with many requests, of which at most a given share
// may miss the objective. That share never falls with the rate, so it is fitted by
// isotonic regression; the interval is that of the likelihood-ratio test for monotone
// functions (Banerjee and Wellner, Annals of Statistics 29, 2001, 1699–1731), with a
// dispersion by batch means, as requests that are close together miss together. Where to
// look next is a stochastic bisection: the middle of the bracket first, then the middle
// between the estimate and the farther end of the interval.
package capacity

import (
	"context"
	"math"
	"slices"
	"time"
)

// Config is what is searched for.
type Config struct {
	// Share is of the requests that may miss the objective: 0.01 for a 99th percentile.
	// Whole judges a look as one, for objectives that no single request meets or misses;
	// Share is ignored then.
	Share float64
	Whole bool
	// Bound is the time that the objective bounds, 0 for none.
	Bound time.Duration
	// Start is the first rate, Max bounds the rates: 0 is no bound. Per second.
	Start, Max float64
	// Time bounds the search.
	Time time.Duration
	// Service is what an answer takes, as far as that is known before the first look.
	Service time.Duration
}

// Prober puts the load on.
type Prober interface {
	Look(ctx context.Context, s Step) Look
	// Elapsed is how long the search has lasted.
	Elapsed() time.Duration
}

// Outcome is how a search ended.
type Outcome int

// The outcomes.
const (
	Found      Outcome = iota // a rate with an interval, confirmed
	AtMax                     // the highest rate that is allowed held
	LowerBound                // unigate was the limit before the target was
	NoRate                    // not even the lowest rate held
	Open                      // the time was up
	Ended                     // interrupted, or stopped
)

// Result is what a search found.
type Result struct {
	Outcome Outcome
	// Rate is the highest rate that held, 0 for none, Failed the lowest that did not, 0 for none.
	Rate, Failed float64
	// Low and High are the interval; Low is 0 and High is +Inf where nothing is known.
	Low, High float64
	// Confirmed says that a run of its own held at Rate.
	Confirmed bool
	Reason    string
	Looks     []Look
	Curve     []Point
}

// Point is what was seen at one rate.
type Point struct {
	Rate             float64
	Looks            int
	Requests, Missed float64
	Fitted           float64
}

// search is a search while it goes on.
type search struct {
	c       Config
	p       Prober
	looks   []Look
	service time.Duration
	ceiling float64 // rate that unigate could not give; 0 for none
	limit   string
	lasting string // why the search cannot go on
	ended   bool
	reserve float64 // confirming runs for which there is to be time
}

// NeedsTime returns how long the first step takes, and its confirmation: a search that
// may not last so long tells nothing.
func NeedsTime(c Config) time.Duration {
	s := &search{c: normalise(c), service: c.Service}
	step := s.step(Ramp, s.c.Start)
	return step.Settle + step.Judged + s.service
}

// normalise fills in what was left open.
func normalise(c Config) Config {
	if c.Whole || c.Share <= 0 {
		c.Whole, c.Share = true, 0.5
	}
	if c.Max <= 0 || c.Max > highest {
		c.Max = highest
	}
	c.Start = math.Min(math.Max(c.Start, lowest), c.Max)
	return c
}

// Run searches.
func Run(ctx context.Context, c Config, p Prober) Result {
	s := &search{c: normalise(c), p: p, service: c.Service, reserve: confirmReserve}
	s.narrow(ctx)
	confirmed := 0.0
	if s.lasting == "" || s.ceiling > 0 {
		confirmed = s.confirm(ctx)
	}
	if s.lasting == "" && confirmed > 0 {
		s.reserve = 0
		s.narrow(ctx) // what time is left
	}
	return s.result(confirmed)
}

// evidence weighs all looks.
func (s *search) evidence() *evidence { return weigh(s.looks, s.c.Share, s.c.Whole, 0) }

// interval returns the interval of the capacity. What holds for a part of the bound
// holds for the bound: its misses are more, but come in smaller clusters, so that low
// rates need no long looks.
func (s *search) interval(e *evidence) (low, high float64) {
	low, high = e.interval()
	if s.c.Whole || s.c.Bound == 0 {
		return low, high
	}
	for level := 1; level < Levels; level++ {
		l, _ := weigh(s.looks, s.c.Share, false, level).interval()
		low = math.Max(low, l)
	}
	held, _ := e.bracket()
	return math.Min(low, held), high
}

// narrow looks at rates until the interval is narrow or time is short.
func (s *search) narrow(ctx context.Context) {
	again := 0.0
	for {
		kind, rate, done := s.next(again)
		if done {
			return
		}
		step := s.step(kind, rate)
		if !s.timeFor(step) {
			return
		}
		early := s.early(rate)
		look := s.look(ctx, step)
		switch {
		case s.lasting != "":
			return
		case early && look.held(s.c.Share):
			s.forget()
			again = 0
		case look.Spoilt == "" && again != rate && s.hiccup(&look):
			again = rate
		default:
			again = 0
		}
	}
}

// hiccup reports whether a look that missed is worth a second one, as a few slow
// answers need not be the limit.
func (s *search) hiccup(l *Look) bool {
	if l.Cut || l.held(s.c.Share) {
		return false
	}
	n, x := l.counts(0)
	return l.Fault != "" || s.c.Whole || x < n/2 || accident(n, x, s.c.Share)
}

// next says where to look, and whether enough was seen. again is a rate to repeat, 0 for none.
func (s *search) next(again float64) (kind Kind, rate float64, done bool) {
	e := s.evidence()
	held, failed := e.bracket()
	if again > 0 {
		return kindOf(held, failed), again, false
	}
	top := s.c.Max
	if s.ceiling > 0 && (failed == 0 || failed > s.ceiling) {
		if s.ceiling-held <= nearCeiling*s.ceiling || s.ceiling <= lowest {
			s.lasting = s.limit
			return Bracket, 0, true
		}
		if held > 0 {
			return Bracket, between(held, s.ceiling), false
		}
		return Ramp, math.Max(roundRate(s.ceiling/stepDown), lowest), false
	}
	switch {
	case len(e.groups) == 0:
		return Ramp, s.c.Start, false
	case held >= top:
		low, _ := s.interval(e)
		return Refine, top, low >= top
	case failed == 0:
		return Ramp, math.Min(2*held, top), false
	case held == 0 && failed <= lowest:
		s.lasting = noRate
		return Ramp, 0, true
	case held == 0:
		return Ramp, math.Max(roundRate(failed/stepDown), lowest), false
	case s.early(failed): // it may have been a target that was not warm yet
		return Bracket, failed, false
	case failed/held-1 > bracketed:
		return Bracket, between(held, failed), false
	case e.at(failed).looks == 1:
		return Refine, failed, false // one look may have met an outage
	}
	return s.refine(e)
}

// early reports whether a rate was looked at but once, before any look held.
func (s *search) early(rate float64) bool {
	looks, before := 0, true
	early := false
	for i := range s.looks {
		l := &s.looks[i]
		if l.Rate == rate && l.Spoilt == "" {
			looks++
			early = before
		}
		before = before && !l.held(s.c.Share)
	}
	return looks == 1 && early
}

// forget leaves out of account what came before the first look that held: the target was
// not warm yet.
func (s *search) forget() {
	if first := slices.IndexFunc(s.looks, func(l Look) bool { return l.held(s.c.Share) }); first > 0 {
		s.looks = slices.Delete(s.looks, 0, first)
	}
}

// noRate is the reason where not even the lowest rate held.
const noRate = "no rate held"

// unbracketed is the reason where the time was up too early.
const unbracketed = "the time was up before the capacity was bracketed; give a longer --duration"

// kindOf names a repeated look.
func kindOf(held, failed float64) Kind {
	if held == 0 || failed == 0 {
		return Ramp
	}
	return Bracket
}

// refine looks between the estimate and the farther end of the interval.
func (s *search) refine(e *evidence) (Kind, float64, bool) {
	low, high := s.interval(e)
	if low > 0 && high/low-1 <= narrow {
		return Refine, 0, true
	}
	root := e.root()
	down, up := 1-low/root, high/root-1
	side, gap := 1.0, up
	if down > up {
		side, gap = -1, down
	}
	off := offsets[len(offsets)-1]
	for _, o := range offsets {
		if gap > o*5/4 {
			off = o
			break
		}
	}
	if gap <= off { // nothing is left between: look at the end again of which less is known
		if e.at(low).n <= e.at(high).n {
			return Refine, low, false
		}
		return Refine, high, false
	}
	rate := s.clamp(roundRate(root * (1 + side*off)))
	// Where what was seen there is not clear, and the interval is open, farther off.
	for i := 0; i < 5 && off == offsets[0] && !e.clear(rate, side); i++ {
		rate = s.clamp(roundRate(rate * (1 + side*off)))
	}
	return Refine, rate, false
}

// clamp keeps a rate within what may be tried.
func (s *search) clamp(rate float64) float64 {
	rate = math.Min(rate, s.c.Max)
	if s.ceiling > 0 {
		rate = math.Min(rate, s.ceiling*(1-nearCeiling/2))
	}
	return math.Max(rate, lowest)
}

// between returns a rate in the middle of two.
func between(low, high float64) float64 {
	mid := roundRate((low + high) / 2)
	if mid <= low || mid >= high {
		mid = (low + high) / 2
	}
	return mid
}

// roundRate rounds to three digits, so that rates read well.
func roundRate(rate float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(rate))-2)
	return math.Round(rate/unit) * unit
}

// step says how long a look at a rate is.
func (s *search) step(kind Kind, rate float64) Step {
	total := s.c.Time
	judged := min(max(total/looksPlanned, minLook), maxLook)
	switch kind {
	case Ramp:
		judged = min(max(total/rampsPlanned, minLook), maxRamp)
	case Bracket:
		judged = min(max(2*total/rampsPlanned, minLook), maxRamp)
	}
	if kind != Ramp {
		judged = max(judged, min(boundLooks*s.c.Bound, total/shareOfTime))
	}
	if kind == Confirm {
		judged = max(judged, total/confirmPart)
	}
	requests := time.Duration(lookRequests / rate * float64(time.Second))
	judged = max(judged, min(requests, total/shareOfTime))
	settle := max(time.Duration(float64(judged)*settleShare), settleAnswers*s.service)
	return Step{Kind: kind, Rate: rate, Settle: min(settle, total/2), Judged: judged, Last: rate <= lowest}
}

// timeFor reports whether there is time for a step, and for a confirming run after it.
func (s *search) timeFor(step Step) bool {
	need := step.Settle + step.Judged + s.service
	held, failed := s.evidence().bracket()
	if held > 0 && failed > 0 {
		c := s.step(Confirm, step.Rate)
		need += time.Duration(s.reserve * float64(c.Settle+c.Judged+s.service))
	}
	return s.p.Elapsed()+need <= s.c.Time
}

// look takes a look and learns from it.
func (s *search) look(ctx context.Context, step Step) Look {
	l := s.p.Look(ctx, step)
	l.Step = step
	s.looks = append(s.looks, l)
	s.service = max(s.service, min(l.Service, step.Settle+step.Judged))
	switch {
	case l.Ended:
		s.ended = true
		s.lasting = "the search was ended"
	case l.Spoilt != "" && (l.Lasting || s.spoiltAt(step.Rate) >= maxSpoilt):
		if s.ceiling == 0 || step.Rate < s.ceiling {
			s.ceiling, s.limit = step.Rate, l.Spoilt
		}
	}
	return l
}

// spoiltAt counts the looks at a rate that were spoilt.
func (s *search) spoiltAt(rate float64) int {
	n := 0
	for i := range s.looks {
		if s.looks[i].Rate == rate && s.looks[i].Spoilt != "" {
			n++
		}
	}
	return n
}
