package config_test

import (
	"os"
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

// FuzzLoad feeds arbitrary files to the parser: it must not crash, and says what
// is wrong. That it shows no password is FuzzSecretTypos'.
func FuzzLoad(f *testing.F) {
	f.Add(whole)
	f.Add(string(config.Starter))
	for _, m := range mistakes {
		f.Add(m.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := config.Load(config.Options{File: write(t, text)}); err != nil && err.Error() == "" {
			t.Error("an error that says nothing")
		}
	})
}
