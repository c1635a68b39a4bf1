package cli_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/unigate/unigate/cmd/internal/cli"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
)

// canary is a target that knows every secret that passed through it.
type canary struct {
	t       *testing.T
	url     string
	dir     string // holds everything that a run writes
	mu      sync.Mutex
	secrets map[string]bool
	tokens  map[string]bool // the last parts of them
	encoded []string        // the base64 of some
	seen    map[string]time.Time
	config  string
	env     map[string]string
}

// canaryUsers have passwords of every awkward kind.
func canaryUsers() []unifier.User {
	format := unifier.DateFormats[0]
	basic := func(name, password string, e unifier.Expiry) unifier.User {
		return unifier.User{Name: name, Password: unifier.Secret(password), Type: unifier.Basic, Status: unifier.Active, Expiry: e, DateFormat: &format, Zone: "America/Los_Angeles"}
	}
	off := basic("$$off", `canary off ' " \ &<>`, unifier.Expiry{})
	off.Status = unifier.Inactive
	return []unifier.User{
		basic("$$one", "canary-One-7Zq", unifier.Expiry{}),
		basic("$$ten", "canary Ten: pässwörd-密码-🔑 %41+/=", unifier.Expiry{N: 10, Unit: unifier.Minutes}),
		off,
		{Name: "api@canary.example", Password: "canary$(id)`O`auth\\\"'", Type: unifier.OAuthType, Status: unifier.Active},
	}
}

// newCanary starts the target behind a proxy with credentials.
func newCanary(t *testing.T, o reference.Options) *canary {
	t.Helper()
	c := &canary{t: t, dir: t.TempDir(), secrets: map[string]bool{}, tokens: map[string]bool{}, seen: map[string]time.Time{}, env: map[string]string{}}
	o.Users = canaryUsers()
	service, err := reference.New(o)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(c.listen(service))
	t.Cleanup(s.Close)
	c.url = s.URL
	var text strings.Builder
	fmt.Fprintf(&text, "target:\n  base_url: %s\n  resource: %s\n  timeout: 5s\n  headers: {x-api-key: \"${env:KEY}\", x-tenant: acme}\nusers:\n", c.url, unifier.ResourcePath)
	c.env["KEY"] = "canary-header-key-19"
	c.secrets["canary-header-key-19"] = true
	for i, u := range o.Users {
		name := fmt.Sprint("CANARY", i)
		c.env[name] = u.Password.Reveal()
		c.secrets[u.Password.Reveal()] = true
		c.secrets[u.Name+":"+u.Password.Reveal()] = true
		fmt.Fprintf(&text, "  - {name: %q, password: \"${env:%s}\", type: %s, status: %s", u.Name, name, u.Type, u.Status)
		if !u.Expiry.IsZero() {
			fmt.Fprintf(&text, ", expiry: %s", u.Expiry)
		}
		text.WriteString("}\n")
	}
	c.config = text.String()
	return c
}

// listen remembers the tokens that the service gives out.
func (c *canary) listen(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		next.ServeHTTP(rec, r)
		var body struct {
			Token       string `json:"token"`
			AccessToken string `json:"access_token"`
		}
		_ = json.Unmarshal(rec.Body.Bytes(), &body)
		c.mu.Lock()
		for _, token := range []string{body.Token, body.AccessToken} {
			if token == "" {
				continue
			}
			c.tokens[token[strings.LastIndexByte(token, '.')+1:]] = true
			if len(c.encoded) < 40 {
				c.encoded = append(c.encoded, base64.RawStdEncoding.EncodeToString([]byte(token))[:80])
			}
		}
		c.mu.Unlock()
		for name, values := range rec.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes())
	})
}

// run runs one command line and looks for secrets in all that it left.
func (c *canary) run(exits []int, args ...string) (leaks []string) {
	c.t.Helper()
	return c.runTo(exits, nil, args...)
}

// runTo is run with a standard output of its own.
func (c *canary) runTo(exits []int, out *panicking, args ...string) (leaks []string) {
	c.t.Helper()
	file := filepath.Join(c.t.TempDir(), "unigate.yaml") // holds no secret itself
	if err := os.WriteFile(file, []byte(c.config), 0o600); err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(c.t.Context(), time.Minute)
	defer cancel()
	var stdout, stderr bytes.Buffer
	streams := cli.Streams{In: bytes.NewReader(nil), Out: &stdout, Err: &stderr}
	if out != nil {
		streams.Out = out
	}
	exit := cli.Run(ctx, append(args, "--config", file), streams, func(n string) (string, bool) { v, ok := c.env[n]; return v, ok })
	ok := false
	for _, e := range exits {
		ok = ok || e == exit
	}
	if !ok {
		c.t.Errorf("%v: exit %d, expected one of %v\n%.2000s", args, exit, exits, stderr.String()+stdout.String())
	}
	what := strings.Join(args, " ")
	leaks = append(leaks, c.search(what+": standard output", stdout.Bytes())...)
	leaks = append(leaks, c.search(what+": standard error", stderr.Bytes())...)
	err := filepath.WalkDir(c.dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil || info.ModTime().Equal(c.seen[p]) {
			return err
		}
		c.seen[p] = info.ModTime()
		b, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		leaks = append(leaks, c.search(what+": "+strings.TrimPrefix(p, c.dir), b)...)
		return nil
	})
	if err != nil {
		c.t.Error(err)
	}
	return leaks
}

