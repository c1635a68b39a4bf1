package measure

import (
	"time"

	"github.com/unigate/unigate/internal/hist"
)

// What comes after the end of the plan is either the answer of a request of its last
// moment, which cannot come earlier from a target that keeps up, or of one that waited
// in a queue, which shows that the target does not. A rate counts the former and not
// the latter. They are told apart by how long answers take while the target is calm:
// the plan is cut into parts, the slowest reply of status 200 to what was due in a part
// is noted, and an answer that took no longer than calmSlack times the slowest of the
// calmest part is of the last moment. In overload the queue grows from the first part
// on, and answers at the end take several times as long as any there.
const (
	// calmParts is into how many parts the plan is cut at most.
	calmParts = 4
	// calmFewest is how many replies a part needs: the slowest of fewer may be a quick one.
	calmFewest = 10
	// calmSlack allows for the slowest of all being slower than that of a part.
	calmSlack = 1.5
	// calmSlots is how finely the plan is cut in advance; it may end early.
	calmSlots = 64
)

// calm notes how long replies of status 200 take over the plan.
type calm struct {
	planned time.Duration
	slowest [calmSlots]time.Duration // by when they were due
	count   [calmSlots]uint64
	inTime  time.Duration // the slowest of those that came before the plan's end
}

// add notes a reply to a request that was due then.
func (c *calm) add(due, latency time.Duration, inTime bool) {
	i := 0
	if c.planned > 0 {
		i = int(min(max(due, 0)*calmSlots/c.planned, calmSlots-1))
	}
	c.slowest[i] = max(c.slowest[i], latency)
	c.count[i]++
	if inTime {
		c.inTime = max(c.inTime, latency)
	}
}

// longest returns how long an answer may have taken that came after the end, and
// yet was not held up by a queue.
func (c *calm) longest(end time.Duration) time.Duration {
	slots := calmSlots
	if c.planned > 0 && end < c.planned {
		slots = int(min(end*calmSlots/c.planned+1, calmSlots))
	}
	n := uint64(0)
	for _, k := range c.count[:slots] {
		n += k
	}
	parts := int(min(calmParts, n/calmFewest))
	out := time.Duration(0)
	for p := range parts {
		slowest, count := time.Duration(0), uint64(0)
		for i := p * slots / parts; i < (p+1)*slots/parts; i++ {
			slowest, count = max(slowest, c.slowest[i]), count+c.count[i]
		}
		if count >= calmFewest && (out == 0 || slowest < out) {
			out = slowest
		}
	}
	if parts < 2 || out == 0 {
		out = c.inTime // too few to compare, or all at one time
	}
	return time.Duration(calmSlack * float64(out))
}

// ending is when the answers of a row came, seen from the end of the plan.
type ending struct {
	inTime uint64       // before it
	late   hist.Compact // how long those took that came after it
	closed uint64       // those after it that a closed loop asked for, which has no due times
}

// add counts an answer.
func (e *ending) add(inTime, closed bool, latency time.Duration) {
	switch {
	case inTime:
		e.inTime++
	case closed:
		e.closed++
	default:
		e.late.Record(latency)
	}
}

// achieved returns how many of the answers belong to the plan's time.
func (e *ending) achieved(longest time.Duration) uint64 {
	if e.late.Count() == 0 {
		return e.inTime
	}
	return e.inTime + e.late.Below(longest)
}
