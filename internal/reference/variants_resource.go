package reference

import (
	"net/http"

	"github.com/unigate/unigate/internal/unifier"
)

// resourceVariants have a resource that answers as real ones do (A15), or that the users may not call.
var resourceVariants = []Variant{
	variant("resource-forbidden", "The resource answers 403 to every good token: no user has the permission.", "permission",
		permitting(nobodyMay, http.StatusForbidden)),
	variant("resource-forbidden-first-user", "The resource answers 403 to the good tokens of the first user, who lacks the permission.", "permission",
		permitting(func(a *account) bool { return a.user.Name != "$$unigate" }, http.StatusForbidden)),
	variant("resource-forbidden-minutes", "The resource answers 403 to the good tokens of users with a duration in minutes, who lack the permission.", "permission",
		permitting(func(a *account) bool { return !isMinutes(a) }, http.StatusForbidden)),
	variant("resource-forbidden-oauth", "The resource answers 403 to every good access token: OAuth users lack the permission.", "permission",
		permitting(func(a *account) bool { return a.user.Type != unifier.OAuthType }, http.StatusForbidden)),
	variant("resource-not-found", "There is no such resource: good tokens get 404.", "permission", permitting(nobodyMay, http.StatusNotFound)),
	variant("resource-not-allowed", "The resource has no GET: good tokens get 405.", "permission", permitting(nobodyMay, http.StatusMethodNotAllowed)),
	variant("resource-broken", "The resource answers 500 to good tokens.", "permission", permitting(nobodyMay, http.StatusInternalServerError)),
	variant("resource-404-in-body", "There is no such resource, which it says to whoever asks with HTTP 200 and status 404 in the body (A15).", "permission, resource body, resource refusals, scheme",
		sayingToAll(http.StatusNotFound)),
	variant("resource-500-in-body", "The resource fails before it looks at a token, with HTTP 200 and status 500 in the body (A15).", "permission, resource body, resource refusals, scheme",
		sayingToAll(http.StatusInternalServerError)),
	variant("resource-status-602", "The resource answers good tokens with HTTP 200 and status 602 in the body.", "resource body",
		resourceBody(func(_ *exchange, p *reply) { p.body.set("status", 602); p.body.set("message", list{"No data found"}) })),
	variant("resource-list", "The resource answers good tokens with a list.", "resource body",
		resourceBody(func(_ *exchange, p *reply) { p.raw = []byte(`[{"bp_name":"Requests for Information"}]`) })),
	variant("resource-204", "The resource answers good tokens with 204 and no body.", "resource body",
		resourceBody(func(_ *exchange, p *reply) { p.status, p.raw = http.StatusNoContent, []byte{} })),
	variant("resource-401-in-body", "The resource refuses with HTTP 200 and status 401 in the body (A15).", "resource refusals",
		refusingInBody(http.StatusUnauthorized)),
	variant("resource-403-in-body", "The resource refuses with HTTP 200 and status 403 in the body (A15).", "resource refusals",
		refusingInBody(http.StatusForbidden)),
}

// nobodyMay says no to every account.
func nobodyMay(*account) bool { return false }

// permitting answers the good tokens of those who lack the permission with a status.
func permitting(may func(a *account) bool, status int) change {
	return func(_ *Service, h *hooks) {
		before := h.permitted
		h.permitted = func(x *exchange) (refusal, bool) {
			if !may(x.account) {
				return refusal{status: status, message: "You do not have the permission"}, false
			}
			return before(x)
		}
	}
}

// resourceBody changes what the resource answers to good tokens.
func resourceBody(f func(x *exchange, p *reply)) change {
	return func(_ *Service, h *hooks) {
		finishing(h, func(x *exchange, p *reply) {
			if isResource(x.path) && p.status == http.StatusOK && x.account != nil {
				f(x, p)
			}
		})
	}
}

// sayingToAll makes the resource answer everybody with HTTP 200 and a status in the body.
func sayingToAll(status int) change {
	return func(_ *Service, h *hooks) {
		finishing(h, func(x *exchange, p *reply) {
			if isResource(x.path) {
				*p = reply{status: http.StatusOK, body: object{{"data", raw("[]")}, {"message", list{http.StatusText(status)}}, {"status", status}}}
			}
		})
	}
}

// refusingInBody makes the resource say in the body only that a token is refused.
func refusingInBody(status int) change {
	return func(_ *Service, h *hooks) {
		finishing(h, func(x *exchange, p *reply) {
			if isResource(x.path) && p.status == http.StatusUnauthorized {
				p.status = http.StatusOK
				p.body.set("status", status)
			}
		})
	}
}
