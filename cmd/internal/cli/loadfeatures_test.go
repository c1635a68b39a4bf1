package cli

import (
	"testing"

	"github.com/unigate/unigate/internal/record"
)

// An objective that held says nothing where much of the plan was never sent.
func TestObjectivesStayOpenWhereTheRunIs(t *testing.T) {
	load := func(states ...record.ThresholdState) *record.Load {
		l := &record.Load{}
		for _, s := range states {
			l.Thresholds = append(l.Thresholds, record.Threshold{State: s, Reason: "its own"})
		}
		return l
	}
	const pass, fail, open = record.ThresholdPass, record.ThresholdFail, record.ThresholdInconclusive
	const unsent = "3.0 % of the plan was never sent"
	for name, k := range map[string]struct {
		verdict record.Verdict
		before  []record.ThresholdState
		after   []record.ThresholdState
	}{
		"unsent":           {record.Verdict{State: record.VerdictInconclusive, Reasons: []string{unsent}}, []record.ThresholdState{pass, pass}, []record.ThresholdState{open, open}},
		"unsent and open":  {record.Verdict{State: record.VerdictInconclusive, Reasons: []string{unsent, "threshold p99<1s: late"}}, []record.ThresholdState{pass, open}, []record.ThresholdState{open, open}},
		"only an open one": {record.Verdict{State: record.VerdictInconclusive, Reasons: []string{"threshold p99<1s: late"}}, []record.ThresholdState{pass, open}, []record.ThresholdState{pass, open}},
		"all held":         {record.Verdict{State: record.VerdictPass}, []record.ThresholdState{pass, pass}, []record.ThresholdState{pass, pass}},
		"one did not":      {record.Verdict{State: record.VerdictFail, Reasons: []string{"threshold p99<1s: 2s"}}, []record.ThresholdState{pass, fail}, []record.ThresholdState{pass, fail}},
	} {
		l := load(k.before...)
		leaveOpen(l, k.verdict)
		for i, want := range k.after {
			th := l.Thresholds[i]
			if th.State != want || k.before[i] != want && th.Reason != unsent {
				t.Errorf("%s: threshold %d is %s, %q", name, i, th.State, th.Reason)
			}
		}
	}
}
