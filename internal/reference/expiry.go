package reference

import (
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// expiryValues returns the decoded values of the expiry parameter; false for
// one that does not decode. Other parameters don't matter, whatever they look like.
func expiryValues(query string) ([]string, bool) {
	var values []string
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		key, value, _ := strings.Cut(pair, "=")
		if key, err := url.QueryUnescape(key); err != nil || key != unifier.ExpiryParameter {
			continue
		}
		text, err := url.QueryUnescape(value)
		if err != nil {
			return nil, false
		}
		values = append(values, text)
	}
	return values, true
}

// asked returns the text of the expiry parameter, "" and true for none. The
// parameter twice contradicts itself and is refused.
func (s *Service) asked(x *exchange) (text string, present, ok bool) {
	if x.r.URL.RawQuery == "" {
		return "", false, true
	}
	values, ok := s.hooks.parameter(x.r.URL.RawQuery)
	if !ok || len(values) > 1 {
		return "", true, false
	}
	if len(values) == 0 {
		return "", false, true
	}
	return values[0], true, true
}

// digits reads a number of ASCII digits and nothing else.
func digits(text string) (int64, bool) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}

// loginExpiry reads 1 to 500 units (LOGIN-08, LOGIN-09).
func loginExpiry(_ *exchange, text string) (int, bool) {
	n, ok := digits(text)
	return int(n), ok && n >= unifier.MinExpiry && n <= unifier.MaxExpiry
}

// oauthExpiry reads a positive number of seconds (OAUTH-03, OAUTH-09). What
// 31 bits can't hold is an overflow.
func oauthExpiry(_ *exchange, text string) (int64, bool) {
	n, ok := digits(text)
	return n, ok && n > 0 && n <= math.MaxInt32
}

// duration is the user's own duration, or 180 days where it was never changed (LOGIN-06, LOGIN-07).
func duration(x *exchange) unifier.Expiry {
	if e := x.account.user.Expiry; !e.IsZero() {
		return e
	}
	return unifier.DefaultExpiry
}

// end is when a DB token issued now ends; a day counts 24 hours (A9).
func (s *Service) end(x *exchange) time.Time {
	if x.seconds > 0 {
		return x.now.Add(time.Duration(x.seconds) * time.Second)
	}
	return x.now.Add(time.Duration(x.expiry.N) * x.expiry.Unit.Length())
}
