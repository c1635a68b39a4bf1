// Command mutate asks whether the tests of a package would notice a fault in it: it
// changes one operator, constant or statement at a time, runs the package's own
// tests on each of these mutants, and names those that no test killed.
//
//	go run ./cmd/internal/mutate PACKAGE [FILE.go …] [PACKAGE …]
//
// A file narrows the package before it to itself: "./load verdict.go". The tree is
// never changed: mutants reach the compiler by -overlay, all of them at once where they
// can be switched on by a variable of the environment, or each by itself. Each is given to the tests
// that reach its place, the quick ones first. What changes nothing that a test could see
// stands in the list of -ignore, each with its reason.
//
// The exit status is 1 where a mutant survived, 2 where the tests do not even pass
// without one, or what was asked for makes no sense.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

// errSurvivors says that a mutant lived, which has been printed.
var errSurvivors = errors.New("mutants survived")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	switch err := run(ctx, os.Args[1:], os.Stdout); {
	case errors.Is(err, errSurvivors):
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(2)
	}
}

// run mutates the packages of a command line and prints what survived.
func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("mutate", flag.ContinueOnError)
	flags.SetOutput(out)
	timeout := flags.Duration("timeout", 0, "time of one mutant's tests; 0 is ten times that of the tests without a mutant, ten seconds at least")
	list := flags.Bool("list", false, "print the mutants and test none")
	verbose := flags.Bool("v", false, "print killed mutants too")
	only := flags.String("run", "", "run these tests only, as go test -run does")
	ignore := flags.String("ignore", "", "file of mutants that change nothing, each with its reason")
	dir := flags.String("C", ".", "folder of the module")
	again := flags.String("again", "", "file of mutants, as an earlier run printed them: test those only")
	sample := flags.Int("sample", 0, "test this many mutants of each package, chosen by chance; 0 is all")
	seed := flags.Uint64("seed", 1, "of what -sample chooses")
	if err := flags.Parse(args); err != nil {
		return err
	}
	targets, err := parseTargets(flags.Args())
	if err != nil {
		return err
	}
	equivalent, err := readIgnored(*ignore)
	if err != nil {
		return err
	}
	chosen, err := readPrinted(*again)
	if err != nil {
		return err
	}
	t := tester{dir: *dir, timeout: *timeout, only: *only, verbose: *verbose, out: out}
	var total score
	for _, target := range targets {
		p, err := find(ctx, *dir, target)
		if err != nil {
			return err
		}
		found := len(p.mutants)
		p.choose(*sample, *seed)
		p.keep(chosen)
		if *list {
			for _, m := range p.mutants {
				_, _ = fmt.Fprintln(out, m)
			}
			continue
		}
		s, err := t.test(ctx, p, equivalent)
		if err != nil {
			return err
		}
		if *sample > 0 && len(p.mutants) < found {
			_, _ = fmt.Fprintf(out, "%s: a sample of %d of %d mutants, seed %d\n", target.pkg, len(p.mutants), found, *seed)
		}
		_, _ = fmt.Fprintf(out, "%s: %s\n", target.pkg, s)
		total.add(s)
	}
	if len(targets) > 1 && !*list {
		_, _ = fmt.Fprintf(out, "all: %s\n", total)
	}
	if total.survived > 0 {
		return errSurvivors
	}
	return nil
}

// target is a package and, where they are named, the files of it.
type target struct {
	pkg   string
	files []string
}

// parseTargets reads packages, each with the files that follow it.
func parseTargets(args []string) ([]target, error) {
	var all []target
	for _, a := range args {
		if filepath.Ext(a) != ".go" {
			all = append(all, target{pkg: a})
			continue
		}
		if len(all) == 0 {
			return nil, fmt.Errorf("%s stands before its package\nfor example: ./load verdict.go", a)
		}
		last := &all[len(all)-1]
		last.files = append(last.files, a)
	}
	if len(all) == 0 {
		return nil, errors.New("no package\nfor example: ./load verdict.go")
	}
	return all, nil
}

// score counts mutants.
type score struct {
	killed, survived, unviable, ignored int
	late                                int // of those killed: by running out of time
	took                                time.Duration
}

func (s *score) add(o score) {
	s.killed += o.killed
	s.late += o.late
	s.survived += o.survived
	s.unviable += o.unviable
	s.ignored += o.ignored
	s.took += o.took
}

// String is the score in words. What does not compile was no test of the tests.
func (s score) String() string {
	share := 100.0
	if n := s.killed + s.survived; n > 0 {
		share = 100 * float64(s.killed) / float64(n)
	}
	late := ""
	if s.late > 0 {
		late = fmt.Sprintf(" (%d by running out of time)", s.late)
	}
	return fmt.Sprintf("%d of %d mutants killed%s (%.1f %%), %d survived; %d changed nothing, %d did not compile; %s",
		s.killed, s.killed+s.survived, late, share, s.survived, s.ignored, s.unviable, s.took.Round(time.Second))
}
