//go:build !race

package unique

// raceEnabled says that the race detector slows this build down.
const raceEnabled = false
