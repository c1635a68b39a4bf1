package capacity

import "math"

// group is everything that was seen at one rate.
type group struct {
	rate   float64
	n, x   float64 // judged requests, and misses among them, clipped look by look
	looks  int
	fitted float64 // share of misses by the isotonic fit
}

// isotonic fits shares of misses that never fall with the rate, by pooling adjacent
// violators (Ayer, Brunk, Ewing, Reid and Silverman 1955): the maximum of the binomial
// likelihood over all such fits.
func isotonic(groups []group) []float64 {
	type pool struct {
		n, x float64
		size int
	}
	var pools []pool
	for _, g := range groups {
		pools = append(pools, pool{g.n, g.x, 1})
		for k := len(pools) - 1; k > 0 && pools[k].x*pools[k-1].n < pools[k-1].x*pools[k].n; k-- {
			pools[k-1].n += pools[k].n
			pools[k-1].x += pools[k].x
			pools[k-1].size += pools[k].size
			pools = pools[:k]
		}
	}
	out := make([]float64, 0, len(groups))
	for _, p := range pools {
		for range p.size {
			out = append(out, p.x/p.n)
		}
	}
	return out
}

// model says how much a number of misses that differs from its mean tells against that mean.
type model struct {
	share      float64 // of the misses that is allowed
	dispersion float64 // variance over mean of a number of misses, at the share
}

// deviance is twice the log likelihood ratio of the observed and an assumed share of
// misses among n requests. Misses that come one by one are binomial. Where they come
// in clusters, as in a queue, their sum is compound Poisson: Tweedie's distribution
// with power 3/2 (Jørgensen 1987), whose clusters grow with the share, as they do in
// a queue near its limit. Isotonic regression is the maximum of either likelihood.
func (m *model) deviance(n, observed, assumed float64) float64 {
	if m.dispersion >= clustered {
		d := math.Sqrt(observed) - math.Sqrt(assumed)
		return 4 * n * math.Sqrt(m.share) * d * d / (m.dispersion * math.Sqrt(assumed))
	}
	sum := 0.0
	if observed > 0 {
		sum += observed * math.Log(observed/assumed)
	}
	if observed < 1 {
		sum += (1 - observed) * math.Log((1-observed)/(1-assumed))
	}
	return 2 * n * sum / m.dispersion
}

// total is the deviance of groups from shares.
func (m *model) total(groups []group, shares []float64) float64 {
	sum := 0.0
	for i, g := range groups {
		if observed := g.x / g.n; observed != shares[i] {
			sum += m.deviance(g.n, observed, shares[i])
		}
	}
	return sum
}

// constrained fits shares that never fall, are at most share in the first k groups
// and at least share in the others: what would be true if the capacity lay between
// the rates k−1 and k. Cutting the fit of each side off at the share is its maximum.
func constrained(groups []group, k int, share float64) []float64 {
	out := isotonic(groups[:k])
	for i := range out {
		out[i] = math.Min(out[i], share)
	}
	for _, p := range isotonic(groups[k:]) {
		out = append(out, math.Max(p, share))
	}
	return out
}

// interval inverts the likelihood-ratio test of "the capacity lies between the rates
// k−1 and k" (Banerjee and Wellner 2001): it returns the rates that enclose every gap
// that the test does not reject. low is 0 where even a capacity below the lowest rate
// is not rejected, high is +Inf where one above the highest is not. bound is that of the
// deviance.
func interval(groups []group, m *model, bound float64) (low, high float64) {
	best := m.total(groups, isotonic(groups))
	low, high = math.Inf(1), 0
	for k := 0; k <= len(groups); k++ {
		if m.total(groups, constrained(groups, k, m.share))-best > bound {
			continue
		}
		from, to := 0.0, math.Inf(1)
		if k > 0 {
			from = groups[k-1].rate
		}
		if k < len(groups) {
			to = groups[k].rate
		}
		low, high = math.Min(low, from), math.Max(high, to)
	}
	return low, high
}
