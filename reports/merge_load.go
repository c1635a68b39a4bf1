package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/figures"
)

// maxSamples bounds the samples of a kind of wrong answer after a merge.
const maxSamples = 5

// mergeLoads adds load tests up that several generators ran at the same time.
func mergeLoads(runs []*record.Run) (*record.Run, error) {
	out := *runs[0]
	if len(runs) == 1 {
		return &out, nil
	}
	loads := make([]*record.Load, len(runs))
	for i, r := range runs {
		loads[i] = r.Load
		if n := r.Load.Generators; n > 0 {
			return nil, fmt.Errorf("load test %d adds up %d generators already: merge the records that it was made of", i+1, n)
		}
		if err := samePlan(runs[0].Load.Plan, r.Load.Plan); err != nil {
			return nil, fmt.Errorf("load tests 1 and %d cannot be added up: %w", i+1, err)
		}
		for j, other := range runs[:i] {
			if err := sameTime(other, r); err != nil {
				return nil, fmt.Errorf("load tests %d and %d cannot be added up: %w", j+1, i+1, err)
			}
		}
		if r.Started.Before(out.Started) {
			out.Started = r.Started
		}
		if r.Finished.After(out.Finished) {
			out.Finished = r.Finished
		}
	}
	l, err := addLoads(runs, func(i int) string { return fmt.Sprintf("generator %d", i+1) })
	if err != nil {
		return nil, err
	}
	l.Notes = append(l.Notes, fmt.Sprintf("a sum of %d load tests that each had a plan of its own, and so not one load: how their requests fell together is an accident, and compare refuses it (see --shard); of the schedule lag and the shares of CPU the worst is shown", len(loads)))
	l.Thresholds = mergedThresholds(loads, l, "")
	out.Load = l
	out.Verdict = mergedVerdict(runs, l)
	return &out, nil
}

// addLoads adds everything up but what is judged. name names each record.
func addLoads(runs []*record.Run, name func(i int) string) (*record.Load, error) {
	loads := loadsOf(runs)
	out := &record.Load{Generators: len(loads), Plan: joinPlans(loads), Totals: addTotals(loads), Generator: addGenerators(loads, name)}
	var err error
	if out.Services, out.All, err = addServices(loads); err != nil {
		return nil, err
	}
	if err = markBounds(out); err != nil {
		return nil, err
	}
	if err = addPhases(out, loads); err != nil {
		return nil, err
	}
	if out.Connections, err = addConnections(loads); err != nil {
		return nil, err
	}
	if out.Series, out.Began, err = addSeries(runs); err != nil {
		return nil, err
	}
	var stopped []string
	for i, l := range loads {
		out.Bad, out.Errors = addBad(out.Bad, l.Bad), addBad(out.Errors, l.Errors)
		if l.Stopped != "" {
			stopped = append(stopped, name(i)+": "+l.Stopped)
		}
		for _, n := range l.Notes {
			if l.Part == nil || !strings.HasPrefix(n, partName(l.Part)+" ") { // that it is a part
				out.Notes = append(out.Notes, name(i)+": "+n)
			}
		}
		if l.Capacity != nil {
			return nil, fmt.Errorf("record %d is a search for capacity: those cannot be added up", i+1)
		}
	}
	out.Stopped = strings.Join(stopped, "; ")
	return out, nil
}

// joinPlans returns the plan of several load tests: that of the parts of one once, and
// others added up.
func joinPlans(loads []*record.Load) record.Plan {
	if loads[0].Part == nil {
		return addPlans(loads)
	}
	out := loads[0].Plan
	for _, l := range loads[1:] {
		out.MaxInflight += l.Plan.MaxInflight
		if !strings.Contains(out.Transport, l.Plan.Transport) {
			out.Transport += " and " + l.Plan.Transport
		}
	}
	return out
}

// longest returns how long the longest of several load tests took, in seconds.
func longest(loads []*record.Load) float64 {
	d := 0.0
	for _, l := range loads {
		d = max(d, l.Totals.DurationS)
	}
	return d
}

