package redact

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// tokenNumber is a token that is like no other.
func tokenNumber(i int) string {
	return fmt.Sprintf("Zq%02dT%02dxW%02dkP%02dvM%02dbN", i, 7*i%97, 11*i%97, 13*i%97, 17*i%97)
}

// Of an answer sixteen tokens are learned of its body, and as many of its header fields;
// what is no token does not count.
func TestLearnsSixteen(t *testing.T) {
	var members, words []string
	cookies := http.Header{}
	for i := range 20 {
		members = append(members, fmt.Sprintf(`{"access_token":"%s","token":"short"}`, tokenNumber(i)))
		cookies.Add("Set-Cookie", "id="+tokenNumber(50+i)+"; Path=/")
		words = append(words, fmt.Sprintf("word%d", i))
	}
	var r Redactor
	cookies.Set("X-Token-Note", strings.Join(words, " "))
	r.Learn(cookies, []byte("["+strings.Join(members, ",")+"]"))
	known := func(from int) (n int) {
		for i := range 20 {
			if s := tokenNumber(from + i); r.String(s) != s {
				n++
			}
		}
		return n
	}
	if body, header := known(0), known(50); body != 16 || header != 16 {
		t.Errorf("%d tokens of the body and %d of the header fields are learned", body, header)
	}
	if s := tokenNumber(15); r.String(s) != Mark {
		t.Errorf("the sixteenth of the body becomes %q", r.String(s))
	}
}

// What may be a token: sixteen bytes to 16 KiB, without blanks, of UTF-8.
func TestLearnBounds(t *testing.T) {
	long := strings.Repeat("Zq7Tx9Wk", 2<<10)
	for s, want := range map[string]bool{
		"Zq7Tx9WkPvMbN31": false, "Zq7Tx9WkPvMbN315": true, long: true, long + "x": false,
		"Zq7Tx9Wk PvMbN3152": false, "Zq7Tx9Wk\tPvMbN3152": false, "Zq7Tx9Wk\nPvMbN3152": false, "Zq7Tx9Wk\rPvMbN3152": false, "Zq7Tx9Wk\xffPvMbN3152": false,
	} {
		if got := new(Redactor).learn(s); got != want {
			t.Errorf("%.20q of %d bytes is learned: %t", s, len(s), got)
		}
	}
}

// A secret that is longer than a word is found by its pieces too: of eleven characters as
// it is, of twenty-three in base64.
func TestPiecesOfLongSecrets(t *testing.T) {
	secret := ""
	for i := range 5 {
		secret += tokenNumber(i)
	}
	var r Redactor
	r.Add(secret)
	if len(secret) <= maxWord {
		t.Fatal(len(secret))
	}
	for at := 0; at+minPiece <= len(secret); at++ {
		if got := r.String("<" + secret[at:at+minPiece] + ">"); got != "<"+Mark+">" {
			t.Errorf("the piece at %d becomes %q", at, got)
		}
	}
	coded := base64.StdEncoding.EncodeToString([]byte(secret))
	for at := 0; at+23 <= len(coded); at++ {
		if got := r.String("<" + coded[at:at+23] + ">"); got != "<"+Mark+">" {
			t.Errorf("the piece of base64 at %d becomes %q", at, got)
		}
	}
	if got := r.String(secret[:minPiece-1]); got != secret[:minPiece-1] && !strings.HasSuffix(got, Mark) {
		t.Errorf("a shorter piece becomes %q", got)
	}
}

// What is like one token for a few characters, and like another from its middle on, is
// a piece of the other.
func TestOverlappingPieces(t *testing.T) {
	var r Redactor
	r.AddToken("abcdefghXYXYXYXYXYXY")
	r.AddToken("efghijklmnopqrstuvwx")
	if got := r.String("abcdefghijklmno."); got != "abcd"+Mark+"." {
		t.Errorf("%q", got)
	}
}

// Tokens are made of letters, digits and what base64, GUIDs and JWTs have.
func TestTokenRune(t *testing.T) {
	for c := range rune(0x180) {
		want := strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=.", c)
		if tokenRune(c) != want {
			t.Errorf("%q is of a token: %t", c, !want)
		}
	}
}

// An escape that the text's end cuts off is none.
func TestEscapesAtTheEnd(t *testing.T) {
	var r Redactor
	r.Add("correct horse")
	for _, end := range []string{`\`, `\x`, `\x4`, `\1`, `\10`, `%`, `%4`, `\u`, `\u004`, `&`, `&#`, `&#x`} {
		if got := r.String("correct%20horse, " + end); got != Mark+", "+end {
			t.Errorf("before %s: %q", end, got)
		}
		if got := r.String("correct%20horse%2C" + end); got != Mark+"%2C"+end {
			t.Errorf("in a run of escapes before %s: %q", end, got)
		}
	}
}

// A date and time is no token, whatever the member is called that holds it.
func TestLearnsNoTimes(t *testing.T) {
	for s, want := range map[string]bool{
		"2027-05-18T11:44:00Z": false, "2027-05-18T11:44:00.123456789+05:30": false, "2027-05-18t11:44:00z": false, "2027-05-18T11:44": false,
		"2027-05-18T11:44:00Z1": true, "12027-05-18T11:44:00Z": true, "2027051811440012345": true,
	} {
		var r Redactor
		r.Learn(nil, []byte(`{"token_until":"`+s+`"}`))
		if text := "until " + s; (r.String(text) != text) != want {
			t.Errorf("%s becomes %q", s, r.String(text))
		}
	}
}
