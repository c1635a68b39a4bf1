package measure

import (
	"math"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/hist"
)

const ms = time.Millisecond

// compact holds durations in milliseconds.
func compact(took ...int) *hist.Compact {
	c := &hist.Compact{}
	for _, t := range took {
		c.Record(time.Duration(t) * ms)
	}
	return c
}

// A plan of sixteen seconds has a slot for each, and what is before or after it counts
// to the first and the last one.
func TestSlots(t *testing.T) {
	c := &calm{planned: 16 * time.Second}
	for at, want := range map[time.Duration]int{
		-time.Second: 0, 0: 0, time.Second - 1: 0, time.Second: 1, 14500 * ms: 14, 15 * time.Second: 15, 16 * time.Second: 15, time.Hour: 15,
	} {
		if got := c.slot(at); got != want {
			t.Errorf("%v: slot %d, not %d", at, got, want)
		}
	}
	if (&calm{}).slot(time.Second) != 0 || (&calm{planned: 1}).slot(1) != 15 {
		t.Error("a plan without a length has one slot, one of a nanosecond all")
	}
	for k := range 16 {
		c.add(time.Duration(k)*time.Second, ms, true)
	}
	for end, want := range map[time.Duration][]uint64{
		16 * time.Second: {4, 4, 4, 4}, 10 * time.Second: {3, 2, 3, 2}, 2 * time.Second: {1, 1}, time.Second + 1: {1, 1}, time.Second: {1}, 0: {1},
	} {
		parts := c.parts(end)
		if len(parts) != len(want) {
			t.Errorf("%v: %d parts, not %d", end, len(parts), len(want))
			continue
		}
		for i := range parts {
			if parts[i].Count() != want[i] {
				t.Errorf("%v: part %d has %d, not %d", end, i, parts[i].Count(), want[i])
			}
		}
	}
}

// The statistic of Mann and Whitney in standard errors, worked out by hand.
func TestLonger(t *testing.T) {
	for _, k := range []struct {
		a, b *hist.Compact
		want float64
	}{
		{compact(1, 2, 3), compact(4, 5, 6), 4.5 / math.Sqrt(5.25)},
		{compact(4, 5, 6), compact(1, 2, 3), -4.5 / math.Sqrt(5.25)},
		{compact(1, 4), compact(2, 3), 0},
		{compact(1, 1, 2), compact(1, 2, 2), 1.5 / math.Sqrt(4.05)},
		{compact(7, 7, 7), compact(7, 7), 0},
		{compact(), compact(1), 0},
		{compact(1), compact(), 0},
		{compact(1), compact(2), 0.5 / math.Sqrt(0.25)},
	} {
		if got := longer(k.a, k.b); math.Abs(got-k.want) > 1e-9 {
			t.Errorf("%v, not %v", got, k.want)
		}
	}
}

// The calmest part is the one whose slowest reply was quickest, of those with eight.
func TestCalmestOf(t *testing.T) {
	eight := func(slowest int) hist.Compact { return *compact(1, 1, 1, 1, 1, 1, 1, slowest) }
	for name, k := range map[string]struct {
		parts []hist.Compact
		want  time.Duration
		ok    bool
	}{
		"the second":       {[]hist.Compact{eight(50), eight(20), eight(90)}, 20 * ms, true},
		"seven are few":    {[]hist.Compact{*compact(1, 1, 1, 1, 1, 1, 2), eight(30)}, 30 * ms, true},
		"all of them few":  {[]hist.Compact{*compact(1), *compact(1)}, 0, false},
		"one part is none": {[]hist.Compact{eight(30)}, 0, false},
	} {
		got, ok := calmestOf(k.parts)
		if ok != k.ok || math.Abs(float64(got-k.want)) > float64(k.want)/50 {
			t.Errorf("%s: %v %t, not %v %t", name, got, ok, k.want, k.ok)
		}
	}
}

// Each bound of the verdict on what comes after the end, from both sides: twenty replies
// take 10, 20 … 200 ms, and the last five of the plan each longer than some of them. Of
// 100 pairs 50 are expected, with a standard error of 14.72.
func TestBoundsOfTheVerdict(t *testing.T) {
	for name, k := range map[string]struct {
		longerThan []int // how many of the twenty each of the last is longer than
		all, sure  bool
	}{
		"by 1.63 standard errors":  {[]int{20, 20, 20, 14, 0}, true, true},
		"by 1.70 standard errors":  {[]int{20, 20, 20, 15, 0}, false, false},
		"by 3.06 standard errors":  {[]int{20, 20, 20, 20, 15}, false, false},
		"by 3.13 standard errors":  {[]int{20, 20, 20, 20, 16}, false, true},
		"by no more than the rest": {[]int{2, 6, 10, 14, 18}, true, true},
	} {
		c := &calm{planned: 16 * time.Second}
		for i := range 20 {
			c.add(time.Duration(i)*600*ms, time.Duration(i+1)*10*ms, true)
		}
		for i, n := range k.longerThan {
			c.add(14*time.Second, time.Duration(10*n+5+i)*ms, false)
		}
		longest, sure := c.verdict(16 * time.Second)
		if all := longest == math.MaxInt64; all != k.all || sure != k.sure {
			t.Errorf("%s: %v, sure: %t", name, longest, sure)
		}
		// No part has eight but for the bounds: what came in time took 200 ms at most.
		if !k.all && math.Abs(float64(longest-300*ms)) > float64(6*ms) {
			t.Errorf("%s: answers may take %v, not half as much again as 200 ms", name, longest)
		}
	}
}

// Seven replies tell nothing, eight do; nor do those of one part alone.
func TestFewRepliesTellNothing(t *testing.T) {
	for name, k := range map[string]struct {
		before, last int
		all          bool
	}{"seven": {5, 2, false}, "eight": {6, 2, true}, "one before": {1, 8, true}, "one at the end": {8, 1, true}, "none before": {0, 9, false}, "none at the end": {9, 0, false}} {
		c := &calm{planned: 16 * time.Second}
		for range k.before {
			c.add(time.Second, 10*ms, true)
		}
		for range k.last {
			c.add(15*time.Second, 10*ms, true)
		}
		if longest, _ := c.verdict(16 * time.Second); (longest == math.MaxInt64) != k.all {
			t.Errorf("%s: %v", name, longest)
		}
	}
}

// The calmest part with eight replies says how long an answer may take.
func TestTheCalmestPartBoundsLateAnswers(t *testing.T) {
	c := &calm{planned: 16 * time.Second}
	for part, slowest := range []time.Duration{80 * ms, 40 * ms, 60 * ms, 900 * ms} {
		for i := range 8 {
			took := slowest - time.Duration(7-i)*ms
			c.add(time.Duration(4*part)*time.Second, took, part < 3)
		}
	}
	longest, sure := c.verdict(16 * time.Second)
	if math.Abs(float64(longest-60*ms)) > float64(ms) || !sure {
		t.Errorf("%v, sure: %t", longest, sure)
	}
}
