// Package unifier is the vocabulary of Oracle Primavera Unifier's token
// services: paths, users, durations, date formats and time zones, and the HTTP
// client that talks to them. It decides nothing about right or wrong answers.
package unifier

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ExpiryParameter is the query parameter that asks for a validity: in seconds
// at the OAuth service, in the user's unit at the login service.
const ExpiryParameter = "expiry"

// The smallest and the largest duration that a Basic user can have, in the user's unit (LOGIN-08).
const (
	MinExpiry = 1
	MaxExpiry = 500
)

// IntegrationPrefix is how names of integration users begin.
const IntegrationPrefix = "$$"

// Messages of the documentation's status tables.
const (
	MessageInvalidExpiry = "Invalid expiry"
	MessageEmptyAuth     = "Empty or invalid Authorization header"
	MessageInvalidAuth   = "Invalid Authorization header"
)

// UserType is the kind of an integration user.
type UserType string

// The kinds of integration users.
const (
	Basic     UserType = "basic"
	OAuthType UserType = "oauth"
	// Ordinary is a Unifier user that is no integration user: it gets no token (LOGIN-23).
	Ordinary UserType = "ordinary"
)

// Status is whether an integration user may log in.
type Status string

// The states of an integration user.
const (
	Active   Status = "active"
	Inactive Status = "inactive"
)

// Unit is the unit of a user's expiry duration.
type Unit string

// The units of an expiry duration.
const (
	Minutes Unit = "minutes"
	Hours   Unit = "hours"
	Days    Unit = "days"
)

// Length returns the unit's length; a day counts as 24 hours.
func (u Unit) Length() time.Duration {
	switch u {
	case Minutes:
		return time.Minute
	case Hours:
		return time.Hour
	default:
		return 24 * time.Hour
	}
}

// Expiry is a duration as it is set for a user. The zero value means that it
// was never changed, so that the default holds.
type Expiry struct {
	N    int
	Unit Unit
}

// DefaultExpiry is the validity of a token of a user whose duration was never changed (LOGIN-06).
var DefaultExpiry = Expiry{N: 180, Unit: Days}

// IsZero reports whether the duration was never changed.
func (e Expiry) IsZero() bool { return e == Expiry{} }

// String returns for example "10 minutes" or "1 day".
func (e Expiry) String() string {
	if e.IsZero() {
		return "default"
	}
	unit := string(e.Unit)
	if e.N == 1 {
		unit = strings.TrimSuffix(unit, "s")
	}
	return strconv.Itoa(e.N) + " " + unit
}

// ParseExpiry reads a number and minute(s), hour(s) or day(s), such as "10 minutes".
func ParseExpiry(s string) (Expiry, error) {
	fields := strings.Fields(s)
	if len(fields) != 2 {
		return Expiry{}, fmt.Errorf("a duration is a number and a unit, such as \"10 minutes\", not %q", s)
	}
	n, err := strconv.Atoi(fields[0])
	if err != nil {
		return Expiry{}, fmt.Errorf("the number of a duration is a whole number, not %q", fields[0])
	}
	switch strings.ToLower(fields[1]) {
	case "minute", "minutes":
		return Expiry{n, Minutes}, nil
	case "hour", "hours":
		return Expiry{n, Hours}, nil
	case "day", "days":
		return Expiry{n, Days}, nil
	}
	return Expiry{}, fmt.Errorf("the unit of a duration is minutes, hours or days, not %q", fields[1])
}

// Secret is text that must reach no output. It prints as "[redacted]".
type Secret string

// String hides the secret.
func (Secret) String() string { return "[redacted]" }

// GoString hides the secret from %#v.
func (Secret) GoString() string { return "[redacted]" }

// MarshalText hides the secret from encoders.
func (Secret) MarshalText() ([]byte, error) { return []byte("[redacted]"), nil }

// Reveal returns the secret itself, for building a request.
func (s Secret) Reveal() string { return string(s) }

// User is an integration user as the administrator set it up.
type User struct {
	Name     string
	Password Secret
	Type     UserType
	Status   Status
	// Expiry is zero for a Basic user whose duration was never changed.
	Expiry Expiry
	// DateFormat is nil where it is not known.
	DateFormat *DateFormat
	// Zone is the IANA name of the user's time zone, empty where it is not known.
	Zone string
	// Language is the user's language as an ISO 639 code; empty is English.
	Language string
}
