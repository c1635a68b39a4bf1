package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/unigate/unigate/features"
	"github.com/unigate/unigate/internal/input"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load"
	"github.com/unigate/unigate/load/self"
)

// loadFlags are the flags of load.
type loadFlags struct {
	rate     string
	duration time.Duration
	shape    string
	from     string
	steps    int
	peak     string
	spikeAt  time.Duration
	spikeFor time.Duration
	swing    string
	period   time.Duration
	plan     string
	mix      string
	warmup   time.Duration
	inflight int
	arrivals string
	seed     uint64

	connections string
	resumption  string
	http        string

	thresholds []string
	abortOn    []string
	capacity   string
	metrics    string
	linger     time.Duration
	results    string
	features   []string
	dryRun     bool
	part       partFlags
}

// loadLong is the help of load.
const loadLong = `Load-test token issuance. Requests start on schedule, whatever the target does
(an open model), and latency counts from the scheduled start, so that a stall
shows in full; service time, from the actual start, stands beside it. Every
reply is verified as in verify. unigate watches itself: where it was the limit,
thresholds are inconclusive.

Every run has the thresholds bad_tokens==0 and error_rate<1% unless others are
given for them. It stops by itself on a run of errors, and when one user is
refused again and again; it honours Retry-After.

A threshold compares a metric with a bound: p50 … p99.9, mean, min, max (times);
error_rate (a share), rate (a share of the plan, or per second), bad_tokens and
unsent (numbers); a service and a dot before it, such as login. or v2., narrow it
to one service. It holds only if it does whatever the requests that were never
sent would have come to, and a percentile is not judged on fewer than 1/(1-q)
requests: 100 for p99.

Several generators are parts of one plan: each gets --shard I/N and the same
--start-at, sends its share of the requests when they are due in the whole plan,
and judges nothing (exit status 0 when its record is whole); unigate report over
the records of all parts judges the whole.

Load on a target that is not on this machine needs safety.allow_load: true
beside its base_url in the configuration, and stays under safety.max_rate.

`

