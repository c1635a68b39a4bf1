package capacity_test

import (
	"context"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/load/capacity"
)

// fixed is a service time that never differs.
func fixed(s float64) func() float64 { return func() float64 { return s } }

// update writes the golden file anew.
var update = flag.Bool("update", false, "write testdata/searches.golden anew")

// Searches of targets whose capacity is known find it, step by step as the golden file says.
func TestSearch(t *testing.T) {
	var steps strings.Builder
	for _, c := range []struct {
		name    string
		m       simulation
		max     float64
		time    time.Duration
		outcome capacity.Outcome
		low     float64 // of the rate that is the answer
		high    float64
	}{
		{"a server of exactly 400/s", simulation{servers: 1, service: fixed(1.0 / 400), bound: 0.25}, 0, 3 * time.Minute, capacity.Found, 396, 404},
		{"a server of exactly 400/s, one minute", simulation{servers: 1, service: fixed(1.0 / 400), bound: 0.05}, 0, time.Minute, capacity.Found, 396, 404},
		{"eight of 50/s", simulation{servers: 8, service: fixed(0.02), bound: 0.05}, 0, 3 * time.Minute, capacity.Found, 392, 404},
		{"a server of 3/s", simulation{servers: 1, service: fixed(1.0 / 3), bound: 2}, 0, 10 * time.Minute, capacity.Found, 2.8, 3.1},
		{"no limit, answers in 2 s, 1000 in flight", simulation{service: fixed(2), bound: 3, limit: 1000}, 0, 3 * time.Minute, capacity.LowerBound, 440, 500},
		{"no limit, answers in 1 s", simulation{service: fixed(1), bound: 2}, 20000, 3 * time.Minute, capacity.AtMax, 20000, 20000},
		{"slower than the objective from the start", simulation{service: fixed(0.3), bound: 0.25}, 0, time.Minute, capacity.NoRate, 0, 0},
		{"allowed up to 50/s", simulation{servers: 1, service: fixed(1.0 / 400), bound: 0.05}, 50, time.Minute, capacity.AtMax, 50, 50},
		{"4 s are too short", simulation{servers: 1, service: fixed(1.0 / 400), bound: 0.05}, 0, 4 * time.Second, capacity.Open, 1, 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := c.m
			m.random, m.share = rand.New(rand.NewPCG(1, 1)), 0.01
			config := capacity.Config{Share: 0.01, Bound: seconds(m.bound), Start: 10, Max: c.max, Time: c.time, Service: seconds(m.service())}
			r := capacity.Run(context.Background(), config, &m)
			t.Logf("%.1f/s (%.1f to %.1f), %d looks in %v: %s", r.Rate, r.Low, r.High, len(r.Looks), m.Elapsed(), r.Reason)
			if r.Outcome != c.outcome || r.Rate < c.low || r.Rate > c.high {
				t.Errorf("outcome %v, %.1f/s", r.Outcome, r.Rate)
			}
			if (r.Reason == "") != (r.Outcome == capacity.Found) || m.Elapsed() > c.time+2*time.Second {
				t.Errorf("reason %q, %v", r.Reason, m.Elapsed())
			}
			if c.outcome == capacity.Found && (!r.Confirmed || r.High/r.Low > 1.06) {
				t.Errorf("confirmed %t, %.1f to %.1f", r.Confirmed, r.Low, r.High)
			}
			for _, l := range r.Looks {
				if l.Settle < 2*config.Service {
					t.Errorf("%.1f/s settled for %v, an answer takes %v", l.Rate, l.Settle, config.Service)
				}
			}
			steps.WriteString("# " + c.name + "\n" + told(r, m.Elapsed()))
		})
	}
	const golden = "testdata/searches.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(steps.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	// Elsewhere a multiplication that is fused with an addition may round otherwise.
	if runtime.GOARCH == "amd64" && steps.String() != string(want) {
		t.Errorf("the steps of searches differ from %s (see -update):\n%s", golden, &steps)
	}
}

// told is a search in words: each of its steps, and what it found.
func told(r capacity.Result, elapsed time.Duration) string {
	var b strings.Builder
	for _, l := range r.Looks {
		n, missed := 0.0, 0.0
		for _, block := range l.Blocks {
			n += block.Requests
			missed += block.Above[0]
		}
		_, _ = fmt.Fprintf(&b, "%-7s %8.4g/s, %v + %v: %.0f of %.0f missed%s%s\n", l.Kind, l.Rate, l.Settle.Round(time.Millisecond), l.Judged.Round(time.Millisecond), missed, n, because(l.Fault), because(l.Spoilt))
	}
	_, _ = fmt.Fprintf(&b, "= %.4g/s, %.4g to %.4g, %.4g failed, confirmed %t after %v%s\n\n", r.Rate, r.Low, r.High, r.Failed, r.Confirmed, elapsed.Round(time.Millisecond), because(r.Reason))
	return b.String()
}

// because is a reason after a colon.
func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

// outage is a simulation in which one look meets an outage or a hiccup of the target,
// or of unigate.
type outage struct {
	simulation
	at     int // which look
	n      int
	missed float64 // share of its requests
	spoilt string
}

