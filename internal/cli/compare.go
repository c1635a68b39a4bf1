package cli

import (
	"errors"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports"
	"github.com/unigate/unigate/reports/compare"
)

// compareCommand says what changed between two run records.
func (a *app) compareCommand() *cobra.Command {
	var limits []string
	c := &cobra.Command{
		Use:   "compare OLD NEW",
		Short: "Say what changed between two run records",
		Long: `Say what changed between two run records, such as before and after an upgrade:

  conformance  what newly fails, was fixed, is no longer checked, or is flaky
  behaviour    every observed trait of the target that changed, documented or not
  performance  each service's percentiles, with confidence intervals: better,
               worse, no difference shown, or not comparable

The exit status is 1 only for what is shown: a requirement or scenario that newly
fails, a latency whose whole confidence interval is on the slow side, more
errors, or wrong tokens. With --max-regression only the named percentiles count,
and only where the whole interval lies above the limit. A change of behaviour is
shown and left to you to judge.

` + exitHelp,
		Example: `  unigate compare before/run.json after/run.json
  unigate compare before after --max-regression login.p99=10% --max-regression p50=5%
  unigate compare before after --format html > compare.html`,
		Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error { return a.compareStored(args[0], args[1], limits) },
	}
	addLimits(c, &limits)
	return c
}

// addLimits adds the flag for allowed regressions.
func addLimits(c *cobra.Command, limits *[]string) {
	c.Flags().StringArrayVar(limits, "max-regression", nil, "allow a percentile to grow by `[SERVICE.]PERCENTILE=N%`, such as login.p99=10% (repeatable)")
}

// parseLimits reads the allowed regressions.
func parseLimits(texts []string) (compare.Options, error) {
	var o compare.Options
	for _, t := range texts {
		l, err := compare.ParseLimit(t)
		if err != nil {
			return o, usage("--max-regression takes [SERVICE.]PERCENTILE=N%", "--max-regression: %w", err)
		}
		o.Limits = append(o.Limits, l)
	}
	return o, nil
}

// compareStored compares two stored records.
func (a *app) compareStored(oldPath, newPath string, limits []string) error {
	if err := a.checkOutput(compare.Formats()...); err != nil {
		return err
	}
	o, err := parseLimits(limits)
	if err != nil {
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
	if c.result, err = compare.Compare(c.old, c.new, o); err != nil {
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
		if err := reports.MakeFile(path, b); err != nil {
			return paths, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// baseline is what --baseline asks for at the end of a run.
type baseline struct {
	path   string
	limits []string
	// command is the one that runs.
	command string
	old     *record.Run
	o       compare.Options
}

// addBaseline adds the flags by which a run is compared with an older one.
func (a *app) addBaseline(c *cobra.Command) {
	c.PreRun = func(cmd *cobra.Command, _ []string) { a.baseline.command = cmd.Name() }
	c.Flags().StringVar(&a.baseline.path, "baseline", "", "compare the run with the record `FILE` at its end, as unigate compare does")
	addLimits(c, &a.baseline.limits)
}

// openBaseline reads the baseline before anything is sent, so that a wrong path
// does not cost a run.
func (a *app) openBaseline() error {
	b := &a.baseline
	if b.path == "" {
		if len(b.limits) > 0 {
			return usage("add --baseline FILE", "--max-regression needs a run to compare with")
		}
		return nil
	}
	var err error
	if b.o, err = parseLimits(b.limits); err != nil {
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
	case len(b.limits) > 0 && old.Load == nil:
		return usage("take the record of a load test", "--max-regression: the baseline %s holds no load test", b.path)
	}
	return nil
}
