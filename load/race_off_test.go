//go:build !race

package load_test

// raceEnabled says that the race detector looks on.
const raceEnabled = false
