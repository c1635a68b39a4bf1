package trend

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clipperhouse/displaywidth"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/sample"
)

// folder writes n heads of records, a minute apart, and returns the folder.
func folder(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	for i := range n {
		head := fmt.Sprintf(`{"schema": %q, "started": %q, "target": {"base_url": "https://unifier.example"}}`, record.Schema, sample.Began.Add(time.Duration(i)*time.Minute).Format(time.RFC3339))
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%05d.json", i)), []byte(head), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// big is a record of more than a mebibyte, as a verify writes it.
func big(path string) *record.Run {
	run := sample.Verify()
	i := 0
	fmt.Sscanf(filepath.Base(path), "%d", &i)
	run.Started = sample.Began.Add(time.Duration(i) * time.Minute)
	for k := range run.Conformance.Scenarios {
		for j := range run.Conformance.Scenarios[k].Exchanges {
			run.Conformance.Scenarios[k].Exchanges[j].Response = &record.Message{Body: strings.Repeat(string(rune('a'+i%26)), 1<<17)}
		}
	}
	return run
}

// heap is what is in use after the garbage is collected, in bytes.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// grown is by how much memory grows from one record to the last of n.
func grown(t *testing.T, n, from int, read func(context.Context, string) (*record.Run, error)) int64 {
	t.Helper()
	var before, after int64
	r, err := Build(t.Context(), []string{folder(t, n)}, Options{Read: read, Progress: func(done, _ int) {
		switch done {
		case from:
			before = heap()
		case n:
			after = heap()
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Runs) != n {
		t.Fatalf("%d runs", len(r.Runs))
	}
	return after - before
}

// A thousand records of a mebibyte grow memory by what is drawn of them only.
func TestMemoryIsBounded(t *testing.T) {
	const bound = 4 << 20
	n := 1000
	if testing.Short() {
		n = 200
	}
	if got := grown(t, n, 100, func(_ context.Context, path string) (*record.Run, error) { return big(path), nil }); got > bound {
		t.Errorf("the records after the first hundred take %d bytes more", got)
	}
	var kept []*record.Run // the negative control
	if got := grown(t, 30, 10, func(_ context.Context, path string) (*record.Run, error) {
		kept = append(kept, big(path))
		return kept[len(kept)-1], nil
	}); got <= bound {
		t.Errorf("records that are kept take %d bytes only: the test sees nothing", got)
	}
	runtime.KeepAlive(kept)
}

// built makes a trend of records that edit makes of the sample.
func built(t *testing.T, n int, edit func(i int, run *record.Run)) *Result {
	t.Helper()
	dir := t.TempDir()
	var runs []*record.Run
	var paths []string
	for i := range n {
		run := sample.Verify()
		run.Started = sample.Began.Add(time.Duration(i) * time.Hour)
		run.Finished = run.Started.Add(time.Minute)
		edit(i, run)
		runs = append(runs, run)
		paths = append(paths, filepath.Join(dir, fmt.Sprintf("%02d.json", i)))
		writeRecord(t, paths[i], run)
	}
	r, err := Build(t.Context(), []string{dir}, Options{Read: func(_ context.Context, path string) (*record.Run, error) {
		return runs[slices.Index(paths, path)], nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Requirements are followed from run to run: since when, how often, and what broke.
func TestRequirementsAreFollowed(t *testing.T) {
	r := built(t, 6, func(i int, run *record.Run) {
		run.Conformance.Requirements = []record.Requirement{{ID: "LOGIN-09", Level: record.Documented, Title: "an invalid expiry is refused", State: record.Pass}, {ID: "SEC-01", State: record.Pass}}
		run.Verdict = record.Verdict{State: record.VerdictPass}
		if i >= 4 {
			run.Conformance.Requirements[0].State = record.Fail
			run.Verdict = record.Verdict{State: record.VerdictFail, Exit: 1}
		}
		if i == 2 {
			run.Conformance.Requirements[1].State = record.Warning
		}
		if i >= 3 {
			run.Behaviour.Traits["oauth.success.expires_in"] = []string{"600"}
		}
	})
	want := []string{
		"not met since run 5 (2027-05-18): an invalid expiry is refused (LOGIN-09); not met in 2 of 6 runs",
		"met again since run 4 (2027-05-18): SEC-01; warned about in 1 of 6 runs",
	}
	if got := r.Sentences(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if len(r.Breaking) != 1 || r.Breaking[0].From != 3 || r.Breaking[0].To != 4 || r.Breaking[0].Rule != "lifetime-shorter" || r.Runs[3].Breaking != 1 {
		t.Errorf("%+v", r.Breaking)
	}
	if r.Verdict.State != record.VerdictFail || r.Verdict.Exit != 1 {
		t.Errorf("%+v", r.Verdict)
	}
}

// The exit status is that of the newest verify and the newest load test; old failures
// are history.
func TestTheNewestRunsDecide(t *testing.T) {
	states := func(all ...record.VerdictState) *Result {
		return built(t, len(all), func(i int, run *record.Run) {
			run.Behaviour, run.Verdict = nil, record.Verdict{State: all[i]}
			if i == 1 { // the only load test
				run.Conformance, run.Load = nil, sample.Load(sample.Options{Seed: 3})
			}
		})
	}
	p, f, o, x := record.VerdictPass, record.VerdictFail, record.VerdictInconclusive, record.VerdictInterrupted
	for _, k := range []struct {
		states []record.VerdictState
		exit   int
	}{
		{[]record.VerdictState{f, p, p}, 0}, {[]record.VerdictState{p, p, f}, 1}, {[]record.VerdictState{p, f, p}, 1},
		{[]record.VerdictState{p, o, p}, 3}, {[]record.VerdictState{p, o, f}, 1}, {[]record.VerdictState{p, p, x}, 3}, {[]record.VerdictState{p, p, "odd"}, 3},
	} {
		if got := states(k.states...).Verdict.Exit; got != k.exit {
			t.Errorf("%v: exit %d, want %d", k.states, got, k.exit)
		}
	}
}

// Load tests that cannot be compared stand apart, with the reason; the others are drawn.
func TestLoadTestsApart(t *testing.T) {
	r := built(t, 7, func(i int, run *record.Run) {
		run.Conformance, run.Behaviour, run.Load = nil, nil, sample.Load(sample.Options{Seed: uint64(i)})
		l := run.Load
		l.Generator.Saturated, l.Generator.Reasons, l.Stopped = false, nil, ""
		l.Totals.Unsent, l.Totals.Completed = 0, l.Totals.Sent
		switch i {
		case 1:
			l.Generator.Saturated, l.Generator.Reasons = true, []string{"no core was free"}
		case 2:
			l.Totals.Unsent = l.Totals.Sent
		case 3:
			l.Plan.Phases[0].RatePerS *= 2
		case 4:
			run.Target.BaseURL = "https://other.example"
		case 5:
			l.Stopped = "too many errors"
		}
	})
	for i, want := range []string{"", "saturated: no core was free", "never sent", "different plan: phase 1", "another target", "stopped early", ""} {
		if got := r.Runs[i].Apart; (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("run %d: %q", i+1, got)
		}
	}
	if len(r.Apart) != 5 || r.Editions[0].LowP99S <= 0 {
		t.Errorf("%+v", r.Apart)
	}
}

// Hostile records: texts are cleaned and cut, and numbers of things are bounded.
func TestHostileRecords(t *testing.T) {
	r := built(t, 3, func(i int, run *record.Run) {
		run.Target.BaseURL = strings.Repeat(sample.Hostile, 50)
		run.Verdict = record.Verdict{State: record.VerdictFail, Reasons: []string{strings.Repeat(sample.Hostile, 50)}}
		for k := range 5000 {
			run.Conformance.Requirements = append(run.Conformance.Requirements, record.Requirement{ID: fmt.Sprintf("%s-%d", strings.Repeat("X", 500), k), State: record.Fail})
		}
		if i > 0 {
			for k := range 300 {
				run.Behaviour.Traits[fmt.Sprintf("login.user.%d%d", i, k)] = []string{"gets a token"}
			}
		}
	})
	b, err := r.Draw("json", Drawing{})
	if err != nil {
		t.Fatal(err)
	}
	if len(b) > 4<<20 || len(r.Runs[0].NotMet) > maxIDs {
		t.Errorf("%d bytes, %d ids", len(b), len(r.Runs[0].NotMet))
	}
	if !strings.Contains(strings.Join(r.Notes, "\n"), "not all are kept") {
		t.Errorf("%q", r.Notes)
	}
	text, err := r.Draw("text", Drawing{})
	if err != nil || strings.ContainsAny(string(text), "\x1b\x00\u202e") {
		t.Errorf("the text is not clean: %v", err)
	}
}

// writeRecord writes what a record says of itself.
func writeRecord(t *testing.T, path string, run *record.Run) {
	t.Helper()
	b, err := json.Marshal(run)
	if err == nil {
		err = os.WriteFile(path, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// drawn reads the trend of thirty real runs, which .ci/history makes.
func drawn(t *testing.T) *Result {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "testdata", "trend.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r Result
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	return &r
}

// In 80 columns, and in as few as 48, no line is wider, and every run is there.
func TestTextFits(t *testing.T) {
	r := drawn(t)
	for _, width := range []int{0, 120, 80, 60, 58, 48} {
		b, err := r.Draw("text", Drawing{Width: width})
		if err != nil {
			t.Fatal(err)
		}
		most := width
		if most == 0 {
			most = 80
		}
		for line := range strings.Lines(string(b)) {
			if n := displaywidth.String(strings.TrimRight(line, "\n")); n > most {
				t.Errorf("%d: %d wide: %s", width, n, line)
			}
		}
		for _, want := range []string{"\n  1  ", "\n 30  ", "By edition and release", "LOGIN-21"} {
			if !strings.Contains(string(b), want) {
				t.Errorf("%d: no %q", width, want)
			}
		}
	}
}

// The CSV has a line of as many fields for each run.
func TestCSV(t *testing.T) {
	r := drawn(t)
	b, err := r.Draw("csv", Drawing{})
	if err != nil {
		t.Fatal(err)
	}
	all, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil || len(all) != 31 {
		t.Fatalf("%d lines, %v", len(all), err)
	}
	at := func(line int, name string) string { return all[line][slices.Index(all[0], name)] }
	if at(1, "pass") != "41" || at(23, "verdict") != "fail" || at(23, "not_met") != "LOGIN-09 LOGIN-21" || at(27, "p50_s") == "" || at(30, "capacity_per_s") != "40" {
		t.Errorf("%q", all)
	}
}
