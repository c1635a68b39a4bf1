package steps

import (
	"fmt"
	"slices"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/unifier"
)

// noToken is the error for a login that should have got a token and did not.
func noToken(a *answer) *mismatch {
	id := a.requirement(unifier.RuleToken)
	if found := a.judged.For(id); len(found) > 0 {
		return &mismatch{naming(a, found), a.tokenless()}
	}
	return &mismatch{naming(a, []oracle.Finding{{
		Requirement: id, Kind: "no_token", Expected: "a token", Observed: fmt.Sprintf("HTTP %d without a legible token", a.reply.Status),
	}}), a.tokenless()}
}

// add takes up another mismatch: both only say that no token came, or the whole does not.
func (m *mismatch) add(other *mismatch) {
	if len(m.findings) > 0 && (len(m.instead) == 0 || len(other.instead) == 0) {
		m.instead = nil
	} else {
		m.instead = append(m.instead, other.instead...)
	}
	m.findings = append(m.findings, other.findings...)
}

// tokenless are the requirements that an answer to a call with right credentials breaks by
// what it is in place of a token: scenarios about every answer, every such call and each
// expiry judge them.
func (a *answer) tokenless() []string {
	var broken []string
	switch a.situation {
	case "success":
	case asked: // whether it is taken is what that requirement is about
		broken = append(broken, a.requirement(unifier.RuleAsked))
	default:
		return nil
	}
	for _, f := range a.judged.Findings {
		if !f.Warning && f.Requirement != "" && !slices.Contains(broken, f.Requirement) {
			broken = append(broken, f.Requirement)
		}
	}
	return broken
}

// leaveToOthers takes back the failures of scenarios to which no token came, where the
// requirement that was broken by that failed by itself: what they are about was not seen.
// A login that answers 500 now and then breaks LOGIN-01, and says nothing of how long the
// tokens of others are accepted.
func (r *run) leaveToOthers() {
	failed := map[string]bool{}
	each := func(do func(s *Scenario, w *World)) {
		for id, worlds := range r.worlds {
			for _, w := range worlds {
				if s := r.byID[id]; s != nil && w.state() == record.Fail {
					do(s, w)
				}
			}
		}
	}
	own := func(s *Scenario, w *World) bool {
		return w.broken || len(w.instead) == 0 || len(s.Requirements) == 0 || slices.ContainsFunc(w.instead, func(id string) bool { return slices.Contains(s.Requirements, id) })
	}
	each(func(s *Scenario, w *World) {
		for _, id := range s.Requirements {
			failed[id] = failed[id] || own(s, w)
		}
	})
	each(func(s *Scenario, w *World) {
		at := slices.IndexFunc(w.instead, func(id string) bool { return failed[id] })
		if !own(s, w) && at >= 0 {
			w.leaveTo(w.instead[at])
		}
	})
}

// leaveTo makes a failed scenario one that was skipped, since another requirement is
// what its target breaks.
func (w *World) leaveTo(requirement string) {
	w.became, w.findings, w.quoted = record.Skipped, nil, nil
	why := fmt.Sprintf("no token came; %s is about that", requirement)
	if w.reason != "" {
		why = fmt.Sprintf("no token came (%s); %s is about that", w.reason, requirement)
	}
	w.reason = why
	for i := range w.steps {
		if s := &w.steps[i]; s.State == record.Fail {
			s.State, s.Error, s.Expected, s.Observed = record.Skipped, why, "", ""
		}
	}
}
