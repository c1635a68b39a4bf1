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
	wrote    time.Time
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
		WroteRequest: func(httptrace.WroteRequestInfo) { note(func(now time.Time) { m.wrote = now }) },
		GotFirstResponseByte: func() {
			note(func(now time.Time) {
				from := m.wrote
				if from.IsZero() { // an answer before the end of the request
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