func (o *outage) Look(ctx context.Context, s capacity.Step) capacity.Look {
	l := o.simulation.Look(ctx, s)
	if o.n++; o.n == o.at {
		l.Spoilt = o.spoilt
		for i := range l.Blocks {
			l.Blocks[i].Above[0] = math.Max(l.Blocks[i].Above[0], o.missed*l.Blocks[i].Requests)
		}
	}
	return l
}

func TestOneBadLookIsNotTheCapacity(t *testing.T) {
	for _, missed := range []float64{0.05, 0.3, 1} {
		for at := 2; at < 16; at++ {
			o := &outage{simulation: simulation{servers: 1, service: fixed(1.0 / 400), bound: 0.05, share: 0.01}, at: at, missed: missed}
			r := capacity.Run(context.Background(), capacity.Config{Share: 0.01, Bound: 50 * time.Millisecond, Start: 10, Time: 3 * time.Minute}, o)
			if r.Outcome == capacity.Found && (r.Rate < 380 || r.Rate > 404) {
				t.Errorf("%.0f %% of look %d missed: %.1f/s (%.1f to %.1f)", 100*missed, at, r.Rate, r.Low, r.High)
			}
			o = &outage{simulation: simulation{servers: 1, service: fixed(1.0 / 400), bound: 0.05, share: 0.01}, at: at, missed: missed, spoilt: "unigate was late"}
			r = capacity.Run(context.Background(), capacity.Config{Share: 0.01, Bound: 50 * time.Millisecond, Start: 10, Time: 3 * time.Minute}, o)
			if r.Outcome != capacity.Found || r.Rate < 396 || r.Rate > 404 {
				t.Errorf("look %d spoilt: %v %.1f/s (%.1f to %.1f)", at, r.Outcome, r.Rate, r.Low, r.High)
			}
		}
	}
}

// slow is a simulation whose generator cannot give more than a rate.
type slow struct {
	simulation
	most float64
}

func (g *slow) Look(ctx context.Context, s capacity.Step) capacity.Look {
	l := g.simulation.Look(ctx, s)
	if s.Rate > g.most {
		l.Spoilt = "unigate used 97 % of its cores"
	}
	return l
}

func TestOwnLimitIsALowerBound(t *testing.T) {
	g := &slow{simulation{service: fixed(0.001), bound: 0.05, share: 0.01}, 13000}
	r := capacity.Run(context.Background(), capacity.Config{Share: 0.01, Bound: 50 * time.Millisecond, Start: 10, Time: time.Minute}, g)
	if r.Outcome != capacity.LowerBound || r.Rate < 11000 || r.Rate > 13000 || !strings.Contains(r.Reason, "97 %") || !math.IsInf(r.High, 1) {
		t.Errorf("%v %.1f/s (%.1f to %.1f): %s", r.Outcome, r.Rate, r.Low, r.High, r.Reason)
	}
	// The target's limit below its own is found all the same.
	g = &slow{simulation{servers: 1, service: fixed(1.0 / 400), bound: 0.05, share: 0.01}, 500}
	r = capacity.Run(context.Background(), capacity.Config{Share: 0.01, Bound: 50 * time.Millisecond, Start: 10, Time: time.Minute}, g)
	if r.Outcome != capacity.Found || r.Rate < 396 || r.Rate > 404 {
		t.Errorf("%v %.1f/s (%.1f to %.1f): %s", r.Outcome, r.Rate, r.Low, r.High, r.Reason)
	}
}

// trials is a target that meets an objective of a whole look with a chance that falls
// with the rate: one in two at 200/s.
type trials struct {
	random *rand.Rand
	now    time.Duration
}

func (p *trials) Elapsed() time.Duration { return p.now }

func (p *trials) Look(_ context.Context, s capacity.Step) capacity.Look {
	p.now += s.Settle + s.Judged
	l := capacity.Look{Blocks: []capacity.Block{{Requests: 1}}}
	if p.random.Float64() < 1/(1+math.Exp((200-s.Rate)/5)) {
		l.Blocks[0].Above[0] = 1
	}
	return l
}

func TestObjectiveOfWholeLooks(t *testing.T) {
	held := 0
	for seed := range uint64(100) {
		p := &trials{random: rand.New(rand.NewPCG(seed, 3))}
		r := capacity.Run(context.Background(), capacity.Config{Whole: true, Start: 10, Time: 5 * time.Minute}, p)
		if r.Low <= 200 && 200 <= r.High {
			held++
		}
		if r.Outcome == capacity.Found && (r.Rate < 150 || r.Rate > 250) {
			t.Errorf("search %d: %.1f/s (%.1f to %.1f)", seed, r.Rate, r.Low, r.High)
		}
	}
	if held < 92 {
		t.Errorf("the interval holds the truth in %d of 100", held)
	}
}

func TestNeedsTime(t *testing.T) {
	for _, c := range []struct {
		config capacity.Config
		least  time.Duration
	}{
		{capacity.Config{Share: 0.01, Start: 10, Time: time.Second}, 1250 * time.Millisecond},
		{capacity.Config{Share: 0.01, Start: 10, Time: time.Minute}, 2500 * time.Millisecond},
		{capacity.Config{Share: 0.01, Start: 10, Time: time.Minute, Service: 4 * time.Second}, 14 * time.Second},
	} {
		if got := capacity.NeedsTime(c.config); got != c.least {
			t.Errorf("%+v needs %v, not %v", c.config, got, c.least)
		}
	}
}

// seconds turns seconds into a duration.
func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
