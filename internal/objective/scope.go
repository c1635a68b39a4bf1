package objective

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/unigate/unigate/internal/nearest"
	"github.com/unigate/unigate/internal/unifier"
)

// metricAtEnd is a metric after what it is of: names of phases and users have dots, too.
var metricAtEnd = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:(.*)\.)?(p\d+(?:[._]\d+)?|[a-z_]+)$`) })

// splitMetric takes the metric off what it is of, which is empty for everything.
func splitMetric(left string) (scope, metric string) {
	if m := metricAtEnd().FindStringSubmatch(left); m != nil {
		return m[1], m[2]
	}
	if scope, metric, found := strings.Cut(left, "."); found && !strings.HasPrefix(left, "p") {
		return scope, metric
	}
	return "", left
}

// readScope reads what the metric is of: a service, a user of it, a phase, or a
// service in a phase.
func (o *Objective) readScope(text, scope string, phases []string) error {
	if scope == "" || o.service(scope) {
		return nil
	}
	if service, user, found := strings.Cut(scope, ":"); found && o.service(service) {
		if o.User = user; user == "" || o.Service == All {
			return Errorf("such as login:NAME.p99<250ms, with the service and the name of a user", "the threshold %q names no user of a service", text)
		}
		return nil
	}
	if slices.Contains(phases, scope) {
		return o.phase(text, scope, phases)
	}
	if before, _, found := strings.Cut(scope, ":"); found {
		if i := strings.LastIndex(before, "."); i > 0 && slices.Contains(phases, scope[:i]) && o.service(before[i+1:]) {
			return Errorf("name the phase or the user", "the threshold %q is about a user in a phase, and figures are kept of each alone", text)
		}
	}
	if i := strings.LastIndex(scope, "."); i > 0 && slices.Contains(phases, scope[:i]) {
		if !o.service(scope[i+1:]) {
			return unknownName(text, "service", scope[i+1:], serviceNames())
		}
		return o.phase(text, scope[:i], phases)
	}
	return o.unknown(text, scope, phases)
}

// service sets the service, and reports whether there is one of the name.
func (o *Objective) service(name string) bool {
	if s, known := unifier.ServiceByID(name); known {
		o.Service = string(s) // it may have been named by its short name
		return true
	}
	return name == All
}

// phase sets the phase, which must be one.
func (o *Objective) phase(text, name string, phases []string) error {
	n := 0
	for _, p := range phases {
		if p == name {
			n++
		}
	}
	if n > 1 {
		return Errorf("give each phase a name of its own", "the threshold %q is about phase %q, and %d phases have that name", text, name, n)
	}
	o.Phase = name
	return nil
}

// unknown says which name is not known, and which one is near.
func (o *Objective) unknown(text, scope string, phases []string) error {
	named := slices.DeleteFunc(slices.Clone(phases), func(p string) bool { return p == "" })
	if len(named) == 0 {
		name, _, _ := strings.Cut(scope, ":")
		return unknownName(text, "service", name, serviceNames())
	}
	for i := len(scope); i > 0; i = strings.LastIndex(scope[:i], ".") { // the longest first
		if near := nearest.Close(scope[:i], named); near != "" {
			return Errorf("did you mean "+near+"?", "the threshold %q names the unknown phase %q", text, scope[:i])
		}
	}
	hint := "the phases are " + strings.Join(named, ", ") + "; the services are " + unifier.ServiceList()
	if near := nearest.Close(scope, serviceNames()); near != "" {
		hint = "did you mean " + near + "?"
	}
	return Errorf(hint, "the threshold %q names %q, which is neither a phase of the plan nor a service", text, scope)
}

// unknownName is the error of a name that is not known.
func unknownName(text, what, name string, candidates []string) error {
	hint := "the services are " + unifier.ServiceList()
	if near := nearest.Close(name, candidates); near != "" {
		hint = "did you mean " + near + "? " + hint
	}
	return Errorf(hint, "the threshold %q names the unknown %s %q", text, what, name)
}

// serviceNames are the names that a service may have.
func serviceNames() []string { return append(unifier.ServiceIDs(), All) }

// Of names what the objective is about, "" for the whole plan.
func (o *Objective) Of() string {
	of := o.Service
	if o.User != "" {
		of += ":" + o.User
	}
	if o.Phase == "" {
		return cmp.Or(strings.TrimPrefix(of, All), "")
	}
	if of == All {
		return o.Phase
	}
	return o.Phase + "." + of
}

// Whole reports whether the objective is about everything that the plan sends.
func (o *Objective) Whole() bool { return o.Phase == "" && o.Service == All && o.User == "" }
