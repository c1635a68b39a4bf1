//go:build linux

package pace

import (
	"os"
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
	return &timerSleeper{}
}

// timerSleeper sleeps on a timer of the kernel that the runtime polls like a socket
// (timerfd_create(2)). It is as precise as nanosleep, and while it waits other
// goroutines have this one's processor: a thread in nanosleep keeps it until the
// runtime's monitor takes it away, which looks every 20 µs to 10 ms. With one core
// free, answers that had come waited as long as that. The Go runtime's own timers
// round up to a millisecond, and so send in bursts.
type timerSleeper struct {
	runtimeSleeper
	timer *os.File // nil where there is none; then the runtime's timers are used
	fd    int
	count [8]byte
}

func (s *timerSleeper) prepare() {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return
	}
	s.fd, s.timer = fd, os.NewFile(uintptr(fd), "timer")
}

// done closes the timer.
func (s *timerSleeper) done() {
	if s.timer != nil {
		_ = s.timer.Close() // nothing was written
		s.timer = nil
	}
}

func (s *timerSleeper) sleep(d time.Duration, stop <-chan struct{}) {
	if d > coarse || s.timer == nil {
		s.runtimeSleeper.sleep(max(d-2*time.Millisecond, d/2), stop)
		return
	}
	at := unix.ItimerSpec{Value: unix.NsecToTimespec(max(int64(d), 1))} // 0 would disarm it
	if err := unix.TimerfdSettime(s.fd, 0, &at, nil); err != nil {
		s.done()
		return // the caller looks at the clock
	}
	if _, err := s.timer.Read(s.count[:]); err != nil {
		s.done()
	}
}
