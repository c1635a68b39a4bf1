package load

import (
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/load/capacity"
	"github.com/unigate/unigate/load/health"
	"github.com/unigate/unigate/load/measure"
)

// stepOf returns a step of 1000 requests of which some failed and some were never sent.
func stepOf(t *testing.T, failed, unsent int, reason string) *look {
	t.Helper()
	o, err := ParseThreshold("p99<50ms")
	if err != nil {
		t.Fatal(err)
	}
	l := newLook(o, []string{"login"}, capacity.Step{Rate: 100, Judged: 10 * time.Second})
	for k := range 1000 {
		due := time.Duration(k) * 10 * time.Millisecond
		if k%2 == 0 && k/2 < unsent {
			l.owed(due, 0, reason)
			continue
		}
		x := measure.Sample{Status: 200, Latency: time.Millisecond, ServiceTime: time.Millisecond}
		if k%2 == 1 && k/2 < failed {
			x.Status = 500
		}
		l.sample(due, &x, x.ServiceTime)
	}
	return l
}

func TestStepMayFailOneOfAHundred(t *testing.T) {
	for failed, says := range map[int]string{0: "", 10: "", 11: "1.1% errors"} {
		if got := stepOf(t, failed, 0, "").fault(nil, 0); got != says {
			t.Errorf("%d of 1000 failed: %q", failed, got)
		}
	}
}

func TestStepMayLeaveOneOfAHundredUnsent(t *testing.T) {
	for unsent, says := range map[int]string{0: "", 10: "", 11: "too slow to send"} {
		l := stepOf(t, 0, unsent, tooSlow)
		why, _ := new(prober).spoilt(new(attack), l, &capacity.Look{}, &health.Stretch{})
		if (says == "") != (why == "") || !strings.Contains(why, says) {
			t.Errorf("%d of 1000 were not sent: %q", unsent, why)
		}
		// What the target asked not to send is the target's doing.
		asked := 0
		if says != "" {
			asked = 1
		}
		if fault := stepOf(t, 0, unsent, measure.RetryAfter).fault(nil, 0); strings.Count(fault, "asked to wait") != asked {
			t.Errorf("%d of 1000 were held by Retry-After: %q", unsent, fault)
		}
	}
}
