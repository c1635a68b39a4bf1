package capacity

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Levels is how many times are looked at: the bound of the objective, half of it, a
// quarter and so on.
const Levels = 5

// Block is a part of a look.
type Block struct {
	Requests float64
	// Above counts the requests that took longer than the bound over 2^i. Where the
	// objective bounds no time, Above[0] counts those that missed it.
	Above [Levels]float64
}

// Blocks is into how many blocks a look is cut.
const Blocks = 32

// Kind says what a look was for.
type Kind string

// The kinds of looks.
const (
	Ramp    Kind = "ramp"    // where the limit is about
	Bracket Kind = "bracket" // halves the gap
	Refine  Kind = "refine"  // narrows the interval
	Confirm Kind = "confirm" // a run of its own at the rate that is the answer
)

// Step is a look that is asked for.
type Step struct {
	Kind           Kind
	Rate           float64 // requests per second
	Settle, Judged time.Duration
	// Last says that no lower rate is tried: where it misses, no rate holds.
	Last bool
}

// Look is what a step showed.
type Look struct {
	Step
	// Blocks are the judged requests in the order in which they were due.
	Blocks []Block
	// Cut says that the look ended early, as far more than Hopeless requests had missed:
	// what it did not send any more counts as requests that did not miss.
	Cut bool
	// Fault says why the look misses the objective whatever its blocks say: errors,
	// wrong tokens, a backlog that grows.
	Fault string
	// Spoilt says what limit of unigate makes the look tell nothing about the target.
	// Lasting: to repeat it is of no use.
	Spoilt  string
	Lasting bool
	// Served is how many answers of use there were, per second.
	Served float64
	// Service is a high percentile of the service time.
	Service time.Duration
	// Ended is set where nothing more can be asked: the run was interrupted or stopped.
	// The look counts for nothing, as it may have ended before it was judged.
	Ended bool
}

// counts returns the judged requests of a look and how many were above a level.
func (l *Look) counts(level int) (n, x float64) {
	for _, b := range l.Blocks {
		n += b.Requests
		x += b.Above[level]
	}
	return n, x
}

// held reports whether a look by itself meets the objective.
func (l *Look) held(share float64) bool {
	n, x := l.counts(0)
	return !l.Ended && l.Spoilt == "" && l.Fault == "" && n > 0 && x <= share*n
}

// accident reports whether as many misses may be one where the share holds.
func accident(n, x, share float64) bool {
	mean := n * share
	if mean > manyMisses { // the first term would be 0: the normal distribution tells the same
		return math.Erfc((x-0.5-mean)/math.Sqrt(2*mean))/2 > significant
	}
	// The upper tail of Poisson's distribution.
	term, below := math.Exp(-mean), 0.0
	for k := 0.0; k < x && k < 2*manyMisses; k++ {
		below += term
		term *= mean / (k + 1)
	}
	return 1-below > significant
}

// evidence is all that the looks tell.
type evidence struct {
	model
	groups []group
	// informed counts the looks that tell how misses cluster.
	informed int
}

// weigh makes the evidence of looks at a level. Where whole is true a look is one trial.
func weigh(looks []Look, share float64, whole bool, level int) *evidence {
	e := &evidence{model: model{share: share, dispersion: 1}}
	highest := 0.0 // rate at which a look held by itself
	for i := range looks {
		if looks[i].held(share) {
			highest = max(highest, looks[i].Rate)
		}
	}
	for i := range looks {
		l := &looks[i]
		n, x := l.counts(level)
		if l.Fault != "" { // it may have ended before anything was judged
			n = math.Max(n, l.Rate*l.Judged.Seconds())
			x = n
		}
		if l.Spoilt != "" || n == 0 || l.Ended { // what was interrupted shows less than it asked
			continue
		}
		switch {
		case whole:
			n, x = 1, math.Min(x, 1)
		case l.Rate <= highest:
			x = math.Min(x, clip*share*n)
		}
		k, found := slices.BinarySearchFunc(e.groups, l.Rate, func(g group, r float64) int { return cmp.Compare(g.rate, r) })
		if !found {
			e.groups = slices.Insert(e.groups, k, group{rate: l.Rate})
		}
		e.groups[k].n += n
		e.groups[k].x += math.Min(x, n)
		e.groups[k].looks++
	}
	for i, p := range isotonic(e.groups) {
		e.groups[i].fitted = p
	}
	if !whole {
		e.dispersion, e.informed = dispersion(looks, share, level)
	}
	return e
}

// dispersion is by how much misses vary more than independent ones would, at the
// share. Where nothing missed yet, the requests that took half of the bound tell how
// they would cluster: in a queue their clusters are like those of the misses, whose
// share is about the square of theirs.
func dispersion(looks []Look, share float64, level int) (d float64, informed int) {
	d, informed = clusters(looks, share, level)
	if level+1 < Levels {
		half, n := clusters(looks, math.Sqrt(share), level+1)
		d, informed = math.Max(d, nearFactor*half), max(informed, n)
	}
	return math.Max(d, 1), informed
}

