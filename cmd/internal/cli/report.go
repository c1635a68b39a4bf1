package cli

import (
	"github.com/spf13/cobra"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports"
	"github.com/unigate/unigate/reports/schema"
)

// reportCommand draws and merges stored run records.
func (a *app) reportCommand() *cobra.Command {
	var printSchema bool
	c := &cobra.Command{
		Use:   "report RUN...",
		Short: "Draw or merge stored run records",
		Long: `Draw stored run records, run.json, in any format: byte for byte what the run gave.
A RUN is the file, or the folder that it is in.

The parts of one plan (load --shard) are put together and judged as the one load
test that they are; a part that is missing, repeated or not whole leaves it open.
Several load tests that each had a plan of their own, at the same time, are added
up: counts and histograms are summed, the series are aligned by the machines'
clocks, the thresholds are judged anew on the sums. A verify and
a load test stand side by side in one report.

The exit status is that of the run, or of the runs together.

` + exitHelp,
		Example: `  unigate report out/run.json
  unigate report out --format html > report.html
  unigate report generator1/run.json generator2/run.json --out merged
  unigate report part0 part1 part2 --out whole
  unigate report out --format csv > series.csv
  unigate report --schema > run.schema.json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if printSchema {
				return cobra.NoArgs(cmd, args)
			}
			return cobra.MinimumNArgs(1)(cmd, args)
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if printSchema {
				return a.print(schema.JSON)
			}
			return a.drawStored(args)
		},
	}
	c.Flags().BoolVar(&printSchema, "schema", false, "print the JSON Schema of run.json")
	return c
}

// drawStored reads the records and draws what they come to.
func (a *app) drawStored(paths []string) error {
	if err := a.checkOutput(); err != nil {
		return err
	}
	var runs []*record.Run
	for _, p := range paths {
		run, err := a.readRecord(p)
		if err != nil {
			return err
		}
		runs = append(runs, run)
	}
	run, err := reports.Merge(runs...)
	if err != nil {
		return usage("see unigate report --help for what can be merged", "%w", err)
	}
	return a.output(run)
}

// readRecord reads a stored record; what is wrong with it is the user's to mend.
func (a *app) readRecord(path string) (*record.Run, error) {
	run, err := reports.Read(a.ctx, path)
	if err != nil {
		return nil, usage("a run record is the run.json that --out writes, or its folder", "%w", err)
	}
	return run, nil
}

// print writes bytes to standard output.
func (a *app) print(b []byte) error {
	if _, err := a.document.Write(b); err != nil {
		return inconclusive("", "cannot write to standard output: %w", err)
	}
	return nil
}
