// Package wire sends the requests of a load test. It has two transports with the
// same rules: one request is one attempt and never repeated behind the caller's
// back, each has a deadline, no redirect is followed, bodies are bounded, and
// every request that left is counted.
package wire

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// Kinds of transport errors; a record's service status is one of them where no
// answer came.
const (
	KindTimeout     = "timeout"            // the deadline passed
	KindRefused     = "connection refused" // nobody listens
	KindReset       = "connection reset"   // the peer reset the connection
	KindClosed      = "connection closed"  // closed before the first byte of an answer
	KindCut         = "body cut"           // closed within the answer
	KindName        = "name not found"     // DNS
	KindTLS         = "tls"                // handshake or certificate
	KindMalformed   = "malformed answer"   // not HTTP
	KindTooLarge    = "body too large"     // more than MaxBody
	KindDescriptors = "out of descriptors" // this machine's limit of open files
	KindPorts       = "out of local ports" // this machine's ephemeral ports
	KindUnreachable = "unreachable"        // no route
	KindProxy       = "refused by the proxy"
	KindProtocol    = "wrong protocol" // another version of HTTP than was asked for
	KindInterrupted = "interrupted"    // cut off by unigate itself
	KindOther       = "other error"    // anything else
)

// Call is a request that is sent many times.
type Call struct {
	// URL is the whole URL, without credentials in it.
	URL *url.URL
	// Header holds every field besides Host, Authorization included.
	Header http.Header

	bytes []byte // the request as HTTP/1.1 has it
}

