package oracle

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// v2Basic is a right V2 answer to a Basic user with two days, in the words of the sample.
func v2Basic(t *testing.T) (Expectation, string) {
	exp := Expectation{User: unifier.User{
		Name: "$$unigate", Type: unifier.Basic, Zone: "America/Los_Angeles", DateFormat: format(t, "MM/DD/YYYY"), Expiry: unifier.Expiry{N: 2, Unit: unifier.Days},
	}}
	end := issue.Add(48 * time.Hour).In(location(t, "America/Los_Angeles"))
	date := pattern("MM/DD/YYYY", end)
	return exp, fmt.Sprintf(`{"data":{"expiryDate":"%s","Timezone":"(UTC-08:00) Pacific Time (US & Canada)","expiryTime":"%s %s","access_token":"%s","auth_type":"Basic","expires_in":172800},"message":[],"status":200}`,
		date, date, end.Format("03:04 PM"), dbToken("$$unigate"))
}

func TestV2Basic(t *testing.T) {
	exp, right := v2Basic(t)
	for _, tt := range []struct{ name, old, with, want string }{
		{"right", "", "", ""},
		{"expires_in as text", `172800`, `"172800"`, ""},
		{"a second less", `172800`, `172799`, ""},
		{"two seconds less", `172800`, `172798`, "V2AUTH-04 wrong_validity"},
		{"a day less", `172800`, `86400`, "V2AUTH-04 wrong_validity"},
		{"a word", `172800`, `"two days"`, "V2AUTH-04 expires_in"},
		{"blank", `172800`, `""`, "V2AUTH-04 expires_in"},
		{"a fraction", `172800`, `172800.5`, "V2AUTH-04 expires_in"},
		{"negative", `172800`, `-172800`, "V2AUTH-04 expires_in"},
		{"beyond 64 bits", `172800`, `99999999999999999999`, "V2AUTH-04 expires_in"},
		{"no expires_in", `"expires_in"`, `"expiresIn"`, "V2AUTH-03 missing_member"},
		{"no auth_type", `"auth_type":"Basic",`, ``, "V2AUTH-03 missing_member"},
		{"null auth_type", `"Basic"`, `null`, "V2AUTH-06 auth_type"},
		{"nulls for what OAuth users have", `"auth_type"`, `"token_type":null,"endpoint":null,"request_headers":null,"auth_type"`, ""},
		{"auth_type in another case", `"Basic"`, `"BASIC"`, ""},
		{"auth_type of the other kind", `"Basic"`, `"oAuth"`, "V2AUTH-06 auth_type"},
		{"more members", `"auth_type"`, `"token_type":"Bearer","more":1,"auth_type"`, ""},
		{"zone spelt otherwise", `"Timezone"`, `"timezone"`, "V2AUTH-03 missing_member"},
		{"another user's token", dbToken("$$unigate"), dbToken("$$other"), "V2AUTH-07 wrong_user"},
		{"a malformed token", third, strings.ToLower(third), "V2AUTH-07 token_shape"},
		{"no data", `"data"`, `"Data"`, "V2AUTH-02 missing_member"},
		{"data is a list", `{"data":{`, `{"data":[],"x":{`, "V2AUTH-02 data_type"},
		{"no message", `"message":[],`, ``, "V2AUTH-02 missing_member"},
		{"message is text", `"message":[]`, `"message":""`, "V2AUTH-02 message_type"},
		{"message is blank", `"message":[]`, `"message":[" "]`, ""},
		{"message is success", `"message":[]`, `"message":["Success."]`, ""},
		{"message is another", `"message":[]`, `"message":["renewed"]`, "V2AUTH-14 message"},
		{"status is text", `"status":200`, `"status":"200"`, "V2AUTH-02 body_status"},
		{"no status", `,"status":200`, ``, "V2AUTH-02 missing_member"},
	} {
		body := strings.Replace(right, tt.old, tt.with, 1)
		if j := JudgeToken(unifier.V2Auth, exp, replyOf(issue, 200, body)); kinds(j) != tt.want {
			t.Errorf("%s: %q %v, want %q", tt.name, kinds(j), j.Findings, tt.want)
		}
	}
	if j := JudgeToken(unifier.V2Auth, exp, replyOf(issue, 401, `{}`)); kinds(j) != "V2AUTH-01 status" {
		t.Errorf("refused: %s", kinds(j))
	}
	first := replyOf(issue, 200, right)
	exp.First = &first
	later := replyOf(issue.Add(90*time.Second), 200, strings.Replace(right, "172800", "172710", 1))
	if j := JudgeToken(unifier.V2Auth, exp, later); kinds(j) != "" {
		t.Errorf("what is left of a stored token: %s", kinds(j))
	}
}

