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
	// method says whether the services answer an HTTP method.
	method func(name string) bool

	// session returns the account that a request is in a session of, or nil.
	session func(x *exchange) *account
	// scheme says whether the word before the credentials means Basic.
	scheme func(word string) bool
	// decode turns the credentials' base64 into user:password.
	decode func(token68 string) (string, bool)
	// password compares the given password with the account's.
	password func(a *account, given string) bool
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
	// duration is what a user gets that asked for nothing: set by the administrator, or the default.
	duration func(x *exchange) unifier.Expiry
	// seconds is the OAuth validity of who asked for none.
	seconds func(x *exchange) int64
	// end is when a token issued now by login stops being accepted.
	end func(x *exchange) time.Time

	// dbToken makes the token that login answers.
	dbToken func(x *exchange) string
	// jwtHeader, jwtClaims and jwt make the token that the OAuth service answers.
	jwtHeader func(x *exchange) object
	jwtClaims func(x *exchange) object
	jwt       func(x *exchange, header, claims object) string

	// local takes an instant into the user's zone for display.
	local func(x *exchange, t time.Time) time.Time
	// pattern is the date format for display.
	pattern func(x *exchange) string
	// timeOfDay writes the time of day.
	timeOfDay func(t time.Time) string
	// label is the name of the user's zone.
	label func(x *exchange) string

	// loginBody and oauthBody may change the body of a success.
	loginBody func(x *exchange, body object) object
	oauthBody func(x *exchange, body object) object
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
		clock: s.now, method: func(name string) bool { return name == http.MethodGet },
		session: func(*exchange) *account { return nil },
		scheme:  isBasic, decode: decodeBasic,
		password: (*account).passwordMatches, rejected: rejected, entitled: entitled,
		parameter: expiryValues, loginExpiry: loginExpiry, oauthExpiry: oauthExpiry, duration: duration,
		seconds: func(*exchange) int64 { return s.edition.oauthDefault }, end: s.end,
		dbToken: s.dbToken, jwtHeader: s.jwtHeader, jwtClaims: s.jwtClaims, jwt: s.jwt,
		local:     func(x *exchange, t time.Time) time.Time { return t.In(x.account.zone) },
		pattern:   func(x *exchange) string { return x.account.pattern },
		timeOfDay: formatClock,
		label:     func(x *exchange) string { return x.account.label },
		loginBody: func(_ *exchange, body object) object { return body },
		oauthBody: s.oauthBody,
		refusal:   func(*exchange, *refusal) {}, errorBody: s.errorBody,
		finish: func(*exchange, *reply) {}, encode: encode, header: func(*exchange, int, http.Header) {}, write: s.write,
		anonymous: func(*exchange) bool { return false },
		permitted: func(*exchange) (refusal, bool) { return refusal{}, true }, accept: s.accept,
	}
	if s.options.HTTPS && h.tls == nil {
		h.tls = s.signer.https(tls.VersionTLS12, 0)
	}
	return h
}
