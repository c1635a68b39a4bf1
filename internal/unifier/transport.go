package unifier

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/net/http/httpproxy"
)

// Bounds of a connection.
const (
	// MaxHeader is how many bytes of header fields an answer may have.
	MaxHeader = 256 << 10
	// connectTimeout bounds the TCP and the TLS handshake, each.
	connectTimeout = 10 * time.Second
	// idleTimeout is shorter than the time after which servers commonly close an
	// idle connection (5 s and more), so that none is caught closing.
	idleTimeout = 4 * time.Second
)

// TransportOptions is the way to a target.
type TransportOptions struct {
	// RootCAs are the authorities to trust, nil for the system's.
	RootCAs *x509.CertPool
	// Certificates are client certificates.
	Certificates []tls.Certificate
	// InsecureSkipVerify accepts any certificate.
	InsecureSkipVerify bool
	// Proxy says which proxy to use for a URL, nil for none.
	Proxy func(*url.URL) (*url.URL, error)
	// ConnectTimeout bounds the TCP and the TLS handshake, each; 10 s where it is 0.
	ConnectTimeout time.Duration
	// HeaderTimeout bounds the wait for an answer's header; 0 is no bound of its own.
	HeaderTimeout time.Duration
	// MaxIdle is how many idle connections are kept, 16 where it is 0.
	MaxIdle int
	// MaxConns bounds the connections to the target; 0 is no bound.
	MaxConns int
	// HTTP1 forbids HTTP/2.
	HTTP1 bool
	// Control is asked for each address before a connection to it is made, with
	// the resolved address; an error forbids it. See LoopbackOnly.
	Control func(network, address string, c syscall.RawConn) error
	// Lookup resolves host names, net.DefaultResolver where it is nil.
	Lookup *net.Resolver
}

// TLSConfig returns the TLS configuration that the options mean. The lowest
// version is TLS 1.0 so that a target that offers nothing better can be reported
// (SEC-06) rather than not be reached.
func (o TransportOptions) TLSConfig() *tls.Config {
	return &tls.Config{
		RootCAs: o.RootCAs, Certificates: o.Certificates,
		InsecureSkipVerify: o.InsecureSkipVerify, // #nosec G402 -- only where the configuration says so
		MinVersion:         tls.VersionTLS10,     // #nosec G402 -- see above
	}
}

// Dialer returns the dialer that the options mean.
func (o TransportOptions) Dialer() *net.Dialer {
	timeout := o.ConnectTimeout
	if timeout == 0 {
		timeout = connectTimeout
	}
	return &net.Dialer{Timeout: timeout, KeepAlive: 15 * time.Second, Control: o.Control, Resolver: o.Lookup}
}

// Transport sends requests over HTTP/1.1 or HTTP/2 and never sends one twice
// behind the caller's back. net/http repeats a GET when a kept-alive connection
// dies under it, even if the server has read the request; here that is an
// error. What is sent again is only what provably was not processed: a request
// of which no byte was written; one of which the server's TCP acknowledged
// nothing before it closed (a FIN acknowledges all that was received until then,
// RFC 9293, section 3.10.7.4, so the server closed first); and a stream that an
// HTTP/2 server says it has not processed (RFC 9113, section 8.7). Attempts
// counts the requests that may have been received.
type Transport struct {
	base     *http.Transport
	attempts atomic.Int64
}

// NewTransport makes a transport.
func NewTransport(o TransportOptions) *Transport {
	dialer := o.Dialer()
	maxIdle := o.MaxIdle
	if maxIdle == 0 {
		maxIdle = 16
	}
	base := &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := dialer.DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &countedConn{Conn: c}, nil
		},
		TLSClientConfig: o.TLSConfig(), TLSHandshakeTimeout: dialer.Timeout,
		ResponseHeaderTimeout: o.HeaderTimeout, MaxResponseHeaderBytes: MaxHeader,
		MaxIdleConns: maxIdle, MaxIdleConnsPerHost: maxIdle, MaxConnsPerHost: o.MaxConns, IdleConnTimeout: idleTimeout,
		ForceAttemptHTTP2: !o.HTTP1,
	}
	if o.Proxy != nil {
		base.Proxy = func(r *http.Request) (*url.URL, error) { return o.Proxy(r.URL) }
	}
	if o.HTTP1 {
		base.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	}
	return &Transport{base: base}
}

