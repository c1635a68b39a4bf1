package reference

import (
	"crypto/tls"
	"net/http"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// hooks are the points at which the service decides something that a caller
// can see. A fault or a variant replaces some of them; conforming fills all.
type hooks struct {
	// tls is how the service speaks https; nil is plain http.
	tls *tls.Config
	// clock is the service's idea of now.
	clock func() time.Time
	// path may take away what stands before a service's path.
	path func(x *exchange, path string) string
	// method says whether a request's HTTP method is answered.
	method func(x *exchange) bool
	// tenancy is where the resources of many tenants are; nil is one tenant.
	tenancy *tenancy

	// session returns the account that a request is in a session of, or nil.
	session func(x *exchange) *account
	// bearer returns the account that a living token at V2 auth/token names, or nil (A14).
	bearer func(x *exchange) *account
	// scheme says whether the word before the credentials means Basic.
	scheme func(word string) bool
	// decode turns the credentials' base64 into user:password.
	decode func(token68 string) (string, bool)
	// password compares the given password with the account's.
	password func(x *exchange, a *account, given string) bool
	// rejected gives the refusal for credentials that are not good.
	rejected func(x *exchange, why cause) refusal
	// entitled says whether an account with the right password may use the service.
	entitled func(x *exchange) bool

	// parameter reads the expiry parameter from the query.
	parameter func(query string) (values []string, ok bool)
	// loginExpiry reads the number of units that login was asked for.
	loginExpiry func(x *exchange, text string) (int, bool)
	// oauthExpiry reads the number of seconds that the OAuth service was asked for.
	oauthExpiry func(x *exchange, text string) (int64, bool)
	// basicExpiry says what V2 makes of the expiry that a Basic user asks for:
	// false refuses it, x.seconds above 0 is its length (V2AUTH-18).
	basicExpiry func(x *exchange, text string, ok bool) bool
	// duration is what a user gets that asked for nothing: set by the administrator, or the default.
	duration func(x *exchange) unifier.Expiry
	// seconds is the OAuth validity of who asked for none.
	seconds func(x *exchange) int64
	// end is when a DB token issued now stops being accepted.
	end func(x *exchange) time.Time
	// left is the expires_in that V2 answers a Basic user, in seconds.
	left func(x *exchange) int64

	// dbToken makes the token of Basic users.
	dbToken func(x *exchange) string
	// jwtHeader, jwtClaims and jwt make the token of OAuth users.
	jwtHeader func(x *exchange) object
	jwtClaims func(x *exchange) object
	jwt       func(x *exchange, header, claims object) string

	// local takes an instant into the user's zone for display.
	local func(x *exchange, t time.Time) time.Time
	// pattern is the date format for display.
	pattern func(x *exchange) string
	// timeOfDay writes the time of day.
	timeOfDay func(x *exchange, t time.Time) string
	// label is the name of the user's zone.
	label func(x *exchange) string

	// loginBody and oauthBody may change the body of a success.
	loginBody func(x *exchange, body object) object
	oauthBody func(x *exchange, body object) object
	// v2Data may change what is in data of a V2 success, v2Error makes the body of V2's errors.
	v2Data  func(x *exchange, data object) object
	v2Error func(x *exchange, f refusal) object
	// refusal may change why a request is refused, errorBody makes the body of it.
	refusal   func(x *exchange, f *refusal)
	errorBody func(x *exchange, f refusal) object
	// finish may change the whole reply.
	finish func(x *exchange, p *reply)
	// encode writes a body as JSON.
	encode func(o object) []byte
	// header may change the headers of an answer.
	header func(x *exchange, status int, h http.Header)
	// write puts the answer on the wire.
	write func(x *exchange, w http.ResponseWriter, status int, body []byte)

	// anonymous says what the resource does without credentials: true lets everybody in.
	anonymous func(x *exchange) bool
	// permitted says whether the owner of a good token may call the resource.
	permitted func(x *exchange) (refusal, bool)
	// accept says whether a token opens the resource.
	accept func(x *exchange, token string) (grant, bool)
	// remember makes the service keep the tokens that it issued lately, for
	// faults whose tokens don't prove themselves.
	remember bool
}

// conforming returns the hooks of a service that does what the documentation says.
func conforming(s *Service) hooks {
	h := hooks{
		tls:   s.options.TLS,
		path:  func(_ *exchange, path string) string { return path },
		clock: s.now, method: func(x *exchange) bool { return x.r.Method == http.MethodGet },
		session: func(*exchange) *account { return nil }, bearer: func(*exchange) *account { return nil },
		scheme: isBasic, decode: decodeBasic,
		password: passwordMatches, rejected: rejected, entitled: entitled,
		parameter: expiryValues, loginExpiry: loginExpiry, oauthExpiry: oauthExpiry, duration: duration,
		basicExpiry: func(*exchange, string, bool) bool { return true },
		seconds:     func(*exchange) int64 { return s.edition.oauthDefault }, end: s.end, left: left,
		dbToken: s.dbToken, jwtHeader: s.jwtHeader, jwtClaims: s.jwtClaims, jwt: s.jwt,
		local:     func(x *exchange, t time.Time) time.Time { return t.In(x.account.zone) },
		pattern:   func(x *exchange) string { return x.account.pattern },
		timeOfDay: func(_ *exchange, t time.Time) string { return formatClock(t) },
		label:     func(x *exchange) string { return x.account.label },
		loginBody: func(_ *exchange, body object) object { return body },
		oauthBody: s.oauthBody,
		v2Data:    func(_ *exchange, data object) object { return data }, v2Error: v2Error,
		refusal: func(*exchange, *refusal) {}, errorBody: s.errorBody,
		finish: func(*exchange, *reply) {}, encode: encode, header: func(*exchange, int, http.Header) {}, write: s.write,
		anonymous: func(*exchange) bool { return false },
		permitted: func(*exchange) (refusal, bool) { return refusal{}, true }, accept: s.accept,
	}
	if s.edition.tenants {
		oneTenant("rest1", true)(s, &h)
	}
	if s.options.HTTPS && h.tls == nil {
		h.tls = https(tls.VersionTLS12, 0)
	}
	return h
}
