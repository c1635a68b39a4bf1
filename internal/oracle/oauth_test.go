package oracle

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// signer is one key for the tests.
var signer = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

// signJWT writes a signed token by hand.
func signJWT(header, claims string) string {
	raw := base64.RawURLEncoding.EncodeToString
	signed := raw([]byte(header)) + "." + raw([]byte(claims))
	digest := sha256.Sum256([]byte(signed))
	sig, err := rsa.SignPKCS1v15(rand.Reader, signer(), crypto.SHA256, digest[:])
	if err != nil {
		panic(err)
	}
	return signed + "." + raw(sig)
}

// jwks writes the key set of the tests' key.
func jwks(kid string) string {
	raw := base64.RawURLEncoding.EncodeToString
	pub := signer().PublicKey
	return fmt.Sprintf(`{"keys":[{"kty":"EC","crv":"P-999","kid":"other"},{"kty":"RSA","kid":%q,"use":"sig","alg":"RS256","n":%q,"e":%q}]}`,
		kid, raw(pub.N.Bytes()), raw(big.NewInt(int64(pub.E)).Bytes()))
}

// issue is the moment of the tests' tokens.
var issue = time.Date(2027, 5, 18, 18, 34, 12, 345e6, time.UTC)

const rightHeader = `{"alg":"RS256","kid":"k1","x5t":"a","x5t#S256":"b"}`

