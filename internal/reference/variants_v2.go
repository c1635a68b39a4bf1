package reference

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// v2Variants say the right things at V2 in other words.
var v2Variants = []Variant{
	variant("v2-expires-in-text", "V2's expires_in is digits in a string, as its table says (A17).", "v2 expires_in",
		inV2(quoted)).in(Edition26),
	variant("v2-expires-in-text-basic", "V2's expires_in is digits in a string for Basic users only (A17).", "v2 expires_in",
		inV2Basic(quoted)).in(Edition24),
	variant("v2-message-blank", "The message of a V2 success is a list with a blank text.", "v2 message", v2Message("")).in(Edition26),
	variant("v2-message-success", "The message of a V2 success is a list with \"success\".", "v2 message", v2Message("success")).in(Edition24),
	variant("v2-message-success-twice", "The message of a V2 success is a list with \"Success.\" and a blank text.", "v2 message", v2Message("Success.", " ")).in(Edition26),
	variant("v2-auth-type-other-case", "auth_type is OAUTH and basic.", "auth type",
		both(inV2Basic(set("auth_type", "basic")), inV2OAuth(set("auth_type", "OAUTH")))).in(Edition26),
	variant("v2-auth-type-hyphen", "auth_type is o-auth for OAuth users.", "auth type", inV2OAuth(set("auth_type", "o-auth"))).in(Edition24),
	variant("v2-auth-type-underscore", "auth_type is O_Auth for OAuth users.", "auth type", inV2OAuth(set("auth_type", "O_Auth"))).in(Edition26),
	variant("v2-auth-type-absent", "An OAuth user's answer has no auth_type.", "auth type", inV2OAuth(drop("auth_type"))).in(Edition26),
	variant("v2-token-type-absent", "An OAuth user's answer has no token_type.", "v2 token type", inV2OAuth(drop("token_type"))).in(Edition26),
	variant("v2-token-type-lower-case", "token_type is bearer at V2 (RFC 6749 section 5.1).", "v2 token type", inV2OAuth(set("token_type", "bearer"))).in(Edition24),
	variant("v2-token-type-for-basic", "A Basic user's answer has token_type Bearer too.", "v2 token type", inV2Basic(set("token_type", "Bearer"))).in(Edition26),
	variant("v2-more-members", "V2's data has members that nobody asked for.", "v2 members",
		inV2(func(_ *exchange, b *object) {
			b.set("refresh_token", raw("null"))
			b.set("scope", list{"/api"})
		})).in(Edition26),
	variant("v2-nulls", "V2's data has endpoint and request_headers, which are null, as members that a program has no value for.", "v2 members",
		inV2(func(_ *exchange, b *object) {
			b.set("endpoint", raw("null"))
			b.set("request_headers", raw("null"))
		})).in(Edition24),
	variant("v2-types-null", "An OAuth user's token_type and auth_type are null.", "v2 token type, auth type",
		both(inV2OAuth(set("token_type", raw("null"))), inV2OAuth(set("auth_type", raw("null"))))).in(Edition26),
	variant("v2-dates-for-all", "An OAuth user's answer has expiryDate, Timezone and expiryTime too.", "v2 members",
		inV2OAuth(func(x *exchange, b *object) {
			date, clock := x.s.shownEnd(x)
			b.set("expiryDate", date)
			b.set("Timezone", x.s.hooks.label(x))
			b.set("expiryTime", date+" "+clock)
		})).in(Edition26),
	variant("v2-errors-data-list", "data is an empty list in V2's refusals.", "v2 errors", v2Erring(raw("[]"))).in(Edition26),
	variant("v2-errors-data-null", "data is null in V2's refusals.", "v2 errors", v2Erring(raw("null"))).in(Edition24),
	variant("v2-errors-v1", "V2's refusals have message and status and no data, as V1's of 21.7.", "v2 errors",
		func(_ *Service, h *hooks) {
			h.v2Error = func(_ *exchange, f refusal) object { return object{{"message", list{f.message}}, {"status", f.status}} }
		}).in(Edition26),
	variant("v2-unauthorized-text", "V2 refuses credentials with the bare text Unauthorized (A18).", "refusals",
		fronting(atV2, bareText)).warning("SEC-05", "V2AUTH-15").in(Edition26),
	variant("v2-weblogic-page", "WebLogic answers V2's refusals of credentials with its own page (A18).", "refusals",
		fronting(atV2, weblogicPage)).warning("SEC-05", "V2AUTH-15").in(Edition24),
	variant("v2-unauthorized-empty", "V2's refusal of credentials has no body (A18).", "refusals",
		fronting(atV2, func(_ *exchange, p *reply) { p.raw = []byte{} })).warning("V2AUTH-15").in(Edition26),
}

