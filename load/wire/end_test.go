package wire_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/unigate/unigate/load/wire"
)

// A target that wants a client certificate says so in an alert or by closing
// the connection, after the handshake with TLS 1.3: load names what it wants.
func TestAMissingClientCertificateIsNamed(t *testing.T) {
	for version, name := range map[uint16]string{tls.VersionTLS12: "TLS 1.2", tls.VersionTLS13: "TLS 1.3"} {
		for _, kind := range kinds {
			t.Run(kind+" "+name, func(t *testing.T) {
				server := httptest.NewUnstartedServer(http.NotFoundHandler())
				server.Config.ErrorLog = log.New(io.Discard, "", 0)
				server.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: x509.NewCertPool(), MinVersion: version, MaxVersion: version}
				server.StartTLS()
				defer server.Close()
				tr, call := dial(t, kind, server, "/")
				var r wire.Reply
				var attempts atomic.Int64
				tr.Do(call, &r, &attempts)
				if r.Kind != wire.KindTLS || !strings.Contains(r.Detail, "asked for a client certificate") {
					t.Errorf("kind %q (%s)", r.Kind, r.Detail)
				}
			})
		}
	}
}

// A target that would like a certificate and does without is not said to want one
// when it closes a connection later.
func TestAnOptionalClientCertificateIsNotTheMatter(t *testing.T) {
	for _, kind := range kinds {
		var n atomic.Int64
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if n.Add(1) > 1 {
				panic(http.ErrAbortHandler)
			}
			_, _ = io.WriteString(w, "ok")
		}))
		server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
		server.StartTLS()
		defer server.Close()
		tr, call := dial(t, kind, server, "/")
		var r wire.Reply
		var attempts atomic.Int64
		if tr.Do(call, &r, &attempts); r.Status != 200 {
			t.Fatalf("%s: kind %q (%s)", kind, r.Kind, r.Detail)
		}
		if tr.Do(call, &r, &attempts); r.Kind != wire.KindClosed && r.Kind != wire.KindReset || strings.Contains(r.Detail, "certificate") {
			t.Errorf("%s: kind %q (%s)", kind, r.Kind, r.Detail)
		}
	}
}

// Cut ends what is in flight whatever the target sends: it is what the end of a
// drain after SIGINT does.
func TestCutEndsAnyAnswer(t *testing.T) {
	for name, c := range map[string]struct{ begins, bit string }{
		"silence":          {"", ""},
		"a trickling head": {"HTTP/1.1 200 OK\r\n", "X-A: b\r\n"},
		"a trickling body": {"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", "x"},
		"trickling chunks": {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"},
		"interim answers":  {"", "HTTP/1.1 103 Early Hints\r\n\r\n"},
		"a 101":            {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", "x"},
	} {
		for _, kind := range kinds {
			t.Run(kind+" "+name, func(t *testing.T) {
				var cut atomic.Pointer[func()]
				base := trickling(t, c.begins, c.bit, &cut)
				// Nothing but Cut ends it: the timeout is an hour.
				o := wire.Options{Timeout: time.Hour, MaxConnections: 1}
				tr, err := wire.New(base, o)
				if kind == "standard" {
					tr, err = wire.NewStandard(o), nil
				}
				if err != nil {
					t.Fatal(err)
				}
				defer tr.Close()
				end := tr.Cut
				cut.Store(&end)
				call, err := wire.NewCall(base, http.Header{})
				if err != nil {
					t.Fatal(err)
				}
				var r wire.Reply
				var attempts atomic.Int64
				tr.Do(call, &r, &attempts)
				want := wire.KindInterrupted
				if name == "a 101" {
					want = wire.KindMalformed // at once, without being cut
				}
				if r.Kind != want || r.Status != 0 {
					t.Errorf("kind %q (%s), status %d", r.Kind, r.Detail, r.Status)
				}
			})
		}
	}
}

// trickling is a server that begins an answer, goes on with bits, and has the
// request cut off after some of them.
func trickling(t *testing.T, begins, bit string, cut *atomic.Pointer[func()]) *url.URL {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { _ = l.Close(); <-done })
	go func() {
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
			return
		}
		for n := 0; n < 1000; n++ {
			text := bit
			if n == 0 {
				text = begins + bit
			}
			if _, err := io.WriteString(conn, text); err != nil {
				return
			}
			if n == 3 && !strings.Contains(begins, " 101 ") {
				(*cut.Load())()
				if bit == "" {
					return
				}
			}
			time.Sleep(2 * time.Millisecond)
		}
	}()
	return &url.URL{Scheme: "http", Host: l.Addr().String(), Path: "/"}
}
