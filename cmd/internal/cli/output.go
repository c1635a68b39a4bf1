package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/term"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports"
)

// terminal says what is known about the stream that reports are printed to.
type terminal struct {
	// is reports whether the stream is a terminal.
	is bool
	// width is in cells; 0 where it is not known.
	width int
}

// terminalOf looks at a stream.
func terminalOf(w io.Writer) terminal {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return terminal{}
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		width = 0
	}
	return terminal{is: true, width: width}
}

// checkOutput finds wrong --format, --color and --baseline values before anything
// is sent.
func (a *app) checkOutput(formats ...string) error {
	if len(formats) == 0 {
		formats = reports.Formats()
	}
	if !slices.Contains(formats, a.shared.format) {
		return usage(didYouMean("", a.shared.format, formats), "unknown format %q for --format: it takes %s",
			a.shared.format, strings.Join(formats, ", "))
	}
	if !slices.Contains([]string{"auto", "always", "never"}, a.shared.color) {
		return usage("use auto, always or never", "unknown value %q for --color", a.shared.color)
	}
	return a.openBaseline()
}

// drawing returns how reports are drawn on standard output. NO_COLOR, when not
// empty, switches automatic colours off (no-color.org).
func (a *app) drawing() reports.Options {
	o := reports.Options{Width: a.terminal.width, Quiet: a.shared.quiet, Verbose: a.shared.verbose}
	if o.Width == 0 {
		if columns, ok := a.env("COLUMNS"); ok {
			if n, err := strconv.Atoi(columns); err == nil { // what is no number counts as unknown
				o.Width = n
			}
		}
	}
	noColor, _ := a.env("NO_COLOR")
	dumb, _ := a.env("TERM")
	o.Color = a.shared.color == "always" || a.shared.color == "auto" && a.terminal.is && noColor == "" && dumb != "dumb"
	return o
}

// output prints the record in the wanted format, writes the reports into --out
// with their paths said, compares with the baseline, and returns the exit status
// as an error. Where something cannot be written, the error says so; a proven
// failure keeps exit status 1, everything else becomes inconclusive.
func (a *app) output(run *record.Run) error {
	a.drawn = true
	run = reports.MapText(run, a.redactor.String)
	exit := run.Verdict.Exit
	var c *comparison
	var compareErr error
	if a.baseline.old != nil {
		run = reports.WithBaseline(run, a.baseline.old)
		if c, compareErr = a.comparison(a.baseline.old, run, a.baseline.o); compareErr == nil {
			exit = worstExit(exit, c.result.Verdict.Exit)
		}
	}
	errs := []error{a.printReports(run, c)}
	if a.shared.out != "" {
		paths, err := reports.Save(a.shared.out, run)
		errs = append(errs, err)
		if c != nil {
			more, err := a.saveComparison(c)
			paths, errs = append(paths, more...), append(errs, err)
		}
		a.sayPaths(paths)
	}
	errs = append(errs, a.unwrittenResults)
	if err := errors.Join(errs...); err != nil {
		return a.unwritten(err, exit)
	}
	switch {
	case exit == exitOK:
		return compareErr
	case compareErr != nil:
		a.report(compareErr)
	}
	return exitError(exit)
}

// printReports prints the run's report, and below it the comparison where the
// format has room for one; otherwise its verdict goes to standard error.
func (a *app) printReports(run *record.Run, c *comparison) error {
	o := a.drawing()
	if err := reports.Write(a.document, a.shared.format, run, o); err != nil || c == nil {
		return err
	}
	switch a.shared.format {
	case "text", "markdown":
		b, err := c.draw(a.shared.format, o)
		if err != nil {
			return err
		}
		if a.shared.format == "text" && !o.Quiet {
			b = append([]byte("\nCompared with the baseline\n"), b...)
		}
		return a.print(b)
	default:
		_, err := fmt.Fprintf(a.streams.Err, "unigate: compared with the baseline: %s\n", c.result.Line())
		return err
	}
}

// worstExit joins the exit statuses of a run and of its comparison: a proven
// failure first, then what the run itself came to.
func worstExit(run, comparison int) int {
	if run == exitFail || comparison == exitFail {
		return exitFail
	}
	return max(run, comparison)
}

// sayPaths names the files that were written: on standard output beside a text
// report, on standard error where standard output holds a machine's format.
func (a *app) sayPaths(paths []string) {
	if a.shared.quiet || len(paths) == 0 {
		return
	}
	w := a.streams.Err
	if a.shared.format == "text" {
		w = a.streams.Out
	}
	// A failing stream has been or will be reported by the report itself.
	line := "Reports:"
	for _, p := range paths {
		if len(line)+1+len(p) > 80 {
			_, _ = fmt.Fprintln(w, line)
			line = " "
		}
		line += " " + p
	}
	_, _ = fmt.Fprintln(w, line)
}

// unwritten is the error for a report that could not be written.
func (a *app) unwritten(err error, exit int) error {
	if errors.Is(err, reports.ErrNothing) {
		return usage("", "%w", err)
	}
	if exit == exitOK {
		exit = exitInconclusive
	}
	return &failure{exit: exit, hint: "the run itself ended, but this report of it is missing", err: err}
}
