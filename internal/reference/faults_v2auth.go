package reference

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// v2AuthFaults break how V2 checks credentials, what it says to a refusal, and
// what else of a request matters to it (V2AUTH-15, V2AUTH-17, V2AUTH-20).
var v2AuthFaults = []fault{
	{"v2-absent-403", "A V2 call without Authorization header gets 403.", ids("V2AUTH-15"),
		rejecting(unifier.V2Auth, absent, refusal{status: http.StatusForbidden, message: unifier.MessageEmptyAuth})},
	{"v2-absent-token", "A V2 call without Authorization header gets the first user's token.", ids("V2AUTH-15"),
		func(s *Service, h *hooks) {
			before := h.session
			h.session = func(x *exchange) *account {
				if x.service == unifier.V2Auth && strings.TrimSpace(x.r.Header.Get("Authorization")) == "" {
					return s.order[0]
				}
				return before(x)
			}
		}},
	{"v2-malformed-400", "A malformed Authorization header gets 400 from V2.", ids("V2AUTH-15"),
		rejecting(unifier.V2Auth, malformed, refusal{status: http.StatusBadRequest, message: unifier.MessageInvalidAuth})},
	{"v2-wrong-password-403", "A wrong password gets 403 from V2.", ids("SEC-03", "V2AUTH-15"),
		rejecting(unifier.V2Auth, wrongPassword, refusal{status: http.StatusForbidden, message: unifier.MessageInvalidAuth})},
	{"v2-unknown-user-404", "An unknown user gets 404 from V2.", ids("SEC-03", "V2AUTH-15"),
		rejecting(unifier.V2Auth, unknownUser, refusal{status: http.StatusNotFound, message: unifier.MessageInvalidAuth})},
	{"v2-password-other-case", "Case does not matter in a password at V2.", ids("V2AUTH-15"),
		admitting(unifier.V2Auth, func(a *account, given string) bool { return strings.EqualFold(given, a.user.Password.Reveal()) })},
	{"v2-password-empty", "An empty password is accepted by V2.", ids("V2AUTH-15"),
		admitting(unifier.V2Auth, func(_ *account, given string) bool { return given == "" })},
	{"v2-password-prefix", "The beginning of a password is enough for V2.", ids("V2AUTH-15"),
		admitting(unifier.V2Auth, func(a *account, given string) bool {
			return given != "" && strings.HasPrefix(a.user.Password.Reveal(), given)
		})},
	{"v2-inactive-token", "A user that is not Active gets a V2 token.", ids("V2AUTH-15"), v2Admitting(func(u *unifier.User) bool { return u.Status == unifier.Inactive })},
	{"v2-inactive-500", "A user that is not Active, or is no integration user, gets 500 from V2.", ids("V2AUTH-15"),
		rejecting(unifier.V2Auth, notEntitled, refusal{status: http.StatusInternalServerError, message: "User is not active"})},
	{"v2-ordinary-token", "An ordinary user, one that is no integration user, gets a V2 token.", ids("V2AUTH-15"),
		v2Admitting(func(u *unifier.User) bool { return u.Type == unifier.Ordinary })},
	{"v2-error-token", "The envelope of a refusal has a token.", ids("V2AUTH-15", "V2AUTH-19", "V2AUTH-20"),
		inError(unifier.V2Auth, func(x *exchange, p *reply) {
			first := x.s.order[0]
			p.body.set("data", object{{"access_token", first.prefix + x.s.tokens.make(first.user.Name, dbClaims{until: x.now})}})
		})},
	{"v2-error-flat", "A refusal of V2 has code and description in place of the envelope.", ids("V2AUTH-15"),
		inError(unifier.V2Auth, func(_ *exchange, p *reply) {
			p.body = object{{"code", p.status}, {"description", messageOf(p)}}
		})},
	{"v2-error-status-missing", "The envelope of a refusal has no status.", ids("V2AUTH-15"),
		inError(unifier.V2Auth, func(_ *exchange, p *reply) { p.body = p.body.without("status") })},
	{"v2-error-status-other", "The envelope of a refusal says status 200.", ids("V2AUTH-15"),
		inError(unifier.V2Auth, func(_ *exchange, p *reply) { p.body.set("status", http.StatusOK) })},
	{"v2-error-status-text", "The status in the envelope of a refusal is text.", ids("V2AUTH-15"),
		inError(unifier.V2Auth, func(_ *exchange, p *reply) { p.body.set("status", text(int64(p.status))) })},
	{"v2-refusal-200", "A V2 call with a wrong scheme gets HTTP 200 and status 401 in its body.", ids("V2AUTH-15"),
		inRefusal(unifier.V2Auth, func(x *exchange) bool { return x.account == nil && x.password == "" }, func(p *reply) { p.status = http.StatusOK })},
	{"v2-form-refused", "A GET with a form body gets 400.", ids("V2AUTH-17"),
		v2Formed(func(_ *exchange, p *reply) {
			*p = reply{status: http.StatusBadRequest, body: object{{"data", object{}}, {"message", list{"Bad request"}}, {"status", 400}}}
		})},
	{"v2-form-oauth-401", "A GET with a form body of an OAuth user gets 401, as a Basic user's does not.", ids("V2AUTH-17"),
		v2Formed(func(x *exchange, p *reply) {
			if x.account != nil && x.account.user.Type == unifier.OAuthType && p.status == http.StatusOK {
				*p = reply{status: http.StatusUnauthorized, header: http.Header{"Www-Authenticate": {`Basic realm="Unifier"`}},
					body: object{{"data", object{}}, {"message", list{unifier.MessageInvalidAuth}}, {"status", 401}}}
			}
		})},
	{"v2-form-flat", "A GET with a form body is answered flat, without the envelope.", ids("V2AUTH-17"),
		v2Formed(func(_ *exchange, p *reply) {
			if data, ok := p.body.get("data").(object); ok && p.status == http.StatusOK {
				p.body = append(data, member{"status", p.status})
			}
		})},
	{"v2-form-no-expiry", "A GET with a form body is answered without expires_in.", ids("V2AUTH-17"),
		v2Formed(func(_ *exchange, p *reply) {
			if data, ok := p.body.get("data").(object); ok {
				p.body.set("data", data.without("expires_in"))
			}
		})},
	{"v2-method-put", "PUT yields a V2 token.", ids("V2AUTH-20"), at(unifier.V2Auth, allowing(http.MethodPut))},
	{"v2-method-patch", "PATCH yields a V2 token.", ids("V2AUTH-20"), at(unifier.V2Auth, allowing(http.MethodPatch))},
	{"v2-method-options", "OPTIONS yields a V2 token.", ids("V2AUTH-20"), at(unifier.V2Auth, allowing(http.MethodOptions))},
	{"v2-method-delete", "DELETE yields a V2 token.", ids("V2AUTH-20"), at(unifier.V2Auth, allowing(http.MethodDelete))},
	{"v2-method-head-header", "HEAD yields a V2 token in a header.", ids("V2AUTH-20"),
		both(at(unifier.V2Auth, allowing(http.MethodHead)), inSuccess(unifier.V2Auth, func(x *exchange, p *reply) {
			if x.r.Method == http.MethodHead {
				p.header = http.Header{"X-Auth-Token": {x.token}}
			}
		}))},
}

