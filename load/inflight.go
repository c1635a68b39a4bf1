package load

import (
	"fmt"
	"math"
	"time"

	"github.com/unigate/unigate/internal/amount"
	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/load/health"
	"github.com/unigate/unigate/load/measure"
	"github.com/unigate/unigate/load/self"
)

// The bounds of the in-flight limit where none is given. An open model needs as many
// in flight as its rate times the time that an answer takes; only what this machine
// can bear bounds it.
const (
	// mostInFlight is also for how many requests the pacer remembers why they were late.
	mostInFlight = 16384
	// leastInFlight is what any machine is taken to bear.
	leastInFlight = 16
	// spareDescriptors are for everything but connections to the target.
	spareDescriptors = 48
	// bytesInFlight is what one request in flight takes, buffers of the kernel
	// included, and memoryPart what part of the free memory they may take.
	bytesInFlight = 64 << 10
	memoryPart    = 4
	// portsPart is what part of the ephemeral ports may be in use at once: those of
	// closed connections are taken for a minute more.
	portsPart = 2
)

// inFlightLimit returns how many requests may be in flight: as many as are asked
// for, or as the plan can need within what this machine bears. A search has no
// highest rate.
func (o *Options) inFlightLimit() int {
	if n := o.Plan.MaxInflight; n > 0 {
		return o.Part.Share(n)
	}
	rate := o.Part.rate(o.Plan.Highest())
	if o.Capacity != nil {
		rate = o.MaxRate
	}
	return safeInFlight(o.Room(), rate, o.Timeout)
}

// safeInFlight is the limit of a plan up to a rate per second. A request ends by its
// time-out, and no more than twice the rate is sent, so that more is never needed.
func safeInFlight(room self.Room, rate float64, timeout time.Duration) int {
	n := mostInFlight
	if rate > 0 {
		n = int(min(float64(n), math.Ceil(2*rate*timeout.Seconds())))
	}
	if room.Descriptors > 0 {
		n = min(n, room.Descriptors-room.Open-spareDescriptors)
	}
	if room.Ports > 0 {
		n = min(n, room.Ports/portsPart)
	}
	if room.Memory > 0 {
		n = min(n, int(room.Memory/memoryPart/bytesInFlight))
	}
	return max(n, leastInFlight)
}

// need returns about how many requests the plan would have had in flight at most without
// a limit, as far as the requests that were answered tell.
func (e *engine) need(all *measure.Row) int {
	n := float64(e.needed)
	if e.needed == 0 { // answers are quicker than is told apart
		n = e.o.Part.rate(e.o.Plan.Highest()) * all.ServiceTime.Mean().Seconds()
	}
	return roundUp(n)
}

// roundUp rounds up to two significant digits.
func roundUp(n float64) int {
	if n < 1 {
		return 1
	}
	unit := max(math.Pow(10, math.Floor(math.Log10(n))-1), 1)
	return int(math.Ceil(n/unit*(1-1e-3)) * unit) // a thousandth is the histogram's own width
}

// judgeInFlight says that the in-flight limit bound the run, or "". A threshold for
// unsent judges that instead.
func (e *engine) judgeInFlight(all *measure.Row) string {
	e.lagMu.Lock()
	held, due := e.lags.Held, all.Count+all.Unsent
	e.lagMu.Unlock()
	if e.o.Capacity != nil || e.unsentAllowed() || !health.Bound(held, due) {
		return ""
	}
	limit := e.limit
	need := max(e.need(all), limit+1)
	what := fmt.Sprintf("the in-flight limit of %d held %d of %s back: the plan needs about %d in flight", limit, held, amount.Of(due, "request", "requests"), need)
	if e.o.Plan.MaxInflight > 0 {
		return what + "; leave --max-inflight away, or give more"
	}
	return what + ", and this machine bears no more; raise its limit of open files (ulimit -n) or memory, or use several machines (--shard)"
}

// clean holds, by service, the latencies without what unigate itself added to them.
type clean []*hist.Compact

// record notes one.
func (c *clean) record(service int, d time.Duration) {
	for len(*c) <= service {
		*c = append(*c, &hist.Compact{})
	}
	(*c)[service].Record(d)
}

// merge adds other.
func (c *clean) merge(other clean) {
	for i, h := range other {
		for len(*c) <= i {
			*c = append(*c, &hist.Compact{})
		}
		(*c)[i].Merge(h)
	}
}

// cleanOf returns those of a service, or of all.
func (e *engine) cleanOf(service string) *hist.Histogram {
	e.lagMu.Lock()
	defer e.lagMu.Unlock()
	return e.clean.of(e.services, service)
}

// of returns those of a service by its name, or of all.
func (c clean) of(services []string, service string) *hist.Histogram {
	var sum hist.Compact
	for i, h := range c {
		if service == measure.All || services[i] == service {
			sum.Merge(h)
		}
	}
	return sum.Histogram()
}
