package load

import (
	"runtime/debug"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unigate/unigate/load/measure"
	"github.com/unigate/unigate/load/pace"
	"github.com/unigate/unigate/load/self"
)

// watching is a watch of an engine whose run began now, in virtual time.
func watching(t *testing.T, change func(*Options)) (*engine, *watch) {
	t.Helper()
	e := ready(t, change)
	w := &watch{e: e, done: make(chan struct{}), phase: "preflight"}
	e.watch = w
	t.Cleanup(w.gc.Restore)
	w.restart()
	return e, w
}

// What a run shows of itself is of its phase: the plan as a whole, or the warm-up, a
// step of a search or a wait by itself; rates are of the time since the last look.
func TestSnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, w := watching(t, nil)
		e.inFlight.Store(3)
		schedule := new(pace.Schedule).Constant(50, 4*time.Second)
		w.stretch(stretch{schedule: schedule, duration: 4 * time.Second, start: 6 * time.Second})
		for range 10 {
			e.recorder.Record(&measure.Sample{Status: 200, Latency: 20 * time.Millisecond})
		}
		e.recorder.Record(&measure.Sample{Status: 500, Latency: 90 * time.Millisecond})
		e.recorder.Owed(0, 0, 0, "stopped")
		e.recorder.Bad(0, 0)
		time.Sleep(2 * time.Second)
		s := w.snapshot()
		if s.Phase != "plan" || s.Elapsed != 8*time.Second || s.Total != 10*time.Second || s.Asked != 50 || s.Achieved != 5.5 || s.InFlight != 3 ||
			s.Sent != 11 || s.Errors != 1 || s.BadTokens != 1 || s.Unsent != 1 || s.P50.Round(time.Millisecond) != 20*time.Millisecond || s.P99.Round(time.Millisecond) != 90*time.Millisecond {
			t.Errorf("of the plan: %+v", s)
		}
		e.recorder.Record(&measure.Sample{Status: 200, Latency: 20 * time.Millisecond})
		time.Sleep(500 * time.Millisecond)
		if s := w.snapshot(); s.Achieved != 2 || s.P50 == 0 {
			t.Errorf("half a second in which one came: %+v", s)
		}
		time.Sleep(500 * time.Millisecond)
		if s := w.snapshot(); s.Achieved != 0 || s.Elapsed != 9*time.Second || s.P50 != 0 {
			t.Errorf("half a second in which nothing came: %+v", s)
		}
		for _, phase := range []string{"warm-up", "search", "waiting"} {
			w.begin(phase, stretch{duration: 4 * time.Second, start: 6 * time.Second})
			time.Sleep(time.Second)
			if s := w.snapshot(); s.Phase != phase || s.Elapsed != time.Second || s.Total != 4*time.Second || s.Asked != 0 || w.asked() != 0 {
				t.Errorf("of %s: %+v", phase, s)
			}
		}
		e.recorder.Record(&measure.Sample{Status: 200})
		if s := w.snapshot(); s.Achieved != 0 {
			t.Errorf("at once again: %v", s.Achieved)
		}
		w.begin("plan", stretch{schedule: new(pace.Schedule).Ramp(0, 100, 10*time.Second), duration: 10 * time.Second})
		time.Sleep(5 * time.Second)
		if got := w.asked(); got != 50 {
			t.Errorf("half-way up to 100/s: %v", got)
		}
		if s := w.snapshot(); s.Asked != 50 {
			t.Errorf("half-way up to 100/s: %v", s.Asked)
		}
		if _, finished := w.health(); finished {
			t.Error("it has not ended yet")
		}
		w.finish()
		if _, finished := w.health(); !finished {
			t.Error("it has ended")
		}
	})
}

// What the generator saw of itself goes into the series where the plan or the search is
// by then, and the calmest second is the one whose slowest answer came soonest.
func TestLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rss := uint64(100)
		e, w := watching(t, func(o *Options) { o.Usage = func() self.Usage { return self.Usage{RSS: rss} } })
		e.second.Done(time.Second)
		if w.restart(); e.second.Requests != 0 {
			t.Error("what was before counts")
		}
		second := func(n int, slowest time.Duration) {
			time.Sleep(time.Second)
			e.lagMu.Lock()
			for range n {
				e.second.Done(slowest)
			}
			e.lagMu.Unlock()
			w.look()
		}
		second(8, 500*time.Millisecond)
		if len(w.series.points) != 0 {
			t.Errorf("%d points of a preflight", len(w.series.points))
		}
		w.begin("plan", stretch{start: 2 * time.Second, duration: 5 * time.Second})
		for i, c := range []struct {
			n             int
			slowest, want time.Duration
		}{
			{8, 200 * time.Millisecond, 200 * time.Millisecond},
			{7, 100 * time.Millisecond, 200 * time.Millisecond},
			{8, 300 * time.Millisecond, 200 * time.Millisecond},
			{8, 150 * time.Millisecond, 150 * time.Millisecond},
		} {
			rss = uint64(200 - i)
			second(c.n, c.slowest)
			if diff := w.calmest - c.want; diff < 0 || diff > 2*time.Millisecond {
				t.Errorf("second %d: the calmest is %v, not %v", i, w.calmest, c.want)
			}
			if !w.last.At.Equal(time.Now()) {
				t.Errorf("second %d: last looked at %v", i, w.last.At)
			}
			if len(w.series.points) != i+3 {
				t.Errorf("second %d: %d points", i, len(w.series.points))
			}
		}
		if w.maxRSS != 200 {
			t.Errorf("most memory: %d", w.maxRSS)
		}
		w.series = healthSeries{}
		w.begin("search", stretch{start: 0})
		second(1, time.Second)
		if len(w.series.points) != 6 { // six seconds since the run began
			t.Errorf("%d points of a search", len(w.series.points))
		}
		rss = 300
		if w.finish(); w.maxRSS != 300 || !w.ended.Equal(time.Now()) || w.last.Usage.RSS != 300 {
			t.Errorf("at its end: %d", w.maxRSS)
		}
		if w.restart(); w.maxRSS != 300 || !w.started.Equal(time.Now()) || w.first != w.last {
			t.Errorf("begun anew: %+v", w.started)
		}
	})
}

