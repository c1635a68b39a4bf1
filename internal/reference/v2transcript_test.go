package reference_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
)

// v2Transcript is what callers of the V2 services see.
func v2Transcript(t *testing.T, s *reference.Service) string {
	t.Helper()
	var out strings.Builder
	say := func(method, target, authorization, form string, headers map[string]string) string {
		r := httptest.NewRequest(method, target, strings.NewReader(form))
		r.Header["Authorization"] = []string{authorization}
		for name, value := range headers {
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		func() {
			defer func() { // a fault that breaks an answer off ends its handler in this way
				if p := recover(); p != nil && p != http.ErrAbortHandler { //nolint:errorlint // as net/http compares it
					panic(p)
				}
			}()
			s.ServeHTTP(w, r)
		}()
		body := w.Body.String()
		fmt.Fprintf(&out, "%s %s\n%d %s\n%s\n", method, target, w.Code, plainHeader(w.Header()), plainBody(body))
		return body
	}
	thirds := map[string]bool{} // of all users' tokens
	for _, name := range []string{"$$unigate", "$$unigate10", "$$hours2", "$$days2", "$$german", "$$zone_nepal", "$$zone_sydney", "api@unigate.example", "sync@unigate.example"} {
		own := credentials(t, name)
		var fetched []string
		for _, query := range []string{"", "?expiry=300", "", ""} {
			fetched = append(fetched, say("GET", unifier.V2AuthPath+query, own, "", nil))
			if found := tokenIn.FindStringSubmatch(fetched[len(fetched)-1]); len(found) > 1 {
				thirds[found[1][strings.LastIndexByte(found[1], '.')+1:]] = true
				fmt.Fprintf(&out, "signed: %t\n", signed(s, found[1]))
			}
		}
		for _, text := range fetched {
			useAsTold(s, text, say, &out)
		}
		fmt.Fprintf(&out, "distinct tokens and jti: %d\n", distinct(fetched))
		say("GET", unifier.V2AuthPath, own, "grant_type=client_credentials", nil)
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"} {
			say(method, unifier.V2AuthPath, own, "", nil)
		}
		for _, scheme := range []string{"Bearer", "Digest", "Basics"} {
			say("GET", unifier.V2AuthPath, strings.Replace(own, "Basic", scheme, 1), "", nil)
			say("GET", unifier.V2LoginPath, strings.Replace(own, "Basic", scheme, 1), "", nil)
		}
		for _, password := range []unifier.Secret{"", "wrong", unifier.Secret(strings.ToUpper(passwordOf(t, name))), unifier.Secret(passwordOf(t, name)[:2])} {
			say("GET", unifier.V2AuthPath, unifier.BasicAuth(name, password), "", nil)
			say("GET", unifier.V2LoginPath, unifier.BasicAuth(name, password), "", nil)
		}
		useAsTold(s, fetched[0], say, &out)
		for range 2 {
			say("GET", unifier.V2LoginPath, own, "", nil)
		}
	}
	for _, query := range []string{"", "0", "-5", "1.5", "soon", "300s", "99999999999999999999999", "30", "9000", "600", "-5"} {
		useAsTold(s, say("GET", unifier.V2AuthPath+"?expiry="+query, credentials(t, "api@unigate.example"), "", nil), say, &out)
	}
	fmt.Fprintf(&out, "distinct third parts: %d\n", len(thirds))
	var both []string
	for _, name := range []string{"api@unigate.example", "sync@unigate.example"} {
		for range 8 {
			both = append(both, say("GET", unifier.OAuthPath, credentials(t, name), "", nil), say("GET", unifier.V2AuthPath, credentials(t, name), "", nil))
		}
	}
	fmt.Fprintf(&out, "distinct tokens and jti of V1 and V2: %d\n", distinct(both))
	last := say("GET", unifier.V2AuthPath, credentials(t, "api@unigate.example"), "", nil)
	say("GET", unifier.V2AuthPath, credentials(t, "sync@unigate.example"), "", nil)
	useAsTold(s, last, say, &out)
	say("GET", unifier.V2AuthPath+"?expiry=0", credentials(t, "api@unigate.example"), "", nil)
	useAsTold(s, last, say, &out)
	if found := tokenIn.FindStringSubmatch(last); len(found) > 1 {
		fmt.Fprintf(&out, "signed: %t\n", signed(s, found[1]))
		say("GET", unifier.V2AuthPath, "Bearer "+found[1], "", nil)
	}
	for _, authorization := range []string{"", "Basic !", "Bearer a.b.c", unifier.BasicAuth("$$nobody", "x"), credentials(t, "$$unigateoff"), credentials(t, "jane.doe")} {
		say("GET", unifier.V2AuthPath, authorization, "", nil)
		say("GET", unifier.V2LoginPath, authorization, "", nil)
	}
	return out.String()
}

