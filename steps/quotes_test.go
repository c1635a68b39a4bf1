package steps_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/redact"
	"github.com/unigate/unigate/internal/unifier"
)

// TestNoCutSplitsASecret has a server repeat a secret at every offset across
// the places where findings and traits cut its texts or even them out.
func TestNoCutSplitsASecret(t *testing.T) {
	for _, secret := range []string{"canary$Quote 123456 2026-01-02 rest;end", "Opaque$Quote-0123456789abcdef-rest"} {
		r := redact.New()
		r.Add(secret)
		for _, before := range []string{"", "Basic ", "Bearer ", "password=", `nonce="`} {
			for lead := range 90 {
				text := strings.Repeat("~", lead) + " " + before + secret + " and " + strings.Repeat("~", 90)
				j, _ := json.Marshal(text)
				reply := oracle.Reply{
					Status: http.StatusUnauthorized, Received: time.Now(),
					Header: http.Header{"Content-Type": {"application/json; x=" + text}, "Www-Authenticate": {text}},
					Body:   fmt.Appendf(nil, `{"status":"%s","message":[%s],"data":[]}`, "401", j),
				}
				said := fmt.Sprint(
					oracle.Traits(unifier.Login, "wrong", reply, r.String),
					r.String(fmt.Sprint(oracle.JudgeAlike(reply, oracle.Reply{Status: http.StatusUnauthorized, Body: []byte(`{}`)}).Findings)),
				)
				for _, rest := range []string{"canar", "opaqu", "Opaqu", "$Quo", "$quo", "rest", ";end", "cdef"} {
					if strings.Contains(said, rest) {
						t.Fatalf("%q at %d after %q left %q in %s", secret, lead, before, rest, said)
					}
				}
			}
		}
	}
}
