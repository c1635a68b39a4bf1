package redact_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html/template"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/redact"
)

const nasty = `p"ä'<s>&w\ö/r%d+=$x ` + "`"

func jsonOf(s string) string { b, _ := json.Marshal(s); return string(b) }

func TestForms(t *testing.T) {
	xmlOf := func(s string) string {
		var b bytes.Buffer
		_ = xml.EscapeText(&b, []byte(s))
		return b.String()
	}
	htmlOf := func(s string) string {
		var b strings.Builder
		_ = template.Must(template.New("").Parse(`<p title="{{.}}">{{.}}</p><script>var x = {{.}}</script>`)).Execute(&b, s)
		return b.String()
	}
	std, raw := base64.StdEncoding, base64.RawURLEncoding
	forms := map[string]func(string) string{
		"plain":               func(s string) string { return s },
		"json":                jsonOf,
		"json in json":        func(s string) string { return jsonOf(jsonOf(s)) },
		"json in html":        func(s string) string { return htmlOf(jsonOf(s)) },
		"xml":                 xmlOf,
		"html":                htmlOf,
		"query":               url.QueryEscape,
		"path":                url.PathEscape,
		"lower percent":       func(s string) string { return strings.ToLower(url.QueryEscape(s)) },
		"userinfo":            func(s string) string { return url.UserPassword("me", s).String() },
		"go":                  strconv.Quote,
		"go ascii":            strconv.QuoteToASCII,
		"%q of an error":      func(s string) string { return fmt.Sprintf("wrong: %q", s) },
		"shell":               func(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" },
		"base64":              func(s string) string { return std.EncodeToString([]byte(s)) },
		"base64url":           func(s string) string { return raw.EncodeToString([]byte(s)) },
		"credentials":         func(s string) string { return std.EncodeToString([]byte("$$someone:" + s)) },
		"near miss":           func(s string) string { return std.EncodeToString([]byte("$$u:" + s + "x")) },
		"url of base64":       func(s string) string { return url.QueryEscape(std.EncodeToString([]byte("$$u:" + s))) },
		"inside longer 1":     func(s string) string { return std.EncodeToString([]byte("{" + s + "} and so on")) },
		"inside longer 2":     func(s string) string { return std.EncodeToString([]byte("{{" + s + "}} and so on")) },
		"inside longer 3 url": func(s string) string { return raw.EncodeToString([]byte("{{{" + s + "}}} and so on")) },
	}
	for _, secret := range []string{"s3cretWord", nasty, "pässwörd-密码-🔑", "a:b::c:"} {
		r := redact.New()
		r.Add(secret)
		for name, form := range forms {
			if name == "lower percent" && strings.ToLower(secret) != secret {
				continue
			}
			in := form(secret)
			out := r.String("before " + in + " after")
			if !strings.Contains(out, redact.Mark) || strings.Contains(out, secret) {
				t.Errorf("%s of %q: %q became %q", name, secret, in, out)
			}
			if !strings.HasPrefix(out, "before ") || !strings.HasSuffix(out, " after") {
				t.Errorf("%s: the text around was damaged: %q", name, out)
			}
		}
	}
}

func TestOverlappingSecretsLeaveNoRest(t *testing.T) {
	r := redact.New()
	r.Add("abcdef", "defghijk", "ijklmno", "abcd")
	if got := r.String("x abcdefghijklmno y"); got != "x [redacted] y" {
		t.Error(got)
	}
	if got := r.String("abcd abcdef abcdefg"); got != "[redacted] [redacted] [redacted]g" {
		t.Error(got)
	}
}

func TestShortSecretsDoNotMangle(t *testing.T) {
	r := redact.New()
	r.AddCredentials("$$u", "ok")
	credentials := base64.StdEncoding.EncodeToString([]byte("$$u:ok"))
	if got := r.String("ok " + credentials); got != "ok [redacted]" {
		t.Error(got)
	}
}

// A wrong password of nothing must not make "$$u:" a secret, which stands in sentences.
func TestPasswordsOfNothingDoNotMangle(t *testing.T) {
	const said = "the first token of $$unigate: GET /ping answered 404"
	for password, want := range map[string]string{
		"": said, " ": said, "\t": said,
		" GET": "the first token of [redacted] /ping answered 404",
	} {
		r := redact.New()
		r.AddBasic("$$unigate", password)
		if got := r.String(said); got != want {
			t.Errorf("%q: %s", password, got)
		}
		credentials := base64.StdEncoding.EncodeToString([]byte("$$unigate:" + password))
		if got := r.Header("Authorization", "Basic "+credentials); got != "Basic [redacted] ($$unigate)" {
			t.Errorf("%q: %s", password, got)
		}
	}
}

const (
	dbToken = "eyJ0eXAiOiJEQiJ9.eyJ1c2VybmFtZSI6IiQkdSJ9.0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F90123456789ABCDEF0123456789ABCDEF"
	jwt     = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhcGlAYWNtZS5leGFtcGxlIn0.c2lnbmF0dXJlLW9mLWEtdG9rZW4"
)

func TestTokensByShape(t *testing.T) {
	r := redact.New()
	for _, tok := range []string{dbToken, jwt, "eyJh.eyJi", "eyJ0eXAiOiJEQiJ9==.eyJ1c2VybmFtZSI6IiQkdSJ9==."} {
		if got := r.String("Bearer " + tok + ", said he."); !strings.HasPrefix(got, "Bearer [redacted]") || !strings.HasSuffix(got, ", said he.") {
			t.Errorf("%s became %s", tok, got)
		}
	}
	for _, text := range []string{"eyJ", "eyJust.eyes", "keyJ0eXAi.eyJ0eXAi", "eyJ0eXAiOiJEQiJ9 alone", "HISTFAAAAeyJ.eyJx"} {
		if got := r.String(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
	long := "eyJ" + strings.Repeat("a", 40000) + ".eyJ" + strings.Repeat("b", 40000)
	if got := r.String(long + " end"); len(got) > 30000 && strings.Contains(got, "bbb") {
		t.Errorf("%d bytes of a long token remain", len(got))
	}
}

func TestPartsOfKnownTokens(t *testing.T) {
	r := redact.New()
	r.AddToken(dbToken)
	r.AddToken(jwt)
	for _, part := range []string{"0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F90123456789ABCDEF0123456789ABCDEF", "c2lnbmF0dXJlLW9mLWEtdG9rZW4", "eyJzdWIiOiJhcGlAYWNtZS5leGFtcGxlIn0"} {
		if got := r.String("<" + part + ">"); got != "<[redacted]>" {
			t.Error(got)
		}
	}
	if got := r.String("eyJ1c2VybmFtZSI6IiQkdSJ9"); got == redact.Mark {
		t.Error("the user's name is no secret")
	}
}

// TestSplitWrites cuts a text with secrets at random places: the outcome must
// be the same as in one piece.
func TestSplitWrites(t *testing.T) {
	r := redact.New()
	r.AddCredentials("$$unigate", nasty)
	r.AddToken(dbToken)
	r.Add("secret-one", "secret-one-and-more")
	text := strings.Join([]string{"a", nasty, "b secret-on", "secret-one secret-one-and-mor secret-one-and-more", jsonOf(nasty), "e", dbToken,
		jwt, jwt + "x", base64.StdEncoding.EncodeToString([]byte("$$unigate:" + nasty)), "eyJ", "done\n"}, " ")
	want := r.String(text)
	for range 2000 {
		var b bytes.Buffer
		w := r.Writer(&b, nil)
		for rest := text; rest != ""; {
			n := min(1+rand.IntN(12), len(rest))
			if _, err := w.Write([]byte(rest[:n])); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if b.String() != want {
			t.Fatalf("in pieces:\n%s\nwhole:\n%s", b.String(), want)
		}
	}
}

func TestWriterHoldsBackOnlyWhatMayBeASecret(t *testing.T) {
	r := redact.New()
	r.Add("hunter22")
	var b bytes.Buffer
	w := r.Writer(&b, nil)
	for _, step := range []struct{ in, out string }{{"progress 10%\r", "progress 10%\r"}, {"hun", ""}, {"gry\n", "hungry\n"}, {"hunter2", ""}, {"2!", ""}, {"\n", "[redacted]!\n"}} {
		b.Reset()
		_, _ = w.Write([]byte(step.in))
		if b.String() != step.out {
			t.Errorf("after %q came %q, not %q", step.in, b.String(), step.out)
		}
	}
}

func TestOff(t *testing.T) {
	r := redact.New()
	r.Add("hunter22")
	r.Off(redact.AllNets)
	if r.String("hunter22") != "hunter22" || r.Body(`{"token":"x"}`) != `{"token":"x"}` || r.Header("Authorization", "Basic x") != "Basic x" {
		t.Error("it still redacts")
	}
}

func TestHeader(t *testing.T) {
	r := redact.New()
	r.AddCredentials("$$u", "hunter22")
	right := base64.StdEncoding.EncodeToString([]byte("$$u:hunter22"))
	for _, c := range []struct{ name, in, out string }{
		{"Authorization", "Basic " + right, "Basic [redacted] ($$u)"},
		{"authorization", "basic " + right, "basic [redacted] ($$u)"},
		{"Authorization", "Basic abc", "Basic [redacted]"},
		{"Authorization", "Bearer " + dbToken, "Bearer [redacted]"},
		{"Authorization", "Basic", "Basic"},
		{"Authorization", "", ""},
		{"Authorization", "hunter22", "[redacted]"},
		{"Authorization", "0A1B2C3D-4E5F x", "[redacted]"},
		{"Set-Cookie", "JSESSIONID=abc", "[redacted]"},
		{"X-Api-Key", "abc", "[redacted]"},
		{"Content-Type", "application/json", "application/json"},
		{"X-Echo", "hunter22!", "[redacted]!"},
	} {
		if got := r.Header(c.name, c.in); got != c.out {
			t.Errorf("%s: %s became %q, not %q", c.name, c.in, got, c.out)
		}
	}
}

func TestBody(t *testing.T) {
	r := redact.New()
	for in, out := range map[string]string{
		`{"token":"abc","status":200}`:                          `{"token":"[redacted]","status":200}`,
		`{"access_token" : "a\"b","token_type":"Bearer"}`:       `{"access_token" : "[redacted]","token_type":"Bearer"}`,
		`{"token":"cut off in the mid`:                          `{"token":"[redacted]`,
		`{"token":"","Password":"x","client_secret":"y"}`:       `{"token":"","Password":"[redacted]","client_secret":"[redacted]"}`,
		`{"message":"token is a word","status":401,"tokens":1}`: `{"message":"token is a word","status":401,"tokens":1}`,
	} {
		if got := r.Body(in); got != out {
			t.Errorf("%s became %s", in, got)
		}
	}
}

func TestLearn(t *testing.T) {
	r := redact.New()
	r.Learn(http.Header{"Set-Cookie": {"JSESSIONID=0123456789abcdef; Path=/"}},
		[]byte(`{"token":"opaque-token-without-a-shape","data":{"access_token":"slash\/es-in-a-token"},"Token":"pass"}`))
	got := r.String("opaque-token-without-a-shape slash/es-in-a-token 0123456789abcdef pass")
	if got != "[redacted] [redacted] [redacted] pass" {
		t.Error(got)
	}
}

// BenchmarkWriter measures the search in a report with many known tokens.
func BenchmarkWriter(b *testing.B) {
	r := redact.New()
	for i := range 600 {
		r.AddToken(fmt.Sprintf("eyJ0eXAiOiJEQiJ9.eyJ1c2VybmFtZSI6IiQkdSJ9.%08X-4E5F-6071-8293-A4B5C6D7E8F90123456789ABCDEF0123456789%06X", i*7919, i))
	}
	text := []byte(strings.Repeat(`<td class="pass">the token is valid for 180 days, as the documentation says it should be</td>`, 1000))
	b.SetBytes(int64(len(text)))
	w := r.Writer(discard{}, nil)
	for b.Loop() {
		_, _ = w.Write(text)
	}
}

func BenchmarkAddToken(b *testing.B) {
	r := redact.New()
	i := 0
	for b.Loop() {
		i++
		r.AddToken(fmt.Sprintf("eyJ0eXAiOiJEQiJ9.eyJ1c2VybmFtZSI6IiQkdSJ9.%08X-4E5F-6071-8293-A4B5C6D7E8F90123456789ABCDEF0123456789%06X", i*7919, i))
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

func FuzzSplit(f *testing.F) {
	f.Add("before secret-word after "+jwt, "secret-word", 3)
	f.Fuzz(func(t *testing.T, text, secret string, cut int) {
		r := redact.New()
		r.Add(secret)
		want := r.String(text)
		if len(secret) >= 4 && strings.Contains(want, secret) && !strings.Contains(redact.Mark, secret) && !strings.Contains(text, redact.Mark[:1]) {
			t.Fatalf("%q still holds %q", want, secret)
		}
		var b bytes.Buffer
		w := r.Writer(&b, nil)
		if cut < 0 || cut > len(text) {
			cut = len(text) / 2
		}
		_, _ = w.WriteString(text[:cut])
		_, _ = w.WriteString(text[cut:])
		_ = w.Close()
		if b.String() != want && len(text) < 16000 {
			t.Fatalf("in pieces %q, whole %q", b.String(), want)
		}
	})
}
