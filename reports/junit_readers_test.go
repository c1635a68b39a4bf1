package reports

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/sample"
)

// readIssue is a failure or error as a reporter shows it.
type readIssue struct {
	Name, Message, Text, File string
	Line                      int
}

// readReport is what a reporter makes of a JUnit report.
type readReport struct {
	Total, Failed, Skipped int
	Issues                 []readIssue
}

// readers reads a JUnit report as two common reporters do, by their libraries.
func readers(t *testing.T, doc []byte) (map[string]readReport, error) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed (Debian: apt-get install nodejs npm), so no reporter's library reads the report")
	}
	for _, library := range []string{"xml-js", "xml2js"} {
		if _, err := os.Stat("testdata/npm/node_modules/" + library); err != nil {
			t.Skip(library + " is not installed (npm ci --prefix reports/testdata/npm), so no reporter's library reads the report")
		}
	}
	file := filepath.Join(t.TempDir(), "junit.xml")
	if err := os.WriteFile(file, doc, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	var stderr strings.Builder
	cmd := exec.CommandContext(ctx, node, "testdata/npm/junit.mjs", file)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Logf("%s", stderr.String())
		return nil, err
	}
	found := map[string]readReport{}
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if len(found) != 2 {
		t.Fatalf("read by %d reporters: %s", len(found), out)
	}
	return found, nil
}

// Reporters count what the record holds, and name every failure with its requirement.
func TestJUnitInCommonReporters(t *testing.T) {
	for name, run := range junitRuns() {
		doc, err := Draw("junit", run, Options{})
		if err != nil {
			t.Fatal(err)
		}
		found, err := readers(t, doc)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		cases := len(run.Conformance.Scenarios)
		failed, skipped := 0, 0
		for _, s := range run.Conformance.Scenarios {
			switch s.State {
			case record.Fail, record.Error:
				failed++
			case record.Skipped, record.Waived:
				skipped++
			default:
			}
		}
		if run.Load != nil {
			cases += len(run.Load.Thresholds)
			for _, threshold := range run.Load.Thresholds {
				if threshold.State != record.ThresholdPass {
					failed++
				}
			}
		}
		if name == "unreachable" { // its verdict is the only case
			cases, failed = cases+1, failed+1
		}
		for reporter, r := range found {
			if r.Total != cases || r.Failed != failed || r.Skipped != skipped || len(r.Issues) != failed {
				t.Errorf("%s: %s reads %d cases, %d failed, %d skipped and %d issues, not %d, %d and %d",
					name, reporter, r.Total, r.Failed, r.Skipped, len(r.Issues), cases, failed, skipped)
			}
			for _, issue := range r.Issues {
				if issue.Message == "" || issue.Text == "" || issue.Name == "" || issue.File == "" {
					t.Errorf("%s: %s shows an issue without a name, message, text or file: %+v", name, reporter, issue)
				}
			}
		}
	}
}

// What a reporter shows of a scenario is what the record says of it: its requirement, and its
// place in the feature file; a hostile answer comes through as text.
func TestReportersShowRequirementAndPlace(t *testing.T) {
	run := sample.Run()
	doc, err := Draw("junit", run, Options{})
	if err != nil {
		t.Fatal(err)
	}
	found, err := readers(t, doc)
	if err != nil {
		t.Fatal(err)
	}
	for reporter, r := range found {
		i := 0
		for _, s := range run.Conformance.Scenarios {
			if s.State != record.Fail && s.State != record.Error {
				continue
			}
			issue := r.Issues[i]
			i++
			if len(s.Requirements) > 0 && !strings.Contains(issue.Message, s.Requirements[0]+": ") {
				t.Errorf("%s: %q is said without %s: %q", reporter, s.Name, s.Requirements[0], issue.Message)
			}
			place := s.File + ":" + strconv.Itoa(s.Line)
			if s.File == "" {
				place = s.Feature + ":" + strconv.Itoa(s.Line)
			}
			if reporter == "action-junit-report" && issue.File+":"+strconv.Itoa(issue.Line) != place {
				t.Errorf("%s: %q is put at %s:%d, not %s", reporter, s.Name, issue.File, issue.Line, place)
			}
			if !strings.HasPrefix(issue.Text, "at "+place) {
				t.Errorf("%s: the text of %q does not begin with its place: %q", reporter, s.Name, issue.Text)
			}
		}
		for ; i < len(r.Issues); i++ {
			if issue := r.Issues[i]; issue.File != thresholdsFile {
				t.Errorf("%s: the threshold %q is put at %q", reporter, issue.Name, issue.File)
			}
		}
	}
}

// The negative control: a report that is cut short is refused.
func TestReportersRefuseHalfAReport(t *testing.T) {
	doc, err := Draw("junit", sample.Run(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readers(t, doc[:len(doc)/2]); err == nil {
		t.Error("half a report was read")
	}
}
