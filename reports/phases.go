package reports

import (
	"strconv"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/sheet"
)

// titled is a table with its heading.
type titled struct {
	Title string
	Table *sheet.Table
}

// partTables are the figures of the phases of a plan and of the users that it names;
// none where the record has none.
func partTables(l *record.Load) []titled {
	if l == nil {
		return nil
	}
	var out []titled
	if t := phasesTable(l); t != nil {
		out = append(out, titled{"By phase: latency from the scheduled start, in ms", t})
	}
	if t := usersTable(l); t != nil {
		out = append(out, titled{"By user: latency from the scheduled start, in ms", t})
	}
	return out
}

// partColumns are the columns of the figures after those that name the part.
func partColumns(names ...string) []sheet.Column {
	var out []sheet.Column
	for _, n := range names {
		out = append(out, sheet.Column{Title: n, Wrap: true})
	}
	for _, n := range []string{"count", "rate/s", "error %", "bad", "p50", "p95", "p99", "max"} {
		out = append(out, sheet.Column{Title: n, Right: true})
	}
	return out
}

// partCells are the figures of a part, in the order of partColumns.
func partCells(s record.Service) []string {
	cells := []string{count(s.Count), rate(s.RatePerS), percent(s.ErrorShare), count(s.BadTokens)}
	all := distribution(s.Count+s.Censored, s.Latency)
	for i, q := range quantiles {
		switch q.Name {
		case "p50", "p95", "p99", "max":
			cells = append(cells, all[i])
		}
	}
	return cells
}

// partLabel clips a name of a plan or a user.
func partLabel(s string) string { return sheet.Clip(sheet.OneLine(s), 32) }

// phasesTable has a row for each phase and, where several services are asked, for each
// of them in it; nil where the record has no figures of phases.
func phasesTable(l *record.Load) *sheet.Table {
	if len(l.Phases) == 0 {
		return nil
	}
	t := &sheet.Table{Columns: partColumns("phase", "shape", "service")}
	for i := range l.Phases {
		p := &l.Phases[i]
		name := strconv.Itoa(p.Number)
		if p.Name != "" {
			name += " " + partLabel(p.Name)
		}
		var sums []record.Service
		for _, s := range p.Services {
			if s.Status == record.StatusAll {
				sums = append(sums, s)
			}
		}
		t.Add(append([]string{name, sheet.OneLine(p.Shape), record.StatusAll}, partCells(p.All)...)...)
		if len(sums) < 2 {
			continue
		}
		for _, s := range sums {
			t.Add(append([]string{name, sheet.OneLine(p.Shape), partLabel(s.Name)}, partCells(s)...)...)
		}
	}
	return t
}

// usersTable has a row for each user that the mix or a threshold names.
func usersTable(l *record.Load) *sheet.Table {
	if len(l.Users) == 0 {
		return nil
	}
	t := &sheet.Table{Columns: partColumns("user")}
	for _, s := range l.Users {
		if s.Status == record.StatusAll {
			t.Add(append([]string{partLabel(s.Name)}, partCells(s)...)...)
		}
	}
	return t
}

// textParts writes the figures of phases and users.
func textParts(p *sheet.Page, l *record.Load) {
	for _, t := range partTables(l) {
		p.Heading(t.Title)
		p.Table(t.Table, 0)
	}
}
