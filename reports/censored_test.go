package reports

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/sample"
	"github.com/unigate/unigate/reports/schema"
)

// times are so many requests that took, or waited, so many milliseconds.
type waits map[int]int

// histogram counts them.
func (w waits) histogram() *hist.Histogram {
	h := hist.New()
	for ms, n := range w {
		for range n {
			h.Record(time.Duration(ms) * time.Millisecond)
		}
	}
	return h
}

// censoredRun is a load test of login, ten seconds long, in which some requests were
// answered, some never sent, and some cut off; older says that an earlier version wrote it.
func censoredRun(offset time.Duration, answered, unsent, cut waits, older bool, thresholds ...string) *record.Run {
	run := loadRun(3, offset)
	l := run.Load
	entry := func(name, status string, known, open *hist.Histogram) record.Service {
		c := hist.NewCensored(known, open)
		s := record.Service{Name: name, Status: status, Count: c.Count(), Latency: c.Lower().Distribution()}
		s.LatencyHistogram, _ = c.Lower().Encode()
		if status == "200" || status == "all" {
			s.RatePerS = float64(known.Count()) / 10
		}
		if !older {
			s.Latency, s.Censored = c.Distribution(), c.Open()
			if s.RatePerS > 0 {
				s.Achieved = known.Count()
			}
		}
		return s
	}
	known, open, none := answered.histogram(), unsent.histogram(), hist.New()
	cutOff := cut.histogram()
	both := hist.New()
	both.Merge(open)
	both.Merge(cutOff)
	l.Services = []record.Service{entry("login", "all", known, both), entry("login", "200", known, none)}
	if open.Count() > 0 {
		l.Services = append(l.Services, entry("login", "unsent", none, open))
	}
	if cutOff.Count() > 0 {
		l.Services = append(l.Services, entry("login", "interrupted", none, cutOff))
	}
	l.All = entry("all", "all", known, both)
	l.Services[0].Count -= open.Count() // what was never sent is in no count of what was
	l.All.Count -= open.Count()
	l.Totals = record.Totals{
		Planned: known.Count() + both.Count(), Sent: known.Count() + cutOff.Count(), Completed: known.Count(), Unsent: open.Count(), DurationS: 10, RatePerS: l.All.RatePerS,
	}
	if open.Count() > 0 {
		l.Totals.UnsentReasons = map[string]uint64{"in-flight limit": open.Count()}
	}
	p := record.Point{WidthS: 10, Planned: l.Totals.Planned, Sent: l.Totals.Sent, Completed: l.Totals.Completed, Unsent: l.Totals.Unsent, Latency: l.All.Latency,
		LatencyHistograms: map[string]string{"login": l.All.LatencyHistogram}, CensoredHistograms: map[string]string{}}
	if !older {
		p.Censored = both.Count()
		p.CensoredHistograms["login"], _ = both.Encode()
	}
	l.Series, l.Errors = []record.Point{p}, nil
	l.Thresholds = nil
	for _, t := range thresholds {
		l.Thresholds = append(l.Thresholds, record.Threshold{Expression: t, State: record.ThresholdPass, Value: "-"})
	}
	return run
}

// Every report marks what is only a lower bound.
func TestReportsMarkLowerBounds(t *testing.T) {
	run := censoredRun(0, waits{20: 900, 40: 80}, waits{5: 10}, waits{60: 5}, false)
	l := run.Load
	l.All.LatencyIntervals = hist.NewCensored(waits{20: 900, 40: 80}.histogram(), waits{5: 10, 60: 5}.histogram()).Intervals()
	for format, wants := range map[string][]string{
		"text":     {"≥60.0", "p99 ≥40.0 ms", "confidence intervals in ms", "20.0–20.0", "≥60.0"},
		"markdown": {"≥60.0", "p99 ≥40.0 ms", "confidence intervals in ms"},
		"html":     {"≥60.0", "p99 ≥40.0 ms", "confidence intervals in ms", "the line is a lower bound", `"least":[[`},
		"csv":      {",15,mean p99 p99.9 max"},
		"json":     {`"at_least": {`, `"censored": 15`},
	} {
		b, err := Draw(format, run, Options{Width: 200})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(string(b), want) {
				t.Errorf("%s has no %q", format, want)
			}
		}
	}
	plain := censoredRun(0, waits{20: 900, 40: 80}, nil, nil, false)
	for _, format := range []string{"text", "markdown", "html"} {
		b, err := Draw(format, plain, Options{Width: 200})
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), "≥20") || strings.Contains(string(b), "≥40") || strings.Contains(string(b), "the line is a lower bound") {
			t.Errorf("%s marks a bound where everything was answered", format)
		}
	}
}

