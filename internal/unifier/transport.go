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
	"strings"
	"sync/atomic"
	"syscall"
	"time"
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
	// HTTP1 forbids HTTP/2, HTTP2 everything else; without TLS it is spoken with prior
	// knowledge (RFC 9113, section 3.3).
	HTTP1, HTTP2 bool
	// Sessions lets TLS handshakes take up earlier sessions.
	Sessions bool
	// PerConnection is how many requests a connection of HTTP/1.1 serves: 1 for one
	// each, other bounds are not kept; 0 is no bound.
	PerConnection int
	// Control is asked for each address before a connection to it is made, with
	// the resolved address; an error forbids it. See LoopbackOnly.
	Control func(network, address string, c syscall.RawConn) error
	// Lookup resolves host names, net.DefaultResolver where it is nil.
	Lookup *net.Resolver
}

// TLSConfig returns the TLS configuration that the options mean. The lowest
// version is TLS 1.0 so that a target that offers nothing better can be reported
// (SEC-06) rather than not be reached. asked is called where the target asks for
// a client certificate and none is configured; it may be nil.
func (o TransportOptions) TLSConfig(asked func()) *tls.Config {
	c := &tls.Config{
		RootCAs: o.RootCAs, Certificates: o.Certificates,
		InsecureSkipVerify: o.InsecureSkipVerify, // #nosec G402 -- only where the configuration says so
		MinVersion:         tls.VersionTLS10,     // #nosec G402 -- see above
	}
	if len(o.Certificates) == 0 && asked != nil {
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			asked()
			return &tls.Certificate{}, nil // none, as without this function
		}
	}
	return c
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
// HTTP/2 server says it has not processed (RFC 9113, section 8.7). That happens
// once at most, never where Once forbids it, and for a bounded number of requests
// over all. Attempts counts the requests
// that may have been received.
//
// Once a kept-alive connection was lost under a request, no connection is used
// for a second one any more, under load as long as too many are lost; over HTTP/2,
// once a few requests were taken back.
type Transport struct {
	kept     *http.Transport // keeps connections
	single   *http.Transport // uses each connection once
	older    *http.Transport // the same, and offers HTTP/1.1 only
	only2    bool            // kept and single speak HTTP/2, without TLS too
	attempts atomic.Int64
	open     atomic.Int64
	lost     atomic.Int64
	resent   atomic.Int64 // requests that were sent again
	extra    atomic.Int64 // new connections beyond the first of a request
	http2    atomic.Bool  // was spoken
	asked    atomic.Bool  // the target asked for a client certificate, and there is none
	answered atomic.Bool  // without a client certificate, so that none is required
}

// NewTransport makes a transport.
func NewTransport(o TransportOptions) *Transport {
	t := &Transport{only2: o.HTTP2}
	t.kept, t.single = t.connect(o), t.connect(o)
	t.kept.DisableKeepAlives = o.PerConnection == 1
	o.HTTP1, o.HTTP2 = true, false
	t.older = t.connect(o)
	t.single.DisableKeepAlives, t.older.DisableKeepAlives = true, true
	return t
}

// connect makes the transport of net/http that the options mean.
func (t *Transport) connect(o TransportOptions) *http.Transport {
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
			t.open.Add(1)
			return &countedConn{Conn: c, open: &t.open}, nil
		},
		TLSClientConfig: o.TLSConfig(func() { t.asked.Store(true) }), TLSHandshakeTimeout: dialer.Timeout,
		ResponseHeaderTimeout: o.HeaderTimeout, MaxResponseHeaderBytes: MaxHeader,
		MaxIdleConns: maxIdle, MaxIdleConnsPerHost: maxIdle, MaxConnsPerHost: o.MaxConns, IdleConnTimeout: idleTimeout,
		// verify and load ask the same: without Accept-Encoding. What comes encoded
		// all the same is decoded by Decode.
		DisableCompression:     true,
		ForceAttemptHTTP2:      !o.HTTP1,
		OnProxyConnectResponse: refusedByProxy,
	}
	if o.Proxy != nil {
		base.Proxy = func(r *http.Request) (*url.URL, error) { return o.Proxy(r.URL) }
	}
	if o.Sessions {
		base.TLSClientConfig.ClientSessionCache = tls.NewLRUClientSessionCache(64)
	}
	if o.HTTP2 {
		base.Protocols = new(http.Protocols)
		base.Protocols.SetHTTP2(true)
		base.Protocols.SetUnencryptedHTTP2(true)
	}
	if o.HTTP1 {
		base.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	}
	return base
}

