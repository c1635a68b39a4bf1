package compare

import (
	"math"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/sample"
)

// pairs is how many pairs of simulated runs are compared.
const pairs = 20

// simulate makes a load test of 10 s at 200/s whose whole seconds wander by 4 % and whose latencies spread by 7 %.
func simulate(seed uint64, factor float64) *record.Run {
	return &record.Run{Load: sample.Load(sample.Options{Seed: seed + 1, Seconds: 10, RatePerS: 100, Factor: factor, Wave: 0.04, Spread: 0.07})}
}

// worse compares two runs and tells which figures of login, and how many of any
// service, are shown to be worse.
func worse(t *testing.T, old, new *record.Run) (login map[string]bool, all int) {
	t.Helper()
	r, err := Compare(old, new, Options{})
	if err != nil {
		t.Fatal(err)
	}
	login = map[string]bool{}
	for _, f := range r.Performance.Figures {
		if f.Outcome == Worse {
			all++
			if f.Service == "login" {
				login[f.Name] = true
			}
		}
	}
	return login, all
}

// Twenty pairs of the same system: at most one false regression. Twenty pairs in
// which login is 10 % slower: at least nineteen found. All seeds are fixed.
func TestCalibration(t *testing.T) {
	t.Parallel()
	falseAlarms, found, p99 := 0, 0, 0
	for i := range uint64(pairs) {
		if _, all := worse(t, simulate(4*i, 1), simulate(4*i+1, 1)); all > 0 {
			falseAlarms++
		}
		login, _ := worse(t, simulate(4*i+2, 1), simulate(4*i+3, 1.1))
		if login["p50"] {
			found++
		}
		if login["p99"] {
			p99++
		}
	}
	t.Logf("false regressions: %d of %d; 10 %% slower found at p50: %d of %d, at p99: %d of %d", falseAlarms, pairs, found, pairs, p99, pairs)
	if falseAlarms > 1 {
		t.Errorf("%d false regressions of %d", falseAlarms, pairs)
	}
	if min(found, p99) < 19 {
		t.Errorf("found at p50 %d, at p99 %d of %d", found, p99, pairs)
	}
}

