package load_test

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/load"
	"github.com/unigate/unigate/load/self"
)

// bucket is a strict token bucket before a service: what comes when it is empty is refused.
type bucket struct {
	rate, depth float64
	status      int    // of a refusal; 429 where it is 0
	retryAfter  string // what a refusal asks for, nothing where it is empty
	next        http.Handler

	mu      sync.Mutex
	level   float64
	at      time.Time
	refused int
}

func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	now := time.Now()
	if b.at.IsZero() {
		b.level = b.depth
	} else {
		b.level = min(b.depth, b.level+b.rate*now.Sub(b.at).Seconds())
	}
	b.at = now
	full := b.level >= 1-1e-6
	if full {
		b.level--
	} else {
		b.refused++
	}
	b.mu.Unlock()
	if full {
		b.next.ServeHTTP(w, r)
		return
	}
	if b.retryAfter != "" {
		w.Header().Set("Retry-After", b.retryAfter)
	}
	status := b.status
	if status == 0 {
		status = http.StatusTooManyRequests
	}
	w.WriteHeader(status)
}

// starved makes unigate do nothing for a while at times since now, until the test ends.
// struck returns how often it did.
func starved(t *testing.T, o *load.Options, lasts time.Duration, at []time.Duration) (struck func() int) {
	t.Helper()
	var n atomic.Int64
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	o.Metrics = func(m *load.Metrics) {
		began := time.Now()
		go func() {
			for _, at := range at {
				timer := time.NewTimer(time.Until(began.Add(at)))
				select {
				case <-done:
					timer.Stop()
					return
				case <-timer.C:
				}
				if m.Starve(lasts) {
					n.Add(1)
				}
			}
		}()
	}
	return func() int { return int(n.Load()) }
}

// times are n times, every apart, from the first on.
func times(first, every time.Duration, n int) []time.Duration {
	var out []time.Duration
	for i := range n {
		out = append(out, first+time.Duration(i)*every)
	}
	return out
}

// A plan that the target bears, and that comes in bursts as unigate was starved, is no
// failure of the target; one that it does not bear is, starved or not.
func TestRefusalsThatUnigateProvokes(t *testing.T) {
	for _, c := range []struct {
		name        string
		rate        float64 // of the plan
		bucket      float64 // requests per second
		depth       float64
		status      int
		retryAfter  string
		strikes     int
		lasts       time.Duration
		exit        int
		state       record.ThresholdState
		refusalsMin int
	}{
		{"never starved, borne", 100, 100, 4, 429, "", 0, 0, 0, record.ThresholdPass, 0},
		{"starved once, few refusals", 100, 100, 4, 429, "", 1, 80 * time.Millisecond, 0, record.ThresholdPass, 1},
		{"starved thrice", 100, 100, 4, 429, "", 3, 80 * time.Millisecond, 3, record.ThresholdInconclusive, 3},
		{"starved thrice, 503", 100, 101, 4, 503, "", 3, 80 * time.Millisecond, 3, record.ThresholdInconclusive, 3},
		{"starved once, asked to wait", 100, 102, 4, 429, "1", 1, 80 * time.Millisecond, 3, record.ThresholdInconclusive, 2},
		{"starved twice, and not borne", 100, 80, 4, 429, "", 2, 80 * time.Millisecond, 1, record.ThresholdFail, 200},
		{"not borne", 100, 80, 4, 429, "", 0, 0, 1, record.ThresholdFail, 150},
		{"not borne, asks to wait", 100, 80, 4, 429, "1", 0, 0, 1, record.ThresholdFail, 2},
		{"another error is the target's", 100, 100, 4, 500, "", 2, 80 * time.Millisecond, 1, record.ThresholdFail, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &bucket{rate: c.bucket, depth: c.depth, status: c.status, retryAfter: c.retryAfter, next: service(t, reference.Options{Script: reference.Script{Delay: answerTime}})}
				o := options(b, load.Phase{Shape: load.Constant, Rate: c.rate, Duration: 24 * time.Second})
				o.Plan.MaxInflight = 2
				struck := starved(t, &o, c.lasts, times(2*time.Second, time.Second, c.strikes))
				o.Thresholds = thresholds(t, "error_rate<0.2%")
				l, v := run(context.Background(), t, o)
				t.Logf("exit %d %q\n%+v\nrefused %d, strikes %d, %q", v.Exit, v.Reasons, l.Totals, b.refused, struck(), l.Notes)
				if v.Exit != c.exit || l.Thresholds[0].State != c.state {
					t.Errorf("exit %d %q; %+v", v.Exit, v.Reasons, l.Thresholds[0])
				}
				if b.refused < c.refusalsMin || (c.refusalsMin == 0) != (b.refused == 0) {
					t.Errorf("%d were refused, not %d or more", b.refused, c.refusalsMin)
				}
				counts := map[string]uint64{}
				for _, x := range l.Services {
					counts[x.Status] += x.Count
				}
				if got := counts[strconv.Itoa(c.status)] + counts[record.StatusProvoked]; got != uint64(b.refused) {
					t.Errorf("%d refusals in the record, of %d: %v", got, b.refused, counts)
				}
				if said := strings.Contains(strings.Join(l.Notes, "\n"), "set aside"); said != (counts[record.StatusProvoked] > 0) {
					t.Errorf("%v, notes %q", counts, l.Notes)
				}
				if l.All.Censored != counts[record.StatusProvoked]+l.Totals.Unsent {
					t.Errorf("%d are censored: %v and %d unsent", l.All.Censored, counts, l.Totals.Unsent)
				}
			})
		})
	}
}

