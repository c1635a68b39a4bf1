package reports

import (
	"fmt"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/figures"
)

// addPhases adds the figures of phases and users up. Where one of the load tests has
// none, as an older version wrote it, the sum has none.
func addPhases(to *record.Load, loads []*record.Load) error {
	n := len(loads[0].Phases)
	for _, l := range loads {
		if len(l.Phases) != n || len(l.Plan.Phases) < n {
			n = 0
		}
	}
	for i := range n {
		parts := make([]*record.Load, len(loads))
		for k, l := range loads {
			parts[k] = figures.Phase(l, i)
		}
		p := loads[0].Phases[i]
		sum := &record.Load{}
		var err error
		if sum.Services, sum.All, err = addServices(parts); err != nil {
			return fmt.Errorf("phase %d: %w", i+1, err)
		}
		if err := markBounds(sum); err != nil {
			return fmt.Errorf("phase %d: %w", i+1, err)
		}
		p.Services, p.All, p.DurationS = sum.Services, sum.All, longest(parts)
		to.Phases = append(to.Phases, p)
	}
	users := make([]*record.Load, len(loads))
	for k, l := range loads {
		if len(l.Users) == 0 {
			return nil
		}
		users[k] = &record.Load{Services: l.Users, Totals: l.Totals}
	}
	sum := &record.Load{}
	var err error
	if sum.Services, _, err = addServices(users); err != nil {
		return err
	}
	if err := markBounds(sum); err != nil {
		return err
	}
	to.Users = sum.Services
	return nil
}
