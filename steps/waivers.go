package steps

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/unigate/unigate/features"
	"github.com/unigate/unigate/internal/input"
	"github.com/unigate/unigate/internal/nearest"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/unifier"
)

// Waiver accepts, for a time, that a requirement is not met, or that behaviour changed.
type Waiver struct {
	Requirement string `yaml:"requirement"`
	// Change is a rule of unigate compare, in place of a requirement; verify passes
	// over such a waiver.
	Change string `yaml:"change"`
	// Edition limits the waiver to one edition; empty stands for all of them.
	Edition string `yaml:"edition"`
	// Scenarios limits the waiver to some of the requirement's scenarios, by their
	// names or ids; empty stands for all of them.
	Scenarios []string `yaml:"scenarios"`
	Reason    string   `yaml:"reason"`
	Ticket    string   `yaml:"ticket"`
	// Expires is the last day on which it holds, as YYYY-MM-DD in UTC.
	Expires string `yaml:"expires"`

	until time.Time
	line  int // in the file, from 1; 0 where there is none
}

// waiverKeys are the keys of a waiver whose values errors may quote.
var waiverKeys = input.Keys{"requirement", "change", "edition", "ticket", "expires", "scenarios"}

// maxWaivers bounds a file of waivers, in bytes.
const maxWaivers = 1 << 20

// ParseWaivers reads a list of waivers. Unknown keys, missing keys and days that
// do not exist are errors that name line and column and show the place.
func ParseWaivers(data []byte) (list []Waiver, err error) {
	if len(data) > maxWaivers {
		return nil, fmt.Errorf("the waivers are larger than %d bytes", maxWaivers)
	}
	defer func() {
		if p := recover(); p != nil { // the library panics on some malformed input
			list, err = nil, errors.New("the waivers are not valid YAML")
		}
	}()
	if err := cmp.Or(input.CheckNesting(data), waiverKeys.CheckOneDocument(data)); err != nil {
		return nil, err
	}
	if err := yaml.UnmarshalWithOptions(data, &list, yaml.Strict()); err != nil {
		return nil, waiverKeys.Wrong(err, data)
	}
	nodes := entries(data)
	for i := range list {
		var node ast.Node // nil where the file is built in a way that hides it
		if i < len(nodes) {
			node = nodes[i]
		}
		if err := list[i].check(node, data); err != nil {
			return nil, fmt.Errorf("waiver %d: %w", i+1, err)
		}
	}
	return list, nil
}

// entries returns the nodes of a list in YAML.
func entries(data []byte) []ast.Node {
	file, err := parser.ParseBytes(data, 0)
	if err != nil || len(file.Docs) == 0 {
		return nil
	}
	list, ok := file.Docs[0].Body.(*ast.SequenceNode)
	if !ok {
		return nil
	}
	return list.Values
}

// check finds what is missing and reads the last day. node is where the waiver stands.
func (w *Waiver) check(node ast.Node, data []byte) error {
	about := struct{ key, value string }{"requirement", w.Requirement}
	if w.Change != "" {
		if w.Requirement != "" || w.Edition != "" || len(w.Scenarios) > 0 {
			return wrongAt(node, data, "change", "a change is accepted by itself: it has no requirement, no edition and no scenarios")
		}
		about.key, about.value = "change", w.Change
	}
	for _, k := range []struct{ key, value string }{about, {"reason", w.Reason}, {"expires", w.Expires}} {
		if strings.TrimSpace(k.value) == "" {
			return wrongAt(node, data, k.key, "it has no %s: requirement, reason and expires are needed", k.key)
		}
	}
	if w.Scenarios != nil && (len(w.Scenarios) == 0 || slices.ContainsFunc(w.Scenarios, func(s string) bool { return strings.TrimSpace(s) == "" })) {
		return wrongAt(node, data, "scenarios", "scenarios names at least one scenario, and none of them is empty")
	}
	until, err := time.Parse(time.DateOnly, w.Expires)
	if err != nil {
		return wrongAt(node, data, "expires", "expires is a day such as 2027-03-31, not %q", w.Expires)
	}
	w.until = until.AddDate(0, 0, 1)
	if node != nil {
		w.line = first(node).Position.Line
	}
	return nil
}

