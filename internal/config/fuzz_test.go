package config_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/config"
)

// FuzzSecretTypos has a secret stand in a file with one more mistake: no error shows it.
func FuzzSecretTypos(f *testing.F) {
	for _, s := range []string{"pasword", "password", "pass", "passwort", "proxy", "users", "token", "pwd"} {
		f.Add(s, ": ", "typ: x", false)
		f.Add(s, " : ", "tpe: basic", true)
	}
	key := regexp.MustCompile(`^[a-zA-Z_-]{0,20}$`)
	f.Fuzz(func(t *testing.T, k, sep, more string, flow bool) {
		if !key.MatchString(k) || strings.ContainsAny(sep+more, "\n\r") {
			t.Skip()
		}
		const secret = "Tz8qHunter2Kx"
		text := "target:\n  base_url: http://127.0.0.1:9\nusers:\n  - name: $$a\n    " + k + sep + secret + "\n    " + more + "\n"
		if flow {
			text = "target:\n  base_url: http://127.0.0.1:9\nusers:\n  - {name: $$a, " + k + sep + secret + ", " + more + "}\n"
		}
		if _, err := config.Load(config.Options{File: write(t, text)}); err != nil && strings.Contains(err.Error(), secret) && !quotes(k) {
			t.Fatalf("%q shows the secret:\n%s", text, err)
		}
	})
}

// quotes reports whether errors quote the value of a key on purpose.
func quotes(k string) bool {
	switch k {
	case "type", "status", "date_format", "time_zone", "expiry", "language":
		return true
	}
	return false
}
