package wire

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// standard sends through an http.RoundTripper: net/http's own where a proxy is
// in the way, or one that a test gives.
type standard struct {
	name    string
	rt      http.RoundTripper
	timeout time.Duration
	ctx     context.Context
	cancel  context.CancelFunc
	traced  bool // the round tripper calls httptrace's hooks
	open    *atomic.Int64
}

// newStandard wraps a round tripper.
func newStandard(o Options, rt http.RoundTripper, name string) *standard {
	s := &standard{name: name, rt: rt, timeout: o.Timeout}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	if t, ok := rt.(*http.Transport); ok {
		s.traced, s.open = true, countConnections(t)
	}
	return s
}

// standardTransport returns net/http's transport as o asks. It speaks HTTP/1.1
// only, as the fast one does.
func standardTransport(o Options) *http.Transport {
	t := &http.Transport{
		TLSClientConfig: o.Network.TLSConfig(), MaxIdleConnsPerHost: max(o.MaxConnections, 1),
		DialContext: o.Network.Dialer().DialContext, DisableCompression: true, IdleConnTimeout: 90 * time.Second,
		MaxResponseHeaderBytes: unifier.MaxHeader,
	}
	if o.Network.Proxy != nil {
		t.Proxy = func(r *http.Request) (*url.URL, error) { return o.Network.Proxy(r.URL) }
	}
	return t
}

// countConnections makes a transport count its open connections.
func countConnections(t *http.Transport) *atomic.Int64 {
	open := new(atomic.Int64)
	dial := t.DialContext
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		open.Add(1)
		return &countedConn{Conn: c, open: open}, nil
	}
	return open
}

// countedConn takes itself off the count when it is closed.
type countedConn struct {
	net.Conn
	open *atomic.Int64
	once sync.Once
}

// Close closes the connection.
func (c *countedConn) Close() error {
	c.once.Do(func() { c.open.Add(-1) })
	return c.Conn.Close()
}

// Name implements Transport.
func (s *standard) Name() string { return s.name }

// Open implements Transport.
func (s *standard) Open() int {
	if s.open == nil {
		return -1
	}
	return int(s.open.Load())
}

// Cut implements Transport.
func (s *standard) Cut() { s.cancel() }

// Close implements Transport.
func (s *standard) Close() {
	if t, ok := s.rt.(*http.Transport); ok {
		t.CloseIdleConnections()
	}
}

// once is an empty body that cannot be had a second time: net/http silently
// sends a request again when a kept-alive connection breaks, unless its body
// forbids that. It puts nothing on the wire.
type once struct{}

func (once) Read([]byte) (int, error) { return 0, io.EOF }
func (once) Close() error             { return nil }

// Do implements Transport.
func (s *standard) Do(call *Call, reply *Reply, attempts *atomic.Int64) {
	reply.reset()
	ctx, cancel := context.WithTimeout(s.ctx, s.timeout)
	defer cancel()
	if s.traced {
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
			WroteRequest: func(i httptrace.WroteRequestInfo) {
				if i.Err == nil {
					attempts.Add(1)
				}
			},
		})
	} else {
		attempts.Add(1)
	}
	req := (&http.Request{
		Method: http.MethodGet, URL: call.URL, Host: call.URL.Host, Header: call.Header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: once{},
	}).WithContext(ctx)
	resp, err := s.rt.RoundTrip(req)
	if err != nil {
		s.failed(reply, err, false)
		return
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxBody+1))
	_ = resp.Body.Close() // what was wanted of it has been read
	switch {
	case err != nil:
		s.failed(reply, err, true)
	case len(body) > MaxBody:
		reply.fail(KindTooLarge, errors.New("the body is larger than unigate reads"))
	default:
		reply.Status, reply.Body, reply.Header = resp.StatusCode, body, resp.Header
	}
}

// failed notes why no answer came.
func (s *standard) failed(reply *Reply, err error, answered bool) {
	if s.ctx.Err() != nil {
		reply.fail(KindInterrupted, nil)
		return
	}
	kind := classify(err, answered)
	if kind == KindInterrupted {
		kind = KindOther
	}
	reply.fail(kind, err)
}
