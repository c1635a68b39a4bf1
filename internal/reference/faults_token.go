package reference

import (
	"crypto/md5" //nolint:gosec // for a fault
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/unigate/unigate/internal/unifier"
)

// tokenFaults break the DB token (LOGIN-04, LOGIN-05, LOGIN-18).
var tokenFaults = []fault{
	{"token-no-padding", "The token's base64 has lost its padding.", ids("LOGIN-04"),
		tokens(func(_ *exchange, t string) string { return strings.ReplaceAll(t, "=", "") })},
	{"token-lower-case", "The token's third part is in lower case.", ids("LOGIN-04"),
		thirdPart(func(_ *exchange, third string) string { return strings.ToLower(third) })},
	{"token-no-hyphens", "The token's GUID has no hyphens.", ids("LOGIN-04"),
		thirdPart(func(_ *exchange, third string) string { return strings.ReplaceAll(third, "-", "") })},
	{"token-short-tail", "Only 31 digits follow the token's GUID.", ids("LOGIN-04"),
		thirdPart(func(_ *exchange, third string) string { return third[:len(third)-1] })},
	{"token-guid-only", "Nothing follows the token's GUID.", ids("LOGIN-04"),
		thirdPart(func(_ *exchange, third string) string { return third[:guidLength] })},
	{"token-type-jwt", "The token's first part says that it is a JWT.", ids("LOGIN-04"),
		tokens(func(_ *exchange, t string) string {
			return base64.StdEncoding.EncodeToString([]byte(`{"typ":"JWT"}`)) + t[len(dbTokenType):]
		})},
	{"token-other-user", "The token is another user's.", ids("LOGIN-05"),
		func(s *Service, h *hooks) {
			h.dbToken = func(x *exchange) string { return s.tokenFor(s.other(x.account), x.until, s.serial.Add(1)) }
		}},
	{"token-user-no-prefix", "The token names the user without the prefix $$.", ids("LOGIN-05"),
		naming(func(name string) string { return strings.TrimPrefix(name, unifier.IntegrationPrefix) })},
	{"token-shared", "Every user gets the same token.", ids("LOGIN-05", "LOGIN-18"),
		tokens(func(x *exchange, _ string) string {
			return x.s.order[0].prefix + fixedThirdPart
		})},
	{"token-same-third-part", "The tokens of all users have the same third part.", ids("LOGIN-18"),
		thirdPart(func(*exchange, string) string { return fixedThirdPart })},
	{"token-counts-up", "The token's third part counts up.", ids("LOGIN-18"),
		thirdPart(func(x *exchange, _ string) string {
			return fixedThirdPart[:thirdLength-16] + fmt.Sprintf("%08X", x.account.latest.Load()) + fixedThirdPart[thirdLength-8:]
		})},
	{"token-hash-of-name", "The token's third part is the MD5 of the user's name, twice.", ids("LOGIN-18"),
		thirdPart(func(x *exchange, _ string) string {
			sum := fmt.Sprintf("%X", md5.Sum([]byte(x.account.user.Name))) //nolint:gosec // the fault is that it can be guessed
			return sum[:8] + "-" + sum[8:12] + "-" + sum[12:16] + "-" + sum[16:20] + "-" + sum[20:] + sum
		})},
}

// fixedThirdPart is a third part of the right shape that was never drawn at random.
const fixedThirdPart = "5F0C2A1E-77B3-4C19-9D20-6E8A41C0F3B25D9E13A7C4F0862BD1957AE3608CF24B"

// thirdPart changes the third part of DB tokens.
func thirdPart(f func(x *exchange, third string) string) change {
	return tokens(func(x *exchange, t string) string {
		at := len(t) - thirdLength
		return t[:at] + f(x, t[at:])
	})
}

// naming changes the user name within DB tokens.
func naming(f func(name string) string) change {
	return namingOf(func(x *exchange) string { return f(x.account.user.Name) })
}

// namingOf sets the user name within DB tokens.
func namingOf(f func(x *exchange) string) change {
	return tokens(func(x *exchange, t string) string {
		return dbTokenType + "." + dbTokenUser(f(x)) + t[len(t)-thirdLength-1:]
	})
}
