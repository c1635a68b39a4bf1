package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/config"
)

// secretSomewhere are files in which a password stands where it may not, or beside
// a mistake. None of it may be shown, whatever is wrong.
var secretSomewhere = map[string]string{
	"misspelt key":             "target: {base_url: http://h}\nusers:\n  - name: $$a\n    pasword: S3cretWord\n",
	"misspelt key in a flow":   "target: {base_url: http://h}\nusers: [{name: $$a, pasword: S3cretWord}]\n",
	"user and password":        "target: {base_url: http://h}\nusers:\n  - $$a:S3cretWord\n",
	"mapping for a list":       "target: {base_url: http://h}\nusers: {$$a: S3cretWord}\n",
	"mapping in lines":         "target: {base_url: http://h}\nusers:\n  $$a: S3cretWord\n",
	"credentials in the URL":   "target:\n  base_url: http://me:S3cretWord@host/x\n",
	"without a scheme":         "target:\n  base_url: me:S3cretWord@host\n",
	"token in the URL":         "target:\n  base_url: http://host/x?token=S3cretWord\n",
	"as the timeout's key":     "target:\n  base_url: http://h\n  S3cretWord: timeout\n",
	"in a comment":             "target:\n  base_url: http://h # S3cretWord\n  nonsense: 1\n",
	"block":                    "target:\n  base_url: http://h\nusers:\n  - name: $$a\n    pasword: |\n      S3cretWord: 1\n      more\n    nonsense: x\n",
	"broken quotes":            "target:\n  base_url: http://h\nusers:\n  - {name: $$a, password: \"S3cretWord}\n",
	"broken brackets":          "users: [{name: $$a, password: S3cretWord\n",
	"a tab":                    "target:\n\tpassword: S3cretWord\n",
	"env file":                 "UNIGATE_PASSWORD=S3cretWord\nOTHER=x\n",
	"env file with colon":      "A: b\nUNIGATE_PASSWORD=S3cretWord: x\n",
	"twice":                    "users: []\nS3cretWord: 1\nS3cretWord: 2\n",
	"key set with credentials": "target: {base_url: http://h, jwks: \"https://me:S3cretWord@h/k\"}\n",
	"proxy of another kind":    "target: {base_url: http://h, proxy: \"ftp://me:S3cretWord@h\"}\n",
	"header with a list":       "target:\n  base_url: http://h\n  headers:\n    x-key: [S3cretWord]\n",
	"resource":                 "target:\n  base_url: http://h\n  resource: https://h/r?key=S3cretWord\n",
	"two documents":            "target: {base_url: http://h}\n---\npassword: S3cretWord\n",
	"anchor":                   "target: {base_url: http://h}\nusers:\n  - &a {name: $$a, password: S3cretWord}\n  - *a\n",
	"JSON":                     "{\"target\": {\"base_url\": \"http://h\"}, \"users\": [{\"name\": \"$$a\", \"pasword\": \"S3cretWord\"}]}",
}

