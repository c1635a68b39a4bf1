package cli_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
)

// words joins wrapped text again.
func words(s string) string { return strings.Join(strings.Fields(s), " ") }

// TestKeySetAnswers has key sets that cannot be had, and some that hold no key:
// only a bad file and a 200 that is no key set are mistakes.
func TestKeySetAnswers(t *testing.T) {
	service := startReference(t, reference.Options{})
	model, err := reference.New(reference.Options{})
	if err != nil {
		t.Fatal(err)
	}
	weak := rsaKey(t, 1024)
	for _, c := range []struct {
		name, says string
		exit       int
		serve      http.HandlerFunc
	}{
		{"401", "401", 0, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnauthorized)
			io.WriteString(w, `{}`)
		}},
		{"503", "503", 0, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }},
		{"redirect", "302", 0, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) }},
		{"cut", "", 0, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, `{"keys":[]`)
		}},
		{"no keys", "no key", 0, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"keys":[]}`) }},
		{"more than is read", "larger than the 1048576 bytes", 0, func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, `{"keys":[`+strings.Repeat(" ", 1<<20)+`]}`)
		}},
		{"a byte order mark", "OAUTH-13 inferred pass", 0, func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "\ufeff"+string(model.JWKS()))
		}},
		{"a page", "not a key set", 2, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `<html>`) }},
		{"another object", "no list", 2, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"a":1}`) }},
		{"a short key", "512 bits", 0, func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, keySetOf(map[string]string{"kid": "a", "n": base64.RawURLEncoding.EncodeToString(weak.N.Bytes()[:64])}))
		}},
		{"an even modulus", "even", 0, func(w http.ResponseWriter, _ *http.Request) {
			even := new(big.Int).SetBit(weak.N, 0, 0)
			io.WriteString(w, keySetOf(map[string]string{"kid": "a", "n": base64.RawURLEncoding.EncodeToString(even.Bytes())}))
		}},
		{"a key for encryption", "its use is", 0, func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, keySetOf(map[string]string{"kid": "a", "use": "enc", "n": base64.RawURLEncoding.EncodeToString(weak.N.Bytes())}))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := httptest.NewServer(c.serve)
			defer s.Close()
			config := configured(t, fmt.Sprintf("target: {base_url: '%s', jwks: '%s/keys'}\n%s", service.URL(), s.URL, usersYAML(reference.DefaultUsers())))
			o := unigate(t, "verify", "--requirement", "OAUTH-13,OAUTH-01", "--config", config)
			if o.exit != c.exit || !strings.Contains(words(o.all()), c.says) {
				t.Errorf("exit %d, want %d, and %q\n%.2500s", o.exit, c.exit, c.says, o.all())
			}
			l := unigate(t, "load", "--mix", "oauth=1", "--rate", "20/s", "--duration", "300ms", "--format", "json", "--config", config)
			if c.exit == 2 && l.exit != 2 {
				t.Errorf("load: exit %d, want 2", l.exit)
			}
			var r record.Run
			if c.exit == 0 && (json.Unmarshal([]byte(l.out), &r) != nil || r.Load == nil || r.Load.Totals.BadTokens+r.Load.Totals.Errors > 0 || r.Load.Totals.Sent == 0) {
				t.Errorf("load: exit %d %+v\n%.1500s", l.exit, r.Verdict, l.errors)
			}
		})
	}
}

// rsaKey makes an RSA key.
func rsaKey(t *testing.T, bits int) *rsa.PublicKey {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return &k.PublicKey
}

// keySetOf is a key set with one RSA key.
func keySetOf(members map[string]string) string {
	members["kty"], members["e"] = "RSA", "AQAB"
	b, _ := json.Marshal(map[string]any{"keys": []any{members}})
	return string(b)
}

