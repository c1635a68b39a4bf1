package compare

import (
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/sample"
)

// neverSentTo adds requests to a load test that login was due and that were never
// sent, in its last second.
func neverSentTo(t *testing.T, l *record.Load, n int) *record.Load {
	t.Helper()
	add := func(encoded string) (string, record.Distribution) {
		h, err := hist.Decode(encoded)
		if err != nil {
			t.Fatal(err)
		}
		for range n {
			h.Record(time.Millisecond)
		}
		out, err := h.Encode()
		if err != nil {
			t.Fatal(err)
		}
		return out, h.Distribution()
	}
	last := &l.Series[len(l.Series)-1]
	last.LatencyHistograms["login"], last.Latency = add(last.LatencyHistograms["login"])
	last.Planned, last.Unsent, last.Censored = last.Planned+uint64(n), last.Unsent+uint64(n), uint64(n)
	for _, s := range []*record.Service{&l.Services[0], &l.All} {
		s.LatencyHistogram, s.Latency = add(s.LatencyHistogram)
		s.Censored = uint64(n)
	}
	unsent := record.Service{Name: "login", Status: record.StatusUnsent, Count: uint64(n), Censored: uint64(n)}
	unsent.LatencyHistogram, unsent.Latency = add("")
	l.Services = append(l.Services, unsent)
	l.Totals.Planned, l.Totals.Unsent = l.Totals.Planned+uint64(n), uint64(n)
	return l
}

