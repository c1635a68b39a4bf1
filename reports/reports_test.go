package reports

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
	"github.com/google/go-cmp/cmp"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/browser"
	"github.com/unigate/unigate/reports/internal/sample"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestMain ends the browser that the tests share.
func TestMain(m *testing.M) {
	code := m.Run()
	browser.Close()
	os.Exit(code)
}

// golden compares got with a golden file, or rewrites the file.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got); if that is right, run the test with -update\n%s", path, diff)
	}
}

func TestGolden(t *testing.T) {
	for _, k := range []struct {
		file, format string
		o            Options
	}{
		{"sample.txt", "text", Options{}},
		{"sample-wide-verbose.txt", "text", Options{Width: 140, Verbose: true}},
		{"sample-quiet.txt", "text", Options{Quiet: true}},
		{"sample-color.txt", "text", Options{Color: true}},
		{"sample.run.json", "json", Options{}},
		{"sample.junit.xml", "junit", Options{}},
		{"sample.md", "markdown", Options{}},
		{"sample.csv", "csv", Options{}},
		{"sample.ndjson", "messages", Options{}},
	} {
		t.Run(k.file, func(t *testing.T) {
			got, err := Draw(k.format, sample.Run(), k.o)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, k.file, got)
		})
	}
}

// A stored record must give byte for byte what the run gave.
func TestRedrawnFromStoredRecord(t *testing.T) {
	run := sample.Run()
	run.Load.Totals.RatePerS = math.NaN()
	run.Conformance.Scenarios[0].Steps = nil
	stored, err := Encode(run)
	if err != nil {
		t.Fatal(err)
	}
	var again record.Run
	if err := json.Unmarshal(stored, &again); err != nil {
		t.Fatal(err)
	}
	for _, format := range Formats() {
		first, err := Draw(format, run, Options{Verbose: true})
		if err != nil {
			t.Fatal(err)
		}
		second, err := Draw(format, &again, Options{Verbose: true})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, second) {
			t.Errorf("%s: the stored record draws differently", format)
		}
		if !utf8.Valid(first) {
			t.Errorf("%s: not valid UTF-8", format)
		}
	}
}

// commandLine tells the lines that may be longer than the page: words of a shell
// command that cannot be broken.
func commandLine(line string) bool {
	return strings.Contains(line, "https://us2") || strings.HasPrefix(strings.TrimSpace(line), "'") ||
		strings.HasPrefix(line, "FAIL: ") // the verdict is one line
}

func TestTextFitsItsWidth(t *testing.T) {
	for _, width := range []int{80, 100, 140} {
		got, err := Draw("text", sample.Run(), Options{Width: width, Verbose: true})
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(got)) {
			line = strings.TrimSuffix(line, "\n")
			if displaywidth.String(line) > width && !commandLine(line) {
				t.Errorf("wider than %d: %q", width, line)
			}
			if strings.TrimRight(line, " ") != line {
				t.Errorf("trailing blanks: %q", line)
			}
		}
	}
}

// Nothing that a server sent may move the cursor, change the title or turn text around.
func TestTextShowsNoControlCharacters(t *testing.T) {
	got, err := Draw("text", sample.Run(), Options{Verbose: true})
	if err != nil {
		t.Fatal(err)
	}
	if i := bytes.IndexFunc(got, func(r rune) bool {
		return r != '\n' && r < ' ' || r == 0x7f || r == 0x202e || r == 0x2028
	}); i >= 0 {
		t.Errorf("control character at %d: %q", i, got[max(0, i-20):i+10])
	}
}

func TestUnknownFormat(t *testing.T) {
	err := Write(&bytes.Buffer{}, "pdf", sample.Run(), Options{})
	if err == nil || !strings.Contains(err.Error(), `unknown format "pdf"`) {
		t.Errorf("got %v", err)
	}
}

// failing takes n bytes, then fails.
type failing struct{ n int }

func (f *failing) Write(p []byte) (int, error) {
	if len(p) > f.n {
		return f.n, errors.New("no space left on device")
	}
	f.n -= len(p)
	return len(p), nil
}

func TestWriteErrorsAreReported(t *testing.T) {
	for _, format := range Formats() {
		if err := Write(&failing{10}, format, sample.Run(), Options{}); err == nil || !strings.Contains(err.Error(), "no space left") {
			t.Errorf("%s: got %v", format, err)
		}
	}
}

func TestEmptyRecordsCanBeDrawn(t *testing.T) {
	for _, run := range []*record.Run{{}, {Conformance: &record.Conformance{}}, {Load: &record.Load{}}} {
		for _, format := range Formats() {
			if _, err := Draw(format, run, Options{}); err != nil && !(format == "csv" && run.Load == nil && errors.Is(err, ErrNothing)) {
				t.Errorf("%s: %v", format, err)
			}
		}
	}
}

// A generator that started nothing has no lag.
func TestNoLagOfNothing(t *testing.T) {
	for want, lag := range map[int]record.Distribution{3: {}, 4: {P50: 0.001, Max: 0.002}} {
		if got := generatorLines(record.Generator{ScheduleLag: lag}); len(got) != want {
			t.Errorf("got %q, want %d lines", got, want)
		}
	}
}

