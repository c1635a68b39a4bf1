package reference_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
)

// envelope takes an answer of V2 apart.
func envelope(t testing.TB, w *httptest.ResponseRecorder) (data map[string]any, body map[string]any) {
	t.Helper()
	body = members(t, w.Body.Bytes())
	data, _ = body["data"].(map[string]any)
	return data, body
}

func TestV2Basic(t *testing.T) {
	for _, edition := range []string{"24", "26", "essentials"} {
		s := newService(t, reference.Options{Edition: edition})
		for user, want := range map[string]struct {
			seconds  float64
			date, at string
		}{
			"$$unigate":   {180 * 86400, "05/18/2027", "05/18/2027 05:00 AM"},
			"$$unigate10": {600, "11/19/2026", "11/19/2026 04:10 AM"},
			"$$colons":    {45 * 60, "2026-11-19", "2026-11-19 12:45 PM"},
			"$$blanks":    {8 * 3600, "19.11.2026", "19.11.2026 09:00 PM"},
		} {
			data, body := envelope(t, ask(s, unifier.V2AuthPath, credentials(t, user)))
			if body["status"] != 200.0 || len(body) != 3 || len(data) != 6 || data["expires_in"] != want.seconds ||
				data["auth_type"] != "Basic" || data["expiryDate"] != want.date || data["expiryTime"] != want.at {
				t.Errorf("edition %s, %s: %v", edition, user, body)
			}
			if message, ok := body["message"].([]any); !ok || len(message) != 0 {
				t.Errorf("message %v", body["message"])
			}
			if token, _ := data["access_token"].(string); !strings.HasPrefix(token, "eyJ0eXAiOiJEQiJ9.") {
				t.Errorf("token %v", data["access_token"])
			}
		}
	}
}

func TestV2OAuthExpiry(t *testing.T) {
	s := newService(t, reference.Options{Edition: "26"})
	for text, want := range map[string]struct {
		status  int
		seconds float64
	}{
		"": {400, 0}, "0": {400, 0}, "-1": {400, 0}, "1.5": {400, 0}, "3e2": {400, 0}, "300s": {400, 0}, "18446744073709551617": {400, 0},
		"300&expiry=600": {400, 0}, "60": {200, 60}, "%33%30%30": {200, 300}, "501": {200, 501}, "3600": {200, 3600}, "7200": {200, 7200},
	} {
		w := ask(s, unifier.V2AuthPath+"?expiry="+text, credentials(t, "api@unigate.example"))
		data, body := envelope(t, w)
		if w.Code != want.status || body["status"] != float64(want.status) {
			t.Errorf("expiry %q: %d %s", text, w.Code, w.Body)
		}
		if want.status == 200 && (data["expires_in"] != want.seconds || data["token_type"] != "Bearer" || data["auth_type"] != "oAuth") {
			t.Errorf("expiry %q: %s", text, w.Body)
		}
		if want.status != 200 && (len(data) != 0 || strings.Contains(w.Body.String(), "eyJ")) {
			t.Errorf("expiry %q: %s", text, w.Body)
		}
	}
	data, _ := envelope(t, ask(s, unifier.V2AuthPath, credentials(t, "api@unigate.example")))
	if data["expires_in"] != 3600.0 {
		t.Errorf("without expiry: %v", data)
	}
	// What an expiry does for a Basic user is not documented: here it does nothing.
	for _, text := range []string{"60", "0", "nonsense", "5&expiry=6"} {
		data, _ := envelope(t, ask(s, unifier.V2AuthPath+"?expiry="+text, credentials(t, "$$unigate10")))
		if data["expires_in"] != 600.0 {
			t.Errorf("Basic user, expiry %s: %v", text, data)
		}
	}
}

