package reference

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/unigate/unigate/internal/unifier"
)

// sweepFaults show in some answers only, so that none is found by looking at a
// user's first answer or at the first refusal of a kind.
var sweepFaults = []fault{
	{"sweep-error-status-later", "The body of a refused login has no status from the third refusal on.", ids("LOGIN-17"),
		inError(unifier.Login, counting(func(n int64) bool { return n > 2 }, func(p *reply) { p.body = p.body.without("status") }))},
	{"sweep-error-expiry-long", "The refusal of an expiry of more than nine characters is plain text.", ids("LOGIN-17"),
		inRefusal(unifier.Login, askingLong, func(p *reply) { p.raw = []byte(messageOf(p)) })},
	{"sweep-error-inactive", "The refusal of a user that is not Active has no status.", ids("LOGIN-17"),
		inRefusal(unifier.Login, ofInactive, func(p *reply) { p.body = p.body.without("status") })},
	{"sweep-message-expiry-long", "The message of an expiry of more than nine characters is another one.", ids("LOGIN-24"),
		inRefusal(unifier.Login, askingLong, func(p *reply) { p.body.set("message", "For input string") })},
	{"sweep-message-colon", "The message of credentials with several colons is another one.", ids("LOGIN-24"),
		inRefusal(unifier.Login, withColons, func(p *reply) { p.body.set("message", "Unauthorized") })},
	{"sweep-oauth-error-expiry-long", "The refusal of an OAuth expiry of more than nine characters is plain text.", ids("OAUTH-06"),
		inRefusal(unifier.OAuth, askingLong, func(p *reply) { p.raw = []byte(messageOf(p)) })},
	{"sweep-oauth-error-expiry-status", "The refusal of a negative OAuth expiry has no status.", ids("OAUTH-06"),
		inRefusal(unifier.OAuth, func(x *exchange) bool { return strings.Contains(x.r.URL.RawQuery, "=-") }, func(p *reply) { p.body = p.body.without("status") })},
	{"sweep-oauth-error-password", "The refusal of a wrong OAuth password says status 400 in its body.", ids("OAUTH-06"),
		inRefusal(unifier.OAuth, func(x *exchange) bool {
			return x.account != nil && x.account.user.Type == unifier.OAuthType && !asks(x)
		},
			func(p *reply) { p.body.set("status", 400) })},
	{"sweep-oauth-error-basic-user", "The refusal of a Basic-type user has no status.", ids("OAUTH-06"),
		inRefusal(unifier.OAuth, func(x *exchange) bool { return x.account != nil && x.account.user.Type == unifier.Basic },
			func(p *reply) { p.body = p.body.without("status") })},
	{"sweep-oauth-error-scheme", "The OAuth refusal of another scheme than Basic has no message.", ids("OAUTH-06", "OAUTH-10"),
		inRefusal(unifier.OAuth, func(x *exchange) bool { return strings.HasPrefix(x.r.Header.Get("Authorization"), "Bearer") },
			func(p *reply) { p.body = p.body.without("message") })},
	{"sweep-oauth-refusal-200", "An OAuth call with a wrong scheme gets HTTP 200 and status 401 in its body.", ids("OAUTH-10"),
		inRefusal(unifier.OAuth, func(x *exchange) bool { return strings.HasPrefix(x.r.Header.Get("Authorization"), "Bearer") },
			func(p *reply) { p.status = http.StatusOK })},
	{"sweep-internals-overflow", "The refusal of an expiry of more than nine characters shows a Java exception.", ids("SEC-07"),
		inRefusal(unifier.Login, askingLong, func(p *reply) { p.body.set("cause", "java.lang.NumberFormatException: For input string") })},
	{"sweep-internals-frame", "The refusal of credentials with several colons shows one frame of Java's stack.", ids("SEC-07"),
		inRefusal(unifier.Login, withColons, func(p *reply) { p.body.set("at", "com.skire.rest.auth.BasicFilter.parse(BasicFilter.java:214)") })},
	{"sweep-internals-sql", "The refusal of a negative OAuth expiry shows SQL with an alias.", ids("SEC-07"),
		inRefusal(unifier.OAuth, func(x *exchange) bool { return strings.Contains(x.r.URL.RawQuery, "=-") },
			func(p *reply) { p.body.set("query", "SELECT u.user_id, u.status FROM sys_user u WHERE u.name = ?") })},
	{"sweep-internals-jdbc", "The refusal of a user that is not Active names the database.", ids("SEC-07"),
		inRefusal(unifier.Login, ofInactive, func(p *reply) { p.body.set("source", "jdbc:oracle:thin:@//db1.internal:1521/UNIFIER") })},
	{"sweep-echo-later", "A login's success repeats the password from a user's second login on.", ids("SEC-04"),
		fromSecond(inLogin, func(x *exchange, b *object) { b.set("hint", x.password) })},
	{"sweep-echo-asked", "A login's success repeats the credentials where an expiry was asked for.", ids("SEC-04"),
		inLogin(whenAsked(func(x *exchange, b *object) { b.set("request", x.r.Header.Get("Authorization")) }))},
	{"sweep-echo-expiry", "The refusal of an invalid expiry repeats the credentials.", ids("SEC-04"),
		refusedWith400(unifier.Login, func(x *exchange, p *reply) { p.body.set("request", x.r.Header.Get("Authorization")) })},
	{"sweep-echo-expiry-oauth", "The refusal of an invalid OAuth expiry repeats the password.", ids("SEC-04"),
		refusedWith400(unifier.OAuth, func(x *exchange, p *reply) { p.body.set("request", x.password) })},
	{"sweep-cacheable-later", "A login's answer may be kept in a cache from a user's second login on.", ids("SEC-01"), headersFromSecond(unifier.Login, "Cache-Control", "no-cache")},
	{"sweep-cacheable-later-oauth", "An OAuth answer may be kept in a cache from a user's second token on.", ids("SEC-01"), headersFromSecond(unifier.OAuth, "Cache-Control", "no-cache")},
	{"sweep-cacheable-asked", "A login's answer may be kept in a cache where an expiry was asked for.", ids("SEC-01"), headersAsked(unifier.Login, "Cache-Control", "no-cache")},
	{"sweep-cacheable-asked-oauth", "An OAuth answer may be kept in a cache where an expiry was asked for.", ids("SEC-01"), headersAsked(unifier.OAuth, "Cache-Control", "no-cache")},
	{"sweep-content-type-later", "A login's answer is declared as text from a user's second login on.", ids("SEC-05"), headersFromSecond(unifier.Login, "Content-Type", "text/plain")},
	{"sweep-content-type-asked-oauth", "An OAuth answer is declared as text where an expiry was asked for.", ids("SEC-05"), headersAsked(unifier.OAuth, "Content-Type", "text/plain")},
	{"sweep-content-type-expiry", "The refusal of an invalid expiry is declared as HTML.", ids("SEC-05"),
		sending(func(_ *exchange, status int, h http.Header) {
			if status == http.StatusBadRequest {
				h.Set("Content-Type", "text/html")
			}
		})},
	{"sweep-challenge-password", "The refusal of a known user has no WWW-Authenticate.", ids("SEC-02"),
		sending(func(x *exchange, _ int, h http.Header) {
			if x.account != nil {
				h.Del("WWW-Authenticate")
			}
		})},
	{"sweep-oauth-message-later", "An OAuth answer's message is \"renewed\" from a user's second token on.", ids("OAUTH-14"), fromSecond(inOAuth, set("message", "renewed"))},
	{"sweep-oauth-message-asked", "An OAuth answer's message is \"shortened\" where an expiry was asked for.", ids("OAUTH-14"), inOAuth(whenAsked(set("message", "shortened")))},
	{"sweep-oauth-status-asked", "An OAuth answer's status is text where an expiry was asked for.", ids("OAUTH-04"), inOAuth(whenAsked(set("status", "200")))},
	{"sweep-jwt-audience-later", "The claim aud is missing from a user's second token on.", ids("OAUTH-07"), claimingLater(drop("aud"))},
	{"sweep-jwt-subject-later", "The token is about another user from a user's second token on.", ids("OAUTH-07"),
		claimingLater(func(x *exchange, c *object) { c.set("sub", x.s.other(x.account).user.Name) })},
	{"sweep-jwt-issuer-asked", "The claim iss is missing where an expiry was asked for.", ids("OAUTH-07"), claiming(whenAsked(drop("iss")))},
	{"sweep-jwt-signature-asked", "The signature is one byte off where an expiry was asked for.", ids("OAUTH-13"), writingSome(func(x *exchange) bool { return asks(x) })},
	{"sweep-jwt-signature-later", "The signature is one byte off from a user's third token on.", ids("OAUTH-13"),
		func(s *Service, h *hooks) {
			writingSome(func(x *exchange) bool { return x.account.fetches.Add(1) > 2 })(s, h)
		}},
	{"sweep-jwt-lifetime-later", "exp is an hour after iat from a user's second token on, whatever expires_in says.", ids("OAUTH-08"),
		claimingLater(func(x *exchange, c *object) { c.set("exp", x.until.Unix()-x.seconds+3661) })},
	{"sweep-jwt-jti-shared", "The n-th tokens of all users have the same jti.", ids("OAUTH-12"),
		claiming(func(x *exchange, c *object) { c.set("jti", "jti-"+strconv.FormatInt(x.account.fetches.Add(1), 10)) })},
	{"sweep-jwt-jti-returns", "The fifth token of a user has the jti of the second.", ids("OAUTH-12"),
		claiming(func(x *exchange, c *object) {
			if n := x.account.fetches.Add(1); n == 2 || n == 5 {
				c.set("jti", "jti-again-"+x.account.user.Name)
			}
		})},
	{"sweep-token-shared-asked", "All tokens that were asked for with an expiry have the same third part.", ids("LOGIN-18"),
		thirdPart(func(x *exchange, third string) string {
			if asks(x) {
				return fixedThirdPart
			}
			return third
		})},
	{"sweep-token-shared-later", "The second tokens of all users have the same third part.", ids("LOGIN-18"),
		thirdPart(func(x *exchange, third string) string {
			if x.account.fetches.Add(1) == 2 {
				return fixedThirdPart
			}
			return third
		})},
	{"sweep-token-user-later", "The token is another user's from a user's third login on.", ids("LOGIN-05"),
		tokens(func(x *exchange, t string) string {
			if x.account.fetches.Add(1) > 2 {
				return dbTokenType + "." + dbTokenUser(x.s.other(x.account).user.Name) + t[len(t)-thirdLength-1:]
			}
			return t
		})},
	{"sweep-default-later", "The second login of a user whose duration was never changed gets a token for 179 days.", ids("LOGIN-06"),
		lasting(func(x *exchange, e unifier.Expiry) unifier.Expiry {
			if x.account.fetches.Add(1) > 1 && x.account.user.Expiry.IsZero() && !asks(x) {
				return days(179)
			}
			return e
		})},
	{"sweep-oauth-default-later", "A user's OAuth tokens are valid for ten minutes from the second on, where no expiry was asked for.", ids("OAUTH-02"),
		func(_ *Service, h *hooks) {
			before := h.seconds
			h.seconds = func(x *exchange) int64 {
				if x.account.fetches.Add(1) > 1 {
					return 600
				}
				return before(x)
			}
		}},
	{"sweep-date-later", "Dates are written YYYY-MM-DD from a user's second login on.", ids("LOGIN-10"),
		patterned(func(x *exchange, p string) string {
			if x.account.fetches.Add(1) > 1 {
				return "YYYY-MM-DD"
			}
			return p
		})},
	{"date-trailing-blank", "A blank follows expiryDate.", ids("LOGIN-10"), inLogin(changeDate(func(date string) string { return date + " " }))},
	{"date-leading-blank", "A blank stands before expiryDate.", ids("LOGIN-10"), inLogin(changeDate(func(date string) string { return " " + date }))},
}