// v2ResourceFaults break which V2 tokens the resource accepts (V2AUTH-16).
var v2ResourceFaults = []fault{
	{"v2-tokens-refused", "The resource refuses every V2 token.", ids("V2AUTH-16"), v2Accepting(func(*exchange, grant, uint64) bool { return false })},
	{"v2-basic-tokens-refused", "The resource refuses the V2 tokens of Basic users.", ids("V2AUTH-16"),
		v2Accepting(func(_ *exchange, g grant, _ uint64) bool { return g.account.user.Type != unifier.Basic })},
	{"v2-oauth-tokens-refused", "The resource refuses the V2 tokens of OAuth users.", ids("V2AUTH-16"),
		v2Accepting(func(_ *exchange, g grant, _ uint64) bool { return g.account.user.Type == unifier.Basic })},
	{"v2-tokens-basic-only", "The resource takes the tokens of Basic users as Basic only, V2's too.", ids("V2AUTH-16"), resourceScheme("Basic")},
	{"v2-altered-accepted", "The resource looks at the end of V2's tokens alone, so that the GUID or the claims before it may be others.", ids("LOGIN-16"), v2EndAlone},
	{"v2-one-user-refused", "The V2 tokens of one OAuth user are refused.", ids("V2AUTH-16"),
		v2Accepting(func(_ *exchange, g grant, _ uint64) bool { return !strings.HasPrefix(g.account.user.Name, "sync@") })},
	{"v2-token-single-use", "A V2 token is accepted once only.", ids("V2AUTH-16"),
		v2Accepting(func(_ *exchange, g grant, _ uint64) bool { return g.account.used.Swap(g.serial) != g.serial })},
	{"v2-third-use-refused", "A V2 token is refused from its third use on.", ids("V2AUTH-16"),
		both(func(_ *Service, h *hooks) { h.remember = true },
			countingUses(func(_ string, g grant) bool { return g.service == unifier.V2Auth }, func(n int64) bool { return n < 3 }))},
	{"v2-other-user-ends", "A V2 token of an OAuth user is refused as soon as another OAuth user was given one.", ids("V2AUTH-16"), lastOAuthUserOnly},
	{"v2-days-single-use", "A V2 token with a duration set in days is accepted once only.", ids("V2AUTH-16"),
		v2Accepting(func(_ *exchange, g grant, _ uint64) bool {
			e := g.account.user.Expiry
			return e.IsZero() || e.Unit != unifier.Days || g.account.used.Swap(g.serial) != g.serial
		})},
	{"v2-second-refused", "The second V2 token of a Basic user with a duration in minutes is refused, the first one stays.", ids("V2AUTH-16"),
		v2Accepting(func(_ *exchange, g grant, n uint64) bool { return !isMinutes(g.account) || n == 1 })},
	{"v2-third-refused", "The V2 tokens of Basic users with a duration in minutes are refused from the third on.", ids("V2AUTH-16"),
		v2Accepting(func(_ *exchange, g grant, n uint64) bool { return !isMinutes(g.account) || n < 3 })},
	{"v2-third-refused-oauth", "The V2 tokens of OAuth users are refused from the third on.", ids("V2AUTH-16"),
		v2Accepting(func(_ *exchange, g grant, n uint64) bool { return g.account.user.Type != unifier.OAuthType || n < 3 })},
	{"v2-earlier-only", "Of a Basic user's V2 tokens with a duration in minutes the one before the newest is accepted, the newest not.", ids("V2AUTH-16"),
		v2Accepting(func(_ *exchange, g grant, n uint64) bool {
			return !isMinutes(g.account) || n != g.account.v2.Load()
		})},
	{"v2-ends-early", "A V2 token with a duration in minutes is refused in its last minute and a half.", ids("V2AUTH-16"),
		v2Accepting(func(x *exchange, g grant, _ uint64) bool {
			return !isMinutes(g.account) || g.until.Sub(x.now) > 90*time.Second
		})},
	{"v2-minutes-as-seconds", "The resource counts a duration in minutes as seconds for V2 tokens, so that one ends long before its time.", ids("V2AUTH-16"),
		v2Accepting(func(x *exchange, g grant, _ uint64) bool {
			e := g.account.user.Expiry
			issued := g.until.Add(-time.Duration(e.N) * e.Unit.Length())
			return !isMinutes(g.account) || x.now.Before(issued.Add(time.Duration(e.N)*time.Second+10*time.Second))
		})},
	{"v2-one-call-in-three-refused", "Every third call of the resource with a V2 token is refused, as by one node of several.", ids("V2AUTH-16"),
		v2Accepting(func(x *exchange, _ grant, _ uint64) bool { return x.s.uses.Add(1)%3 != 0 })},
	{"v2-wrong-password-kills", "A wrong password at V2 ends the user's V2 tokens.", ids("V2AUTH-16"),
		both(revoking(func(x *exchange, p *reply) bool {
			return x.service == unifier.V2Auth && p.status == http.StatusUnauthorized
		}),
			v2Accepting(func(_ *exchange, g grant, _ uint64) bool { return g.serial > g.account.revoked.Load() }))},
	{"v2-invalid-expiry-kills", "An invalid expiry at V2 ends the user's V2 tokens.", ids("V2AUTH-16"),
		both(revoking(func(x *exchange, p *reply) bool {
			return x.service == unifier.V2Auth && p.status == http.StatusBadRequest
		}),
			v2Accepting(func(_ *exchange, g grant, _ uint64) bool { return g.serial > g.account.revoked.Load() }))},
}

