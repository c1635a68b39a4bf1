package wire_test

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/unigate/unigate/load/wire"
)

// lateConn returns from a write long after what it wrote was sent, as a starved
// client's does.
type lateConn struct{ net.Conn }

func (c lateConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	time.Sleep(20 * time.Millisecond)
	return n, err
}

// A server took as long as it took, however late the client noticed that its request
// was sent.
func TestFirstByteBeginsWithTheWriting(t *testing.T) {
	for name, versions := range map[string]func(*http.Protocols){"HTTP/1.1": only1, "HTTP/2": only2} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, false, versions)
			rt := &http.Transport{Protocols: s.Config.Protocols, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				c, err := new(net.Dialer).DialContext(ctx, network, address)
				return lateConn{c}, err
			}}
			t.Cleanup(rt.CloseIdleConnections)
			replies, _ := ask(t, s, wire.Options{RoundTripper: rt}, 3, false)
			for i, r := range replies {
				if r.Status != 200 || r.Timing.FirstByte < 2*time.Millisecond {
					t.Errorf("request %d: %d, first byte after %v", i, r.Status, r.Timing.FirstByte)
				}
			}
		})
	}
}

// Requests over HTTP/2 that begin at once open a connection each, and the first that is ready
// serves them all: each is counted once, with whichever request.
func TestConnectionsThatCameTooLateAreCounted(t *testing.T) {
	s := serve(t, true, both)
	_, transport := ask(t, s, wire.Options{HTTP: wire.HTTP2, MaxConnections: 16}, 0, false)
	base, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	call, err := wire.NewCall(base, http.Header{})
	if err != nil {
		t.Fatal(err)
	}
	var attempts, connected, shaken atomic.Int64
	do := func() {
		var r wire.Reply
		transport.Do(call, &r, &attempts)
		if r.Status != 200 {
			t.Errorf("%d %s %s", r.Status, r.Kind, r.Detail)
		}
		if r.Timing.Connected {
			connected.Add(1)
		}
		if r.Timing.Shaken {
			shaken.Add(1)
		}
	}
	var all sync.WaitGroup
	for range 16 {
		all.Go(do)
	}
	all.Wait()
	for range 10_000 { // those that are not ready yet become so
		if n := s.opened.Load(); connected.Load() == n && shaken.Load() == n {
			break
		}
		do()
	}
	if n := s.opened.Load(); connected.Load() != n || shaken.Load() != n {
		t.Errorf("%d connections and %d handshakes were counted, the server saw %d", connected.Load(), shaken.Load(), n)
	}
}
