package reference

import (
	"net/http"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// v2auth answers V2 auth/token: a DB token for an active Basic user, a JWT for an
// OAuth user (V2AUTH-01, V2AUTH-08), each in an envelope.
func (s *Service) v2auth(x *exchange) reply {
	if f, ok := s.authenticate(x); !ok {
		return s.refuse(x, f)
	}
	answer := s.v2oauth
	if x.account.user.Type == unifier.Basic {
		answer = s.v2basic
	}
	data, ok := answer(x)
	if !ok {
		return s.refuse(x, invalidExpiry)
	}
	body := object{{"data", s.hooks.v2Data(x, data)}, {"message", list{}}, {"status", http.StatusOK}}
	return s.repeat(x, reply{status: http.StatusOK, body: body})
}

// v2basic is what is in data for a Basic user (V2AUTH-03); false is an invalid expiry.
func (s *Service) v2basic(x *exchange) (object, bool) {
	x.expiry = s.hooks.duration(x)
	if text, present, ok := s.asked(x); present && !s.hooks.basicExpiry(x, text, ok) {
		return nil, false
	}
	s.basicToken(x)
	date, clock := s.shownEnd(x)
	return object{
		{"expiryDate", date},
		{"Timezone", s.hooks.label(x)},
		{"expiryTime", date + " " + clock},
		{"access_token", x.token},
		{"auth_type", "Basic"},
		{"expires_in", s.hooks.left(x)},
	}, true
}

// v2oauth is what is in data for an OAuth user (V2AUTH-08, V2AUTH-12); false is an invalid expiry.
func (s *Service) v2oauth(x *exchange) (object, bool) {
	if !s.accessToken(x) {
		return nil, false
	}
	if t := s.hooks.tenancy; t != nil {
		return t.v2(x), true
	}
	return object{
		{"access_token", x.token},
		{"expires_in", shownSeconds(x)},
		{"token_type", "Bearer"},
		{"auth_type", "oAuth"},
	}, true
}

// left is what is left of a DB token, in whole seconds (V2AUTH-04).
func left(x *exchange) int64 { return int64(x.until.Sub(x.now).Round(time.Second) / time.Second) }

// v2Error is the body of V2's errors: the envelope, with nothing in data.
func v2Error(_ *exchange, f refusal) object {
	return object{{"data", object{}}, {"message", list{f.message}}, {"status", f.status}}
}
