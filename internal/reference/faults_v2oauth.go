package reference

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/unigate/unigate/internal/unifier"
)

// v2OAuthFaults break the validity of an OAuth user's V2 token (V2AUTH-09, V2AUTH-10, V2AUTH-19).
var v2OAuthFaults = []fault{
	{"v2-oauth-default-3000", "The default of V2 is 3000 seconds.", ids("V2AUTH-09"), v2Seconds(3000)},
	{"v2-oauth-default-200", "The default of V2 is 200 seconds.", ids("V2AUTH-09"), v2Seconds(200)},
	{"v2-oauth-default-later", "An OAuth user's V2 tokens are valid for ten minutes from the second on, where no expiry was asked for.", ids("V2AUTH-09"),
		func(_ *Service, h *hooks) {
			before := h.seconds
			h.seconds = func(x *exchange) int64 {
				if x.service == unifier.V2Auth && x.account.fetches.Add(1) > 1 {
					return 600
				}
				return before(x)
			}
		}},
	{"v2-oauth-expires-in-3600", "expires_in says 3600 whatever was asked for, while the token ends as asked.", ids("V2AUTH-10"), inV2OAuth(set("expires_in", 3600))},
	{"v2-oauth-expiry-ignored", "The expiry is ignored.", ids("V2AUTH-10", "V2AUTH-19"), at(unifier.V2Auth, oauthDefaulting(func(string) bool { return true }))},
	{"v2-oauth-expiry-in-minutes", "The expiry counts in minutes.", ids("V2AUTH-10"), at(unifier.V2Auth, oauthSeconds(func(n int64) int64 { return n * 60 }))},
	{"v2-oauth-expiry-one-more", "The token is valid for a second more than was asked for.", ids("V2AUTH-10"), at(unifier.V2Auth, oauthSeconds(func(n int64) int64 { return n + 1 }))},
	{"v2-oauth-expiry-at-most-500", "More than 500 seconds give 500.", ids("V2AUTH-10"), at(unifier.V2Auth, oauthSeconds(func(n int64) int64 { return min(n, 500) }))},
	{"v2-oauth-expiry-at-least-300", "Less than 300 seconds give 300.", ids("V2AUTH-10"), at(unifier.V2Auth, oauthSeconds(func(n int64) int64 { return max(n, 300) }))},
	{"v2-oauth-expiry-0-accepted", "An expiry of 0 gives the default.", ids("V2AUTH-19"), at(unifier.V2Auth, oauthDefaulting(func(text string) bool { return text == "0" }))},
	{"v2-oauth-expiry-empty-default", "An empty expiry gives the default.", ids("V2AUTH-19"), at(unifier.V2Auth, oauthDefaulting(func(text string) bool { return text == "" }))},
	{"v2-oauth-expiry-word-default", "An expiry that is no number gives the default.", ids("V2AUTH-19"),
		at(unifier.V2Auth, oauthDefaulting(func(text string) bool { return text == "soon" || strings.HasSuffix(text, "s") }))},
	{"v2-oauth-expiry-leading-number", "Of an expiry such as 300s the number is taken.", ids("V2AUTH-19"),
		at(unifier.V2Auth, oauthReading(func(text string) string { return strings.TrimSuffix(text, "s") }))},
	{"v2-oauth-expiry-negative-accepted", "A negative expiry is accepted without its sign.", ids("V2AUTH-19"),
		at(unifier.V2Auth, oauthReading(func(text string) string { return strings.TrimPrefix(text, "-") }))},
	{"v2-oauth-expiry-fraction-cut", "The fraction of an expiry is cut off.", ids("V2AUTH-19"),
		at(unifier.V2Auth, oauthReading(func(text string) string { whole, _, _ := strings.Cut(text, "."); return whole }))},
	{"v2-oauth-expiry-overflow", "An expiry beyond 64 bits gives the default.", ids("V2AUTH-19"),
		at(unifier.V2Auth, oauthDefaulting(func(text string) bool { return len(text) > 19 && strings.Trim(text, "0123456789") == "" }))},
	{"v2-oauth-expiry-500-status", "An invalid expiry gets 500.", ids("V2AUTH-19"),
		refusing400(unifier.V2Auth, func(r *refusal) { r.status = http.StatusInternalServerError })},
	{"v2-oauth-expiry-400-in-body", "An invalid expiry gets HTTP 200 with status 400 in the body.", ids("V2AUTH-19"),
		refusedWith400(unifier.V2Auth, func(_ *exchange, p *reply) { p.status = http.StatusOK })},
	{"v2-oauth-expiry-token", "The refusal of an invalid expiry has a token all the same.", ids("V2AUTH-19"),
		refusedWith400(unifier.V2Auth, func(x *exchange, p *reply) {
			p.body.set("data", object{{"access_token", x.s.spareToken(x)}, {"expires_in", 3600}})
		})},
	{"v2-oauth-asked-sticks", "An expiry that a V2 call asked for holds for the user's next plain one too.", ids("V2AUTH-09"), v2AskedSticks},
	{"v2-oauth-invalid-expiry-spoils", "After an invalid expiry the OAuth user's next plain V2 token is valid for a minute.", ids("V2AUTH-09"),
		func(s *Service, h *hooks) {
			spoiling(unifier.V2Auth, http.StatusBadRequest, everyUser)(s, h)
			before := h.seconds
			h.seconds = func(x *exchange) int64 {
				if x.service == unifier.V2Auth && !asks(x) && x.account.spoilt.Swap(0) != 0 {
					return 60
				}
				return before(x)
			}
		}},
}

