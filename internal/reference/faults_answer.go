package reference

import (
	"net/http"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// answerFaults break what the answer to a login looks like (LOGIN-01…LOGIN-03).
var answerFaults = []fault{
	{"login-user-refused", "An active user in one time zone is refused with 401.", ids("LOGIN-01"),
		func(_ *Service, h *hooks) {
			before := h.entitled
			h.entitled = func(x *exchange) bool { return before(x) && x.account.user.Zone != "Asia/Kathmandu" }
		}},
	{"login-status-201", "A successful login has HTTP 201 and says 201 in its body.", ids("LOGIN-01"),
		inSuccess(unifier.Login, func(_ *exchange, p *reply) { p.status = http.StatusCreated; p.body.set("status", 201) })},
	{"login-key-timezone", "The member Timezone is spelt timezone.", ids("LOGIN-02"), inLogin(rename("Timezone", "timezone"))},
	{"login-key-expirydate", "The member expiryDate is spelt expirydate.", ids("LOGIN-02"), inLogin(rename("expiryDate", "expirydate"))},
	{"login-no-expirytime", "The member expiryTime is missing.", ids("LOGIN-02"), inLogin(drop("expiryTime"))},
	{"login-no-status", "The member status is missing.", ids("LOGIN-02"), inLogin(drop("status"))},
	{"login-key-access-token", "The token is in access_token instead of token.", ids("LOGIN-02"), inLogin(rename("token", "access_token"))},
	{"login-enveloped", "The members are inside data.", ids("LOGIN-02"),
		inSuccess(unifier.Login, func(_ *exchange, p *reply) { p.body = envelope(p.body, false, list{}) })},
	{"login-body-list", "The body is a list with one object.", ids("LOGIN-02"),
		inSuccess(unifier.Login, func(_ *exchange, p *reply) { p.raw = []byte("[" + string(encode(p.body)) + "]") })},
	{"login-body-trailing", "Text follows the JSON object.", ids("LOGIN-02"),
		inSuccess(unifier.Login, func(_ *exchange, p *reply) { p.raw = append(encode(p.body), "\nok"...) })},
	{"login-body-cut", "The JSON object lacks its last brace.", ids("LOGIN-02"),
		inSuccess(unifier.Login, func(_ *exchange, p *reply) { p.raw = encode(p.body); p.raw = p.raw[:len(p.raw)-1] })},
	{"login-status-text", "The member status is the text \"200\".", ids("LOGIN-03"), inLogin(set("status", "200"))},
	{"login-status-other", "The member status is 0 while HTTP says 200.", ids("LOGIN-03"), inLogin(set("status", 0))},
}

// validityFaults break how long a login token is valid (LOGIN-06…LOGIN-08).
var validityFaults = []fault{
	{"login-default-179-days", "The default duration is 179 days.", ids("LOGIN-06"), defaultDays(179)},
	{"login-default-181-days", "The default duration is 181 days.", ids("LOGIN-06"), defaultDays(181)},
	{"login-default-180-hours", "The default duration is 180 hours.", ids("LOGIN-06"),
		lasting(func(x *exchange, e unifier.Expiry) unifier.Expiry {
			if x.account.user.Expiry.IsZero() && x.r.URL.RawQuery == "" {
				e.Unit = unifier.Hours
			}
			return e
		})},
	{"login-minutes-as-hours", "A duration in minutes counts as hours.", ids("LOGIN-07", "LOGIN-08"), unitAs(unifier.Minutes, unifier.Hours)},
	{"login-hours-as-minutes", "A duration in hours counts as minutes.", ids("LOGIN-07", "LOGIN-08"), unitAs(unifier.Hours, unifier.Minutes)},
	{"login-days-as-hours", "A duration in days counts as hours.", ids("LOGIN-06", "LOGIN-07", "LOGIN-08"), unitAs(unifier.Days, unifier.Hours)},
	{"login-duration-ignored", "Every token is valid for the default duration, whatever the administrator set.", ids("LOGIN-07", "LOGIN-08"),
		lasting(func(*exchange, unifier.Expiry) unifier.Expiry { return unifier.DefaultExpiry })},
	{"login-hours-off-by-one", "A token with a duration in hours is valid for an hour more.", ids("LOGIN-07", "LOGIN-08"), offByOne(unifier.Hours)},
	{"login-days-off-by-one", "A token with a duration in days is valid for a day less.", ids("LOGIN-06", "LOGIN-07", "LOGIN-08"), offByOne(unifier.Days)},
	{"login-minutes-off-by-two", "A token with a duration in minutes is valid for two minutes more.", ids("LOGIN-07", "LOGIN-08"), offByOne(unifier.Minutes)},
	{"login-500-clipped", "A duration of 500 counts as 499.", ids("LOGIN-07", "LOGIN-08"),
		lasting(func(_ *exchange, e unifier.Expiry) unifier.Expiry { e.N = min(e.N, 499); return e })},
	{"login-1-as-180", "A duration of 1 counts as 180, as if it were not set.", ids("LOGIN-07", "LOGIN-08"),
		lasting(func(_ *exchange, e unifier.Expiry) unifier.Expiry {
			if e.N == 1 {
				e.N = 180
			}
			return e
		})},
}

// defaultDays changes the duration of users whose duration was never changed.
func defaultDays(n int) change {
	return lasting(func(x *exchange, e unifier.Expiry) unifier.Expiry {
		if x.account.user.Expiry.IsZero() {
			return days(n)
		}
		return e
	})
}

// unitAs takes one unit for another.
func unitAs(unit, other unifier.Unit) change {
	return lasting(func(_ *exchange, e unifier.Expiry) unifier.Expiry {
		if e.Unit == unit {
			e.Unit = other
		}
		return e
	})
}

// offByOne moves the end of tokens with a duration in one unit.
func offByOne(unit unifier.Unit) change {
	return func(_ *Service, h *hooks) {
		before := h.end
		by := map[unifier.Unit]time.Duration{unifier.Minutes: 2, unifier.Hours: 1, unifier.Days: -1}[unit]
		h.end = func(x *exchange) time.Time {
			if x.expiry.Unit == unit {
				return before(x).Add(unit.Length() * by)
			}
			return before(x)
		}
	}
}
