package load_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load"
)

// arrival is a request as a service saw it: when, since the common start, and from whom.
type arrival struct {
	at   time.Duration
	user string
	path string
}

// arrivals is a service that notes what comes.
type arrivals struct {
	handler http.Handler
	start   time.Time
	mu      sync.Mutex
	seen    []arrival
}

func (a *arrivals) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, _, _ := r.BasicAuth()
	a.mu.Lock()
	a.seen = append(a.seen, arrival{time.Since(a.start), name, r.URL.Path})
	a.mu.Unlock()
	a.handler.ServeHTTP(w, r)
}

// sorted returns what came at or after a time.
func (a *arrivals) sorted(from time.Duration) []arrival {
	out := slices.DeleteFunc(slices.Clone(a.seen), func(x arrival) bool { return x.at < from })
	slices.SortFunc(out, func(x, y arrival) int {
		return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.user, y.user), cmp.Compare(x.path, y.path))
	})
	return out
}

// sendPlan sends a plan, or a part of it, in a bubble of its own, and returns what
// came at and after the common start, and the record.
func sendPlan(t *testing.T, plan load.Plan, p *load.Part) (seen []arrival, l *record.Load) {
	synctest.Test(t, func(t *testing.T) {
		a := &arrivals{handler: service(t, reference.Options{}), start: time.Now().Add(time.Minute)}
		o := options(a, load.Phase{})
		o.Plan, o.Part, o.StartAt, o.Thresholds = plan, p, a.start, thresholds(t)
		o.Plan.Phases, o.Plan.Mix = slices.Clone(plan.Phases), slices.Clone(plan.Mix)
		var v record.Verdict
		l, v = run(context.Background(), t, o)
		if v.Exit != 0 {
			t.Errorf("part %v: %+v", p, v)
		}
		seen = a.sorted(0)
	})
	return seen, l
}

// drawPlan draws a plan of one or two phases of any shape with rates.
func drawPlan(t *rapid.T) load.Plan {
	var p load.Plan
	for range rapid.IntRange(1, 2).Draw(t, "phases") {
		ph := load.Phase{
			Shape:    rapid.SampledFrom([]load.Shape{load.Constant, load.Ramp, load.Steps, load.Spike, load.Sine, load.Soak}).Draw(t, "shape"),
			Duration: time.Duration(rapid.IntRange(500, 2500).Draw(t, "ms")) * time.Millisecond,
			Rate:     float64(rapid.IntRange(3, 60).Draw(t, "rate")),
		}
		if ph.Shape == load.Ramp {
			ph.From = float64(rapid.IntRange(0, 60).Draw(t, "from"))
		}
		p.Phases = append(p.Phases, ph)
	}
	p.Mix = rapid.SampledFrom([][]load.Share{
		{{Service: unifier.Login, Weight: 1}}, {{Service: unifier.Login, Weight: 80}, {Service: unifier.OAuth, Weight: 20}},
		{{Service: unifier.OAuth, Weight: 1}, {Service: unifier.Login, Weight: 2}},
	}).Draw(t, "mix")
	if rapid.Bool().Draw(t, "poisson") {
		p.Arrivals, p.Seed = load.Poisson, uint64(rapid.IntRange(1, 1000).Draw(t, "seed"))
	}
	if rapid.Bool().Draw(t, "warm") {
		p.Warmup = time.Second
	}
	return p
}

// The parts together send the requests of the whole plan, each at its time and of its
// user, and each part those whose number it is due.
func TestPartsTogetherAreTheWholePlan(t *testing.T) {
	defer load.QuickKeys()()
	rapid.Check(t, func(rt *rapid.T) {
		plan := drawPlan(rt)
		n := rapid.IntRange(1, 5).Draw(rt, "parts")
		// The whole is a part of one: with a warm-up, its plan begins as those of the others.
		whole, record := sendPlan(t, plan, &load.Part{Of: 1})
		var union []arrival
		planned := uint64(0)
		for i := range n {
			seen, l := sendPlan(t, plan, &load.Part{Index: i, Of: n})
			union = append(union, seen...)
			planned += l.Totals.Planned
			if l.Part.Requests != record.Totals.Planned {
				rt.Errorf("part %d says that the plan has %d requests, it has %d", i, l.Part.Requests, record.Totals.Planned)
			}
			checkResidues(rt, plan, whole, seen, i, n)
		}
		slices.SortFunc(union, func(x, y arrival) int {
			return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.user, y.user), cmp.Compare(x.path, y.path))
		})
		if planned != record.Totals.Planned || !slices.Equal(union, whole) {
			rt.Fatalf("%d parts sent %d requests, the whole plan %d: %s", n, len(union), len(whole), firstDifference(union, whole))
		}
	})
}

