package compare

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/record"
)

// The automatic block length by the formulas of Politis, White and Patton, from the
// autocovariances: b = (2·G²/D)^⅓·n^⅓ with G = Σ λ(k/M)·|k|·R(k) and D = 4/3·(Σ λ(k/M)·R(k))²
// over all lags of both signs, with M twice the last lag that matters.
func TestBlockLengthByItsFormula(t *testing.T) {
	for i := range 48 {
		memory, n := []float64{0, 0.3, 0.5, 0.8, 0.95}[i%5], []int{40, 60, 100}[i%3]
		rnd := rand.New(rand.NewPCG(7, uint64(i)))
		series := make([]float64, n)
		for i := 1; i < n; i++ {
			series[i] = memory*series[i-1] + rnd.NormFloat64()
		}
		mean := 0.0
		for _, v := range series {
			mean += v / float64(n)
		}
		r := func(lag int) (sum float64) {
			for i := 0; i+lag < n; i++ {
				sum += (series[i] - mean) * (series[i+lag] - mean) / float64(n)
			}
			return sum
		}
		bound, m := 2*math.Sqrt(math.Log10(float64(n))/float64(n)), 0
		const run = 5
		reach := int(math.Ceil(math.Sqrt(float64(n)))) + run
		for ; m < reach; m++ {
			if !slices.ContainsFunc([]int{1, 2, 3, 4, 5}, func(k int) bool { return m+k <= reach && math.Abs(r(m+k)/r(0)) >= bound }) {
				break
			}
		}
		window := min(2*m, reach)
		g, d := 0.0, 0.0
		for k := -window; k <= window; k++ {
			lag := max(k, -k)
			x := math.Abs(float64(k)) / math.Max(float64(window), 1)
			weight := 1.0
			if x > 0.5 {
				weight = 2 * (1 - x)
			}
			g += weight * float64(lag) * r(lag)
			d += weight * r(lag)
		}
		want := 1
		if g != 0 {
			want = int(math.Round(math.Cbrt(2 * g * g / (4.0 / 3 * d * d) * float64(n))))
		}
		want = min(max(want, 1), int(math.Ceil(min(3*math.Sqrt(float64(n)), float64(n)/3))))
		if got := blockLength(series); got != want {
			t.Errorf("memory %v, %d values: blocks of %d, not %d", memory, n, got, want)
		}
	}
}

// The window is flat up to the half, and falls to nothing from there.
func TestFlatTop(t *testing.T) {
	for x, want := range map[float64]float64{0: 1, 0.5: 1, 0.75: 0.5, 1: 0, 1.5: 0} {
		if got := flatTop(x); math.Abs(got-want) > 1e-12 {
			t.Errorf("%v: %v, not %v", x, got, want)
		}
	}
}

// A correlation of a run of fewer than twenty intervals that differ by no more than
// chance counts for no more than its standard error, 1/√n; of twenty it counts as it is.
func TestShortRuns(t *testing.T) {
	for n, whole := range map[int]bool{19: false, 20: true} {
		intervals := make([]*hist.Histogram, n)
		for i := range intervals {
			intervals[i] = hist.New()
			for k := range 10 {
				// Half of the run is a little slower, by far less than its requests differ.
				intervals[i].Record(time.Duration(10+20*k)*time.Millisecond + time.Duration(i*2/n)*time.Millisecond)
			}
		}
		r := newRun([]*sampleSet{newSampleSet(intervals)})
		means, variances := r.sets[0].logMeans()
		if moreThanChance(means, variances) {
			t.Fatal("the intervals differ by more than chance")
		}
		own := persistence(means)
		if want := map[bool]float64{false: 1 / math.Sqrt(float64(n)), true: own}[whole]; math.Abs(r.persistence-want) > 1e-9 || own < 0.5 {
			t.Errorf("%d intervals: %v, not %v of %v", n, r.persistence, want, own)
		}
		if whole != (r.length == blockLength(means)) || !whole && r.length != 1 {
			t.Errorf("%d intervals: blocks of %d", n, r.length)
		}
	}
}

