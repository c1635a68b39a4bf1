package load

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/objective"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/load/pace"
)

// Shape is how the rate of a phase goes over time.
type Shape string

// The shapes.
const (
	Constant Shape = "constant" // one rate
	Ramp     Shape = "ramp"     // evenly from one rate to another
	Steps    Shape = "steps"    // from one rate to another in equal steps
	Spike    Shape = "spike"    // one rate, with a burst of a higher one
	Sine     Shape = "sine"     // swings around one rate
	Soak     Shape = "soak"     // one rate, for long
	Max      Shape = "max"      // as fast as the target answers: a closed loop
)

// Shapes lists every shape.
var Shapes = []Shape{Constant, Ramp, Steps, Spike, Sine, Soak, Max}

// Arrivals is how requests are spread at the rate of the plan.
type Arrivals string

// The kinds of arrivals.
const (
	Uniform Arrivals = "uniform" // evenly spaced
	Poisson Arrivals = "poisson" // at random, as those of many independent users
)

// ParseArrivals reads a kind of arrivals.
func ParseArrivals(text string) (Arrivals, error) {
	if a := Arrivals(text); a == Uniform || a == Poisson {
		return a, nil
	}
	return "", usagef("uniform is evenly spaced, poisson at random as independent users are", "unknown arrivals %q", text)
}

// maxSeed bounds seeds, so that every reader of JSON keeps them exactly.
const maxSeed = 1<<53 - 1

// Phase is one part of a plan. Rates are requests per second.
type Phase struct {
	Name     string
	Shape    Shape
	Duration time.Duration
	// Rate is the rate, the ramp's and the steps' last rate, the spike's base or the sine's mean.
	Rate float64
	// From is where a ramp and steps begin. Steps with no From begin at the first step's rate.
	From float64
	// Steps is how many steps there are, 5 where it is 0.
	Steps int
	// Peak is a spike's highest rate, five times Rate where it is 0. It begins At,
	// a third into the phase where it is 0, and lasts Length, a tenth of the phase where it is 0.
	Peak       float64
	At, Length time.Duration
	// Amplitude is how far a sine swings, half of Rate where it is 0, and Period
	// how long a swing takes, a quarter of the phase where it is 0.
	Amplitude float64
	Period    time.Duration
}

// Plan is what a load test sends.
type Plan struct {
	Phases []Phase
	// Mix says which share of the requests goes to which service; it is by weight.
	Mix []Share
	// Warmup is how long requests are sent, at the plan's first rate, before any is counted.
	Warmup time.Duration
	// MaxInflight bounds the requests that wait for their answers; in a closed
	// loop it is how many there always are. 0 stands for as many as the rate needs and
	// the machine bears, for 16 in a closed loop, and for 1000 in a plan with one.
	MaxInflight int
	// Arrivals is how requests are spread; "" stands for Uniform. Seed makes Poisson
	// arrivals repeatable, from 1 to 2^53 − 1; 0 has one drawn.
	Arrivals Arrivals
	Seed     uint64
}

// maxRate bounds what can be asked for, in requests per second.
const maxRate = 1e6

// fill sets the defaults of a phase.
func (p *Phase) fill() {
	if p.Shape == "" {
		p.Shape = Constant
	}
	switch p.Shape {
	case Steps:
		if p.Steps == 0 {
			p.Steps = 5
		}
		if p.From == 0 {
			p.From = p.Rate / float64(p.Steps)
		}
	case Spike:
		if p.Peak == 0 {
			p.Peak = 5 * p.Rate
		}
		if p.At == 0 {
			p.At = p.Duration / 3
		}
		if p.Length == 0 {
			p.Length = p.Duration / 10
		}
	case Sine:
		if p.Amplitude == 0 {
			p.Amplitude = p.Rate / 2
		}
		if p.Period == 0 {
			p.Period = p.Duration / 4
		}
	}
}