// checkResidues holds a part to the requests k of the plan with k mod n = i.
func checkResidues(t *rapid.T, plan load.Plan, whole, seen []arrival, i, n int) {
	from := time.Duration(0)
	if plan.Warmup > 0 {
		from = plan.Warmup + time.Second // between the warm-up and the plan
	}
	after := func(list []arrival) []arrival {
		return slices.DeleteFunc(slices.Clone(list), func(a arrival) bool { return a.at < from })
	}
	due, got := after(whole), after(seen)
	for j, a := range got {
		if k := i + j*n; k >= len(due) || due[k].at != a.at {
			t.Fatalf("part %d/%d: its request %d came at %v, the plan's request %d is due then or not at all", i, n, j, a.at, k)
		}
	}
}

func firstDifference(a, b []arrival) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("request %d is %+v and %+v", i, a[i], b[i])
		}
	}
	return "the numbers differ"
}

// A closed loop divides what is in flight, and its parts go on with the plan together.
func TestPartsOfAClosedLoop(t *testing.T) {
	defer load.QuickKeys()()
	plan := load.Plan{
		Phases: []load.Phase{
			{Shape: load.Constant, Rate: 25, Duration: time.Second}, {Shape: load.Max, Duration: time.Second},
			{Shape: load.Constant, Rate: 21, Duration: time.Second},
		},
		Mix: []load.Share{{Service: unifier.Login, Weight: 1}}, MaxInflight: 7,
	}
	inFlight, before, after := 0, 0, 0
	for i := range 3 {
		synctest.Test(t, func(t *testing.T) {
			a := &arrivals{handler: service(t, reference.Options{Script: reference.Script{Delay: 10 * time.Millisecond}}), start: time.Now().Add(time.Minute)}
			o := options(a, load.Phase{})
			o.Plan, o.Part, o.StartAt = plan, &load.Part{Index: i, Of: 3}, a.start
			o.Plan.Phases = slices.Clone(plan.Phases)
			l, _ := run(context.Background(), t, o)
			inFlight += l.Plan.MaxInflight
			for _, x := range a.sorted(0) {
				switch {
				case x.at < time.Second:
					before++
				case x.at > 2*time.Second+30*time.Millisecond: // the loop's last answers are there, and the first request after it left
					after++
				}
			}
		})
	}
	if inFlight != 7 || before != 25 || after != 20 {
		t.Errorf("%d in flight over all parts, %d requests before the loop and %d after its first, not 7, 25 and 20", inFlight, before, after)
	}
}

