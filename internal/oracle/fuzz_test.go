package oracle

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/unigate/unigate/internal/unifier"
)

// safe fails if a judgement would carry anything dangerous into a report.
func safe(t *testing.T, j Judgement) {
	t.Helper()
	texts := append([]string{}, j.Notes...)
	for _, f := range j.Findings {
		if f.Requirement == "" || f.Kind == "" || f.Expected == "" || f.Observed == "" {
			t.Fatalf("a finding that says too little: %+v", f)
		}
		texts = append(texts, f.Expected, f.Observed, f.Detail)
	}
	for _, r := range j.Readings {
		texts = append(texts, r.Reading)
	}
	for _, s := range texts {
		if len(s) > 2000 || !utf8.ValidString(s) {
			t.Fatalf("%d bytes: %q", len(s), s)
		}
		for _, r := range s {
			if r < ' ' || r >= 0x7f && r <= 0x9f || r >= 0x202a && r <= 0x202e {
				t.Fatalf("a control character in %q", s)
			}
		}
		if j.Token != "" && len(j.Token) > 40 && strings.Contains(s, j.Token) {
			t.Fatalf("the token in %q", s)
		}
	}
}

// FuzzLoginBody feeds any body to every judge of the login service.
func FuzzLoginBody(f *testing.F) {
	exp, l := pacific(f)
	f.Add([]byte(l.body()))
	for _, s := range []string{
		"", "{}", "[]", "null", `"x"`, `{"a":{"b":[1,2,{"c":null}]}}`, `{"token":"a","token":"b"}`, "{\"\x1b[31m\":1}", "{\"a\":\"\xff\"}",
		`{"status":200,"message":["success"],"data":[{}]}`, `{"status":1e999}`, `{"x":"\ud83d\ude00\ud800"}`, tokenBody, strings.Repeat("[", 200),
		strings.ReplaceAll(l.body(), "05/18/2027", "02/30/2027"), strings.ReplaceAll(l.body(), "-08:00", "+14:00"),
	} {
		f.Add([]byte(s))
	}
	unknown := exp
	unknown.User.DateFormat, unknown.User.Zone, unknown.User.Language = nil, "", "de"
	judges := []*Judge{NewJudge(unifier.Login, exp), NewJudge(unifier.Login, unknown)}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := replyOf(l.at, 200, string(body))
		for _, judge := range judges {
			j := judge.Judge(&r)
			safe(t, j)
			if j.OK() && !json.Valid(body) {
				t.Fatalf("passes and is no JSON: %q", body)
			}
		}
		for _, status := range []int{400, 401, 500} {
			r.Status = status
			safe(t, JudgeInvalidExpiry(of(unifier.Login), r))
			safe(t, JudgeUnauthorized(of(unifier.Login), AuthMissing, r))
			safe(t, JudgeErrorBody(of(unifier.OAuth), r))
			safe(t, JudgeHygiene(Sent{User: "u", Password: "pass word"}, r))
			safe(t, JudgeInactive(of(unifier.Login), r))
		}
		for name, v := range Traits(unifier.Login, "fuzz", r, nil) {
			if strings.ContainsAny(name+v, "\x00\x1b\n\r") || !utf8.ValidString(v) {
				t.Fatalf("trait %q: %q", name, v)
			}
		}
	})
}

// FuzzJSON compares the scanner with encoding/json, which accepts at least as much.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a":1}`, `{"a":-0.5e+3,"b":[true,false,null]}`, `{"\u0061":"\"\\\/\b\f\n\r\t"}`, `{"a":01}`, `{"a":.5}`, "{\"a\":\"\x01\"}", `{"a":1}x`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		members, err := parseBody(b, nil)
		if err == nil != (json.Valid(b) && isObject(b) && utf8.Valid(b)) {
			kind := ""
			if err != nil {
				kind = syntaxKind(err)
			}
			if kind != kindDuplicate && kind != kindTooDeep {
				t.Fatalf("%q: %v, but json.Valid is %v", b, err, json.Valid(b))
			}
		}
		if err != nil {
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatal(err)
		}
		for _, m := range members {
			var text string
			if got, ok := m.value.text(); ok && json.Unmarshal(m.value.raw, &text) == nil && got != text {
				t.Fatalf("%q: text %q, want %q", b, got, text)
			}
			if len(want) == len(members) {
				if _, ok := want[string(m.name)]; !ok {
					t.Fatalf("%q: member %q", b, m.name)
				}
			}
		}
	})
}

// isObject reports whether the first byte that is no blank begins an object.
func isObject(b []byte) bool { return strings.HasPrefix(strings.TrimLeft(string(b), " \t\r\n"), "{") }

