//go:build !unix && !windows

package self

import "time"

// process knows nothing on this system.
func process() (cpu time.Duration, rss uint64) { return 0, 0 }
