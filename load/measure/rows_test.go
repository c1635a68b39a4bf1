package measure_test

import (
	"testing"
	"time"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/load/measure"
)

// Every row says which share of its requests failed.
func TestRowsHaveTheirShareOfErrors(t *testing.T) {
	r := measure.NewRecorder([]string{"login", "oauth"}, 10*time.Second)
	record := func(service, n, status int, kind string, cut bool) {
		for range n {
			r.Record(&measure.Sample{Service: service, Status: status, Kind: kind, Latency: time.Millisecond, ServiceTime: time.Millisecond, Cut: cut})
		}
	}
	record(0, 60, 200, "", false)
	record(0, 15, 503, "", false)
	record(0, 20, 0, "timeout", false)
	record(0, 5, 0, "interrupted", true)
	record(1, 40, 200, "", false)
	for range 7 {
		r.Owed(0, time.Second, time.Second, "in-flight limit")
	}
	want := map[string]float64{
		"login all": 0.35, "login 200": 0, "login 503": 1, "login timeout": 1, "login interrupted": 0, "login unsent": 0, "oauth all": 0, "oauth 200": 0, "all all": 0.25,
	}
	for _, w := range append(r.Rows(), r.Sum(measure.All)) {
		s, err := w.Record(10 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		key := s.Name + " " + s.Status
		if share, ok := want[key]; !ok || s.ErrorShare != share {
			t.Errorf("%s has %v of errors, not %v", key, s.ErrorShare, share)
		}
		delete(want, key)
	}
	if len(want) > 0 {
		t.Errorf("there are no rows %v", want)
	}
	f := r.Figures("login", 10*time.Second)
	if f.Sent != 100 || f.Cut != 5 || f.Unsent != 7 || f.Errors != 35 || f.Replies != 60 || f.Latency.Count() != 107 || f.Latency.Open() != 12 || f.Planned() != 107 {
		t.Errorf("figures %+v, %d latencies, %d of them open", f, f.Latency.Count(), f.Latency.Open())
	}
	if f = r.Figures(measure.All, 10*time.Second); f.Sent != 140 || f.Latency.Count() != 147 || f.Achieved != 100 {
		t.Errorf("all figures %+v", f)
	}
}

// What was never sent, and what was cut off, is in the latency of the second in
// which it was due, and marked as a lower bound there.
func TestSeriesHoldsWhatHasNoAnswer(t *testing.T) {
	r := measure.NewRecorder([]string{"login", "oauth"}, 3*time.Second)
	for k := range 200 {
		due := time.Duration(k) * 10 * time.Millisecond
		r.Record(&measure.Sample{Status: 200, Scheduled: due, Latency: 5 * time.Millisecond, ServiceTime: 5 * time.Millisecond})
	}
	for range 30 {
		r.Owed(0, 1500*time.Millisecond, 1500*time.Millisecond, "in-flight limit")
	}
	for range 20 {
		r.Record(&measure.Sample{Service: 1, Kind: "interrupted", Cut: true, Scheduled: 1700 * time.Millisecond, Latency: 700 * time.Millisecond, ServiceTime: 700 * time.Millisecond})
	}
	series, err := r.Series()
	if err != nil {
		t.Fatal(err)
	}
	first, second := series[0], series[1]
	if first.Censored != 0 || len(first.CensoredHistograms) != 0 || first.Latency.AtLeast.Max || first.Latency.Max > 0.006 {
		t.Errorf("the first second: %+v", first)
	}
	if second.Planned != 150 || second.Unsent != 30 || second.Censored != 50 || second.Latency.P90 < 1.48 || second.Latency.P50 > 0.006 || second.Latency.Max < 1.48 {
		t.Errorf("the second one: %+v", second)
	}
	if m := second.Latency.AtLeast; m.P50 || !m.P90 || !m.Max || m.Min {
		t.Errorf("marked are %+v", m)
	}
	for name, want := range map[string][2]uint64{"login": {130, 30}, "oauth": {20, 20}} {
		all, err := hist.Decode(second.LatencyHistograms[name])
		if err != nil {
			t.Fatal(err)
		}
		open, err := hist.Decode(second.CensoredHistograms[name])
		if err != nil {
			t.Fatal(err)
		}
		if all.Count() != want[0] || open.Count() != want[1] {
			t.Errorf("%s: %d latencies, %d of them open", name, all.Count(), open.Count())
		}
	}
}

// What the target asked not to send is counted apart, by service.
func TestRefusedIsCounted(t *testing.T) {
	r := measure.NewRecorder([]string{"login", "oauth"}, time.Second)
	for range 3 {
		r.Owed(0, 0, time.Second, measure.RetryAfter)
	}
	r.Owed(0, 0, time.Second, "in-flight limit")
	r.Owed(1, 0, time.Second, "in-flight limit")
	for name, want := range map[string]uint64{"login": 3, "oauth": 0, measure.All: 3} {
		if f := r.Figures(name, time.Second); f.Refused != want {
			t.Errorf("%s: %d refused, not %d", name, f.Refused, want)
		}
	}
	for _, w := range r.Rows() {
		if want := map[string]uint64{"login all": 3, "login unsent": 3}[w.Service+" "+w.Status]; w.Refused != want {
			t.Errorf("%s %s: %d refused, not %d", w.Service, w.Status, w.Refused, want)
		}
	}
}

// An answer at the very end of the plan came in it, one after it did not.
func TestAnswerAtTheVeryEnd(t *testing.T) {
	for late, want := range map[time.Duration]uint64{0: 1, time.Microsecond: 0} {
		r := measure.NewRecorder([]string{"login"}, time.Second)
		r.Record(&measure.Sample{Status: 200, Closed: true, Scheduled: 0, Latency: time.Second + late, ServiceTime: time.Second})
		if f := r.Figures("login", time.Second); f.Achieved != want || f.Unclear != 1-want {
			t.Errorf("%v late: %d achieved, %d unclear", late, f.Achieved, f.Unclear)
		}
	}
}
