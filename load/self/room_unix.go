//go:build unix

package self

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// ReadRoom returns what this machine has left.
func ReadRoom() Room { return readRoom("/") }

// readRoom is ReadRoom below the root of a file system.
func readRoom(root string) Room {
	var r Room
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err == nil {
		r.Descriptors = int(min(uint64(limit.Cur), math.MaxInt32)) //nolint:unconvert // signed on some systems
	}
	if open, err := os.ReadDir(filepath.Join(root, "proc/self/fd")); err == nil {
		r.Open = len(open)
	}
	var low, high int
	if data, err := os.ReadFile(filepath.Join(root, "proc/sys/net/ipv4/ip_local_port_range")); err == nil { // #nosec G304 -- a fixed name
		if _, err := fmt.Sscan(string(data), &low, &high); err == nil && high >= low {
			r.Ports = high - low + 1
		}
	}
	r.Memory = freeMemory(root)
	return r
}

// freeMemory returns MemAvailable (proc_meminfo(5)) or what a control group still
// leaves, whichever is less; 0 where neither is known.
func freeMemory(root string) uint64 {
	free := uint64(0)
	data, err := os.ReadFile(filepath.Join(root, "proc/meminfo")) // #nosec G304 -- a fixed name
	if err == nil {
		for line := range bytes.Lines(data) {
			var kib uint64
			if _, err := fmt.Sscanf(string(line), "MemAvailable: %d kB", &kib); err == nil {
				free = kib << 10
			}
		}
	}
	for _, dir := range memoryGroups(root) {
		for _, names := range [][2]string{{"memory.max", "memory.current"}, {"memory.limit_in_bytes", "memory.usage_in_bytes"}} {
			limit, ok := number(filepath.Join(dir, names[0]))
			used, ok2 := number(filepath.Join(dir, names[1]))
			if left := limit - min(used, limit); ok && ok2 && (free == 0 || left < free) {
				free = max(left, 1)
			}
		}
	}
	return free
}

// number reads a file that holds one number, "max" for none.
func number(file string) (uint64, bool) {
	data, err := os.ReadFile(file) // #nosec G304 -- a control group's file
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseUint(string(bytes.TrimSpace(data)), 10, 64)
	return n, err == nil
}
