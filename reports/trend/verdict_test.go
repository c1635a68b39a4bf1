package trend

import (
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/sample"
)

// A run that ended before there was anything to report is of the kind that its command
// says: a load test whose target was down hides no verify, and the other way round.
func TestRunsWithoutAResultAreOfTheirKind(t *testing.T) {
	pass, fail := record.Verdict{State: record.VerdictPass}, record.Verdict{State: record.VerdictFail, Exit: 1}
	down := record.Verdict{State: record.VerdictInconclusive, Exit: 3, Reasons: []string{"nothing answers there"}}
	type kind struct {
		command string
		verdict record.Verdict
	}
	for name, k := range map[string]struct {
		runs []kind
		exit int
		says string
	}{
		"a failing verify, then a load that was down": {[]kind{{"verify", fail}, {"load", down}}, 1, "the newest verify, run 1"},
		"a failing load, then a verify that was down": {[]kind{{"load", fail}, {"verify", down}}, 1, "the newest load, run 1"},
		"a load that was down is the newest load":     {[]kind{{"load", fail}, {"load", down}, {"verify", pass}}, 3, "the newest load, run 2"},
		"a merged one is both":                        {[]kind{{"load", fail}, {"verify", fail}, {"verify and load", down}}, 3, "the newest verify and load, run 3"},
		"a part judges nothing":                       {[]kind{{"verify", pass}, {"part", pass}}, 3, "the newest load, run 2 of 2027-05-17, came to INCONCLUSIVE: a part of a plan judges nothing"},
		"a part that fails":                           {[]kind{{"verify", pass}, {"part", fail}}, 1, "the newest load, run 2"},
	} {
		r := built(t, len(k.runs), func(i int, run *record.Run) {
			run.Command, run.Verdict, run.Behaviour = k.runs[i].command, k.runs[i].verdict, nil
			switch {
			case run.Verdict.State == record.VerdictInconclusive:
				run.Conformance = nil
			case run.Command != "verify":
				run.Conformance, run.Load = nil, sample.Load(sample.Options{Seed: 3})
			}
			if run.Command == "part" {
				run.Command, run.Load.Part = "load", &record.Part{Index: 0, Of: 2}
			}
		})
		if said := strings.Join(r.Verdict.Reasons, "; "); r.Verdict.Exit != k.exit || !strings.Contains(said, k.says) {
			t.Errorf("%s: exit %d, %s", name, r.Verdict.Exit, said)
		}
		if r.Runs[len(r.Runs)-1].Verdict == record.VerdictPass && name != "a load that was down is the newest load" {
			t.Errorf("%s: it counts as passed", name)
		}
	}
}
