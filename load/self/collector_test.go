package self

import (
	"runtime/debug"
	"testing"
)

// Runs of one process overlap in any order: the setting of the garbage collector is in
// the end what it was before the first of them, and changes back no earlier.
func TestCollectorsOverlap(t *testing.T) {
	const usual = 137
	defer debug.SetGCPercent(debug.SetGCPercent(usual))
	now := func() int {
		n := debug.SetGCPercent(usual)
		debug.SetGCPercent(n)
		return n
	}
	var first, second, third Collector
	first.Tune(32<<20, 0)
	if now() == usual {
		t.Fatal("the first one tunes nothing")
	}
	second.Tune(16<<20, 0)
	second.Tune(8<<20, 0)
	first.Restore()
	first.Restore()
	if now() == usual {
		t.Error("the setting was put back while a collector still tuned")
	}
	third.Relax(400)
	second.Restore()
	if n := now(); n != 400 {
		t.Errorf("the setting is %d, want the 400 of the one that still tunes", n)
	}
	third.Restore()
	if n := now(); n != usual {
		t.Errorf("the setting is %d in the end, want %d as before", n, usual)
	}
}
