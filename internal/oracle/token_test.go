package oracle

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// TestSampleToken pins the parser to the documentation's form of a token.
func TestSampleToken(t *testing.T) {
	const sample = "eyJ0eXAiOiJEQiJ9.eyJ1c2VybmFtZSI6IiQkdW5pZ2F0ZSJ9.0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F90123456789ABCDEF0123456789ABCDEF"
	got, err := ParseDBToken(sample)
	if err != nil {
		t.Fatal(err)
	}
	if want := (DBToken{"$$unigate", "0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9", "0123456789ABCDEF0123456789ABCDEF"}); got != want {
		t.Errorf("%+v", got)
	}
	if sample != dbToken("$$unigate") {
		t.Error("the tests write another token")
	}
}

func TestMalformedDBTokens(t *testing.T) {
	std := base64.StdEncoding.EncodeToString
	typ, user := std([]byte(`{"typ":"DB"}`)), std([]byte(`{"username":"$$unigate1"}`))
	if !strings.HasSuffix(user, "=") {
		t.Fatal("a user is needed whose part has padding")
	}
	for token, want := range map[string]string{
		"":                                   "1 parts",
		typ + "." + user:                     "2 parts",
		typ + "." + user + "..":              "4 parts",
		"." + user + "." + third:             "the first part is no JSON object",
		typ + ".." + third:                   "the second part is no JSON object",
		typ + "." + user + ".":               "the third part has 0 characters",
		typ + "." + user + "." + third + "0": "the third part has 69 characters",
		typ + "." + user + "." + strings.Replace(third, "-", "0", 1):         "no hyphen at character 9",
		typ + "." + user + "." + strings.Replace(third, "A", "a", 1):         "a lower-case hexadecimal digit at character 2",
		typ + "." + user + "." + strings.Replace(third, "A", "G", 1):         "no hexadecimal digit at character 2",
		typ + "." + user + "." + third[:67] + "g":                            "no hexadecimal digit at character 68",
		typ + "." + strings.TrimRight(user, "=") + "." + third:               "base64 without its padding",
		typ + "." + std([]byte(`{"username":"a?>"}`))[:20] + "-_==." + third: "URL-safe alphabet",
		typ + ".!!!!." + third:                                            "not standard base64",
		typ[:8] + "\n" + typ[8:] + "." + user + "." + third:               "the first part is",
		std([]byte(`{"typ":"JWT"}`)) + "." + user + "." + third:           `typ is "JWT"`,
		std([]byte(`{"typ":1}`)) + "." + user + "." + third:               "no string member \"typ\"",
		std([]byte(`{"TYP":"DB"}`)) + "." + user + "." + third:            "no string member \"typ\"",
		std([]byte(`{"typ":"DB","x":1}`)) + "." + user + "." + third:      "2 members",
		std([]byte(`{"typ":"DB","typ":"DB"}`)) + "." + user + "." + third: "no JSON object",
		typ + "." + std([]byte(`{"user":"x"}`)) + "." + third:             "no string member \"username\"",
		strings.Repeat("a", maxToken+1):                                   "a token of 16385 bytes",
	} {
		_, err := ParseDBToken(token)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", token, err, want)
		}
		if d := describeToken(token); strings.Contains(d, third[:8]) {
			t.Error(d)
		}
	}
	for token, want := range map[string]string{
		"": "an empty token", "a.b\xff": "a token of 4 bytes (parts of 1, 2, not UTF-8)", "1.2.3.4.5.6": "a token of 11 bytes in 6 parts",
	} {
		if got := describeToken(token); got != want {
			t.Errorf("%q: %q", token, got)
		}
	}
	// Blanks inside the JSON are no fault, and the name may have escapes.
	spaced := std([]byte(`{ "typ" : "DB" }`)) + "." + std([]byte(`{"username":"\u0024$unigate"}`)) + "." + third
	if got, err := ParseDBToken(spaced); err != nil || got.Username != "$$unigate" {
		t.Error(got, err)
	}
}

// withThird writes a token of a user with another third part.
func withThird(user, digits string) string {
	guid := digits[:8] + "-" + digits[8:12] + "-" + digits[12:16] + "-" + digits[16:20] + "-" + digits[20:32]
	return strings.TrimSuffix(dbToken(user), third) + guid + digits[32:]
}

