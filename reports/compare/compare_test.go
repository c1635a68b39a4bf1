package compare

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/sample"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// plain is the sample without its search for capacity.
func plain() *record.Run {
	run := sample.Run()
	run.Load.Capacity = nil
	return run
}

// pair returns two runs with changes of every kind.
func pair() (old, new *record.Run) {
	old, new = plain(), plain()
	new.Started, new.Finished = new.Started.Add(time.Hour), new.Finished.Add(time.Hour)
	old.Load = sample.Load(sample.Options{Seed: 3})
	new.Load = sample.Load(sample.Options{Seed: 4, Factor: 1.4})
	r := old.Conformance.Requirements
	r[0].State = record.Skipped // newly checked
	r[1].State = record.Pass    // newly failing
	r[3].State = record.Pass    // newly waived
	r[4].State = record.Pass    // newly unchecked
	n := new.Conformance.Requirements
	r[2].State, n[2].State = record.Fail, record.Pass // fixed
	old.Conformance.Scenarios[9].State = record.Pass  // a scenario without a requirement newly fails
	old.Conformance.Ambiguities[1].Reading = "in data"
	old.Behaviour.Traits["oauth.success.expires_in"] = []string{"3600"}
	delete(old.Behaviour.Traits, "reading.A1")
	delete(new.Behaviour.Traits, "login.success.token.length")
	return old, new
}

func TestGolden(t *testing.T) {
	old, new := pair()
	r, err := Compare(old, new, Options{Limits: []Limit{{Service: "login", Figure: "p50", Share: 0.1, Text: "login.p50=10%"}}})
	if err != nil {
		t.Fatal(err)
	}
	for file, k := range map[string]struct {
		format string
		d      Drawing
	}{
		"compare.txt": {"text", Drawing{}}, "compare-quiet.txt": {"text", Drawing{Quiet: true}}, "compare-color.txt": {"text", Drawing{Color: true, Width: 120}},
		"compare.md": {"markdown", Drawing{}}, "compare.json": {"json", Drawing{}},
	} {
		got, err := r.Draw(k.format, k.d)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", file)
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s differs (-want +got); if that is right, run the test with -update\n%s", path, diff)
		}
	}
}

// ids lists the ids of changes.
func ids(changes []Change) string {
	var out []string
	for _, c := range changes {
		out = append(out, c.ID)
	}
	return strings.Join(out, " ")
}

func TestConformance(t *testing.T) {
	old, new := pair()
	c := compareConformance(old.Conformance, new.Conformance, true)
	for name, k := range map[string][2]string{
		"newly failing":   {ids(c.NewlyFailing), "LOGIN-05 features/hostile.feature:5"},
		"fixed":           {ids(c.Fixed), "LOGIN-09"},
		"newly warning":   {ids(c.NewlyWarning), "LOGIN-12"},
		"newly unchecked": {ids(c.NewlyUnchecked), "LOGIN-15"},
		"newly checked":   {ids(c.NewlyChecked), "LOGIN-01"},
		"flaky":           {ids(c.Flaky), "features/oauth/success.feature:8"},
	} {
		if k[0] != k[1] {
			t.Errorf("%s: got %s, want %s", name, k[0], k[1])
		}
	}
	if len(c.Ambiguities) != 1 || c.Unchanged != 5 {
		t.Errorf("ambiguities %v, unchanged %d", c.Ambiguities, c.Unchanged)
	}
}