// A run that is worth three independent intervals is compared, and no less; a correlation
// of p makes n of them worth n·(1−p)/(1+p).
func TestFewestEffective(t *testing.T) {
	worth := func(intervals int, p float64, length int) *run {
		return &run{sets: []*sampleSet{{counts: make([][]float64, intervals)}}, persistence: p, length: length}
	}
	for name, c := range map[string]struct {
		old, new *run
		compared bool
	}{
		"enough":                  {worth(9, 0.5, 1), worth(30, 0, 1), true},
		"by a correlation":        {worth(9, 0.51, 1), worth(30, 0, 1), false},
		"by that of the new one":  {worth(30, 0, 1), worth(9, 0.51, 1), false},
		"three blocks":            {worth(9, 0, 3), worth(30, 0, 1), true},
		"two and a half":          {worth(10, 0, 4), worth(30, 0, 1), true},
		"two blocks":              {worth(8, 0, 4), worth(30, 0, 1), false},
		"two blocks of the other": {worth(30, 0, 1), worth(8, 0, 4), false},
	} {
		p := &Performance{Figures: []Figure{{}, {Outcome: NotComparable, Reason: "as it was"}}}
		p.refuseDependent(c.old, c.new)
		if got := p.Figures[0].Outcome == ""; got != c.compared || !got && (p.Figures[0].Outcome != NotComparable || !strings.Contains(p.Figures[0].Reason, "run longer")) || p.Figures[1].Reason != "as it was" {
			t.Errorf("%s: %+v", name, p.Figures)
		}
	}
}

// Each run is drawn a thousand times, by as many blocks as make it up, and the percentiles
// of equal intervals are those of the run whatever is drawn.
func TestResamples(t *testing.T) {
	intervals := make([]*hist.Histogram, 10)
	for i := range intervals {
		intervals[i] = hist.New()
		for k := range 100 {
			intervals[i].Record(time.Duration(1+k) * time.Millisecond)
		}
	}
	set := newSampleSet(intervals)
	r := &run{sets: []*sampleSet{set}, length: 3}
	logs := r.resample([]float64{0.5, 0.99}, rand.New(rand.NewPCG(1, 2)))
	if len(logs) != 2 || len(logs[0]) != 1000 || len(logs[1]) != 1000 {
		t.Fatalf("%d figures of %d draws", len(logs), len(logs[0]))
	}
	for j, q := range []float64{0.5, 0.99} {
		for _, l := range logs[j] {
			if math.Abs(l-math.Log(set.quantile(set.sum(), q))) > 1e-9 {
				t.Fatalf("of equal intervals: %v", math.Exp(l))
			}
		}
	}
	if empty := (&run{}).resample([]float64{0.5}, nil); len(empty) != 0 {
		t.Errorf("of nothing: %v", empty)
	}
	if b := r.blocks(); b != 4 || r.effective() != 4 {
		t.Errorf("%d blocks, worth %v", b, r.effective())
	}
	// Standard errors: of two values √2/2·|a−b|, with k/(k−1) for k blocks.
	if d := r.deviations([][]float64{{1, 3}}); math.Abs(d[0]-math.Sqrt2*math.Sqrt(4.0/3)) > 1e-9 {
		t.Errorf("%v", d)
	}
}

