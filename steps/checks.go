package steps

import (
	"fmt"
	"slices"
	"strings"

	"github.com/unigate/unigate/internal/record"
)

// breadthTag is on scenarios that only widen a check: one more date format, zone,
// boundary or kind of password. The tag after it names what is widened.
const breadthTag = "@breadth"

// widens names what a scenario tagged as breadth widens, such as "formats".
func (s *Scenario) widens() string {
	i := slices.Index(s.Tags, breadthTag)
	if i < 0 {
		return ""
	}
	if i+1 < len(s.Tags) {
		return strings.TrimPrefix(s.Tags[i+1], "@")
	}
	return "other"
}

// notAsked says why a scenario that only widens is not asked of a configuration:
// it has no such user. It is "" for all others.
func notAsked(o *Options, s *Scenario, words *lexicon) string {
	if !s.has(breadthTag) {
		return ""
	}
	for _, step := range s.Steps {
		m := words.match(step.Text)
		for _, d := range m.found {
			if d.user == 0 {
				continue
			}
			if reason := needsUser(o, m.args[d.user-1]); reason != "" {
				return reason
			}
		}
	}
	return ""
}

// setAside takes the scenarios out of the selection that are not asked of the configuration.
func (r *run) setAside() {
	asked := *r.selection
	asked.Scenarios = nil
	for _, s := range r.selection.Scenarios {
		if reason := notAsked(&r.o, s, r.vocabulary); reason != "" {
			r.unasked = append(r.unasked, unasked{s, reason})
			continue
		}
		asked.Scenarios = append(asked.Scenarios, s)
	}
	r.selection = &asked
}

// unasked is a scenario that is not asked of the configuration.
type unasked struct {
	scenario *Scenario
	reason   string
}

// requirements sums the scenarios up by requirement: each has the worst state of
// its scenarios that ran, and is skipped only where none did.
func (r *run) requirements(scenarios []record.Scenario) []record.Requirement {
	by := map[string]*record.Requirement{}
	reasons, left := map[string][]string{}, map[string][]string{}
	judged := map[string]bool{} // a scenario that judges ran
	entry := func(id string) *record.Requirement {
		if by[id] == nil {
			q, _ := r.selection.Register.Find(id)
			by[id] = &record.Requirement{ID: id, Level: record.Level(q.Level), Title: r.o.Edition.Title(q), State: record.Skipped, Scenarios: []string{}}
		}
		return by[id]
	}
	for _, s := range scenarios {
		for _, id := range s.Requirements {
			q := entry(id)
			q.Scenarios = append(q.Scenarios, s.ID)
			q.Checks++
			if s.State == record.Skipped {
				reasons[id] = appendNew(reasons[id], s.Reason)
				if strings.Contains(s.Reason, noSpenderText) {
					left[id] = append(left[id], s.Name)
				}
				continue
			}
			sc := r.byID[s.ID]
			judged[id] = judged[id] || sc == nil || !sc.hasStep(notedText)
			if q.Checked++; q.Checked == 1 || s.State.Worse(q.State) {
				q.State, q.Reason = s.State, s.Reason
			}
		}
	}
	for _, u := range r.unasked {
		for _, id := range u.scenario.Requirements {
			if q := entry(id); q.Checks == 0 {
				reasons[id] = appendNew(reasons[id], u.reason)
			}
		}
	}
	var list []record.Requirement
	for _, id := range r.selection.Register.IDs() {
		if q := by[id]; q != nil {
			q.Missing = some(reasons[id]) + untried(left[id])
			if q.State == record.Pass && !judged[id] && len(reasons[id]) > 0 && q.Level != record.Observed {
				q.State, q.Checked = record.Skipped, 0 // what is only noted meets no requirement
			}
			if q.State == record.Skipped {
				q.Reason = q.Missing
			}
			list = append(list, *q)
		}
	}
	return list
}

// appendNew appends a text that is not in the list.
func appendNew(list []string, text string) []string {
	if slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}

// broadest leaves out what another reason says already: where there is no user with
// a duration there is none with one in minutes.
func broadest(reasons []string) []string {
	return slices.DeleteFunc(slices.Clone(reasons), func(narrow string) bool {
		return slices.ContainsFunc(reasons, func(broad string) bool {
			what, ok := strings.CutSuffix(broad, notConfigured)
			return ok && strings.HasSuffix(narrow, notConfigured) && strings.HasPrefix(narrow, what+" ") && narrow != broad
		})
	})
}

