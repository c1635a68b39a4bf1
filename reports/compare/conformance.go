package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/unigate/unigate/internal/record"
)

// Conformance is what changed in conformance. A list is empty where nothing changed.
type Conformance struct {
	// NewlyFailing failed in the new run and did not in the old one.
	NewlyFailing []Change `json:"newly_failing"`
	// FailingUnasked failed in the new run, by scenarios that the old run did not have.
	FailingUnasked []Change `json:"failing_unasked"`
	// StillFailing failed in the new run, and in the old one but for a waiver or a
	// weaker gate.
	StillFailing []Change `json:"still_failing"`
	// Fixed failed or warned in the old run and passes in the new one.
	Fixed []Change `json:"fixed"`
	// NewlyWarning passed and now warns, or fails and is waived.
	NewlyWarning []Change `json:"newly_warning"`
	// NewlyUnchecked was checked in the old run and was not in the new one.
	NewlyUnchecked []Change `json:"newly_unchecked"`
	// NewlyChecked was not checked in the old run, and does not fail in the new one.
	NewlyChecked []Change `json:"newly_checked"`
	// Flaky gave different answers to the same question within one run.
	Flaky []Change `json:"flaky"`
	// Ambiguities lists the documentation's ambiguities that the target now reads otherwise.
	Ambiguities []Reading `json:"ambiguities"`
	// Unchanged counts the requirements whose state is the same.
	Unchanged int `json:"unchanged"`

	// common counts the requirements and scenarios that both runs checked.
	common int
}

// Change is a requirement, or a scenario, whose state changed. Old or New is
// empty where the run did not have it.
type Change struct {
	ID     string       `json:"id"`
	Kind   string       `json:"kind"` // "requirement" or "scenario"
	Title  string       `json:"title,omitempty"`
	Level  record.Level `json:"level,omitempty"`
	Old    record.State `json:"old,omitempty"`
	New    record.State `json:"new,omitempty"`
	Reason string       `json:"reason,omitempty"`
}

// Reading is an ambiguity with the two readings seen.
type Reading struct {
	ID    string `json:"id"`
	Title string `json:"title,omitempty"`
	Old   string `json:"old"`
	New   string `json:"new"`
}

// item is a requirement or a scenario.
type item struct {
	id, kind, title, reason string
	level                   record.Level
	state                   record.State
	// key is what the two runs' items are matched by.
	key string
	// levels are those of the requirements that the item is about.
	levels []record.Level
}

// compareConformance compares the conformance parts of two runs: requirements
// first, then the scenarios that say more than their requirements do.
func compareConformance(old, new *record.Conformance, sameEdition bool) *Conformance {
	c := &Conformance{NewlyFailing: []Change{}, FailingUnasked: []Change{}, StillFailing: []Change{}, Fixed: []Change{}, NewlyWarning: []Change{},
		NewlyUnchecked: []Change{}, NewlyChecked: []Change{}, Flaky: []Change{}, Ambiguities: []Reading{}}
	q := questionsOf(old, new, sameEdition)
	told := map[string]bool{}
	each(requirements(old), requirements(new), func(o, n *item) {
		before := c.listed()
		c.sort(q, o, n)
		if c.listed() > before {
			told[either(o, n).id] = true
		}
	})
	c.scenarios(q, told)
	for _, s := range new.Scenarios {
		if states := attempts(s); states != "" {
			c.Flaky = append(c.Flaky, Change{ID: s.ID, Kind: "scenario", Title: s.Name, New: s.State, Reason: states})
		}
	}
	for _, a := range old.Ambiguities {
		i := slices.IndexFunc(new.Ambiguities, func(b record.Ambiguity) bool { return b.ID == a.ID })
		if i >= 0 && new.Ambiguities[i].Reading != a.Reading {
			c.Ambiguities = append(c.Ambiguities, Reading{ID: a.ID, Title: a.Title, Old: a.Reading, New: new.Ambiguities[i].Reading})
		}
	}
	return c
}

// listed counts the changes listed so far, those aside that fail as before: what else
// of theirs fails now is told.
func (c *Conformance) listed() int {
	return len(c.NewlyFailing) + len(c.FailingUnasked) + len(c.Fixed) + len(c.NewlyWarning) + len(c.NewlyUnchecked) + len(c.NewlyChecked)
}

