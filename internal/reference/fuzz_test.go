package reference_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
)

// FuzzAuthorization sends any Authorization header to login: 200 is for right
// credentials only, everything else is a JSON error.
func FuzzAuthorization(f *testing.F) {
	s := newService(f, reference.Options{})
	right := map[string]bool{}
	for _, u := range s.Users() {
		value := unifier.BasicAuth(u.Name, u.Password)
		f.Add(value)
		if u.Type == unifier.Basic && u.Status == unifier.Active {
			right[strings.TrimPrefix(value, "Basic ")] = true
		}
	}
	for _, seed := range []string{"", " ", "Basic", "Basic ", "basic !!", "Basic Og==", "Bearer a.b.c", "Basic eDp5\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		w := ask(s, unifier.LoginPath, value)
		m := members(t, w.Body.Bytes())
		switch w.Code {
		case http.StatusOK:
			scheme, rest, _ := strings.Cut(strings.TrimSpace(value), " ")
			if !strings.EqualFold(scheme, "basic") || !right[strings.TrimLeft(rest, " ")] && !strings.ContainsAny(value, "\r\n") {
				t.Errorf("%q got a token", value)
			}
		case http.StatusUnauthorized:
			if m["message"] == nil || m["status"] != 401.0 || m["token"] != nil {
				t.Errorf("%q: %s", value, w.Body)
			}
		default:
			t.Errorf("%q: %d", value, w.Code)
		}
		if w := ask(s, unifier.ResourcePath, value); w.Code != http.StatusUnauthorized {
			t.Errorf("%q opens the resource: %d", value, w.Code)
		}
	})
}

// FuzzV2 sends any Authorization header and any query to V2: 200 is for right
// credentials and a number of seconds only, everything else is the envelope of a
// refusal without a token.
func FuzzV2(f *testing.F) {
	s := newService(f, reference.Options{Edition: reference.Edition26})
	right := map[string]unifier.UserType{}
	for _, u := range s.Users() {
		value := unifier.BasicAuth(u.Name, u.Password)
		f.Add(value, "expiry=300")
		if u.Status == unifier.Active && u.Type != unifier.Ordinary {
			right[strings.TrimPrefix(value, "Basic ")] = u.Type
		}
	}
	f.Add("Bearer a.b.c", "expiry=")
	f.Add(credentials(f, "api@unigate.example"), "expiry=0")
	f.Fuzz(func(t *testing.T, value, query string) {
		r := httptest.NewRequest(http.MethodGet, unifier.V2AuthPath, nil)
		r.URL.RawQuery = query
		r.Header["Authorization"] = []string{value}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		m := members(t, w.Body.Bytes())
		data, _ := m["data"].(map[string]any)
		if len(m) != 3 || data == nil || m["status"] != float64(w.Code) {
			t.Fatalf("%q %q: %d %s", value, query, w.Code, w.Body)
		}
		if w.Code != http.StatusOK {
			if message, ok := m["message"].([]any); len(data) != 0 || !ok || len(message) != 1 {
				t.Errorf("%q %q: %s", value, query, w.Body)
			}
			return
		}
		_, rest, _ := strings.Cut(strings.TrimSpace(value), " ")
		kind := right[strings.TrimLeft(rest, " ")]
		if kind == "" && !strings.ContainsAny(value, "\r\n") {
			t.Errorf("%q got a token", value)
		}
		if n, ok := data["expires_in"].(float64); !ok || n < 1 {
			t.Errorf("%q %q: expires_in %v", value, query, data["expires_in"])
		}
	})
}

// FuzzExpiry sends any query: a token only for none or for a number of the range.
func FuzzExpiry(f *testing.F) {
	for _, seed := range []string{"", "expiry=1", "expiry=500", "expiry=501", "expiry=", "expiry", "%65xpiry=5", "expiry=%zz", "a=b&expiry=1&expiry=2", "expiry=+5", "expiry=٥"} {
		f.Add(seed)
	}
	s := newService(f, reference.Options{})
	authorization := credentials(f, "$$unigate")
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest(http.MethodGet, unifier.LoginPath, nil)
		r.URL.RawQuery = query
		r.Header.Set("Authorization", authorization)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		m := members(t, w.Body.Bytes())
		if w.Code != http.StatusOK {
			if w.Code != http.StatusBadRequest || m["message"] != unifier.MessageInvalidExpiry {
				t.Errorf("%q: %d %s", query, w.Code, w.Body)
			}
			return
		}
		if strings.ContainsAny(query, ";%") || !utf8.ValidString(query) {
			return // net/url reads these in its own way
		}
		values, err := url.ParseQuery(query)
		if err != nil || !values.Has("expiry") {
			return
		}
		n, err := strconv.Atoi(values.Get("expiry"))
		if err != nil || n < 1 || n > 500 || len(values["expiry"]) != 1 {
			t.Errorf("%q got a token", query)
		}
	})
}

// FuzzToken sends any token to the resource: none that was not issued opens it.
func FuzzToken(f *testing.F) {
	s := newService(f, reference.Options{})
	token := members(f, ask(s, unifier.LoginPath, credentials(f, "$$unigate")).Body.Bytes())["token"].(string)
	jwt, _ := fetchJWT(f, s, "")
	f.Add(token[:len(token)-1])
	f.Add(strings.ToLower(token))
	f.Add(jwt + "=")
	f.Add("..")
	f.Fuzz(func(t *testing.T, guess string) {
		if w := ask(s, unifier.ResourcePath, "Bearer "+guess); w.Code != http.StatusUnauthorized {
			t.Errorf("%q opens the resource", guess)
		}
	})
}
