package reference

import (
	"net/http"

	"github.com/unigate/unigate/internal/unifier"
)

// The functions here say at which point of the service a fault or a variant
// works, so that an entry of the catalogue is only what is special about it.

// change is what an entry of the catalogue does to a service.
type change = func(s *Service, h *hooks)

// inLogin changes the body of a login's success.
func inLogin(f func(x *exchange, b *object)) change {
	return func(_ *Service, h *hooks) {
		before := h.loginBody
		h.loginBody = func(x *exchange, b object) object {
			b = before(x, b)
			f(x, &b)
			return b
		}
	}
}

// inOAuth changes the body of an OAuth success before the edition gives it its shape.
func inOAuth(f func(x *exchange, b *object)) change {
	return func(_ *Service, h *hooks) {
		before := h.oauthBody
		h.oauthBody = func(x *exchange, b object) object {
			f(x, &b)
			return before(x, b)
		}
	}
}

// set gives a member of a body another value.
func set(key string, value any) func(*exchange, *object) {
	return func(_ *exchange, b *object) { b.set(key, value) }
}

// drop leaves a member of a body out.
func drop(key string) func(*exchange, *object) {
	return func(_ *exchange, b *object) { *b = b.without(key) }
}

// rename spells a member of a body in another way.
func rename(key, other string) func(*exchange, *object) {
	return func(_ *exchange, b *object) { b.rename(key, other) }
}

// inReply changes the replies of one token service.
func inReply(service unifier.Service, f func(x *exchange, p *reply)) change {
	return func(_ *Service, h *hooks) {
		before := h.finish
		h.finish = func(x *exchange, p *reply) {
			before(x, p)
			if x.service == service {
				f(x, p)
			}
		}
	}
}

// inSuccess changes the successful replies of one token service.
func inSuccess(service unifier.Service, f func(x *exchange, p *reply)) change {
	return inReply(service, func(x *exchange, p *reply) {
		if p.status == http.StatusOK {
			f(x, p)
		}
	})
}

// inError changes the replies of one token service that refuse.
func inError(service unifier.Service, f func(x *exchange, p *reply)) change {
	return inReply(service, func(x *exchange, p *reply) {
		if p.status >= http.StatusBadRequest {
			f(x, p)
		}
	})
}

// rejecting changes the refusal of credentials by one token service for one cause.
func rejecting(service unifier.Service, why cause, f refusal) change {
	return func(_ *Service, h *hooks) {
		before := h.rejected
		h.rejected = func(x *exchange, c cause) refusal {
			if x.service == service && c == why {
				return f
			}
			return before(x, c)
		}
	}
}

// refusing400 changes the refusals of one token service that have the status 400.
func refusing400(service unifier.Service, f func(r *refusal)) change {
	return func(_ *Service, h *hooks) {
		before := h.refusal
		h.refusal = func(x *exchange, r *refusal) {
			before(x, r)
			if x.service == service && r.status == http.StatusBadRequest {
				f(r)
			}
		}
	}
}

// admitting lets credentials in that the conforming service rejects.
func admitting(service unifier.Service, f func(a *account, given string) bool) change {
	return func(_ *Service, h *hooks) {
		before := h.password
		h.password = func(x *exchange, a *account, given string) bool {
			return before(x, a, given) || a != nobody && x.service == service && f(a, given)
		}
	}
}

// asking reads some texts of an expiry parameter in another way than the hook
// does; f says in its last result whether it has something to say.
func asking[N int | int64](hook func(h *hooks) *func(*exchange, string) (N, bool), f func(x *exchange, text string) (n N, ok, decided bool)) change {
	return func(_ *Service, h *hooks) {
		read := hook(h)
		before := *read
		*read = func(x *exchange, text string) (N, bool) {
			if n, ok, decided := f(x, text); decided {
				return n, ok
			}
			return before(x, text)
		}
	}
}

// askingLogin is asking for the service login.
func askingLogin(f func(x *exchange, text string) (n int, ok, decided bool)) change {
	return asking(func(h *hooks) *func(*exchange, string) (int, bool) { return &h.loginExpiry }, f)
}

// askingOAuth is asking for the OAuth service.
func askingOAuth(f func(x *exchange, text string) (n int64, ok, decided bool)) change {
	return asking(func(h *hooks) *func(*exchange, string) (int64, bool) { return &h.oauthExpiry }, f)
}

// lasting changes the duration of a login token.
func lasting(f func(x *exchange, e unifier.Expiry) unifier.Expiry) change {
	return func(_ *Service, h *hooks) {
		before := h.duration
		h.duration = func(x *exchange) unifier.Expiry { return f(x, before(x)) }
	}
}

