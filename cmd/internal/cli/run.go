// Package cli is the command line: flags and configuration become validated
// options, rooms are wired together, outcomes become exit statuses. One file
// holds one command.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/unigate/unigate/internal/config"
	"github.com/unigate/unigate/internal/files"
	"github.com/unigate/unigate/internal/printable"
	"github.com/unigate/unigate/internal/redact"
)

// Streams are the standard streams that a run reads and writes.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
}

// app is what the commands of one run share.
type app struct {
	// streams redact what is written to them and break commands to build agents.
	streams Streams
	ctx     context.Context //nolint:containedctx // of the whole run, which the app is
	// document is standard output for what was redacted before it was drawn.
	document io.Writer
	env      func(string) (string, bool)
	// variables are the names of the environment's variables.
	variables []string
	redactor  *redact.Redactor
	// bar is standard error for what is drawn on a terminal and holds figures only.
	bar      io.Writer
	terminal terminal
	baseline baseline
	// progress says whether standard error is a terminal.
	progress bool
	shared   sharedFlags
	// flags are those of the command that runs.
	flags *pflag.FlagSet
	// embedHTTPS makes the embedded reference service speak https.
	embedHTTPS bool
	// dry says that nothing is to be sent.
	dry bool
	// release is what --edition or the configuration names, where that is no edition.
	release string
	// envProblems are what is wrong in the file of --env-file.
	envProblems config.Problems
	// config is the configuration, once it was read.
	config *config.Config
	// opened is the target that was last opened, or tried.
	opened *target
	// drawn says that a run's record went to output.
	drawn bool
	// unwrittenResults is why the file of --results is missing, where it is.
	unwrittenResults error
	// logs is --verbose for the standard logger, which any goroutine of a server
	// may use at any time, while the flags are made and read too.
	logs atomic.Bool
	// afterwards ends what outlives the output, such as the metrics of a run.
	afterwards func()
}

// sharedFlags are the flags that every command has.
type sharedFlags struct {
	config  string
	envFile string
	target  string
	edition string
	out     string
	format  string
	color   string
	quiet   bool
	verbose bool
}

// newRedactor makes the redactor of a run. The negative control of the canary
// test replaces it.
var newRedactor = redact.New

// Run runs unigate with the arguments after the program's name and returns the
// exit status. env looks up environment variables; variables are the names of those
// that exist, in which misspelt ones are found.
func Run(ctx context.Context, args []string, streams Streams, env func(string) (string, bool), variables ...string) int {
	a := &app{ctx: ctx, env: env, variables: variables, redactor: newRedactor(), terminal: terminalOf(streams.Out), progress: terminalOf(streams.Err).is}
	a.hideProxies()
	out, errs := a.redactor.Writer(streams.Out, shown), a.redactor.Writer(streams.Err, shown)
	a.streams = Streams{In: streams.In, Out: out, Err: errs}
	a.document, a.bar = documentWriter{out, streams.Out}, streams.Err
	defer a.quietLog(errs)()
	err := a.execute(ctx, args)
	if err != nil {
		a.report(err)
	}
	if ctx.Err() != nil && statusOf(err) == exitUsage {
		err = exitError(exitInterrupted) // what was being read did not come
	}
	if statusOf(err) == exitUsage && !a.drawn {
		a.removeOld(args)
	}
	// What the writers held back, in case that a secret began there, goes out now.
	if flushErr := errors.Join(out.Flush(), errs.Flush()); flushErr != nil && err == nil {
		return exitInconclusive
	}
	return statusOf(err)
}

// Abandon removes what is half written, for a process that ends at once.
func Abandon() { files.RemoveUnfinished() }

// shown makes lines fit for a terminal and for the log of a build agent.
func shown(text string, begins bool) string {
	return printable.Commands(printable.Text(strings.ReplaceAll(text, "\r\n", "\n")), begins)
}

// documentWriter writes documents, such as reports, between the lines of a
// redacting stream: what is in a document was redacted before it was encoded.
type documentWriter struct {
	lines *redact.Writer
	w     io.Writer
}

// Write writes p as it is, after the lines that were written before.
func (d documentWriter) Write(p []byte) (int, error) {
	if err := d.lines.Flush(); err != nil {
		return 0, err
	}
	return d.w.Write(p)
}

