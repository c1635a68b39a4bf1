package load

import (
	"context"
	"time"

	"github.com/unigate/unigate/load/capacity"
	"github.com/unigate/unigate/load/measure"
	"github.com/unigate/unigate/load/pace"
)

// recover waits, after a step of which requests failed or timed out, until the target is as
// it was: it may work on what nobody waits for any more, or count what it refused, and the
// next step would be judged by that. It asks once at a time until an answer is as quick as
// before the search, or as slow as the one before it: then that is what the target is like
// now. Where no token comes for longer than limiters count, the search ends: what was
// tried after it would show nothing about any rate.
func (p *prober) recover(ctx context.Context, from float64) {
	e := p.e
	before, began := time.Duration(0), time.Now()
	for p.patience(ctx) && p.Elapsed() < e.o.Plan.Duration() {
		took, answered := p.probe(ctx)
		switch {
		case answered && (took <= max(quickAgain*e.service, e.service+quickSlack) || before > 0 && float64(took) >= steady*float64(before)):
			return
		case answered:
			before, began = took, time.Now()
		case time.Since(began) > recoverFor+e.o.Timeout:
			e.stopOpen("after %.4g/s the target gave no token for %v, one request at a time", from, time.Since(began).Round(time.Second))
			return
		default:
			before = 0
		}
		t := time.NewTimer(min(max(took, quickSlack), probePause))
		if !answered {
			t.Reset(probePause)
		}
		select {
		case <-t.C:
		case <-ctx.Done():
		}
		t.Stop()
	}
}

// probe sends one request and returns how long its answer took.
func (p *prober) probe(ctx context.Context) (took time.Duration, answered bool) {
	e := p.e
	e.streak, e.astray = streak{}, streak{}
	const length = 10 * time.Millisecond
	step := capacity.Step{Rate: 1 / length.Seconds(), Judged: length}
	schedule := (&pace.Schedule{}).Constant(step.Rate, length)
	recorder := measure.NewRecorder(e.services, length)
	a := &attack{
		e: e, schedule: schedule, duration: length, base: e.sequence, attempts: &e.planDone, look: newLook(*e.o.Capacity, e.services, step),
		sinks: []sink{{recorder: e.recorder, offset: time.Since(e.watch.started)}, {recorder: recorder}},
	}
	e.watch.begin("search", stretch{schedule: schedule, duration: length})
	a.run(ctx)
	e.verifier.wait()
	e.sequence += a.sent + a.owed
	if a.look.notBefore.After(p.wait) {
		p.wait = a.look.notBefore
	}
	sum := recorder.Sum(measure.All)
	return sum.ServiceTime.Max(), sum.Replies > 0
}
