package unifier_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/unigate/unigate/internal/unifier"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client makes a client for a base URL and closes its connections with the test.
func client(t *testing.T, base string, o unifier.TransportOptions, timeout time.Duration) *unifier.Client {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	c, err := unifier.NewClient(unifier.ClientOptions{BaseURL: u, Transport: unifier.NewTransport(o), Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// get sends one GET of path.
func get(t *testing.T, c *unifier.Client, path string) unifier.Exchange {
	t.Helper()
	return c.Do(t.Context(), unifier.Call{Path: path})
}

// raw serves each connection with a function that sees every request's bytes.
func raw(t *testing.T, serve func(conn net.Conn, r *bufio.Reader)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	t.Cleanup(func() { l.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				serve(conn, bufio.NewReader(conn))
			})
		}
	})
	return "http://" + l.Addr().String()
}

const okAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

// TestBodyAfterHead has a server that sends a body after its answer to HEAD: the
// bytes must not be taken for the answer to the next request.
func TestBodyAfterHead(t *testing.T) {
	base := raw(t, func(conn net.Conn, r *bufio.Reader) {
		for {
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			answer := okAnswer
			if req.Method != http.MethodGet {
				answer = "HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 2\r\n\r\n{}not HTTP"
			}
			io.WriteString(conn, answer)
		}
	})
	c := client(t, base, unifier.TransportOptions{}, 5*time.Second)
	for _, method := range []string{"HEAD", "POST", "OPTIONS"} {
		get(t, c, "/") // leaves a connection alive
		x := c.Do(t.Context(), unifier.Call{Method: method, Path: "/"})
		if x.Err != nil || x.Status != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d %v", method, x.Status, x.Err)
		}
		if x := get(t, c, "/"); x.Err != nil || x.Status != http.StatusOK {
			t.Errorf("GET after %s: %d %v", method, x.Status, x.Err)
		}
	}
}

func TestHTTP2(t *testing.T) {
	a := newAuthority(t)
	var seen atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { seen.Add(1); io.WriteString(w, "{}") }))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{a.valid("server")}}
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	c := client(t, s.URL, unifier.TransportOptions{RootCAs: a.pool()}, 5*time.Second)
	for range 3 {
		x := get(t, c, "/")
		if x.Err != nil || x.Proto != "HTTP/2.0" || x.Attempts != 1 || x.TLS == nil || x.TLS.Version < tls.VersionTLS12 {
			t.Errorf("%v %s %d", x.Err, x.Proto, x.Attempts)
		}
	}
	one := client(t, s.URL, unifier.TransportOptions{RootCAs: a.pool(), HTTP1: true}, 5*time.Second)
	if x := get(t, one, "/"); x.Err != nil || x.Proto != "HTTP/1.1" || x.Attempts != 1 {
		t.Errorf("%v %s %d", x.Err, x.Proto, x.Attempts)
	}
	if seen.Load() != 4 || c.Sent()+one.Sent() != 4 {
		t.Errorf("%d at the server, %d sent", seen.Load(), c.Sent()+one.Sent())
	}
}

