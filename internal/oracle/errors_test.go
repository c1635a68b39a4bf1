package oracle

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/unifier"
)

// tokenBody is an error body that holds a token all the same.
var tokenBody = `{"status":400,"message":"Invalid expiry","token":"` + dbToken("$$u") + `"}`

func TestInvalidExpiry(t *testing.T) {
	for _, tt := range []struct {
		service unifier.Service
		status  int
		body    string
		want    string
	}{
		{unifier.Login, 400, `{"status":400,"message":"Invalid expiry"}`, ""},
		{unifier.Login, 400, `{"status":400,"message":["invalid  EXPIRY."]}`, ""},
		{unifier.Login, 400, `{"data":[],"status":400,"message":["x","Invalid expiry"]}`, ""},
		{unifier.Login, 400, `<p>Invalid expiry</p>`, ""}, // that it is JSON is LOGIN-17's
		{unifier.Login, 400, `{"status":400,"message":"Bad request"}`, "LOGIN-09 message"},
		{unifier.Login, 400, `{"status":400,"message":7}`, "LOGIN-09 message"},
		{unifier.Login, 400, `{"status":400}`, "LOGIN-09 message"},
		{unifier.Login, 400, ``, "LOGIN-09 message"},
		{unifier.Login, 422, `{"status":422,"message":"Invalid expiry"}`, "LOGIN-09 status"},
		{unifier.Login, 500, ``, "LOGIN-09 status"},
		{unifier.Login, 200, tokenBody, "LOGIN-09 status"},
		{unifier.Login, 400, tokenBody, "LOGIN-09 token_given"},
		{unifier.OAuth, 400, `{"status":400,"message":"whatever"}`, ""},
		{unifier.OAuth, 400, `whatever`, ""},
		{unifier.OAuth, 400, `{"status":400,"message":" "}`, "OAUTH-09 no_message"},
		{unifier.OAuth, 400, ``, "OAUTH-09 no_message"},
		{unifier.OAuth, 200, `{}`, "OAUTH-09 status"},
		{unifier.OAuth, 400, `{"status":400,"message":"m","access_token":"x"}`, "OAUTH-09 token_given"},
	} {
		j := JudgeInvalidExpiry(tt.service, replyOf(issue, tt.status, tt.body))
		if kinds(j) != tt.want {
			t.Errorf("%s %d %s: %q, want %q", tt.service, tt.status, tt.body, kinds(j), tt.want)
		}
		if strings.Contains(fmt.Sprint(j), third[:20]) {
			t.Error("the token is quoted")
		}
	}
}

func TestUnauthorized(t *testing.T) {
	for _, tt := range []struct {
		service unifier.Service
		cause   AuthCause
		status  int
		body    string
		want    string
		reading string
	}{
		{unifier.Login, AuthMissing, 401, `{"status":401,"message":"Empty or invalid Authorization header"}`, "", "[{A8 message is a string} {A7 \"Empty or invalid Authorization header\" for a missing header}]"},
		{unifier.Login, AuthMissing, 401, `{"status":401,"message":"Invalid Authorization header"}`, "", "[{A8 message is a string} {A7 \"Invalid Authorization header\" for a missing header}]"},
		{unifier.Login, AuthInvalid, 401, `{"message":["Empty  or invalid AUTHORIZATION header."]}`, "", "[{A8 message is a list of strings} {A7 \"Empty or invalid Authorization header\" for an invalid header}]"},
		{unifier.Login, AuthInvalid, 401, `<h1>Invalid Authorization header</h1>`, "", "[{A7 \"Invalid Authorization header\" for an invalid header}]"},
		{unifier.Login, AuthInvalid, 401, `{"error":"invalid Authorization\u0020header"}`, "", ""},
		{unifier.Login, AuthInvalid, 401, `{"message":"Unauthorized"}`, "LOGIN-14 message", ""},
		{unifier.Login, AuthMissing, 401, ``, "LOGIN-13 message", ""},
		{unifier.Login, AuthMissing, 403, ``, "LOGIN-13 status", ""},
		{unifier.Login, AuthInvalid, 200, `{"token":"` + dbToken("$$u") + `"}`, "LOGIN-14 status", ""},
		{unifier.OAuth, AuthInvalid, 401, `{"status":401,"message":"no"}`, "", ""},
		{unifier.OAuth, AuthMissing, 401, ``, "OAUTH-10 no_message", ""},
		{unifier.OAuth, AuthMissing, 401, `{"status":401}`, "OAUTH-10 no_message", ""},
		{unifier.OAuth, AuthMissing, 400, `{"status":400}`, "OAUTH-10 status", ""},
	} {
		j := JudgeUnauthorized(tt.service, tt.cause, replyOf(issue, tt.status, tt.body))
		if kinds(j) != tt.want {
			t.Errorf("%s %d %s: %q, want %q", tt.service, tt.status, tt.body, kinds(j), tt.want)
		}
		if tt.reading != "" && fmt.Sprint(j.Readings) != tt.reading {
			t.Errorf("%s: %v, want %s", tt.body, j.Readings, tt.reading)
		}
	}
	if j := JudgeRefusedType(replyOf(issue, 200, "{}")); kinds(j) != "OAUTH-10 status" {
		t.Error(j)
	}
}

