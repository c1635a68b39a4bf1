package load_test

import (
	"context"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load"
	"github.com/unigate/unigate/load/self"
)

// inMemory carries requests to a handler without a socket, so that virtual time
// can pass. An answer is lost when the request's context ends first.
type inMemory struct{ handler http.Handler }

func (m inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	done := make(chan *http.Response, 1)
	go func() {
		w := httptest.NewRecorder()
		r.RemoteAddr = "127.0.0.1:1"
		m.handler.ServeHTTP(w, r)
		done <- w.Result()
	}()
	select {
	case resp := <-done:
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
		return resp, nil
	case <-r.Context().Done():
		<-done
		return nil, r.Context().Err()
	}
}

// service makes a reference service.
func service(t *testing.T, o reference.Options) *reference.Service {
	t.Helper()
	s, err := reference.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// options returns the options of a virtual-time run of one phase against a handler.
func options(handler http.Handler, phase load.Phase) load.Options {
	return load.Options{
		BaseURL: &url.URL{Scheme: "http", Host: "unifier.test"}, RoundTripper: inMemory{handler},
		Users: reference.DefaultUsers(), DefaultSeconds: map[unifier.Service][]int{unifier.OAuth: {3000}},
		Plan:           load.Plan{Phases: []load.Phase{phase}, Mix: []load.Share{{Service: unifier.Login, Weight: 1}}},
		PortablePacing: true, Usage: func() self.Usage { return self.Usage{} }, Room: func() self.Room { return self.Room{} },
	}
}

// run runs a load test that must not end in an error.
func run(ctx context.Context, t *testing.T, o load.Options) (*record.Load, record.Verdict) {
	t.Helper()
	l, v, err := load.Run(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	return l, v
}

// thresholds reads expressions.
func thresholds(t *testing.T, texts ...string) []load.Threshold {
	t.Helper()
	out, err := load.ParseThresholds(texts)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// logSearch tells the steps of a search, and what it came to.
func logSearch(t *testing.T, c *record.Capacity, v record.Verdict) {
	t.Helper()
	for _, s := range c.Steps {
		t.Logf("%8s %6.1f/s for %.1f s: %d requests, %d missed, p99 %.4f s, held %t, spoilt %t %s", s.Kind, s.RatePerS, s.DurationS, s.Requests, s.Missed, s.Latency.P99, s.Held, s.Spoilt, s.Reason)
	}
	t.Logf("%.1f/s (%.1f to %.1f) found %t %s; %v", c.RatePerS, c.LowPerS, c.HighPerS, c.Found, c.Reason, v)
}

// within2Percent compares seconds.
func within2Percent(t *testing.T, what string, got float64, want time.Duration) {
	t.Helper()
	if w := want.Seconds(); math.Abs(got-w) > 0.02*w {
		t.Errorf("%s is %.4f s, the truth is %.4f s", what, got, w)
	}
}

// busy is a machine on which unigate uses every core all the time.
func busy(began time.Time) func() self.Usage {
	return func() self.Usage { return self.Usage{CPU: time.Since(began) * time.Duration(self.Cores())} }
}
