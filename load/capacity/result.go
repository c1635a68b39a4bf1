package capacity

import (
	"fmt"
	"math"
	"time"
)

// unsure says that the interval is open, and how long a search would close it about.
func (s *search) unsure(e *evidence) string {
	held, _ := e.bracket()
	requests := critical * critical * e.dispersion / (2 * s.c.Share)
	if e.dispersion > clustered {
		requests /= 2
	}
	longer := s.c.Time + 2*time.Duration(requests/held*float64(time.Second))
	why := "too few requests to tell it surely"
	if e.dispersion > clustered {
		why = fmt.Sprintf("slow answers come in clusters of about %.0f, so that this took too few requests to tell it surely", e.dispersion)
	}
	return fmt.Sprintf("%s; give a --duration of about %v", why, longer.Round(time.Minute)+time.Minute)
}

// result says what was found.
func (s *search) result(confirmed float64) Result {
	e := s.evidence()
	r := Result{Looks: s.looks}
	r.Rate, r.Failed = e.bracket()
	r.Low, r.High = s.interval(e)
	for _, g := range e.groups {
		r.Curve = append(r.Curve, Point{Rate: g.rate, Looks: g.looks, Requests: g.n, Missed: g.x, Fitted: g.fitted})
	}
	if confirmed > 0 && confirmed <= r.High {
		r.Rate, r.Confirmed = confirmed, true
		r.Low = math.Min(r.Low, confirmed)
	}
	if long := s.belied(); long != nil && confirmed == 0 && !s.ended && s.lasting == "" {
		r.Rate, r.Low = 0, 0
		r.Outcome, r.Reason = Open, fmt.Sprintf("%.4g/s held for a short time, and missed for %v (%s); give a longer --duration", long.Rate, long.Judged.Round(time.Second), long.missedBy())
		return r
	}
	switch {
	case s.ended:
		r.Outcome, r.Reason = Ended, s.lasting
	case s.lasting == noRate:
		r.Outcome, r.Reason = NoRate, noRate
	case s.ceiling > 0 && (r.Failed == 0 || r.Failed > s.ceiling):
		r.Outcome, r.Reason, r.High = LowerBound, s.limit, math.Inf(1)
		if r.Rate == 0 { // at least nothing is no bound
			r.Outcome = Open
		}
	case r.Rate > 0 && r.Failed == 0 && r.Rate < s.c.Max:
		r.Outcome, r.Reason = Open, unbracketed
	case r.Rate > 0 && (r.Low == 0 || r.Failed > 0 && math.IsInf(r.High, 1)):
		r.Outcome, r.Reason = Open, s.unsure(e)
	case r.Failed == 0 && r.Rate >= s.c.Max && r.Confirmed:
		r.Outcome, r.Reason = AtMax, "the highest rate that is allowed held"
		if s.c.Max >= highest {
			r.Outcome, r.Reason = LowerBound, "unigate tries no higher rate"
		}
	case r.Confirmed && r.Failed > 0:
		r.Outcome = Found
	case r.Rate > 0 && r.Failed > 0:
		r.Outcome, r.Reason = Open, "the time was up before a rate was confirmed; give a longer --duration"
	default:
		r.Outcome, r.Reason = Open, unbracketed
	}
	return r
}
