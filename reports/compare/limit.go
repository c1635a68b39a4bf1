package compare

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/unigate/unigate/internal/unifier"
)

// Limit is a regression that is allowed, such as 10 % for login's p99.
type Limit struct {
	// Service is a service's name, or "" for every one.
	Service string
	// Figure is one of Figures.
	Figure string
	// Share is the allowed increase: 0.1 is 10 %.
	Share float64
	// Text is the limit as it was written.
	Text string
}

// ParseLimit reads a limit: [SERVICE.]FIGURE=N%, such as login.p99=10%.
func ParseLimit(text string) (Limit, error) {
	name, value, ok := strings.Cut(text, "=")
	if !ok {
		return Limit{}, fmt.Errorf("limit %q has no =: write it like login.p99=10%%", text)
	}
	l := Limit{Text: text, Figure: strings.TrimSpace(name)}
	if !isFigure(l.Figure) {
		if service, figure, ok := strings.Cut(l.Figure, "."); ok {
			l.Service, l.Figure = service, figure
		}
	}
	if s, known := unifier.ServiceByID(l.Service); known {
		l.Service = string(s) // it may have been named by its short name
	}
	l.Figure = strings.ReplaceAll(l.Figure, "p99_9", "p99.9")
	if !isFigure(l.Figure) {
		return Limit{}, fmt.Errorf("limit %q: unknown figure %q, it is one of %s", text, l.Figure, strings.Join(Figures(), ", "))
	}
	number, percent := strings.CutSuffix(strings.TrimSpace(value), "%")
	share, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !percent || !(share >= 0 && share < 1e6) {
		return Limit{}, fmt.Errorf("limit %q: %q is no percentage: write it like login.p99=10%%", text, value)
	}
	l.Share = share / 100
	return l, nil
}

// isFigure reports whether name is a figure that can be compared.
func isFigure(name string) bool { return slices.Contains(Figures(), name) }

// covers reports whether the limit is about a service and figure.
func (l Limit) covers(service, figure string) bool {
	return l.Figure == figure && (l.Service == "" || l.Service == service)
}
