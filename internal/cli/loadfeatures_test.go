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
	for name, k := range map[string]struct {
		verdict record.VerdictState
		before  []record.ThresholdState
		after   []record.ThresholdState
	}{
		"unsent":      {record.VerdictInconclusive, []record.ThresholdState{pass, pass}, []record.ThresholdState{open, open}},
		"an open one": {record.VerdictInconclusive, []record.ThresholdState{pass, open}, []record.ThresholdState{pass, open}},
		"all held":    {record.VerdictPass, []record.ThresholdState{pass, pass}, []record.ThresholdState{pass, pass}},
		"one failed":  {record.VerdictFail, []record.ThresholdState{pass, fail}, []record.ThresholdState{pass, fail}},
	} {
		l := load(k.before...)
		leaveOpen(l, record.Verdict{State: k.verdict, Reasons: []string{"3.0 % of the plan was never sent"}})
		for i, want := range k.after {
			th := l.Thresholds[i]
			if th.State != want || k.before[i] != want && th.Reason != "3.0 % of the plan was never sent" {
				t.Errorf("%s: threshold %d is %s, %q", name, i, th.State, th.Reason)
			}
		}
	}
}
