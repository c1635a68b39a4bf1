package cli

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/unigate/unigate/internal/objective"
	"github.com/unigate/unigate/load"
)

// planConflicts finds flags that a plan file leaves without meaning.
func planConflicts(set *pflag.FlagSet) error {
	for _, name := range []string{"rate", "duration", "shape", "from", "steps", "peak", "spike-at", "spike-for", "amplitude", "period", "find-capacity"} {
		if set.Changed(name) {
			return usage("the plan file says it", "--%s and --plan exclude each other", name)
		}
	}
	return nil
}

// shapeFlags are the flags that mean something in some shapes only.
var shapeFlags = []struct {
	flag   string
	shapes []load.Shape
}{
	{"from", []load.Shape{load.Ramp, load.Steps}}, {"steps", []load.Shape{load.Steps}},
	{"peak", []load.Shape{load.Spike}}, {"spike-at", []load.Shape{load.Spike}}, {"spike-for", []load.Shape{load.Spike}},
	{"amplitude", []load.Shape{load.Sine}}, {"period", []load.Shape{load.Sine}},
}

// shapeConflicts finds flags that mean nothing in the shape, or nothing at all.
func shapeConflicts(shape load.Shape, set *pflag.FlagSet) error {
	if !slices.Contains(load.Shapes, shape) {
		return nil // which is reported as such
	}
	for _, s := range shapeFlags {
		if set.Changed(s.flag) && !slices.Contains(s.shapes, shape) {
			return usage("it belongs to --shape "+shapesIn(s.shapes), "--%s means nothing with the shape %s", s.flag, shape)
		}
	}
	for _, name := range []string{"steps", "period", "spike-for"} {
		if f := set.Lookup(name); f.Changed && (f.Value.String() == "0" || f.Value.String() == "0s" || strings.HasPrefix(f.Value.String(), "-")) {
			return usage("leave it out for the default", "--%s %s leaves nothing", name, f.Value)
		}
	}
	return nil
}

// shapesIn names shapes.
func shapesIn(shapes []load.Shape) string {
	var names []string
	for _, s := range shapes {
		names = append(names, string(s))
	}
	return strings.Join(names, " or ")
}

// flagPlan makes a plan of one phase from the flags.
func flagPlan(f loadFlags, set *pflag.FlagSet) (load.Plan, error) {
	p := load.Phase{
		Shape: load.Shape(f.shape), Duration: f.duration, Steps: f.steps, At: f.spikeAt, Length: f.spikeFor, Period: f.period,
	}
	for _, r := range []struct {
		flag, text string
		to         *float64
	}{{"rate", f.rate, &p.Rate}, {"from", f.from, &p.From}, {"peak", f.peak, &p.Peak}, {"amplitude", f.swing, &p.Amplitude}} {
		if r.text == "" {
			continue
		}
		v, err := objective.ParseRate(r.text)
		if err != nil {
			return load.Plan{}, err
		}
		if math.IsInf(v, 1) {
			if r.flag != "rate" || set.Changed("shape") {
				return load.Plan{}, usage("max is a closed loop and has no shape", "--%s max cannot be combined with --shape", r.flag)
			}
			p.Shape, v = load.Max, 0
		}
		*r.to = v
	}
	if err := shapeConflicts(p.Shape, set); err != nil {
		return load.Plan{}, err
	}
	if f.capacity != "" {
		if !set.Changed("duration") {
			p.Duration = 3 * time.Minute
		}
		if !set.Changed("rate") {
			p.Rate = 10
		}
	}
	return load.Plan{Phases: []load.Phase{p}}, nil
}
