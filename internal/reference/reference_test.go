package reference_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
)

// noon is a fixed instant for tests: 2026-11-19 12:00:30 UTC.
var noon = time.Date(2026, time.November, 19, 12, 0, 30, 0, time.UTC)

// newService makes a service with a fixed clock unless the options have one.
func newService(t testing.TB, o reference.Options) *reference.Service {
	t.Helper()
	if o.Now == nil {
		o.Now = func() time.Time { return noon }
	}
	s, err := reference.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ask sends one request to the handler.
func ask(h http.Handler, target string, authorization ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	if authorization != nil {
		r.Header["Authorization"] = authorization
	}
	w := httptest.NewRecorder()
	defer func() {
		// A fault that breaks an answer off ends its handler in this way.
		if p := recover(); p != nil && p != http.ErrAbortHandler { //nolint:errorlint // it is compared as net/http does
			panic(p)
		}
	}()
	h.ServeHTTP(w, r)
	return w
}

// members reads a JSON object.
func members(t testing.TB, body []byte) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatalf("not a JSON object: %v\n%s", err, body)
	}
	return m
}

// credentials are the Basic credentials of a default user.
func credentials(t testing.TB, name string) string {
	t.Helper()
	for _, u := range reference.DefaultUsers() {
		if u.Name == name {
			return unifier.BasicAuth(u.Name, u.Password)
		}
	}
	t.Fatalf("no default user is named %s", name)
	return ""
}

func TestBothServicesOverASocket(t *testing.T) {
	s, err := reference.New(reference.Options{})
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Start(context.Background(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	defer func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	}()
	get := func(path, authorization string, want int) map[string]any {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, v.URL()+path, nil)
		req.Header.Set("Authorization", authorization)
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != want {
			t.Fatalf("GET %s: status %d, error %v, body %s", path, resp.StatusCode, err, body)
		}
		return members(t, body)
	}
	db := get(unifier.LoginPath, credentials(t, "$$unigate"), 200)["token"].(string)
	jwt := get(unifier.OAuthPath, credentials(t, "api@unigate.example"), 200)["access_token"].(string)
	for _, token := range []string{db, jwt} {
		get(unifier.ResourcePath, "Bearer "+token, 200)
		get(unifier.ResourcePath, "Basic "+token, 200)
		get(unifier.ResourcePath, "Bearer "+token+"0", 401)
	}
	if n := s.Requests(); n.All != 8 || n.ByPath[unifier.ResourcePath] != 6 {
		t.Errorf("counted %+v", n)
	}
}

func TestLoginSample(t *testing.T) {
	s := newService(t, reference.Options{Now: func() time.Time { return time.Date(2026, 11, 19, 19, 44, 9, 0, time.UTC) }})
	w := ask(s, unifier.LoginPath, credentials(t, "$$unigate"))
	m := members(t, w.Body.Bytes())
	want := map[string]any{
		"expiryDate": "05/18/2027", "expiryTime": "05/18/2027 12:44 PM",
		"Timezone": "(UTC-08:00) Pacific Time (US & Canada)", "status": 200.0,
	}
	for k, v := range want {
		if m[k] != v {
			t.Errorf("%s: got %v, want %v", k, m[k], v)
		}
	}
}

func TestHTTPS(t *testing.T) {
	for _, c := range []struct {
		options reference.Options
		version uint16
		proto   string
	}{
		{reference.Options{HTTPS: true}, tls.VersionTLS13, "HTTP/2.0"},
		{reference.Options{Variants: []string{"https"}}, tls.VersionTLS13, "HTTP/2.0"},
		{reference.Options{Faults: []string{"sec-old-tls"}}, tls.VersionTLS11, "HTTP/1.1"},
	} {
		s := newService(t, c.options)
		v, err := s.Start(t.Context(), "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		config := &tls.Config{RootCAs: s.Roots(), MinVersion: tls.VersionTLS10}
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}}
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, v.URL()+unifier.LoginPath, nil)
		req.Header.Set("Authorization", credentials(t, "$$unigate"))
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK || resp.TLS.Version != c.version || resp.Proto != c.proto {
			t.Errorf("%+v: %d %s %s", c.options, resp.StatusCode, resp.Proto, tls.VersionName(resp.TLS.Version))
		}
		client.CloseIdleConnections()
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	}
}