func TestTLS(t *testing.T) {
	a, other := newAuthority(t), newAuthority(t)
	serve := func(config *tls.Config) string {
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "{}") }))
		s.TLS, s.Config.ErrorLog = config, log.New(io.Discard, "", 0)
		s.StartTLS()
		t.Cleanup(s.Close)
		return s.URL
	}
	plain := serve(&tls.Config{Certificates: []tls.Certificate{a.valid("server")}})
	mutual := serve(&tls.Config{Certificates: []tls.Certificate{a.valid("server")}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: a.pool()})
	expired := serve(&tls.Config{Certificates: []tls.Certificate{a.issue("server", time.Now().Add(-48*time.Hour), time.Now().Add(-24*time.Hour))}})
	future := serve(&tls.Config{Certificates: []tls.Certificate{a.issue("server", time.Now().Add(24*time.Hour), time.Now().Add(48*time.Hour))}})
	clear := raw(t, func(conn net.Conn, _ *bufio.Reader) { io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n") })
	trust := unifier.TransportOptions{RootCAs: a.pool()}
	withCert := unifier.TransportOptions{RootCAs: a.pool(), Certificates: []tls.Certificate{a.valid("client")}}
	withOther := unifier.TransportOptions{RootCAs: a.pool(), Certificates: []tls.Certificate{other.valid("client")}}
	for _, c := range []struct {
		name, base string
		o          unifier.TransportOptions
		says       string
	}{
		{"own authority", plain, trust, ""},
		{"skip verify", plain, unifier.TransportOptions{InsecureSkipVerify: true}, ""},
		{"unknown authority", plain, unifier.TransportOptions{RootCAs: other.pool()}, "not trusted here: CN=unigate test authority"},
		{"other name", serve(&tls.Config{Certificates: []tls.Certificate{a.valid("elsewhere")}}), trust, "certificate is for other names"},
		{"client certificate", mutual, withCert, ""},
		{"no client certificate", mutual, trust, "asks for a client certificate"},
		{"client certificate of another authority", mutual, withOther, "refused the TLS handshake"},
		{"expired", expired, trust, "the certificate expired on 20"},
		{"not yet valid", future, trust, "valid only from 20"},
		{"no TLS", "https" + strings.TrimPrefix(clear, "http"), trust, "TLS"},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := get(t, client(t, c.base, c.o, 5*time.Second), "/")
			if c.says == "" && (x.Err != nil || x.Status != 200) {
				t.Errorf("%v", x.Err)
			}
			if d := unifier.Diagnose(x.Err); c.says != "" && (!strings.Contains(d.Cause, c.says) || d.Kind != "tls") {
				t.Errorf("%+v of %v does not say %q", d, x.Err, c.says)
			}
		})
	}
}

// TestHeadersArriveExactly sends what other clients would tidy up.
func TestHeadersArriveExactly(t *testing.T) {
	lines := make(chan []string, 1)
	base := raw(t, func(conn net.Conn, r *bufio.Reader) {
		var got []string
		for {
			line, err := r.ReadString('\n')
			if err != nil || line == "\r\n" {
				break
			}
			if strings.HasPrefix(line, "Authorization:") || strings.HasPrefix(line, "GET") {
				got = append(got, strings.TrimSuffix(line, "\r\n"))
			}
		}
		lines <- got
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
	})
	c := client(t, base+"/acme/stage/", unifier.TransportOptions{}, 5*time.Second)
	long := "Basic " + strings.Repeat("QUJD", 15000)
	for _, authorization := range [][]string{nil, {""}, {"Basic a", "Basic b"}, {"Basic päss"}, {"basic \xff\xfe"}, {long}} {
		x := c.Do(t.Context(), unifier.Call{Path: "/ws/x", RawQuery: "expiry=%33%30%30&expiry=+5", Authorization: authorization})
		if x.Err != nil || x.Attempts != 1 {
			t.Fatalf("%v", x.Err)
		}
		want := []string{"GET /acme/stage/ws/x?expiry=%33%30%30&expiry=+5 HTTP/1.1"}
		for _, v := range authorization {
			want = append(want, "Authorization: "+v)
		}
		if got := <-lines; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("sent %.200q, want %.200q", got, want)
		}
	}
}

