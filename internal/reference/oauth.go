package reference

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// oauth answers the V1 OAuth token service: a JWT for an active OAuth user (OAUTH-01…OAUTH-09).
func (s *Service) oauth(x *exchange) reply {
	if f, ok := s.authenticate(x); !ok {
		return s.refuse(x, f)
	}
	if !s.accessToken(x) {
		return s.refuse(x, invalidExpiry)
	}
	body := object{
		{"access_token", x.token},
		{"token_type", "Bearer"},
		{"expires_in", shownSeconds(x)},
		{"status", http.StatusOK},
	}
	return s.repeat(x, reply{status: http.StatusOK, body: s.hooks.oauthBody(x, body)})
}

// accessToken makes the access token that a request asks for, false for an invalid expiry.
func (s *Service) accessToken(x *exchange) bool {
	x.seconds = s.hooks.seconds(x)
	text, present, ok := s.asked(x)
	if present && ok {
		x.seconds, ok = s.hooks.oauthExpiry(x, text)
	}
	if !ok {
		return false
	}
	x.until = x.now.Truncate(time.Second).Add(time.Duration(x.seconds) * time.Second)
	x.token = s.hooks.jwt(x, s.hooks.jwtHeader(x), s.hooks.jwtClaims(x))
	s.issue(x)
	return true
}

// shownSeconds is the expires_in of an access token: the true one unless the script says otherwise.
func shownSeconds(x *exchange) int64 {
	if x.mishap == WrongExpiry {
		return x.seconds + 1
	}
	return x.seconds
}

// oauthBody puts the answer into the edition's shape (A2): flat, in an envelope
// with data, message and status, or the one for Lobby accounts.
func (s *Service) oauthBody(x *exchange, body object) object {
	if t := s.hooks.tenancy; t != nil {
		return t.lobby(x, body)
	}
	if !s.edition.envelope {
		return body
	}
	return envelope(body, false, list{})
}

// envelope puts a flat answer into data, as one object or as a list of it.
func envelope(body object, asList bool, message any) object {
	data := body.without("status")
	var inner any = data
	if asList {
		inner = raw("[" + string(encode(data)) + "]")
	}
	return object{{"data", inner}, {"message", message}, {"status", body.get("status")}}
}

// The identity domain of the reference service.
const (
	issuer   = "https://identity.unigate.example/"
	tenant   = "idcs-0123456789abcdef0123456789abcdef"
	audience = "https://unifier.unigate.example/"
)

// jwtHeader is the header that the signer gives every token.
func (s *Service) jwtHeader(*exchange) object { return s.signer.headerObject() }

// jwtClaims are the claims of a token: those of the documentation's sample (OAUTH-07).
func (s *Service) jwtClaims(x *exchange) object {
	u := x.account.user
	if x.mishap == OtherUser {
		u = s.other(x.account).user
	}
	zone, language := u.Zone, u.Language
	if zone == "" {
		zone = "Etc/UTC"
	}
	if language == "" {
		language = "en"
	}
	return object{
		{"sub", u.Name},
		{"iss", issuer},
		{"aud", list{audience}},
		{"iat", x.until.Unix() - x.seconds},
		{"exp", x.until.Unix()},
		{"jti", s.jwtID(x)},
		{"scope", "/api"},
		{"client_id", "unigate_reference_client"},
		{"client_name", "unigate reference"},
		{"tenant", tenant},
		{"sub_type", "user"},
		{"tok_type", "AT"},
		{"user_tz", zone},
		{"user_locale", language},
		{"user_tenantname", tenant},
		{"gtp", "ro"},
	}
}

// jwtID draws the token's identifier: its encrypted serial number, so that no
// two are alike (OAUTH-12).
func (s *Service) jwtID(x *exchange) string {
	serial := s.serial.Add(1)
	x.account.latest.Store(serial)
	var id [16]byte
	for i := range 8 {
		id[i] = byte(serial >> (8 * i))
	}
	s.tokens.block.Encrypt(id[:], id[:])
	return hex.EncodeToString(id[:])
}

// serialOf reads the serial number back from a token's identifier.
func (s *Service) serialOf(jti string) (serial uint64) {
	id, err := hex.DecodeString(jti)
	if err != nil || len(id) != 16 {
		return 0
	}
	s.tokens.block.Decrypt(id, id)
	for i := range 8 {
		serial |= uint64(id[i]) << (8 * i)
	}
	return serial
}

// jwt signs header and claims.
func (s *Service) jwt(_ *exchange, header, claims object) string {
	input := encodePart(header) + "." + encodePart(claims)
	return input + "." + base64.RawURLEncoding.EncodeToString(s.signer.sign(input))
}

// provedJWT checks an access token.
func (s *Service) provedJWT(token string) (grant, bool) {
	c, ok := s.signer.check(token)
	if !ok {
		return grant{}, false
	}
	a, known := s.accounts[c.Subject]
	if !known || a.user.Type != unifier.OAuthType || a.user.Status != unifier.Active {
		return grant{}, false
	}
	return grant{account: a, until: time.Unix(c.Expires, 0), serial: s.serialOf(c.ID)}, true
}
