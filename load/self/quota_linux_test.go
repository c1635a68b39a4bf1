//go:build linux

package self

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// files writes a tree of files.
func files(t *testing.T, tree map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range tree {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

const (
	mountV2 = "31 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
	mountV1 = "30 22 0:27 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n" +
		"31 30 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n" +
		"34 30 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
	statV2 = "usage_usec 900\nnr_periods 200\nnr_throttled 50\nthrottled_usec 1500000\nnr_bursts 0\n"
	statV1 = "nr_periods 200\nnr_throttled 50\nthrottled_time 1500000000\n"
)

func TestQuota(t *testing.T) {
	throttled := Quota{Cores: 0.5, Periods: 200, ThrottledPeriods: 50, Throttled: 1500 * time.Millisecond}
	for name, c := range map[string]struct {
		tree map[string]string
		want Quota
	}{
		"nothing": {nil, Quota{}},
		"v2": {map[string]string{
			"proc/self/cgroup": "0::/pod/app\n", "proc/self/mountinfo": mountV2,
			"sys/fs/cgroup/pod/app/cpu.max": "50000 100000\n", "sys/fs/cgroup/pod/app/cpu.stat": statV2,
		}, throttled},
		"v2, the bound above": {map[string]string{
			"proc/self/cgroup": "0::/pod/app\n", "proc/self/mountinfo": mountV2,
			"sys/fs/cgroup/pod/app/cpu.max": "max 100000\n", "sys/fs/cgroup/pod/app/cpu.stat": "nr_periods 7\nnr_throttled 7\n",
			"sys/fs/cgroup/pod/cpu.max": "50000 100000\n", "sys/fs/cgroup/pod/cpu.stat": statV2,
		}, throttled},
		"v2, the lower of two": {map[string]string{
			"proc/self/cgroup": "0::/pod/app\n", "proc/self/mountinfo": mountV2,
			"sys/fs/cgroup/pod/app/cpu.max": "50000 100000\n", "sys/fs/cgroup/pod/app/cpu.stat": statV2,
			"sys/fs/cgroup/pod/cpu.max": "200000 100000\n",
		}, throttled},
		"v2 in a container that sees its own group as the root": {map[string]string{
			"proc/self/cgroup": "0::/docker/abc\n", "proc/self/mountinfo": "31 23 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
			"sys/fs/cgroup/cpu.max": "50000 100000\n", "sys/fs/cgroup/cpu.stat": statV2,
		}, throttled},
		"v1": {map[string]string{
			"proc/self/cgroup":                               "4:memory:/m\n2:cpu,cpuacct:/k\n1:name=systemd:/\n0::/\n",
			"proc/self/mountinfo":                            mountV1,
			"sys/fs/cgroup/cpu,cpuacct/k/cpu.cfs_quota_us":   "50000\n",
			"sys/fs/cgroup/cpu,cpuacct/k/cpu.cfs_period_us":  "100000\n",
			"sys/fs/cgroup/cpu,cpuacct/k/cpu.stat":           statV1,
			"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us":     "-1\n",
			"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us":    "100000\n",
			"sys/fs/cgroup/memory/m/cpu.cfs_quota_us":        "1\n",
			"sys/fs/cgroup/memory/m/memory.limit_in_bytes":   "1\n",
			"sys/fs/cgroup/cpu,cpuacct/other/cpu.cfs_quota_": "1\n",
		}, throttled},
		"v1 without a bound": {map[string]string{
			"proc/self/cgroup": "2:cpu,cpuacct:/\n", "proc/self/mountinfo": mountV1,
			"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n", "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
		}, Quota{}},
		"damaged": {map[string]string{
			"proc/self/cgroup": "x\n0::/a\n", "proc/self/mountinfo": "1 2\n" + mountV2, "sys/fs/cgroup/a/cpu.max": "50000\n",
		}, Quota{}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := readQuota(files(t, c.tree)); got != c.want {
				t.Errorf("%+v, not %+v", got, c.want)
			}
		})
	}
}

// The cores that may be used honour the quota, and there are never more than the machine has.
func TestCoresHonourTheQuota(t *testing.T) {
	for quota, want := range map[float64]float64{0: float64(Cores()), 0.5: 0.5, 1e6: float64(Cores())} {
		if got := (&Usage{Quota: Quota{Cores: quota}}).Cores(); got != want {
			t.Errorf("a quota of %v leaves %v cores, not %v", quota, got, want)
		}
	}
}

func TestRunDelayIsOfAllThreads(t *testing.T) {
	root := files(t, map[string]string{"1/schedstat": "5 1000 3\n", "2/schedstat": "5 234 3\n", "3/schedstat": "broken\n", "4/other": ""})
	if got := runDelayOf(root); got != 1234 {
		t.Errorf("%d ns", got)
	}
	if got := runDelayOf(filepath.Join(root, "gone")); got != 0 {
		t.Errorf("%d ns of nothing", got)
	}
}