// v2RuleVariants decide at V2 otherwise where the documentation leaves it open.
var v2RuleVariants = []Variant{
	variant("v2-basic-expiry-seconds", "V2 takes a Basic user's expiry in seconds (V2AUTH-18).", "v2 basic expiry",
		basicExpiring(func(x *exchange, n int64) bool { x.seconds = n; return n > 0 })).in(Edition26),
	variant("v2-basic-expiry-unit", "V2 takes a Basic user's expiry in the user's unit, as V1 login does (V2AUTH-18).", "v2 basic expiry",
		basicExpiring(func(x *exchange, n int64) bool {
			x.expiry.N = int(n)
			return n >= unifier.MinExpiry && n <= unifier.MaxExpiry
		})).in(Edition24),
	variant("v2-basic-expiry-refused", "V2 refuses every expiry of a Basic user (V2AUTH-18).", "v2 basic expiry",
		func(_ *Service, h *hooks) { h.basicExpiry = func(*exchange, string, bool) bool { return false } }).in(Edition26),
	variant("v2-bearer", "V2 gives a new token for a living one as Bearer (A14).", "v2 bearer", v2Bearer).in(Edition26),
	variant("v2-post-served", "POST yields a V2 token, as identity domains serve it.", "methods", at(unifier.V2Auth, allowing(http.MethodPost))).warning("V2AUTH-20").in(Edition26),
	variant("v2-fetch-ends-earlier", "A V2 token ends the user's earlier ones of V2 (A12).", "issue, oauth issue",
		v2Accepting(func(_ *exchange, g grant, n uint64) bool { return n == g.account.v2.Load() })).in(Edition26),
	variant("v2-fetch-ends-all", "A token of any service ends the user's earlier ones (A12).", "issue, oauth issue",
		both(outlasting(func(_ *exchange, g grant) bool { return g.serial == g.account.latest.Load() }),
			acceptingJWT(func(_ *exchange, g grant) bool { return g.serial == g.account.latest.Load() }))).in(Edition24),
	variant("v2-tokens-stored", "V2 gives a Basic user's stored token again, with what is left of its life (A11).", "issue", at(unifier.V2Auth, stored(everyUser))).in(Edition26),
	variant("v2-tokens-stored-with-login", "V1 login and V2 give a Basic user's stored token again, the same one, until it ends (A11).", "issue", stored(everyUser)).in(Edition24),
	variant("v2-tokens-prolonged", "A Basic user has one token, which every login and V2 call prolongs (A11).", "issue", prolonged).in(Edition26),
	variant("v2-oauth-lifetime-bounded", "An OAuth expiry below 60 or above 3600 seconds is moved to that bound by V1 and V2 (A13).", "oauth expiry",
		oauthSeconds(func(n int64) int64 { return min(max(n, 60), 3600) })).in(Edition26),
	variant("v2-days-calendar", "A day of a duration is a day of the calendar in the user's zone, at V2 too (A9).", "days", calendarDays).in(Edition26),
	variant("v2-time-rounded", "Times are rounded to the minute (A10) at V2 too; expires_in is the duration.", "rounding", roundedTimes).in(Edition24),
	variant("v2-names-upper-case", "V2's tokens have the user's name in upper case.", "name, sub",
		at(unifier.V2Auth, both(naming(strings.ToUpper), claiming(func(x *exchange, c *object) { c.set("sub", strings.ToUpper(x.account.user.Name)) })))).in(Edition26),
	variant("v2-resource-401-in-body", "The resource refuses with HTTP 200 and status 401 in the body, V2's tokens being good (A15).", "resource refusals",
		refusingInBody(http.StatusUnauthorized)).in(Edition26),
	variant("v2-resource-bearer-only", "The resource takes V2's and login's tokens as Bearer only (A1).", "scheme", resourceScheme("Bearer")).in(Edition26),
	variant("v2-login-basic-only", "The resource takes login's tokens as Basic only (A1), and V2's as Bearer only.", "scheme, issue",
		func(s *Service, h *hooks) {
			h.remember = true
			accepting(func(x *exchange, token string, g grant, ok bool) bool {
				scheme, _ := splitAuthorization(x.r.Header.Get("Authorization"))
				asBasic := g.service != unifier.V2Auth && strings.HasPrefix(token, dbTokenType)
				return ok && strings.EqualFold(scheme, "Basic") == asBasic
			})(s, h)
		}).in(Edition26),
	variant("v2-tokens-not-at-v1", "The resource is one of V1: it refuses every token of V2 with 403 for want of a permission (A16).", "permission",
		func(_ *Service, h *hooks) {
			h.remember = true
			before := h.permitted
			h.permitted = func(x *exchange) (refusal, bool) {
				_, token := splitAuthorization(x.r.Header.Get("Authorization"))
				if g, ok := x.s.issued.get(token); ok && g.service == unifier.V2Auth {
					return refusal{status: http.StatusForbidden, message: "You do not have the permission"}, false
				}
				return before(x)
			}
		}).in(Edition26),
	variant("v2-release-25", "A release of edition 24: no claim tenant, an OAuth answer that is flat at V1.", "claims, oauth answer",
		both(claiming(drop("tenant")), func(_ *Service, h *hooks) { h.oauthBody = func(_ *exchange, b object) object { return b } })).in(Edition24),
}

