package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unigate/unigate/internal/config"
	"github.com/unigate/unigate/internal/unifier"
)

// write puts a configuration file into a new folder and returns its path.
func write(t *testing.T, text string) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), "unigate.yaml")
	if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// env makes a lookup out of NAME=value pairs.
func env(pairs ...string) func(string) (string, bool) {
	m := map[string]string{}
	for _, p := range pairs {
		n, v, _ := strings.Cut(p, "=")
		m[n] = v
	}
	return func(n string) (string, bool) { v, ok := m[n]; return v, ok }
}

const whole = `
target:
  base_url: https://us2.unifier.example/acme/stage
  edition: "24"
  expiry_parameter: true
  resource: /ws/rest/service/v1/admin/bps
  headers: {x-unifier-tenant: "acme", x-api-key: "${env:API_KEY}"}
  timeout: 10s
  proxy: http://me:${env:PROXY_PASSWORD}@proxy.example:3128
  tls: {ca_file: "", insecure_skip_verify: false}
  max_clock_skew: 90s
  jwks: https://idcs.example/admin/v1/SigningCert/jwk
users:
  - {name: "$$unigate", password: "${env:UNIGATE_PASSWORD}", type: basic, status: active, date_format: MM/DD/YYYY, time_zone: America/Los_Angeles}
  - {name: "$$unigate10", password: "${file:u10}", expiry: 10 minutes}
  - name: "$$unigateoff"
    password: |-
      of four words: ${env:WORD}
    status: inactive
  - {name: api@acme.example, password: "${env:UNIGATE_PASSWORD}", type: oauth, status: active}
safety: {failed_logins: 2, allow_load: true, max_rate: 12.5}
`

