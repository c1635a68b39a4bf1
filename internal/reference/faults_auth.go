package reference

import (
	"net/http"
	"strings"

	"github.com/unigate/unigate/internal/unifier"
)

// authFaults break how login checks credentials (LOGIN-13…LOGIN-15, LOGIN-19, LOGIN-20).
var authFaults = []fault{
	{"auth-absent-400", "A login without Authorization header gets 400.", ids("LOGIN-13"),
		rejecting(unifier.Login, absent, refusal{status: http.StatusBadRequest, message: unifier.MessageEmptyAuth})},
	{"auth-absent-403", "A login without Authorization header gets 403.", ids("LOGIN-13"),
		rejecting(unifier.Login, absent, refusal{status: http.StatusForbidden, message: unifier.MessageEmptyAuth})},
	{"auth-absent-message", "The message for a missing Authorization header is another one.", ids("LOGIN-24"),
		rejecting(unifier.Login, absent, refusal{http.StatusUnauthorized, "Please log in", basicChallenge})},
	{"auth-blank-400", "A login with an empty or blank Authorization header gets 400.", ids("LOGIN-13"),
		func(_ *Service, h *hooks) {
			before := h.rejected
			h.rejected = func(x *exchange, why cause) refusal {
				if why == absent && x.service == unifier.Login && len(x.r.Header["Authorization"]) > 0 {
					return refusal{status: http.StatusBadRequest, message: unifier.MessageEmptyAuth}
				}
				return before(x, why)
			}
		}},
	{"auth-malformed-400", "A malformed Authorization header gets 400.", ids("LOGIN-14"),
		rejecting(unifier.Login, malformed, refusal{status: http.StatusBadRequest, message: unifier.MessageInvalidAuth})},
	{"auth-wrong-password-403", "A wrong password gets 403.", ids("LOGIN-14", "SEC-03"),
		rejecting(unifier.Login, wrongPassword, refusal{status: http.StatusForbidden, message: unifier.MessageInvalidAuth})},
	{"auth-unknown-user-404", "An unknown user gets 404.", ids("LOGIN-14", "SEC-03"),
		rejecting(unifier.Login, unknownUser, refusal{status: http.StatusNotFound, message: unifier.MessageInvalidAuth})},
	{"auth-message", "The message for invalid credentials is another one.", ids("LOGIN-24"),
		both(rejecting(unifier.Login, malformed, otherMessage), rejecting(unifier.Login, unknownUser, otherMessage),
			rejecting(unifier.Login, wrongPassword, otherMessage))},
	{"auth-password-other-case", "Case does not matter in a password.", ids("LOGIN-14"),
		admitting(unifier.Login, func(a *account, given string) bool { return strings.EqualFold(given, a.user.Password.Reveal()) })},
	{"auth-password-prefix", "The beginning of a password is enough.", ids("LOGIN-14"),
		admitting(unifier.Login, func(a *account, given string) bool {
			return given != "" && strings.HasPrefix(a.user.Password.Reveal(), given)
		})},
	{"auth-password-longer", "What follows the right password does not matter.", ids("LOGIN-14"),
		admitting(unifier.Login, func(a *account, given string) bool {
			return strings.HasPrefix(given, a.user.Password.Reveal())
		})},
	{"auth-password-empty", "An empty password is accepted.", ids("LOGIN-14"),
		admitting(unifier.Login, func(_ *account, given string) bool { return given == "" })},
	{"auth-password-eight", "The first eight characters of a password are enough.", ids("LOGIN-14"),
		admitting(unifier.Login, func(a *account, given string) bool { return begins(given, a.user.Password.Reveal()) })},
	{"auth-password-any", "Every password is accepted.", ids("LOGIN-14"),
		admitting(unifier.Login, func(*account, string) bool { return true })},
	{"auth-inactive-token", "A user that is not Active gets a token.", ids("LOGIN-15"),
		func(_ *Service, h *hooks) {
			before := h.entitled
			h.entitled = func(x *exchange) bool {
				return before(x) || x.service == unifier.Login && x.account.user.Type == unifier.Basic
			}
		}},
	{"auth-inactive-500", "A user that is not Active, or is no integration user, gets 500.", ids("LOGIN-15", "LOGIN-23"),
		rejecting(unifier.Login, notEntitled, refusal{status: http.StatusInternalServerError, message: "User is not active"})},
	{"auth-inactive-200", "A user that is not Active, or is no integration user, gets HTTP 200 without a token.", ids("LOGIN-15", "LOGIN-23"),
		rejecting(unifier.Login, notEntitled, refusal{status: http.StatusOK, message: "User is not active"})},
	{"auth-ordinary-token", "An ordinary user, one that is no integration user, gets a token.", ids("LOGIN-23"),
		func(_ *Service, h *hooks) {
			before := h.entitled
			h.entitled = func(x *exchange) bool {
				return before(x) || x.service == unifier.Login && x.account.user.Type == unifier.Ordinary
			}
		}},
	{"method-post", "POST yields a token.", ids("LOGIN-19"), allowing(http.MethodPost)},
	{"method-put", "PUT yields a token.", ids("LOGIN-19"), allowing(http.MethodPut)},
	{"method-head-header", "HEAD yields a token in a header.", ids("LOGIN-19"),
		both(allowing(http.MethodHead), inSuccess(unifier.Login, func(x *exchange, p *reply) {
			if x.r.Method == http.MethodHead {
				p.header = http.Header{"X-Auth-Token": {x.token}}
			}
		}))},
	{"scheme-case", "The scheme must be written Basic.", ids("LOGIN-20"),
		func(_ *Service, h *hooks) { h.scheme = func(word string) bool { return word == "Basic" } }},
	{"password-cut-at-colon", "A password ends at its first colon.", ids("LOGIN-20"),
		readingPassword(func(given string) string { given, _, _ = strings.Cut(given, ":"); return given })},
	{"password-trimmed", "Blanks around a password are lost.", ids("LOGIN-14", "LOGIN-20"), readingPassword(strings.TrimSpace)},
	{"password-latin-1", "A password is read as Latin-1.", ids("LOGIN-20"),
		readingPassword(func(given string) string {
			runes := make([]rune, len(given))
			for i := range len(given) {
				runes[i] = rune(given[i])
			}
			return string(runes)
		})},
}