// clusters is the variance of the number of requests above a level in blocks over its
// mean, at the length of blocks where that is greatest, taken to the given share: a
// cluster grows with the root of the share. Looks far from the share tell nothing.
func clusters(looks []Look, share float64, level int) (worst float64, informed int) {
	type sums struct{ n, x float64 }
	rates := map[float64]sums{}
	for i := range looks {
		if looks[i].Cut {
			continue
		}
		n, x := looks[i].counts(level)
		s := rates[looks[i].Rate]
		rates[looks[i].Rate] = sums{s.n + n, s.x + x}
	}
	for width := 1; width <= Blocks/4; width *= 2 {
		variance, mean := 0.0, 0.0
		informed = 0
		for i := range looks {
			l := &looks[i]
			n, x := l.counts(level)
			if l.Cut || l.Fault != "" || l.Spoilt != "" || x == 0 || x > math.Min(near*share, decisive)*n {
				continue
			}
			s := rates[l.Rate]
			informed++
			variance += l.variance(level, width)
			mean += x * math.Sqrt(s.x/s.n/share)
		}
		if mean > 0 {
			worst = math.Max(worst, variance/mean)
		}
	}
	return worst, informed
}

// variance is that of the requests above a level in the look, by batch means: as many
// blocks are joined as width says.
func (l *Look) variance(level, width int) float64 {
	n, x := l.counts(level)
	sum, m := 0.0, 0.0
	for i := 0; i+width <= len(l.Blocks); i += width {
		bn, bx := 0.0, 0.0
		for _, b := range l.Blocks[i : i+width] {
			bn += b.Requests
			bx += b.Above[level]
		}
		d := bx - bn*x/n
		sum += d * d
		m++
	}
	return sum * m / (m - 1)
}

// held returns the highest rate at which the objective holds by the fit, failed the
// lowest at which it does not; 0 for none.
func (e *evidence) bracket() (held, failed float64) {
	for _, g := range e.groups {
		if g.fitted <= e.share {
			held = g.rate
		} else if failed == 0 {
			failed = g.rate
		}
	}
	return held, failed
}

// interval returns the interval of the capacity.
func (e *evidence) interval() (low, high float64) {
	if len(e.groups) == 0 {
		return 0, math.Inf(1)
	}
	bound := critical * critical
	if e.dispersion > 1 {
		t := student(max(e.informed-1, 1))
		bound = t * t
	}
	return interval(e.groups, &e.model, bound)
}

// student is the two-sided quantile of Student's t at Confidence, for a dispersion that
// is estimated from few looks; within 1 % from three degrees of freedom on.
func student(df int) float64 {
	n := float64(max(df, 3))
	return critical + 2.37/n + 3.9/(n*n)
}

// root estimates where the fit crosses the share, between held and failed.
func (e *evidence) root() float64 {
	held, failed := e.bracket()
	if held == 0 || failed == 0 {
		return math.Max(held, failed)
	}
	a, b := 0.0, 0.0
	for _, g := range e.groups {
		switch g.rate {
		case held:
			a = g.fitted
		case failed:
			b = g.fitted
		}
	}
	return held + (failed-held)*(e.share-a)/(b-a)
}

// at returns what was seen at a rate, nothing where it was not tried.
func (e *evidence) at(rate float64) group {
	for _, g := range e.groups {
		if g.rate == rate {
			return g
		}
	}
	return group{rate: rate}
}

// clear reports whether what was seen at a rate, if anything, is far from the share: far
// below it on the side below the estimate (−1), far above it on the other one.
func (e *evidence) clear(rate, side float64) bool {
	g := e.at(rate)
	if g.looks == 0 {
		return true
	}
	if side < 0 {
		return g.fitted*unclear <= e.share
	}
	return g.fitted >= e.share*unclear
}

// Growth returns by how many requests a backlog grew over a look, from how many started and
// were answered in each of its parts, and whether it grows for certain: by more than
// minGrowth of what started, and by more than chance does. Where it does the target
// cannot keep up, however slow its answers have become by then.
func Growth(started, answered []float64) (growth float64, certain bool) {
	var parts []float64
	total := 0.0
	for i := range started {
		if i%(max(len(started)/growthParts, 1)) == 0 {
			parts = append(parts, 0)
		}
		parts[len(parts)-1] += started[i] - answered[i]
		growth += started[i] - answered[i]
		total += started[i]
	}
	n := float64(len(parts))
	if n < 2 {
		return growth, false
	}
	squares := 0.0
	for _, p := range parts {
		squares += (p - growth/n) * (p - growth/n)
	}
	deviation := math.Sqrt(squares / (n - 1) * n)
	return growth, growth >= growthLeast && growth > minGrowth*total && growth > growthDeviations*deviation
}
