package reference

import (
	"strings"
	"sync"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// tokenVariants issue tokens as real systems do (A11, A12).
var tokenVariants = []Variant{
	variant("tokens-stored", "A login gives the user's stored token again, its end unchanged, until it ends (A11).", "issue", stored(everyUser)),
	variant("tokens-stored-minutes", "A login gives the stored token again to users with a duration in minutes only (A11).", "issue", stored(isMinutes)),
	variant("tokens-stored-one-minute", "A login within a minute of the one before gives the same token, its end unchanged (A11).", "issue", storedFor(time.Minute)),
	variant("tokens-stored-before", "A login gives the token of which half is over already, its end unchanged, until it ends (A11).", "issue", storedBefore),
	variant("oauth-tokens-stored", "An OAuth call without an expiry gives the user's stored token again, with what is left of it (A11).", "oauth issue, oauth expiry", storedJWT).
		warning("OAUTH-12", "V2AUTH-21"),
	variant("names-upper-case", "The token writes the user's name in upper case.", "name", naming(strings.ToUpper)),
	variant("names-upper-case-oauth", "The claim sub has the user's name in upper case.", "sub",
		claiming(func(x *exchange, c *object) { c.set("sub", strings.ToUpper(x.account.user.Name)) })),
	variant("zone-label-translated", "The name in a zone's label is in the user's language, without the zone's own words.", "label",
		labelled(func(_ *exchange, label string) string {
			offset, _, _ := strings.Cut(label, " ")
			return offset + " Heure légale — Ortszeit (現地時間)"
		})),
}

// earlierVariants end a user's earlier token with the next (A12).
var earlierVariants = []Variant{
	variant("fetch-ends-earlier", "A login ends the user's earlier token (A12).", "issue",
		outlasting(func(_ *exchange, g grant) bool { return g.serial == g.account.latest.Load() })),
	variant("fetch-ends-earlier-oauth", "An OAuth token ends the user's earlier one (A12).", "oauth issue",
		acceptingJWT(func(_ *exchange, g grant) bool { return g.serial == g.account.latest.Load() })),
}

// storedToken is a login token that a variant gives again.
type storedToken struct {
	token         string
	issued, until time.Time
}

// everyUser says yes to every account.
func everyUser(*account) bool { return true }

// stored gives some users their last token again as long as it lasts. A login
// that asks for an expiry gets a token of its own.
func stored(some func(a *account) bool) change {
	return storing(func(x *exchange, t *storedToken) bool { return some(x.account) && x.now.Before(t.until) })
}

// storedFor gives every user the last token again for a while.
func storedFor(d time.Duration) change {
	return storing(func(x *exchange, t *storedToken) bool { return x.now.Before(t.until) && x.now.Before(t.issued.Add(d)) })
}

// storedBefore is stored everywhere, with tokens of which half was over before anybody asked.
func storedBefore(s *Service, h *hooks) {
	fresh := h.dbToken
	h.dbToken = func(x *exchange) string {
		if !asks(x) {
			x.until = x.now.Add(x.until.Sub(x.now) / 2)
		}
		return fresh(x)
	}
	stored(everyUser)(s, h)
}

// storedEnded gives some users a stored token that ended an hour before, again and again.
func storedEnded(some func(a *account) bool) change {
	return func(s *Service, h *hooks) {
		fresh := h.dbToken
		h.dbToken = func(x *exchange) string {
			if some(x.account) && !asks(x) {
				x.until = x.now.Add(-time.Hour)
			}
			return fresh(x)
		}
		storing(func(x *exchange, t *storedToken) bool { return some(x.account) || x.now.Before(t.until) })(s, h)
	}
}

// storing gives a stored token again where again says so.
func storing(again func(x *exchange, t *storedToken) bool) change {
	return func(_ *Service, h *hooks) {
		before := h.dbToken
		h.dbToken = func(x *exchange) string {
			if asks(x) {
				return before(x)
			}
			if t := x.account.stored.Load(); t != nil && again(x, t) {
				x.until = t.until
				return t.token
			}
			token := before(x)
			x.account.stored.Store(&storedToken{token, x.now, x.until})
			return token
		}
	}
}

// storedJWT gives OAuth users their last token of a service again, as long as it lasts,
// whatever expiry is asked for.
func storedJWT(_ *Service, h *hooks) {
	type key struct {
		a *account
		s unifier.Service
	}
	var stock sync.Map
	expiry := h.oauthExpiry
	h.oauthExpiry = func(x *exchange, text string) (int64, bool) {
		n, ok := expiry(x, text)
		if t, known := stock.Load(key{x.account, x.service}); ok && known && x.now.Before(t.(*storedToken).until) {
			n = int64(t.(*storedToken).until.Sub(x.now) / time.Second)
		}
		return n, ok
	}
	seconds := h.seconds
	h.seconds = func(x *exchange) int64 {
		if t, known := stock.Load(key{x.account, x.service}); known && x.now.Before(t.(*storedToken).until) {
			return int64(t.(*storedToken).until.Sub(x.now) / time.Second)
		}
		return seconds(x)
	}
	before := h.jwt
	h.jwt = func(x *exchange, header, claims object) string {
		k := key{x.account, x.service}
		if t, known := stock.Load(k); known && x.now.Before(t.(*storedToken).until) {
			return t.(*storedToken).token
		}
		token := before(x, header, claims)
		if !asks(x) {
			stock.Store(k, &storedToken{token, x.now, x.until})
		}
		return token
	}
}

// storedBeforeOAuth keeps an access token for each user, of which half was over before
// anybody asked. The answer gives what is left of it.
func storedBeforeOAuth(_ *Service, h *hooks) {
	sign, claims := h.jwt, h.jwtClaims
	h.jwtClaims = func(x *exchange) object {
		if !asks(x) {
			x.until = x.until.Add(-time.Duration(x.seconds/2) * time.Second)
		}
		return claims(x)
	}
	h.jwt = func(x *exchange, header, of object) string {
		if asks(x) {
			return sign(x, header, of)
		}
		x.account.stored.CompareAndSwap(nil, &storedToken{sign(x, header, of), x.now, x.until})
		t := x.account.stored.Load()
		x.until, x.seconds = t.until, int64(t.until.Sub(x.now)/time.Second)
		return t.token
	}
}

// oauthVariants answer OAuth calls as the identity domains and editions do.
var oauthVariants = []Variant{
	variant("oauth-lifetime-bounded", "An OAuth expiry below 60 or above 3600 seconds is moved to that bound (A13).", "oauth expiry", oauthSeconds(func(n int64) int64 { return min(max(n, 60), 3600) })),
	variant("oauth-expiry-bounded", "An OAuth expiry below 60 seconds or above the default is moved to that bound (A13).", "oauth expiry",
		func(s *Service, h *hooks) {
			oauthSeconds(func(n int64) int64 { return min(max(n, 60), s.edition.oauthDefault) })(s, h)
		}),
	variant("oauth-lifetime-refused", "An OAuth expiry below 60 seconds or above the default is refused (A13).", "oauth expiry",
		func(s *Service, h *hooks) {
			askingOAuth(func(_ *exchange, text string) (int64, bool, bool) {
				n, ok := digits(text)
				return 0, false, ok && (n < 60 || n > s.edition.oauthDefault)
			})(s, h)
		}),
	variant("oauth-tokens-stored-before", "An OAuth call without an expiry gives the token of which half is over already, its end unchanged (A11).", "oauth token", storedBeforeOAuth).
		warning("OAUTH-12", "V2AUTH-21"),
	variant("oauth-type-lower-case", "token_type is bearer (RFC 6749 section 5.1).", "token type", inOAuth(set("token_type", "bearer"))),
	variant("oauth-type-upper-case", "token_type is BEARER.", "token type", inOAuth(set("token_type", "BEARER"))),
	variant("oauth-error-description", "A refused OAuth call says why in error_description (RFC 6749 section 5.2).", "errors",
		inError(unifier.OAuth, func(_ *exchange, p *reply) {
			p.body = object{{"error", "invalid_request"}, {"error_description", messageOf(p)}, {"status", p.status}}
		})),
	variant("oauth-no-tenant", "The access token has no claim tenant, which only the pages of 21.7 show.", "claims", claiming(drop("tenant"))).in(Edition24),
	variant("oauth-flat-edition-24", "The OAuth answer is flat where the text describes data, message and status (A2).", "oauth answer",
		func(_ *Service, h *hooks) { h.oauthBody = func(_ *exchange, b object) object { return b } }).in(Edition24),
}

// lobbyVariants are multi-tenant.
var lobbyVariants = []Variant{
	variant("oauth-lobby", "The OAuth answer is the one for Lobby accounts; the token opens resources below its endpoint, with its headers, only.", "oauth answer, v2 oauth answer",
		oneTenant("rest1", false)).in(Edition26),
	variant("oauth-lobby-24", "The same in the edition before, which does not show it (A2).", "oauth answer, v2 oauth answer",
		oneTenant("rest1", false)).in(Edition24),
	variant("oauth-lobby-bare-endpoint", "The same with an endpoint without a slash.", "oauth answer, v2 oauth answer",
		both(oneTenant("rest2", false), func(_ *Service, h *hooks) { h.tenancy.bare = true })).in(Edition26),
}