// The heap may grow by less the more of it is alive, from the start and at each look.
func TestWatchTunesTheCollector(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	now := func() int {
		n := debug.SetGCPercent(100)
		debug.SetGCPercent(n)
		return n
	}
	synctest.Test(t, func(t *testing.T) {
		var live atomic.Uint64
		live.Store(1 << 40)
		e := ready(t, func(o *Options) { o.Usage = func() self.Usage { return self.Usage{Live: live.Load()} } })
		w := startWatch(e)
		defer w.gc.Restore()
		if n := now(); n != 10 {
			t.Errorf("at the start: %d %%", n)
		}
		live.Store(1 << 20)
		time.Sleep(time.Second + tick/2)
		if n := now(); n != 800 {
			t.Errorf("a second later: %d %%", n)
		}
		w.finish()
	})
}

// A condition ends the run where it does not hold any more, in the plan only.
func TestAbort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, w := watching(t, func(o *Options) { o.AbortOn = thresholdsOf(t, "rate>=1000/s", "error_rate<50%")[:2] })
		e.recorder.Record(&measure.Sample{Status: 500})
		w.warmup(stretch{})
		if w.look(); e.stopped() != "" {
			t.Errorf("in a warm-up: %q", e.stopped())
		}
		w.begin("plan", stretch{schedule: new(pace.Schedule).Constant(10, 10*time.Second), duration: 10 * time.Second})
		time.Sleep(1234567 * time.Microsecond)
		if w.look(); e.stopped() != "abort on error_rate<50%: 100% after 1.235s" {
			t.Errorf("%q", e.stopped())
		}
		e, w = watching(t, func(o *Options) { o.AbortOn = thresholdsOf(t, "error_rate<50%")[:1] })
		e.recorder.Record(&measure.Sample{Status: 200})
		w.stretch(stretch{})
		if w.look(); e.stopped() != "" {
			t.Errorf("it holds: %q", e.stopped())
		}
		e.recorder.Record(&measure.Sample{Status: 500})
		if w.look(); e.stopped() == "" {
			t.Error("it does not hold any more")
		}
	})
}

// The watch looks every second and shows its state as often as was asked, until it is told to end.
func TestWatchKeepsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var shown []time.Duration
		began := time.Now()
		looks := 0
		e := ready(t, func(o *Options) {
			o.Usage = func() self.Usage { looks++; return self.Usage{} }
			o.Progress, o.ProgressEvery = func(Snapshot) { shown = append(shown, time.Since(began)) }, 2*time.Second
		})
		w := startWatch(e)
		defer w.gc.Restore()
		e.watch = w
		w.begin("plan", stretch{})
		time.Sleep(5*time.Second + tick/2)
		w.finish()
		if looks != 7 { // at its start and its end too
			t.Errorf("looked %d times", looks)
		}
		if len(shown) != 2 || shown[0] != 2*time.Second || shown[1] != 4*time.Second {
			t.Errorf("shown at %v", shown)
		}
		if len(w.series.points) != 5 {
			t.Errorf("%d looks in five seconds", len(w.series.points))
		}
		if w.beat() != 0 {
			t.Errorf("timers in virtual time are late by %v", w.beat())
		}
	})
}

// However often its state is asked for, the watch shows it once each tick.
func TestWatchShowsEachTick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shown := 0
		e := ready(t, func(o *Options) { o.Progress, o.ProgressEvery = func(Snapshot) { shown++ }, tick/2 })
		w := startWatch(e)
		defer w.gc.Restore()
		time.Sleep(5*tick + tick/2)
		if w.finish(); shown != 5 {
			t.Errorf("shown %d times in five ticks", shown)
		}
	})
}

// A metric's default threshold stands aside for one on all of the plan only.
func TestDefaultThresholds(t *testing.T) {
	for text, want := range map[string][]string{
		"p99<1s":              {"p99<1s", "bad_tokens==0", "error_rate<1%"},
		"error_rate<5%":       {"error_rate<5%", "bad_tokens==0"},
		"login.error_rate<5%": {"login.error_rate<5%", "bad_tokens==0", "error_rate<1%"},
		"bad_tokens<=3":       {"bad_tokens<=3", "error_rate<1%"},
	} {
		got := thresholdsOf(t, text)
		if len(got) != len(want) {
			t.Errorf("%s: %v", text, got)
			continue
		}
		for i := range want {
			if got[i].String() != want[i] {
				t.Errorf("%s: %v", text, got)
			}
		}
	}
	for _, texts := range [][]string{{"p99"}, {"p99<1s", "nobody.p99<1s"}} {
		if got, err := ParseThresholds(texts); err == nil || got != nil {
			t.Errorf("%v: %v", texts, got)
		}
	}
}
