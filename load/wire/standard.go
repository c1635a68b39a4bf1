package wire

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// standard sends through verify's transport, which knows proxies, or through an
// http.RoundTripper that a test gives.
type standard struct {
	name    string
	rt      http.RoundTripper
	network *unifier.Transport // rt, where it is one
	proxy   string             // that requests in the clear go through; empty for none
	timeout time.Duration
	want2   bool // HTTP/2 and no other
	version atomic.Pointer[string]
	spare   spares
	ctx     context.Context
	cancel  context.CancelFunc
}

// newStandard wraps a round tripper.
func newStandard(o Options, rt http.RoundTripper, name string) *standard {
	s := &standard{name: name, rt: rt, timeout: o.Timeout, want2: o.HTTP == HTTP2}
	s.network, _ = rt.(*unifier.Transport)
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// standardTransport returns verify's transport as o asks.
func standardTransport(o Options) *unifier.Transport {
	network := o.Network
	network.MaxIdle, network.PerConnection, network.Sessions = max(o.MaxConnections, 1), o.PerConnection, !o.NoResumption
	switch o.HTTP {
	case HTTP2:
		network.HTTP2 = true
	case Auto:
	default: // as the fast one does
		network.HTTP1 = true
	}
	return unifier.NewTransport(network)
}

// Version implements Transport.
func (s *standard) Version() string {
	if v := s.version.Load(); v != nil {
		return *v
	}
	return ""
}

// Name implements Transport.
func (s *standard) Name() string { return s.name }

// Open implements Transport.
func (s *standard) Open() int {
	if s.network == nil {
		return -1
	}
	return s.network.Open()
}

// Lost implements Transport.
func (s *standard) Lost() int64 {
	if s.network == nil {
		return 0
	}
	return s.network.Lost()
}

// Cut implements Transport.
func (s *standard) Cut() { s.cancel() }

// Close implements Transport.
func (s *standard) Close() {
	if s.network != nil {
		s.network.CloseIdleConnections()
	}
}

// Do implements Transport.
func (s *standard) Do(call *Call, reply *Reply, attempts *atomic.Int64) {
	s.send(s.ctx, call, reply, attempts, &s.spare)
}

// DoAlone implements Transport.
func (s *standard) DoAlone(call *Call, reply *Reply, attempts *atomic.Int64) {
	s.send(unifier.Alone(s.ctx), call, reply, attempts, nil)
}

// send is both. spare has the connections that are counted with another request.
func (s *standard) send(ctx context.Context, call *Call, reply *Reply, attempts *atomic.Int64, spare *spares) {
	reply.reset()
	times := timer{spare: spare}
	deadline := time.Now().Add(s.timeout)
	defer func() {
		reply.Timing = times.read()
		reply.timedOut(deadline)
	}()
	ctx = httptrace.WithClientTrace(ctx, times.trace())
	ctx, cancel := context.WithDeadline(unifier.WithAttempts(unifier.Once(ctx), attempts), deadline)
	defer cancel()
	if s.network == nil {
		attempts.Add(1)
	}
	req := (&http.Request{
		Method: http.MethodGet, URL: call.URL, Host: call.URL.Host, Header: call.Header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)
	resp, err := s.rt.RoundTrip(req)
	if err != nil {
		if call.URL.Scheme == "http" && s.want2 && s.version.Load() == nil && unestablished(err) {
			err = errNoHTTP2
		}
		s.failed(reply, err, false)
		return
	}
	if v := versionOf(resp); s.Version() != v {
		s.version.Store(&v)
	}
	body, cut, err := unifier.ReadBody(resp)
	_ = resp.Body.Close() // what was wanted of it has been read
	switch {
	case err != nil:
		s.failed(reply, unifier.NewCutError(resp.StatusCode, len(body), resp.ContentLength, err), true)
	case unifier.StandIn(call.URL.Scheme == "https", s.proxy, resp.StatusCode, resp.Header, body) != nil:
		s.failed(reply, unifier.StandIn(call.URL.Scheme == "https", s.proxy, resp.StatusCode, resp.Header, body), true)
	case cut:
		reply.fail(KindTooLarge, errTooLarge)
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
	err = otherVersion(err, s.want2)
	kind := classify(err, answered)
	if kind == KindInterrupted {
		kind = KindOther
	}
	reply.fail(kind, err)
}
