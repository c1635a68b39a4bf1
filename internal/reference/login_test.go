package reference_test

import (
	"encoding/base64"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares text with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got:\n%s", path, got)
	}
}

var (
	thirdPart = regexp.MustCompile(`[0-9A-F]{8}-([0-9A-F]{4}-){3}[0-9A-F]{12}[0-9A-F]{32}`)
	jwtShape  = regexp.MustCompile(`eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+`)
)

// TestDates pins how every date format and zone is written, in winter and in summer.
func TestDates(t *testing.T) {
	var out strings.Builder
	for _, now := range []time.Time{
		time.Date(2026, time.January, 5, 3, 4, 59, 0, time.UTC),
		time.Date(2026, time.July, 9, 16, 30, 0, 0, time.UTC),
	} {
		s := newService(t, reference.Options{Now: func() time.Time { return now }})
		fmt.Fprintf(&out, "at %s\n", now.Format(time.RFC3339))
		for _, u := range s.Users() {
			if u.Type != unifier.Basic || u.Status != unifier.Active {
				continue
			}
			w := ask(s, unifier.LoginPath, unifier.BasicAuth(u.Name, u.Password))
			m := members(t, w.Body.Bytes())
			fmt.Fprintf(&out, "%s, %s, %s: %s | %s | %s\n", u.Name, u.Expiry, u.DateFormat.Pattern, m["expiryDate"], m["expiryTime"], m["Timezone"])
		}
	}
	golden(t, "dates.golden", out.String())
}

// TestShapes pins bodies and headers to the samples of the documentation.
func TestShapes(t *testing.T) {
	var out strings.Builder
	for _, edition := range []string{"21.7", "24", "26", "essentials"} {
		s := newService(t, reference.Options{Edition: edition})
		for _, c := range []struct{ path, authorization string }{
			{unifier.LoginPath, credentials(t, "$$unigate")},
			{unifier.LoginPath, ""},
			{unifier.LoginPath + "?expiry=501", credentials(t, "$$unigate")},
			{unifier.LoginPath, credentials(t, "$$unigateoff")},
			{unifier.OAuthPath, credentials(t, "api@unigate.example")},
			{unifier.OAuthPath + "?expiry=%33%30%30", credentials(t, "api@unigate.example")},
			{unifier.OAuthPath, credentials(t, "$$unigate")},
			{unifier.OAuthPath + "?expiry=0", credentials(t, "api@unigate.example")},
			{unifier.V2AuthPath, credentials(t, "$$unigate")},
			{unifier.V2AuthPath, credentials(t, "api@unigate.example")},
			{unifier.V2AuthPath + "?expiry=300", credentials(t, "api@unigate.example")},
			{unifier.V2AuthPath + "?expiry=0", credentials(t, "api@unigate.example")},
			{unifier.V2AuthPath, ""},
			{unifier.V2LoginPath, credentials(t, "$$unigate")},
			{unifier.ResourcePath, "Bearer nothing"},
			{"/elsewhere", ""},
		} {
			w := ask(s, c.path, c.authorization)
			body := thirdPart.ReplaceAllString(w.Body.String(), "[third part]")
			body = jwtShape.ReplaceAllString(body, "[access token]")
			fmt.Fprintf(&out, "edition %s GET %s\n%d %v\n%s\n", edition, c.path, w.Code, w.Header(), body)
		}
	}
	golden(t, "shapes.golden", out.String())
}

func TestDBToken(t *testing.T) {
	now := noon
	s := newService(t, reference.Options{Now: func() time.Time { return now }})
	fetch := func(user string) string {
		return members(t, ask(s, unifier.LoginPath, credentials(t, user)).Body.Bytes())["token"].(string)
	}
	token := fetch("$$unigate10")
	parts := strings.Split(token, ".")
	first, _ := base64.StdEncoding.DecodeString(parts[0])
	second, _ := base64.StdEncoding.DecodeString(parts[1])
	if string(first) != `{"typ":"DB"}` || string(second) != `{"username":"$$unigate10"}` || !thirdPart.MatchString(parts[2]) || len(parts[2]) != 68 {
		t.Errorf("parts %q", parts)
	}
	next := fetch("$$unigate10")
	other := fetch("$$unigate")
	if next == token {
		t.Error("the same token twice")
	}
	forged := parts[0] + "." + strings.Split(other, ".")[1] + "." + parts[2]
	for at, want := range map[time.Duration]int{0: 200, 9*time.Minute + 59*time.Second: 200, 10 * time.Minute: 401} {
		now = noon.Add(at)
		for _, tok := range []string{token, next, token} {
			if w := ask(s, unifier.ResourcePath, "Bearer "+tok); w.Code != want {
				t.Errorf("after %s: %d, want %d", at, w.Code, want)
			}
		}
	}
	now = noon
	bad := []string{"", forged, token[:len(token)-1], token + "0", strings.ToLower(token), parts[0] + "." + parts[1], strings.Replace(token, "-", "0", 1), parts[2]}
	for _, tok := range bad {
		if w := ask(s, unifier.ResourcePath, "Bearer "+tok); w.Code != 401 {
			t.Errorf("%q: %d", tok, w.Code)
		}
	}
	for _, values := range [][]string{nil, {""}, {"Bearer"}, {token}, {"Digest " + token}, {"Bearer " + token, "Bearer " + token}} {
		if w := ask(s, unifier.ResourcePath, values...); w.Code != 401 || w.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%q: %d %v", values, w.Code, w.Header())
		}
	}
	if w := ask(s, unifier.ResourcePath, "bAsIc "+token); w.Code != 200 {
		t.Errorf("as Basic: %d", w.Code)
	}
}

