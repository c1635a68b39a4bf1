package compare

import "math"

// studentQuantile returns t such that Student's distribution with df degrees of
// freedom lies below t with probability p, for p above one half. It inverts the
// distribution by bisection.
func studentQuantile(p, df float64) float64 {
	low, high := 0.0, 1e6
	for range 200 {
		mid := (low + high) / 2
		if studentBelow(mid, df) < p {
			low = mid
		} else {
			high = mid
		}
	}
	return (low + high) / 2
}

// normalQuantile is the quantile of the normal distribution.
func normalQuantile(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }

// widen turns a multiple of the standard error that would hold under the normal
// distribution into one for Student's with df degrees of freedom.
func widen(multiple, df float64) float64 {
	p := (1 + math.Erf(multiple/math.Sqrt2)) / 2
	return studentQuantile(math.Min(p, 1-1e-9), math.Max(df, 1))
}

// studentBelow is the distribution function for t ≥ 0: 1 − I(df/(df+t²); df/2, 1/2)/2.
func studentBelow(t, df float64) float64 {
	return 1 - incompleteBeta(df/(df+t*t), df/2, 0.5)/2
}

// incompleteBeta is the regularised incomplete beta function, by its continued
// fraction (Abramowitz and Stegun 26.5.8) evaluated by Lentz's method.
func incompleteBeta(x, a, b float64) float64 {
	if x <= 0 {
		return 0
	}
	if x >= 1 {
		return 1
	}
	if x > (a+1)/(a+b+2) {
		return 1 - incompleteBeta(1-x, b, a)
	}
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	lab, _ := math.Lgamma(a + b)
	front := math.Exp(lab-la-lb+a*math.Log(x)+b*math.Log(1-x)) / a
	const tiny = 1e-300
	f, c, d := 1.0, 1.0, 0.0
	for i := range 400 {
		m := float64(i / 2)
		var numerator float64
		switch {
		case i == 0:
			numerator = 1
		case i%2 == 0:
			numerator = m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		default:
			numerator = -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		}
		d = 1 + numerator*d
		if math.Abs(d) < tiny {
			d = tiny
		}
		d = 1 / d
		c = 1 + numerator/c
		if math.Abs(c) < tiny {
			c = tiny
		}
		f *= c * d
		if math.Abs(1-c*d) < 1e-12 {
			break
		}
	}
	return front * (f - 1)
}