// sort puts one requirement where it belongs; o or n is nil where a run lacks it.
func (c *Conformance) sort(q questions, o, n *item) {
	wasChecked, isChecked := o != nil && checked(o.state), n != nil && checked(n.state)
	if wasChecked && isChecked {
		c.common++
	}
	switch {
	case isChecked && failing(n.state) && o != nil && !failing(o.state) && q.unmet(o):
		c.StillFailing = append(c.StillFailing, change(o, n))
	case isChecked && failing(n.state) && !(wasChecked && failing(o.state)) && q.unasked(n.id):
		c.FailingUnasked = append(c.FailingUnasked, change(o, n))
	case isChecked && failing(n.state) && !(wasChecked && failing(o.state)):
		c.NewlyFailing = append(c.NewlyFailing, change(o, n))
	case wasChecked && !isChecked:
		c.NewlyUnchecked = append(c.NewlyUnchecked, change(o, n))
	case isChecked && !wasChecked:
		c.NewlyChecked = append(c.NewlyChecked, change(o, n))
	case !isChecked || o.state == n.state: // nor was it checked before, or both alike
		c.Unchanged++
	case n.state == record.Pass:
		c.Fixed = append(c.Fixed, change(o, n))
	case o.state == record.Pass:
		c.NewlyWarning = append(c.NewlyWarning, change(o, n))
	default:
		c.Unchanged++
	}
}

// scenarios tells the scenarios that fail and of which no requirement is told.
func (c *Conformance) scenarios(q questions, told map[string]bool) {
	about := map[string][]string{}
	for _, of := range []*record.Conformance{q.old, q.new} {
		keys := scenarioKeys(of.Scenarios)
		for i, s := range of.Scenarios {
			about[keys[i]] = s.Requirements
		}
	}
	each(scenarios(q.old), scenarios(q.new), func(o, n *item) {
		if o != nil && n != nil && checked(o.state) && checked(n.state) {
			c.common++
		}
		if slices.ContainsFunc(about[either(o, n).key], func(id string) bool { return told[id] }) {
			return // its requirement says it
		}
		switch {
		case n == nil || !failing(n.state) || q.unmet(o):
		case o == nil && q.sameEdition && len(q.asked) > 0 && !firstLogin(n.id):
			c.FailingUnasked = append(c.FailingUnasked, change(o, n))
		default:
			c.NewlyFailing = append(c.NewlyFailing, change(o, n))
		}
	})
}

// checked reports whether a state comes from a check; an error does not.
func checked(s record.State) bool {
	return s == record.Pass || s == record.Warning || s == record.Waived || s == record.Fail
}

// failing reports whether a state shows a failure.
func failing(s record.State) bool { return s == record.Fail }

// change describes a changed item.
func change(o, n *item) Change {
	e := either(o, n)
	c := Change{ID: e.id, Kind: e.kind, Title: e.title, Level: e.level}
	if o != nil {
		c.Old = o.state
	}
	if n != nil {
		c.New, c.Reason = n.state, n.reason
	} else {
		c.Reason = "not part of the new run"
	}
	return c
}

// either returns the new item, or the old one where there is no new one.
func either(o, n *item) *item {
	if n != nil {
		return n
	}
	return o
}

// each calls f for every key of the two lists, in the order of the new one, then
// for what only the old one has.
func each(old, new []item, f func(o, n *item)) {
	index := map[string]*item{}
	for i := range old {
		index[old[i].key] = &old[i]
	}
	seen := map[string]bool{}
	for i := range new {
		seen[new[i].key] = true
		f(index[new[i].key], &new[i])
	}
	for i := range old {
		if !seen[old[i].key] {
			f(&old[i], nil)
		}
	}
}

// requirements returns the requirements of a run.
func requirements(c *record.Conformance) []item {
	var out []item
	for _, r := range c.Requirements {
		out = append(out, item{id: r.ID, kind: "requirement", title: r.Title, reason: r.Reason, level: r.Level, state: r.State,
			key: r.ID, levels: []record.Level{r.Level}})
	}
	return out
}

// scenarios returns the scenarios of a run.
func scenarios(c *record.Conformance) []item {
	levels := map[string]record.Level{}
	for _, r := range c.Requirements {
		levels[r.ID] = r.Level
	}
	var out []item
	keys := scenarioKeys(c.Scenarios)
	for i, s := range c.Scenarios {
		reason := s.Reason
		for _, st := range s.Steps {
			if reason == "" && failing(st.State) {
				reason = st.Error
			}
		}
		of := item{id: s.ID, kind: "scenario", title: s.Name, reason: reason, state: s.State, key: keys[i]}
		for _, id := range s.Requirements {
			if level, known := levels[id]; known {
				of.levels = append(of.levels, level)
			}
		}
		out = append(out, of)
	}
	return out
}

// attempts shows the states of a scenario's repetitions where they differ, else "".
func attempts(s record.Scenario) string {
	n := map[record.State]int{}
	for _, a := range s.Attempts {
		n[a]++
	}
	if len(n) < 2 {
		return ""
	}
	var parts []string
	for _, st := range record.States {
		if n[st] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[st], st))
		}
	}
	return strings.Join(parts, ", ")
}

// names lists the ids of changes, not more than a few.
func names(changes []Change) string {
	var ids []string
	for i, c := range changes {
		if i == 5 {
			ids = append(ids, fmt.Sprintf("and %d more", len(changes)-i))
			break
		}
		ids = append(ids, c.ID)
	}
	return strings.Join(ids, ", ")
}
