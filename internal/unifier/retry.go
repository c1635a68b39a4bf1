package unifier

import (
	"math"
	"net/http"
	"strings"
	"time"
)

// ahead returns by how much the clock of who answered is ahead of ours, as far as its
// Date header tells: that has whole seconds, of which half of one is the best guess of the
// rest, and up to a second is no difference.
func ahead(h http.Header, now time.Time) time.Duration {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	if skew := date.Add(time.Second / 2).Sub(now); skew.Abs() > time.Second {
		return skew
	}
	return 0
}

// RetryAfter reads how long an answer 429 or 503 asks to wait from now on (RFC
// 9110, section 10.2.3): whole seconds or an HTTP date, by the clock of
// who answered, which its Date header tells. What is neither says nothing. A number beyond all bounds is the longest time there is.
func RetryAfter(status int, h http.Header, now time.Time) (time.Duration, bool) {
	if status != http.StatusTooManyRequests && status != http.StatusServiceUnavailable {
		return 0, false
	}
	v := strings.Trim(h.Get("Retry-After"), " \t")
	if v == "" {
		return 0, false
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(at.Sub(now.Add(ahead(h, now))), 0), true
	}
	const most = int64(math.MaxInt64 / time.Second)
	seconds := int64(0)
	for _, r := range v {
		if r < '0' || r > '9' {
			return 0, false
		}
		seconds = min(seconds*10+int64(r-'0'), most)
	}
	if seconds == most {
		return math.MaxInt64, true
	}
	return time.Duration(seconds) * time.Second, true
}
