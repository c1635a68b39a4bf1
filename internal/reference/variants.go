package reference

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// bodyVariants say the right things in other words.
var bodyVariants = []Variant{
	{"extra-members", "Bodies have members that nobody asked for.",
		func(_ *Service, h *hooks) {
			finishing(h, func(_ *exchange, p *reply) {
				p.body = append(object{{"requestId", "4711"}}, p.body...)
				p.body.set("links", raw(`[{"rel":"self","href":null}]`))
			})
		}},
	{"members-reversed", "The members of bodies are in another order.",
		func(_ *Service, h *hooks) { finishing(h, func(_ *exchange, p *reply) { slices.Reverse(p.body) }) }},
	{"json-pretty", "Bodies are indented, with blank lines around.", func(_ *Service, h *hooks) { h.encode = indented }},
	{"json-escaped", "Bodies escape all that JSON allows to.", func(_ *Service, h *hooks) { h.encode = escaped }},
	{"oauth-flat-message", "The OAuth answer is flat and has the message \"success\" (A3).", inOAuthFlat("success")},
	{"oauth-flat-message-list", "The OAuth answer is flat and has a list with \"Success.\" for a message (A8).", inOAuthFlat(list{"Success."})},
	{"oauth-flat-message-empty", "The OAuth answer is flat and has an empty list for a message.", inOAuthFlat(list{})},
	{"oauth-data-object", "The OAuth answer is in data, with the message \"success\" (A2, A3).", inOAuthData(false, "success")},
	{"oauth-data-list", "The OAuth answer is in a list in data, with a list for a message (A2, A8).", inOAuthData(true, list{"success"})},
	{"oauth-data-list-no-message", "The OAuth answer is in a list in data, without a message (A2, A3).",
		both(inOAuthData(true, list{}), inSuccess(unifier.OAuth, func(_ *exchange, p *reply) { p.body = p.body.without("message") }))},
	{"messages-upper-case", "Messages are in upper case (A7).", inMessages(strings.ToUpper)},
	{"messages-full-stop", "Messages end with a full stop (A7).", inMessages(func(m string) string { return m + "." })},
	{"messages-blanks", "Messages have runs of blanks (A7).", inMessages(func(m string) string { return " " + strings.ReplaceAll(m, " ", "   ") + "  " })},
	{"messages-swapped", "The two messages of a 401 are the other way round (A7).",
		inMessages(func(m string) string {
			switch m {
			case unifier.MessageEmptyAuth:
				return unifier.MessageInvalidAuth
			case unifier.MessageInvalidAuth:
				return unifier.MessageEmptyAuth
			}
			return m
		})},
	{"errors-enveloped", "Errors have data, a list of messages and status (A8).", erring(func(f refusal) object {
		return object{{"data", raw("[]")}, {"message", list{f.message}}, {"status", f.status}}
	})},
	{"errors-message-text", "Errors have a message that is text, and more members (A8).", erring(func(f refusal) object {
		return object{{"status", f.status}, {"message", f.message}, {"timestamp", "2026-11-19T12:00:00Z"}, {"path", "/ws/rest"}}
	})},
	{"months-upper-case", "Names of months are in upper case.", inLogin(func(_ *exchange, b *object) {
		for _, key := range []string{"expiryDate", "expiryTime"} {
			text, _ := b.get(key).(string)
			b.set(key, strings.ToUpper(text))
		}
	})},
	{"jwt-audience-text", "The claim aud is text, as RFC 7519 allows.", claiming(set("aud", audience))},
	{"jwt-small-header", "The token's header has alg and kid only.",
		heading(func(_ *exchange, header *object) { *header = object{{"alg", "RS256"}, {"kid", keyID}} })},
	{"jwt-more-claims", "The token has more claims.",
		claiming(func(x *exchange, c *object) { c.set("nbf", x.until.Unix()-x.seconds); c.set("rtm", raw(`{"a":[1,2]}`)) })},
}

