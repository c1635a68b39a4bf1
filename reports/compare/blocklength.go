package compare

import "math"

// blockLength is the automatic choice of the block length for the circular block
// bootstrap of Politis and White (2004), with the correction of Patton, Politis
// and White (2009): 1 where neighbouring values are not seen to depend on each
// other, more the longer they do.
func blockLength(series []float64) int {
	n := len(series)
	if n < 4 {
		return 1
	}
	longest := int(math.Ceil(math.Min(3*math.Sqrt(float64(n)), float64(n)/3)))
	run := max(5, int(math.Sqrt(math.Log10(float64(n)))))
	reach := min(int(math.Ceil(math.Sqrt(float64(n))))+run, n-1)
	covariance := covariances(series, reach)
	if covariance[0] < 1e-18 { // logarithms: nothing but rounding
		return 1
	}
	bound := 2 * math.Sqrt(math.Log10(float64(n))/float64(n))
	m := lastDependent(covariance, bound, run)
	window := min(2*m, reach)
	g, spectrum := 0.0, covariance[0]
	for k := 1; k <= window; k++ {
		w := flatTop(float64(k) / float64(window))
		g += 2 * w * float64(k) * covariance[k]
		spectrum += 2 * w * covariance[k]
	}
	d := 4.0 / 3 * spectrum * spectrum
	if g == 0 || d == 0 {
		return 1
	}
	b := math.Cbrt(2*g*g/d) * math.Cbrt(float64(n))
	return min(max(1, int(math.Round(b))), longest)
}

// persistence is the correlation of neighbouring values, 0 where it lies within its
// standard error of that: widening for chance would cost short runs their power.
func persistence(series []float64) float64 {
	if len(series) < 4 {
		return 0
	}
	c := covariances(series, 1)
	if c[0] < 1e-18 { // logarithms: nothing but rounding
		return 0
	}
	r := c[1] / c[0]
	if r*math.Sqrt(float64(len(series))) < 1 {
		return 0
	}
	return min(r, 0.99)
}

// moreThanChance reports whether the means of intervals, each with the variance
// that independent requests would give it, vary more than that: whether what they
// vary by exceeds the 90th percentile of χ² (Wilson and Hilferty 1931). Where they
// do not, an autocorrelation of the means is an accident.
func moreThanChance(means, variances []float64) bool {
	if len(means) < 2 {
		return false
	}
	own := 0.0
	for _, v := range variances {
		own += v / float64(len(variances))
	}
	df := float64(len(means) - 1)
	limit := math.Pow(1-2/(9*df)+normalQuantile(0.9)*math.Sqrt(2/(9*df)), 3)
	between := deviation(means)
	return between*between > limit*own
}

// longRun is how many times larger the variance of a long mean is with persistence
// p (autoregressive of order one) than with independent values.
func longRun(p float64) float64 { return (1 + p) / (1 - p) }

// withinBlocks is the part of longRun that blocks of a length hold.
func withinBlocks(p float64, length int) float64 {
	sum, power := 1.0, 1.0
	for k := 1; k < length; k++ {
		power *= p
		sum += 2 * (1 - float64(k)/float64(length)) * power
	}
	return sum
}

// covariances returns the autocovariances up to a lag.
func covariances(series []float64, reach int) []float64 {
	mean := 0.0
	for _, v := range series {
		mean += v / float64(len(series))
	}
	out := make([]float64, reach+1)
	for k := range out {
		for i := k; i < len(series); i++ {
			out[k] += (series[i] - mean) * (series[i-k] - mean) / float64(len(series))
		}
	}
	return out
}

// lastDependent returns the smallest lag after which a run of autocorrelations
// stays within the bound.
func lastDependent(covariance []float64, bound float64, run int) int {
	last := 0
	for k := 1; k < len(covariance) && k <= last+run; k++ {
		if math.Abs(covariance[k]/covariance[0]) >= bound {
			last = k
		}
	}
	return last
}

// flatTop is the lag window of Politis and Romano (1995).
func flatTop(x float64) float64 {
	if x <= 0.5 {
		return 1
	}
	return math.Max(2*(1-x), 0)
}
