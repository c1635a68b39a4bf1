package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The page lists what is linked today; `make licences` writes it anew.
func TestListIsTrue(t *testing.T) {
	t.Chdir("../../..")
	fresh := filepath.Join(t.TempDir(), "modules.md")
	folder := t.TempDir()
	if err := run(t.Context(), []string{fresh, folder}); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(fresh)
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile("LICENSES/modules.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, want) {
		t.Errorf("LICENSES/modules.md is not what is linked: run make licences\n%s", want)
	}
	// A module beside the list's: its text was copied.
	if _, err := os.Stat(filepath.Join(folder, "github.com/spf13/cobra/LICENSE.txt")); err != nil {
		t.Error(err)
	}
	for _, no := range []string{"licensecheck", "goleak", "unigate |"} {
		if bytes.Contains(have, []byte(no)) {
			t.Errorf("%s is not linked", no)
		}
	}
}

// The negative control: nothing is shipped whose licence is not known.
func TestUnknownLicencesAreRefused(t *testing.T) {
	for name, text := range map[string]string{"LICENSE": "All rights reserved; ask us.", "README": "MIT"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		m := module{Path: "example.com/x", Dir: dir}
		if err := m.read(); err == nil || !strings.Contains(err.Error(), "example.com/x") {
			t.Errorf("%s %q: %v", name, text, err)
		}
	}
}
