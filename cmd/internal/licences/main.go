// Command licences lists the modules that a release of unigate is linked from, with
// their licences, and copies the texts. Run it in the module's root:
//
//	go run ./cmd/internal/licences LICENSES/modules.md           the list only
//	go run ./cmd/internal/licences LICENSES/modules.md FOLDER    and the texts
//
// It fails where a module has no licence text, or one that it does not know: such a
// module cannot be shipped.
package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// platforms are the systems of the releases: what is linked differs between them.
var platforms = []string{"linux", "darwin", "windows", "freebsd"}

// module is one linked module.
type module struct {
	Path, Version, Dir string
	// files are the names of its texts, licences the SPDX identifiers found in them.
	files, licences []string
}

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

// run writes the list and, where a folder is named, the texts.
func run(ctx context.Context, args []string) error {
	if len(args) < 1 || len(args) > 2 {
		return errors.New("usage: licences LIST [FOLDER]")
	}
	modules, err := linked(ctx)
	if err != nil {
		return err
	}
	for i := range modules {
		if err := modules[i].read(); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Dir(args[0]), 0o755); err != nil { //nolint:gosec // for everybody
		return err
	}
	if err := os.WriteFile(args[0], list(modules), 0o644); err != nil { //nolint:gosec // a list for everybody
		return err
	}
	if len(args) == 1 {
		return nil
	}
	return copyTexts(args[1], modules)
}

// linked returns the modules whose packages are linked into unigate on any platform,
// and the Go standard library.
func linked(ctx context.Context) ([]module, error) {
	byPath := map[string]module{}
	for _, goos := range platforms {
		cmd := exec.CommandContext(ctx, "go", "list", "-deps", "-json=Module,Standard", "./cmd/unigate")
		cmd.Env = append(os.Environ(), "GOOS="+goos, "CGO_ENABLED=0")
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("go list for %s: %w", goos, err)
		}
		for d := json.NewDecoder(bytes.NewReader(out)); ; {
			var p struct {
				Module *struct {
					Path, Version, Dir string
					Main               bool
				}
			}
			if err := d.Decode(&p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, err
			}
			if p.Module != nil && !p.Module.Main {
				byPath[p.Module.Path] = module{Path: p.Module.Path, Version: p.Module.Version, Dir: p.Module.Dir}
			}
		}
	}
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return nil, err
	}
	// The version of the standard library is that of the build, which unigate version says.
	byPath["std"] = module{Path: "std", Dir: strings.TrimSpace(string(root))}
	all := make([]module, 0, len(byPath))
	for _, m := range byPath {
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b module) int { return cmp.Compare(a.Path, b.Path) })
	return all, nil
}

// texts are the names of files that hold licences and notices.
var texts = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)([.-].*)?$`)

// read finds the module's texts and what they are.
func (m *module) read() error {
	entries, err := os.ReadDir(m.Dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() || !texts.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".go") {
			continue
		}
		m.files = append(m.files, e.Name())
		b, err := os.ReadFile(filepath.Join(m.Dir, e.Name()))
		if err != nil {
			return err
		}
		for _, found := range licensecheck.Scan(b).Match {
			id := strings.TrimSuffix(found.ID, "-Header")
			if id == "GooglePatentsFile" {
				id = "with a patent grant"
			}
			if !slices.Contains(m.licences, id) && !found.IsURL {
				m.licences = append(m.licences, id)
			}
		}
	}
	if len(m.licences) == 0 {
		return fmt.Errorf("%s: no licence that is known among %q", m.Path, m.files)
	}
	slices.Sort(m.licences)
	return nil
}

// list draws the table of modules.
func list(modules []module) []byte {
	var b bytes.Buffer
	b.WriteString(`# Linked modules

What a release of unigate is linked from. Every archive and package holds the texts. This page is written by
` + "`make licences`" + `, and a test keeps it.

| module | version | licence |
|---|---|---|
`)
	for _, m := range modules {
		version := m.Version
		if m.Path == "std" {
			version = "the Go version of the build"
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", m.Path, version, strings.Join(m.licences, ", "))
	}
	return b.Bytes()
}

// copyTexts copies the texts into a folder per module.
func copyTexts(folder string, modules []module) error {
	for _, m := range modules {
		to := filepath.Join(folder, filepath.FromSlash(m.Path))
		if err := os.MkdirAll(to, 0o755); err != nil { //nolint:gosec // for everybody
			return err
		}
		for _, name := range m.files {
			b, err := os.ReadFile(filepath.Join(m.Dir, name))
			if err == nil {
				err = os.WriteFile(filepath.Join(to, name), b, 0o644) //nolint:gosec // for everybody
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
