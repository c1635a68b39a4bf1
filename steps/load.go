package steps

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/record"
)

// loadSteps state load objectives. They belong into scenarios tagged @load,
// which run only where the tag expression names that tag. The load test itself
// is Options.Load: steps know nothing of how it is made.
func loadSteps() []definition {
	return []definition{
		{topic: "Load", pattern: `(\d+(?:\.\d+)?) (?:` + serviceWords + ` )?tokens? (?:a|per) second for (\d+(?:\.\d+)? (?:seconds?|minutes?))`,
			says: "<number> [" + shown(serviceWords) + "] tokens a second for <number> seconds|minutes", what: "sets the rate and the length of a load test", run: planLoad, needs: needsLoad, plans: true},
		{topic: "Load", pattern: `(\d+(?:\.\d+)?) ?% arrive within (\d+(?:\.\d+)? ?(?:ms|s))`, says: "<number> % arrive within <number> ms|s",
			what: "an objective for latency from the scheduled start; the load test runs at the first objective", run: withinLatency, needs: needsLoad},
		{topic: "Load", pattern: `every token is right`, says: "every token is right", what: "no reply of the load test holds a wrong token, and none fails", run: allRight, needs: needsLoad},
		{topic: "Load", pattern: `the threshold (\S+) holds`, says: "the threshold <expression> holds", what: "an objective in the words of unigate load --threshold", run: anyThreshold, needs: needsLoad},
	}
}

// needsLoad says that there is nothing to run load tests with.
func needsLoad(o *Options, _ []string) string {
	if o.Load == nil {
		return "load tests are not allowed or not possible here"
	}
	return ""
}

// loadPlan is what a scenario says about load before it runs.
type loadPlan struct {
	objective LoadObjective
	result    *record.Load
}

// planLoad notes the rate and the length.
func planLoad(_ context.Context, w *World, args []string) error {
	rate, err := strconv.ParseFloat(args[0], 64)
	if err != nil || rate <= 0 {
		return mistake(fmt.Sprintf("%q is no rate", args[0]))
	}
	number, unit, _ := strings.Cut(args[2], " ")
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || n <= 0 {
		return mistake(fmt.Sprintf("%q is no length of time", args[2]))
	}
	length := time.Second
	if strings.HasPrefix(unit, "minute") {
		length = time.Minute
	}
	o := LoadObjective{RatePerS: rate, Duration: time.Duration(n * float64(length))}
	if args[1] != "" {
		o.Service = serviceNamed(args[1])
	}
	w.load = &loadPlan{objective: o}
	return nil
}

// withinLatency is a latency objective.
func withinLatency(ctx context.Context, w *World, args []string) error {
	return w.threshold(ctx, "p"+args[0]+"<"+strings.ReplaceAll(args[1], " ", ""))
}

// allRight is the objective of right answers.
func allRight(ctx context.Context, w *World, _ []string) error {
	if err := w.threshold(ctx, "bad_tokens==0"); err != nil {
		return err
	}
	return w.threshold(ctx, "error_rate==0%")
}

// anyThreshold is an objective in the words of the command line.
func anyThreshold(ctx context.Context, w *World, args []string) error {
	return w.threshold(ctx, args[0])
}

// threshold runs the load test, with all objectives of the scenario at once,
// the first time, and says whether one of them held.
func (w *World) threshold(ctx context.Context, expression string) error {
	if w.load == nil {
		return mistake("no step before says how much load")
	}
	if w.load.result == nil {
		w.load.objective.Thresholds = w.objectives()
		result, err := w.run.o.Load(ctx, w.load.objective)
		if err != nil {
			return fmt.Errorf("the load test could not be run: %w", err)
		}
		w.load.result = result
		w.run.mu.Lock()
		w.run.loads = append(w.run.loads, result)
		w.run.mu.Unlock()
	}
	for _, t := range w.load.result.Thresholds {
		if t.Expression != expression {
			continue
		}
		w.note("%s: %s", t.Expression, t.Value)
		switch t.State {
		case record.ThresholdPass:
			return nil
		case record.ThresholdFail:
			return &mismatch{findings: []oracle.Finding{{Kind: "threshold", Expected: expression, Observed: t.Value, Detail: t.Reason}}}
		}
		return fmt.Errorf("%s is inconclusive: %s", expression, t.Reason)
	}
	return fmt.Errorf("the load test has no threshold %s", expression)
}

// objectives lists the thresholds that the scenario's steps name.
func (w *World) objectives() []string {
	var all []string
	for _, s := range w.scenario.Steps {
		m := w.run.vocabulary.match(s.Text)
		if len(m.found) == 0 {
			continue
		}
		switch args := m.args; m.found[0].says {
		case "every token is right":
			all = append(all, "bad_tokens==0", "error_rate==0%")
		case "the threshold <expression> holds":
			all = append(all, args[0])
		case "<number> % arrive within <number> ms|s":
			all = append(all, "p"+args[0]+"<"+strings.ReplaceAll(args[1], " ", ""))
		}
	}
	return all
}