func TestPartsThatCannotBe(t *testing.T) {
	defer load.QuickKeys()()
	capacity := thresholds(t, "p99<250ms")[0]
	for name, k := range map[string]struct {
		change func(*load.Options)
		want   string
	}{
		"index":     {func(o *load.Options) { o.Part = &load.Part{Index: 4, Of: 4} }, "no part 4/4"},
		"number":    {func(o *load.Options) { o.Part = &load.Part{Of: 10001} }, "out of range"},
		"search":    {func(o *load.Options) { o.Capacity = &capacity }, "search for capacity has no parts"},
		"in flight": {func(o *load.Options) { o.Plan.MaxInflight = 3 }, "less than one for each of 4 parts"},
		"closed": {func(o *load.Options) {
			o.Plan.Phases = []load.Phase{{Shape: load.Max, Duration: time.Second}}
			o.Part.Of = 17
		}, "less than one for each of 17"},
		"no seed":   {func(o *load.Options) { o.Plan.Arrivals = load.Poisson }, "need a common seed"},
		"the whole": {func(o *load.Options) { o.MaxRate = 50 }, "goes up to 100 requests a second, 50 are allowed"},
		"abort":     {func(o *load.Options) { o.AbortOn = thresholds(t, "rate>=50/s")[:1] }, "sends only its share"},
	} {
		o := options(service(t, reference.Options{}), load.Phase{Shape: load.Constant, Rate: 100, Duration: time.Second})
		o.Part = &load.Part{Index: 0, Of: 4}
		k.change(&o)
		_, err := o.Describe()
		var u *load.UsageError
		if !errors.As(err, &u) || !strings.Contains(u.Message, k.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, text := range []string{"", "1", "1/", "/4", "-1/4", "1/4x", "01/4", "1/4/8", " 1/4", "4/4", "0/0", "1.0/4"} {
		if _, err := load.ParsePart(text); err == nil {
			t.Errorf("%q is a part", text)
		}
	}
	if p, err := load.ParsePart("3/4"); err != nil || p.Index != 3 || p.Of != 4 {
		t.Errorf("3/4 is %+v, %v", p, err)
	}
}

// With random arrivals and a common start, all parts draw the same plan without a seed.
func TestPartsDrawTheSameArrivals(t *testing.T) {
	defer load.QuickKeys()()
	seeds, runs := map[uint64]bool{}, map[string]bool{}
	send := func(index, of int, start time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			o := options(service(t, reference.Options{}), load.Phase{Shape: load.Constant, Rate: 100, Duration: time.Second})
			o.Plan.Arrivals, o.Part, o.StartAt = load.Poisson, &load.Part{Index: index, Of: of}, time.Now().Add(start)
			l, _ := run(context.Background(), t, o)
			seeds[l.Plan.Seed], runs[l.Part.Run] = true, true
		})
	}
	send(0, 2, time.Minute)
	send(1, 2, time.Minute)
	if len(seeds) != 1 || len(runs) != 1 {
		t.Errorf("two parts of one run have the seeds %v and the runs %v", seeds, runs)
	}
	send(1, 2, 2*time.Minute)
	send(0, 3, time.Minute)
	if len(seeds) != 2 || len(runs) != 3 {
		t.Errorf("another start and another number of parts: seeds %v, runs %v", seeds, runs)
	}
}

// A part that comes too late for the common start sends nothing, or no more than before it.
func TestTooLateForTheStart(t *testing.T) {
	defer load.QuickKeys()()
	for name, k := range map[string]struct {
		start     time.Duration
		latency   time.Duration
		warmup    time.Duration
		preflight uint64
		want      string
	}{
		"over":         {start: -time.Second, want: "too late for the start"},
		"preflight":    {start: time.Second, latency: 700 * time.Millisecond, preflight: 2, want: "when this generator was ready"},
		"slow warm-up": {start: time.Minute, latency: 4 * time.Second, warmup: time.Second, preflight: 2, want: "too late for the plan"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := options(service(t, reference.Options{Script: reference.Script{Delay: k.latency}}), load.Phase{Shape: load.Constant, Rate: 10, Duration: time.Second})
				o.Part, o.StartAt, o.Plan.Warmup = &load.Part{Of: 2}, time.Now().Add(k.start), k.warmup
				l, v := run(context.Background(), t, o)
				if v.Exit != 3 || v.State != record.VerdictInconclusive || !strings.Contains(strings.Join(v.Reasons, ""), k.want) {
					t.Errorf("%+v", v)
				}
				if l.Totals.Sent != 0 || l.Totals.PreflightAttempts != k.preflight {
					t.Errorf("%+v", l.Totals)
				}
			})
		})
	}
}

// A part judges nothing but itself.
func TestAPartJudgesOnlyItself(t *testing.T) {
	defer load.QuickKeys()()
	for name, k := range map[string]struct {
		script reference.Script
		exit   int
	}{
		"wrong tokens": {every(10, reference.WrongExpiry), 0},
		"errors":       {every(5, reference.ServerError), 0},
		"stopped":      {every(1, reference.ServerError), 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := options(service(t, reference.Options{Script: k.script}), load.Phase{Shape: load.Constant, Rate: 100, Duration: 4 * time.Second})
				o.Part, o.StartAt, o.Thresholds = &load.Part{Of: 2, Index: 1}, time.Now().Add(time.Minute), thresholds(t, "p99<1ns")
				l, v := run(context.Background(), t, o)
				if v.Exit != k.exit {
					t.Errorf("exit %d: %+v", v.Exit, v)
				}
				for _, th := range l.Thresholds {
					if th.State != record.ThresholdInconclusive || !strings.Contains(th.Reason, "a part is not judged") {
						t.Errorf("%+v", th)
					}
				}
			})
		})
	}
}