func TestMistakesShowNoSecret(t *testing.T) {
	for name, text := range secretSomewhere {
		_, err := config.Load(config.Options{File: write(t, text)})
		if err == nil {
			t.Errorf("%s: no mistake was found", name)
			continue
		}
		if strings.Contains(strings.ToLower(err.Error()), "s3cretword") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMistakesShowKeysAndHarmlessValues(t *testing.T) {
	_, err := config.Load(config.Options{File: write(t, "target:\n  base_url: https://us2.unifier.example/acme\n  timeout: soon\n  colour: blue\n")})
	for _, want := range []string{"base_url: https://us2.unifier.example/acme", "timeout: soon", "colour: [redacted]", `unknown key "colour"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("does not show %q:\n%v", want, err)
		}
	}
}

func TestDamagedSecrets(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	load := func(password string, pairs ...string) error {
		file := filepath.Join(dir, "unigate.yaml")
		put("unigate.yaml", "target: {base_url: http://h}\nusers:\n  - {name: $$a, password: "+password+"}\n")
		_, err := config.Load(config.Options{File: file, Env: env(pairs...)})
		return err
	}
	for _, c := range []struct{ name, text, says string }{
		{"one line break", "S3cretWord\n", ""}, {"CR and LF", "S3cretWord\r\n", ""}, {"none", "S3cretWord", ""}, {"mark", "\ufeffS3cretWord\n", ""},
		{"two line breaks", "S3cretWord\n\n", "ends with a line break"}, {"two of DOS", "S3cretWord\r\n\r\n", "ends with a line break"},
		{"two lines", "S3cret\nWord\n", "holds a line break"}, {"NUL", "S3cret\x00Word", "control character U+0000"}, {"UTF-16", "\xff\xfeS\x003\x00", "UTF-16"},
		{"zero width", "S3cretWord\u200b", "ends with the invisible character U+200B"},
	} {
		put("secret", c.text)
		err := load(`"${file:secret}"`)
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), ":3:")) {
			t.Errorf("file with %s: %v", c.name, err)
		}
		if err != nil && strings.Contains(err.Error(), "S3cret") {
			t.Errorf("file with %s shows it: %v", c.name, err)
		}
	}
	for _, c := range []struct{ value, says string }{
		{"S3cretWord", ""}, {" S3cret Word ", ""}, {"S3cretWord\n", "ends with a line break"}, {"S3cretWord\r", "ends with a line break"},
		{"\ufeffS3cretWord", "begins with a byte order mark"}, {"S3cret\tWord", "control character U+0009"},
		{"S3cretWord\u00a0", "ends with the invisible character U+00A0"}, {"\u3000S3cretWord", "begins with the invisible character U+3000"},
		{"S3cretWord\u2028", "ends with the invisible character U+2028"}, {"S3cret\u00a0Word", ""}, {"S3cretW\xf6rd", "is not in UTF-8"}, {"S3cretWörd", ""},
	} {
		for _, err := range []error{load(`"${env:S}"`, "S="+c.value), load(`S3cretWord`, "UNIGATE_USER=$$b", "UNIGATE_PASSWORD="+c.value)} {
			if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("variable %q: %v", c.value, err)
			}
		}
	}
	for _, c := range []struct{ text, says string }{
		{"S=S3cretWord\r\n", ""}, {"\ufeffS=S3cretWord", ""}, {"export S=\"S3cretWord\"\n", ""}, {"S='S3cret # Word'", ""},
		{"S=\"S3cretWord\" # mine\n", ":1:3: S: begins with a quotation mark"}, {"# x\nS='S3cretWord'x\n", ":2:3: S: begins with"},
		{"S=S3cretWord # mine\n", ":1:3: S: holds a blank and #"}, {"S=S3cretWord\t#mine\n", ":1:3: S: holds a blank and #"}, {"S=S3cret#Word\n", ""}, {"S=#S3cretWord\n", ""},
	} {
		put("env", c.text)
		_, err := config.Load(config.Options{File: write(t, "target: {base_url: http://h}\nusers: [{name: $$a, password: \"${env:S}\"}]"), Env: env(), EnvFile: filepath.Join(dir, "env")})
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("env file %q: %v", c.text, err)
		}
	}
}

func TestSecretsAreToldBeforeMistakes(t *testing.T) {
	var told []string
	_, err := config.Load(config.Options{File: write(t, "users:\n  - {name: $$a, password: S3cretWord}\n  - {name: $$b, password: \"${env:S}\"}\nnonsense: 1\n"),
		Env: env("S=0therWord"), Secret: func(s string) { told = append(told, s) }})
	if all := strings.Join(told, " "); err == nil || !strings.Contains(all, "S3cretWord") || !strings.Contains(all, "0therWord") {
		t.Errorf("%q, %v", told, err)
	}
}

func TestUnfitPasswordsAreNoted(t *testing.T) {
	c, err := config.Load(config.Options{File: write(t, "target: {base_url: http://h}\nusers: [{name: $$a, password: \"true\"}, {name: $$b, password: \"0.00\"}, {name: $$c, password: S3cretWord}]"), Env: env("x=y")})
	if err != nil {
		t.Fatal(err)
	}
	if all := strings.Join(c.Notes, "\n"); !strings.Contains(all, "the password of $$a is a word") || !strings.Contains(all, "the password of $$b looks like a figure") || strings.Contains(all, "$$c is") {
		t.Error(all)
	}
}

func TestForeignVariables(t *testing.T) {
	load := func(pairs ...string) error {
		var names []string
		for _, p := range pairs {
			n, _, _ := strings.Cut(p, "=")
			names = append(names, n)
		}
		_, err := config.Load(config.Options{File: write(t, "target: {base_url: http://h}"), Env: env(pairs...), Environ: names})
		return err
	}
	for _, p := range []string{
		"UNIGATE_VERSION=1.2", "UNIGATE_IMAGE=ghcr.io/x", "UNIGATE_IMAGE_TAG=1", "UNIGATE_SERVICE_HOST=10.0.0.1", "UNIGATE_SERVICE_PORT=80", "UNIGATE_SERVICE_PORT_HTTP=80",
		"UNIGATE_PORT=tcp://10.0.0.1:80", "UNIGATE_PORT_80_TCP=tcp://10.0.0.1:80", "UNIGATE_PORT_80_TCP_ADDR=10.0.0.1", "UNIGATE_API_SERVICE_HOST=10.0.0.1",
		"UNIGATE_API_V2_SERVICE_PORT_METRICS=9", "UNIGATE_API_PORT=tcp://10.0.0.1:80", "UNIGATE_API_PORT_53_UDP_PROTO=udp", "UNIGATE_STAGE_PASSWORD=x1",
	} {
		if err := load(p); err != nil {
			t.Errorf("%s: %v", p, err)
		}
	}
	for _, p := range []string{"UNIGATE_TARGT=http://h", "UNIGATE_API_PORT=80", "UNIGATE_VERSIO=1", "UNIGATE_API=1"} {
		if load(p) == nil {
			t.Errorf("%s is not found", p)
		}
	}
}

func TestProxyCredentials(t *testing.T) {
	for raw, want := range map[string][2]string{
		"http://me:p%40ss@proxy:3128": {"me", "p@ss"}, "me:secret@proxy:3128": {"me", "secret"}, "http://me:se@cret@proxy": {"me", "se@cret"}, "http://proxy:3128": {},
		"http://me:100%@proxy": {"me", "100%"}, "socks5://token@proxy": {"token", ""}, "": {}, "http://me:a:b@[::1": {"me", "a:b"},
	} {
		if user, password := config.ProxyCredentials(raw); user != want[0] || password != want[1] {
			t.Errorf("%s: %q, %q", raw, user, password)
		}
	}
}

func TestDeepYAMLIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"brackets": strings.Repeat("[", 100_000), "braces": strings.Repeat("{a: ", 50_000), "dashes": strings.Repeat("- ", 50_000), "keys": strings.Repeat("? ", 50_000),
		"indented": indented(1000),
	} {
		if _, err := config.Load(config.Options{File: write(t, text)}); err == nil || !strings.Contains(err.Error(), "nested deeper") && !strings.Contains(err.Error(), "indented by more") {
			t.Errorf("%s: %.300v", name, err)
		}
	}
}

// indented is YAML of n levels.
func indented(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}
