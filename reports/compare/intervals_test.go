package compare

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/sample"
)

// near reports whether numbers are the same but for rounding.
func near(got, want []float64) bool {
	return slices.EqualFunc(got, want, func(a, b float64) bool { return math.Abs(a-b) < 1e-9 || math.IsNaN(a) && math.IsNaN(b) })
}

// The standard deviation of a sample, which one value does not have.
func TestDeviation(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{nil, math.NaN()}, {[]float64{1}, math.NaN()}, {[]float64{1, 3}, math.Sqrt2}, {[]float64{1, 2, 3}, 1}, {[]float64{7, 7, 7}, 0},
	} {
		if got := deviation(c.values); !near([]float64{got}, []float64{c.want}) {
			t.Errorf("%v: %v, not %v", c.values, got, c.want)
		}
	}
}

// Autocovariances by hand: the deviations from the mean are −2, −1, 1 and 2.
func TestCovariances(t *testing.T) {
	if got := covariances([]float64{1, 2, 4, 5}, 3); !near(got, []float64{10.0 / 4, 3.0 / 4, -4.0 / 4, -4.0 / 4}) {
		t.Errorf("%v", got)
	}
}

// What blocks of a length hold of p, 1 + 2·Σ(1−k/length)·pᵏ, and what there is of it.
func TestWithinBlocks(t *testing.T) {
	for length, want := range map[int]float64{1: 1, 2: 1.5, 3: 1 + 2.0/3 + 2.0/3*0.25} {
		if got := withinBlocks(0.5, length); !near([]float64{got}, []float64{want}) {
			t.Errorf("blocks of %d: %v, not %v", length, got, want)
		}
	}
	if longRun(0.5) != 3 || longRun(0) != 1 {
		t.Errorf("%v, %v", longRun(0.5), longRun(0))
	}
}

// The last lag that matters is followed by a run of lags within the bound.
func TestLastDependent(t *testing.T) {
	for _, c := range []struct {
		covariance []float64
		run, want  int
	}{
		{[]float64{1, 0.2, 0.2, 0.2}, 2, 0},
		{[]float64{1, 0.5, 0.1, 0.1}, 2, 1},
		{[]float64{1, -0.5, 0.1, 0.1}, 2, 1},
		{[]float64{1, 0.5, 0.1, 0.5, 0.1, 0.1}, 2, 3},
		{[]float64{1, 0.5, 0.1, 0.5, 0.1, 0.1}, 1, 1},
		{[]float64{1, 0.3, 0.1, 0.1}, 2, 1}, // the bound itself is not within it
		{[]float64{10, 2, 2, 2}, 2, 0},
		{[]float64{1, 0.5, 0.5, 0.5}, 2, 3},
		{[]float64{1, 0.1, 0.1, 0.5}, 2, 0}, {[]float64{1, 0.1, 0.5, 0.1, 0.1, 0.5}, 2, 2}, {[]float64{1}, 2, 0},
	} {
		if got := lastDependent(c.covariance, 0.3, c.run); got != c.want {
			t.Errorf("%v, runs of %d: %d, not %d", c.covariance, c.run, got, c.want)
		}
	}
}

// Logarithms that differ by rounding alone depend on nothing, and what depends on its
// neighbour for ever is not worth nothing.
func TestRoundingIsNoDependence(t *testing.T) {
	stretches := func(height float64) []float64 {
		var out []float64
		for i := range 120 {
			out = append(out, -4+height*float64(i/30%2))
		}
		return out
	}
	for _, h := range []float64{1e-10, 1.9e-9} { // a variance of less than 1e-18
		if l, p := blockLength(stretches(h)), persistence(stretches(h)); l != 1 || p != 0 {
			t.Errorf("of rounding: blocks of %d, persistence %v", l, p)
		}
	}
	for _, h := range []float64{2.1e-9, 1e-8} {
		if l, p := blockLength(stretches(h)), persistence(stretches(h)); l < 10 || p < 0.9 {
			t.Errorf("of a little: blocks of %d, persistence %v", l, p)
		}
	}
	slope := make([]float64, 2000)
	for i := range slope {
		slope[i] = float64(i)
	}
	if p := persistence(slope); p != 0.99 {
		t.Errorf("a slope: %v", p)
	}
}

