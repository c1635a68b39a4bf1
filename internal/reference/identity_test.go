package reference

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"testing"
)

// Signatures by many primes are those that crypto/rsa makes and accepts, with the
// embedded keys of sixteen primes and of two.
func TestSignatures(t *testing.T) {
	signing, err := embeddedSigner()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []*identity{signing.identity, development()} {
		p := primesOf(i.key)
		if i.key.N.BitLen() != 2048 || i.key.E != 65537 {
			t.Errorf("a key of %d bits with the exponent %d", i.key.N.BitLen(), i.key.E)
		}
		for n := range 20 {
			digest := sha256.Sum256(fmt.Append(nil, n))
			want, err := rsa.SignPKCS1v15(nil, i.key, crypto.SHA256, digest[:])
			if err != nil {
				t.Fatal(err)
			}
			got := p.sign(digest)
			if !bytes.Equal(got, want) {
				t.Fatalf("%d primes, input %d: another signature than crypto/rsa's", len(i.key.Primes), n)
			}
			if err := rsa.VerifyPKCS1v15(&i.key.PublicKey, crypto.SHA256, digest[:], got); err != nil {
				t.Fatalf("%d primes, input %d: %v", len(i.key.Primes), n, err)
			}
		}
	}
	if n := len(signing.key.Primes); n != 16 {
		t.Errorf("the signing key has %d primes, want 16: it is there to be cheap", n)
	}
}

// What is no key with its certificate is refused.
func TestIdentityOfNothing(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":        "",
		"no certificate": string(signingPEM[:bytes.Index(signingPEM, []byte("-----BEGIN CERT"))]),
		"no key":         string(signingPEM[bytes.Index(signingPEM, []byte("-----BEGIN CERT")):]),
		"a broken key":   "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
	} {
		if _, err := newSigner([]byte(text)); err == nil {
			t.Errorf("%s: a signer was made", name)
		}
	}
}