// wrongAt is an error about a key of a waiver, which shows the place if there is one.
func wrongAt(node ast.Node, data []byte, key, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	if node == nil {
		return err
	}
	at := first(node)
	if parts, ok := node.(ast.MapNode); ok {
		for all := parts.MapRange(); all.Next(); {
			if all.Key().GetToken().Value == key {
				at = all.Value().GetToken()
			}
		}
	}
	if at == nil {
		return err
	}
	return waiverKeys.At(at, data, err.Error())
}

// first returns the token with which a node begins; that of a mapping is a colon.
func first(node ast.Node) *token.Token {
	if parts, ok := node.(ast.MapNode); ok {
		if all := parts.MapRange(); all.Next() {
			return all.Key().GetToken()
		}
	}
	return node.GetToken()
}

// checkWaivers reports a waiver that can never match: an unknown requirement
// or edition, a requirement that the edition does not have, or a scenario that is
// not about the requirement.
func checkWaivers(list []Waiver, c *corpus) error {
	editions, err := features.LoadEditions()
	if err != nil {
		return err
	}
	for i := range list {
		w := &list[i]
		if w.Change != "" {
			continue
		}
		q, ok := c.register.Find(w.Requirement)
		if !ok {
			return misuse("unigate spec lists the requirements", "%s matches nothing: no requirement is named %q", w.place(), w.Requirement)
		}
		if err := w.checkScenarios(c); err != nil {
			return err
		}
		if w.Edition == "" {
			continue
		}
		e, ok := features.FindEdition(editions, w.Edition)
		if !ok {
			return misuse("the editions are "+strings.Join(unifier.Editions(), ", ")+", and a release such as \"23.10\" stands for its edition",
				"%s matches nothing: %q is not a known edition", w.place(), w.Edition)
		}
		if w.Edition = e.ID; !q.In(e.ID) {
			return misuse("unigate spec lists the requirements of an edition",
				"%s matches nothing: edition %q has no requirement %s", w.place(), w.Edition, w.Requirement)
		}
	}
	return nil
}

// checkScenarios reports a scenario of the waiver that is not about its requirement.
func (w *Waiver) checkScenarios(c *corpus) error {
	var known []string
	for _, s := range c.scenarios() {
		if slices.Contains(s.Requirements, w.Requirement) {
			known = append(known, s.Name, s.ID)
		}
	}
	for _, name := range w.Scenarios {
		if slices.Contains(known, name) {
			continue
		}
		hint := "unigate verify --list --requirement " + w.Requirement + " lists the scenarios by their names and ids"
		if near := nearest.Close(name, known); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return misuse(hint, "%s matches nothing: no scenario about %s is called %q", w.place(), w.Requirement, name)
	}
	return nil
}

// place names the waiver by where it stands in its file.
func (w Waiver) place() string {
	if w.line == 0 {
		return "a waiver"
	}
	return fmt.Sprintf("the waiver in line %d", w.line)
}

// Place names the waiver by where it stands in its file.
func (w Waiver) Place() string { return w.place() }

// Until is the instant from which on the waiver does not hold any more.
func (w Waiver) Until() time.Time { return w.until }

// Text names the waiver in reports.
func (w Waiver) Text() string { return w.text() }

// text names the waiver in reports.
func (w Waiver) text() string {
	s := w.Reason
	if w.Ticket != "" {
		s += " (" + w.Ticket + ")"
	}
	return s + ", until " + w.Expires
}

// waiverFor returns the index of the waiver that holds for a requirement of a
// scenario in an edition now, or -1.
func waiverFor(list []Waiver, id, edition string, s *Scenario, now time.Time) int {
	return slices.IndexFunc(list, func(w Waiver) bool { return w.covers(id, edition) && w.names(s) && now.Before(w.until) })
}

// covers reports whether the waiver is about the requirement in the edition.
func (w Waiver) covers(id, edition string) bool {
	return w.Requirement == id && (w.Edition == "" || w.Edition == edition)
}

