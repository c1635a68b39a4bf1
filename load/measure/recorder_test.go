package measure_test

import (
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/load/measure"
	"github.com/unigate/unigate/load/wire"
)

func TestStatusesOfAHostileTargetAreBounded(t *testing.T) {
	r := measure.NewRecorder([]string{"login"}, time.Minute)
	n := uint64(0)
	for status := 100; status < 600; status++ {
		r.Record(&measure.Sample{Status: status, Latency: time.Millisecond, ServiceTime: time.Millisecond})
		n++
	}
	r.Owed(0, time.Second, time.Second, "in-flight limit")
	rows := r.Rows()
	if len(rows) != 44 {
		t.Errorf("%d rows, not forty of errors, one of the further ones, 200, what was not sent and the sum", len(rows))
	}
	all := r.Sum(measure.All)
	if all.Count != n || all.Errors != n-1 || all.Unsent != 1 || all.Latency.Count() != n+1 || all.ServiceTime.Count() != n {
		t.Errorf("%+v", all)
	}
	seen := map[string]bool{}
	for _, row := range rows {
		if seen[row.Status] {
			t.Errorf("status %s is there twice", row.Status)
		}
		seen[row.Status] = true
	}
	if !seen[measure.Unsent] || !seen["all"] {
		t.Errorf("rows %v", seen)
	}
}

func TestIntervalsDoubleAndKeepTheirCounts(t *testing.T) {
	r := measure.NewRecorder([]string{"login", "oauth"}, 3*time.Hour)
	for s := range 3 * 3600 {
		at := time.Duration(s) * time.Second
		r.Record(&measure.Sample{Service: s % 2, Status: 200, Scheduled: at, Latency: time.Millisecond})
		if s%100 == 0 {
			r.Bad(s%2, at)
		}
	}
	points, err := r.Series()
	if err != nil {
		t.Fatal(err)
	}
	sent, bad, width := uint64(0), uint64(0), 0.0
	for _, p := range points {
		sent, bad, width = sent+p.Sent, bad+p.BadTokens, width+p.WidthS
		if len(p.LatencyHistograms) != 2 {
			t.Errorf("%d services at %v s", len(p.LatencyHistograms), p.TS)
		}
	}
	if len(points) > 660 || sent != 3*3600 || bad != 108 || width != 3*3600 {
		t.Errorf("%d points, %d sent, %d bad, %v s wide", len(points), sent, bad, width)
	}
}

func TestAchievedForgivesOnlyTheLastMoment(t *testing.T) {
	r := measure.NewRecorder([]string{"login"}, 10*time.Second)
	for i := range 100 {
		x := measure.Sample{Status: 200, Scheduled: time.Duration(i) * 100 * time.Millisecond, Latency: 150 * time.Millisecond, ServiceTime: 150 * time.Millisecond}
		if i >= 90 && i < 98 {
			x.Latency = 5 * time.Second
		}
		r.Record(&x)
	}
	// Eight come seconds after the end; the very last one comes after it too, within
	// the time that any reply takes.
	if achieved := r.Sum(measure.All).Achieved; achieved != 92 {
		t.Errorf("%d achieved", achieved)
	}
}

// overloaded records a plan of a hundred requests a second against a target that
// answers sixty, each as soon as the one before is done.
func overloaded(r *measure.Recorder, plan time.Duration) (n uint64) {
	free := time.Duration(0)
	for due := time.Duration(0); due < plan; due += 10 * time.Millisecond {
		free = max(free, due) + time.Second/60
		waiting := int((free-due)/(time.Second/60)) + 1
		r.Record(&measure.Sample{Status: 200, Scheduled: due, Latency: free - due, ServiceTime: free - due, InFlight: waiting})
		n++
	}
	return n
}