// TestProxyFromTheEnvironment has variables that name no proxy, and a proxy that
// refuses: nothing goes past it, and no value is shown.
func TestProxyFromTheEnvironment(t *testing.T) {
	var direct atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { direct.Add(1); w.WriteHeader(http.StatusUnauthorized) }))
	defer s.Close()
	refuses := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Proxy-Authenticate", "Basic")
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	defer refuses.Close()
	users := "users: [{name: $$a, password: some-password}]\n"
	config := configured(t, "target: {base_url: 'http://unifier.test'}\nsafety: {allow_load: true}\n"+users)
	for _, value := range []string{"http://me:pa%zzss@proxy:3128", "http://me:s3cretword@proxy:port", "ftp://proxy:3128", "http://", "http://me:s3cretword@[::1", "proxy:99999"} {
		for _, command := range []string{"verify", "load", "doctor"} {
			for _, name := range []string{"HTTP_PROXY", "http_proxy"} {
				o := unigateEnv(t, map[string]string{name: value}, command, "--config", config)
				if o.exit != 2 || !strings.Contains(o.all(), name) || value != "http://" && strings.Contains(o.all(), value) || strings.Contains(o.all(), "s3cretword") {
					t.Errorf("%s with %s=%s: exit %d\n%s", command, name, value, o.exit, o.all())
				}
			}
		}
	}
	for _, command := range []string{"verify", "load", "doctor"} {
		o := unigateEnv(t, map[string]string{"HTTP_PROXY": refuses.URL}, command, "--config", config)
		if o.exit != 3 || !strings.Contains(words(o.all()), "407") || !strings.Contains(words(o.all()), strings.TrimPrefix(refuses.URL, "http://")) {
			t.Errorf("%s through a proxy that refuses: exit %d\n%s", command, o.exit, o.all())
		}
	}
	// A broken variable is nothing to a target that it is not for.
	o := unigateEnv(t, map[string]string{"HTTP_PROXY": "http://a b"}, "doctor", "--config", configured(t, "target: {base_url: '"+s.URL+"'}\n"+users))
	if direct.Load() == 0 || o.exit == 2 {
		t.Errorf("exit %d\n%s", o.exit, o.all())
	}
}

// TestVerifyHonoursRetryAfter has a service that is busy now and then.
func TestVerifyHonoursRetryAfter(t *testing.T) {
	service, err := reference.New(reference.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		value  string
		status int
		every  int64
		exit   int
	}{
		{"0", 429, 7, 0}, {"86400", 429, 7, 3}, {"soon", 429, 40, 0}, {"0", 503, 7, 0}, {"86400", 503, 7, 3}, {"99999999999999999999", 503, 7, 3},
		{"Fri, 31 Dec 2100 23:59:59 GMT", 503, 7, 3}, {"Fri, 31 Dec 1999 23:59:59 GMT", 503, 7, 0},
	} {
		t.Run(fmt.Sprintf("%d %s", c.status, c.value), func(t *testing.T) {
			t.Parallel() // they wait
			var n atomic.Int64
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if n.Add(1)%c.every == 0 {
					w.Header().Set("Retry-After", c.value)
					w.WriteHeader(c.status)
					return
				}
				service.ServeHTTP(w, r)
			}))
			o := unigate(t, "verify", "--requirement", "LOGIN-01,LOGIN-09,OAUTH-09", "--parallel", "1", "--format", "json", "--config", configured(t,
				fmt.Sprintf("target: {base_url: '%s'}\n%s", s.URL, usersYAML(service.Users()))))
			s.Close()
			var r record.Run
			if err := json.Unmarshal([]byte(o.out), &r); err != nil {
				t.Fatalf("%v: %s", err, o.all())
			}
			if o.exit != c.exit || (r.Conformance.RequestsRetried > 0) != (c.exit == 0) || int64(r.Conformance.RequestsSent) != n.Load() {
				t.Errorf("%d, Retry-After %s: exit %d %v, %d asked again, %d of %d requests counted", c.status, c.value, o.exit, r.Verdict.Reasons,
					r.Conformance.RequestsRetried, r.Conformance.RequestsSent, n.Load())
			}
		})
	}
}

