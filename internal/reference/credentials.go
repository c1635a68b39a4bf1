package reference

import (
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/unigate/unigate/internal/unifier"
)

// cause is why credentials are not good.
type cause string

// The causes of a rejection.
const (
	absent        cause = "absent"         // no, an empty or a blank Authorization header
	malformed     cause = "malformed"      // not Basic user:password
	unknownUser   cause = "unknown user"   // no such user
	wrongPassword cause = "wrong password" // another password
	notEntitled   cause = "not entitled"   // inactive, or a user of the other service
)

// rejected gives the documented answer to credentials that are not good. It
// tells nobody whether the user exists (SEC-03).
func rejected(_ *exchange, why cause) refusal {
	if why == absent {
		return emptyAuth
	}
	return invalidAuth
}

// authenticate finds the account that the Authorization header names and proves.
func (s *Service) authenticate(x *exchange) (refusal, bool) {
	why := s.identify(x)
	if why == "" {
		return refusal{}, true
	}
	return s.hooks.rejected(x, why), false
}

// identify checks the credentials and sets x.account, or says what is wrong.
func (s *Service) identify(x *exchange) cause {
	if a := s.hooks.session(x); a != nil {
		x.account = a
		return ""
	}
	if a := s.hooks.bearer(x); a != nil {
		x.account = a
		return ""
	}
	user, password, why := s.credentials(x.r.Header["Authorization"])
	if why != "" {
		return why
	}
	x.password = password
	a, known := s.accounts[user]
	if !known {
		s.hooks.password(x, nobody, password) // takes as long as for a known user
		return unknownUser
	}
	x.account = a
	if !s.hooks.password(x, a, password) {
		a.wrong.Add(1)
		return wrongPassword
	}
	if !s.hooks.entitled(x) {
		return notEntitled
	}
	return ""
}

// credentials reads user and password from the values of the Authorization header (RFC 7617).
func (s *Service) credentials(values []string) (user, password string, why cause) {
	if len(values) == 0 || len(values) == 1 && strings.TrimSpace(values[0]) == "" {
		return "", "", absent
	}
	if len(values) > 1 {
		return "", "", malformed
	}
	scheme, token68 := splitAuthorization(values[0])
	if !s.hooks.scheme(scheme) || token68 == "" {
		return "", "", malformed
	}
	text, ok := s.hooks.decode(token68)
	if !ok {
		return "", "", malformed
	}
	user, password, found := strings.Cut(text, ":")
	if !found {
		return "", "", malformed
	}
	return user, password, ""
}

// splitAuthorization takes a header value apart into scheme and credentials
// (RFC 9110 section 11.4: one or more spaces between them).
func splitAuthorization(value string) (scheme, rest string) {
	scheme, rest, _ = strings.Cut(strings.TrimSpace(value), " ")
	return scheme, strings.TrimLeft(rest, " ")
}

// isBasic compares the scheme's name without regard to case (LOGIN-20, RFC 9110 section 11.1).
func isBasic(word string) bool { return strings.EqualFold(word, "Basic") }

// decodeBasic decodes standard base64 with its padding.
func decodeBasic(token68 string) (string, bool) {
	text, err := base64.StdEncoding.Strict().DecodeString(token68)
	return string(text), err == nil
}

// entitled says whether the account is active (LOGIN-15) and of the service's type (OAUTH-10).
func entitled(x *exchange) bool {
	a := x.account.user
	if a.Status != unifier.Active {
		return false
	}
	switch x.service {
	case unifier.OAuth:
		return a.Type == unifier.OAuthType
	case unifier.V2Auth:
		return a.Type == unifier.Basic || a.Type == unifier.OAuthType
	default:
		return a.Type == unifier.Basic
	}
}

// OldResourcePath is where the resource was before it moved to the documented
// unifier.ResourcePath; configurations that name it still work.
const OldResourcePath = "/ws/rest/service/v1/admin/company"

// isResource reports whether a path is one of the resource's.
func isResource(path string) bool { return path == unifier.ResourcePath || path == OldResourcePath }

// resource answers the resource that needs a token: GET only, Bearer by the
// documentation's text, Basic by its sample (A1).
func (s *Service) resource(x *exchange) reply {
	values := x.r.Header["Authorization"]
	if x.account = s.hooks.session(x); x.account != nil {
		return s.bps(x)
	}
	if len(values) == 0 && s.hooks.anonymous(x) {
		return s.bps(x)
	}
	if len(values) != 1 {
		return s.refuse(x, resourceClosed)
	}
	scheme, token := splitAuthorization(values[0])
	if !isBasic(scheme) && !strings.EqualFold(scheme, "Bearer") {
		return s.refuse(x, resourceClosed)
	}
	g, ok := s.hooks.accept(x, token)
	if !ok {
		return s.refuse(x, resourceClosed)
	}
	x.account = g.account
	if f, ok := s.hooks.permitted(x); !ok {
		return s.refuse(x, f)
	}
	return s.bps(x)
}

// bps is what the resource shows: the business processes of the system.
func (s *Service) bps(*exchange) reply {
	bps := `[{"bp_name":"Requests for Information","bp_prefix":"uux_rfi","bp_type":"Line Item"}]`
	return reply{status: http.StatusOK, body: object{{"data", raw(bps)}, {"message", list{"success"}}, {"status", http.StatusOK}}}
}

// keySet answers the published key set.
func (s *Service) keySet(*exchange) reply { return reply{status: http.StatusOK, raw: s.signer.jwks} }
