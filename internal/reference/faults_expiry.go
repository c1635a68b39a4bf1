package reference

import (
	"math/big"
	"net/http"
	"strconv"
	"strings"

	"github.com/unigate/unigate/internal/unifier"
)

// expiryFaults break the expiry parameter of login (LOGIN-08, LOGIN-09).
var expiryFaults = []fault{
	{"login-expiry-500-refused", "An expiry of 500 is refused.", ids("LOGIN-08"), refusingExpiry("500")},
	{"login-expiry-180-refused", "An expiry of 180 is refused.", ids("LOGIN-08"), refusingExpiry("180")},
	{"login-expiry-1-refused", "An expiry of 1 is refused.", ids("LOGIN-08"), refusingExpiry("1")},
	{"login-expiry-499-refused-unless-days", "An expiry of 499 is refused where the user's unit is minutes or hours.", ids("LOGIN-08"),
		func(_ *Service, h *hooks) {
			before := h.loginExpiry
			h.loginExpiry = func(x *exchange, text string) (int, bool) {
				n, ok := before(x, text)
				return n, ok && (n != unifier.MaxExpiry-1 || x.expiry.Unit == unifier.Days)
			}
		}},
	{"login-expiry-in-days", "The expiry counts in days, whatever the user's unit.", ids("LOGIN-08"),
		func(_ *Service, h *hooks) {
			before := h.loginExpiry
			h.loginExpiry = func(x *exchange, text string) (int, bool) {
				n, ok := before(x, text)
				x.expiry.Unit = unifier.Days
				return n, ok
			}
		}},
	{"login-expiry-501-accepted", "An expiry of 501 is accepted.", ids("LOGIN-09"), acceptingExpiry(501, 501)},
	{"login-expiry-0-accepted", "An expiry of 0 is accepted.", ids("LOGIN-09"), acceptingExpiry(0, 0)},
	{"login-expiry-negative-accepted", "A negative expiry is accepted without its sign.", ids("LOGIN-09"),
		readingExpiry(func(text string) string { return strings.TrimPrefix(text, "-") })},
	{"login-expiry-fraction-cut", "The fraction of an expiry is cut off.", ids("LOGIN-09"),
		readingExpiry(func(text string) string { whole, _, _ := strings.Cut(text, "."); return whole })},
	{"login-expiry-exponent", "An expiry in exponent form is accepted.", ids("LOGIN-09"),
		readingExpiry(func(text string) string {
			if f, err := strconv.ParseFloat(text, 64); err == nil && strings.ContainsAny(text, "eE") {
				return strconv.FormatFloat(f, 'f', -1, 64)
			}
			return text
		})},
	{"login-expiry-hexadecimal", "A hexadecimal expiry is accepted.", ids("LOGIN-09"),
		readingExpiry(func(text string) string {
			if n, err := strconv.ParseUint(text, 0, 16); err == nil && strings.HasPrefix(text, "0x") {
				return strconv.FormatUint(n, 10)
			}
			return text
		})},
	{"login-expiry-leading-number", "Of an expiry such as 10d the number is taken.", ids("LOGIN-09"),
		readingExpiry(func(text string) string {
			end := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
			if end > 0 && strings.HasSuffix(text, "d") {
				return text[:end]
			}
			return text
		})},
	{"login-expiry-trimmed", "Blanks around an expiry are accepted.", ids("LOGIN-09"), readingExpiry(strings.TrimSpace)},
	{"login-expiry-empty-default", "An empty expiry gives the user's own duration.", ids("LOGIN-09"),
		defaultingExpiry(func(text string) bool { return text == "" })},
	{"login-expiry-word-default", "An expiry that is no number gives the user's own duration.", ids("LOGIN-09"),
		defaultingExpiry(func(text string) bool {
			_, err := strconv.ParseFloat(text, 64)
			return err != nil && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz") == "" && text != ""
		})},
	{"login-expiry-32-bits", "An expiry wraps around at 32 bits.", ids("LOGIN-09"), wrappingExpiry(32)},
	{"login-expiry-64-bits", "An expiry wraps around at 64 bits.", ids("LOGIN-09"), wrappingExpiry(64)},
	{"login-expiry-clamped", "An expiry beyond the range is taken as 500.", ids("LOGIN-09"),
		askingLogin(func(_ *exchange, text string) (int, bool, bool) {
			n, ok := digits(text)
			return unifier.MaxExpiry, true, ok && n > unifier.MaxExpiry
		})},
	{"login-expiry-message", "The message of an invalid expiry is another one.", ids("LOGIN-24"),
		refusing400(unifier.Login, func(r *refusal) { r.message = "Bad request" })},
	{"login-expiry-500-status", "An invalid expiry gets 500.", ids("LOGIN-09"),
		refusing400(unifier.Login, func(r *refusal) { r.status = http.StatusInternalServerError })},
	{"login-expiry-400-in-body", "An invalid expiry gets HTTP 200 with status 400 in the body.", ids("LOGIN-09", "LOGIN-17"),
		inReply(unifier.Login, func(_ *exchange, p *reply) {
			if p.status == http.StatusBadRequest {
				p.status = http.StatusOK
			}
		})},
}

// refusingExpiry refuses one text of login's expiry.
func refusingExpiry(refused string) change {
	return askingLogin(func(_ *exchange, text string) (int, bool, bool) { return 0, false, text == refused })
}

