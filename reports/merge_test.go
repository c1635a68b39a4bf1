package reports

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/sample"
	"github.com/unigate/unigate/reports/schema"
)

// loadRun is a passing load test of one generator that began at an offset.
func loadRun(seed uint64, offset time.Duration) *record.Run {
	run := sample.Verify()
	run.Command, run.Conformance, run.Behaviour = "load", nil, nil
	run.Verdict = record.Verdict{State: record.VerdictPass, Reasons: []string{}}
	run.Started = run.Started.Add(offset)
	run.Finished = run.Finished.Add(offset + 20*time.Second)
	run.Load = sample.Load(sample.Options{Seed: seed})
	run.Load.Began = run.Started.Add(2 * time.Second)
	run.Load.Capacity, run.Load.Bad, run.Load.Totals.BadTokens = nil, nil, 0
	run.Load.Thresholds = []record.Threshold{
		{Expression: "p99<250ms", Value: "60ms", State: record.ThresholdPass},
		{Expression: "login.p50<1ms", Value: "20ms", State: record.ThresholdPass}, // wrong on purpose: it must be judged anew
		{Expression: "rate>=99%", Value: "99.5%", State: record.ThresholdPass},
		{Expression: "error_rate<10%", Value: "0.25%", State: record.ThresholdPass},
		{Expression: "bad_tokens==0", Value: "0", State: record.ThresholdPass},
	}
	return run
}

func TestMergeAddsGeneratorsUp(t *testing.T) {
	a, b := loadRun(3, 0), loadRun(4, 3*time.Second)
	merged, err := Merge(a, b)
	if err != nil {
		t.Fatal(err)
	}
	l := merged.Load
	if l.Totals.Completed != 3200 || l.All.Count != 3200 || l.Totals.RatePerS != 160 || l.Plan.Phases[0].RatePerS != 160 {
		t.Errorf("totals %+v, all %d", l.Totals, l.All.Count)
	}
	sum := hist.New()
	for _, r := range []*record.Run{a, b} {
		h, err := hist.Decode(r.Load.All.LatencyHistogram)
		if err != nil {
			t.Fatal(err)
		}
		sum.Merge(h)
	}
	if l.All.Latency != sum.Distribution() {
		t.Errorf("latency %+v, want %+v", l.All.Latency, sum.Distribution())
	}
	if len(l.Series) != 23 || l.Series[0].Sent != 80 || l.Series[3].Sent != 160 || l.Series[22].Sent != 80 {
		t.Errorf("the series are not aligned by time: %d points", len(l.Series))
	}
	states := map[string]record.ThresholdState{}
	for _, th := range l.Thresholds {
		states[th.Expression] = th.State
	}
	if states["p99<250ms"] != record.ThresholdPass || states["login.p50<1ms"] != record.ThresholdFail || states["rate>=99%"] != record.ThresholdPass {
		t.Errorf("thresholds %+v", l.Thresholds)
	}
	if merged.Verdict.State != record.VerdictFail || merged.Verdict.Exit != 1 {
		t.Errorf("verdict %+v", merged.Verdict)
	}
	stored, err := Encode(merged)
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(stored); err != nil {
		t.Error(err)
	}
}

func TestMergeStaysHonest(t *testing.T) {
	saturated := loadRun(3, 0)
	saturated.Load.Generator.Saturated, saturated.Load.Generator.Reasons = true, []string{"CPU"}
	merged, err := Merge(loadRun(4, time.Second), saturated)
	if err != nil {
		t.Fatal(err)
	}
	for _, th := range merged.Load.Thresholds {
		if th.State != record.ThresholdInconclusive {
			t.Errorf("%s is %s beside a saturated generator", th.Expression, th.State)
		}
	}
	if merged.Verdict.State != record.VerdictInconclusive || merged.Verdict.Exit != 3 {
		t.Errorf("verdict %+v", merged.Verdict)
	}
	stopped := loadRun(5, 0)
	stopped.Load.Stopped = "20 errors in a row"
	stopped.Verdict = record.Verdict{State: record.VerdictFail, Exit: 1, Reasons: []string{"stopped"}}
	if merged, err = Merge(loadRun(4, time.Second), stopped); err != nil || merged.Verdict.State != record.VerdictFail {
		t.Errorf("a stopped run: %v, %+v", err, merged)
	}
}

