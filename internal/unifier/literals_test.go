package unifier_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/unifier"
)

// literalAllowed are the places that may name a service: the table and the
// vocabulary, the reference's encoders and catalogue, and samples.
var literalAllowed = []string{"internal/unifier/", "internal/reference/", "reports/internal/sample/"}

// TestNoServiceLiterals fails where a service's id stands outside the table: what
// tells services apart belongs into their entries.
func TestNoServiceLiterals(t *testing.T) {
	named := serviceLiteral()
	for _, text := range []string{`x == unifier.OAuth {`, `"login"`, `case "v2auth":`, `unifier.V2Login,`} {
		if !named.MatchString(text) {
			t.Errorf("%s is not seen", text)
		}
	}
	for _, text := range []string{`unifier.OAuthType`, `"logins"`, `unifier.LoginPath`} {
		if named.MatchString(text) {
			t.Errorf("%s is taken for a service", text)
		}
	}
	seen := 0
	err := fs.WalkDir(os.DirFS("../.."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && name != "." {
			return fs.SkipDir
		}
		if filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") || allowsLiteral(name) {
			return nil
		}
		b, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil {
			return err
		}
		seen++
		for i, line := range strings.Split(string(b), "\n") {
			if named.MatchString(line) && !strings.HasPrefix(strings.TrimSpace(line), "//") {
				t.Errorf("%s:%d names a service; ask its entry in the table: %s", name, i+1, strings.TrimSpace(line))
			}
		}
		return nil
	})
	if err != nil || seen < 100 {
		t.Errorf("%d files were looked at (%v)", seen, err)
	}
}

// serviceLiteral matches the ids and the constants of all services.
func serviceLiteral() *regexp.Regexp {
	var ids []string
	for _, s := range unifier.Services() {
		ids = append(ids, regexp.QuoteMeta(string(s)))
	}
	return regexp.MustCompile(`unifier\.(OAuth|Login|V2Auth|V2Login)\b|"(` + strings.Join(ids, "|") + `)"`)
}

// allowsLiteral reports whether a file may name a service.
func allowsLiteral(name string) bool {
	for _, dir := range literalAllowed {
		if strings.HasPrefix(filepath.ToSlash(name), dir) {
			return true
		}
	}
	return false
}
