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

// newSleeper returns the most precise sleeper of this system.
func newSleeper(portable bool) sleeper {
	if portable {
		return &runtimeSleeper{}
	}
	return &threadSleeper{}
}

// threadSleeper sleeps with nanosleep on an operating system thread of its own
// whose timer slack is a microsecond. The Go runtime's timers are late by up to
// a millisecond, and so send in bursts. The thread ends with its goroutine,
// which never unlocks it, and the slack with the thread.
type threadSleeper struct{ runtimeSleeper }

func (s *threadSleeper) prepare() {
	runtime.LockOSThread()
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1000, 0, 0, 0) // without it the sleep is just less precise
}

func (s *threadSleeper) sleep(d time.Duration, stop <-chan struct{}) {
	if d > coarse {
		s.runtimeSleeper.sleep(d-2*time.Millisecond, stop)
		return
	}
	ts := unix.NsecToTimespec(int64(d))
	_ = unix.Nanosleep(&ts, nil) // a signal ends it early; the caller looks at the clock
}
