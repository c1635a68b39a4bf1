package redact_test

import (
	"testing"

	"github.com/unigate/unigate/internal/redact"
)

// What is secret by its name alone, and what only looks so: the other nets are off.
func TestByName(t *testing.T) {
	r := redact.New()
	r.AllowCredentials("Basic cHVibGljOnBhc3N3b3Jk")
	r.Off(redact.ByValue | redact.ByShape)
	for in, want := range map[string]string{
		// credentials in URLs
		"https://me:s3@host/x":        "https://[redacted]@host/x",
		"https://me:s3@h and u:p@x":   "https://[redacted]@h and u:p@x",
		"https://me@host":             "https://me@host",
		"a://u:p@b c://v:w@d":         "a://[redacted]@b c://[redacted]@d",
		"https://me:${env:PW}@host/x": "https://[redacted]@host/x",
		// after an authentication scheme
		"Basic abcdefghijklmnop said":      "Basic [redacted] said",
		"Basic abcdefghijklmno said":       "Basic abcdefghijklmno said",
		"bearer abc12 abcde":               "bearer abc12 abcde",
		"bearer abc123 then basic dXNlcg=": "bearer [redacted] then basic [redacted]",
		"a basic requirement":              "a basic requirement",
		"Basic cHVibGljOnBhc3N3b3Jk":       "Basic cHVibGljOnBhc3N3b3Jk",
		"bearer+x1y2z3w4":                  "bearer+[redacted]",
		"v2-bearer+x1y2z3w4":               "v2-bearer+x1y2z3w4",
		"v2+bearer+x1y2z3w4":               "v2+bearer+[redacted]",
		"-bearer x1y2z3w4":                 "-bearer [redacted]",
		"bearer%20x1y2z3w4":                "bearer%20[redacted]",
		`Bearer realm="Acme", error="x"`:   `Bearer realm="Acme", error="x"`,
		`Basic realm=\"weblogic\"`:         `Basic realm=\"weblogic\"`,
		"Bearer realm=abc123":              "Bearer [redacted]",
		"the scheme Bearer   features/v2auth/authorization.feature:25": "the scheme Bearer   features/v2auth/authorization.feature:25",
		"may be written basic  own/checks-2.feature:7":                 "may be written basic  own/checks-2.feature:7",
		"Bearer abcdefgh12345678.feature":                              "Bearer [redacted]",
		`Bearer token="x"`:                                             `Bearer [redacted]"[redacted]"`,
		// elements
		"<password>abc</password><name>x</name>":    "<password>[redacted]</password><name>x</name>",
		`<p class="x">y</p><token id="1"> </token>`: `<p class="x">y</p><token id="1"> </token>`,
		"<a>b</a><o:Secret kind=\"q\">z</o:Secret>": "<a>b</a><o:Secret kind=\"q\">[redacted]</o:Secret>",
		"<password>[redacted]</password>":           "<password>[redacted]</password>",
		"<token>Bearer</token><token>basic</token>": "<token>Bearer</token><token>basic</token>",
		"<token>${env:UNIGATE_TOKEN}</token>":       "<token>${env:UNIGATE_TOKEN}</token>",
		"<token> ${env:UNIGATE_TOKEN} </token>":     "<token> ${env:UNIGATE_TOKEN} </token>",
		"<token>x${env:UNIGATE_TOKEN}</token>":      "<token>[redacted]</token>",
		// members
		`{"token":"a","tokens":1,"n":"b"}`:       `{"token":"[redacted]","tokens":1,"n":"b"}`,
		`{"token":"","x":"y"}`:                   `{"token":"","x":"y"}`,
		`{"token":"a\"b","x":"y"}`:               `{"token":"[redacted]","x":"y"}`,
		`{"token":"a\\","x":"y"}`:                `{"token":"[redacted]","x":"y"}`,
		`"{\"token\":\"a\\\"b\",\"x\":\"y\"}"`:   `"{\"token\":\"[redacted]\",\"x\":\"y\"}"`,
		`{'token':'a"b','x':'y'}`:                `{'token':'[redacted]','x':'y'}`,
		`{"token":["a",{"x":"b"},"c"],"y":"d"}`:  `{"token":["[redacted]",{"x":"[redacted]"},"[redacted]"],"y":"d"}`,
		`{"token":{"a":"b","c":["d]"]},"y":"d"}`: `{"token":{"a":"[redacted]","c":["[redacted]"]},"y":"d"}`,
		`{"token":["a`:                           `{"token":["[redacted]`,
		`{"pin":1234,"otp":123,"x":5678}`:        `{"pin":[redacted],"otp":123,"x":5678}`,
		`{"pin":0123456789}`:                     `{"pin":[redacted]}`,
		`{"pin":`:                                `{"pin":`,
		`{"token":null}`:                         `{"token":null}`,
		// parameters and assignments
		"token=abc&x=y": "token=[redacted]&x=y",
		"a=b;sid=c;d=e": "a=b;sid=[redacted];d=e",
		"token=":        "token=", "token==x": "token==x",
		"pin=123 pin=1234":            "pin=123 pin=[redacted]",
		"pin=12a":                     "pin=[redacted]",
		"password = x, y":             "password = [redacted], y",
		`password="x, y" z`:           `password="[redacted]" z`,
		`password=\"x, y\" z`:         `password=\"[redacted]\" z`,
		"token=[redacted]&password=b": "token=[redacted]&password=[redacted]",
		"name=x":                      "name=x",
		// header lines, and sentences that only look so
		"X-Api-Key: abc def\nHost: h":     "X-Api-Key: [redacted]\nHost: h",
		"> Cookie: a=b; c=d\r\n> Host: h": "> Cookie: [redacted]\r\n> Host: h",
		"Authorization: Basic\tab":        "Authorization: [redacted]",
		"\t* authorization: x":            "\t* authorization: [redacted]",
		"the x-api-key: a word":           "the x-api-key: a word",
		"password: a word of a sentence":  "password: a word of a sentence",
		"cookies: a word":                 "cookies: a word",
	} {
		if got := r.String(in); got != want {
			t.Errorf("%s\nbecame %s\nnot    %s", in, got, want)
		}
	}
}

// A name is secret by a root in it, by one of its words, or by its last one; never by
// what it says about a secret.
func TestSecretName(t *testing.T) {
	for name, want := range map[string]bool{
		"token": true, "xTokenY": true, "X-Auth-Token": true, "auth": true, "x_auth_y": true, "author": false, "authX": true, "oauth": false,
		"key": false, "x-api-key": true, "xApiKey": true, "keyX": false, "x-key-y": false, "hash": false, "pwHash": true, "signature": false, "xSignature": true,
		"token_type": false, "tokenExpires": false, "password_policy": false, "sec-websocket-key": false, "primaryKey": false, "": false, "-": false,
		"pass": true, "bypass": false, "pa\u00adssword": true, "PASSWORD": true, "Jwt": true, "jwtAssertion": true, "sid2": false, "sid": true, "SSO": true,
	} {
		if got := redact.SecretName(name); got != want {
			t.Errorf("%q: %t", name, got)
		}
	}
}
