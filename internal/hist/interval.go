package hist

import (
	"math"

	"github.com/unigate/unigate/internal/record"
)

// Confidence is that of every interval of a percentile.
const Confidence = 0.95

// FewestFor returns how many durations a percentile needs to be more than the
// longest one: 1/(1 − q).
func FewestFor(q float64) uint64 { return uint64(math.Ceil(1/(1-q) - 1e-6)) }

// Interval returns the confidence interval of the quantile q (0 to 1), from order
// statistics: among n independent durations the number of those below the true
// quantile is binomial, so that the l-th and the u-th shortest enclose it with at
// least the Confidence, whatever the distribution is (Conover, Practical
// Nonparametric Statistics, section 3.2). Low and High allow for what is known in
// part only, and for the buckets of the histogram; where too few durations lie
// beyond the quantile to bound it, High is Unbounded.
//
// It takes the durations for independent. What slows many neighbours at once,
// such as a pause of the target, makes the true interval wider.
func (c *Censored) Interval(q float64) Range {
	n := c.Count()
	if n == 0 {
		return Range{High: Unbounded}
	}
	l, u := ranks(n, q)
	out := Range{High: Unbounded}
	if l > 0 {
		r := c.rank(l)
		out.Low, out.Shown = r.Low, r.Shown
	}
	if u <= n {
		out.High = c.rank(u).High
	}
	return out
}

// Intervals returns the confidence intervals that the run record holds; nil where
// no percentile of it is of enough durations.
func (c *Censored) Intervals() *record.Intervals {
	out := &record.Intervals{Confidence: Confidence}
	some := false
	for q, to := range map[float64]**record.Interval{0.5: &out.P50, 0.9: &out.P90, 0.95: &out.P95, 0.99: &out.P99, 0.999: &out.P999} {
		if c.Count() < FewestFor(q) {
			continue
		}
		some = true
		r := c.Interval(q)
		*to = &record.Interval{Low: r.Low.Seconds()}
		if r.High != Unbounded {
			high := r.High.Seconds()
			(*to).High = &high
		}
	}
	if !some {
		return nil
	}
	return out
}

// ranks returns the order statistics that enclose the quantile q of n durations
// with at least the Confidence: l is 0, and u is n+1, where there is none.
func ranks(n uint64, q float64) (l, u uint64) {
	tail := (1 - Confidence) / 2
	mean, sd := float64(n)*q, math.Sqrt(float64(n)*q*(1-q))
	// Ten standard deviations below the mean there is nothing left to add up.
	k := uint64(max(math.Floor(mean-10*sd-10), 0))
	below := 0.0 // P(B < k), and then P(B ≤ k)
	p := math.Exp(logBinomial(n, k, q))
	odds := q / (1 - q)
	for {
		below += p
		if below <= tail {
			l = k + 1 // P(B ≤ l−1) ≤ tail
		}
		if below >= 1-tail || k >= n {
			return l, k + 1 // P(B ≤ u−1) ≥ 1 − tail
		}
		p *= float64(n-k) / float64(k+1) * odds
		k++
	}
}

// logBinomial is the logarithm of the probability of k among n, each with p.
func logBinomial(n, k uint64, p float64) float64 {
	lg := func(x uint64) float64 { v, _ := math.Lgamma(float64(x) + 1); return v }
	return lg(n) - lg(k) - lg(n-k) + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p)
}
