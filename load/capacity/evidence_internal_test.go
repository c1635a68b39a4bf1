package capacity

import (
	"math"
	"slices"
	"testing"
	"time"
)

// even is a look of a second in which misses are spread over its blocks as evenly as
// can be, as many above each part of the bound as above it.
func even(rate, requests, missed float64) Look {
	l := Look{Step: Step{Kind: Ramp, Rate: rate, Judged: time.Second}, Blocks: make([]Block, Blocks)}
	for i := range l.Blocks {
		l.Blocks[i].Requests = requests / Blocks
		for level := range Levels {
			l.Blocks[i].Above[level] = missed / Blocks
		}
	}
	return l
}

// with changes a look.
func with(l Look, change func(*Look)) Look {
	change(&l)
	return l
}

// A look holds by itself where the share of its misses is at most the allowed one, and
// where something was judged, and nothing else speaks against it.
func TestHeld(t *testing.T) {
	for name, c := range map[string]struct {
		look Look
		want bool
	}{
		"as many as allowed":           {even(10, 3200, 32), true},
		"one more":                     {even(10, 3200, 33), false},
		"one request that met it":      {Look{Blocks: []Block{{Requests: 1}}}, true},
		"nothing judged":               {even(10, 0, 0), false},
		"a fault":                      {with(even(10, 3200, 0), func(l *Look) { l.Fault = "errors" }), false},
		"spoilt":                       {with(even(10, 3200, 0), func(l *Look) { l.Spoilt = "late" }), false},
		"slow, but within the bound":   {with(even(10, 3200, 0), func(l *Look) { l.Blocks[0].Above[1] = 100 }), true},
		"one block has all the misses": {with(even(10, 3200, 0), func(l *Look) { l.Blocks[31].Above[0] = 33 }), false},
	} {
		if got := c.look.held(0.01); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// What looks tell is summed by rate; faults miss in all that was asked; what was spoilt
// or judged nothing tells nothing; a hiccup below a rate that held is clipped.
func TestWeigh(t *testing.T) {
	fault := func(l *Look) { l.Fault = "errors" }
	for name, c := range map[string]struct {
		looks []Look
		whole bool
		want  []group
	}{
		"two rates, the higher one first": {[]Look{even(20, 320, 32), even(10, 320, 0)}, false, []group{{10, 320, 0, 1, 0}, {20, 320, 32, 1, 0.1}}},
		"twice the same rate":             {[]Look{even(10, 320, 32), even(10, 640, 0)}, false, []group{{10, 960, 12.8, 2, 12.8 / 960}}},
		"clipped below one that held":     {[]Look{even(10, 320, 320), even(20, 320, 0)}, false, []group{{10, 320, 12.8, 1, 0.02}, {20, 320, 0, 1, 0.02}}},
		"not clipped above it":            {[]Look{even(20, 320, 320), even(10, 320, 0)}, false, []group{{10, 320, 0, 1, 0}, {20, 320, 320, 1, 1}}},
		"spoilt":                          {[]Look{with(even(10, 320, 320), func(l *Look) { l.Spoilt = "late" }), even(20, 320, 0)}, false, []group{{20, 320, 0, 1, 0}}},
		"nothing judged":                  {[]Look{even(10, 0, 0), even(20, 1, 0)}, false, []group{{20, 1, 0, 1, 0}}},
		"a fault before anything was due": {[]Look{with(even(10, 0, 0), fault)}, false, []group{{10, 10, 10, 1, 1}}},
		"a fault of more than was asked":  {[]Look{with(even(10, 320, 0), fault)}, false, []group{{10, 320, 320, 1, 1}}},
		"more misses than requests":       {[]Look{even(10, 32, 64)}, false, []group{{10, 32, 32, 1, 1}}},
		"whole looks are one trial each":  {[]Look{even(10, 320, 320), even(10, 320, 0), even(20, 320, 2)}, true, []group{{10, 2, 1, 2, 0.5}, {20, 1, 1, 1, 1}}},
	} {
		e := weigh(c.looks, 0.01, c.whole, 0)
		if !slices.EqualFunc(e.groups, c.want, func(a, b group) bool {
			return a.rate == b.rate && a.looks == b.looks && math.Abs(a.n-b.n)+math.Abs(a.x-b.x)+math.Abs(a.fitted-b.fitted) < 1e-9
		}) {
			t.Errorf("%s: %+v, not %+v", name, e.groups, c.want)
		}
		if e.dispersion != 1 {
			t.Errorf("%s: dispersion %v", name, e.dispersion)
		}
	}
}

// clustering is a look of 3200 requests with all of its misses at a level in one block.
func clustering(rate, missed float64, level int) Look {
	return with(even(rate, 3200, 0), func(l *Look) { l.Blocks[3].Above[level] = missed })
}

// The dispersion is the variance of the blocks over the mean. With all m misses in one of
// 32 blocks, by hand: m²(1 − 1/32)·32/31 = m², over the mean m, is m, taken to the share by
// the root of what was missed over it.
func TestDispersion(t *testing.T) {
	const share = 0.01
	for name, c := range map[string]struct {
		looks    []Look
		want     float64
		informed int
	}{
		"as many as allowed, in one block":   {[]Look{clustering(10, 32, 0)}, 32, 1},
		"a quarter of that":                  {[]Look{clustering(10, 8, 0)}, 16, 1},
		"two looks of two rates":             {[]Look{clustering(10, 32, 0), clustering(20, 8, 0)}, (1024 + 64) / (32 + 4.0), 2},
		"two looks of one rate":              {[]Look{clustering(10, 32, 0), clustering(10, 0, 0)}, 32 / math.Sqrt(0.5), 1},
		"spread evenly":                      {[]Look{even(10, 3200, 32)}, 1, 1},
		"three times the share tells":        {[]Look{clustering(10, 96, 0)}, 96 / math.Sqrt(3), 1},
		"more tells nothing":                 {[]Look{clustering(10, 97, 0)}, 1, 0},
		"no miss":                            {[]Look{even(10, 3200, 0)}, 1, 0},
		"spoilt":                             {[]Look{with(clustering(10, 32, 0), func(l *Look) { l.Spoilt = "late" })}, 1, 0},
		"a fault":                            {[]Look{with(clustering(10, 32, 0), func(l *Look) { l.Fault = "errors" })}, 1, 0},
		"cut":                                {[]Look{with(clustering(10, 32, 0), func(l *Look) { l.Cut = true })}, 1, 0},
		"half of the bound, at its share":    {[]Look{clustering(10, 320, 1)}, 1.5 * 320, 1},
		"half of the bound, three times it":  {[]Look{clustering(10, 960, 1)}, 1.5 * 960 / math.Sqrt(3), 1},
		"half of the bound, more than that":  {[]Look{clustering(10, 961, 1)}, 1, 0},
		"half of the bound, less than alone": {[]Look{with(clustering(10, 32, 0), func(l *Look) { l.Blocks[3].Above[1] = 1 })}, 32, 1},
	} {
		e := weigh(c.looks, share, false, 0)
		if math.Abs(e.dispersion-c.want) > 1e-9 || e.informed != c.informed {
			t.Errorf("%s: %v of %d looks, not %v of %d", name, e.dispersion, e.informed, c.want, c.informed)
		}
	}
	// Beyond one in two a look tells nothing, whatever the share.
	if d, n := clusters([]Look{clustering(10, 1601, 0)}, 0.4, 0); d != 0 || n != 0 {
		t.Errorf("of 50 %%: %v, %d", d, n)
	}
	if d, n := clusters([]Look{clustering(10, 1600, 0)}, 0.4, 0); d == 0 || n != 1 {
		t.Errorf("of less: %v, %d", d, n)
	}
	// The lowest level has none below it.
	if d, n := dispersion([]Look{clustering(10, 32, Levels-1)}, share, Levels-1); math.Abs(d-32) > 1e-9 || n != 1 {
		t.Errorf("of the lowest level: %v, %d", d, n)
	}
}

// Misses in neighbouring blocks are one cluster: the variance is that of the length of
// blocks at which it is greatest, up to a quarter of the look.
func TestDispersionOfLongClusters(t *testing.T) {
	spread := func(blocks int) Look {
		return with(even(10, 3200, 0), func(l *Look) {
			for i := range blocks {
				l.Blocks[i].Above[0] = 32 / float64(blocks)
			}
		})
	}
	for blocks, want := range map[int]float64{1: 32, 2: 32, 4: 32, 8: 32, 16: 32 / 3.0} {
		d, _ := clusters([]Look{spread(blocks)}, 0.01, 0)
		if math.Abs(d-want) > 1e-9 {
			t.Errorf("%d blocks: %v, not %v", blocks, d, want)
		}
	}
	byTurns := with(even(10, 3200, 0), func(l *Look) {
		for i := 0; i < Blocks; i += 2 {
			l.Blocks[i].Above[0] = 2
		}
	})
	if d, _ := clusters([]Look{byTurns}, 0.01, 0); math.Abs(d-32/31.0) > 1e-9 {
		t.Errorf("in every other block: %v", d)
	}
}

// The fit crosses the share between the highest rate that holds and the lowest that does not.
func TestBracketAndRoot(t *testing.T) {
	for name, c := range map[string]struct {
		fitted             []float64 // at 10, 20, 30, 40
		held, failed, root float64
	}{
		"nothing":               {nil, 0, 0, 0},
		"all hold":              {[]float64{0, 0.01}, 20, 0, 20},
		"none holds":            {[]float64{0.011, 0.5}, 0, 10, 10},
		"the first that fails":  {[]float64{0, 0.005, 0.025, 1}, 20, 30, 22.5},
		"in the middle":         {[]float64{0, 0.02}, 10, 20, 15},
		"the lower one at once": {[]float64{0.01, 0.02}, 10, 20, 10},
	} {
		e := &evidence{model: model{share: 0.01, dispersion: 1}}
		for i, f := range c.fitted {
			e.groups = append(e.groups, group{rate: float64(10 * (i + 1)), n: 100, fitted: f})
		}
		held, failed := e.bracket()
		if root := e.root(); held != c.held || failed != c.failed || math.Abs(root-c.root) > 1e-9 {
			t.Errorf("%s: %v to %v, root %v", name, held, failed, root)
		}
	}
}

// Where misses are far from the share they tell on which side of the capacity a rate is,
// and so does a rate of which nothing is known yet.
func TestClear(t *testing.T) {
	for name, c := range map[string]struct {
		fitted, side float64
		want         bool
	}{
		"a quarter, below":            {0.0025, -1, true},
		"more than a quarter, below":  {0.0026, -1, false},
		"a quarter, above":            {0.0025, 1, false},
		"four times, above":           {0.04, 1, true},
		"less than four times, above": {0.0399, 1, false},
		"four times, below":           {0.04, -1, false},
	} {
		e := &evidence{model: model{share: 0.01}, groups: []group{{rate: 10, looks: 1, n: 100, fitted: c.fitted}}}
		if got := e.clear(10, c.side); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
		if !e.clear(20, c.side) {
			t.Errorf("%s: a rate of which nothing is known is not clear", name)
		}
	}
}

// The deviance of binomial misses, of which textbooks have the formula, and of those in
// clusters, from the dispersion of two on.
func TestDeviance(t *testing.T) {
	for name, c := range map[string]struct {
		dispersion, observed, assumed, want float64
	}{
		"one in ten, one in five assumed":    {1, 0.1, 0.2, 200 * (0.1*math.Log(0.5) + 0.9*math.Log(0.9/0.8))},
		"none of a hundred":                  {1, 0, 0.2, -200 * math.Log(0.8)},
		"all of a hundred":                   {1, 1, 0.2, -200 * math.Log(0.2)},
		"a little more than chance":          {1.5, 0, 0.2, -200 * math.Log(0.8) / 1.5},
		"in clusters of two":                 {2, 0.04, 0.01, 4 * 100 * 0.1 * 0.01 / (2 * 0.1)},
		"in clusters of eight, none missed":  {8, 0, 0.01, 4 * 100 * 0.1 * 0.01 / (8 * 0.1)},
		"in clusters of eight, fewer missed": {8, 0.01, 0.04, 4 * 100 * 0.1 * 0.01 / (8 * 0.2)},
	} {
		m := &model{share: 0.01, dispersion: c.dispersion}
		if got := m.deviance(100, c.observed, c.assumed); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: %v, not %v", name, got, c.want)
		}
	}
}

// The interval of independent misses is that of the bound of 1.96², of those in clusters
// that of Student's t, which is the wider the fewer looks tell of the clusters.
func TestIntervalOfEvidence(t *testing.T) {
	// 1.96² = 3.84; of k groups of 0 misses among n at 1 % the deviance is −2·n·ln 0.99.
	surely := func(n float64) *evidence {
		return weigh([]Look{even(10, n, 0), even(20, n, n)}, 0.01, false, 0)
	}
	if low, high := surely(192).interval(); low != 10 || high != 20 {
		t.Errorf("192 without a miss: %v to %v", low, high) // 3.859
	}
	if low, high := surely(190).interval(); low != 0 || high != 20 {
		t.Errorf("190 without a miss: %v to %v", low, high) // 3.819
	}
	if low, high := (&evidence{}).interval(); low != 0 || !math.IsInf(high, 1) {
		t.Errorf("of nothing: %v to %v", low, high)
	}
	// Clusters of dispersion 1.5: t² = 3.18² = 10.13 with two looks or three degrees of
	// freedom, 2.26² = 5.11 with eleven looks.
	for _, c := range []struct {
		informed int
		n, low   float64
	}{{1, 770, 10}, {1, 740, 0}, {4, 770, 10}, {4, 740, 0}, {11, 390, 10}, {11, 370, 0}} {
		e := surely(c.n)
		e.dispersion, e.informed = 1.5, c.informed
		if low, _ := e.interval(); low != c.low {
			t.Errorf("%v requests, %d looks: from %v, not %v", c.n, c.informed, low, c.low)
		}
	}
}

// Each bound of the growth of a backlog, from both sides.
func TestBoundsOfGrowth(t *testing.T) {
	parts := func(n int, v float64) []float64 { return slices.Repeat([]float64{v}, n) }
	for name, c := range map[string]struct {
		started, answered []float64
		growth            float64
		certain           bool
	}{
		"four of 320":                          {parts(32, 10), parts(32, 9.875), 4, true},
		"fewer than four":                      {parts(32, 10), parts(32, 9.876), 3.968, false},
		"half a percent":                       {parts(32, 125), parts(32, 124.375), 20, false},
		"more than half a percent":             {parts(32, 125), parts(32, 124.25), 24, true},
		"one part is no trend":                 {parts(1, 1000), parts(1, 0), 1000, false},
		"two parts are":                        {parts(2, 1000), parts(2, 500), 1000, true},
		"by turns, beyond five deviations":     {parts(8, 1000), []float64{941, 959, 941, 959, 941, 959, 941, 959}, 400, true},
		"by turns, within five deviations":     {parts(8, 1000), []float64{921, 979, 921, 979, 921, 979, 921, 979}, 400, false},
		"a look of few parts":                  {parts(5, 1000), parts(5, 900), 500, true},
		"gushes within the parts do not count": {parts(16, 1000), []float64{850, 1050, 850, 1050, 850, 1050, 850, 1050, 850, 1050, 850, 1050, 850, 1050, 850, 1050}, 800, true},
	} {
		growth, certain := Growth(c.started, c.answered)
		if math.Abs(growth-c.growth) > 1e-6 || certain != c.certain {
			t.Errorf("%s: %v, %t", name, growth, certain)
		}
	}
}

// An accident is what chance does in more than one case of twenty, however many requests.
func TestAccidentOfMany(t *testing.T) {
	for _, c := range []struct {
		n, x float64
		want bool
	}{{100, 3, true}, {100, 4, false}, {20000, 223, true}, {20000, 225, false}, {60000, 640, true}, {60000, 645, false}, {200000, 2070, true}, {200000, 2080, false}, {200000, 100000, false}} {
		if got := accident(c.n, c.x, 0.01); got != c.want {
			t.Errorf("%v of %v: %t", c.x, c.n, got)
		}
	}
}
