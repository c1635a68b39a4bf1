package load

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/unigate/unigate/internal/amount"
	"github.com/unigate/unigate/internal/objective"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/load/capacity"
	"github.com/unigate/unigate/load/health"
	"github.com/unigate/unigate/load/measure"
	"github.com/unigate/unigate/load/pace"
)

// searchConfig is what the search looks for.
func (o *Options) searchConfig(service time.Duration) capacity.Config {
	c := capacity.Config{Start: o.Plan.Phases[0].Rate, Max: o.MaxRate, Time: o.Plan.Duration(), Service: service}
	c.Share, c.Whole = allowedShare(o.Capacity)
	if o.Capacity.Quantile > 0 {
		c.Bound = time.Duration(o.Capacity.Bound * float64(time.Second))
	}
	return c
}

// checkSearch refuses a search that has no time for a single step.
func (o *Options) checkSearch() error {
	if need := capacity.NeedsTime(o.searchConfig(0)); need > o.Plan.Duration() {
		return usagef("a search takes minutes: --duration 3m", "--duration %v is too short for one step of the search, which takes %v", o.Plan.Duration(), need)
	}
	return nil
}

// search looks for the highest rate at which the objective holds.
func (e *engine) search(ctx context.Context) *record.Capacity {
	c := e.o.searchConfig(e.service)
	p := &prober{e: e, began: time.Now(), curve: map[float64]*curvePoint{}}
	out := &record.Capacity{Objective: e.o.Capacity.String(), Confidence: capacity.Confidence, Steps: []record.CapacityStep{}}
	if need := capacity.NeedsTime(c); need > c.Time {
		out.Reason = fmt.Sprintf("answers of %s make one step last %s; give a longer --duration", objective.FormatTime(e.service), objective.FormatTime(need))
		return out
	}
	r := capacity.Run(ctx, c, p)
	out.Steps = p.steps
	out.RatePerS, out.UpperPerS, out.LowPerS, out.Confirmed = r.Rate, r.Failed, r.Low, r.Confirmed
	if !math.IsInf(r.High, 1) {
		out.HighPerS = r.High
	}
	out.Found = r.Outcome == capacity.Found || r.Outcome == capacity.AtMax
	out.LowerBound = r.Outcome == capacity.LowerBound || r.Outcome == capacity.AtMax
	out.NoRate = r.Outcome == capacity.NoRate
	out.Reason, out.Curve = r.Reason, p.points(&r)
	if r.Outcome == capacity.LowerBound {
		out.Limit = r.Reason
	}
	return out
}

// prober puts the load of a search on.
type prober struct {
	e     *engine
	began time.Time
	steps []record.CapacityStep
	curve map[float64]*curvePoint
	wait  time.Time // until when the target asked to wait
	// served says that the target gave tokens in the search.
	served bool
	// hidden is how late unigate may have been in a step that something kept it from
	// running in, without a trace in the request.
	hidden time.Duration
}

// curvePoint is what was measured at one rate, over all looks.
type curvePoint struct{ all measure.Row }

// Elapsed implements capacity.Prober.
func (p *prober) Elapsed() time.Duration { return time.Since(p.began) }