func TestV2Refuses(t *testing.T) {
	s := newService(t, reference.Options{Edition: "26"})
	pair := strings.TrimPrefix(credentials(t, "$$unigate"), "Basic ")
	for name, c := range map[string]struct {
		values  []string
		message string
	}{
		"none": {nil, unifier.MessageEmptyAuth}, "empty": {[]string{""}, unifier.MessageEmptyAuth},
		"Bearer": {[]string{"Bearer " + pair}, unifier.MessageInvalidAuth}, "wrong password": {[]string{unifier.BasicAuth("$$unigate", "x")}, unifier.MessageInvalidAuth},
		"OAuth user's wrong password": {[]string{unifier.BasicAuth("api@unigate.example", "x")}, unifier.MessageInvalidAuth},
		"unknown":                     {[]string{unifier.BasicAuth("$$nobody", "x")}, unifier.MessageInvalidAuth},
		"inactive":                    {[]string{credentials(t, "$$unigateoff")}, unifier.MessageInvalidAuth},
		"ordinary":                    {[]string{credentials(t, "jane.doe")}, unifier.MessageInvalidAuth},
		"twice":                       {[]string{"Basic " + pair, "Basic " + pair}, unifier.MessageInvalidAuth},
	} {
		w := ask(s, unifier.V2AuthPath, c.values...)
		want := fmt.Sprintf(`{"data":{},"message":[%q],"status":401}`, c.message)
		if w.Code != 401 || w.Body.String() != want || w.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "HEAD", "OPTIONS"} {
		r := httptest.NewRequest(method, unifier.V2AuthPath, strings.NewReader("grant_type=client_credentials"))
		r.Header.Set("Authorization", credentials(t, "api@unigate.example"))
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != 405 || strings.Contains(w.Body.String(), "eyJ") {
			t.Errorf("%s: %d %s", method, w.Code, w.Body)
		}
	}
}

func TestV2TakesNoNoticeOfAForm(t *testing.T) {
	s := newService(t, reference.Options{Edition: "26"})
	for _, user := range []string{"$$unigate", "api@unigate.example"} {
		var answers []map[string]any
		for _, form := range []string{"", "grant_type=client_credentials", "grant_type=client_credentials&expiry=60"} {
			r := httptest.NewRequest(http.MethodGet, unifier.V2AuthPath, strings.NewReader(form))
			r.Header.Set("Authorization", credentials(t, user))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			data, body := envelope(t, w)
			delete(data, "access_token")
			answers = append(answers, body)
		}
		for _, a := range answers[1:] {
			if fmt.Sprint(a) != fmt.Sprint(answers[0]) {
				t.Errorf("%s: %v, with a form %v", user, answers[0], a)
			}
		}
	}
}

// TestV2IsOfItsEditions sees which services each edition has.
func TestV2IsOfItsEditions(t *testing.T) {
	for edition, want := range map[string]string{
		"21.7": "200 200 404 404", "24": "200 200 200 404", "26": "200 200 200 404", "essentials": "404 200 200 200",
	} {
		s := newService(t, reference.Options{Edition: edition})
		var got []string
		for _, c := range [][2]string{
			{unifier.LoginPath, "$$unigate"}, {unifier.OAuthPath, "api@unigate.example"},
			{unifier.V2AuthPath, "$$unigate"}, {unifier.V2LoginPath, "$$unigate"},
		} {
			got = append(got, fmt.Sprint(ask(s, c[0], credentials(t, c[1])).Code))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("edition %s: %v, want %s", edition, got, want)
		}
	}
}