// Pairs of the same system whose seconds depend on each other, by 80 % on the one
// before: what is slow stays slow for many seconds. With a minute of it the
// intervals hold; ten seconds hold too little of it to tell (docs/reports.md).
func TestCalibrationOfDependentSeconds(t *testing.T) {
	if testing.Short() {
		t.Skip("compares minutes of load")
	}
	t.Parallel()
	const pairs = 12
	differences, judged := 0, 0
	for i := range uint64(pairs) {
		drift := func(seed uint64) *record.Run {
			return &record.Run{Load: sample.Load(sample.Options{Seed: seed, Seconds: 60, RatePerS: 50, Wave: 0.15, Spread: 0.07, Memory: 0.8})}
		}
		r, err := Compare(drift(2*i+1), drift(2*i+2), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Performance.count(Worse)+r.Performance.count(Better) > 0 {
			differences++
		}
		if r.Performance.judged() {
			judged++
		}
	}
	t.Logf("false differences: %d of %d judged of %d", differences, judged, pairs)
	if differences > 1 || judged < pairs-2 {
		t.Errorf("%d false differences, %d of %d judged", differences, judged, pairs)
	}
}

// A run that is slow for its second half is worth one or two seconds, not ten.
func TestDependentSecondsAreNotCompared(t *testing.T) {
	old, new := plain(), plain()
	old.Load = sample.Load(sample.Options{Seed: 1, Seconds: 10})
	new.Load = sample.Load(sample.Options{Seed: 2, Seconds: 10})
	slow := sample.Load(sample.Options{Seed: 3, Seconds: 10, Factor: 3})
	copy(new.Load.Series[5:], slow.Series[5:])
	r, err := Compare(old, new, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(r.Verdict.Reasons, "\n"); r.Verdict.Exit != 3 || !strings.Contains(got, "depend on each other for too long") {
		t.Errorf("exit %d, %s", r.Verdict.Exit, got)
	}
}

// A short run of independent requests is hardly ever refused for a correlation that
// is an accident; what seconds keep of what was before them counts in longer ones,
// however little they differ.
func TestDependenceIsNoAccident(t *testing.T) {
	if testing.Short() {
		t.Skip("measures a hundred runs")
	}
	t.Parallel()
	refused := 0
	for i := range uint64(100) {
		r, err := newRunOf(sample.Load(sample.Options{Seed: i + 1, Seconds: 10, RatePerS: 50, Spread: 0.07}), []string{"login"})
		if err != nil {
			t.Fatal(err)
		}
		if r.effective() < fewestEffective {
			refused++
		}
	}
	if refused > 1 {
		t.Errorf("%d of 100 runs of independent requests are refused", refused)
	}
	for i := range uint64(5) {
		// The seconds wander by as little as chance makes them differ: 2 %, and 7 % of each of some 12 requests.
		r, err := newRunOf(sample.Load(sample.Options{Seed: i + 1, Seconds: 60, RatePerS: 12, Wave: 0.02, Spread: 0.07, Memory: 0.9}), []string{"login"})
		if err != nil {
			t.Fatal(err)
		}
		means, _ := r.sets[0].logMeans()
		if r.persistence != persistence(means) || r.length != blockLength(means) {
			t.Errorf("seed %d: the correlation of a long run is passed over", i+1)
		}
	}
}

func TestMoreThanChance(t *testing.T) {
	for name, k := range map[string]struct {
		means, variances []float64
		want             bool
	}{
		"nothing":    {nil, nil, false},
		"one":        {[]float64{1}, []float64{1}, false},
		"two":        {[]float64{0, 2.31}, []float64{1, 1}, true}, // 2.67; the limit for 1 is, by Wilson and Hilferty, 2.64
		"two alike":  {[]float64{0, 2.28}, []float64{1, 1}, false},
		"the same":   {[]float64{1, 1, 1}, []float64{0, 0, 0}, false},
		"as chance":  {[]float64{1, -1, 1, -1, 0, 0}, []float64{1, 1, 1, 1, 1, 1}, false},
		"wider":      {[]float64{3, -3, 3, -3, 0, 0}, []float64{1, 1, 1, 1, 1, 1}, true},
		"no spread":  {[]float64{1, 2, 3}, []float64{0, 0, 0}, true},
		"just below": {[]float64{0, 0, 0, 0, 0, 0, 0, 0, 0, 4}, []float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, false}, // 1.6; the limit for 9 is 14.68/9 = 1.63
		"just above": {[]float64{0, 0, 0, 0, 0, 0, 0, 0, 0, 4.1}, []float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, true},
	} {
		if got := moreThanChance(k.means, k.variances); got != k.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestDependenceOfBlocks(t *testing.T) {
	for _, p := range []float64{0, 0.3, 0.8, 0.95} {
		if got := withinBlocks(p, 1); got != 1 {
			t.Errorf("blocks of one hold %v of %v", got, p)
		}
		if got, want := withinBlocks(p, 100_000), longRun(p); math.Abs(got-want) > 0.01*want {
			t.Errorf("long blocks hold %v of %v for %v", got, want, p)
		}
	}
	for want, series := range map[float64][]float64{
		0: {1, -1, 1, -1, 1, -1}, 0.7: {0, 0, 0, 0, 0, 1, 1, 1, 1, 1},
	} {
		if got := persistence(series); math.Abs(got-want) > 1e-9 {
			t.Errorf("persistence of %v is %v, not %v", series, got, want)
		}
	}
	if persistence([]float64{2, 2, 2, 2, 2}) != 0 || persistence(nil) != 0 {
		t.Error("what does not change has no persistence")
	}
}

// The quantiles of Student's distribution, from printed tables.
func TestStudentQuantile(t *testing.T) {
	for _, k := range []struct{ p, df, want float64 }{
		{0.975, 1, 12.706}, {0.975, 4, 2.776}, {0.995, 8, 3.355}, {0.975, 30, 2.042}, {0.975, 1e6, 1.960}, {0.9995, 5, 6.869},
	} {
		if got := studentQuantile(k.p, k.df); !(math.Abs(got-k.want) <= 0.002*k.want) {
			t.Errorf("t(%g; %g) = %g, want %g", k.p, k.df, got, k.want)
		}
	}
}
