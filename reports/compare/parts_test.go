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

// Searches differ where their 95 % intervals, or in earlier records the rates that held
// and did not, lie 5 % apart; an end that is not known bounds nothing.
func TestBoundsOfCapacity(t *testing.T) {
	within := func(low, high float64) *record.Capacity {
		return &record.Capacity{RatePerS: (low + high) / 2, UpperPerS: 2 * high, LowPerS: low, HighPerS: high, Confidence: 0.95}
	}
	held := func(rate, upper float64) *record.Capacity { return &record.Capacity{RatePerS: rate, UpperPerS: upper} }
	for name, c := range map[string]struct {
		old, new *record.Capacity
		want     Outcome
	}{
		"5 % apart":                      {within(100, 120), within(80, 95), Worse},
		"less than 5 % apart":            {within(100, 120), within(80, 95.01), NoDifference},
		"5 % apart, higher":              {within(80, 95), within(100, 120), Better},
		"less than 5 % apart, higher":    {within(80, 95.01), within(100, 120), NoDifference},
		"overlapping":                    {within(100, 120), within(80, 110), NoDifference},
		"earlier records, 5 % apart":     {held(100, 120), held(80, 95), Worse},
		"earlier records, less":          {held(100, 120), held(80, 95.01), NoDifference},
		"less than one per second":       {within(10, 12), within(0.4, 0.9), Worse},
		"up to less than one per second": {within(0.4, 0.9), within(10, 12), Better},
		"open above":                     {within(100, 120), within(50, 0), NoDifference},
		"open below":                     {within(0, 120), within(50, 60), NoDifference},
		"no rate held": {
			within(100, 120), &record.Capacity{UpperPerS: 10, HighPerS: 500, Confidence: 0.95, NoRate: true}, Worse,
		},
		"nothing tried":     {within(100, 120), &record.Capacity{}, NotComparable},
		"nothing tried old": {&record.Capacity{}, within(100, 120), NotComparable},
		"none before":       {nil, within(100, 120), ""},
		"none now":          {within(100, 120), nil, ""},
	} {
		if got := compareCapacity(c.old, c.new, true); got.Outcome != c.want || got.Name != capacityName {
			t.Errorf("%s: %+v, not %s", name, got, c.want)
		}
		if got := compareCapacity(c.old, c.new, false); got.Outcome != "" {
			t.Errorf("%s, of plans that differ: %+v", name, got)
		}
	}
}

// A search in one of the runs only is shown beside nothing, and its latencies are those
// of many rates.
func TestSearchInOneRun(t *testing.T) {
	for _, search := range []int{0, 1} {
		runs := []*record.Load{sample.Load(sample.Options{Seed: 3}), sample.Load(sample.Options{Seed: 4})}
		runs[search].Capacity = &record.Capacity{RatePerS: 100}
		p := loads(t, runs[0], runs[1], Options{}).Performance
		c := p.Counts[len(p.Counts)-1]
		if c.Name != capacityName || (c.Old == "-") != (search == 1) || (c.New == "-") != (search == 0) || c.Outcome != "" {
			t.Errorf("%+v", c)
		}
		if slices.ContainsFunc(p.Figures, func(f Figure) bool { return f.Reason != "the rates of a search are mixed in it" }) {
			t.Errorf("%+v", p.Figures)
		}
	}
}

// Shares are judged of comparable load tests, and not of searches, whose rates differ.
func TestSharesThatAreJudged(t *testing.T) {
	for name, c := range map[string]struct {
		comparable, search bool
		want               Outcome
	}{"plans alike": {true, false, Worse}, "other plans": {false, false, ""}, "searches": {true, true, ""}, "other searches": {false, true, ""}} {
		old, new := &record.Load{Series: sharesOf(10, 5000, 1)}, &record.Load{Series: sharesOf(10, 9000, 1)}
		if c.search {
			old.Capacity, new.Capacity = &record.Capacity{RatePerS: 100}, &record.Capacity{RatePerS: 100}
		}
		counts := compareCounts(old, new, c.comparable)
		if i := slices.IndexFunc(counts, func(c Count) bool { return c.Name == "errors" }); counts[i].Outcome != c.want {
			t.Errorf("%s: %+v", name, counts[i])
		}
	}
}

