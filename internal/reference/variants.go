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
	variant("extra-members", "Bodies have members that nobody asked for.", "members",
		func(_ *Service, h *hooks) {
			finishing(h, func(_ *exchange, p *reply) {
				p.body = append(object{{"requestId", "4711"}}, p.body...)
				p.body.set("links", raw(`[{"rel":"self","href":null}]`))
			})
		}),
	variant("members-reversed", "The members of bodies are in another order.", "order",
		func(_ *Service, h *hooks) { finishing(h, func(_ *exchange, p *reply) { slices.Reverse(p.body) }) }),
	variant("json-pretty", "Bodies are indented, with blank lines around.", "encoding", func(_ *Service, h *hooks) { h.encode = indented }),
	variant("json-escaped", "Bodies escape all that JSON allows to.", "encoding", func(_ *Service, h *hooks) { h.encode = escaped }),
	variant("oauth-flat-message", "The OAuth answer is flat and has the message \"success\" (A3).", "oauth answer", inOAuthFlat("success")),
	variant("oauth-flat-message-list", "The OAuth answer is flat and has a list with \"Success.\" for a message (A8).", "oauth answer", inOAuthFlat(list{"Success."})),
	variant("oauth-flat-message-empty", "The OAuth answer is flat and has an empty list for a message.", "oauth answer", inOAuthFlat(list{})),
	variant("oauth-data-object", "The OAuth answer is in data, with the message \"success\" (A2, A3).", "oauth answer", inOAuthData(false, "success")),
	variant("oauth-data-list", "The OAuth answer is in a list in data, with a list for a message (A2, A8).", "oauth answer", inOAuthData(true, list{"success"})),
	variant("oauth-data-list-no-message", "The OAuth answer is in a list in data, without a message (A2, A3).", "oauth answer",
		both(inOAuthData(true, list{}), inSuccess(unifier.OAuth, func(_ *exchange, p *reply) { p.body = p.body.without("message") }))),
	variant("messages-upper-case", "Messages are in upper case (A7).", "messages", inMessages(strings.ToUpper)),
	variant("messages-full-stop", "Messages end with a full stop (A7).", "messages", inMessages(func(m string) string { return m + "." })),
	variant("messages-blanks", "Messages have runs of blanks (A7).", "messages", inMessages(func(m string) string { return " " + strings.ReplaceAll(m, " ", "   ") + "  " })),
	variant("messages-swapped", "The two messages of a 401 are the other way round (A7).", "messages",
		inMessages(func(m string) string {
			switch m {
			case unifier.MessageEmptyAuth:
				return unifier.MessageInvalidAuth
			case unifier.MessageInvalidAuth:
				return unifier.MessageEmptyAuth
			}
			return m
		})),
	variant("errors-enveloped", "Errors have data, a list of messages and status (A8).", "errors", erring(func(f refusal) object {
		return object{{"data", raw("[]")}, {"message", list{f.message}}, {"status", f.status}}
	})),
	variant("errors-message-text", "Errors have a message that is text, and more members (A8).", "errors", erring(func(f refusal) object {
		return object{{"status", f.status}, {"message", f.message}, {"timestamp", "2026-11-19T12:00:00Z"}, {"path", "/ws/rest"}}
	})),
	variant("months-upper-case", "Names of months are in upper case.", "months", inLogin(func(_ *exchange, b *object) {
		for _, key := range []string{"expiryDate", "expiryTime"} {
			text, _ := b.get(key).(string)
			b.set(key, strings.ToUpper(text))
		}
	})),
	variant("jwt-audience-text", "The claim aud is text, as RFC 7519 allows.", "audience", claiming(set("aud", audience))),
	variant("jwt-small-header", "The token's header has alg and kid only.", "jwt header",
		heading(func(_ *exchange, header *object) { *header = object{{"alg", "RS256"}, {"kid", keyID}} })),
	variant("jwt-more-claims", "The token has more claims.", "claims",
		claiming(func(x *exchange, c *object) { c.set("nbf", x.until.Unix()-x.seconds); c.set("rtm", raw(`{"a":[1,2]}`)) })),
}

