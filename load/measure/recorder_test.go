package measure_test

import (
	"testing"
	"time"

	"github.com/unigate/unigate/load/measure"
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
	if len(rows) > 45 {
		t.Errorf("%d rows", len(rows))
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
	if len(points) > 600 || sent != 3*3600 || bad != 108 || width != 3*3600 {
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
	if in, achieved := r.InTime("login"), r.Achieved(measure.All); in != 91 || achieved != 92 {
		t.Errorf("%d in time, %d achieved", in, achieved)
	}
}
