package wire

import (
	"crypto/tls"
	"net/http/httptrace"
	"sync"
	"time"
)

// timer takes the times of an exchange of net/http's transport. A connection that the
// transport opens for one request may serve another one: it is counted with the one
// for which it was opened, if it was there before that one's answer.
type timer struct {
	mu       sync.Mutex
	began    time.Time // of connecting
	shaking  time.Time
	writing  time.Time // of the request; zero before its first field
	finished bool
	t        Timing
}

// trace returns the hooks. They may be called after the exchange is over.
func (m *timer) trace() *httptrace.ClientTrace {
	note := func(f func(now time.Time)) {
		now := time.Now()
		m.mu.Lock()
		defer m.mu.Unlock()
		if !m.finished {
			f(now)
		}
	}
	return &httptrace.ClientTrace{
		DNSStart:     func(httptrace.DNSStartInfo) { note(m.connecting) },
		ConnectStart: func(string, string) { note(m.connecting) },
		ConnectDone: func(_, _ string, err error) {
			note(func(now time.Time) {
				if err == nil && !m.t.Connected {
					m.t.Connected, m.t.Connect = true, since(m.began, now)
				}
			})
		},
		TLSHandshakeStart: func() { note(func(now time.Time) { m.shaking = now }) },
		TLSHandshakeDone: func(s tls.ConnectionState, err error) {
			note(func(now time.Time) {
				if err == nil {
					m.t.Shaken, m.t.Resumed, m.t.Handshake = true, s.DidResume, since(m.shaking, now)
				}
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

// read ends the taking and returns the times.
func (m *timer) read() Timing {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.finished = true
	return m.t
}
