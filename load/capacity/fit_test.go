package capacity

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestLimits holds every constant that decides: whoever changes one changes what
// docs/load.md says about the search.
func TestLimits(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"Confidence", Confidence, 0.95}, {"critical", critical, 1.96}, {"narrow", narrow, 0.03}, {"unclear", unclear, 4},
		{"margin", margin, 0.02}, {"bracketed", bracketed, 0.05}, {"clip", clip, 4}, {"Hopeless", Hopeless, 10},
		{"near", near, 3}, {"decisive", decisive, 0.5}, {"nearFactor", nearFactor, 1.5}, {"clustered", clustered, 2},
		{"significant", significant, 0.05}, {"manyMisses", manyMisses, 500}, {"lowest", lowest, 1}, {"highest", highest, 1e6}, {"stepDown", stepDown, 4},
		{"nearCeiling", nearCeiling, 0.1}, {"maxSpoilt", maxSpoilt, 3}, {"minGrowth", minGrowth, 0.005}, {"growthLeast", growthLeast, 4},
		{"growthDeviations", growthDeviations, 5}, {"growthParts", growthParts, 8}, {"looksPlanned", looksPlanned, 20},
		{"rampsPlanned", rampsPlanned, 90}, {"confirmPart", confirmPart, 10}, {"confirmReserve", confirmReserve, 2},
		{"minLook", minLook.Seconds(), 1}, {"maxLook", maxLook.Seconds(), 30}, {"maxRamp", maxRamp.Seconds(), 5},
		{"settleShare", settleShare, 0.25}, {"settleAnswers", settleAnswers, 2}, {"boundLooks", boundLooks, 20},
		{"lookRequests", lookRequests, 20}, {"shareOfTime", shareOfTime, 8},
	} {
		if c.got != c.want {
			t.Errorf("%s is %v, docs/load.md says %v", c.name, c.got, c.want)
		}
	}
	if !slices.Equal(offsets, []float64{0.1, 0.05, 0.025}) {
		t.Errorf("offsets are %v", offsets)
	}
}

// groupsOf draws groups with rising rates.
func groupsOf(t *rapid.T) []group {
	n := rapid.IntRange(1, 6).Draw(t, "groups")
	var out []group
	for i := range n {
		requests := float64(rapid.IntRange(1, 200).Draw(t, "n"))
		out = append(out, group{rate: float64(10 * (i + 1)), n: requests, x: float64(rapid.IntRange(0, int(requests)).Draw(t, "x"))})
	}
	return out
}

func TestIsotonicIsTheBestMonotoneFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups := groupsOf(t)
		fit := isotonic(groups)
		if !slices.IsSorted(fit) {
			t.Fatalf("%v falls", fit)
		}
		other := make([]float64, len(groups))
		for i := range other {
			other[i] = rapid.Float64Range(0.001, 0.999).Draw(t, "share")
		}
		slices.Sort(other)
		for _, dispersion := range []float64{1, 30} {
			m := &model{share: 0.1, dispersion: dispersion}
			if m.total(groups, fit) > m.total(groups, other)+1e-9 {
				t.Fatalf("%v fits better than %v at dispersion %g", other, fit, dispersion)
			}
		}
	})
}

func TestIntervalEnclosesTheFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups := groupsOf(t)
		m := &model{share: rapid.Float64Range(0.01, 0.5).Draw(t, "share"), dispersion: rapid.Float64Range(1, 50).Draw(t, "dispersion")}
		low, high := interval(groups, m, 3.84)
		wider, higher := interval(groups, m, 9)
		held, failed := 0.0, math.Inf(1)
		for i, p := range isotonic(groups) {
			if p <= m.share {
				held = groups[i].rate
			} else if math.IsInf(failed, 1) {
				failed = groups[i].rate
			}
		}
		if low > held || high < failed || wider > low || higher < high {
			t.Fatalf("%.0f to %.0f and %.0f to %.0f, the fit crosses between %.0f and %.0f", low, high, wider, higher, held, failed)
		}
	})
}

