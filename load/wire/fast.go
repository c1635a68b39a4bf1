package wire

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

const (
	// unchecked is how long a connection may have been idle to be used without
	// looking whether the peer has closed it.
	unchecked = 200 * time.Microsecond
	// readBuffer holds an answer's header, in bytes; longer ones are left to net/http.
	readBuffer = 8 << 10
	// fewestLost requests, lost as the target closed kept-alive connections after some
	// answers, may be no accident, if no other one has served farMore times as many.
	fewestLost, farMore = 2, 2
	// unlimited is the limit of a connection whose reading is bounded elsewhere.
	unlimited = math.MaxInt64
)

// fast writes ready-made requests to connections of its own and reads plain
// answers itself, see readAnswer. It speaks HTTP/1.1, plain or over TLS.
type fast struct {
	address string
	tls     *tls.Config // nil for plain HTTP
	timeout time.Duration
	slack   time.Duration // by which a deadline may be late
	maxIdle int
	dialer  net.Dialer
	ctx     context.Context
	cancel  context.CancelFunc

	mu   sync.Mutex
	idle []*connection
	all  map[*connection]struct{}
	open atomic.Int64
	cut  atomic.Bool
	lost atomic.Int64
	most atomic.Int64 // requests that one connection may serve
	// longest is how many one has served at most.
	longest atomic.Int64
	// asked says that the target asked for a client certificate, and there is none.
	asked atomic.Bool
	// answered says that it answered all the same, so that none is required.
	answered atomic.Bool

	header atomic.Pointer[sharedHeader]
}

// connection is one connection with its reader.
type connection struct {
	net.Conn
	reader   *bufio.Reader
	lastUsed time.Time
	deadline time.Time
	alive    func() bool
	stamps          // see Reply.Arrived
	served   int64  // answers
	made     Timing // of its opening, until its first exchange has it
	limit    int64  // of bytes that may still be read
}

// Read reads as far as the limit goes.
func (c *connection) Read(p []byte) (int, error) {
	if c.limit <= 0 {
		return 0, errHead
	}
	if int64(len(p)) > c.limit {
		p = p[:c.limit]
	}
	n, err := c.Conn.Read(p)
	c.limit -= int64(n)
	return n, err
}

// newFast returns the fast transport to a base URL.
func newFast(base *url.URL, o Options) *fast {
	f := &fast{timeout: o.Timeout, maxIdle: o.MaxConnections, all: map[*connection]struct{}{}, dialer: *o.Network.Dialer()}
	f.most.Store(unlimited)
	if o.PerConnection > 0 {
		f.most.Store(int64(o.PerConnection))
	}
	f.slack = min(o.Timeout/20, 250*time.Millisecond)
	f.ctx, f.cancel = context.WithCancel(context.Background())
	port := base.Port()
	if port == "" {
		port = "80"
		if base.Scheme == "https" {
			port = "443"
		}
	}
	f.address = net.JoinHostPort(base.Hostname(), port)
	if base.Scheme == "https" {
		f.tls = o.Network.TLSConfig(func() { f.asked.Store(true) })
		f.tls.ServerName = base.Hostname()
		f.tls.NextProtos = []string{"http/1.1"}
		if !o.NoResumption {
			f.tls.ClientSessionCache = tls.NewLRUClientSessionCache(64)
		}
	}
	return f
}

// Name implements Transport.
func (f *fast) Name() string { return "own" }

// Version implements Transport.
func (f *fast) Version() string { return HTTP1 }

// Open implements Transport.
func (f *fast) Open() int { return int(f.open.Load()) }

// Lost implements Transport.
func (f *fast) Lost() int64 { return f.lost.Load() }

// Do implements Transport.
func (f *fast) Do(call *Call, reply *Reply, attempts *atomic.Int64) {
	reply.reset()
	now := time.Now()
	c, err := f.take(now)
	if err != nil {
		f.failed(reply, err, false)
		reply.timedOut(now.Add(f.timeout))
		return
	}
	if f.send(c, call, reply, attempts) && c.served < f.most.Load() {
		f.put(c)
		return
	}
	f.drop(c)
}

// DoAlone implements Transport.
func (f *fast) DoAlone(call *Call, reply *Reply, attempts *atomic.Int64) {
	reply.reset()
	now := time.Now()
	if c, err := f.dial(now); err != nil {
		f.failed(reply, err, false)
		reply.timedOut(now.Add(f.timeout))
	} else {
		f.send(c, call, reply, attempts)
		f.drop(c)
	}
	ended := reply.Kind == KindClosed || reply.Kind == KindReset || reply.Kind == KindProtocol
	if reply.Status == 0 && ended && f.speaksHTTP2() {
		reply.fail(KindProtocol, errHTTP2Only)
	}
}

