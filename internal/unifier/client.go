package unifier

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// MaxBody is how much of an answer's body is read, in bytes. An answer with a
// token has some kilobytes.
const MaxBody = 256 << 10

// Call is one request to the target, exactly as it is to be sent.
type Call struct {
	// Method is GET where it is empty.
	Method string
	// Path is below the base URL's own path, such as LoginPath.
	Path string
	// RawQuery is sent as it is, without "?".
	RawQuery string
	// Authorization holds one value for each Authorization header line; nil sends none.
	Authorization []string
	// Header holds further headers.
	Header http.Header
	// Form is sent as the body, declared as a form; empty sends none. It holds no secret.
	Form string
}

// Exchange is a call with its answer, or with the error that came instead.
type Exchange struct {
	Call          Call
	Method        string
	URL           string
	RequestHeader http.Header

	Status int
	Proto  string
	Header http.Header
	// Body holds at most MaxBody bytes; Truncated says that there were more.
	Body      []byte
	Truncated bool
	// HeaderCut says that there were more header fields than are kept, see MaxFields.
	HeaderCut bool
	TLS       *tls.ConnectionState

	// Started is when the request was about to leave, Finished when the body was read.
	Started  time.Time
	Finished time.Time
	// Attempts counts how often the request was handed to a connection.
	Attempts int
	// Lost is how many of the attempts went down with a connection that the target
	// had kept alive and then closed.
	Lost int
	// Retried is the status of an earlier answer to the same call, after which it was
	// made again by the caller; 0 where there was none.
	Retried int
	// Err is the transport error, or nil if a whole answer came.
	Err error
	// Partial is the status of an answer that broke off. It is no answer, so that
	// Status is 0, but Header and Body hold what came of it.
	Partial int

	wrong bool // its password was wrong by intent
}

// WrongPassword reports whether the call had a password that is known to be wrong.
func (x *Exchange) WrongPassword() bool { return x.wrong }

// Client sends calls to one target. It follows no redirect and hides no retry.
type Client struct {
	base      *url.URL
	header    http.Header
	transport http.RoundTripper
	timeout   time.Duration
	now       func() time.Time
	learn     func(http.Header, []byte)
	budget    *Budget
	proxied   string // host and port of the proxy of requests in the clear
	sent      atomic.Int64
}

// ClientOptions configures a Client.
type ClientOptions struct {
	// BaseURL is http(s)://host[:port][/company[/environment]].
	BaseURL *url.URL
	// Header is added to each call.
	Header http.Header
	// Transport is NewTransport's with no options where it is nil.
	Transport http.RoundTripper
	// Timeout bounds each call as a whole; 30 s where it is 0.
	Timeout time.Duration
	// Now is the clock, time.Now where it is nil.
	Now func() time.Time
	// Learn is told each answer before the caller sees it, so that the tokens in
	// it can be kept out of outputs; nil for nobody. See redact.Redactor.Learn.
	Learn func(header http.Header, body []byte)
	// Budget is asked before each call that names one of its users; nil for no bound.
	Budget *Budget
	// Proxy is the proxy that requests in the clear go through, nil for none: some
	// answers are its own then, not the target's. See StandIn.
	Proxy *url.URL
}

// NewClient makes a client for one target.
func NewClient(o ClientOptions) (*Client, error) {
	if o.BaseURL == nil || (o.BaseURL.Scheme != "http" && o.BaseURL.Scheme != "https") || o.BaseURL.Host == "" {
		return nil, errors.New("a target is a URL such as https://host/company")
	}
	c := &Client{base: o.BaseURL, header: o.Header, transport: o.Transport, timeout: o.Timeout, now: o.Now, learn: o.Learn, budget: o.Budget}
	if o.BaseURL.Scheme == "http" && o.Proxy != nil {
		c.proxied = o.Proxy.Host
	}
	if c.transport == nil {
		c.transport = NewTransport(TransportOptions{})
	}
	if c.timeout == 0 {
		c.timeout = 30 * time.Second
	}
	if c.now == nil {
		c.now = time.Now
	}
	return c, nil
}

// Sent returns how many requests were handed to a connection so far.
func (c *Client) Sent() int64 { return c.sent.Load() }

// CloseIdleConnections closes the connections that are idle.
func (c *Client) CloseIdleConnections() {
	if t, ok := c.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// BaseURL returns the target's base URL without credentials.
func (c *Client) BaseURL() string {
	u := *c.base
	u.User = nil
	return strings.TrimSuffix(u.String(), "/")
}

// Do sends one call and reads its answer. The exchange is returned whether or
// not an answer came; its Err says why none did.
//
// A GET that was lost with a kept-alive connection is sent once more, by a
// connection of its own, unless its password is wrong or the budget forbids it.
func (c *Client) Do(ctx context.Context, call Call) Exchange {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	x := c.try(ctx, call)
	var lost *LostError
	if !errors.As(x.Err, &lost) || x.Method != http.MethodGet || ctx.Err() != nil {
		return x
	}
	x.Lost = 1
	if x.wrong {
		return x
	}
	again := c.try(Alone(ctx), call)
	var spent *ErrBudget
	if errors.As(again.Err, &spent) {
		return x
	}
	again.Attempts += x.Attempts
	again.Lost = 1
	return again
}

// try sends one call once.
func (c *Client) try(ctx context.Context, call Call) Exchange {
	var attempts atomic.Int64
	grant, err := c.budget.AskCall(call.Authorization)
	x := Exchange{Call: call, Started: c.now(), wrong: grant.Wrong()}
	if grant.Risky() {
		ctx = Alone(Once(ctx))
	}
	if _, counts := c.transport.(*Transport); counts {
		ctx = WithAttempts(ctx, &attempts)
	} else {
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { attempts.Add(1) }})
	}
	req, wrong := c.request(ctx, call)
	if req != nil {
		x.Method, x.URL, x.RequestHeader = req.Method, req.URL.String(), req.Header
	}
	if x.Err = cmp.Or(err, wrong); x.Err == nil {
		c.roundTrip(req, &x)
	}
	x.Finished = c.now()
	x.Attempts = int(attempts.Load())
	c.sent.Add(attempts.Load())
	grant.Done(x.Status, x.Attempts > 0)
	return x
}

