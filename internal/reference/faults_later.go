package reference

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// laterFaults leave each user's first answer right: they begin with a user's
// second token, or show only where an expiry was asked for.
var laterFaults = []fault{
	{"later-login-no-timezone", "The member Timezone is missing from a user's second login on.", ids("LOGIN-02"), fromSecond(inLogin, drop("Timezone"))},
	{"later-login-status-text", "The member status is the text \"200\" from a user's second login on.", ids("LOGIN-03"), fromSecond(inLogin, set("status", "200"))},
	{"later-token-lower-case", "The token's third part is in lower case from a user's second login on.", ids("LOGIN-04"),
		func(s *Service, h *hooks) {
			again := repeated()
			thirdPart(func(x *exchange, third string) string {
				if again(x) {
					return strings.ToLower(third)
				}
				return third
			})(s, h)
		}},
	{"later-stored-ended", "A login gives users with a duration in minutes a stored token that ended an hour before.", ids("LOGIN-07", "LOGIN-08"), storedEnded(isMinutes)},
	{"later-oauth-default", "The default is that of another edition from a user's second OAuth token on.", ids("OAUTH-02"),
		func(s *Service, h *hooks) {
			again := repeated()
			h.seconds = func(x *exchange) int64 {
				if again(x) {
					return 6600 - s.edition.oauthDefault
				}
				return s.edition.oauthDefault
			}
		}},
	{"later-oauth-no-token-type", "The member token_type is missing from a user's second OAuth token on.", ids("OAUTH-04"), fromSecond(inOAuth, drop("token_type"))},
	{"later-login-500", "Every third plain login of a user gets 500.", ids("LOGIN-01"), inSuccess(unifier.Login, eachThird(broken))},
	{"later-login-nothing", "Every third plain login of a user gets an empty body.", ids("LOGIN-02"),
		inSuccess(unifier.Login, eachThird(func(_ *exchange, p *reply) { p.raw = []byte{} }))},
	{"later-oauth-500", "Every third plain OAuth call of a user gets 500.", ids("OAUTH-01"), inSuccess(unifier.OAuth, eachThird(broken))},
	{"asked-login-status-text", "The member status is the text \"200\" where an expiry was asked for.", ids("LOGIN-03"), inLogin(whenAsked(set("status", "200")))},
	{"asked-oauth-type-mac", "The token_type is mac where an expiry was asked for.", ids("OAUTH-04"), inOAuth(whenAsked(set("token_type", "mac")))},
	{"asked-date-one-format", "Dates are written YYYY-MM-DD where an expiry was asked for.", ids("LOGIN-10"),
		patterned(func(x *exchange, p string) string {
			if asks(x) {
				return "YYYY-MM-DD"
			}
			return p
		})},
	{"asked-time-24-hours", "The time of day has 24 hours where an expiry was asked for.", ids("LOGIN-11"),
		inLogin(whenAsked(func(x *exchange, b *object) {
			date, _ := b.get("expiryDate").(string)
			b.set("expiryTime", date+" "+x.s.hooks.local(x, x.until).Format("15:04"))
		}))},
	{"asked-zone-label-other", "The label is that of another zone where an expiry was asked for.", ids("LOGIN-12"),
		labelled(func(x *exchange, label string) string {
			if asks(x) {
				return zoneLabel("Pacific/Auckland", time.UTC)
			}
			return label
		})},
	{"asked-zone-other", "Label and times are those of another zone where an expiry was asked for.", ids("LOGIN-12"),
		both(labelled(func(x *exchange, label string) string {
			if asks(x) {
				return zoneLabel("Asia/Tokyo", time.UTC)
			}
			return label
		}), shown(func(x *exchange, t time.Time) time.Time {
			if asks(x) {
				return t.In(time.FixedZone("JST", 9*3600))
			}
			return t
		}))},
}

// asks reports whether a request asks for an expiry.
func asks(x *exchange) bool { return strings.Contains(x.r.URL.RawQuery, unifier.ExpiryParameter+"=") }

// whenAsked changes a body only where an expiry was asked for.
func whenAsked(f func(*exchange, *object)) func(*exchange, *object) {
	return func(x *exchange, b *object) {
		if asks(x) {
			f(x, b)
		}
	}
}

// repeated tells a user's first request from all later ones.
func repeated() func(x *exchange) bool {
	var seen sync.Map
	return func(x *exchange) bool {
		_, again := seen.LoadOrStore(x.account.user.Name, true)
		return again
	}
}

// eachThird changes every third of a user's replies to calls that ask for no expiry.
func eachThird(f func(x *exchange, p *reply)) func(x *exchange, p *reply) {
	var plain sync.Map
	return func(x *exchange, p *reply) {
		n, _ := plain.LoadOrStore(x.account.user.Name, new(atomic.Int64))
		if !asks(x) && n.(*atomic.Int64).Add(1)%3 == 0 {
			f(x, p)
		}
	}
}

// broken makes an error of a success, in the form that the service's errors have.
func broken(x *exchange, p *reply) {
	f := refusal{status: http.StatusInternalServerError, message: "Internal error"}
	p.status, p.body = f.status, x.s.hooks.errorBody(x, f)
	if x.service == unifier.V2Auth {
		p.body = x.s.hooks.v2Error(x, f)
	}
}

// fromSecond changes all bodies that a user gets but the first.
func fromSecond(in func(func(*exchange, *object)) change, f func(*exchange, *object)) change {
	return func(s *Service, h *hooks) {
		again := repeated()
		in(func(x *exchange, b *object) {
			if again(x) {
				f(x, b)
			}
		})(s, h)
	}
}