func TestSeriesCountsWhatHappenedWhenItDid(t *testing.T) {
	type point struct {
		width                    float64
		planned, sent, completed uint64
	}
	for name, c := range map[string]struct {
		plan time.Duration
		want []point
	}{
		"to the second": {4 * time.Second, []point{
			{1, 100, 100, 60}, {1, 100, 100, 60}, {1, 100, 100, 60}, {1, 100, 100, 60}, {1, 0, 0, 60}, {1, 0, 0, 60}, {1, 0, 0, 40},
		}},
		// The interval is over with the last answer, or its rate would be too high.
		"half a second": {500 * time.Millisecond, []point{{0.833, 50, 50, 50}}},
	} {
		r := measure.NewRecorder([]string{"login"}, c.plan)
		n := overloaded(r, c.plan)
		points, err := r.Series()
		if err != nil {
			t.Fatal(err)
		}
		var got []point
		for i, p := range points {
			got = append(got, point{math.Round(p.WidthS*1000) / 1000, p.Planned, p.Sent, p.Completed})
			if i > 0 && points[i-1].InFlight == 0 {
				t.Errorf("%s: none in flight in second %d", name, i-1)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %d requests, %v", name, n, got)
		}
	}
}

func TestJoinedIntervalsKeepWhatHappenedLater(t *testing.T) {
	r := measure.NewRecorder([]string{"login"}, 700*time.Second)
	// Each is answered so much later that its answer joins intervals, also that in which it was due.
	const n = 500
	for i := range n {
		due := time.Duration(i) * time.Second
		wait := time.Duration(i) * 20 * time.Second
		r.Record(&measure.Sample{Status: 503, Scheduled: due, Latency: wait, ServiceTime: wait / 2, InFlight: 1 + i%7})
		r.Owed(0, due, time.Second, "in-flight limit")
	}
	points, err := r.Series()
	if err != nil {
		t.Fatal(err)
	}
	var planned, sent, completed, errors, unsent uint64
	most := 0
	for _, p := range points {
		planned, sent, completed = planned+p.Planned, sent+p.Sent, completed+p.Completed
		errors, unsent, most = errors+p.Errors, unsent+p.Unsent, max(most, p.InFlight)
	}
	if len(points) > 660 || planned != 2*n || sent != n || completed != n || errors != n || unsent != n || most != 7 {
		t.Errorf("%d points: %d planned, %d sent, %d completed, %d errors, %d unsent, %d in flight", len(points), planned, sent, completed, errors, unsent, most)
	}
}

func TestRatesOfRowsEndWithThePlan(t *testing.T) {
	const end = 10 * time.Second
	r := measure.NewRecorder([]string{"login", "oauth"}, end)
	for i := range 100 {
		x := measure.Sample{Service: i % 2, Status: 200, Scheduled: time.Duration(i) * 100 * time.Millisecond, Latency: time.Millisecond}
		switch {
		case i < 20:
			x.Status = 503
		case i >= 80 && i < 90:
			x.Latency = end // too late
		case i == 90:
			x.Status, x.Kind, x.Cut = 0, "interrupted", true
		}
		r.Record(&x)
	}
	r.Owed(0, time.Second, time.Second, "in-flight limit")
	all := r.Sum(measure.All)
	got := map[string]float64{}
	for _, w := range append(r.Rows(), all) {
		s, err := w.Record(end)
		if err != nil {
			t.Fatal(err)
		}
		got[s.Name+" "+s.Status] = s.RatePerS
	}
	want := map[string]float64{
		"login all": 3.4, "login 200": 3.4, "login 503": 1, "login interrupted": 0, "login unsent": 0,
		"oauth all": 3.5, "oauth 200": 3.5, "oauth 503": 1, "all all": 6.9,
	}
	if !maps.Equal(got, want) || all.Achieved != 69 || all.Count != 100 {
		t.Errorf("%v; %d achieved", got, all.Achieved)
	}
}

// The last answers of a plan come after its end and do not make its intervals wider.
func TestTenMinutesKeepTheirSeconds(t *testing.T) {
	r := measure.NewRecorder([]string{"login"}, 10*time.Minute)
	for k := range 6000 {
		r.Record(&measure.Sample{Status: 200, Scheduled: time.Duration(k) * 100 * time.Millisecond, Latency: 120 * time.Millisecond, ServiceTime: 120 * time.Millisecond})
	}
	points, err := r.Series()
	if err != nil {
		t.Fatal(err)
	}
	if len(points) != 601 || points[0].WidthS != 1 || points[600].Completed == 0 {
		t.Errorf("%d points of %g s, the last with %d", len(points), points[0].WidthS, points[len(points)-1].Completed)
	}
}

// A series has 660 intervals at most; one more, and each is two seconds wide.
func TestTheMostIntervals(t *testing.T) {
	for last, want := range map[time.Duration][2]float64{660*time.Second - 1: {660, 1}, 660 * time.Second: {331, 2}} {
		r := measure.NewRecorder([]string{"login"}, time.Hour)
		r.Record(&measure.Sample{Status: 200, Scheduled: last})
		points, err := r.Series()
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]float64{float64(len(points)), points[0].WidthS}; got != want {
			t.Errorf("until %v: %v, not %v", last, got, want)
		}
	}
}

// Reports tell by these names what is known in part only.
func TestStatusesOfTheRecord(t *testing.T) {
	if wire.KindInterrupted != record.StatusCut || measure.Unsent != record.StatusUnsent || measure.All != record.StatusAll {
		t.Errorf("%q, %q and %q are not the record's", wire.KindInterrupted, measure.Unsent, measure.All)
	}
}
