package load

import (
	"fmt"
	"sync"
	"time"

	"github.com/unigate/unigate/internal/objective"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/load/measure"
	"github.com/unigate/unigate/load/self"
)

// Snapshot is the state of a run while it goes on.
type Snapshot struct {
	// Phase is "warm-up", "plan" or "search".
	Phase   string
	Elapsed time.Duration
	// Total is the length of the phase.
	Total time.Duration
	// Asked is the planned rate now, 0 in a closed loop; Achieved is that of the
	// replies since the last snapshot. Both are per second.
	Asked, Achieved float64
	InFlight        int
	// P50 and P99 are of the latencies since the last snapshot.
	P50, P99  time.Duration
	Sent      uint64
	Errors    uint64
	BadTokens uint64
	Unsent    uint64
}

// tick is how often the generator looks at itself.
const tick = 100 * time.Millisecond

// watch looks at the run and at the generator while the run goes on.
type watch struct {
	e    *engine
	done chan struct{}
	gone sync.WaitGroup
	gc   self.Collector

	mu      sync.Mutex
	phase   string
	part    stretch
	since   time.Time // when the part began
	first   self.Usage
	started time.Time
	maxRSS  uint64
	usage   self.Usage
	ended   time.Time

	lastSent uint64
	lastAt   time.Time
}

// startWatch starts looking.
func startWatch(e *engine) *watch {
	w := &watch{e: e, done: make(chan struct{}), phase: "preflight"}
	w.restart()
	w.gc.Tune(w.first.Live, 0)
	w.gone.Add(1)
	go w.run()
	return w
}

// restart begins the measurement of what the generator uses.
func (w *watch) restart() {
	u := w.e.o.Usage()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.first, w.usage, w.started, w.since, w.lastAt = u, u, time.Now(), time.Now(), time.Now()
	w.maxRSS = u.RSS
}

// warmup says that the warm-up begins.
func (w *watch) warmup(s stretch) { w.begin("warm-up", s) }

// stretch says that a part of the plan begins.
func (w *watch) stretch(s stretch) { w.begin("plan", s) }

func (w *watch) begin(phase string, s stretch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.phase, w.part, w.since = phase, s, time.Now()
}

// finish ends the looking.
func (w *watch) finish() {
	close(w.done)
	w.gone.Wait()
	u := w.e.o.Usage()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.usage, w.ended = u, time.Now()
	w.maxRSS = max(w.maxRSS, u.RSS)
	w.gc.Restore()
}

// run looks every tick.
func (w *watch) run() {
	defer w.gone.Done()
	t := time.NewTicker(tick)
	defer t.Stop()
	n := 0
	every := max(int(w.e.o.ProgressEvery/tick), 1)
	for {
		select {
		case <-w.done:
			return
		case <-t.C:
		}
		n++
		w.sample()
		if n%10 == 0 {
			w.look()
		}
		if n%every == 0 && w.e.o.Progress != nil {
			w.e.o.Progress(w.snapshot())
		}
	}
}

// sample notes what changes quickly.
func (w *watch) sample() {
	raise(&w.e.maxSockets, int64(w.e.transport.Open()))
}

// look notes what changes slowly, and ends the run if it must.
func (w *watch) look() {
	u := w.e.o.Usage()
	w.gc.Tune(u.Live, uint64(max(w.e.tokens.Bytes(), 0)))
	w.mu.Lock()
	w.usage = u
	w.maxRSS = max(w.maxRSS, u.RSS)
	phase, elapsed := w.phase, time.Since(w.since)+w.part.start
	w.mu.Unlock()
	if phase != "plan" || len(w.e.o.AbortOn) == 0 {
		return
	}
	for _, t := range w.e.o.AbortOn {
		if th := t.Judge(w.e.recorder.Figures(t.Service, elapsed)); th.State == record.ThresholdFail {
			w.e.stop("abort on %s: %s after %v", t, th.Value, elapsed.Round(time.Millisecond))
		}
	}
}

