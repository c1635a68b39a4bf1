package cli

import (
	"errors"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/unigate/unigate/internal/files"
	"github.com/unigate/unigate/reports"
	"github.com/unigate/unigate/reports/trend"
)

// trendCommand draws many run records over time.
func (a *app) trendCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "trend RUN|DIR...",
		Short: "Draw many run records over time",
		Long: `Draw any number of run records over time, the oldest first: verdicts, requirements by
state, breaking changes of behaviour between neighbours, p50, p95 and p99 of latency and
the capacity with their confidence intervals, and all of it by edition and release.

A RUN is a run.json. In a DIR, and in the folders below it, every JSON file that is a
run record counts; other JSON files are passed over, and said. A record that is named
and is not sound ends the command with exit status 2; one in a DIR stands apart, with
the reason. Copies of a run count once.

Neighbours are runs of the same target. Latency and capacity are drawn of the largest
group of load tests with the same plan against the same target; those of another plan,
of a generator that was saturated, or of which more than 1 % was never sent stand apart.

Records are read one at a time: a thousand take no more memory than one. Formats are
text, html, csv (a line for each run) and json; --out writes trend.html, trend.csv and
trend.json.

The exit status is that of the newest runs, of verify and of load, of the target that
was examined last; a breaking change on the way to them makes it 1.

` + exitHelp,
		Example: `  unigate trend history/
  unigate trend monday/run.json tuesday/run.json --format csv > trend.csv
  unigate trend history --out trend
  unigate trend history --verbose`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.drawTrend(args) },
	}
}

// drawTrend reads the records and draws them over time.
func (a *app) drawTrend(paths []string) error {
	if err := a.checkOutput(trend.Formats()...); err != nil {
		return err
	}
	r, err := trend.Build(a.ctx, paths, trend.Options{Read: reports.Read, Text: a.redactor.String, Documented: documentedTraits})
	switch {
	case a.ctx.Err() != nil:
		return &failure{exit: exitInterrupted, err: errors.New("interrupted while records were read")}
	case errors.Is(err, trend.ErrNoRecords):
		return usage("name run.json files that --out wrote, or a folder with some", "%w", err)
	case err != nil:
		return usage("a run record is the run.json that --out writes", "%w", err)
	}
	b, err := a.trendAs(r, a.shared.format)
	if err == nil {
		err = a.print(b)
	}
	paths, saveErr := a.saveTrend(r)
	a.sayPaths(paths)
	if err = errors.Join(err, saveErr); err != nil {
		return a.unwritten(err, r.Verdict.Exit)
	}
	if r.Verdict.Exit != exitOK {
		return exitError(r.Verdict.Exit)
	}
	return nil
}

// trendAs draws a trend in a format.
func (a *app) trendAs(r *trend.Result, format string) ([]byte, error) {
	if format == "html" {
		return reports.TrendHTML(r)
	}
	o := a.drawing()
	return r.Draw(format, trend.Drawing{Width: o.Width, Color: o.Color, Quiet: o.Quiet, Verbose: o.Verbose})
}

// saveTrend writes the trend's files into --out, if that is given.
func (a *app) saveTrend(r *trend.Result) ([]string, error) {
	if a.shared.out == "" {
		return nil, nil
	}
	var paths []string
	for _, format := range []string{"html", "csv", "json"} {
		b, err := a.trendAs(r, format)
		if err != nil {
			return paths, err
		}
		path := filepath.Join(a.shared.out, "trend."+format)
		if err := files.Make(path, b); err != nil {
			return paths, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}
