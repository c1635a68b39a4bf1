package wire_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/unigate/unigate/internal/renegotiate"
	"github.com/unigate/unigate/load/wire"
)

// A target that wants to negotiate TLS anew is told in words whenever it asks; on a
// kept-alive connection it costs one request, and none after it.
func TestRenegotiationIsToldInWords(t *testing.T) {
	for name, c := range map[string]struct {
		when renegotiate.When
		n    int
		want []bool // which of the requests are answered
	}{
		"before the first answer":        {renegotiate.Before, 1, []bool{false, false}},
		"within the first answer":        {renegotiate.Within, 1, []bool{false, false}},
		"before the second answer":       {renegotiate.Before, 2, []bool{true, false, true, true}},
		"within the third answer":        {renegotiate.Within, 3, []bool{true, true, false, true, true, true}},
		"after the first of each answer": {renegotiate.After, 1, []bool{true, false, true, true}},
	} {
		t.Run(name, func(t *testing.T) {
			tls := httptest.NewTLSServer(nil) // for its certificate
			defer tls.Close()
			s, err := renegotiate.Start(t.Context(), tls.TLS.Certificates[0], http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "0123456789") }),
				c.when, func(_ *http.Request, n int) bool { return n == c.n })
			if err != nil {
				t.Fatal(err)
			}
			tls.URL = s.URL()
			tr, call := dial(t, "fast", tls, "/")
			var r wire.Reply
			var attempts atomic.Int64
			lost := int64(0)
			for i, answered := range c.want {
				tr.Do(call, &r, &attempts)
				if answered != (r.Status == 200) || !answered && (r.Kind != wire.KindTLS || !strings.Contains(r.Detail, "wants to negotiate TLS anew")) {
					t.Errorf("request %d: status %d, kind %q (%s)", i+1, r.Status, r.Kind, r.Detail)
				}
				if !answered && c.n+int(c.when/renegotiate.After) > 1 {
					lost++
				}
			}
			if tr.Lost() != lost || attempts.Load() != int64(len(c.want)) {
				t.Errorf("%d lost and not %d, %d attempts", tr.Lost(), lost, attempts.Load())
			}
			tr.Close()
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
