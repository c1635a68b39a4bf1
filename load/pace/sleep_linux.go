//go:build linux

package pace

import (
	"os"
	"syscall"
	"time"
	"unsafe"

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
	raw   syscall.RawConn
	fire  func(fd uintptr) bool

	// Of the present sleep.
	length time.Duration
	at     unix.ItimerSpec
	armed  bool
	failed bool
}

func (s *timerSleeper) prepare() {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return
	}
	s.timer = os.NewFile(uintptr(fd), "timer")
	if s.raw, err = s.timer.SyscallConn(); err != nil {
		s.done()
		return
	}
	s.fire = s.wait
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
	s.length, s.armed = max(d, 1), false // 0 would disarm it
	if err := s.raw.Read(s.fire); err != nil || s.failed {
		s.done() // the caller looks at the clock
	}
}

// wait sets the timer when it is first called, and says at the second call, which comes
// when the poller has seen it expire, that it has. Setting it again takes the
// expiration back, so that it needs not be read (timerfd_create(2)): one system call a
// sleep in place of three.
func (s *timerSleeper) wait(fd uintptr) (done bool) {
	if s.armed {
		return true
	}
	s.armed = true
	s.at = unix.ItimerSpec{Value: unix.NsecToTimespec(int64(s.length))}
	// It never blocks, so that the runtime needs not know: it would wake its monitor.
	_, _, errno := syscall.RawSyscall6(unix.SYS_TIMERFD_SETTIME, fd, 0, uintptr(unsafe.Pointer(&s.at)), 0, 0, 0) // #nosec G103 -- as timerfd_settime(2) wants it
	s.failed = errno != 0
	return s.failed
}
