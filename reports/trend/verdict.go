package trend

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/amount"
	"github.com/unigate/unigate/internal/record"
)

// verdict is what the newest verify and the newest load test of the newest run's
// target came to, and whether something broke on the way to them.
func (r *Result) verdict() record.Verdict {
	v := record.Verdict{State: record.VerdictPass, Reasons: []string{}}
	target := targetOf(r.Runs[len(r.Runs)-1].Target)
	seen := map[bool]bool{}
	for i := len(r.Runs) - 1; i >= 0; i-- {
		run := &r.Runs[i]
		kinds := run.kinds()
		fresh := slices.ContainsFunc(kinds, func(k bool) bool { return !seen[k] })
		if targetOf(run.Target) != target || !fresh {
			continue
		}
		for _, k := range kinds {
			seen[k] = true
		}
		v = r.join(v, run)
	}
	v.Exit = map[record.VerdictState]int{record.VerdictFail: 1, record.VerdictInconclusive: 3}[v.State]
	return v
}

// kinds says what a run was: true stands for a load test, false for a verify. One that
// ended before there was anything to report is what its command says.
func (run *Run) kinds() []bool {
	loads, verifies := run.Load != nil || run.Capacity != nil, run.Requirements != nil
	if !loads && !verifies {
		loads = strings.Contains(run.Command, "load")
		verifies = !loads || strings.Contains(run.Command, "verify")
	}
	var out []bool
	if loads {
		out = append(out, true)
	}
	if verifies {
		out = append(out, false)
	}
	return out
}

// join adds what one of the newest runs came to.
func (r *Result) join(v record.Verdict, run *Run) record.Verdict {
	switch {
	case run.Verdict == record.VerdictFail:
		v.State = record.VerdictFail
	case run.Verdict != record.VerdictPass && v.State == record.VerdictPass:
		v.State = record.VerdictInconclusive
	}
	if run.Verdict != record.VerdictPass {
		reason := fmt.Sprintf("the newest %s, run %d of %s, came to %s", run.Command, run.N, run.Started.Format(time.DateOnly), strings.ToUpper(string(run.Verdict)))
		if run.Reason != "" {
			reason += ": " + run.Reason
		}
		v.Reasons = append(v.Reasons, reason)
	}
	if run.Breaking > 0 {
		v.State = record.VerdictFail
		v.Reasons = append(v.Reasons, fmt.Sprintf("%s from run %d to run %d", amount.Of(run.Breaking, "breaking change", "breaking changes"), run.Neighbour, run.N))
	}
	return v
}
