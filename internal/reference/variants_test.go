package reference_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"sort"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
)

// transcript writes down all that callers see of a service, but for what is
// different in every run: the random parts of tokens.
func transcript(t *testing.T, o reference.Options) string {
	t.Helper()
	s := newService(t, o)
	var out strings.Builder
	say := func(method, target, authorization string) string {
		r := httptest.NewRequest(method, target, nil)
		r.Header.Set("Accept-Encoding", "gzip")
		r.Header["Authorization"] = []string{authorization}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		body := w.Body.String()
		fmt.Fprintf(&out, "%s %s\n%d %s\n%s\n", method, target, w.Code, plainHeader(w.Header()), plainBody(body))
		return body
	}
	var tokens []string
	for _, u := range s.Users() {
		authorization := unifier.BasicAuth(u.Name, u.Password)
		if u.Type == unifier.OAuthType {
			if strings.HasPrefix(u.Name, "a") || strings.HasPrefix(u.Name, "s") { // a signature takes its time
				say("GET", unifier.OAuthPath, authorization)
				say("GET", unifier.OAuthPath+"?expiry=7200", authorization)
			}
			continue
		}
		tokens = append(tokens, thirdPart.FindString(say("GET", unifier.LoginPath, authorization)))
	}
	own := credentials(t, "$$unigate")
	for _, query := range []string{"501", "7", "%2B5", "007"} {
		say("GET", unifier.LoginPath+"?expiry="+query, own)
	}
	for _, method := range []string{"POST", "HEAD", "OPTIONS"} {
		say(method, unifier.LoginPath, own)
	}
	for _, authorization := range []string{"", "Basic !", unifier.BasicAuth("$$unigate", "wrong")} {
		say("GET", unifier.LoginPath, authorization)
	}
	again := thirdPart.FindString(say("GET", unifier.LoginPath, own))
	fmt.Fprintf(&out, "the same token again: %t\n", again == tokens[0])
	token := "eyJ0eXAiOiJEQiJ9." + base64.StdEncoding.EncodeToString([]byte(`{"username":"$$unigate"}`)) + "." + again
	for _, scheme := range []string{"Bearer ", "Basic ", "Bearer x"} {
		say("GET", unifier.ResourcePath, scheme+token)
	}
	for _, name := range []string{"$$unigate10", "api@unigate.example"} {
		path, authorization := unifier.LoginPath, credentials(t, name)
		if strings.Contains(name, "@") {
			path = unifier.OAuthPath
		}
		first := tokenIn.FindStringSubmatch(say("GET", path, authorization))
		second := tokenIn.FindStringSubmatch(say("GET", path, authorization))
		if len(first) < 2 || len(second) < 2 {
			continue
		}
		fmt.Fprintf(&out, "the same token again: %t\n", first[1] == second[1])
		for _, token := range []string{second[1], first[1]} {
			say("GET", unifier.ResourcePath, "Bearer "+token)
		}
		say("GET", path, unifier.BasicAuth(name, "wrong"))
	}
	for _, query := range []string{"30", "300", "9000", "0"} {
		say("GET", unifier.OAuthPath+"?expiry="+query, credentials(t, "api@unigate.example"))
	}
	if s.Edition() != reference.Edition217 {
		out.WriteString(v2Transcript(t, s))
	}
	return out.String()
}

// tokenIn finds the token of an answer.
var tokenIn = regexp.MustCompile(`"(?:access_)?token":\s*"([^"]+)"`)

// plainHeader writes headers in order.
func plainHeader(h http.Header) string {
	var lines []string
	for name, values := range h {
		if http.CanonicalHeaderKey(name) != "Content-Length" || h.Get("Content-Encoding") == "" {
			lines = append(lines, fmt.Sprintf("%s: %q", name, values))
		}
	}
	sort.Strings(lines)
	return strings.Join(lines, ", ")
}

// plainBody takes the random parts out of a body and the claims out of a JWT.
func plainBody(body string) string {
	if strings.HasPrefix(body, "\x1f\x8b") {
		return "[gzip]"
	}
	body = thirdPart.ReplaceAllString(body, "[third part]")
	return jwtShape.ReplaceAllStringFunc(body, func(token string) string {
		parts := strings.Split(token, ".")
		header, _ := base64.RawURLEncoding.DecodeString(parts[0])
		claims, _ := base64.RawURLEncoding.DecodeString(parts[1])
		before, rest, _ := strings.Cut(string(claims), `"jti":"`)
		_, after, _ := strings.Cut(rest, `"`)
		return string(header) + before + after
	})
}

// TestVariantsDiffer sees that every variant is really another service than the
// plain one: a variant that changed nothing would prove nothing.
func TestVariantsDiffer(t *testing.T) {
	plain := plainTranscripts(t)
	for i, v := range reference.Variants() {
		if testing.Short() && i%4 != 0 {
			continue
		}
		switch v.Name {
		case "https": // see TestHTTPS
		case "slow":
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				ask(newService(t, reference.Options{Variants: []string{v.Name}}), unifier.LoginPath)
				if time.Since(began) != 5*time.Millisecond {
					t.Errorf("%s: answered after %s", v.Name, time.Since(began))
				}
			})
		default:
			if transcript(t, reference.Options{Variants: []string{v.Name}}) == plain[v.Edition] {
				t.Errorf("%s: no difference from the plain service", v.Name)
			}
		}
	}
}

// plainTranscripts are the transcripts of the plain service by edition; "" is 21.7.
func plainTranscripts(t *testing.T) map[string]string {
	t.Helper()
	plain := map[string]string{}
	for _, edition := range []string{"", reference.Edition24, reference.Edition26, reference.EditionEssentials} {
		plain[edition] = transcript(t, reference.Options{Edition: edition})
		if plain[edition] != transcript(t, reference.Options{Edition: edition}) {
			t.Fatalf("edition %s: the transcript of the plain service is another one each time", edition)
		}
	}
	return plain
}
