package unifier_test

import (
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/unifier"
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
		{429, "5 seconds", 0, false},
		{429, "7.5", 0, false},
		{429, "1e3", 0, false},
		{429, " 7 ", 7 * time.Second, true},
		{429, "4294967296", 4294967296 * time.Second, true},
		{429, "99999999999999999999", math.MaxInt64, true},
		{500, "7", 0, false},
		{200, "7", 0, false},
	} {
		got, ok := unifier.RetryAfter(c.status, http.Header{"Retry-After": {c.value}}, now)
		if got != c.want || ok != c.ok {
			t.Errorf("%d %q: %v, %t", c.status, c.value, got, ok)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	f.Add("7")
	f.Add("Fri, 01 May 2026 12:01:00 GMT")
	f.Fuzz(func(t *testing.T, value string) {
		if d, _ := unifier.RetryAfter(429, http.Header{"Retry-After": {value}}, time.Unix(0, 0)); d < 0 {
			t.Errorf("%q makes %v", value, d)
		}
	})
}
