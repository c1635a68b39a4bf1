//go:build linux

package wire

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// stampedPair returns a connection that tells arrivals, after the kernel has begun to
// stamp, and its peer.
func stampedPair(t *testing.T) (c *stampedConn, peer net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a listener on loopback
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	conn, err := net.Dial("tcp", l.Addr().String()) //nolint:noctx // the same
	if err != nil {
		t.Fatal(err)
	}
	if peer, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = conn.Close(), peer.Close() })
	s, st := stamped(conn)
	c, ok := s.(*stampedConn)
	if !ok {
		t.Skip("this machine's kernel does not stamp what it receives")
	}
	for n := 0; st.arrived().IsZero() && n < 10_000; n++ {
		if _, err := peer.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	return c, peer
}

// What came before the deadline is read after it, as a generator that stood still does;
// what came after it is too late, and nothing, or an end, is no answer.
func TestWhatCameInTimeIsRead(t *testing.T) {
	for name, c := range map[string]struct {
		before, after string
		closed        bool
		want          string
	}{
		"in time":          {before: "{}", want: "{}"},
		"in time, and end": {before: "{}", closed: true, want: "{}"},
		"too late":         {after: "{}"},
		"nothing":          {},
		"an end":           {closed: true},
	} {
		t.Run(name, func(t *testing.T) {
			conn, peer := stampedPair(t)
			write := func(text string) {
				if _, err := peer.Write([]byte(text)); err != nil {
					t.Fatal(err)
				}
				time.Sleep(2 * time.Millisecond) // loopback hands it over at once
			}
			if c.before != "" {
				write(c.before)
			}
			if c.closed { // the stamp of an end may stand for what it is joined to
				_ = peer.Close()
				time.Sleep(2 * time.Millisecond)
			}
			if err := conn.SetDeadline(time.Now()); err != nil {
				t.Fatal(err)
			}
			if c.after != "" {
				time.Sleep(2 * time.Millisecond)
				write(c.after)
			}
			buffer := make([]byte, 8)
			n, err := conn.Read(buffer)
			if got := string(buffer[:n]); got != c.want || (err == nil) != (c.want != "") || err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("read %q, %v; not %q", got, err, c.want)
			}
			if _, err := conn.Read(buffer); err == nil || errors.Is(err, io.EOF) {
				t.Errorf("after it: %v", err)
			}
		})
	}
}
