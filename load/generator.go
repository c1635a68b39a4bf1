package load

import (
	"fmt"
	"time"

	"github.com/unigate/unigate/internal/amount"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load/health"
	"github.com/unigate/unigate/load/wire"
)

// mark returns what the counters of the machine and of the run show now. What the
// generator saw of itself between two moments is health.Between of their marks.
func (e *engine) mark() *health.Mark {
	return &health.Mark{
		At: time.Now(), Usage: e.o.Usage(), Blocked: time.Duration(e.verifier.blocked.Load()),
		Descriptors: e.noDescriptors.Load(), Ports: e.noPorts.Load(),
	}
}

// since returns what the generator saw of itself since a mark. lags are those of the
// requests in that time, such as an attack's; the attack must have ended.
func (e *engine) since(from *health.Mark, lags *health.Lags) *health.Stretch {
	return health.Between(from, e.mark(), lags)
}

// noteExhausted reports whether a transport error is a limit of this machine, and counts it.
func (e *engine) noteExhausted(kind string) bool {
	switch kind {
	case wire.KindDescriptors:
		e.noDescriptors.Add(1)
	case wire.KindPorts:
		e.noPorts.Add(1)
	default:
		return false
	}
	return true
}

// endedBy takes the error of a connection on which the target wanted to negotiate TLS anew
// for what it is: unigate ended the request, which it does not count against the target.
func (e *engine) endedBy(r *wire.Reply, warm bool) {
	if r.Kind != wire.KindTLS || !unifier.WantsRenegotiation(r.Err) {
		return
	}
	r.Kind = wire.KindInterrupted
	if !warm {
		e.renegotiated.Add(1)
	}
}

// renegotiation says how many requests were ended so, and what the target wants; "" for none.
func (e *engine) renegotiation() string {
	n := e.renegotiated.Load()
	if n == 0 {
		return ""
	}
	d := unifier.DiagnoseRenegotiation()
	return fmt.Sprintf("unigate ended %s: %s; %s", amount.Of(n, "request", "requests"), d.Cause, d.Hint)
}

// unreadFor returns how long an answer had been with this machine when it was read:
// by the kernel's time stamp or, where there is none, by how late the generator's own
// timers are just now. It is never more than the service time.
func (e *engine) unreadFor(r *wire.Reply, sent, received time.Time) time.Duration {
	lag := e.watch.beat()
	if r.Arrived.IsZero() {
		return min(lag, received.Sub(sent))
	}
	e.stamped.Store(true)
	// The kernel's stamps are of the wall clock, which received holds too.
	lag = received.Round(0).Sub(r.Arrived)
	return max(min(lag, received.Sub(sent)), 0)
}

// receiveSource says where the receive lag is from.
func (e *engine) receiveSource() string {
	if e.stamped.Load() {
		return "kernel"
	}
	return "heartbeat"
}

// starved returns how late the generator may have been with a request without any
// trace in it, where something kept it from running: as late as it was with any.
func starved(s *health.Stretch) time.Duration {
	if name, _ := s.Cause(); name == "" {
		return 0
	}
	return max(s.Lags.Schedule.Histogram().Max(), s.Lags.Receive.Histogram().Max())
}

// generator returns what the generator saw of itself over the whole run.
func (e *engine) generator() record.Generator {
	w := e.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	e.lagMu.Lock()
	defer e.lagMu.Unlock()
	s := health.Between(w.first, w.last, &e.lags)
	usage := &w.last.Usage
	w.newest = *s.Record()
	g := record.Generator{
		ScheduleLag: s.Lags.Schedule.Histogram().Distribution(), ReceiveLag: s.Lags.Receive.Histogram().Distribution(),
		CPUShare: s.CPUShare(), UsableCores: s.UsableCores, QuotaCores: usage.Quota.Cores,
		GCPauseS: s.GCPause.Seconds(), GCCount: usage.GCCount - w.first.Usage.GCCount,
		RunDelayShare: s.RunDelayShare(), ThrottledShare: s.ThrottledShare(), ThrottledS: s.Held.Seconds(), BlockedS: s.Blocked.Seconds(),
		MaxQueueDepth: int(e.verifier.deepest.Load()), MaxOpenSockets: int(max(e.maxSockets.Load(), 0)), MaxInFlight: int(e.maxInFlight.Load()),
		MaxRSSBytes: w.maxRSS, LateRequests: e.late, CatchUpRequests: e.caughtUp,
	}
	if s.Lags.Receive.Count() > 0 {
		g.ReceiveLagSource = e.receiveSource()
	}
	if _, text := s.Cause(); text != "" {
		g.Cause = text
	}
	e.hidden = starved(s)
	limits := s.Limits()
	g.Reasons, g.Saturated = health.Texts(limits), len(limits) > 0
	if g.Saturated {
		g.Bound = string(limits[0].Name)
	}
	return g
}

// healthSeries keeps what the generator saw of itself second by second, in as many
// intervals as the series of the run at the most.
type healthSeries struct {
	width  time.Duration
	points []*record.Health
}

// maxHealthPoints bounds the series; its intervals double when there are more.
const maxHealthPoints = 660

// add notes what was seen in a second that ended at t, since the plan's start.
func (s *healthSeries) add(t time.Duration, h *record.Health) {
	if s.width == 0 {
		s.width = time.Second
	}
	t = max(t-s.width/2, 0) // the middle of the second that is over
	for int(t/s.width) >= maxHealthPoints {
		s.double()
	}
	i := int(t / s.width)
	for len(s.points) <= i {
		s.points = append(s.points, nil)
	}
	s.points[i] = worse(s.points[i], h)
}

// double joins neighbouring intervals.
func (s *healthSeries) double() {
	s.width *= 2
	joined := s.points[:0]
	for i := 0; i < len(s.points); i += 2 {
		p := s.points[i]
		if i+1 < len(s.points) {
			p = worse(p, s.points[i+1])
		}
		joined = append(joined, p)
	}
	clear(s.points[len(joined):])
	s.points = joined
}

// in returns the worst that was seen from one time to another, nil for nothing.
func (s *healthSeries) in(from, to time.Duration) *record.Health {
	if s.width == 0 {
		return nil
	}
	var out *record.Health
	for i := int(from / s.width); i < len(s.points) && (time.Duration(i)*s.width < to || i == int(from/s.width)); i++ {
		out = worse(out, s.points[i])
	}
	return out
}

// worse takes the higher of every figure.
func worse(a, b *record.Health) *record.Health {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	out := &record.Health{
		ScheduleLagP99S: max(a.ScheduleLagP99S, b.ScheduleLagP99S), ReceiveLagP99S: max(a.ReceiveLagP99S, b.ReceiveLagP99S),
		CPUShare: max(a.CPUShare, b.CPUShare), RunDelayShare: max(a.RunDelayShare, b.RunDelayShare),
		ThrottledShare: max(a.ThrottledShare, b.ThrottledShare), GCShare: max(a.GCShare, b.GCShare),
		BlockedShare: max(a.BlockedShare, b.BlockedShare), Bound: a.Bound,
	}
	if out.Bound == "" {
		out.Bound = b.Bound
	}
	return out
}
