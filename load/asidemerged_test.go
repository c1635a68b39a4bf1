package load_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load"
	"github.com/unigate/unigate/reports"
	comparing "github.com/unigate/unigate/reports/compare"
)

// asideParts are the stored records of three parts of a plan, two of which are starved now
// and then, before a strict token bucket and a network that answers one request of some
// in the target's place.
func asideParts(t *testing.T) []*record.Run {
	t.Helper()
	var n atomic.Int64
	b := &bucket{rate: 100, depth: 4, next: service(t, reference.Options{Script: reference.Script{Delay: answerTime}})}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1)%97 == 96 {
			w.WriteHeader(http.StatusNetworkAuthenticationRequired)
			return
		}
		b.ServeHTTP(w, r)
	})
	start := time.Now().Add(time.Minute)
	runs := make([]*record.Run, 3)
	var all sync.WaitGroup
	for i := range runs {
		o := options(h, load.Phase{})
		o.Plan.Phases = []load.Phase{{Name: "day", Shape: load.Constant, Rate: 90, Duration: 10 * time.Second}, {Name: "night", Shape: load.Constant, Rate: 110, Duration: 8 * time.Second}}
		o.Plan.Mix = []load.Share{{Service: unifier.Login, User: "$$unigate", Weight: 2}, {Service: unifier.Login, User: "$$unigate10", Weight: 1}, {Service: unifier.OAuth, Weight: 1}}
		o.Plan.MaxInflight = 6
		o.Part, o.StartAt = &load.Part{Index: i, Of: len(runs), Secret: []byte("a key")}, start
		var err error
		if o.Thresholds, err = o.Plan.ParseThresholds([]string{"error_rate<1%", "bad_tokens==0", "night.error_rate<50%", "login:$$unigate.p50<1s", "day.error_rate<0.01%"}); err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			starved(t, &o, 150*time.Millisecond, times(time.Minute+time.Duration(i)*2*time.Second, time.Second, 1))
		}
		all.Go(func() {
			l, v, err := load.Run(context.Background(), o)
			if err != nil {
				t.Error(err)
				return
			}
			b, err := reports.Encode(&record.Run{Schema: record.Schema, Command: "load", Started: start, Finished: time.Now(), Verdict: v, Load: l})
			if err != nil {
				t.Error(err)
				return
			}
			if runs[i], err = reports.Decode(b); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	return runs
}

// counted adds up the entries of some services by status, those over all statuses aside.
func counted(rows []record.Service) map[string]uint64 {
	out := map[string]uint64{}
	for _, s := range rows {
		if s.Status != record.StatusAll {
			out[s.Status] += s.Count
		}
	}
	return out
}

// Parts whose answers were set aside, as unigate provoked them or as they were not the
// target's, are put together without losing any of them: all figures of the whole, and
// every report, hold as many.
func TestAnswersSetAsideInMergedParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := asideParts(t)
		if t.Failed() {
			return
		}
		merged, err := reports.Merge(runs...)
		if err != nil {
			t.Fatal(err)
		}
		l := merged.Load
		sum := map[string]uint64{}
		with := map[string]int{} // parts that have any
		for _, r := range runs {
			for status, n := range counted(r.Load.Services) {
				sum[status] += n
				with[status]++
			}
		}
		t.Logf("%v in %v parts; %+v, %s %q", sum, with, l.Totals, merged.Verdict.State, merged.Verdict.Reasons)
		if with[record.StatusProvoked] < 2 || with[record.StatusStandIn] < 2 || with["429"] == 0 {
			t.Fatalf("the parts hold too little: %v", sum)
		}
		said := strings.Join(merged.Verdict.Reasons, "\n")
		if !strings.Contains(said, "% of the plan was set aside") || strings.Contains(said, "never sent") || !strings.Contains(strings.Join(comparing.Unfit(l), "\n"), "% of the plan of the run was set aside") {
			t.Errorf("what became of them is not said: %q, %q", said, comparing.Unfit(l))
		}
		inRows(t, l, sum)
		inThresholds(t, l, sum)
		inReports(t, merged, sum)
	})
}

