package oracle

import (
	"bytes"
	"crypto/md5" //nolint:gosec // to find tokens that are mere hashes of a name, not to hash anything
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// JudgeTokensOfTwoUsers judges two tokens that two different users got from a
// service: they must differ, and DB tokens by more than can be guessed (LOGIN-18,
// the first half of OAUTH-12).
func JudgeTokensOfTwoUsers(who Asked, first, second string) Judgement {
	j := who.judgement()
	if who.token() == unifier.JWT {
		judgeReissue(&j, unifier.RuleTwoUsers, first, second)
		return j
	}
	if first == second {
		j.find(unifier.RuleTwoUsers, "shared_token", "two users get different tokens", "the same token", describeToken(first))
		return j
	}
	judgeGuessable(&j, unifier.RuleTwoUsers, first, second, "another user's token")
	return j
}

// token is the kind of tokens of who asked.
func (a Asked) token() unifier.TokenKind { return tokenKind(a.Service, a.User) }

// JudgeReissue judges two tokens that one user got one after the other. JWTs must
// differ, and so must their jti (OAUTH-12). DB tokens may be the same one (A11, see
// AgainReading); a new one must not be guessable from the old one (LOGIN-18).
func JudgeReissue(who Asked, first, second string) Judgement {
	j := who.judgement()
	switch {
	case who.token() == unifier.JWT:
		judgeReissue(&j, unifier.RuleDistinct, first, second)
	case first != second:
		judgeGuessable(&j, unifier.RuleDistinct, first, second, "the user's previous token")
	}
	return j
}

// AgainReading tells how the same call of one user was answered again (A11):
// with a new token, with the same one prolonged, or with the same one whose end
// is unchanged. apart is the least time between the two calls: as a DB token's
// end has minutes only (A10), an end that stays is told from one that moved
// after a minute.
func AgainReading(first, second Judgement, apart time.Duration) Reading {
	text := "fetching again returns the same token"
	switch {
	case first.Token != second.Token:
		text = "fetching again returns a new token"
	case first.Expires.IsZero() || second.Expires.IsZero():
	case !first.Expires.Equal(second.Expires):
		text += ", prolonged"
	case apart > shownStep || first.TokenID != "":
		text += ", its end unchanged"
	}
	return Reading{"A11", text}
}

// judgeReissue is OAUTH-12.
func judgeReissue(j *Judgement, rule unifier.Rule, first, second string) {
	if first == second {
		j.find(rule, "repeated_token", "a token of its own on every issue", "the same token again", describeToken(first))
	}
	a, errA := parseJWT(first)
	b, errB := parseJWT(second)
	if errA == nil && errB == nil && a.ID != "" && a.ID == b.ID {
		j.find(rule, "repeated_jti", "a jti of its own on every issue", "the same jti again", "")
	}
}

// judgeGuessable adds a finding where the second token's random part follows
// from the first's. Only what two tokens prove is judged: a part that is the
// same, that differs in so few digits or is so near as a number that fewer than
// 2^32 candidates remain, or that is a plain hash of the user's name. A part
// that merely looks regular is no proof, and passes. same is the rule that is broken where
// the random parts are one: between two users that is the same token but for a name.
func judgeGuessable(j *Judgement, same unifier.Rule, first, second, from string) {
	a, errA := ParseDBToken(first)
	b, errB := ParseDBToken(second)
	if errA != nil || errB != nil {
		return // LOGIN-04
	}
	x, y := digits(a), digits(b)
	differing := 0
	for i := range x {
		if x[i] != y[i] {
			differing++
		}
	}
	expected := "a third part that does not follow from " + from
	switch {
	case differing == 0:
		j.find(same, "guessable_token", expected, "the same third part", "")
	case differing*digitBits <= maxGuesses:
		j.find(unifier.RuleDistinct, "guessable_token", expected,
			fmt.Sprintf("third parts that differ in %d of %d hexadecimal digits", differing, len(x)), "")
	case near(x, y):
		j.find(unifier.RuleDistinct, "guessable_token", expected, "third parts that count up", "")
	case hashOf(b) || hashOf(a):
		j.find(unifier.RuleDistinct, "guessable_token", expected, "a third part that is a plain hash of the user's name", "")
	}
}

// digits returns the 64 hexadecimal digits of a token's third part.
func digits(t DBToken) string { return strings.ReplaceAll(t.GUID, "-", "") + t.Tail }

// near reports whether two numbers in hexadecimal, or their halves both, are less than 2^32 apart in all.
func near(x, y string) bool {
	half := len(x) / 2
	return distance(x, y) <= maxGuesses || distance(x[:half], y[:half])+distance(x[half:], y[half:]) <= maxGuesses
}

// digitBits is how many bits a hexadecimal digit has, wordDigits how many of them 64 bits have.
const (
	digitBits  = 4
	wordDigits = 16
)

// distance is the length in bits of the difference of two hexadecimal numbers in
// capitals that have as many digits, a multiple of sixteen.
func distance(x, y string) int {
	if x < y {
		x, y = y, x
	}
	length, borrow := 0, uint64(0)
	for end := len(x); end > 0; end -= wordDigits {
		a, _ := strconv.ParseUint(x[end-wordDigits:end], 16, 64)
		b, _ := strconv.ParseUint(y[end-wordDigits:end], 16, 64)
		var d uint64
		if d, borrow = bits.Sub64(a, b, borrow); d != 0 {
			length = digitBits*(len(x)-end) + bits.Len64(d)
		}
	}
	return length
}

// hashOf reports whether the whole third part is a plain hash of the user's name.
func hashOf(t DBToken) bool {
	name := []byte(t.Username)
	third, err := hex.DecodeString(digits(t))
	if err != nil {
		return false
	}
	short, long := md5.Sum(name), sha256.Sum256(name) //nolint:gosec // see above
	return bytes.Equal(third, append(short[:], short[:]...)) || bytes.Equal(third, long[:])
}