// otherMessage refuses credentials with a message that the documentation does not have.
var otherMessage = refusal{http.StatusUnauthorized, "Access denied", basicChallenge}

// allowing lets one more method fetch tokens.
func allowing(method string) change {
	return func(_ *Service, h *hooks) {
		before := h.method
		h.method = func(x *exchange) bool { return x.r.Method == method || before(x) }
	}
}

// begins compares two passwords as old hashes do, which look at eight characters.
func begins(given, right string) bool {
	const significant = 8
	return len(right) >= significant && len(given) >= significant && given[:significant] == right[:significant]
}

// readingPassword changes the given password of Basic users before it is compared.
func readingPassword(f func(given string) string) change {
	return func(_ *Service, h *hooks) {
		before := h.password
		h.password = func(x *exchange, a *account, given string) bool {
			if a.user.Type == unifier.Basic {
				given = f(given)
			}
			return before(x, a, given)
		}
	}
}

// errorFaults break what a refused login says (LOGIN-17).
var errorFaults = []fault{
	{"error-text", "A refused login has plain text for a body.", ids("LOGIN-17"),
		inError(unifier.Login, func(_ *exchange, p *reply) { p.raw = []byte(messageOf(p)) })},
	{"error-status-missing", "The body of a refused login has no status.", ids("LOGIN-17"),
		inError(unifier.Login, func(_ *exchange, p *reply) { p.body = p.body.without("status") })},
	{"error-status-other", "The body of a refused login says status 500 whatever HTTP says.", ids("LOGIN-17"),
		inError(unifier.Login, func(_ *exchange, p *reply) { p.body.set("status", 500) })},
	{"error-status-text", "The status in the body of a refused login is text.", ids("LOGIN-17"),
		inError(unifier.Login, func(_ *exchange, p *reply) { p.body.set("status", "401") })},
	{"error-message-key", "The message of a refused login is in error instead of message.", ids("LOGIN-17"),
		inError(unifier.Login, func(_ *exchange, p *reply) { p.body.rename("message", "error") })},
	{"error-token", "The body of a refused login has a token.", ids("LOGIN-09", "LOGIN-13", "LOGIN-14", "LOGIN-15", "LOGIN-17", "LOGIN-19", "LOGIN-23"),
		inError(unifier.Login, func(x *exchange, p *reply) {
			first := x.s.order[0]
			p.body.set("token", first.prefix+x.s.tokens.make(first.user.Name, dbClaims{until: x.now}))
		})},
}

// messageOf is the message of an error's body.
func messageOf(p *reply) string {
	if l, ok := p.body.get("message").(list); ok {
		return strings.Join(l, " ")
	}
	text, _ := p.body.get("message").(string)
	return text
}