func TestInactive(t *testing.T) {
	for _, tt := range []struct {
		status int
		body   string
		want   string
		notes  int
	}{
		{401, ``, "", 0}, {403, ``, "", 1}, {400, ``, "", 1}, {200, ``, "LOGIN-15 status", 0}, {500, ``, "LOGIN-15 status", 0}, {302, ``, "LOGIN-15 status", 0},
		{401, tokenBody, "LOGIN-15 token_given", 0}, {200, tokenBody, "LOGIN-15 token_given, LOGIN-15 status", 0},
	} {
		if j := JudgeInactive(replyOf(issue, tt.status, tt.body)); kinds(j) != tt.want || len(j.Notes) != tt.notes {
			t.Errorf("%d: %q %v, want %q", tt.status, kinds(j), j.Notes, tt.want)
		}
	}
}

func TestMethods(t *testing.T) {
	header := replyOf(issue, 200, "")
	header.Header.Set("X-Token", dbToken("$$u"))
	for name, tt := range map[string]struct {
		r    Reply
		want string
	}{
		"refused": {replyOf(issue, 405, `{"status":405,"message":"no"}`), ""},
		"empty":   {replyOf(issue, 200, ``), ""},
		"token":   {replyOf(issue, 200, tokenBody), "LOGIN-19 token_given"},
		"header":  {header, "LOGIN-19 token_given"},
		"JWT":     {replyOf(issue, 200, "token: "+rightJWT()), "LOGIN-19 token_given"},
		"in data": {replyOf(issue, 200, `{"data":[{"access_token":"x"}]}`), "LOGIN-19 token_given"},
		"no text": {replyOf(issue, 200, `{"data":[1,{"access_token":null}],"token":""}`), ""},
	} {
		if j := JudgeMethod("POST", tt.r); kinds(j) != tt.want {
			t.Errorf("%s: %v, want %q", name, j.Findings, tt.want)
		}
	}
}

