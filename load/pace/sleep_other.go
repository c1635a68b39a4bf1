//go:build !linux

package pace

// newSleeper returns the most precise sleeper of this system.
func newSleeper(bool) sleeper { return &runtimeSleeper{} }
