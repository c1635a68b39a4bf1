package pace_test

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unigate/unigate/load/pace"
)

func TestScheduleIsTheInverseOfItsRate(t *testing.T) {
	for name, s := range map[string]*pace.Schedule{
		"constant": new(pace.Schedule).Constant(200, 10*time.Second),
		"ramp":     new(pace.Schedule).Ramp(0, 200, 10*time.Second),
		"down":     new(pace.Schedule).Ramp(200, 0, 10*time.Second),
		"sine":     new(pace.Schedule).Sine(100, 100, 2*time.Second, 10*time.Second),
		"joined":   new(pace.Schedule).Ramp(0, 100, 3*time.Second).Constant(100, 2*time.Second).Constant(0, time.Second).Sine(50, 25, time.Second, 4*time.Second),
	} {
		previous := time.Duration(-1)
		hits := make([]float64, 10)
		for k := range s.Count() {
			at := s.At(k)
			if at < previous || at >= s.Duration() {
				t.Fatalf("%s: request %d is due at %v after %v of %v", name, k, at, previous, s.Duration())
			}
			previous = at
			hits[int(at.Seconds())]++
		}
		// In each second come as many requests as its rate says.
		for i := range hits {
			want := 0.0
			for ms := range 1000 {
				want += s.Rate(time.Duration(i)*time.Second+time.Duration(ms)*time.Millisecond) / 1000
			}
			if math.Abs(hits[i]-want) > 2 {
				t.Errorf("%s: %v requests in second %d, not %.1f", name, hits[i], i, want)
			}
		}
	}
}

func TestConstantScheduleIsExact(t *testing.T) {
	s := new(pace.Schedule).Constant(200, time.Hour)
	if s.Count() != 720_000 || s.At(0) != 0 || s.At(719_999) != time.Hour-5*time.Millisecond {
		t.Errorf("%d requests from %v to %v", s.Count(), s.At(0), s.At(719_999))
	}
}

// drive calls a pacer as vegeta does and returns when each request left. busy
// says for how long the handing over of request k takes.
func drive(p *pace.Pacer, busy func(k uint64) time.Duration) []time.Duration {
	began := time.Now()
	var sent []time.Duration
	for k := uint64(0); ; k++ {
		wait, stop := p.Pace(time.Since(began), k)
		if stop {
			return sent
		}
		time.Sleep(wait)
		time.Sleep(busy(k))
		sent = append(sent, time.Since(began))
	}
}

func TestCatchUpIsBoundedAndTheEndIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stalled := false
		p := pace.New(pace.Options{
			Schedule: new(pace.Schedule).Constant(100, 10*time.Second), Portable: true, Limited: func() bool { return stalled },
		})
		sent := drive(p, func(k uint64) time.Duration {
			if stalled = k == 499; k == 500 { // request 500 finds no free worker
				return 2 * time.Second
			}
			return 0
		})
		// At twice the rate the gap is 5 ms; a millisecond is allowed once, for timers.
		for k := 502; k < len(sent); k++ {
			if n, took := k-501, sent[k]-sent[501]; took < time.Duration(n)*5*time.Millisecond-time.Millisecond {
				t.Fatalf("%d requests left within %v", n, took)
			}
		}
		// 2 s are owed at 7 s; at twice the rate they are made up at 9 s.
		if len(sent) != 1000 || p.CaughtUp() < 390 || p.CaughtUp() > 410 {
			t.Errorf("%d left, %d to catch up", len(sent), p.CaughtUp())
		}
		// Each of them left when it could: none of the lateness is the generator's.
		for _, k := range []uint64{400, 502, 700, 850, 999} {
			due := time.Duration(k) * 10 * time.Millisecond
			if ideal, _, _ := p.Ideal(k, due); sent[k]-ideal > 2*time.Millisecond || (ideal > due) != (k == 502 || k == 700 || k == 850) {
				t.Errorf("request %d was due at %v, could leave at %v and did at %v", k, due, ideal, sent[k])
			}
		}
		if _, _, limited := p.Ideal(500, 5*time.Second); !limited {
			t.Error("the request that found no free worker is not told")
		}
	})
}

