package compare

import (
	"math"
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

// The quantiles of Student's distribution, from printed tables.
func TestStudentQuantile(t *testing.T) {
	for _, k := range []struct{ p, df, want float64 }{
		{0.975, 1, 12.706}, {0.975, 4, 2.776}, {0.995, 8, 3.355}, {0.975, 30, 2.042}, {0.975, 1e6, 1.960}, {0.9995, 5, 6.869},
	} {
		if got := studentQuantile(k.p, k.df); math.Abs(got-k.want) > 0.002*k.want {
			t.Errorf("t(%g; %g) = %g, want %g", k.p, k.df, got, k.want)
		}
	}
}
