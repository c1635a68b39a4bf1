package oracle

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/unifier"
)

func TestLobby(t *testing.T) {
	token := signJWT(rightHeader, claimsOf(map[string]any{"exp": issue.Unix() + 3600}))
	right := `{"token":"` + token + `","expire":"3600","endpoint":"/rest1","request_headers":{"x-unifier-tenant":"a","x-unifier-tenant-code":"b"}}`
	for _, tt := range []struct{ name, old, with, want string }{
		{"right", "", "", ""},
		{"number", `"3600"`, `3600`, ""},
		{"status", `{"token"`, `{"status":200,"message":"success","token"`, ""},
		{"status 500", `{"token"`, `{"status":500,"token"`, "OAUTH-04 body_status"},
		{"status text", `{"token"`, `{"status":"200","token"`, "OAUTH-04 body_status"},
		{"nulls", `{"token"`, `{"status":null,"message":null,"access_token":null,"token"`, ""},
		{"message", `{"token"`, `{"message":"oops","token"`, "OAUTH-14 message"},
		{"wrong validity", `"3600"`, `"3000"`, "OAUTH-02 wrong_validity, OAUTH-08 lifetime"},
		{"a word", `"3600"`, `"soon"`, "OAUTH-04 member_type"},
		{"a sign", `"3600"`, `"+3600"`, "OAUTH-04 member_type"},
		{"blank", `"3600"`, `""`, "OAUTH-04 member_type"},
		{"null", `"3600"`, `null`, "OAUTH-04 member_type"},
		{"no endpoint", `"endpoint"`, `"end"`, "OAUTH-04 missing_member"},
		{"endpoint number", `"/rest1"`, `1`, "OAUTH-04 member_type"},
		{"no headers", `"request_headers"`, `"headers"`, "OAUTH-04 missing_member"},
		{"headers text", `{"x-unifier-tenant":"a","x-unifier-tenant-code":"b"}`, `"a"`, "OAUTH-04 member_type"},
		{"no code", `,"x-unifier-tenant-code":"b"`, ``, "OAUTH-04 missing_member"}, {"a foreign header", `"x-unifier-tenant-code":"b"`, `"x-unifier-tenant-code":"b","Host":"c"`, "OAUTH-04 foreign_header"},
		{"token null", `"` + token + `"`, `null`, "OAUTH-04 member_type"},
		{"token malformed", `"` + token + `"`, `"a.b"`, "OAUTH-07 token_shape"},
	} {
		exp := oauthExp()
		exp.DefaultSeconds, exp.Lobby = 3600, true
		body := strings.Replace(right, tt.old, tt.with, 1)
		j := JudgeToken(unifier.OAuth, exp, replyOf(issue, 200, body))
		if kinds(j) != tt.want {
			t.Errorf("%s: %q %v, want %q", tt.name, kinds(j), j.Findings, tt.want)
		}
		exp.Lobby = false
		if j := JudgeToken(unifier.OAuth, exp, replyOf(issue, 200, body)); j.OK() {
			t.Errorf("%s passes in an edition without Lobby accounts", tt.name)
		}
	}
}

// What an answer says of later calls is taken only where it is a plain path and
// headers of its own.
func TestWayOfLaterCalls(t *testing.T) {
	for _, tt := range []struct{ endpoint, headers, wantEndpoint, wantHeaders string }{
		{`"/rest1"`, `{"x-unifier-tenant":"a b","x-unifier-tenant-code":"c"}`, "/rest1", "map[X-Unifier-Tenant:[a b] X-Unifier-Tenant-Code:[c]]"},
		{`"rest1/"`, `{}`, "/rest1", "map[]"},
		{`"https://evil.example/"`, `{"Authorization":"Basic eA==","Host":"evil","x-a":"1\r\nx-b: 2","x-c":7}`, "", "map[]"},
		{`"//evil.example"`, `null`, "", "map[]"},
		{`"/../up"`, `[]`, "", "map[]"},
		{`"/a?b"`, `"x"`, "", "map[]"},
		{`7`, `{"x-a":"é"}`, "", "map[]"},
	} {
		body := `{"access_token":"` + rightJWT() + `","token_type":"Bearer","expires_in":3000,"status":200,"endpoint":` + tt.endpoint + `,"request_headers":` + tt.headers + `}`
		j := JudgeToken(unifier.OAuth, oauthExp(), replyOf(issue, 200, body))
		if j.Endpoint != tt.wantEndpoint || fmt.Sprint(map[string][]string(j.Headers)) != tt.wantHeaders {
			t.Errorf("%s %s: %q %v", tt.endpoint, tt.headers, j.Endpoint, j.Headers)
		}
	}
}