// loadCommand puts load on the target.
func (a *app) loadCommand() *cobra.Command {
	var o loadFlags
	c := &cobra.Command{
		Use:   "load",
		Short: "Load-test token issuance, with every reply verified",
		Long:  loadLong + exitHelp,
		Example: `  unigate load
  unigate load --rate 200/s --duration 1m --mix login=80,oauth=20 --threshold 'p99<250ms'
  unigate load --edition 26 --mix v2=50,login=50 --threshold 'v2.p99<250ms'
  unigate load --shape ramp --from 10/s --rate 500/s --duration 5m --warmup 10s
  unigate load --rate 200/s --arrivals poisson --seed 7 --duration 5m
  unigate load --rate max --max-inflight 32 --duration 30s
  unigate load --find-capacity 'p99<250ms' --duration 5m
  unigate load --plan plan.yaml --shard 0/3 --start-at 5m --out part0
  unigate load --plan plan.yaml --results results.bin --metrics 127.0.0.1:9100`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.load(cmd.Context(), o, cmd.Flags()) },
	}
	f := c.Flags()
	f.StringVar(&o.rate, "rate", "50/s", "`N|N/s|N/m|max`: requests per second or minute; max is a closed loop")
	f.DurationVar(&o.duration, "duration", 10*time.Second, "length of the test; of the whole search with --find-capacity (default 3m then)")
	f.StringVar(&o.shape, "shape", "constant", "how the rate goes: `constant|ramp|steps|spike|sine|soak`")
	f.StringVar(&o.from, "from", "", "ramp, steps: first `RATE` (default 0, or one step)")
	f.IntVar(&o.steps, "steps", 0, "steps: `N` of them (default 5)")
	f.StringVar(&o.peak, "peak", "", "spike: highest `RATE` (default 5 times --rate)")
	f.DurationVar(&o.spikeAt, "spike-at", 0, "spike: when it begins (default a third into the test)")
	f.DurationVar(&o.spikeFor, "spike-for", 0, "spike: how long it lasts (default a tenth of the test)")
	f.StringVar(&o.swing, "amplitude", "", "sine: by which `RATE` it swings around --rate (default half of it)")
	f.DurationVar(&o.period, "period", 0, "sine: length of a swing (default a quarter of the test)")
	f.StringVar(&o.plan, "plan", "", "take phases, mix and thresholds from the plan `FILE` (YAML)")
	f.StringVar(&o.mix, "mix", "", "services by weight, such as `login=80,oauth=20` (default: that, as far as there are users); they are "+unifier.ServiceList())
	f.DurationVar(&o.warmup, "warmup", 0, "send this long before anything counts; the first wrong answer or the second transport error ends the run")
	f.IntVar(&o.inflight, "max-inflight", 0, "at most `N` requests wait for answers (default: as many as the rate needs and this machine bears; 16 with --rate max)")
	f.StringVar(&o.arrivals, "arrivals", "uniform", "how requests are spread: `uniform|poisson`, evenly or at random as independent users are, which a queue bears less of")
	f.Uint64Var(&o.seed, "seed", 0, "poisson: `N` from 1 on makes the same arrivals again (default drawn, and recorded)")
	f.StringVar(&o.connections, "connections", "reuse", "`reuse|fresh|N`: keep connections, open one for each request, or for each N requests")
	f.StringVar(&o.resumption, "tls-resumption", "on", "`on|off`: take up earlier TLS sessions, or make every handshake a full one")
	f.StringVar(&o.http, "http", "1.1", "`auto|1.1|2`: version of HTTP; auto is 2 where the target takes it")
	f.StringArrayVar(&o.thresholds, "threshold", nil, "`EXPR` such as p99<250ms that must hold, of a service, a phase or a user too: login.p99, day.login.p99, login:NAME.p99 (repeatable)")
	f.StringArrayVar(&o.abortOn, "abort-on", nil, "end the run as soon as `EXPR` does not hold, such as error_rate<10% (repeatable)")
	f.StringVar(&o.capacity, "find-capacity", "", "search the highest rate at which `EXPR` holds, from --rate on: a rate with a 95 % interval, confirmed")
	f.StringVar(&o.metrics, "metrics", "", "serve Prometheus metrics on `HOST:PORT` while it runs")
	f.DurationVar(&o.linger, "metrics-linger", 0, "serve the metrics this long after the run and its report, so that the last scrape sees the end")
	f.StringVar(&o.results, "results", "", "write every result into `FILE` in vegeta's binary format")
	f.StringArrayVar(&o.features, "features", nil, "run the load objectives (@load) of the feature files below `DIR` and no others (repeatable); built-in for the built-in ones")
	o.part.add(f)
	f.BoolVar(&o.dryRun, "dry-run", false, "say what would be sent, and send nothing")
	a.addBaseline(c)
	return c
}

// load runs the command.
func (a *app) load(ctx context.Context, f loadFlags, set *pflag.FlagSet) error {
	// A short run would spend a good part of its processor time on collecting what
	// starting and reporting leave behind.
	var gc self.Collector
	gc.TuneNow()
	defer gc.Restore()
	return a.loadTest(ctx, f, set, &gc)
}

