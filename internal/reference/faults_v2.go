package reference

import (
	"net/http"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// v2AnswerFaults break what an answer of V2 auth/token looks like (V2AUTH-01…V2AUTH-03, V2AUTH-06, V2AUTH-08, V2AUTH-14).
var v2AnswerFaults = []fault{
	{"v2-status-201", "A V2 token comes with HTTP 201 and says 201 in its body.", ids("V2AUTH-01", "V2AUTH-08"),
		inSuccess(unifier.V2Auth, func(_ *exchange, p *reply) { p.status = http.StatusCreated; p.body.set("status", 201) })},
	{"v2-500", "Every third plain V2 call of a user gets 500.", ids("V2AUTH-01", "V2AUTH-08"), inSuccess(unifier.V2Auth, eachThird(broken))},
	{"v2-basic-refused", "An active Basic user in one time zone is refused with 401.", ids("V2AUTH-01"),
		v2Refusing(func(a *account) bool { return a.user.Zone == "Asia/Kathmandu" })},
	{"v2-oauth-refused", "One of the OAuth users is refused with 401.", ids("V2AUTH-08"),
		v2Refusing(func(a *account) bool { return strings.HasPrefix(a.user.Name, "api@") })},
	{"v2-oauth-users-unknown", "No OAuth user gets a token.", ids("V2AUTH-08"),
		v2Refusing(func(a *account) bool { return a.user.Type == unifier.OAuthType })},
	{"v2-flat", "The members stand beside status, without data.", ids("V2AUTH-02"),
		inV2Reply(func(_ *exchange, p *reply) {
			data, _ := p.body.get("data").(object)
			p.body = append(data, p.body.without("data")...)
		})},
	{"v2-data-list", "data is a list with one object.", ids("V2AUTH-02"), inV2Reply(rewritingData(func(data string) string { return "[" + data + "]" }))},
	{"v2-data-text", "data is the text of a JSON object.", ids("V2AUTH-02"),
		inV2Reply(rewritingData(func(data string) string { return string(appendString(nil, data)) }))},
	{"v2-data-deeper", "data has another data, with the members.", ids("V2AUTH-03", "V2AUTH-08"),
		inV2Reply(rewritingData(func(data string) string { return `{"data":` + data + `}` }))},
	{"v2-data-key", "data is spelt Data.", ids("V2AUTH-02"), inV2Reply(func(_ *exchange, p *reply) { p.body.rename("data", "Data") })},
	{"v2-no-status", "The member status is missing.", ids("V2AUTH-02"), inV2Reply(func(_ *exchange, p *reply) { p.body = p.body.without("status") })},
	{"v2-status-text", "The member status is the text \"200\".", ids("V2AUTH-02"), inV2Reply(func(_ *exchange, p *reply) { p.body.set("status", "200") })},
	{"v2-status-other", "The member status is 0 while HTTP says 200.", ids("V2AUTH-02"), inV2Reply(func(_ *exchange, p *reply) { p.body.set("status", 0) })},
	{"v2-status-inside", "The member status is inside data.", ids("V2AUTH-02"),
		both(inV2(set("status", http.StatusOK)), inV2Reply(func(_ *exchange, p *reply) { p.body = p.body.without("status") }))},
	{"v2-no-message", "The member message is missing.", ids("V2AUTH-02"), inV2Reply(func(_ *exchange, p *reply) { p.body = p.body.without("message") })},
	{"v2-message-number", "The member message is a number.", ids("V2AUTH-02"), inV2Reply(func(_ *exchange, p *reply) { p.body.set("message", 0) })},
	{"v2-message-failure", "The message of a success is \"failure\".", ids("V2AUTH-14"), v2Message("failure")},
	{"v2-message-mixed", "The message of a success has a sentence besides \"success\".", ids("V2AUTH-14"), v2Message("success", "but not quite")},
	{"v2-message-later", "The message of a success is \"renewed\" from a user's second token on.", ids("V2AUTH-14"),
		func(s *Service, h *hooks) {
			again := repeated()
			inV2Reply(func(x *exchange, p *reply) {
				if again(x) {
					p.body.set("message", list{"renewed"})
				}
			})(s, h)
		}},
	{"v2-body-list", "The body is a list with one object.", ids("V2AUTH-02"),
		inV2Reply(func(_ *exchange, p *reply) { p.raw = []byte("[" + string(encode(p.body)) + "]") })},
	{"v2-body-trailing", "Text follows the JSON object.", ids("V2AUTH-02"), inV2Reply(func(_ *exchange, p *reply) { p.raw = append(encode(p.body), "\nok"...) })},
	{"v2-body-cut", "The JSON object lacks its last brace.", ids("V2AUTH-02"),
		inV2Reply(func(_ *exchange, p *reply) { p.raw = encode(p.body); p.raw = p.raw[:len(p.raw)-1] })},
	{"v2-key-accesstoken", "access_token is spelt accessToken.", ids("V2AUTH-03", "V2AUTH-08"), inV2(rename("access_token", "accessToken"))},
	{"v2-key-token", "A Basic user's token is in token, as at V1 login.", ids("V2AUTH-03"), inV2Basic(rename("access_token", "token"))},
	{"v2-token-outside", "access_token stands beside data.", ids("V2AUTH-03", "V2AUTH-08"),
		both(inV2(drop("access_token")), inV2Reply(func(x *exchange, p *reply) { p.body.set("access_token", x.token) }))},
	{"v2-no-expires-in", "A Basic user's answer has no expires_in.", ids("V2AUTH-03"), inV2Basic(drop("expires_in"))},
	{"v2-no-auth-type", "A Basic user's answer has no auth_type.", ids("V2AUTH-03"), inV2Basic(drop("auth_type"))},
	{"v2-no-expirydate", "A Basic user's answer has no expiryDate.", ids("V2AUTH-03"), inV2Basic(drop("expiryDate"))},
	{"v2-no-expirytime", "A Basic user's answer has no expiryTime.", ids("V2AUTH-03"), inV2Basic(drop("expiryTime"))},
	{"v2-key-timezone", "The member Timezone is spelt timezone.", ids("V2AUTH-03"), inV2Basic(rename("Timezone", "timezone"))},
	{"v2-timezone-later", "The member Timezone is missing from a user's second V2 token on.", ids("V2AUTH-03"), fromSecond(inV2Basic, drop("Timezone"))},
	{"v2-oauth-no-expires-in", "An OAuth user's answer has no expires_in.", ids("V2AUTH-08"), inV2OAuth(drop("expires_in"))},
	{"v2-oauth-key-expire", "An OAuth user's expires_in is spelt expire.", ids("V2AUTH-08"), inV2OAuth(rename("expires_in", "expire"))},
	{"v2-auth-type-swapped", "auth_type is that of the other kind of users.", ids("V2AUTH-06"),
		both(inV2Basic(set("auth_type", "oAuth")), inV2OAuth(set("auth_type", "Basic")))},
	{"v2-auth-type-basic-for-all", "auth_type is Basic for OAuth users too, whose password is sent in the same way.", ids("V2AUTH-06"), inV2OAuth(set("auth_type", "Basic"))},
	{"v2-auth-type-word", "auth_type is DB.", ids("V2AUTH-06"), inV2Basic(set("auth_type", "DB"))},
	{"v2-auth-type-later", "A Basic user's auth_type is oAuth from the second V2 token on.", ids("V2AUTH-06"), fromSecond(inV2Basic, set("auth_type", "oAuth"))},
	{"v2-token-type-mac", "token_type is mac.", ids("V2AUTH-11"), inV2OAuth(set("token_type", "mac"))},
	{"v2-token-type-asked", "token_type is JWT where an expiry was asked for.", ids("V2AUTH-11"), inV2OAuth(whenAsked(set("token_type", "JWT")))},
	{"v2-length-too-high", "Content-Length of a V2 success is seven bytes too high, then the connection closes.", ids("V2AUTH-01", "V2AUTH-08"),
		writing(succeeding(unifier.V2Auth, everyAnswer), lengthOff(7))},
}

// v2ValidityFaults break how long a Basic user's V2 token is valid, and what its
// answer says of it (V2AUTH-04, V2AUTH-05).
var v2ValidityFaults = []fault{
	{"v2-expires-in-3000", "A Basic user's expires_in is 3000, whatever the duration.", ids("V2AUTH-04"), inV2Basic(set("expires_in", 3000))},
	{"v2-expires-in-milliseconds", "A Basic user's expires_in is in milliseconds.", ids("V2AUTH-04"), leaving(func(_ *exchange, n int64) int64 { return n * 1000 })},
	{"v2-expires-in-minutes", "A Basic user's expires_in is in minutes.", ids("V2AUTH-04"), leaving(func(_ *exchange, n int64) int64 { return n / 60 })},
	{"v2-expires-in-wrapped", "A Basic user's expires_in is counted in milliseconds of 32 bits on the way.", ids("V2AUTH-04"),
		leaving(func(_ *exchange, n int64) int64 { return int64(int32(n*1000)) / 1000 })}, //nolint:gosec // the fault is that it overflows
	{"v2-expires-in-zone", "A Basic user's expires_in is off by the zone's offset.", ids("V2AUTH-04"),
		leaving(func(x *exchange, n int64) int64 { return n + int64(standardOffset(x.account.zone)) })},
	{"v2-expires-in-late", "A Basic user's expires_in is five seconds too long.", ids("V2AUTH-04"), leaving(func(_ *exchange, n int64) int64 { return n + 5 })},
	{"v2-expires-in-instant", "A Basic user's expires_in is the instant of the end, in seconds since 1970.", ids("V2AUTH-04"),
		leaving(func(x *exchange, _ int64) int64 { return x.until.Unix() })},
	{"v2-expires-in-zero-later", "A Basic user's expires_in is 0 from the second V2 token on.", ids("V2AUTH-04"), fromSecond(inV2Basic, set("expires_in", 0))},
	{"v2-expires-in-fraction", "A Basic user's expires_in has a fraction.", ids("V2AUTH-04"),
		inV2Basic(func(x *exchange, b *object) { b.set("expires_in", raw(text(left(x))+".5")) })},
	{"v2-expires-in-words", "A Basic user's expires_in is text with a unit.", ids("V2AUTH-04"),
		inV2Basic(func(x *exchange, b *object) { b.set("expires_in", text(left(x))+"s") })},
	{"v2-expires-in-null", "A Basic user's expires_in is null.", ids("V2AUTH-04"), inV2Basic(set("expires_in", raw("null")))},
	{"v2-expires-in-one-day-less", "The expires_in of a duration in days is a day too short.", ids("V2AUTH-04"),
		leaving(func(x *exchange, n int64) int64 {
			if inDays(x.account) {
				return n - 86400
			}
			return n
		})},
	{"v2-default-179-days", "The default duration is 179 days at V2.", ids("V2AUTH-04", "V2AUTH-05"), at(unifier.V2Auth, defaultDays(179))},
	{"v2-minutes-as-hours", "A duration in minutes counts as hours at V2.", ids("V2AUTH-04", "V2AUTH-05"), at(unifier.V2Auth, unitAs(unifier.Minutes, unifier.Hours))},
	{"v2-duration-ignored", "Every V2 token of a Basic user is valid for the default duration.", ids("V2AUTH-04", "V2AUTH-05"),
		at(unifier.V2Auth, lasting(func(*exchange, unifier.Expiry) unifier.Expiry { return unifier.DefaultExpiry }))},
	{"v2-hour-for-all", "Every V2 token of a Basic user is valid for an hour, as an OAuth user's is.", ids("V2AUTH-04", "V2AUTH-05"),
		at(unifier.V2Auth, lasting(func(*exchange, unifier.Expiry) unifier.Expiry { return hours(1) }))},
	{"v2-dates-an-hour-late", "expiryTime of a duration in hours is an hour later than expires_in says.", ids("V2AUTH-04", "V2AUTH-05"),
		at(unifier.V2Auth, shown(func(x *exchange, t time.Time) time.Time {
			if inHours(x.account) {
				return t.Add(time.Hour)
			}
			return t
		}))},
	{"v2-date-one-format", "Every date of V2 is written YYYY-MM-DD, whatever the user's format.", ids("V2AUTH-05"),
		at(unifier.V2Auth, patterned(func(*exchange, string) string { return "YYYY-MM-DD" }))},
	{"v2-date-later", "Dates of V2 are written YYYY-MM-DD from a user's second token on.", ids("V2AUTH-05"),
		func(s *Service, h *hooks) {
			again := repeated()
			at(unifier.V2Auth, patterned(func(x *exchange, p string) string {
				if x.service == unifier.V2Auth && again(x) {
					return "YYYY-MM-DD"
				}
				return p
			}))(s, h)
		}},
	{"v2-time-24-hours", "The time of day has 24 hours at V2.", ids("V2AUTH-05"), at(unifier.V2Auth, clocked(func(t time.Time) string { return t.Format("15:04") }))},
	{"v2-time-without-date", "expiryTime is the time of day only at V2.", ids("V2AUTH-05"),
		inV2Basic(func(_ *exchange, b *object) {
			text, _ := b.get("expiryTime").(string)
			_, clock, _ := strings.Cut(text, " ")
			b.set("expiryTime", clock)
		})},
	{"v2-zone-label-other", "The label of V2 is that of another zone.", ids("V2AUTH-05"),
		at(unifier.V2Auth, labelled(func(x *exchange, _ string) string {
			if x.account.user.Zone == "America/Los_Angeles" {
				return zoneLabel("America/New_York", time.UTC)
			}
			return zoneLabel("America/Los_Angeles", time.UTC)
		}))},
	{"v2-zone-server", "Every answer of V2 is in the server's zone and says so.", ids("V2AUTH-05"),
		at(unifier.V2Auth, both(shown(func(_ *exchange, t time.Time) time.Time { return t.In(serverZone) }),
			labelled(func(*exchange, string) string { return zoneLabel("America/New_York", serverZone) })))},
	{"v2-asked-in-utc", "The dates of a Basic user's V2 token that an expiry was asked for are in UTC and say so.", ids("V2AUTH-05"),
		at(unifier.V2Auth, both(
			shown(func(x *exchange, t time.Time) time.Time {
				if asks(x) {
					return t.UTC()
				}
				return t
			}),
			labelled(func(x *exchange, label string) string {
				if asks(x) {
					return "(UTC) Coordinated Universal Time"
				}
				return label
			})))},
	{"v2-asked-time-24-hours", "The time of day of a Basic user's V2 token has 24 hours where an expiry was asked for.", ids("V2AUTH-05"),
		at(unifier.V2Auth, func(_ *Service, h *hooks) {
			before := h.timeOfDay
			h.timeOfDay = func(x *exchange, t time.Time) string {
				if asks(x) {
					return t.Format("15:04")
				}
				return before(x, t)
			}
		})},
	{"v2-dst-forgotten", "Times of V2 tokens with a duration in minutes or hours are in standard time all the year.", ids("V2AUTH-04", "V2AUTH-05"),
		at(unifier.V2Auth, shown(func(x *exchange, t time.Time) time.Time {
			if x.expiry.Unit != unifier.Days {
				return t.In(time.FixedZone("", standardOffset(x.account.zone)))
			}
			return t
		}))},
}

// inV2 changes what is in data of a V2 success.
func inV2(f func(x *exchange, b *object)) change {
	return func(_ *Service, h *hooks) {
		before := h.v2Data
		h.v2Data = func(x *exchange, b object) object {
			b = before(x, b)
			f(x, &b)
			return b
		}
	}
}

// inV2Basic is inV2 for Basic users.
func inV2Basic(f func(x *exchange, b *object)) change { return inV2Of(unifier.Basic, f) }

// inV2OAuth is inV2 for OAuth users.
func inV2OAuth(f func(x *exchange, b *object)) change { return inV2Of(unifier.OAuthType, f) }

// inV2Of is inV2 for users of one type.
func inV2Of(t unifier.UserType, f func(x *exchange, b *object)) change {
	return inV2(func(x *exchange, b *object) {
		if x.account.user.Type == t {
			f(x, b)
		}
	})
}

// inV2Reply changes the finished replies of V2's successes.
func inV2Reply(f func(x *exchange, p *reply)) change { return inSuccess(unifier.V2Auth, f) }

// rewritingData changes the JSON text of data.
func rewritingData(f func(data string) string) func(x *exchange, p *reply) {
	return func(_ *exchange, p *reply) {
		data, _ := p.body.get("data").(object)
		p.body.set("data", raw(f(string(encode(data)))))
	}
}

// v2Message gives V2's successes a message.
func v2Message(texts ...string) change {
	return inV2Reply(func(_ *exchange, p *reply) { p.body.set("message", list(texts)) })
}

// v2Refusing refuses some users at V2.
func v2Refusing(some func(a *account) bool) change {
	return func(_ *Service, h *hooks) {
		before := h.entitled
		h.entitled = func(x *exchange) bool { return before(x) && (x.service != unifier.V2Auth || !some(x.account)) }
	}
}

// leaving changes the expires_in of Basic users.
func leaving(f func(x *exchange, n int64) int64) change {
	return func(_ *Service, h *hooks) {
		before := h.left
		h.left = func(x *exchange) int64 { return f(x, before(x)) }
	}
}
