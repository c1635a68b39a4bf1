package steps

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/unigate/unigate/internal/unifier"
)

// inventedToken is a login token that was never issued, for a user that does not exist.
func inventedToken() string {
	user := base64.StdEncoding.EncodeToString([]byte(`{"username":"` + nobodyName() + `"}`))
	hex := strings.ToUpper(randomHex(32))
	return base64.StdEncoding.EncodeToString([]byte(`{"typ":"DB"}`)) + "." + user + "." +
		strings.Join([]string{hex[:8], hex[8:12], hex[12:16], hex[16:20], hex[20:]}, "-")
}

// signatureEnd is how many characters the end of a signature has: three bytes.
const signatureEnd = 4

// thirdPart is how many characters the third part of a DB token has (LOGIN-04).
const thirdPart = 68

// alterations alter a login token or a JWT, by the words of the scenarios. Each
// gets its three parts.
var alterations = map[string]func(first, body, last string) (string, string, string, error){
	"the token with its last character changed": func(first, body, last string) (string, string, string, error) {
		return first, body, last[:len(last)-1] + otherDigit(last[len(last)-1:]), nil
	},
	"the token with a digit of its GUID changed": func(first, body, last string) (string, string, string, error) {
		return first, body, otherDigit(last[:1]) + last[1:], nil
	},
	"the token without its last character": func(first, body, last string) (string, string, string, error) {
		return first, body, last[:len(last)-1], nil
	},
	"the token and one character more": func(first, body, last string) (string, string, string, error) {
		if len(last) < thirdPart {
			return "", "", "", errors.New("the token's third part is too short, so that one character more may make the right one of it")
		}
		return first, body, last + "0", nil
	},
	"the token in the other case": func(first, body, last string) (string, string, string, error) {
		if strings.ToUpper(last) != last || otherCase(last) == last {
			return "", "", "", errors.New("the token's third part is not in upper case, so that its other case may be the right one")
		}
		return first, body, otherCase(last), nil
	},
	"the token with another user's name": func(first, _, last string) (string, string, string, error) {
		return first, base64.StdEncoding.EncodeToString([]byte(`{"username":"` + nobodyName() + `"}`)), last, nil
	},
	"the token with another first part": func(_, body, last string) (string, string, string, error) {
		return base64.StdEncoding.EncodeToString([]byte(`{"typ":"XX"}`)), body, last, nil
	},
	"the token with a changed signature": func(first, body, last string) (string, string, string, error) {
		return first, body, otherDigit(last[:1]) + last[1:], nil
	},
	"the token with the end of its signature changed": func(first, body, last string) (string, string, string, error) {
		at := max(len(last)-signatureEnd, 0) // the very last character may stand for fewer bits than it has
		return first, body, last[:at] + otherDigit(last[at:at+1]) + last[at+1:], nil
	},
	"the token without the end of its signature": func(first, body, last string) (string, string, string, error) {
		return first, body, last[:max(len(last)-signatureEnd, 0)], nil
	},
	"the token with the algorithm none": func(_, body, _ string) (string, string, string, error) {
		return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)), body, "", nil
	},
	"the token without its signature": func(first, body, _ string) (string, string, string, error) { return first, body, "", nil },
	"the token with a changed claim": func(first, body, last string) (string, string, string, error) {
		claims, err := base64.RawURLEncoding.DecodeString(body)
		if err != nil || !strings.HasPrefix(string(claims), "{") {
			return "", "", "", errors.New("the token's claims cannot be read, so none can be changed")
		}
		return first, base64.RawURLEncoding.EncodeToString([]byte(`{"unigate":true,` + strings.TrimPrefix(string(claims), "{"))), last, nil
	},
}

// callForged calls the resource with an altered copy of the latest token, and then with
// the token itself: what somebody else tried must not end it (LOGIN-21).
func callForged(ctx context.Context, w *World, args []string) error {
	a, err := w.token("")
	if err != nil {
		return err
	}
	forged, err := forge(a.judged.Token, args[0])
	if err != nil {
		return skip("%v", err)
	}
	if err := w.tryWrong(ctx, args[0], a, forged); err != nil {
		return err
	}
	_, _ = w.run.useToken(ctx, a, func(x *unifier.Exchange) { // judged with all uses of the run
		if x.Retried != 0 {
			w.keep(x, nil, false)
		}
	})
	return nil
}

// forge alters a token.
func forge(token, how string) (string, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || len(parts[2]) < 2 {
		return "", errors.New("the token has not three parts, so it cannot be altered in this way")
	}
	first, body, last, err := alterations[how](parts[0], parts[1], parts[2])
	return first + "." + body + "." + last, err
}

// otherDigit returns a character that is another one, and as well a
// hexadecimal digit as one of base64.
func otherDigit(c string) string {
	if c == "A" {
		return "B"
	}
	return "A"
}