// The one line says why, and what was never sent.
func TestVerdictLine(t *testing.T) {
	load := func(unsent uint64) *record.Load {
		return &record.Load{Totals: record.Totals{Completed: 20, Unsent: unsent}, All: record.Service{Latency: record.Distribution{P99: 0.00787}}}
	}
	for want, run := range map[string]*record.Run{
		"FAIL: 0 requests, 30 unsent, 0 errors, 0 bad tokens": { // nothing was measured
			Verdict: record.Verdict{State: record.VerdictFail}, Load: &record.Load{Totals: record.Totals{Unsent: 30}}},
		"PASS: 20 requests, 0 errors, 0 bad tokens, p99 7.87 ms": {
			Verdict: record.Verdict{State: record.VerdictPass}, Load: load(0)},
		"PASS: 20 requests, 980 unsent, 0 errors, 0 bad tokens, p99 7.87 ms": {
			Verdict: record.Verdict{State: record.VerdictPass}, Load: load(980)},
		"FAIL: threshold rate>=99%: 40%; 20 requests, 0 errors, 0 bad tokens, p99 7.87 ms": {
			Verdict: record.Verdict{State: record.VerdictFail, Reasons: []string{"threshold rate>=99%: 40%", "another"}}, Load: load(0)},
		"INTERRUPTED: interrupted; 20 requests, 0 errors, 0 bad tokens, p99 7.87 ms": {
			Verdict: record.Verdict{State: record.VerdictInterrupted, Reasons: []string{"interrupted"}}, Load: load(0)},
		"PASS: 20 requests, 0 errors, 0 bad tokens, p99 7.87 ms; embedded reference service": {
			Target: record.Target{Embedded: true}, Verdict: record.Verdict{State: record.VerdictPass}, Load: load(0)},
		"INCONCLUSIVE: no answer": {Verdict: record.Verdict{State: record.VerdictInconclusive, Reasons: []string{"no answer"}}},
		"FAIL: 2 requirements are not met; 0 of 1 requirements pass, 1 fail": {
			Verdict:     record.Verdict{State: record.VerdictFail, Reasons: []string{"2 requirements are not met"}},
			Conformance: &record.Conformance{Requirements: []record.Requirement{{ID: "LOGIN-01", State: record.Fail}}}},
	} {
		if got := VerdictLine(run); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// What no report could be drawn from is found when the record is read.
func TestDecodeRefusesUnsoundLoad(t *testing.T) {
	broken := func(edit func(*record.Load)) string {
		run := sample.Run()
		edit(run.Load)
		b, err := Encode(run)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for want, text := range map[string]string{
		"no plan or no totals":                     `{"schema": "unigate.run/v1", "load": {"services": []}}`,
		"the whole is a JSON array":                "[]",
		"schema is a JSON number":                  `{"schema": 5}`,
		"begins at 3 s and is -1 s long":           broken(func(l *record.Load) { l.Series[3].WidthS = -1 }),
		"begins at 1e+10 s":                        broken(func(l *record.Load) { l.Series[3].TS = 1e10 }),
		"a number beyond 1e+20":                    broken(func(l *record.Load) { l.Series[3].TS = 1e300 }),
		"the histogram of the latency of login":    broken(func(l *record.Load) { l.Services[0].LatencyHistogram = "broken" }),
		"the histogram of the service time of all": broken(func(l *record.Load) { l.All.ServiceTimeHistogram = "HISTF" }),
		"the histogram of oauth at 3 s":            broken(func(l *record.Load) { l.Series[3].LatencyHistograms["oauth"] = "broken" }),
	} {
		if _, err := Decode([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", want, err)
		}
	}
	if _, err := Decode([]byte(broken(func(*record.Load) {}))); err != nil {
		t.Error(err)
	}
}

// A long name from a record makes no table wider than the page.
func TestLongNamesFit(t *testing.T) {
	run := sample.Run()
	run.Load.Services[0].Name, run.Load.Services[0].Status = strings.Repeat("name", 20), strings.Repeat("status", 20)
	run.Load.Errors[0].Service = strings.Repeat("name", 20)
	got, err := Draw("text", run, Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, load, _ := strings.Cut(string(got), "\nLoad\n")
	load = load[:strings.LastIndex(strings.TrimSpace(load), "\n")] // the verdict's line is one line
	for line := range strings.Lines(load) {
		if len([]rune(line)) > 81 {
			t.Errorf("%d wide: %s", len([]rune(line)), line)
		}
	}
}

// A record of a real run has keywords without a blank behind them; in every format
// that shows steps, one stands between the keyword and the words.
func TestKeywordsAndWordsAreApart(t *testing.T) {
	for _, format := range []string{"text", "markdown", "junit"} {
		b, err := Draw(format, sample.Run(), Options{Verbose: true})
		if err != nil {
			t.Fatal(err)
		}
		if glued := regexp.MustCompile(`\b(Given|When|Then)[a-z][a-z ]{8}`).Find(b); glued != nil || !bytes.Contains(b, []byte("Then the answer is as documented")) {
			t.Errorf("%s: %q", format, glued)
		}
	}
}
