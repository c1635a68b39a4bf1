// Package health judges a load generator by what it saw of itself: whether it, and
// not the target, was the limit of a run, of a second of it or of a step of a search,
// what bound it, and what to do about it. It is a pure model: who looks at the
// machine is elsewhere.
package health

import (
	"time"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/load/self"
)

// Lags counts how late the generator was, by its own doing. The zero value is
// empty. It is not safe for concurrent use.
type Lags struct {
	// Schedule is how late requests started, Receive how long answers had been with
	// this machine when they were read.
	Schedule, Receive hist.Compact
	// Latency is of the same requests, from their scheduled start to their answer.
	Latency hist.Compact
	// Requests counts those that started, Never those that were due and that the
	// generator was too slow to send.
	Requests, Never uint64
	// LateStarts and LateReads count those that were later than MaxLag.
	LateStarts, LateReads uint64
	// Held counts the requests that waited for the in-flight limit.
	Held uint64
}

// Start notes how late a request started by the generator's own doing.
func (l *Lags) Start(lag time.Duration) {
	l.Schedule.Record(lag)
	if lag > MaxLag {
		l.LateStarts++
	}
}

// Read notes how long an answer had been with this machine when it was read.
func (l *Lags) Read(lag time.Duration) {
	l.Receive.Record(lag)
	if lag > MaxLag {
		l.LateReads++
	}
}

// Done notes a request that was sent, with its latency.
func (l *Lags) Done(latency time.Duration) {
	l.Requests++
	l.Latency.Record(latency)
}

// Miss notes a request that the generator was too slow to send at all: what it had
// waited is lag too, or a stall until the plan's end would leave no trace.
func (l *Lags) Miss(waited time.Duration) {
	l.Never++
	l.Start(waited)
}

// Merge adds other.
func (l *Lags) Merge(other *Lags) {
	l.Schedule.Merge(&other.Schedule)
	l.Receive.Merge(&other.Receive)
	l.Latency.Merge(&other.Latency)
	l.Requests += other.Requests
	l.Never += other.Never
	l.LateStarts += other.LateStarts
	l.LateReads += other.LateReads
	l.Held += other.Held
}

// Reset empties l and keeps its memory.
func (l *Lags) Reset() {
	l.Schedule.Reset()
	l.Receive.Reset()
	l.Latency.Reset()
	l.Requests, l.Never, l.LateStarts, l.LateReads, l.Held = 0, 0, 0, 0, 0
}

// Mark is what the counters of the machine and the run showed at one moment. The
// difference of two of them is a Stretch.
type Mark struct {
	At    time.Time
	Usage self.Usage
	// Blocked is how long the attack has waited for the verifier's full queue so far.
	Blocked time.Duration
	// Descriptors and Ports count the requests that failed for want of them so far.
	Descriptors, Ports uint64
}

// Stretch is what the generator saw of itself in a stretch of time.
type Stretch struct {
	Wall time.Duration
	// Cores is how many cores could be used at once; less than UsableCores where a
	// quota says so.
	Cores       float64
	UsableCores int
	CPU         time.Duration
	RunDelay    time.Duration
	GCPause     time.Duration
	Blocked     time.Duration
	// Periods are those of a quota; Throttled those in which it was used up.
	Periods, Throttled uint64
	// Held is how long the quota held the process, over all cores.
	Held               time.Duration
	Descriptors, Ports uint64
	Lags               Lags
}

// Between returns the stretch from one mark to a later one; lags are those of the
// requests in it.
func Between(from, to *Mark, lags *Lags) *Stretch {
	a, b := &from.Usage, &to.Usage
	s := &Stretch{
		Wall: to.At.Sub(from.At), Cores: b.Cores(), UsableCores: self.Cores(),
		CPU: max(b.CPU-a.CPU, 0), RunDelay: max(b.RunDelay-a.RunDelay, 0), GCPause: max(b.GCPause-a.GCPause, 0),
		Blocked: to.Blocked - from.Blocked,
		Periods: less(b.Quota.Periods, a.Quota.Periods), Throttled: less(b.Quota.ThrottledPeriods, a.Quota.ThrottledPeriods),
		Held:        max(b.Quota.Throttled-a.Quota.Throttled, 0),
		Descriptors: less(to.Descriptors, from.Descriptors), Ports: less(to.Ports, from.Ports),
	}
	if lags != nil {
		s.Lags.Merge(lags)
	}
	return s
}

// less returns a − b, 0 where a counter went back, as one of threads does when they end.
func less(a, b uint64) uint64 {
	if a < b {
		return 0
	}
	return a - b
}

// CPUShare is the processor time over what could be used, 0 to 1.
func (s *Stretch) CPUShare() float64 {
	if s.Cores <= 0 {
		return 0
	}
	return min(s.of(s.CPU)/s.Cores, 1)
}

// of returns the share of the wall time.
func (s *Stretch) of(d time.Duration) float64 {
	if s.Wall <= 0 {
		return 0
	}
	return float64(d) / float64(s.Wall)
}

// ThrottledShare is the share of the quota's periods in which it was used up.
func (s *Stretch) ThrottledShare() float64 {
	if s.Periods == 0 {
		return 0
	}
	return min(float64(s.Throttled)/float64(s.Periods), 1)
}

// RunDelayShare is the share of the time in which threads ran or were ready to run
// that they had no core.
func (s *Stretch) RunDelayShare() float64 {
	if s.RunDelay <= 0 {
		return 0
	}
	return float64(s.RunDelay) / float64(s.RunDelay+s.CPU)
}

// Record returns the stretch as a point of the series has it.
func (s *Stretch) Record() *record.Health {
	schedule, receive := s.Lags.Schedule.Histogram(), s.Lags.Receive.Histogram()
	h := &record.Health{
		ScheduleLagP99S: schedule.Quantile(0.99).Seconds(), ReceiveLagP99S: receive.Quantile(0.99).Seconds(),
		CPUShare: s.CPUShare(), RunDelayShare: s.RunDelayShare(), ThrottledShare: s.ThrottledShare(),
		GCShare: s.of(s.GCPause), BlockedShare: s.of(s.Blocked),
	}
	if limits := s.Limits(); len(limits) > 0 {
		h.Bound = string(limits[0].Name)
	}
	return h
}
