package reports

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/phrase"
)

// sameTime reports what speaks against two runs having loaded the target together:
// their rates then do not add up. A run that sent nothing adds nothing.
func sameTime(a, b *record.Run) error {
	if a.Started.Equal(b.Started) && a.Finished.Equal(b.Finished) && a.Load.Began.Equal(b.Load.Began) {
		return fmt.Errorf("they are the same run")
	}
	if seed := a.Load.Plan.Seed; seed != 0 && seed == b.Load.Plan.Seed {
		return fmt.Errorf("the same seed %d: their requests were due at the same moments; give each generator a --seed of its own, or none", seed)
	}
	if a.Load.Totals.Sent == 0 || b.Load.Totals.Sent == 0 {
		return nil
	}
	begin, end := a.Started, a.Finished
	if b.Started.After(begin) {
		begin = b.Started
	}
	if b.Finished.Before(end) {
		end = b.Finished
	}
	// Half of the shorter one: generators are started by hand, and clocks differ.
	shorter := min(a.Finished.Sub(a.Started), b.Finished.Sub(b.Started))
	if end.Sub(begin) < shorter/2 {
		return fmt.Errorf("they did not run at the same time, but from %s and from %s; to put one beside the other see unigate compare",
			stamp(a.Started), stamp(b.Started))
	}
	return nil
}

// samePlan reports in what two plans differ; the rates may, as they add up.
func samePlan(a, b record.Plan) error {
	switch {
	case a.Model != b.Model:
		return fmt.Errorf("different models, %s and %s", a.Model, b.Model)
	case cmp.Or(a.Arrivals, "uniform") != cmp.Or(b.Arrivals, "uniform"):
		return fmt.Errorf("different arrivals, %s and %s", cmp.Or(a.Arrivals, "uniform"), cmp.Or(b.Arrivals, "uniform"))
	case len(a.Phases) != len(b.Phases):
		return fmt.Errorf("different numbers of phases, %d and %d", len(a.Phases), len(b.Phases))
	}
	for i, p := range a.Phases {
		q := b.Phases[i]
		if p.Shape != q.Shape || p.DurationS != q.DurationS {
			return fmt.Errorf("different phases %d, %s and %s", i+1, phrase.Phase(p, a.MaxInflight), phrase.Phase(q, b.MaxInflight))
		}
		for name, v := range p.Params {
			if w, ok := q.Params[name]; !ok || !strings.HasSuffix(name, "_per_s") && v != w {
				return fmt.Errorf("different %s in phase %d, %s and %s", name, i+1, phrase.Phase(p, a.MaxInflight), phrase.Phase(q, b.MaxInflight))
			}
		}
	}
	return nil
}

// addPlans adds the rates of plans with the same phases.
func addPlans(loads []*record.Load) record.Plan {
	out := loads[0].Plan
	out.Phases = slices.Clone(out.Phases)
	out.Mix = map[string]float64{}
	for i := range out.Phases {
		out.Phases[i].Params = maps.Clone(out.Phases[i].Params)
	}
	for n, l := range loads {
		for i, p := range l.Plan.Phases {
			if n == 0 {
				break
			}
			out.Phases[i].RatePerS += p.RatePerS
			for name, v := range p.Params {
				if strings.HasSuffix(name, "_per_s") {
					out.Phases[i].Params[name] += v
				}
			}
		}
		weight := mixWeight(l)
		for name, share := range shares(l.Plan.Mix) {
			out.Mix[name] += share * weight
		}
		if n > 0 {
			out.MaxInflight += l.Plan.MaxInflight
			out.Seed = 0 // each has its own
			out.TimeoutS = max(out.TimeoutS, l.Plan.TimeoutS)
			if !strings.Contains(out.Transport, l.Plan.Transport) {
				out.Transport += " and " + l.Plan.Transport
			}
		}
	}
	out.Mix = shares(out.Mix)
	for name := range out.Mix {
		out.Mix[name] = math.Round(out.Mix[name]*1e6) / 1e6 // adding up leaves 0.30000000000000004
	}
	return out
}

// mixWeight is what the mix of one generator counts for among those of several:
// the requests that it planned, or sent where the plan has no rate.
func mixWeight(l *record.Load) float64 {
	planned := 0.0
	for _, p := range l.Plan.Phases {
		planned += p.RatePerS * p.DurationS
	}
	if planned > 0 {
		return planned
	}
	return max(float64(l.Totals.Sent), 1)
}

// shares makes the values of a mix add up to one.
func shares(mix map[string]float64) map[string]float64 {
	total := 0.0
	for _, v := range mix {
		total += v
	}
	out := map[string]float64{}
	for name, v := range mix {
		if total > 0 {
			out[name] = v / total
		}
	}
	return out
}