func TestBounds(t *testing.T) {
	bomb := func() []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		for range 64 {
			z.Write(make([]byte, 1<<20))
		}
		z.Close()
		return b.Bytes()
	}()
	stop := make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/bomb", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(bomb)
	})
	mux.HandleFunc("/endless", func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/silent", func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("/half", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"status":`)
		w.(http.Flusher).Flush()
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("/redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/endless", http.StatusFound) })
	mux.HandleFunc("/headers", func(w http.ResponseWriter, _ *http.Request) {
		for i := range 40000 {
			w.Header().Add("X-Endless", fmt.Sprint("value ", i))
		}
	})
	mux.HandleFunc("/short", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10")
		io.WriteString(w, "{}")
	})
	s := httptest.NewUnstartedServer(mux)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Start()
	defer s.Close()
	defer close(stop)
	patient := client(t, s.URL, unifier.TransportOptions{}, time.Minute)
	hasty := client(t, s.URL, unifier.TransportOptions{}, 300*time.Millisecond)
	for _, e := range []struct {
		path      string
		status    int
		kind      string
		truncated bool
	}{
		{"/bomb", 200, "", true}, {"/endless", 200, "", true}, {"/redirect", 302, "", false},
		{"/silent", 0, "timeout", false}, {"/half", 0, "timeout", false}, {"/headers", 0, "headers", false}, {"/short", 0, "closed", false},
	} {
		c := patient
		if e.kind == "timeout" {
			c = hasty
		}
		x := get(t, c, e.path)
		if x.Status != e.status || unifier.Diagnose(x.Err).Kind != e.kind || x.Truncated != e.truncated || len(x.Body) > unifier.MaxBody || x.Attempts != 1 {
			t.Errorf("%s: status %d, %+v, truncated %v, %d bytes, %d attempts", e.path, x.Status, unifier.Diagnose(x.Err), x.Truncated, len(x.Body), x.Attempts)
		}
	}
}

func TestHeaderTimeout(t *testing.T) {
	base := raw(t, func(_ net.Conn, r *bufio.Reader) { io.Copy(io.Discard, r) })
	x := get(t, client(t, base, unifier.TransportOptions{HeaderTimeout: 50 * time.Millisecond}, time.Minute), "/")
	if unifier.Diagnose(x.Err).Kind != "timeout" {
		t.Errorf("%v", x.Err)
	}
}

func TestIPv6(t *testing.T) {
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("this machine has no IPv6 loopback:", err)
	}
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "{}") })}}
	s.Start()
	defer s.Close()
	if x := get(t, client(t, "http://"+l.Addr().String(), unifier.TransportOptions{Control: unifier.LoopbackOnly}, 5*time.Second), "/"); x.Err != nil || x.Status != 200 {
		t.Errorf("%v", x.Err)
	}
}

func TestLoopbackOnly(t *testing.T) {
	for address, ok := range map[string]bool{
		"127.0.0.1:80": true, "127.9.9.9:1": true, "[::1]:80": true, "[::ffff:127.0.0.1]:80": true,
		"192.0.2.1:80": false, "[2001:db8::1]:80": false, "0.0.0.0:80": false, "10.0.0.1:80": false, "nonsense": false,
	} {
		if err := unifier.LoopbackOnly("tcp", address, nil); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
	// The guard acts before a packet leaves.
	c := client(t, "http://192.0.2.1:9", unifier.TransportOptions{Control: unifier.LoopbackOnly}, 5*time.Second)
	if x := get(t, c, "/"); !errors.Is(x.Err, unifier.ErrNotLoopback) || x.Attempts != 0 {
		t.Errorf("%v, %d attempts", x.Err, x.Attempts)
	}
}

func TestDiagnose(t *testing.T) {
	refused := get(t, client(t, "http://127.0.0.1:1", unifier.TransportOptions{}, 5*time.Second), "/")
	unknown := get(t, client(t, "http://no-such-name.invalid", unifier.TransportOptions{}, 5*time.Second), "/")
	garbage := get(t, client(t, raw(t, func(c net.Conn, r *bufio.Reader) { http.ReadRequest(r); io.WriteString(c, "SSH-2.0-x\r\n") }), unifier.TransportOptions{}, 5*time.Second), "/")
	for kind, x := range map[string]unifier.Exchange{"refused": refused, "dns": unknown, "protocol": garbage} {
		if d := unifier.Diagnose(x.Err); d.Kind != kind || d.Cause == "" || d.Hint == "" {
			t.Errorf("%s: %+v of %v", kind, d, x.Err)
		}
	}
	if d := unifier.Diagnose(nil); d != (unifier.Diagnosis{}) {
		t.Errorf("%+v", d)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if d := unifier.Diagnose(client(t, "http://127.0.0.1:1", unifier.TransportOptions{}, time.Second).Do(ctx, unifier.Call{}).Err); d.Kind != "interrupted" {
		t.Errorf("%+v", d)
	}
}