// tenantVariants are multi-tenant in other ways.
var tenantVariants = []Variant{
	variant("tenant-each-user", "Each user has an endpoint and a tenant of its own.", "tenants", eachTenant).in(EditionEssentials),
	variant("tenant-endpoints-swapped", "V2's endpoint has a slash before it, V1's has none.", "tenants",
		both(func(_ *Service, h *hooks) { h.tenancy.bare = true }, inV2OAuth(func(x *exchange, b *object) {
			b.set("endpoint", "/"+x.s.hooks.tenancy.endpoint(x.account))
		}))).in(EditionEssentials),
	variant("tenant-endpoint-deep", "The endpoint has two segments.", "tenants", oneTenant("gw/rest1", true)).in(EditionEssentials),
	variant("tenant-more-headers", "request_headers has one more header, which calls need as well.", "tenants",
		manyTenants(true, func(*account) string { return "rest1" }, func(*account) object {
			return object{{tenantHeader, tenant}, {tenantCodeHeader, "UNIGATE"}, {"x-unifier-region", "us2"}}
		})).in(EditionEssentials),
	variant("tenant-headers-other-case", "The names in request_headers are in another case.", "tenants",
		manyTenants(true, func(*account) string { return "rest1" }, func(*account) object {
			return object{{"X-Unifier-Tenant", tenant}, {"X-Unifier-Tenant-Code", "UNIGATE"}}
		})).in(EditionEssentials),
	variant("tenant-types", "V2's multi-tenant answer has token_type and auth_type too.", "v2 token type, auth type",
		inV2OAuth(func(_ *exchange, b *object) {
			b.set("token_type", "Bearer")
			b.set("auth_type", "oAuth")
		})).in(EditionEssentials),
	variant("tenant-expires-in-text", "V2's expires_in is digits in a string (A17).", "v2 expires_in", inV2(quoted)).in(EditionEssentials),
	variant("tenant-basic-users-too", "V2 answers Basic users with endpoint and request_headers as well.", "v2 members",
		inV2Basic(func(x *exchange, b *object) {
			t := x.s.hooks.tenancy
			b.set("endpoint", t.endpoint(x.account))
			b.set("request_headers", t.headers(x.account))
		})).in(EditionEssentials),
	variant("tenant-no-v2-login", "There is no V2 login: it gets 404.", "v2 login", refusingPath(http.StatusNotFound)).in(EditionEssentials),
	variant("tenant-v2-login-405", "V2 login answers 405 to GET.", "v2 login", refusingPath(http.StatusMethodNotAllowed)).in(EditionEssentials),
}

