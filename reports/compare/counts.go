package compare

import (
	"fmt"
	"math"

	"github.com/unigate/unigate/internal/record"
)

// compareCounts puts the counts of two load tests side by side. Errors and bad
// tokens are judged where the load tests are comparable; of searches for capacity
// only what they found.
func compareCounts(old, new *record.Load, comparable bool) []Count {
	number := func(name string, get func(record.Totals) uint64) Count {
		return Count{Name: name, Old: fmt.Sprint(get(old.Totals)), New: fmt.Sprint(get(new.Totals))}
	}
	judged := func(c Count, get func(record.Point) uint64) Count {
		if comparable && old.Capacity == nil {
			c.Outcome = compareShares(old.Series, new.Series, get)
		}
		return c
	}
	counts := []Count{
		number("requests", func(t record.Totals) uint64 { return t.Completed }),
		{Name: "rate per s", Old: fmt.Sprintf("%.1f", old.Totals.RatePerS), New: fmt.Sprintf("%.1f", new.Totals.RatePerS)},
		judged(number("errors", func(t record.Totals) uint64 { return t.Errors }), func(p record.Point) uint64 { return p.Errors }),
		firstBad(old, new, judged(number("bad tokens", func(t record.Totals) uint64 { return t.BadTokens }), func(p record.Point) uint64 { return p.BadTokens })),
		judged(number("unsent", func(t record.Totals) uint64 { return t.Unsent }), func(p record.Point) uint64 { return p.Unsent }),
	}
	if old.Capacity != nil || new.Capacity != nil {
		counts = append(counts, compareCapacity(old.Capacity, new.Capacity, comparable))
	}
	return counts
}

// firstBad calls bad tokens worse where the old run saw none and the new one did: a
// right service issues none, so that one is no noise, and counts whatever the plans were.
func firstBad(old, new *record.Load, c Count) Count {
	if old.Totals.BadTokens == 0 && old.Totals.Completed > 0 && new.Totals.BadTokens > 0 {
		c.Outcome = Worse
	}
	return c
}

// compareShares compares the share of requests that a count is of those due: the
// means over the intervals of each run (batch means), with Welch's test.
func compareShares(old, new []record.Point, get func(record.Point) uint64) Outcome {
	old, new = due(old), due(new)
	if len(old) < shortestSeries || len(new) < shortestSeries {
		return NotComparable
	}
	a, da := meanShare(old, get)
	b, db := meanShare(new, get)
	half := studentQuantile(shareConfidence, welch(da, db, float64(len(old)), float64(len(new)))) * math.Hypot(da, db)
	switch d := b - a; {
	case d >= leastShare && d > half:
		return Worse
	case -d >= leastShare && -d > half:
		return Better
	default:
		return NoDifference
	}
}

// due leaves the intervals after the plan's end away, in which answers came late and
// nothing was due: how many there are says how long the last answer took, and
// nothing about how much the others vary.
func due(series []record.Point) []record.Point {
	for len(series) > 0 && series[len(series)-1].Planned == 0 {
		series = series[:len(series)-1]
	}
	return series
}

// meanShare is the mean share over the intervals, and its standard error.
func meanShare(series []record.Point, get func(record.Point) uint64) (mean, deviationOfMean float64) {
	var shares []float64
	for _, p := range series {
		if p.Planned > 0 {
			shares = append(shares, float64(get(p))/float64(p.Planned))
		}
	}
	for _, s := range shares {
		mean += s / float64(len(shares))
	}
	if len(shares) < 2 {
		return mean, math.Inf(1) // nothing can be shown
	}
	return mean, deviation(shares) / math.Sqrt(float64(len(shares)))
}
