//go:build linux

package wire

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// The kernel's time stamp lies between the sending and the end of the reading, over
// plain connections and TLS, new ones and kept-alive ones.
func TestAnswersTellWhenTheyArrived(t *testing.T) {
	answer := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") })
	for name, server := range map[string]*httptest.Server{"plain": httptest.NewServer(answer), "tls": httptest.NewTLSServer(answer)} {
		t.Run(name, func(t *testing.T) {
			defer server.Close()
			base, err := url.Parse(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			f := newFast(base, Options{Timeout: 10 * time.Second, MaxConnections: 1, Network: unifier.TransportOptions{InsecureSkipVerify: true}})
			defer f.Close()
			call, err := NewCall(base, http.Header{})
			if err != nil {
				t.Fatal(err)
			}
			var attempts atomic.Int64
			// The kernel begins to stamp some time after the first socket has asked for it.
			for r := (Reply{}); r.Arrived.IsZero() && attempts.Load() < 10_000; {
				f.Do(call, &r, &attempts)
				time.Sleep(time.Millisecond)
			}
			for i := range 3 {
				var r Reply
				sent := time.Now()
				f.Do(call, &r, &attempts)
				received := time.Now()
				if r.Status != http.StatusOK {
					t.Fatalf("%s %s", r.Kind, r.Detail)
				}
				if r.Arrived.Before(sent.Round(0)) || r.Arrived.After(received.Round(0)) {
					t.Errorf("answer %d came at %v, not between %v and %v", i, r.Arrived, sent, received)
				}
			}
		})
	}
}

// What was there long before it was read is told as old as it is.
func TestStampIsOfTheArrival(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a listener on loopback
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	wrote := make(chan time.Time, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			close(wrote)
			return
		}
		_, _ = c.Write([]byte("x"))
		wrote <- time.Now()
		_ = c.Close()
	}()
	conn, err := net.Dial("tcp", l.Addr().String()) //nolint:noctx // the same
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	c, st := stamped(conn)
	if !st.arrived().IsZero() {
		t.Errorf("nothing came, at %v", st.arrived())
	}
	at := <-wrote
	time.Sleep(30 * time.Millisecond)
	buffer := make([]byte, 8)
	if n, err := c.Read(buffer); n != 1 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	if got := st.arrived(); got.After(at.Round(0).Add(time.Millisecond)) {
		t.Errorf("it arrived at %v and is said to at %v", at, got)
	}
	if n, err := c.Read(buffer); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("after the end: %d, %v", n, err)
	}
	if err := c.SetReadDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(buffer); classify(err, false) != KindTimeout {
		t.Errorf("after the deadline: %v", err)
	}
}
