package unifier_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// TestManyFieldsAreBounded has an answer with 40,000 short header fields.
func TestManyFieldsAreBounded(t *testing.T) {
	base := raw(t, func(conn net.Conn, r *bufio.Reader) {
		if _, err := http.ReadRequest(r); err != nil {
			return
		}
		fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nDate: x\r\n%sCache-Control: no-store\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}", strings.Repeat("A: b\r\n", 40000))
	})
	x := get(t, client(t, base, unifier.TransportOptions{}, 5*time.Second), "/")
	n := 0
	for _, values := range x.Header {
		n += len(values)
	}
	if x.Err != nil || !x.HeaderCut || n > unifier.MaxFields || x.Header.Get("Cache-Control") != "no-store" || x.Header.Get("Date") != "x" {
		t.Errorf("%v, cut %v, %d fields kept", x.Err, x.HeaderCut, n)
	}
	few := raw(t, func(conn net.Conn, _ *bufio.Reader) { io.WriteString(conn, okAnswer) })
	if x := get(t, client(t, few, unifier.TransportOptions{}, 5*time.Second), "/"); x.HeaderCut {
		t.Error("a short header was cut")
	}
}