// quietLog keeps the standard logger away from standard error: net/http writes
// there what a server sent unasked, secrets and escape sequences included. With
// --verbose its lines go through the redactor. The returned function undoes it.
func (a *app) quietLog(w io.Writer) (undo func()) {
	before := log.Writer()
	log.SetOutput(logWriter(func(p []byte) {
		if a.logs.Load() {
			fmt.Fprintln(w, printable.Line(strings.TrimSpace(a.redactor.String(string(p))), maxLogLine))
		}
	}))
	return func() { log.SetOutput(before) }
}

// maxLogLine bounds a line of the standard logger, in characters.
const maxLogLine = 300

// logWriter is a function as a writer.
type logWriter func(p []byte)

// Write calls the function.
func (f logWriter) Write(p []byte) (int, error) { f(p); return len(p), nil }

// execute runs the command that the arguments name. A panic becomes an error
// with the stack, which the redacting stream writes: a secret that is part of
// the panic's message does not reach the terminal.
func (a *app) execute(ctx context.Context, args []string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = inconclusive("this is a defect of unigate; please report it with the lines above", "panic: %v\n\n%s", p, debug.Stack())
		}
	}()
	root := a.rootCommand()
	root.SetArgs(args)
	return root.ExecuteContext(ctx)
}

// report writes the error in the voice of the command line: lower case, no
// full stop, the hint on its own line.
func (a *app) report(err error) {
	var e exitError
	if errors.As(err, &e) {
		return // said already
	}
	fmt.Fprintf(a.streams.Err, "unigate: %v\n", err)
	var f *failure
	if errors.As(err, &f) && f.hint != "" {
		fmt.Fprintf(a.streams.Err, "hint: %s\n", f.hint)
	}
}

