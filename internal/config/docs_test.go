package config_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/config"
)

const docFile = "../../docs/configuration.md"

// TestDocumentation checks that the page has every key and every variable.
func TestDocumentation(t *testing.T) {
	b, err := os.ReadFile(docFile)
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	for marker, rows := range map[string][]string{"KEYS\n": config.KeyRows(), "VARIABLES\n": config.VariableRows()} {
		if *update {
			page = strings.Replace(page, marker, strings.Join(rows, "\n")+"\n", 1)
		}
		for _, row := range rows {
			if !strings.Contains(page, row+"\n") {
				t.Errorf("docs/configuration.md lacks the row\n%s", row)
			}
		}
	}
	if *update {
		if err := os.WriteFile(docFile, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// FuzzLoad feeds arbitrary files to the parser: it must not crash, says what is
// wrong, and shows the password of no user, wherever the mistake stands. What
// stands in the place of the values that errors quote on purpose, such as the type of
// a user, is FuzzSecretTypos'.
func FuzzLoad(f *testing.F) {
	const password = "Tz8qHunter2Kx"
	f.Add(whole)
	f.Add(string(config.Starter))
	for _, m := range mistakes {
		f.Add(m.text)
		f.Add(m.text + "users:\n  - name: $$a\n    password: " + password + "\n")
		f.Add("users: [{name: $$a, password: " + password + "}]\n" + m.text)
	}
	quoted := regexp.MustCompile(`(?i)(type|status|date_format|time_zone|expiry|language|edition|name|resource|timeout|max_[a-z_]*|[a-z_]*_file|jwks|waivers|requirement)["']?\s*:[^\n]*` + password)
	f.Fuzz(func(t *testing.T, text string) {
		_, err := config.Load(config.Options{File: write(t, text)})
		switch {
		case err == nil:
		case err.Error() == "":
			t.Error("an error that says nothing")
		case strings.Contains(text, "password: "+password) && strings.Count(text, password) == 1 && !quoted.MatchString(text) && strings.Contains(err.Error(), password):
			t.Errorf("%q shows the password:\n%v", text, err)
		}
	})
}
