package wire_test

import (
	"context"
	"net"
	"net/http"
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
