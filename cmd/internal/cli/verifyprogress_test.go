package cli

import (
	"bytes"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/steps"
)

func TestVerifyShowsHowItGoes(t *testing.T) {
	client, err := unifier.NewClient(unifier.ClientOptions{BaseURL: &url.URL{Scheme: "http", Host: "127.0.0.1:1"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []struct {
		name            string
		terminal, quiet bool
		shown           bool
	}{{"on a terminal", true, false, true}, {"quiet", true, true, false}, {"in a log", false, false, false}} {
		var out bytes.Buffer
		a := &app{progress: k.terminal, bar: &out, env: func(string) (string, bool) { return "", false }}
		a.shared.quiet = k.quiet
		o := steps.Options{Repeat: 2}
		done := a.showVerify(&o, 3, &target{client: client})
		if (o.Started != nil) != k.shown {
			t.Fatal(k.name)
		}
		if !k.shown {
			done()
			continue
		}
		for range 6 {
			o.Started("a scenario")
		}
		if !strings.Contains(out.String(), "verify, scenario 6 of 6 · 0 requests") || strings.Contains(out.String(), "\n") {
			t.Errorf("%q", out.String())
		}
		out.Reset()
		done()
		if strings.TrimSpace(out.String()) != "" {
			t.Errorf("the end leaves %q", out.String())
		}
	}
	if n := utf8.RuneCountInString(verifyLine(9999, 9999, 99999, 10*time.Hour)); n > barText {
		t.Errorf("%d columns", n)
	}
}
