package oracle

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// KeySet is an identity domain's published key set (RFC 7517). It is safe for
// concurrent use.
type KeySet struct {
	mu     sync.RWMutex
	keys   []key
	passed []string
	unfit  map[string]string // why keys were passed over, by their kid
	renew  func() error      // that of the last reading, where it was not long ago
}

// key is an RSA key that may verify signatures.
type key struct {
	id     string
	public *rsa.PublicKey
}

// The bounds of a modulus are parseKey's: go-jose would call a key of more than 4096 bits
// malformed. What a set may hold is bounded by maxKeySet.
func init() { jose.MaxRSAModulusBits = 8 * maxKeySet }

// maxPassed bounds how many reasons for passing keys over are kept.
const maxPassed = 8

// ParseKeySet reads a JWKS document. Keys that cannot verify RS256 are passed
// over (RFC 7517, section 5), and Passed says why; a set without any other key is
// an error that says so too.
func ParseKeySet(data []byte) (*KeySet, error) {
	if len(data) > maxKeySet {
		return nil, &UnreadError{fmt.Sprintf("the key set is larger than the %d bytes that are read", maxKeySet)}
	}
	members, err := parseBody(bytes.TrimPrefix(data, []byte("\ufeff")), nil) // a parser may pass a byte order mark over (RFC 8259, section 8.1)
	if err != nil {
		return nil, fmt.Errorf("not a key set: %w", err)
	}
	if find(members, "keys").kind != kindArray {
		return nil, errors.New("not a key set: no list \"keys\"")
	}
	set := &KeySet{unfit: map[string]string{}}
	for i, item := range find(members, "keys").items() {
		k, err := parseKey(item.raw)
		if err == nil {
			set.keys = append(set.keys, k)
			continue
		}
		if id := keyID(item.raw); id != "" {
			set.unfit[id] = err.Error()
		}
		if len(set.passed) < maxPassed {
			set.passed = append(set.passed, fmt.Sprintf("key %d: %v", i+1, err))
		}
	}
	if len(set.keys) == 0 {
		return nil, &NoKeyError{Passed: set.passed}
	}
	return set, nil
}

// NoKeyError is the error of a key set of which no key can verify RS256.
type NoKeyError struct{ Passed []string }

// Error says why each key was passed over.
func (e *NoKeyError) Error() string {
	if len(e.Passed) == 0 {
		return "the key set has no key"
	}
	return "the key set has no RSA key for signatures: " + strings.Join(e.Passed, "; ")
}

// UnreadError is the error of a key set of which nothing is known, though something came.
type UnreadError struct{ what string }

// Error says why.
func (e *UnreadError) Error() string { return e.what }

// parseKey reads one key, or says why it cannot verify RS256.
func parseKey(raw []byte) (key, error) {
	var jwk jose.JSONWebKey
	if err := json.Unmarshal(raw, &jwk); err != nil {
		return key{}, errors.New("it is malformed, or of a kind that is not known")
	}
	public, ok := jwk.Key.(*rsa.PublicKey)
	switch {
	case !ok:
		return key{}, errors.New("it is no RSA key")
	case jwk.Use != "" && jwk.Use != "sig":
		return key{}, fmt.Errorf("its use is %s, not sig", quoteText(jwk.Use))
	case jwk.Algorithm != "" && jwk.Algorithm != "RS256":
		return key{}, fmt.Errorf("its algorithm is %s, not RS256", quoteText(jwk.Algorithm))
	case !jwk.Valid() || public.N.Sign() <= 0 || public.E < minExponent || public.E%2 == 0:
		return key{}, errors.New("it is malformed")
	case public.N.BitLen() < minModulus:
		return key{}, fmt.Errorf("its modulus has %d bits, too few to be trusted", public.N.BitLen())
	case public.N.BitLen() > maxModulus:
		return key{}, fmt.Errorf("its modulus has %d bits, more than %d", public.N.BitLen(), maxModulus)
	case public.N.Bit(0) == 0:
		return key{}, errors.New("its modulus is even, so that it is no RSA key")
	}
	return key{jwk.KeyID, public}, nil
}

// keyID reads the kid of a key, whatever else is wrong with it.
func keyID(raw []byte) string {
	var k struct {
		ID string `json:"kid"`
	}
	_ = json.Unmarshal(raw, &k) // a key without one has none
	return k.ID
}

// Passed says which keys were passed over, and why.
func (s *KeySet) Passed() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.passed)
}

// RenewBy makes the set be read again by renew where no key of it verifies a token,
// as after a rotation of the keys, be it under a kid that the set does not hold or
// under the old one: the first time at once, and at most once in every interval of
// the clock from then on. Who meets such a token while the set is being read waits
// for it.
func (s *KeySet) RenewBy(renew func() (*KeySet, error), every time.Duration, now func() time.Time) {
	var mu sync.Mutex
	var last time.Time
	var failed error
	s.renew = func() error {
		mu.Lock()
		defer mu.Unlock()
		if !last.IsZero() && now().Sub(last) < every {
			return failed
		}
		var fresh *KeySet
		fresh, failed = renew()
		last = now()
		if failed != nil {
			return failed
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.keys, s.passed, s.unfit = fresh.keys, fresh.passed, fresh.unfit
		return nil
	}
}

// Len returns the number of keys that can verify RS256.
func (s *KeySet) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.keys)
}

// VerifyJWT checks an access token's RS256 signature against the key set; nil
// means that it verifies (OAUTH-13).
func (s *KeySet) VerifyJWT(token string) error {
	t, err := parseJWT(token)
	if err != nil {
		return err
	}
	return s.verify(t)
}

// verify is VerifyJWT of a token that was parsed. A set that no key verifies it with is
// read again first, where RenewBy said how.
func (s *KeySet) verify(t *JWT) error {
	if t.Algorithm != "RS256" {
		return fmt.Errorf("the algorithm is %s, not RS256", quoteText(t.Algorithm))
	}
	if why := invalidHeader(t.header); why != "" {
		return &headerError{why}
	}
	err := s.try(t)
	if err == nil || s.renew == nil {
		return err
	}
	failed := s.renew()
	if err = s.try(t); errors.Is(err, errNoKey) && failed != nil {
		return &unfitKeyError{fmt.Sprintf("%v, and it could not be read again: %v", err, failed)}
	}
	return err
}

// errNoKey is wrapped by the error of a token whose kid no key of the set has.
var errNoKey = errors.New("the key set has no key with the kid")

// try tries the keys of the token's kid, or all of them where it has none.
func (s *KeySet) try(t *JWT) error {
	s.mu.RLock()
	keys, unfit := s.keys, s.unfit
	s.mu.RUnlock()
	digest := sha256.Sum256([]byte(t.signed))
	tried := 0
	for _, k := range keys {
		if t.KeyID != "" && k.id != "" && k.id != t.KeyID {
			continue
		}
		tried++
		if rsa.VerifyPKCS1v15(k.public, crypto.SHA256, digest[:], t.signature) == nil {
			return nil
		}
	}
	if why, passed := unfit[t.KeyID]; tried == 0 && passed {
		return &unfitKeyError{fmt.Sprintf("the key with the kid %s was passed over: %s", quoteText(t.KeyID), why)}
	}
	if tried == 0 {
		return fmt.Errorf("%w %s", errNoKey, quoteText(t.KeyID))
	}
	return errors.New("the signature verifies with no key of the set")
}

// unfitKeyError is the error of a token whose key the set holds, and that cannot
// be used: nothing is known of its signature.
type unfitKeyError struct{ what string }

// Error says why.
func (e *unfitKeyError) Error() string { return e.what }
