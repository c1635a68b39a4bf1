//go:build linux

package pace

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// coarse is the longest wait that is slept through at once: a stop is noticed
// within it.
const coarse = 20 * time.Millisecond

// overshoot is how much longer than asked for a thread sleeps at the least; what
// is left of a wait then passes with looking at the clock.
const overshoot = 30 * time.Microsecond

// newSleeper returns the most precise sleeper of this system.
func newSleeper(portable bool) sleeper {
	if portable {
		return &runtimeSleeper{}
	}
	return &threadSleeper{}
}

// threadSleeper sleeps with nanosleep and a timer slack of a microsecond. The Go
// runtime's timers are late by up to a millisecond, and so send in bursts.
type threadSleeper struct{ runtimeSleeper }

// yield lets the worker that was just given a request start on this thread. It
// would have to be woken on another one if this thread went to sleep at once.
func (s *threadSleeper) yield() bool {
	runtime.Gosched()
	return true
}

func (s *threadSleeper) sleep(d time.Duration, stop <-chan struct{}) {
	if d > coarse {
		s.runtimeSleeper.sleep(d-2*time.Millisecond, stop)
		return
	}
	if d <= overshoot {
		return // the caller looks at the clock again at once
	}
	// The slack is a thread's, and the goroutine may be on another one each time.
	// Without it the sleep is just less precise.
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1000, 0, 0, 0)
	ts := unix.NsecToTimespec(int64(d - overshoot))
	_ = unix.Nanosleep(&ts, nil) // a signal ends it early; the caller looks at the clock
}
