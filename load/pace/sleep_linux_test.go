//go:build linux

package pace

import (
	"testing"
	"time"
)

// The kernel's timer sleeps no shorter than it is asked to, and is given up where it fails;
// what is longer than a stop may wait for sleeps on the runtime's, a little less.
func TestTheKernelsTimerSleeps(t *testing.T) {
	s, ok := newSleeper(false).(*timerSleeper)
	if !ok {
		t.Fatal("it is not the kernel's timer")
	}
	s.prepare()
	if s.timer == nil {
		t.Skip("there is no timerfd here")
	}
	for _, d := range []time.Duration{0, 200 * time.Microsecond, 3 * ms, 200 * time.Microsecond, coarse} {
		began := time.Now()
		s.sleep(d, nil)
		if took := time.Since(began); took < d || s.timer == nil || s.runtimeSleeper.timer != nil {
			t.Errorf("slept %v in place of %v; the kernel's timer is there: %t, the runtime's: %t", took, d, s.timer != nil, s.runtimeSleeper.timer != nil)
		}
	}
	began := time.Now()
	s.sleep(coarse+10*ms, nil)
	if took := time.Since(began); took < coarse+8*ms || s.runtimeSleeper.timer == nil {
		t.Errorf("slept %v in place of %v less 2 ms; the runtime's timer is there: %t", took, coarse+10*ms, s.runtimeSleeper.timer != nil)
	}
	stop := make(chan struct{})
	close(stop)
	s.sleep(time.Hour, stop)
	s.done()
	s.done()
	if s.timer != nil {
		t.Error("the timer is not given back")
	}
	began = time.Now()
	if s.sleep(2*ms, nil); time.Since(began) < ms {
		t.Errorf("without the kernel's timer slept %v in place of half of 2 ms", time.Since(began))
	}

	broken := &timerSleeper{}
	broken.prepare()
	_ = broken.timer.Close() // the second time does nothing
	if broken.sleep(ms, nil); broken.timer != nil {
		t.Error("a timer that fails is kept")
	}
}

// Sleep sleeps as long as it is asked to, or until it is stopped.
func TestSleep(t *testing.T) {
	for _, d := range []time.Duration{-1, 0, 1, 3 * ms, coarse + 3*ms} {
		began := time.Now()
		if Sleep(d, nil); time.Since(began) < d {
			t.Errorf("slept %v in place of %v", time.Since(began), d)
		}
	}
	stop := make(chan struct{})
	close(stop)
	Sleep(time.Hour, stop)
}