func TestErrorBodies(t *testing.T) {
	for _, tt := range []struct {
		service unifier.Service
		status  int
		body    string
		want    string
	}{
		{unifier.Login, 401, `{"status":401,"message":"no"}`, ""},
		{unifier.Login, 401, `{"status":401,"message":["no"],"data":[]}`, ""},
		{unifier.Login, 401, `{"status":400,"message":"no"}`, "LOGIN-17 body_status"},
		{unifier.Login, 401, `{"status":"401","message":"no"}`, "LOGIN-17 body_status"},
		{unifier.Login, 401, `{"message":"no"}`, "LOGIN-17 body_status"},
		{unifier.Login, 401, `{"status":401}`, "LOGIN-17 no_message"},
		{unifier.Login, 401, `{"status":401,"message":{}}`, "LOGIN-17 no_message"},
		{unifier.Login, 401, `{"status":401,"message":[1]}`, "LOGIN-17 no_message"},
		{unifier.Login, 401, `<html>`, "LOGIN-17 not_json"},
		{unifier.Login, 401, ``, "LOGIN-17 empty_body"},
		{unifier.Login, 400, tokenBody, "LOGIN-17 token_given"},
		{unifier.OAuth, 400, `[]`, "OAUTH-06 not_object"},
		{unifier.OAuth, 200, `{}`, "OAUTH-06 status"},
	} {
		j := JudgeErrorBody(tt.service, replyOf(issue, tt.status, tt.body))
		if kinds(j) != tt.want {
			t.Errorf("%s %d %s: %q, want %q", tt.service, tt.status, tt.body, kinds(j), tt.want)
		}
	}
}

func TestResources(t *testing.T) {
	for status, want := range map[int][2]string{
		200: {"", "LOGIN-16 not_refused"}, 204: {"", "LOGIN-16 not_refused"},
		401: {"LOGIN-21 token_refused", ""}, 403: {"LOGIN-21 token_refused", ""},
		404: {"LOGIN-21 resource_status", "LOGIN-16 not_refused"}, 500: {"LOGIN-21 resource_status", "LOGIN-16 not_refused"},
		299: {"", "LOGIN-16 not_refused"}, 799: {"LOGIN-21 resource_status", "LOGIN-16 not_refused"},
	} {
		r := replyOf(issue, status, "")
		if got := kinds(JudgeAccepted("LOGIN-21", r)); got != want[0] {
			t.Errorf("accepted %d: %q", status, got)
		}
		if got := kinds(JudgeRefused("LOGIN-16", "no token", r)); got != want[1] {
			t.Errorf("refused %d: %q", status, got)
		}
	}
}

