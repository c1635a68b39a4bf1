package wire

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The errors of a target that speaks another version of HTTP than was asked for.
var (
	errHTTP2Only = errors.New("the target speaks HTTP/2 only: ask for it with --http 2")
	errNoHTTP1   = errors.New("the target takes no HTTP/1.1 in the TLS handshake (no application protocol): is it the right port, or does it want --http 2?")
	errNoHTTP2   = errors.New("the target does not speak HTTP/2: leave --http 2 away, or give --http auto")
)

// noProtocol is how crypto/tls words the alert that no protocol of those that were
// offered is spoken (RFC 7301, section 3.2).
const noProtocol = "no application protocol"

// otherVersion names an error that another version of HTTP explains. want2 says that
// HTTP/2 was asked for and no other.
func otherVersion(err error, want2 bool) error {
	text := err.Error()
	switch {
	case want2 && (strings.Contains(text, noProtocol) || strings.Contains(text, "ALPN") || strings.Contains(text, "looked like an HTTP/1.1 header")):
		return errNoHTTP2
	case !want2 && strings.Contains(text, noProtocol):
		return errNoHTTP1
	case !want2 && strings.Contains(text, settingsQuoted):
		return errHTTP2Only
	}
	return err
}

// unestablished reports whether an error is that a connection for HTTP/2 was closed before
// a request could begin, as by a server in the clear that knows HTTP/1.1 only: whether its
// refusal of the preface is read before that is a matter of chance.
func unestablished(err error) bool {
	return strings.Contains(err.Error(), "http2: client conn could not be established")
}

// settingsQuoted is the beginning of what net/http says of an answer that begins with
// the frame with which every HTTP/2 server begins.
const settingsQuoted = `malformed HTTP response "\x00\x00`

// settings reports whether an answer begins with an HTTP/2 SETTINGS frame: a length of
// 24 bits, of which the first is 0 for every such frame, the type 4, and stream 0
// (RFC 9113, sections 3.4, 4.1 and 6.5).
func settings(b []byte) bool {
	return len(b) >= 9 && b[0] == 0 && b[3] == 4 && bytes.Equal(b[5:9], []byte{0, 0, 0, 0})
}

// negotiated lets the target choose: HTTP/2 goes through net/http's transport, HTTP/1.1
// through the fast one. It is found out with a connection that carries no request,
// before the first one.
type negotiated struct {
	base *url.URL
	o    Options
	fast *fast

	mu     sync.Mutex
	chosen atomic.Pointer[Transport]
}

// choose returns the transport that the target wants. Where that could not be found
// out, it is the fast one, which meets the same obstacle and names it.
func (n *negotiated) choose() Transport {
	if t := n.chosen.Load(); t != nil {
		return *t
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if t := n.chosen.Load(); t != nil {
		return *t
	}
	ctx, cancel := context.WithTimeout(n.fast.ctx, n.o.Timeout)
	defer cancel()
	protocol, err := n.fast.protocol(ctx)
	if err != nil {
		return n.fast
	}
	var t Transport = n.fast
	if protocol == "h2" {
		o := n.o
		o.HTTP = HTTP2
		s := newStandard(o, standardTransport(o), "net/http, HTTP/2")
		t = s
	}
	n.chosen.Store(&t)
	return t
}

// now returns the transport that was chosen, or the fast one.
func (n *negotiated) now() Transport {
	if t := n.chosen.Load(); t != nil {
		return *t
	}
	return n.fast
}

// Name implements Transport.
func (n *negotiated) Name() string {
	if n.chosen.Load() == nil {
		return "own, or net/http where the target takes HTTP/2"
	}
	return n.now().Name()
}

// Do implements Transport.
func (n *negotiated) Do(call *Call, reply *Reply, attempts *atomic.Int64) {
	n.choose().Do(call, reply, attempts)
}

// DoAlone implements Transport.
func (n *negotiated) DoAlone(call *Call, reply *Reply, attempts *atomic.Int64) {
	n.choose().DoAlone(call, reply, attempts)
}

// Lost implements Transport.
func (n *negotiated) Lost() int64 { return n.now().Lost() }

// Open implements Transport.
func (n *negotiated) Open() int { return n.now().Open() }

// Version implements Transport.
func (n *negotiated) Version() string { return n.now().Version() }

// Cut implements Transport.
func (n *negotiated) Cut() {
	n.fast.Cut()
	n.now().Cut()
}

// Close implements Transport.
func (n *negotiated) Close() {
	n.fast.Close()
	if t := n.now(); t != Transport(n.fast) {
		t.Close()
	}
}

// protocol asks the target for the version of HTTP that it takes (RFC 7301).
func (f *fast) protocol(ctx context.Context) (string, error) {
	conn, err := f.dialer.DialContext(ctx, "tcp", f.address)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }() // nothing was sent
	c := f.tls.Clone()
	c.NextProtos, c.ClientSessionCache = []string{"h2", "http/1.1"}, nil
	t := tls.Client(conn, c)
	if err := t.HandshakeContext(ctx); err != nil {
		return "", err
	}
	return t.ConnectionState().NegotiatedProtocol, nil
}

// preface is what an HTTP/2 client begins with: the magic words and an empty SETTINGS
// frame (RFC 9113, section 3.4).
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"

// prefaceTime bounds the wait for the answer to a preface.
const prefaceTime = 2 * time.Second

// speaksHTTP2 reports whether a target that ended a connection without an answer to a
// request of HTTP/1.1 answers the preface of HTTP/2.
func (f *fast) speaksHTTP2() bool {
	ctx, cancel := context.WithTimeout(f.ctx, min(prefaceTime, f.timeout))
	defer cancel()
	conn, err := f.dialer.DialContext(ctx, "tcp", f.address)
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }() // no request was sent
	if f.tls != nil {
		c := f.tls.Clone()
		c.NextProtos, c.ClientSessionCache = []string{"h2"}, nil
		t := tls.Client(conn, c)
		if err := t.HandshakeContext(ctx); err != nil {
			return false
		}
		conn = t
	}
	undo := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer undo()
	if _, err := conn.Write([]byte(preface)); err != nil {
		return false
	}
	b := make([]byte, 9)
	_, err = io.ReadFull(conn, b)
	return err == nil && settings(b)
}

// versionOf returns the version of an answer as the record has it.
func versionOf(r *http.Response) string {
	if r.ProtoMajor == 2 {
		return HTTP2
	}
	return HTTP1
}

// since returns how long something took; at least a microsecond, as 0 is nothing.
func since(from, to time.Time) time.Duration { return max(to.Sub(from), time.Microsecond) }
