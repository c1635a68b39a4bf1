package reference_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
)

// fetchJWT asks for an access token.
func fetchJWT(t testing.TB, s http.Handler, query string) (token string, body map[string]any) {
	t.Helper()
	w := ask(s, unifier.OAuthPath+query, credentials(t, "api@unigate.example"))
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", query, w.Code, w.Body)
	}
	body = members(t, w.Body.Bytes())
	token, _ = body["access_token"].(string)
	return token, body
}

func TestJWT(t *testing.T) {
	s := newService(t, reference.Options{})
	token, body := fetchJWT(t, s, "?expiry=300")
	if body["expires_in"] != 300.0 || body["token_type"] != "Bearer" || body["status"] != 200.0 {
		t.Errorf("body %v", body)
	}
	var keys jose.JSONWebKeySet
	if err := json.Unmarshal(s.JWKS(), &keys); err != nil || len(keys.Keys) != 1 || !keys.Keys[0].Valid() {
		t.Fatalf("key set: %v %s", err, s.JWKS())
	}
	if w := ask(s, reference.JWKSPath); !bytes.Equal(w.Body.Bytes(), s.JWKS()) {
		t.Errorf("published key set %s", w.Body)
	}
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	payload, err := signed.Verify(keys.Keys[0])
	if err != nil {
		t.Fatal(err)
	}
	c := members(t, payload)
	want := map[string]any{
		"sub": "api@unigate.example", "iat": float64(noon.Unix()), "exp": float64(noon.Unix() + 300),
		"user_tz": "America/Chicago", "user_locale": "en", "tok_type": "AT", "sub_type": "user",
	}
	for k, v := range want {
		if c[k] != v {
			t.Errorf("%s: %v, want %v", k, c[k], v)
		}
	}
	for _, k := range []string{"iss", "aud", "jti", "tenant", "scope", "client_id", "client_name", "user_tenantname", "gtp"} {
		if c[k] == nil {
			t.Errorf("no claim %s", k)
		}
	}
	header, _ := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[0])
	h := members(t, header)
	if h["alg"] != "RS256" || h["kid"] != keys.Keys[0].KeyID {
		t.Errorf("header %s", header)
	}
	if h["x5t"] != base64.RawURLEncoding.EncodeToString(keys.Keys[0].CertificateThumbprintSHA1) ||
		h["x5t#S256"] != base64.RawURLEncoding.EncodeToString(keys.Keys[0].CertificateThumbprintSHA256) {
		t.Errorf("thumbprints %s", header)
	}
}

func TestOAuthExpiry(t *testing.T) {
	for edition, seconds := range map[string]float64{"21.7": 3000, "24": 3600, "26": 3600} {
		w := ask(newService(t, reference.Options{Edition: edition}), unifier.OAuthPath, credentials(t, "api@unigate.example"))
		m := members(t, w.Body.Bytes())
		if data, ok := m["data"].(map[string]any); ok {
			m = data
		}
		if m["expires_in"] != seconds {
			t.Errorf("edition %s: %v", edition, m)
		}
	}
	s := newService(t, reference.Options{})
	for text, want := range map[string]int{
		"1": 200, "501": 200, "%33%30%30": 200, "2147483647": 200, "0": 400, "-1": 400, "1.5": 400, "3e2": 400,
		"": 400, "300s": 400, "2147483648": 400, "18446744073709551617": 400, "%20300": 400, "300&expiry=600": 400,
	} {
		if w := ask(s, unifier.OAuthPath+"?expiry="+text, credentials(t, "api@unigate.example")); w.Code != want {
			t.Errorf("expiry %q: %d, want %d", text, w.Code, want)
		}
	}
	for _, user := range []string{"$$unigate", "$$unigateoff"} {
		if w := ask(s, unifier.OAuthPath, credentials(t, user)); w.Code != 401 {
			t.Errorf("%s: %d", user, w.Code)
		}
	}
}

func TestJWTAtTheResource(t *testing.T) {
	now := noon
	s := newService(t, reference.Options{Now: func() time.Time { return now }})
	token, _ := fetchJWT(t, s, "?expiry=300")
	next, _ := fetchJWT(t, s, "?expiry=300")
	if token == next {
		t.Error("the same token twice")
	}
	parts := strings.Split(token, ".")
	claims, _ := base64.RawURLEncoding.DecodeString(parts[1])
	changed := base64.RawURLEncoding.EncodeToString(bytes.Replace(claims, []byte("api@"), []byte("sync@"), 1))
	unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`))
	for _, bad := range []string{
		parts[0] + "." + parts[1], parts[0] + "." + parts[1] + ".", parts[0] + "." + changed + "." + parts[2],
		unsigned + "." + parts[1] + ".", token + "A", token + "=", parts[0] + ".." + parts[2],
	} {
		if w := ask(s, unifier.ResourcePath, "Bearer "+bad); w.Code != 401 {
			t.Errorf("%q: %d", bad, w.Code)
		}
	}
	for at, want := range map[time.Duration]int{0: 200, 299 * time.Second: 200, 300 * time.Second: 401} {
		now = noon.Add(at)
		for _, good := range []string{token, next, token} {
			if w := ask(s, unifier.ResourcePath, "Bearer "+good); w.Code != want {
				t.Errorf("after %s: %d, want %d", at, w.Code, want)
			}
		}
	}
}
