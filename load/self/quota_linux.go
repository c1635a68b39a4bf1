//go:build linux

package self

import (
	"bufio"
	"bytes"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// readQuota reads the control groups that this process is in (cgroups(7)), both
// versions of them. root is the root of the file system.
func readQuota(root string) Quota {
	var q Quota
	for _, dir := range groups(root, "cpu") {
		cores := groupQuota(dir)
		if cores <= 0 {
			continue
		}
		if q.Cores == 0 || cores < q.Cores {
			q.Cores = cores
		}
		q.addThrottling(filepath.Join(dir, "cpu.stat"))
	}
	return q
}

// memoryGroups returns the directories of the groups that may bound this process's memory.
func memoryGroups(root string) []string { return groups(root, "memory") }

// groups returns the directories of the groups of a controller that may bound this
// process: its own, and those above it as far as they can be seen.
func groups(root, controller string) []string {
	data, err := os.ReadFile(filepath.Join(root, "proc/self/cgroup")) // #nosec G304 -- a fixed name
	if err != nil {
		return nil
	}
	var out []string
	for line := range strings.Lines(string(data)) {
		// hierarchy-ID:controller-list:cgroup-path; the second version has no controllers there.
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		v2 := parts[0] == "0" && parts[1] == ""
		if !v2 && !slices.Contains(strings.Split(parts[1], ","), controller) {
			continue
		}
		mount, within, ok := cgroupMount(root, controller, v2)
		if !ok {
			continue
		}
		rel := strings.TrimPrefix(parts[2], strings.TrimSuffix(within, "/"))
		for rel = path.Clean("/" + rel); ; rel = path.Dir(rel) {
			out = append(out, filepath.Join(root, mount, rel))
			if rel == "/" {
				break
			}
		}
	}
	return out
}

// cgroupMount finds where the groups are mounted, and which group its root is.
func cgroupMount(root, controller string, v2 bool) (mount, within string, ok bool) {
	f, err := os.Open(filepath.Join(root, "proc/self/mountinfo")) // #nosec G304 -- a fixed name
	if err != nil {
		return "", "", false
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		// 36 35 98:0 /root /mount-point options [fields] - type source super-options
		before, after, found := strings.Cut(lines.Text(), " - ")
		left, right := strings.Fields(before), strings.Fields(after)
		if !found || len(left) < 5 || len(right) < 3 {
			continue
		}
		if (v2 && right[0] == "cgroup2") || (!v2 && right[0] == "cgroup" && slices.Contains(strings.Split(right[2], ","), controller)) {
			return left[4], left[3], true
		}
	}
	return "", "", false
}

// groupQuota returns how many cores a group may use, 0 for no bound.
func groupQuota(dir string) float64 {
	if data, err := os.ReadFile(filepath.Join(dir, "cpu.max")); err == nil { // #nosec G304 -- a control group's file
		f := bytes.Fields(data)
		if len(f) < 2 {
			return 0
		}
		return share(string(f[0]), string(f[1])) // "max" is no number
	}
	quota, err := os.ReadFile(filepath.Join(dir, "cpu.cfs_quota_us")) // #nosec G304 -- the same
	if err != nil {
		return 0
	}
	period, err := os.ReadFile(filepath.Join(dir, "cpu.cfs_period_us")) // #nosec G304 -- the same
	if err != nil {
		return 0
	}
	return share(strings.TrimSpace(string(quota)), strings.TrimSpace(string(period)))
}

// share returns quota ÷ period, 0 where one of them is no positive number.
func share(quota, period string) float64 {
	q, err := strconv.ParseFloat(quota, 64)
	p, err2 := strconv.ParseFloat(period, 64)
	if err != nil || err2 != nil || q <= 0 || p <= 0 {
		return 0
	}
	return q / p
}

// addThrottling adds what a group's cpu.stat tells.
func (q *Quota) addThrottling(file string) {
	data, err := os.ReadFile(file) // #nosec G304 -- a control group's file
	if err != nil {
		return
	}
	for line := range strings.Lines(string(data)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, err := strconv.ParseUint(value, 10, 63)
		if err != nil {
			continue
		}
		switch name {
		case "nr_periods":
			q.Periods += n
		case "nr_throttled":
			q.ThrottledPeriods += n
		case "throttled_usec": // cgroup v2
			q.Throttled += time.Duration(n) * time.Microsecond
		case "throttled_time": // cgroup v1, in nanoseconds
			q.Throttled += time.Duration(n)
		}
	}
}
