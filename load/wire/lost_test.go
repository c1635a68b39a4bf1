package wire_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/unigate/unigate/load/wire"
)

// closer answers requests, and closes a connection unannounced when it has read the
// request that closes says: by its number on the connection and of all, from 1 on.
func closer(t *testing.T, closes func(n, of int64) bool) (server *httptest.Server, connections *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	connections = &atomic.Int64{}
	var requests atomic.Int64
	var wg sync.WaitGroup
	t.Cleanup(func() { _ = l.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			wg.Go(func() {
				defer func() { _ = conn.Close() }()
				r := bufio.NewReader(conn)
				for n := int64(1); ; n++ {
					if _, err := http.ReadRequest(r); err != nil || closes(n, requests.Add(1)) {
						return
					}
					_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
				}
			})
		}
	})
	return &httptest.Server{URL: "http://" + l.Addr().String()}, connections
}

// A target that closes kept-alive connections after a number of answers costs two
// requests; one that closes now and then costs those, and no connections beyond.
func TestConnectionsAreReusedInSpiteOfAnAccident(t *testing.T) {
	for name, c := range map[string]struct {
		closes      func(n, of int64) bool
		lost, conns int64
	}{
		"never":                                 {func(int64, int64) bool { return false }, 0, 1},
		"once, after one answer":                {func(_, of int64) bool { return of == 2 }, 1, 2},
		"once, after many":                      {func(_, of int64) bool { return of == 150 }, 1, 2},
		"after one answer and later after many": {func(n, of int64) bool { return of == 2 || of == 90 || of == 92 }, 3, 5},
		"after one answer each":                 {func(n, _ int64) bool { return n == 2 }, 2, 200},
		"after ten answers each":                {func(n, _ int64) bool { return n == 11 }, 2, 20},
		"after five to eight":                   {func(n, of int64) bool { return n >= 6+of%4 }, 3, 40},
	} {
		t.Run(name, func(t *testing.T) {
			s, connections := closer(t, c.closes)
			tr, call := dial(t, "fast", s, "/")
			defer tr.Close()
			var r wire.Reply
			var attempts atomic.Int64
			lost := int64(0)
			for range 200 {
				if tr.Do(call, &r, &attempts); r.Status == 0 {
					lost++
				}
			}
			if got := connections.Load(); lost != tr.Lost() || attempts.Load() != 200 || lost > c.lost || c.lost < 3 && lost != c.lost || got > c.conns || got < c.conns*9/10 {
				t.Errorf("%d and %d requests were lost, not %d; %d connections, not %d", lost, tr.Lost(), c.lost, got, c.conns)
			}
		})
	}
}
