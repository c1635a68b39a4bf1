// Package self watches the load generator itself: what it uses of its machine,
// and whether it, not the target, was the limit of a run.
package self

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// Usage is what this process has used so far.
type Usage struct {
	// CPU is the processor time of the process; 0 where the system doesn't tell.
	CPU time.Duration
	// RSS is the resident memory in bytes.
	RSS uint64
	// GCPause is how long garbage collection stopped the program.
	GCPause time.Duration
	// GCCount counts the collections.
	GCCount uint32
	// Live is the heap that the last garbage collection left, in bytes.
	Live uint64
	// RunDelay is how long threads were ready to run and had no core, over all
	// threads; 0 where the system doesn't tell.
	RunDelay time.Duration
	// Quota is the bound that a control group sets, as a container's CPU limit does.
	Quota Quota
}

// Quota is a bound on the use of the processor, and how often it was met. The
// zero value is no bound.
type Quota struct {
	// Cores is how many cores may be used at once on average; 0 for no bound.
	Cores float64
	// Periods counts the periods in which the quota was looked at, ThrottledPeriods
	// those in which it was used up.
	Periods, ThrottledPeriods uint64
	// Throttled is how long the process was held, over all cores.
	Throttled time.Duration
}

// Cores returns how many cores this process may use at once under the usage's quota.
func (u *Usage) Cores() float64 {
	n := float64(Cores())
	if q := u.Quota.Cores; q > 0 && q < n {
		return q
	}
	return n
}

// Read returns the usage of this process.
func Read() Usage {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u := Usage{GCPause: time.Duration(m.PauseTotalNs), GCCount: m.NumGC, Live: liveHeap()}
	u.CPU, u.RSS = process()
	u.RunDelay, u.Quota = runDelay(), readQuota("/")
	if u.RSS == 0 {
		u.RSS = m.Sys
	}
	return u
}

// Cores returns how many cores this process may use at once, without any quota.
func Cores() int { return min(runtime.GOMAXPROCS(0), runtime.NumCPU()) }

// The bounds of the headroom, which is how much garbage may lie about before it is
// collected, in bytes.
const (
	maxHeadroom = 64 << 20
	minHeadroom = 16 << 20
)

// Collector keeps the garbage collector's headroom within bounds. With Go's
// default a small heap is collected dozens of times a second under load, and a
// large one doubles the memory. It changes a setting of the whole process, which
// the last of several that overlap puts back.
type Collector struct{ tunes bool }

// tuned counts the collectors that tune, and holds what the setting was before the first.
var tuned struct {
	sync.Mutex
	collectors, before int
}

// set changes the setting.
func (c *Collector) set(percent int) {
	tuned.Lock()
	defer tuned.Unlock()
	old := debug.SetGCPercent(percent)
	if c.tunes {
		return
	}
	if tuned.collectors == 0 {
		tuned.before = old
	}
	c.tunes = true
	tuned.collectors++
}

// Tune sets the headroom for a live heap. What is kept for long, such as
// the fingerprints of tokens, takes half of its size off the headroom. Both are
// in bytes.
func (c *Collector) Tune(live, kept uint64) {
	headroom := uint64(minHeadroom)
	if kept/2 < maxHeadroom-minHeadroom {
		headroom = maxHeadroom - kept/2
	}
	percent := 800
	if live > 0 {
		percent = int(min(headroom*100/live, uint64(percent)))
	}
	c.set(max(percent, 10))
}

// TuneNow is Tune for the heap as it is now.
func (c *Collector) TuneNow() { c.Tune(liveHeap(), 0) }

// Relax lets the heap grow by a percentage of what is alive before garbage is collected.
func (c *Collector) Relax(percent int) { c.set(percent) }

// Restore puts the setting back, unless another collector still tunes.
func (c *Collector) Restore() {
	tuned.Lock()
	defer tuned.Unlock()
	if !c.tunes {
		return
	}
	c.tunes = false
	if tuned.collectors--; tuned.collectors == 0 {
		debug.SetGCPercent(tuned.before)
	}
}

// liveHeap returns what the last garbage collection left, in bytes.
func liveHeap() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	if s[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return s[0].Value.Uint64()
}
