package unifier_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/unigate/unigate/internal/unifier"
)

// http2Server speaks HTTP/2 frame by frame. serve is called for each request.
func http2Server(t *testing.T, a *authority, serve func(f *http2.Framer, stream uint32) bool) (base string, requests, connections *atomic.Int64) {
	t.Helper()
	requests, connections = new(atomic.Int64), new(atomic.Int64)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{a.valid("server")}, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var open sync.Map
	t.Cleanup(func() {
		l.Close()
		open.Range(func(conn, _ any) bool { conn.(net.Conn).Close(); return true })
		wg.Wait()
	})
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			open.Store(conn, true)
			wg.Go(func() {
				defer conn.Close()
				serveFrames(conn, requests, serve)
			})
		}
	})
	return "https://" + l.Addr().String(), requests, connections
}

// serveFrames serves one connection.
func serveFrames(conn net.Conn, requests *atomic.Int64, serve func(f *http2.Framer, stream uint32) bool) {
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(conn, preface); err != nil || string(preface) != http2.ClientPreface {
		return
	}
	f := http2.NewFramer(conn, conn)
	if f.WriteSettings() != nil {
		return
	}
	for {
		frame, err := f.ReadFrame()
		if err != nil {
			return
		}
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				f.WriteSettingsAck()
			}
		case *http2.HeadersFrame:
			requests.Add(1)
			if !serve(f, frame.StreamID) {
				return
			}
		}
	}
}

// answer writes the header of an answer.
func answer(f *http2.Framer, stream uint32, status string, end bool) {
	var b bytes.Buffer
	hpack.NewEncoder(&b).WriteField(hpack.HeaderField{Name: ":status", Value: status})
	f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: b.Bytes(), EndHeaders: true, EndStream: end})
}

// TestHTTP2NeverRepeatsWithoutBound has servers that take each request back. A
// call leaves twice at most, and once where its password may be wrong.
func TestHTTP2NeverRepeatsWithoutBound(t *testing.T) {
	a := newAuthority(t)
	for name, serve := range map[string]func(f *http2.Framer, stream uint32) bool{
		"REFUSED_STREAM": func(f *http2.Framer, stream uint32) bool {
			return f.WriteRSTStream(stream, http2.ErrCodeRefusedStream) == nil
		},
		"PROTOCOL_ERROR": func(f *http2.Framer, stream uint32) bool {
			return f.WriteRSTStream(stream, http2.ErrCodeProtocol) == nil
		},
		"GOAWAY": func(f *http2.Framer, _ uint32) bool {
			f.WriteGoAway(0, http2.ErrCodeNo, nil)
			return false
		},
		"GOAWAY before an answer": func(f *http2.Framer, stream uint32) bool {
			f.WriteGoAway(0, http2.ErrCodeNo, nil)
			answer(f, stream, "200", true)
			return true
		},
		"a closed connection": func(*http2.Framer, uint32) bool { return false },
	} {
		for _, c := range []struct {
			what, password string
			want           int64
		}{{"nobody's call", "", 2}, {"a wrong password", "wrong", 1}, {"a password not let in yet", "right", 1}} {
			t.Run(name+", "+c.what, func(t *testing.T) {
				base, requests, connections := http2Server(t, a, serve)
				u, _ := url.Parse(base)
				transport := unifier.NewTransport(unifier.TransportOptions{RootCAs: a.pool()})
				client, err := unifier.NewClient(unifier.ClientOptions{
					BaseURL: u, Transport: transport, Timeout: 20 * time.Second,
					Budget: unifier.NewBudget([]unifier.User{{Name: "$$a", Password: "right"}}, 3),
				})
				if err != nil {
					t.Fatal(err)
				}
				defer client.CloseIdleConnections()
				call := unifier.Call{}
				if c.password != "" {
					call.Authorization = []string{unifier.BasicAuth("$$a", unifier.Secret(c.password))}
				}
				x := client.Do(t.Context(), call)
				if x.Err == nil && name != "GOAWAY before an answer" {
					t.Errorf("status %d", x.Status)
				}
				if n := requests.Load(); n > c.want || n == 0 || int64(x.Attempts) > n {
					t.Errorf("%d requests reached the server over %d connections, want at most %d; %d attempts counted; %v", n, connections.Load(), c.want, x.Attempts, x.Err)
				}
				if d := unifier.Diagnose(x.Err); x.Err != nil && d.Cause == "" {
					t.Errorf("%v is not explained", x.Err)
				}
			})
		}
	}
}

