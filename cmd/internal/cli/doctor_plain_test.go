package cli

import (
	"bytes"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// heard is a listener that keeps what its clients say, in the clear or not.
type heard struct {
	net.Listener
	mu   *sync.Mutex
	said *bytes.Buffer
}

// Accept returns a connection that is listened to.
func (h heard) Accept() (net.Conn, error) {
	c, err := h.Listener.Accept()
	return heardConn{c, h}, err
}

// heardConn is one connection.
type heardConn struct {
	net.Conn
	heard heard
}

// Read keeps what is read.
func (c heardConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.heard.mu.Lock()
	defer c.heard.mu.Unlock()
	c.heard.said.Write(b[:n])
	return n, err
}

// A port that speaks TLS gets no password in the clear, where the address says http.
func TestDoctorSendsNoPasswordInTheClearToATLSPort(t *testing.T) {
	h := heard{mu: &sync.Mutex{}, said: &bytes.Buffer{}}
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	h.Listener = s.Listener
	s.Listener = h
	s.StartTLS()
	defer s.Close()
	out, errs, exit := runCLI(t, "doctor", "--config", keptConfig(t, strings.Replace(s.URL, "https://", "http://", 1)))
	if exit != 3 || !strings.Contains(out, "speaks TLS, and the address says http") || !strings.Contains(out, "write https://") {
		t.Errorf("%d %s %s", exit, out, errs)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if !bytes.Contains(h.said.Bytes(), []byte("GET ")) || bytes.Contains(bytes.ToLower(h.said.Bytes()), []byte("authorization")) {
		t.Errorf("%q", h.said.Bytes()[:min(h.said.Len(), 400)])
	}
}

// A server may log while the flags are read: the race detector holds it.
func TestLogOfAServerWhileTheFlagsAreRead(t *testing.T) {
	before := log.Writer()
	log.SetOutput(io.Discard)
	defer log.SetOutput(before)
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				log.Print("http: TLS handshake error")
			}
		}
	})
	for _, verbose := range []bool{true, false} {
		args := []string{"spec"}
		if verbose {
			args = append(args, "--verbose")
		}
		_, errs, exit := runCLI(t, args...)
		if exit != 0 || !verbose && errs != "" {
			t.Errorf("%v: %d %.200s", verbose, exit, errs)
		}
	}
	close(done)
	wg.Wait()
}
