package unifier_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/unigate/unigate/internal/unifier"
)

// A server that ends each connection before it answers gets a bounded number of
// requests and connections over a run, not twice or twenty times as many as calls.
func TestReconnectsAreBoundedOverARun(t *testing.T) {
	const calls = 60
	a := newAuthority(t)
	base, requests, connections := http2Server(t, a, func(f *http2.Framer, _ uint32) bool {
		f.WriteGoAway(0, http2.ErrCodeNo, nil)
		return false
	})
	c := client(t, base, unifier.TransportOptions{RootCAs: a.pool()}, 20*time.Second)
	for range calls {
		if x := get(t, c, "/"); x.Err == nil {
			t.Fatalf("status %d", x.Status)
		}
	}
	if n := requests.Load(); n > calls+unifier.MaxRunResends || n < calls {
		t.Errorf("%d calls became %d requests", calls, n)
	}
	// The transport may have made one connection ahead for each call.
	if n := connections.Load(); n > 2*calls+unifier.MaxRunExtra {
		t.Errorf("%d calls made %d connections", calls, n)
	}
}

// The end of the context ends a call at once, whatever the server does meanwhile.
// It is what SIGINT does.
func TestTheContextEndsAnyAnswer(t *testing.T) {
	for name, begins := range map[string]string{
		"a 101":            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
		"a trickling body": "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
		"trickling chunks": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
		"a trickling head": "HTTP/1.1 200 OK\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			base := raw(t, func(conn net.Conn, r *bufio.Reader) {
				if _, err := http.ReadRequest(r); err != nil {
					return
				}
				_, _ = io.WriteString(conn, begins)
				bit := "1\r\nx\r\n"
				if strings.HasSuffix(begins, "OK\r\n") {
					bit = "X-A: b\r\n"
				}
				for n := 0; ; n++ {
					if _, err := io.WriteString(conn, bit); err != nil {
						return
					}
					if n == 3 {
						cancel()
					}
					time.Sleep(5 * time.Millisecond)
				}
			})
			// Nothing but the context ends it: the client's own bound is an hour.
			x := client(t, base, unifier.TransportOptions{}, time.Hour).Do(ctx, unifier.Call{Path: "/"})
			if x.Err == nil || x.Status != 0 {
				t.Errorf("status %d, %v", x.Status, x.Err)
			}
			if k := unifier.Diagnose(x.Err).Kind; name != "a 101" && k != "interrupted" {
				t.Errorf("%v is called %s", x.Err, k)
			}
		})
	}
}

// A name that the hosts file gives loopback addresses is a loopback target, which
// no variable sends through a proxy.
func TestLoopbackAliasesAreNotProxied(t *testing.T) {
	env := func(name string) (string, bool) {
		v, ok := map[string]string{"HTTP_PROXY": "http://proxy.example:3128", "HTTPS_PROXY": "http://proxy.example:3128"}[name]
		return v, ok
	}
	rule := unifier.EnvironmentProxyKnowing(env, func(host string) bool { return host == "unifier.local" })
	for target, proxied := range map[string]bool{
		"http://unifier.local:7001/": false, "https://unifier.local/": false, "https://unifier.example/": true, "http://localhost/": false,
	} {
		u, _ := url.Parse(target)
		got, err := rule(u)
		if err != nil || (got != nil) != proxied {
			t.Errorf("%s: %v %v", target, got, err)
		}
	}
	for host, want := range map[string]bool{"localhost": true, "unifier.example": false, "127.0.0.1": true, "192.0.2.1": false, "": false} {
		if unifier.IsLoopbackAlias(host) != want {
			t.Errorf("%q is an alias of loopback: %v", host, !want)
		}
	}
}

// What Go says of a server that wants to negotiate anew is alert 100.
func TestRenegotiationIsNamed(t *testing.T) {
	err := &net.OpError{Op: "local error", Err: tls.AlertError(100)}
	if d := unifier.Diagnose(err); d.Kind != "tls" || !strings.Contains(d.Cause, "renegotiation") || !strings.Contains(d.Hint, "client certificate") {
		t.Errorf("%+v", d)
	}
}

// A certificate's issuer may have any length: what is said of it has not.
func TestLongIssuersAreBounded(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = quiet
	server.TLS = &tls.Config{Certificates: []tls.Certificate{longIssuer(t, 50_000)}}
	server.StartTLS()
	defer server.Close()
	x := get(t, client(t, server.URL, unifier.TransportOptions{}, 20*time.Second), "/")
	d := unifier.Diagnose(x.Err)
	if d.Kind != "tls" || len(d.Cause) > 700 || !strings.Contains(d.Cause, "not trusted here") {
		t.Errorf("%s of %d bytes: %.200s", d.Kind, len(d.Cause), d.Cause)
	}
}