// Nothing changed: nothing is reported, in any part.
func TestTheSameRunTwice(t *testing.T) {
	r, err := Compare(plain(), plain(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict.State != record.VerdictPass || r.Verdict.Exit != 0 || len(r.Behaviour.Changes) != 0 || r.Conformance.listed() != 0 ||
		r.Performance.count(NoDifference) != len(r.Performance.Figures) {
		t.Errorf("got %s", r.Line())
	}
}

func TestErrorsAreNotFailures(t *testing.T) {
	old, new := sample.Verify(), sample.Verify()
	old.Conformance.Requirements[0].State, new.Conformance.Requirements[0].State = record.Pass, record.Error
	r, err := Compare(old, new, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Conformance.NewlyFailing) != 0 || ids(r.Conformance.NewlyUnchecked) != "LOGIN-01" || r.Verdict.Exit != 3 {
		t.Errorf("got %s", r.Line())
	}
}

func TestNotComparable(t *testing.T) {
	for name, k := range map[string]struct {
		edit func(*record.Load)
		want string
	}{
		"saturated": {func(l *record.Load) { l.Generator.Saturated = true }, "the load generator of the new run was saturated"},
		"stopped":   {func(l *record.Load) { l.Stopped = "errors" }, "the new run stopped early: errors"},
		"cut off":   {func(l *record.Load) { l.Totals.DurationS = 3 }, "the new run ended after 3 s of 20 s"},
		"shape": {func(l *record.Load) {
			l.Plan.Phases[0].Shape, l.Plan.Phases[0].Params = "spike", map[string]float64{"peak_per_s": 120, "at_s": 1.3333333330000001, "length_s": 0.4}
		}, "phase 1 constant 80/s for 20 s and spike 80/s for 20 s, up to 120/s after 1.33 s for 0.4 s"},
		"a little":    {func(l *record.Load) { l.Plan.Phases[0].RatePerS = 80.0001 }, "phase 1 constant 80/s for 20 s and constant 80.0001/s for 20 s"},
		"capacity":    {func(l *record.Load) { l.Capacity = sample.Capacity() }, "only the new run is a search for capacity"},
		"rate":        {func(l *record.Load) { l.Plan.Phases[0].RatePerS = 9 }, "different plan: phase 1"},
		"mix":         {func(l *record.Load) { l.Plan.Mix = map[string]float64{"login": 1} }, "different plan: mix login 50 %, oauth 50 % and login 100 %"},
		"arrivals":    {func(l *record.Load) { l.Plan.Arrivals, l.Plan.Seed = "poisson", 3 }, "different plan: arrivals uniform and poisson"},
		"connections": {func(l *record.Load) { l.Connections = &record.Connections{Mode: "fresh", Resumption: true} }, "different plan: connections reuse and fresh"},
		"transport":   {func(l *record.Load) { l.Plan.Transport = "standard" }, "different plan: transport"},
	} {
		old, new := plain(), plain()
		new.Load = sample.Load(sample.Options{Factor: 3})
		k.edit(new.Load)
		r, err := Compare(old, new, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Verdict.Exit != 3 || !strings.Contains(strings.Join(r.Verdict.Reasons, "\n"), k.want) ||
			slices.ContainsFunc(r.Performance.Figures, func(f Figure) bool { return f.Outcome != NotComparable }) {
			t.Errorf("%s: got %+v", name, r.Verdict)
		}
	}
}

// A comparison in which nothing can be judged shows nothing.
func TestNothingJudgedIsInconclusive(t *testing.T) {
	for name, k := range map[string]struct {
		edit func(*record.Load)
		want string
	}{
		"no series": {func(l *record.Load) { l.Series = nil }, "fewer than 5 intervals"},
		"too short": {func(l *record.Load) { l.Series = l.Series[:4] }, "fewer than 5 intervals"},
		"nothing measured": {func(l *record.Load) {
			l.Services, l.Series, l.Totals = nil, nil, record.Totals{DurationS: l.Plan.DurationS}
		}, "the load tests share no service"},
		"nothing came": {func(l *record.Load) {
			for i := range l.Series {
				l.Series[i].LatencyHistograms = nil
			}
		}, "fewer than 5 requests beyond it"},
	} {
		for side := range 2 {
			runs := []*record.Run{plain(), plain()}
			k.edit(runs[side].Load)
			r, err := Compare(runs[0], runs[1], Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(r.Verdict.Reasons, "\n"); r.Verdict.Exit != 3 || !strings.Contains(got, k.want) {
				t.Errorf("%s, %d: exit %d, %s", name, side, r.Verdict.Exit, got)
			}
		}
	}
}

// Of two searches for capacity the brackets are compared, not the latencies of
// their mixed steps.
func TestCapacityIsComparedByItsBracket(t *testing.T) {
	for name, k := range map[string]struct {
		old, new record.Capacity
		outcome  Outcome
		exit     int
	}{
		"as before":          {record.Capacity{RatePerS: 380, UpperPerS: 400}, record.Capacity{RatePerS: 370, UpperPerS: 390}, NoDifference, 0},
		"a little lower":     {record.Capacity{RatePerS: 380, UpperPerS: 400}, record.Capacity{RatePerS: 360, UpperPerS: 370}, NoDifference, 0},
		"lower":              {record.Capacity{RatePerS: 380, UpperPerS: 400}, record.Capacity{RatePerS: 200, UpperPerS: 210}, Worse, 1},
		"no rate held":       {record.Capacity{RatePerS: 380, UpperPerS: 400}, record.Capacity{UpperPerS: 10}, Worse, 1},
		"higher":             {record.Capacity{RatePerS: 200, UpperPerS: 210}, record.Capacity{RatePerS: 380, UpperPerS: 400}, Better, 0},
		"higher, open above": {record.Capacity{RatePerS: 200, UpperPerS: 210}, record.Capacity{RatePerS: 380}, Better, 0},
		"both open above":    {record.Capacity{RatePerS: 200}, record.Capacity{RatePerS: 380}, NoDifference, 0},
		"nothing found":      {record.Capacity{RatePerS: 200, UpperPerS: 210}, record.Capacity{}, NotComparable, 3},
		"another objective":  {record.Capacity{Objective: "p50<1ms", RatePerS: 380, UpperPerS: 400}, record.Capacity{RatePerS: 380, UpperPerS: 400}, "", 3},
	} {
		old, new := plain(), plain()
		new.Load = sample.Load(sample.Options{Factor: 3}) // other rates, other latencies
		old.Load.Capacity, new.Load.Capacity = &k.old, &k.new
		r, err := Compare(old, new, Options{})
		if err != nil {
			t.Fatal(err)
		}
		c := r.Performance.Counts[len(r.Performance.Counts)-1]
		if r.Verdict.Exit != k.exit || c.Name != capacityName || c.Outcome != k.outcome {
			t.Errorf("%s: %+v, %+v", name, r.Verdict, c)
		}
		if slices.ContainsFunc(r.Performance.Figures, func(f Figure) bool { return f.Outcome != NotComparable }) {
			t.Errorf("%s: latencies of mixed steps are compared", name)
		}
	}
}

// The percentiles are those that the reports of the runs show.
func TestPercentilesAreTheReports(t *testing.T) {
	old, new := plain(), plain()
	r, err := Compare(old, new, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Performance.Figures {
		i := slices.IndexFunc(old.Load.Services, func(s record.Service) bool { return s.Name == f.Service && s.Status == "all" })
		d := old.Load.Services[i].Latency
		want := map[string]float64{"p50": d.P50, "p90": d.P90, "p95": d.P95, "p99": d.P99, "p99.9": d.P999}[f.Name]
		if f.OldS != want || f.NewS != want {
			t.Errorf("%s %s is %v and %v, the report says %v", f.Service, f.Name, f.OldS, f.NewS, want)
		}
	}
}

// A limit is exceeded only where the whole interval lies above it, and then only
// the limited figures count.
func TestLimits(t *testing.T) {
	old, new := plain(), plain()
	old.Load, new.Load = sample.Load(sample.Options{Seed: 3, Seconds: 40}), sample.Load(sample.Options{Seed: 4, Seconds: 40, Factor: 1.3})
	for text, exit := range map[string]int{
		"login.p50=10%": 1, "p50=10%": 1, "login.p50=30%": 0, "oauth.p50=5%": 0, "login.p50=100%": 0,
	} {
		l, err := ParseLimit(text)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Compare(old, new, Options{Limits: []Limit{l}})
		if err != nil {
			t.Fatal(err)
		}
		if r.Verdict.Exit != exit {
			t.Errorf("%s: exit %d, want %d: %v", text, r.Verdict.Exit, exit, r.Verdict.Reasons)
		}
	}
	short, err := ParseLimit("login.p99.9=10%")
	if err != nil {
		t.Fatal(err)
	}
	if r, err := Compare(old, new, Options{Limits: []Limit{short}}); err != nil || r.Verdict.Exit != 3 {
		t.Errorf("a limit that cannot be judged: %v, %+v", err, r)
	}
	if _, err := Compare(old, new, Options{Limits: []Limit{{Service: "nobody", Figure: "p50", Text: "nobody.p50=1%"}}}); err == nil {
		t.Error("a limit on an unknown service is no error")
	}
	if _, err := Compare(sample.Verify(), sample.Verify(), Options{Limits: []Limit{short}}); !errors.Is(err, ErrNothingInCommon) {
		t.Errorf("a limit without load tests: %v", err)
	}
}

// More errors are a finding whatever the latency does; a handful of chance ones is none.
func TestErrorShares(t *testing.T) {
	for name, k := range map[string]struct {
		edit func(i int, p *record.Point)
		exit int
	}{
		"every tenth fails":   {func(_ int, p *record.Point) { p.Errors = p.Sent / 10 }, 1},
		"bad tokens":          {func(i int, p *record.Point) { p.BadTokens = uint64(1 + i%2) }, 1},
		"one burst":           {func(i int, p *record.Point) { p.Errors = map[bool]uint64{i == 3: 9}[true] }, 0},
		"nothing that counts": {func(_ int, _ *record.Point) {}, 0},
	} {
		old, new := plain(), plain()
		for i := range new.Load.Series {
			k.edit(i, &new.Load.Series[i])
		}
		r, err := Compare(old, new, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Verdict.Exit != k.exit {
			t.Errorf("%s: %+v", name, r.Verdict)
		}
	}
}

// A first wrong token is no noise, however few there are and whatever was planned; a
// threshold that does not hold any more is said.
func TestFirstBadTokenIsWorse(t *testing.T) {
	for name, k := range map[string]struct {
		old, new uint64
		shape    string
		exit     int
	}{
		"the first one":           {0, 1, "", 1},
		"the first, another plan": {0, 1, "ramp", 1},
		"one as before":           {1, 1, "", 0},
		"none any more":           {1, 0, "", 0},
		"none, but another plan":  {0, 0, "ramp", 3},
	} {
		old, new := plain(), plain()
		old.Load.Totals.BadTokens, new.Load.Totals.BadTokens = k.old, k.new
		old.Load.Thresholds = []record.Threshold{{Expression: "bad_tokens==0", Value: "0", State: record.ThresholdPass}}
		new.Load.Thresholds = []record.Threshold{{Expression: "bad_tokens==0", Value: "7", State: record.ThresholdFail}}
		if k.shape != "" {
			new.Load.Plan.Phases[0].Shape = k.shape
		}
		r, err := Compare(old, new, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Verdict.Exit != k.exit {
			t.Errorf("%s: %+v", name, r.Verdict)
		}
		if got := strings.Join(r.Notes, "\n"); !strings.Contains(got, "the threshold bad_tokens==0 held before with 0, and does not with 7") {
			t.Errorf("%s: notes %s", name, got)
		}
	}
}

// Intervals after the plan's end, in which answers came late, are no batches of anything.
func TestLateAnswersAreNoIntervals(t *testing.T) {
	late := func(l *record.Load) {
		for range 30 {
			p := record.Point{TS: float64(len(l.Series)), WidthS: 1, Completed: 1, LatencyHistograms: map[string]string{}}
			l.Series = append(l.Series, p)
		}
	}
	old, new := plain(), plain()
	for i := range new.Load.Series {
		new.Load.Series[i].Errors = uint64(i % 2)
	}
	want, err := Compare(old, new, Options{})
	if err != nil {
		t.Fatal(err)
	}
	late(new.Load)
	got, err := Compare(old, new, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.Performance, got.Performance, cmp.AllowUnexported(Figure{})); diff != "" {
		t.Error(diff)
	}
}

func TestParseLimit(t *testing.T) {
	for text, want := range map[string]Limit{
		"login.p99=10%":     {Service: "login", Figure: "p99", Share: 0.1},
		"p50=0%":            {Figure: "p50"},
		"oauth.p99.9 = 5 %": {Service: "oauth", Figure: "p99.9", Share: 0.05},
		"p99_9=1%":          {Figure: "p99.9", Share: 0.01},
	} {
		want.Text = text
		if got, err := ParseLimit(text); err != nil || got != want {
			t.Errorf("%s: got %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "login", "login.p98=1%", "p50=10", "p50=x%", "p50=-1%", "p50=NaN%", "=1%"} {
		if _, err := ParseLimit(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

func TestNothingInCommon(t *testing.T) {
	load := plain()
	load.Conformance, load.Behaviour = nil, nil
	if _, err := Compare(sample.Verify(), load, Options{}); !errors.Is(err, ErrNothingInCommon) {
		t.Errorf("got %v", err)
	}
}

func TestBlockLength(t *testing.T) {
	var flat, steps, alternating []float64
	for i := range 120 {
		flat = append(flat, 1)
		steps = append(steps, float64(i/30%2)) // long stretches of the same
		alternating = append(alternating, float64((i*7919)%13))
	}
	if l := blockLength(flat); l != 1 {
		t.Errorf("a constant series: %d", l)
	}
	if l := blockLength(steps); l < 10 {
		t.Errorf("long stretches: %d", l)
	}
	if l := blockLength(alternating); l > 4 {
		t.Errorf("no dependence to speak of: %d", l)
	}
	if l := blockLength(nil); l != 1 {
		t.Errorf("nothing: %d", l)
	}
}

// Runs that used connections in different ways, or another version of HTTP, are not of
// one plan; what a record does not say is no difference.
func TestConnectionsAreOfThePlan(t *testing.T) {
	of := func(mode, http string, resumption bool, shaken uint64) *record.Connections {
		return &record.Connections{Mode: mode, HTTP: http, Resumption: resumption, Handshakes: shaken}
	}
	for _, k := range []struct {
		old, new *record.Connections
		want     string
	}{
		{of("reuse", "1.1", true, 3), of("reuse", "1.1", true, 9), ""},
		{nil, of("reuse", "1.1", true, 9), ""},
		{nil, nil, ""},
		{of("fresh", "1.1", true, 3), nil, "connections fresh and reuse"},
		{of("reuse", "1.1", true, 3), of("10 per connection", "1.1", true, 3), "connections reuse and 10 per connection"},
		{of("fresh", "1.1", true, 3), of("fresh", "1.1", false, 3), "TLS resumption on and off"},
		{of("fresh", "1.1", true, 0), of("fresh", "1.1", false, 0), ""},
		{of("reuse", "1.1", true, 3), of("reuse", "2", true, 3), "version of HTTP 1.1 and 2"},
		{of("reuse", "", true, 3), of("reuse", "2", true, 3), ""},
	} {
		old, new := sample.Load(sample.Options{}), sample.Load(sample.Options{Seed: 2})
		old.Connections, new.Connections = k.old, k.new
		var want []string
		if k.want != "" {
			want = []string{"different plan: " + k.want}
		}
		if got := PlanDifferences(old, new); !slices.Equal(got, want) {
			t.Errorf("%+v and %+v: %q, want %q", k.old, k.new, got, want)
		}
	}
}
