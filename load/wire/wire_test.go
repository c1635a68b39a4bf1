package wire_test

import (
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/unigate/unigate/load/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// dial makes a transport of either kind and a call to path on a server.
func dial(t *testing.T, kind string, server *httptest.Server, path string) (wire.Transport, *wire.Call) {
	t.Helper()
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	o := wire.Options{Timeout: 20 * time.Second, MaxConnections: 4}
	if path == "/slow" {
		o.Timeout = 200 * time.Millisecond
	}
	if c := server.Certificate(); c != nil {
		o.Network.RootCAs = x509.NewCertPool()
		o.Network.RootCAs.AddCert(c)
	}
	tr, err := wire.New(base, o)
	if kind == "standard" {
		tr, err = wire.NewStandard(o), nil
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.Close)
	target := *base
	target.Path = path
	call, err := wire.NewCall(&target, http.Header{"Authorization": {"Basic eDp5"}, "User-Agent": {"unigate"}})
	if err != nil {
		t.Fatal(err)
	}
	return tr, call
}

// kinds are the transports.
var kinds = []string{"fast", "standard"}

func TestRequestOnTheWire(t *testing.T) {
	for _, kind := range kinds {
		for name, start := range map[string]func(http.Handler) *httptest.Server{"plain": httptest.NewServer, "tls": httptest.NewTLSServer} {
			t.Run(kind+" "+name, func(t *testing.T) {
				var mu sync.Mutex
				var seen *http.Request
				var body []byte
				server := start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					mu.Lock()
					defer mu.Unlock()
					seen = r
					body, _ = io.ReadAll(r.Body)
					w.Header().Set("Retry-After", "7")
					_, _ = io.WriteString(w, "right")
				}))
				defer server.Close()
				tr, call := dial(t, kind, server, "/acme/login")
				var r wire.Reply
				var attempts atomic.Int64
				tr.Do(call, &r, &attempts)
				mu.Lock()
				defer mu.Unlock()
				if r.Status != 200 || string(r.Body) != "right" || r.Header.Get("Retry-After") != "7" || r.Header.Get("Date") == "" || attempts.Load() != 1 {
					t.Fatalf("status %d, kind %q %s, body %q, header %v, attempts %d", r.Status, r.Kind, r.Detail, r.Body, r.Header, attempts.Load())
				}
				if seen.Method != http.MethodGet || seen.URL.Path != "/acme/login" || seen.Header.Get("Authorization") != "Basic eDp5" || len(body) > 0 || seen.ContentLength > 0 {
					t.Errorf("the server saw %+v", seen)
				}
				for name := range seen.Header {
					if strings.HasPrefix(name, "X-Vegeta") || name == "Transfer-Encoding" {
						t.Errorf("the header %s is on the wire", name)
					}
				}
			})
		}
	}
}

func TestWhatCanGoWrong(t *testing.T) {
	release := make(chan struct{})
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			<-release
		case "/large":
			_, _ = w.Write(make([]byte, wire.MaxBody+1))
		case "/redirect":
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		case "/elsewhere":
			_, _ = io.WriteString(w, "followed")
		case "/nonsense":
			c, _, _ := w.(http.Hijacker).Hijack()
			_, _ = io.WriteString(c, "nonsense\r\n\r\n")
			_ = c.Close()
		case "/cut":
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "half")
		case "/close":
			c, _, _ := w.(http.Hijacker).Hijack()
			_ = c.Close()
		}
	})
	for _, kind := range kinds {
		server := httptest.NewServer(handler)
		for path, want := range map[string]string{
			"/slow": wire.KindTimeout, "/large": wire.KindTooLarge, "/redirect": "", "/nonsense": wire.KindMalformed,
			"/cut": wire.KindCut, "/close": wire.KindClosed,
		} {
			tr, call := dial(t, kind, server, path)
			var r wire.Reply
			var attempts atomic.Int64
			tr.Do(call, &r, &attempts)
			if r.Kind != want || attempts.Load() != 1 {
				t.Errorf("%s %s: kind %q (%s), not %q; %d attempts", kind, path, r.Kind, r.Detail, want, attempts.Load())
			}
			if path == "/redirect" && r.Status != http.StatusFound {
				t.Errorf("%s: a redirect was followed: status %d", kind, r.Status)
			}
		}
		if kind == kinds[len(kinds)-1] {
			close(release)
		}
		server.CloseClientConnections()
		defer server.Close()
	}
}

func TestUntrustedCertificate(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	base, _ := url.Parse(server.URL)
	tr, err := wire.New(base, wire.Options{Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	call, _ := wire.NewCall(base, nil)
	var r wire.Reply
	var attempts atomic.Int64
	tr.Do(call, &r, &attempts)
	if r.Kind != wire.KindTLS || attempts.Load() != 0 {
		t.Errorf("kind %q (%s), %d attempts", r.Kind, r.Detail, attempts.Load())
	}
}

func TestConnectionsAreKeptAndStaleOnesNotUsed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }))
	defer server.Close()
	tr, call := dial(t, "fast", server, "/")
	var r wire.Reply
	var attempts atomic.Int64
	for range 3 {
		tr.Do(call, &r, &attempts)
	}
	if tr.Open() != 1 {
		t.Errorf("%d connections for three requests", tr.Open())
	}
	server.CloseClientConnections()
	// The connection is looked at once it was idle for a moment: ask until then.
	for began := time.Now(); time.Since(began) < 300*time.Microsecond; {
		runtime.Gosched()
	}
	tr.Do(call, &r, &attempts)
	if r.Status != 200 || attempts.Load() != 4 {
		t.Errorf("after the server closed the idle connection: status %d, kind %q, %d attempts", r.Status, r.Kind, attempts.Load())
	}
}

func TestProxyMeansTheStandardTransport(t *testing.T) {
	base := &url.URL{Scheme: "http", Host: "unifier.test"}
	for name, proxy := range map[string]*url.URL{"net/http": {Scheme: "http", Host: "proxy.test:3128"}, "own": nil} {
		o := wire.Options{Timeout: time.Second}
		o.Network.Proxy = func(*url.URL) (*url.URL, error) { return proxy, nil }
		tr, err := wire.New(base, o)
		if err != nil || tr.Name() != name {
			t.Errorf("with the proxy %v: %v, %v", proxy, tr, err)
		}
		tr.Close()
	}
}
