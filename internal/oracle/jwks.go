package oracle

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// KeySet is an identity domain's published key set (RFC 7517).
type KeySet struct {
	keys []key
}

// key is an RSA key that may verify signatures.
type key struct {
	id     string
	public *rsa.PublicKey
}

// maxKeySet bounds a key set's size, in bytes.
const maxKeySet = 1 << 20

// maxModulus bounds an RSA key's size in bits: verification costs the square of it.
const maxModulus = 16384

// ParseKeySet reads a JWKS document. Keys that are not RSA or not for
// signatures are passed over; a set without any other key is an error.
func ParseKeySet(data []byte) (*KeySet, error) {
	if len(data) > maxKeySet {
		return nil, fmt.Errorf("a key set of %d bytes is too large", len(data))
	}
	members, err := parseBody(data, nil)
	if err != nil {
		return nil, fmt.Errorf("not a key set: %w", err)
	}
	if find(members, "keys").kind != kindArray {
		return nil, errors.New("not a key set: no list \"keys\"")
	}
	set := &KeySet{}
	for _, item := range find(members, "keys").items() {
		if k, ok := parseKey(item.raw); ok {
			set.keys = append(set.keys, k)
		}
	}
	if len(set.keys) == 0 {
		return nil, errors.New("the key set has no RSA key for signatures")
	}
	return set, nil
}

// parseKey reads one key; ok is false where it cannot verify RS256.
func parseKey(raw []byte) (key, bool) {
	var jwk jose.JSONWebKey
	if err := json.Unmarshal(raw, &jwk); err != nil || !jwk.Valid() {
		return key{}, false // RFC 7517 §5: keys that are not understood are ignored
	}
	public, ok := jwk.Key.(*rsa.PublicKey)
	if !ok || jwk.Use != "" && jwk.Use != "sig" || jwk.Algorithm != "" && jwk.Algorithm != "RS256" {
		return key{}, false
	}
	if public.N.BitLen() > maxModulus {
		return key{}, false
	}
	return key{jwk.KeyID, public}, true
}

// Len returns the number of keys that can verify RS256.
func (s *KeySet) Len() int { return len(s.keys) }

// VerifyJWT checks an access token's RS256 signature against the key set; nil
// means that it verifies (OAUTH-13).
func (s *KeySet) VerifyJWT(token string) error {
	t, err := parseJWT(token)
	if err != nil {
		return err
	}
	return s.verify(t)
}

// verify tries the keys of the token's kid, or all of them where it has none.
func (s *KeySet) verify(t *JWT) error {
	if t.Algorithm != "RS256" {
		return fmt.Errorf("the algorithm is %s, not RS256", quoteText(t.Algorithm))
	}
	digest := sha256.Sum256([]byte(t.signed))
	tried := 0
	for _, k := range s.keys {
		if t.KeyID != "" && k.id != "" && k.id != t.KeyID {
			continue
		}
		tried++
		if rsa.VerifyPKCS1v15(k.public, crypto.SHA256, digest[:], t.signature) == nil {
			return nil
		}
	}
	if tried == 0 {
		return fmt.Errorf("the key set has no key with the kid %s", quoteText(t.KeyID))
	}
	return errors.New("the signature verifies with no key of the set")
}