// passwordOf is the password of a default user.
func passwordOf(t *testing.T, name string) string {
	t.Helper()
	for _, u := range reference.DefaultUsers() {
		if u.Name == name {
			return u.Password.Reveal()
		}
	}
	t.Fatalf("no default user is named %s", name)
	return ""
}

// useAsTold uses the token of an answer twice, and an altered copy of it, where and how it says.
func useAsTold(s *reference.Service, answer string, say func(method, target, authorization, form string, headers map[string]string) string, out *strings.Builder) {
	var body struct {
		Data struct {
			Token    any            `json:"access_token"`
			Endpoint any            `json:"endpoint"`
			Headers  map[string]any `json:"request_headers"`
		} `json:"data"`
	}
	if json.Unmarshal([]byte(answer), &body) != nil {
		return
	}
	token, _ := body.Data.Token.(string)
	endpoint, _ := body.Data.Endpoint.(string)
	headers := map[string]string{}
	for name, value := range body.Data.Headers {
		headers[name], _ = value.(string)
	}
	if endpoint = strings.Trim(endpoint, "/"); endpoint != "" {
		endpoint = "/" + endpoint
	}
	if strings.ContainsAny(endpoint, "@:?%") || token == "" {
		fmt.Fprintf(out, "not to be used: %q\n", endpoint)
		return
	}
	for _, sent := range []string{token, token, altered(token)} {
		say("GET", endpoint+unifier.ResourcePath, "Bearer "+sent, "", headers)
	}
}

// altered is a token with another letter in its middle.
func altered(token string) string {
	at, letter := len(token)/2, "A"
	if token[at] == 'A' {
		letter = "B"
	}
	return token[:at] + letter + token[at+1:]
}

// distinct counts different tokens, and different jti in them.
func distinct(answers []string) int {
	var seen []string
	for _, a := range answers {
		found := tokenIn.FindStringSubmatch(a)
		if len(found) < 2 {
			continue
		}
		if jti := jtiOf(found[1]); jti != "" && !slices.Contains(seen, jti) {
			seen = append(seen, jti)
		}
		if !slices.Contains(seen, found[1]) {
			seen = append(seen, found[1])
		}
	}
	return len(seen)
}

// signed reports whether a published key signed a token.
func signed(s *reference.Service, token string) bool {
	var keys jose.JSONWebKeySet
	if json.Unmarshal(s.JWKS(), &keys) != nil {
		return false
	}
	parsed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return false
	}
	_, err = parsed.Verify(keys.Keys[0])
	return err == nil
}

// jtiOf reads the jti of a JWT; "" for other tokens.
func jtiOf(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ""
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return ""
	}
	var claims struct {
		ID string `json:"jti"`
	}
	_ = json.Unmarshal(text, &claims) // none is as good as no JSON
	return claims.ID
}

// TestV2FaultsDiffer sees that every fault of V2 and of many tenants shows. Those
// of the last moments of a token show in TestV2EndsTooEarly.
func TestV2FaultsDiffer(t *testing.T) {
	plain := plainTranscripts(t)
	for i, f := range reference.Faults() {
		if testing.Short() && i%4 != 0 {
			continue
		}
		if f.Edition == "" || f.Name == "v2-ends-early" || f.Name == "v2-minutes-as-seconds" {
			continue
		}
		if transcript(t, reference.Options{Faults: []string{f.Name}}) == plain[f.Edition] {
			t.Errorf("%s: no difference from the plain service", f.Name)
		}
	}
}

func TestV2EndsTooEarly(t *testing.T) {
	for name, at := range map[string]time.Duration{"v2-ends-early": 9 * time.Minute, "v2-minutes-as-seconds": time.Minute} {
		now := noon
		s := newService(t, reference.Options{Faults: []string{name}, Now: func() time.Time { return now }})
		data, _ := envelope(t, ask(s, unifier.V2AuthPath, credentials(t, "$$unigate10")))
		token, _ := data["access_token"].(string)
		if got := use(s, "", token, nil); got != 200 {
			t.Errorf("%s: at once: %d", name, got)
		}
		if now = noon.Add(at); use(s, "", token, nil) != 401 {
			t.Errorf("%s: still good after %s", name, at)
		}
	}
}