// NewCall returns a GET.
func NewCall(u *url.URL, header http.Header) (*Call, error) {
	c := &Call{URL: u, Header: header}
	req := &http.Request{Method: http.MethodGet, URL: u, Host: u.Host, Header: header, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	var b bytes.Buffer
	if err := req.Write(&b); err != nil {
		return nil, err
	}
	c.bytes = b.Bytes()
	return c, nil
}

// Reply is what came of one request. It is reused: Do overwrites it.
type Reply struct {
	// Status is 0 where no whole answer came; then Kind says why, Detail more, and Err is
	// the error where there is one.
	Status int
	Kind   string
	Detail string
	Err    error
	// Header holds Date, Content-Type and Retry-After only. It is shared with other replies: read only.
	Header http.Header
	Body   []byte
	// Arrived is when the kernel received the last part of the answer; the zero value
	// where the system doesn't tell.
	Arrived time.Time

	// Unseen says of a KindTimeout that this machine noticed the deadline so late that an
	// answer may have been there before it.
	Unseen bool

	// Timing is how long the parts of the exchange took.
	Timing Timing

	memory []byte // kept for the bodies of further replies
}

// Timing is how long the parts of an exchange took. Only the first exchange of a
// connection has its connecting and its handshake.
type Timing struct {
	// Connected says that the connection was opened for this exchange, in Connect, a
	// look-up of the name included.
	Connected bool
	Connect   time.Duration
	// Shaken says that there was a TLS handshake, which took Handshake; Resumed that it
	// took up an earlier session (RFC 8446, section 2.2).
	Shaken, Resumed bool
	Handshake       time.Duration
	// FirstByte is from the writing of the request to the first byte of its answer; 0
	// where none came.
	FirstByte time.Duration
}

// reset empties the reply and keeps its memory.
func (r *Reply) reset() {
	r.Status, r.Kind, r.Detail, r.Err, r.Header, r.Body, r.Arrived, r.Unseen, r.Timing = 0, "", "", nil, nil, nil, time.Time{}, false, Timing{}
}

// fail notes a transport error.
func (r *Reply) fail(kind string, err error) {
	r.Status, r.Kind, r.Err, r.Body = 0, kind, err, nil
	if err != nil {
		r.Detail = err.Error()
	}
}

// lateNotice is how late a deadline may be noticed: what is later was no matter of
// timers, but of a generator that stood still.
const lateNotice = 50 * time.Millisecond

// timedOut finds out, where the deadline passed, whether it was noticed in time.
func (r *Reply) timedOut(deadline time.Time) {
	r.Unseen = r.Kind == KindTimeout && time.Since(deadline) > lateNotice
}

// Transport sends requests. It is safe for concurrent use.
type Transport interface {
	// Name tells in the run record which transport ran.
	Name() string
	// Do sends call once and waits for its answer. It adds one to attempts when
	// the request has left.
	Do(call *Call, reply *Reply, attempts *atomic.Int64)
	// DoAlone is Do by a connection of its own, which no other request uses.
	DoAlone(call *Call, reply *Reply, attempts *atomic.Int64)
	// Lost returns how many requests went down with a connection that the target
	// had kept alive and then closed.
	Lost() int64
	// Version returns the version of HTTP of the answers, HTTP1 or HTTP2; empty where
	// none came.
	Version() string
	// Open returns how many connections are open, or -1 where that is not known.
	Open() int
	// Cut ends everything that is in flight, with KindInterrupted.
	Cut()
	// Close closes the idle connections.
	Close()
}

// Options configures a transport.
type Options struct {
	// Timeout bounds each request as a whole, connecting included.
	Timeout time.Duration
	// Network says how connections are made: TLS, proxy, addresses that are allowed.
	Network unifier.TransportOptions
	// RoundTripper sends instead of a socket where it is not nil.
	RoundTripper http.RoundTripper
	// MaxConnections bounds the idle connections that are kept.
	MaxConnections int
	// PerConnection is how many requests a connection serves at the most; 0 is no bound.
	PerConnection int
	// NoResumption makes every TLS handshake a full one.
	NoResumption bool
	// HTTP is the version: HTTP1, also where it is empty, HTTP2 or Auto.
	HTTP string
}

// The versions of HTTP.
const (
	HTTP1 = "1.1"
	HTTP2 = "2"    // and no other; with prior knowledge where there is no TLS (RFC 9113, section 3.3)
	Auto  = "auto" // 2 where the target takes it in the TLS handshake (ALPN)
)

// New returns the fastest transport that can reach base as o asks.
func New(base *url.URL, o Options) (Transport, error) {
	if o.RoundTripper != nil {
		return newStandard(o, o.RoundTripper, "given"), nil
	}
	var proxy *url.URL
	if o.Network.Proxy != nil {
		var err error
		if proxy, err = o.Network.Proxy(base); err != nil {
			return nil, err
		}
	}
	switch {
	case proxy == nil && o.HTTP == Auto && base.Scheme == "https":
		return &negotiated{base: base, o: o, fast: newFast(base, o)}, nil
	case proxy == nil && o.HTTP != HTTP2:
		return newFast(base, o), nil
	}
	if o.PerConnection > 1 {
		return nil, errors.New("requests are counted by connection where there is no proxy and HTTP/1.1 is spoken")
	}
	s := newStandard(o, standardTransport(o), "net/http")
	if o.HTTP == HTTP2 {
		s.name = "net/http, HTTP/2"
	}
	if proxy != nil && base.Scheme == "http" {
		s.proxy = proxy.Host
	}
	return s, nil
}

// classify names the kind of a transport error. answered says that some of an
// answer had come.
func classify(err error, answered bool) string {
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var proxy *unifier.ProxyError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, errHTTP2Only), errors.Is(err, errNoHTTP1), errors.Is(err, errNoHTTP2):
		return KindProtocol
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return KindDescriptors
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return KindPorts
	case errors.As(err, &dns):
		return KindName
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return KindTimeout
	case errors.Is(err, syscall.ECONNREFUSED):
		return KindRefused
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return KindReset
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return KindUnreachable
	case errors.As(err, &cert), errors.As(err, &record), errors.As(err, &alert), strings.Contains(err.Error(), "tls: "),
		errors.Is(err, unifier.ErrSpeaksTLS):
		return KindTLS
	case errors.Is(err, errTooLarge):
		return KindTooLarge
	case errors.Is(err, unifier.ErrSwitched), errors.Is(err, unifier.ErrStatus), errors.Is(err, unifier.ErrCoding):
		return KindMalformed
	case errors.As(err, &proxy):
		return KindProxy
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), strings.Contains(err.Error(), "server closed idle connection"):
		if answered {
			return KindCut
		}
		return KindClosed
	case errors.Is(err, context.Canceled), errors.Is(err, net.ErrClosed):
		return KindInterrupted
	case strings.Contains(err.Error(), "stream error: stream ID "): // of HTTP/2 (RFC 9113, section 5.4.2)
		return KindReset
	case unestablished(err), strings.Contains(err.Error(), "http2: server sent GOAWAY"):
		return KindClosed
	case strings.Contains(err.Error(), "malformed"):
		return KindMalformed
	}
	return KindOther
}

// MaxBody is how much of a body is read, in bytes. It is less than verify reads:
// thousands of replies may be in memory at once.
const MaxBody = 256 << 10

// keptBody is the size, in bytes, beyond which the memory of a body is not kept
// for the next reply.
const keptBody = 16 << 10

// Release gives the memory of an unusually large body back. The body must not
// be used any more.
func (r *Reply) Release() {
	r.Body = nil
	if cap(r.memory) > keptBody {
		r.memory = nil
	}
}
