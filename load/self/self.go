// Package self watches the load generator itself: what it uses of its machine,
// and whether it, not the target, was the limit of a run.
package self

import (
	"runtime"
	"runtime/debug"
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
	// Live is the heap that is in use, in bytes.
	Live uint64
}

// Read returns the usage of this process.
func Read() Usage {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u := Usage{GCPause: time.Duration(m.PauseTotalNs), GCCount: m.NumGC, Live: m.HeapAlloc}
	u.CPU, u.RSS = process()
	if u.RSS == 0 {
		u.RSS = m.Sys
	}
	return u
}

// Cores returns how many cores this process may use at once.
func Cores() int { return min(runtime.GOMAXPROCS(0), runtime.NumCPU()) }

// Headroom is how much garbage may lie about before it is collected, in bytes.
const Headroom = 64 << 20

// Collector keeps the garbage collector's headroom constant. With Go's default a
// small heap is collected dozens of times a second under load, and a large one
// doubles the memory. It changes a setting of the whole process.
type Collector struct{ before int }

// Tune sets the headroom for the heap as it is.
func (c *Collector) Tune(live uint64) {
	percent := 400
	if live > 0 {
		percent = min(int(Headroom*100/live), percent)
	}
	old := debug.SetGCPercent(max(percent, 20))
	if c.before == 0 {
		c.before = old
	}
}

// Restore puts the setting back.
func (c *Collector) Restore() {
	if c.before != 0 {
		debug.SetGCPercent(c.before)
		c.before = 0
	}
}