// v2HygieneFaults break SEC-01 to SEC-07 at V2 only.
var v2HygieneFaults = []fault{
	{"v2-cacheable", "An answer of V2 has no Cache-Control.", ids("SEC-01"), v2Sending(func(_ *exchange, _ int, h http.Header) { h.Del("Cache-Control") })},
	{"v2-cacheable-later", "An answer of V2 may be kept in a cache from a user's second token on.", ids("SEC-01"), headersFromSecond(unifier.V2Auth, "Cache-Control", "no-cache")},
	{"v2-no-challenge", "A 401 of V2 has no WWW-Authenticate.", ids("SEC-02"), v2Sending(func(_ *exchange, _ int, h http.Header) { h.Del("WWW-Authenticate") })},
	{"v2-user-revealed", "The message of V2's refusal tells whether the user exists.", ids("SEC-03"),
		rejecting(unifier.V2Auth, unknownUser, refusal{http.StatusUnauthorized, unifier.MessageInvalidAuth + ": unknown user", basicChallenge})},
	{"v2-password-echoed", "A V2 success repeats the password in data.", ids("SEC-04"), inV2(func(x *exchange, b *object) { b.set("password", x.password) })},
	{"v2-echo-expiry", "V2's refusal of an invalid expiry repeats the credentials.", ids("SEC-04"),
		refusedWith400(unifier.V2Auth, func(x *exchange, p *reply) { p.body.set("request", x.r.Header.Get("Authorization")) })},
	{"v2-content-type", "An answer of V2 is declared as HTML.", ids("SEC-05"), v2Sending(func(_ *exchange, _ int, h http.Header) { h.Set("Content-Type", "text/html") })},
	{"v2-stack-trace", "A refusal of V2 shows a stack trace in data.", ids("SEC-07"),
		inError(unifier.V2Auth, func(_ *exchange, p *reply) {
			p.body.set("data", object{{"trace", "java.lang.IllegalStateException: token\n\tat com.unifier.rest.v2.AuthToken.get(AuthToken.java:77)"}})
		})},
}