// The mean of the logarithms of an interval's latencies, at the middle of their buckets,
// and its variance: that of the requests by their number. An interval without any is none.
func TestLogMeans(t *testing.T) {
	ln3 := math.Log(3)
	s := &sampleSet{from: []float64{0.5, 2}, to: []float64{1.5, 4}, counts: [][]float64{{1, 1}, {0, 0}, {2, 0}, {2, 1}, {0, 1}}}
	means, variances := s.logMeans()
	if !near(means, []float64{ln3 / 2, 0, ln3 / 3, ln3}) {
		t.Errorf("means %v", means)
	}
	if !near(variances, []float64{ln3 * ln3 / 4, 0, (ln3*ln3/3 - ln3*ln3/9) / 2, 0}) {
		t.Errorf("variances %v", variances)
	}
}

// Percentiles lie within their bucket by linear interpolation.
func TestQuantiles(t *testing.T) {
	s := &sampleSet{from: []float64{0, 1, 5}, to: []float64{1, 3, 6}}
	for _, c := range []struct {
		counts  []float64
		q, want float64
	}{
		{[]float64{2, 2, 0}, 0.25, 0.5}, {[]float64{2, 2, 0}, 0.5, 1}, {[]float64{2, 2, 0}, 0.75, 2}, {[]float64{2, 2, 0}, 1, 3},
		{[]float64{0, 4, 0}, 0, 1}, {[]float64{4, 0, 4}, 0.75, 5.5}, {[]float64{0, 0, 0}, 0.5, math.NaN()},
	} {
		if got := s.quantile(c.counts, c.q); !near([]float64{got}, []float64{c.want}) {
			t.Errorf("%v of %v: %v, not %v", c.q, c.counts, got, c.want)
		}
	}
}

// The buckets of all intervals stand side by side, those that an interval lacks as 0.
func TestSampleSet(t *testing.T) {
	a, b := hist.New(), hist.New()
	for _, us := range []int{300, 100, 300} {
		a.Record(time.Duration(us) * time.Microsecond)
	}
	b.Record(200 * time.Microsecond)
	s := newSampleSet([]*hist.Histogram{a, hist.New(), b})
	if !near(s.from, []float64{0.0001, 0.0002, 0.0003}) || !near(s.to, []float64{0.000101, 0.000201, 0.000301}) || s.total != 4 {
		t.Errorf("%+v", s)
	}
	for i, want := range [][]float64{{1, 0, 2}, {0, 0, 0}, {0, 1, 0}} {
		if !near(s.counts[i], want) {
			t.Errorf("interval %d: %v", i, s.counts[i])
		}
	}
	if got := s.sum(); !near(got, []float64{1, 1, 2}) {
		t.Errorf("together %v", got)
	}
}

// A block is as many neighbouring intervals, from the last one on to the first again.
func TestBlocksAreOfARing(t *testing.T) {
	s := &sampleSet{from: []float64{0, 1}, counts: [][]float64{{1, 0}, {0, 2}, {3, 0}}}
	want := [][]cell{{{0, 1}, {1, 2}}, {{0, 3}, {1, 2}}, {{0, 4}}}
	if got := s.blockSums(2); !slices.EqualFunc(got, want, slices.Equal[[]cell]) {
		t.Errorf("%v", got)
	}
	if r := (&run{length: 1}); r.intervals() != 0 || r.blocks() != 0 {
		t.Errorf("of nothing: %d intervals, %d blocks", r.intervals(), r.blocks())
	}
}

