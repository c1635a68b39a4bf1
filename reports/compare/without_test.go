package compare

import (
	"errors"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/sample"
)

// A run that ended before there was anything to compare, as its target was down, leaves
// the comparison open, whatever is allowed; a verify and a load test remain a mistake.
func TestRunsWithoutAResult(t *testing.T) {
	down := func(command string) *record.Run {
		return &record.Run{Command: command, Verdict: record.Verdict{State: record.VerdictInconclusive, Exit: 3, Reasons: []string{"nothing answers there"}}}
	}
	load := &record.Run{Command: "load", Load: sample.Load(sample.Options{Seed: 1})}
	merged := sample.Run()
	merged.Command = "verify and load"
	limits := Options{Limits: []Limit{{Text: "p99=10%", Figure: "p99", Share: 0.1}}}
	for name, k := range map[string]struct {
		old, new *record.Run
		o        Options
		says     []string // none is ErrNothingInCommon
	}{
		"the new verify":        {sample.Verify(), down("verify"), Options{}, []string{"the new run has no result: nothing answers there"}},
		"unchecked is allowed":  {sample.Verify(), down("verify"), Options{AllowUnchecked: true}, []string{"the new run has no result: nothing answers there"}},
		"the old load":          {down("load"), load, Options{}, []string{"the old run has no result: nothing answers there"}},
		"a limit":               {load, down("load"), limits, []string{"the new run has no result: nothing answers there"}},
		"both":                  {down("verify"), down("verify"), Options{}, []string{"the old run has no result: nothing answers there", "the new run has no result: nothing answers there"}},
		"a merged record":       {merged, down("load"), Options{}, []string{"the new run has no result: nothing answers there"}},
		"a verify and a load":   {sample.Verify(), down("load"), Options{}, nil},
		"a load and a verify":   {load, down("verify"), Options{}, nil},
		"both have some result": {sample.Verify(), load, Options{}, nil},
	} {
		r, err := Compare(k.old, k.new, k.o)
		if len(k.says) == 0 {
			if !errors.Is(err, ErrNothingInCommon) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || r.Verdict.State != record.VerdictInconclusive || r.Verdict.Exit != 3 || strings.Join(r.Verdict.Reasons, "|") != strings.Join(k.says, "|") {
			t.Errorf("%s: %v, %+v", name, err, r)
			continue
		}
		for _, format := range Formats() {
			if format == "html" { // reports draws it
				continue
			}
			if b, err := r.Draw(format, Drawing{}); err != nil || !strings.Contains(string(b), k.says[0]) {
				t.Errorf("%s, %s: %v\n%s", name, format, err, b)
			}
		}
		if line := r.Line(); !strings.HasPrefix(line, "INCONCLUSIVE: ") || !strings.Contains(line, k.says[0]) {
			t.Errorf("%s: %s", name, line)
		}
	}
}
