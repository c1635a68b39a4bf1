package steps

import (
	"testing"
	"time"
)

func TestPacer(t *testing.T) {
	var p pacer
	now := time.Date(2027, 5, 18, 9, 0, 0, 0, time.UTC)
	for range 80 { // 80 in a second
		if d := p.slot(now); d != 0 {
			t.Fatalf("waits %s before anything was too much", d)
		}
		now = now.Add(12500 * time.Microsecond)
	}
	p.tooMany(now)
	p.tooMany(now.Add(100 * time.Millisecond)) // was under way
	// 79 or 80 of them are within a second: half of that is some 40.
	p.slot(now)
	if d := p.slot(now); d < 25*time.Millisecond || d > 26*time.Millisecond {
		t.Errorf("the second call waits %s", d)
	}
	now = now.Add(2 * time.Second)
	if d := p.slot(now); d != 0 {
		t.Errorf("waits %s after two quiet seconds", d)
	}
	p.tooMany(now)
	if p.every < 50*time.Millisecond || p.every > 52*time.Millisecond {
		t.Errorf("a pause of %s after the second time", p.every)
	}
	for range 10 {
		now = now.Add(2 * time.Second)
		p.tooMany(now)
	}
	if p.every != slowest {
		t.Errorf("a pause of %s, not %s", p.every, slowest)
	}
	var q pacer
	q.slot(now)
	if q.tooMany(now); q.every != 0 {
		t.Errorf("a single call lowers the rate: a pause of %s", q.every)
	}
	p.off()
	if p.slot(now); p.slot(now) != 0 {
		t.Error("waits though the pace is off")
	}
}