// claimsOf writes the claims of a right token.
func claimsOf(change map[string]any) string {
	c := map[string]any{
		"sub": "api@acme.example", "iss": "https://idcs.example/", "aud": []string{"urn:a"}, "iat": issue.Unix(),
		"exp": issue.Unix() + 3000, "jti": "8f3", "tenant": "acme", "scope": "x",
	}
	for name, v := range change {
		if v == nil {
			delete(c, name)
		} else {
			c[name] = v
		}
	}
	b, err := json.Marshal(c)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// rightJWT is a right token.
func rightJWT() string { return signJWT(rightHeader, claimsOf(nil)) }

// oauthExp is the expectation of the tests.
func oauthExp() Expectation {
	return Expectation{User: unifier.User{Name: "api@acme.example"}, DefaultSeconds: 3000}
}

func TestOAuthBodies(t *testing.T) {
	token := rightJWT()
	in := `"access_token":"` + token + `","token_type":"Bearer","expires_in":3000`
	for _, tt := range []struct{ name, body, want, readings string }{
		{"flat", `{` + in + `,"status":200}`, "", "[{A2 flat} {A3 no success message} {A6 3000 seconds} {A4 exp − iat equals expires_in}]"},
		{"message", `{` + in + `,"status":200,"message":"Success."}`, "", "[{A2 flat} {A3 a success message} {A6 3000 seconds} {A4 exp − iat equals expires_in}]"},
		{"message list", `{` + in + `,"status":200,"message":["success"]}`, "", "[{A2 flat} {A3 a success message} {A6 3000 seconds} {A4 exp − iat equals expires_in}]"},
		{"empty list", `{` + in + `,"status":200,"message":[]}`, "", "[{A2 flat} {A3 no success message} {A6 3000 seconds} {A4 exp − iat equals expires_in}]"},
		{"null message", `{` + in + `,"status":200,"message":null}`, "", "[{A2 flat} {A3 no success message} {A6 3000 seconds} {A4 exp − iat equals expires_in}]"},
		{"data object", `{"data":{` + in + `},"status":200,"message":"success"}`, "", "[{A2 inside data, an object} {A3 a success message} {A6 3000 seconds} {A4 exp − iat equals expires_in}]"},
		{"data list", `{"status":200,"data":[{` + in + `}]}`, "", "[{A2 inside data, a list with one object} {A3 no success message} {A6 3000 seconds} {A4 exp − iat equals expires_in}]"},
		{"exponent", `{"access_token":"` + token + `","token_type":"Bearer","expires_in":3e3,"status":200.0}`, "", ""},
		{"failure message", `{` + in + `,"status":200,"message":"failed"}`, "OAUTH-14 message", ""},
		{"mixed messages", `{` + in + `,"status":200,"message":["success","oops"]}`, "OAUTH-14 message", ""},
		{"message object", `{` + in + `,"status":200,"message":{"a":1}}`, "OAUTH-14 message_type", ""},
		{"empty data", `{"status":200,"data":[]}`, "OAUTH-04 data_list", ""},
		{"two tokens", `{"status":200,"data":[{` + in + `},{` + in + `}]}`, "OAUTH-04 data_list", ""},
		{"data text", `{"status":200,"data":"` + token + `"}`, "OAUTH-04 data_type", ""},
		{"duplicate in data", `{"status":200,"data":{` + in + `,"expires_in":3000}}`, "OAUTH-04 duplicate_member", ""},
		{"no status", `{` + in + `}`, "OAUTH-04 missing_member", ""},
		{"status text", `{` + in + `,"status":"200"}`, "OAUTH-04 body_status", ""},
		{"status 201", `{` + in + `,"status":201}`, "OAUTH-04 body_status", ""},
		{"no type", `{"access_token":"` + token + `","expires_in":3000,"status":200}`, "OAUTH-04 missing_member", ""},
		{"lower-case type", `{"access_token":"` + token + `","token_type":"bearer","expires_in":3000,"status":200}`, "", ""},
		{"another type", `{"access_token":"` + token + `","token_type":"mac","expires_in":3000,"status":200}`, "OAUTH-04 token_type", ""},
		{"type number", `{"access_token":"` + token + `","token_type":1,"expires_in":3000,"status":200}`, "OAUTH-04 token_type", ""},
		{"expiry text", `{"access_token":"` + token + `","token_type":"Bearer","expires_in":"3000","status":200}`, "OAUTH-04 member_type", ""},
		{"no expiry", `{"access_token":"` + token + `","token_type":"Bearer","status":200}`, "OAUTH-04 missing_member", ""},
		{"fraction", `{"access_token":"` + token + `","token_type":"Bearer","expires_in":3000.5,"status":200}`, "OAUTH-02 wrong_validity", ""},
		{"no token", `{"token_type":"Bearer","expires_in":3000,"status":200}`, "OAUTH-04 missing_member", ""},
		{"token null", `{"access_token":null,"token_type":"Bearer","expires_in":3000,"status":200}`, "OAUTH-04 member_type", ""},
		{"empty token", `{"access_token":"","token_type":"Bearer","expires_in":3000,"status":200}`, "OAUTH-07 token_shape", ""},
		{"wrong expiry", `{"access_token":"` + token + `","token_type":"Bearer","expires_in":2999,"status":200}`, "OAUTH-02 wrong_validity", ""},
		{"wrong by much", `{"access_token":"` + token + `","token_type":"Bearer","expires_in":3600,"status":200}`, "OAUTH-02 wrong_validity, OAUTH-08 lifetime", ""},
		{"empty object", `{}`, "OAUTH-04 missing_member, OAUTH-04 missing_member, OAUTH-04 missing_member, OAUTH-04 missing_member", ""},
		{"list", `[1]`, "OAUTH-04 not_object", ""},
		{"cut", `{` + in, "OAUTH-04 cut_body", ""},
	} {
		j := JudgeToken(unifier.OAuth, oauthExp(), replyOf(issue, 200, tt.body))
		if kinds(j) != tt.want {
			t.Errorf("%s: %q, want %q: %v", tt.name, kinds(j), tt.want, j.Findings)
		}
		if tt.readings != "" && fmt.Sprint(j.Readings) != tt.readings {
			t.Errorf("%s: readings %v, want %s", tt.name, j.Readings, tt.readings)
		}
		if strings.Contains(fmt.Sprint(j.Findings, j.Readings, j.Notes), token[:40]) {
			t.Errorf("%s: the token is quoted", tt.name)
		}
	}
}

func TestOAuthTokens(t *testing.T) {
	right := rightJWT()
	parts := strings.Split(right, ".")
	for _, tt := range []struct{ name, token, want string }{
		{"right", right, ""},
		{"audience as text", signJWT(rightHeader, claimsOf(map[string]any{"aud": "urn:a"})), ""},
		{"name in another case", signJWT(rightHeader, claimsOf(map[string]any{"sub": "API@acme.example"})), ""},
		{"fractions", signJWT(rightHeader, claimsOf(map[string]any{"iat": float64(issue.Unix()) + 0.5})), ""},
		{"two parts", parts[0] + "." + parts[1], "OAUTH-07 token_shape"},
		{"four parts", right + ".x", "OAUTH-07 token_shape"},
		{"no signature", parts[0] + "." + parts[1] + ".", "OAUTH-07 token_shape"},
		{"padding", parts[0] + "." + parts[1] + "." + parts[2] + "==", "OAUTH-07 token_shape"},
		{"standard base64", parts[0] + "." + parts[1] + ".ab+/", "OAUTH-07 token_shape"},
		{"trailing bits", parts[0] + "." + parts[1] + ".ab", "OAUTH-07 token_shape"},
		{"line break", parts[0] + "." + parts[1] + ".ab\\nA_", "OAUTH-07 token_shape"},
		{"header not JSON", signJWT(`{"alg":`, claimsOf(nil)), "OAUTH-07 token_shape"},
		{"claims a list", signJWT(rightHeader, `[1]`), "OAUTH-07 token_shape"},
		{"claim twice", signJWT(rightHeader, `{"sub":"a","sub":"b"}`), "OAUTH-07 token_shape"},
		{"a DB token", dbToken("api@acme.example"), "OAUTH-07 token_shape"},
		{"too long", strings.Repeat("a", maxToken+1), "OAUTH-07 token_shape"},
		{"none", signJWT(`{"alg":"none"}`, claimsOf(nil)), "OAUTH-07 algorithm"},
		{"HS256", signJWT(`{"alg":"HS256"}`, claimsOf(nil)), "OAUTH-07 algorithm"},
		{"no sub", signJWT(rightHeader, claimsOf(map[string]any{"sub": nil})), "OAUTH-07 missing_claim"},
		{"empty jti", signJWT(rightHeader, claimsOf(map[string]any{"jti": ""})), "OAUTH-07 claim_type"},
		{"tenant number", signJWT(rightHeader, claimsOf(map[string]any{"tenant": 7})), "OAUTH-07 claim_type"},
		{"exp text", signJWT(rightHeader, claimsOf(map[string]any{"exp": "soon"})), "OAUTH-07 claim_type"},
		{"empty aud", signJWT(rightHeader, claimsOf(map[string]any{"aud": []string{}})), "OAUTH-07 claim_type"},
		{"another user", signJWT(rightHeader, claimsOf(map[string]any{"sub": "eve@acme.example"})), "OAUTH-07 wrong_user"},
		{"sample's lifetime", signJWT(rightHeader, claimsOf(map[string]any{"exp": issue.Unix() + 200})), "OAUTH-08 lifetime"},
		{"old", signJWT(rightHeader, claimsOf(map[string]any{"iat": issue.Unix() - 3600, "exp": issue.Unix() - 600})), "OAUTH-08 issued_at"},
		{"from the future", signJWT(rightHeader, claimsOf(map[string]any{"iat": issue.Unix() + 180, "exp": issue.Unix() + 3180})), "OAUTH-08 issued_at"},
		// From the second in which the call was sent to that after its answer, and two minutes of skew.
		{"as late as may be", signJWT(rightHeader, claimsOf(map[string]any{"iat": issue.Unix() + 121, "exp": issue.Unix() + 3121})), ""},
		{"a second later", signJWT(rightHeader, claimsOf(map[string]any{"iat": issue.Unix() + 122, "exp": issue.Unix() + 3122})), "OAUTH-08 issued_at"},
		{"as early as may be", signJWT(rightHeader, claimsOf(map[string]any{"iat": issue.Unix() - 121, "exp": issue.Unix() + 2879})), ""},
		{"a second earlier", signJWT(rightHeader, claimsOf(map[string]any{"iat": issue.Unix() - 122, "exp": issue.Unix() + 2878})), "OAUTH-08 issued_at"},
		{"a second more than it says", signJWT(rightHeader, claimsOf(map[string]any{"exp": issue.Unix() + 3001})), ""},
		{"two seconds more", signJWT(rightHeader, claimsOf(map[string]any{"exp": issue.Unix() + 3002})), "OAUTH-08 lifetime"},
		{"a second less", signJWT(rightHeader, claimsOf(map[string]any{"exp": issue.Unix() + 2999})), ""},
		{"two seconds less", signJWT(rightHeader, claimsOf(map[string]any{"exp": issue.Unix() + 2998})), "OAUTH-08 lifetime"},
		{"jti of one letter", signJWT(rightHeader, claimsOf(map[string]any{"jti": "x"})), ""},
		{"a bit ahead", signJWT(rightHeader, claimsOf(map[string]any{"iat": issue.Unix() + 100, "exp": issue.Unix() + 3100})), ""},
	} {
		body := `{"access_token":"` + tt.token + `","token_type":"Bearer","expires_in":3000,"status":200}`
		exp := oauthExp()
		exp.Claims = []string{"tenant"}
		j := JudgeToken(unifier.OAuth, exp, replyOf(issue, 200, body))
		if kinds(j) != tt.want {
			t.Errorf("%s: %q, want %q: %v", tt.name, kinds(j), tt.want, j.Findings)
		}
	}
	body := `{"access_token":"` + signJWT(rightHeader, claimsOf(map[string]any{"tenant": nil})) + `","token_type":"Bearer","expires_in":3000,"status":200}`
	exp := oauthExp()
	if j := JudgeToken(unifier.OAuth, exp, replyOf(issue, 200, body)); !j.OK() {
		t.Errorf("tenant is required where no edition says so: %v", j.Findings)
	}
	exp.Claims = []string{"tenant"}
	if j := JudgeToken(unifier.OAuth, exp, replyOf(issue, 200, body)); kinds(j) != "OAUTH-07 missing_claim" {
		t.Errorf("no tenant: %v", j.Findings)
	}
}

// Lifetimes are bounded by the identity domain, so that only 60 seconds to the default are judged (A13).
func TestOAuthBeyondTheBounds(t *testing.T) {
	body := `{"access_token":"x","token_type":"Bearer","expires_in":%d,"status":200}`
	for _, tt := range []struct {
		asked, got, status int
		want, reading      string
	}{
		{60, 60, 200, "", ""}, {60, 61, 200, "OAUTH-03 wrong_validity", ""}, {3000, 2999, 200, "OAUTH-03 wrong_validity", ""},
		{59, 59, 200, "", "an expiry below 60 seconds is taken as asked"},
		{1, 60, 200, "", "an expiry below 60 seconds is moved to 60 seconds"},
		{1, 0, 400, "", "an expiry below 60 seconds is refused"},
		{3001, 3000, 200, "", "an expiry above the default is moved to 3000 seconds"},
		{7200, 7200, 200, "", "an expiry above the default is taken as asked"},
		{7200, 0, 400, "", "an expiry above the default is refused"},
		{7200, 0, 500, "OAUTH-01 status", ""},
	} {
		exp := oauthExp()
		exp.Seconds = tt.asked
		j := JudgeToken(unifier.OAuth, exp, replyOf(issue, tt.status, fmt.Sprintf(body, tt.got)))
		reading := ""
		for _, r := range j.Readings {
			if r.Ambiguity == "A13" {
				reading = r.Reading
			}
		}
		found := strings.TrimSuffix(strings.TrimSuffix(kinds(j), "OAUTH-07 token_shape"), ", ")
		if found != tt.want || reading != tt.reading {
			t.Errorf("%d → %d: %q %q", tt.asked, tt.got, found, reading)
		}
	}
}

// Without an edition that was chosen every edition's default passes; with one
// the finding says which editions document what was seen (A6).
func TestOAuthDefaults(t *testing.T) {
	body := `{"access_token":"x","token_type":"Bearer","expires_in":%d,"status":200}`
	exp := oauthExp()
	exp.DefaultEditions = map[int64][]string{3000: {"21.7"}, 3600: {"24", "26"}}
	j := JudgeToken(unifier.OAuth, exp, replyOf(issue, 200, fmt.Sprintf(body, 3600)))
	if found := j.For("OAUTH-02"); len(found) != 1 || !strings.Contains(found[0].Detail, "edition 24 and 26") {
		t.Errorf("%v", found)
	}
	exp.OtherDefaults = []int{3600}
	for n, want := range map[int]int{3000: 0, 3600: 0, 3500: 1} {
		if j := JudgeToken(unifier.OAuth, exp, replyOf(issue, 200, fmt.Sprintf(body, n))); len(j.For("OAUTH-02")) != want {
			t.Errorf("%d: %v", n, j.Findings)
		}
	}
	exp.Seconds = 3000
	if j := JudgeToken(unifier.OAuth, exp, replyOf(issue, 200, fmt.Sprintf(body, 3600))); len(j.For("OAUTH-03")) != 1 {
		t.Errorf("another default passes where an expiry was asked for: %v", j.Findings)
	}
}

// The same token again may say what is left of it (A11).
func TestOAuthSameTokenAgain(t *testing.T) {
	for left, want := range map[int]string{3000: "", 2990: "", 2989: "", 2991: "", 2980: "OAUTH-02 wrong_validity, OAUTH-08 lifetime", 3010: "OAUTH-02 wrong_validity, OAUTH-08 lifetime"} {
		first := replyOf(issue, 200, "")
		exp := oauthExp()
		exp.First, exp.FirstSeconds = &first, 3000
		body := fmt.Sprintf(`{"access_token":"%s","token_type":"Bearer","expires_in":%d,"status":200}`, rightJWT(), left)
		if j := JudgeToken(unifier.OAuth, exp, replyOf(issue.Add(10*time.Second), 200, body)); left != 3000 && kinds(j) != want {
			t.Errorf("%d left: %v", left, j.Findings)
		}
	}
}

func TestOAuthAskedValidity(t *testing.T) {
	exp := oauthExp()
	exp.Seconds = 300
	body := func(n int) string {
		token := signJWT(rightHeader, claimsOf(map[string]any{"exp": issue.Unix() + int64(n)}))
		return fmt.Sprintf(`{"access_token":%q,"token_type":"Bearer","expires_in":%d,"status":200}`, token, n)
	}
	if j := JudgeToken(unifier.OAuth, exp, replyOf(issue, 200, body(300))); !j.OK() || j.TokenID != "8f3" || !j.Expires.Equal(issue.Truncate(time.Second).Add(300*time.Second)) {
		t.Error(j)
	}
	if j := JudgeToken(unifier.OAuth, exp, replyOf(issue, 200, body(3000))); kinds(j) != "OAUTH-03 wrong_validity" {
		t.Error(j.Findings)
	}
	exp.Validity = unifier.RuleEncoding
	if j := JudgeToken(unifier.OAuth, exp, replyOf(issue, 200, body(3000))); kinds(j) != "OAUTH-05 wrong_validity" {
		t.Error(j.Findings)
	}
	if j := JudgeToken(unifier.OAuth, exp, replyOf(issue, 401, `{"status":401,"message":"no"}`)); kinds(j) != "OAUTH-01 status" {
		t.Error(j.Findings)
	}
	big := replyOf(issue, 200, body(300))
	big.Truncated = true
	if j := JudgeToken(unifier.OAuth, exp, big); kinds(j) != "OAUTH-04 too_large" {
		t.Error(j.Findings)
	}
}

func TestSignatures(t *testing.T) {
	right := rightJWT()
	flipped := []byte(right)
	flipped[len(flipped)-10] ^= 1
	for _, tt := range []struct {
		name, kid, token string
		ok               bool
	}{
		{"right", "k1", right, true},
		{"set without kid", "", right, true},
		{"token without kid", "k1", signJWT(`{"alg":"RS256"}`, claimsOf(nil)), true},
		{"another kid", "k2", right, false},
		{"changed signature", "k1", string(flipped), false},
		{"changed claims", "k1", strings.Split(right, ".")[0] + "." + strings.Split(rightJWT(), ".")[1][1:] + "." + strings.Split(right, ".")[2], false},
		{"HS256", "k1", signJWT(`{"alg":"HS256","kid":"k1"}`, claimsOf(nil)), false},
		{"nonsense", "k1", "a.b", false},
	} {
		set, err := ParseKeySet([]byte(jwks(tt.kid)))
		if err != nil || set.Len() != 1 {
			t.Fatal(err)
		}
		if err := set.VerifyJWT(tt.token); (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.name, err)
		}
		exp := oauthExp()
		exp.Keys = set
		j := JudgeToken(unifier.OAuth, exp, replyOf(issue, 200, `{"access_token":"`+tt.token+`","token_type":"Bearer","expires_in":3000,"status":200}`))
		if tt.ok != j.OK() {
			t.Errorf("%s: %v", tt.name, j.Findings)
		}
	}
}