// The longest blocks and the greatest persistence of any service are those of the run.
func TestServicesShareTheirBlocks(t *testing.T) {
	set := func(step int) *sampleSet {
		intervals := make([]*hist.Histogram, 60)
		for i := range intervals {
			intervals[i] = hist.New()
			for k := range 10 {
				intervals[i].Record(time.Duration(100+k+step*(i/15%2)) * time.Millisecond)
			}
		}
		return newSampleSet(intervals)
	}
	even, stepped := set(0), set(100)
	alone := newRun([]*sampleSet{stepped})
	if alone.length < 5 || alone.persistence < 0.5 || newRun([]*sampleSet{even}).length != 1 {
		t.Fatalf("%+v", alone)
	}
	for _, sets := range [][]*sampleSet{{even, stepped}, {stepped, even}} {
		if r := newRun(sets); r.length != alone.length || r.persistence != alone.persistence {
			t.Errorf("blocks of %d, persistence %v, not of %d, %v", r.length, r.persistence, alone.length, alone.persistence)
		}
	}
}

// From the normal distribution to Student's with the same probability, by printed tables.
func TestWiden(t *testing.T) {
	for _, c := range []struct{ multiple, df, want float64 }{
		{1.959964, 10, 2.228}, {1.959964, 1, 12.706}, {1.959964, 0.2, 12.706}, {1.959964, 2, 4.303}, {2.575829, 8, 3.355}, {0, 5, 0},
	} {
		if got := widen(c.multiple, c.df); !(math.Abs(got-c.want) <= 0.001*math.Max(c.want, 0.1)) {
			t.Errorf("%v with %v degrees: %v, not %v", c.multiple, c.df, got, c.want)
		}
	}
	if got := widen(100, 30); !(math.Abs(studentBelow(got, 30)-(1-1e-9)) <= 1e-12) {
		t.Errorf("beyond what a float64 tells: %v", got)
	}
}

// What is no number is shown as 0: JSON has none. Shares have four decimals, seconds six.
func TestRounding(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if finite(v) != 0 || tidy(v) != 0 || microseconds(v) != 0 {
			t.Errorf("%v: %v, %v, %v", v, finite(v), tidy(v), microseconds(v))
		}
	}
	if tidy(0.12346) != 0.1235 || tidy(-0.12344) != -0.1234 || microseconds(0.0000126) != 0.000013 || finite(-3.5) != -3.5 {
		t.Errorf("%v, %v, %v", tidy(0.12346), tidy(-0.12344), microseconds(0.0000126))
	}
}

// The shares of the intervals in which something was due, of which one shows nothing.
func TestMeanShare(t *testing.T) {
	errs := func(p record.Point) uint64 { return p.Errors }
	for name, c := range map[string]struct {
		series          []record.Point
		mean, deviation float64
	}{
		"nothing":        {nil, 0, math.Inf(1)},
		"one":            {[]record.Point{{Planned: 10, Errors: 1}}, 0.1, math.Inf(1)},
		"one that count": {[]record.Point{{Planned: 10, Errors: 1}, {Errors: 5}}, 0.1, math.Inf(1)},
		"one of one":     {[]record.Point{{Planned: 1, Errors: 1}, {Planned: 1}}, 0.5, math.Sqrt(0.5) / math.Sqrt2},
		"with a gap":     {[]record.Point{{Planned: 10, Errors: 1}, {}, {Planned: 10, Errors: 3}}, 0.2, math.Sqrt(0.02) / math.Sqrt2},
	} {
		mean, d := meanShare(c.series, errs)
		if !near([]float64{mean}, []float64{c.mean}) || d != c.deviation && !near([]float64{d}, []float64{c.deviation}) {
			t.Errorf("%s: %v ± %v, not %v ± %v", name, mean, d, c.mean, c.deviation)
		}
	}
}

// Intervals in which one request was due count, those after the last of them do not.
func TestDue(t *testing.T) {
	for _, c := range []struct {
		planned []uint64
		want    int
	}{{nil, 0}, {[]uint64{0, 0}, 0}, {[]uint64{3, 0, 1, 0, 0}, 3}, {[]uint64{0, 2}, 2}, {[]uint64{3, 0}, 1}, {[]uint64{0}, 0}} {
		var series []record.Point
		for _, n := range c.planned {
			series = append(series, record.Point{Planned: n})
		}
		if got := len(due(series)); got != c.want {
			t.Errorf("%v: %d intervals", c.planned, got)
		}
	}
}

