package load

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/unigate/unigate/internal/objective"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/load/measure"
	"github.com/unigate/unigate/load/pace"
)

const (
	// tolerance is how far apart, relative to the lower one, the highest rate that
	// held and the lowest that did not may be for the search to end.
	tolerance = 0.05
	// minAchieved is the share of the asked rate that must be achieved.
	minAchieved = 0.98
	// settleShare is the part of a step, at its beginning, that is not judged.
	settleShare = 0.25
	// plannedSteps is into how many steps the time is cut.
	plannedSteps = 16
	// minStep and maxStep bound the length of a step.
	minStep = time.Second
	maxStep = 10 * time.Second
	// stepRequests is how many requests a step judges, if its time allows it.
	stepRequests = 20
	// tailRequests is how many of a step's requests lie beyond a percentile that is
	// well judged: about as many are needed to tell one value of it from another.
	tailRequests = 5
	// lowestRate is the last rate that the search tries, in requests per second.
	lowestRate = 1
	// noRate is the outcome where even that did not hold.
	noRate = "no rate held"
	// timeUp is the outcome where the search could not end.
	timeUp = "the time was up before the bracket was closed; give a longer --duration"
)

// search looks for the highest rate at which the objective holds: it doubles the
// rate until it does not hold any more, then halves the gap.
func (e *engine) search(ctx context.Context) *record.Capacity {
	total := e.o.Plan.Duration()
	s := &capacitySearch{
		e: e, deadline: time.Now().Add(total), step: min(max(total/plannedSteps, minStep), maxStep),
		out: &record.Capacity{Objective: e.o.Capacity.String(), Steps: []record.CapacityStep{}},
	}
	s.find(ctx, max(e.o.Plan.Phases[0].Rate, 1))
	s.confirm(ctx)
	s.out.RatePerS, s.out.UpperPerS = s.held, s.failed
	s.out.Found = s.held > 0 && s.closed()
	s.checkRequests()
	e.capacityNote = s.note
	switch {
	case s.out.Found && s.failed == 0:
		s.out.Reason = "the highest rate that is allowed held"
	case !s.out.Found && s.out.Reason == "":
		s.out.Reason = noRate
	}
	return s.out
}

// capacitySearch is a search while it goes on.
type capacitySearch struct {
	e        *engine
	deadline time.Time
	step     time.Duration
	held     float64 // highest rate that held, 0 for none
	failed   float64 // lowest rate that did not, 0 for none
	below    float64 // rate that held before held, 0 for none
	requests float64 // that the step of held judged
	note     string
	out      *record.Capacity
}

// closed reports whether the bracket is as narrow as it is to be.
func (s *capacitySearch) closed() bool {
	if s.held > 0 && s.e.o.MaxRate > 0 && s.held >= s.e.o.MaxRate {
		return true
	}
	return s.failed > 0 && (s.failed-s.held)/math.Max(s.held, 1e-9) <= tolerance
}

// find tries rates until the bracket is closed, nothing holds or time is up.
func (s *capacitySearch) find(ctx context.Context, rate float64) {
	for !s.closed() {
		if s.e.over(ctx) {
			s.out.Reason = "the search was ended before the bracket was closed"
			return
		}
		rate = s.limit(rate)
		if !s.timeFor(rate) {
			s.out.Reason = timeUp
			return
		}
		held := s.try(ctx, rate)
		if s.out.Reason != "" {
			return
		}
		if held {
			s.below, s.held = s.held, rate
			if s.failed == 0 {
				rate *= 2
				continue
			}
		} else {
			s.failed = rate
			if s.held == 0 {
				if rate <= lowestRate {
					s.out.Reason = noRate
					return
				}
				rate = max(rate/4, lowestRate)
				continue
			}
		}
		rate = (s.held + s.failed) / 2
	}
}

