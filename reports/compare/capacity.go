package compare

import (
	"fmt"

	"github.com/unigate/unigate/internal/record"
)

// capacityName is the name of the count that compares two searches for capacity.
const capacityName = "capacity per s"

// compareCapacity puts the brackets of two searches for capacity side by side. They
// differ where the brackets lie apart by at least LeastChange. A bracket is no
// confidence interval: each of its rates was tried once.
func compareCapacity(old, new *record.Capacity, comparable bool) Count {
	c := Count{Name: capacityName, Old: bracket(old), New: bracket(new)}
	if !comparable || old == nil || new == nil {
		return c
	}
	below := func(a, b *record.Capacity) bool {
		return a.UpperPerS > 0 && a.UpperPerS <= b.RatePerS*(1-LeastChange)
	}
	switch {
	case empty(old) || empty(new):
		c.Outcome = NotComparable
	case below(new, old):
		c.Outcome = Worse
	case below(old, new):
		c.Outcome = Better
	default:
		c.Outcome = NoDifference
	}
	return c
}

// empty reports whether a search tried no rate that says anything.
func empty(c *record.Capacity) bool { return c.RatePerS == 0 && c.UpperPerS == 0 }

// bracket shows the outcome of a search.
func bracket(c *record.Capacity) string {
	switch {
	case c == nil:
		return "-"
	case empty(c):
		return "none found"
	case c.UpperPerS == 0:
		return fmt.Sprintf("%.4g held", c.RatePerS)
	}
	return fmt.Sprintf("%.4g held, %.4g not", c.RatePerS, c.UpperPerS)
}
