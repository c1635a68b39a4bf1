package cli

import (
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports"
)

// recorded makes a command leave a record also where it came to no result, as
// before a target that cannot be reached: who reads only the reports must not take
// those of an earlier run, or none, for an answer.
func (a *app) recorded(run func(*cobra.Command, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		started := time.Now()
		err := run(cmd, args)
		list := cmd.Flags().Lookup("list")
		if !a.drawn && !a.dry && (list == nil || !list.Changed) {
			a.recordUnfinished(cmd.Name(), started, err)
		}
		return err
	}
}

// recordUnfinished writes the record of a run that ended with err before there was
// anything to report: into --out, and to standard output in any format but text,
// for which the error on standard error says it all.
func (a *app) recordUnfinished(command string, started time.Time, err error) {
	verdict := record.Verdict{Exit: statusOf(err)}
	switch verdict.Exit {
	case exitInconclusive:
		verdict.State, verdict.Reasons = record.VerdictInconclusive, []string{err.Error()}
	case exitInterrupted:
		verdict.State, verdict.Reasons = record.VerdictInterrupted, []string{"interrupted"}
	default:
		return
	}
	run := reports.MapText(&record.Run{
		Schema: record.Schema, Tool: toolVersion(), Command: command, Started: started.UTC(), Finished: time.Now().UTC(),
		Target: a.unfinishedTarget(), Verdict: verdict,
	}, a.redactor.String)
	var errs []error
	if a.shared.format != "text" {
		if err := reports.Write(a.document, a.shared.format, run, a.drawing()); !errors.Is(err, reports.ErrNothing) {
			errs = append(errs, err)
		}
	}
	if a.shared.out != "" {
		paths, err := reports.Save(a.shared.out, run)
		errs = append(errs, err)
		a.sayPaths(paths)
	}
	if err := errors.Join(errs...); err != nil {
		a.report(inconclusive("", "%w", err))
	}
}

// removeOld removes the reports of an earlier run from --out where a run ended in
// a mistake before it had any: a CI server that collects them would take the old
// ones, perhaps green, for its own. The flags may be the mistake, so they are
// looked through as they came.
func (a *app) removeOld(args []string) {
	if len(args) == 0 || args[0] != "verify" && args[0] != "load" {
		return
	}
	out, keepRecord := a.shared.out, false
	for i, arg := range args {
		if arg == "--dry-run" || arg == "--list" || arg == "--dry-run=true" || arg == "--list=true" {
			return // it would have written no reports of its own
		}
		if value, ok := strings.CutPrefix(arg, "--out="); ok {
			out = value
		} else if arg == "--out" && i+1 < len(args) {
			out = args[i+1]
		}
		keepRecord = keepRecord || strings.HasPrefix(arg, "--baseline") // which may be the record there
	}
	if env, _ := a.env("UNIGATE_OUT"); out == "" {
		out = env
	}
	if out == "" {
		return
	}
	if err := reports.RemoveOld(out, keepRecord); err != nil {
		a.report(err)
	}
}

// unfinishedTarget is what is known of the target that was tried.
func (a *app) unfinishedTarget() record.Target {
	t := a.opened
	if t == nil {
		return record.Target{BaseURL: a.shared.target, Edition: a.shared.edition}
	}
	out := record.Target{Edition: t.edition, Release: a.release, Embedded: t.embedded, Warning: t.shared()}
	if t.baseURL != nil {
		out.BaseURL = strings.TrimSuffix(t.baseURL.String(), "/")
	}
	if e, err := editionNamed(t.edition); err == nil {
		out.Edition = e.ID
	}
	return out
}
