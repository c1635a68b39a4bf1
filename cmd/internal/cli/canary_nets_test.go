package cli_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unigate/unigate/cmd/internal/cli"
	"github.com/unigate/unigate/internal/redact"
	"github.com/unigate/unigate/internal/reference"
)

// TestCanaryOfEachNet switches the nets off in turn. By value, whatever passed
// through unigate is found; without that net, the others must keep what they
// promise: what has the shape of a token, and what its name tells.
func TestCanaryOfEachNet(t *testing.T) {
	shown := func(leaks []string, of string) (out []string) {
		for _, l := range leaks {
			if strings.Contains(l, of) {
				out = append(out, l)
			}
		}
		return out
	}
	for _, c := range []struct {
		name  string
		off   redact.Net
		fault string
		only  string // what alone is promised; empty for everything
	}{
		{"no names", redact.ByName, "sec-password-in-success", ""},
		{"no shapes", redact.ByShape, "sec-password-in-success", ""},
		{"values alone", redact.ByName | redact.ByShape, "sec-authorization-echoed", ""},
		{"no values", redact.ByValue, "", ""},
		{"nothing, the negative control", redact.AllNets, "sec-password-in-success", ""},
		{"names alone", redact.ByValue | redact.ByShape, "", "canary-header-key"},
		{"shapes alone", redact.ByValue | redact.ByName, "", `holds "token `},
	} {
		t.Run(c.name, func(t *testing.T) {
			undo := cli.WithoutNets(c.off)
			defer undo()
			var o reference.Options
			if c.fault != "" {
				o.Faults = []string{c.fault}
			}
			target := newCanary(t, o)
			var leaks []string
			for _, args := range [][]string{
				{"verify", "--requirement", "LOGIN-01", "--requirement", "OAUTH-01", "--requirement", "SEC-04", "--format", "json", "--verbose", "--out", filepath.Join(target.dir, "out")},
				{"verify", "--requirement", "SEC-04", "--verbose"},
				{"doctor", "--verbose"},
			} {
				leaks = append(leaks, target.run([]int{0, 1, 3}, args...)...)
			}
			for _, format := range []string{"text", "json", "junit", "markdown", "html"} {
				leaks = append(leaks, target.run([]int{0, 1, 3}, "report", filepath.Join(target.dir, "out", "run.json"), "--format", format)...)
			}
			if c.off == redact.AllNets {
				if len(shown(leaks, "canary-header-key")) == 0 || len(shown(leaks, "canary-One")) == 0 || len(shown(leaks, `holds "token `)) == 0 {
					t.Errorf("the search does not find what no net keeps back: %.3000q", leaks)
				}
				return
			}
			report(t, shown(leaks, c.only))
			if len(target.tokens) < 3 {
				t.Errorf("only %d tokens were issued: the test proves little", len(target.tokens))
			}
		})
	}
}

// TestCanaryOfEachNetEverywhere has every command and format, with one net off, and
// outcomes that pass, fail, are inconclusive and are mistakes: the other nets hold.
func TestCanaryOfEachNetEverywhere(t *testing.T) {
	if testing.Short() {
		t.Skip("runs some two hundred command lines")
	}
	for name, c := range map[string]struct {
		off   redact.Net
		fault string
	}{
		"no names, passing": {redact.ByName, ""}, "no names, failing": {redact.ByName, "sec-password-in-success"},
		"no shapes, passing": {redact.ByShape, ""}, "no shapes, failing": {redact.ByShape, "sec-authorization-echoed"},
		"no values, passing": {redact.ByValue, ""},
	} {
		t.Run(name, func(t *testing.T) {
			undo := cli.WithoutNets(c.off)
			defer undo()
			var o reference.Options
			if c.fault != "" {
				o.Faults = []string{c.fault}
			}
			target := newCanary(t, o)
			// What a run prints is what report prints of its record, byte for byte; of the
			// formats, those that no file has are printed by runs as well.
			leaks := target.everyCommand([]int{0, 1}, []string{"text", "github"}, "text", "json", "junit", "markdown", "html", "messages", "github")
			target.config = strings.Replace(target.config, target.url, closedPort(t), 1) // and where nobody answers
			leaks = append(leaks, target.run([]int{3}, "verify", "--format", "json", "--out", filepath.Join(target.dir, "nobody"))...)
			report(t, leaks)
		})
	}
}

// TestCanaryOfAnEchoingProxy has a proxy that answers every request with a page
// that repeats the credentials it was sent.
func TestCanaryOfAnEchoingProxy(t *testing.T) {
	const secret = "canary Pröxy:7Zq&more"
	heard := 0
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var page bytes.Buffer
		for range 20 {
			page.WriteString("<p>denied: " + r.Header.Get("Proxy-Authorization") + "</p>\n")
		}
		if r.Header.Get("Proxy-Authorization") != "" {
			heard++
		}
		w.Header().Set("X-Denied", strings.TrimPrefix(r.Header.Get("Proxy-Authorization"), "Basic "))
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write(page.Bytes())
	}))
	t.Cleanup(proxy.Close)
	for _, off := range []redact.Net{0, redact.ByName, redact.ByShape} {
		undo := cli.WithoutNets(off)
		target := newCanary(t, reference.Options{})
		target.secrets[secret], target.secrets["me:"+secret] = true, true
		via, _ := url.Parse(proxy.URL)
		via.User = url.UserPassword("me", "PLACEHOLDER")
		target.env["PROXY"] = strings.ReplaceAll(url.QueryEscape(secret), "+", "%20")
		target.config = strings.Replace(target.config, "  timeout: 5s", "  timeout: 5s\n  proxy: \""+strings.Replace(via.String(), "PLACEHOLDER", "${env:PROXY}", 1)+"\"", 1) + "safety: {allow_load: true}\n"
		for _, args := range [][]string{
			{"verify", "--requirement", "LOGIN-01", "--format", "html", "--verbose", "--out", filepath.Join(target.dir, "out")},
			{"doctor", "--verbose"},
			{"load", "--rate", "20/s", "--duration", "200ms", "--out", filepath.Join(target.dir, "load")},
		} {
			report(t, target.run([]int{1, 3}, args...))
		}
		undo()
	}
	if heard < 5 {
		t.Errorf("the proxy was sent credentials only %d times", heard)
	}
}
