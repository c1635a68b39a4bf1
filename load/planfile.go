package load

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/unigate/unigate/internal/input"
	"github.com/unigate/unigate/internal/objective"
	"github.com/unigate/unigate/internal/unifier"
)

// PlanFile is a plan with what it asks to judge.
type PlanFile struct {
	Plan       Plan
	Thresholds []string
	AbortOn    []string
	// Connections says how connections are used; nil for what the file leaves open.
	Connections PlanConnections
}

// planDocument is the YAML form of a plan.
type planDocument struct {
	Mix         map[string]float64 `yaml:"mix"`
	Warmup      duration           `yaml:"warmup"`
	MaxInflight *inflight          `yaml:"max_inflight"`
	Arrivals    arrivals           `yaml:"arrivals"`
	Seed        seed               `yaml:"seed"`
	Connections *uses              `yaml:"connections"`
	Resumption  *onOff             `yaml:"tls_resumption"`
	HTTP        *version           `yaml:"http"`
	Thresholds  []expression       `yaml:"thresholds"`
	AbortOn     []expression       `yaml:"abort_on"`
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

// expression is a threshold, with its place in the file: it is read when the phases are known.
type expression struct {
	text string
	at   *token.Token
}

// UnmarshalYAML takes the threshold.
func (e *expression) UnmarshalYAML(node ast.Node) error {
	e.text, e.at = scalar(node), node.GetToken()
	return nil
}

// expressions reads thresholds for the plan. A mistake is shown where it is.
func (p *Plan) expressions(of []expression, data []byte) ([]string, error) {
	var out []string
	for _, e := range of {
		t, err := p.ParseThreshold(e.text)
		if err != nil {
			return nil, planKeys.At(e.at, data, hinted(err))
		}
		out = append(out, t.String())
	}
	return out, nil
}

// hinted is the message of an error with a near word, where its hint has one.
func hinted(err error) string {
	var u *UsageError
	if errors.As(err, &u) && strings.HasPrefix(u.Hint, "did you mean") {
		return err.Error() + "; " + u.Hint
	}
	return err.Error()
}

// inflight is a number of requests that is given: 0 is none.
type inflight int

// UnmarshalYAML reads the number.
func (n *inflight) UnmarshalYAML(node ast.Node) error {
	v, err := strconv.Atoi(scalar(node))
	if err != nil || v < 1 {
		return wrongValue(node, "%q is no number of requests in flight: from 1 on", scalar(node))
	}
	*n = inflight(v)
	return nil
}

// arrivals is how requests are spread.
type arrivals Arrivals

// UnmarshalYAML reads the kind.
func (a *arrivals) UnmarshalYAML(node ast.Node) error {
	v, err := ParseArrivals(scalar(node))
	if err != nil {
		return wrongValue(node, "%q are no arrivals: uniform or poisson", scalar(node))
	}
	*a = arrivals(v)
	return nil
}

// seed is that of Poisson arrivals.
type seed uint64

// UnmarshalYAML reads the number.
func (s *seed) UnmarshalYAML(node ast.Node) error {
	v, err := strconv.ParseUint(scalar(node), 10, 64)
	if err != nil || v < 1 || v > maxSeed {
		return wrongValue(node, "%q is no seed: a number from 1 to %d", scalar(node), uint64(maxSeed))
	}
	*s = seed(v)
	return nil
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
	v, err := objective.ParseRate(scalar(node))
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

// planKeys are the keys of a plan, whose values errors may quote.
var planKeys = append(input.Keys{"mix", "warmup", "max_inflight", "arrivals", "seed", "connections", "tls_resumption", "http", "thresholds", "abort_on", "phases", "name", "shape", "duration", "rate", "from", "steps",
	"peak", "at", "length", "amplitude", "period"}, unifier.ServiceIDs()...)

// valueError is a mistake in a value, in unigate's own words.
type valueError struct {
	token   *token.Token
	message string
}

// Error returns the words.
func (e *valueError) Error() string { return e.message }

// wrongValue is an error at a place of the file.
func wrongValue(node ast.Node, format string, args ...any) error {
	return &valueError{node.GetToken(), fmt.Sprintf(format, args...)}
}

// ParsePlan reads a plan file. Unknown keys and wrong values are errors that name
// line and column and show the place.
func ParsePlan(data []byte) (*PlanFile, error) {
	var d planDocument
	if err := decodePlan(data, &d); err != nil {
		return nil, err
	}
	out := &PlanFile{Connections: d.connections()}
	out.Plan.Warmup, out.Plan.Arrivals, out.Plan.Seed = time.Duration(d.Warmup), Arrivals(d.Arrivals), uint64(d.Seed)
	if d.MaxInflight != nil {
		out.Plan.MaxInflight = int(*d.MaxInflight)
	}
	var err error
	if out.Plan.Mix, err = mixOf(d.Mix, data); err != nil {
		return nil, err
	}
	for i, p := range d.Phases {
		ph := Phase{
			Name: p.Name, Shape: p.Shape, Duration: time.Duration(p.Duration), Rate: float64(p.Rate), From: float64(p.From),
			Steps: p.Steps, Peak: float64(p.Peak), At: time.Duration(p.At), Length: time.Duration(p.Length),
			Amplitude: float64(p.Amplitude), Period: time.Duration(p.Period),
		}
		if err := checkPhase(&ph); err != nil {
			return nil, fmt.Errorf("phase %s: %w", strings.TrimSpace(fmt.Sprintf("%d %s", i+1, p.Name)), err)
		}
		out.Plan.Phases = append(out.Plan.Phases, ph)
	}
	if out.Thresholds, err = out.Plan.expressions(d.Thresholds, data); err != nil {
		return nil, err
	}
	if out.AbortOn, err = out.Plan.expressions(d.AbortOn, data); err != nil {
		return nil, err
	}
	if len(out.Plan.Phases) == 0 {
		return nil, fmt.Errorf("the plan has no phases")
	}
	return out, nil
}

// mixOf returns the mix of a file. A mistake is shown where it is.
func mixOf(weights map[string]float64, data []byte) ([]Share, error) {
	var out []Share
	for _, name := range slices.Sorted(maps.Keys(weights)) {
		s, err := share(name, weights[name])
		if w := weights[name]; err == nil && !(w >= 0 && w <= 1e6) {
			err = fmt.Errorf("%v is no weight of %s: a number from 0 to 1,000,000", w, name)
		}
		if err == nil && slices.ContainsFunc(out, func(o Share) bool { return o.Service == s.Service && o.User == s.User }) {
			err = fmt.Errorf("%s is in the mix twice", s)
		}
		if err == nil {
			out = append(out, s)
			continue
		}
		if path, wrong := yaml.PathString("$.mix.'" + name + "'"); wrong == nil {
			if node, wrong := path.ReadNode(bytes.NewReader(data)); wrong == nil {
				err = planKeys.At(node.GetToken(), data, err.Error())
			}
		}
		return nil, err
	}
	return out, nil
}

// checkPhase says what is wrong with a phase of a file and makes one of rate max a closed loop.
func checkPhase(p *Phase) error {
	if math.IsInf(p.Rate, 1) {
		if p.Shape != "" && p.Shape != Max {
			return fmt.Errorf("rate max is a closed loop and cannot have the shape %s", p.Shape)
		}
		p.Shape, p.Rate = Max, 0
	}
	for name, v := range map[string]float64{"from": p.From, "peak": p.Peak, "amplitude": p.Amplitude} {
		if math.IsInf(v, 1) {
			return fmt.Errorf("%s cannot be max: such as 50, 50/s or 300/m", name)
		}
	}
	check := *p
	check.fill()
	return check.check()
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
	if err := cmp.Or(input.CheckNesting(data), planKeys.CheckOneDocument(data)); err != nil {
		return err
	}
	if err := yaml.UnmarshalWithOptions(data, d, yaml.Strict()); err != nil {
		var own *valueError
		if errors.As(err, &own) {
			return planKeys.At(own.token, data, own.message)
		}
		return planKeys.Wrong(err, data)
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
	each := "each service"
	if len(e.groups()) > len(e.services) {
		each = "each service and type of user"
	}
	lines := append(e.o.describePart(), fmt.Sprintf("Preflight: 2 requests to %s, more where users are refused; transport %s", each, e.transport.Name()))
	if p.Warmup > 0 {
		lines = append(lines, fmt.Sprintf("Warm-up: %v, not counted", p.Warmup))
	}
	if p.Arrivals == Poisson {
		lines = append(lines, fmt.Sprintf("Arrivals: Poisson, seed %d", p.Seed))
	}
	if o.Capacity != nil {
		return append(lines, fmt.Sprintf("Search: the highest rate at which %s holds, from %g/s on, within %v", o.Capacity, p.Phases[0].Rate, p.Duration())), nil
	}
	total := uint64(0)
	for _, s := range p.stretches() {
		if s.schedule != nil {
			total += s.schedule.Whole()
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
	users := map[string]bool{}
	for i := range e.classes {
		users[e.classes[i].user.Name] = true
	}
	who := "1 user"
	if n := len(users); n != 1 {
		who = fmt.Sprintf("%d users", n)
	}
	lines = append(lines, fmt.Sprintf("Requests: %d in the open phases, at most %d in flight, %s", total, e.limit, who))
	for _, t := range o.Thresholds {
		lines = append(lines, "Threshold: "+t.String())
	}
	return lines, nil
}
