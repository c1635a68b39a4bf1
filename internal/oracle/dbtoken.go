package oracle

import (
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"
)

// DBToken is what a V1 login token says (LOGIN-04, LOGIN-05). It is not a JWT.
type DBToken struct {
	// Username is the member of the token's second part.
	Username string
	// GUID is the upper-case GUID at the start of the third part, Tail the 32
	// hexadecimal digits that follow it directly. Both are secrets.
	GUID string
	Tail string
}

// Lengths within the third part of a DB token, in bytes.
const (
	guidLength  = 36
	tailLength  = 32
	thirdLength = guidLength + tailLength
)

// ParseDBToken reads a V1 login token: standard base64 with padding of
// {"typ":"DB"}, the same of {"username":…}, and an upper-case GUID directly
// followed by 32 upper-case hexadecimal digits, joined by full stops. The error
// describes what is wrong without quoting the token.
func ParseDBToken(token string) (DBToken, error) {
	if len(token) > maxToken {
		return DBToken{}, fmt.Errorf("a token of %d bytes", len(token))
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return DBToken{}, fmt.Errorf("%d parts joined by full stops, not 3", len(parts))
	}
	typ, err := tokenMember(parts[0], "first", "typ")
	if err != nil {
		return DBToken{}, err
	}
	if typ != "DB" {
		return DBToken{}, fmt.Errorf("the first part's typ is %s, not \"DB\"", quoteText(typ))
	}
	user, err := tokenMember(parts[1], "second", "username")
	if err != nil {
		return DBToken{}, err
	}
	if err := checkThird(parts[2]); err != nil {
		return DBToken{}, err
	}
	return DBToken{Username: user, GUID: parts[2][:guidLength], Tail: parts[2][guidLength:]}, nil
}

// tokenMember decodes a part of a DB token: an object with just one member.
func tokenMember(part, which, name string) (string, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(part)
	if err != nil || strings.ContainsAny(part, "\r\n") {
		return "", fmt.Errorf("the %s part is %s", which, whyNotBase64(part))
	}
	members, err := parseBody(raw, nil)
	if err != nil {
		return "", fmt.Errorf("the %s part is no JSON object", which)
	}
	text, ok := find(members, name).text()
	if !ok {
		return "", fmt.Errorf("the %s part has no string member %q", which, name)
	}
	if len(members) != 1 {
		return "", fmt.Errorf("the %s part has %d members, not just %q", which, len(members), name)
	}
	return text, nil
}

// whyNotBase64 says why text is not standard base64 with padding.
func whyNotBase64(s string) string {
	bare := strings.TrimRight(s, "=")
	if _, err := base64.RawStdEncoding.DecodeString(bare); err == nil && len(s)%4 != 0 {
		return fmt.Sprintf("base64 without its padding (%d bytes)", len(s))
	}
	if strings.ContainsAny(s, "-_") {
		return "base64 in the URL-safe alphabet"
	}
	return fmt.Sprintf("not standard base64 (%d bytes)", len(s))
}

// checkThird checks a DB token's third part.
func checkThird(s string) error {
	if len(s) != thirdLength {
		return fmt.Errorf("the third part has %d characters, not %d", len(s), thirdLength)
	}
	for i := 0; i < guidLength; i++ {
		switch i {
		case 8, 13, 18, 23:
			if s[i] != '-' {
				return fmt.Errorf("the third part has no hyphen at character %d", i+1)
			}
		default:
			if !isUpperHex(s[i]) {
				return notHex(s[i], i)
			}
		}
	}
	for i := guidLength; i < thirdLength; i++ {
		if !isUpperHex(s[i]) {
			return notHex(s[i], i)
		}
	}
	return nil
}

// notHex says where the third part has a character that it must not have.
func notHex(c byte, i int) error {
	what := "no hexadecimal digit"
	if isHex(c) {
		what = "a lower-case hexadecimal digit"
	}
	return fmt.Errorf("the third part has %s at character %d", what, i+1)
}

// describeToken tells a token's shape without quoting it.
func describeToken(token string) string {
	if token == "" {
		return "an empty token"
	}
	parts := strings.Split(token, ".")
	if len(parts) > 5 {
		return fmt.Sprintf("a token of %d bytes in %d parts", len(token), len(parts))
	}
	lengths := make([]string, len(parts))
	for i, p := range parts {
		lengths[i] = fmt.Sprint(len(p))
	}
	kind := ""
	if !utf8.ValidString(token) {
		kind = ", not UTF-8"
	}
	return fmt.Sprintf("a token of %d bytes (parts of %s%s)", len(token), strings.Join(lengths, ", "), kind)
}