// send makes the exchange and reports whether the connection can be used again.
func (f *fast) send(c *connection, call *Call, reply *Reply, attempts *atomic.Int64) (keep bool) {
	reply.Timing, c.made = c.made, Timing{}
	answered, keep, err := f.exchange(c, call, reply, attempts)
	if err == nil {
		c.served++
		for n := f.longest.Load(); c.served > n && !f.longest.CompareAndSwap(n, c.served); n = f.longest.Load() {
		}
		if f.asked.Load() && !f.answered.Load() {
			f.answered.Store(true)
		}
		return keep && c.reader.Buffered() == 0
	}
	if anew := unifier.WantsRenegotiation(err); c.served > 0 && !f.cut.Load() && (!answered && cutOff(err) || anew) {
		f.noteLost(c, anew)
	}
	f.failed(reply, err, answered)
	if c.unsure() {
		reply.timedOut(c.deadline)
	}
	return false
}

// noteLost notes that the target closed a connection that it had kept alive, or wanted
// to negotiate TLS anew on it, under a request. A target that does so after a number of
// answers is met half way: from now on no connection serves more requests than that one
// did. One loss, and one after which others served far more, is an accident, for which
// the connections that the load is to reuse are not given up.
func (f *fast) noteLost(c *connection, anew bool) {
	if n := f.lost.Add(1); !anew && (n < fewestLost || f.longest.Load() > farMore*c.served) {
		return
	}
	for {
		most := f.most.Load()
		if c.served >= most || f.most.CompareAndSwap(most, c.served) {
			return
		}
	}
}

// cutOff reports whether an error is that the other side ended the connection.
func cutOff(err error) bool {
	kind := classify(err, false)
	return kind == KindClosed || kind == KindReset
}

// failed notes why no answer came.
func (f *fast) failed(reply *Reply, err error, answered bool) {
	if f.cut.Load() {
		reply.fail(KindInterrupted, nil)
		return
	}
	err = otherVersion(err, false)
	kind := classify(err, answered)
	if kind == KindOther && answered {
		kind = KindMalformed
	}
	if f.asked.Load() && !f.answered.Load() && !answered && unifier.WantsCertificate(err) {
		kind, err = KindTLS, unifier.NoCertificate(err)
	}
	if kind == KindTLS && unifier.WantsRenegotiation(err) {
		err = unifier.NoRenegotiation(err)
	}
	reply.fail(kind, err)
}

// exchange writes the request and reads the answer. answered says that at least
// one byte of an answer came, keep that the connection may serve another request.
func (f *fast) exchange(c *connection, call *Call, reply *Reply, attempts *atomic.Int64) (answered, keep bool, err error) {
	began := time.Now()
	if _, err := c.Write(call.bytes); err != nil {
		return false, false, err
	}
	attempts.Add(1)
	if _, err := c.reader.Peek(1); err != nil {
		return false, false, err
	}
	reply.Timing.FirstByte = c.firstByte(began)
	if b, _ := c.reader.Peek(c.reader.Buffered()); settings(b) {
		return true, false, errHTTP2Only
	}
	keep, err = f.readAnswer(c, reply)
	reply.Arrived = c.arrived()
	if reply.Status >= http.StatusBadRequest && err == nil {
		err = unifier.StandIn(f.tls != nil, "", reply.Status, reply.Header, reply.Body)
	}
	return true, keep, err
}

// firstByte returns how long after began the answer that is being read had begun to
// arrive: by the kernel's time stamp, where there is one.
func (c *connection) firstByte(began time.Time) time.Duration {
	if at := c.arrived(); !at.IsZero() {
		// The kernel's stamps are of the wall clock, which may be set meanwhile.
		return min(since(began.Round(0), at), since(began, time.Now()))
	}
	return since(began, time.Now())
}

// take returns an idle connection, or a new one, with its deadline set.
func (f *fast) take(now time.Time) (*connection, error) {
	for {
		if f.cut.Load() {
			return nil, net.ErrClosed
		}
		f.mu.Lock()
		n := len(f.idle)
		if n == 0 {
			f.mu.Unlock()
			return f.dial(now)
		}
		c := f.idle[n-1]
		f.idle[n-1] = nil
		f.idle = f.idle[:n-1]
		f.mu.Unlock()
		if now.Sub(c.lastUsed) > unchecked && !c.alive() {
			f.drop(c)
			continue
		}
		// A deadline costs two timers, so it is set ahead by a slack and left alone
		// as long as it is not too early.
		if c.deadline.Sub(now) < f.timeout {
			c.deadline = now.Add(f.timeout + f.slack)
			if err := c.SetDeadline(c.deadline); err != nil {
				f.drop(c)
				continue
			}
			if f.cut.Load() { // Cut may have come before the deadline that it sets
				f.drop(c)
				return nil, net.ErrClosed
			}
		}
		return c, nil
	}
}

