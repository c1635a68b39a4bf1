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
		{unifier.Login, 400, `{"status":400,"message":"Bad request"}`, ""},
		{unifier.Login, 400, `{"status":400,"message":7}`, ""},
		{unifier.Login, 400, `{"status":400}`, ""},
		{unifier.Login, 400, ``, ""},
		{unifier.Login, 422, `{"status":422,"message":"Invalid expiry"}`, "LOGIN-09 status"},
		{unifier.Login, 500, ``, "LOGIN-09 status"},
		{unifier.Login, 200, tokenBody, "LOGIN-09 status"},
		{unifier.Login, 400, tokenBody, "LOGIN-09 token_given"},
		{unifier.OAuth, 400, `{"status":400,"message":"whatever"}`, ""},
		{unifier.OAuth, 400, `whatever`, ""},
		{unifier.OAuth, 400, `{"status":400,"message":" "}`, "OAUTH-09 no_message"},
		{unifier.OAuth, 400, ``, "OAUTH-09 no_message"},
		{unifier.OAuth, 400, `{"status":400,"error_description":"no"}`, ""},
		{unifier.OAuth, 200, `{}`, "OAUTH-09 status"},
		{unifier.OAuth, 400, `{"status":400,"message":"m","access_token":"x"}`, "OAUTH-09 token_given"},
	} {
		j := JudgeInvalidExpiry(of(tt.service), replyOf(issue, tt.status, tt.body))
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
		cause   Cause
		status  int
		body    string
		want    string
		reading string
	}{
		{unifier.Login, AuthMissing, 401, `{"status":401,"message":"Empty or invalid Authorization header"}`, "", "[{A8 message is a string}]"},
		{unifier.Login, AuthMissing, 401, `{"status":401,"message":"Invalid Authorization header"}`, "", ""},
		{unifier.Login, AuthInvalid, 401, `{"message":["Empty  or invalid AUTHORIZATION header."]}`, "", "[{A8 message is a list of strings}]"},
		{unifier.Login, AuthInvalid, 401, `<h1>Invalid Authorization header</h1>`, "", "[]"},
		{unifier.Login, AuthInvalid, 401, `{"error":"invalid Authorization\u0020header"}`, "", ""},
		{unifier.Login, AuthInvalid, 401, `{"message":"Unauthorized"}`, "", ""},
		{unifier.Login, AuthMissing, 401, ``, "", ""},
		{unifier.Login, AuthMissing, 403, ``, "LOGIN-13 status", ""},
		{unifier.Login, AuthInvalid, 200, `{"token":"` + dbToken("$$u") + `"}`, "LOGIN-14 status", ""},
		{unifier.OAuth, AuthInvalid, 401, `{"status":401,"message":"no"}`, "", ""},
		{unifier.OAuth, AuthMissing, 401, ``, "OAUTH-10 no_message", ""},
		{unifier.OAuth, AuthMissing, 401, `{"status":401}`, "OAUTH-10 no_message", ""},
		{unifier.OAuth, AuthMissing, 400, `{"status":400}`, "OAUTH-10 status", ""},
	} {
		j := JudgeUnauthorized(of(tt.service), tt.cause, replyOf(issue, tt.status, tt.body))
		if kinds(j) != tt.want {
			t.Errorf("%s %d %s: %q, want %q", tt.service, tt.status, tt.body, kinds(j), tt.want)
		}
		if tt.reading != "" && fmt.Sprint(j.Readings) != tt.reading {
			t.Errorf("%s: %v, want %s", tt.body, j.Readings, tt.reading)
		}
	}
	if j := JudgeRefusedType(of(unifier.OAuth), replyOf(issue, 200, "{}")); kinds(j) != "OAUTH-10 status" {
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
		if j := JudgeInactive(of(unifier.Login), replyOf(issue, tt.status, tt.body)); kinds(j) != tt.want || len(j.Notes) != tt.notes {
			t.Errorf("%d: %q %v, want %q", tt.status, kinds(j), j.Notes, tt.want)
		}
	}
}