func TestMergeJoinsVerifyAndLoad(t *testing.T) {
	merged, err := Merge(sample.Verify(), loadRun(3, 0))
	if err != nil {
		t.Fatal(err)
	}
	if merged.Conformance == nil || merged.Load == nil || merged.Command != "verify and load" || merged.Verdict.Exit != 1 {
		t.Errorf("got %s, %+v", merged.Command, merged.Verdict)
	}
	good, open := sample.Verify(), loadRun(3, 0)
	good.Verdict = record.Verdict{State: record.VerdictPass, Reasons: []string{"all is met"}}
	open.Verdict = record.Verdict{State: record.VerdictInconclusive, Exit: 3, Reasons: []string{"the generator was the limit"}}
	if merged, err = Merge(good, open); err != nil || merged.Verdict.Exit != 3 || strings.Join(merged.Verdict.Reasons, "; ") != "the generator was the limit; all is met" {
		t.Errorf("%v, what decides is not told first: %+v", err, merged.Verdict)
	}
}

func TestMergeRefusesWhatDoesNotBelongTogether(t *testing.T) {
	other := loadRun(3, 0)
	other.Target.BaseURL = "https://other.example"
	shape := loadRun(3, 0)
	shape.Load.Plan.Phases = []record.Phase{{Shape: "ramp", DurationS: 20}}
	sum, err := Merge(loadRun(3, 0), loadRun(4, time.Second))
	if err != nil {
		t.Fatal(err)
	}
	random := func(seed, n uint64, offset time.Duration) *record.Run {
		r := loadRun(seed, offset)
		r.Load.Plan.Arrivals, r.Load.Plan.Seed = "poisson", n
		return r
	}
	if both, err := Merge(random(3, 1, 0), random(4, 2, time.Second)); err != nil || both.Load.Plan.Arrivals != "poisson" || both.Load.Plan.Seed != 0 {
		t.Errorf("generators of different seeds: %v", err)
	}
	broken := loadRun(3, 0)
	broken.Load.Services[0].LatencyHistogram = "broken"
	for name, k := range map[string]struct {
		runs []*record.Run
		want string
	}{
		"targets":             {[]*record.Run{loadRun(3, 0), other}, "different targets"},
		"plans":               {[]*record.Run{loadRun(3, 0), shape}, "different phases"},
		"arrivals":            {[]*record.Run{loadRun(3, 0), random(4, 1, time.Second)}, "different arrivals, uniform and poisson"},
		"seeds":               {[]*record.Run{random(3, 1, 0), random(4, 1, time.Second)}, "the same seed 1"},
		"verifies":            {[]*record.Run{sample.Verify(), sample.Verify()}, "only load tests can be added up"},
		"merged":              {[]*record.Run{sample.Run(), loadRun(3, 0)}, "a merged one already"},
		"the same":            {[]*record.Run{loadRun(3, 0), loadRun(4, time.Second), loadRun(3, 0)}, "load tests 1 and 3 cannot be added up: they are the same run"},
		"one after the other": {[]*record.Run{loadRun(3, 0), loadRun(4, 2*time.Minute)}, "did not run at the same time"},
		"hardly together":     {[]*record.Run{loadRun(3, 0), loadRun(4, 40*time.Second)}, "did not run at the same time"},
		"histogram":           {[]*record.Run{loadRun(3, time.Second), broken}, "cannot be read"},
		"a sum and its part":  {[]*record.Run{sum, loadRun(3, 0)}, "adds up 2 generators already"},
		"none":                {nil, "no record"},
	} {
		if _, err := Merge(k.runs...); err == nil || !strings.Contains(err.Error(), k.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// What made a single run fail or stay open, its thresholds aside, still counts.
func TestMergeKeepsTheReasonsOfSingleRuns(t *testing.T) {
	// A run whose thresholds hold, without the share of the plan, which an empty run leaves open.
	few := func(seed uint64, offset time.Duration) *record.Run {
		r := loadRun(seed, offset)
		r.Load.Thresholds = r.Load.Thresholds[3:]
		return r
	}
	nothing := func(state record.VerdictState, reasons ...string) *record.Run {
		r := few(5, time.Second)
		r.Load.Totals, r.Load.Services, r.Load.Series, r.Load.All = record.Totals{}, nil, nil, record.Service{Name: "all", Status: "all"}
		r.Verdict = record.Verdict{State: state, Reasons: reasons}
		for i, t := range r.Load.Thresholds {
			r.Load.Thresholds[i].Value, r.Load.Thresholds[i].State, r.Load.Thresholds[i].Reason = "-", record.ThresholdInconclusive, "nothing was measured"
			r.Verdict.Reasons = append(r.Verdict.Reasons, "threshold "+t.Expression+": nothing was measured")
		}
		return r
	}
	crossed := few(5, time.Second) // alone, 1 % of errors was too much; together it is not
	crossed.Load.Thresholds[0].State = record.ThresholdFail
	crossed.Verdict = record.Verdict{State: record.VerdictFail, Exit: 1, Reasons: []string{"threshold error_rate<10%: 11%"}}
	for name, k := range map[string]struct {
		run    *record.Run
		state  record.VerdictState
		reason string
	}{
		"failed in warm-up": {nothing(record.VerdictFail, "warm-up: wrong_user"), record.VerdictFail, "generator 2: warm-up: wrong_user"},
		"could not begin":   {nothing(record.VerdictInconclusive, "the target cannot be reached"), record.VerdictInconclusive, "generator 2: the target cannot be reached"},
		"interrupted":       {nothing(record.VerdictInterrupted, "interrupted"), record.VerdictInterrupted, "generator 2: interrupted"},
		"judged anew":       {crossed, record.VerdictPass, ""},
		"a failure unexplained": {func() *record.Run {
			r := few(5, time.Second)
			r.Verdict = record.Verdict{State: record.VerdictFail, Exit: 1}
			return r
		}(), record.VerdictFail, "generator 2: it gave no reason"},
	} {
		first := few(4, 0)
		merged, err := Merge(first, k.run)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if v := merged.Verdict; v.State != k.state || v.Exit != verdictExits[k.state] || strings.Join(v.Reasons, "\n") != k.reason {
			t.Errorf("%s: got %+v", name, v)
		}
	}
}

// A mix is in shares, as in the records that it comes from.
func TestMergedMixIsInShares(t *testing.T) {
	closed := func(seed uint64, offset time.Duration, sent uint64, mix map[string]float64) *record.Run {
		r := loadRun(seed, offset)
		r.Load.Plan.Model, r.Load.Plan.Phases = "closed", []record.Phase{{Shape: "max", DurationS: 20}}
		r.Load.Plan.Mix, r.Load.Totals.Sent = mix, sent
		return r
	}
	open := loadRun(4, time.Second)
	open.Load.Plan.Phases[0].RatePerS, open.Load.Plan.Mix = 3*open.Load.Plan.Phases[0].RatePerS, map[string]float64{"login": 0.9, "oauth": 0.1}
	for name, k := range map[string]struct {
		a, b  *record.Run
		login float64
	}{
		"open":                     {loadRun(3, 0), open, 0.8},
		"closed":                   {closed(3, 0, 100, map[string]float64{"login": 0.8, "oauth": 0.2}), closed(4, time.Second, 300, map[string]float64{"login": 0.8, "oauth": 0.2}), 0.8},
		"closed, by what was sent": {closed(3, 0, 100, map[string]float64{"login": 1}), closed(4, time.Second, 300, map[string]float64{"oauth": 1}), 0.25},
	} {
		merged, err := Merge(k.a, k.b)
		if err != nil {
			t.Fatal(err)
		}
		if mix := merged.Load.Plan.Mix; mix["login"] != k.login || math.Abs(mix["login"]+mix["oauth"]-1) > 1e-9 {
			t.Errorf("%s: got %v", name, mix)
		}
	}
}

// A run that ended before there was anything to report, as its target was down, is never
// green beside others, wherever it is named, and says why.
func TestMergeOfRunsWithoutAResult(t *testing.T) {
	down := func(command string, state record.VerdictState) *record.Run {
		r := loadRun(5, time.Second)
		r.Command, r.Load, r.Verdict = command, nil, record.Verdict{State: state, Exit: verdictExits[state], Reasons: []string{"nothing answers there"}}
		r.Target.Edition = "24" // it was not found out
		return r
	}
	passing := func(seed uint64) *record.Run {
		r := loadRun(seed, 0)
		r.Load.Thresholds = r.Load.Thresholds[3:]
		return r
	}
	elsewhere := down("load", record.VerdictInconclusive)
	elsewhere.Target.BaseURL = "https://other.example"
	for name, k := range map[string]struct {
		runs    []*record.Run
		state   record.VerdictState
		command string
		says    string // the reason, note or error
	}{
		"a verify beside a load":          {[]*record.Run{passing(3), down("verify", record.VerdictInconclusive)}, record.VerdictInconclusive, "load and verify", "record 2, of a verify, has no result: nothing answers there"},
		"the first one":                   {[]*record.Run{down("verify", record.VerdictInconclusive), passing(3)}, record.VerdictInconclusive, "load and verify", "record 1, of a verify, has no result"},
		"a load beside a verify":          {[]*record.Run{down("load", record.VerdictInterrupted), sample.Verify()}, record.VerdictFail, "verify and load", "record 1, of a load, has no result"},
		"a generator":                     {[]*record.Run{passing(3), passing(4), down("load", record.VerdictInterrupted)}, record.VerdictInterrupted, "load", "record 3, of a load, has no result"},
		"both":                            {[]*record.Run{down("verify", record.VerdictInconclusive), down("load", record.VerdictInconclusive)}, record.VerdictInconclusive, "verify and load", "record 2, of a load"},
		"a part, the first":               {append([]*record.Run{down("load", record.VerdictInterrupted)}, allParts(4)[1:]...), record.VerdictInconclusive, "load", "record 1, of a load, has no result: nothing answers there"},
		"a part, the last":                {append(allParts(4)[:3], down("load", record.VerdictInconclusive)), record.VerdictInconclusive, "load", "record 4, of a load, has no result"},
		"a part that came again":          {append(allParts(4), down("load", record.VerdictInconclusive)), record.VerdictPass, "load", "record 5, of a load, has no result"},
		"a part of another target":        {append([]*record.Run{elsewhere}, allParts(4)[1:]...), "", "", "records 1 and 2 do not belong together: different targets"},
		"a part of another target, later": {append(allParts(4)[1:], elsewhere), "", "", "records 1 and 4 do not belong together: different targets"},
	} {
		if name == "a generator" {
			k.runs[1].Started = k.runs[1].Started.Add(time.Second)
		}
		merged, err := Merge(k.runs...)
		if k.command == "" {
			if err == nil || !strings.Contains(err.Error(), k.says) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		said := merged.Verdict.Reasons
		if merged.Load != nil {
			said = append(said, merged.Load.Notes...)
		}
		if merged.Verdict.State != k.state || merged.Verdict.Exit != verdictExits[k.state] || merged.Command != k.command || !strings.Contains(strings.Join(said, "\n"), k.says) {
			t.Errorf("%s: %s, %+v", name, merged.Command, merged.Verdict)
		}
		for _, format := range []string{"text", "junit", "markdown", "html"} {
			b, err := Draw(format, merged, Options{})
			told := strings.Contains(string(b), "has no result") || format == "junit" && k.state == record.VerdictFail // it has the failures
			if err != nil || k.state != record.VerdictPass && !told {
				t.Errorf("%s, %s: the reason is not said, %v", name, format, err)
			}
		}
	}
}