// loads is a comparison of two load tests alone.
func loads(t *testing.T, old, new *record.Load, o Options) *Result {
	t.Helper()
	a, b := &record.Run{Load: old}, &record.Run{Load: new}
	r, err := Compare(a, b, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// figure is one figure of a comparison.
func figure(t *testing.T, r *Result, service, name string) Figure {
	t.Helper()
	for _, f := range r.Performance.Figures {
		if f.Service == service && f.Name == name {
			return f
		}
	}
	t.Fatalf("there is no %s of %s", name, service)
	return Figure{}
}

func TestTooMuchNeverSentIsNotComparable(t *testing.T) {
	whole := func() *record.Load { return sample.Load(sample.Options{Seed: 3}) }
	for _, k := range []struct {
		name     string
		old, new int
		reason   string
	}{
		{"none", 0, 0, ""}, {"1 % exactly", 0, 16, ""}, {"more in the new", 0, 17, "1.1 % of the plan of the new run was never sent"},
		{"more in the old", 17, 0, "1.1 % of the plan of the old run was never sent"},
	} {
		r := loads(t, neverSentTo(t, whole(), k.old), neverSentTo(t, whole(), k.new), Options{})
		if got := strings.Join(r.Performance.Reasons, "; "); got != k.reason || r.Performance.Comparable != (k.reason == "") {
			t.Errorf("%s: comparable %t, %q", k.name, r.Performance.Comparable, got)
		}
		if k.reason != "" && (r.Verdict.Exit != 3 || !strings.Contains(strings.Join(r.Verdict.Reasons, " "), k.reason)) {
			t.Errorf("%s: %+v", k.name, r.Verdict)
		}
	}
	cut := whole()
	cut.Totals.Completed -= 17
	if r := loads(t, whole(), cut, Options{}); r.Performance.Comparable {
		t.Error("a run of which more than 1 % was cut off is comparable")
	}
}

func TestStarvedRunIsNotComparable(t *testing.T) {
	old, new := sample.Load(sample.Options{Seed: 3}), sample.Load(sample.Options{Seed: 4})
	old.Generator.Saturated, old.Generator.Reasons = true, []string{"a quota of half a core"}
	r := loads(t, old, new, Options{})
	if r.Performance.Comparable || r.Verdict.Exit != 3 || !strings.Contains(strings.Join(r.Verdict.Reasons, " "), "the load generator of the old run was saturated: a quota of half a core") {
		t.Errorf("%+v, %+v", r.Performance.Reasons, r.Verdict)
	}
}

// A percentile that unsent requests leave unbounded is compared with nothing, one
// that they can move a little has a wider interval, and both are marked.
func TestFiguresThatAreLowerBounds(t *testing.T) {
	whole := func() *record.Load { return sample.Load(sample.Options{Seed: 4}) }
	before := loads(t, sample.Load(sample.Options{Seed: 3}), whole(), Options{})
	after := loads(t, sample.Load(sample.Options{Seed: 3}), neverSentTo(t, whole(), 12), Options{})
	if f := figure(t, after, "login", "p99"); f.Outcome != NotComparable || !f.NewAtLeast || f.OldAtLeast || !strings.Contains(f.Reason, "it is a lower bound") {
		t.Errorf("p99: %+v", f)
	}
	f, g := figure(t, after, "login", "p95"), figure(t, before, "login", "p95")
	if f.Outcome != NoDifference || !f.NewAtLeast || f.High-f.Low <= g.High-g.Low {
		t.Errorf("p95: %+v, before %+v", f, g)
	}
	if f := figure(t, after, "oauth", "p99"); f.NewAtLeast || f.Outcome != NoDifference {
		t.Errorf("oauth's p99: %+v", f)
	}
	b, err := after.Draw("text", Drawing{Width: 160})
	if err != nil || !strings.Contains(string(b), "≥") {
		t.Errorf("the text marks no bound: %v\n%s", err, b)
	}
}

// Without a limit, a regression that is shown fails the comparison, and with one on
// another figure it does not.
func TestRegressionWithoutALimitFails(t *testing.T) {
	old := sample.Load(sample.Options{Seed: 3})
	for _, k := range []struct {
		name   string
		factor float64
		limits []Limit
		exit   int
		state  record.VerdictState
		reason string
	}{
		{"slower", 1.4, nil, 1, record.VerdictFail, "login p50 changed by"},
		{"the same", 1, nil, 0, record.VerdictPass, ""},
		{"faster", 0.7, nil, 0, record.VerdictPass, ""},
		{"slower, within its limit", 1.4, []Limit{{Service: "login", Figure: "p50", Share: 2}}, 0, record.VerdictPass, ""},
		{"slower, beyond its limit", 1.4, []Limit{{Service: "login", Figure: "p50", Share: 0.1}}, 1, record.VerdictFail, "+10.0 % is allowed"},
	} {
		r := loads(t, old, sample.Load(sample.Options{Seed: 4, Factor: k.factor}), Options{Limits: k.limits})
		if r.Verdict.Exit != k.exit || r.Verdict.State != k.state || !strings.Contains(strings.Join(r.Verdict.Reasons, "\n"), k.reason) || (k.exit == 0) != (len(r.Verdict.Reasons) == 0) {
			t.Errorf("%s: %+v", k.name, r.Verdict)
		}
	}
}

// Newly failing requirements fail the comparison whatever the load tests did.
func TestNewlyFailingRequirementFails(t *testing.T) {
	old, new := plain(), plain()
	old.Load, new.Load, old.Behaviour, new.Behaviour = nil, nil, nil, nil
	for i := range old.Conformance.Requirements {
		old.Conformance.Requirements[i].State, new.Conformance.Requirements[i].State = record.Pass, record.Pass
	}
	for i := range old.Conformance.Scenarios {
		old.Conformance.Scenarios[i].State, new.Conformance.Scenarios[i].State = record.Pass, record.Pass
	}
	r, err := Compare(old, new, Options{})
	if err != nil || r.Verdict.State != record.VerdictPass || r.Verdict.Exit != 0 {
		t.Fatalf("%v, %+v", err, r.Verdict)
	}
	new.Conformance.Requirements[0].State = record.Fail
	if r, err = Compare(old, new, Options{}); err != nil || r.Verdict.State != record.VerdictFail || r.Verdict.Exit != 1 || !strings.Contains(strings.Join(r.Verdict.Reasons, " "), "newly failing: "+new.Conformance.Requirements[0].ID) {
		t.Errorf("%v, %+v", err, r.Verdict)
	}
}

// A threshold that held and is open now is noted.
func TestThresholdThatIsOpenNowIsNoted(t *testing.T) {
	old, new := sample.Load(sample.Options{Seed: 3}), sample.Load(sample.Options{Seed: 4})
	old.Thresholds = []record.Threshold{{Expression: "p99<1s", Value: "60.0ms", State: record.ThresholdPass}}
	new.Thresholds = []record.Threshold{{Expression: "p99<1s", Value: "≥60.0ms", State: record.ThresholdInconclusive, Reason: "12 of 1612 requests were never sent"}}
	if r := loads(t, old, new, Options{}); !strings.Contains(strings.Join(r.Notes, "\n"), "the threshold p99<1s held before with 60.0ms, and is open now: 12 of 1612") {
		t.Errorf("notes %q", r.Notes)
	}
}