// TestV2BasicOpenExpiry leaves open what an expiry does for a Basic user (V2AUTH-18).
func TestV2BasicOpenExpiry(t *testing.T) {
	exp, right := v2Basic(t)
	exp.OpenExpiry = true
	for _, seconds := range []string{"172800", "300", `"300"`} {
		j := JudgeToken(unifier.V2Auth, exp, replyOf(issue, 200, strings.Replace(right, "172800", seconds, 1)))
		if kinds(j) != "" || j.Expires.IsZero() || j.Token == "" {
			t.Errorf("%s: %s, until %s", seconds, kinds(j), j.Expires)
		}
	}
}

// TestV2BasicOpenExpiryHoldsTheRest: whatever an expiry does, the answer looks as every other.
func TestV2BasicOpenExpiryHoldsTheRest(t *testing.T) {
	exp, right := v2Basic(t)
	exp.OpenExpiry = true
	right = strings.Replace(right, "172800", "300", 1)
	date := pattern("MM/DD/YYYY", issue.Add(48*time.Hour).In(location(t, "America/Los_Angeles")))
	for _, tt := range []struct{ old, with, want string }{
		{`(UTC-08:00) Pacific Time (US & Canada)`, `(UTC) Coordinated Universal Time`, "V2AUTH-05 wrong_zone"},
		{date, strings.ReplaceAll(date, "/", "-"), "V2AUTH-05 date_format"},
		{` PM`, ` pm`, "V2AUTH-05 expiry_time"},
		{`"Basic"`, `"oAuth"`, "V2AUTH-06 auth_type"},
		{`"auth_type":"Basic",`, ``, "V2AUTH-03 missing_member"},
		{`300`, `"five minutes"`, "V2AUTH-04 expires_in"},
		{`"expires_in"`, `"expire"`, "V2AUTH-03 missing_member"},
		{`"Timezone"`, `"timezone"`, "V2AUTH-03 missing_member"},
		{`"expiryTime"`, `"expirytime"`, "V2AUTH-03 missing_member"},
		{`"access_token"`, `"token"`, "V2AUTH-03 missing_member"},
		{third, strings.ToLower(third), "V2AUTH-07 token_shape"},
	} {
		body := strings.ReplaceAll(strings.ReplaceAll(right, " AM", " PM"), tt.old, tt.with)
		if j := JudgeToken(unifier.V2Auth, exp, replyOf(issue, 200, body)); kinds(j) != tt.want {
			t.Errorf("%s: %q %v, want %q", tt.with, kinds(j), j.Findings, tt.want)
		}
	}
}

