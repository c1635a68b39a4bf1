package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// pkg is a package whose code is mutated.
type pkg struct {
	name    string // as it was asked for
	folder  string
	set     *token.FileSet
	files   []*source
	info    *types.Info
	types   *types.Package
	imports types.Importer
	tests   []byte // the text of the test files
	mutants []mutant
}

// source is a file of a package.
type source struct {
	path string
	text []byte
	tree *ast.File
}

// listed is what go list says of a package.
type listed struct {
	Dir, ImportPath, Export            string
	GoFiles, TestGoFiles, XTestGoFiles []string
	Module                             struct{ Dir string }
}

// goList asks about packages.
func goList(ctx context.Context, dir string, args ...string) ([]listed, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"list"}, args...)...) //nolint:gosec // the package that was asked for
	cmd.Dir = dir
	cmd.Stderr = os.Stderr //nolint:forbidigo // a command of its own
	b, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w", args[len(args)-1], err)
	}
	var all []listed
	d := json.NewDecoder(bytes.NewReader(b))
	for {
		var l listed
		if err := d.Decode(&l); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, l)
	}
}

// find reads a target's package and lists its mutants by file and place.
func find(ctx context.Context, dir string, t target) (*pkg, error) {
	all, err := goList(ctx, dir, "-json=Dir,ImportPath,GoFiles,TestGoFiles,XTestGoFiles,Module", t.pkg)
	if err != nil {
		return nil, err
	}
	if len(all) != 1 {
		return nil, fmt.Errorf("%s is not one package", t.pkg)
	}
	l := all[0]
	for _, f := range t.files {
		if !slices.Contains(l.GoFiles, f) {
			return nil, fmt.Errorf("%s has no file %s", t.pkg, f)
		}
	}
	p := &pkg{name: t.pkg, folder: l.Dir, set: token.NewFileSet()}
	for _, f := range l.GoFiles {
		s, err := p.read(f)
		if err != nil {
			return nil, err
		}
		if len(t.files) > 0 && !slices.Contains(t.files, f) {
			continue
		}
		rel, err := filepath.Rel(l.Module.Dir, s.path)
		if err != nil {
			return nil, err
		}
		p.mutants = append(p.mutants, mutantsOf(s.path, filepath.ToSlash(rel), s.text, p.set, s.tree)...)
	}
	for _, f := range slices.Concat(l.TestGoFiles, l.XTestGoFiles) {
		b, err := os.ReadFile(filepath.Join(l.Dir, f))
		if err != nil {
			return nil, err
		}
		p.tests = append(p.tests, b...)
	}
	return p, p.check(ctx, dir, l.ImportPath)
}

// read parses a file of the package.
func (p *pkg) read(name string) (*source, error) {
	path := filepath.Join(p.folder, name)
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	tree, err := parser.ParseFile(p.set, path, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	s := &source{path: path, text: text, tree: tree}
	p.files = append(p.files, s)
	return s, nil
}

// check finds the types of the package.
func (p *pkg) check(ctx context.Context, dir, path string) error {
	all, err := goList(ctx, dir, "-export", "-deps", "-json=ImportPath,Export", "fmt", "os", "strconv", "sync/atomic", p.name)
	if err != nil {
		return err
	}
	exports := map[string]string{}
	for _, l := range all {
		exports[l.ImportPath] = l.Export
	}
	p.imports = importer.ForCompiler(p.set, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	p.info = &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}
	var trees []*ast.File
	for _, f := range p.files {
		trees = append(trees, f.tree)
	}
	conf := types.Config{Importer: p.imports}
	p.types, err = conf.Check(path, p.set, trees, p.info)
	return err
}

// mistake is why a rendered file would not compile.
type mistake struct {
	path   string
	offset int
	err    error
}

// mistakes are those of the rendered files.
func (p *pkg) mistakes(rendered map[string]string) ([]mistake, error) {
	set := token.NewFileSet()
	var out []mistake
	var trees []*ast.File
	for path, text := range rendered {
		tree, err := parser.ParseFile(set, path, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		trees = append(trees, tree)
	}
	conf := types.Config{Importer: p.imports, Error: func(err error) {
		var e types.Error
		if errors.As(err, &e) {
			at := set.Position(e.Pos)
			out = append(out, mistake{at.Filename, at.Offset, err})
		}
	}}
	_, _ = conf.Check(p.types.Path(), set, trees, nil)
	return out, nil
}

// typeName is how a file writes a type, or "" where it cannot.
func (p *pkg) typeName(f *source, t types.Type) string {
	if b, ok := t.(*types.Basic); t == nil || ok && b.Info()&types.IsUntyped != 0 {
		return ""
	}
	unknown := false
	name := types.TypeString(t, func(other *types.Package) string {
		if other == p.types {
			return ""
		}
		for _, i := range f.tree.Imports {
			if strings.Trim(i.Path.Value, `"`) == other.Path() {
				if i.Name != nil {
					return i.Name.Name
				}
				return other.Name()
			}
		}
		unknown = true
		return "?"
	})
	if unknown {
		return ""
	}
	return name
}