// A search is shown by its interval, or by what held and what did not.
func TestCapacityInWords(t *testing.T) {
	for _, c := range []struct {
		of   *record.Capacity
		want string
	}{
		{nil, "-"}, {&record.Capacity{}, "none found"}, {&record.Capacity{RatePerS: 100}, "100 held"}, {&record.Capacity{RatePerS: 100, UpperPerS: 120}, "100 held, 120 not"},
		{&record.Capacity{UpperPerS: 120}, "0 held, 120 not"}, {&record.Capacity{RatePerS: 100, UpperPerS: 120, LowPerS: 0.5, HighPerS: 0.9, Confidence: 0.95}, "100 (0.5 to 0.9)"},
		{&record.Capacity{RatePerS: 100, UpperPerS: 120, HighPerS: 110, Confidence: 0.95}, "100 held, 120 not"}, {&record.Capacity{RatePerS: 100, LowPerS: 90, Confidence: 0.95}, "100 held"},
	} {
		if got := bracket(c.of); got != c.want {
			t.Errorf("%+v: %q, not %q", c.of, got, c.want)
		}
	}
}

// A part of a plan, a sum of several plans, and one of which parts are missing or twice
// there are no load with a plan.
func TestNoLoad(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*record.Load)
		want string
	}{
		"one generator":     {func(*record.Load) {}, ""},
		"the only part":     {func(l *record.Load) { l.Part = &record.Part{Of: 1} }, ""},
		"a part":            {func(l *record.Load) { l.Part = &record.Part{Index: 1, Of: 2} }, "the run is part 1/2 of a plan"},
		"a sum":             {func(l *record.Load) { l.Generators = 1 }, "the run is a sum of 1 load tests"},
		"all parts":         {func(l *record.Load) { l.Generators, l.Whole = 2, &record.Whole{Of: 2} }, ""},
		"a part is missing": {func(l *record.Load) { l.Generators, l.Whole = 2, &record.Whole{Of: 3, Missing: []int{2}} }, "the run lacks 1 of the 3 parts of its plan"},
		"a part is twice":   {func(l *record.Load) { l.Generators, l.Whole = 2, &record.Whole{Of: 2, Repeated: []int{1}} }, "the run has 1 of the 2 parts of its plan more than once"},
		"saturated":         {func(l *record.Load) { l.Generator.Saturated = true }, "the load generator of the run was saturated"},
		"saturated, why":    {func(l *record.Load) { l.Generator.Saturated, l.Generator.Reasons = true, texts("a", "b") }, "the load generator of the run was saturated: a; b"},
	} {
		l := sample.Load(sample.Options{Seed: 3})
		c.edit(l)
		got := strings.Join(Unfit(l), "|")
		if c.want == "" && got != "" || !strings.HasPrefix(got, c.want) || strings.Contains(got, "|") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// A search need not send all of its plan, nor last as long.
func TestSearchesAreFit(t *testing.T) {
	short := func() *record.Load {
		l := sample.Load(sample.Options{Seed: 3})
		l.Totals.DurationS, l.Totals.Unsent = 1, l.Totals.Sent
		return l
	}
	if got := Unfit(short()); len(got) != 2 || !strings.Contains(got[0], "50.0 % of the plan of the run was never sent") {
		t.Errorf("%q", got)
	}
	l := short()
	l.Capacity = sample.Capacity()
	if got := Unfit(l); len(got) != 0 {
		t.Errorf("a search: %q", got)
	}
	l.Stopped = "interrupted"
	if got := Unfit(l); len(got) != 1 {
		t.Errorf("a search that stopped: %q", got)
	}
	search := func(objective string) *record.Load {
		l := sample.Load(sample.Options{Seed: 3})
		if objective != "" {
			l.Capacity = &record.Capacity{Objective: objective}
		}
		return l
	}
	for _, c := range []struct{ old, new, want string }{
		{"", "", ""}, {"p99<1s", "p99<1s", ""}, {"p99<1s", "p99<2s", "the searches for capacity had different objectives, p99<1s and p99<2s"},
		{"", "p99<1s", "only the new run is a search for capacity"}, {"p99<1s", "", "only the old run is a search for capacity"},
	} {
		if got := strings.Join(PlanDifferences(search(c.old), search(c.new)), "|"); got != c.want {
			t.Errorf("%s and %s: %q", c.old, c.new, got)
		}
	}
}

// What one of the records does not tell of its connections is no difference.
func TestConnectionsThatAreNotTold(t *testing.T) {
	for _, c := range []struct {
		old, new record.Connections
		want     string
	}{
		{record.Connections{HTTP: "2"}, record.Connections{}, ""}, {record.Connections{}, record.Connections{HTTP: "2"}, ""},
		{record.Connections{Handshakes: 1}, record.Connections{Resumption: true}, ""}, {record.Connections{}, record.Connections{Resumption: true, Handshakes: 1}, ""},
		{record.Connections{Handshakes: 1}, record.Connections{Resumption: true, Handshakes: 1}, "TLS resumption off on"},
	} {
		got := ""
		connectionDifferences(&c.old, &c.new, func(what string, x, y any) { got += what + " " + x.(string) + " " + y.(string) })
		if got != c.want {
			t.Errorf("%+v and %+v: %q", c.old, c.new, got)
		}
	}
}

// Only what both load tests called is compared, in order.
func TestSharedServices(t *testing.T) {
	of := func(names ...string) *record.Load {
		l := &record.Load{}
		for _, n := range names {
			l.Services = append(l.Services, record.Service{Name: n, Status: "all"}, record.Service{Name: n, Status: "200"})
		}
		return l
	}
	for _, c := range []struct{ old, new, want []string }{
		{texts("v2auth", "login"), texts("login", "v2auth"), texts("login", "v2auth")}, {texts("login", "oauth"), texts("login"), texts("login")},
		{texts("login"), texts("login", "oauth"), texts("login")}, {texts("login"), texts("oauth"), nil},
	} {
		if got := shared(of(c.old...), of(c.new...)); !slices.Equal(got, c.want) {
			t.Errorf("%v and %v: %v", c.old, c.new, got)
		}
	}
	old, new := sample.Load(sample.Options{Seed: 3}), sample.Load(sample.Options{Seed: 4})
	new.Services = slices.DeleteFunc(new.Services, func(s record.Service) bool { return s.Name == "oauth" })
	if r := loads(t, old, new, Options{}); len(r.Performance.Figures) == 0 || slices.ContainsFunc(r.Performance.Figures, func(f Figure) bool { return f.Service != "login" }) {
		t.Errorf("%+v", r.Performance.Figures)
	}
}

// A lower bound widens the interval by how much higher the figure may be; without an end
// it cannot be compared.
func TestLowerBounds(t *testing.T) {
	closed, open := hist.Range{Low: 10 * time.Millisecond, Shown: 10 * time.Millisecond, High: 20 * time.Millisecond}, hist.Range{Shown: 10 * time.Millisecond, High: 20 * time.Millisecond, Open: true}
	endless := hist.Range{Shown: 10 * time.Millisecond, High: hist.Unbounded, Open: true}
	for name, c := range map[string]struct {
		old, new       hist.Range
		more, moreThen float64
		outcome        Outcome
	}{
		"neither":     {closed, closed, 0, 0, ""},
		"the new one": {closed, open, 0, math.Ln2, ""},
		"the old one": {open, closed, math.Ln2, 0, ""},
		"new, endless": {
			closed, endless, 0, math.Inf(1), NotComparable,
		},
		"old, endless": {endless, closed, math.Inf(1), 0, NotComparable},
		"from nothing": {closed, hist.Range{High: 2 * time.Microsecond, Open: true}, 0, math.Ln2, ""},
	} {
		f := Figure{Change: 0.5}
		f.mark(c.old, c.new)
		if f.OldAtLeast != c.old.Open || f.NewAtLeast != c.new.Open || f.Outcome != c.outcome || (f.Outcome != "") != (f.Change == 0) || (f.Reason != "") != (f.Outcome != "") {
			t.Errorf("%s: %+v", name, f)
		}
		if f.oldMore != c.more && !near([]float64{f.oldMore}, []float64{c.more}) || f.newMore != c.moreThen && !near([]float64{f.newMore}, []float64{c.moreThen}) {
			t.Errorf("%s: more by %v, %v", name, f.oldMore, f.newMore)
		}
	}
	f := Figure{Outcome: NotComparable, Reason: "as it was", Change: 1}
	if f.mark(closed, endless); f.Reason != "as it was" {
		t.Errorf("%+v", f)
	}
}

// A limit is exceeded where the whole interval lies above it and the change is one at all.
func TestBoundsOfLimits(t *testing.T) {
	for name, c := range map[string]struct {
		f        Figure
		exceeded bool
	}{
		"above":                    {Figure{OldS: 0.1, NewS: 0.13, Change: 0.3, Low: 0.1001, High: 0.5}, true},
		"touching it":              {Figure{OldS: 0.1, NewS: 0.13, Change: 0.3, Low: 0.1, High: 0.5}, false},
		"too little to count":      {Figure{OldS: 0.0005, NewS: 0.0007, Change: 0.4, Low: 0.2, High: 0.5}, false},
		"a quarter of millisecond": {Figure{OldS: 0.0005, NewS: 0.00075, Change: 0.5, Low: 0.2, High: 0.7}, true},
		"quicker":                  {Figure{OldS: 0.1, NewS: 0.05, Change: -0.5, Low: -0.6, High: -0.4}, false},
		"that cannot be compared":  {Figure{OldS: 0.1, NewS: 0.13, Change: 0.3, Low: 0.2, High: 0.5, Outcome: NotComparable}, false},
	} {
		c.f.Service, c.f.Name = "login", "p50"
		for limited, l := range map[bool]Limit{true: {Service: "login", Figure: "p50", Share: 0.1}, false: {Service: "oauth", Figure: "p50", Share: 0.1}} {
			p := &Performance{Comparable: true, Figures: []Figure{c.f}}
			p.judge([]Limit{l})
			if f := p.Figures[0]; f.Exceeded != (c.exceeded && limited) || (f.Limit != nil) != limited {
				t.Errorf("%s, limited %t: %+v", name, limited, f)
			}
		}
	}
	for l, want := range map[Limit][]bool{{Figure: "p50"}: {true, true, false}, {Service: "login", Figure: "p50"}: {true, false, false}, {Service: "login", Figure: "p99"}: {false, false, true}} {
		if got := []bool{l.covers("login", "p50"), l.covers("oauth", "p50"), l.covers("login", "p99")}; !slices.Equal(got, want) {
			t.Errorf("%+v covers %v", l, got)
		}
	}
}

// What is shown to be worse fails, what a limit is about and cannot be judged is open,
// and a limit on one figure lets the others pass.
func TestFindings(t *testing.T) {
	limit := 0.1
	worse := Figure{Service: "login", Name: "p50", Change: 0.2, Low: 0.1, High: 0.3, Outcome: Worse}
	fine := Figure{Service: "oauth", Name: "p50", Outcome: NoDifference}
	limited := fine
	limited.Limit = &limit
	open := Figure{Service: "oauth", Name: "p99", Outcome: NotComparable, Reason: "too few", Limit: &limit}
	exceeded := worse
	exceeded.Limit, exceeded.Exceeded = &limit, true
	const changed = "login p50 changed by +20.0 % (+10.0 % to +30.0 %)"
	for name, c := range map[string]struct {
		p            Performance
		failed, open string
	}{
		"nothing":                  {Performance{Comparable: true, Figures: []Figure{fine}}, "", ""},
		"worse":                    {Performance{Comparable: true, Figures: []Figure{worse, fine}}, changed, ""},
		"worse, another limited":   {Performance{Comparable: true, Figures: []Figure{worse, limited}}, "", ""},
		"beyond its limit":         {Performance{Comparable: true, Figures: []Figure{exceeded}}, changed + "; +10.0 % is allowed", ""},
		"a limit that is open":     {Performance{Comparable: true, Figures: []Figure{fine, open}}, "", "the limit on oauth p99 cannot be judged: too few"},
		"of plans that differ":     {Performance{Reasons: texts("a", "b"), Figures: []Figure{open}}, "", "the load tests cannot be compared: a; b"},
		"nothing judged":           {Performance{Comparable: true, Figures: []Figure{{Outcome: NotComparable, Reason: "x"}, {Outcome: NotComparable, Reason: "x"}}}, "", "no figure of the load tests could be judged: x"},
		"no service":               {Performance{Comparable: true}, "", "no figure of the load tests could be judged: the load tests share no service"},
		"more errors":              {Performance{Comparable: true, Figures: []Figure{fine}, Counts: []Count{{Name: "errors", Old: "1", New: "9", Outcome: Worse}, {Name: "unsent", Outcome: Better}}}, "more errors: 9, before 1", ""},
		"lower capacity":           {Performance{Comparable: true, Counts: []Count{{Name: capacityName, Old: "9", New: "1", Outcome: Worse}}}, "lower capacity: 1; before: 9", ""},
		"capacity as before":       {Performance{Comparable: true, Counts: []Count{{Name: capacityName, Outcome: NoDifference}}}, "", ""},
		"capacity, not comparable": {Performance{Comparable: true, Figures: []Figure{{Outcome: NotComparable, Reason: "mixed"}}, Counts: []Count{{Name: capacityName, Outcome: NotComparable}}}, "", "no figure of the load tests could be judged: mixed"},
		"capacity, not judged":     {Performance{Comparable: true, Figures: []Figure{{Outcome: NotComparable, Reason: "mixed"}}, Counts: []Count{{Name: capacityName}, {Name: "errors", Outcome: Better}}}, "", "no figure of the load tests could be judged: mixed"},
	} {
		failed, open := c.p.findings()
		if strings.Join(failed, "|") != c.failed || strings.Join(open, "|") != c.open {
			t.Errorf("%s: failed %q, open %q", name, failed, open)
		}
	}
	for want, f := range map[bool][]Figure{true: {{Low: 0.1}, {High: -0.1}, {Low: -1, High: 1}}, false: {{}, {Change: 0.1}}} {
		for _, f := range f {
			if f.Judged() != want {
				t.Errorf("%+v has an interval: %t", f, !want)
			}
		}
	}
}

// A first bad token counts only where the old run had answers at all.
func TestFirstBadToken(t *testing.T) {
	for _, c := range []struct {
		oldBad, completed, newBad uint64
		want                      Outcome
	}{{0, 1, 1, Worse}, {0, 1, 0, ""}, {0, 0, 1, ""}, {1, 5, 9, ""}} {
		old, new := &record.Load{Totals: record.Totals{BadTokens: c.oldBad, Completed: c.completed}}, &record.Load{Totals: record.Totals{BadTokens: c.newBad}}
		if got := firstBad(old, new, Count{}); got.Outcome != c.want {
			t.Errorf("%+v: %s", c, got.Outcome)
		}
	}
}

// The whole run's histogram gives the percentiles where it counts the same requests.
func TestExactPercentiles(t *testing.T) {
	h := hist.New()
	for k := range 10 {
		h.Record(time.Duration(k+1) * 10 * time.Millisecond)
	}
	encoded, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	l := &record.Load{Services: []record.Service{{Name: "oauth", Status: "all", LatencyHistogram: "x"}, {Name: "login", Status: "200", LatencyHistogram: "x"}, {Name: "login", Status: "all", LatencyHistogram: encoded}}}
	for total, want := range map[float64]bool{10: true, 9: false, 11: false} {
		s := newSampleSet([]*hist.Histogram{h})
		s.total = total
		if err := s.setExact(l, "login"); err != nil || (s.exact != nil) != want {
			t.Errorf("of %v requests: %v, %v", total, s.exact, err)
		}
		// By nearest rank the half of ten is the fifth; between the buckets it is its upper end.
		got := s.reported(s.sum(), 0.5)
		if exact := microseconds(h.Quantile(0.5).Seconds()); want && got != exact || !want && (got == exact || math.Abs(got-exact) > 0.0001) {
			t.Errorf("of %v requests: p50 %v, by the histogram %v", total, got, exact)
		}
	}
}
