package cli

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/pflag"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/load"
	"github.com/unigate/unigate/steps"
)

// builtIn stands for the built-in load objectives in --features.
const builtIn = "built-in"

// loadRunner returns what runs the load objectives of feature files; nil where
// load on the target is not allowed.
func (a *app) loadRunner(t *target) steps.LoadRunner {
	if _, err := t.loadLimit(); err != nil {
		return nil
	}
	var one sync.Mutex
	return func(ctx context.Context, objective steps.LoadObjective) (*record.Load, error) {
		// Scenarios may run at once; two load tests would spoil each other.
		one.Lock()
		defer one.Unlock()
		var o load.Options
		if err := a.aimLoad(ctx, &o, t); err != nil {
			return nil, err
		}
		o.Plan.Phases = []load.Phase{{Shape: load.Constant, Rate: objective.RatePerS, Duration: objective.Duration}}
		if objective.Service != "" {
			o.Plan.Mix = []load.Share{{Service: objective.Service, Weight: 1}}
		}
		for _, text := range objective.Thresholds {
			th, err := load.ParseThreshold(text)
			if err != nil {
				return nil, err
			}
			o.Thresholds = append(o.Thresholds, th)
		}
		done := a.showProgress(&o)
		result, verdict, err := load.Run(ctx, o)
		done()
		if err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if result.Totals.Sent == 0 {
			return nil, inconclusive("", "nothing was measured: %v", verdict.Reasons)
		}
		if result.Stopped != "" {
			// A run that stopped itself has met no objective.
			for i := range result.Thresholds {
				result.Thresholds[i].State, result.Thresholds[i].Reason = record.ThresholdFail, "the run stopped itself: "+result.Stopped
			}
		}
		leaveOpen(result, verdict)
		return result, nil
	}
}

// leaveOpen makes objectives that hold inconclusive where the run is so for a
// reason of its own, such as requests that were never sent.
func leaveOpen(l *record.Load, v record.Verdict) {
	own := slices.DeleteFunc(slices.Clone(v.Reasons), func(reason string) bool { return strings.HasPrefix(reason, "threshold ") })
	if v.State != record.VerdictInconclusive || len(own) == 0 {
		return
	}
	for i := range l.Thresholds {
		if t := &l.Thresholds[i]; t.State == record.ThresholdPass {
			t.State, t.Reason = record.ThresholdInconclusive, strings.Join(own, "; ")
		}
	}
}

// featuresConflicts finds flags that the scenarios leave without meaning.
func featuresConflicts(set *pflag.FlagSet) error {
	for _, name := range []string{
		"rate", "duration", "shape", "from", "steps", "peak", "spike-at", "spike-for", "amplitude", "period", "plan", "mix", "warmup",
		"max-inflight", "arrivals", "seed", "connections", "tls-resumption", "http", "threshold", "abort-on", "find-capacity", "metrics", "metrics-linger", "results", "start-at",
	} {
		if set.Changed(name) {
			return usage("the scenarios say what is sent and judged", "--%s and --features exclude each other", name)
		}
	}
	return nil
}

// loadFeatures runs the scenarios tagged @load of the folders that are named, and no
// others, and draws their outcome as verify does.
func (a *app) loadFeatures(ctx context.Context, f loadFlags) error {
	v := verifyFlags{tags: "@load", gate: string(record.Sampled), parallel: 1, repeat: 1, ownOnly: !slices.Contains(f.features, builtIn)}
	for _, dir := range f.features {
		if dir != builtIn {
			v.features = append(v.features, dir)
		}
	}
	if f.dryRun {
		v.list = true
	}
	return a.verify(ctx, v)
}
