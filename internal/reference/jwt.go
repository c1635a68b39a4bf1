package reference

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // x5t is a SHA-1 thumbprint by definition (RFC 7515 section 4.1.7)
	"crypto/sha256"
	"crypto/x509"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/go-jose/go-jose/v4"
)

// JWKSPath is where the service publishes its key set, as Oracle's identity
// domains do.
const JWKSPath = "/admin/v1/SigningCert/jwk"

// developmentPEM holds the service's key and its certificate. Both are public.
//
//go:embed development.pem
var developmentPEM []byte

// keyID is the kid of the service's only key.
const keyID = "SIGNING_KEY"

// signer signs access tokens with RS256 (OAUTH-07).
type signer struct {
	key  *rsa.PrivateKey
	cert *x509.Certificate
	// thumb and thumb256 are the certificate's thumbprints for x5t and x5t#S256.
	thumb, thumb256 string
	// header is the encoded header of every token.
	header string
	jwks   []byte
}

// developmentSigner reads the embedded key, once per process.
var developmentSigner = sync.OnceValues(func() (*signer, error) { return newSigner(developmentPEM) })

// newSigner reads a PKCS #8 key and a certificate from PEM blocks.
func newSigner(data []byte) (*signer, error) {
	s := &signer{}
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if err := s.read(block); err != nil {
			return nil, fmt.Errorf("signing key: %w", err)
		}
	}
	if s.key == nil || s.cert == nil {
		return nil, errors.New("signing key: an RSA key and its certificate are needed")
	}
	sum1, sum256 := sha1.Sum(s.cert.Raw), sha256.Sum256(s.cert.Raw) //nolint:gosec // see the import
	s.thumb = base64.RawURLEncoding.EncodeToString(sum1[:])
	s.thumb256 = base64.RawURLEncoding.EncodeToString(sum256[:])
	s.header = encodePart(s.headerObject())
	var err error
	s.jwks, err = json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{
		Key: &s.key.PublicKey, KeyID: keyID, Algorithm: string(jose.RS256), Use: "sig",
		Certificates:              []*x509.Certificate{s.cert},
		CertificateThumbprintSHA1: sum1[:], CertificateThumbprintSHA256: sum256[:],
	}}})
	return s, err
}

// read takes over one PEM block.
func (s *signer) read(block *pem.Block) error {
	if block.Type == "CERTIFICATE" {
		cert, err := x509.ParseCertificate(block.Bytes)
		s.cert = cert
		return err
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return err
	}
	var ok bool
	if s.key, ok = key.(*rsa.PrivateKey); !ok {
		return errors.New("not an RSA key")
	}
	return nil
}

// headerObject is the header of a token: alg, kid, x5t and x5t#S256.
func (s *signer) headerObject() object {
	return object{{"x5t#S256", s.thumb256}, {"x5t", s.thumb}, {"kid", keyID}, {"alg", "RS256"}}
}

// encodePart is the base64url form of an object, without padding (RFC 7515 section 2).
func encodePart(o object) string { return base64.RawURLEncoding.EncodeToString(encode(o)) }

// sign returns the RS256 signature of the first two parts.
func (s *signer) sign(input string) ([]byte, error) {
	digest := sha256.Sum256([]byte(input))
	return rsa.SignPKCS1v15(rand.Reader, s.key, crypto.SHA256, digest[:])
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