// use calls the resource below an endpoint with headers.
func use(s http.Handler, endpoint, token string, headers map[string]any) int {
	r := httptest.NewRequest(http.MethodGet, "/"+strings.Trim(endpoint, "/")+unifier.ResourcePath, nil)
	if endpoint == "" {
		r = httptest.NewRequest(http.MethodGet, unifier.ResourcePath, nil)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	for name, value := range headers {
		r.Header.Set(name, value.(string))
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Code
}

func TestV2TokensAtTheResource(t *testing.T) {
	now := noon
	s := newService(t, reference.Options{Edition: "24", Now: func() time.Time { return now }})
	for user, life := range map[string]time.Duration{"$$unigate10": 10 * time.Minute, "api@unigate.example": time.Hour} {
		now = noon
		first, _ := envelope(t, ask(s, unifier.V2AuthPath, credentials(t, user)))
		second, _ := envelope(t, ask(s, unifier.V2AuthPath, credentials(t, user)))
		if first["access_token"] == second["access_token"] {
			t.Errorf("%s: the same token twice", user)
		}
		for at, want := range map[time.Duration]int{0: 200, life - time.Second: 200, life: 401} {
			now = noon.Add(at)
			for _, data := range []map[string]any{second, first, second} {
				if got := use(s, "", data["access_token"].(string), nil); got != want {
					t.Errorf("%s after %s: %d", user, at, got)
				}
			}
		}
	}
}

// TestTenants sees that an access token of a multi-tenant system is good below its
// endpoint with its headers, and nowhere else.
func TestTenants(t *testing.T) {
	for _, o := range []reference.Options{
		{Edition: "essentials"}, {Variants: []string{"oauth-lobby"}}, {Variants: []string{"oauth-lobby-24"}}, {Variants: []string{"oauth-lobby-bare-endpoint"}},
		{Variants: []string{"tenant-each-user"}}, {Variants: []string{"tenant-endpoint-deep"}}, {Variants: []string{"tenant-more-headers"}},
		{Variants: []string{"tenant-headers-other-case"}}, {Variants: []string{"tenant-endpoints-swapped"}}, {Edition: "essentials", Prefix: "/acme"},
	} {
		s := newService(t, o)
		var h http.Handler = s
		if o.Prefix != "" {
			h = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { r.URL.Path = o.Prefix + r.URL.Path; s.ServeHTTP(w, r) })
		}
		lobby := members(t, ask(h, unifier.OAuthPath+"?expiry=300", credentials(t, "api@unigate.example")).Body.Bytes())
		data, _ := envelope(t, ask(h, unifier.V2AuthPath, credentials(t, "api@unigate.example")))
		if lobby["expire"] != "300" || len(lobby) != 4 || data["expires_in"] != 3600.0 || len(data) != 4 {
			t.Fatalf("%+v: %v %v", o, lobby, data)
		}
		for token, answer := range map[string]map[string]any{lobby["token"].(string): lobby, data["access_token"].(string): data} {
			endpoint, _ := answer["endpoint"].(string)
			headers, _ := answer["request_headers"].(map[string]any)
			if got := use(h, endpoint, token, headers); got != 200 {
				t.Errorf("%+v: as the answer says: %d", o, got)
			}
			if got := use(h, endpoint, token+"x", headers); got != 401 {
				t.Errorf("%+v: a token that was never issued: %d", o, got)
			}
			if got := use(h, "", token, headers); got == 200 {
				t.Errorf("%+v: without the endpoint: %d", o, got)
			}
			if got := use(h, "elsewhere", token, headers); got != 404 {
				t.Errorf("%+v: another endpoint: %d", o, got)
			}
			for name := range headers {
				less := map[string]any{}
				for n, v := range headers {
					if n != name {
						less[n] = v
					}
				}
				if got := use(h, endpoint, token, less); got != 401 {
					t.Errorf("%+v: without %s: %d", o, name, got)
				}
				less[name] = "other"
				if got := use(h, endpoint, token, less); got != 401 {
					t.Errorf("%+v: with another %s: %d", o, name, got)
				}
			}
		}
	}
}

// TestV2TokenAgain pins what V2 says of a token that it gives again.
func TestV2TokenAgain(t *testing.T) {
	now := noon
	s := newService(t, reference.Options{Variants: []string{"v2-tokens-stored"}, Now: func() time.Time { return now }})
	first, _ := envelope(t, ask(s, unifier.V2AuthPath, credentials(t, "$$unigate10")))
	now = noon.Add(90 * time.Second)
	again, _ := envelope(t, ask(s, unifier.V2AuthPath, credentials(t, "$$unigate10")))
	if first["access_token"] != again["access_token"] || again["expires_in"] != 510.0 || first["expiryTime"] != again["expiryTime"] {
		t.Errorf("%v, then %v", first, again)
	}
}

func TestV2Bearer(t *testing.T) {
	s := newService(t, reference.Options{Variants: []string{"v2-bearer"}})
	for _, user := range []string{"$$unigate", "api@unigate.example"} {
		data, _ := envelope(t, ask(s, unifier.V2AuthPath, credentials(t, user)))
		token, _ := data["access_token"].(string)
		again, _ := envelope(t, ask(s, unifier.V2AuthPath, "Bearer "+token))
		if again["access_token"] == nil || again["access_token"] == token {
			t.Errorf("%s: %v", user, again)
		}
		if w := ask(s, unifier.V2AuthPath, "Bearer "+token+"x"); w.Code != 401 {
			t.Errorf("%s: %d %s", user, w.Code, w.Body)
		}
	}
}

// TestHeaderValuesWithLineBreaks sees that a line break in a value is written as JSON allows.
func TestHeaderValuesWithLineBreaks(t *testing.T) {
	w := ask(newService(t, reference.Options{Faults: []string{"v2-headers-line-break"}}), unifier.V2AuthPath, credentials(t, "api@unigate.example"))
	if !json.Valid(w.Body.Bytes()) || !strings.Contains(w.Body.String(), `UNIGATE\u000d\nX-Injected`) {
		t.Errorf("%s", w.Body)
	}
}