// Attempts returns how many requests left by this transport so far.
func (t *Transport) Attempts() int64 { return t.attempts.Load() }

// Open returns how many connections are open.
func (t *Transport) Open() int { return int(t.open.Load()) }

// Lost returns how many requests were lost because the target closed a
// connection that it had kept alive, without saying so.
func (t *Transport) Lost() int64 { return t.lost.Load() }

// CloseIdleConnections closes the connections that are idle.
func (t *Transport) CloseIdleConnections() {
	t.kept.CloseIdleConnections()
	t.single.CloseIdleConnections()
}

// Errors of RoundTrip of which the caller may want to know.
var (
	// ErrNotRepeated is the error for a request that was written to a kept-alive
	// connection which then closed before an answer began.
	ErrNotRepeated = errors.New("the connection closed before an answer came; the request was not sent again")
	// ErrNotProcessed is the error for a request that the target took back by
	// HTTP/2's means, oftener than it is sent again.
	ErrNotProcessed = errors.New("the target said that it had not processed the request (HTTP/2), and it was not sent again")
	// ErrSwitched is the error for an answer 101 that was not asked for (RFC 9110,
	// section 15.2.2).
	ErrSwitched = errors.New("the target answered 101 and left HTTP, which was not asked for")
	// ErrStatus is the error for an answer whose status is below 100, which is none
	// (RFC 9110, section 15). Net/http lets it through, 0 and all.
	ErrStatus = errors.New("malformed answer: its status is below 100")
)

// maxResends is how often a request that provably was not processed is sent
// again: by RFC 9113, section 8.7, it may be, and a server that sheds load or
// restarts is answered well by one more try.
const maxResends = 1

// RoundTrip sends one request.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	w := &watch{cancel: cancel, resends: maxResends, fresh: maxConnections, sawHTTP2: &t.http2}
	if ctx.Value(onceKey{}) != nil || t.resent.Load() >= maxRunResends {
		w.resends = 0
	}
	if t.extra.Load() >= maxRunExtra {
		w.fresh = leastFresh
	}
	base := t.kept
	// HTTP/2 says which requests it has not processed when a connection ends. Only
	// those that leave once are lost all the same.
	alone, once := ctx.Value(aloneKey{}) != nil, ctx.Value(onceKey{}) != nil
	if alone && once || !t.http2.Load() && (alone || t.lossy(once)) || t.resent.Load() >= maxSharedResends {
		base = t.single
	}
	w.only2 = t.only2
	if ctx.Value(olderKey{}) != nil {
		base, w.only2 = t.older, false
	}
	resp, err := base.RoundTrip(req.WithContext(httptrace.WithClientTrace(ctx, w.trace())))
	o := w.finish(err == nil)
	t.attempts.Add(o.attempts)
	t.extra.Add(o.extra)
	if o.resent {
		t.resent.Add(1)
	}
	if sum, ok := req.Context().Value(attemptsKey{}).(*atomic.Int64); ok {
		sum.Add(o.attempts)
	}
	if err != nil {
		cancel(nil)
		return nil, t.failed(err, o)
	}
	t.answered.Store(true)
	if err := CheckStatus(resp.StatusCode); err != nil {
		_ = resp.Body.Close() // of a 101 it is the connection itself
		cancel(nil)
		return nil, err
	}
	resp.Body = t.bind(ctx, cancel, resp.Body, o)
	return resp, nil
}

// lossy reports whether kept-alive connections cost answers. Where each request is to
// leave once, as under load, they are what is measured, and a few are borne.
func (t *Transport) lossy(once bool) bool {
	lost := t.lost.Load()
	if !once {
		return lost > 0
	}
	return lost >= fewestLost && lost*lostShare > t.attempts.Load()
}

// fewestLost requests that leave once, and one in lostShare of them, are lost before
// each has a connection of its own.
const fewestLost, lostShare = 2, 200

// CheckStatus returns the error of an answer that is none by its status, or nil.
func CheckStatus(status int) error {
	switch {
	case status == http.StatusSwitchingProtocols:
		return ErrSwitched
	case status < http.StatusContinue:
		return ErrStatus
	}
	return nil
}