func TestV2OAuth(t *testing.T) {
	token := signJWT(rightHeader, claimsOf(map[string]any{"exp": issue.Unix() + 3600}))
	single := `{"data":{"access_token":"` + token + `","expires_in":3600,"token_type":"Bearer","auth_type":"oAuth"},"message":[],"status":200}`
	tenant := `{"data":{"endpoint":"rest1","access_token":"` + token + `","expires_in":3600,"request_headers":{"x-unifier-tenant":"a","x-unifier-tenant-code":"b"}},"message":[],"status":200}`
	for _, tt := range []struct{ name, body, old, with, want string }{
		{"single", single, "", "", ""},
		{"tenant", tenant, "", "", ""},
		{"text", single, `3600,`, `"3600",`, ""},
		{"another default", single, `3600,`, `3000,`, "V2AUTH-09 wrong_validity, V2AUTH-10 lifetime (warning)"},
		{"a word", single, `3600,`, `"an hour",`, "V2AUTH-08 member_type"},
		{"no expires_in", single, `"expires_in"`, `"expire"`, "V2AUTH-08 missing_member"},
		{"no token", single, `"access_token"`, `"token"`, "V2AUTH-08 missing_member"},
		{"no token_type", single, `"token_type":"Bearer",`, ``, ""},
		{"bearer", single, `"Bearer"`, `"bearer"`, ""},
		{"mac", single, `"Bearer"`, `"mac"`, "V2AUTH-11 token_type"},
		{"o-auth", single, `"oAuth"`, `"O-AUTH"`, ""},
		{"basic", single, `"oAuth"`, `"Basic"`, "V2AUTH-06 auth_type"},
		{"nulls for what a single tenant has not", single, `"auth_type"`, `"endpoint":null,"request_headers":null,"auth_type"`, ""},
		{"null endpoint alone", single, `"auth_type"`, `"endpoint":null,"auth_type"`, ""},
		{"null token_type", single, `"Bearer"`, `null`, ""},
		{"null auth_type", single, `"oAuth"`, `null`, ""},
		{"null endpoint beside headers", tenant, `"rest1"`, `null`, "V2AUTH-12 member_type"},
		{"null headers beside an endpoint", tenant, `{"x-unifier-tenant":"a","x-unifier-tenant-code":"b"}`, `null`, "V2AUTH-12 member_type"},
		{"null code", tenant, `"x-unifier-tenant-code":"b"`, `"x-unifier-tenant-code":null`, "V2AUTH-12 member_type"},
		{"one more that is null", tenant, `"x-unifier-tenant-code":"b"`, `"x-unifier-tenant-code":"b","x-unifier-region":null`, ""},
		{"null token", single, `"` + token + `"`, `null`, "V2AUTH-08 member_type"},
		{"null expires_in", single, `3600,`, `null,`, "V2AUTH-08 member_type"},
		{"no endpoint", tenant, `"endpoint":"rest1",`, ``, "V2AUTH-12 missing_member"},
		{"slashes around", tenant, `"rest1"`, `"/rest1/"`, ""},
		{"two segments", tenant, `"rest1"`, `"gw/rest1"`, ""},
		{"another host", tenant, `"rest1"`, `"https://x/rest1"`, "V2AUTH-12 endpoint"},
		{"a host by slashes", tenant, `"rest1"`, `"//x/rest1"`, "V2AUTH-12 endpoint"},
		{"up", tenant, `"rest1"`, `"../rest1"`, "V2AUTH-12 endpoint"},
		{"up, encoded", tenant, `"rest1"`, `"/rest1/%2e%2e"`, "V2AUTH-12 endpoint"},
		{"a query", tenant, `"rest1"`, `"rest1?x="`, "V2AUTH-12 endpoint"},
		{"a user", tenant, `"rest1"`, `"@x/rest1"`, "V2AUTH-12 endpoint"},
		{"a line break", tenant, `"rest1"`, `"rest1\r\nX: y"`, "V2AUTH-12 endpoint"},
		{"empty", tenant, `"rest1"`, `""`, "V2AUTH-12 endpoint"},
		{"no code", tenant, `,"x-unifier-tenant-code":"b"`, ``, "V2AUTH-12 missing_member"},
		{"blank code", tenant, `"x-unifier-tenant-code":"b"`, `"x-unifier-tenant-code":" "`, "V2AUTH-12 empty_header"},
		{"names in another case", tenant, `"x-unifier-tenant-code"`, `"X-Unifier-Tenant-Code"`, ""},
		{"one more", tenant, `"x-unifier-tenant-code":"b"`, `"x-unifier-tenant-code":"b","x-unifier-region":"c"`, ""},
		{"Authorization", tenant, `"x-unifier-tenant-code":"b"`, `"x-unifier-tenant-code":"b","Authorization":"c"`, "V2AUTH-12 foreign_header"},
		{"another one", tenant, `"x-unifier-tenant-code":"b"`, `"x-unifier-tenant-code":"b","Accept-Language":"en"`, "V2AUTH-12 foreign_header (warning)"},
		{"a proxy's", tenant, `"x-unifier-tenant-code":"b"`, `"x-unifier-tenant-code":"b","Proxy-Authorization":"c"`, "V2AUTH-12 foreign_header"},
		{"a broken value", tenant, `"x-unifier-tenant-code":"b"`, `"x-unifier-tenant-code":"b\r\nX: y"`, "V2AUTH-12 header_value"},
		{"a broken name", tenant, `"x-unifier-tenant-code":"b"`, `"x-unifier-tenant-code":"b","x-unifier-a\r\nHost":"c"`, "V2AUTH-12 foreign_header"},
	} {
		exp := oauthExp()
		exp.User.Type, exp.DefaultSeconds = unifier.OAuthType, 3600
		j := JudgeToken(unifier.V2Auth, exp, replyOf(issue, 200, strings.Replace(tt.body, tt.old, tt.with, 1)))
		if kinds(j) != tt.want {
			t.Errorf("%s: %q %v, want %q", tt.name, kinds(j), j.Findings, tt.want)
		}
		for name, values := range j.Headers {
			if !strings.HasPrefix(name, "X-Unifier-") || strings.ContainsAny(strings.Join(values, ""), "\r\n") {
				t.Errorf("%s: the header %q is taken", tt.name, name)
			}
		}
	}
}