// check says what is wrong with a phase.
func (p *Phase) check() error {
	known := false
	for _, s := range Shapes {
		known = known || s == p.Shape
	}
	if !known {
		return usagef("the shapes are constant, ramp, steps, spike, sine, soak and max", "unknown shape %q", p.Shape)
	}
	if p.Duration <= 0 {
		return usagef("such as 30s or 5m", "the duration of a phase must be longer than nothing, not %v", p.Duration)
	}
	if err := p.checkStray(); err != nil {
		return err
	}
	if p.Shape == Max {
		return nil
	}
	for i, rate := range []float64{p.Rate, p.From, p.Peak, p.Amplitude} {
		if math.IsNaN(rate) || rate < 0 || rate > maxRate {
			name := []string{"rate", "from", "peak", "amplitude"}[i]
			return usagef("rates are between 0 and 1,000,000 requests a second", "the %s %v is out of range", name, rate)
		}
	}
	switch {
	case p.Rate == 0 && (p.Shape != Ramp || p.From == 0):
		return usagef("such as 50/s, 300/m or max", "a rate of 0 sends nothing")
	case p.Shape == Sine && p.Amplitude > p.Rate:
		return usagef("an amplitude is at most the mean rate", "a sine of amplitude %v around %v would go below 0", p.Amplitude, p.Rate)
	case p.Shape == Sine && p.Period <= 0:
		return usagef("such as 1m", "the period of a sine must be longer than nothing")
	case p.Shape == Spike && (p.At < 0 || p.Length < 0 || p.At+p.Length > p.Duration):
		return usagef("the spike begins at and lasts length, within the phase's duration", "the spike, %v at %v, does not fit into %v", p.Length, p.At, p.Duration)
	case p.Shape == Spike && p.Peak <= p.Rate:
		return usagef("the peak is the highest rate", "a spike to %v from %v is none", p.Peak, p.Rate)
	case p.Shape == Steps && (p.Steps < 1 || p.Steps > 1000):
		return usagef("from 1 to 1000 steps", "%d steps are out of range", p.Steps)
	}
	return nil
}

// checkStray finds values that mean nothing in the phase's shape.
func (p *Phase) checkStray() error {
	stray := func(name string, given bool, shapes ...Shape) error {
		if !given || slices.Contains(shapes, p.Shape) {
			return nil
		}
		var of []string
		for _, s := range shapes {
			of = append(of, string(s))
		}
		return usagef(fmt.Sprintf("%s belongs to the shape %s", name, strings.Join(of, " or ")), "the shape %s has no %s", p.Shape, name)
	}
	if p.Shape == Max && p.Rate != 0 {
		return usagef("max is a closed loop: --max-inflight says how many requests are under way", "the shape max has no rate")
	}
	return cmp.Or(
		stray("from", p.From != 0, Ramp, Steps), stray("steps", p.Steps != 0, Steps),
		stray("peak", p.Peak != 0, Spike), stray("at", p.At != 0, Spike), stray("length", p.Length != 0, Spike),
		stray("amplitude", p.Amplitude != 0, Sine), stray("period", p.Period != 0, Sine),
	)
}

// extend appends the phase to a schedule.
func (p *Phase) extend(s *pace.Schedule) {
	switch p.Shape {
	case Ramp:
		s.Ramp(p.From, p.Rate, p.Duration)
	case Steps:
		for i := range p.Steps {
			rate := p.Rate
			if p.Steps > 1 {
				rate = p.From + (p.Rate-p.From)*float64(i)/float64(p.Steps-1)
			}
			s.Constant(rate, p.Duration/time.Duration(p.Steps))
		}
	case Spike:
		s.Constant(p.Rate, p.At).Constant(p.Peak, p.Length).Constant(p.Rate, p.Duration-p.At-p.Length)
	case Sine:
		s.Sine(p.Rate, p.Amplitude, p.Period, p.Duration)
	default:
		s.Constant(p.Rate, p.Duration)
	}
}

// highest returns the highest rate of the phase.
func (p *Phase) highest() float64 {
	switch p.Shape {
	case Ramp, Steps:
		return max(p.From, p.Rate)
	case Spike:
		return max(p.Rate, p.Peak)
	case Sine:
		return p.Rate + p.Amplitude
	}
	return p.Rate
}

// record returns the phase in the form of the run record.
func (p *Phase) record() record.Phase {
	r := record.Phase{Name: p.Name, Shape: string(p.Shape), DurationS: p.Duration.Seconds(), RatePerS: p.Rate}
	switch p.Shape {
	case Ramp:
		r.Params = map[string]float64{"from_per_s": p.From}
	case Steps:
		r.Params = map[string]float64{"from_per_s": p.From, "steps": float64(p.Steps)}
	case Spike:
		r.Params = map[string]float64{"peak_per_s": p.Peak, "at_s": p.At.Seconds(), "length_s": p.Length.Seconds()}
	case Sine:
		r.Params = map[string]float64{"amplitude_per_s": p.Amplitude, "period_s": p.Period.Seconds()}
	}
	return r
}

// fill sets the defaults and says what is wrong with the plan.
func (p *Plan) fill() error {
	if len(p.Phases) == 0 {
		return usagef("", "a plan needs at least one phase")
	}
	closed, mixed := true, false
	for i := range p.Phases {
		ph := &p.Phases[i]
		ph.fill()
		if err := ph.check(); err != nil {
			return err
		}
		closed = closed && ph.Shape == Max
		mixed = mixed || ph.Shape == Max
	}
	if p.Warmup < 0 {
		return usagef("such as 5s", "a warm-up of %v", p.Warmup)
	}
	switch {
	case p.MaxInflight < 0 || p.MaxInflight > 100_000:
		return usagef("from 1 to 100,000", "%d requests in flight are out of range", p.MaxInflight)
	case p.MaxInflight == 0 && closed:
		p.MaxInflight = 16
	case p.MaxInflight == 0 && mixed:
		p.MaxInflight = 1000
	}
	return p.fillArrivals(closed)
}