// inAll returns a rate of one of several load tests over the time of all of them: one
// that ended early gave nothing in the rest.
func inAll(rate float64, l *record.Load, longest float64) float64 {
	if longest <= 0 {
		return rate
	}
	return rate * (l.Totals.DurationS / longest)
}

// addTotals adds counts; the rates add up as the generators ran side by side.
func addTotals(loads []*record.Load) record.Totals {
	var out record.Totals
	for _, l := range loads {
		t := l.Totals
		out.Planned += t.Planned
		out.Sent += t.Sent
		out.Attempts += t.Attempts
		out.WarmupAttempts += t.WarmupAttempts
		out.PreflightAttempts += t.PreflightAttempts
		out.Completed += t.Completed
		out.Unsent += t.Unsent
		out.Errors += t.Errors
		out.BadTokens += t.BadTokens
		out.DurationS = max(out.DurationS, t.DurationS)
		out.LostConnections += t.LostConnections
		out.RatePerS += inAll(t.RatePerS, l, longest(loads))
		for reason, n := range t.UnsentReasons {
			if out.UnsentReasons == nil {
				out.UnsentReasons = map[string]uint64{}
			}
			out.UnsentReasons[reason] += n
		}
	}
	return out
}

// addGenerators joins what the generators saw of themselves, the worst of each.
func addGenerators(loads []*record.Load, name func(i int) string) record.Generator {
	var out record.Generator
	for i, l := range loads {
		g := l.Generator
		out.Saturated = out.Saturated || g.Saturated
		for _, r := range g.Reasons {
			out.Reasons = append(out.Reasons, name(i)+": "+r)
		}
		out.ScheduleLag = worstOf(out.ScheduleLag, g.ScheduleLag, i == 0)
		out.ReceiveLag = worstOf(out.ReceiveLag, g.ReceiveLag, i == 0)
		out.ReceiveLagSource = cmp.Or(out.ReceiveLagSource, g.ReceiveLagSource)
		out.Bound, out.Cause = cmp.Or(out.Bound, g.Bound), cmp.Or(out.Cause, g.Cause)
		out.RunDelayShare, out.ThrottledShare = max(out.RunDelayShare, g.RunDelayShare), max(out.ThrottledShare, g.ThrottledShare)
		out.ThrottledS += g.ThrottledS
		out.BlockedS += g.BlockedS
		out.QuotaCores += g.QuotaCores
		out.NeededInFlight += g.NeededInFlight
		out.CPUShare = max(out.CPUShare, g.CPUShare)
		out.HiddenS = max(out.HiddenS, g.HiddenS)
		out.GCPauseS += g.GCPauseS
		out.GCCount += g.GCCount
		out.MaxQueueDepth = max(out.MaxQueueDepth, g.MaxQueueDepth)
		out.MaxOpenSockets += g.MaxOpenSockets
		out.MaxInFlight += g.MaxInFlight
		out.MaxRSSBytes = max(out.MaxRSSBytes, g.MaxRSSBytes)
		out.LateRequests += g.LateRequests
		out.CatchUpRequests += g.CatchUpRequests
		out.UsableCores += g.UsableCores
	}
	return out
}

// worstOf takes the higher of every figure, and the lower minimum.
func worstOf(a, b record.Distribution, first bool) record.Distribution {
	if first {
		return b
	}
	return record.Distribution{Min: min(a.Min, b.Min), Mean: max(a.Mean, b.Mean), P50: max(a.P50, b.P50), P90: max(a.P90, b.P90),
		P95: max(a.P95, b.P95), P99: max(a.P99, b.P99), P999: max(a.P999, b.P999), Max: max(a.Max, b.Max)}
}

// addBad adds wrong answers of the same kind and service.
func addBad(to, from []record.Bad) []record.Bad {
	for _, b := range from {
		i := slices.IndexFunc(to, func(x record.Bad) bool { return x.Kind == b.Kind && x.Service == b.Service })
		if i < 0 {
			b.Samples = slices.Clone(b.Samples)
			to = append(to, b)
			continue
		}
		to[i].Count += b.Count
		for _, s := range b.Samples {
			if len(to[i].Samples) < maxSamples {
				to[i].Samples = append(to[i].Samples, s)
			}
		}
	}
	return to
}