// A histogram that cannot be read is told with the record in which it stands.
func TestBrokenHistograms(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*record.Load)
		want string
	}{
		"of an interval": {func(l *record.Load) { l.Series[2].LatencyHistograms["login"] = "x" }, "the histogram of login at 2 s cannot be read"},
		"of the run": {func(l *record.Load) {
			for i := range l.Services {
				if l.Services[i].Name == "login" && l.Services[i].Status == "all" {
					l.Services[i].LatencyHistogram = "x"
				}
			}
		}, "the histogram of login cannot be read"},
		"of what was cut off": {func(l *record.Load) {
			l.Services = append(l.Services, record.Service{Name: "login", Status: record.StatusCut, LatencyHistogram: "x"})
		}, "the histogram of login, " + record.StatusCut + ", cannot be read"},
	} {
		for side, which := range []string{"old record: ", "new record: "} {
			runs := []*record.Run{{Load: sample.Load(sample.Options{Seed: 3})}, {Load: sample.Load(sample.Options{Seed: 4})}}
			c.edit(runs[side].Load)
			if _, err := Compare(runs[0], runs[1], Options{}); err == nil || !strings.HasPrefix(err.Error(), which+c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// A correlation within its standard error of 0, 1/√n, is none; beyond it it counts as it is.
func TestStandardErrorOfPersistence(t *testing.T) {
	for threes, beyond := range map[int]bool{18: false, 48: true, 60: true} {
		var series []float64 // stretches of two do not depend on their neighbours, those of three do
		for i := range 100 {
			length := 2
			if i < threes {
				length = 3
			}
			series = append(series, float64(i/length%2))
		}
		c := covariances(series, 1)
		r, want := c[1]/c[0], 0.0
		if beyond {
			want = r
		}
		if got := persistence(series); math.Abs(got-want) > 1e-12 || r < 0.03 || r > 0.25 || beyond != (r > 0.1) {
			t.Errorf("a correlation of %v of 100: %v", r, got)
		}
	}
}

// Intervals are worked out where every figure can be judged as well, and not for what cannot.
func TestEveryFigureHasAnInterval(t *testing.T) {
	set := func(shift int) *run {
		intervals := make([]*hist.Histogram, 10)
		for i := range intervals {
			intervals[i] = hist.New()
			for k := range 50 {
				intervals[i].Record(time.Duration(10+shift+k+i%3) * time.Millisecond)
			}
		}
		return newRun([]*sampleSet{newSampleSet(intervals)})
	}
	for _, last := range []Outcome{"", NotComparable} {
		p := &Performance{Figures: make([]Figure, len(figures))}
		p.Figures[len(figures)-1].Outcome = last
		p.bound(set(0), set(1))
		for i, f := range p.Figures {
			if want := i < len(figures)-1 || last == ""; f.Judged() != want || want && !(f.Low < 0 && f.High > 0) {
				t.Errorf("figure %d: %+v", i, f)
			}
		}
	}
}

// What took no time at all in either run has no ratio.
func TestNothingMeasured(t *testing.T) {
	set := func(d time.Duration) *sampleSet {
		intervals := make([]*hist.Histogram, 5)
		for i := range intervals {
			intervals[i] = hist.New()
			for range 10 {
				intervals[i].Record(d)
			}
		}
		s := newSampleSet(intervals)
		s.exact = hist.New()
		s.exact.Record(d)
		return s
	}
	for _, c := range []struct {
		old, new time.Duration
		want     Outcome
	}{{0, time.Millisecond, NotComparable}, {time.Millisecond, 0, NotComparable}, {0, 0, NotComparable}, {time.Microsecond, time.Microsecond, ""}} {
		if f := compareService("login", set(c.old), set(c.new))[0]; f.Outcome != c.want || c.want != "" && f.Reason != "nothing was measured" {
			t.Errorf("%v and %v: %+v", c.old, c.new, f)
		}
	}
}
