package oracle

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// JWT is an access token of the OAuth service, parsed but not verified (RFC 7519, RFC 7515).
type JWT struct {
	// Algorithm is the header's alg, KeyID its kid.
	Algorithm string
	KeyID     string
	// Subject, Issuer, ID and Tenant are the claims sub, iss, jti and tenant;
	// empty where they are missing, or no strings.
	Subject string
	Issuer  string
	ID      string
	Tenant  string
	// Audience is the claim aud, which may be a string or a list.
	Audience []string
	// IssuedAt and Expires are iat and exp in seconds since 1970, UTC; their
	// fractions are cut off.
	IssuedAt int64
	Expires  int64
	// Headers and Claims are the types by name, such as "a string", in no order.
	Headers map[string]string
	Claims  map[string]string

	// signed is what the signature is over, signature its bytes.
	signed    string
	signature []byte
	header    []member
	claims    []member
}

// jwtError says which part of a JWT is malformed.
type jwtError struct{ what string }

// Error describes the token without quoting it.
func (e *jwtError) Error() string { return e.what }

// ParseJWT reads a JWT in compact form: three parts of strict base64url without
// padding, a JSON object each in the first two, and a signature. The error
// describes what is wrong without quoting the token.
func ParseJWT(token string) (*JWT, error) {
	t, err := parseJWT(token)
	if err != nil {
		return nil, err
	}
	t.Headers, t.Claims = kindsOf(t.header), kindsOf(t.claims)
	t.Issuer, _ = find(t.claims, "iss").text()
	t.Tenant, _ = find(t.claims, "tenant").text()
	t.Audience = audience(find(t.claims, "aud"))
	return t, nil
}

// kindsOf maps names to the names of their kinds.
func kindsOf(members []member) map[string]string {
	kinds := make(map[string]string, len(members))
	for _, m := range members {
		kinds[string(m.name)] = m.value.kind.String()
	}
	return kinds
}

// parseJWT is ParseJWT without what only a reader of the token wants, for load.
func parseJWT(token string) (*JWT, error) {
	if len(token) > maxToken {
		return nil, &jwtError{fmt.Sprintf("a token of %d bytes", len(token))}
	}
	first, rest, ok := strings.Cut(token, ".")
	payload, signature, ok2 := strings.Cut(rest, ".")
	if !ok || !ok2 || strings.IndexByte(signature, '.') >= 0 {
		return nil, &jwtError{fmt.Sprintf("%d parts joined by full stops, not 3", strings.Count(token, ".")+1)}
	}
	header, err := jwtObject(first, "header", 6)
	if err != nil {
		return nil, err
	}
	claims, err := jwtObject(payload, "claims", 20)
	if err != nil {
		return nil, err
	}
	if signature == "" {
		return nil, &jwtError{"no signature"}
	}
	sig, err := decodeBase64URL(signature)
	if err != nil {
		return nil, &jwtError{"the signature is " + err.Error()}
	}
	t := &JWT{header: header, claims: claims, signature: sig, signed: token[:len(first)+1+len(payload)]}
	t.Algorithm, _ = find(header, "alg").text()
	t.KeyID, _ = find(header, "kid").text()
	t.Subject, _ = find(claims, "sub").text()
	t.ID, _ = find(claims, "jti").text()
	t.IssuedAt, _ = find(claims, "iat").seconds()
	t.Expires, _ = find(claims, "exp").seconds()
	return t, nil
}

// jwtObject decodes a part of a JWT that is a JSON object of so many members usually.
func jwtObject(part, which string, usual int) ([]member, error) {
	raw, err := decodeBase64URL(part)
	if err != nil {
		return nil, &jwtError{"the " + which + " part is " + err.Error()}
	}
	members, err := parseBody(raw, make([]member, 0, usual))
	if err != nil {
		return nil, &jwtError{"the " + which + " part is no right JSON object: " + err.Error()}
	}
	return members, nil
}

// base64URL refuses non-zero trailing bits (RFC 4648 §3.5).
var base64URL = base64.RawURLEncoding.Strict()

// decodeBase64URL decodes base64url without padding and without line breaks.
func decodeBase64URL(s string) ([]byte, error) {
	b, err := base64URL.DecodeString(s)
	switch {
	case err == nil && strings.IndexByte(s, '\r') < 0 && strings.IndexByte(s, '\n') < 0:
		return b, nil
	case strings.HasSuffix(s, "="):
		return nil, &jwtError{"base64url with padding"}
	case strings.ContainsAny(s, "+/"):
		return nil, &jwtError{"base64 in the standard alphabet"}
	}
	return nil, &jwtError{fmt.Sprintf("no base64url (%d bytes)", len(s))}
}

// audience reads the claim aud, a string or a list of strings.
func audience(v value) []string {
	switch v.kind {
	case kindString:
		text, _ := v.text()
		return []string{text}
	case kindArray:
		var out []string
		for _, item := range v.items() {
			if text, ok := item.text(); ok {
				out = append(out, text)
			}
		}
		return out
	}
	return nil
}
