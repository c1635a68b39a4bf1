package steps_test

import (
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
)

// What a target of HTTP/2 does with HTTP/1.1 is found out by one call, two where it
// is refused, and by none where HTTP/1.1 is spoken anyway.
func TestObserveHTTP1(t *testing.T) {
	shortened(t)
	closes := func(w http.ResponseWriter, _ *http.Request) {
		if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
			c.Close()
		}
	}
	says := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
	}
	for name, c := range map[string]struct {
		older http.HandlerFunc // answers HTTP/1.1; nil as the service does
		plain bool             // no HTTP/2
		want  []string
		asked int64
	}{
		"as before":       {want: []string{"answered"}, asked: 1},
		"an error":        {older: says(503), want: []string{"answered"}, asked: 1},
		"closes":          {older: closes, want: []string{"not answered"}, asked: 2},
		"426":             {older: says(426), want: []string{"not answered"}, asked: 2},
		"505":             {older: says(505), want: []string{"not answered"}, asked: 2},
		"HTTP/1.1 anyway": {plain: true, want: []string{"answered"}},
	} {
		service, err := reference.New(reference.Options{Users: twoUsers()})
		if err != nil {
			t.Fatal(err)
		}
		var asked atomic.Int64
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.ProtoMajor == 1 && !c.plain {
				asked.Add(1)
				if r.Header.Get("Authorization") != "" {
					t.Errorf("%s: credentials in it", name)
				}
				if c.older != nil {
					c.older(w, r)
					return
				}
			}
			service.ServeHTTP(w, r)
		}))
		server.EnableHTTP2 = !c.plain
		server.StartTLS()
		o := aimed(t, server.URL, service, nil, server.Certificate())
		o.Client = throughTransport(t, server, service)
		result := run(t, o)
		server.Close()
		if got := result.Behaviour.Traits["connection.http_1_1"]; !slices.Equal(got, c.want) || asked.Load() != c.asked {
			t.Errorf("%s: %q, asked %d times", name, got, asked.Load())
		}
		if result.Verdict.Exit != 0 {
			t.Errorf("%s: %v", name, result.Verdict.Reasons)
		}
	}
}

// throughTransport is a client by unigate's own transport.
func throughTransport(t *testing.T, server *httptest.Server, service *reference.Service) *unifier.Client {
	t.Helper()
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	transport := unifier.NewTransport(unifier.TransportOptions{RootCAs: roots})
	t.Cleanup(transport.CloseIdleConnections)
	client, err := unifier.NewClient(unifier.ClientOptions{BaseURL: base, Transport: transport, Timeout: 20 * time.Second, Budget: unifier.NewBudget(service.Users(), 3)})
	if err != nil {
		t.Fatal(err)
	}
	return client
}