func TestOrdinary(t *testing.T) {
	for status, want := range map[int]string{401: "", 403: "", 200: "LOGIN-23 status", 503: "LOGIN-23 status"} {
		if j := JudgeOrdinary(of(unifier.Login), replyOf(issue, status, `{}`)); kinds(j) != want {
			t.Errorf("%d: %q, want %q", status, kinds(j), want)
		}
	}
	if j := JudgeOrdinary(of(unifier.Login), replyOf(issue, 200, tokenBody)); kinds(j) != "LOGIN-23 token_given, LOGIN-23 status" {
		t.Error(j)
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
		if j := JudgeMethod(of(unifier.Login), "POST", tt.r); kinds(j) != tt.want {
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
		{unifier.Login, 200, `{}`, "LOGIN-17 status"},
		{unifier.OAuth, 200, `{"status":401,"message":"no"}`, ""}, // OAUTH-10's
		{unifier.OAuth, 400, `{"message":"no"}`, "OAUTH-06 body_status"},
		{unifier.OAuth, 400, `{"status":400,"error":"invalid_client","error_description":"no"}`, ""},
		{unifier.OAuth, 400, `{"status":400,"error_description":" "}`, "OAUTH-06 no_message"},
		{unifier.OAuth, 401, `no`, "OAUTH-06 not_json"},
		{unifier.OAuth, 401, ``, "OAUTH-06 empty_body"},
		{unifier.OAuth, 401, `Unauthorized`, "OAUTH-06 not_json (warning)"},
		{unifier.OAuth, 400, `Unauthorized`, "OAUTH-06 not_json"},
		{unifier.OAuth, 401, webLogicPage, "OAUTH-06 not_json (warning)"},
		{unifier.Login, 401, `{"status":401,"error_description":"no"}`, "LOGIN-17 no_message"},
	} {
		j := JudgeErrorBody(of(tt.service), replyOf(issue, tt.status, tt.body))
		if kinds(j) != tt.want {
			t.Errorf("%s %d %s: %q, want %q", tt.service, tt.status, tt.body, kinds(j), tt.want)
		}
	}
}

// webLogicPage is how WebLogic itself refuses credentials.
const webLogicPage = "<!DOCTYPE HTML><HTML><HEAD><TITLE>Error 401--Unauthorized</TITLE></HEAD>\n<BODY><H2>Error 401--Unauthorized</H2></BODY></HTML>"

func TestMessages(t *testing.T) {
	const empty, invalid = "Empty or invalid Authorization header", "Invalid Authorization header"
	for _, tt := range []struct {
		cause  Cause
		status int
		body   string
		want   string
		place  string // the reading of A18
	}{
		{AuthMissing, 401, `{"status":401,"message":"` + empty + `"}`, "", "a message in JSON"},
		{AuthMissing, 401, `{"status":401,"message":"` + invalid + `"}`, "", "a message in JSON"},
		{AuthInvalid, 401, `{"message":["Error: empty  or invalid AUTHORIZATION header. (4711)"]}`, "", "a message in JSON"},
		{AuthInvalid, 401, `{"error":"invalid Authorization\u0020header"}`, "", "elsewhere in the body"},
		{AuthInvalid, 401, `<h1>Invalid Authorization header</h1>`, "", "elsewhere in the body"},
		{AuthInvalid, 401, ` {"message":"Unauthorized"}`, "LOGIN-24 message", "a message in JSON, in other words"},
		{AuthInvalid, 401, "\xef\xbb\xbf{\"message\":\"Unauthorized\"}", "LOGIN-24 message", "a message in JSON, in other words"},
		{AuthInvalid, 401, `{"message":"Unauthor`, "LOGIN-24 message", "a message in JSON, in other words"},
		{AuthInvalid, 401, `{}`, "LOGIN-24 message", "a message in JSON, in other words"},
		{AuthInvalid, 401, `Unauthorized`, "LOGIN-24 front_end (warning)", "a page or bare text of a front end, without it"},
		{AuthMissing, 401, webLogicPage, "LOGIN-24 front_end (warning)", "a page or bare text of a front end, without it"},
		{AuthMissing, 401, `"Unauthorized"`, "LOGIN-24 front_end (warning)", "a page or bare text of a front end, without it"},
		{AuthMissing, 401, "\n", "LOGIN-24 front_end (warning)", "nothing says why"},
		{NotAllowed, 401, `{"status":401,"message":"` + invalid + `"}`, "", "a message in JSON"},
		{NotAllowed, 401, `{"status":401,"message":"User is not active"}`, "LOGIN-24 message (warning)", "a message in JSON, in other words"},
		{NotAllowed, 403, `{"status":403,"message":"User is not active"}`, "", ""},
		{AuthMissing, 400, `{"status":400,"message":"no"}`, "", ""}, // the status is LOGIN-13's
		{BadExpiry, 400, `{"status":400,"message":"Invalid expiry"}`, "", ""},
		{BadExpiry, 400, `{"status":400,"message":["x"," Invalid  EXPIRY. Try 1 to 500"]}`, "", ""},
		{BadExpiry, 400, `{"status":400,"message":"Bad request"}`, "LOGIN-24 message", ""},
		{BadExpiry, 400, `{"status":400,"message":7}`, "LOGIN-24 message", ""},
		{BadExpiry, 400, `{"status":400,"message":"` + invalid + `"}`, "LOGIN-24 message", ""},
		{BadExpiry, 400, `<p>Invalid expiry</p>`, "", ""},
		{BadExpiry, 400, `Bad Request`, "LOGIN-24 front_end (warning)", ""},
		{BadExpiry, 401, `{"status":401,"message":"no"}`, "", ""},
		{BadExpiry, 500, ``, "", ""},
	} {
		j := JudgeMessage(of(unifier.Login), tt.cause, replyOf(issue, tt.status, tt.body))
		place := ""
		for _, r := range j.Readings {
			if r.Ambiguity == "A18" {
				place = r.Reading
			}
		}
		if kinds(j) != tt.want || place != tt.place {
			t.Errorf("%d %d %s: %q %q, want %q %q", tt.cause, tt.status, tt.body, kinds(j), place, tt.want, tt.place)
		}
	}
	for _, cause := range []Cause{AuthMissing, AuthInvalid} {
		j := JudgeMessage(of(unifier.Login), cause, replyOf(issue, 401, `{"status":401,"message":"`+empty+`"}`))
		if want := map[Cause]string{AuthMissing: " for a missing header", AuthInvalid: " for an invalid header"}[cause]; !strings.Contains(fmt.Sprint(j.Readings), `{A7 "`+empty+`"`+want+`}`) {
			t.Error(j.Readings)
		}
	}
}

func TestResources(t *testing.T) {
	for _, tt := range []struct {
		status            int
		body              string
		accepted, refused string
		notes             int
	}{
		{200, ``, "", "LOGIN-16 not_refused", 0},
		{204, ``, "", "LOGIN-16 not_refused", 0},
		{299, `[]`, "", "LOGIN-16 not_refused", 0},
		{401, ``, "LOGIN-21 token_refused", "", 0},
		{403, `{"status":200}`, "LOGIN-21 token_refused", "", 0},
		{404, ``, "LOGIN-21 resource_status", "LOGIN-16 not_refused", 0},
		{500, `{"status":401}`, "LOGIN-21 resource_status", "LOGIN-16 not_refused", 0},
		{799, ``, "LOGIN-21 resource_status", "LOGIN-16 not_refused", 0},
		{200, `{"data":[],"status":200}`, "", "LOGIN-16 not_refused", 0},
		{200, `{"data":[],"status":401}`, "LOGIN-21 token_refused", "", 1},
		{200, `{"data":[],"status":"403"}`, "LOGIN-21 token_refused", "", 1},
		{200, `{"data":[],"status":602}`, "", "LOGIN-16 not_refused", 1},
		{200, `{"data":{"status":401}}`, "", "LOGIN-16 not_refused", 0},
		{200, `{"status":"Active"}`, "", "LOGIN-16 not_refused", 0},
	} {
		r := replyOf(issue, tt.status, tt.body)
		a, b := JudgeAccepted("LOGIN-21", r), JudgeRefused("LOGIN-16", "no token", r)
		if kinds(a) != tt.accepted || kinds(b) != tt.refused || len(a.Notes) != tt.notes || len(b.Notes) != tt.notes {
			t.Errorf("%d %s: %q %q %v", tt.status, tt.body, kinds(a), kinds(b), a.Notes)
		}
		if said := tt.accepted == "LOGIN-21 token_refused" && tt.status == 200; said != (len(a.Readings) == 1 && a.Readings[0].Ambiguity == "A15") {
			t.Errorf("%d %s: readings %v", tt.status, tt.body, a.Readings)
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
		{"SQL with an alias", 500, "", `{"message":"select u.id, u.status from users u where u.name = ?"}`, "SEC-07 server_internals"},
		{"SQL with a join", 500, "", `{"message":"select u.id from users u join roles r on u.id = r.user_id where r.name='x'"}`, "SEC-07 server_internals"},
		{"SQL in capitals", 500, "", `{"message":"SELECT COUNT(*) FROM SYS_USER"}`, "SEC-07 server_internals"},
		{"deletion", 500, "", `{"message":"DELETE FROM sys_session s WHERE s.id = 4"}`, "SEC-07 server_internals"},
		{"no SQL", 400, "", `{"message":"Please select a date from the list where the expiry is shown, and update the form"}`, ""},
		{"a frame alone", 500, "", `{"at":"com.skire.rest.Login.parse(Login.java:214)"}`, "SEC-07 server_internals"},
		{"exception without a package", 500, "", `{"message":"NumberFormatException: For input string"}`, "SEC-07 server_internals"},
		{"database address", 500, "", `{"message":"cannot connect to jdbc:oracle:thin:@//db1:1521/UNIFIER"}`, "SEC-07 server_internals"},
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
			out := fmt.Sprint(JudgeToken(unifier.Login, exp, r).Findings, JudgeToken(unifier.OAuth, oauthExp(), r).Findings, JudgeMethod(of(unifier.Login), "POST", r), Traits(unifier.OAuth, "odd", r, nil))
			r.Status = 401
			out += fmt.Sprint(JudgeToken(unifier.Login, exp, r).Findings, JudgeUnauthorized(of(unifier.Login), AuthMissing, r), JudgeMessage(of(unifier.Login), AuthMissing, r), JudgeMessage(of(unifier.Login), BadExpiry, r), JudgeAccepted("LOGIN-16", r), JudgeErrorBody(of(unifier.Login), r),
				JudgeInvalidExpiry(of(unifier.Login), r), JudgeHygiene(Sent{}, r), JudgeAlike(r, replyOf(l.at, 400, "{}")))
			if strings.Contains(strings.ToLower(out), strings.ToLower(secret[:40])) {
				t.Errorf("%.60s: %s", body, out)
			}
		}
	}
}