// Look implements capacity.Prober.
func (p *prober) Look(ctx context.Context, s capacity.Step) capacity.Look {
	e := p.e
	if !p.patience(ctx) {
		return capacity.Look{Ended: true}
	}
	e.streak = streak{}
	l := newLook(*e.o.Capacity, e.services, s)
	schedule := e.o.Plan.spread((&pace.Schedule{}).Constant(s.Rate, s.Settle+s.Judged), uint64(len(p.steps)))
	recorder := measure.NewRecorder(e.services, s.Judged)
	at := time.Since(e.watch.started)
	a := &attack{
		e: e, schedule: schedule, duration: s.Settle + s.Judged, base: e.sequence, attempts: &e.planDone, look: l,
		sinks: []sink{{recorder: e.recorder, offset: at}, {recorder: recorder, from: s.Settle}}, windowFrom: s.Settle,
	}
	e.watch.begin("search", stretch{schedule: schedule, duration: a.duration})
	bad, before := e.recorder.Totals().BadTokens, e.mark()
	a.run(ctx)
	e.verifier.wait()
	e.verifier.settleDoubts()
	e.sequence += a.sent + a.owed
	p.wait = l.notBefore

	f := recorder.Figures(e.o.Capacity.Service, s.Judged)
	out := capacity.Look{
		Step: s, Blocks: l.filled(), Cut: l.cut, Fault: l.fault(f, e.recorder.Totals().BadTokens-bad), Service: l.busy.Quantile(0.99), Ended: e.over(ctx),
	}
	if a.ended > 0 {
		out.Served = (l.answers - l.failures) / a.ended.Seconds()
	}
	own := e.since(before, &a.lags)
	out.Spoilt, out.Lasting = p.spoilt(a, l, &out, own)
	if out.Spoilt == "" {
		e.mergeLag(a)
	}
	p.note(a, l, &out, recorder, f)
	p.steps[len(p.steps)-1].Health = own.Record()
	p.served = p.served || l.answers > l.failures
	if p.served && !out.Ended && (l.unanswered || l.ended != "" || l.failures > maxStepErrors*l.answers) {
		p.recover(ctx, s.Rate)
	}
	return out
}

