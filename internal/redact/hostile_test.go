package redact_test

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"

	"github.com/unigate/unigate/internal/redact"
)

// TestDisguises has a server write a password as frameworks do, or hide it from
// whoever reads what it writes as it stands.
func TestDisguises(t *testing.T) {
	const secret = `Ca'na"ry=<ä>~7&Zq`
	between := func(s string) string { return strings.Join(strings.Split(secret, ""), s) }
	hexEntities := func(format string) string {
		var b strings.Builder
		for _, r := range secret {
			fmt.Fprintf(&b, format, r)
		}
		return b.String()
	}
	percent := func(format string) string {
		var b strings.Builder
		for _, c := range []byte(secret) {
			fmt.Fprintf(&b, format, c)
		}
		return b.String()
	}
	inJSON, _ := json.Marshal(secret)
	twice, _ := json.Marshal(string(inJSON))
	for name, form := range map[string]string{
		"upper case":               strings.ToUpper(secret),
		"lower case":               strings.ToLower(secret),
		"named entities":           strings.NewReplacer("'", "&apos;", `"`, "&quot;", "=", "&equals;", "<", "&lt;", ">", "&gt;", "ä", "&auml;", "~", "&#126;", "&", "&amp;").Replace(secret),
		"PHP and Spring":           strings.NewReplacer("'", "&#039;", `"`, "&quot;", "<", "&lt;", ">", "&gt;", "&", "&amp;").Replace(secret),
		"hexadecimal entities":     hexEntities("&#x%x;"),
		"in upper case":            hexEntities("&#X%X;"),
		"with zeros":               hexEntities("&#%07d;"),
		"JSON of PHP and .NET":     strings.NewReplacer("'", `\u0027`, `"`, `\u0022`, "=", `\u003d`, "<", `\u003C`, ">", `\u003E`, "ä", `\u00E4`, "&", `\u0026`).Replace(secret),
		"all of JSON":              hexEntities(`\u%04X`),
		"JavaScript":               hexEntities(`\u{%x}`),
		"bytes":                    percent(`\x%02X`),
		"octal":                    percent(`\%03o`),
		"percent":                  percent("%%%02X"),
		"percent, lower":           percent("%%%02x"),
		"percent twice":            percent("%%25%02X"),
		"tilde too":                strings.ReplaceAll(url.QueryEscape(secret), "~", "%7E"),
		"Latin-1":                  strings.ReplaceAll(secret, "ä", "\xe4"),
		"Latin-1 in percent":       strings.ReplaceAll(secret, "ä", "%E4"),
		"IIS":                      strings.ReplaceAll(secret, "ä", "%u00E4"),
		"JSON in HTML":             html.EscapeString(string(inJSON)),
		"JSON in JSON in HTML":     html.EscapeString(string(twice)),
		"HTML in JSON":             strings.Trim(jsonOf(html.EscapeString(secret)), `"`),
		"HTML in a URL":            url.QueryEscape(html.EscapeString(secret)),
		"zero width":               between("\u200b"),
		"soft hyphens":             between("\u00ad"),
		"bidi":                     between("\u2066"),
		"joiners":                  between("\u200d"),
		"variation selectors":      between("\ufe0f"),
		"byte order marks":         between("\ufeff"),
		"controls":                 between("\x00"),
		"cleaned away":             between("\ufffd"),
		"escaped zero width":       between(`\u200b`),
		"entities of zero width":   between("&ZeroWidthSpace;"),
		"numbered zero width":      between("&#8203;"),
		"tags":                     between("\U000E0041"),
		"hangul fillers":           between("\u3164"),
		"grapheme joiner":          between("\u034f"),
		"full width":               fullWidth.Replace(secret),
		"UTF-16 in base64":         base64.StdEncoding.EncodeToString(utf16Of("Server=x;Password="+secret+";", binary.LittleEndian)),
		"UTF-16BE in base64":       base64.RawURLEncoding.EncodeToString(utf16Of(secret+"\r\n", binary.BigEndian)),
		"hexadecimal digits":       percent("%02X"),
		"base64 in lower case":     strings.ToLower(base64.StdEncoding.EncodeToString([]byte("$$u:" + secret))),
		"base64 in percent":        url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(secret))),
		"base64 in \\u":            strings.NewReplacer("=", `\u003d`, "+", `\u002b`).Replace(base64.StdEncoding.EncodeToString([]byte(secret))),
		"base64 in entities":       strings.NewReplacer("=", "&#61;", "+", "&plus;", "/", "&sol;").Replace(base64.StdEncoding.EncodeToString([]byte(secret))),
		"base64 with soft hyphens": strings.Join(strings.Split(base64.StdEncoding.EncodeToString([]byte(secret)), ""), "\u00ad"),
	} {
		r := redact.New()
		r.AddCredentials("$$u", secret)
		got := r.String("(" + form + ")")
		got = strings.NewReplacer("&#34;", "", `\`, "").Replace(got) // the quotation marks of JSON
		rest := 16                                                   // characters that also depend on the neighbours
		if strings.HasPrefix(name, "UTF-16 ") {
			rest += len(base64.StdEncoding.EncodeToString(utf16Of("Server=x;Password=;", binary.LittleEndian)))
		}
		if got != "("+redact.Mark+")" && !(strings.Contains(name, "base64") && strings.Contains(got, redact.Mark) && len(got) < len(redact.Mark)+rest) {
			t.Errorf("%s: %q became %q", name, form, got)
		}
	}
}

// fullWidth writes ASCII in full width.
var fullWidth = func() *strings.Replacer {
	var pairs []string
	for r := '!'; r <= '~'; r++ {
		pairs = append(pairs, string(r), string(r-'!'+'\uff01'))
	}
	return strings.NewReplacer(pairs...)
}()

// utf16Of is a text in UTF-16.
func utf16Of(s string, order binary.AppendByteOrder) (b []byte) {
	for _, unit := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, unit)
	}
	return b
}

// TestCutSecrets cuts a text inside a secret, at every place, as servers and
// programs do.
func TestCutSecrets(t *testing.T) {
	const secret = "canary-Cut-7Zq-and-more"
	r := redact.New()
	r.Add(secret)
	r.AddToken("opaqueTokenWithoutAnyShape0123456789")
	for _, s := range []string{secret, "opaqueTokenWithoutAnyShape0123456789", base64.StdEncoding.EncodeToString([]byte(secret))} {
		for n := 6; n < len(s); n++ {
			for _, form := range []string{"says: %s…", `says: "%s"… (99 bytes)`, `says: \"%s\"…`, "says: %s...", "says: %s\\u2026"} {
				if got := r.String(fmt.Sprintf(form, s[:n])); strings.Contains(got, s[:4]) {
					t.Errorf("%d of %q: %q", n, s, got)
				}
			}
			if got := r.CutString("says: " + s[:n]); got != "says: "+redact.Mark {
				t.Errorf("%d of %q at the end: %q", n, s, got)
			}
		}
	}
	for _, s := range []string{"a sentence that goes on…", "cannot be read...", `"tok"… (9 bytes)`, "&amp… \\u00…"} {
		if got := r.String(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
}

func TestPiecesOfTokens(t *testing.T) {
	const token = "Zx81kQ0pLmN7rT5vWyA2bC4dE6fG9hJ3sU-_XqYo"
	r := redact.New()
	r.AddToken(token)
	for from := 0; from+11 <= len(token); from++ {
		for n := 11; from+n <= len(token); n++ {
			for _, piece := range []string{token[from : from+n], strings.ToLower(token[from : from+n])} {
				if got := r.String("<" + piece + ">"); got != "<"+redact.Mark+">" {
					t.Fatalf("%d bytes from %d: %s", n, from, got)
				}
			}
		}
	}
}

func TestNames(t *testing.T) {
	for _, name := range []string{"Authorization", "Proxy-Authorization", "X-Auth-Token", "X-Session-Id", "Set-Cookie", "Cookie", "X-Api-Key", "Ocp-Apim-Subscription-Key",
		"password", "Passwd", "user_password", "client_secret", "clientSecret", "refresh_token", "accessToken", "JSESSIONID", "connect.sid", "id_token", "jwt", "pwd",
		"X-Auth", "auth", "assertion", "private_key", "sso", "pass", "PASSWORD", "x\u200b-to\u00adken"} {
		if !redact.SecretName(name) {
			t.Errorf("%s is no secret", name)
		}
	}
	for _, name := range []string{"WWW-Authenticate", "token_type", "expires_in", "expiryDate", "Content-Type", "Timezone", "status", "message", "key", "keys", "author",
		"token_endpoint", "passenger", "compass", "pinned", "X-Frame-Options", "ETag", "Location", "Sec-WebSocket-Key", "", "---", "monkey", "cookie_policy"} {
		if redact.SecretName(name) {
			t.Errorf("%s is a secret", name)
		}
	}
}

func TestSecretsByName(t *testing.T) {
	r := redact.New()
	const m = redact.Mark
	for in, want := range map[string]string{
		`{"password":"x9","user":"me"}`:                              `{"password":"` + m + `","user":"me"}`,
		`{"refreshToken": "ab", "n": 1}`:                             `{"refreshToken": "` + m + `", "n": 1}`,
		`{"pin": 123456, "status": 401}`:                             `{"pin": ` + m + `, "status": 401}`,
		`{"tokens":["ab","cd"],"a":"b"}`:                             `{"tokens":["` + m + `","` + m + `"],"a":"b"}`,
		`{"session":{"id":"ab","n":{"x":"y"}},"a":"b"}`:              `{"session":{"id":"` + m + `","n":{"x":"` + m + `"}},"a":"b"}`,
		`{"token":"cut off in the mid`:                               `{"token":"` + m,
		`"{\"password\":\"x9\",\"a\":\"b\"}"`:                        `"{\"password\":\"` + m + `\",\"a\":\"b\"}"`,
		`"{\\\"password\\\":\\\"x9\\\",\\\"a\\\":1}"`:                `"{\\\"password\\\":\\\"` + m + `\\\",\\\"a\\\":1}"`,
		`{'secret': 'x"9', 'a': 'b'}`:                                `{'secret': '` + m + `', 'a': 'b'}`,
		`grant_type=x&password=a%41b&user=me`:                        `grant_type=x&password=` + m + `&user=me`,
		`https://h/p?token=abc&x=1#t`:                                `https://h/p?token=` + m + `&x=1#t`,
		`proxy http://me:se@cret@host:3128/ is`:                      `proxy http://` + m + `@host:3128/ is`,
		`got Basic bWU6c2VjcmV0 and Bearer abc123def`:                `got Basic ` + m + ` and Bearer ` + m,
		`Basic authentication with a Bearer token`:                   `Basic authentication with a Bearer token`,
		`v2-bearer+tokens-prolonged+slow, text-basic+weblogic-page`:  `v2-bearer+tokens-prolonged+slow, text-basic+weblogic-page`,
		`got Bearer+abcdefghij0123456789`:                            `got Bearer+` + m,
		`<user>me</user><password>x9</password>`:                     `<user>me</user><password>` + m + `</password>`,
		`<wsse:Password Type="x">x9</wsse:Password>`:                 `<wsse:Password Type="x">` + m + `</wsse:Password>`,
		"GET / HTTP/1.1\nX-Auth-Token: abc\nAccept: x":               "GET / HTTP/1.1\nX-Auth-Token: " + m + "\nAccept: x",
		`User{name=me, password=x9, age=3}`:                          `User{name=me, password=` + m + `, age=3}`,
		`{"token":"","password":null,"token_type":"Bearer"}`:         `{"token":"","password":null,"token_type":"Bearer"}`,
		`the token: expired, see the password policy: none`:          `the token: expired, see the password policy: none`,
		`{"message":"no password=x9 here"}`:                          `{"message":"no password=` + m + ` here"}`,
		`{"token":"` + m + `"}`:                                      `{"token":"` + m + `"}`,
		`status=200 expires_in=3600 tokens=3`:                        `status=200 expires_in=3600 tokens=3`,
		`bad_tokens==0, bad_tokens<=10, pin=1234`:                    `bad_tokens==0, bad_tokens<=10, pin=` + m,
		`{"access_token" : "a\"b","token_type":"Bearer","n":"\\"}`:   `{"access_token" : "` + m + `","token_type":"Bearer","n":"\\"}`,
		`{"a":"=eyJhbGciOi.eyJzdWIi.c2ln","b":"token=eyJh.eyJi.c2"}`: `{"a":"=` + m + `","b":"token=` + m + `"}`,
	} {
		got := r.String(in)
		if got != want {
			t.Errorf("%s\nbecame %s\nnot    %s", in, got, want)
		}
		if again := r.String(got); again != got {
			t.Errorf("the second time %s becomes %s", got, again)
		}
	}
}

// TestEachNetAlone switches the nets off but one: what it promises holds.
func TestEachNetAlone(t *testing.T) {
	texts := map[redact.Net]string{
		redact.ByValue: "someone wrote hunter22 into it",
		redact.ByShape: "there is " + jwt + " in it",
		redact.ByName:  `there is {"client_secret":"ab"} in it`,
	}
	for net, text := range texts {
		for _, off := range []redact.Net{0, redact.ByValue, redact.ByShape, redact.ByName, redact.AllNets, redact.AllNets &^ net} {
			r := redact.New()
			r.Add("hunter22")
			r.Off(off)
			if got, want := strings.Contains(r.String(text), redact.Mark), off&net == 0; got != want {
				t.Errorf("nets %03b off: %q became %q", off, text, r.String(text))
			}
		}
	}
}

func TestUnfitSecretsAreNotLearned(t *testing.T) {
	for _, s := range []string{"true", "0000", "0.00", "fail", "name", "pass", "Pass", "LOGIN", "200", "12:30", "token", "status", "", "abc"} {
		if redact.Unfit(s) == "" {
			t.Errorf("%q would be replaced everywhere", s)
		}
		r := redact.New()
		r.AddCredentials("$$u", s)
		r.Learn(http.Header{"Set-Cookie": {"a=" + s}}, []byte(`{"token":"`+s+`"}`))
		text := `status 200: pass, fail, true, name, 0.00 s, 0000, 12:30, token`
		if got := r.String(text); got != text {
			t.Errorf("with %q: %s", s, got)
		}
		if s != "" {
			if got := r.String("x " + base64.StdEncoding.EncodeToString([]byte("$$u:"+s)) + " $$u:" + s); got != "x [redacted] [redacted]" {
				t.Errorf("with %q: %s", s, got)
			}
		}
	}
	for _, s := range []string{"hunter22", "s3cret", "123456", "passing-by", "correct horse"} {
		if why := redact.Unfit(s); why != "" {
			t.Errorf("%q %s", s, why)
		}
	}
}

func TestLearnTakesNoAttributes(t *testing.T) {
	r := redact.New()
	r.Learn(http.Header{"Set-Cookie": {"id=0123456789abcdefgh; Path=/ws/rest/service/v1/login; Domain=unifier.example.com"}, "X-Auth-Token": {"Bearer abcdefgh01234567"}}, nil)
	if got := r.String("/ws/rest/service/v1/login unifier.example.com 0123456789abcdefgh abcdefgh01234567"); got != "/ws/rest/service/v1/login unifier.example.com [redacted] [redacted]" {
		t.Error(got)
	}
}

// TestFindsWhatANaiveSearchFinds compares the search with one that looks at every
// place for every secret.
func TestFindsWhatANaiveSearchFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.StringOfN(rapid.RuneFrom([]rune("abQ9")), 4, 12, -1)
		secrets := rapid.SliceOfN(letters, 1, 6).Draw(t, "secrets")
		text := rapid.StringOfN(rapid.RuneFrom([]rune("abQ9 .")), 0, 60, -1).Draw(t, "text")
		r := redact.New()
		hidden := make([]bool, len(text))
		for _, s := range secrets {
			if redact.Unfit(s) != "" {
				continue
			}
			r.Add(s)
			for i := 0; i+len(s) <= len(text); i++ {
				if strings.EqualFold(text[i:i+len(s)], s) {
					for j := i; j < i+len(s); j++ {
						hidden[j] = true
					}
				}
			}
		}
		got := r.String(text)
		at := 0 // a walk over both texts
		for i := 0; i < len(text); {
			if hidden[i] && !strings.HasPrefix(got[at:], redact.Mark) {
				t.Fatalf("%q with %q became %q", text, secrets, got)
			}
			if !hidden[i] && got[at] == text[i] {
				i, at = i+1, at+1
				continue
			}
			if !strings.HasPrefix(got[at:], redact.Mark) {
				t.Fatalf("%q with %q became %q", text, secrets, got)
			}
			at += len(redact.Mark)
			for i < len(text) && (hidden[i] || at < len(got) && got[at] != text[i] || at == len(got)) {
				i++
			}
		}
	})
}

// TestNoNetHidesFromAnother has secrets of which one net finds a part only.
func TestNoNetHidesFromAnother(t *testing.T) {
	const secret = "canary$One 7Zq, \"and\" more;"
	r := redact.New()
	r.Add(secret)
	for _, form := range []string{"Basic %s", "the Bearer %s", "password=%s", "http://me:%s@host/", "<pwd>%s</pwd>", "Authorization: %s", "?token=%s&x=1"} {
		for n := range len(secret) {
			// The secret stands so that its beginning, or none of it, is what the name tells.
			text := fmt.Sprintf(form, strings.Repeat("x", n)+secret)
			if got := r.String(text); strings.Contains(got, "7Zq") || strings.Contains(got, "more") || strings.Contains(got, "anary") {
				t.Errorf("%q became %q", text, got)
			}
		}
	}
}
