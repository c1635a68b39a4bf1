// Package renegotiate is a server for tests that asks its clients to negotiate TLS anew
// within a connection, as servers do that want a client certificate at certain paths
// only (RFC 5246, section 7.4.1.1). crypto/tls has no such server.
package renegotiate

import (
	"bufio"
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
)

// When is when a server asks.
type When int

// The moments.
const (
	Before When = iota // a request is answered
	Within             // the body of an answer
	After              // a request was answered
)

// Server answers in HTTP/1.1 over TLS 1.2.
type Server struct {
	handler  http.Handler
	when     When
	which    func(r *http.Request, n int) bool
	listener net.Listener
	config   *tls.Config
	open     sync.WaitGroup
}

// Start starts a server on a free port of loopback, with a certificate. It asks for the
// requests that are chosen; n counts those of a connection from 1.
func Start(ctx context.Context, certificate tls.Certificate, handler http.Handler, when When, which func(r *http.Request, n int) bool) (*Server, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{handler: handler, when: when, which: which, listener: l, config: &tls.Config{ // #nosec G402 -- TLS 1.3 has no renegotiation
		Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12, SessionTicketsDisabled: true,
		CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
	}}
	s.open.Add(1)
	go s.accept()
	return s, nil
}

// URL returns the server's base URL.
func (s *Server) URL() string { return "https://" + s.listener.Addr().String() }

// Close stops the server. It waits until its clients have closed their connections.
func (s *Server) Close() error {
	err := s.listener.Close()
	s.open.Wait()
	return err
}

// accept serves each connection.
func (s *Server) accept() {
	defer s.open.Done()
	for {
		raw, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.open.Add(1)
		go func() {
			defer s.open.Done()
			c := newConn(raw, s.config)
			defer func() { _ = c.Close() }()
			s.serve(c)
		}()
	}
}

// serve answers the requests of a connection until the client ends it.
func (s *Server) serve(c *conn) {
	in := bufio.NewReader(c)
	for n := 1; ; n++ {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		out := httptest.NewRecorder()
		s.handler.ServeHTTP(out, r)
		body := out.Body.String()
		head := fmt.Sprintf("HTTP/1.1 %d %s\r\nContent-Length: %d\r\n", out.Code, http.StatusText(out.Code), len(body))
		var fields strings.Builder
		_ = out.Header().Write(&fields) // to memory
		answer := head + fields.String() + "\r\n" + body
		part := map[When]int{Before: 0, Within: len(answer) - len(body)/2, After: len(answer)}[s.when]
		if !s.which(r, n) {
			part = 0
		}
		if part > 0 {
			if _, err := io.WriteString(c, answer[:part]); err != nil {
				return
			}
		}
		if s.which(r, n) && c.ask() != nil {
			return
		}
		if s.when == Before && s.which(r, n) {
			_, _ = in.ReadByte() // a client that negotiates says so before anything else comes
			return
		}
		if _, err := io.WriteString(c, answer[part:]); err != nil {
			return
		}
	}
}

// conn is a connection on which the server can ask for another handshake.
type conn struct {
	*tls.Conn
	raw  *counter
	keys *bytes.Buffer // the line of the key log
}

// newConn wraps a connection.
func newConn(raw net.Conn, config *tls.Config) *conn {
	c := &conn{raw: &counter{Conn: raw}, keys: &bytes.Buffer{}}
	own := config.Clone()
	own.KeyLogWriter = c.keys
	c.Conn = tls.Server(c.raw, own)
	return c
}

// ask sends a HelloRequest: an encrypted record (RFC 5288, section 3) that holds four zeros.
func (c *conn) ask() error {
	var client, master []byte
	if _, err := fmt.Sscanf(c.keys.String(), "CLIENT_RANDOM %x %x", &client, &master); err != nil {
		return err
	}
	const keySize, saltSize = 16, 4
	block := expand(master, append(append([]byte("key expansion"), c.raw.random...), client...), 2*(keySize+saltSize))
	b, err := aes.NewCipher(block[keySize : 2*keySize])
	if err != nil {
		return err
	}
	gcm, err := cipher.NewGCM(b)
	if err != nil {
		return err
	}
	number := binary.BigEndian.AppendUint64(nil, c.raw.encrypted)
	header := []byte{22, 3, 3}
	sealed := gcm.Seal(nil, append(bytes.Clone(block[2*keySize+saltSize:]), number...), make([]byte, 4), append(append(bytes.Clone(number), header...), 0, 4))
	record := binary.BigEndian.AppendUint16(header, uint16(len(number)+len(sealed))) //nolint:gosec // 28
	_, err = c.raw.Conn.Write(append(append(record, number...), sealed...))
	return err
}

// expand is the pseudo-random function of TLS 1.2 (RFC 5246, section 5).
func expand(secret, seed []byte, n int) []byte {
	sum := func(parts ...[]byte) []byte {
		h := hmac.New(sha256.New, secret)
		for _, p := range parts {
			_, _ = h.Write(p) // a hash takes everything
		}
		return h.Sum(nil)
	}
	var out []byte
	for a := sum(seed); len(out) < n; a = sum(a) {
		out = append(out, sum(a, seed)...)
	}
	return out[:n]
}

// counter looks at the records that the server sends: for its random number, and for how
// many of them are encrypted.
type counter struct {
	net.Conn
	random    []byte
	ciphered  bool
	encrypted uint64
}

// Write counts the records in p, which are whole.
func (c *counter) Write(p []byte) (int, error) {
	const changeCipherSpec, header = 20, 5
	for rest := p; len(rest) >= header; {
		size := header + int(binary.BigEndian.Uint16(rest[3:]))
		switch {
		case c.ciphered:
			c.encrypted++
		case rest[0] == changeCipherSpec:
			c.ciphered = true
		case c.random == nil: // the ServerHello: behind its type, length and version
			c.random = bytes.Clone(rest[header+6 : header+38])
		}
		rest = rest[min(size, len(rest)):]
	}
	return c.Conn.Write(p)
}