// confirm tries the rate that was found once more where the step that held was a
// short one, of the doubling, and goes on below it where it does not hold then.
func (s *capacitySearch) confirm(ctx context.Context) {
	for s.held > 0 && s.closed() && s.requests < s.need() && !s.e.over(ctx) {
		rate := s.held
		if _, judged := s.length(rate); judged.Seconds()*rate < s.requests+1 || !s.timeFor(rate) {
			return // no better than what is there
		}
		if s.try(ctx, rate) || s.out.Reason != "" || s.e.over(ctx) {
			s.out.Reason = "" // a step that tells nothing takes nothing from the one before
			return
		}
		s.failed, s.held, s.below, s.requests = rate, s.below, 0, 0
		next := (s.held + s.failed) / 2
		if s.held == 0 {
			next = max(rate/4, lowestRate)
		}
		s.find(ctx, next)
	}
}

// limit keeps a rate within what is allowed.
func (s *capacitySearch) limit(rate float64) float64 {
	if s.e.o.MaxRate > 0 {
		rate = min(rate, s.e.o.MaxRate)
	}
	return min(rate, maxRate)
}

// length returns how long the settling and the judged part of a step are. A step
// has at least some requests to judge, however low the rate.
func (s *capacitySearch) length(rate float64) (settle, judged time.Duration) {
	settle = time.Duration(float64(s.step) * settleShare)
	judged = s.step - settle
	need := time.Duration(stepRequests / rate * float64(time.Second))
	judged = max(judged, min(need, 5*s.step))
	if s.failed == 0 && !s.last(rate) {
		return settle, judged // only looking for where the limit is about
	}
	// A step that closes the bracket has what its percentile needs, as far as that
	// leaves time for the others.
	need = time.Duration(s.need() / rate * float64(time.Second))
	left := time.Until(s.deadline)/halvings - settle
	return settle, max(judged, min(need, left))
}

// halvings is about how many steps close a bracket.
const halvings = 4

// last reports whether a rate is the highest that may be tried.
func (s *capacitySearch) last(rate float64) bool { return s.e.o.MaxRate > 0 && rate >= s.e.o.MaxRate }

// need returns how many requests a step must have for its objective to be well judged.
func (s *capacitySearch) need() float64 {
	if q := s.e.o.Capacity.Quantile; q > 0 {
		return math.Round(tailRequests / (1 - q))
	}
	return stepRequests
}

// checkRequests looks at how many requests the step of the capacity rests on: a
// percentile of fewer than lie below it is the largest value, whatever it was.
func (s *capacitySearch) checkRequests() {
	need := s.need()
	if !s.out.Found || s.requests >= need {
		return
	}
	t := s.e.o.Capacity
	s.note = fmt.Sprintf("%s was judged on %.0f requests at %.1f/s, %.0f judge it well; give a longer --duration", t.Metric, s.requests, s.held, need)
	if s.requests < need/tailRequests {
		s.out.Found = false
		s.out.Reason = fmt.Sprintf("%s cannot be judged on %.0f requests; give a longer --duration", t.Metric, s.requests)
	}
}

// timeFor reports whether there is time for a step.
func (s *capacitySearch) timeFor(rate float64) bool {
	settle, judged := s.length(rate)
	return !time.Now().Add(settle + judged).After(s.deadline)
}

// maxSpoilt is how often in a row a step may be spoilt by unigate itself.
const maxSpoilt = 3

// try runs a step, and once more where it missed the objective by a hiccup. A
// step that unigate itself spoilt tells nothing and is repeated.
func (s *capacitySearch) try(ctx context.Context, rate float64) bool {
	hiccups, spoilt := 0, 0
	for {
		step := s.once(ctx, rate)
		switch {
		case step == stepHeld:
			return true
		case step == stepSpoilt && spoilt < maxSpoilt:
			spoilt++
		case step == stepSpoilt:
			s.out.Reason = "unigate itself was late, so that the steps tell nothing about the target"
			return false
		case step == stepHiccup && hiccups == 0:
			hiccups++
		default:
			return false
		}
		if s.e.over(ctx) || !s.timeFor(rate) {
			if step == stepSpoilt {
				s.out.Reason = timeUp
			}
			return false
		}
	}
}

// stepOutcome is what a step tells.
type stepOutcome int

const (
	stepHeld   stepOutcome = iota
	stepMissed             // the rate is too high
	stepHiccup             // only few answers were too slow
	stepSpoilt             // only what unigate itself was late makes the difference
)

