package figures

import (
	"fmt"
	"slices"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/objective"
	"github.com/unigate/unigate/internal/record"
)

// Parse reads the expression of a threshold of a load test, whose phases it may name.
func Parse(l *record.Load, expression string) (objective.Objective, error) {
	var phases []string
	for i := range l.Plan.Phases {
		phases = append(phases, l.Plan.Phases[i].Name)
	}
	return objective.ParseFor(expression, phases)
}

// For returns what an objective is judged on: the load test, or the phase or the user
// that it names. A latency over a plan of open phases and closed loops is that of the
// open phases, as load has it.
func For(l *record.Load, o *objective.Objective) (*objective.Figures, error) {
	switch {
	case o.User != "":
		name := o.Service + ":" + o.User
		if !slices.ContainsFunc(l.Users, func(s record.Service) bool { return s.Name == name }) {
			return nil, fmt.Errorf("there are no figures of %s", name)
		}
		part := *l
		part.Services = l.Users
		return Of(&part, name)
	case o.Phase != "":
		i := slices.IndexFunc(l.Phases, func(p record.PhaseFigures) bool { return p.Name == o.Phase })
		if i < 0 {
			return nil, fmt.Errorf("there are no figures of phase %q", o.Phase)
		}
		return Of(Phase(l, i), o.Service)
	case o.Unit == objective.Time && mixed(l):
		return open(l, o.Service)
	}
	return Of(l, o.Service)
}

// Phase returns a phase in the form of a load test of its own.
func Phase(l *record.Load, i int) *record.Load {
	p := &l.Phases[i]
	part := *l
	part.Services, part.All, part.Totals.DurationS = p.Services, p.All, p.DurationS
	part.Phases, part.Users = nil, nil
	return &part
}

// mixed reports whether a load test has figures of open phases and of closed loops.
func mixed(l *record.Load) bool {
	closed := 0
	for i := range l.Phases {
		if l.Phases[i].Shape == record.ShapeMax {
			closed++
		}
	}
	return closed > 0 && closed < len(l.Phases)
}

// open returns the figures of a service, or of all, over the open phases.
func open(l *record.Load, service string) (*objective.Figures, error) {
	known, atLeast := hist.New(), hist.New()
	var sum *objective.Figures
	for i := range l.Phases {
		if l.Phases[i].Shape == record.ShapeMax {
			continue
		}
		f, err := Of(Phase(l, i), service)
		if err != nil { // nothing was due for the service in this phase
			continue
		}
		known.Merge(f.Latency.Known())
		atLeast.Merge(f.Latency.AtLeast())
		if sum == nil {
			sum = f
			continue
		}
		add(sum, f)
	}
	if sum == nil {
		return nil, fmt.Errorf("there is no service %q in an open phase", service)
	}
	sum.Latency = hist.NewCensored(known, atLeast)
	return sum, nil
}

// add adds the counts of another phase, and its clean latencies where both have them.
func add(sum, f *objective.Figures) {
	sum.Sent += f.Sent
	sum.Cut += f.Cut
	sum.Aside += f.Aside
	sum.Unsent += f.Unsent
	sum.Refused += f.Refused
	sum.Errors += f.Errors
	sum.Replies += f.Replies
	sum.BadTokens += f.BadTokens
	sum.Achieved += f.Achieved
	sum.Unclear += f.Unclear
	sum.Duration += f.Duration
	switch {
	case sum.Clean == nil:
	case f.Clean == nil && f.Planned() > 0:
		sum.Clean = nil
	case f.Clean != nil:
		sum.Clean.Merge(f.Clean)
	}
}