func TestTokensOfTwoUsers(t *testing.T) {
	plain := strings.ReplaceAll(third, "-", "")
	random := "F3C2A1908B7D6E5F4A3B2C1D0E9F8A7B6C5D4E3F2A1B0C9D8E7F6A5B4C3D2E1F"
	md := strings.ToUpper(fmt.Sprintf("%x", md5.Sum([]byte("$$b"))))
	for _, tt := range []struct{ name, first, second, want string }{
		{"random", dbToken("$$a"), withThird("$$b", random), ""},
		{"sequential GUID, random rest", dbToken("$$a"), withThird("$$b", plain[:31]+"F"+random[32:]), ""},
		{"random GUID, same rest", dbToken("$$a"), withThird("$$b", random[:32]+plain[32:]), ""},
		{"the same", dbToken("$$a"), dbToken("$$a"), "LOGIN-18 shared_token"},
		{"the same third part", dbToken("$$a"), dbToken("$$b"), "LOGIN-18 guessable_token"},
		{"a counter", dbToken("$$a"), withThird("$$b", plain[:63]+"E"), "LOGIN-18 guessable_token"},
		{"a counter that carries", withThird("$$a", plain[:40]+strings.Repeat("F", 24)), withThird("$$b", plain[:39]+"8"+strings.Repeat("0", 24)), "LOGIN-18 guessable_token"},
		{"a few digits", dbToken("$$a"), withThird("$$b", "FFFF"+plain[4:60]+"0000"), "LOGIN-18 guessable_token"},
		{"MD5 of the name", dbToken("$$a"), withThird("$$b", md+md), "LOGIN-18 guessable_token"},
		{"MD5 as the rest only", dbToken("$$a"), withThird("$$b", random[:32]+md), ""},
		{"SHA-256 of the name", dbToken("$$a"), withThird("$$b", fmt.Sprintf("%X", sha256.Sum256([]byte("$$b")))), "LOGIN-18 guessable_token"},
		{"malformed", dbToken("$$a"), "x", ""},
	} {
		j := JudgeTokensOfTwoUsers(of(unifier.Login), tt.first, tt.second)
		if kinds(j) != tt.want {
			t.Errorf("%s: %v", tt.name, j.Findings)
		}
	}
}

// A V2 token with another's third part is that token under another name (V2AUTH-21); of
// what can be guessed the documentation of V2 says nothing.
func TestThirdPartsOfTwoUsersAtV2(t *testing.T) {
	plain := strings.ReplaceAll(third, "-", "")
	for second, want := range map[string]string{dbToken("$$b"): "V2AUTH-21 guessable_token", withThird("$$b", plain[:63]+"E"): ""} {
		if j := JudgeTokensOfTwoUsers(of(unifier.V2Auth), dbToken("$$a"), second); kinds(j) != want {
			t.Errorf("%q, want %q", kinds(j), want)
		}
	}
}

func TestReissue(t *testing.T) {
	a := rightJWT()
	b := signJWT(rightHeader, claimsOf(map[string]any{"jti": "9"}))
	c := signJWT(rightHeader, claimsOf(map[string]any{"iat": issue.Unix() + 1}))
	for name, tt := range map[string]struct {
		service       unifier.Service
		first, second string
		want          string
		readings      string
	}{
		"new":            {unifier.OAuth, a, b, "", "[]"},
		"same":           {unifier.OAuth, a, a, "OAUTH-12 repeated_token, OAUTH-12 repeated_jti", "[]"},
		"same jti":       {unifier.OAuth, a, c, "OAUTH-12 repeated_jti", "[]"},
		"not JWTs":       {unifier.OAuth, "x", "y", "", "[]"},
		"prolonged":      {unifier.Login, dbToken("$$a"), dbToken("$$a"), "", "[]"},
		"new login":      {unifier.Login, dbToken("$$a"), withThird("$$a", strings.Repeat("0F", 32)), "", "[]"},
		"counting login": {unifier.Login, dbToken("$$a"), withThird("$$a", strings.ReplaceAll(third, "-", "")[:63]+"8"), "LOGIN-18 guessable_token", "[]"},
	} {
		if j := JudgeReissue(of(tt.service), tt.first, tt.second); kinds(j) != tt.want || fmt.Sprint(j.Readings) != tt.readings {
			t.Errorf("%s: %v %v", name, j.Findings, j.Readings)
		}
	}
	if j := JudgeTokensOfTwoUsers(of(unifier.OAuth), a, a); j.OK() {
		t.Error("one JWT for two users passes")
	}
}