// askingLong says whether a request asks for an expiry of more than nine characters.
func askingLong(x *exchange) bool { return len(x.r.URL.Query().Get(unifier.ExpiryParameter)) > 9 }

// ofInactive says whether a request is one of a user that is not Active.
func ofInactive(x *exchange) bool {
	return x.account != nil && x.account.user.Status == unifier.Inactive
}

// withColons says whether a request's password holds several colons and its user does not exist.
func withColons(x *exchange) bool { return x.account == nil && strings.Count(x.password, ":") > 1 }

// inRefusal changes some of the refusals of one service.
func inRefusal(service unifier.Service, some func(x *exchange) bool, f func(p *reply)) change {
	return inError(service, func(x *exchange, p *reply) {
		if some(x) {
			f(p)
		}
	})
}

// refusedWith400 changes the refusals of one service that have the status 400.
func refusedWith400(service unifier.Service, f func(x *exchange, p *reply)) change {
	return inError(service, func(x *exchange, p *reply) {
		if p.status == http.StatusBadRequest {
			f(x, p)
		}
	})
}

// counting changes a reply by its number, from 1.
func counting(some func(n int64) bool, f func(p *reply)) func(x *exchange, p *reply) {
	return func(x *exchange, p *reply) {
		if some(x.s.uses.Add(1)) {
			f(p)
		}
	}
}

