package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/config"
)

// mistake is a wrong configuration, the line that the message must name and
// what it must say. The secret never-show-this must never be shown.
type mistake struct {
	name, text string
	line       int
	says       string
}

var mistakes = []mistake{
	{"unknown top key", "targets: {}\n", 1, `unknown key "targets"`},
	{"unknown top key, hint", "targets: {}\n", 1, "did you mean target?"},
	{"unknown key of target", "target:\n  base_ulr: http://x\n", 2, "did you mean base_url?"},
	{"unknown key of tls", "target:\n  tls:\n    ca: x\n", 3, `unknown key "ca"`},
	{"unknown key of a user", "users:\n  - name: $$a\n    password: never-show-this\n    zone: x\n", 4, `users[0]: unknown key "zone"`},
	{"unknown key of safety", "safety:\n  rate: 1\n", 2, `unknown key "rate"`},
	{"key in capitals", "Target: {}\n", 1, "did you mean target?"},
	{"top is a list", "- target\n", 1, "is a list"},
	{"top is text", "target\n", 1, "is a single value"},
	{"target is text", "target: http://x\n", 1, "is a single value"},
	{"users is a mapping", "users:\n  name: x\n", 1, "is a mapping, and should be a list"},
	{"a user is text", "users:\n  - $$a\n", 2, "is a single value"},
	{"tls is a list", "target:\n  tls: [a]\n", 2, "is a list"},
	{"headers is a list", "target:\n  headers: [a]\n", 2, "is a list"},
	{"not YAML: bracket", "target: {base_url: http://x\n", 1, "not valid YAML"},
	{"not YAML: tab", "target:\n\tbase_url: http://x\n", 2, "not valid YAML"},
	{"not YAML: quote", "users:\n  - password: \"never-show-this\n", 2, "not valid YAML"},
	{"reference without quotes in braces", "users:\n  - {name: $$a, password: ${env:A}, type: basic}\n", 2, "needs quotes"},
	{"duplicate key", "target:\n  timeout: 1s\n  timeout: 2s\n", 3, "already defined"},
	{"two documents", "target: {}\n---\ntarget: {}\n", 3, "more than one"},
	{"not UTF-8", "target:\n  resource: /a\xff\n", 2, "not UTF-8"},
	{"anchor", "target: &t\n  timeout: 1s\n", 1, "anchors"},
	{"alias", "users: *u\n", 1, "anchors"},
	{"merge key", "target:\n  <<: {timeout: 1s}\n", 2, "anchors"},
	{"tag", "target:\n  edition: !!str 24\n", 2, "tags"},
	{"no value", "target:\n  timeout:\n", 2, "has no value"},
	{"null", "target:\n  base_url: ~\n", 2, "has no value"},
	{"edition without quotes", "target:\n  edition: 21.7\n", 2, `edition: "21.7"`},
	{"base URL without scheme", "target:\n  base_url: unifier.example\n", 2, "http://"},
	{"base URL of another scheme", "target:\n  base_url: ftp://unifier.example\n", 2, "http://"},
	{"base URL without host", "target:\n  base_url: https:///acme\n", 2, "no host"},
	{"base URL with credentials", "target:\n  base_url: https://me:never-show-this@x/\n", 2, "credentials"},
	{"base URL with query", "target:\n  base_url: https://x/?a=b\n", 2, "query"},
	{"base URL with service", "target:\n  base_url: https://x/acme/ws/rest/service/v1/login\n", 2, "path of a service"},
	{"base URL with bad port", "target:\n  base_url: https://x:70000/\n", 2, "port"},
	{"base URL with a colon and no port", "target:\n  base_url: https://x:/\n", 2, "no port"},
	{"base URL with a colon and no path", "target:\n  base_url: 'http://[::1]:'\n", 2, "no port"},
	{"proxy with a colon and no port", "target:\n  base_url: https://x/\n  proxy: 'http://p:'\n", 3, "no port"},
	{"proxy with bad port", "target:\n  base_url: https://x/\n  proxy: 'http://p:99999'\n", 3, "port"},
	{"key set with a colon and no port", "target:\n  base_url: https://x/\n  jwks: https://keys:/jwks\n", 3, "no port"},
	{"base URL empty", "target:\n  base_url: \"\"\n", 2, "http://"},
	{"expiry_parameter", "target:\n  expiry_parameter: maybe\n", 2, "auto, true, false"},
	{"resource is a URL", "target:\n  resource: https://x/y\n", 2, "path"},
	{"resource without slash", "target:\n  resource: ws/rest\n", 2, "does not begin with /"},
	{"resource with query", "target:\n  resource: /a?b=c\n", 2, "query"},
	{"timeout without unit", "target:\n  timeout: 30\n", 2, "has no unit"},
	{"timeout is no duration", "target:\n  timeout: soon\n", 2, "not a duration"},
	{"timeout of zero", "target:\n  timeout: 0s\n", 2, "is not between 100ms and 10m0s"},
	{"timeout negative", "target:\n  timeout: -5s\n", 2, "is not between"},
	{"skew too large", "target:\n  max_clock_skew: 25h\n", 2, "is not between"},
	{"proxy is no URL", "target:\n  proxy: \"never-show-this proxy\"\n", 2, "not the URL of a proxy"},
	{"proxy of another scheme", "target:\n  proxy: gopher://me:never-show-this@p:1\n", 2, "not an http"},
	{"ca_file missing", "target:\n  tls:\n    ca_file: nowhere.pem\n", 3, "cannot be read"},
	{"ca_file without certificate", "target:\n  tls:\n    ca_file: unigate.yaml\n", 3, "no certificate"},
	{"cert without key", "target:\n  tls:\n    cert_file: unigate.yaml\n", 3, "without key_file"},
	{"key without cert", "target:\n  tls:\n    key_file: unigate.yaml\n", 3, "without cert_file"},
	{"cert and key do not fit", "target:\n  tls:\n    cert_file: unigate.yaml\n    key_file: unigate.yaml\n", 3, "do not fit"},
	{"skip verify is text", "target:\n  tls:\n    insecure_skip_verify: \"yes\"\n", 3, "true or false"},
	{"skip verify and ca_file", "target:\n  tls:\n    insecure_skip_verify: true\n    ca_file: unigate.yaml\n", 3, "meaningless"},
	{"jwks missing", "target:\n  jwks: keys.json\n", 2, "cannot be read"},
	{"jwks of another scheme", "target:\n  jwks: ldap://x/y\n", 2, "neither"},
	{"header Authorization", "target:\n  headers:\n    Authorization: never-show-this\n", 3, "sets it itself"},
	{"header name", "target:\n  headers:\n    \"a b\": never-show-this\n", 3, "not the name of a header field"},
	{"header value is a number", "target:\n  headers:\n    x-tenant: 12\n", 3, "quotes"},
	{"header value of two lines", "target:\n  headers:\n    x-tenant: \"a\\nnever-show-this\"\n", 3, "line break"},
	{"user without name", "users:\n  - password: never-show-this\n", 2, "name is missing"},
	{"user without password", "users:\n  - name: $$a\n", 2, "password is missing"},
	{"user with empty password", "users:\n  - {name: $$a, password: \"\"}\n", 2, "is empty"},
	{"user with empty name", "users:\n  - {name: \"\", password: never-show-this}\n", 2, "is empty"},
	{"user with colon", "users:\n  - {name: \"a:b\", password: never-show-this}\n", 2, "colon"},
	{"password is a number", "users:\n  - name: $$a\n    password: 12345678\n", 3, "should be text"},
	{"password is a list", "users:\n  - name: $$a\n    password: [never-show-this]\n", 3, "is a list"},
	{"variable not set", "users:\n  - name: $$a\n    password: ${env:NOT_SET}\n", 3, "NOT_SET is not set"},
	{"variable empty", "users:\n  - name: $$a\n    password: ${env:EMPTY}\n", 3, "EMPTY is not set"},
	{"file missing", "users:\n  - name: $$a\n    password: ${file:nowhere}\n", 3, "cannot be read"},
	{"file empty", "users:\n  - name: $$a\n    password: ${file:empty}\n", 3, "is empty"},
	{"reference without end", "users:\n  - name: $$a\n    password: \"${env:HOME\"\n", 3, "neither ${env:NAME}"},
	{"reference of another kind", "users:\n  - name: $$a\n    password: ${vault:x}\n", 3, "neither ${env:NAME}"},
	{"type unknown", "users:\n  - {name: $$a, password: never-show-this, type: jwt}\n", 2, "basic, oauth"},
	{"status unknown", "users:\n  - {name: $$a, password: never-show-this, status: Active}\n", 2, "did you mean active?"},
	{"expiry without unit", "users:\n  - {name: $$a, password: never-show-this, expiry: \"10\"}\n", 2, "10 minutes"},
	{"expiry in seconds", "users:\n  - {name: $$a, password: never-show-this, expiry: 10 seconds}\n", 2, "minutes, hours or days"},
	{"expiry too long", "users:\n  - {name: $$a, password: never-show-this, expiry: 501 days}\n", 2, "between 1 and 500"},
	{"expiry is a number", "users:\n  - name: $$a\n    password: never-show-this\n    expiry: 10\n", 4, "10 has no unit"},
	{"date format", "users:\n  - name: $$a\n    password: never-show-this\n    date_format: mm/dd/yyyy\n", 4, "MM/DD/YYYY"},
	{"time zone", "users:\n  - name: $$a\n    password: never-show-this\n    time_zone: PST8\n", 4, "IANA"},
	{"language", "users:\n  - name: $$a\n    password: never-show-this\n    language: English\n", 4, "ISO 639"},
	{"oauth user with expiry", "users:\n  - {name: a@x, password: never-show-this, type: oauth, expiry: 1 day}\n", 2, "of type oauth"},
	{"user twice", "users:\n  - {name: $$a, password: never-show-this}\n  - {name: $$a, password: never-show-this}\n", 3, "stands here twice"},
	{"failed_logins negative", "safety:\n  failed_logins: -1\n", 2, "between 0 and 100"},
	{"failed_logins fraction", "safety:\n  failed_logins: 1.5\n", 2, "whole number"},
	{"failed_logins is text", "safety:\n  failed_logins: \"3\"\n", 2, "should be a number"},
	{"allow_load is yes", "safety:\n  allow_load: yes\n", 2, "true or false"},
	{"max_rate zero", "safety:\n  max_rate: 0\n", 2, "above 0"},
	{"max_rate not a number", "safety:\n  max_rate: .nan\n", 2, "not a number"},
	{"waivers missing", "waivers: nowhere.yaml\n", 1, "cannot be read"},
	{"not YAML: tab, hint", "target:\n\tbase_url: http://x\n", 2, "indent with blanks"},
	{"not YAML: colon at the end, hint", "target:\n  base_url: https://x:\n", 2, "needs quotes"},
	{"not YAML: indented more, hint", "target:\n  timeout: 1s\n   edition: \"24\"\n", 2, "indented alike"},
	{"not YAML: open quotes, hint", "target: {base_url: http://x\n", 1, "come in pairs"},
	{"two documents after a directive", "%YAML 1.2\n---\ntarget: {}\n---\ntarget: {}\n", 5, "more than one"},
	{"base URL with /ws/rest", "target:\n  base_url: https://x/acme/ws/rest\n", 2, "path of a service"},
	{"base URL with /ws/rest/", "target:\n  base_url: https://x/ws/rest/\n", 2, "path of a service"},
	{"base URL with an empty fragment", "target:\n  base_url: \"https://x/a#\"\n", 2, "fragment"},
	{"base URL with an empty part", "target:\n  base_url: https://x//stage\n", 2, "empty part"},
	{"base URL with another folder", "target:\n  base_url: https://x/acme/../stage\n", 2, "the part .. in"},
	{"base URL with another folder, escaped", "target:\n  base_url: https://x/%2e/stage\n", 2, "the part . in"},
	{"host with an empty part", "target:\n  base_url: https://unifier..example/\n", 2, "cannot be a name"},
	{"host that begins with a point", "target:\n  base_url: https://.example/\n", 2, "cannot be a name"},
	{"host with a long part", "target:\n  base_url: https://" + strings.Repeat("a", 64) + ".example/\n", 2, "cannot be a name"},
	{"user of blanks", "users:\n  - {name: \"  \", password: never-show-this}\n", 2, "begins or ends with a blank"},
	{"user with a blank at the end", "users:\n  - {name: \"$$a \", password: never-show-this}\n", 2, "begins or ends with a blank"},
	{"user with an invisible end", "users:\n  - {name: \"$$a\\u200b\", password: never-show-this}\n", 2, "U+200B"},
	{"user with a control character", "users:\n  - {name: \"$$a\\tb\", password: never-show-this}\n", 2, "U+0009"},
	{"user twice in other letters", "users:\n  - {name: $$a, password: never-show-this}\n  - {name: $$A, password: never-show-this}\n", 3, "$$a and $$A are taken for one account"},
	{"variable with a blank", "users:\n  - name: $$a\n    password: \"${env: HOME}\"\n", 3, "no name of a variable"},
	{"time zone by its label", "users:\n  - name: $$a\n    password: never-show-this\n    time_zone: (UTC-08:00) Pacific Time (US & Canada)\n", 4, "did you mean America/Los_Angeles?"},
	{"time zone by its label alone", "users:\n  - name: $$a\n    password: never-show-this\n    time_zone: pacific time (US & Canada)\n", 4, "did you mean America/Los_Angeles?"},
	{"time zone in small letters", "users:\n  - name: $$a\n    password: never-show-this\n    time_zone: america/los angeles\n", 4, "did you mean America/Los_Angeles?"},
	{"time zone misspelt", "users:\n  - name: $$a\n    password: never-show-this\n    time_zone: Europe/Berln\n", 4, "did you mean Europe/Berlin?"},
	{"edition unknown", "target:\n  edition: \"99\"\n", 2, "not a known edition"},
}