// ruleVariants decide otherwise where the documentation leaves it open.
var ruleVariants = []Variant{
	variant("days-calendar", "A day of a duration is a day of the calendar in the user's zone (A9).", "days", calendarDays),
	variant("time-rounded", "Times are rounded to the minute (A10), and the token lasts as long.", "rounding", roundedTimes),
	variant("tokens-prolonged", "Each user has one login token, which every login prolongs (A11).", "issue", prolonged),
	variant("expiry-ignored", "Login ignores the expiry parameter.", "expiry", func(_ *Service, h *hooks) {
		h.parameter = unlessLogin(h.parameter)
		h.loginExpiry = func(x *exchange, _ string) (int, bool) { return x.expiry.N, true }
	}),
	variant("expiry-lenient", "An expiry with a plus sign is accepted, one with leading zeros is refused.", "expiry",
		askingLogin(func(x *exchange, text string) (int, bool, bool) {
			if strings.HasPrefix(text, "0") {
				return 0, false, true
			}
			digits, found := strings.CutPrefix(text, "+")
			n, ok := loginExpiry(x, digits)
			return n, ok, found
		})),
	variant("inactive-403", "A user that is not Active gets 403 (LOGIN-15).", "inactive",
		rejecting(unifier.Login, notEntitled, refusal{status: http.StatusForbidden, message: "The user is not active"})),
	variant("resource-basic-only", "The resource takes login tokens as Basic only (A1).", "scheme", resourceScheme("Basic")).in(Edition217),
	variant("resource-bearer-only", "The resource takes login tokens as Bearer only (A1).", "scheme", resourceScheme("Bearer")),
	variant("resource-403", "The resource refuses with 403 and a page (LOGIN-16).", "resource refusals",
		func(_ *Service, h *hooks) {
			finishing(h, func(x *exchange, p *reply) {
				if isResource(x.path) && p.status == http.StatusUnauthorized {
					p.status, p.raw = http.StatusForbidden, []byte("<html><title>Forbidden</title></html>")
				}
			})
		}),
	variant("methods-404", "Methods other than GET are unknown to the services.", "methods",
		func(_ *Service, h *hooks) {
			before := h.refusal
			h.refusal = func(x *exchange, f *refusal) {
				if before(x, f); f.status == http.StatusMethodNotAllowed {
					f.status = http.StatusNotFound
				}
			}
		}),
	variant("methods-200", "OPTIONS and HEAD get an empty 200 without a token.", "methods",
		func(_ *Service, h *hooks) {
			finishing(h, func(x *exchange, p *reply) {
				if x.r.Method == http.MethodOptions || x.r.Method == http.MethodHead {
					p.status, p.raw = http.StatusOK, []byte{}
				}
			})
		}),
	variant("clock-ahead", "The service's clock is 45 seconds ahead.", "clock", skewed(45*time.Second)),
	variant("clock-behind", "The service's clock is 45 seconds behind.", "clock", skewed(-45*time.Second)),
	variant("zone-label-unknown", "Zone labels have other names for the same offset.", "label", labelled(func(_ *exchange, label string) string {
		offset, _, _ := strings.Cut(label, " ")
		return offset + " Local Time"
	})),
	variant("zone-label-zero", "The label of UTC has an offset of +00:00.", "label", labelled(func(_ *exchange, label string) string {
		return strings.Replace(label, "(UTC) ", "(UTC+00:00) ", 1)
	})),
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
	before := h.accept
	h.accept = func(x *exchange, token string) (grant, bool) {
		g, ok := s.proved(token)
		if !ok || g.until.Unix() != 0 {
			return before(x, token)
		}
		g.until = time.Unix(g.account.until.Load(), 0)
		return g, x.now.Before(g.until)
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