// loadTest is load with the settings of the garbage collector.
func (a *app) loadTest(ctx context.Context, f loadFlags, set *pflag.FlagSet, gc *self.Collector) error {
	if err := a.checkOutput(); err != nil {
		return err
	}
	if len(f.features) > 0 {
		if err := featuresConflicts(set); err != nil {
			return err
		}
		if err := a.featuresPart(f.part); err != nil {
			return err
		}
		return a.loadFeatures(ctx, f)
	}
	if set.Changed("metrics-linger") && (f.metrics == "" || f.linger < 0) {
		return usage("such as --metrics 127.0.0.1:9100 --metrics-linger 30s", "--metrics-linger %v means nothing", f.linger)
	}
	o, err := loadOptions(a.ctx, f, set)
	if err != nil {
		return loadUsage(err)
	}
	if err := a.checkLoadOutput(f); err != nil {
		return err
	}
	started := time.Now()
	if err := a.setPart(&o, f.part, started); err != nil {
		return loadUsage(err)
	}
	a.dry = f.dryRun
	t, err := a.openTarget(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = t.close() }()
	if err := a.aimLoad(ctx, &o, t); err != nil {
		return loadUsage(err)
	}
	if err := cmp.Or(aimPart(&o, t), checkPartUsers(&o, t)); err != nil {
		return err
	}
	if f.dryRun {
		return a.dryLoad(ctx, o, t)
	}
	defer func() {
		if a.afterwards != nil {
			a.afterwards()
		}
	}()
	result, verdict, err := a.runLoad(ctx, o, f)
	if err != nil {
		return loadUsage(err)
	}
	gc.TuneNow()
	edition, err := editionNamed(t.edition)
	if err != nil {
		return err
	}
	return a.output(&record.Run{
		Schema: record.Schema, Tool: toolVersion(), Command: "load", Started: started.UTC(), Finished: time.Now().UTC(),
		Target:  record.Target{BaseURL: t.client.BaseURL(), Edition: edition.ID, Release: a.release, Embedded: t.embedded, Warning: t.shared()},
		Verdict: verdict, Load: result,
	})
}

// loadUsage turns an error of load into one with an exit status.
func loadUsage(err error) error {
	var u *load.UsageError
	if errors.As(err, &u) {
		return usage(u.Hint, "%w", err)
	}
	return err
}

// loadOptions turns the flags that need no target into options.
func loadOptions(ctx context.Context, f loadFlags, set *pflag.FlagSet) (load.Options, error) {
	var o load.Options
	var planned load.PlanConnections
	var err error
	if f.plan != "" {
		if err := planConflicts(set); err != nil {
			return o, err
		}
		data, err := input.Read(ctx, f.plan, input.MaxText)
		if err != nil {
			return o, usage("", "--plan: %w", err)
		}
		p, err := load.ParsePlan(data)
		if err != nil {
			return o, usage("see docs/load.md for plan files", "%s: %w", f.plan, err)
		}
		o.Plan, planned = p.Plan, p.Connections
		f.thresholds = append(append([]string{}, p.Thresholds...), f.thresholds...)
		f.abortOn = append(append([]string{}, p.AbortOn...), f.abortOn...)
	} else if o.Plan, err = flagPlan(f, set); err != nil {
		return o, err
	}
	if f.mix != "" {
		if o.Plan.Mix, err = load.ParseMix(f.mix); err != nil {
			return o, err
		}
	}
	if f.warmup != 0 {
		o.Plan.Warmup = f.warmup
	}
	if set.Changed("max-inflight") {
		if f.inflight < 1 {
			return o, usage("leave it out for the default", "--max-inflight %d sends nothing", f.inflight)
		}
		o.Plan.MaxInflight = f.inflight
	}
	if err := setArrivals(&o.Plan, f, set); err != nil {
		return o, err
	}
	if err := setConnections(&o.Connections, planned, f, set); err != nil {
		return o, err
	}
	if o.Thresholds, err = o.Plan.ParseThresholds(f.thresholds); err != nil {
		return o, err
	}
	for _, text := range f.abortOn {
		t, err := o.Plan.ParseThreshold(text)
		if err != nil {
			return o, err
		}
		o.AbortOn = append(o.AbortOn, t)
	}
	if f.capacity != "" {
		return o, setCapacity(&o, f)
	}
	return o, nil
}