// some joins the first reasons, and says how many more there are.
func some(reasons []string) string {
	const most = 3
	reasons = broadest(reasons)
	if len(reasons) > most+1 { // one more takes no more room than to say so
		reasons = append(slices.Clone(reasons[:most]), fmt.Sprintf("and %d more reasons", len(reasons)-most))
	}
	return strings.Join(reasons, "; ")
}

// cover fills in what was checked of what is documented, and how broadly.
func (r *run) cover(c *record.Conformance) {
	for _, q := range c.Requirements {
		switch {
		case q.Level != record.Documented || q.Checks > 0 && q.Checked == q.Checks:
		case q.Checked == 0:
			c.Unchecked = append(c.Unchecked, q.ID)
		default:
			c.Partly = append(c.Partly, q.ID)
		}
	}
	for _, s := range c.Scenarios {
		if sc := r.byID[s.ID]; sc != nil && sc.has(breadthTag) {
			b := breadthOf(c, sc.widens())
			b.All++
			if s.State != record.Skipped {
				b.Checked++
			}
		}
	}
	for _, u := range r.unasked {
		breadthOf(c, u.scenario.widens()).All++
		c.NotAsked = append(c.NotAsked, u.scenario.ID)
	}
}

// breadthOf finds or begins the breadth of a name.
func breadthOf(c *record.Conformance, name string) *record.Breadth {
	i := slices.IndexFunc(c.Breadth, func(b record.Breadth) bool { return b.Name == name })
	if i < 0 {
		c.Breadth = append(c.Breadth, record.Breadth{Name: name})
		i = len(c.Breadth) - 1
	}
	return &c.Breadth[i]
}

// nothingRan says why not one scenario could be run; "" if one was.
func nothingRan(c *record.Conformance) string {
	var reasons []string
	met := map[string]bool{} // requirements of which something was checked
	for _, q := range c.Requirements {
		met[q.ID] = q.State != record.Skipped
	}
	for _, s := range c.Scenarios {
		if s.State == record.Skipped {
			reasons = appendNew(reasons, s.Reason)
			continue
		}
		if len(s.Requirements) == 0 || slices.ContainsFunc(s.Requirements, func(id string) bool { return met[id] }) {
			return ""
		}
	}
	for _, q := range c.Requirements {
		if q.Checks == 0 {
			reasons = appendNew(reasons, q.Reason)
		}
	}
	if len(reasons) == 0 { // where nobody chose an edition, what another one has goes with it
		reasons = []string{"the target has no service that the selected scenarios are about"}
	}
	return "nothing of what was selected could be checked: " + some(reasons)
}

// covered says in short lists what was not checked of what is documented, and how
// broad the run was.
func covered(c *record.Conformance) []string {
	var lines, parts, breadth []string
	if len(c.Unchecked) > 0 {
		lines = append(lines, "documented, and nothing of it checked: "+strings.Join(c.Unchecked, ", "))
	}
	for _, q := range c.Requirements {
		if slices.Contains(c.Partly, q.ID) {
			parts = append(parts, fmt.Sprintf("%s (%d of %d checks)", q.ID, q.Checked, q.Checks))
		}
	}
	if len(parts) > 0 {
		lines = append(lines, "documented, and checked in part: "+strings.Join(parts, ", "))
	}
	for _, b := range c.Breadth {
		breadth = append(breadth, fmt.Sprintf("%s %d of %d", b.Name, b.Checked, b.All))
	}
	if len(c.NotAsked) > 0 {
		lines = append(lines, "how broad: "+strings.Join(breadth, ", "))
	}
	return lines
}

// maxUntried bounds how many variants are named.
const maxUntried = 8

// untried names the ways of a wrong password, and of right credentials under a wrong
// scheme, that no user was left for.
func untried(names []string) string {
	if len(names) == 0 {
		return ""
	}
	if more := len(names) - maxUntried; more > 0 {
		names = append(names[:maxUntried], fmt.Sprintf("%d more", more))
	}
	return "; not tried: " + strings.Join(names, ", ")
}
