package pace

import (
	"math"
	"sync/atomic"
	"time"
)

const (
	// Grace is how late a request may be when its phase ends and still be sent;
	// what is later is unsent.
	Grace = 10 * time.Millisecond
	// CatchUp is how many times the planned rate is not exceeded after a stall.
	CatchUp = 2
	// burst is how far ahead of the catch-up rate a send may be: timers are late
	// by that much now and then without anything being wrong.
	burst = time.Millisecond
	// caughtUp is how late a request may be to count as on schedule again.
	caughtUp = time.Millisecond
	// remembered is for how many requests, counted back from the newest, Excused answers.
	remembered = 1 << 14
)

// Pacer makes vegeta send the requests of a schedule. It is vegeta's Pacer.
type Pacer struct {
	schedule *Schedule
	count    uint64
	end      time.Duration
	sleep    sleeper
	limited  func() bool

	began    atomic.Pointer[time.Time]
	stopped  chan struct{}
	stopOnce atomic.Bool
	pause    atomic.Int64 // until when nothing is sent, since the start, in nanoseconds

	earliest   time.Duration // of the next send, by the catch-up bound
	previous   time.Duration // when the request before was released
	excused    bool
	catchingUp atomic.Uint64
	excuses    [remembered]atomic.Uint64
}

// Options configures a Pacer.
type Options struct {
	// Schedule says when requests are due; nil makes a closed loop, in which a
	// request starts as soon as a worker is free, until Duration is over.
	Schedule *Schedule
	// Duration is the length of a closed loop.
	Duration time.Duration
	// Limited reports whether as many requests are in flight as may be: then it is
	// the target that makes requests late, not the generator. Nil: never.
	Limited func() bool
	// Portable uses the timers of the Go runtime even where better ones exist.
	Portable bool
}

// New returns a pacer for one attack.
func New(o Options) *Pacer {
	p := &Pacer{schedule: o.Schedule, end: o.Duration, limited: o.Limited, stopped: make(chan struct{})}
	if p.schedule != nil {
		p.count, p.end = p.schedule.Count(), p.schedule.Duration()
	}
	if p.limited == nil {
		p.limited = func() bool { return false }
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

// Excused reports whether request k was late, or may have been, for a reason
// that is not the generator's: the in-flight limit, a pause, or catching up after
// one. It answers for the newest 16,384 requests.
func (p *Pacer) Excused(k uint64) bool {
	return p.excuses[k%remembered].Load() == k+1
}

// Held reports, after the attack, whether the sending was behind at the last for
// a reason that is not the generator's.
func (p *Pacer) Held() bool { return p.excused }

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
	if elapsed-due > caughtUp && (p.limited() || p.excused) {
		p.excused = true
	} else if elapsed-due <= caughtUp {
		p.excused = false
	}
	target := max(due, p.earliest)
	for {
		if pause := p.PausedUntil(); pause > target {
			target, p.excused = pause, true
		}
		late := target-due > Grace
		if late && target > p.end {
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
		return true
	}
	p.release(elapsed, due, k)
	return false
}

// release accounts for request k, which starts now.
func (p *Pacer) release(elapsed, due time.Duration, k uint64) {
	gap := p.schedule.At(k+1) - due
	if elapsed-due > Grace && elapsed-p.previous < gap {
		p.catchingUp.Add(1)
	}
	p.earliest = max(p.earliest, elapsed-burst) + gap/CatchUp
	p.previous = elapsed
	if p.excused {
		p.excuses[k%remembered].Store(k + 1)
	}
	if p.limited() {
		// The next request finds no free worker: what it is late is the target's doing.
		p.excused = true
		p.excuses[k%remembered].Store(k + 1)
	}
}

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