// setConnections says how connections are used. Flags go before the plan file.
func setConnections(c *load.Connections, planned load.PlanConnections, f loadFlags, set *pflag.FlagSet) error {
	var err error
	if c.PerConnection, err = load.ParseConnections(f.connections); err != nil {
		return err
	}
	switch f.resumption {
	case "on":
	case "off":
		c.NoResumption = true
	default:
		return usage("on or off", "unknown --tls-resumption %q", f.resumption)
	}
	if !slices.Contains([]string{"auto", "1.1", "2"}, f.http) {
		return usage("auto, 1.1 or 2", "unknown --http %q", f.http)
	}
	c.HTTP = f.http
	if set.Changed("connections") {
		planned.PerConnection = nil
	}
	if set.Changed("tls-resumption") {
		planned.NoResumption = nil
	}
	if set.Changed("http") {
		planned.HTTP = nil
	}
	planned.Set(c)
	return nil
}

// setArrivals says how the requests of a plan are spread. Flags go before the plan file.
func setArrivals(p *load.Plan, f loadFlags, set *pflag.FlagSet) error {
	if set.Changed("arrivals") {
		a, err := load.ParseArrivals(f.arrivals)
		if err != nil {
			return err
		}
		if a == load.Uniform {
			p.Seed = 0 // that of the plan file
		}
		p.Arrivals = a
	}
	if set.Changed("seed") {
		if f.seed == 0 {
			return usage("leave it out for one that is drawn", "--seed 0 is none")
		}
		p.Seed = f.seed
	}
	return nil
}

// setCapacity makes the run a search.
func setCapacity(o *load.Options, f loadFlags) error {
	t, err := load.ParseThreshold(f.capacity)
	if err != nil {
		return err
	}
	if len(f.thresholds) > 0 {
		return usage("the search judges its steps by one objective", "--find-capacity and --threshold exclude each other")
	}
	if len(f.abortOn) > 0 {
		return usage("a step that does not hold ends by itself", "--find-capacity and --abort-on exclude each other")
	}
	if o.Plan.Phases[0].Shape != load.Constant {
		return usage("--rate is where the search begins", "--find-capacity has no --shape and no --rate max")
	}
	o.Capacity, o.Thresholds = &t, nil
	return nil
}

// aimLoad sets what the options take from the target and its configuration.
func (a *app) aimLoad(ctx context.Context, o *load.Options, t *target) error {
	limit, err := t.loadLimit()
	if err != nil {
		return err
	}
	edition, err := editionNamed(t.edition)
	if err != nil {
		return err
	}
	all, err := features.LoadEditions()
	if err != nil {
		return err
	}
	open := t.openEdition()
	o.DefaultSeconds = map[unifier.Service][]int{}
	for _, s := range unifier.Services() {
		o.DefaultSeconds[s] = edition.DefaultSeconds(string(s), open, all)
	}
	o.BaseURL, o.Header, o.Network, o.Timeout = t.baseURL, t.header, t.transport, t.timeout
	o.Users, o.MaxClockSkew = t.users, t.maxClockSkew
	o.Edition, o.LobbyAnswer, o.OAuthClaims = edition.ID, edition.LobbyAnswer(), edition.RequiredClaims()
	if open {
		o.Edition, o.LobbyAnswer, o.OAuthClaims = "", true, nil
	}
	o.MaxRate, o.Budget, o.Redact = limit, t.budget, a.hideAnswer
	if o.Keys, err = a.keySet(ctx, t); statusOf(err) == exitInconclusive {
		o.NoKeys, err = "the key set could not be read: "+a.redactor.String(err.Error()), nil
	}
	return err
}

// dryLoad says what a load test would send.
func (a *app) dryLoad(ctx context.Context, o load.Options, t *target) error {
	lines, err := o.Describe()
	if err != nil {
		return loadUsage(err)
	}
	var b bytes.Buffer
	b.WriteString("nothing was sent\n")
	a.describeWay(ctx, &b, t)
	for _, line := range lines {
		fmt.Fprintln(&b, line)
	}
	_, err = a.streams.Out.Write(b.Bytes())
	return err
}