// The half width of all intervals together is the 95th percentile of the largest
// studentised deviation, and never less than the normal distribution's.
func TestMultiple(t *testing.T) {
	rows := func(all ...[]float64) [][]float64 { return all }
	zero, steps := make([]float64, 1000), make([]float64, 1000)
	for i := range steps {
		steps[i] = float64(i)
	}
	// A uniform distribution lies within √3 standard deviations, and the 95th percentile
	// of its deviation at 0.95·√3 = 1.645: the normal distribution's 1.96 is more.
	if got := multiple(rows(zero), rows(steps), []bool{true}, 0.95); math.Abs(got-1.95996) > 1e-4 {
		t.Errorf("%v", got)
	}
	if got := multiple(rows(zero), rows(steps), []bool{true}, 0.9); math.Abs(got-1.64485) > 1e-4 {
		t.Errorf("with nine tenths: %v", got)
	}
	// One in sixteen lies four standard deviations off.
	far := make([]float64, 1000)
	for i := range 60 {
		far[i] = map[bool]float64{true: 1, false: -1}[i%2 == 0]
	}
	want := 1 / deviation(far)
	if got := multiple(rows(zero, zero), rows(far, zero), []bool{true, true}, 0.95); math.Abs(got-want) > 1e-9 || want < 4 {
		t.Errorf("%v, not %v", got, want)
	}
	if got := multiple(rows(zero, zero), rows(far, steps), []bool{false, true}, 0.95); math.Abs(got-1.95996) > 1e-4 {
		t.Errorf("what is not judged counts: %v", got)
	}
}