// needles are the forms of a secret to look for. They are made here by other
// means than the redactor's.
func needles(secret string) []string {
	b := []byte(secret)
	j, _ := json.Marshal(secret)
	out := []string{secret, string(j[1 : len(j)-1]), url.QueryEscape(secret), url.PathEscape(secret)}
	for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		out = append(out, e.EncodeToString(b))
		// At the second and third place of a triple: whole triples from there on are the same everywhere.
		for skip := 1; skip < 3; skip++ {
			rest := b[skip:]
			if whole := e.EncodeToString(rest[:len(rest)/3*3]); len(whole) >= 8 {
				out = append(out, whole)
			}
		}
	}
	return out
}

// search looks for every secret in b.
func (c *canary) search(where string, b []byte) (leaks []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := func(secret, needle string) {
		i := bytes.Index(b, []byte(needle))
		leaks = append(leaks, fmt.Sprintf("%s holds %.20q as %.40q: …%.120q…", where, secret, needle, b[max(0, i-60):min(len(b), i+60)]))
	}
	for secret := range c.secrets {
		for _, n := range needles(secret) {
			if bytes.Contains(b, []byte(n)) {
				found(secret, n)
				break
			}
		}
	}
	// The last part of a token is what makes it secret; it has no dot or equals sign.
	for from := 0; from < len(b); {
		to := from
		for to < len(b) && tokenLetters[b[to]] {
			to++
		}
		if word := b[from:to]; len(word) >= 16 && c.tokens[string(word)] {
			found("token "+string(word), string(word))
		}
		from = to + 1
	}
	for _, form := range c.encoded {
		if bytes.Contains(b, []byte(form)) {
			found("a token in base64", form)
		}
	}
	return leaks
}

// tokenLetters are what the last part of a token is made of.
var tokenLetters = func() (is [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") {
		is[c] = true
	}
	return is
}()

// panicking is a standard output that crashes with a secret in its message.
type panicking struct{ secret string }

func (p *panicking) Write([]byte) (int, error) { panic("cannot write " + p.secret) }

// everyCommand runs every command: those that call the target in the formats live, and
// those that draw what they stored in all formats.
func (c *canary) everyCommand(exits []int, live []string, formats ...string) (leaks []string) {
	for i, f := range live {
		dir := filepath.Join(c.dir, fmt.Sprint("verify", i))
		leaks = append(leaks, c.run(exits, "verify", "--format", f, "--out", dir, "--verbose")...)
	}
	for i, f := range live {
		dir := filepath.Join(c.dir, fmt.Sprint("load", i))
		// On a busy machine a load test may be inconclusive.
		leaks = append(leaks, c.run(append(exits, 3), "load", "--rate", "40/s", "--duration", "200ms", "--format", f, "--out", dir, "--verbose", "--results", dir+".bin")...)
	}
	first, second := filepath.Join(c.dir, "verify0", "run.json"), filepath.Join(c.dir, "load0", "run.json")
	if len(live) > 1 {
		second = filepath.Join(c.dir, "verify1", "run.json")
	}
	for _, f := range formats {
		leaks = append(leaks, c.run([]int{0, 1, 2, 3}, "report", first, "--format", f)...)
		leaks = append(leaks, c.run([]int{0, 1, 2, 3}, "compare", first, second, "--format", f)...)
	}
	for _, args := range [][]string{
		{"doctor", "--verbose"}, {"doctor", "--format", "json"}, {"verify", "--dry-run"}, {"load", "--dry-run"}, {"verify", "--list"}, {"spec"},
		{"version"}, {"verify", "--tags", "@nothing"}, {"verify", "--no-such-flag"}, {"load", "--rate", "nonsense"}, {"verify", "--help"},
		{"verify", "--out", os.DevNull + "/nowhere"}, {"verify", "--quiet"}, {"verify", "--requirement", "SEC-04", "--gate", "inferred", "--repeat", "2"},
	} {
		leaks = append(leaks, c.run([]int{0, 1, 2, 3}, args...)...)
	}
	return leaks
}

// report fails the test with the first leaks.
func report(t *testing.T, leaks []string) {
	t.Helper()
	for i, l := range leaks {
		if i == 10 {
			t.Errorf("and %d more", len(leaks)-i)
			return
		}
		t.Error(l)
	}
}

