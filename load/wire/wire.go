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
	KindInterrupted = "interrupted" // cut off by unigate itself
	KindOther       = "other error" // anything else
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
	// Status is 0 where no whole answer came; then Kind says why, and Detail more.
	Status int
	Kind   string
	Detail string
	// Header holds Date, Content-Type and Retry-After only. It is shared with other replies: read only.
	Header http.Header
	Body   []byte
	// Arrived is when the kernel received the last part of the answer; the zero value
	// where the system doesn't tell.
	Arrived time.Time

	memory []byte // kept for the bodies of further replies
}

// reset empties the reply and keeps its memory.
func (r *Reply) reset() {
	r.Status, r.Kind, r.Detail, r.Header, r.Body, r.Arrived = 0, "", "", nil, nil, time.Time{}
}

// fail notes a transport error.
func (r *Reply) fail(kind string, err error) {
	r.Status, r.Kind, r.Body = 0, kind, nil
	if err != nil {
		r.Detail = err.Error()
	}
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
}

// New returns the fastest transport that can reach base as o asks.
func New(base *url.URL, o Options) (Transport, error) {
	if o.RoundTripper != nil {
		return newStandard(o, o.RoundTripper, "given"), nil
	}
	if o.Network.Proxy == nil {
		return newFast(base, o), nil
	}
	p, err := o.Network.Proxy(base)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return newFast(base, o), nil
	}
	s := newStandard(o, standardTransport(o), "net/http")
	if base.Scheme == "http" {
		s.proxy = p.Host
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
	case errors.As(err, &cert), errors.As(err, &record), errors.As(err, &alert), strings.Contains(err.Error(), "tls: "):
		return KindTLS
	case errors.Is(err, errTooLarge):
		return KindTooLarge
	case errors.Is(err, unifier.ErrSwitched), errors.Is(err, unifier.ErrCoding):
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