// A search before a strict token bucket finds what the bucket gives, or says that it does
// not know: it does not settle on less as unigate, starved now and then, sent bursts.
func TestCapacityOfABucketWhileStarved(t *testing.T) {
	for i, c := range []struct {
		name       string
		retryAfter string
		depth      float64
		every      time.Duration // between strikes, 0 for none
		lasts      time.Duration
		exits      []int
	}{
		{"never starved", "", 3, 0, 0, []int{0}},
		{"starved for long", "", 3, 5 * time.Second, 120 * time.Millisecond, []int{3}},
		{"starved for long, asked to wait", "1", 3, 5 * time.Second, 120 * time.Millisecond, []int{3}},
		{"starved a little", "", 3, 4 * time.Second, 45 * time.Millisecond, []int{0}},
		{"starved a little, asked to wait", "1", 3, 4 * time.Second, 45 * time.Millisecond, []int{0, 3}},
		{"starved often, asked to wait", "1", 3, time.Second, 45 * time.Millisecond, []int{0, 3}},
	} {
		if testing.Short() && raceEnabled && i >= 2 {
			break
		}
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const capacity = 200
				b := &bucket{rate: capacity, depth: c.depth, retryAfter: c.retryAfter, next: service(t, reference.Options{Script: reference.Script{Delay: answerTime}})}
				o := options(b, load.Phase{Shape: load.Constant, Rate: 10, Duration: 3 * time.Minute})
				o.Plan.MaxInflight = 4
				var at []time.Duration
				if c.every > 0 {
					at = times(2*time.Second, c.every, int(3*time.Minute/c.every))
				}
				struck := starved(t, &o, c.lasts, at)
				o.Capacity = &thresholds(t, "p99<250ms")[0]
				l, v := run(context.Background(), t, o)
				got := l.Capacity
				logSearch(t, got, v)
				if !slices.Contains(c.exits, v.Exit) {
					t.Errorf("exit %d %q", v.Exit, v.Reasons)
				}
				if v.Exit == 0 && (got.RatePerS < 0.94*capacity || got.RatePerS > 1.03*capacity || got.LowPerS > capacity || got.HighPerS < capacity) {
					t.Errorf("%.1f/s (%.1f to %.1f), the truth is %d/s", got.RatePerS, got.LowPerS, got.HighPerS, capacity)
				}
				if c.every > 0 && struck() < 5 {
					t.Errorf("unigate was starved %d times", struck())
				}
			})
		})
	}
}

// Where something keeps unigate from running it may keep the target on the same machine from
// it, too: that no rate holds is shown only by what is slower than that.
func TestCapacityOfASlowTargetWhileStarved(t *testing.T) {
	for _, c := range []struct {
		name      string
		objective string
		slow      time.Duration // one answer of five
		starved   bool
		status    int
		exit      int
		says      string
	}{
		{"slow, not starved", "p99<50ms", 90 * ms, false, 200, 1, "no rate holds p99<50ms"},
		{"slow, and starved", "p99<50ms", 90 * ms, true, 200, 3, "the capacity is not known: other programs had the core in 80 % of the time"},
		{"slow on average, and starved", "mean<20ms", 90 * ms, true, 200, 3, "the capacity is not known: other programs had the core"},
		{"slower than that", "p99<50ms", 2 * time.Second, true, 200, 1, "no rate holds p99<50ms"},
		{"slower than that on average", "mean<50ms", 3 * time.Second, true, 200, 1, "no rate holds mean<50ms"},
		{"failing, and starved", "p99<50ms", 90 * ms, true, 500, 1, "no rate holds p99<50ms"},
		{"failing, by the errors", "error_rate<5%", 90 * ms, true, 500, 1, "no rate holds error_rate<5%"},
		{"failing, by the rate", "rate>=99%", 90 * ms, true, 500, 1, "no rate holds rate>=99%"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(t, func(a ask) told {
					if a.k%5 == 4 {
						return told{takes: c.slow, status: c.status}
					}
					return told{takes: answerTime}
				})
				o := options(s, load.Phase{Shape: load.Constant, Rate: 10, Duration: 2 * time.Minute})
				o.Users = s.users
				o.Capacity = &thresholds(t, c.objective)[0]
				struck := func() int { return 1 }
				if c.starved {
					o.Plan.MaxInflight = 2 // so that it is late for want of a worker, too
					struck = starved(t, &o, 300*ms, times(500*ms, 800*ms, 140))
					began := time.Now()
					o.Usage = func() self.Usage {
						return self.Usage{CPU: time.Since(began) / 100, RunDelay: time.Since(began) / 25}
					}
				}
				l, v := run(context.Background(), t, o)
				logSearch(t, l.Capacity, v)
				if v.Exit != c.exit || !strings.Contains(strings.Join(v.Reasons, " "), c.says) || l.Capacity.RatePerS != 0 || l.Capacity.LowerBound {
					t.Errorf("exit %d %q, %+v; must be %d %q", v.Exit, v.Reasons, l.Capacity, c.exit, c.says)
				}
				if struck() == 0 {
					t.Error("unigate was not starved")
				}
			})
		})
	}
}