// Attempts returns how many requests left by this transport so far.
func (t *Transport) Attempts() int64 { return t.attempts.Load() }

// CloseIdleConnections closes the connections that are idle.
func (t *Transport) CloseIdleConnections() { t.base.CloseIdleConnections() }

// ErrNotRepeated is the error for a request that was written to a connection
// which then closed before an answer began.
var ErrNotRepeated = errors.New("the connection closed before an answer came; the request was not sent again")

// attemptsKey is the context key of WithAttempts.
type attemptsKey struct{}

// WithAttempts makes a Transport add the attempts of a request to n.
func WithAttempts(ctx context.Context, n *atomic.Int64) context.Context {
	return context.WithValue(ctx, attemptsKey{}, n)
}

// RoundTrip sends one request.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	w := &watch{}
	ctx := httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{GotConn: w.gotConn, WroteHeaders: w.wroteHeaders})
	resp, err := t.base.RoundTrip(req.WithContext(ctx))
	n, refused := w.finish(err == nil)
	t.attempts.Add(n)
	if sum, ok := req.Context().Value(attemptsKey{}).(*atomic.Int64); ok {
		sum.Add(n)
	}
	if err != nil && refused {
		return nil, ErrNotRepeated
	}
	return resp, err
}

// watch follows one request through the connections that net/http tries.
type watch struct {
	mu       sync.Mutex
	conn     *countedConn // HTTP/1 connection in use
	base     int64        // bytes that conn had written before this request
	h2       bool
	wrote    bool // HTTP/2: the present attempt was written
	attempts int64
	refused  bool
}

// gotConn is called before the request is written to a connection.
func (w *watch) gotConn(info httptrace.GotConnInfo) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.settle() {
		w.refused = true
	}
	conn, h2 := unwrap(info.Conn)
	w.conn, w.h2, w.wrote = conn, h2, false
	// On a closed connection net/http fails before it has written anything.
	if w.refused && !h2 || info.Reused && !h2 && conn != nil && conn.stale() {
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

// finish returns the number of attempts and whether one more was prevented. An
// answer may be read before net/http calls wroteHeaders.
func (w *watch) finish(answered bool) (attempts int64, refused bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.settle()
	if answered && w.h2 && !w.wrote {
		w.attempts, w.wrote, w.h2 = w.attempts+1, true, false
		w.conn = &countedConn{} // wroteHeaders has nothing to count any more
	}
	return w.attempts, w.refused
}

// countedConn counts the bytes that were written and, when it is closed, those
// that were acknowledged.
type countedConn struct {
	net.Conn
	written atomic.Int64
	ended   atomic.Bool // the other side sent its FIN
	closed  atomic.Bool
	acked   atomic.Int64 // when it was closed; -1 where it is not known
}

// Read reads and notes the end.
func (c *countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err == io.EOF { //nolint:errorlint // a connection's EOF is never wrapped
		c.ended.Store(true)
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
		c.closed.Store(true)
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

// ErrNotLoopback is the cause where LoopbackOnly forbids a connection.
var ErrNotLoopback = errors.New("not a loopback address")

// LoopbackOnly is a Control that forbids every address but loopback ones. It
// sees the resolved address, so that a name which resolves to another address
// the second time is caught as well.
func LoopbackOnly(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil || !ap.Addr().Unmap().IsLoopback() {
		return fmt.Errorf("%s: %w", address, ErrNotLoopback)
	}
	return nil
}

// EnvironmentProxy returns the proxy rule of HTTP_PROXY, HTTPS_PROXY and
// NO_PROXY, upper or lower case. Loopback targets are never proxied by it.
func EnvironmentProxy(env func(string) (string, bool)) func(*url.URL) (*url.URL, error) {
	get := func(names ...string) string {
		for _, n := range names {
			if v, ok := env(n); ok && v != "" {
				return v
			}
		}
		return ""
	}
	c := httpproxy.Config{
		HTTPProxy: get("HTTP_PROXY", "http_proxy"), HTTPSProxy: get("HTTPS_PROXY", "https_proxy"), NoProxy: get("NO_PROXY", "no_proxy"),
	}
	return c.ProxyFunc()
}

// FixedProxy returns the rule that always uses one proxy.
func FixedProxy(u *url.URL) func(*url.URL) (*url.URL, error) {
	return func(*url.URL) (*url.URL, error) { return u, nil }
}
