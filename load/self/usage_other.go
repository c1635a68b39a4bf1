//go:build !linux

package self

import "time"

// runDelay is not known on this system.
func runDelay() time.Duration { return 0 }

// readQuota knows of no quota on this system.
func readQuota(string) Quota { return Quota{} }