// patience waits as long as the target asked for with Retry-After. It returns false
// where that is beyond the search, or the search ends meanwhile.
func (p *prober) patience(ctx context.Context) bool {
	wait := time.Until(p.wait)
	if wait <= 0 {
		return !p.e.over(ctx)
	}
	if wait > p.e.o.Plan.Duration()-p.Elapsed() {
		p.e.stopOpen("the target asked to wait %s, which is beyond the end of the search", waitText(wait.Round(time.Millisecond)))
		return false
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
	return !p.e.over(ctx)
}

// spoilt says what limit of unigate makes a step tell nothing about the target, or "".
// What is late by unigate's own doing only makes latencies longer: a step that holds in
// spite of that holds, if all that it was to send was sent. lasting says that to
// repeat it is of no use.
func (p *prober) spoilt(a *attack, l *look, out *capacity.Look, own *health.Stretch) (why string, lasting bool) {
	p.hidden = max(p.hidden, starved(own))
	judged, unsent := l.total()
	share, whole := allowedShare(&l.objective)
	n := judged
	if l.cut {
		n = l.step.Rate * l.step.Judged.Seconds()
	}
	holds := out.Fault == "" && judged > 0 && (whole || l.missed <= share*n)
	complete := unsent <= maxStepUnsent*(judged+unsent)
	if l.spoilt != "" && !out.Ended && l.undecided(holds, a.stopAt.Load() > 0) {
		return l.spoilt, false
	}
	if holds && complete || out.Ended {
		return "", false
	}
	limits := own.Limits()
	if len(limits) > 0 && (limits[0].Name == health.Descriptors || limits[0].Name == health.Ports) {
		return limits[0].String(), true
	}
	if cause, text := own.Cause(); cause != "" && l.mayBeOwn(p.hiddenIn(l, own, judged)) {
		return health.Limit{Name: cause, Text: text + ", so that answers may have been late for that"}.String(), false
	}
	slow := out.Fault != "" || !whole && l.slow > share*n
	if !slow && a.limited.Load() {
		return fmt.Sprintf("%s the limit; %.0f/s needs about %.0f", amount.Of(p.e.limit, "request in flight is", "requests in flight are"), l.step.Rate, float64(max(roundUp(float64(a.demand.most())), p.e.limit+1))), true
	}
	switch {
	case len(limits) > 0:
		return limits[0].String(), false
	case !slow && !complete:
		return "unigate was too slow to send all requests", false
	case !slow:
		return "unigate itself was late: the service times alone meet the objective", false
	}
	return "", false
}

// hiddenIn returns how late what kept unigate from running in a step may have made answers
// without a trace in them. Where few of the requests decide, it is the greatest lag of all
// steps; where many do, that of as large a part of them, with a margin.
func (p *prober) hiddenIn(l *look, own *health.Stretch, judged float64) time.Duration {
	share, whole := allowedShare(&l.objective)
	if l.step.Last || !whole && share*judged < fewDecide {
		return p.hidden
	}
	if whole {
		return starved(own)
	}
	q := 1 - share/fewDecide
	return max(own.Lags.Schedule.Histogram().Quantile(q), own.Lags.Receive.Histogram().Quantile(q))
}

// note keeps the step for the record.
func (p *prober) note(a *attack, l *look, out *capacity.Look, recorder *measure.Recorder, f *objective.Figures) {
	sum := recorder.Sum(measure.All)
	judged, _ := l.total()
	share, whole := allowedShare(&l.objective)
	step := record.CapacityStep{
		Kind: string(l.step.Kind), RatePerS: l.step.Rate, AchievedPerS: float64(a.inWindow) / l.step.Judged.Seconds(),
		DurationS: l.step.Judged.Seconds(), SettleS: l.step.Settle.Seconds(), Requests: uint64(judged), Missed: uint64(l.missed),
		Latency: sum.Censored().Distribution(), ServiceTime: sum.ServiceTime.Distribution(), Spoilt: out.Spoilt != "", Cut: l.cut,
	}
	step.Held = !out.Ended && out.Spoilt == "" && out.Fault == "" && judged > 0 && !l.cut && (whole || l.missed <= share*judged)
	switch {
	case step.Held:
	case out.Ended:
		step.Reason = "the search was ended"
	case out.Spoilt != "":
		step.Reason = out.Spoilt
	case out.Fault != "":
		step.Reason = out.Fault
	case judged == 0:
		step.Reason = "nothing was measured"
	default:
		step.Reason = fmt.Sprintf("%s: %s", l.objective, l.objective.Judge(f).Value)
		if l.cut {
			step.Reason += "; ended early"
		}
	}
	p.steps = append(p.steps, step)
	if out.Spoilt == "" && judged > 0 && !out.Ended {
		p.add(l.step.Rate, &sum)
	}
}

// add adds what a look measured to the curve.
func (p *prober) add(rate float64, sum *measure.Row) {
	c := p.curve[rate]
	if c == nil {
		p.curve[rate] = &curvePoint{all: *sum}
		return
	}
	c.all.Merge(sum)
}

// points returns latency over rate, with the fit.
func (p *prober) points(r *capacity.Result) []record.CapacityPoint {
	var out []record.CapacityPoint
	for _, x := range r.Curve {
		c := p.curve[x.Rate]
		if c == nil {
			continue
		}
		point := record.CapacityPoint{
			RatePerS: x.Rate, Looks: x.Looks, Requests: c.all.Count + c.all.Unsent, MissedShare: x.Missed / x.Requests, FittedShare: x.Fitted,
			Latency: c.all.Censored().Distribution(), ServiceTime: c.all.ServiceTime.Distribution(),
		}
		out = append(out, point)
	}
	return out
}

// judgeCapacity says what the outcome of the search means for the verdict.
func (e *engine) judgeCapacity(l *record.Load) (failures, open []string) {
	c := l.Capacity
	if l.Totals.BadTokens > 0 {
		failures = append(failures, amount.Of(l.Totals.BadTokens, "wrong token", "wrong tokens"))
	}
	switch {
	case c.Found:
	case c.NoRate:
		failures = append(failures, fmt.Sprintf("no rate holds %s: not even %.4g/s", c.Objective, c.UpperPerS))
	case c.LowerBound:
		open = append(open, fmt.Sprintf("lower bound: at least %.4g/s hold %s; unigate was the limit: %s", c.RatePerS, c.Objective, c.Limit))
	case c.RatePerS > 0 && c.UpperPerS > 0:
		open = append(open, fmt.Sprintf("the capacity is about %.4g to %.4g/s: %s", c.RatePerS, c.UpperPerS, c.Reason))
	case c.RatePerS > 0:
		open = append(open, fmt.Sprintf("the capacity is at least about %.4g/s: %s", c.RatePerS, c.Reason))
	default:
		open = append(open, "the capacity is not known: "+c.Reason)
	}
	return failures, open
}
