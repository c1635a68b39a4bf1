package load

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/load/self"
)

// A closed loop leaves a target on this machine half of the processors for as long as
// it runs, says so, and is judged by what it kept. Nothing else leaves any.
func TestWhoLeavesProcessors(t *testing.T) {
	defer runtime.SetDefaultGOMAXPROCS()
	loop := Phase{Shape: Max, Duration: time.Second}
	for name, c := range map[string]struct {
		processors int
		beside     bool
		phases     []Phase
		kept       int
	}{
		"one of two":     {2, true, []Phase{loop}, 1},
		"half of five":   {5, true, []Phase{loop}, 2},
		"of one":         {1, true, []Phase{loop}, 1},
		"elsewhere":      {2, false, []Phase{loop}, 2},
		"a schedule":     {2, true, []Phase{{Shape: Constant, Rate: 10, Duration: time.Second}}, 2},
		"several phases": {2, true, []Phase{loop, loop}, 2},
	} {
		if c.processors > runtime.NumCPU() {
			continue
		}
		runtime.GOMAXPROCS(c.processors)
		e := &engine{o: Options{Beside: c.beside, Plan: Plan{Phases: c.phases}}}
		back := e.leave()
		if got := runtime.GOMAXPROCS(0); got != c.kept || self.Cores() != c.kept {
			t.Errorf("%s: %d processors, judged by %d; not %d", name, got, self.Cores(), c.kept)
		}
		if said := strings.Contains(e.beside, "on this machine"); said != (c.kept < c.processors) {
			t.Errorf("%s: %q", name, e.beside)
		}
		back()
		if got := runtime.GOMAXPROCS(0); c.kept < c.processors && got != runtime.NumCPU() || c.kept == c.processors && got != c.processors {
			t.Errorf("%s: %d processors afterwards", name, got)
		}
	}
}
