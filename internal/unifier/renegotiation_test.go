package unifier_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/renegotiate"
	"github.com/unigate/unigate/internal/unifier"
)

// A target that wants to negotiate TLS anew is told in words, and has not cut its answer
// off: it was unigate that ended the connection. Where it does so on a connection that
// had answers before, the call is made once more by one of its own.
func TestRenegotiation(t *testing.T) {
	a := newAuthority(t)
	for name, c := range map[string]struct {
		when renegotiate.When
		n    int
		lost []int // of each call; -1 for one that has no answer
	}{
		"before the first answer":  {renegotiate.Before, 1, []int{-1, -1}},
		"within the first answer":  {renegotiate.Within, 1, []int{-1, -1}},
		"before the second answer": {renegotiate.Before, 2, []int{0, 1, 0, 0}},
		"within the second answer": {renegotiate.Within, 2, []int{0, 1, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := renegotiate.Start(t.Context(), a.valid("server"), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") }),
				c.when, func(_ *http.Request, n int) bool { return n == c.n })
			if err != nil {
				t.Fatal(err)
			}
			cl := client(t, s.URL(), unifier.TransportOptions{RootCAs: a.pool()}, 5*time.Second)
			for i, lost := range c.lost {
				x := get(t, cl, "/")
				if lost >= 0 {
					if x.Err != nil || x.Status != 200 || x.Lost != lost || x.Attempts != 1+lost {
						t.Errorf("call %d: %d, %d lost, %d attempts: %v", i+1, x.Status, x.Lost, x.Attempts, x.Err)
					}
					continue
				}
				if x.Err == nil || x.Status != 0 || !unifier.NotTheTargets(x.Err) || unifier.Diagnose(x.Err) != unifier.DiagnoseRenegotiation() {
					t.Errorf("call %d: %d: %v", i+1, x.Status, x.Err)
				}
			}
			cl.CloseIdleConnections()
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
