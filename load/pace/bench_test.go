package pace_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/unigate/unigate/load/pace"
)

// BenchmarkSendLag hands 10,000 requests a second over to workers, as an attack
// does, and reports how late they started. Nothing else runs: it is what the
// generator itself adds where it has a core.
func BenchmarkSendLag(b *testing.B) {
	const rate = 10_000
	schedule := new(pace.Schedule).Constant(rate, time.Duration(b.N)*time.Second/rate+time.Millisecond)
	p := pace.New(pace.Options{Schedule: schedule})
	lags := make([]time.Duration, schedule.Count())
	ticks := make(chan uint64)
	var workers sync.WaitGroup
	began := time.Now()
	for range 64 {
		workers.Go(func() {
			for k := range ticks {
				lags[k] = time.Since(began) - schedule.At(k)
			}
		})
	}
	b.ResetTimer()
	for k := uint64(0); ; k++ {
		if _, stop := p.Pace(time.Since(began), k); stop {
			break
		}
		ticks <- k
	}
	close(ticks)
	workers.Wait()
	slices.Sort(lags)
	for name, q := range map[string]float64{"p50-µs": 0.5, "p90-µs": 0.9, "p99-µs": 0.99} {
		b.ReportMetric(float64(lags[int(q*float64(len(lags)-1))])/1e3, name)
	}
}
