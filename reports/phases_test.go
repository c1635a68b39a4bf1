package reports

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/schema"
)

// phased is a load test with two phases and a named user.
func phased() *record.Run {
	run := loadRun(1, 0)
	row := func(name string, p99 float64) record.Service {
		return record.Service{Name: name, Status: "all", Count: 100, RatePerS: 10, Latency: record.Distribution{P50: p99 / 2, P95: p99, P99: p99, Max: p99}}
	}
	all := func(p99 float64) record.Service { return row("all", p99) }
	run.Load.Phases = []record.PhaseFigures{
		{Number: 1, Name: "day <b>", Shape: "constant", DurationS: 10, Services: []record.Service{row("login", 0.123), row("oauth", 0.044)}, All: all(0.2)},
		{Number: 2, Shape: "max", StartS: 10, DurationS: 10, Services: []record.Service{row("login", 0.321)}, All: all(0.321)},
	}
	run.Load.Users = []record.Service{row("login:$$bench", 0.055)}
	return run
}

func TestPhasesAndUsersAreShown(t *testing.T) {
	run := phased()
	for format, want := range map[string][]string{
		"text":     {"By phase", "<b>", "oauth", "123", "321", "By user", "login:$$bench", "55.0"},
		"markdown": {"By phase", "1 day", "oauth", "123", "321", "By user", "55.0"},
		"html":     {"By phase", "1 day &lt;b&gt;", "oauth", "123", "321", "By user", "login:$$bench", "55.0"},
	} {
		out, err := Draw(format, run, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !bytes.Contains(out, []byte(w)) {
				t.Errorf("%s does not say %q", format, w)
			}
		}
		if bytes.Contains(out, []byte("<b>")) && format == "html" {
			t.Error("a name is not escaped")
		}
	}
	plain, err := Draw("text", loadRun(1, 0), Options{})
	if err != nil || strings.Contains(string(plain), "By phase") || strings.Contains(string(plain), "By user") {
		t.Errorf("a plan of one phase has tables of phases: %v", err)
	}
}

// withPhases gives a load test of loadRun the same figures once more for a phase, as
// its first half in time, and for a user.
func withPhases(run *record.Run, closed bool) *record.Run {
	l := run.Load
	l.Plan.Phases = append(l.Plan.Phases, record.Phase{Name: "flood", Shape: record.ShapeMax, DurationS: 10})
	l.Plan.Phases[0].Name = "day"
	l.Phases = []record.PhaseFigures{
		{Number: 1, Name: "day", Shape: l.Plan.Phases[0].Shape, DurationS: l.Totals.DurationS, Services: slices.Clone(l.Services), All: l.All},
		{Number: 2, Name: "flood", Shape: "constant", StartS: 10, Services: []record.Service{}},
	}
	if closed {
		l.Phases[1].Shape = record.ShapeMax
	}
	for _, s := range l.Services {
		if s.Name == "login" {
			s.Name = "login:$$a"
			l.Users = append(l.Users, s)
		}
	}
	return run
}

// The sum judges thresholds of phases and users on their sums: here they are those of
// the service, as the figures are the same.
func TestMergeJudgesPhasesAndUsers(t *testing.T) {
	for _, closed := range []bool{false, true} {
		a, b := withPhases(loadRun(3, 0), closed), withPhases(loadRun(4, 3*time.Second), closed)
		expressions := []string{"login.p99<250ms", "day.login.p99<250ms", "login:$$a.p99<250ms", "login.p50<1ms", "day.login.p50<1ms", "login:$$a.p50<1ms",
			"day.rate>=99%", "rate>=99%", "flood.p99<1s", "dya.p99<1s", "login:$$b.p99<1s"}
		for _, r := range []*record.Run{a, b} {
			r.Load.Thresholds = nil
			for _, x := range expressions {
				r.Load.Thresholds = append(r.Load.Thresholds, record.Threshold{Expression: x, State: record.ThresholdPass, Value: "1"})
			}
		}
		merged, err := Merge(a, b)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]record.Threshold{}
		for _, th := range merged.Load.Thresholds {
			got[th.Expression] = th
		}
		for _, same := range [][]string{{"login.p99<250ms", "day.login.p99<250ms", "login:$$a.p99<250ms"}, {"login.p50<1ms", "day.login.p50<1ms", "login:$$a.p50<1ms"}} {
			for _, x := range same[1:] {
				if got[x].State != got[same[0]].State || got[x].Value != got[same[0]].Value || got[x].State == record.ThresholdInconclusive {
					t.Errorf("%+v is not %+v", got[x], got[same[0]])
				}
			}
		}
		if got["day.rate>=99%"].Value != got["rate>=99%"].Value {
			t.Errorf("%+v is not %+v", got["day.rate>=99%"], got["rate>=99%"])
		}
		for _, x := range []string{"flood.p99<1s", "dya.p99<1s", "login:$$b.p99<1s"} {
			if got[x].State != record.ThresholdInconclusive {
				t.Errorf("%+v", got[x])
			}
		}
		if n := merged.Load.Phases[0].All.Count; n != 3200 || len(merged.Load.Users) != len(a.Load.Users) {
			t.Errorf("%d requests, %d rows of users", n, len(merged.Load.Users))
		}
		stored, err := Draw("json", merged, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(stored); err != nil {
			t.Error(err)
		}
	}
}

// The latency of a plan with a closed loop is that of its open phases.
func TestMergeLeavesTheClosedLoopOutOfLatencies(t *testing.T) {
	a, b := withPhases(loadRun(3, 0), true), withPhases(loadRun(4, 3*time.Second), true)
	for _, r := range []*record.Run{a, b} {
		slow := hist.New()
		for range 5000 {
			slow.Record(10 * time.Second)
		}
		text, err := slow.Encode()
		if err != nil {
			t.Fatal(err)
		}
		flood := record.Service{Name: "login", Status: "200", Count: 5000, LatencyHistogram: text, ServiceTimeHistogram: text}
		all := flood
		all.Status = record.StatusAll
		r.Load.Phases[1].Services, r.Load.Phases[1].All, r.Load.Phases[1].DurationS = []record.Service{all, flood}, all, 10
		r.Load.Phases[1].All.Name = "all"
		r.Load.Thresholds = []record.Threshold{{Expression: "p99<1s"}, {Expression: "flood.p50<1s"}, {Expression: "day.p99<1s"}}
	}
	merged, err := Merge(a, b)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []record.ThresholdState{record.ThresholdPass, record.ThresholdFail, record.ThresholdPass} {
		if th := merged.Load.Thresholds[i]; th.State != want {
			t.Errorf("%+v, want %s", th, want)
		}
	}
}
