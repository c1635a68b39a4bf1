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
