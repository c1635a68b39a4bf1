package reports

import (
	"html"
	"path/filepath"
	"strings"
	"testing"
)

// Records of real runs, made by .ci/samples, are drawn as they were: what is made by
// hand has not always what a run leaves out.
func TestRealGolden(t *testing.T) {
	for _, k := range []struct{ file, format string }{
		{"verify.txt", "text"}, {"verify.md", "markdown"}, {"verify.junit.xml", "junit"}, {"verify.github", "github"},
		{"load.txt", "text"}, {"load.md", "markdown"}, {"load.junit.xml", "junit"}, {"load.csv", "csv"},
	} {
		t.Run(k.file, func(t *testing.T) {
			name, _, _ := strings.Cut(k.file, ".")
			run, err := Read(t.Context(), filepath.Join("testdata", "real", name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			got, err := Draw(k.format, run, Options{})
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("real", k.file), got)
		})
	}
}

// The steps of a failure of a real run stand in every report with a blank behind
// their keyword.
func TestRealStepsAreNotGlued(t *testing.T) {
	run, err := Read(t.Context(), filepath.Join("testdata", "real", "verify.json"))
	if err != nil {
		t.Fatal(err)
	}
	for format, escape := range map[string]func(string) string{
		"html": html.EscapeString, "markdown": func(s string) string { return s }, "junit": func(s string) string { return s },
	} {
		got, err := Draw(format, run, Options{Verbose: true})
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		for _, s := range run.Conformance.Scenarios {
			for _, step := range s.Steps {
				keyword := strings.TrimSpace(step.Keyword)
				if keyword != "" && strings.Contains(string(got), escape(keyword+step.Text)) {
					t.Errorf("%s: %q is glued to its keyword", format, step.Text)
				}
				if strings.Contains(string(got), escape(keyword+" "+step.Text)) {
					seen++
				}
			}
		}
		if seen == 0 {
			t.Errorf("%s: no step was found", format)
		}
	}
}
