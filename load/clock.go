package load

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/unigate/unigate/internal/oracle"
)

// leastSet is by how much this machine's clock must have been set to be taken for set.
const leastSet = time.Second

// clock finds out whether this machine's clock was set while the run went on, as when it is
// synchronised: what answers say of tokens would then be judged by another clock than the
// target's was compared with before the plan.
type clock struct {
	began atomic.Pointer[reading]
	set   atomic.Int64 // the newest setting that answers were judged without, in nanoseconds
}

// reading is one moment by the wall clock and by the one that only goes forward.
type reading struct{ wall, steady time.Time }

// start begins to watch the clock.
func (c *clock) start(now time.Time) { c.began.Store(&reading{now.Round(0), now}) }

// setBy returns by how much the wall clock was put forward from the start until a moment.
func (c *clock) setBy(now time.Time) time.Duration {
	b := c.began.Load()
	if b == nil {
		return 0
	}
	return now.Round(0).Sub(b.wall) - now.Sub(b.steady)
}

// mend makes the times of a reply those of the clock as it was at the start, if it was set
// since. skew is how far the target's clock was ahead then. A machine that was asleep looks
// the same, but for the target's Date, which goes with its clock: its times are left.
func (c *clock) mend(r *oracle.Reply, skew time.Duration) {
	by := c.setBy(r.Received)
	if by.Abs() < leastSet {
		return
	}
	if date, err := http.ParseTime(r.Header.Get("Date")); err == nil {
		ahead := date.Add(time.Second / 2).Sub(r.Received.Round(0)) // whole seconds, see ask
		if (ahead - skew).Abs() <= (ahead + by - skew).Abs() {
			return
		}
	}
	c.set.Store(int64(by))
	took := r.Received.Sub(r.Sent)
	r.Received = r.Received.Round(0).Add(-by)
	r.Sent = r.Received.Add(-took)
}

// note says that the clock was set, or "".
func (c *clock) note() string {
	by := time.Duration(c.set.Load())
	if by == 0 {
		return ""
	}
	way := "forward"
	if by < 0 {
		way = "back"
	}
	return "this machine's clock was put " + way + " by " + by.Abs().Round(time.Second).String() + " during the run: answers were judged by the time that had passed since its start"
}
