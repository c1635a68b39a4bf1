package compare

import (
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/record"
)

// sharesOf is a series of intervals in which of a million requests so many failed on
// average, by turns more and fewer.
func sharesOf(n int, errors, spread int64) []record.Point {
	points := make([]record.Point, n)
	for i := range points {
		e := errors + spread
		if i%2 == 1 {
			e = errors - spread
		}
		if n%2 == 1 && i == n-1 {
			e = errors
		}
		points[i] = record.Point{Planned: 1e6, Sent: 1e6, Errors: uint64(e)}
	}
	return points
}

// Each bound of a change of a share, from both sides.
func TestBoundsOfShares(t *testing.T) {
	failed := func(p record.Point) uint64 { return p.Errors }
	for name, c := range map[string]struct {
		old, new []record.Point
		want     Outcome
	}{
		"just above 0.1 %":          {sharesOf(10, 5000, 1), sharesOf(10, 6001, 1), Worse},
		"just below 0.1 %":          {sharesOf(10, 5000, 1), sharesOf(10, 5999, 1), NoDifference},
		"less by just above 0.1 %":  {sharesOf(10, 6001, 1), sharesOf(10, 5000, 1), Better},
		"less by just below 0.1 %":  {sharesOf(10, 5999, 1), sharesOf(10, 5000, 1), NoDifference},
		"five intervals":            {sharesOf(5, 5000, 1), sharesOf(5, 9000, 1), Worse},
		"four intervals before":     {sharesOf(4, 5000, 1), sharesOf(5, 9000, 1), NotComparable},
		"four intervals now":        {sharesOf(5, 5000, 1), sharesOf(4, 9000, 1), NotComparable},
		"2.75 standard errors":      {sharesOf(100, 9000, 5000), sharesOf(100, 9000+1954, 5000), Worse},
		"2.45 standard errors":      {sharesOf(100, 9000, 5000), sharesOf(100, 9000+1741, 5000), NoDifference},
		"2.75 standard errors less": {sharesOf(100, 9000+1954, 5000), sharesOf(100, 9000, 5000), Better},
		"2.45 standard errors less": {sharesOf(100, 9000+1741, 5000), sharesOf(100, 9000, 5000), NoDifference},
	} {
		if got := compareShares(c.old, c.new, failed); got != c.want {
			t.Errorf("%s: %s, not %s", name, got, c.want)
		}
	}
}

// Each bound of a change of a latency, from both sides.
func TestBoundsOfLatencies(t *testing.T) {
	for name, c := range map[string]struct {
		f    Figure
		want Outcome
	}{
		"5 % slower":                 {Figure{OldS: 0.1, NewS: 0.105, Change: 0.05, Low: 0.0001, High: 0.1}, Worse},
		"4.99 % slower":              {Figure{OldS: 0.1, NewS: 0.10499, Change: 0.0499, Low: 0.0001, High: 0.1}, NoDifference},
		"an interval that touches 0": {Figure{OldS: 0.1, NewS: 0.2, Change: 1, Low: 0, High: 3}, NoDifference},
		"a quarter of a millisecond": {Figure{OldS: 0.001, NewS: 0.00125, Change: 0.25, Low: 0.1, High: 0.4}, Worse},
		"less than that":             {Figure{OldS: 0.001, NewS: 0.001249, Change: 0.249, Low: 0.1, High: 0.4}, NoDifference},
		"4.77 % quicker":             {Figure{OldS: 0.1, NewS: 0.09523, Change: -0.0477, Low: -0.1, High: -0.0001}, Better},
		"4.75 % quicker":             {Figure{OldS: 0.1, NewS: 0.09525, Change: -0.0475, Low: -0.1, High: -0.0001}, NoDifference},
		"quicker, touching 0":        {Figure{OldS: 0.1, NewS: 0.05, Change: -0.5, Low: -0.9, High: 0}, NoDifference},
		"quicker by next to nothing": {Figure{OldS: 0.0004, NewS: 0.000151, Change: -0.62, Low: -0.9, High: -0.1}, NoDifference},
	} {
		p := &Performance{Comparable: true, Figures: []Figure{c.f}}
		p.judge(nil)
		if got := p.Figures[0].Outcome; got != c.want {
			t.Errorf("%s: %s, not %s", name, got, c.want)
		}
		p = &Performance{Figures: []Figure{c.f}}
		p.judge(nil)
		if got := p.Figures[0].Outcome; got != NotComparable {
			t.Errorf("%s, of plans that differ: %s", name, got)
		}
	}
}

// A run that ended before 98 % of its plan is not the whole of it.
func TestWholeRun(t *testing.T) {
	for lasted, want := range map[float64]bool{100: true, 98: true, 97.99: false} {
		l := *plain().Load
		l.Plan.DurationS, l.Totals.DurationS = 100, lasted
		if got := !strings.Contains(strings.Join(Unfit(&l), "\n"), "ended after"); got != want {
			t.Errorf("%v of 100 s: %v", lasted, Unfit(&l))
		}
	}
}
