package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// Two builds of one commit give equal bytes, and every command has its page.
func TestPages(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	for _, folder := range []string{first, second} {
		if err := run([]string{folder}, "1800000000"); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"man/unigate.1", "man/unigate-verify.1", "man/unigate-load.1", "completions/unigate.bash", "completions/unigate.zsh", "completions/unigate.fish", "completions/unigate.ps1"} {
		a, err := os.ReadFile(filepath.Join(first, name))
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(second, name))
		if err != nil || !bytes.Equal(a, b) || !bytes.Contains(a, []byte("unigate")) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, epoch := range []string{"", "yesterday"} {
		if err := run([]string{first}, epoch); err == nil {
			t.Errorf("%q is no time", epoch)
		}
	}
}
