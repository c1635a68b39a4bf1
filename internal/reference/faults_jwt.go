package reference

import (
	"encoding/base64"
	"strings"
)

// jwtFaults break the access token (OAUTH-07, OAUTH-08, OAUTH-12, OAUTH-13).
var jwtFaults = []fault{
	{"jwt-alg-none", "The token says alg none.", ids("OAUTH-07", "OAUTH-13"), heading(set("alg", "none"))},
	{"jwt-alg-hs256", "The token says alg HS256.", ids("OAUTH-07", "OAUTH-13"), heading(set("alg", "HS256"))},
	{"jwt-no-signature", "The token has no signature.", ids("OAUTH-07"),
		writingJWT(func(token string) string { return token[:strings.LastIndexByte(token, '.')+1] })},
	{"jwt-padded", "The token's base64url is padded.", ids("OAUTH-07"),
		writingJWT(func(token string) string { return recode(token, base64.URLEncoding) })},
	{"jwt-standard-base64", "The token is in standard base64.", ids("OAUTH-07"),
		writingJWT(func(token string) string { return recode(token, base64.StdEncoding) })},
	{"jwt-no-sub", "The claim sub is missing.", ids("OAUTH-07"), claiming(drop("sub"))},
	{"jwt-no-iss", "The claim iss is missing.", ids("OAUTH-07"), claiming(drop("iss"))},
	{"jwt-no-aud", "The claim aud is missing.", ids("OAUTH-07"), claiming(drop("aud"))},
	{"jwt-no-jti", "The claim jti is spelt jid.", ids("OAUTH-07"), claiming(rename("jti", "jid"))},
	{"jwt-no-tenant", "The claim tenant is missing.", ids("OAUTH-07"), claiming(drop("tenant"))},
	{"jwt-no-iat", "The claim iat is missing.", ids("OAUTH-07"), claiming(drop("iat"))},
	{"jwt-no-exp", "The claim exp is missing.", ids("OAUTH-07"), claiming(drop("exp"))},
	{"jwt-other-sub", "The token is about another user.", ids("OAUTH-07"),
		claiming(func(x *exchange, c *object) { c.set("sub", x.s.other(x.account).user.Name) })},
	{"jwt-exp-200", "exp is 200 s after iat, whatever expires_in says.", ids("OAUTH-08"),
		claiming(func(x *exchange, c *object) { c.set("exp", x.now.Unix()+200) })},
	{"jwt-exp-off-by-one-minute", "exp is a minute later than expires_in says.", ids("OAUTH-08"),
		claiming(func(x *exchange, c *object) { c.set("exp", x.until.Unix()+60) })},
	{"jwt-iat-hour-ahead", "iat and exp are an hour ahead.", ids("OAUTH-08"),
		claiming(func(x *exchange, c *object) {
			c.set("iat", x.now.Unix()+3600)
			c.set("exp", x.until.Unix()+3600)
		})},
	{"jwt-milliseconds", "iat and exp are in milliseconds.", ids("OAUTH-08"),
		claiming(func(x *exchange, c *object) {
			c.set("iat", x.now.UnixMilli())
			c.set("exp", x.until.UnixMilli())
		})},
	{"jwt-jti-repeated", "jti is the same in each of a user's tokens.", ids("OAUTH-12"),
		claiming(func(x *exchange, c *object) { c.set("jti", "jti-"+x.account.user.Name) })},
	{"jwt-repeated", "The user gets the same token again.", ids("OAUTH-08", "OAUTH-12"),
		func(_ *Service, h *hooks) {
			before := h.jwt
			h.remember = true
			h.jwt = func(x *exchange, header, claims object) string {
				if known := x.account.jwt.Load(); known != nil {
					return *known
				}
				token := before(x, header, claims)
				x.account.jwt.Store(&token)
				return token
			}
		}},
	{"jwt-signature-wrong", "The signature is one byte off.", ids("OAUTH-13"), writingJWT(breakSignature)},
	{"jwt-kid-unknown", "The token names a key that is not published.", ids("OAUTH-13"), heading(set("kid", "RETIRED_KEY"))},
	{"jwt-claims-changed", "A claim is changed after the signature.", ids("OAUTH-13"),
		writingJWT(func(token string) string {
			parts := strings.Split(token, ".")
			claims, err := base64.RawURLEncoding.DecodeString(parts[1])
			if err != nil {
				return token
			}
			parts[1] = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(claims), `"/api"`, `"/all"`, 1)))
			return strings.Join(parts, ".")
		})},
}

// recode writes the three parts of a token in another base64.
func recode(token string, to *base64.Encoding) string {
	parts := strings.Split(token, ".")
	for i, p := range parts {
		if b, err := base64.RawURLEncoding.DecodeString(p); err == nil {
			parts[i] = to.EncodeToString(b)
		}
	}
	return strings.Join(parts, ".")
}

// breakSignature changes the first byte of a token's signature.
func breakSignature(token string) string {
	at := strings.LastIndexByte(token, '.') + 1
	signature, err := base64.RawURLEncoding.DecodeString(token[at:])
	if err != nil || len(signature) == 0 {
		return token
	}
	signature[0] ^= 1
	return token[:at] + base64.RawURLEncoding.EncodeToString(signature)
}
