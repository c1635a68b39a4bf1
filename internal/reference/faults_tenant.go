package reference

import (
	"net/http"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// tenantFaults break what multi-tenant answers say about later calls (V2AUTH-12,
// and OAUTH-04 for V1's answer to Lobby accounts). A client that did as it is told
// would send the token to somebody else, or headers that are not the service's to choose.
var tenantFaults = []fault{
	{"v2-endpoint-alone", "V2's answer has an endpoint and no request_headers.", ids("V2AUTH-12"), inV2OAuth(drop("request_headers"))},
	{"v2-headers-alone", "V2's answer has request_headers and no endpoint.", ids("V2AUTH-12"), inV2OAuth(drop("endpoint"))},
	{"v2-tenant-missing", "V2's request_headers lack x-unifier-tenant.", ids("V2AUTH-12"), v2Headers(func(h object) object { return h.without(tenantHeader) })},
	{"v2-tenant-empty", "V2's x-unifier-tenant is empty.", ids("V2AUTH-12"), v2Header(tenantHeader, "")},
	{"v2-tenant-blank", "V2's x-unifier-tenant is blank.", ids("V2AUTH-12"), v2Header(tenantHeader, "  ")},
	{"v2-tenant-code-missing", "V2's request_headers lack x-unifier-tenant-code.", ids("V2AUTH-12"), v2Headers(func(h object) object { return h.without(tenantCodeHeader) })},
	{"v2-tenant-code-empty", "V2's x-unifier-tenant-code is empty.", ids("V2AUTH-12"), v2Header(tenantCodeHeader, "")},
	{"v2-tenant-null", "V2's x-unifier-tenant is null.", ids("V2AUTH-12"), v2Header(tenantHeader, raw("null"))},
	{"v2-headers-list", "V2's request_headers are a list of lines.", ids("V2AUTH-12"),
		inV2OAuth(set("request_headers", list{tenantHeader + ": " + tenant, tenantCodeHeader + ": UNIGATE"}))},
	{"v2-headers-foreign", "V2's request_headers name Authorization as well.", ids("V2AUTH-12"), v2Header("Authorization", "Bearer somebody-else")},
	{"v2-headers-cookie", "V2's request_headers name Cookie as well.", ids("V2AUTH-12"), v2Header("Cookie", "JSESSIONID=1")},
	{"v2-headers-host", "V2's request_headers name Host as well.", ids("V2AUTH-12"), v2Header("Host", "elsewhere.example")},
	{"v2-headers-line-break", "A value of V2's request_headers has a line break.", ids("V2AUTH-12"), v2Header(tenantCodeHeader, "UNIGATE\r\nX-Injected: 1")},
	{"v2-headers-name-line-break", "A name of V2's request_headers has a line break.", ids("V2AUTH-12"), v2Header("x-unifier-more\r\nCookie", "a=b")},
	{"v2-endpoint-url", "V2's endpoint is a URL of another host.", ids("V2AUTH-12"), inV2OAuth(set("endpoint", "https://elsewhere.example/rest1"))},
	{"v2-endpoint-host", "V2's endpoint begins with two slashes, which makes a host of it.", ids("V2AUTH-12"), inV2OAuth(set("endpoint", "//elsewhere.example/rest1"))},
	{"v2-endpoint-dots", "V2's endpoint leaves the base URL with dots.", ids("V2AUTH-12"), inV2OAuth(set("endpoint", "../rest1"))},
	{"v2-endpoint-encoded-dots", "V2's endpoint leaves the base URL with encoded dots.", ids("V2AUTH-12"), inV2OAuth(set("endpoint", "/rest1/%2e%2e/%2e%2e/other"))},
	{"v2-endpoint-query", "V2's endpoint has a query, which swallows what is put behind it.", ids("V2AUTH-12"), inV2OAuth(set("endpoint", "rest1?next="))},
	{"v2-endpoint-user", "V2's endpoint begins with an at sign, which makes a host of it behind a base URL.", ids("V2AUTH-12"), inV2OAuth(set("endpoint", "@elsewhere.example/rest1"))},
	{"v2-endpoint-empty", "V2's endpoint is empty.", ids("V2AUTH-12"), inV2OAuth(set("endpoint", ""))},
	{"v2-endpoint-number", "V2's endpoint is a number.", ids("V2AUTH-12"), inV2OAuth(set("endpoint", 1))},
	{"v2-tenant-of-another", "V2's x-unifier-tenant-code is that of another tenant, whose resource refuses the token.", ids("V2AUTH-16"), v2Header(tenantCodeHeader, "OTHER")},
	{"lobby-endpoint-missing", "V1's answer to Lobby accounts has no endpoint.", ids("OAUTH-04"), inLobby(drop("endpoint"))},
	{"lobby-headers-missing", "V1's answer to Lobby accounts has no request_headers.", ids("OAUTH-04"), inLobby(drop("request_headers"))},
	{"lobby-tenant-empty", "V1's x-unifier-tenant is empty.", ids("OAUTH-04"), lobbyHeader(tenantHeader, "")},
	{"lobby-tenant-code-missing", "V1's request_headers lack x-unifier-tenant-code.", ids("OAUTH-04"),
		inLobby(func(_ *exchange, b *object) {
			headers, _ := b.get("request_headers").(object)
			b.set("request_headers", headers.without(tenantCodeHeader))
		})},
	{"lobby-headers-foreign", "V1's request_headers name Authorization as well.", ids("OAUTH-04"), lobbyHeader("Authorization", "Bearer somebody-else")},
	{"lobby-headers-line-break", "A value of V1's request_headers has a line break.", ids("OAUTH-04"), lobbyHeader(tenantCodeHeader, "UNIGATE\nX-Injected: 1")},
	{"lobby-endpoint-url", "V1's endpoint is a URL of another host.", ids("OAUTH-04"), inLobby(set("endpoint", "https://elsewhere.example/rest1"))},
	{"lobby-endpoint-dots", "V1's endpoint leaves the base URL with dots.", ids("OAUTH-04"), inLobby(set("endpoint", "/rest1/../../other"))},
	{"lobby-expire-missing", "V1's answer to Lobby accounts has no expire.", ids("OAUTH-04"), inLobby(drop("expire"))},
	{"lobby-expire-words", "V1's expire has a unit.", ids("OAUTH-04"), inLobby(func(x *exchange, b *object) { b.set("expire", text(x.seconds)+"s") })},
	{"lobby-expire-default", "V1's expire says 3600 whatever was asked for.", ids("OAUTH-03", "OAUTH-05", "OAUTH-08"), inLobby(set("expire", "3600"))},
	{"lobby-flat", "V1's answer to Lobby accounts is the flat one, which says nothing of the tenant.", ids("OAUTH-04"),
		func(_ *Service, h *hooks) { h.oauthBody = func(_ *exchange, b object) object { return b } }},
}

// v2LoginFaults break V2 login, which has one requirement (V2LOGIN-01).
var v2LoginFaults = []fault{
	{"v2-login-status-201", "A successful V2 login has HTTP 201 and says 201 in its body.", ids("V2LOGIN-01"),
		inSuccess(unifier.V2Login, func(_ *exchange, p *reply) { p.status = http.StatusCreated; p.body.set("status", 201) })},
	{"v2-login-enveloped", "The members of V2 login are inside data, as at V2 auth/token.", ids("V2LOGIN-01"),
		inSuccess(unifier.V2Login, func(_ *exchange, p *reply) { p.body = envelope(p.body, false, list{}) })},
	{"v2-login-key-access-token", "The token of V2 login is in access_token.", ids("V2LOGIN-01"), inLogin(rename("token", "access_token"))},
	{"v2-login-key-timezone", "The member Timezone of V2 login is spelt timezone.", ids("V2LOGIN-01"), inLogin(rename("Timezone", "timezone"))},
	{"v2-login-status-text", "The member status of V2 login is text.", ids("V2LOGIN-01"), inLogin(set("status", "200"))},
	{"v2-login-token-lower-case", "The third part of V2 login's token is in lower case.", ids("V2LOGIN-01"),
		at(unifier.V2Login, thirdPart(func(_ *exchange, third string) string { return strings.ToLower(third) }))},
	{"v2-login-other-user", "The token of V2 login names another user.", ids("V2LOGIN-01"),
		at(unifier.V2Login, namingOf(func(x *exchange) string { return x.s.other(x.account).user.Name }))},
	{"v2-login-default-179-days", "The default duration of V2 login is 179 days.", ids("V2LOGIN-01"), at(unifier.V2Login, defaultDays(179))},
	{"v2-login-minutes-as-hours", "A duration in minutes counts as hours at V2 login.", ids("V2LOGIN-01"), at(unifier.V2Login, unitAs(unifier.Minutes, unifier.Hours))},
	{"v2-login-one-format", "Every date of V2 login is written YYYY-MM-DD.", ids("V2LOGIN-01"), at(unifier.V2Login, patterned(func(*exchange, string) string { return "YYYY-MM-DD" }))},
	{"v2-login-time-24-hours", "The time of day has 24 hours at V2 login.", ids("V2LOGIN-01"), at(unifier.V2Login, clocked(func(t time.Time) string { return t.Format("15:04") }))},
	{"v2-login-zone-server", "Every answer of V2 login is in the server's zone and says so.", ids("V2LOGIN-01"),
		at(unifier.V2Login, both(shown(func(_ *exchange, t time.Time) time.Time { return t.In(serverZone) }),
			labelled(func(*exchange, string) string { return zoneLabel("America/New_York", serverZone) })))},
	{"v2-login-time-later", "The time of day has 24 hours from a user's second V2 login on.", ids("V2LOGIN-01"),
		fromSecond(inLogin, func(_ *exchange, b *object) {
			date, _ := b.get("expiryDate").(string)
			b.set("expiryTime", date+" 13:05")
		})},
	{"v2-login-wrong-password-duration", "After a wrong password the user's next V2 login gets a token that is valid for a minute.", ids("V2LOGIN-01"),
		both(spoiling(unifier.V2Login, http.StatusUnauthorized, everyUser),
			at(unifier.V2Login, afterSpoiling(func(unifier.Expiry) unifier.Expiry { return minutes(1) })))},
	{"v2-login-cacheable", "An answer of V2 login has no Cache-Control.", ids("SEC-01"),
		headers(func(x *exchange, h http.Header) {
			if x.service == unifier.V2Login {
				h.Del("Cache-Control")
			}
		})},
	{"v2-login-echo", "A V2 login's success repeats the password.", ids("SEC-04"), inLogin(func(x *exchange, b *object) { b.set("password", x.password) })},
	{"v2-login-stack-trace", "A refusal of V2 login shows a stack trace.", ids("SEC-07"),
		inError(unifier.V2Login, func(_ *exchange, p *reply) {
			p.body.set("trace", "java.lang.IllegalStateException: token\n\tat com.unifier.rest.v2.Login.get(Login.java:77)")
		})},
	{"v2-login-absent-403", "A V2 login without Authorization header gets 403.", ids("V2LOGIN-01"),
		rejecting(unifier.V2Login, absent, refusal{status: http.StatusForbidden, message: unifier.MessageEmptyAuth})},
	{"v2-login-malformed-400", "A malformed Authorization header gets 400 from V2 login.", ids("V2LOGIN-01"),
		rejecting(unifier.V2Login, malformed, refusal{status: http.StatusBadRequest, message: unifier.MessageInvalidAuth})},
	{"v2-login-password-empty", "An empty password is accepted by V2 login.", ids("V2LOGIN-01"),
		admitting(unifier.V2Login, func(_ *account, given string) bool { return given == "" })},
	{"v2-login-inactive-token", "A user that is not Active gets a token from V2 login.", ids("V2LOGIN-01"),
		func(_ *Service, h *hooks) {
			before := h.entitled
			h.entitled = func(x *exchange) bool {
				return before(x) || x.service == unifier.V2Login && x.account.user.Type == unifier.Basic
			}
		}},
}

// v2Headers changes V2's request_headers.
func v2Headers(f func(h object) object) change {
	return inV2OAuth(func(_ *exchange, b *object) {
		headers, _ := b.get("request_headers").(object)
		b.set("request_headers", f(headers))
	})
}

// v2Header sets one of V2's request_headers.
func v2Header(name string, value any) change {
	return v2Headers(func(h object) object { h.set(name, value); return h })
}

// inLobby changes V1's answer to Lobby accounts.
func inLobby(f func(x *exchange, b *object)) change {
	return func(_ *Service, h *hooks) {
		before := h.oauthBody
		h.oauthBody = func(x *exchange, b object) object {
			b = before(x, b)
			f(x, &b)
			return b
		}
	}
}

// lobbyHeader sets one of V1's request_headers.
func lobbyHeader(name string, value any) change {
	return inLobby(func(_ *exchange, b *object) {
		headers, _ := b.get("request_headers").(object)
		headers.set(name, value)
		b.set("request_headers", headers)
	})
}