func TestWholeFile(t *testing.T) {
	p := write(t, whole)
	if err := os.WriteFile(filepath.Join(filepath.Dir(p), "u10"), []byte("from a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(config.Options{File: p, Env: env("API_KEY=k-1234", "PROXY_PASSWORD=p%40ss", "UNIGATE_PASSWORD=s3cret", "WORD=horse")})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Target.BaseURL.String(); got != "https://us2.unifier.example/acme/stage" {
		t.Errorf("base URL %s", got)
	}
	format, _ := unifier.DateFormatByPattern("MM/DD/YYYY")
	want := []unifier.User{
		{Name: "$$unigate", Password: "s3cret", Type: "basic", Status: "active", DateFormat: &format, Zone: "America/Los_Angeles"},
		{Name: "$$unigate10", Password: "from a file", Type: "basic", Status: "active", Expiry: unifier.Expiry{N: 10, Unit: unifier.Minutes}},
		{Name: "$$unigateoff", Password: "of four words: horse", Type: "basic", Status: "inactive"},
		{Name: "api@acme.example", Password: "s3cret", Type: "oauth", Status: "active"},
	}
	reveal := cmp.Transformer("reveal", func(s unifier.Secret) string { return s.Reveal() })
	if d := cmp.Diff(want, c.Users, reveal); d != "" {
		t.Error(d)
	}
	if pw, _ := c.Target.Proxy.User.Password(); pw != "p@ss" {
		t.Errorf("proxy password %q", pw)
	}
	if c.Target.Header.Get("X-Api-Key") != "k-1234" || c.Target.Header.Get("X-Unifier-Tenant") != "acme" {
		t.Errorf("headers %v", c.Target.Header)
	}
	if c.Target.Timeout != 10*time.Second || c.Target.MaxClockSkew != 90*time.Second || c.Target.ExpiryParameter != "true" || c.Target.Edition != "24" {
		t.Errorf("%+v", c.Target)
	}
	if d := cmp.Diff(config.Safety{FailedLogins: 2, AllowLoad: true, MaxRate: 12.5}, c.Safety); d != "" {
		t.Error(d)
	}
	for _, secret := range []string{"k-1234", "p@ss", "p%40ss", "me:p@ss"} {
		if !contains(c.Secrets, secret) {
			t.Errorf("%q is not among the secrets %q", secret, c.Secrets)
		}
	}
	if contains(c.Secrets, "acme") {
		t.Error("the tenant is no secret")
	}
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// The identity domain's names are e-mail addresses as often as not (SPEC sections 2 and 6).
func TestNamesOfOAuthUsers(t *testing.T) {
	for _, name := range []string{"api@acme.example", "first.last+unigate@sub.acme.example", "o'brien@acme.example", "Api.User@ACME.example", "$$api", "jürgen@acme.example"} {
		c, err := config.Load(config.Options{File: write(t, "target: {base_url: 'https://unifier.example'}\nusers: [{name: \""+name+"\", password: '${env:P}', type: oauth}]\n"), Env: env("P=secret")})
		if err != nil || len(c.Users) != 1 || c.Users[0].Name != name || c.Users[0].Type != unifier.OAuthType {
			t.Errorf("%s in the file: %+v, %v", name, c, err)
		}
		c, err = config.Load(config.Options{Env: env("UNIGATE_TARGET=https://unifier.example", "UNIGATE_OAUTH_USER="+name, "UNIGATE_OAUTH_PASSWORD=secret")})
		if err != nil || len(c.Users) != 1 || c.Users[0].Name != name || c.Users[0].Type != unifier.OAuthType {
			t.Errorf("%s in the environment: %+v, %v", name, c, err)
		}
	}
}

func TestPrecedence(t *testing.T) {
	p := write(t, "target: {base_url: 'https://file.example', edition: '24', timeout: 5s}\nsafety: {allow_load: true}\n")
	load := func(o config.Options) *config.Config {
		t.Helper()
		o.File = p
		c, err := config.Load(o)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := load(config.Options{})
	if c.Target.BaseURL.Host != "file.example" || !c.Safety.AllowLoad || c.Target.MaxClockSkew != 2*time.Minute {
		t.Errorf("file over default: %+v", c)
	}
	variables := env("UNIGATE_TARGET=https://env.example", "UNIGATE_EDITION=26", "UNIGATE_TIMEOUT=7s", "UNIGATE_RESOURCE=")
	c = load(config.Options{Env: variables})
	if c.Target.BaseURL.Host != "env.example" || c.Target.Edition != "26" || c.Target.Timeout != 7*time.Second {
		t.Errorf("environment over file: %+v", c.Target)
	}
	if c.Safety.AllowLoad || !strings.Contains(c.Safety.AllowLoadDropped, "UNIGATE_TARGET") {
		t.Errorf("permission for another target survived: %+v", c.Safety)
	}
	c = load(config.Options{Env: variables, Target: "https://flag.example", Edition: "21.7"})
	if c.Target.BaseURL.Host != "flag.example" || c.Target.Edition != "21.7" {
		t.Errorf("flag over environment: %+v", c.Target)
	}
	c = load(config.Options{Target: "https://file.example"})
	if !c.Safety.AllowLoad {
		t.Error("the same target by flag lost its permission")
	}
}

func TestUsersFromEnvironment(t *testing.T) {
	p := write(t, "target: {base_url: https://file.example}\nusers: [{name: $$a, password: 'old-one'}]\n")
	c, err := config.Load(config.Options{File: p, Env: env("UNIGATE_USER=$$a", "UNIGATE_PASSWORD=new-one", "UNIGATE_OAUTH_USER=o@x", "UNIGATE_OAUTH_PASSWORD=oauth-one")})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Users) != 2 || c.Users[0].Password.Reveal() != "new-one" || c.Users[1].Type != unifier.OAuthType {
		t.Errorf("%+v", c.Users)
	}
	if _, err := config.Load(config.Options{File: p, Env: env("UNIGATE_USER=$$a")}); err == nil {
		t.Error("a user without a password was accepted")
	}
}

func TestEnvFileOnlyWhenAsked(t *testing.T) {
	p := write(t, "target: {base_url: https://file.example}\nusers: [{name: $$a, password: '${env:PW}'}]\n")
	dotenv := filepath.Join(filepath.Dir(p), ".env")
	if err := os.WriteFile(dotenv, []byte("# comment\nexport PW=\"from dotenv\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Dir(p))
	if _, err := config.Load(config.Options{}); err == nil {
		t.Error(".env was read unasked")
	}
	c, err := config.Load(config.Options{EnvFile: ".env"})
	if err != nil || c.Users[0].Password.Reveal() != "from dotenv" {
		t.Errorf("%v %v", c, err)
	}
	c, err = config.Load(config.Options{EnvFile: ".env", Env: env("PW=from environment")})
	if err != nil || c.Users[0].Password.Reveal() != "from environment" {
		t.Errorf("the environment does not win over the file: %v", err)
	}
}

func TestNoFileIsFine(t *testing.T) {
	t.Chdir(t.TempDir())
	c, err := config.Load(config.Options{})
	if err != nil || c.Target.BaseURL != nil || c.File != "" || c.Safety.FailedLogins != 3 || c.Safety.MaxRate != 50 {
		t.Errorf("%+v %v", c, err)
	}
	for _, text := range []string{"", "# only a comment\n", "---\n", "\ufeff# with a byte order mark\n"} {
		if _, err := config.Load(config.Options{File: write(t, text), Target: "https://flag.example"}); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A target that was meant and is missing is a mistake: the embedded service would
// be examined in its place, and pass.
func TestTargetThatIsMissing(t *testing.T) {
	file := "safety: {failed_logins: 1}\n"
	for _, c := range []struct {
		name   string
		file   string // its text; none where it is empty
		called string
		o      config.Options
		says   string // empty where it is fine
	}{
		{name: "nothing at all"},
		{name: "empty variable", o: config.Options{Env: env("UNIGATE_TARGET=")}, says: "UNIGATE_TARGET: is set, and empty"},
		{name: "empty variable, file", file: "target: {base_url: https://file.example}\n", o: config.Options{Env: env("UNIGATE_TARGET=")}, says: "UNIGATE_TARGET: is set, and empty"},
		{name: "empty variable, flag", o: config.Options{Env: env("UNIGATE_TARGET="), Target: "https://flag.example", TargetFlag: true}},
		{name: "empty flag", o: config.Options{TargetFlag: true}, says: "--target: is given, and empty"},
		{name: "blank flag", o: config.Options{TargetFlag: true, Target: "  "}, says: "--target"},
		{name: "empty flag, variable", o: config.Options{TargetFlag: true, Env: env("UNIGATE_TARGET=https://env.example")}, says: "--target: is given, and empty"},
		{name: "file without a target", file: file, says: "target.base_url is missing"},
		{name: "empty file", file: "# nothing\n", says: "target.base_url is missing"},
		{name: "file without a target, variable", file: file, o: config.Options{Env: env("UNIGATE_TARGET=https://env.example")}},
		{name: "empty name of the file", o: config.Options{Env: env("UNIGATE_CONFIG=")}, says: "UNIGATE_CONFIG: is set, and empty"},
		{name: "other ending", file: file, called: "unigate.yml", says: "unigate.yml: is not read"},
		{name: "other case", file: file, called: "Unigate.YAML", says: "Unigate.YAML: is not read"},
		{name: "hidden", file: file, called: ".unigate.yaml", o: config.Options{Target: "https://flag.example"}, says: ".unigate.yaml: is not read"},
		{name: "other ending, named", file: "target: {base_url: https://file.example}\n", called: "unigate.yml", o: config.Options{File: "unigate.yml"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if c.called == "" {
				c.called = config.DefaultFile
			}
			if c.file != "" {
				if err := os.WriteFile(c.called, []byte(c.file), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			_, err := config.Load(c.o)
			if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("%v, not %q", err, c.says)
			}
		})
	}
}

// TestProxyReferencesAreEncoded puts secrets with every kind of character into a proxy URL.
func TestProxyReferencesAreEncoded(t *testing.T) {
	for _, password := range []string{"plain", "p@ss:w/o?r#d", "ü b&c=d+e", "100%", "a%zz", "[x]"} {
		p := filepath.Join(t.TempDir(), "unigate.yaml")
		text := "target: {base_url: 'https://us2.example', proxy: 'http://${env:PROXY_USER}:${env:PROXY_PASSWORD}@proxy.example:3128'}\nusers: [{name: $$a, password: '${env:PW}'}]\n"
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := config.Load(config.Options{File: p, Env: env("PROXY_USER=me@acme", "PROXY_PASSWORD="+password, "PW=s3cret-word")})
		if err != nil {
			t.Fatalf("%q: %v", password, err)
		}
		if got, _ := c.Target.Proxy.User.Password(); got != password || c.Target.Proxy.User.Username() != "me@acme" || c.Target.Proxy.Host != "proxy.example:3128" {
			t.Errorf("%q became %q", password, c.Target.Proxy)
		}
	}
}

// TestHostsBeyondASCII are converted once, when the configuration is read.
func TestHostsBeyondASCII(t *testing.T) {
	for host, want := range map[string]string{"https://münchen.example:8443/acme": "https://xn--mnchen-3ya.example:8443/acme", "https://MÜNCHEN.example": "https://xn--mnchen-3ya.example"} {
		c, err := config.Load(config.Options{Target: host, Env: env("UNIGATE_USER=$$a", "UNIGATE_PASSWORD=s3cret-word")})
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Target.BaseURL.String(); got != want {
			t.Errorf("%s became %s", host, got)
		}
	}
}

// A user is referred to as the configuration refers to it, so that what doctor prints can be pasted.
func TestReferences(t *testing.T) {
	p := write(t, `target: {base_url: http://x}
users:
  - {name: $$variable, password: "${env:A}"}
  - {name: $$file, password: "${file:secret}"}
  - {name: $$both, password: "${env:A}${file:secret}"}
  - {name: $$mixed, password: "never-${env:A}"}
  - {name: $$clear, password: "never-show-this"}
  - {name: $$other, password: "never-show-this"}
`)
	if err := os.WriteFile(filepath.Join(filepath.Dir(p), "secret"), []byte("hunter22\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(config.Options{File: p, Env: env("A=hunter23", "UNIGATE_USER=$$OTHER", "UNIGATE_PASSWORD=hunter24", "UNIGATE_OAUTH_USER=new@x", "UNIGATE_OAUTH_PASSWORD=hunter25")})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"${env:A}", "${file:secret}", "${env:A}${file:secret}", "", "", "${env:UNIGATE_PASSWORD}", "${env:UNIGATE_OAUTH_PASSWORD}"}
	if len(c.Users) != len(want) {
		t.Fatalf("%d users", len(c.Users))
	}
	for i, u := range c.Users {
		if got := c.Reference(u); got != want[i] {
			t.Errorf("%s: %q, not %q", u.Name, got, want[i])
		}
	}
	if u := c.Users[5]; u.Name != "$$other" || u.Password.Reveal() != "hunter24" {
		t.Errorf("the user of the file did not get the password of the environment: %s", u.Name)
	}
}

// What is written in another way is one target.
func TestBaseURLs(t *testing.T) {
	for raw, want := range map[string]string{
		"https://x/": "https://x", "https://x/a/": "https://x/a", "https://x/a//": "https://x/a", " https://x/a ": "https://x/a",
		"HTTPS://X/a": "https://X/a", "https://x.example./a": "https://x.example./a", "https://h_x/a": "https://h_x/a",
		"http://[::1]:80/": "http://[::1]:80", "https://b\u00fccher.example/%41/": "https://xn--bcher-kva.example/%41", "https://x/ws/restore": "https://x/ws/restore",
	} {
		u, err := config.ParseBaseURL(raw)
		if err != nil || u.String() != want {
			t.Errorf("%q: %v, %v, not %s", raw, u, err, want)
		}
	}
}

// A directive of YAML is no document.
func TestDirective(t *testing.T) {
	if _, err := config.Load(config.Options{File: write(t, "%YAML 1.2\n---\ntarget: {base_url: http://x}\n")}); err != nil {
		t.Error(err)
	}
}
