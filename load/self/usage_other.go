//go:build !linux

package self

import "time"

// runDelay is not known on this system.
func runDelay() time.Duration { return 0 }

// memoryGroups knows of no groups on this system.
func memoryGroups(string) []string { return nil }

// readQuota knows of no quota on this system.
func readQuota(string) Quota { return Quota{} }