// inRows checks that the rows, phases, users, totals and series hold the same counts.
func inRows(t *testing.T, l *record.Load, sum map[string]uint64) {
	t.Helper()
	same := func(what string, got map[string]uint64) {
		if fmt.Sprint(got) != fmt.Sprint(sum) {
			t.Errorf("%s: %v, not %v", what, got, sum)
		}
	}
	same("services", counted(l.Services))
	var phases []record.Service
	var inPhases record.Service
	for _, p := range l.Phases {
		phases = append(phases, p.Services...)
		inPhases.Count, inPhases.Censored, inPhases.BadTokens = inPhases.Count+p.All.Count, inPhases.Censored+p.All.Censored, inPhases.BadTokens+p.All.BadTokens
	}
	same("phases", counted(phases))
	if inPhases.Count != l.All.Count || inPhases.Censored != l.All.Censored {
		t.Errorf("phases: %d requests and %d censored, not %d and %d", inPhases.Count, inPhases.Censored, l.All.Count, l.All.Censored)
	}
	users := counted(l.Users)
	for _, s := range l.Services {
		if s.Name == string(unifier.OAuth) && s.Status != record.StatusAll { // whose users nobody names
			users[s.Status] += s.Count
		}
	}
	same("users and oauth", users)
	aside := sum[record.StatusProvoked] + sum[record.StatusStandIn]
	if open := aside + sum[record.StatusUnsent] + sum[record.StatusCut]; l.All.Censored != open {
		t.Errorf("%d are censored, not %d", l.All.Censored, open)
	}
	var series record.Point
	for _, p := range l.Series {
		series.Planned, series.Sent, series.Completed, series.Errors = series.Planned+p.Planned, series.Sent+p.Sent, series.Completed+p.Completed, series.Errors+p.Errors
		series.Unsent, series.Censored = series.Unsent+p.Unsent, series.Censored+p.Censored
	}
	got := record.Totals{Planned: series.Planned, Sent: series.Sent, Completed: series.Completed, Errors: series.Errors, Unsent: series.Unsent}
	want := record.Totals{Planned: l.Totals.Planned, Sent: l.All.Count, Completed: sum["200"] + sum["429"], Errors: sum["429"], Unsent: sum[record.StatusUnsent]}
	if fmt.Sprint(got) != fmt.Sprint(want) || series.Censored != l.All.Censored {
		t.Errorf("series: %+v and %d censored, not %+v and %d", got, series.Censored, want, l.All.Censored)
	}
	if t1 := l.Totals; t1.Sent != want.Sent || t1.Completed != want.Completed || t1.Errors != want.Errors || t1.Unsent != want.Unsent || t1.Planned != want.Sent+want.Unsent {
		t.Errorf("totals: %+v, not %+v", t1, want)
	}
}

// inThresholds checks that what was set aside may have been anything to an error rate.
func inThresholds(t *testing.T, l *record.Load, sum map[string]uint64) {
	t.Helper()
	for _, th := range l.Thresholds {
		if th.Expression != "error_rate<1%" {
			continue
		}
		due := float64(l.Totals.Planned)
		low, high := float64(sum["429"])/due, float64(sum["429"]+l.All.Censored)/due
		if m := th.Measured; m == nil || m.High == nil || !sameShare(m.Low, low) || !sameShare(*m.High, high) {
			t.Errorf("%+v from %+v, not from %g to %g", th, th.Measured, low, high)
		}
	}
}

// sameShare reports whether two shares are the same but for their division.
func sameShare(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 }

// inReports checks that every report holds the counts.
func inReports(t *testing.T, run *record.Run, sum map[string]uint64) {
	t.Helper()
	for _, format := range []string{"text", "markdown", "html", "junit", "github", "csv", "json"} {
		b, err := reports.Draw(format, run, reports.Options{Width: 300})
		if err != nil {
			t.Fatal(err)
		}
		switch format {
		case "csv":
			csvCounts(t, b, run.Load)
		case "json":
			if read, err := reports.Decode(b); err != nil || fmt.Sprint(counted(read.Load.Services)) != fmt.Sprint(sum) {
				t.Errorf("json: %v", err)
			}
		case "text", "markdown", "html":
			for _, s := range run.Load.Services {
				if !hasRow(string(b), s) {
					t.Errorf("%s: no row of %s, %s with %d", format, s.Name, s.Status, s.Count)
				}
			}
		default:
			text := strings.ReplaceAll(string(b), "%25", "%")
			for _, th := range run.Load.Thresholds {
				if th.State == record.ThresholdFail && !strings.Contains(text, th.Value) {
					t.Errorf("%s: nothing of %+v", format, th)
				}
			}
		}
	}
}

// tags are those of a page.
var tags = regexp.MustCompile(`<[^>]*>`)

// hasRow reports whether a report has a line of an entry, with its count.
func hasRow(report string, s record.Service) bool {
	for _, line := range strings.Split(report, "\n") {
		line = strings.NewReplacer("&#39;", "'", "\\", "").Replace(tags.ReplaceAllString(line, " | "))
		_, after, found := strings.Cut(line, s.Name)
		if !found {
			continue
		}
		after = strings.TrimLeft(after, " |")
		rest, found := strings.CutPrefix(after, s.Status)
		fields := strings.Fields(strings.ReplaceAll(rest, "|", " "))
		if found && len(fields) > 0 && fields[0] == strconv.FormatUint(s.Count, 10) {
			return true
		}
	}
	return false
}

// csvCounts checks that the columns of a series add up to the totals.
func csvCounts(t *testing.T, b []byte, l *record.Load) {
	t.Helper()
	lines, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]uint64{"planned": l.Totals.Planned, "sent": l.Totals.Sent, "completed": l.Totals.Completed, "errors": l.Totals.Errors, "bad_tokens": l.Totals.BadTokens, "unsent": l.Totals.Unsent, "censored": l.All.Censored}
	for i, name := range lines[0] {
		sum := uint64(0)
		for _, line := range lines[1:] {
			n, _ := strconv.ParseUint(line[i], 10, 64)
			sum += n
		}
		if n, ok := want[name]; ok && n != sum {
			t.Errorf("csv: %d %s, not %d", sum, name, n)
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("csv: there is no column of %v", want)
	}
}
