package pace

import (
	"math"
	"sync/atomic"
	"time"
)

// Pacer makes vegeta send the requests of a schedule. It is vegeta's Pacer.
type Pacer struct {
	schedule *Schedule
	count    uint64
	end      time.Duration
	sleep    sleeper
	limited  func() bool
	unread   func() time.Duration

	began    atomic.Pointer[time.Time]
	stopped  chan struct{}
	stopOnce atomic.Bool
	pause    atomic.Int64 // until when nothing is sent, since the start, in nanoseconds

	earliest   time.Duration // of the next send, by the catch-up bound
	previous   time.Duration // when the request before was released
	due        time.Duration // when it was due
	ideal      time.Duration // the earliest that the next could leave, had the generator never been late
	behind     time.Duration // by how much the request before had to be late, as the target made it so
	blocked    bool          // the request before found no free worker
	silences   []silence     // that may concern requests that are still to come
	catchingUp atomic.Uint64
	excuses    [remembered]excuse
}

// excuse says why a request left later than it was due.
type excuse struct {
	request atomic.Uint64 // its number and one
	ideal   atomic.Int64  // when it could have left, in nanoseconds since the start
	limited atomic.Bool   // it waited for a free worker
	silent  atomic.Int64  // how long after it was due the target answered nobody, in nanoseconds
}

// silence is a time in which every worker waited and no answer came.
type silence struct{ from, until time.Duration }

// silenceAfter returns how long after due nobody was answered, and forgets what
// concerns no later request.
func (p *Pacer) silenceAfter(due time.Duration) time.Duration {
	n := 0
	for n < len(p.silences) && p.silences[n].until <= due {
		n++
	}
	if n > 0 {
		p.silences = append(p.silences[:0], p.silences[n:]...)
	}
	if len(p.silences) == 0 || p.silences[0].from > due {
		return 0
	}
	return p.silences[0].until - due
}

// Options configures a Pacer.
type Options struct {
	// Schedule says when requests are due; nil makes a closed loop, in which a
	// request starts as soon as a worker is free, until Duration is over.
	Schedule *Schedule
	// Duration is the length of a closed loop.
	Duration time.Duration
	// Limited reports whether as many requests are in flight as may be: then the next
	// one has to wait until an answer was read. Nil: never.
	Limited func() bool
	// Unread returns how long the newest answer had been with this machine when it was
	// read: a worker was kept so long by the generator and not by the target. Nil: 0.
	Unread func() time.Duration
	// Portable uses the timers of the Go runtime even where better ones exist.
	Portable bool
}

// New returns a pacer for one attack.
func New(o Options) *Pacer {
	p := &Pacer{schedule: o.Schedule, end: o.Duration, limited: o.Limited, unread: o.Unread, stopped: make(chan struct{})}
	if p.schedule != nil {
		p.count, p.end = p.schedule.Count(), p.schedule.Duration()
	}
	if p.limited == nil {
		p.limited = func() bool { return false }
	}
	if p.unread == nil {
		p.unread = func() time.Duration { return 0 }
	}
	p.sleep = newSleeper(o.Portable || p.schedule == nil)
	return p
}

// Began returns when the attack began; ok is false before its first request.
func (p *Pacer) Began() (began time.Time, ok bool) {
	b := p.began.Load()
	if b == nil {
		return time.Time{}, false
	}
	return *b, true
}

// Stop ends the sending. What is in flight goes on.
func (p *Pacer) Stop() {
	if p.stopOnce.CompareAndSwap(false, true) {
		close(p.stopped)
	}
}

// Pause holds the sending for d from now, as a target asks with Retry-After.
func (p *Pacer) Pause(d time.Duration) {
	began, ok := p.Began()
	if !ok || d <= 0 {
		return
	}
	until := int64(time.Since(began) + d)
	for {
		old := p.pause.Load()
		if old >= until || p.pause.CompareAndSwap(old, until) {
			return
		}
	}
}

// PausedUntil returns until when the sending is or was held, since the start.
func (p *Pacer) PausedUntil() time.Duration { return time.Duration(p.pause.Load()) }

// CaughtUp returns how many requests were sent faster than planned to make up for a stall.
func (p *Pacer) CaughtUp() uint64 { return p.catchingUp.Load() }

// Ideal returns when request k, due at the time given, could have left if the
// generator had never been late: later than it was due only where the in-flight
// limit, a pause, or catching up after one of them held it. What it left later
// than that is the generator's own doing. limited says that it had to wait for a
// free worker, so that it left when an answer was read. silent is how long after it
// was due the target answered nobody, with as many requests in flight as may be: it
// would not have answered this one sooner. It answers for the newest 16,384 requests.
func (p *Pacer) Ideal(k uint64, due time.Duration) (ideal, silent time.Duration, limited bool) {
	x := &p.excuses[k%remembered]
	if x.request.Load() != k+1 {
		return due, 0, false
	}
	ideal, silent, limited = time.Duration(x.ideal.Load()), time.Duration(x.silent.Load()), x.limited.Load()
	if x.request.Load() != k+1 {
		return due, 0, false
	}
	return max(ideal, due), silent, limited
}

// Silent returns, after the attack, how long after a time at which a request was due
// that never left the target answered nobody, with as many in flight as may be.
func (p *Pacer) Silent(due time.Duration) time.Duration {
	if p.blocked && due >= p.previous {
		return max(p.end-due, 0)
	}
	return p.silenceAfter(due)
}

