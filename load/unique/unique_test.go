package unique

import (
	"runtime"
	"strconv"
	"testing"
)

// tokenOf returns a token that differs for each i.
func tokenOf(i int) string { return "eyJ0eXAiOiJEQiJ9.token-" + strconv.Itoa(i) }

func TestEveryRepetitionIsFoundWhileExact(t *testing.T) {
	s := New(0)
	const n = 100_000
	for i := range n {
		if !s.Add(tokenOf(i)) {
			t.Fatalf("token %d is new and was taken for a repetition", i)
		}
	}
	for i := range n {
		if s.Add(tokenOf(i)) {
			t.Fatalf("the repetition of token %d was missed", i)
		}
	}
	if s.Count() != n || s.Full() {
		t.Errorf("count %d, full %t", s.Count(), s.Full())
	}
}

func TestBeyondTheLimitMemoryStaysAndCloseRepetitionsAreFound(t *testing.T) {
	const limit = 40_000
	s := New(limit)
	for i := range limit {
		s.Add(tokenOf(i))
	}
	before := s.Bytes()
	missed, close := 0, 0
	for i := limit; i < 6*limit; i++ {
		if !s.Add(tokenOf(i)) {
			t.Fatalf("token %d is new and was taken for a repetition", i)
		}
		if i%10 == 0 {
			close++
			if s.Add(tokenOf(i - limit/100)) {
				missed++
			}
		}
	}
	// After limit/100 further tokens about 1 % are forgotten; a repetition that
	// is missed is remembered again, so nothing builds up.
	if missed*20 > close {
		t.Errorf("%d of %d close repetitions were missed", missed, close)
	}
	if s.Bytes() != before {
		t.Errorf("the set grew from %d to %d bytes", before, s.Bytes())
	}
	for i := range s.shards {
		h := &s.shards[i]
		used := 0
		for _, v := range h.slots {
			if v != 0 {
				used++
			}
		}
		if used != h.used || used == len(h.slots) {
			t.Fatalf("shard %d has %d used slots of %d and says %d", i, used, len(h.slots), h.used)
		}
	}
}

func TestMemoryFromFiveToTenMillion(t *testing.T) {
	if testing.Short() || raceEnabled {
		t.Skip("fills ten million tokens")
	}
	live := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	s := New(0)
	empty := live()
	var five, ten uint64
	var buffer []byte
	for i := range 10_500_000 {
		buffer = strconv.AppendInt(append(buffer[:0], "eyJ0eXAiOiJEQiJ9.token-"...), int64(i), 10)
		if !s.Add(string(buffer)) {
			t.Fatalf("token %d is new and was taken for a repetition", i)
		}
		switch i + 1 {
		case 5_000_000:
			five = live() - empty
		case 10_000_000:
			ten = live() - empty
		}
	}
	after := live() - empty
	runtime.KeepAlive(s)
	const budget = 60_000_000
	if ten-five >= budget {
		t.Errorf("from 5 to 10 million tokens it grew by %d bytes, the budget is %d", ten-five, budget)
	}
	if after > ten+1_000_000 {
		t.Errorf("beyond ten million it grew from %d to %d bytes", ten, after)
	}
	t.Logf("5 million: %d bytes, 10 million: %d, beyond: %d", five, ten, after)
}

func BenchmarkAdd(b *testing.B) {
	s := New(0)
	var buffer []byte
	for i := range b.N {
		buffer = strconv.AppendInt(append(buffer[:0], "eyJ0eXAiOiJEQiJ9.eyJ1c2VybmFtZSI6IiQkdW5pZ2F0ZSJ9.0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F90123456789ABCDEF0123456789ABCDEF"...), int64(i), 10)
		s.Add(string(buffer))
	}
}
