package load_test

import (
	"context"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/objective"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/renegotiate"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load"
	"github.com/unigate/unigate/load/self"
)

// A request that ended as the target wanted to negotiate TLS anew is none of the target's
// errors: where it decides a threshold, the run is open and says what the target wants.
func TestRenegotiationIsNoError(t *testing.T) {
	const words = "wants to negotiate TLS anew"
	for name, c := range map[string]struct {
		threshold   string
		asks        int // before which answer of a connection
		exit        int
		interrupted uint64
	}{
		"never":                  {"error_rate<1%", 0, 0, 0},
		"it decides nothing":     {"error_rate<50%", 3, 0, 1},
		"it decides a threshold": {"error_rate<1%", 3, 3, 1},
		"before the first one":   {"error_rate<1%", 1, 3, 0},
	} {
		t.Run(name, func(t *testing.T) {
			l, v := renegotiating(t, c.threshold, c.asks)
			for range 9 { // a machine that is busy with other tests may keep unigate from sending
				if l.Totals.Unsent == 0 && !l.Generator.Saturated {
					break
				}
				l, v = renegotiating(t, c.threshold, c.asks)
			}
			interrupted := uint64(0)
			for _, row := range l.Services {
				if row.Status == record.StatusCut && row.Name != objective.All {
					interrupted += row.Count
				}
			}
			said := strings.Contains(strings.Join(v.Reasons, "\n"), words)
			if v.Exit != c.exit || l.Totals.Errors != 0 || interrupted != c.interrupted || said != (c.exit == 3) {
				t.Errorf("exit %d, %d errors, %d interrupted: %v", v.Exit, l.Totals.Errors, interrupted, v.Reasons)
			}
			if noted := strings.Contains(strings.Join(l.Notes, "\n"), words); noted != (c.interrupted > 0) && l.Totals.Sent > 0 {
				t.Errorf("the notes are %v", l.Notes)
			}
		})
	}
}

// renegotiating is a run against a target that wants to negotiate TLS anew before an
// answer of each connection, 0 for none.
func renegotiating(t *testing.T, threshold string, asks int) (*record.Load, record.Verdict) {
	t.Helper()
	tls := httptest.NewTLSServer(nil) // for its certificate
	defer tls.Close()
	s, err := renegotiate.Start(t.Context(), tls.TLS.Certificates[0], service(t, reference.Options{}), renegotiate.Before, func(_ *http.Request, n int) bool { return n == asks })
	if err != nil {
		t.Fatal(err)
	}
	base, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	th, err := load.ParseThreshold(threshold)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(tls.Certificate())
	l, v := run(context.Background(), t, load.Options{
		BaseURL: base, Users: reference.DefaultUsers()[:1], DefaultSeconds: map[unifier.Service][]int{unifier.OAuth: {3000}}, Timeout: 20 * time.Second,
		Plan: load.Plan{
			Phases: []load.Phase{{Shape: load.Constant, Rate: 20, Duration: time.Second}},
			Mix:    []load.Share{{Service: unifier.Login, Weight: 1}}, MaxInflight: 1,
		},
		Thresholds: []load.Threshold{th}, Network: unifier.TransportOptions{RootCAs: pool}, Usage: func() self.Usage { return self.Usage{} },
	})
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	return l, v
}