func TestAgain(t *testing.T) {
	a := Judgement{Token: "a", Expires: issue.Add(time.Hour)}
	later := Judgement{Token: "a", Expires: issue.Add(time.Hour + time.Minute)}
	for _, tt := range []struct {
		second Judgement
		apart  time.Duration
		want   string
	}{
		{Judgement{Token: "b", Expires: a.Expires}, 0, "fetching again returns a new token"},
		{later, time.Second, "fetching again returns the same token, prolonged"},
		{a, time.Second, "fetching again returns the same token"},
		{a, time.Hour, "fetching again returns the same token, its end unchanged"},
		{Judgement{Token: "a"}, time.Hour, "fetching again returns the same token"},
	} {
		if r := AgainReading(a, tt.second, tt.apart); r.Ambiguity != "A11" || r.Reading != tt.want {
			t.Errorf("%+v after %s: %v", tt.second, tt.apart, r)
		}
	}
}

func TestTraits(t *testing.T) {
	_, l := pacific(t)
	a, b := l.reply(), l.reply()
	a.Header.Set("X-Served-By", "one")
	b.Header.Set("x-served-by", "two")
	b.Header.Set("Date", "later")
	b.Body = []byte(`{"token":"` + dbToken("$$eve") + `","status":200,"expiryTime":"1","Timezone":"2","expiryDate":"3"}`)
	ta, tb := Traits(unifier.Login, "success", a, nil), Traits(unifier.Login, "success", b, nil)
	if !maps.Equal(ta, tb) {
		t.Errorf("order, user and time show:\n%v\n%v", ta, tb)
	}
	want := map[string]string{
		"login.success.status":       "200",
		"login.success.members":      "Timezone string, expiryDate string, expiryTime string, status number, token string",
		"login.success.headers":      "content-type, x-served-by",
		"login.success.content_type": `"application/json"`,
		"login.success.token":        "DB token, third part of 68 characters",
		"login.success.token.length": "up to 255 characters",
	}
	if !maps.Equal(ta, want) {
		t.Errorf("%v", ta)
	}
	flat := `{"access_token":"` + rightJWT() + `","token_type":"Bearer","expires_in":3000,"status":200}`
	for name, body := range map[string]string{"flat": flat, "object": `{"data":` + flat + `,"status":200}`, "list": `{"data":[` + flat + `],"status":200}`} {
		r := replyOf(issue, 200, body)
		r.Header.Set("Cache-Control", "No-Store,  private")
		o := Traits(unifier.OAuth, name, r, nil)
		for trait, want := range map[string]string{
			"expires_in": "3000", "token": "JWT, RS256, signature of 256 bytes", "token.lifetime_s": "3000",
			"token.header":         "alg string, kid string, x5t string, x5t#S256 string",
			"token.claims":         "aud [string], exp number, iat number, iss string, jti string, scope string, sub string, tenant string",
			"header.cache-control": `"no-store, private"`,
		} {
			if got := o["oauth."+name+"."+trait]; got != want {
				t.Errorf("%s %s: %q, want %q", name, trait, got, want)
			}
		}
	}
	e := Traits(unifier.Login, "no_credentials", replyOf(issue, 401, "<html>oops</html>"), nil)
	if e["login.no_credentials.body"] != "not_json, markup" {
		t.Error(e)
	}
	odd := Traits(unifier.Login, "odd", replyOf(issue, 400, `{"message":["a `+dbToken("$$u")+`","Basic aGVsbG86d29ybGQ="],"x\u001b[31m":{"":{"a":{"b":{"c":1}}}},"l":[1,"a",2],"token":"zz","`+strings.Repeat("n", 200)+`":true}`), nil)
	if s := fmt.Sprint(odd); strings.Contains(s, third[:9]) || strings.Contains(s, "aGVsbG8") || strings.Contains(s, "\x1b") {
		t.Error(s)
	}
	if odd["login.odd.token"] != "neither a DB token nor a JWT, 1 parts" {
		t.Error(odd)
	}
}

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"plain": `"plain"`, "a\x1b[2Jb\x00": `"a\x1b[2Jb\x00"`, "\u202eevil": `"\u202eevil"`, "\xff": `"\xff"`, "é": `"\u00e9"`,
	} {
		if got := quote(in); got != want {
			t.Errorf("%q: %s", in, got)
		}
	}
	if got := quote(strings.Repeat("é", 1000)); len(got) > 300 || !strings.HasSuffix(got, "… (2000 bytes)") {
		t.Error(got)
	}
}