// Held reports, after the attack, whether the sending was behind at the last for
// a reason that is more the target's than the generator's.
func (p *Pacer) Held() bool {
	target, own := p.behind, p.previous-p.due-p.behind
	if p.blocked {
		target += max(p.end-p.previous, 0)
	}
	return target > caughtUp && target >= own
}

// Rate returns the planned rate, in requests per second.
func (p *Pacer) Rate(elapsed time.Duration) float64 {
	if p.schedule == nil {
		return math.Inf(1)
	}
	return p.schedule.Rate(elapsed)
}

// Pace waits until the next request may start. It sleeps itself, because vegeta
// would round waits below a millisecond up, and so always returns no wait.
func (p *Pacer) Pace(elapsed time.Duration, hits uint64) (time.Duration, bool) {
	if p.began.Load() == nil {
		b := time.Now().Add(-elapsed)
		p.began.Store(&b)
		p.sleep.prepare()
	}
	if p.schedule == nil {
		return 0, p.closedLoop(elapsed)
	}
	if hits >= p.count {
		return 0, true
	}
	return 0, p.openLoop(elapsed, hits)
}

// closedLoop reports whether the loop is over.
func (p *Pacer) closedLoop(elapsed time.Duration) bool {
	if until := p.PausedUntil(); elapsed < until {
		elapsed = p.wait(elapsed, min(until, p.end))
	}
	return elapsed >= p.end || p.stopOnce.Load()
}

// openLoop waits for request k and reports whether the sending ends instead.
func (p *Pacer) openLoop(elapsed time.Duration, k uint64) bool {
	due := p.schedule.At(k)
	if p.blocked {
		// The worker that took the request before was free as soon as its answer was
		// there, however late that was read.
		until := elapsed - p.unread()
		p.blocked, p.ideal = false, max(p.ideal, until)
		if until-p.previous > shortSilence {
			p.silences = append(p.silences[max(len(p.silences)-maxSilences+1, 0):], silence{p.previous, until})
		}
	}
	target, ideal := max(due, p.earliest), max(due, p.ideal)
	for {
		if pause := p.PausedUntil(); pause > target {
			target, ideal = pause, max(ideal, pause)
		}
		late := target-due > Grace
		if late && target > p.end {
			p.behind, p.due, p.previous = ideal-due, due, target
			p.wait(elapsed, p.end)
			return true
		}
		if elapsed >= target {
			break
		}
		elapsed = p.wait(elapsed, target)
		if p.stopOnce.Load() {
			return true
		}
	}
	if p.stopOnce.Load() || (elapsed > p.end && elapsed-due > Grace) {
		p.behind, p.due, p.previous = ideal-due, due, elapsed
		return true
	}
	p.release(elapsed, due, ideal, k)
	return false
}

// release accounts for request k, which starts now.
func (p *Pacer) release(elapsed, due, ideal time.Duration, k uint64) {
	gap := p.schedule.At(k+1) - due
	if elapsed-due > Grace && elapsed-p.previous < gap {
		p.catchingUp.Add(1)
	}
	p.earliest = max(p.earliest, elapsed-burst) + gap/CatchUp
	p.previous, p.due, p.behind = elapsed, due, ideal-due
	p.ideal = ideal + gap/CatchUp
	p.blocked = p.limited()
	if p.blocked || ideal > due {
		x := &p.excuses[k%remembered]
		x.request.Store(0)
		x.ideal.Store(int64(ideal))
		x.limited.Store(p.blocked)
		x.silent.Store(int64(p.silenceAfter(due)))
		x.request.Store(k + 1)
	}
}

// Close gives back what the pacer holds. It must not pace any more.
func (p *Pacer) Close() { p.sleep.done() }

// wait sleeps until a time since the start and returns the time that it is then.
// It returns early when the sending is stopped.
func (p *Pacer) wait(elapsed, until time.Duration) time.Duration {
	began := *p.began.Load()
	for elapsed < until && !p.stopOnce.Load() {
		p.sleep.sleep(until-elapsed, p.stopped)
		elapsed = time.Since(began)
	}
	return elapsed
}

// Sleep waits for d as precisely as this system can, or until stop is closed: for a
// service of a test whose times are to be what they were meant to be, as the Go
// runtime's timers round to a millisecond.
func Sleep(d time.Duration, stop <-chan struct{}) {
	s := newSleeper(false)
	s.prepare()
	defer s.done()
	for end := time.Now().Add(d); d > 0; d = time.Until(end) {
		select {
		case <-stop:
			return
		default:
			s.sleep(d, stop)
		}
	}
}

// sleeper waits for short times.
type sleeper interface {
	// prepare is called once, by the goroutine that will sleep.
	prepare()
	// sleep waits for d, or less.
	sleep(d time.Duration, stop <-chan struct{})
	// done gives back what prepare took. The sleeper may be used after it, less precisely.
	done()
}

// runtimeSleeper sleeps on the timers of the Go runtime.
type runtimeSleeper struct{ timer *time.Timer }

func (s *runtimeSleeper) prepare() {}

func (s *runtimeSleeper) done() {}

func (s *runtimeSleeper) sleep(d time.Duration, stop <-chan struct{}) {
	if s.timer == nil {
		s.timer = time.NewTimer(d)
	} else {
		s.timer.Reset(d)
	}
	select {
	case <-s.timer.C:
	case <-stop:
		s.timer.Stop()
	}
}
