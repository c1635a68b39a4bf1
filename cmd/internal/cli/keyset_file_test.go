package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/reference"
)

// TestKeySetFiles reads target.jwks as every other file that a user names.
func TestKeySetFiles(t *testing.T) {
	service := startReference(t, reference.Options{})
	file := func(content string) string {
		name := filepath.Join(t.TempDir(), "keys.json")
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	for _, c := range []struct{ name, path, want string }{
		{"without end", "/dev/zero", "/dev/zero is larger than 1048576 bytes"},
		{"too large", file(`{"keys":[]}` + strings.Repeat(" ", 1<<20)), "is larger than 1048576 bytes"},
		{"a folder", t.TempDir(), "is a folder"},
		{"UTF-16", file("\xff\xfe{\x00"), "is in UTF-16: save it as UTF-8"},
		{"a byte order mark before no key set", file("\ufeff{}"), `target.jwks: not a key set: no list "keys"`},
	} {
		config := configured(t, fmt.Sprintf("target: {base_url: '%s', jwks: '%s'}\n%s", service.URL(), c.path, usersYAML(reference.DefaultUsers())))
		o := unigate(t, "verify", "--requirement", "OAUTH-13", "--config", config)
		if o.exit != 2 || !strings.Contains(o.all(), c.want) {
			t.Errorf("%s: exit %d\n%s", c.name, o.exit, o.all())
		}
	}
}
