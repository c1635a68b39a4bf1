package oracle

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// A rotation of the keys makes the set be read again, and tokens with kids that
// nobody knows do so once in an interval only.
func TestUnknownKeysAreLookedUpAtABoundedRate(t *testing.T) {
	now := issue
	reads := 0
	published := "k1"
	set, err := ParseKeySet([]byte(jwks(published)))
	if err != nil {
		t.Fatal(err)
	}
	var broken error
	set.RenewBy(func() (*KeySet, error) {
		reads++
		if broken != nil {
			return nil, broken
		}
		return ParseKeySet([]byte(jwks(published)))
	}, 30*time.Second, func() time.Time { return now })
	verify := func(kid string) error {
		return set.VerifyJWT(signJWT(`{"alg":"RS256","kid":"`+kid+`"}`, claimsOf(nil)))
	}

	published = "k2"
	if err := verify("k2"); err != nil || reads != 1 {
		t.Errorf("after a rotation: %v, read %d times", err, reads)
	}
	for range 1000 {
		if err := verify("nobody's"); err == nil {
			t.Fatal("a token of an unknown key verifies")
		}
	}
	if reads != 1 {
		t.Errorf("1000 tokens with an unknown kid made the set be read %d times", reads)
	}
	now = now.Add(30*time.Second - time.Nanosecond)
	if verify("nobody's") == nil || reads != 1 {
		t.Errorf("read %d times within the interval", reads)
	}
	now = now.Add(time.Nanosecond)
	broken = errors.New("503")
	var unfit *unfitKeyError
	for range 2 { // a set that cannot be read says nothing about its keys
		if err := verify("nobody's"); !errors.As(err, &unfit) || !strings.Contains(err.Error(), "503") || reads != 2 {
			t.Errorf("%v, read %d times", err, reads)
		}
	}
	if err := verify("k2"); err != nil {
		t.Errorf("a failed look took the keys away: %v", err)
	}
	if verify("nobody's") == nil || reads != 2 {
		t.Errorf("a failed look is repeated at once: read %d times", reads)
	}
	now, broken = now.Add(30*time.Second), nil
	if err := verify("nobody's"); err == nil || errors.As(err, &unfit) || reads != 3 {
		t.Errorf("a set that was read again has no such key: %v, read %d times", err, reads)
	}
}

// Some identity domains rotate their keys under one kid.
func TestRotationUnderOneKid(t *testing.T) {
	old, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	before := fmt.Sprintf(`{"keys":[{"kty":"RSA","kid":"k1","e":"AQAB","n":%q}]}`, base64.RawURLEncoding.EncodeToString(old.N.Bytes()))
	for _, c := range []struct {
		name, published string
		err             error
		ok              bool
	}{{"rotated", jwks("k1"), nil, true}, {"not rotated", before, nil, false}, {"not read", "", errors.New("503"), false}} {
		set, err := ParseKeySet([]byte(before))
		if err != nil {
			t.Fatal(err)
		}
		reads := 0
		set.RenewBy(func() (*KeySet, error) {
			if reads++; c.err != nil {
				return nil, c.err
			}
			return ParseKeySet([]byte(c.published))
		}, time.Hour, func() time.Time { return issue })
		for range 3 {
			err = set.VerifyJWT(signJWT(`{"alg":"RS256","kid":"k1"}`, claimsOf(nil)))
			var unfit *unfitKeyError
			if (err == nil) != c.ok || errors.As(err, &unfit) || reads != 1 {
				t.Errorf("%s: %v, read %d times", c.name, err, reads)
			}
		}
	}
}

// What is no fault of the document, or nothing that a key could be misread by, is told apart.
func TestKeySetsWithoutAKey(t *testing.T) {
	var none *NoKeyError
	var unread *UnreadError
	if _, err := ParseKeySet([]byte(`{"keys":[]}`)); !errors.As(err, &none) {
		t.Error(err)
	}
	if _, err := ParseKeySet([]byte(`{"keys":[` + strings.Repeat(" ", 1<<20) + `]}`)); !errors.As(err, &unread) {
		t.Error(err)
	}
	if _, err := ParseKeySet([]byte("\ufeff" + jwks("k1"))); err != nil {
		t.Error(err)
	}
}

// Whoever meets a new key while the set is being read again waits for it, and takes
// no token for a wrong one meanwhile.
func TestTokensOfARotationAllVerify(t *testing.T) {
	set, err := ParseKeySet([]byte(jwks("k1")))
	if err != nil {
		t.Fatal(err)
	}
	reads := 0
	set.RenewBy(func() (*KeySet, error) {
		reads++
		return ParseKeySet([]byte(jwks("k2")))
	}, time.Hour, func() time.Time { return issue })
	token := signJWT(`{"alg":"RS256","kid":"k2"}`, claimsOf(nil))
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if err := set.VerifyJWT(token); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if reads != 1 {
		t.Errorf("the set was read %d times", reads)
	}
}

// A set with one usable key says of the others why they are none.
func TestPassedKeysSayWhy(t *testing.T) {
	good := strings.TrimSuffix(strings.SplitN(jwks("k1"), `{"kty":"RSA"`, 2)[1], "]}")
	set, err := ParseKeySet([]byte(`{"keys":[
		{"kty":"oct","k":"aGVsbG8","kid":"a"},
		{"kty":"RSA"` + strings.Replace(good, `"sig"`, `"enc"`, 1) + `,
		{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"short"},
		{"kty":"RSA"` + good + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(set.Passed(), "\n")
	for _, want := range []string{"key 1: it is no RSA key", "key 2: its use is \"enc\", not sig", "key 3: "} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in %q", want, got)
		}
	}
	if set.Len() != 1 || len(set.Passed()) != 3 {
		t.Errorf("%d keys, passed over %q", set.Len(), got)
	}
}
