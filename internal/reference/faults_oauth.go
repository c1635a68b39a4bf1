package reference

import (
	"net/http"
	"strings"

	"github.com/unigate/unigate/internal/unifier"
)

// oauthFaults break the answers of the OAuth service (OAUTH-01…OAUTH-04, OAUTH-06, OAUTH-11, OAUTH-14).
var oauthFaults = []fault{
	{"oauth-status-201", "An OAuth token comes with HTTP 201 and says 201 in its body.", ids("OAUTH-01"),
		inSuccess(unifier.OAuth, func(_ *exchange, p *reply) { p.status = http.StatusCreated; p.body.set("status", 201) })},
	{"oauth-user-refused", "One of the OAuth users is refused with 401.", ids("OAUTH-01"),
		func(_ *Service, h *hooks) {
			before := h.entitled
			h.entitled = func(x *exchange) bool { return before(x) && !strings.HasPrefix(x.account.user.Name, "api@") }
		}},
	{"oauth-default-of-other-edition", "The default is 3600 seconds where the edition says 3000, and the other way round.", ids("OAUTH-02"),
		func(s *Service, h *hooks) { h.seconds = func(*exchange) int64 { return 6600 - s.edition.oauthDefault } }},
	{"oauth-stored-short", "A stored token is given, of which half is over, and which was valid for half of the default only.", ids("OAUTH-02", "OAUTH-12"),
		both(func(s *Service, h *hooks) { h.seconds = func(*exchange) int64 { return s.edition.oauthDefault / 2 } }, storedBeforeOAuth)},
	{"oauth-default-200", "The default is 200 seconds.", ids("OAUTH-02"),
		func(_ *Service, h *hooks) { h.seconds = func(*exchange) int64 { return 200 } }},
	{"oauth-expires-in-text", "expires_in is text.", ids("OAUTH-04"),
		inOAuth(func(x *exchange, b *object) { b.set("expires_in", text(x.seconds)) })},
	{"oauth-token-type-missing", "token_type is missing.", ids("OAUTH-04"), inOAuth(drop("token_type"))},
	{"oauth-token-type-mac", "token_type is mac.", ids("OAUTH-04"), inOAuth(set("token_type", "mac"))},
	{"oauth-status-missing", "The member status is missing.", ids("OAUTH-04"), inOAuth(drop("status"))},
	{"oauth-status-other", "The member status is 0.", ids("OAUTH-04"), inOAuth(set("status", 0))},
	{"oauth-key-accesstoken", "access_token is spelt accessToken.", ids("OAUTH-04"), inOAuth(rename("access_token", "accessToken"))},
	{"oauth-error-text", "A refused call has plain text for a body.", ids("OAUTH-06"),
		inError(unifier.OAuth, func(_ *exchange, p *reply) { p.raw = []byte(messageOf(p)) })},
	{"oauth-error-status", "The body of a refused call says status 200.", ids("OAUTH-06"),
		inError(unifier.OAuth, func(_ *exchange, p *reply) { p.body.set("status", 200) })},
	{"oauth-error-empty", "A refused call has no body.", ids("OAUTH-06", "OAUTH-09", "OAUTH-10"),
		inError(unifier.OAuth, func(_ *exchange, p *reply) { p.raw = []byte{} })},
	{"oauth-token-refused", "The resource refuses every access token.", ids("OAUTH-11"),
		acceptingJWT(func(*exchange, grant) bool { return false })},
	{"oauth-token-single-use", "An access token is accepted once only.", ids("OAUTH-11"),
		acceptingJWT(func(_ *exchange, g grant) bool { return g.account.used.Swap(g.serial) != g.serial })},
	{"oauth-message", "A successful answer's message is \"failure\".", ids("OAUTH-14"), inOAuthReply("message", list{"failure"})},
	{"oauth-message-mixed", "A successful answer has a second message besides \"success\".", ids("OAUTH-14"), inOAuthReply("message", list{"success", "but not quite"})},
	{"oauth-message-object", "A successful answer's message is an object.", ids("OAUTH-14"), inOAuthReply("message", object{{"text", "success"}})},
}

// inOAuthReply sets a member of the finished body of a success.
func inOAuthReply(key string, value any) change {
	return inSuccess(unifier.OAuth, func(_ *exchange, p *reply) { p.body.set(key, value) })
}

// acceptingJWT changes which access tokens the resource accepts.
func acceptingJWT(f func(x *exchange, g grant) bool) change {
	return accepting(func(x *exchange, _ string, g grant, ok bool) bool {
		return ok && (g.account.user.Type != unifier.OAuthType || f(x, g))
	})
}

// oauthAuthFaults break how the OAuth service checks credentials (OAUTH-10).
var oauthAuthFaults = []fault{
	{"oauth-absent-403", "A call without Authorization header gets 403.", ids("OAUTH-10"),
		rejecting(unifier.OAuth, absent, refusal{status: http.StatusForbidden, message: unifier.MessageEmptyAuth})},
	{"oauth-malformed-400", "A malformed Authorization header gets 400.", ids("OAUTH-10"),
		rejecting(unifier.OAuth, malformed, refusal{status: http.StatusBadRequest, message: unifier.MessageInvalidAuth})},
	{"oauth-wrong-password-403", "A wrong password gets 403.", ids("OAUTH-10", "SEC-03"),
		rejecting(unifier.OAuth, wrongPassword, refusal{status: http.StatusForbidden, message: unifier.MessageInvalidAuth})},
	{"oauth-password-other-case", "Case does not matter in a password.", ids("OAUTH-10"),
		admitting(unifier.OAuth, func(a *account, given string) bool { return strings.EqualFold(given, a.user.Password.Reveal()) })},
	{"oauth-password-longer", "What follows the right password does not matter.", ids("OAUTH-10"),
		admitting(unifier.OAuth, func(a *account, given string) bool { return strings.HasPrefix(given, a.user.Password.Reveal()) })},
	{"oauth-password-empty", "An empty password is accepted.", ids("OAUTH-10"),
		admitting(unifier.OAuth, func(_ *account, given string) bool { return given == "" })},
	{"oauth-basic-user", "A Basic-type integration user gets an OAuth token.", ids("OAUTH-10"),
		func(_ *Service, h *hooks) {
			before := h.entitled
			h.entitled = func(x *exchange) bool {
				return before(x) || x.service == unifier.OAuth && x.account.user.Status == unifier.Active
			}
		}},
	{"oauth-message-missing", "A refused call has no message.", ids("OAUTH-06", "OAUTH-09", "OAUTH-10"),
		inError(unifier.OAuth, func(_ *exchange, p *reply) { p.body = p.body.without("message") })},
}
