package load_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unigate/unigate/internal/redact"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load"
)

// TestSamplesOfLongBodies has bodies that are shorter than a sample once they are
// redacted, and a secret at every offset across the place where they are cut.
func TestSamplesOfLongBodies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const secret = "canary-Cut-7Zq-and-more!"
		const looked = 16 << 10
		s := service(t, reference.Options{})
		n := 0
		long := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if n++; n%2 == 0 {
				s.ServeHTTP(w, r)
				return
			}
			w.WriteHeader(400 + n/2%len(secret))
			lead := strings.Repeat("~", n/2%len(secret)) // so that the cut moves through the secret
			_, _ = io.WriteString(w, lead+strings.Repeat(secret, looked/len(secret)+10))
		})
		o := options(long, load.Phase{Shape: load.Constant, Rate: 20, Duration: 6 * time.Second})
		o.Users = firstOf(unifier.Login)
		redactor := redact.New()
		redactor.Add(secret)
		o.Redact, o.RedactBody = redactor.String, redactor.Body
		l, _ := run(context.Background(), t, o)
		if len(l.Errors) < len(secret)-1 {
			t.Fatalf("only %d kinds of errors", len(l.Errors))
		}
		if all := fmt.Sprint(l); strings.Contains(all, "cana") {
			at := strings.Index(all, "cana")
			t.Errorf("the beginning of a secret is in …%s…", all[max(0, at-200):min(len(all), at+100)])
		}
	})
}
