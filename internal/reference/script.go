package reference

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Mishap is what the script makes of a request.
type Mishap string

// The mishaps that a script knows.
const (
	OtherUser   Mishap = "other-user"   // the token is another user's
	Repeated    Mishap = "repeated"     // the answer is the one that the user got before
	WrongExpiry Mishap = "wrong-expiry" // login: 17 minutes too late, which no time zone explains; OAuth: expires_in a second too much
	CutBody     Mishap = "cut-body"     // the body is half as long as announced, then the connection closes
	CloseAfter  Mishap = "close"        // the connection closes after the request was read
	Reset       Mishap = "reset"        // the connection is reset after the request was read
	TooMany     Mishap = "429"          // 429 with Retry-After
	ServerError Mishap = "500"          // 500 with a message
	Silence     Mishap = "silence"      // nothing is answered until the client gives up
)

// Mishaps lists all mishaps.
var Mishaps = []Mishap{OtherUser, Repeated, WrongExpiry, CutBody, CloseAfter, Reset, TooMany, ServerError, Silence}

// Every makes a mishap of each N-th request to a token service.
type Every struct {
	N  int
	Do Mishap
}

// Stall holds every answer back that would go out between At and At+For, counted
// from Server.Start, or from Service.Restart; the held ones go out at At+For.
type Stall struct {
	At, For time.Duration
}

// Script makes a service slow, limited or faulty, the same way in each run: by
// the request's number or by the time since the start. The zero value does nothing.
type Script struct {
	// Every lists mishaps by request number; of several, the first that fits happens.
	Every []Every
	// Delay holds each answer back.
	Delay time.Duration
	// Capacity is how many requests are served in a second at most; the others
	// wait in one queue. 0 is no limit.
	Capacity float64
	// Stalls hold answers back for a while.
	Stalls []Stall
	// RetryAfter is what a 429 asks for, in seconds; 1 where it is 0.
	RetryAfter int
}

// script is a Script at work. Only requests to the token services take part.
type script struct {
	Script
	now     func() time.Time
	idle    bool
	number  atomic.Uint64
	started atomic.Int64 // Unix nanoseconds

	mu   sync.Mutex
	free time.Time // when the next request can be served
}

// newScript checks a script.
func newScript(o Script, now func() time.Time) (*script, error) {
	for _, e := range o.Every {
		if e.N < 1 {
			return nil, fmt.Errorf("script: every %d-th request is not possible", e.N)
		}
		if _, err := ParseMishap(string(e.Do)); err != nil {
			return nil, err
		}
	}
	if o.Delay < 0 || o.Capacity < 0 || o.RetryAfter < 0 {
		return nil, errors.New("script: delay, capacity and Retry-After can't be negative")
	}
	for _, s := range o.Stalls {
		if s.At < 0 || s.For <= 0 {
			return nil, errors.New("script: a stall has a start of at least 0 and a length above 0")
		}
	}
	sc := &script{Script: o, now: now}
	sc.idle = len(o.Every) == 0 && o.Delay == 0 && o.Capacity == 0 && len(o.Stalls) == 0
	sc.begin()
	return sc, nil
}

// ParseMishap reads the name of a mishap.
func ParseMishap(name string) (Mishap, error) {
	for _, m := range Mishaps {
		if string(m) == name {
			return m, nil
		}
	}
	names := make([]string, len(Mishaps))
	for i, m := range Mishaps {
		names[i] = string(m)
	}
	return "", fmt.Errorf("no mishap is named %q; there are %s", name, strings.Join(names, ", "))
}

// begin counts time and requests from here.
func (c *script) begin() {
	c.number.Store(0)
	c.started.Store(c.now().UnixNano())
}

// Restart makes the script count time and requests from now, as if the service had just started.
func (s *Service) Restart() { s.script.begin() }

// admit plays the script for a request; false says that the request is done with.
func (c *script) admit(x *exchange, w http.ResponseWriter) bool {
	if c.idle || !x.s.edition.serves(serviceAt(x.path)) {
		return true
	}
	number := c.number.Add(1)
	for _, e := range c.Every {
		if number%uint64(e.N) == 0 {
			x.mishap = e.Do
			break
		}
	}
	if !c.wait(x.r.Context()) {
		return false
	}
	return c.play(x, w)
}

// wait waits for the queue, the delay and the stalls; false if the client went away.
func (c *script) wait(ctx context.Context) bool {
	if c.Capacity > 0 && !pause(ctx, c.turn()) {
		return false
	}
	if !pause(ctx, c.Delay) {
		return false
	}
	elapsed := time.Duration(c.now().UnixNano() - c.started.Load())
	for _, s := range c.Stalls {
		if elapsed >= s.At && elapsed < s.At+s.For {
			return pause(ctx, s.At+s.For-elapsed)
		}
	}
	return true
}

// turn takes a place in the queue and says how long it is until served.
func (c *script) turn() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if c.free.Before(now) {
		c.free = now
	}
	c.free = c.free.Add(time.Duration(float64(time.Second) / c.Capacity))
	return c.free.Sub(now)
}

// pause waits; false if the client went away meanwhile.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// play does the mishaps that replace the whole answer; false says that it did.
func (c *script) play(x *exchange, w http.ResponseWriter) bool {
	switch x.mishap {
	case CloseAfter:
		panic(http.ErrAbortHandler) // net/http closes the connection without an answer
	case Reset:
		reset(w)
	case Silence:
		<-x.r.Context().Done()
	case TooMany:
		w.Header().Set("Retry-After", strconv.Itoa(max(c.RetryAfter, 1)))
		x.now = c.now()
		x.s.send(x, w, x.s.refuse(x, refusal{status: http.StatusTooManyRequests, message: "Too many requests"}))
	case ServerError:
		x.now = c.now()
		x.s.send(x, w, x.s.refuse(x, refusal{status: http.StatusInternalServerError, message: "Internal error"}))
	default:
		return true
	}
	return false
}

// reset closes the connection so that the client sees a reset.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// cutShort writes half of a body whose full length was announced, and closes.
func cutShort(w http.ResponseWriter, body []byte) {
	_, _ = w.Write(body[:len(body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// repeat plays Repeated: the user's last answer again. The first one can't repeat any.
func (s *Service) repeat(x *exchange, p reply) reply {
	if s.script.idle {
		return p
	}
	kept := p
	kept.body = slices.Clone(p.body) // what changes the answer further shall not change this one
	before := x.account.before.Swap(&kept)
	if x.mishap == Repeated && before != nil {
		x.account.before.Store(before)
		p = *before
		p.body = slices.Clone(p.body)
	}
	return p
}

// wrongExpiry is the end that login shows: the true one unless the script says otherwise.
func (s *Service) wrongExpiry(x *exchange) time.Time {
	if x.mishap == WrongExpiry {
		return x.until.Add(17 * time.Minute)
	}
	return x.until
}