func TestBadKeySets(t *testing.T) {
	n := base64.RawURLEncoding.EncodeToString(new(big.Int).Lsh(big.NewInt(1), maxModulus+1).Bytes())
	for _, set := range []string{
		"", "{", "[]", `{"keys":{}}`, `{"keys":[]}`, `{"keys":[1]}`, `{"keys":[{"kty":"oct","k":"aGVsbG8"}]}`,
		`{"keys":[],"keys":[]}`, strings.Replace(jwks("k"), `"sig"`, `"enc"`, 1), strings.Replace(jwks("k"), "RS256", "RS512", 1),
		`{"keys":[{"kty":"RSA","n":"` + n + `","e":"AQAB"}]}`, `{"keys":[{"kty":"RSA","n":"","e":""}]}`,
		jwks("k") + strings.Repeat(" ", maxKeySet),
	} {
		if _, err := ParseKeySet([]byte(set)); err == nil {
			t.Errorf("%.80q is a key set", set)
		}
	}
}

func TestParseJWT(t *testing.T) {
	j, err := ParseJWT(rightJWT())
	if err != nil {
		t.Fatal(err)
	}
	if j.Algorithm != "RS256" || j.KeyID != "k1" || j.Subject != "api@acme.example" || j.Issuer != "https://idcs.example/" ||
		j.ID != "8f3" || j.Tenant != "acme" || len(j.Audience) != 1 || j.Expires-j.IssuedAt != 3000 {
		t.Errorf("%+v", j)
	}
	if j.Headers["x5t#S256"] != "a string" || j.Claims["aud"] != "a list" || j.Claims["scope"] != "a string" {
		t.Errorf("%v %v", j.Headers, j.Claims)
	}
	if _, err := ParseJWT("x"); err == nil {
		t.Error("x is a JWT")
	}
}

func BenchmarkJudgeOAuth(b *testing.B) {
	body := `{"access_token":"` + rightJWT() + `","token_type":"Bearer","expires_in":3000,"status":200}`
	judge, r := NewJudge(unifier.OAuth, oauthExp()), replyOf(issue, 200, body)
	b.ReportAllocs()
	for b.Loop() {
		if j := judge.Judge(&r); !j.OK() {
			b.Fatal(j.Findings)
		}
	}
}