// addServices adds the services' rows and their histograms.
func addServices(loads []*record.Load) ([]record.Service, record.Service, error) {
	var out []record.Service
	var all record.Service
	for _, l := range loads {
		for _, s := range append(slices.Clone(l.Services), l.All) {
			s.RatePerS = inAll(s.RatePerS, l, longest(loads))
			if s.Name == l.All.Name && s.Status == l.All.Status {
				sum, err := addService(all, s)
				if err != nil {
					return nil, all, err
				}
				all = sum
				continue
			}
			i := slices.IndexFunc(out, func(x record.Service) bool { return x.Name == s.Name && x.Status == s.Status })
			if i < 0 {
				out = append(out, record.Service{})
				i = len(out) - 1
			}
			sum, err := addService(out[i], s)
			if err != nil {
				return nil, all, err
			}
			out[i] = sum
		}
	}
	order := map[string]int{}
	for i, s := range out {
		if _, ok := order[s.Name]; !ok {
			order[s.Name] = i
		}
	}
	slices.SortStableFunc(out, func(a, b record.Service) int { return order[a.Name] - order[b.Name] })
	return out, all, nil
}

// markBounds says of the figures of every entry which of them are lower bounds, and
// gives the sums their confidence intervals.
func markBounds(l *record.Load) error {
	mark := func(s *record.Service) error {
		switch {
		case s.Status == record.StatusAll:
			c, err := figures.Latency(l, s.Name)
			if err != nil {
				return err
			}
			s.Latency, s.Censored, s.LatencyIntervals = c.Distribution(), c.Open(), c.Intervals()
		case figures.Open(s.Status):
			h, err := hist.Decode(s.LatencyHistogram)
			if err != nil {
				return err
			}
			s.Latency, s.Censored = hist.NewCensored(nil, h).Distribution(), h.Count()
		}
		return nil
	}
	for i := range l.Services {
		if err := mark(&l.Services[i]); err != nil {
			return err
		}
	}
	return mark(&l.All)
}

// addService adds two rows.
func addService(a, b record.Service) (record.Service, error) {
	out := b
	out.Count = a.Count + b.Count
	out.RatePerS = a.RatePerS + b.RatePerS
	out.BadTokens = a.BadTokens + b.BadTokens
	out.Censored, out.Refused = a.Censored+b.Censored, a.Refused+b.Refused
	out.Achieved, out.Unclear = a.Achieved+b.Achieved, a.Unclear+b.Unclear
	for _, s := range []record.Service{a, b} {
		if s.Achieved == 0 && s.RatePerS > 0 { // of an older version: then the rates alone are added up
			out.Achieved, out.Unclear = 0, 0
		}
	}
	if out.Count > 0 {
		out.ErrorShare = (a.ErrorShare*float64(a.Count) + b.ErrorShare*float64(b.Count)) / float64(out.Count)
	}
	var err error
	if out.Latency, out.LatencyHistogram, err = addHistograms(a.LatencyHistogram, b.LatencyHistogram); err != nil {
		return out, fmt.Errorf("latency of %s, %s: %w", b.Name, b.Status, err)
	}
	if a.CleanHistogram != "" || a.Count == 0 { // it is of all generators, or of none
		if _, out.CleanHistogram, err = addHistograms(a.CleanHistogram, b.CleanHistogram); err != nil {
			return out, fmt.Errorf("clean latency of %s, %s: %w", b.Name, b.Status, err)
		}
	}
	if out.ServiceTime, out.ServiceTimeHistogram, err = addHistograms(a.ServiceTimeHistogram, b.ServiceTimeHistogram); err != nil {
		return out, fmt.Errorf("service time of %s, %s: %w", b.Name, b.Status, err)
	}
	return out, nil
}

// addHistograms adds encoded histograms.
func addHistograms(encoded ...string) (record.Distribution, string, error) {
	sum := hist.New()
	for _, s := range encoded {
		h, err := hist.Decode(s)
		if err != nil {
			return record.Distribution{}, "", fmt.Errorf("the histogram cannot be read: %w", err)
		}
		sum.Merge(h)
	}
	text, err := sum.Encode()
	return sum.Distribution(), text, err
}
