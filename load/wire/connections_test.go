package wire_test

import (
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load/wire"
)

// connected is a server that counts its connections.
type connected struct {
	*httptest.Server
	opened atomic.Int64
}

// serve starts a server with the versions of HTTP that it is to speak; over TLS, or not.
func serve(t *testing.T, secure bool, versions func(*http.Protocols)) *connected {
	t.Helper()
	s := &connected{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(2 * time.Millisecond)
		_, _ = w.Write([]byte("{}"))
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.opened.Add(1)
		}
	}
	s.Config.Protocols = new(http.Protocols)
	versions(s.Config.Protocols)
	if secure {
		s.EnableHTTP2 = s.Config.Protocols.HTTP2()
		s.StartTLS()
		if !s.Config.Protocols.HTTP1() {
			s.TLS.NextProtos = []string{"h2"} // httptest adds http/1.1
		}
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s
}

// ask sends n requests, one after the other.
func ask(t *testing.T, s *connected, o wire.Options, n int, alone bool) (replies []wire.Reply, transport wire.Transport) {
	t.Helper()
	base, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	o.Timeout = 10 * time.Second
	if s.TLS != nil {
		pool := x509.NewCertPool()
		pool.AddCert(s.Certificate())
		o.Network = unifier.TransportOptions{RootCAs: pool}
	}
	if transport, err = wire.New(base, o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.Close)
	call, err := wire.NewCall(base, http.Header{})
	if err != nil {
		t.Fatal(err)
	}
	var attempts atomic.Int64
	for range n {
		var r wire.Reply
		if alone {
			transport.DoAlone(call, &r, &attempts)
		} else {
			transport.Do(call, &r, &attempts)
		}
		replies = append(replies, r)
	}
	return replies, transport
}

func both(p *http.Protocols)  { p.SetHTTP1(true); p.SetHTTP2(true) }
func only1(p *http.Protocols) { p.SetHTTP1(true) }
func only2(p *http.Protocols) { p.SetHTTP2(true); p.SetUnencryptedHTTP2(true) }

func TestConnectionsAreUsedAsAsked(t *testing.T) {
	for _, c := range []struct {
		name     string
		secure   bool
		versions func(*http.Protocols)
		o        wire.Options
		opened   int64 // by six requests
		shaken   int
		resumed  int
		version  string
	}{
		{"reuse", true, only1, wire.Options{}, 1, 1, 0, "1.1"},
		{"reuse in the clear", false, only1, wire.Options{}, 1, 0, 0, "1.1"},
		{"fresh", true, only1, wire.Options{PerConnection: 1}, 6, 6, 5, "1.1"},
		{"fresh in the clear", false, only1, wire.Options{PerConnection: 1}, 6, 0, 0, "1.1"},
		{"fresh without resumption", true, only1, wire.Options{PerConnection: 1, NoResumption: true}, 6, 6, 0, "1.1"},
		{"two per connection", true, only1, wire.Options{PerConnection: 2}, 3, 3, 2, "1.1"},
		{"HTTP/2", true, both, wire.Options{HTTP: wire.HTTP2}, 1, 1, 0, "2"},
		{"HTTP/2 in the clear", false, only2, wire.Options{HTTP: wire.HTTP2}, 1, 0, 0, "2"},
		{"HTTP/2 where it is offered", true, both, wire.Options{HTTP: wire.Auto}, 2, 1, 0, "2"}, // one finds it out
		{"HTTP/1.1 where that is all", true, only1, wire.Options{HTTP: wire.Auto}, 2, 1, 0, "1.1"},
		{"auto in the clear", false, only1, wire.Options{HTTP: wire.Auto}, 1, 0, 0, "1.1"},
		{"HTTP/1.1 though 2 is offered", true, both, wire.Options{HTTP: wire.HTTP1}, 1, 1, 0, "1.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, c.secure, c.versions)
			replies, transport := ask(t, s, c.o, 6, false)
			connected, shaken, resumed := int64(0), 0, 0
			for i, r := range replies {
				if r.Status != 200 || string(r.Body) != "{}" {
					t.Fatalf("request %d: %d %s %s", i, r.Status, r.Kind, r.Detail)
				}
				if x := r.Timing; x.FirstByte < 2*time.Millisecond || x.Connected != (x.Connect > 0) || x.Shaken != (x.Handshake > 0) || x.Shaken && !x.Connected {
					t.Errorf("request %d: %+v", i, x)
				}
				if r.Timing.Connected {
					connected++
				}
				if r.Timing.Shaken {
					shaken++
				}
				if r.Timing.Resumed {
					resumed++
				}
			}
			probes := int64(0)
			if c.o.HTTP == wire.Auto && c.secure {
				probes = 1
			}
			if got := s.opened.Load(); got != c.opened || connected != c.opened-probes || shaken != c.shaken || resumed != c.resumed {
				t.Errorf("%d connections, %d told of, %d handshakes, %d resumed; not %d, %d, %d", got, connected, shaken, resumed, c.opened, c.shaken, c.resumed)
			}
			if got := transport.Version(); got != c.version {
				t.Errorf("HTTP/%s, not %s", got, c.version)
			}
		})
	}
}

// A target that speaks another version of HTTP than was asked for is named as such.
func TestOtherVersionIsNamed(t *testing.T) {
	for _, c := range []struct {
		name     string
		secure   bool
		versions func(*http.Protocols)
		http     string
		want     string
	}{
		{"HTTP/2 only", true, only2, wire.HTTP1, "speaks HTTP/2 only"},
		{"HTTP/2 only, in the clear", false, only2, wire.HTTP1, "speaks HTTP/2 only"},
		{"HTTP/1.1 only", true, only1, wire.HTTP2, "does not speak HTTP/2"},
		{"HTTP/1.1 only, in the clear", false, only1, wire.HTTP2, "does not speak HTTP/2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			replies, _ := ask(t, serve(t, c.secure, c.versions), wire.Options{HTTP: c.http}, 1, true)
			if r := replies[0]; r.Status != 0 || r.Kind != wire.KindProtocol || !strings.Contains(r.Detail, c.want) {
				t.Errorf("%d, %s: %s", r.Status, r.Kind, r.Detail)
			}
		})
	}
}

// A server that sends SETTINGS at once, whatever it was sent, as some do that look at no preface.
func TestSettingsAreHTTP2(t *testing.T) {
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte{0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100})
			_, _ = c.Read(make([]byte, 4096))
			_ = c.Close()
		}
	}()
	s := &connected{Server: &httptest.Server{URL: "http://" + l.Addr().String()}}
	replies, _ := ask(t, s, wire.Options{}, 1, false)
	if r := replies[0]; r.Kind != wire.KindProtocol {
		t.Errorf("%d, %s: %s", r.Status, r.Kind, r.Detail)
	}
}