// snapshot returns the state of the run.
func (w *watch) snapshot() Snapshot {
	e := w.e
	totals, recent := e.recorder.Totals(), e.recorder.Recent()
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	s := Snapshot{
		Phase: w.phase, Elapsed: w.part.start + now.Sub(w.since), Total: e.o.Plan.Duration(), InFlight: int(e.inFlight.Load()),
		P50: recent.Quantile(0.5), P99: recent.Quantile(0.99),
		Sent: totals.Sent, Errors: totals.Errors, BadTokens: totals.BadTokens, Unsent: totals.Unsent,
	}
	switch w.phase {
	case "warm-up", "search":
		s.Total = w.part.duration
		s.Elapsed = now.Sub(w.since)
	}
	if w.part.schedule != nil {
		s.Asked = w.part.schedule.Rate(now.Sub(w.since))
	}
	if d := now.Sub(w.lastAt).Seconds(); d > 0 {
		s.Achieved = float64(totals.Completed-min(w.lastSent, totals.Completed)) / d
	}
	w.lastSent, w.lastAt = totals.Completed, now
	return s
}

// generator returns what the generator saw of itself.
func (e *engine) generator(all *measure.Row) record.Generator {
	w := e.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	e.lagMu.Lock()
	defer e.lagMu.Unlock()
	wall := w.ended.Sub(w.started)
	g := record.Generator{
		ScheduleLag: e.lag.Distribution(), GCPauseS: (w.usage.GCPause - w.first.GCPause).Seconds(), GCCount: w.usage.GCCount - w.first.GCCount,
		MaxQueueDepth: int(e.verifier.deepest.Load()), MaxOpenSockets: int(max(e.maxSockets.Load(), 0)), MaxInFlight: int(e.maxInFlight.Load()),
		MaxRSSBytes: w.maxRSS, LateRequests: e.late, CatchUpRequests: e.caughtUp, UsableCores: self.Cores(),
	}
	if wall > 0 {
		g.CPUShare = min((w.usage.CPU-w.first.CPU).Seconds()/wall.Seconds()/float64(self.Cores()), 1)
	}
	g.Reasons = e.limits(&g, wall, all)
	g.Saturated = len(g.Reasons) > 0
	return g
}

// The bounds beyond which the generator, not the target, was the limit.
const (
	maxCPUShare   = 0.9
	maxGCShare    = 0.05
	maxBlockShare = 0.01
	maxLag        = 10 * time.Millisecond
	minLate       = 10   // requests: fewer are an accident
	minNever      = 1000 // of so many requests that were due, one that unigate was too slow to send is too many
)

// limits says what the generator ran out of.
func (e *engine) limits(g *record.Generator, wall time.Duration, all *measure.Row) []string {
	var out []string
	if g.CPUShare > maxCPUShare {
		out = append(out, fmt.Sprintf("unigate used %.0f %% of the %d cores it may use", g.CPUShare*100, g.UsableCores))
	}
	lag := e.lag.Quantile(0.99)
	latency := all.Latency.Quantile(0.99)
	// Lag is part of the latency: it spoils the figures where it is a good part of them.
	if lag > maxLag && lag > latency/4 && e.ownLate >= minLate {
		out = append(out, fmt.Sprintf("requests started late by the generator's own doing: p99 %s", objective.FormatTime(lag)))
	}
	if due := all.Count + all.Unsent; e.tooSlow >= minLate && e.tooSlow*minNever >= due {
		out = append(out, fmt.Sprintf("%d of %d requests that were due never left, as unigate was too slow", e.tooSlow, due))
	}
	if blocked := time.Duration(e.verifier.blocked.Load()); wall > 0 && float64(blocked)/float64(wall) > maxBlockShare {
		out = append(out, fmt.Sprintf("the verification of replies could not keep up: its queue was full for %s", objective.FormatTime(blocked)))
	}
	if wall > 0 && g.GCPauseS/wall.Seconds() > maxGCShare {
		out = append(out, fmt.Sprintf("garbage collection stopped unigate for %.1f %% of the time", 100*g.GCPauseS/wall.Seconds()))
	}
	for _, b := range e.errors.list() {
		if exhausted(b.Kind) {
			out = append(out, fmt.Sprintf("%d requests failed because this machine is %s", b.Count, b.Kind))
		}
	}
	return out
}

// asked returns the planned rate now, per second.
func (w *watch) asked() float64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.part.schedule == nil {
		return 0
	}
	return w.part.schedule.Rate(time.Since(w.since))
}