// acceptingExpiry accepts numbers of login's expiry beyond the range.
func acceptingExpiry(from, to int64) change {
	return askingLogin(func(_ *exchange, text string) (int, bool, bool) {
		n, ok := digits(text)
		return int(n), true, ok && n >= from && n <= to
	})
}

// readingExpiry changes the text of login's expiry before it is read.
func readingExpiry(f func(text string) string) change {
	return askingLogin(func(x *exchange, text string) (int, bool, bool) {
		n, ok := loginExpiry(x, f(text))
		return n, ok, f(text) != text
	})
}

// defaultingExpiry takes some texts of login's expiry as if there were none.
func defaultingExpiry(some func(text string) bool) change {
	return askingLogin(func(x *exchange, text string) (int, bool, bool) { return x.expiry.N, true, some(text) })
}

// wrappingExpiry keeps the low bits of login's expiry only.
func wrappingExpiry(bits uint) change {
	return askingLogin(func(x *exchange, text string) (int, bool, bool) {
		n, ok := new(big.Int).SetString(text, 10)
		if !ok || strings.Trim(text, "0123456789") != "" || uint(n.BitLen()) <= bits-1 {
			return 0, false, false
		}
		mask := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), bits), big.NewInt(1))
		got, ok := loginExpiry(x, n.And(n, mask).String())
		return got, ok, true
	})
}

// oauthExpiryFaults break the expiry parameter of the OAuth service (OAUTH-03, OAUTH-05, OAUTH-09).
var oauthExpiryFaults = []fault{
	{"oauth-expiry-ignored", "The expiry is ignored.", ids("OAUTH-03", "OAUTH-05", "OAUTH-09"),
		oauthDefaulting(func(string) bool { return true })},
	{"oauth-expiry-in-minutes", "The expiry counts in minutes.", ids("OAUTH-03", "OAUTH-05"), oauthSeconds(func(n int64) int64 { return n * 60 })},
	{"oauth-expiry-one-more", "The token is valid for a second more than was asked for.", ids("OAUTH-03", "OAUTH-05"), oauthSeconds(func(n int64) int64 { return n + 1 })},
	{"oauth-expiry-at-most-500", "More than 500 seconds give 500.", ids("OAUTH-03", "OAUTH-05"), oauthSeconds(func(n int64) int64 { return min(n, 500) })},
	{"oauth-expiry-at-least-300", "Less than 300 seconds give 300.", ids("OAUTH-03"), oauthSeconds(func(n int64) int64 { return max(n, 300) })},
	{"oauth-expiry-login-range", "An expiry above 500 is refused, as if login's range held.", ids("OAUTH-03"),
		askingOAuth(func(_ *exchange, text string) (int64, bool, bool) {
			n, ok := digits(text)
			return 0, false, ok && n > unifier.MaxExpiry
		})},
	{"oauth-expiry-not-decoded", "A percent-encoded expiry is not decoded.", ids("OAUTH-05"),
		func(_ *Service, h *hooks) {
			before := h.oauthExpiry
			h.oauthExpiry = func(x *exchange, _ string) (int64, bool) {
				_, written, _ := strings.Cut(x.r.URL.RawQuery, "=")
				return before(x, written)
			}
		}},
	{"oauth-expiry-0-accepted", "An expiry of 0 gives the default.", ids("OAUTH-09"), oauthDefaulting(func(text string) bool { return text == "0" })},
	{"oauth-expiry-empty-default", "An empty expiry gives the default.", ids("OAUTH-09"), oauthDefaulting(func(text string) bool { return text == "" })},
	{"oauth-expiry-word-default", "An expiry that is no number gives the default.", ids("OAUTH-09"),
		oauthDefaulting(func(text string) bool { return text == "soon" || strings.HasSuffix(text, "s") })},
	{"oauth-expiry-negative-accepted", "A negative expiry is accepted without its sign.", ids("OAUTH-09"),
		oauthReading(func(text string) string { return strings.TrimPrefix(text, "-") })},
	{"oauth-expiry-fraction-cut", "The fraction of an expiry is cut off.", ids("OAUTH-09"),
		oauthReading(func(text string) string { whole, _, _ := strings.Cut(text, "."); return whole })},
	{"oauth-expiry-overflow", "An expiry beyond 64 bits gives the default.", ids("OAUTH-09"),
		oauthDefaulting(func(text string) bool { return len(text) > 19 && strings.Trim(text, "0123456789") == "" })},
	{"oauth-expiry-500-status", "An invalid expiry gets 500.", ids("OAUTH-09"),
		refusing400(unifier.OAuth, func(r *refusal) { r.status = http.StatusInternalServerError })},
}

// oauthSeconds changes how many seconds an OAuth token is valid that were asked for.
func oauthSeconds(f func(n int64) int64) change {
	return func(_ *Service, h *hooks) {
		before := h.oauthExpiry
		h.oauthExpiry = func(x *exchange, text string) (int64, bool) {
			n, ok := before(x, text)
			return f(n), ok
		}
	}
}

// oauthDefaulting takes some texts of the expiry as if there were none.
func oauthDefaulting(some func(text string) bool) change {
	return askingOAuth(func(x *exchange, text string) (int64, bool, bool) { return x.seconds, true, some(text) })
}

// oauthReading changes the text of the expiry before it is read.
func oauthReading(f func(text string) string) change {
	return askingOAuth(func(x *exchange, text string) (int64, bool, bool) {
		n, ok := oauthExpiry(x, f(text))
		return n, ok, f(text) != text
	})
}