func TestMistakes(t *testing.T) {
	if len(mistakes) < 40 {
		t.Fatalf("only %d mistakes", len(mistakes))
	}
	for _, m := range mistakes {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			p := filepath.Join(t.TempDir(), "unigate.yaml")
			for name, text := range map[string]string{p: m.text, filepath.Join(filepath.Dir(p), "empty"): ""} {
				if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			_, err := config.Load(config.Options{File: p, Env: env("EMPTY="), Editions: []string{"21.7", "24"}})
			var problems config.Problems
			if !errors.As(err, &problems) {
				t.Fatalf("no problem was found: %v", err)
			}
			if problems[0].Line != m.line || problems[0].Column < 1 {
				t.Errorf("line %d, column %d, not line %d:\n%v", problems[0].Line, problems[0].Column, m.line, err)
			}
			text := err.Error()
			if !strings.Contains(text, m.says) {
				t.Errorf("does not say %q:\n%s", m.says, text)
			}
			if strings.Contains(text, "never-show") {
				t.Errorf("shows a secret:\n%s", text)
			}
			if !strings.Contains(text, "| ") {
				t.Errorf("has no excerpt:\n%s", text)
			}
		})
	}
}

func TestEveryMistakeIsReportedAtOnce(t *testing.T) {
	p := write(t, "target:\n  timeout: 30\n  edition: 24\nsafety: {rate: 1}\n")
	_, err := config.Load(config.Options{File: p})
	var problems config.Problems
	if !errors.As(err, &problems) || len(problems) != 3 {
		t.Errorf("%v", err)
	}
}