// TestTrickle has servers that send a little again and again, so that no wait for
// the next byte is ever long: the timeout bounds the call as a whole.
func TestTrickle(t *testing.T) {
	a := newAuthority(t)
	const pause = 5 * time.Millisecond
	forms := map[string]func(f *http2.Framer, stream uint32) bool{
		"empty DATA frames": func(f *http2.Framer, stream uint32) bool {
			answer(f, stream, "200", false)
			for f.WriteData(stream, false, nil) == nil {
				time.Sleep(pause)
			}
			return false
		},
		"bytes": func(f *http2.Framer, stream uint32) bool {
			answer(f, stream, "200", false)
			for f.WriteData(stream, false, []byte("x")) == nil {
				time.Sleep(pause)
			}
			return false
		},
		"interim answers": func(f *http2.Framer, stream uint32) bool {
			for range 1000 {
				answer(f, stream, "103", false)
				time.Sleep(pause)
			}
			return false
		},
		"pings": func(f *http2.Framer, _ uint32) bool {
			for f.WritePing(false, [8]byte{1}) == nil {
				time.Sleep(pause)
			}
			return false
		},
	}
	for name, serve := range forms {
		t.Run(name, func(t *testing.T) {
			base, _, _ := http2Server(t, a, serve)
			x := get(t, client(t, base, unifier.TransportOptions{RootCAs: a.pool()}, 300*time.Millisecond), "/")
			if x.Err == nil || x.Status != 0 || !errors.Is(x.Err, errTimeout(x.Err)) {
				t.Errorf("status %d, %v", x.Status, x.Err)
			}
		})
	}
}

// errTimeout returns err where it is explained as a timeout or a broken protocol.
func errTimeout(err error) error {
	if k := unifier.Diagnose(err).Kind; k == "timeout" || k == "transport" {
		return err
	}
	return io.EOF
}

// TestHTTP2FirstLoginHasItsOwnConnection has a server whose connections serve one
// request: of the next it says by GOAWAY that it was not processed. A call that
// leaves once is not lost that way.
func TestHTTP2FirstLoginHasItsOwnConnection(t *testing.T) {
	a := newAuthority(t)
	base, _, _ := http2Server(t, a, func(f *http2.Framer, stream uint32) bool {
		if stream > 1 {
			f.WriteGoAway(1, http2.ErrCodeNo, nil)
			return false
		}
		answer(f, stream, "200", true)
		return true
	})
	u, _ := url.Parse(base)
	transport := unifier.NewTransport(unifier.TransportOptions{RootCAs: a.pool()})
	t.Cleanup(transport.CloseIdleConnections)
	client, err := unifier.NewClient(unifier.ClientOptions{
		BaseURL: u, Transport: transport, Timeout: 20 * time.Second,
		Budget: unifier.NewBudget([]unifier.User{{Name: "$$a", Password: "right"}}, 3),
	})
	if err != nil {
		t.Fatal(err)
	}
	if x := client.Do(t.Context(), unifier.Call{Path: unifier.LoginPath}); x.Err != nil {
		t.Fatal(x.Err)
	}
	for _, password := range []unifier.Secret{"right", "wrong", "wrong too"} {
		if x := client.Do(t.Context(), unifier.Call{Path: unifier.LoginPath, Authorization: []string{unifier.BasicAuth("$$a", password)}}); x.Err != nil {
			t.Errorf("%s: %v", password, x.Err)
		}
	}
}