func TestSeriesAsCSVNamesItsBounds(t *testing.T) {
	b, err := Draw("csv", censoredRun(0, waits{20: 900}, nil, nil, false), Options{})
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(strings.NewReader(string(b))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	censored, bounds := slices.Index(lines[0], "censored"), slices.Index(lines[0], "at_least")
	if censored < 0 || bounds < 0 || lines[1][censored] != "0" || lines[1][bounds] != "" {
		t.Errorf("got %q under %q", lines[1], lines[0])
	}
}

// What one generator could not send is censored in the sum as in its own run.
func TestMergeKnowsWhatWasNeverSent(t *testing.T) {
	const pass, fail, open = record.ThresholdPass, record.ThresholdFail, record.ThresholdInconclusive
	states := map[string]record.ThresholdState{
		"p95<50ms": pass, "p99.6<50ms": open, "max<50ms": fail, "max<100ms": open, "min<30ms": pass, "error_rate<1%": pass, "error_rate<0.5%": open,
		"bad_tokens==0": pass, "rate>=98%": pass, "rate>=99.6%": open, "rate>=199.5/s": open, "rate>=195/s": pass, "rate>=201/s": fail, "unsent==0": fail,
		"login.p99.6<50ms": open, "oauth.p50<1s": open,
	}
	var expressions []string
	for e := range states {
		expressions = append(expressions, e)
	}
	for _, older := range []bool{false, true} {
		a := censoredRun(0, waits{20: 900, 40: 90}, waits{5: 6}, waits{60: 4}, older, expressions...)
		b := censoredRun(time.Second, waits{20: 970, 40: 30}, nil, nil, older, expressions...)
		merged, err := Merge(a, b)
		if err != nil {
			t.Fatal(err)
		}
		l := merged.Load
		for _, th := range l.Thresholds {
			if th.State != states[th.Expression] {
				t.Errorf("older %t: %s is %s, not %s: %s, %s", older, th.Expression, th.State, states[th.Expression], th.Value, th.Reason)
			}
		}
		if l.All.Censored != 10 || !l.All.Latency.AtLeast.P999 || l.All.Latency.AtLeast.Min || l.All.Latency.Min < 0.019 || l.All.LatencyIntervals == nil {
			t.Errorf("older %t: %d censored, %+v", older, l.All.Censored, l.All.Latency)
		}
		stored, err := Encode(merged)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(stored); err != nil {
			t.Error(err)
		}
		if p := l.Series[0]; !older && (p.Censored != 10 || p.CensoredHistograms["login"] == "" || !p.Latency.AtLeast.Max) {
			t.Errorf("the interval has %d censored, %+v", p.Censored, p.Latency)
		}
	}
}

// The guard on what was never sent holds for the sum, whatever threshold there is for the rate.
func TestMergeGuardsWhatWasNeverSent(t *testing.T) {
	for _, k := range []struct {
		name       string
		unsent     waits
		thresholds []string
		state      record.VerdictState
	}{
		{"few", waits{5: 15}, []string{"p50<1s"}, record.VerdictPass},
		{"many", waits{5: 30}, []string{"p50<1s"}, record.VerdictInconclusive},
		{"many, with a rate", waits{5: 30}, []string{"p50<1s", "rate>=50%"}, record.VerdictInconclusive},
		{"many, allowed", waits{5: 30}, []string{"p50<1s", "unsent<100"}, record.VerdictPass},
	} {
		merged, err := Merge(censoredRun(0, waits{20: 900}, k.unsent, nil, false, k.thresholds...), censoredRun(time.Second, waits{20: 1000}, nil, nil, false, k.thresholds...))
		if err != nil {
			t.Fatal(err)
		}
		if merged.Verdict.State != k.state {
			t.Errorf("%s: %+v", k.name, merged.Verdict)
		}
	}
}

// A record whose lower bounds cannot be read is refused, as one whose latencies cannot.
func TestDecodeRefusesBrokenBounds(t *testing.T) {
	run := censoredRun(0, waits{20: 900}, waits{5: 9}, nil, false)
	run.Load.Series[0].CensoredHistograms["login"] = "broken"
	b, err := Encode(run)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = Decode(b); err == nil || !strings.Contains(err.Error(), "what login left open at 0 s cannot be read") {
		t.Errorf("got %v", err)
	}
	if whole, err := Encode(sample.Run()); err != nil {
		t.Fatal(err)
	} else if _, err = Decode(whole); err != nil {
		t.Error(err)
	}
}

// Of the generators' health the worst is told, and what bound any of them.
func TestMergeTellsTheWorstHealth(t *testing.T) {
	a, b := censoredRun(0, waits{20: 900}, nil, nil, false), censoredRun(time.Second, waits{20: 900}, nil, nil, false)
	b.Load.Generator.Saturated, b.Load.Generator.Bound, b.Load.Generator.ThrottledShare, b.Load.Generator.ReceiveLag.P99 = true, "cpu quota", 0.7, 0.4
	a.Load.Series[0].Generator = &record.Health{CPUShare: 0.2, ScheduleLagP99S: 0.5}
	b.Load.Series[0].Generator = &record.Health{CPUShare: 0.9, ThrottledShare: 0.7, Bound: "cpu quota"}
	merged, err := Merge(a, b)
	if err != nil {
		t.Fatal(err)
	}
	if g := merged.Load.Generator; g.Bound != "cpu quota" || g.ThrottledShare != 0.7 || g.ReceiveLag.P99 != 0.4 {
		t.Errorf("got %+v", g)
	}
	if h := merged.Load.Series[0].Generator; h == nil || *h != (record.Health{CPUShare: 0.9, ScheduleLagP99S: 0.5, ThrottledShare: 0.7, Bound: "cpu quota"}) {
		t.Errorf("got %+v", h)
	}
}