func TestCanary(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for _, c := range []struct {
		name  string
		o     reference.Options
		exits []int
	}{
		{"passing", reference.Options{}, []int{0}},
		{"failing", reference.Options{Faults: []string{"sec-password-echoed"}}, []int{0, 1}},
		{"authorization echoed", reference.Options{Faults: []string{"sec-authorization-echoed"}}, []int{0, 1}},
		{"password in success", reference.Options{Faults: []string{"sec-password-in-success"}}, []int{0, 1}},
		{"other edition", reference.Options{Edition: "24"}, []int{0, 1}},
	} {
		if testing.Short() && c.name != "failing" {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			target := newCanary(t, c.o)
			formats := []string{"text"} // every format is written to files in any case
			if c.name == "passing" {
				formats = append(formats, "json", "junit", "markdown", "html")
			}
			leaks := target.everyCommand(c.exits, formats, formats...)
			report(t, append(leaks, target.left(os.Getenv("TMPDIR"))...))
			if len(target.tokens) < 50 {
				t.Errorf("only %d tokens were issued: the test proves little", len(target.tokens))
			}
		})
	}
}

// left looks for secrets in what is left in the folder of temporary files.
func (c *canary) left(dir string) (leaks []string) {
	_ = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if b, err := os.ReadFile(p); err == nil {
				leaks = append(leaks, c.search("temporary file "+p, b)...)
			}
		}
		return nil
	})
	return leaks
}

// TestCanaryOfBadTokens has servers whose tokens have no known shape and whose answers are cut.
func TestCanaryOfBadTokens(t *testing.T) {
	mishaps := []string{"cut-body", "other-user", "repeated", "wrong-expiry", "500"}
	if testing.Short() {
		mishaps = mishaps[:1]
	}
	for _, mishap := range mishaps {
		t.Run(mishap, func(t *testing.T) {
			t.Parallel()
			target := newCanary(t, reference.Options{Script: reference.Script{Every: []reference.Every{{N: 3, Do: reference.Mishap(mishap)}}}})
			leaks := target.run([]int{1, 3}, "load", "--rate", "100/s", "--duration", "500ms", "--out", filepath.Join(target.dir, "out"), "--results", filepath.Join(target.dir, "r.bin"))
			leaks = append(leaks, target.run([]int{1, 3}, "verify", "--out", filepath.Join(target.dir, "verify"))...)
			report(t, leaks)
		})
	}
}

func TestCanaryOfCrashes(t *testing.T) {
	target := newCanary(t, reference.Options{})
	for secret := range target.secrets {
		report(t, target.runTo([]int{3}, &panicking{secret}, "doctor"))
		report(t, target.runTo([]int{3}, &panicking{secret}, "verify", "--requirement", "LOGIN-01"))
	}
}

func TestCanaryOfWrongConfigurations(t *testing.T) {
	target := newCanary(t, reference.Options{})
	good := target.config
	for _, c := range []struct {
		name, from, to string
		exits          []int
	}{
		{"wrong passwords", `"${env:CANARY`, `"canary-One-7Zq${env:CANARY`, []int{0, 1, 3}},
		{"secret in the file, error beside it", `password: "${env:CANARY0}"`, `password: "canary-One-7Zq", pasword: canary-One-7Zq`, []int{2}},
		{"secret in a wrong place", "timeout: 5s", "proxy: \"http://x:canary-One-7Zq@127.0.0.1:1\"\n  timeout: canary", []int{2}},
		{"dead proxy", "timeout: 5s", "timeout: 5s\n  proxy: \"http://x:canary-One-7Zq@127.0.0.1:1\"", []int{2, 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			target.t = t
			target.config = strings.ReplaceAll(good, c.from, c.to)
			for _, args := range [][]string{{"doctor"}, {"verify", "--out", filepath.Join(target.dir, "out")}, {"load", "--duration", "1s", "--rate", "5/s"}} {
				report(t, target.run(c.exits, args...))
			}
		})
	}
}

// TestCanaryDiesWithoutRedactor is the negative control: with the redactor
// switched off, the same search must find secrets.
func TestCanaryDiesWithoutRedactor(t *testing.T) {
	defer cli.WithoutRedactor()()
	target := newCanary(t, reference.Options{Faults: []string{"sec-password-echoed"}})
	leaks := target.run([]int{0, 1}, "verify", "--out", filepath.Join(target.dir, "out"))
	if len(leaks) < 3 {
		t.Errorf("the search finds only %d leaks without a redactor", len(leaks))
	}
	secret := "canary-One-7Zq"
	if leaks := target.runTo([]int{3}, &panicking{secret}, "doctor"); len(leaks) == 0 {
		t.Error("the search finds nothing in a crash without a redactor")
	}
}
