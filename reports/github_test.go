package reports

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/sample"
)

// githubLine is what the runner takes for a workflow command.
var githubLine = regexp.MustCompile(`^::(error|warning|notice) title=[^:,]+::\S[^\r\n]*$`)

// lines draws the format github.
func lines(t *testing.T, run *record.Run) []string {
	t.Helper()
	b, err := Draw("github", run, Options{})
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
	for _, l := range all {
		if !githubLine.MatchString(l) {
			t.Errorf("no annotation: %q", l)
		}
	}
	return all
}

func TestGitHubShowsNineAndCountsTheRest(t *testing.T) {
	run := sample.Verify()
	run.Verdict = record.Verdict{State: record.VerdictFail, Exit: 1, Reasons: []string{"not met"}}
	for _, n := range []int{1, 9, 10, 40} {
		run.Conformance.Requirements, run.Conformance.Scenarios = nil, nil
		for i := range n {
			run.Conformance.Requirements = append(run.Conformance.Requirements, record.Requirement{ID: fmt.Sprintf("LOGIN-%02d", i), Level: record.Documented, State: record.Fail, Reason: "why"})
		}
		all := lines(t, run)
		last := all[len(all)-1]
		if n <= 9 && len(all) != n || n > 9 && (len(all) != 10 || !strings.Contains(last, fmt.Sprintf("and %d more", n-9))) {
			t.Errorf("%d requirements: %q", n, all)
		}
	}
}

func TestGitHubIsNeverGreenWhereTheRunIsNot(t *testing.T) {
	for name, run := range junitRuns() {
		if run.Verdict.State == record.VerdictPass {
			run.Conformance.Requirements = run.Conformance.Requirements[:1]
		}
		errs := 0
		for _, l := range lines(t, run) {
			if strings.HasPrefix(l, "::error ") {
				errs++
			}
		}
		if green := run.Verdict.State == record.VerdictPass; green != (errs == 0) {
			t.Errorf("%s: %s with %d errors", name, run.Verdict.State, errs)
		}
	}
}

// What a target says stays the data of its annotation: it begins no other command
// and ends no property.
func TestGitHubKeepsTargetTextInItsPlace(t *testing.T) {
	run := sample.Verify()
	run.Verdict = record.Verdict{State: record.VerdictInconclusive, Exit: 3, Reasons: []string{"a\n::set-env name=PATH::/tmp%0A::x"}}
	run.Conformance.Requirements = []record.Requirement{{ID: "X,file=y::z", Level: record.Documented, State: record.Fail, Reason: "line\r\n::add-path::/tmp"}}
	for _, l := range lines(t, run) {
		if n := strings.Count(l, "::"); strings.HasPrefix(l[2:], "::") || n < 2 {
			t.Errorf("%q", l)
		}
		if strings.Contains(l, "title=X,") || strings.Contains(l, "/tmp%0A") {
			t.Errorf("not escaped: %q", l)
		}
	}
}