// headersFromSecond sets a header of all of a user's successes but the first.
func headersFromSecond(service unifier.Service, name, value string) change {
	return func(s *Service, h *hooks) {
		again := repeated()
		headersWhere(service, again, name, value)(s, h)
	}
}

// headersAsked sets a header of the successes that an expiry was asked for.
func headersAsked(service unifier.Service, name, value string) change {
	return headersWhere(service, asks, name, value)
}

// headersWhere sets a header of some of a service's successes.
func headersWhere(service unifier.Service, some func(x *exchange) bool, name, value string) change {
	return sending(func(x *exchange, status int, h http.Header) {
		if status == http.StatusOK && x.service == service && x.account != nil && some(x) {
			h.Set(name, value)
		}
	})
}

// claimingLater changes the claims of all of a user's tokens but the first.
func claimingLater(f func(x *exchange, claims *object)) change {
	return func(s *Service, h *hooks) {
		again := repeated()
		claiming(func(x *exchange, c *object) {
			if again(x) {
				f(x, c)
			}
		})(s, h)
	}
}

// writingSome breaks the signature of some access tokens, which the resource still accepts.
func writingSome(some func(x *exchange) bool) change {
	return func(_ *Service, h *hooks) {
		before := h.jwt
		h.remember = true
		h.jwt = func(x *exchange, header, claims object) string {
			token := before(x, header, claims)
			if some(x) {
				return breakSignature(token)
			}
			return token
		}
	}
}

// changeDate changes expiryDate alone.
func changeDate(f func(date string) string) func(x *exchange, b *object) {
	return func(_ *exchange, b *object) {
		date, _ := b.get("expiryDate").(string)
		b.set("expiryDate", f(date))
	}
}