// v2JWTFaults break the tokens of V2 (V2AUTH-07, V2AUTH-10, V2AUTH-13, V2AUTH-21).
var v2JWTFaults = []fault{
	{"v2-basic-jwt", "A Basic user's token is a JWT, as the page calls it.", ids("V2AUTH-07"),
		at(unifier.V2Auth, tokens(func(x *exchange, _ string) string { return x.s.spareToken(x) }))},
	{"v2-basic-other-user", "A Basic user's token names another user.", ids("V2AUTH-07"),
		at(unifier.V2Auth, namingOf(func(x *exchange) string { return x.s.other(x.account).user.Name }))},
	{"v2-basic-lower-case", "The third part of a Basic user's token is in lower case.", ids("V2AUTH-07"),
		at(unifier.V2Auth, thirdPart(func(_ *exchange, third string) string { return strings.ToLower(third) }))},
	{"v2-basic-no-padding", "The base64 of a Basic user's token has lost its padding.", ids("V2AUTH-07"),
		at(unifier.V2Auth, tokens(func(_ *exchange, t string) string { return strings.ReplaceAll(t, "=", "") }))},
	{"v2-basic-shared", "Every Basic user gets the same V2 token.", ids("V2AUTH-07", "V2AUTH-21"),
		at(unifier.V2Auth, tokens(func(x *exchange, _ string) string { return x.s.order[0].prefix + fixedThirdPart }))},
	{"v2-basic-shared-later", "The second V2 tokens of all Basic users have the same third part.", ids("V2AUTH-21"),
		at(unifier.V2Auth, thirdPart(func(x *exchange, third string) string {
			if x.account.fetches.Add(1) == 2 {
				return fixedThirdPart
			}
			return third
		}))},
	{"v2-oauth-db-token", "An OAuth user gets a token like a Basic user's.", ids("V2AUTH-13"),
		at(unifier.V2Auth, writingJWTOf(func(x *exchange, _ string) string {
			return x.account.prefix + x.s.tokens.make(x.account.user.Name, dbClaims{until: x.until, serial: x.s.serial.Add(1)})
		}))},
	{"v2-jwt-alg-none", "The access token says alg none.", ids("V2AUTH-13"), at(unifier.V2Auth, heading(set("alg", "none")))},
	{"v2-jwt-no-signature", "The access token has no signature.", ids("V2AUTH-13"),
		at(unifier.V2Auth, writingJWT(func(token string) string { return token[:strings.LastIndexByte(token, '.')+1] }))},
	{"v2-jwt-signature-wrong", "The signature of the access token is one byte off.", ids("V2AUTH-13"), at(unifier.V2Auth, writingJWT(breakSignature))},
	{"v2-jwt-signature-asked", "The signature of the access token is one byte off where an expiry was asked for.", ids("V2AUTH-13"),
		at(unifier.V2Auth, writingSome(func(x *exchange) bool { return asks(x) }))},
	{"v2-jwt-other-sub", "The access token is about another user.", ids("V2AUTH-13"),
		at(unifier.V2Auth, claiming(func(x *exchange, c *object) { c.set("sub", x.s.other(x.account).user.Name) }))},
	{"v2-jwt-no-aud", "The claim aud is missing.", ids("V2AUTH-13"), at(unifier.V2Auth, claiming(drop("aud")))},
	{"v2-jwt-no-iss-asked", "The claim iss is missing where an expiry was asked for.", ids("V2AUTH-13"), at(unifier.V2Auth, claiming(whenAsked(drop("iss"))))},
	{"v2-jwt-no-exp", "The claim exp is missing.", ids("V2AUTH-13"), at(unifier.V2Auth, claiming(drop("exp")))},
	{"v2-jwt-exp-200", "exp is 200 s after iat, whatever expires_in says.", ids("V2AUTH-10"),
		at(unifier.V2Auth, claiming(func(x *exchange, c *object) { c.set("exp", x.now.Unix()+200) }))},
	{"v2-jwt-milliseconds", "iat and exp are in milliseconds.", ids("V2AUTH-10"),
		at(unifier.V2Auth, claiming(func(x *exchange, c *object) {
			c.set("iat", x.now.UnixMilli())
			c.set("exp", x.until.UnixMilli())
		}))},
	{"v2-jwt-jti-repeated", "jti is the same in each of a user's V2 tokens.", ids("V2AUTH-21"),
		at(unifier.V2Auth, claiming(func(x *exchange, c *object) { c.set("jti", "jti-"+x.account.user.Name) }))},
	{"v2-jwt-jti-shared", "The n-th V2 tokens of all OAuth users have the same jti.", ids("V2AUTH-21"),
		at(unifier.V2Auth, claiming(func(x *exchange, c *object) { c.set("jti", "jti-"+strconv.FormatInt(x.account.fetches.Add(1), 10)) }))},
	{"v2-jwt-jti-of-v1", "V1 and V2 count the jti of a user's tokens each from the beginning, so that both give the same ones.", ids("V2AUTH-21"),
		func(s *Service, h *hooks) {
			counts := map[unifier.Service]*sync.Map{unifier.OAuth: {}, unifier.V2Auth: {}}
			claiming(func(x *exchange, c *object) {
				if of := counts[x.service]; of != nil {
					n, _ := of.LoadOrStore(x.account, new(atomic.Int64))
					c.set("jti", "jti-"+x.account.user.Name+"-"+strconv.FormatInt(n.(*atomic.Int64).Add(1), 10))
				}
			})(s, h)
		}},
	{"v2-jwt-repeated", "An OAuth user gets the same V2 token again, with a fresh expires_in.", ids("V2AUTH-10", "V2AUTH-21"),
		at(unifier.V2Auth, func(_ *Service, h *hooks) {
			before := h.jwt
			h.remember = true
			h.jwt = func(x *exchange, header, claims object) string {
				if known := x.account.jwt.Load(); known != nil {
					return *known
				}
				token := before(x, header, claims)
				x.account.jwt.Store(&token)
				return token
			}
		})},
	{"v2-oauth-shared", "Two OAuth users get the same V2 token.", ids("V2AUTH-13", "V2AUTH-21"), v2Shared},
}

