package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/unigate/unigate/internal/config"
	"github.com/unigate/unigate/internal/printable"
	"github.com/unigate/unigate/internal/unifier"
)

// The states of a check of doctor.
const (
	checkOK   = "ok"
	checkWarn = "warn"
	checkFail = "fail"
	checkSkip = "skip"
)

// check is the outcome of one check of doctor.
type check struct {
	Name  string `json:"name"`
	State string `json:"state"`
	// Says is what was found, Do what to do about it.
	Says string `json:"says"`
	Do   string `json:"do,omitempty"`
}

// doctor goes through the checks in order.
type doctor struct {
	a      *app
	t      *target
	checks []check
	// exit is the worst exit status so far, in the order 3 > 1 > 0.
	exit int
	// anyRefused says that a user that should get a token got 401 or 403.
	anyRefused bool
	// refusals are the refused logins by service, and in the services that gave somebody a token.
	refusals map[unifier.Service]*unifier.Refusals
	in       map[unifier.Service]bool
	// asked are the further services that were called, and absent those that the target does not have.
	asked  map[asking]bool
	absent map[unifier.Service]bool
	// filled are the users with what their answers show, for --fill.
	filled []string
	// waitFor is how long a target that does not answer yet is waited for.
	waitFor time.Duration
}

// doctorCommand checks the way to the target step by step.
func (a *app) doctorCommand() *cobra.Command {
	var fill bool
	var wait time.Duration
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Check configuration, reachability, TLS, clock, credentials: one request each",
		Long: `Check, in this order, the configuration, the name of the target, the connection,
the proxy, TLS, the answer, the clock, the credentials of each user, the
resource and the key set. It stops where it makes no sense to go on.

Each line says ok, or what is wrong and what to do. It sends one request for
each user, so that no account is locked, and a handful of others. Where an answer
shows another time zone, date format or duration than the configuration says, it
says so. With --fill it prints the users' block with what it observed, to paste.

With --wait it first waits until the token service answers, for a system that is
being restarted or upgraded. It sends no credentials until then.

` + doctorExitHelp,
		Example: `  unigate doctor
  unigate doctor --config staging.yaml
  unigate doctor --fill
  unigate doctor --wait 5m && unigate verify
  unigate doctor --format json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd.Context(), fill, wait) },
	}
	c.Flags().BoolVar(&fill, "fill", false, "print the users' block of the configuration with what was observed")
	c.Flags().DurationVar(&wait, "wait", 0, "wait up to `DURATION` for a target that does not answer yet, such as 5m")
	return c
}

// doctorExitHelp is the exit statuses of doctor.
const doctorExitHelp = `Exit status:
  0    everything is right, perhaps with warnings
  1    the target answers, and something is wrong: a user, the clock, the resource
  2    usage or configuration error
  3    the target cannot be reached, or refuses every user that should get a token
  130  interrupted`

// doctor runs the command.
func (a *app) doctor(ctx context.Context, fill bool, wait time.Duration) error {
	if wait < 0 || wait > longestWaitFor {
		return usage("such as 30s or 5m", "--wait is from 0 to %s, not %s", longestWaitFor, wait)
	}
	if err := a.checkOutput("text", "json"); err != nil {
		return err
	}
	if fill {
		if err := a.checkText("--fill"); err != nil {
			return err
		}
	}
	d := &doctor{a: a, waitFor: wait, refusals: map[unifier.Service]*unifier.Refusals{}, in: map[unifier.Service]bool{}, asked: map[asking]bool{}, absent: map[unifier.Service]bool{}}
	err := d.examine(ctx)
	if ctx.Err() != nil {
		err = exitError(exitInterrupted)
	}
	if printErr := d.print(); printErr != nil {
		return inconclusive("", "%w", printErr)
	}
	if fill && len(d.filled) > 0 {
		if _, err := fmt.Fprintf(a.streams.Out, "\nusers: # as observed; each password as your configuration refers to it\n%s\n", strings.Join(d.filled, "\n")); err != nil {
			return inconclusive("", "%w", err)
		}
	}
	if err == nil && d.exit != exitOK {
		err = exitError(d.exit)
	}
	return err
}

// examine goes through the checks. Its error is one that no check shows.
func (d *doctor) examine(ctx context.Context) error {
	if !d.configuration(ctx) {
		return nil
	}
	if d.t == nil {
		return errors.New("no target was opened")
	}
	defer func() { _ = d.t.close() }()
	for _, step := range []func(context.Context) bool{d.wait, d.name, d.connection, d.answer, d.users, d.keys} {
		if ctx.Err() != nil || !step(ctx) {
			break
		}
	}
	return nil
}

// add notes the outcome of a check. A failed one is worth the exit status.
func (d *doctor) add(name, state, do, format string, args ...any) {
	d.checks = append(d.checks, check{name, state, fmt.Sprintf(format, args...), do})
}

// fail notes a failed check with the exit status that it means.
func (d *doctor) fail(exit int, name, do, format string, args ...any) {
	d.add(name, checkFail, do, format, args...)
	if d.exit == exitOK || exit == exitInconclusive || exit == exitUsage {
		d.exit = exit
	}
}

// configuration reads the configuration and opens the target.
func (d *doctor) configuration(ctx context.Context) bool {
	const name = "configuration"
	d.a.embedHTTPS = true
	t, err := d.a.openTarget(ctx)
	if err != nil {
		var problems config.Problems
		var f *failure
		hint := ""
		if errors.As(err, &f) {
			hint = f.hint
		}
		if !errors.As(err, &problems) && statusOf(err) == exitInconclusive {
			d.add(name, checkOK, "", "is well-formed")
			d.fail(exitInconclusive, "connection", hint, "%v", err)
			return false
		}
		d.fail(statusOf(err), name, hint, "%v", err)
		return false
	}
	d.t = t
	where := "no file, " + t.client.BaseURL()
	switch {
	case t.embedded:
		where = "no target is configured: this is the embedded reference service"
	case t.file != "":
		where = t.file + ", " + t.client.BaseURL()
	}
	d.add(name, checkOK, "", "%s, %s", where, counted(len(t.users), "user"))
	if warning := t.shared(); warning != "" {
		d.add(name, checkWarn, "", "%s", warning)
	}
	for _, n := range t.notes {
		d.add(name, checkWarn, "", "%s", n)
	}
	return true
}

// print shows the checks.
func (d *doctor) print() error {
	if d.a.shared.format == "json" {
		checks := slices.Clone(d.checks)
		for i := range checks {
			c := &checks[i]
			c.Says, c.Do = printable.Text(d.a.redactor.String(c.Says)), printable.Text(d.a.redactor.String(c.Do))
		}
		b, err := json.MarshalIndent(map[string]any{"checks": checks, "exit": d.exit}, "", "  ")
		if err != nil {
			return err
		}
		return d.a.print(append(printable.JSON(b), '\n'))
	}
	for _, c := range d.checks {
		if d.a.shared.quiet && (c.State == checkOK || c.State == checkSkip) {
			continue
		}
		if err := d.line(c); err != nil {
			return err
		}
	}
	if d.a.shared.quiet {
		return nil
	}
	_, err := fmt.Fprintln(d.a.streams.Out, d.conclusion())
	return err
}

// colours of the states, as ANSI sequences.
var checkColours = map[string]string{checkOK: "\x1b[32m", checkWarn: "\x1b[33m", checkFail: "\x1b[31m", checkSkip: "\x1b[2m"}

// line prints one check: state, name, what was found and, below, what to do.
func (d *doctor) line(c check) error {
	state := fmt.Sprintf("%-4s", c.State)
	if d.a.drawing().Color {
		state = checkColours[c.State] + state + "\x1b[0m"
	}
	const indent = "\n                     "
	says := strings.ReplaceAll(c.Says, "\n", indent)
	if c.Do != "" {
		says += indent + "→ " + c.Do
	}
	// The line may hold colours, so it is a document of its own.
	text := fmt.Sprintf("%-15s %s\n", c.Name, says)
	_, err := fmt.Fprintf(d.a.document, "%s %s", state, shown(d.a.redactor.String(text), false))
	return err
}

// conclusion is the last line.
func (d *doctor) conclusion() string {
	n := map[string]int{}
	for _, c := range d.checks {
		n[c.State]++
	}
	switch {
	case n[checkFail] > 0:
		return fmt.Sprintf("%d of %s failed", n[checkFail], counted(len(d.checks), "check"))
	case n[checkWarn] > 0:
		return "ready, with " + counted(n[checkWarn], "warning")
	}
	return "ready"
}

// said is a server's text as it may be shown.
func said(s string) string { return printable.Line(s, 120) }
