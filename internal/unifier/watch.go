package unifier

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"syscall"
)

// maxConnections is how many connections one call may be given before it is
// given up: idle ones that turn out to be closed cost nothing, but a server that
// ends each connection with a GOAWAY would have another one made without end.
const maxConnections = 20

// Bounds over all requests of a transport: a server that takes back some is
// treated as one that restarts, a server that goes on so is not.
const (
	// maxRunResends is how many requests may be sent again.
	maxRunResends = 20
	// maxSharedResends is after how many of these no connection is shared any more: a
	// server that ends connections of HTTP/2 after a few answers (GOAWAY) takes back what
	// others send by them meanwhile.
	maxSharedResends = 3
	// maxRunExtra is how many new connections may be made beyond the first of a
	// call; from then on a call gets leastFresh.
	maxRunExtra = 40
	leastFresh  = 2
)

// watch follows one request through the connections that net/http tries.
type watch struct {
	cancel  context.CancelCauseFunc
	resends int // how often the request may be written once more
	fresh   int // how many new connections it may be given
	// sawHTTP2 is the transport's: it is set once HTTP/2 is spoken.
	sawHTTP2 *atomic.Bool
	// only2 says that nothing but HTTP/2 is spoken: without TLS a connection does not show it.
	only2 bool

	mu       sync.Mutex
	conn     *countedConn // HTTP/1 connection in use
	base     int64        // bytes that conn had written before this request
	h2       bool
	begun    bool         // HTTP/2: the present attempt is being written
	wrote    bool         // and was counted
	reused   bool         // the connection in use had served other requests
	lost     *countedConn // one that had and was closed under the request
	conns    int
	made     int // of conns were new ones
	written  int // how often the request was written, whether or not it was received
	attempts int
	refused  error // why the request was not written once more
}

// trace returns the hooks that the watch needs.
func (w *watch) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{GotConn: w.gotConn, WroteHeaderField: w.writesHeader, WroteHeaders: w.wroteHeaders}
}

// writesHeader is called while a request's header is put together: from then on
// an HTTP/2 stream counts as written, since what comes back may be faster than
// wroteHeaders.
func (w *watch) writesHeader(string, []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begun = true
}

// gotConn is called before the request is written to a connection.
func (w *watch) gotConn(info httptrace.GotConnInfo) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := w.conn != nil && !w.h2 && w.conn.written.Load() != w.base || w.h2 && w.begun
	broken := w.conn
	if w.settle() {
		w.refused = ErrNotRepeated
		if w.reused {
			w.lost = broken
		}
	}
	if before {
		w.written++
	}
	w.conns++
	if !info.Reused {
		w.made++
	}
	conn, h2 := unwrap(info.Conn)
	h2 = h2 || w.only2
	if w.refused == nil && (w.written > w.resends || w.conns > maxConnections || w.made > w.fresh) {
		w.refused = ErrNotRepeated
		if w.h2 || h2 {
			w.refused = ErrNotProcessed
		}
	}
	w.conn, w.h2, w.begun, w.wrote, w.reused = conn, h2, false, false, info.Reused
	if h2 {
		w.sawHTTP2.Store(true)
	}
	// On a closed connection net/http fails before it has written anything, and it
	// writes nothing for a context that has ended.
	if w.refused != nil {
		w.cancel(w.refused)
	}
	if !h2 && (w.refused != nil || info.Reused && conn != nil && conn.stale()) {
		_ = info.Conn.Close()
	}
	if conn != nil {
		w.base = conn.written.Load()
	}
}

// wroteHeaders is called when a request was written; HTTP/2 shares a connection
// between requests, so that bytes cannot tell.
func (w *watch) wroteHeaders() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.h2 || w.conn == nil {
		w.attempts++
		w.wrote = true
	}
}

// settle counts an attempt if the HTTP/1 connection in use was written to and
// the other side may have received it.
func (w *watch) settle() bool {
	if w.conn == nil || w.h2 || w.conn.written.Load() == w.base || w.conn.unreceived(w.base) {
		return false
	}
	w.conn = nil
	w.attempts++
	return true
}

// outcome is what a watch has seen of a request.
type outcome struct {
	attempts int64
	// refused is why one more attempt was prevented, or nil.
	refused error
	// lost is the connection of HTTP/1 that broke, or the last one, if it had served
	// other requests before.
	lost *countedConn
	// conn is the HTTP/1 connection that the answer comes by, or nil.
	conn *countedConn
	// resent is true where the request was written again, extra how many new
	// connections it was given beyond the first.
	resent bool
	extra  int64
}

// finish returns what happened. An answer may be read before net/http calls
// wroteHeaders.
func (w *watch) finish(answered bool) outcome {
	w.mu.Lock()
	defer w.mu.Unlock()
	o := outcome{lost: w.lost}
	if !w.h2 {
		o.conn = w.conn
	}
	if o.lost == nil && w.reused {
		o.lost = o.conn
	}
	w.settle()
	if answered && w.h2 && !w.wrote {
		w.attempts, w.wrote, w.h2 = w.attempts+1, true, false
		w.conn = &countedConn{} // wroteHeaders has nothing to count any more
	}
	o.attempts, o.refused = int64(w.attempts), w.refused
	o.resent, o.extra = w.written > 0 && w.resends > 0, int64(max(w.made-1, 0))
	return o
}

// countedConn counts the bytes that were written and, when it is closed, those
// that were acknowledged.
type countedConn struct {
	net.Conn
	open    *atomic.Int64 // connections of the transport
	written atomic.Int64
	ended   atomic.Bool // the other side sent its FIN
	broke   atomic.Bool // it was reset
	closed  atomic.Bool
	acked   atomic.Int64 // when it was closed; -1 where it is not known
}

// Read reads and notes the end.
func (c *countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err == io.EOF { //nolint:errorlint // a connection's EOF is never wrapped
		c.ended.Store(true)
	} else if errors.Is(err, syscall.ECONNRESET) {
		c.broke.Store(true)
	}
	return n, err
}

// Close notes what was acknowledged and closes.
func (c *countedConn) Close() error {
	if !c.closed.Load() {
		n, ok := c.acknowledged()
		if !ok || !c.ended.Load() {
			n = -1
		}
		c.acked.Store(n)
		if c.closed.CompareAndSwap(false, true) {
			if c.open != nil {
				c.open.Add(-1)
			}
		}
	}
	return c.Conn.Close()
}

// unreceived reports whether the other side closed the connection and had
// acknowledged nothing of what was written after the first base bytes.
func (c *countedConn) unreceived(base int64) bool {
	acked := c.acked.Load()
	return c.closed.Load() && acked >= 0 && acked <= base
}

// Write counts and writes. It counts first, because the answer may be read
// before Write returns, and takes back what was not written.
func (c *countedConn) Write(p []byte) (int, error) {
	c.written.Add(int64(len(p)))
	n, err := c.Conn.Write(p)
	c.written.Add(int64(n - len(p)))
	return n, err
}

// unwrap finds the counted connection below TLS, and says whether HTTP/2 is spoken on it.
func unwrap(c net.Conn) (conn *countedConn, h2 bool) {
	for {
		switch x := c.(type) {
		case *tls.Conn:
			h2 = h2 || x.ConnectionState().NegotiatedProtocol == "h2"
			c = x.NetConn()
		case *countedConn:
			return x, h2
		default:
			return nil, h2
		}
	}
}
