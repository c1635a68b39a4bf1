package oracle

import (
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/unifier"
)

// What crit names must be understood, and is held to its rules (RFC 7515, section 4.1.11);
// the claims of a JWT are encoded (RFC 7797). All these signatures verify.
func TestCritIsHonoured(t *testing.T) {
	set, err := ParseKeySet([]byte(jwks("k1")))
	if err != nil {
		t.Fatal(err)
	}
	for header, says := range map[string]string{
		``:                                        "",
		`"b64":true`:                              "",
		`"crit":["b64"],"b64":true`:               "",
		`"critical":["exp"],"Crit":["exp"]`:       "",
		`"crit":["b64"],"b64":false`:              "b64 is false",
		`"b64":false`:                             "b64 is false",
		`"crit":["b64"],"b64":"true"`:             "b64 is a string, not a boolean",
		`"b64":null`:                              "b64 is null",
		`"crit":["b64"]`:                          `names "b64", which the header does not have`,
		`"crit":["exp"],"exp":1`:                  `does not know, "exp"`,
		`"cr\u0069t":["exp"],"exp":1`:             `does not know, "exp"`,
		`"crit":["b64","exp"],"b64":true,"exp":1`: `does not know, "exp"`,
		`"crit":["EXP"],"exp":1`:                  `names "EXP", which the header does not have`,
		`"crit":["http://example/unknown"]`:       `names "http://example/unknown", which the header does not have`,
		`"crit":["http://e/u"],"http://e/u":{}`:   `does not know, "http://e/u"`,
		`"crit":[]`:                               "crit is an empty list",
		`"crit":null`:                             "crit is null, not a list",
		`"crit":"b64","b64":true`:                 "crit is a string, not a list",
		`"crit":{"b64":true},"b64":true`:          "crit is an object, not a list",
		`"crit":false`:                            "crit is a boolean, not a list",
		`"crit":["b64",7],"b64":true`:             "crit names a number",
		`"crit":[""]`:                             `names "", which the header does not have`,
		`"crit":["b64","b64"],"b64":true`:         `names "b64" twice`,
		`"crit":["alg"]`:                          `names "alg", which is no extension`,
		`"crit":["kid"]`:                          `names "kid", which is no extension`,
		`"crit":["x5t#S256"],"x5t#S256":"a"`:      `names "x5t#S256", which is no extension`,
		`"crit":["crit"]`:                         `names "crit", which is no extension`,
	} {
		token := signJWT(strings.TrimSuffix(`{"alg":"RS256","kid":"k1",`+header, ",")+"}", claimsOf(nil))
		err := set.VerifyJWT(token)
		if (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", header, err)
		}
		exp := oauthExp()
		exp.Keys = set
		j := JudgeToken(unifier.OAuth, exp, replyOf(issue, 200, `{"access_token":"`+token+`","token_type":"Bearer","expires_in":3000,"status":200}`))
		found := j.For("OAUTH-13")
		if (len(found) == 0) != (says == "") || len(found) > 0 && (found[0].Observed != "a token that its header makes invalid" || !strings.Contains(found[0].Detail, says)) {
			t.Errorf("%s: %v", header, j.Findings)
		}
		if len(found) != len(j.Findings) {
			t.Errorf("%s breaks more: %v", header, j.Findings)
		}
		exp.Keys = nil
		if j := JudgeToken(unifier.OAuth, exp, replyOf(issue, 200, `{"access_token":"`+token+`","token_type":"Bearer","expires_in":3000,"status":200}`)); !j.OK() {
			t.Errorf("%s: without a key set %v", header, j.Findings)
		}
	}
}
