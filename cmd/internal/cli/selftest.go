package cli

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/redact"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load/self"
	"github.com/unigate/unigate/steps"
)

// selftestFlags are the flags of selftest.
type selftestFlags struct {
	only     []string
	parallel int
}

// selftestCommand proves that verify can be trusted.
func (a *app) selftestCommand() *cobra.Command {
	var o selftestFlags
	c := &cobra.Command{
		Use:   "selftest",
		Short: "Prove that verify catches every catalogued fault and raises no false alarm",
		Long: `Run verify against the embedded reference service once for every fault of its
catalogue, and see that exactly the requirements that the fault breaks are found
unmet, and no other one. Then run it against conforming variants of the service,
which look different and are right, and see that nothing is found.

It prints the matrix and two figures: faults caught, and false alarms. Nothing
leaves this machine.

Exit status:
  0    every fault was caught by the requirements that it breaks, no false alarm
  1    a fault was missed, or a requirement that holds was found unmet
  2    usage error
  3    a case could not be decided, or unigate failed
  130  interrupted`,
		Example: `  unigate selftest
  unigate selftest --only login-expiry-501-accepted
  unigate selftest --format json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.checkOutput("text", "json"); err != nil {
				return err
			}
			cases, err := selftestCases(o.only)
			if err != nil {
				return err
			}
			if o.parallel < 1 {
				return usage("leave it out for the default", "--parallel is at least 1")
			}
			return a.selftest(cmd.Context(), cases, o.parallel, openReference)
		},
	}
	c.Flags().Var(idList{&o.only}, "only", "run the faults and variants `NAME[,NAME]`")
	// Twice as many as processors: a case waits for its service, and the service for it.
	c.Flags().IntVar(&o.parallel, "parallel", 2*runtime.GOMAXPROCS(0), "run `N` cases at once; twice as many as processors, where nothing is said")
	c.Flags().Lookup("parallel").DefValue = "0" // so that help and manual do not depend on the machine that prints them
	return c
}

// selftestInstant is when the self-test takes place, whenever it is run: what a
// fault of dates and time zones breaks depends on the season. It is in the
// northern winter, so that some zones have daylight saving time and some don't,
// and a duration of 180 days ends on the other side of the clock changes. It is
// in the second half of a minute, so that rounding is not cutting off.
var selftestInstant = time.Date(2027, time.January, 12, 10, 20, 40, 0, time.UTC)

// selftestClock starts at an instant and goes on from there. Who waits by it
// waits no time: the clock is put forward, for the service as well. So the
// scenarios that wait until a token is about to end take part.
type selftestClock struct {
	instant time.Time
	started time.Time
	skipped atomic.Int64 // nanoseconds
}

// now is the self-test's time.
func (c *selftestClock) now() time.Time {
	return c.instant.Add(time.Since(c.started) + time.Duration(c.skipped.Load()))
}

// sleep puts the clock forward.
func (c *selftestClock) sleep(ctx context.Context, d time.Duration) error {
	c.skipped.Add(int64(d))
	return ctx.Err()
}

// selftestTags selects every scenario but the load objectives: @slow ones run
// only where an expression names the tag.
const selftestTags = "@slow or not @slow"

// openReference starts the reference service of a case.
func openReference(ctx context.Context, c steps.SelfTestCase) (steps.Options, func(), error) {
	if c.Conforming {
		return openService(ctx, reference.Options{Variants: strings.Split(c.Name, combinedName)}, selftestInstant)
	}
	return openService(ctx, reference.Options{Faults: []string{c.Name}}, selftestInstant)
}

// openService starts a reference service at an instant.
func openService(ctx context.Context, o reference.Options, instant time.Time) (steps.Options, func(), error) {
	clock := &selftestClock{instant: instant, started: time.Now()}
	o.Now = clock.now
	service, err := reference.New(o)
	if err != nil {
		return steps.Options{}, nil, err
	}
	server, err := service.Start(ctx, "127.0.0.1:0")
	if err != nil {
		return steps.Options{}, nil, err
	}
	transport := unifier.NewTransport(unifier.TransportOptions{Control: unifier.LoopbackOnly, RootCAs: service.Roots()})
	stop := func() {
		transport.CloseIdleConnections()
		_ = server.Close()
	}
	options, err := referenceOptions(service, server.URL(), transport, clock)
	if err != nil {
		stop()
		return steps.Options{}, nil, err
	}
	return options, stop, nil
}

// referenceOptions are the options that verify a reference service. One
// scenario runs at a time, so that faults that count requests do the same in
// every run.
func referenceOptions(service *reference.Service, baseURL string, transport *unifier.Transport, clock *selftestClock) (steps.Options, error) {
	base, err := url.Parse(baseURL)
	if err != nil {
		return steps.Options{}, err
	}
	client, err := unifier.NewClient(unifier.ClientOptions{BaseURL: base, Transport: transport, Now: clock.now})
	if err != nil {
		return steps.Options{}, err
	}
	keys, err := oracle.ParseKeySet(service.JWKS())
	if err != nil {
		return steps.Options{}, err
	}
	edition, err := editionNamed(service.Edition())
	if err != nil {
		return steps.Options{}, err
	}
	return steps.Options{
		Client: client, BaseURL: baseURL, Users: service.Users(), Edition: edition, Resource: unifier.ResourcePath,
		Keys: keys, FailedLogins: 3, Parallel: 1, Redactor: redact.New(),
		Now: clock.now, Sleep: clock.sleep, Tags: selftestTags,
	}, nil
}

// selftest runs the cases and prints what came of them.
func (a *app) selftest(ctx context.Context, cases []steps.SelfTestCase, parallel int, open steps.SelfTestOpener) error {
	var gc self.Collector
	gc.Relax(lessGarbage)
	defer gc.Restore()
	started := time.Now()
	outcomes := steps.SelfTest(ctx, cases, parallel, open)
	sum := summarize(outcomes, time.Since(started))
	var err error
	if a.shared.format == "json" {
		err = writeSelftestJSON(a.document, sum, outcomes)
	} else {
		err = a.writeSelftest(sum, outcomes)
	}
	switch {
	case err != nil:
		return err
	case ctx.Err() != nil:
		return exitError(exitInterrupted)
	case sum.Caught < sum.Faults || sum.FalseAlarms > 0:
		return exitError(exitFail)
	case sum.Undecided > 0:
		return exitError(exitInconclusive)
	}
	return nil
}

// lessGarbage is the percentage by which the heap grows before garbage is collected,
// while the self-test runs: its cases drop what they allocated within a second, and
// what is alive is a few MB at any time.
const lessGarbage = 400

// selftestSummary are the figures of a self-test. A fault is caught if verify
// found just the requirements that it breaks; a false alarm is a case of which
// verify found a requirement unmet that holds.
type selftestSummary struct {
	Faults      int     `json:"faults"`
	Caught      int     `json:"caught"`
	Variants    int     `json:"variants"`
	FalseAlarms int     `json:"false_alarms"`
	Undecided   int     `json:"undecided"`
	DurationS   float64 `json:"duration_s"`
}

// summarize counts the outcomes.
func summarize(outcomes []steps.SelfTestOutcome, d time.Duration) selftestSummary {
	s := selftestSummary{DurationS: d.Seconds()}
	for i := range outcomes {
		o := &outcomes[i]
		if o.Case.Conforming {
			s.Variants++
		} else {
			s.Faults++
			if len(o.Missed) == 0 && o.Trouble == "" {
				s.Caught++
			}
		}
		if len(o.Unrelated) > 0 {
			s.FalseAlarms++
		}
		if o.Trouble != "" {
			s.Undecided++
		}
	}
	return s
}

// writeSelftest prints the matrix, what went wrong, and the figures.
func (a *app) writeSelftest(sum selftestSummary, outcomes []steps.SelfTestOutcome) error {
	out := a.streams.Out
	if !a.shared.quiet {
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintf(w, "case\tkind\tresult\tfound unmet\n")
		for i := range outcomes {
			o := &outcomes[i]
			_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", o.Case.Name, kindOf(o), resultOf(o), strings.Join(o.Found, " "))
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	for i := range outcomes {
		if o := &outcomes[i]; !o.OK() {
			explain(out, o)
		}
	}
	_, err := fmt.Fprintf(out, "\nfaults caught: %d of %d; false alarms: %d (on %d conforming variants and all faults); %.1f s\n",
		sum.Caught, sum.Faults, sum.FalseAlarms, sum.Variants, sum.DurationS)
	return err
}

// kindOf names the kind of a case.
func kindOf(o *steps.SelfTestOutcome) string {
	if o.Case.Conforming {
		return "variant"
	}
	return "fault"
}

// resultOf says in a word or two what verify made of a case.
func resultOf(o *steps.SelfTestOutcome) string {
	switch {
	case o.Trouble != "":
		return "UNDECIDED"
	case len(o.Missed) > 0:
		return "MISSED"
	case len(o.Unrelated) > 0:
		return "FALSE ALARM"
	case o.Case.Conforming:
		return "ok"
	}
	return "caught"
}

// explain says what is wrong about an outcome.
func explain(w io.Writer, o *steps.SelfTestOutcome) {
	_, _ = fmt.Fprintf(w, "\n%s %s: %s\n", strings.ToLower(resultOf(o)), o.Case.Name, o.Case.What)
	for _, line := range []struct {
		label string
		ids   []string
	}{{"breaks", o.Case.Breaks}, {"found", o.Found}, {"missed", o.Missed}, {"unrelated", o.Unrelated}} {
		if len(line.ids) > 0 {
			_, _ = fmt.Fprintf(w, "  %-10s%s\n", line.label, strings.Join(line.ids, " "))
		}
	}
	if o.Trouble != "" {
		_, _ = fmt.Fprintf(w, "  %-10s%s\n", "trouble", o.Trouble)
	}
}

// writeSelftestJSON prints the matrix and the figures for machines.
func writeSelftestJSON(w io.Writer, sum selftestSummary, outcomes []steps.SelfTestOutcome) error {
	type row struct {
		Name      string   `json:"name"`
		Kind      string   `json:"kind"`
		What      string   `json:"what"`
		Result    string   `json:"result"`
		Breaks    []string `json:"breaks"`
		Found     []string `json:"found"`
		Missed    []string `json:"missed"`
		Unrelated []string `json:"unrelated"`
		Trouble   string   `json:"trouble,omitempty"`
		DurationS float64  `json:"duration_s"`
	}
	rows := make([]row, 0, len(outcomes))
	for i := range outcomes {
		o := &outcomes[i]
		rows = append(rows, row{
			Name: o.Case.Name, Kind: kindOf(o), What: o.Case.What, Result: strings.ToLower(resultOf(o)),
			Breaks: nonNil(o.Case.Breaks), Found: nonNil(o.Found), Missed: nonNil(o.Missed), Unrelated: nonNil(o.Unrelated),
			Trouble: o.Trouble, DurationS: o.Duration.Seconds(),
		})
	}
	return writeIndented(w, map[string]any{"summary": sum, "cases": rows})
}

// nonNil makes an empty list of none, for JSON.
func nonNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