func TestHygiene(t *testing.T) {
	sent := Sent{User: "$$unigate", Password: `p"ss:wörd 1`}
	for _, tt := range []struct {
		name   string
		status int
		header string // as "Name: value" lines
		body   string
		want   string
	}{
		{"token that is not to be cached", 200, "Cache-Control: private, No-Store", tokenBody, ""},
		{"token that may be cached", 200, "Cache-Control: no-cache", tokenBody, "SEC-01 cacheable"},
		{"no token", 200, "", `{}`, ""},
		{"challenge", 401, `WWW-Authenticate: Basic realm="x"`, `{}`, ""},
		{"no challenge", 401, "", `{}`, "SEC-02 no_challenge"},
		{"echo", 400, "", `{"message":"p\"ss:w\u00f6rd 1 is wrong"}`, "SEC-04 credentials_echoed"},
		{"echo outside JSON", 400, "", `p"ss:wörd 1 is wrong`, "SEC-04 credentials_echoed"},
		{"echo of base64", 400, "", `{"message":"JCR1bmlnYXRlOnAic3M6d8O2cmQgMQ=="}`, "SEC-04 credentials_echoed"},
		{"echo in a header", 400, "X-Debug: Basic JCR1bmlnYXRlOnAic3M6d8O2cmQgMQ", `{}`, "SEC-04 credentials_echoed"},
		{"user only", 400, "", `{"message":"$$unigate is wrong"}`, ""},
		{"content type with parameters", 200, "Content-Type: Application/JSON; charset=UTF-8", `{}`, ""},
		{"text", 200, "Content-Type: text/plain", `{}`, "SEC-05 content_type"},
		{"no type", 200, "Content-Type:", `{}`, "SEC-05 content_type"},
		{"nothing at all", 204, "Content-Type:", ``, ""},
		{"Java trace", 500, "", "java.lang.NullPointerException\\n\\tat com.oracle.unifier.Login.go(Login.java:42)", "SEC-07 server_internals"},
		{"trace in JSON", 500, "", `{"message":"\tat com.oracle.unifier.Login.go(Login.java:42)"}`, "SEC-07 server_internals"},
		{"exception", 400, "", `{"message":"oracle.jdbc.driver.OracleSQLException"}`, "SEC-07 server_internals"},
		{"database", 500, "", `{"message":"ORA-00942: table or view does not exist"}`, "SEC-07 server_internals"},
		{"SQL", 500, "", `{"message":"near: SELECT id, name FROM users WHERE x"}`, "SEC-07 server_internals"},
		{"Python", 500, "", `Traceback (most recent call last):`, "SEC-07 server_internals"},
		{"Go", 500, "", `goroutine 7 [running]:`, "SEC-07 server_internals"},
		{".NET", 500, "", `   at Acme.Login.Go(String x) in Login.cs:line 5`, "SEC-07 server_internals"},
		{"path", 500, "", `{"message":"cannot read /u01/app/oracle/x.conf"}`, "SEC-07 server_internals"},
		{"Windows path", 500, "", `{"message":"cannot read C:\\unifier\\conf\\x.xml"}`, "SEC-07 server_internals"},
		{"URL", 400, "", `{"message":"see https://docs.oracle.com/home/unifier/help.html"}`, ""},
		{"line breaks", 400, "", `{"message":"Error:\nnot\table\nname"}`, ""},
		{"broken parameter", 200, "Content-Type: application/json;charset", `{}`, ""},
		{"plain words", 400, "", `{"message":"Invalid expiry. Select a value from the list where 1 to 500 are at www.oracle.com/help"}`, ""},
		{"service path", 404, "", `{"message":"/ws/rest/service/v1/login is not found at us2.unifier.example"}`, ""},
		{"trace in a success", 200, "", `{"message":"Traceback (most recent call last):"}`, ""},
	} {
		r := replyOf(issue, tt.status, tt.body)
		for line := range strings.Lines(tt.header) {
			name, v, _ := strings.Cut(line, ":")
			r.Header.Set(name, strings.TrimSpace(v))
			if strings.TrimSpace(v) == "" {
				r.Header.Del(name)
			}
		}
		if tt.status == 401 && tt.name != "no challenge" {
			r.Header.Set("WWW-Authenticate", "Basic")
		}
		j := JudgeHygiene(sent, r)
		if kinds(j) != tt.want {
			t.Errorf("%s: %v, want %q", tt.name, j.Findings, tt.want)
		}
		if strings.Contains(fmt.Sprint(j), sent.Password.Reveal()) || strings.Contains(fmt.Sprint(j), "JCR1bmlnYXRlOnAic3M6d8O2cmQgMQ") {
			t.Errorf("%s: the password is quoted", tt.name)
		}
	}
	for password, want := range map[string]string{
		"password": "", "Authorization": "", "unigate": "", "======": "", "wrong-one": "SEC-04 credentials_echoed",
	} {
		r := replyOf(issue, 400, `{"message":"Invalid Authorization header: password of $$unigate, wrong-one"}`)
		if j := JudgeHygiene(Sent{User: "$$unigate", Password: unifier.Secret(password)}, r); kinds(j) != want {
			t.Errorf("%s: %v", password, j.Findings)
		}
	}
	old := replyOf(issue, 200, `{}`)
	for version, want := range map[uint16]string{tls.VersionTLS11: "SEC-06 old_tls", tls.VersionTLS12: "", tls.VersionTLS13: ""} {
		old.TLS = &tls.ConnectionState{Version: version}
		if j := JudgeHygiene(Sent{}, old); kinds(j) != want {
			t.Errorf("%x: %v", version, j.Findings)
		}
	}
}

