package compare

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/unigate/unigate/internal/objective"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/phrase"
)

// differences lists why two load tests cannot be compared; none means that they can.
func differences(old, new *record.Load) []string {
	reasons := append([]string{}, unfit(old, "the old run")...)
	return append(append(reasons, unfit(new, "the new run")...), PlanDifferences(old, new)...)
}

// Unfit lists why the figures of a load test do not stand for its plan, so that it can
// be compared with no other; none means that they do.
func Unfit(l *record.Load) []string { return unfit(l, "the run") }

// unfit is Unfit; which names the run.
func unfit(l *record.Load, which string) (reasons []string) {
	if why := noLoad(l); why != "" {
		reasons = append(reasons, which+" "+why)
	}
	if l.Generator.Saturated {
		why := "the load generator of " + which + " was saturated"
		if len(l.Generator.Reasons) > 0 {
			why += ": " + strings.Join(l.Generator.Reasons, "; ")
		}
		reasons = append(reasons, why)
	}
	if f := unanswered(l); f.TooOpen() && l.Capacity == nil {
		reasons = append(reasons, fmt.Sprintf("%.1f %% of the plan of %s was %s", 100*f.OpenShare(), which, f.WhyOpen()))
	}
	switch lasted, planned := l.Totals.DurationS, l.Plan.DurationS; {
	case l.Stopped != "":
		reasons = append(reasons, which+" stopped early: "+l.Stopped)
	case l.Capacity == nil && lasted < wholeRun*planned:
		reasons = append(reasons, fmt.Sprintf("%s ended after %s of %s", which, phrase.Duration(lasted), phrase.Duration(planned)))
	}
	return reasons
}

// PlanDifferences lists in what two load tests, or two searches for capacity, set out
// to do something different, so that they cannot be compared.
func PlanDifferences(old, new *record.Load) (reasons []string) {
	switch a, b := old.Capacity, new.Capacity; {
	case a == nil && b != nil:
		reasons = append(reasons, "only the new run is a search for capacity")
	case a != nil && b == nil:
		reasons = append(reasons, "only the old run is a search for capacity")
	case a != nil && a.Objective != b.Objective:
		reasons = append(reasons, fmt.Sprintf("the searches for capacity had different objectives, %s and %s", a.Objective, b.Objective))
	}
	return append(reasons, planDifferences(old, new)...)
}

// noLoad says why a load test is not one load with a plan, or "".
func noLoad(l *record.Load) string {
	switch {
	case l.Part != nil && l.Part.Of > 1:
		return fmt.Sprintf("is part %d/%d of a plan: put all parts together with unigate report", l.Part.Index, l.Part.Of)
	case l.Generators > 0 && l.Whole == nil:
		return fmt.Sprintf("is a sum of %d load tests that each had a plan of its own: how their requests fell together is an accident (use --shard)", l.Generators)
	case l.Whole != nil && len(l.Whole.Missing) > 0:
		return fmt.Sprintf("lacks %d of the %d parts of its plan", len(l.Whole.Missing), l.Whole.Of)
	case l.Whole != nil && len(l.Whole.Repeated) > 0:
		return fmt.Sprintf("has %d of the %d parts of its plan more than once", len(l.Whole.Repeated), l.Whole.Of)
	}
	return ""
}

// unanswered returns how much of a plan has no answer that unigate waited for, and so
// whether what came back stands for the plan.
func unanswered(l *record.Load) objective.Figures {
	t := l.Totals
	f := objective.Figures{Sent: t.Sent, Unsent: t.Unsent, Cut: t.Sent - min(t.Completed, t.Sent)}
	for i := range l.Services {
		if s := &l.Services[i]; s.Status == record.StatusProvoked || s.Status == record.StatusStandIn {
			f.Aside += s.Count
		}
	}
	return f
}

// planDifferences lists in what two plans differ that bears on latency.
func planDifferences(old, new *record.Load) []string {
	a, b := old.Plan, new.Plan
	var out []string
	differ := func(what string, x, y any) {
		out = append(out, fmt.Sprintf("different plan: %s %v and %v", what, x, y))
	}
	if a.Model != b.Model {
		differ("model", a.Model, b.Model)
	}
	if x, y := cmp.Or(a.Arrivals, "uniform"), cmp.Or(b.Arrivals, "uniform"); x != y {
		differ("arrivals", x, y) // uniform: records from before there was a choice
	}
	if a.Transport != b.Transport {
		differ("transport", a.Transport, b.Transport)
	}
	if a.MaxInflight != b.MaxInflight && !(a.InflightByNeed && b.InflightByNeed) {
		differ("most in flight", a.MaxInflight, b.MaxInflight)
	}
	if !maps.Equal(a.Mix, b.Mix) {
		differ("mix", cmp.Or(phrase.Mix(a.Mix), "none"), cmp.Or(phrase.Mix(b.Mix), "none"))
	}
	connectionDifferences(old.Connections, new.Connections, differ)
	if len(a.Phases) != len(b.Phases) {
		differ("number of phases", len(a.Phases), len(b.Phases))
		return out
	}
	for i, p := range a.Phases {
		q := b.Phases[i]
		if p.Shape == q.Shape && p.DurationS == q.DurationS && p.RatePerS == q.RatePerS && maps.Equal(p.Params, q.Params) {
			continue
		}
		x, y := phase(old, p), phase(new, q)
		if x == y { // the words round, and leave out what the shape does not have
			x, y = exactly(p), exactly(q)
		}
		differ(fmt.Sprintf("phase %d", i+1), x, y)
	}
	return out
}

// connectionDifferences tells in what the use of connections differs. Records from
// before there was a choice kept connections; what no answer told is left aside.
func connectionDifferences(a, b *record.Connections, differ func(what string, x, y any)) {
	kept := record.Connections{Mode: "reuse", Resumption: true}
	x, y := cmp.Or(a, &kept), cmp.Or(b, &kept)
	if x.Mode != y.Mode {
		differ("connections", x.Mode, y.Mode)
	}
	if x.Resumption != y.Resumption && x.Handshakes > 0 && y.Handshakes > 0 {
		word := map[bool]string{true: "on", false: "off"}
		differ("TLS resumption", word[x.Resumption], word[y.Resumption])
	}
	if x.HTTP != y.HTTP && x.HTTP != "" && y.HTTP != "" {
		differ("version of HTTP", x.HTTP, y.HTTP)
	}
}

// phase says a phase, or the search for which it stands.
func phase(l *record.Load, p record.Phase) string {
	if l.Capacity != nil {
		return phrase.Search(l.Plan, l.Capacity)
	}
	return phrase.Phase(p, l.Plan.MaxInflight)
}

// exactly says a phase with every figure of the record in full.
func exactly(p record.Phase) string {
	s := fmt.Sprintf("%s %v/s for %v s", p.Shape, p.RatePerS, p.DurationS)
	for _, k := range slices.Sorted(maps.Keys(p.Params)) {
		s += fmt.Sprintf(" %s=%v", k, p.Params[k])
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