// FuzzOAuthBody feeds any body to the OAuth judge.
func FuzzOAuthBody(f *testing.F) {
	token := rightJWT()
	for _, s := range []string{
		`{"access_token":"` + token + `","token_type":"Bearer","expires_in":3000,"status":200}`,
		`{"data":[{"access_token":"x","token_type":"Bearer","expires_in":"3000"}],"message":[],"status":200}`,
		`{"data":{"access_token":null},"message":{"a":1},"status":null}`, `{"data":5}`, "{}",
	} {
		f.Add([]byte(s))
	}
	judge := NewJudge(unifier.OAuth, oauthExp())
	f.Fuzz(func(t *testing.T, body []byte) {
		r := replyOf(issue, 200, string(body))
		safe(t, judge.Judge(&r))
		r.Status = 400
		safe(t, JudgeInvalidExpiry(of(unifier.OAuth), r))
		Traits(unifier.OAuth, "fuzz", r, nil)
	})
}

// FuzzDBToken checks that what is accepted is written the only right way.
func FuzzDBToken(f *testing.F) {
	for _, s := range []string{dbToken("$$unigate"), dbToken("a"), "", "..", "a.b.c", dbToken("$$u") + "="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseDBToken(s)
		if err != nil {
			if len(err.Error()) > 1000 || len(describeToken(s)) > 1000 {
				t.Fatal(err)
			}
			return
		}
		if !strings.HasSuffix(s, "."+got.GUID+got.Tail) || strings.ToUpper(got.GUID) != got.GUID || len(got.Tail) != 32 {
			t.Fatalf("%q: %+v", s, got)
		}
	})
}

// FuzzJWT checks that parsing and verifying never accept what was not signed.
func FuzzJWT(f *testing.F) {
	right := rightJWT()
	set, err := ParseKeySet([]byte(jwks("k1")))
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{right, right[:len(right)-1], "", "a.b.c", dbToken("$$u"), signJWT(`{"alg":"none"}`, `{}`), signJWT(rightHeader, `{"aud":[1,"a"],"exp":1e400,"iat":-5.5}`)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		_, err := ParseJWT(s)
		if err != nil && set.VerifyJWT(s) == nil {
			t.Fatalf("%q verifies and is no JWT", s)
		}
	})
}

// FuzzKeySet feeds any document to the parser of key sets.
func FuzzKeySet(f *testing.F) {
	for _, s := range []string{jwks("k1"), jwks(""), `{"keys":[]}`, `{"keys":[{"kty":"RSA","n":"AQAB","e":"AQ"}]}`, `{"keys":[{"kty":"oct","k":"AA"}]}`, "{"} {
		f.Add([]byte(s))
	}
	token := rightJWT()
	f.Fuzz(func(_ *testing.T, b []byte) {
		if set, err := ParseKeySet(b); err == nil {
			_ = set.VerifyJWT(token)
		}
	})
}

// FuzzDate checks each date that is accepted against the independent formatter.
func FuzzDate(f *testing.F) {
	for i, l := range layouts {
		f.Add(i, pattern(l.format.Pattern, issue), "")
	}
	f.Add(11, "18/Mai/2027", "de")
	f.Add(12, "2027/5月/18", "ja")
	f.Add(0, "02/29/2027", "")
	f.Fuzz(func(t *testing.T, i int, s, language string) {
		if i < 0 || i >= len(unifier.DateFormats) {
			return
		}
		d, err := ParseDate(unifier.DateFormats[i], s, language)
		if err != nil || d.Month == 0 || isForeign(language) {
			return
		}
		at := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
		if got := pattern(unifier.DateFormats[i].Pattern, at); !strings.EqualFold(got, s) {
			t.Fatalf("%s: %q is read as %q", unifier.DateFormats[i].Pattern, s, got)
		}
		if int64(wallOf(d, 0)) != at.Unix() {
			t.Fatalf("%v is %d, not %d", d, wallOf(d, 0), at.Unix())
		}
	})
}

// FuzzClock checks each time that is accepted against Go's formatter.
func FuzzClock(f *testing.F) {
	for _, s := range []string{"11:44 AM", "12:00 PM", "00:00 AM", "1:00 AM", "11:44 am"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := ParseClock(s)
		if got := time.Unix(int64(m)*60, 0).UTC().Format("03:04 PM"); err == nil && got != s {
			t.Fatalf("%q is read as %q", s, got)
		}
	})
}

// FuzzZoneLabel feeds any label to the parser, and back.
func FuzzZoneLabel(f *testing.F) {
	for _, z := range unifier.Zones[:20] {
		f.Add(z.Label)
	}
	for _, s := range []string{"", "(UTC)", "(UTC+99:00) x", "(UTC-00:00) x", "(GMT) x", "(UTC) \x1b[2J"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		z, err := ParseZoneLabel(s)
		if err == nil && (!strings.HasSuffix(s, ") "+z.Name) || z.Offset < -14*3600 || z.Offset > 14*3600) {
			t.Fatalf("%q: %+v", s, z)
		}
	})
}
