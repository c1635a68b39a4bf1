package reference

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // x5t is a SHA-1 thumbprint by definition (RFC 7515 section 4.1.7)
	"crypto/sha256"
	"crypto/x509"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/go-jose/go-jose/v4"
)

// JWKSPath is where the service publishes its key set, as Oracle's identity
// domains do.
const JWKSPath = "/admin/v1/SigningCert/jwk"

// signingPEM holds the key that signs access tokens, and its certificate. Both are public.
//
//go:embed signing.pem
var signingPEM []byte

// keyID is the kid of the service's only key.
const keyID = "SIGNING_KEY"

// signer signs access tokens with RS256 (OAUTH-07).
type signer struct {
	*identity
	primes *primes
	// thumb and thumb256 are the certificate's thumbprints for x5t and x5t#S256.
	thumb, thumb256 string
	// header is the encoded header of every token.
	header string
	jwks   []byte
}

// embeddedSigner reads the embedded key, once per process.
var embeddedSigner = sync.OnceValues(func() (*signer, error) { return newSigner(signingPEM) })

// newSigner reads a PKCS #8 key and a certificate from PEM blocks.
func newSigner(data []byte) (*signer, error) {
	i, err := newIdentity(data)
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	s := &signer{identity: i, primes: primesOf(i.key)}
	sum1, sum256 := sha1.Sum(s.cert.Raw), sha256.Sum256(s.cert.Raw) //nolint:gosec // see the import
	s.thumb = base64.RawURLEncoding.EncodeToString(sum1[:])
	s.thumb256 = base64.RawURLEncoding.EncodeToString(sum256[:])
	s.header = encodePart(s.headerObject())
	s.jwks, err = json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{
		Key: &s.key.PublicKey, KeyID: keyID, Algorithm: string(jose.RS256), Use: "sig",
		Certificates:              []*x509.Certificate{s.cert},
		CertificateThumbprintSHA1: sum1[:], CertificateThumbprintSHA256: sum256[:],
	}}})
	return s, err
}

// headerObject is the header of a token: alg, kid, x5t and x5t#S256.
func (s *signer) headerObject() object {
	return object{{"x5t#S256", s.thumb256}, {"x5t", s.thumb}, {"kid", keyID}, {"alg", "RS256"}}
}

// encodePart is the base64url form of an object, without padding (RFC 7515 section 2).
func encodePart(o object) string { return base64.RawURLEncoding.EncodeToString(encode(o)) }

// sign returns the RS256 signature of the first two parts.
func (s *signer) sign(input string) []byte {
	return s.primes.sign(sha256.Sum256([]byte(input)))
}

// jwtClaims is what the service itself reads of a token.
type jwtClaims struct {
	Subject string `json:"sub"`
	Expires int64  `json:"exp"`
	ID      string `json:"jti"`
}

// check reads a token and reports whether the service signed it.
func (s *signer) check(token string) (jwtClaims, bool) {
	header, rest, _ := strings.Cut(token, ".")
	payload, signature, found := strings.Cut(rest, ".")
	if !found || header != s.header {
		return jwtClaims{}, false
	}
	encoding := base64.RawURLEncoding.Strict()
	sig, err := encoding.DecodeString(signature)
	if err != nil {
		return jwtClaims{}, false
	}
	digest := sha256.Sum256([]byte(token[:len(header)+1+len(payload)]))
	if rsa.VerifyPKCS1v15(&s.key.PublicKey, crypto.SHA256, digest[:], sig) != nil {
		return jwtClaims{}, false
	}
	var c jwtClaims
	text, err := encoding.DecodeString(payload)
	if err != nil || json.Unmarshal(text, &c) != nil {
		return jwtClaims{}, false
	}
	return c, true
}

// JWKS returns the key set that verifies the access tokens, as JSON (RFC 7517; OAUTH-13).
func (s *Service) JWKS() []byte { return append([]byte(nil), s.signer.jwks...) }
