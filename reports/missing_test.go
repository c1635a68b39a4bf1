package reports_test

import (
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports"
	"github.com/unigate/unigate/reports/internal/sample"
)

// What the checks of a requirement lacked that did not run stands beside those that
// did, hostile text made plain; where all ran, or none, nothing is said of it.
func TestWhatChecksLackedIsDrawn(t *testing.T) {
	run := sample.Run()
	var hidden []string
	for i := range run.Conformance.Requirements {
		q := &run.Conformance.Requirements[i]
		switch i {
		case 0:
			q.State, q.Reason, q.Checked, q.Checks, q.Missing = record.Pass, "", 22, 25, "no Basic user with a duration of 10 minutes <b>is</b> configured"
		case 1:
			q.Checked, q.Checks, q.Missing = 3, 3, "hidden, for all ran"
			hidden = append(hidden, q.Missing)
		}
	}
	for _, format := range []string{"text", "html", "markdown"} {
		b, err := reports.Draw(format, run, reports.Options{})
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Join(strings.Fields(string(b)), " ")
		for _, want := range []string{"22 of 25 checks; what the others lacked: no Basic user with a duration of 10 minutes"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q", format, want)
			}
		}
		for _, h := range append(hidden, "3 of 3 checks") {
			if strings.Contains(text, h) {
				t.Errorf("%s says %q", format, h)
			}
		}
		if format != "text" && strings.Contains(text, "<b>is</b>") {
			t.Errorf("%s lets a tag through", format)
		}
	}
}