// ruleVariants decide otherwise where the documentation leaves it open.
var ruleVariants = []Variant{
	{"days-calendar", "A day of a duration is a day of the calendar in the user's zone (A9).",
		func(_ *Service, h *hooks) {
			before := h.end
			h.end = func(x *exchange) time.Time {
				if x.expiry.Unit == unifier.Days {
					return x.now.In(x.account.zone).AddDate(0, 0, x.expiry.N)
				}
				return before(x)
			}
		}},
	{"time-rounded", "Times are rounded to the minute (A10), and the token lasts as long.",
		func(_ *Service, h *hooks) {
			before := h.end
			h.end = func(x *exchange) time.Time { return before(x).Round(time.Minute) }
		}},
	{"tokens-prolonged", "Each user has one login token, which every login prolongs (A11).", prolonged},
	{"expiry-ignored", "Login ignores the expiry parameter.", func(_ *Service, h *hooks) {
		h.parameter = unlessLogin(h.parameter)
		h.loginExpiry = func(x *exchange, _ string) (int, bool) { return x.expiry.N, true }
	}},
	{"expiry-lenient", "An expiry with a plus sign is accepted, one with leading zeros is refused.",
		askingLogin(func(x *exchange, text string) (int, bool, bool) {
			if strings.HasPrefix(text, "0") {
				return 0, false, true
			}
			digits, found := strings.CutPrefix(text, "+")
			n, ok := loginExpiry(x, digits)
			return n, ok, found
		})},
	{"oauth-expiry-bounded", "An OAuth expiry is moved into the bounds of 60 seconds and the default (A13).",
		func(s *Service, h *hooks) {
			oauthSeconds(func(n int64) int64 { return min(max(n, 60), s.edition.oauthDefault) })(s, h)
		}},
	{"oauth-type-lower-case", "The token_type is bearer (RFC 6749 section 5.1).", inOAuth(set("token_type", "bearer"))},
	{"inactive-403", "A user that is not Active gets 403 (LOGIN-15).",
		rejecting(unifier.Login, notEntitled, refusal{status: http.StatusForbidden, message: "The user is not active"})},
	{"resource-basic-only", "The resource takes login tokens as Basic only (A1).", resourceScheme("Basic")},
	{"resource-bearer-only", "The resource takes login tokens as Bearer only (A1).", resourceScheme("Bearer")},
	{"resource-403", "The resource refuses with 403 and a page (LOGIN-16).",
		func(_ *Service, h *hooks) {
			finishing(h, func(x *exchange, p *reply) {
				if isResource(x.path) && p.status == http.StatusUnauthorized {
					p.status, p.raw = http.StatusForbidden, []byte("<html><title>Forbidden</title></html>")
				}
			})
		}},
	{"methods-404", "Methods other than GET are unknown to the services.",
		func(_ *Service, h *hooks) {
			before := h.refusal
			h.refusal = func(x *exchange, f *refusal) {
				if before(x, f); f.status == http.StatusMethodNotAllowed {
					f.status = http.StatusNotFound
				}
			}
		}},
	{"methods-200", "OPTIONS and HEAD get an empty 200 without a token.",
		func(_ *Service, h *hooks) {
			finishing(h, func(x *exchange, p *reply) {
				if x.r.Method == http.MethodOptions || x.r.Method == http.MethodHead {
					p.status, p.raw = http.StatusOK, []byte{}
				}
			})
		}},
	{"clock-ahead", "The service's clock is 45 seconds ahead.", skewed(45 * time.Second)},
	{"clock-behind", "The service's clock is 45 seconds behind.", skewed(-45 * time.Second)},
	{"zone-label-unknown", "Zone labels have other names for the same offset.", labelled(func(_ *exchange, label string) string {
		offset, _, _ := strings.Cut(label, " ")
		return offset + " Local Time"
	})},
	{"zone-label-zero", "The label of UTC has an offset of +00:00.", labelled(func(_ *exchange, label string) string {
		return strings.Replace(label, "(UTC) ", "(UTC+00:00) ", 1)
	})},
}

// finishing changes every reply.
func finishing(h *hooks, f func(x *exchange, p *reply)) {
	before := h.finish
	h.finish = func(x *exchange, p *reply) {
		before(x, p)
		if len(p.body) > 0 {
			f(x, p)
		}
	}
}

// inOAuthFlat makes the OAuth answer flat, with a message.
func inOAuthFlat(message any) change {
	return func(_ *Service, h *hooks) {
		h.oauthBody = func(_ *exchange, b object) object { b.set("message", message); return b }
	}
}

// inOAuthData puts the OAuth answer into data.
func inOAuthData(asList bool, message any) change {
	return func(_ *Service, h *hooks) {
		h.oauthBody = func(_ *exchange, b object) object { return envelope(b, asList, message) }
	}
}

// inMessages changes the messages of refusals.
func inMessages(f func(m string) string) change {
	return func(_ *Service, h *hooks) {
		before := h.refusal
		h.refusal = func(x *exchange, r *refusal) { before(x, r); r.message = f(r.message) }
	}
}

// erring changes the body of errors.
func erring(f func(f refusal) object) change {
	return func(_ *Service, h *hooks) { h.errorBody = func(_ *exchange, r refusal) object { return f(r) } }
}

// prolonged gives each user one token and keeps when it ends.
func prolonged(s *Service, h *hooks) {
	h.dbToken = func(x *exchange) string { return s.tokenFor(x.account, time.Unix(0, 0), 0) }
	h.accept = func(x *exchange, token string) (grant, bool) {
		g, ok := s.proved(token)
		if ok && g.until.Unix() == 0 {
			g.until = time.Unix(g.account.until.Load(), 0)
		}
		return g, ok && x.now.Before(g.until)
	}
}

// unlessLogin hides repetitions and broken encodings of the expiry parameter,
// which a service that ignores it does not see.
func unlessLogin(before func(string) ([]string, bool)) func(string) ([]string, bool) {
	return func(query string) ([]string, bool) {
		values, ok := before(query)
		return values[:min(len(values), 1)], ok
	}
}

// resourceScheme makes the resource take login tokens with one scheme only.
func resourceScheme(only string) change {
	return accepting(func(x *exchange, token string, _ grant, ok bool) bool {
		scheme, _ := splitAuthorization(x.r.Header.Get("Authorization"))
		return ok && (!strings.HasPrefix(token, dbTokenType) || strings.EqualFold(scheme, only))
	})
}

// skewed shifts the service's clock.
func skewed(by time.Duration) change {
	return func(_ *Service, h *hooks) {
		before := h.clock
		h.clock = func() time.Time { return before().Add(by) }
	}
}
