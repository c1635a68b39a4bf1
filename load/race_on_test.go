//go:build race

package load_test

// raceEnabled says that the race detector looks on. Every sort of run is seen by it often enough
// by a few cases of the longest tests, which take ten times as long with it.
const raceEnabled = true
