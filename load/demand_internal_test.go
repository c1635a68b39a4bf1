package load

import (
	"testing"
	"time"
)

// The most that are in flight at once is counted, whatever the length of the attack.
func TestDemand(t *testing.T) {
	const ms = time.Millisecond
	var d demand
	if d.most() != 0 || d.typical() != 0 {
		t.Errorf("nothing: %d, %v", d.most(), d.typical())
	}
	for name, c := range map[string]struct {
		attack time.Duration
		rate   int
		took   func(due time.Duration) time.Duration
		want   int
		off    int
	}{
		"all alike": {10 * time.Second, 100, func(time.Duration) time.Duration { return 2 * time.Second }, 200, 0},
		"quick":     {10 * time.Second, 100, func(time.Duration) time.Duration { return 4 * ms }, 1, 0},
		"one that hangs": {10 * time.Second, 100, func(due time.Duration) time.Duration {
			return map[bool]time.Duration{true: 8 * time.Second, false: 4 * ms}[due == time.Second]
		}, 2, 0},
		"a stall": {10 * time.Second, 100, func(due time.Duration) time.Duration {
			return max(4*ms, min(6*time.Second-due, 1000*ms)*time.Duration(b2i(due >= 5*time.Second && due < 6*time.Second)))
		}, 100, 1},
		"a stall of a long plan": {time.Hour, 10, func(due time.Duration) time.Duration {
			return max(4*ms, (time.Hour/2+10*time.Second-due)*time.Duration(b2i(due >= time.Hour/2 && due < time.Hour/2+10*time.Second)))
		}, 100, 5},
		"past the end of the attack": {time.Second, 100, func(time.Duration) time.Duration { return time.Minute }, 100, 0},
	} {
		var d demand
		for k := range int(c.attack.Seconds()) * c.rate {
			due := time.Duration(k) * time.Second / time.Duration(c.rate)
			d.add(c.attack, due, c.took(due))
		}
		if got := d.most(); got < c.want-c.off || got > c.want+c.off {
			t.Errorf("%s: %d in flight, not %d", name, got, c.want)
		}
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
