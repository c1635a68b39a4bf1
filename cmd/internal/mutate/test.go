package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// tester runs the tests of packages on mutants.
type tester struct {
	dir     string
	timeout time.Duration // of one mutant; 0 is measured
	only    string        // tests
	verbose bool
	out     io.Writer

	p       *pkg
	scratch string
	cases   []*testCase
}

// outcome is what became of a mutant.
type outcome string

const (
	killed   outcome = "killed"
	late     outcome = "killed, out of time"
	survived outcome = "SURVIVED"
	unseen   outcome = "SURVIVED, no test reaches it"
	unviable outcome = "does not compile"
)

// leastTimeout is the time that tests have in any case: a busy machine is no mutant.
const leastTimeout = 10 * time.Second

// choose keeps n mutants, chosen by chance; 0 is all.
func (p *pkg) choose(n int, seed uint64) {
	if n == 0 || n >= len(p.mutants) {
		return
	}
	places := rand.New(rand.NewPCG(seed, 0)).Perm(len(p.mutants))[:n] //nolint:gosec // a sample
	slices.Sort(places)
	chosen := make([]mutant, n)
	for i, at := range places {
		chosen[i] = p.mutants[at]
	}
	p.mutants = chosen
}

// keep leaves the mutants that were chosen by name; nil is all.
func (p *pkg) keep(chosen map[string]bool) {
	if chosen != nil {
		p.mutants = slices.DeleteFunc(p.mutants, func(m mutant) bool { return !chosen[m.known()] })
	}
}

// test runs a package's tests on its mutants, one after another.
func (t tester) test(ctx context.Context, p *pkg, equivalent []entry) (s score, err error) {
	began := time.Now()
	defer func() { s.took = time.Since(began) }()
	if t.scratch, err = os.MkdirTemp("", "mutate"); err != nil {
		return s, err
	}
	defer func() { _ = os.RemoveAll(t.scratch) }()
	t.p = p
	files, err := p.switched()
	if err != nil {
		return s, err
	}
	binary := filepath.Join(t.scratch, "tests")
	if said, err := t.build(ctx, binary, files); err != nil {
		return s, fmt.Errorf("the tests of %s do not build: %w\n%s", p.name, err, said)
	}
	if t.cases, err = t.measure(ctx, binary); err != nil {
		return s, err
	}
	for _, m := range p.mutants {
		if ignored(equivalent, m) {
			s.ignored++
			continue
		}
		o, err := t.mutant(ctx, binary, m)
		if err != nil {
			return s, err
		}
		s.count(o)
		if o == survived || o == unseen || t.verbose {
			_, _ = fmt.Fprintf(t.out, "%s: %s\n", o, m)
		}
	}
	return s, nil
}

func (s *score) count(o outcome) {
	switch o {
	case late:
		s.late++
		s.killed++
	case killed:
		s.killed++
	case survived, unseen:
		s.survived++
	case unviable:
		s.unviable++
	}
}

// mutant tests one mutant.
func (t tester) mutant(ctx context.Context, binary string, m mutant) (outcome, error) {
	if m.id != 0 {
		reaching := slices.DeleteFunc(slices.Clone(t.cases), func(c *testCase) bool { return !c.reached[m.id] })
		if len(reaching) == 0 {
			return unseen, nil
		}
		return t.run(ctx, binary, m.id, reaching)
	}
	source, err := os.ReadFile(m.path)
	if err != nil {
		return "", err
	}
	binary += "-of-one"
	if _, err := t.build(ctx, binary, map[string]string{m.path: string(m.apply(source))}); err != nil {
		return unviable, ctx.Err()
	}
	return t.run(ctx, binary, 0, t.cases)
}

// build makes the binary of the package's tests with some of its files changed.
func (t tester) build(ctx context.Context, binary string, files map[string]string) ([]byte, error) {
	replace := map[string]string{}
	for path, text := range files {
		replace[path] = filepath.Join(t.scratch, filepath.Base(path))
		if err := os.WriteFile(replace[path], []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	b, err := json.Marshal(map[string]map[string]string{"Replace": replace})
	if err != nil {
		return nil, err
	}
	overlay := filepath.Join(t.scratch, "overlay.json")
	if err := os.WriteFile(overlay, b, 0o600); err != nil {
		return nil, err
	}
	build := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-o", binary, "-overlay", overlay, t.p.name) //nolint:gosec // the package that was asked for
	build.Dir = t.dir
	return build.CombinedOutput()
}

// run runs tests on a mutant, the quick ones first and each batch five times as long as
// the one before. What does not end in time counts as killed: the tests of a machine that builds
// would not pass.
func (t tester) run(ctx context.Context, binary string, id int, cases []*testCase) (outcome, error) {
	for batch := time.Second / 2; len(cases) > 0; batch *= 5 {
		n, total := 0, time.Duration(0)
		for n < len(cases) && (n == 0 || total+cases[n].took <= batch) {
			total += cases[n].took
			n++
		}
		limit := t.timeout
		if limit == 0 {
			limit = max(leastTimeout, 10*total)
		}
		_, err := t.start(ctx, binary, pattern(cases[:n]), limit, fmt.Sprintf("%s=%d", envMutant, id))
		switch {
		case ctx.Err() != nil:
			return "", ctx.Err()
		case errors.Is(err, errLate):
			return late, nil
		case err != nil:
			return killed, nil //nolint:nilerr // tests that fail are what was asked for
		}
		cases = cases[n:]
	}
	return survived, nil
}

// errLate is of tests that did not end in time.
var errLate = errors.New("the tests did not end in time")

// most is the memory in kilobytes that a test may have: a mutant may ask for all there is.
const most = 3 << 20

// start runs tests.
func (t tester) start(ctx context.Context, binary, only string, limit time.Duration, env ...string) ([]byte, error) {
	var said bytes.Buffer
	inTime, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tests := exec.CommandContext(inTime, "sh", "-c", fmt.Sprintf(`ulimit -d %d; exec "$0" "$@"`, most), //nolint:gosec // built above
		binary, "-test.failfast", "-test.timeout", "0", "-test.run", only)
	tests.Dir, tests.Stdout, tests.Stderr, tests.WaitDelay = t.p.folder, &said, &said, time.Second
	tests.Env = append(os.Environ(), env...) //nolint:forbidigo // a command of its own
	err := tests.Run()
	if inTime.Err() != nil {
		return said.Bytes(), errLate
	}
	return said.Bytes(), err
}
