package wire

import (
	"bufio"
	"bytes"
	"net"
	"testing"
)

// played is a connection that gives what was written down, in pieces of a size.
type played struct {
	net.Conn
	rest  []byte
	piece int
}

// Read gives the next piece.
func (p *played) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		return 0, net.ErrClosed
	}
	n := copy(b[:min(len(b), p.piece)], p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// play makes a connection of an answer.
func play(b []byte, piece int) *connection {
	c := &connection{Conn: &played{rest: b, piece: piece}, limit: unlimited}
	c.reader = bufio.NewReaderSize(c, readBuffer)
	return c
}

// FuzzHead holds load's own reading of an answer against net/http's: whatever
// load reads itself means the same there, the connection's end included.
func FuzzHead(f *testing.F) {
	for _, s := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
		"HTTP/1.1 200\r\ncontent-length:2\r\nDate: Tue, 18 May 2027 18:34:12 GMT\r\n\r\n{}rest",
		"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nRetry-After: 7\r\nretry-after: 8\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
		"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\n{}",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: x, Close\r\n\r\n{}",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
		"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
		"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n folded\r\n\r\n{}",
		"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX: \t\xff\x80\r\nContent-Length:\t2 \r\n\r\n{}",
		"HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\n{}",
		"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
		"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\n{}",
		"HTTP/1.1 000 \r\nContent-Length: 2\r\n\r\n{}",
		"HTTP/1.1 999 \x1b\r\nContent-Length: 2\r\n\r\n{}",
		"HTTP/1.1 200 OK\r\n: x\r\nContent-Length: 2\r\n\r\n{}",
		"HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
	} {
		f.Add([]byte(s), 1)
		f.Add([]byte(s), 4096)
	}
	f.Fuzz(func(t *testing.T, b []byte, piece int) {
		piece = max(piece, 1)
		if _, plain := play(b, piece).peekHead(); !plain {
			return // net/http reads it in either case
		}
		var own, other Reply
		ours, theirs := play(b, piece), play(b, piece)
		keepOwn, err := (&fast{}).readAnswer(ours, &own)
		keepOther, otherErr := (&fast{}).readAny(theirs, &other)
		if (err == nil) != (otherErr == nil) {
			t.Fatalf("%q: load's own reading %v, net/http's %v", b, err, otherErr)
		}
		if err != nil {
			return
		}
		if own.Status != other.Status || !bytes.Equal(own.Body, other.Body) || keepOwn != keepOther {
			t.Fatalf("%q: %d %q keep %v, net/http %d %q keep %v", b, own.Status, own.Body, keepOwn, other.Status, other.Body, keepOther)
		}
		for _, name := range []string{"Date", "Content-Type", "Retry-After"} {
			if got, want := own.Header.Get(name), other.Header.Get(name); got != want {
				t.Fatalf("%q: %s %q, net/http %q", b, name, got, want)
			}
		}
		rest, restOther := drained(ours), drained(theirs)
		if !bytes.Equal(rest, restOther) {
			t.Fatalf("%q: %q is left for the next answer, with net/http %q", b, rest, restOther)
		}
	})
}

// drained is what a connection has left.
func drained(c *connection) []byte {
	var all bytes.Buffer
	_, _ = c.reader.WriteTo(&all) // ends with the connection's own error
	return all.Bytes()
}