// fillArrivals sets how requests are spread and says what is wrong with it.
func (p *Plan) fillArrivals(closed bool) error {
	if p.Arrivals == "" {
		p.Arrivals = Uniform
	}
	if _, err := ParseArrivals(string(p.Arrivals)); err != nil {
		return err
	}
	switch {
	case p.Seed > maxSeed:
		return usagef("from 1 to 9007199254740991", "the seed %d is out of range", p.Seed)
	case p.Arrivals == Uniform && p.Seed != 0:
		return usagef("a seed belongs to --arrivals poisson", "evenly spaced requests have no seed")
	case p.Arrivals == Poisson && closed:
		return usagef("in a closed loop a request follows an answer", "max has no arrivals")
	case p.Arrivals == Poisson && p.Seed == 0:
		p.Seed = rand.Uint64N(maxSeed) + 1
	}
	return nil
}

// spread makes the requests of a schedule arrive as the plan says. Each part of a run
// has a stream of its own.
func (p *Plan) spread(s *pace.Schedule, stream uint64) *pace.Schedule {
	if p.Arrivals == Poisson {
		s.Poisson(p.Seed, stream)
	}
	return s
}

// Duration returns the length of the phases together.
func (p *Plan) Duration() time.Duration {
	d := time.Duration(0)
	for i := range p.Phases {
		d += p.Phases[i].Duration
	}
	return d
}

// Highest returns the highest rate of the plan in requests per second; 0 where a
// phase is a closed loop, which has no bound.
func (p *Plan) Highest() float64 {
	h := 0.0
	for i := range p.Phases {
		if p.Phases[i].Shape == Max {
			return 0
		}
		h = max(h, p.Phases[i].highest())
	}
	return h
}

// stretch is a run of phases that one attack sends: a schedule, or a closed loop.
type stretch struct {
	schedule *pace.Schedule // nil for a closed loop
	duration time.Duration
	start    time.Duration // within the plan
}

// stretches cuts the plan into attacks: neighbouring open phases are one, so
// that nothing waits between them; each closed loop is one.
func (p *Plan) stretches() []stretch {
	var out []stretch
	at := time.Duration(0)
	for i := range p.Phases {
		ph := &p.Phases[i]
		last := len(out) - 1
		switch {
		case ph.Shape == Max:
			out = append(out, stretch{duration: ph.Duration, start: at})
		case last >= 0 && out[last].schedule != nil:
			ph.extend(out[last].schedule)
			out[last].duration += ph.Duration
		default:
			s := &pace.Schedule{}
			ph.extend(s)
			out = append(out, stretch{schedule: s, duration: ph.Duration, start: at})
		}
		at += ph.Duration
	}
	for i := range out {
		if out[i].schedule != nil {
			p.spread(out[i].schedule, uint64(i))
		}
	}
	return out
}

// warmupStream is the stream of the warm-up; the parts of a plan and the steps of a
// search count theirs from 0.
const warmupStream = 1 << 63

// warmup returns the attack of the warm-up.
func (p *Plan) warmup() stretch {
	first := p.Phases[0]
	if first.Shape == Max {
		return stretch{duration: p.Warmup}
	}
	rate := first.Rate
	switch first.Shape {
	case Ramp, Steps:
		rate = max(first.From, first.Rate/10)
	}
	return stretch{schedule: p.spread((&pace.Schedule{}).Constant(rate, p.Warmup), warmupStream), duration: p.Warmup}
}

// record returns the plan in the form of the run record.
func (p *Plan) record() record.Plan {
	r := record.Plan{
		Model: "open", WarmupS: p.Warmup.Seconds(), DurationS: p.Duration().Seconds(),
		MaxInflight: p.MaxInflight, Mix: map[string]float64{}, Arrivals: string(p.Arrivals), Seed: p.Seed,
	}
	closed := 0
	for i := range p.Phases {
		r.Phases = append(r.Phases, p.Phases[i].record())
		if p.Phases[i].Shape == Max {
			closed++
		}
	}
	switch closed {
	case 0:
	case len(p.Phases):
		r.Model = "closed"
	default:
		r.Model = "open and closed"
	}
	total := 0.0
	for _, s := range p.Mix {
		total += s.Weight
	}
	for _, s := range p.Mix {
		r.Mix[s.String()] += s.Weight / total
	}
	return r
}

// UsageError is a mistake in what was asked for.
type UsageError = objective.Error

// usagef returns a UsageError.
func usagef(hint, format string, args ...any) error {
	return objective.Errorf(hint, format, args...)
}