// rootCommand makes the tree of commands.
func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "unigate",
		Short: "Check and load-test the token services of Oracle Primavera Unifier",
		Long: `unigate answers two questions about the token services of Oracle Primavera Unifier,
before an upgrade and in every CI run: does this system still behave as documented,
and how fast, and up to what load, does it issue tokens?

Without --target it examines its own embedded reference service, offline.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          a.noSubcommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			a.flags = cmd.Flags()
			a.logs.Store(a.shared.verbose)
			a.readEnvFile(cmd)
			if cmd.Flags().Changed("out") && !slices.Contains(writers, cmd.Name()) {
				return usage(strings.Join(writers, ", ")+" do; what is printed can be sent into a file", "unigate %s writes nothing into a folder, and there is --out", cmd.Name())
			}
			return errors.Join(a.environmentFlags(cmd), a.emptyFlags(cmd))
		},
	}
	root.Version = toolVersion().Version
	root.SetVersionTemplate(versionLine() + "\n")
	root.SetIn(a.streams.In)
	root.SetOut(a.streams.Out)
	root.SetErr(a.streams.Err)
	root.SetFlagErrorFunc(flagError)
	f := root.PersistentFlags()
	f.StringVar(&a.shared.config, "config", "", "configuration `FILE` (default unigate.yaml if it exists)")
	f.StringVar(&a.shared.envFile, "env-file", "", "`FILE` of NAME=value lines for ${env:NAME} and UNIGATE_…; no .env is read unasked")
	f.StringVar(&a.shared.target, "target", "", "base `URL` of the target (default: the embedded reference service)")
	f.StringVar(&a.shared.edition, "edition", "", "`ID` of the documentation's edition to check against, or a release such as 23.10 (default auto: what the answers show)")
	f.StringVar(&a.shared.out, "out", "", "write the run record and the reports into `DIR`")
	f.StringVar(&a.shared.format, "format", "text", "what to print: `text|json|junit|markdown|html|messages|csv|github`")
	f.StringVar(&a.shared.color, "color", "auto", "colour: `auto|always|never`")
	f.BoolVar(&a.shared.quiet, "quiet", false, "print the verdict only")
	f.BoolVar(&a.shared.verbose, "verbose", false, "print more about what happens")
	root.AddCommand(
		a.verifyCommand(),
		a.loadCommand(),
		a.compareCommand(),
		a.trendCommand(),
		a.reportCommand(),
		a.selftestCommand(),
		a.specCommand(),
		a.serveCommand(),
		a.keepCommand(),
		a.initCommand(),
		a.doctorCommand(),
		a.adviseCommand(),
		a.versionCommand(),
	)
	a.finishCommands(root)
	return root
}

// finishCommands gives all commands what they have in common.
func (a *app) finishCommands(root *cobra.Command) {
	root.SetHelpCommand(a.helpCommand())
	root.InitDefaultCompletionCmd()
	completeValues(root)
	for _, c := range root.Commands() {
		if c.Name() == "verify" || c.Name() == "load" {
			c.RunE = a.recorded(c.RunE)
		}
		c.Args = usageArgs(c.Args)
		if c.Name() == "completion" {
			nameShells(c)
		}
	}
}

// writers are the commands that write files into --out.
var writers = []string{"verify", "load", "compare", "report", "trend"}

// flagVariables are the environment variables that stand for shared flags;
// those of the target's keys belong to the configuration.
var flagVariables = [][2]string{
	{"UNIGATE_ENV_FILE", "env-file"}, {"UNIGATE_OUT", "out"}, {"UNIGATE_FORMAT", "format"},
	{"UNIGATE_COLOR", "color"}, {"UNIGATE_QUIET", "quiet"}, {"UNIGATE_VERBOSE", "verbose"},
}

// hideProxies makes the credentials of the proxies of the environment known to the redactor.
func (a *app) hideProxies() {
	for _, name := range config.ProxyVariables {
		if v, ok := a.env(name); ok {
			a.redactor.AddProxy(config.ProxyCredentials(v))
		}
	}
}

// readEnvFile adds the variables of --env-file to the environment, for everything that
// looks there. A file that is wrong stays to be read by who reads the configuration,
// which says so: others can do without.
func (a *app) readEnvFile(cmd *cobra.Command) {
	name := a.shared.envFile
	if f := cmd.Flags().Lookup("env-file"); f != nil && !f.Changed {
		name, _ = a.env("UNIGATE_ENV_FILE")
	}
	vars, problems := config.ReadEnvFile(a.ctx, name)
	if len(problems) > 0 {
		a.envProblems = problems
		return
	}
	a.env = config.WithVariables(a.env, vars)
	a.variables = append(slices.Clone(a.variables), slices.Collect(maps.Keys(vars))...)
	a.hideProxies()
}

// environmentFlags sets the shared flags that were not given and that the environment has.
func (a *app) environmentFlags(cmd *cobra.Command) error {
	for _, v := range flagVariables {
		f := cmd.Flags().Lookup(v[1])
		value, ok := a.env(v[0])
		if f == nil || f.Changed || !ok || value == "" {
			continue
		}
		if err := f.Value.Set(value); err != nil {
			what, _ := takes(f)
			return usage("it stands for --"+v[1], "%s takes %s, not %q", v[0], what, value)
		}
	}
	return nil
}

// noSubcommand is the check of the root's arguments: any that is left over was
// meant as a command that does not exist.
func (a *app) noSubcommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	return usage(strings.TrimSpace(didYouMean("unigate ", args[0], names)+" see unigate --help"), "unknown command %q", args[0])
}

// usageArgs makes an error about arguments a usage error.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if check == nil {
			return nil
		}
		if err := check(cmd, args); err != nil {
			if strings.HasPrefix(err.Error(), "unknown command") { // cobra's words for an argument too many
				err = fmt.Errorf("%s takes no arguments, and there is %q", cmd.CommandPath(), args[0])
			} else if strings.Contains(err.Error(), " arg(s)") { // its words for another number of them
				count := fmt.Sprintf("%d arguments", len(args))
				if len(args) == 1 {
					count = "1 argument"
				}
				err = fmt.Errorf("%s, and the call is: unigate %s", count, cmd.Use)
			}
			return usage("see "+cmd.CommandPath()+" --help", "%w", err)
		}
		return nil
	}
}

// flagError makes an error about flags a usage error that names the nearest flag, or
// says what the flag takes.
func flagError(cmd *cobra.Command, err error) error {
	var value *pflag.InvalidValueError
	if errors.As(err, &value) {
		return wrongValue(value.GetFlag(), value.GetValue())
	}
	hint := "see " + cmd.CommandPath() + " --help"
	name, found := strings.CutPrefix(err.Error(), "unknown flag: --")
	if found {
		if near := nearestFlag(cmd, name); near != "" {
			hint = "did you mean --" + near + "?"
		}
	}
	return usage(hint, "%w", err)
}
