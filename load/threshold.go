package load

import (
	"slices"

	"github.com/unigate/unigate/internal/objective"
)

// Threshold is an objective such as "p99<250ms" or "login.error_rate<=0.1%".
type Threshold struct{ objective.Objective }

// DefaultThresholds hold in every run, unless others are given for their metrics.
var DefaultThresholds = []string{"bad_tokens==0", "error_rate<1%"}

// ParseThreshold reads an expression for a plan of one phase. A mistake is a *UsageError.
func ParseThreshold(text string) (Threshold, error) {
	o, err := objective.Parse(text)
	return Threshold{o}, err
}

// ParseThreshold reads an expression for the plan, whose phases it may name.
func (p *Plan) ParseThreshold(text string) (Threshold, error) {
	o, err := objective.ParseFor(text, p.phaseNames())
	return Threshold{o}, err
}

// ParseThresholds reads expressions for a plan of one phase and adds the default ones
// for the metrics that have none.
func ParseThresholds(texts []string) ([]Threshold, error) { return (&Plan{}).ParseThresholds(texts) }

// ParseThresholds reads expressions for the plan and adds the default ones for the
// metrics that have none over all of it.
func (p *Plan) ParseThresholds(texts []string) ([]Threshold, error) {
	out, err := p.parseAll(texts)
	if err != nil {
		return nil, err
	}
	for _, text := range DefaultThresholds {
		t, wrong := ParseThreshold(text)
		if wrong != nil {
			return nil, wrong
		}
		if !slices.ContainsFunc(out, func(o Threshold) bool { return o.Metric == t.Metric && o.Whole() }) {
			out = append(out, t)
		}
	}
	return out, nil
}

// parseAll reads expressions.
func (p *Plan) parseAll(texts []string) ([]Threshold, error) {
	var out []Threshold
	for _, text := range texts {
		t, err := p.ParseThreshold(text)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}
