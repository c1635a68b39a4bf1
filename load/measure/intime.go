package measure

import (
	"math"
	"time"

	"github.com/unigate/unigate/internal/hist"
)

// What comes after the end of the plan is either the answer of a request of its last
// moment, which cannot come earlier from a target that keeps up, or of one that waited
// in a queue, which shows that the target does not. A rate counts the former and not
// the latter.
//
// A queue shows in that answers take longer at the end: the latencies of what was due
// in the last part of the plan are compared with those before it by their ranks
// (Mann and Whitney 1947, with its correction for ties). Where they are not longer, every
// answer counts. Where they are, those count that took no longer than calmSlack times
// the slowest of the calmest part, and whether the others do is unclear until the
// difference is no accident any more.

// calm notes how long replies of status 200 take over the plan.
type calm struct {
	planned time.Duration
	slots   [calmSlots]hist.Compact // by when they were due
	inTime  time.Duration           // the slowest of those that came before the plan's end
}

// add notes a reply to a request that was due then.
func (c *calm) add(due, latency time.Duration, inTime bool) {
	c.slots[c.slot(due)].Record(latency)
	if inTime {
		c.inTime = max(c.inTime, latency)
	}
}

// slot returns the slot of a time of the plan.
func (c *calm) slot(at time.Duration) int {
	if c.planned <= 0 {
		return 0
	}
	return int(min(max(at, 0)*calmSlots/c.planned, calmSlots-1))
}

// parts returns the parts of a plan that ended then.
func (c *calm) parts(end time.Duration) []hist.Compact {
	slots := c.slot(max(end-1, 0)) + 1
	out := make([]hist.Compact, min(calmParts, slots))
	for i := range slots {
		out[i*len(out)/slots].Merge(&c.slots[i])
	}
	return out
}

// verdict says how long answers that came after the plan's end may have taken, to
// count; sure is false where it is unclear whether longer ones count too.
func (c *calm) verdict(end time.Duration) (longest time.Duration, sure bool) {
	parts := c.parts(end)
	before := hist.Compact{}
	for i := range parts[:len(parts)-1] {
		before.Merge(&parts[i])
	}
	last := &parts[len(parts)-1]
	z := longer(&before, last)
	if before.Count()+last.Count() >= calmFewest && before.Count() > 0 && last.Count() > 0 && z < longerAtAll {
		return math.MaxInt64, true
	}
	longest = c.inTime
	if calmest, ok := calmestOf(parts); ok {
		longest = calmest
	}
	return time.Duration(calmSlack * float64(longest)), z >= longerForSure
}

// calmestOf returns the slowest reply of the part in which that was quickest.
func calmestOf(parts []hist.Compact) (slowest time.Duration, ok bool) {
	if len(parts) < 2 {
		return 0, false
	}
	for i := range parts {
		if parts[i].Count() < calmFewest {
			continue // the slowest of a few may be a quick one
		}
		if s := parts[i].Histogram().Max(); !ok || s < slowest {
			slowest, ok = s, true
		}
	}
	return slowest, ok
}

// longer returns by how many standard errors b lies above a, by the ranks of their durations.
func longer(a, b *hist.Compact) float64 {
	n, m := float64(a.Count()), float64(b.Count())
	if n == 0 || m == 0 {
		return 0
	}
	below, u, ties := 0.0, 0.0, 0.0
	a.EachBeside(b, func(x, y uint64) {
		u += float64(y) * (below + float64(x)/2)
		below += float64(x)
		t := float64(x + y)
		ties += t * (t*t - 1)
	})
	all := n + m
	variance := n * m / 12 * (all + 1 - ties/(all*math.Max(all-1, 1)))
	if variance <= 0 {
		return 0
	}
	return (u - n*m/2) / math.Sqrt(variance)
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

// achieved returns how many of the answers belong to the plan's time, and of how
// many that is unclear.
func (e *ending) achieved(c *calm, end time.Duration) (achieved, unclear uint64) {
	late := e.late.Count()
	if late == 0 {
		return e.inTime, e.closed
	}
	longest, sure := c.verdict(end)
	last := e.late.Below(longest)
	if sure {
		return e.inTime + last, e.closed
	}
	return e.inTime + last, e.closed + late - last
}