func TestStudent(t *testing.T) {
	for df, want := range map[int]float64{1: 3.182, 3: 3.182, 5: 2.571, 10: 2.228, 30: 2.042} {
		if got := student(df); math.Abs(got-want) > 0.02*want {
			t.Errorf("%d degrees of freedom: %.3f, the tables say %.3f", df, got, want)
		}
	}
}

func TestAccident(t *testing.T) {
	for _, c := range []struct {
		n, x     float64
		accident bool
	}{{10, 0, true}, {10, 1, true}, {10, 2, false}, {1000, 15, true}, {1000, 16, false}, {100, 100, false}} {
		if got := accident(c.n, c.x, 0.01); got != c.accident {
			t.Errorf("%g of %g at 1 %%: %t", c.x, c.n, got)
		}
	}
}

func TestGrowth(t *testing.T) {
	even := func(v float64) []float64 { return slices.Repeat([]float64{v}, Blocks) }
	noisy := even(100)
	for i := range noisy {
		noisy[i] += float64(20 - 40*(i/4%2)) // answers come in gushes
	}
	for _, c := range []struct {
		name          string
		due, answered []float64
		certain       bool
	}{
		{"steady", even(100), even(100), false},
		{"one in a hundred is left", even(100), even(99), true},
		{"one in a thousand", even(1000), even(999), false},
		{"gushes", even(100), noisy, false},
		{"it shrinks", even(99), even(100), false},
		{"nothing", nil, nil, false},
	} {
		if _, got := Growth(c.due, c.answered); got != c.certain {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

func TestRatesReadWell(t *testing.T) {
	for rate, want := range map[float64]float64{352.4: 352, 12345: 12300, 2.4567: 2.46, 99.96: 100, 1: 1} {
		if got := roundRate(rate); math.Abs(got-want) > 1e-9 {
			t.Errorf("%g becomes %g, not %g", rate, got, want)
		}
	}
}

func TestStepsHaveTheirLength(t *testing.T) {
	for _, c := range []struct {
		name           string
		c              Config
		kind           Kind
		rate           float64
		settle, judged time.Duration
	}{
		{"ramp", Config{Share: 0.01, Time: 3 * time.Minute}, Ramp, 100, 500 * time.Millisecond, 2 * time.Second},
		{"a low rate", Config{Share: 0.01, Time: 3 * time.Minute}, Ramp, 2, 2500 * time.Millisecond, 10 * time.Second},
		{"slow answers", Config{Share: 0.01, Time: 3 * time.Minute, Service: 2 * time.Second}, Ramp, 100, 4 * time.Second, 2 * time.Second},
		{"very slow answers", Config{Share: 0.01, Time: 3 * time.Minute, Service: 2 * time.Minute}, Ramp, 100, 90 * time.Second, 2 * time.Second},
		{"refine", Config{Share: 0.01, Time: 3 * time.Minute}, Refine, 100, 2250 * time.Millisecond, 9 * time.Second},
		{"a long bound", Config{Share: 0.01, Time: 3 * time.Minute, Bound: time.Second}, Bracket, 100, 5 * time.Second, 20 * time.Second},
		{"confirm", Config{Share: 0.01, Time: 3 * time.Minute}, Confirm, 100, 4500 * time.Millisecond, 18 * time.Second},
		{"a long search", Config{Share: 0.01, Time: time.Hour}, Refine, 100, 7500 * time.Millisecond, 30 * time.Second},
	} {
		s := &search{c: normalise(c.c), service: c.c.Service}
		if got := s.step(c.kind, c.rate); got.Settle != c.settle || got.Judged != c.judged {
			t.Errorf("%s settles for %v and is judged for %v", c.name, got.Settle, got.Judged)
		}
	}
}