// v2Admitting lets users in that V2 must refuse.
func v2Admitting(some func(u *unifier.User) bool) change {
	return func(_ *Service, h *hooks) {
		before := h.entitled
		h.entitled = func(x *exchange) bool { return before(x) || x.service == unifier.V2Auth && some(&x.account.user) }
	}
}

// v2Formed changes the answers to V2 calls that have a body.
func v2Formed(f func(x *exchange, p *reply)) change {
	return inReply(unifier.V2Auth, func(x *exchange, p *reply) {
		if x.r.Body == nil {
			return
		}
		if b, err := io.ReadAll(io.LimitReader(x.r.Body, 1<<10)); err == nil && len(b) > 0 {
			f(x, p)
		}
	})
}

// v2Sending changes the headers of V2's answers.
func v2Sending(f func(x *exchange, status int, h http.Header)) change {
	return sending(func(x *exchange, status int, h http.Header) {
		if x.service == unifier.V2Auth {
			f(x, status, h)
		}
	})
}

// v2Accepting refuses V2 tokens that f does not let through; n is the token's
// number among the user's V2 tokens, from 1.
func v2Accepting(f func(x *exchange, g grant, n uint64) bool) change {
	return func(s *Service, h *hooks) {
		h.remember = true
		accepting(func(x *exchange, _ string, g grant, ok bool) bool {
			return ok && (g.service != unifier.V2Auth || f(x, g, g.number))
		})(s, h)
	}
}

// v2EndAlone takes what ends as a V2 token does.
func v2EndAlone(_ *Service, h *hooks) {
	const end = 40
	before := h.accept
	h.remember = true
	h.accept = func(x *exchange, token string) (grant, bool) {
		if g, ok := before(x, token); ok {
			return g, true
		}
		g, ok := x.s.issued.find(func(known string) bool {
			return len(known) > end && len(token) == len(known) && strings.HasSuffix(token, known[len(known)-end:])
		})
		return g, ok && g.service == unifier.V2Auth
	}
}

// lastOAuthUserOnly refuses the V2 tokens of every OAuth user but the one that fetched last.
func lastOAuthUserOnly(s *Service, h *hooks) {
	var last atomic.Pointer[account]
	finishing(h, func(x *exchange, p *reply) {
		if x.service == unifier.V2Auth && p.status == http.StatusOK && x.account != nil && x.account.user.Type == unifier.OAuthType {
			last.Store(x.account)
		}
	})
	v2Accepting(func(_ *exchange, g grant, _ uint64) bool {
		return g.account.user.Type != unifier.OAuthType || last.Load() == g.account
	})(s, h)
}
