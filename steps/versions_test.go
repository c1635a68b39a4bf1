package steps_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
)

// A chosen edition without V2 never calls it; an open one finds out by one call, and
// has no requirement of V2 where that call says that it is not there.
func TestV2IsFoundOutByOneCall(t *testing.T) {
	answer := func(status int, kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	for name, c := range map[string]struct {
		open  bool
		v2    http.HandlerFunc // nil: the service's own
		calls int64            // -1: many
	}{
		"pinned":         {false, nil, 0},
		"served":         {true, nil, -1},
		"not found":      {true, answer(404, "application/json", `{"status":404,"message":"no such service"}`), 1},
		"page not found": {true, answer(404, "text/html", "<html><title>Error 404--Not Found</title></html>"), 1},
		"no method":      {true, answer(405, "text/plain", ""), 1},
		"front end":      {true, answer(401, "text/plain", "Unauthorized"), 1},
		"sign-on page":   {true, answer(200, "text/html", "<html>sign in</html>"), 1},
	} {
		t.Run(name, func(t *testing.T) {
			if c.calls >= 0 {
				shortened(t)
			}
			var calls atomic.Int64
			edition := reference.Edition24
			if c.v2 != nil || !c.open {
				edition = reference.Edition217
			}
			o, service := target(t, reference.Options{Edition: edition}, func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == unifier.V2AuthPath || r.URL.Path == unifier.V2LoginPath {
						calls.Add(1)
						if c.v2 != nil {
							c.v2(w, r)
							return
						}
					}
					next.ServeHTTP(w, r)
				})
			})
			o.EditionOpen, o.Users = c.open, nil
			for _, u := range service.Users() {
				if u.Name == "$$unigate" || u.Name == "$$minutes3" {
					o.Users = append(o.Users, u)
				}
			}
			r := run(t, o)
			verdict(t, r, 0, "")
			if got := calls.Load(); got != c.calls && c.calls >= 0 || c.calls < 0 && got < 10 {
				t.Errorf("V2 was called %d times", got)
			}
			told := 0 // checked, or not checked with a reason
			for _, q := range r.Conformance.Requirements {
				if strings.HasPrefix(q.ID, "V2") {
					told++
				}
			}
			if (told > 0) != (c.calls < 0) {
				t.Errorf("%d requirements of V2 are in the record", told)
			}
		})
	}
}