// names reports whether the waiver is about the scenario, given that it is about its
// requirement.
func (w Waiver) names(s *Scenario) bool {
	return len(w.Scenarios) == 0 || slices.Contains(w.Scenarios, s.Name) || slices.Contains(w.Scenarios, s.ID)
}

// rotten lists the waivers that must be looked at: expired ones, and those
// whose requirement, or scenario, is met.
func (r *run) rotten(c *record.Conformance) []string {
	state, partly := map[string]record.State{}, map[string]bool{}
	for _, q := range c.Requirements {
		state[q.ID], partly[q.ID] = q.State, q.Checked < q.Checks
	}
	var found []string
	for _, w := range r.o.Waivers {
		s, checked := state[w.Requirement]
		if !checked || !w.covers(w.Requirement, r.o.Edition.ID) {
			continue
		}
		met := w.metScenarios(c)
		switch {
		case !r.o.Now().Before(w.until):
			found = append(found, fmt.Sprintf("the waiver of %s expired on %s, so the requirement counts again: %s", w.Requirement, w.Expires, w.text()))
		case s == record.Pass && !partly[w.Requirement] && r.whole(w.Requirement):
			found = append(found, fmt.Sprintf("the waiver of %s is no longer needed, for the requirement is met: %s", w.Requirement, w.text()))
		case len(met) > 0:
			found = append(found, fmt.Sprintf("the waiver of %s is no longer needed for %s, which passed: %s", w.Requirement, strings.Join(met, ", "), w.text()))
		}
	}
	return found
}

// whole reports whether every scenario about a requirement was selected that a run
// without tags has: of a part nobody knows whether the waiver is needed by the rest.
func (r *run) whole(id string) bool {
	known := map[string]bool{}
	for _, s := range r.selection.Scenarios {
		known[s.ID] = true
	}
	for _, u := range r.unasked {
		known[u.scenario.ID] = true
	}
	return !slices.ContainsFunc(r.all.scenarios(), func(s *Scenario) bool {
		return slices.Contains(s.Requirements, id) && !known[s.ID] && !s.has(loadTag) && !s.has(slowTag) && s.holdsIn(r.o.Edition.ID, r.selection.Register)
	})
}

// metScenarios names the scenarios of the waiver that ran and passed.
func (w Waiver) metScenarios(c *record.Conformance) []string {
	var met []string
	for _, name := range w.Scenarios {
		ran, passed := false, true
		for _, s := range c.Scenarios {
			if s.Name != name && s.ID != name || !slices.Contains(s.Requirements, w.Requirement) {
				continue
			}
			ran, passed = true, passed && s.State == record.Pass
		}
		if ran && passed {
			met = append(met, fmt.Sprintf("%q", name))
		}
	}
	return met
}

// waived lists what each waiver hid of this run.
func (r *run) waived(c *record.Conformance) []record.Waiver {
	var list []record.Waiver
	for i, w := range r.o.Waivers {
		if r.hidden[i] == 0 {
			continue
		}
		checked := 0
		for _, q := range c.Requirements {
			if q.ID == w.Requirement {
				checked = q.Checked
			}
		}
		list = append(list, record.Waiver{
			Requirement: w.Requirement, Edition: w.Edition, Scenarios: w.Scenarios, Reason: r.o.Redactor.String(w.Reason),
			Ticket: r.o.Redactor.String(w.Ticket), Expires: w.Expires, Waived: r.hidden[i], Checked: checked,
		})
	}
	return list
}

// hides says how much the waivers hid, one line for each.
func hides(list []record.Waiver) []string {
	var lines []string
	for _, w := range list {
		line := fmt.Sprintf("a waiver hides %d of %d checks of %s, until %s: %s", w.Waived, w.Checked, w.Requirement, w.Expires, w.Reason)
		if len(w.Scenarios) == 0 && w.Waived < w.Checked || len(w.Scenarios) == 0 && w.Waived > 1 {
			line += " (scenarios: would name those that it is meant for)"
		}
		lines = append(lines, line)
	}
	return lines
}
