package wire

import (
	"crypto/tls"
	"net/http/httptrace"
	"sync"
	"time"
)

// timer takes the times of an exchange of net/http's transport. A connection that the
// transport opens for one request may serve another one: it is counted with the one
// for which it was opened, if it was there before that one's answer, and is spare otherwise.
type timer struct {
	spare *spares // nil where such connections do not count

	mu       sync.Mutex
	began    time.Time // of connecting
	shaking  time.Time
	writing  time.Time // of the request; zero before its first field
	finished bool
	t        Timing
}

// trace returns the hooks. They may be called after the exchange is over.
func (m *timer) trace() *httptrace.ClientTrace {
	always := func(f func(now time.Time)) {
		now := time.Now()
		m.mu.Lock()
		defer m.mu.Unlock()
		f(now)
	}
	note := func(f func(now time.Time)) {
		always(func(now time.Time) {
			if !m.finished {
				f(now)
			}
		})
	}
	return &httptrace.ClientTrace{
		DNSStart:     func(httptrace.DNSStartInfo) { note(m.connecting) },
		ConnectStart: func(string, string) { note(m.connecting) },
		ConnectDone: func(_, _ string, err error) {
			always(func(now time.Time) {
				if err != nil {
					return
				}
				t := Timing{Connected: true, Connect: since(m.began, now)}
				if m.finished || m.t.Connected {
					m.spare.put(t)
					return
				}
				m.t.Connected, m.t.Connect = true, t.Connect
			})
		},
		TLSHandshakeStart: func() { always(func(now time.Time) { m.shaking = now }) },
		TLSHandshakeDone: func(s tls.ConnectionState, err error) {
			always(func(now time.Time) {
				if err != nil {
					return
				}
				t := Timing{Shaken: true, Resumed: s.DidResume, Handshake: since(m.shaking, now)}
				if m.finished || m.t.Shaken {
					m.spare.put(t)
					return
				}
				m.t.Shaken, m.t.Resumed, m.t.Handshake = true, t.Resumed, t.Handshake
			})
		},
		GotConn: func(httptrace.GotConnInfo) { note(func(time.Time) { m.writing = time.Time{} }) }, // perhaps another one, for a second attempt
		// WroteRequest would tell the end of writing, but late where the processor is
		// wanted: an answer was then there sooner than its server had begun with it.
		WroteHeaderField: func(string, []string) {
			note(func(now time.Time) {
				if m.writing.IsZero() {
					m.writing = now
				}
			})
		},
		GotFirstResponseByte: func() {
			note(func(now time.Time) {
				from := m.writing
				if from.IsZero() { // an answer that waited for no request
					from = now
				}
				m.t.FirstByte = since(from, now)
			})
		},
	}
}

// connecting notes when the look-up of the name, or the first connecting, began.
func (m *timer) connecting(now time.Time) {
	if m.began.IsZero() {
		m.began = now
	}
}

// read ends the taking and returns the times. An exchange that opened no connection takes
// over a spare one, so that each is counted.
func (m *timer) read() Timing {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.finished = true
	m.spare.take(&m.t)
	return m.t
}

// spares are connections, and TLS handshakes, that were ready when the request for which they
// were opened was over.
type spares struct {
	mu              sync.Mutex
	connects, shook []Timing
}

// put keeps one.
func (s *spares) put(t Timing) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.Connected {
		s.connects = append(s.connects, t)
	} else {
		s.shook = append(s.shook, t)
	}
}

// take adds what is spare to an exchange that has none of it.
func (s *spares) take(t *Timing) {
	if s == nil || t.Connected && t.Shaken {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.connects); n > 0 && !t.Connected {
		t.Connected, t.Connect = true, s.connects[n-1].Connect
		s.connects = s.connects[:n-1]
	}
	if n := len(s.shook); n > 0 && !t.Shaken {
		last := s.shook[n-1]
		t.Shaken, t.Resumed, t.Handshake = true, last.Resumed, last.Handshake
		s.shook = s.shook[:n-1]
	}
}
