package compare

import (
	"fmt"
	"maps"
	"slices"

	"github.com/unigate/unigate/internal/record"
)

// wholeRun is the share of its planned duration from which a run counts as whole.
const wholeRun = 0.98

// differences lists why two load tests cannot be compared; none means that they can.
func differences(old, new *record.Load) []string {
	reasons := []string{}
	for _, s := range []struct {
		name string
		load *record.Load
	}{{"old", old}, {"new", new}} {
		if s.load.Generator.Saturated {
			reasons = append(reasons, "the load generator of the "+s.name+" run was saturated")
		}
		switch lasted, planned := s.load.Totals.DurationS, s.load.Plan.DurationS; {
		case s.load.Stopped != "":
			reasons = append(reasons, "the "+s.name+" run stopped early: "+s.load.Stopped)
		case s.load.Capacity == nil && lasted < wholeRun*planned:
			reasons = append(reasons, fmt.Sprintf("the %s run ended after %.3g s of %.3g s", s.name, lasted, planned))
		}
	}
	switch a, b := old.Capacity, new.Capacity; {
	case a == nil && b != nil:
		reasons = append(reasons, "only the new run is a search for capacity")
	case a != nil && b == nil:
		reasons = append(reasons, "only the old run is a search for capacity")
	case a != nil && a.Objective != b.Objective:
		reasons = append(reasons, fmt.Sprintf("the searches for capacity had different objectives, %s and %s", a.Objective, b.Objective))
	}
	return append(reasons, PlanDifferences(old.Plan, new.Plan)...)
}

// PlanDifferences lists in what two plans differ that bears on latency.
func PlanDifferences(a, b record.Plan) []string {
	var out []string
	differ := func(what string, x, y any) {
		out = append(out, fmt.Sprintf("different plan: %s %v and %v", what, x, y))
	}
	if a.Model != b.Model {
		differ("model", a.Model, b.Model)
	}
	if a.Transport != b.Transport {
		differ("transport", a.Transport, b.Transport)
	}
	if a.MaxInflight != b.MaxInflight {
		differ("most in flight", a.MaxInflight, b.MaxInflight)
	}
	if !maps.Equal(a.Mix, b.Mix) {
		differ("mix", a.Mix, b.Mix)
	}
	if len(a.Phases) != len(b.Phases) {
		differ("number of phases", len(a.Phases), len(b.Phases))
		return out
	}
	for i, p := range a.Phases {
		if q := b.Phases[i]; p.Shape != q.Shape || p.DurationS != q.DurationS || p.RatePerS != q.RatePerS || !maps.Equal(p.Params, q.Params) {
			differ(fmt.Sprintf("phase %d", i+1), phase(p), phase(q))
		}
	}
	return out
}

// phase names a phase.
func phase(p record.Phase) string {
	s := fmt.Sprintf("%s %g/s for %g s", p.Shape, p.RatePerS, p.DurationS)
	for _, k := range slices.Sorted(maps.Keys(p.Params)) {
		s += fmt.Sprintf(" %s=%g", k, p.Params[k])
	}
	return s
}

// Percent shows a relative change.
func Percent(share float64) string {
	switch v := share * 100; {
	case v > 1000:
		return fmt.Sprintf("%+.0f %%", v)
	default:
		return fmt.Sprintf("%+.1f %%", v)
	}
}
