package compare

import (
	"fmt"

	"github.com/unigate/unigate/internal/record"
)

// capacityName is the name of the count that compares two searches for capacity.
const capacityName = "capacity per s"

// compareCapacity puts the brackets of two searches for capacity side by side. They
// differ where the brackets lie apart by at least LeastChange: the confidence
// intervals, or in records without them the rates that held and did not.
func compareCapacity(old, new *record.Capacity, comparable bool) Count {
	c := Count{Name: capacityName, Old: bracket(old), New: bracket(new)}
	if !comparable || old == nil || new == nil {
		return c
	}
	below := func(a, b *record.Capacity) bool {
		_, upper := ends(a)
		lower, _ := ends(b)
		return upper > 0 && upper <= lower*(1-LeastChange)
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

// ends returns between what the capacity lies; 0 stands for an end that is not known.
func ends(c *record.Capacity) (low, high float64) {
	if c.Confidence > 0 && !c.NoRate {
		return c.LowPerS, c.HighPerS
	}
	return c.RatePerS, c.UpperPerS
}

// empty reports whether a search tried no rate that says anything.
func empty(c *record.Capacity) bool { return c.RatePerS == 0 && c.UpperPerS == 0 }

// bracket shows the outcome of a search.
func bracket(c *record.Capacity) string {
	switch {
	case c == nil:
		return "-"
	case c.Confidence > 0 && c.LowPerS > 0 && c.HighPerS > 0:
		return fmt.Sprintf("%.4g (%.4g to %.4g)", c.RatePerS, c.LowPerS, c.HighPerS)
	case empty(c):
		return "none found"
	case c.UpperPerS == 0:
		return fmt.Sprintf("%.4g held", c.RatePerS)
	}
	return fmt.Sprintf("%.4g held, %.4g not", c.RatePerS, c.UpperPerS)
}