// quoted writes expires_in as digits in a string.
func quoted(_ *exchange, b *object) {
	if n, ok := b.get("expires_in").(int64); ok {
		b.set("expires_in", text(n))
	}
}

// atV2 says whether a request is one to V2 auth/token.
func atV2(x *exchange) bool { return x.service == unifier.V2Auth }

// v2Erring gives V2's refusals another data.
func v2Erring(data raw) change {
	return func(_ *Service, h *hooks) {
		h.v2Error = func(_ *exchange, f refusal) object {
			return object{{"data", data}, {"message", list{f.message}}, {"status", f.status}}
		}
	}
}

// basicExpiring makes V2 read the expiry that a Basic user asks for.
func basicExpiring(f func(x *exchange, n int64) bool) change {
	return func(_ *Service, h *hooks) {
		h.basicExpiry = func(x *exchange, text string, ok bool) bool {
			n, number := digits(text)
			return ok && number && n <= 1<<31-1 && f(x, n)
		}
	}
}

// v2Bearer takes a living token at V2 auth/token.
func v2Bearer(s *Service, h *hooks) {
	h.bearer = func(x *exchange) *account {
		values := x.r.Header["Authorization"]
		if x.service != unifier.V2Auth || len(values) != 1 {
			return nil
		}
		scheme, token := splitAuthorization(values[0])
		if !strings.EqualFold(scheme, "Bearer") {
			return nil
		}
		g, ok := s.accept(x, token)
		if !ok || g.account.user.Status != unifier.Active {
			return nil
		}
		return g.account
	}
}

// eachTenant gives each user an endpoint and headers of its own.
func eachTenant(s *Service, h *hooks) {
	var places sync.Map
	place := func(a *account) string {
		n, ok := places.Load(a)
		if !ok {
			n = text(int64(s.place(a)) + 1)
			places.Store(a, n)
		}
		return n.(string)
	}
	manyTenants(true, func(a *account) string { return "rest" + place(a) }, func(a *account) object {
		return object{{tenantHeader, tenant + place(a)}, {tenantCodeHeader, "UNIGATE" + place(a)}}
	})(s, h)
}

// refusingPath makes of V2 login a service that is not there.
func refusingPath(status int) change {
	return func(_ *Service, h *hooks) {
		finishing(h, func(x *exchange, p *reply) {
			if x.service == unifier.V2Login {
				f := refusal{status: status, message: http.StatusText(status)}
				*p = reply{status: status, body: x.s.errorBody(x, f)}
			}
		})
	}
}

// calendarDays counts the days of a duration by the calendar in the user's zone.
func calendarDays(_ *Service, h *hooks) {
	before := h.end
	h.end = func(x *exchange) time.Time {
		if x.expiry.Unit == unifier.Days {
			return x.now.In(x.account.zone).AddDate(0, 0, x.expiry.N)
		}
		return before(x)
	}
}

// roundedTimes rounds the end of DB tokens to the minute; expires_in stays the
// duration, unless the token is an earlier one.
func roundedTimes(_ *Service, h *hooks) {
	before := h.end
	h.end = func(x *exchange) time.Time { return before(x).Round(time.Minute) }
	exact := h.left
	h.left = func(x *exchange) int64 {
		full := int64(before(x).Sub(x.now) / time.Second)
		if n := exact(x); n < full-30 || n > full+30 {
			return n
		}
		return full
	}
}
