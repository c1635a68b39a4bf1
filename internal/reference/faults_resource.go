package reference

import (
	"encoding/base64"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// resourceFaults break which tokens the resource accepts (LOGIN-16, LOGIN-21).
var resourceFaults = []fault{
	{"resource-open", "The resource is open to calls without a token.", ids("LOGIN-16"),
		func(_ *Service, h *hooks) { h.anonymous = func(*exchange) bool { return true } }},
	{"resource-any-shape", "The resource accepts whatever looks like a login token.", ids("LOGIN-16"),
		accepting(func(_ *exchange, token string, _ grant, ok bool) bool {
			return ok || strings.Count(token, ".") == 2 && strings.HasPrefix(token, dbTokenType)
		})},
	{"resource-any-token", "The resource accepts any text as a token.", ids("LOGIN-16"),
		accepting(func(_ *exchange, token string, _ grant, ok bool) bool { return ok || token != "" })},
	{"resource-user-unchecked", "The resource does not check whom a token names.", ids("LOGIN-16"),
		func(s *Service, h *hooks) {
			h.accept = func(x *exchange, token string) (grant, bool) {
				if g, ok := s.accept(x, token); ok {
					return g, true
				}
				for _, a := range s.order {
					if g, ok := s.accept(x, a.prefix+token[max(0, len(token)-thirdLength):]); ok {
						return g, true
					}
				}
				return grant{}, false
			}
		}},
	{"resource-end-unchecked", "The resource ignores the last 32 digits of a login token.", ids("LOGIN-16"),
		func(_ *Service, h *hooks) {
			before := h.accept
			h.remember = true
			h.accept = func(x *exchange, token string) (grant, bool) {
				if g, ok := before(x, token); ok {
					return g, true
				}
				return x.s.issued.find(func(known string) bool {
					return len(known) > 32 && len(token) >= len(known)-32 && strings.HasPrefix(known, dbTokenType) && strings.HasPrefix(token, known[:len(known)-32])
				})
			}
		}},
	{"resource-signature-unchecked", "The resource does not check the signature of an access token.", ids("LOGIN-16"),
		accepting(func(x *exchange, token string, _ grant, ok bool) bool {
			parts := strings.Split(token, ".")
			if ok || len(parts) != 3 || parts[0] != x.s.signer.header {
				return ok
			}
			_, err := base64.RawURLEncoding.DecodeString(parts[1])
			return err == nil
		})},
	{"resource-refuses-login-tokens", "The resource refuses every login token.", ids("LOGIN-16", "LOGIN-21"),
		accepting(func(_ *exchange, token string, _ grant, ok bool) bool {
			return ok && !strings.HasPrefix(token, dbTokenType)
		})},
	{"token-next-refused", "The second token of a user with a duration in minutes is refused, the first one stays (support note 2960842.1).", ids("LOGIN-21"),
		outlasting(func(_ *exchange, g grant) bool { return !isMinutes(g.account) || g.account.first.Load() == g.serial })},
	{"token-single-use", "A token with a duration in minutes is accepted once only.", ids("LOGIN-21"),
		outlasting(func(_ *exchange, g grant) bool {
			return !isMinutes(g.account) || g.account.used.Swap(g.serial) != g.serial
		})},
	{"token-minutes-cut", "The resource counts a duration below an hour as none.", ids("LOGIN-21"),
		outlasting(func(x *exchange, g grant) bool { return !isMinutes(g.account) || g.until.Sub(x.now) > time.Hour })},
	{"token-minutes-as-seconds", "The resource counts a duration in minutes as seconds, so that a token ends long before its time.", ids("LOGIN-21"),
		outlasting(func(x *exchange, g grant) bool {
			e := g.account.user.Expiry
			issued := g.until.Add(-time.Duration(e.N) * e.Unit.Length())
			return !isMinutes(g.account) || x.now.Before(issued.Add(time.Duration(e.N)*time.Second+10*time.Second))
		})},
	{"token-ends-early", "A token with a duration in minutes is refused in its last minute and a half.", ids("LOGIN-21"),
		outlasting(func(x *exchange, g grant) bool { return !isMinutes(g.account) || g.until.Sub(x.now) > 90*time.Second })},
	{"token-revoked-by-refusal", "A refused login ends the user's tokens.", ids("LOGIN-21"),
		both(inError(unifier.Login, func(x *exchange, _ *reply) {
			if x.account != nil {
				x.account.revoked.Store(x.s.serial.Load())
			}
		}), outlasting(func(_ *exchange, g grant) bool { return g.serial > g.account.revoked.Load() }))},
}

// isMinutes says whether an account's duration is in minutes.
func isMinutes(a *account) bool { return a.user.Expiry.Unit == unifier.Minutes }

// outlasting refuses login tokens that f does not let through.
func outlasting(f func(x *exchange, g grant) bool) change {
	return accepting(func(x *exchange, _ string, g grant, ok bool) bool {
		return ok && (g.account.user.Type != unifier.Basic || f(x, g))
	})
}
