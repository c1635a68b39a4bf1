package reports

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/sheet"
)

// The bounds of the format github. The runner shows ten annotations of a kind per
// step and drops the rest without a word, so the tenth line says how many more there are.
const (
	githubShown = 9
	githubText  = 400 // terminal cells of a message
)

// annotation is one workflow command of GitHub Actions.
type annotation struct{ level, title, text string }

// github draws workflow commands for GitHub Actions: an annotation for everything
// that made the run what it is, the worst first, at most githubShown of them.
func github(run *record.Run, _ Options) ([]byte, error) {
	all := annotations(run)
	left := len(all) - githubShown
	if left > 0 {
		all = append(all[:githubShown:githubShown], annotation{all[0].level, "unigate", fmt.Sprintf("and %d more: see the summary and report.html", left)})
	}
	var b bytes.Buffer
	for _, a := range all {
		fmt.Fprintf(&b, "::%s title=%s::%s\n", a.level, githubProperty.Replace(sheet.OneLine(a.title)), githubData.Replace(sheet.Clip(sheet.OneLine(a.text), githubText)))
	}
	return b.Bytes(), nil
}

// annotations are all of a run, errors before warnings. A run that is not green
// has at least one error.
func annotations(run *record.Run) []annotation {
	var errs, warnings []annotation
	if c := run.Conformance; c != nil {
		for _, r := range c.Requirements {
			a := annotation{"error", r.ID + " is not met", about(r)}
			switch r.State {
			case record.Fail:
				errs = append(errs, a)
			case record.Error:
				a.title = r.ID + " could not be judged"
				errs = append(errs, a)
			case record.Warning:
				a.level = "warning"
				warnings = append(warnings, a)
			}
		}
		for _, s := range c.Scenarios {
			if len(s.Requirements) == 0 && s.State.Worse(record.Warning) {
				errs = append(errs, annotation{"error", s.Name, summary(s)})
			}
		}
	}
	if run.Load != nil && !isPart(run) { // a part is not judged
		for _, t := range run.Load.Thresholds {
			if t.State != record.ThresholdPass {
				errs = append(errs, annotation{"error", "threshold " + t.Expression + ": " + string(t.State), thresholdText(t)})
			}
		}
	}
	line := annotation{"error", "unigate: " + word(run.Verdict), VerdictLine(run)}
	switch {
	case run.Verdict.State == record.VerdictPass:
		line.level = "notice"
		return append(append(errs, warnings...), line)
	case run.Verdict.State != record.VerdictFail || len(errs) == 0:
		// What left the run open is its cause; what was found beside it comes after.
		errs = append([]annotation{line}, errs...)
	}
	return append(errs, warnings...)
}

// thresholdText says in words what was measured for a threshold.
func thresholdText(t record.Threshold) string {
	text := "measured " + t.Value
	if t.Reason != "" {
		text += ": " + t.Reason
	}
	return text
}

// What GitHub's runner decodes in the data of a workflow command, and in its properties.
var (
	githubData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
