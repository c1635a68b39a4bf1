// Package tiny is mutated by the tests of mutate: what its tests do not look at survives.
package tiny

// Held is looked at on both sides of its bound.
func Held(n int) bool { return n < 10 }

// Loose is looked at far from its bound only, so that its neighbour survives.
func Loose(n int) bool { return n <= 100 }

// Spin ends only because of its step.
func Spin() (n int) {
	for n < 3 {
		n += 1
	}
	return n
}

// bound is the package's own, Public is anybody's: the one is changed beside the code
// that uses it, the other in a build of its own.
const (
	bound  = 5
	Public = 7
)

// Within is looked at at its bounds.
func Within(n int) bool { return n <= bound || n == Public }

// Sum works out what has effects once.
func Sum(next func() int) int { return next() + next()*6/3 }

// Idle is reached by no test.
func Idle() bool { return true }