// failed names the error of a request that got no answer.
func (t *Transport) failed(err error, o outcome) error {
	switch {
	case o.refused != nil:
		err = o.refused
	case t.asked.Load() && !t.answered.Load() && WantsCertificate(err):
		return NoCertificate(err)
	case WantsRenegotiation(err):
		err = NoRenegotiation(err)
	}
	if o.lost != nil && (errors.Is(err, ErrNotRepeated) || cutOff(err) || malformed(err) || WantsRenegotiation(err)) {
		t.lost.Add(1)
		t.kept.CloseIdleConnections()
		cause := io.EOF
		switch {
		case malformed(err), WantsRenegotiation(err):
			cause = err
		case o.lost.broke.Load():
			cause = syscall.ECONNRESET
		}
		return &LostError{err, cause}
	}
	return err
}

// malformed reports whether an error is that what came is no answer. On a connection
// that served other requests it may be what the answer before left there, such as the
// line break that some servers send behind a body (RFC 9112, section 2.2, knows it of clients).
func malformed(err error) bool { return strings.Contains(err.Error(), "malformed HTTP ") }

// LostError is the error of a request that was lost because the target closed a
// connection that it had kept alive, or because something else than an answer lay on it.
// The target may have received it.
type LostError struct{ err, cause error }

// Error says what happened.
func (e *LostError) Error() string { return e.err.Error() }

// Unwrap returns the error and how the connection ended.
func (e *LostError) Unwrap() []error { return []error{e.err, e.cause} }

// noCertificateError is the error of a connection that was cut after the target
// had asked for a client certificate and got none.
type noCertificateError struct{ err error }

// NoCertificate makes such an error.
func NoCertificate(err error) error { return &noCertificateError{err} }

// Error says what happened.
func (e *noCertificateError) Error() string {
	return "the target asked for a client certificate, got none and ended the connection: " + e.err.Error()
}

// Unwrap returns the cause.
func (e *noCertificateError) Unwrap() error { return e.err }

// WantsCertificate reports whether an error is what a target answers that asked
// for a client certificate and got none: it cuts the connection, or sends an alert
// that says so (RFC 8446, section 6.2: certificate_required) or not
// (handshake_failure, in TLS 1.2).
func WantsCertificate(err error) bool {
	return cutOff(err) || strings.Contains(err.Error(), "remote error: tls: ")
}

// noRenegotiationError is the error of a connection on which the target wanted to
// negotiate TLS anew.
type noRenegotiationError struct{ err error }

// NoRenegotiation makes such an error.
func NoRenegotiation(err error) error { return &noRenegotiationError{err} }

// Error says what happened.
func (e *noRenegotiationError) Error() string { return renegotiation + ": " + e.err.Error() }

// Unwrap returns the cause.
func (e *noRenegotiationError) Unwrap() error { return e.err }

// renegotiation says what a HelloRequest means (RFC 5246, section 7.4.1.1).
const renegotiation = "the target wants to negotiate TLS anew within the connection (renegotiation), which unigate does not do"

// WantsRenegotiation reports whether an error is that unigate ended a connection on which
// the target wanted to negotiate TLS anew: crypto/tls has no name for it.
func WantsRenegotiation(err error) bool {
	return strings.Contains(err.Error(), "tls: no renegotiation")
}

// cutOff reports whether an error is that the other side ended the connection.
func cutOff(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// boundBody is the body of an answer, which ends with the request's context
// whatever the target sends.
type boundBody struct {
	io.ReadCloser
	ctx    context.Context
	cancel context.CancelCauseFunc
	stop   func() bool
	anew   func(error) error // names the error of a target that wanted to negotiate TLS anew
}

// bind binds the body of an answer to a context. Nobody else uses the connection of
// an HTTP/1 answer. That of HTTP/2 is shared.
func (t *Transport) bind(ctx context.Context, cancel context.CancelCauseFunc, body io.ReadCloser, o outcome) io.ReadCloser {
	b := &boundBody{ReadCloser: body, ctx: ctx, cancel: cancel}
	b.anew = func(err error) error { return t.failed(err, outcome{lost: o.lost}) }
	b.stop = context.AfterFunc(ctx, func() {
		if o.conn != nil {
			_ = o.conn.Close()
		}
	})
	return b
}

// Read reads, and names the context's error where that ended the body.
func (b *boundBody) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF && b.ctx.Err() != nil { //nolint:errorlint // a body's EOF is never wrapped
		err = b.ctx.Err()
	}
	if err != nil && WantsRenegotiation(err) {
		err = b.anew(err)
	}
	return n, err
}

// Close ends the body.
func (b *boundBody) Close() error {
	b.stop()
	err := b.ReadCloser.Close()
	b.cancel(nil)
	return err
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
