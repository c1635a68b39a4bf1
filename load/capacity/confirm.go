package capacity

import (
	"cmp"
	"context"
	"math"
)

// confirm runs at the answer once more, and below it where that does not hold, as
// long as there is time. It returns the rate that held, 0 for none.
func (s *search) confirm(ctx context.Context) float64 {
	e := s.evidence()
	held, failed := e.bracket()
	if held == 0 || failed == 0 && s.ceiling == 0 && held < s.c.Max {
		return 0 // there is nothing to confirm yet
	}
	rate := held
	for !s.ended {
		low, _ := s.interval(e)
		if failed > 0 && low < held {
			rate = min(rate, math.Max(low, roundRate(e.root()*(1-margin))))
		}
		step, ok := s.fit(s.step(Confirm, rate))
		if !ok {
			return 0
		}
		look := s.look(ctx, step)
		if look.held(s.c.Share) {
			return rate
		}
		if look.Spoilt != "" {
			continue // as often as there is time
		}
		e = s.evidence()
		held, failed = e.bracket()
		missed := rate
		rate = roundRate(missed / (1 + bracketed))
		if low, _ := s.interval(e); low < missed {
			rate = math.Max(rate, low)
		}
		if s.belied() != nil && look.Served >= lowest { // what it refuses beyond, it may bear for long
			rate = math.Min(rate, roundRate(look.Served))
		}
		if rate < lowest {
			return 0
		}
	}
	return 0
}

// belied returns a confirming run that missed by far at a rate, or below one, at which a
// shorter look held: the target bears for a while what it does not bear for long, and what
// short looks show is no capacity. It is nil where there is none.
func (s *search) belied() *Look {
	for i := range s.looks {
		long := &s.looks[i]
		if long.Kind != Confirm || long.Fault == "" && !long.Cut || long.Spoilt != "" || long.Ended {
			continue
		}
		for k := range s.looks {
			if short := &s.looks[k]; short.Rate >= long.Rate && short.Judged < long.Judged && short.held(s.c.Share) {
				return long
			}
		}
	}
	return nil
}

// missedBy says how a look missed.
func (l *Look) missedBy() string { return cmp.Or(l.Fault, "far more than may miss did") }

// fit cuts a confirming run to the time that is left, down to half of it.
func (s *search) fit(step Step) (Step, bool) {
	left := s.c.Time - s.p.Elapsed() - step.Settle - s.service
	if left < step.Judged/2 {
		return step, false
	}
	step.Judged = min(step.Judged, left)
	return step, true
}