// tokens changes the DB tokens, which the resource still accepts.
func tokens(f func(x *exchange, token string) string) change {
	return func(_ *Service, h *hooks) {
		before := h.dbToken
		h.remember = true
		h.dbToken = func(x *exchange) string { return f(x, before(x)) }
	}
}

// claiming changes the claims of access tokens, which the resource still accepts.
func claiming(f func(x *exchange, claims *object)) change {
	return func(_ *Service, h *hooks) {
		before := h.jwtClaims
		h.remember = true
		h.jwtClaims = func(x *exchange) object {
			claims := before(x)
			f(x, &claims)
			return claims
		}
	}
}

// heading changes the header of access tokens, which the resource still accepts.
func heading(f func(x *exchange, header *object)) change {
	return func(_ *Service, h *hooks) {
		before := h.jwtHeader
		h.remember = true
		h.jwtHeader = func(x *exchange) object {
			header := before(x)
			f(x, &header)
			return header
		}
	}
}

// writingJWT changes the finished access token, which the resource still accepts.
func writingJWT(f func(token string) string) change {
	return writingJWTOf(func(_ *exchange, token string) string { return f(token) })
}

// writingJWTOf is writingJWT for changes that depend on the request.
func writingJWTOf(f func(x *exchange, token string) string) change {
	return func(_ *Service, h *hooks) {
		before := h.jwt
		h.remember = true
		h.jwt = func(x *exchange, header, claims object) string { return f(x, before(x, header, claims)) }
	}
}

// accepting changes which tokens the resource accepts.
func accepting(f func(x *exchange, token string, g grant, ok bool) bool) change {
	return func(_ *Service, h *hooks) {
		before := h.accept
		h.accept = func(x *exchange, token string) (grant, bool) {
			g, ok := before(x, token)
			return g, f(x, token, g, ok)
		}
	}
}

// sending changes the headers of the token services' answers.
func sending(f func(x *exchange, status int, h http.Header)) change {
	return func(_ *Service, h *hooks) {
		before := h.header
		h.header = func(x *exchange, status int, header http.Header) {
			before(x, status, header)
			if x.service != "" {
				f(x, status, header)
			}
		}
	}
}

// both makes one change of several.
func both(changes ...change) change {
	return func(s *Service, h *hooks) {
		for _, c := range changes {
			c(s, h)
		}
	}
}

// ids lists requirement ids.
func ids(list ...string) []string { return list }

// at lets a change of what a token is, and how its answer says so, work at one
// token service only.
func at(service unifier.Service, c change) change {
	return func(s *Service, h *hooks) {
		before := *h
		c(s, h)
		h.duration = choose(service, h.duration, before.duration)
		h.end = choose(service, h.end, before.end)
		h.left = choose(service, h.left, before.left)
		h.seconds = choose(service, h.seconds, before.seconds)
		h.dbToken = choose(service, h.dbToken, before.dbToken)
		h.jwtHeader = choose(service, h.jwtHeader, before.jwtHeader)
		h.jwtClaims = choose(service, h.jwtClaims, before.jwtClaims)
		h.pattern = choose(service, h.pattern, before.pattern)
		h.label = choose(service, h.label, before.label)
		h.local = choose2(service, h.local, before.local)
		h.timeOfDay = choose2(service, h.timeOfDay, before.timeOfDay)
		h.loginBody = choose2(service, h.loginBody, before.loginBody)
		h.entitled = choose(service, h.entitled, before.entitled)
		h.method = choose(service, h.method, before.method)
		there, elsewhere := h.jwt, before.jwt
		h.jwt = func(x *exchange, header, claims object) string {
			if x.service == service {
				return there(x, header, claims)
			}
			return elsewhere(x, header, claims)
		}
		read, readElsewhere := h.oauthExpiry, before.oauthExpiry
		h.oauthExpiry = func(x *exchange, text string) (int64, bool) {
			if x.service == service {
				return read(x, text)
			}
			return readElsewhere(x, text)
		}
	}
}

// choose is one hook at a service and another one elsewhere.
func choose[R any](service unifier.Service, there, elsewhere func(x *exchange) R) func(x *exchange) R {
	return func(x *exchange) R {
		if x.service == service {
			return there(x)
		}
		return elsewhere(x)
	}
}

// choose2 is choose for hooks that take something.
func choose2[T, R any](service unifier.Service, there, elsewhere func(x *exchange, t T) R) func(x *exchange, t T) R {
	return func(x *exchange, t T) R {
		if x.service == service {
			return there(x, t)
		}
		return elsewhere(x, t)
	}
}