// TestHTTP2StatusBelow100 has answers whose status is none.
func TestHTTP2StatusBelow100(t *testing.T) {
	a := newAuthority(t)
	for _, status := range []string{"0", "000", "99", "-1"} {
		base, _, _ := http2Server(t, a, func(f *http2.Framer, stream uint32) bool {
			answer(f, stream, status, true)
			return true
		})
		u, _ := url.Parse(base)
		transport := unifier.NewTransport(unifier.TransportOptions{RootCAs: a.pool()})
		t.Cleanup(transport.CloseIdleConnections)
		client, err := unifier.NewClient(unifier.ClientOptions{BaseURL: u, Transport: transport, Timeout: 20 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		if x := client.Do(t.Context(), unifier.Call{Path: unifier.LoginPath}); x.Err == nil || x.Status != 0 {
			t.Errorf("status %s: %d, %v", status, x.Status, x.Err)
		}
	}
}

// TestHTTP2ConnectionsThatEndAfterAnAnswer has a server that says behind each answer that
// it takes no more requests by that connection, as some do after a number of answers. Calls
// that share connections are taken back; after a few of these each has one of its own.
func TestHTTP2ConnectionsThatEndAfterAnAnswer(t *testing.T) {
	a := newAuthority(t)
	base, requests, _ := http2Server(t, a, func(f *http2.Framer, stream uint32) bool {
		if stream > 1 { // it does not look at what comes behind its GOAWAY
			return true
		}
		answer(f, stream, "200", true)
		return f.WriteGoAway(stream, http2.ErrCodeNo, nil) == nil
	})
	c := client(t, base, unifier.TransportOptions{RootCAs: a.pool()}, 10*time.Second)
	call := func(n int) (failed int64) {
		var wg sync.WaitGroup
		var sum atomic.Int64
		for range 4 {
			wg.Go(func() {
				for range n {
					if x := get(t, c, "/"); x.Err != nil || x.Status != 200 {
						sum.Add(1)
					}
				}
			})
		}
		wg.Wait()
		return sum.Load()
	}
	call(10) // the first ones may be taken back twice
	before := requests.Load()
	if failed := call(15); failed > 0 || requests.Load() != before+60 {
		t.Errorf("%d of 60 calls failed, %d requests arrived", failed, requests.Load()-before)
	}
}

// Without TLS nothing shows that a connection of HTTP/2 is shared, but that nothing else
// was asked for: one that answers lie on, unread as yet, is neither stale nor closed.
func TestHTTP2WithoutTLSSharesAConnection(t *testing.T) {
	var connections atomic.Int64
	s := &http.Server{
		Handler:   http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", 4096)) }),
		Protocols: new(http.Protocols),
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				connections.Add(1)
			}
		},
	}
	s.Protocols.SetUnencryptedHTTP2(true)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() { defer close(served); _ = s.Serve(l) }()
	defer func() { _ = s.Close(); <-served }()
	tr := unifier.NewTransport(unifier.TransportOptions{HTTP2: true})
	defer tr.CloseIdleConnections()
	one := func() error {
		var attempts atomic.Int64
		ctx := unifier.WithAttempts(unifier.Once(context.Background()), &attempts)
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+l.Addr().String(), nil)
		if err != nil {
			return err
		}
		resp, err := tr.RoundTrip(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			return err
		}
		if n := attempts.Load(); resp.ProtoMajor != 2 || n != 1 {
			return fmt.Errorf("HTTP/%d, %d attempts", resp.ProtoMajor, n)
		}
		return nil
	}
	if err := one(); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 30 {
				if err := one(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if n := connections.Load(); n != 1 || tr.Lost() != 0 {
		t.Errorf("%d connections, %d lost", n, tr.Lost())
	}
}
