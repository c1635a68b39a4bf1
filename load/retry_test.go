package load

import (
	"net/http"
	"testing"
	"time"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		status int
		value  string
		want   time.Duration
		ok     bool
	}{
		{429, "7", 7 * time.Second, true},
		{503, "0", 0, true},
		{503, "Fri, 01 May 2026 12:01:00 GMT", time.Minute, true},
		{429, "Fri, 01 May 2026 11:00:00 GMT", 0, true},
		{429, "", 0, false},
		{429, "soon", 0, false},
		{429, "-5", 0, false},
		{429, "99999999999999999999", 0, false},
		{500, "7", 0, false},
		{200, "7", 0, false},
	} {
		got, ok := retryAfter(c.status, http.Header{"Retry-After": {c.value}}, now)
		if got != c.want || ok != c.ok {
			t.Errorf("%d %q: %v, %t", c.status, c.value, got, ok)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	f.Add("7")
	f.Add("Fri, 01 May 2026 12:01:00 GMT")
	f.Fuzz(func(t *testing.T, value string) {
		if d, _ := retryAfter(429, http.Header{"Retry-After": {value}}, time.Unix(0, 0)); d < 0 {
			t.Errorf("%q makes %v", value, d)
		}
	})
}

func TestMixTakesUsersInTurnAndKeepsTheShares(t *testing.T) {
	m := newMixer([]Share{{Weight: 80}, {Weight: 20}}, [][]int{{0, 1, 2}, {3, 4}})
	count := map[int]int{}
	for n := range uint64(30_000) {
		count[m.class(n)]++
	}
	for class, want := range map[int]int{0: 8000, 1: 8000, 2: 8000, 3: 3000, 4: 3000} {
		if count[class] != want {
			t.Errorf("class %d was chosen %d times, not %d", class, count[class], want)
		}
	}
	if a, b := m.class(0), m.class(1); a == b {
		t.Errorf("the first two requests are of the same user")
	}
}
