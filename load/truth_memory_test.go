package load_test

import (
	"math"
	"testing"
	"time"
)

// remembering are targets that remember the steps before: what a search says of one must
// not be what the step before made of it.
func remembering() []sought {
	return []sought{
		{name: "halved at half", answer: func() func(ask) told {
			a1, a2 := servers(1, 5*ms, 0)(), servers(1, 10*ms, 0)()
			return func(a ask) told {
				if a.at < 90*time.Second {
					return a1(a)
				}
				return a2(a)
			}
		}, objective: "p99<50ms", length: 3 * time.Minute, low: 100, high: 200, exit: -1},
		{name: "a quota of a minute", answer: func() func(ask) told {
			m, n := -1, 0
			return func(a ask) told {
				if k := int(a.at / time.Minute); k != m {
					m, n = k, 0
				}
				if n++; n > 1000 {
					return told{takes: ms, status: 429}
				}
				return told{takes: 5 * ms}
			}
		}, objective: "p99<50ms", length: 10 * time.Minute, low: 16.7, high: 16.7, exit: -1},
		{name: "a quota of a minute that asks to wait", answer: func() func(ask) told {
			m, n := -1, 0
			return func(a ask) told {
				if k := int(a.at / time.Minute); k != m {
					m, n = k, 0
				}
				if n++; n > 1000 {
					return told{takes: ms, status: 429, retryAfter: "10"}
				}
				return told{takes: 5 * ms}
			}
		}, objective: "p99<50ms", length: 10 * time.Minute, low: 16.7, high: 16.7, exit: -1},
		{name: "burst credits", answer: func() func(ask) told {
			level, at := 3000.0, time.Duration(0)
			return func(a ask) told {
				level = min(3000, level+100*(a.at-at).Seconds())
				at = a.at
				if level < 1 {
					return told{takes: ms, status: 429}
				}
				level--
				return told{takes: 5 * ms}
			}
		}, objective: "p99<50ms", length: 3 * time.Minute, low: 95, high: 106, exit: -1}, // a second of credits lasts a confirming run of 18 s at 105/s
		{name: "down for good after overload", answer: func() func(ask) told {
			q := servers(1, 5*ms, 0)()
			dead := false
			return func(a ask) told {
				if dead {
					return told{takes: ms, status: 500}
				}
				x := q(a)
				dead = x.takes > 500*ms
				return x
			}
		}, objective: "p99<50ms", length: 3 * time.Minute, low: 200, high: 200, exit: -1},
		{name: "slower for good after overload", answer: func() func(ask) told {
			q := servers(1, 5*ms, 0)()
			dead := false
			return func(a ask) told {
				x := q(a)
				dead = dead || x.takes > 500*ms
				if dead {
					x.takes += 60 * ms
				}
				return x
			}
		}, objective: "p99<50ms", length: 3 * time.Minute, low: 0, high: math.Inf(1), exit: -1},
	}
}

func TestCapacitiesOfTargetsThatRememberTellTheTruth(t *testing.T) {
	for i, c := range remembering() {
		if testing.Short() && (c.length > 3*time.Minute || raceEnabled && i >= 3) {
			continue // more requests
		}
		t.Run(c.name, c.check)
	}
}
