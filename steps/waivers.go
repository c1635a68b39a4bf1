package steps

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/unigate/unigate/features"
	"github.com/unigate/unigate/internal/input"
)

// Waiver accepts, for a time, that a requirement is not met, or that behaviour changed.
type Waiver struct {
	Requirement string `yaml:"requirement"`
	// Change is a rule of unigate compare, in place of a requirement; verify passes
	// over such a waiver.
	Change string `yaml:"change"`
	// Edition limits the waiver to one edition; empty stands for all of them.
	Edition string `yaml:"edition"`
	Reason  string `yaml:"reason"`
	Ticket  string `yaml:"ticket"`
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
	if err := input.CheckNesting(data); err != nil {
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
		if w.Requirement != "" || w.Edition != "" {
			return wrongAt(node, data, "change", "a change is accepted by itself: it has no requirement and no edition")
		}
		about.key, about.value = "change", w.Change
	}
	for _, k := range []struct{ key, value string }{about, {"reason", w.Reason}, {"expires", w.Expires}} {
		if strings.TrimSpace(k.value) == "" {
			return wrongAt(node, data, k.key, "it has no %s: requirement, reason and expires are needed", k.key)
		}
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
// or edition, or a requirement that the edition does not have.
func checkWaivers(list []Waiver, register *features.Register) error {
	editions, err := features.LoadEditions()
	if err != nil {
		return err
	}
	for _, w := range list {
		if w.Change != "" {
			continue
		}
		q, ok := register.Find(w.Requirement)
		if !ok {
			return misuse("unigate spec lists the requirements", "%s matches nothing: no requirement is named %q", w.place(), w.Requirement)
		}
		if w.Edition == "" {
			continue
		}
		if _, ok := features.FindEdition(editions, w.Edition); !ok || !q.In(w.Edition) {
			return misuse("unigate spec lists the requirements of an edition",
				"%s matches nothing: edition %q has no requirement %s", w.place(), w.Edition, w.Requirement)
		}
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

// waiverFor returns the waiver that holds for a requirement in an edition now.
func waiverFor(list []Waiver, id, edition string, now time.Time) (Waiver, bool) {
	for _, w := range list {
		if w.covers(id, edition) && now.Before(w.until) {
			return w, true
		}
	}
	return Waiver{}, false
}

// covers reports whether the waiver is about the requirement in the edition.
func (w Waiver) covers(id, edition string) bool {
	return w.Requirement == id && (w.Edition == "" || w.Edition == edition)
}