// dial opens a connection.
func (f *fast) dial(now time.Time) (*connection, error) {
	deadline := now.Add(f.timeout)
	ctx, cancel := context.WithDeadline(f.ctx, deadline)
	defer cancel()
	began := time.Now()
	conn, err := f.dialer.DialContext(ctx, "tcp", f.address)
	if err != nil {
		return nil, err
	}
	connected := time.Now()
	c := &connection{deadline: deadline, limit: unlimited}
	c.made.Connected, c.made.Connect = true, since(began, connected)
	conn, c.stamps = stamped(conn)
	c.Conn, c.alive = conn, livenessOf(conn)
	if err := conn.SetDeadline(deadline); err != nil {
		_ = conn.Close()
		return nil, err
	}
	if f.tls != nil {
		t := tls.Client(conn, f.tls)
		if err := t.HandshakeContext(f.ctx); err != nil { // bounded by the deadline, which lets what came in time be read
			_ = conn.Close()
			return nil, tlsError{err}
		}
		c.Conn = t
		c.made.Shaken, c.made.Resumed, c.made.Handshake = true, t.ConnectionState().DidResume, since(connected, time.Now())
	}
	c.reader = bufio.NewReaderSize(c, readBuffer)
	f.mu.Lock()
	f.all[c] = struct{}{}
	f.mu.Unlock()
	f.open.Add(1)
	if f.cut.Load() {
		f.drop(c)
		return nil, net.ErrClosed
	}
	return c, nil
}

// tlsError marks an error of the handshake.
type tlsError struct{ err error }

func (e tlsError) Error() string { return "tls: " + e.err.Error() }
func (e tlsError) Unwrap() error { return e.err }

// put gives a connection back.
func (f *fast) put(c *connection) {
	c.lastUsed = time.Now()
	f.mu.Lock()
	if f.maxIdle <= 0 || len(f.idle) < f.maxIdle {
		f.idle = append(f.idle, c)
		c = nil
	}
	f.mu.Unlock()
	if c != nil {
		f.drop(c)
	}
}

// drop closes a connection.
func (f *fast) drop(c *connection) {
	f.mu.Lock()
	delete(f.all, c)
	f.mu.Unlock()
	f.open.Add(-1)
	_ = c.Close() // it is given up either way
}

// Cut implements Transport.
func (f *fast) Cut() {
	f.cut.Store(true)
	f.cancel()
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.all {
		_ = c.SetDeadline(time.Unix(1, 0)) // fails only on a closed connection
	}
}

// Close implements Transport.
func (f *fast) Close() {
	f.mu.Lock()
	idle := f.idle
	f.idle = nil
	f.mu.Unlock()
	for _, c := range idle {
		f.drop(c)
	}
	f.cancel()
}

// sharedHeader is a header that many replies share, with what it was made from.
type sharedHeader struct {
	date, contentType []byte
	header            http.Header
}

// headerOf returns the fields that are looked at. Answers of the same second
// mostly have the same ones, so that one map serves them all.
func (f *fast) headerOf(h *head) http.Header {
	if s := f.header.Load(); len(h.retryAfter) == 0 && s != nil && bytes.Equal(s.date, h.date) && bytes.Equal(s.contentType, h.contentType) {
		return s.header
	}
	s := &sharedHeader{date: bytes.Clone(h.date), contentType: bytes.Clone(h.contentType), header: http.Header{}}
	for name, value := range map[string][]byte{"Date": h.date, "Content-Type": h.contentType, "Retry-After": h.retryAfter} {
		if len(value) > 0 {
			s.header.Set(name, string(value))
		}
	}
	if len(h.retryAfter) == 0 {
		f.header.Store(s)
	}
	return s.header
}

// errTrailing is never seen by users: it says that an idle connection has data.
var errTrailing = errors.New("data on an idle connection")

// quiet reports whether reading one byte without waiting says that the peer
// neither closed nor sent anything.
func quiet(n int, err error, wouldBlock error) error {
	switch {
	case errors.Is(err, wouldBlock):
		return nil
	case err != nil:
		return err
	case n == 0:
		return io.EOF
	}
	return errTrailing
}