func TestAlike(t *testing.T) {
	a := replyOf(issue, 401, `{"status":401,"message":"Invalid Authorization header"}`)
	for body, want := range map[string]string{
		`{"message":"Invalid Authorization header","status":401}`:       "",
		`{"message":"invalid Authorization header","status":401}`:       "SEC-03 tells_users_apart",
		`{"message":"No such user","status":401}`:                       "SEC-03 tells_users_apart",
		`{"message":"Invalid Authorization header","status":401,"x":1}`: "SEC-03 tells_users_apart",
		`Invalid Authorization header`:                                  "SEC-03 tells_users_apart, SEC-03 tells_users_apart, SEC-03 tells_users_apart",
	} {
		if j := JudgeAlike(a, replyOf(issue, 401, body)); kinds(j) != want {
			t.Errorf("%s: %v", body, j.Findings)
		}
	}
	id := `{"status":401,"message":"refused at 2027-05-18T18:34:12.5Z, request %s"}`
	if j := JudgeAlike(replyOf(issue, 401, fmt.Sprintf(id, "0a1b2c3d-24f6-2971-3513-6a087bc863be")), replyOf(issue, 401, fmt.Sprintf(id, "1a1b2c3d-24f6-2971-3513-6a087bc863bf"))); !j.OK() {
		t.Error(j)
	}
	named := `{"status":401,"message":"%s is not right"}`
	if j := JudgeAlike(replyOf(issue, 401, fmt.Sprintf(named, "$$a")), replyOf(issue, 401, fmt.Sprintf(named, "$$b")), "$$a", "$$b", ""); !j.OK() {
		t.Error(j)
	}
	if j := JudgeAlike(a, replyOf(issue, 403, string(a.Body))); kinds(j) != "SEC-03 tells_users_apart" {
		t.Error(j)
	}
}

func TestReplyOf(t *testing.T) {
	x := unifier.Exchange{Status: 200, Header: http.Header{"A": {"b"}}, Body: []byte("x"), Truncated: true, Started: issue, Finished: issue.Add(1)}
	r := ReplyOf(&x)
	if r.Status != 200 || r.Header.Get("A") != "b" || string(r.Body) != "x" || !r.Truncated || !r.Sent.Equal(issue) || !r.Received.After(r.Sent) {
		t.Errorf("%+v", r)
	}
}

// TestTokensInOddPlaces puts a token where names and short words are expected:
// no finding, note or trait may repeat it.
func TestTokensInOddPlaces(t *testing.T) {
	jwt, db := rightJWT(), dbToken("$$u")
	for _, secret := range []string{jwt, db, third} {
		exp, l := pacific(t)
		for _, body := range []string{
			`{"` + secret + `":1,"` + secret + `":2}`, `{"` + secret + `":1}`, `{"message":"` + secret + `"}`, `{"message":["` + secret + `"],"status":"` + secret + `"}`,
			`{"Timezone":"` + secret + `","expiryDate":"` + secret + `","expiryTime":"` + secret + `","token":"x.` + secret + `","status":200}`,
			`{"access_token":"` + signJWT(`{"alg":"`+secret+`","kid":"`+secret+`"}`, claimsOf(map[string]any{"sub": secret, "iss": 5})) + `","token_type":"` + secret + `","expires_in":1,"status":1}`,
			secret,
		} {
			r := replyOf(l.at, 200, body)
			r.Header.Set("X-"+third, secret)
			out := fmt.Sprint(JudgeLogin(exp, r).Findings, JudgeOAuth(oauthExp(), r).Findings, JudgeMethod("POST", r), Traits(unifier.OAuth, "odd", r))
			r.Status = 401
			out += fmt.Sprint(JudgeLogin(exp, r).Findings, JudgeUnauthorized(unifier.Login, AuthMissing, r), JudgeErrorBody(unifier.Login, r),
				JudgeInvalidExpiry(unifier.Login, r), JudgeHygiene(Sent{}, r), JudgeAlike(r, replyOf(l.at, 400, "{}")))
			if strings.Contains(strings.ToLower(out), strings.ToLower(secret[:40])) {
				t.Errorf("%.60s: %s", body, out)
			}
		}
	}
}
