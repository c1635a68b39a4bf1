package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// tester runs the tests of packages on mutants.
type tester struct {
	dir     string
	timeout time.Duration // of one mutant; 0 is measured
	only    string        // tests
	folder  string        // where a package's tests run
	verbose bool
	out     io.Writer
}

// outcome is what became of a mutant.
type outcome string

const (
	killed   outcome = "killed"
	survived outcome = "SURVIVED"
	unviable outcome = "does not compile"
)

// leastTimeout is the time that tests have in any case: a busy machine is no mutant.
const leastTimeout = 30 * time.Second

// test runs a package's tests on its mutants, one after another.
func (t tester) test(ctx context.Context, pkg, folder string, mutants []mutant, equivalent []entry) (score, error) {
	began := time.Now()
	t.folder = folder
	scratch, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return score{}, err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	limit := t.timeout
	if limit == 0 {
		limit = 10 * time.Minute
	}
	binary := filepath.Join(scratch, "tests")
	start := time.Now()
	if o, said, err := t.one(ctx, pkg, "", binary, limit); err != nil || o != survived {
		return score{}, fmt.Errorf("the tests of %s do not pass without a mutant: %w\n%s", pkg, errors.Join(err, errors.New(string(o))), said)
	}
	if t.timeout == 0 {
		limit = max(leastTimeout, 10*time.Since(start))
	}
	var s score
	for _, m := range mutants {
		if ignored(equivalent, m) {
			s.ignored++
			continue
		}
		overlay, err := m.overlay(scratch)
		if err != nil {
			return s, err
		}
		o, _, err := t.one(ctx, pkg, overlay, binary, limit)
		if err != nil {
			return s, err
		}
		switch o {
		case killed:
			s.killed++
		case survived:
			s.survived++
		case unviable:
			s.unviable++
		}
		if o == survived || t.verbose {
			_, _ = fmt.Fprintf(t.out, "%s: %s\n", o, m)
		}
	}
	s.took = time.Since(began)
	return s, nil
}

// overlay writes the mutated file and the list that hands it to the compiler.
func (m mutant) overlay(scratch string) (string, error) {
	source, err := os.ReadFile(m.path)
	if err != nil {
		return "", err
	}
	file, list := filepath.Join(scratch, "mutant.go"), filepath.Join(scratch, "overlay.json")
	if err := os.WriteFile(file, m.apply(source), 0o600); err != nil {
		return "", err
	}
	b, err := json.Marshal(map[string]map[string]string{"Replace": {m.path: file}})
	if err != nil {
		return "", err
	}
	return list, os.WriteFile(list, b, 0o600)
}

// one builds and runs the tests once, with or without a mutant. What does not end
// in time counts as killed: the tests of a machine that builds would not pass.
func (t tester) one(ctx context.Context, pkg, overlay, binary string, limit time.Duration) (outcome, []byte, error) {
	args := []string{"test", "-c", "-o", binary}
	if overlay != "" {
		args = append(args, "-overlay", overlay)
	}
	build := exec.CommandContext(ctx, "go", append(args, pkg)...) //nolint:gosec // the package that was asked for
	build.Dir = t.dir
	if said, err := build.CombinedOutput(); err != nil {
		return unviable, said, ctx.Err()
	}
	args = []string{"-test.failfast", "-test.timeout", limit.String()}
	if t.only != "" {
		args = append(args, "-test.run", t.only)
	}
	var said bytes.Buffer
	late, cancel := context.WithTimeout(ctx, limit+10*time.Second) // a mutant may not even stop by itself
	defer cancel()
	tests := exec.CommandContext(late, binary, args...) //nolint:gosec // built above
	tests.Dir, tests.Stdout, tests.Stderr, tests.WaitDelay = t.folder, &said, &said, time.Second
	switch err := tests.Run(); {
	case ctx.Err() != nil:
		return "", nil, ctx.Err()
	case err != nil:
		return killed, said.Bytes(), nil
	}
	return survived, said.Bytes(), nil
}
