package measure_test

import (
	"math"
	"slices"
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

// Whatever status a target invents has its row, in the order of the statuses, and wrong
// tokens and what never left are counted in the totals too.
func TestRowsOfAnyStatus(t *testing.T) {
	r := measure.NewRecorder([]string{"login"}, time.Second)
	for _, status := range []int{999, 600, 599, 200, 100, 302, 503, 401} {
		r.Record(&measure.Sample{Status: status})
	}
	r.Record(&measure.Sample{Kind: "time-out"})
	r.Record(&measure.Sample{})
	r.Owed(0, 0, time.Second, "stopped")
	r.Owed(0, 0, time.Second, measure.RetryAfter)
	r.Bad(0, 0)
	var got []string
	for _, row := range r.Rows() {
		got = append(got, row.Status)
	}
	if want := []string{measure.All, "0", "100", "200", "302", "401", "503", "599", "600", "999", "time-out", measure.Unsent}; !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
	x := r.Totals()
	if x.Sent != 10 || x.Completed != 10 || x.Errors != 9 || x.Unsent != 2 || x.BadTokens != 1 || x.UnsentReasons["stopped"] != 1 || x.UnsentReasons[measure.RetryAfter] != 1 {
		t.Errorf("%+v", x)
	}
	all := r.Sum(measure.All)
	if s, err := all.Record(0); err != nil || s.RatePerS != 0 || s.ErrorShare != 0.9 {
		t.Errorf("of no time: %v/s, %v, %v", s.RatePerS, s.ErrorShare, err)
	}
	if s, err := all.Record(1); err != nil || math.Abs(s.RatePerS-1e9) > 1 {
		t.Errorf("of a nanosecond: %v/s, %v", s.RatePerS, err)
	}
	none := measure.NewRecorder([]string{"login"}, time.Second).Sum(measure.All)
	if s, err := none.Record(time.Second); err != nil || s.ErrorShare != 0 {
		t.Errorf("of nothing: %v, %v", s.ErrorShare, err)
	}
}

// A tally has no series, and its clean latencies are those of a service or of all.
func TestTallies(t *testing.T) {
	r := measure.NewTally([]string{"login", "oauth"}, time.Minute)
	for i, at := range []time.Duration{0, time.Second, 2 * time.Second} {
		r.Record(&measure.Sample{Service: i % 2, Status: 200, Scheduled: at, Latency: time.Second, Closed: true})
		r.Clean(i%2, time.Duration(i+1)*100*time.Millisecond)
	}
	if f := r.Figures(measure.All, time.Minute); f.Achieved != 3 || f.Unclear != 0 {
		t.Errorf("in time: %d, %d unclear", f.Achieved, f.Unclear)
	}
	for name, want := range map[string]uint64{"login": 2, "oauth": 1, measure.All: 3, "v2auth": 0} {
		if got := r.CleanOf(name); got.Count() != want {
			t.Errorf("%s: %d", name, got.Count())
		}
	}
	if points, err := r.Series(); err != nil || len(points) != 0 {
		t.Errorf("a tally has a series: %+v, %v", points, err)
	}
	if h := r.Recent(); h.Count() != 3 || r.Recent().Count() != 0 {
		t.Errorf("%d latencies since the last look", h.Count())
	}
}

// What a closed loop was answered after the end of its plan, where that came sooner than
// planned too, may belong to it or not.
func TestSetEnd(t *testing.T) {
	r := measure.NewTally([]string{"login"}, time.Minute)
	r.SetEnd(2 * time.Second)
	for _, at := range []time.Duration{0, time.Second, 2 * time.Second} {
		r.Record(&measure.Sample{Status: 200, Scheduled: at, Latency: time.Second, Closed: true})
	}
	if f := r.Figures(measure.All, 2*time.Second); f.Achieved != 2 || f.Unclear != 1 {
		t.Errorf("%d, %d unclear", f.Achieved, f.Unclear)
	}
}