func TestCredentials(t *testing.T) {
	s := newService(t, reference.Options{})
	right := credentials(t, "$$unigate")
	pair := strings.TrimPrefix(right, "Basic ")
	enc := func(text string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(text)) }
	table := []struct {
		name    string
		values  []string
		status  int
		message string
	}{
		{"right", []string{right}, 200, ""},
		{"lower case", []string{"basic " + pair}, 200, ""},
		{"two spaces", []string{"BASIC  " + pair}, 200, ""},
		{"colons in the password", []string{credentials(t, "$$colons")}, 200, ""},
		{"blanks in the password", []string{credentials(t, "$$blanks")}, 200, ""},
		{"UTF-8 in the password", []string{credentials(t, "$$utf8")}, 200, ""},
		{"none", nil, 401, unifier.MessageEmptyAuth},
		{"empty", []string{""}, 401, unifier.MessageEmptyAuth},
		{"blank", []string{"  "}, 401, unifier.MessageEmptyAuth},
		{"scheme alone", []string{"Basic"}, 401, unifier.MessageInvalidAuth},
		{"no scheme", []string{pair}, 401, unifier.MessageInvalidAuth},
		{"Bearer", []string{"Bearer " + pair}, 401, unifier.MessageInvalidAuth},
		{"not base64", []string{"Basic !!!!"}, 401, unifier.MessageInvalidAuth},
		{"no padding", []string{"Basic " + strings.TrimRight(enc("a:bc!")[6:], "=")}, 401, unifier.MessageInvalidAuth},
		{"no colon", []string{enc("$$unigate")}, 401, unifier.MessageInvalidAuth},
		{"empty user", []string{enc(":Pr1mavera!")}, 401, unifier.MessageInvalidAuth},
		{"unknown user", []string{enc("$$nobody:Pr1mavera!")}, 401, unifier.MessageInvalidAuth},
		{"empty password", []string{enc("$$unigate:")}, 401, unifier.MessageInvalidAuth},
		{"other case", []string{enc("$$unigate:pr1mavera!")}, 401, unifier.MessageInvalidAuth},
		{"one letter more", []string{enc("$$unigate:Pr1mavera!!")}, 401, unifier.MessageInvalidAuth},
		{"inactive", []string{credentials(t, "$$unigateoff")}, 401, unifier.MessageInvalidAuth},
		{"OAuth user", []string{credentials(t, "api@unigate.example")}, 401, unifier.MessageInvalidAuth},
		{"twice", []string{right, right}, 401, unifier.MessageInvalidAuth},
	}
	for _, c := range table {
		w := ask(s, unifier.LoginPath, c.values...)
		m := members(t, w.Body.Bytes())
		if w.Code != c.status || m["status"] != float64(c.status) || c.message != "" && m["message"] == nil || strings.Contains(w.Body.String(), "Pr1mavera") {
			t.Errorf("%s: %d %s", c.name, w.Code, w.Body)
		}
		if c.message != "" && m["message"] != c.message {
			t.Errorf("%s: message %v, want %s", c.name, m["message"], c.message)
		}
	}
	wrong := s.WrongPasswords()
	if len(wrong) != 1 || wrong["$$unigate"] != 3 {
		t.Errorf("wrong passwords %v", wrong)
	}
	s.ResetRequests()
	if len(s.WrongPasswords()) != 0 || s.Requests().All != 0 {
		t.Error("not reset")
	}
}

func TestLoginExpiry(t *testing.T) {
	s := newService(t, reference.Options{})
	table := map[string]int{
		"1": 200, "2": 200, "180": 200, "499": 200, "500": 200, "%35%30%30": 200, "007": 200,
		"0": 400, "501": 400, "-1": 400, "1.5": 400, "1e2": 400, "ten": 400, "": 400, "18446744073709551617": 400,
		"+5": 400, "%205": 400, "5%20": 400, "%09": 400, "٥": 400, "%zz": 400, "5&expiry=5": 400, "4294967297": 400, "0x10": 400,
	}
	for text, want := range table {
		r := httptest.NewRequest(http.MethodGet, unifier.LoginPath, nil)
		r.URL.RawQuery = "x=%zz&" + "expiry=" + text
		r.Header.Set("Authorization", credentials(t, "$$unigate"))
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("expiry %q: %d, want %d: %s", text, w.Code, want, w.Body)
		}
	}
}

func TestOtherMethodsAndPaths(t *testing.T) {
	s := newService(t, reference.Options{Prefix: "/acme/stage/"})
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"} {
		r := httptest.NewRequest(method, "/acme/stage"+unifier.LoginPath, nil)
		r.Header.Set("Authorization", credentials(t, "$$unigate"))
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != 405 || w.Header().Get("Allow") != "GET" || thirdPart.MatchString(w.Body.String()) {
			t.Errorf("%s: %d %v %s", method, w.Code, w.Header(), w.Body)
		}
	}
	if w := ask(s, "/acme/stage"+unifier.LoginPath, credentials(t, "$$unigate")); w.Code != 200 {
		t.Errorf("with the prefix: %d", w.Code)
	}
}
