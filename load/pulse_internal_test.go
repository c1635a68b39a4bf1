package load

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/unigate/unigate/load/measure"
	"github.com/unigate/unigate/load/self"
)

// The watch ends when what it shows has been shown: nothing is printed after the report.
func TestWatchEndsWithItsLastShow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shown := false
		e := ready(t, func(o *Options) {
			o.Progress, o.ProgressEvery = func(Snapshot) { time.Sleep(3 * time.Second); shown = true }, time.Second
		})
		w := startWatch(e)
		defer w.gc.Restore()
		time.Sleep(2 * time.Second)
		began := time.Now()
		if w.finish(); !shown || time.Since(began) != 2*time.Second {
			t.Errorf("ended after %v, shown: %t", time.Since(began), shown)
		}
	})
}

// Every tick looks how many connections are open; where that is not known there are none.
func TestWatchCountsConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := ready(t, nil)
		way := &counted{Transport: e.transport}
		way.open.Store(5)
		e.transport = way
		w := startWatch(e)
		defer w.gc.Restore()
		e.watch = w
		time.Sleep(tick + tick/2)
		way.open.Store(2)
		time.Sleep(tick)
		if w.finish(); e.generator().MaxOpenSockets != 5 {
			t.Errorf("%d connections at most", e.generator().MaxOpenSockets)
		}
		e.maxSockets.Store(0)
		way.open.Store(-1)
		if w.sample(); e.generator().MaxOpenSockets != 0 {
			t.Errorf("%d connections where that is not known", e.generator().MaxOpenSockets)
		}
	})
}

// How late timers are is looked at until the kernel tells when answers arrive; then it is nothing.
func TestPulseEndsWhereTheKernelTells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, w := watching(t, nil)
		w.late.Store(int64(time.Second))
		ended := false
		w.gone.Add(1)
		go func() { w.pulse(); ended = true }()
		time.Sleep(10*heartbeat + heartbeat/2)
		synctest.Wait()
		if ended || w.beat() != 0 {
			t.Errorf("ended: %t, late by %v", ended, w.beat())
		}
		w.late.Store(int64(time.Second))
		e.stamped.Store(true)
		time.Sleep(2 * heartbeat)
		synctest.Wait()
		if !ended || w.beat() != 0 {
			t.Errorf("where the kernel tells it ended: %t, late by %v", ended, w.beat())
		}
		w.late.Store(int64(time.Second))
		w.gone.Add(1)
		go w.pulse()
		synctest.Wait()
		if w.beat() != 0 {
			t.Errorf("where the kernel tells from the start: late by %v", w.beat())
		}
		close(w.done)
	})
}

// What was seen in the newest second is shown, of the phase that goes on, and memory is
// measured anew where the measurement begins.
func TestWatchShowsTheNewestSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, rss := time.Now(), uint64(300)
		e, w := watching(t, func(o *Options) {
			o.Usage = func() self.Usage {
				return self.Usage{RSS: rss, CPU: time.Since(began) / 10, Quota: self.Quota{Cores: 1}}
			}
		})
		w.warmup(stretch{duration: 4 * time.Second})
		if s := w.snapshot(); s.Phase != "warm-up" || s.Total != 4*time.Second {
			t.Errorf("%+v", s)
		}
		time.Sleep(time.Second)
		w.look()
		if h, finished := w.health(); finished || h.CPUShare < 0.0999 || h.CPUShare > 0.1001 {
			t.Errorf("%+v, finished: %t", h, finished)
		}
		rss = 50
		if w.restart(); w.maxRSS != 50 {
			t.Errorf("begun anew with %d bytes", w.maxRSS)
		}
		for range 999 {
			e.recorder.Record(&measure.Sample{Status: 200, Latency: 20 * time.Millisecond})
		}
		e.recorder.Record(&measure.Sample{Status: 200, Latency: 900 * time.Millisecond})
		if s := w.snapshot(); s.P99.Round(time.Millisecond) != 20*time.Millisecond {
			t.Errorf("one answer in a thousand makes the 99th percentile %v", s.P99)
		}
	})
}
