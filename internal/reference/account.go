package reference

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// account is a user with what the service derives from it and remembers of it.
// Its size does not depend on how many tokens were issued.
type account struct {
	user    unifier.User
	digest  [sha256.Size]byte // of the password
	zone    *time.Location
	label   string
	pattern string
	// prefix is the first two parts of the user's DB tokens with their dots.
	prefix string

	latest atomic.Uint64 // serial of the token issued last
	until  atomic.Int64  // when the token issued last ends, Unix seconds
	wrong  atomic.Int64  // attempts with a wrong password
	// first, used and revoked are serials that faults of the resource remember.
	first, used, revoked atomic.Uint64
	jwt                  atomic.Pointer[string]
	stored               atomic.Pointer[storedToken] // by variants that give a token again
	v2                   atomic.Uint64               // how many V2 tokens were issued
	fetches              atomic.Int64                // how many tokens were issued, where a fault counts them
	spoilt               atomic.Int64                // what faults remember of calls that spoil later ones
	before               atomic.Pointer[reply]       // the answer before, for the scripted repetition
}

// zones keeps the time zones that were loaded once: reading one takes longer than a login.
var zones sync.Map

// loadZone returns a time zone by its IANA name.
func loadZone(name string) (*time.Location, error) {
	if zone, ok := zones.Load(name); ok {
		return zone.(*time.Location), nil
	}
	zone, err := unifier.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("time zone: %w", err)
	}
	zones.Store(name, zone)
	return zone, nil
}

// dbTokenType is the first part of a DB token (LOGIN-04), padding kept.
var dbTokenType = base64.StdEncoding.EncodeToString([]byte(`{"typ":"DB"}`))

// newAccount derives an account from a user.
func newAccount(u unifier.User) (*account, error) {
	a := &account{user: u, digest: sha256.Sum256([]byte(u.Password.Reveal())), pattern: unifier.DateFormats[0].Pattern}
	if u.DateFormat != nil {
		a.pattern = u.DateFormat.Pattern
	}
	name := u.Zone
	if name == "" {
		name = "Etc/UTC"
	}
	var err error
	if a.zone, err = loadZone(name); err != nil {
		return nil, err
	}
	a.label = zoneLabel(name, a.zone)
	a.prefix = dbTokenType + "." + dbTokenUser(u.Name) + "."
	return a, nil
}

// dbTokenUser is the second part of a user's DB tokens (LOGIN-05).
func dbTokenUser(name string) string {
	return base64.StdEncoding.EncodeToString(encode(object{{"username", name}}))
}

// nobody stands in for an unknown user, so that its password takes as long to check.
var nobody = &account{}

// passwordMatches compares a given password with the account's in constant time.
func passwordMatches(_ *exchange, a *account, given string) bool {
	digest := sha256.Sum256([]byte(given))
	return subtle.ConstantTimeCompare(digest[:], a.digest[:]) == 1
}
