package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// testCase is one test without a mutant.
type testCase struct {
	name    string
	took    time.Duration
	reached map[int]bool // the mutants whose place it reaches
}

// pattern is what -run takes for tests.
func pattern(cases []*testCase) string {
	names := make([]string, len(cases))
	for i, c := range cases {
		names[i] = regexp.QuoteMeta(c.name)
	}
	return "^(" + strings.Join(names, "|") + ")$"
}

// firstTimeout is of one test without a mutant.
const firstTimeout = 10 * time.Minute

// measure runs each test by itself and without a mutant: how long it takes and what it
// reaches. The quickest come first.
func (t tester) measure(ctx context.Context, binary string) ([]*testCase, error) {
	list, err := t.list(ctx, binary)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(t.scratch, "reached")
	var cases []*testCase
	for _, name := range list {
		c := &testCase{name: name, reached: map[int]bool{}}
		began := time.Now()
		said, err := t.start(ctx, binary, pattern([]*testCase{c}), firstTimeout, envReach+"="+file)
		if err != nil {
			return nil, fmt.Errorf("the tests of %s do not pass without a mutant: %s: %w\n%s", t.p.name, name, err, said)
		}
		c.took = time.Since(began)
		b, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		for _, id := range numbers(string(b)) {
			c.reached[id] = true
		}
		if err := os.RemoveAll(file); err != nil {
			return nil, err
		}
		cases = append(cases, c)
	}
	slices.SortStableFunc(cases, func(a, b *testCase) int { return int(a.took - b.took) })
	return cases, nil
}

// list names the tests of a binary that -run chose.
func (t tester) list(ctx context.Context, binary string) ([]string, error) {
	list := exec.CommandContext(ctx, binary, "-test.list", cmp.Or(t.only, ".")) //nolint:gosec // built above
	list.Dir = t.p.folder
	said, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("the tests of %s cannot be listed: %w", t.p.name, err)
	}
	return slices.DeleteFunc(strings.Fields(string(said)), func(name string) bool { return strings.HasPrefix(name, "Benchmark") }), nil
}