func TestParsers(t *testing.T) {
	for _, s := range []string{"", "1:44 AM", "11:44 XM", "11:44 AN", "11-44 AM", "1a:44 AM", "00:10 AM", "13:00 PM", "12:60 AM"} {
		if m, err := ParseClock(s); err == nil {
			t.Errorf("%q is %d", s, m)
		}
	}
	for s, want := range map[string]int{"12:00 AM": 0, "12:59 AM": 59, "01:00 AM": 60, "12:00 PM": 720, "11:59 PM": 1439} {
		if m, err := ParseClock(s); err != nil || m != want {
			t.Errorf("%q is %d, %v", s, m, err)
		}
	}
	if _, err := ParseDate(unifier.DateFormat{Pattern: "Y"}, "1", ""); err == nil {
		t.Error("an unknown format is read")
	}
	for _, tt := range []struct{ pattern, date string }{
		{"MM/DD/YYYY", "02/29/2027"}, {"MM/DD/YYYY", "00/10/2027"}, {"MM/DD/YYYY", "13/10/2027"}, {"MM/DD/YYYY", "01/00/2027"},
		{"MM/DD/YYYY", "01/10/0000"}, {"MM/DD/YYYY", "01/10/27"}, {"MM/DD/YYYY", "01-10-2027"}, {"MM/DD/YYYY", "01/10/2027 "},
		{"M/D/YYYY", "01/1/2027"}, {"M/D/YYYY", "1/01/2027"}, {"M/D/YYYY", "1//2027"}, {"M/D/YYYY", "111/1/2027"}, {"MM/DD/YY", "01/10/2027"},
		{"DD.MM.YYYY", "31.04.2027"}, {"DD/MMM/YYYY", "31/Jum/2027"}, {"DD/MMM/YYYY", "01/ſep/2027"}, {"MM/DD/YYYY", "١٢/10/2027"}, {"MM/DD/YYYY", ""},
	} {
		f, ok := unifier.DateFormatByPattern(tt.pattern)
		if !ok {
			t.Fatal(tt.pattern)
		}
		if d, err := ParseDate(f, tt.date, ""); err == nil {
			t.Errorf("%s %q is %v", tt.pattern, tt.date, d)
		}
	}
	for _, s := range []string{
		"", "(UTC", "(UTC)", "(UTC)x", "(UTC)  x", "(UTC+1:00) x", "(UTC+01-00) x", "(UTC+01:60) x", "(UTC+14:01) x", "(UTC+aa:00) x", "(UTC*01:00) x",
		"(UTC+01:00)", "(UTC+01:00) ", "(UTC) a\x1bb", "(utc) x", "(UTC) \xff", "(UTC) " + strings.Repeat("x", 200),
	} {
		if z, err := ParseZoneLabel(s); err == nil {
			t.Errorf("%q is %v", s, z)
		}
	}
	z, err := ParseZoneLabel("(UTC-03:30) Newfoundland")
	if err != nil || z.Offset != -12600 || z.Name != "Newfoundland" || z.Location.String() != "America/St_Johns" {
		t.Error(z, err)
	}
	if z, err = ParseZoneLabel("(UTC) Nowhere"); err != nil || z.Location != nil || z.Offset != 0 {
		t.Error(z, err)
	}
}

// TestEveryLabel parses each known label.
func TestEveryLabel(t *testing.T) {
	for _, known := range unifier.Zones {
		if z, err := ParseZoneLabel(known.Label); err != nil || z.Location == nil || z.Location.String() != known.IANA {
			t.Errorf("%s: %v %v", known.Label, z, err)
		}
	}
}