// A full limit excuses nothing where the generator itself filled it: it had the
// answers and did not read them.
func TestLimitThatTheGeneratorFilledIsNoExcuse(t *testing.T) {
	for name, c := range map[string]struct {
		unread, own time.Duration
		held        bool
	}{
		"answers were read at once": {0, 0, true},
		"answers lay unread":        {2 * time.Second, 2 * time.Second, false},
		"for less than half of it":  {900 * time.Millisecond, 900 * time.Millisecond, true},
		"for more than half of it":  {1100 * time.Millisecond, 1100 * time.Millisecond, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stalled := false
				p := pace.New(pace.Options{
					Schedule: new(pace.Schedule).Constant(100, 6*time.Second), Portable: true,
					Limited: func() bool { return stalled }, Unread: func() time.Duration { return c.unread },
				})
				sent := drive(p, func(k uint64) time.Duration {
					if stalled = k == 399; k == 400 {
						return 2 * time.Second
					}
					return 0
				})
				due := 4010 * time.Millisecond
				ideal, silent, _ := p.Ideal(401, due)
				if own := sent[401] - ideal; (own - c.own).Abs() > 20*time.Millisecond {
					t.Errorf("%v of %v are the generator's, not %v", own, sent[401]-due, c.own)
				}
				if want := 1990*time.Millisecond - c.unread; silent > 0 && (silent-want).Abs() > 20*time.Millisecond || silent == 0 && want > 20*time.Millisecond {
					t.Errorf("nobody was answered for %v, not %v", silent, want)
				}
				if p.Held() != c.held {
					t.Errorf("what was not sent is the target's doing: %t", p.Held())
				}
			})
		})
	}
}

// A generator that cannot catch up as fast as it may is late by its own doing.
func TestSlowCatchUpIsTheGenerators(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stalled := false
		p := pace.New(pace.Options{
			Schedule: new(pace.Schedule).Constant(100, 20*time.Second), Portable: true, Limited: func() bool { return stalled },
		})
		sent := drive(p, func(k uint64) time.Duration {
			switch stalled = k == 499; {
			case k == 500:
				return 2 * time.Second
			case k > 500:
				return 9 * time.Millisecond // 111 a second, where 200 are allowed
			}
			return 0
		})
		const k, due = 900, 9 * time.Second
		if ideal, _, _ := p.Ideal(k, due); sent[k]-ideal < time.Second || ideal-due > 10*time.Millisecond {
			t.Errorf("request %d could leave at %v and did at %v", k, ideal, sent[k])
		}
	})
}

func TestWhatIsOwedAtTheEndIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pace.New(pace.Options{Schedule: new(pace.Schedule).Constant(100, 10*time.Second), Portable: true})
		sent := drive(p, func(k uint64) time.Duration {
			if k == 500 {
				return 4 * time.Second
			}
			return 0
		})
		if last := sent[len(sent)-1]; last > 10*time.Second+pace.Grace || len(sent) < 690 || len(sent) > 710 {
			t.Errorf("%d left, the last at %v", len(sent), last)
		}
	})
}

func TestPauseAndStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pace.New(pace.Options{Schedule: new(pace.Schedule).Constant(100, 10*time.Second), Portable: true})
		time.AfterFunc(1005*time.Millisecond, func() { p.Pause(3 * time.Second) })
		time.AfterFunc(6*time.Second, p.Stop)
		sent := drive(p, func(uint64) time.Duration { return 0 })
		for _, at := range sent {
			if at > 1020*time.Millisecond && at < 4005*time.Millisecond {
				t.Errorf("a request left at %v, in the pause", at)
			}
		}
		if last := sent[len(sent)-1]; last > 6*time.Second {
			t.Errorf("a request left at %v, after the stop", last)
		}
	})
}
