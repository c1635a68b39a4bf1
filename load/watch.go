package load

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/load/health"
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
	late atomic.Int64 // how late the newest tick of the heartbeat was, in nanoseconds

	mu      sync.Mutex
	phase   string
	part    stretch
	since   time.Time // when the part began
	started time.Time
	ended   time.Time
	maxRSS  uint64
	first   *health.Mark // when the run began
	last    *health.Mark // the newest
	series  healthSeries
	newest  record.Health // of the newest second, or of the run that has ended

	calmest time.Duration // the slowest answer of the second in which that was quickest

	lastSent uint64
	lastAt   time.Time
}

// startWatch starts looking.
func startWatch(e *engine) *watch {
	w := &watch{e: e, done: make(chan struct{}), phase: "preflight"}
	w.restart()
	w.gc.Tune(w.first.Usage.Live, 0)
	w.gone.Add(2)
	go w.run()
	go w.pulse()
	return w
}

// restart begins the measurement of what the generator uses.
func (w *watch) restart() {
	m := w.e.mark()
	w.e.takeSecond()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.first, w.last, w.started, w.since, w.lastAt = m, m, time.Now(), time.Now(), time.Now()
	w.maxRSS = m.Usage.RSS
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
	m := w.e.mark()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last, w.ended = m, time.Now()
	w.maxRSS = max(w.maxRSS, m.Usage.RSS)
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

// heartbeat is how often the generator looks how late its timers are, where the
// kernel doesn't tell when answers arrive.
const heartbeat = 10 * time.Millisecond

// pulse keeps looking how late the generator's timers are.
func (w *watch) pulse() {
	defer w.gone.Done()
	t := time.NewTimer(heartbeat)
	defer t.Stop()
	for !w.e.stamped.Load() {
		due := time.Now().Add(heartbeat)
		select {
		case <-w.done:
			return
		case <-t.C:
		}
		w.late.Store(int64(max(time.Since(due), 0)))
		t.Reset(heartbeat)
	}
	w.late.Store(0)
}

// beat returns how late the newest tick was.
func (w *watch) beat() time.Duration { return time.Duration(w.late.Load()) }

// sample notes what changes quickly.
func (w *watch) sample() {
	raise(&w.e.maxSockets, int64(w.e.transport.Open()))
}

// look notes what changes slowly, and ends the run if it must.
func (w *watch) look() {
	m := w.e.mark()
	w.gc.Tune(m.Usage.Live, uint64(max(w.e.tokens.Bytes(), 0)))
	lags := w.e.takeSecond()
	w.mu.Lock()
	if slowest := lags.Latency.Histogram().Max(); lags.Latency.Count() >= calmFewest && (w.calmest == 0 || slowest < w.calmest) {
		w.calmest = slowest
	}
	before := w.last
	w.last = m
	w.maxRSS = max(w.maxRSS, m.Usage.RSS)
	phase, elapsed := w.phase, time.Since(w.since)+w.part.start
	seen := health.Between(before, m, lags).Record()
	w.newest = *seen
	switch phase {
	case "plan":
		w.series.add(elapsed, seen)
	case "search":
		w.series.add(m.At.Sub(w.started), seen)
	}
	end := w.part.start + w.part.duration
	w.mu.Unlock()
	if phase != "plan" || len(w.e.o.AbortOn) == 0 {
		return
	}
	w.abort(m, min(elapsed, end)) // while the last answers come, no time of the plan goes by
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
	case "warm-up", "search", "waiting":
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

// health returns what the generator saw of itself in the newest second; of the whole run
// where that has ended.
func (w *watch) health() (h record.Health, finished bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.newest, !w.ended.IsZero()
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
