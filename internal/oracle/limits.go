package oracle

import "time"

// The constants that decide verdicts, readings and what compare tells apart. The tests
// hold each of them from both of its sides. The lengths of what is written in one way
// only, such as a GUID or hh:mm AM, stand with what parses it.
const (
	// DefaultMaxSkew is the largest difference of the server's clock from ours
	// that is tolerated where an Expectation names none.
	DefaultMaxSkew = 2 * time.Minute
	// MinSeconds is the shortest expiry that the OAuth service is held to, in
	// seconds: identity domains bound lifetimes, so what becomes of a shorter one, or
	// of one above the default, is observed only (A13).
	MinSeconds = 60

	// tolerance is by how much expiryTime may be off, in seconds: it has minutes
	// only, cut off or rounded (A10).
	tolerance = 60
	// NearMissSeconds is by how much more it may be off, in seconds, for the target's clock to
	// be asked for again: one that is so much behind, and that no Date header shows, makes it
	// so at the turn of the minute.
	NearMissSeconds = 10
	// secondsTolerance is by how much expires_in may differ from the duration and from
	// exp − iat, in seconds: each is cut off or rounded by itself (V2AUTH-04, OAUTH-08).
	secondsTolerance = 1
	// cutOff is how much later than it says a time in whole seconds may be, in seconds:
	// an iat, or a Date header (RFC 7519, section 2; RFC 9110, section 5.6.7).
	cutOff = 1
	// goneBelow and goneAbove are by how much less and more than measured may be gone of
	// the validity of a token that came before, in seconds (A11): what is measured is cut
	// off, and so may be what the service says, or be rounded.
	goneBelow = 1
	goneAbove = 2
	// shownStep is how far apart two calls must be for an end that has minutes to tell
	// that it stayed (A10, A11).
	shownStep = time.Minute
	// maxSeconds bounds a legible validity, in seconds: a thousand years.
	maxSeconds = 1000 * 366 * 86400
	// maxExact is up to which size a number in another form than digits alone is exact,
	// as in a double (RFC 8259, section 6).
	maxExact = 1 << 53
)

// The bounds of dates and zones.
const (
	// century is the year that a year of two digits is counted from (LOGIN-10).
	century = 2000
	// westmost and eastmost are the offsets from UTC that zones have, in seconds, and
	// offsetStep what lies between two of them (LOGIN-12).
	westmost   = -12 * 3600
	eastmost   = 14 * 3600
	offsetStep = 900
	// daylightSaving is by how much it moves clocks, in seconds.
	daylightSaving = 3600
	// farApart is how far from a local time, taken for UTC, its zone's offsets before and
	// after a change of the clocks are looked up, in seconds: beyond any offset, and
	// nearer than two changes are to each other.
	farApart = 26 * 3600
	// monthsApart is by how many days an expiry may lie in another month, by any zone and
	// any reading of a day (A9).
	monthsApart = 2
	// Two zones are compared from hindsight before now up to the horizon, which is
	// further than 500 days (LOGIN-08), at every zoneStep; an offset is looked for at
	// every offsetEvery.
	hindsight   = 24 * time.Hour
	horizon     = 2 * 366 * 24 * time.Hour
	zoneStep    = time.Hour
	offsetEvery = 24 * time.Hour
	// maxMonthName bounds the length of a month's name in any language, and maxLabel
	// that of a zone's label, in bytes.
	maxMonthName = 32
	maxLabel     = 200
)

// The bounds of tokens, keys and what else is read.
const (
	// maxToken bounds the length of a token that is parsed, and maxKeySet that of a key
	// set, in bytes; maxDepth bounds the nesting of arrays and objects in a reply.
	maxToken  = 16 << 10
	maxKeySet = 1 << 20
	maxDepth  = 64
	// minModulus and maxModulus bound an RSA key's size in bits. RS256 needs 2048 or more
	// (RFC 7518, section 3.3); identity domains with 1024 exist still, and what is shorter
	// Go refuses to verify with. Verification costs the square of the size.
	minModulus = 1024
	maxModulus = 16384
	// minExponent is the smallest public exponent (RFC 8017, section 3.1).
	minExponent = 3
	// maxGuesses is the number of candidates, as a power of two, up to which a
	// token counts as guessable from another one (LOGIN-18).
	maxGuesses = 32
	// minTokenPart is how many characters follow the first three, eyJ, of a part of what
	// counts as a token wherever it stands, and minCredentials how many a scheme of
	// credentials.
	minTokenPart   = 5
	minCredentials = 6
	// minEcho is the shortest password that is looked for by itself, in bytes: a
	// shorter one occurs in a reply by chance (SEC-04).
	minEcho = 6
	// maxColumns is how long a list of columns may be by which SQL is recognised (SEC-07).
	maxColumns = 400

	// maxSegment and maxSegments bound the parts of an endpoint's path, maxHeaderName what
	// follows x-unifier- in the name of a header that an answer asks later calls to
	// carry, maxHeaderValue its value, all in bytes, and maxHeaders their number (V2AUTH-12).
	maxSegment     = 64
	maxSegments    = 4
	maxHeaderName  = 63
	maxHeaderValue = 512
	maxHeaders     = 8
)

// The bounds of what compare is told.
const (
	// endTolerance is how far expires_in may be from the end that the dates of the same
	// answer show: they have minutes, and the clocks may differ.
	endTolerance = 5 * time.Minute
	// validityStep is to what a wrong validity is rounded, so that it is one in every run.
	validityStep = 15 * time.Minute
	// maxShape bounds how deep a shape is described.
	maxShape = 4
)

// columns are usual sizes of database columns that hold a token, in characters: compare
// tells when a token grows beyond one.
var columns = []int{100, 255, 4000}