// once runs one step, judges the part after the settling, and notes it. A hiccup
// is a step that missed a percentile although the rate was achieved and the
// median would have held: a few slow answers need not be the limit.
func (s *capacitySearch) once(ctx context.Context, rate float64) stepOutcome {
	e := s.e
	settle, judged := s.length(rate)
	schedule := (&pace.Schedule{}).Constant(rate, settle+judged)
	recorder := measure.NewRecorder(e.services, judged)
	at := time.Since(e.watch.started)
	a := &attack{
		e: e, schedule: schedule, duration: settle + judged, base: e.sequence, attempts: &e.planDone,
		sinks: []sink{{recorder: e.recorder, offset: at}, {recorder: recorder, from: settle}}, windowFrom: settle,
	}
	e.watch.begin("search", stretch{schedule: schedule, duration: a.duration})
	before := e.bad.total()
	a.run(ctx)
	e.verifier.wait()
	e.sequence += a.sent + a.owed

	f := recorder.Figures(e.o.Capacity.Service, judged)
	f.Lag = a.lags.Schedule.Histogram()
	sum := recorder.Sum(measure.All)
	achieved := float64(a.inWindow) / judged.Seconds()
	step := record.CapacityStep{RatePerS: rate, AchievedPerS: achieved, DurationS: judged.Seconds(), Latency: sum.Latency.Distribution()}
	step.Reason = s.missed(f, rate, achieved, &sum, e.bad.total()-before)
	step.Held = step.Reason == ""
	s.out.Steps = append(s.out.Steps, step)
	if step.Held {
		s.requests = float64(sum.Latency.Count())
		e.mergeLag(a)
		return stepHeld
	}
	if v, _, some := e.o.Capacity.Value(f); some && !e.o.Capacity.Holds(v) {
		if lag := e.o.Capacity.OwnLag(f); lag > 0 && e.o.Capacity.Holds(v-lag.Seconds()) {
			return stepSpoilt
		}
	}
	e.mergeLag(a)
	median := *e.o.Capacity
	median.Quantile = 0.5
	_, v, some := median.Value(f)
	if median.Metric[0] == 'p' && some && median.Holds(v) && achieved >= minAchieved*rate-1 {
		return stepHiccup
	}
	return stepMissed
}

// missed says why a step did not hold, or "".
func (s *capacitySearch) missed(f *objective.Figures, rate, achieved float64, sum *measure.Row, bad uint64) string {
	t := s.e.o.Capacity
	low, high, some := t.Value(f)
	switch {
	case !some:
		return "nothing was measured"
	case bad > 0:
		return fmt.Sprintf("%d wrong tokens", bad)
	case !t.Holds(low) || !t.Holds(high):
		return fmt.Sprintf("%s: %s", t, t.Judge(f).Value)
	case achieved < minAchieved*rate-1:
		return fmt.Sprintf("%.1f/s achieved of %.1f/s", achieved, rate)
	case t.Metric != "error_rate" && sum.Count > 0 && float64(sum.Errors)/float64(sum.Count) >= 0.01:
		return fmt.Sprintf("%.1f%% errors", 100*float64(sum.Errors)/float64(sum.Count))
	}
	return ""
}

// judgeCapacity says what the outcome of the search means for the verdict.
func (e *engine) judgeCapacity(l *record.Load) (failures, open []string) {
	c := l.Capacity
	if l.Totals.BadTokens > 0 {
		failures = append(failures, fmt.Sprintf("%d wrong tokens", l.Totals.BadTokens))
	}
	switch {
	case c.Found:
	case c.RatePerS == 0 && c.UpperPerS > 0 && c.Reason == noRate:
		failures = append(failures, fmt.Sprintf("no rate holds %s: not even %.1f/s", c.Objective, c.UpperPerS))
	case c.RatePerS > 0 && c.UpperPerS > 0:
		open = append(open, fmt.Sprintf("the capacity is between %.1f/s and %.1f/s: %s", c.RatePerS, c.UpperPerS, c.Reason))
	case c.RatePerS > 0:
		open = append(open, fmt.Sprintf("the capacity is at least %.1f/s: %s", c.RatePerS, c.Reason))
	default:
		open = append(open, "the capacity is not known: "+c.Reason)
	}
	return failures, open
}
