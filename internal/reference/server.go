package reference

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"time"
)

// Server is a Service that listens on a socket.
type Server struct {
	service  *Service
	server   *http.Server
	listener net.Listener
	done     chan error
	stop     func() bool
}

// Start listens on addr, such as "127.0.0.1:0" for a free port, and serves until
// ctx ends or Close is called. With Options.HTTPS, and with the faults and
// variants that are about https, it serves https.
func (s *Service) Start(ctx context.Context, addr string) (*Server, error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	v := &Server{service: s, listener: listener, done: make(chan error, 1)}
	v.server = &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		TLSConfig:         s.hooks.tls,
		ErrorLog:          log.New(io.Discard, "", 0), // broken connections are part of the job
	}
	if c := s.hooks.tls; c != nil && c.MaxVersion != 0 && c.MaxVersion < tls.VersionTLS12 {
		v.server.Protocols = new(http.Protocols)
		v.server.Protocols.SetHTTP1(true) // HTTP/2 forbids old TLS (RFC 9113 section 9.2)
	}
	s.script.begin()
	go func() {
		if v.server.TLSConfig != nil {
			v.done <- v.server.ServeTLS(listener, "", "")
			return
		}
		v.done <- v.server.Serve(listener)
	}()
	v.stop = context.AfterFunc(ctx, func() { _ = v.server.Close() })
	return v, nil
}

// URL returns the base URL that the services are below, with Options.Prefix.
func (v *Server) URL() string {
	scheme := "http://"
	if v.service.hooks.tls != nil {
		scheme = "https://"
	}
	return scheme + v.listener.Addr().String() + v.service.options.Prefix
}

// Service returns the service that answers.
func (v *Server) Service() *Service { return v.service }

// Close stops listening, cuts open connections and waits for the server to end.
func (v *Server) Close() error {
	v.stop()
	closing := v.server.Close()
	if err := <-v.done; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	v.done <- http.ErrServerClosed // a second Close finds it closed
	return closing
}

// Wait waits until the server ended: nil after Close or the end of Start's context.
func (v *Server) Wait() error {
	err := <-v.done
	v.done <- err
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
