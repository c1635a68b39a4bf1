package cli

import (
	"errors"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/unigate/unigate/internal/files"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports"
	"github.com/unigate/unigate/reports/compare"
)

// compareCommand says what changed between two run records.
func (a *app) compareCommand() *cobra.Command {
	var f compareFlags
	c := &cobra.Command{
		Use:   "compare OLD NEW",
		Short: "Say what changed between two run records",
		Long: `Say what changed between two run records, such as before and after an upgrade:

  conformance  what newly fails, was fixed, is no longer checked, or is flaky
  behaviour    what the target does otherwise, in sentences: breaking for programs that
               fetch tokens, documented by the new release, compatible, or unclear
  performance  each service's percentiles, with confidence intervals: better,
               worse, no difference shown, or not comparable

The exit status is 1 only for what is shown: a requirement or scenario that newly
fails, a breaking change of behaviour, a latency whose whole confidence interval is
on the slow side, more errors, or wrong tokens. With --max-regression only the named
percentiles count, and only where the whole interval lies above the limit.

What breaks is a matter of rules, which --rules lists. --accept RULE, or an entry
{change: RULE, reason: …, expires: …} in the file of waivers, accepts it; where it has
ended, or nothing needs it, the exit status is 1. What was checked in the old run and
is not in the new one leaves the comparison open (3), unless --allow-unchecked.

` + exitHelp,
		Example: `  unigate compare before/run.json after/run.json
  unigate compare before after --max-regression login.p99=10% --max-regression p50=5%
  unigate compare before after --accept lifetime-shorter:until=2027-03-31
  unigate compare before after --format html > compare.html
  unigate compare --rules`,
		Args: func(cmd *cobra.Command, args []string) error {
			if f.rules {
				return cobra.NoArgs(cmd, args)
			}
			return cobra.ExactArgs(2)(cmd, args)
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if f.rules {
				return a.listRules()
			}
			return a.compareStored(args[0], args[1], f)
		},
	}
	f.add(c)
	c.Flags().BoolVar(&f.rules, "rules", false, "list the rules by which changes of behaviour are judged")
	return c
}

// compareStored compares two stored records.
func (a *app) compareStored(oldPath, newPath string, f compareFlags) error {
	if err := a.checkOutput(compare.Formats()...); err != nil {
		return err
	}
	o, err := f.options()
	if err != nil {
		return err
	}
	if o.Accept, err = a.acceptedChanges(f); err != nil {
		return err
	}
	old, err := a.readRecord(oldPath)
	if err != nil {
		return err
	}
	new, err := a.readRecord(newPath)
	if err != nil {
		return err
	}
	c, err := a.comparison(old, new, o)
	if err != nil {
		return err
	}
	b, err := c.draw(a.shared.format, a.drawing())
	if err == nil {
		err = a.print(b)
	}
	paths, saveErr := a.saveComparison(c)
	a.sayPaths(paths)
	if err = errors.Join(err, saveErr); err != nil {
		return a.unwritten(err, c.result.Verdict.Exit)
	}
	if c.result.Verdict.Exit != exitOK {
		return exitError(c.result.Verdict.Exit)
	}
	return nil
}

// comparison is two runs and what changed between them.
type comparison struct {
	old, new *record.Run
	result   *compare.Result
}

// comparison compares two runs, free of secrets.
func (a *app) comparison(old, new *record.Run, o compare.Options) (*comparison, error) {
	c := &comparison{
		old: reports.Normalise(reports.MapText(old, a.redactor.String)),
		new: reports.Normalise(reports.MapText(new, a.redactor.String)),
	}
	var err error
	if o.Documented, err = documentedTraits(new.Target.Edition); err != nil {
		return nil, err
	}
	o.Now = time.Now()
	if c.result, err = compare.Compare(c.old, c.new, o); err != nil {
		var unknown *compare.UnknownRuleError
		if errors.As(err, &unknown) {
			return nil, usage(strings.TrimSpace(didYouMean("", unknown.Rule, ruleNames())+" unigate compare --rules lists them"), "%w", err)
		}
		return nil, usage("compare two runs of verify, or two of load", "%w", err)
	}
	return c, nil
}

// draw draws the comparison.
func (c *comparison) draw(format string, o reports.Options) ([]byte, error) {
	if format == "html" {
		return reports.CompareHTML(c.old, c.new, c.result)
	}
	return c.result.Draw(format, compare.Drawing{Width: o.Width, Color: o.Color, Quiet: o.Quiet, Verbose: o.Verbose})
}

// saveComparison writes the comparison's files into --out, if that is given.
func (a *app) saveComparison(c *comparison) ([]string, error) {
	if a.shared.out == "" {
		return nil, nil
	}
	var paths []string
	for _, f := range []struct{ name, format string }{
		{"compare.json", "json"}, {"compare.md", "markdown"}, {"compare.html", "html"},
	} {
		b, err := c.draw(f.format, reports.Options{})
		if err != nil {
			return paths, err
		}
		path := filepath.Join(a.shared.out, f.name)
		if err := files.Make(path, b); err != nil {
			return paths, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// baseline is what --baseline asks for at the end of a run.
type baseline struct {
	path  string
	flags compareFlags
	// command is the one that runs.
	command string
	old     *record.Run
	o       compare.Options
}

// addBaseline adds the flags by which a run is compared with an older one.
func (a *app) addBaseline(c *cobra.Command) {
	c.PreRun = func(cmd *cobra.Command, _ []string) {
		a.baseline.command = cmd.Name()
		a.baseline.flags.waivers = cmd.Flag("waivers").Value.String() // verify has the flag for itself
	}
	c.Flags().StringVar(&a.baseline.path, "baseline", "", "compare the run with the record `FILE` at its end, as unigate compare does")
	a.baseline.flags.add(c)
}

// openBaseline reads the baseline before anything is sent, so that a wrong path
// does not cost a run.
func (a *app) openBaseline() error {
	b := &a.baseline
	if b.path == "" {
		for _, name := range []string{"max-regression", "accept", "allow-unchecked", "waivers"} {
			if b.command != "" && a.given(name) && (name != "waivers" || b.command == "load") { // verify has waivers of its own
				return usage("add --baseline FILE, or leave it out", "--%s needs a run to compare with", name)
			}
		}
		return nil
	}
	var err error
	if b.o, err = b.flags.options(); err != nil {
		return err
	}
	if b.o.Accept, err = a.acceptedChanges(b.flags); err != nil {
		return err
	}
	if b.old, err = a.readRecord(b.path); err != nil {
		return err
	}
	switch old := b.old; {
	case b.command == "load" && old.Load == nil:
		return usage("take the record of a load test", "--baseline: %s holds no load test", b.path)
	case b.command == "verify" && old.Conformance == nil && old.Behaviour == nil:
		return usage("take the record of a verify", "--baseline: %s holds no conformance", b.path)
	case len(b.flags.limits) > 0 && old.Load == nil:
		return usage("take the record of a load test", "--max-regression: the baseline %s holds no load test", b.path)
	}
	return nil
}