// Welch's degrees of freedom, by hand.
func TestWelch(t *testing.T) {
	for _, c := range []struct{ a, b, m, n, want float64 }{
		{1, 1, 10, 10, 18}, {2, 1, 5, 10, 25 / (16.0/4 + 1.0/9)}, {0, 0, 5, 10, 13}, {1, 0, 5, 10, 4}, {1, 1, 1, 1, 2}, {1, 1, 0.5, 3, 4 / (1 + 0.5)},
	} {
		if got := welch(c.a, c.b, c.m, c.n); !(math.Abs(got-c.want) <= 1e-9) {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// The regularised incomplete beta function where it is known in closed form.
func TestIncompleteBeta(t *testing.T) {
	for _, c := range []struct{ x, a, b, want float64 }{
		{-1, 2, 2, 0}, {0, 2, 2, 0}, {1, 2, 2, 1}, {2, 2, 2, 1}, {0.5, 2, 2, 0.5}, {0.3, 1, 1, 0.3}, {0.3, 2, 1, 0.09}, {0.3, 1, 2, 0.51}, {0.3, 2, 2, 0.216}, {0.9, 3, 1, 0.729},
		{1 - 1e-6, 1, 0.5, 1 - 1e-3}, {1 - 1.0/(1<<40), 1, 0.5, 1 - 1.0/(1<<20)}, {0.2, 0.5, 0.5, 2 / math.Pi * math.Asin(math.Sqrt(0.2))}, {0.001, 30, 2, 31*math.Pow(0.001, 30) - 30*math.Pow(0.001, 31)},
	} {
		if got := incompleteBeta(c.x, c.a, c.b); !(math.Abs(got-c.want) <= math.Max(1e-9*c.want, 1e-12)) {
			t.Errorf("I(%v; %v, %v) = %v, not %v", c.x, c.a, c.b, got, c.want)
		}
	}
}

// Plans differ in what bears on latency, phase by phase only where they have as many.
func TestPlansDiffer(t *testing.T) {
	base := plain().Load
	load := func(change func(*record.Plan)) *record.Load {
		l := *base
		l.Plan.Mix, l.Plan.Phases = map[string]float64{"login": 1}, []record.Phase{{Shape: "constant", RatePerS: 10, DurationS: 60}}
		l.Plan.MaxInflight, l.Plan.InflightByNeed = 100, false
		if change != nil {
			change(&l.Plan)
		}
		return &l
	}
	for name, c := range map[string]struct {
		change func(*record.Plan)
		want   string
	}{
		"not at all":     {nil, ""},
		"model":          {func(p *record.Plan) { p.Model = "other" }, "different plan: model"},
		"arrivals":       {func(p *record.Plan) { p.Arrivals = "poisson" }, "different plan: arrivals"},
		"as it was":      {func(p *record.Plan) { p.Arrivals = "uniform" }, ""},
		"transport":      {func(p *record.Plan) { p.Transport = "other" }, "different plan: transport"},
		"in flight":      {func(p *record.Plan) { p.MaxInflight = 200 }, "different plan: most in flight 100 and 200"},
		"by need of one": {func(p *record.Plan) { p.MaxInflight, p.InflightByNeed = 200, true }, "different plan: most in flight 100 and 200"},
		"mix":            {func(p *record.Plan) { p.Mix = map[string]float64{"oauth": 1} }, "different plan: mix"},
		"more phases":    {func(p *record.Plan) { p.Phases = append(slices.Clone(p.Phases), p.Phases[0]) }, "different plan: number of phases 1 and 2"},
		"shape":          {func(p *record.Plan) { p.Phases[0].Shape = "ramp" }, "different plan: phase 1"},
		"duration":       {func(p *record.Plan) { p.Phases[0].DurationS = 61 }, "different plan: phase 1"},
		"rate":           {func(p *record.Plan) { p.Phases[0].RatePerS = 10.001 }, "different plan: phase 1"},
		"parameters":     {func(p *record.Plan) { p.Phases[0].Params = map[string]float64{"x": 1} }, "different plan: phase 1"},
	} {
		got := planDifferences(load(nil), load(c.change))
		if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || !strings.HasPrefix(got[0], c.want)) {
			t.Errorf("%s: %q", name, got)
		}
	}
	both := func(p *record.Plan) { p.InflightByNeed = true }
	if got := planDifferences(load(func(p *record.Plan) { both(p); p.MaxInflight = 7 }), load(both)); len(got) > 0 {
		t.Errorf("both by need: %q", got)
	}
}

// An accepted change names its last day, which is the one before it does not hold any more.
func TestTextOfAcceptance(t *testing.T) {
	until := time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)
	for want, a := range map[string]Acceptance{
		"known, until 2027-02-28":                {Reason: "known", Until: until},
		"accepted by --accept":                   {Place: "--accept"},
		"accepted by w.yaml:3, until 2027-02-28": {Place: "w.yaml:3", Until: until},
	} {
		if got := a.text(); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

// A member within something that is gone as well is told with that.
func TestMembersWithin(t *testing.T) {
	for path, c := range map[string]struct {
		other shape
		want  bool
	}{
		"a":     {shape{}, false},
		"a.b":   {shape{"a": ""}, false},
		"x.y":   {shape{"a": ""}, true},
		"x.y.z": {shape{"x": "", "x.y": ""}, false},
		"v.y.z": {shape{"v.y": ""}, true},
		"a[].b": {shape{"a": ""}, false},
		"x[]":   {shape{}, false},
		"x[][]": {shape{}, true},
		".b":    {shape{}, false},
	} {
		if got := (shape{}).within(path, c.other); got != c.want {
			t.Errorf("%s in %v: %t", path, c.other, got)
		}
	}
}

// A percentile is compared where five requests of each run lie beyond it, and runs of five
// intervals are.
func TestFewestBeyondAPercentile(t *testing.T) {
	set := func(requests, intervals int) *sampleSet {
		all := make([]*hist.Histogram, intervals)
		for i := range all {
			all[i] = hist.New()
		}
		for k := range requests {
			all[k%intervals].Record(20 * time.Millisecond)
		}
		return newSampleSet(all)
	}
	for name, c := range map[string]struct {
		old, new *sampleSet
		compared []string
	}{
		"500 requests":       {set(500, 5), set(500, 5), []string{"p50", "p90", "p95", "p99"}},
		"499 before":         {set(499, 5), set(500, 5), []string{"p50", "p90", "p95"}},
		"499 now":            {set(500, 5), set(499, 5), []string{"p50", "p90", "p95"}},
		"5000 requests":      {set(5000, 5), set(5000, 5), []string{"p50", "p90", "p95", "p99", "p99.9"}},
		"ten":                {set(10, 5), set(10, 5), []string{"p50"}},
		"nine":               {set(9, 5), set(9, 5), nil},
		"four intervals":     {set(500, 4), set(500, 5), nil},
		"four intervals now": {set(500, 5), set(500, 4), nil},
	} {
		var got []string
		for _, f := range compareService("login", c.old, c.new) {
			if f.Outcome == "" {
				got = append(got, f.Name)
			}
		}
		if !slices.Equal(got, c.compared) {
			t.Errorf("%s: %v are compared", name, got)
		}
	}
}
