package load

import (
	"cmp"
	"time"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/objective"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/load/health"
)

// abort ends the run where a condition does not hold on what was measured until a mark, so
// long after the plan's start. As thresholds are, it is judged without what unigate itself added.
func (w *watch) abort(m *health.Mark, elapsed time.Duration) {
	e := w.e
	w.mu.Lock()
	first := w.first
	w.mu.Unlock()
	var own *health.Stretch
	for _, t := range e.o.AbortOn {
		f := e.figures(&t, elapsed)
		if !w.underWay(&t, f, elapsed) || t.Judge(f).State != record.ThresholdFail {
			continue
		}
		if own == nil {
			own = health.Between(first, m, e.lagsSoFar())
		}
		e.ownDoing(&t, f, own)
		if th := t.Judge(f); th.State == record.ThresholdFail {
			e.stop("abort on %s: %s after %v", t, th.Value, elapsed.Round(time.Millisecond))
		}
	}
}

// ownDoing adds to the figures of a plan that goes on what unigate has seen of itself until now.
func (e *engine) ownDoing(t *Threshold, f *objective.Figures, own *health.Stretch) {
	f.Clean, f.Hidden = e.cleanUntilNow(t), starved(own)
	_, f.OwnCause = own.Cause()
	limits := own.Limits()
	if len(limits) == 0 {
		return
	}
	f.OwnCause = cmp.Or(f.OwnCause, limits[0].Text)
	// Errors are the target's whoever was slow, but for those that are this machine's.
	if n := limits[0].Name; t.Metric != "error_rate" || n == health.Descriptors || n == health.Ports {
		f.Limit = limits[0].Text
	}
}

// running returns the attack that is under way and that counts, nil for none. lagMu must be held.
func (e *engine) running() *attack {
	if a := e.current.Load(); a != nil && !a.merged && !a.warm {
		return a
	}
	return nil
}

// lagsSoFar returns what was late in the run, the present attack included.
func (e *engine) lagsSoFar() *health.Lags {
	e.lagMu.Lock()
	defer e.lagMu.Unlock()
	out := &health.Lags{}
	out.Merge(&e.lags)
	if a := e.running(); a != nil {
		out.Merge(&a.lags)
	}
	return out
}

// cleanUntilNow is cleanFor, the present attack included.
func (e *engine) cleanUntilNow(t *Threshold) *hist.Histogram {
	out := e.cleanFor(t)
	if recorders, _, _ := e.measuredFor(t, 0); recorders[0] != e.recorder {
		return out // a tally's is of all requests already
	}
	e.lagMu.Lock()
	defer e.lagMu.Unlock()
	if a := e.running(); a != nil {
		out.Merge(a.clean.of(e.services, t.Service))
	}
	return out
}

// underWay makes figures of a plan that goes on fit for a rate per second: answers that
// are still under way may come, as many as are no queue, and a plan that did not ask
// for so much yet shows nothing, which it returns false for.
func (w *watch) underWay(t *Threshold, f *objective.Figures, elapsed time.Duration) bool {
	if t.Metric != "rate" || t.Unit != objective.PerSecond {
		return true
	}
	w.mu.Lock()
	schedule, start := w.part.schedule, w.part.start
	w.mu.Unlock()
	n := uint64(max(w.e.inFlight.Load(), 0))
	if schedule == nil {
		f.Unclear += n
		return true
	}
	due := f.Sent + f.Unsent + n
	if float64(due) < t.Bound*elapsed.Seconds() {
		return false
	}
	if w.calmest > 0 {
		now := elapsed - start
		n = min(n, schedule.DueBy(now)-schedule.DueBy(max(now-calmSlack*w.calmest, 0)))
	}
	f.Unclear += n
	return true
}