func TestV2Refusals(t *testing.T) {
	who := Asked{unifier.V2Auth, unifier.OAuthType}
	envelope := `{"data":{},"message":["Invalid Authorization header"],"status":401}`
	if j := JudgeUnauthorized(who, AuthInvalid, replyOf(issue, 401, envelope)); !j.OK() {
		t.Error(j.Findings)
	}
	if j := JudgeUnauthorized(who, AuthMissing, replyOf(issue, 403, envelope)); kinds(j) != "V2AUTH-15 status" {
		t.Error(j.Findings)
	}
	for body, want := range map[string]string{
		envelope: "", `{"message":"no","status":401}`: "", `{"data":null,"message":[],"status":401}`: "",
		`{"data":{},"message":[]}`: "V2AUTH-15 body_status", `{"data":{},"message":[],"status":200}`: "V2AUTH-15 body_status",
		`{"data":{},"status":401}`: "V2AUTH-15 no_message", `Unauthorized`: "V2AUTH-15 not_json (warning)",
	} {
		if j := JudgeErrorBody(who, replyOf(issue, 401, body)); kinds(j) != want {
			t.Errorf("%s: %q, want %q", body, kinds(j), want)
		}
	}
	if j := JudgeInvalidExpiry(who, replyOf(issue, 200, envelope)); kinds(j) != "V2AUTH-19 status" {
		t.Error(j.Findings)
	}
}

// TestV2Login judges V2 login by the rules of V1's, each by its own requirement.
func TestV2Login(t *testing.T) {
	exp, l := pacific(t)
	exp.User.Type = unifier.Basic
	for old, want := range map[string]string{"": "", `"Timezone"`: "V2LOGIN-01 missing_member", `"status":200`: "V2LOGIN-01 body_status"} {
		body := strings.Replace(l.body(), old, map[string]string{"": "", `"Timezone"`: `"zone"`, `"status":200`: `"status":"200"`}[old], 1)
		if j := JudgeToken(unifier.V2Login, exp, replyOf(l.at, 200, body)); kinds(j) != want {
			t.Errorf("%s: %q, want %q", old, kinds(j), want)
		}
	}
}

// TestEssentialsForm holds V1's answer of a multi-tenant system to the form that says where the token is good.
func TestEssentialsForm(t *testing.T) {
	for edition, want := range map[string]string{"": "", "26": "", "essentials": "OAUTH-04 form"} {
		exp := oauthExp()
		exp.Edition, exp.Lobby = edition, true
		body := `{"access_token":"` + rightJWT() + `","token_type":"Bearer","expires_in":3000,"status":200}`
		if j := JudgeToken(unifier.OAuth, exp, replyOf(issue, 200, body)); kinds(j) != want {
			t.Errorf("edition %q: %q, want %q", edition, kinds(j), want)
		}
	}
}