// TestProxysOwnAnswers has a proxy in the way of plain http that answers for itself: the
// run is inconclusive, whatever the proxy says, and nobody blames the target.
func TestProxysOwnAnswers(t *testing.T) {
	for status, header := range map[int][2]string{407: {}, 502: {}, 503: {"X-Squid-Error", "ERR_CONNECT_FAIL 111"}, 504: {}, 511: {}, 403: {"X-Squid-Error", "ERR_ACCESS_DENIED 0"}} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			p := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set(header[0], header[1])
				w.WriteHeader(status)
				io.WriteString(w, "<html>the proxy says no</html>")
			}))
			defer p.Close()
			config := configured(t, "target: {base_url: 'http://unifier.test', proxy: '"+p.URL+"'}\nsafety: {allow_load: true}\nusers: [{name: $$a, password: some-password}, {name: $$b, password: other-password}]\n")
			for _, command := range []string{"verify", "load", "doctor"} {
				o := unigate(t, command, "--config", config)
				if o.exit != 3 || !strings.Contains(words(o.all()), fmt.Sprint(status)) || status != 511 && !strings.Contains(words(o.all()), "the proxy "+strings.TrimPrefix(p.URL, "http://")) {
					t.Errorf("%s: exit %d\n%.2000s", command, o.exit, o.all())
				}
				if strings.Contains(o.all(), "not met") {
					t.Errorf("%s blames the target\n%.2000s", command, o.all())
				}
			}
		})
	}
}

// TestStumblingProxy has a proxy that does not reach the target now and then.
func TestStumblingProxy(t *testing.T) {
	service, err := reference.New(reference.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var n atomic.Int64
	p := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) == 9 {
			w.WriteHeader(http.StatusGatewayTimeout)
			return
		}
		service.ServeHTTP(w, r)
	}))
	defer p.Close()
	o := unigate(t, "verify", "--requirement", "LOGIN-01,LOGIN-02,LOGIN-09", "--config", configured(t, "target: {base_url: 'http://unifier.test', proxy: '"+p.URL+"'}\n"+usersYAML(service.Users())))
	if o.exit != 0 || !strings.Contains(words(o.all()), "a gateway in front of the target answered 504 to one call") {
		t.Errorf("exit %d\n%.2500s", o.exit, o.all())
	}
}

// TestWrongPasswordsAreNotAskedAgainLater has a target that bounds wrong passwords by 429
// or 503: no attempt leaves twice, and what the target did not judge is skipped.
func TestWrongPasswordsAreNotAskedAgainLater(t *testing.T) {
	for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
		service, err := reference.New(reference.Options{Users: reference.DefaultUsers()[:1]})
		if err != nil {
			t.Fatal(err)
		}
		user := service.Users()[0]
		var m sync.Mutex
		seen := map[string]int{}
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, credentials, _ := strings.Cut(r.Header.Get("Authorization"), " ")
			text, _ := base64.StdEncoding.DecodeString(credentials)
			if name, password, _ := strings.Cut(string(text), ":"); name == user.Name && password != user.Password.Reveal() {
				m.Lock()
				seen[r.Header.Get("Authorization")]++
				m.Unlock()
				w.Header().Set("Retry-After", "0")
				w.WriteHeader(status)
				return
			}
			service.ServeHTTP(w, r)
		}))
		o := unigate(t, "verify", "--requirement", "LOGIN-14", "--config", configured(t, fmt.Sprintf("target: {base_url: '%s'}\n%s", s.URL, usersYAML(service.Users()))))
		s.Close()
		if o.exit != 0 || len(seen) == 0 || !strings.Contains(words(o.all()), fmt.Sprintf("the target asked to wait (HTTP %d), and a wrong password is never sent again", status)) {
			t.Errorf("%d: exit %d, %v\n%.3000s", status, o.exit, seen, o.all())
		}
		for credentials, n := range seen {
			if n > 1 {
				t.Errorf("%d: %s arrived %d times", status, credentials, n)
			}
		}
	}
}
