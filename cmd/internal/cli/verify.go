package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/unigate/unigate/features"
	"github.com/unigate/unigate/internal/input"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/load/self"
	"github.com/unigate/unigate/steps"
)

// verifyFlags are the flags of verify.
type verifyFlags struct {
	tags         string
	requirements []string
	gate         string
	waivers      string
	kept         string
	features     []string
	ownOnly      bool // without the built-in scenarios
	list         bool
	parallel     int
	repeat       int
	failFast     bool
	dryRun       bool
}

// defaultParallel is how many scenarios verify runs at once: with answers that
// take 250 ms a whole run ends within a minute, and no server is pressed.
const defaultParallel = 4

// verifyCommand checks conformance.
func (a *app) verifyCommand() *cobra.Command {
	var o verifyFlags
	c := &cobra.Command{
		Use:   "verify",
		Short: "Check whether the target conforms to its documentation",
		Long: `Check whether the target behaves as the documentation of its edition says.

Each scenario is about a requirement, and each requirement has a level:
documented, sampled (only a sample shows it) or inferred (it follows from
standards). A requirement that is not met fails the run if its level is covered
by --gate, and is a warning otherwise. What the configured users do not allow to
check is skipped, with the reason, and never counts as passed.

Wrong passwords are tried at most safety.failed_logins times per user (default
3); everything else that is malformed uses user names that cannot exist.

Scenarios tagged @load (load objectives) and @slow (they wait until a token is
about to end) run only where --tags names that tag.

` + exitHelp,
		Example: `  unigate verify
  unigate verify --target https://us2.unifier.example/acme/stage --out out
  unigate verify --requirement LOGIN-09,LOGIN-21 --gate documented
  unigate verify --tags '(@LOGIN-10 or @LOGIN-12) and not @slow' --list
  unigate verify --waivers waivers.yaml --format junit > junit.xml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.verify(cmd.Context(), o) },
	}
	f := c.Flags()
	f.StringVar(&o.tags, "tags", "", "run the scenarios that match the tag `EXPRESSION` (and, or, not, parentheses)")
	f.Var(idList{&o.requirements}, "requirement", "run the scenarios about the requirements `ID[,ID]`")
	f.StringVar(&o.gate, "gate", string(record.Sampled), "weakest level that fails the run: `documented|sampled|inferred`")
	f.StringVar(&o.waivers, "waivers", "", "`FILE` of requirements that are known not to be met, for a time")
	f.StringVar(&o.kept, "kept", "", "use each token of `FILE`, which unigate keep wrote, once before anything is fetched")
	f.StringArrayVar(&o.features, "features", nil, "run the scenarios below `DIR` too (repeatable)")
	f.BoolVar(&o.list, "list", false, "list the selected scenarios and send nothing")
	f.BoolVar(&o.dryRun, "dry-run", false, "say what would be sent to whom, and send nothing")
	f.IntVar(&o.parallel, "parallel", defaultParallel, "run `N` scenarios at once")
	f.IntVar(&o.repeat, "repeat", 1, "run everything `N` times and tell flaky answers")
	f.BoolVar(&o.failFast, "fail-fast", false, "begin no scenario after the first that fails")
	a.addBaseline(c)
	return c
}

// verify runs the command.
func (a *app) verify(ctx context.Context, f verifyFlags) error {
	if err := a.checkOutput(); err != nil {
		return err
	}
	c, err := a.loadConfig()
	if err != nil {
		return err
	}
	o, err := a.verifyOptions(f, c.Target.Edition)
	if err != nil {
		return err
	}
	o.EditionOpen = c.Target.Edition == "" && c.Target.BaseURL != nil // as openEdition has it of the target
	selection, err := steps.Select(o)
	if err != nil {
		return usageOf(err)
	}
	if err := a.checkVerifyOutput(f, selection); err != nil {
		return err
	}
	if f.list {
		return a.list(selection)
	}
	started := time.Now()
	a.dry = f.dryRun
	a.embedHTTPS = true // else there would be no TLS to judge (SEC-06)
	t, err := a.openTarget(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = t.close() }()
	if err := a.aim(ctx, &o, t, f.waivers); err != nil {
		return err
	}
	kept, err := a.openKept(f.kept, t)
	if err != nil {
		return err
	}
	if f.dryRun {
		return a.dryVerify(ctx, o, t)
	}
	if warning := t.shared(); warning != "" && !a.shared.quiet {
		_, _ = fmt.Fprintln(a.streams.Err, "unigate: "+warning)
	}
	survived := a.useKept(ctx, kept, t)
	done := a.showVerify(&o, len(selection.Scenarios), t)
	defer collectMore(o.Repeat)()
	result, err := steps.Run(ctx, o)
	done()
	if err != nil {
		return usageOf(err)
	}
	keptTraits(&result.Behaviour, survived)
	result.Conformance.RequestsSent = t.sent(result.Load)
	run := &record.Run{
		Schema: record.Schema, Tool: toolVersion(), Command: "verify", Started: started.UTC(), Finished: time.Now().UTC(),
		Target:      record.Target{BaseURL: t.client.BaseURL(), Edition: result.Edition.ID, Release: a.release, Embedded: t.embedded, Warning: t.shared()},
		Verdict:     result.Verdict,
		Conformance: &result.Conformance, Behaviour: &result.Behaviour, Kept: survived,
	}
	if len(result.Load) == 1 { // a record holds one load test; of several the scenarios tell
		run.Load = result.Load[0]
	}
	return a.output(run)
}

// usageOf turns an error of steps into one with an exit status.
func usageOf(err error) error {
	if !errors.Is(err, steps.ErrUsage) {
		return inconclusive("", "%w", err)
	}
	var h interface{ Hint() string }
	hint := ""
	if errors.As(err, &h) {
		hint = h.Hint()
	}
	return usage(hint, "%w", err)
}

// verifyOptions turns the flags that need no target into options.
func (a *app) verifyOptions(f verifyFlags, edition string) (steps.Options, error) {
	o := steps.Options{
		Tags: f.tags, Requirements: f.requirements, Gate: record.Level(f.gate),
		Parallel: f.parallel, Repeat: f.repeat, FailFast: f.failFast, OwnOnly: f.ownOnly,
	}
	if !o.Gate.Gates(record.Inferred) {
		return o, usage("use documented, sampled or inferred", "unknown level %q for --gate", f.gate)
	}
	if f.parallel < 1 || f.repeat < 1 {
		return o, usage("", "--parallel and --repeat are at least 1")
	}
	for _, dir := range f.features {
		files, err := a.ownFeatures(dir)
		if err != nil {
			return o, err
		}
		o.Own = append(o.Own, files...)
	}
	var err error
	o.Edition, err = editionNamed(edition)
	return o, err
}

// ownFeatures reads the user's own feature files.
func (a *app) ownFeatures(dir string) ([]features.File, error) {
	const hint = "name the folder that your .feature files are in"
	switch info, err := os.Stat(dir); {
	case err != nil:
		return nil, usage(hint, "--features: %w", err)
	case !info.IsDir():
		return nil, usage(hint, "--features: %s is a file, not a folder", dir)
	}
	files, err := features.Read(input.Dir(a.ctx, dir), dir)
	if err != nil {
		return nil, usage("", "--features: %w", err)
	}
	if len(files) == 0 {
		return nil, usage("feature files end in .feature", "--features: no feature file below %s", dir)
	}
	return files, nil
}

// repeatGarbage is the percentage of what is alive that garbage may come to in a run of
// several repetitions, of which much stays alive until the reports are written.
const repeatGarbage = 25

// collectMore keeps the memory of a run of several repetitions small, until the function
// that it returns is called.
func collectMore(repeat int) func() {
	var gc self.Collector
	if repeat > 1 {
		gc.Relax(repeatGarbage)
	}
	return gc.Restore
}

// autoEdition stands for the edition that the answers show.
const autoEdition = "auto"

// editionNamed finds an edition of the documentation, by its id or by a release;
// the default one for "" and for auto.
func editionNamed(id string) (features.Edition, error) {
	all, err := features.LoadEditions()
	if err != nil {
		return features.Edition{}, err
	}
	if id == autoEdition {
		id = ""
	}
	e, ok := features.FindEdition(all, id)
	if !ok {
		var ids []string
		for _, e := range all {
			ids = append(ids, e.ID)
		}
		return e, usage(didYouMean("", id, ids), "unknown edition %q: there are %s", id, strings.Join(ids, ", "))
	}
	return e, nil
}

// aim sets what the options take from the target and its configuration.
func (a *app) aim(ctx context.Context, o *steps.Options, t *target, waivers string) error {
	var err error
	if o.Edition, err = editionNamed(t.edition); err != nil {
		return err
	}
	o.EditionOpen = t.openEdition()
	o.Client, o.BaseURL, o.Users, o.Resource = t.client, t.client.BaseURL(), t.users, t.resource
	o.ExpiryParameter, o.MaxClockSkew, o.FailedLogins = t.expiryParameter, t.maxClockSkew, t.safety.FailedLogins
	o.Redactor = a.redactor
	o.Load = a.loadRunner(t)
	if o.Keys, err = a.keySet(ctx, t); statusOf(err) == exitInconclusive {
		// Signatures are one requirement of many.
		o.NoKeys = "the key set could not be read: " + err.Error()
	} else if err != nil {
		return err
	}
	if a.shared.verbose {
		o.Started = func(name string) { _, _ = fmt.Fprintf(a.streams.Err, "verify: %s\n", name) }
	}
	if waivers == "" {
		waivers = t.waivers
	}
	if waivers == "" {
		return nil
	}
	data, err := input.Read(a.ctx, waivers, input.MaxText)
	if err != nil {
		return usage("", "waivers: %w", err)
	}
	if o.Waivers, err = steps.ParseWaivers(data); err != nil {
		return usage("a waiver has requirement, edition, scenarios, reason, ticket and expires", "%s: %w", waivers, err)
	}
	return checkChanges(o.Waivers, waivers)
}

// list prints the selected scenarios.
func (a *app) list(s *steps.Selection) error {
	w := tabwriter.NewWriter(a.streams.Out, 0, 0, 2, ' ', 0)
	for _, c := range s.Scenarios {
		if _, err := fmt.Fprintf(w, "%s\t%s\t%s\n", strings.Join(c.Requirements, ","), c.Name, c.ID); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(a.streams.Out, counted(len(s.Scenarios), "scenario"))
	return err
}
