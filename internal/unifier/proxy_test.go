package unifier_test

import (
	"crypto/tls"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// proxy is a forwarding proxy for plain requests and CONNECT that wants credentials.
func proxy(t *testing.T, user, password string) (*httptest.Server, *atomic.Int64) {
	t.Helper()
	var used atomic.Int64
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Proxy-Authorization") != want {
			w.Header().Set("Proxy-Authenticate", "Basic")
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		used.Add(1)
		if r.Method != http.MethodConnect {
			out := r.Clone(r.Context())
			out.RequestURI = ""
			out.Header.Del("Proxy-Authorization")
			resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(out)
			if err != nil {
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			defer resp.Body.Close()
			w.WriteHeader(resp.StatusCode)
			io.Copy(w, resp.Body)
			return
		}
		tunnel(w, r.Host)
	}))
	t.Cleanup(s.Close)
	return s, &used
}

// tunnel joins the caller with a host until both are done.
func tunnel(w http.ResponseWriter, host string) {
	there, err := net.Dial("tcp", host)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	here, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	io.WriteString(here, "HTTP/1.1 200 Connection established\r\n\r\n")
	var wg sync.WaitGroup
	wg.Go(func() { io.Copy(there, here); there.Close(); here.Close() })
	wg.Go(func() { io.Copy(here, there); there.Close(); here.Close() })
	wg.Wait()
}

func TestProxy(t *testing.T) {
	a := newAuthority(t)
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Proxy-Authorization") != "" {
			t.Error("the proxy's credentials reached the target")
		}
		io.WriteString(w, "{}")
	})
	plain := httptest.NewServer(answer)
	defer plain.Close()
	secure := httptest.NewUnstartedServer(answer)
	secure.TLS = &tls.Config{Certificates: []tls.Certificate{a.valid("server")}}
	secure.EnableHTTP2 = true
	secure.StartTLS()
	defer secure.Close()
	p, used := proxy(t, "me", "pröxy:secret")
	right, _ := url.Parse(p.URL)
	right.User = url.UserPassword("me", "pröxy:secret")
	wrong := *right
	wrong.User = url.UserPassword("me", "wrong")
	dead := &url.URL{Scheme: "http", Host: "127.0.0.1:1"}
	for _, c := range []struct {
		name, base string
		via        *url.URL
		says       string
	}{
		{"plain", plain.URL, right, ""},
		{"tunnel", secure.URL, right, ""},
		{"tunnel, wrong credentials", secure.URL, &wrong, " wants credentials, or refused these (407)"},
		{"tunnel, dead proxy", secure.URL, dead, "the proxy cannot be reached"},
		{"plain, dead proxy", plain.URL, dead, "the proxy cannot be reached"},
		{"tunnel to nowhere", "https://127.0.0.1:1", right, " answered 502 Bad Gateway"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := used.Load()
			x := get(t, client(t, c.base, unifier.TransportOptions{RootCAs: a.pool(), Proxy: unifier.FixedProxy(c.via)}, 5*time.Second), "/")
			if c.says == "" && (x.Err != nil || x.Status != 200 || used.Load() != before+1 || x.Attempts != 1) {
				t.Errorf("%v, status %d, %d attempts, proxy used %d times", x.Err, x.Status, x.Attempts, used.Load()-before)
			}
			if d := unifier.Diagnose(x.Err); c.says != "" && !strings.Contains(d.Cause, c.says) {
				t.Errorf("%+v of %v does not say %q", d, x.Err, c.says)
			}
		})
	}
	x := get(t, client(t, plain.URL, unifier.TransportOptions{Proxy: unifier.FixedProxy(&wrong)}, 5*time.Second), "/")
	if x.Status != http.StatusProxyAuthRequired {
		t.Errorf("status %d through a proxy that refuses", x.Status)
	}
}

func TestEnvironmentProxy(t *testing.T) {
	rule := unifier.EnvironmentProxy(func(name string) (string, bool) {
		v, ok := map[string]string{"https_proxy": "http://me:pw@proxy.example:3128", "NO_PROXY": "direct.example"}[name]
		return v, ok
	})
	for target, want := range map[string]string{
		"https://unifier.example/": "http://me:pw@proxy.example:3128", "https://direct.example/": "", "http://unifier.example/": "", "https://127.0.0.1/": "",
	} {
		u, _ := url.Parse(target)
		got, err := rule(u)
		if err != nil || (got == nil) != (want == "") || got != nil && got.String() != want {
			t.Errorf("%s: %v %v", target, got, err)
		}
	}
}