// request builds the HTTP request.
func (c *Client) request(ctx context.Context, call Call) (*http.Request, error) {
	u := *c.base
	u.User = nil
	u.Path = strings.TrimSuffix(u.Path, "/") + call.Path
	u.RawQuery = call.RawQuery
	method := call.Method
	if method == "" {
		method = http.MethodGet
	}
	var body io.Reader
	if call.Form != "" {
		body = strings.NewReader(call.Form)
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, err
	}
	if call.Form != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, h := range []http.Header{{"Accept": {"application/json"}, "User-Agent": {"unigate"}}, c.header, call.Header} {
		for name, values := range h {
			req.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	if len(call.Authorization) > 0 {
		req.Header["Authorization"] = call.Authorization
	}
	// An answer to HEAD must have no body (RFC 9110, section 9.3.2), and a service
	// that knows only GET may answer other methods wrongly as well: what it sends
	// too much must not become the answer to the next request.
	// The same holds where a body comes with GET, which a service may leave unread.
	req.Close = method != http.MethodGet || call.Form != ""
	return req, nil
}

// roundTrip sends the request and reads the answer into x.
func (c *Client) roundTrip(req *http.Request, x *Exchange) {
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		x.Err = err
		return
	}
	defer resp.Body.Close()
	x.Status, x.Proto, x.Header, x.TLS = resp.StatusCode, resp.Proto, resp.Header, resp.TLS
	x.Body, x.Truncated, err = ReadBody(resp)
	if c.learn != nil {
		c.learn(x.Header, x.Body)
	}
	x.Header, x.HeaderCut = boundHeader(x.Header)
	switch {
	case err != nil && WantsRenegotiation(err): // it was unigate that ended the connection
		x.Status, x.Partial, x.Err = 0, x.Status, err
	case err != nil:
		x.Status, x.Partial, x.Err = 0, x.Status, NewCutError(x.Status, len(x.Body), resp.ContentLength, err)
	default:
		if err := StandIn(c.base.Scheme == "https", c.proxied, x.Status, resp.Header, x.Body); err != nil {
			x.Status, x.Partial, x.Err = 0, x.Status, err
		}
	}
}

// Bounds of the header fields that are kept of an answer: a run keeps them of
// every one of its answers.
const (
	// MaxFields is their number.
	MaxFields = 500
	// maxFieldBytes is how many bytes they have together.
	maxFieldBytes = 64 << 10
)

// ownFields are kept first: rules are about them.
var ownFields = []string{
	"Date", "Content-Type", "Content-Length", "Content-Encoding", "Cache-Control", "Pragma", "Www-Authenticate", "Retry-After", "Location", "Server", "Set-Cookie",
}

// boundHeader keeps a header within the bounds. What is longer by itself than all
// may be together is left out.
func boundHeader(h http.Header) (kept http.Header, cut bool) {
	n, size := 0, 0
	for name, values := range h {
		n += len(values)
		for _, v := range values {
			size += len(name) + len(v)
		}
	}
	if n <= MaxFields && size <= maxFieldBytes {
		return h, false
	}
	kept, n, size = http.Header{}, 0, 0
	for _, name := range append(slices.Clone(ownFields), slices.Sorted(maps.Keys(h))...) {
		if _, done := kept[name]; done {
			continue
		}
		for _, v := range h[name] {
			if n < MaxFields && size+len(name)+len(v) <= maxFieldBytes {
				n, size = n+1, size+len(name)+len(v)
				kept[name] = append(kept[name], strings.Clone(v)) // without the rest of the buffer
			}
		}
	}
	return kept, true
}

// CutError is the error of an answer that broke off: a connection that closed
// before the length that was announced, or in the middle of a chunk. It is no
// answer (RFC 9112, section 8).
type CutError struct {
	Status int
	// Read is how many bytes of the body came, Announced its Content-Length; -1
	// where there was none.
	Read      int
	Announced int64
	err       error
}

// NewCutError returns the error of an answer of which n bytes of its body came
// before err; announced is its Content-Length, or -1.
func NewCutError(status, n int, announced int64, err error) *CutError {
	return &CutError{Status: status, Read: n, Announced: announced, err: err}
}

// Error says how far the answer came.
func (e *CutError) Error() string {
	of := ""
	if e.Announced >= 0 {
		of = fmt.Sprintf(" of %d", e.Announced)
	}
	return fmt.Sprintf("the answer with status %d is not whole: %d%s bytes of its body came: %v", e.Status, e.Read, of, e.err)
}

// Unwrap returns the cause.
func (e *CutError) Unwrap() error { return e.err }

// BasicAuth returns the value of an Authorization header for Basic credentials (RFC 7617).
func BasicAuth(user string, password Secret) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password.Reveal()))
}