func TestUnjudged(t *testing.T) {
	exp, l := pacific(t)
	for _, tt := range []struct {
		name   string
		status int
		body   string
		want   string
	}{
		{"right", 200, l.body(), "[]"},
		{"refused", 401, `{}`, "[LOGIN-02 LOGIN-03 LOGIN-04 LOGIN-05 LOGIN-07 LOGIN-10 LOGIN-11 LOGIN-12]"},
		{"not JSON", 200, `x`, "[LOGIN-03 LOGIN-04 LOGIN-05 LOGIN-07 LOGIN-10 LOGIN-11 LOGIN-12]"},
		{"empty object", 200, `{}`, "[LOGIN-04 LOGIN-05 LOGIN-07 LOGIN-10 LOGIN-11 LOGIN-12]"},
		{"illegible date", 200, strings.ReplaceAll(l.body(), "05/18/2027", "soon"), "[LOGIN-07]"},
		{"no zone", 200, strings.ReplaceAll(l.body(), "Timezone", "timezone"), "[LOGIN-12]"},
		{"no token", 200, strings.ReplaceAll(l.body(), `"token"`, `"Token"`), "[LOGIN-04 LOGIN-05]"},
		{"no date", 200, strings.ReplaceAll(l.body(), "expiryDate", "date"), "[LOGIN-07 LOGIN-10 LOGIN-11 LOGIN-12]"},
		{"no time", 200, strings.ReplaceAll(l.body(), "expiryTime", "time"), "[LOGIN-07 LOGIN-10 LOGIN-11 LOGIN-12]"},
		{"illegible token", 200, strings.ReplaceAll(l.body(), dbToken("$$unigate"), "x"), "[LOGIN-05]"},
	} {
		if j := JudgeToken(unifier.Login, exp, replyOf(l.at, tt.status, tt.body)); fmt.Sprint(slices.Sorted(slices.Values(j.Unjudged))) != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, j.Unjudged, tt.want)
		}
	}
	for _, tt := range []struct {
		name string
		body string
		want string
	}{
		{"not JSON", `x`, "[OAUTH-02 OAUTH-07 OAUTH-08 OAUTH-13 OAUTH-14]"},
		{"no data", `{"data":[],"status":200}`, "[OAUTH-02 OAUTH-07 OAUTH-08 OAUTH-13]"},
		{"empty object", `{}`, "[OAUTH-02 OAUTH-07 OAUTH-08 OAUTH-13]"},
	} {
		j := JudgeToken(unifier.OAuth, oauthExp(), replyOf(issue, 200, tt.body))
		if fmt.Sprint(slices.Sorted(slices.Values(j.Unjudged))) != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, j.Unjudged, tt.want)
		}
		if slices.Contains(j.Unjudged, "OAUTH-04") {
			t.Errorf("%s: OAUTH-04 has findings and is unjudged", tt.name)
		}
	}
}

func TestTheHintOfAFormat(t *testing.T) {
	exp, l := pacific(t)
	exp.User.DateFormat = nil
	judge := NewJudge(unifier.Login, exp)
	for _, f := range []string{"MMM/DD/YYYY", "MMM/DD/YYYY", "YYYY-MM-DD", "M/D/YY"} {
		l.format = f
		r := l.reply()
		if j := judge.Judge(&r); !j.OK() || j.DateFormat != f {
			t.Errorf("%s: %v %q", f, j.Findings, j.DateFormat)
		}
	}
}

func TestJudgedTraits(t *testing.T) {
	exp, l := pacific(t)
	traits := func() string {
		return fmt.Sprint(JudgedTraits(exp, unifier.Login, "success", l.reply(), JudgeToken(unifier.Login, exp, l.reply())))
	}
	if got := traits(); got != "map[login.success.date_format.MM/DD/YYYY:MM/DD/YYYY login.success.token.name:as asked login.success.validity.10_minutes:10 minutes]" {
		t.Error(got)
	}
	exp.User.DateFormat, exp.User.Expiry = nil, unifier.Expiry{}
	l.expires = l.at.AddDate(0, 0, 180)
	if got := traits(); got != "map[login.success.token.name:as asked login.success.validity.default:180 days]" {
		t.Error(got)
	}
	l.expires = l.at.AddDate(0, 0, 90)
	if got := traits(); got != "map[login.success.token.name:as asked login.success.validity.default:2160h0m0s]" {
		t.Error(got)
	}
	if got := JudgedTraits(exp, unifier.Login, "x", replyOf(l.at, 401, "{}"), Judgement{}); len(got) != 0 {
		t.Error(got)
	}
}

// A Lobby answer has token and expire and no access_token, whatever they are.
func TestWhatALobbyAnswerIs(t *testing.T) {
	for body, want := range map[string]bool{
		`{"token":"x","expire":"3600"}`: true, `{"token":1,"expire":null}`: true, `{"expire":"3600"}`: false, `{"token":"x"}`: false, `{}`: false,
		`{"token":"x","expire":"3600","access_token":"y"}`: false, `{"token":"x","expires_in":3600}`: false, `{"Token":"x","expire":"3600"}`: false,
	} {
		members, err := parseBody([]byte(body), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := isLobby(members); got != want {
			t.Errorf("%s: %t", body, got)
		}
	}
	j := JudgeToken(unifier.OAuth, oauthExp(), replyOf(issue, 200, `{"expire":"3600","token_type":"Bearer","expires_in":3000,"status":200}`))
	if len(j.Findings) == 0 || !strings.Contains(j.Findings[0].Expected, "access_token") {
		t.Errorf("expire alone: %v", j.Findings)
	}
}