func TestMistakesInTheEnvironmentAndFlags(t *testing.T) {
	for _, c := range []struct {
		o    config.Options
		says string
	}{
		{config.Options{Env: env("UNIGATE_TIMEOUT=soon")}, "UNIGATE_TIMEOUT: target.timeout"},
		{config.Options{Env: env("UNIGATE_INSECURE_SKIP_VERIFY=perhaps")}, "UNIGATE_INSECURE_SKIP_VERIFY"},
		{config.Options{Env: env("UNIGATE_PROXY=x://never-show-this")}, "UNIGATE_PROXY"},
		{config.Options{Target: "localhost:8080"}, "--target: target.base_url: does not begin with http://"},
		{config.Options{Target: "http://me:never-show-this@x"}, "--target"},
		{config.Options{Edition: "99", Editions: []string{"24"}}, "--edition"},
		{config.Options{File: "nowhere.yaml"}, "unigate init"},
		{config.Options{Env: env("UNIGATE_CONFIG=nowhere.yaml")}, "UNIGATE_CONFIG"},
		{config.Options{EnvFile: "nowhere.env"}, "--env-file"},
		{config.Options{Env: env("UNIGATE_TARGE=x"), Environ: []string{"UNIGATE_TARGE"}},
			"UNIGATE_TARGE: is set, but unigate reads no variable of this name\n  did you mean UNIGATE_TARGET?"},
		{config.Options{Env: env("UNIGATE_QUITE=x"), Environ: []string{"UNIGATE_QUITE"}, Flags: []string{"UNIGATE_QUIET"}}, "did you mean UNIGATE_QUIET?"},
		{config.Options{Env: env("UNIGATE_LUNCHBREAK_HOURS=x"), Environ: []string{"UNIGATE_LUNCHBREAK_HOURS"}}, "unset it, or refer to it as ${env:UNIGATE_LUNCHBREAK_HOURS}"},
	} {
		t.Run(c.says, func(t *testing.T) {
			t.Chdir(t.TempDir())
			_, err := config.Load(c.o)
			if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "never-show") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestNamesOfVariables(t *testing.T) {
	names := []string{"UNIGATE_OWN", "UNIGATE_TARGET", "UNIGATE_QUIET", "UNIGATE_PROD_PASSWORD", "UNIGATE_TEST_ALL", "UNIGATE_SERVICE_HOST",
		"UNIGATE_PORT", "UNIGATE_EMPTY", "HOME"}
	o := config.Options{File: write(t, "users: [{name: $$a, password: '${env:UNIGATE_OWN}'}]\n"), Environ: names, Flags: []string{"UNIGATE_QUIET"},
		Env: env("UNIGATE_OWN=hunter22", "UNIGATE_TARGET=https://h.example", "UNIGATE_QUIET=true", "UNIGATE_PROD_PASSWORD=x", "UNIGATE_TEST_ALL=1",
			"UNIGATE_SERVICE_HOST=h", "UNIGATE_PORT=1", "UNIGATE_EMPTY=", "HOME=h")}
	if _, err := config.Load(o); err != nil {
		t.Error(err)
	}
	o.EnvFile = filepath.Join(t.TempDir(), "x.env")
	if err := os.WriteFile(o.EnvFile, []byte("UNIGATE_TIMEOTU=3s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load(o); err == nil || !strings.Contains(err.Error(), "did you mean UNIGATE_TIMEOUT?") {
		t.Errorf("%v", err)
	}
}

func TestExcerptHidesSecretsOfNeighbours(t *testing.T) {
	for _, text := range []string{
		"users:\n  - name: $$a\n    password: never-show-this\n    zone: x\n",
		"users:\n  - name: $$a\n    password: |\n      never-show-this\n    zone: x\n",
		"users:\n  - name: $$a\n    password: \"never-show-this\n      never-show-this\"\n    zone: x\n",
		"users:\n  - {zone: x, name: $$a, 'password' : 'never-show-this, \"} never-show-this', type: basic}\n",
		"target:\n  headers:\n    x-thing: never-show-this\n  zone: x\n",
		"target:\n  headers: {x-thing: never-show-this}\n  zone: x\n",
		"target:\n  proxy: http://me:never-show-this@p:1\n  zone: x\n",
	} {
		_, err := config.Load(config.Options{File: write(t, text)})
		if err == nil || !strings.Contains(err.Error(), "zone") || strings.Contains(err.Error(), "never-show") {
			t.Errorf("%s\n%v", text, err)
		}
	}
}