// v2Seconds sets the default of V2.
func v2Seconds(n int64) change {
	return func(_ *Service, h *hooks) {
		before := h.seconds
		h.seconds = func(x *exchange) int64 {
			if x.service == unifier.V2Auth {
				return n
			}
			return before(x)
		}
	}
}

// v2AskedSticks keeps an expiry that was asked for until the user's next plain V2 call.
func v2AskedSticks(_ *Service, h *hooks) {
	var kept sync.Map
	before := h.seconds
	h.seconds = func(x *exchange) int64 {
		if x.service != unifier.V2Auth {
			return before(x)
		}
		if n, ok := digits(x.r.URL.Query().Get(unifier.ExpiryParameter)); ok && n > 0 {
			kept.Store(x.account, n)
		} else if n, ok := kept.LoadAndDelete(x.account); ok && !asks(x) {
			return n.(int64)
		}
		return before(x)
	}
}

// v2Shared gives each OAuth user the V2 token of the call before, whosoever's that was.
func v2Shared(s *Service, h *hooks) {
	var last atomic.Pointer[string]
	at(unifier.V2Auth, func(_ *Service, h *hooks) {
		before := h.jwt
		h.remember = true
		h.jwt = func(x *exchange, header, claims object) string {
			token := before(x, header, claims)
			if asks(x) {
				return token
			}
			if other := last.Swap(&token); other != nil {
				return *other
			}
			return token
		}
	})(s, h)
}

// spareToken is an access token for whoever asks, as good as any.
func (s *Service) spareToken(x *exchange) string {
	y := *x
	if y.seconds == 0 {
		y.seconds = s.edition.oauthDefault
	}
	if y.until.IsZero() {
		y.until = x.now
	}
	return s.jwt(&y, s.jwtHeader(&y), s.jwtClaims(&y))
}
