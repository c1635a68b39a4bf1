package cli

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// saying is a stream that can be waited for.
type saying struct {
	mu    sync.Mutex
	text  string
	wants string
	said  chan string // gets the text once it holds what is wanted
}

// newSaying returns a stream that tells when it holds a text.
func newSaying(wants string) *saying { return &saying{wants: wants, said: make(chan string, 1)} }

// Write keeps the text.
func (s *saying) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text += string(b)
	if s.wants != "" && strings.Contains(s.text, s.wants) {
		s.said <- s.text
		s.wants = ""
	}
	return len(b), nil
}

// The metrics are there after the report, and tell of the end.
func TestMetricsLinger(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	out, errors := newSaying("requests"), newSaying("/metrics\n")
	gone := make(chan int, 1)
	go func() {
		gone <- Run(ctx, []string{"load", "--rate", "50/s", "--duration", "200ms", "--metrics", "127.0.0.1:0", "--metrics-linger", "24h"},
			Streams{Out: out, Err: errors}, func(string) (string, bool) { return "", false })
	}()
	address := strings.TrimSpace(strings.TrimPrefix(<-errors.said, "Metrics: "))
	report := <-out.said
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("after the report: %v\n%s", err, report)
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil || !strings.Contains(string(body), "unigate_load_finished 1") {
		t.Errorf("%v: %s", err, body)
	}
	http.DefaultClient.CloseIdleConnections()
	select {
	case code := <-gone:
		t.Errorf("it ended with %d before its time", code)
	default:
	}
	cancel()
	if code := <-gone; code != exitOK && code != exitInconclusive {
		t.Errorf("exit %d", code)
	}
}
