//go:build linux

package self

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// runDelay returns how long the threads of this process were ready to run and had
// no core (proc_pid_schedstat(5), the second field), 0 where the kernel doesn't tell.
func runDelay() time.Duration { return runDelayOf("/proc/self/task") }

// runDelayOf is runDelay over the threads in a directory.
func runDelayOf(tasks string) time.Duration {
	d, err := os.Open(tasks) // #nosec G304 -- a directory of the proc file system
	if err != nil {
		return 0
	}
	names, err := d.Readdirnames(-1)
	_ = d.Close() // it was read only
	if err != nil {
		return 0
	}
	total := uint64(0)
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(tasks, name, "schedstat")) // #nosec G304 -- the same
		if err != nil {
			continue // the thread has ended
		}
		if fields := bytes.Fields(data); len(fields) >= 2 {
			n, _ := strconv.ParseUint(string(fields[1]), 10, 64) // what is no number counts as nothing
			total += n
		}
	}
	return time.Duration(total) // #nosec G115 -- nanoseconds, some centuries fit
}
