package load

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// PlanFile is a plan with what it asks to judge.
type PlanFile struct {
	Plan       Plan
	Thresholds []string
	AbortOn    []string
}

// planDocument is the YAML form of a plan.
type planDocument struct {
	Mix         map[string]float64 `yaml:"mix"`
	Warmup      duration           `yaml:"warmup"`
	MaxInflight int                `yaml:"max_inflight"`
	Thresholds  []string           `yaml:"thresholds"`
	AbortOn     []string           `yaml:"abort_on"`
	Phases      []phaseDocument    `yaml:"phases"`
}

// phaseDocument is the YAML form of a phase.
type phaseDocument struct {
	Name      string   `yaml:"name"`
	Shape     Shape    `yaml:"shape"`
	Duration  duration `yaml:"duration"`
	Rate      rate     `yaml:"rate"`
	From      rate     `yaml:"from"`
	Steps     int      `yaml:"steps"`
	Peak      rate     `yaml:"peak"`
	At        duration `yaml:"at"`
	Length    duration `yaml:"length"`
	Amplitude rate     `yaml:"amplitude"`
	Period    duration `yaml:"period"`
}

// duration is a time such as 30s or 5m.
type duration time.Duration

// UnmarshalYAML reads the time.
func (d *duration) UnmarshalYAML(node ast.Node) error {
	v, err := time.ParseDuration(scalar(node))
	if err != nil {
		return wrongValue(node, "%q is no time: such as 30s or 5m", scalar(node))
	}
	*d = duration(v)
	return nil
}

// rate is requests per second.
type rate float64

// UnmarshalYAML reads the rate.
func (r *rate) UnmarshalYAML(node ast.Node) error {
	v, err := ParseRate(scalar(node))
	if err != nil {
		return wrongValue(node, "%v: such as 50, 50/s, 300/m or max", err)
	}
	*r = rate(v)
	return nil
}

// scalar returns the text of a node.
func scalar(node ast.Node) string {
	if s, ok := node.(*ast.StringNode); ok {
		return s.Value
	}
	return node.String()
}

// wrongValue is an error at a place of the file, which the library shows with an excerpt.
func wrongValue(node ast.Node, format string, args ...any) error {
	return &yaml.SyntaxError{Message: fmt.Sprintf(format, args...), Token: node.GetToken()}
}

// ParsePlan reads a plan file. Unknown keys and wrong values are errors that name
// line and column and show the place.
func ParsePlan(data []byte) (*PlanFile, error) {
	var d planDocument
	if err := decodePlan(data, &d); err != nil {
		return nil, err
	}
	out := &PlanFile{Thresholds: d.Thresholds, AbortOn: d.AbortOn}
	out.Plan.Warmup, out.Plan.MaxInflight = time.Duration(d.Warmup), d.MaxInflight
	names := make([]string, 0, len(d.Mix))
	for name := range d.Mix {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if w := d.Mix[name]; !(w >= 0 && w <= 1e6) {
			return nil, fmt.Errorf("mix: the weight of %s is %v", name, w)
		}
		s, err := share(name, d.Mix[name])
		if err != nil {
			return nil, err
		}
		out.Plan.Mix = append(out.Plan.Mix, s)
	}
	for i, p := range d.Phases {
		ph := Phase{
			Name: p.Name, Shape: p.Shape, Duration: time.Duration(p.Duration), Rate: float64(p.Rate), From: float64(p.From),
			Steps: p.Steps, Peak: float64(p.Peak), At: time.Duration(p.At), Length: time.Duration(p.Length),
			Amplitude: float64(p.Amplitude), Period: time.Duration(p.Period),
		}
		if math.IsInf(ph.Rate, 1) && (ph.Shape == "" || ph.Shape == Max) {
			ph.Shape, ph.Rate = Max, 0
		}
		check := ph
		check.fill()
		if err := check.check(); err != nil {
			return nil, fmt.Errorf("phase %d %s: %w", i+1, p.Name, err)
		}
		out.Plan.Phases = append(out.Plan.Phases, ph)
	}
	if len(out.Plan.Phases) == 0 {
		return nil, fmt.Errorf("the plan has no phases")
	}
	return out, nil
}

// maxPlan bounds a plan file, in bytes.
const maxPlan = 1 << 20

// decodePlan decodes YAML strictly. The library panics on some malformed input;
// that is an error of the input too.
func decodePlan(data []byte, d *planDocument) (err error) {
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return errors.New("the plan is empty")
	case len(data) > maxPlan:
		return fmt.Errorf("the plan is larger than %d bytes", maxPlan)
	}
	defer func() {
		if p := recover(); p != nil {
			err = errors.New("the plan is not valid YAML")
		}
	}()
	if err := yaml.UnmarshalWithOptions(data, d, yaml.Strict()); err != nil {
		return errors.New(yaml.FormatError(err, false, true))
	}
	return nil
}

// Describe says what a run would send, one line for each part, and checks the
// options as Run does. It sends nothing.
func (o Options) Describe() ([]string, error) {
	e, err := newEngine(o)
	if err != nil {
		return nil, err
	}
	defer e.transport.Close()
	p := &e.o.Plan
	lines := []string{fmt.Sprintf("Preflight: 2 requests to each service, more where users are refused; transport %s", e.transport.Name())}
	if p.Warmup > 0 {
		lines = append(lines, fmt.Sprintf("Warm-up: %v, not counted", p.Warmup))
	}
	if o.Capacity != nil {
		return append(lines, fmt.Sprintf("Search: the highest rate at which %s holds, from %g/s on, within %v", o.Capacity, p.Phases[0].Rate, p.Duration())), nil
	}
	total := uint64(0)
	for _, s := range p.stretches() {
		if s.schedule != nil {
			total += s.schedule.Count()
		}
	}
	for i := range p.Phases {
		ph := &p.Phases[i]
		line := fmt.Sprintf("Phase %d: %s for %v", i+1, ph.Shape, ph.Duration)
		if ph.Shape != Max {
			line += fmt.Sprintf(", up to %g requests a second", ph.highest())
		}
		lines = append(lines, line)
	}
	for name, share := range p.record().Mix {
		lines = append(lines, fmt.Sprintf("Mix: %s %.1f %%", name, share*100))
	}
	slices.Sort(lines[len(lines)-len(p.record().Mix):])
	lines = append(lines, fmt.Sprintf("Requests: %d in the open phases, at most %d in flight, %d users", total, p.MaxInflight, len(e.classes)))
	for _, t := range o.Thresholds {
		lines = append(lines, "Threshold: "+t.String())
	}
	return lines, nil
}
