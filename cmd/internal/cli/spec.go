package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/unigate/unigate/features"
	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/steps"
)

// specCommand shows what is checked.
func (a *app) specCommand() *cobra.Command {
	var diff bool
	c := &cobra.Command{
		Use:   "spec [--diff OLD NEW]",
		Short: "Show requirements, their coverage, ambiguities and what editions changed",
		Long: `Show every requirement of an edition with its level, the page of the
documentation that it comes from, the scenarios that check it, and what the
present configuration does not allow to check, and why. Nothing is sent.

With --diff and the ids of two editions it shows what the documentation changed
from the one to the other.

Exit status:
  0    it was shown
  2    usage or configuration error
  3    unigate failed`,
		Example: `  unigate spec
  unigate spec --edition 26 --format markdown
  unigate spec --diff 21.7 26`,
		Args: cobra.MaximumNArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := a.checkOutput("text", "json", "markdown"); err != nil {
				return err
			}
			switch {
			case diff && len(args) == 2:
				return a.specDiff(args[0], args[1])
			case diff || len(args) > 0:
				return usage("unigate spec --diff 21.7 26", "--diff takes the ids of two editions")
			}
			return a.spec()
		},
	}
	c.Flags().BoolVar(&diff, "diff", false, "show what the documentation changed between two editions")
	return c
}

// specification is what spec shows.
type specification struct {
	edition     features.Edition
	coverage    []steps.Coverage
	ambiguities []features.Ambiguity
	target      string
}

// spec runs the command without --diff.
func (a *app) spec() error {
	o, target, err := a.configured()
	if err != nil {
		return err
	}
	coverage, err := steps.Cover(o)
	if err != nil {
		return usageOf(err)
	}
	register, err := features.LoadRegister()
	if err != nil {
		return err
	}
	s := specification{edition: o.Edition, coverage: coverage, ambiguities: register.Ambiguities, target: target}
	switch a.shared.format {
	case "json":
		return s.json(a.document)
	case "markdown":
		return s.markdown(a.streams.Out)
	}
	return s.text(a.streams.Out)
}

// configured returns what the configuration says about the target, without
// opening it, and the target's name.
func (a *app) configured() (steps.Options, string, error) {
	c, err := a.loadConfig()
	if err != nil {
		return steps.Options{}, "", err
	}
	o := steps.Options{
		Users: c.Users, Resource: c.Target.Resource, ExpiryParameter: c.Target.ExpiryParameter,
		FailedLogins: c.Safety.FailedLogins, Gate: record.Sampled,
	}
	if c.Target.JWKS != "" {
		o.Keys = &oracle.KeySet{} // that there is one is all that matters here
	}
	name := "the embedded reference service"
	if c.Target.BaseURL != nil {
		name = c.Target.BaseURL.Redacted()
		o.BaseURL = name
	} else {
		o.Users, o.Resource, o.Keys, o.BaseURL = reference.DefaultUsers(), unifier.ResourcePath, &oracle.KeySet{}, "https://127.0.0.1"
	}
	o.Edition, err = editionNamed(c.Target.Edition)
	return o, name, err
}

// text prints the specification for people.
func (s *specification) text(w io.Writer) error {
	p := &printer{w: w}
	p.f("Edition %s (published %s), as %s can be checked\n", s.edition.ID, s.edition.Published, s.target)
	for i := range s.coverage {
		c := &s.coverage[i]
		can, all := c.Checked()
		p.f("\n%s  %s  %s\n", c.Requirement.ID, c.Requirement.Level, s.edition.Title(c.Requirement))
		p.f("  page: %s\n  scenarios: %d of %d can be checked\n", s.edition.Page(c.Requirement), can, all)
		for _, sc := range c.Scenarios {
			p.f("    %s  %s%s\n", sc.ID, sc.Name, remark(sc))
		}
	}
	p.f("\nAmbiguities of the documentation: each reading passes, and the report shows the one that was seen\n")
	for _, x := range s.ambiguities {
		p.f("  %-4s %s\n", x.ID, x.Title)
	}
	return p.err
}

// remark says what is special about a scenario.
func remark(s steps.CoveredScenario) string {
	switch {
	case s.NotAsked:
		return "  [not asked of this configuration: " + s.Missing + "]"
	case s.Missing != "":
		return "  [can't be checked: " + s.Missing + "]"
	case s.OptIn != "":
		return "  [runs with --tags " + s.OptIn + "]"
	}
	return ""
}

// markdown prints the specification as a page; docs/requirements.md is one.
func (s *specification) markdown(w io.Writer) error {
	p := &printer{w: w}
	p.f("# Requirements of edition %s\n\n", s.edition.ID)
	p.f("What unigate checks, by `unigate spec --format markdown`. A level says how strongly the documentation stands behind a\n" +
		"requirement: *documented*, a sentence or table says so; *sampled*, only a sample shows it; *inferred*, it follows from the\n" +
		"standards of HTTP, OAuth and JWT, or by analogy with the other service.\n\n")
	p.f("| id | level | requirement | source | scenarios |\n|---|---|---|---|---|\n")
	for i := range s.coverage {
		c := &s.coverage[i]
		can, all := c.Checked()
		count := fmt.Sprint(all)
		if can < all {
			count = fmt.Sprintf("%d of %d: %s", can, all, c.Missing())
		}
		p.f("| %s | %s | %s | %s | %s |\n", c.Requirement.ID, c.Requirement.Level, cell(s.edition.Title(c.Requirement)), cell(s.edition.Page(c.Requirement)), cell(count))
	}
	p.f("\n## Ambiguities\n\nEach reading passes; the report shows the one that the target was seen to follow.\n\n| id | question |\n|---|---|\n")
	for _, x := range s.ambiguities {
		p.f("| %s | %s |\n", x.ID, cell(x.Title))
	}
	return p.err
}

// cell makes text fit for a cell of a Markdown table.
func cell(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, "|", `\|`), "\n", " ") }

// json prints the specification for machines.
func (s *specification) json(w io.Writer) error {
	type scenario struct {
		ID      string `json:"id"`
		Name    string `json:"name"`
		OptIn   string `json:"opt_in,omitempty"`
		Missing string `json:"missing,omitempty"`
		// NotAsked: it only widens a check, and there is no user for it.
		NotAsked bool `json:"not_asked,omitempty"`
	}
	type requirement struct {
		ID        string     `json:"id"`
		Level     string     `json:"level"`
		Service   string     `json:"service"`
		Title     string     `json:"title"`
		Page      string     `json:"page"`
		Scenarios []scenario `json:"scenarios"`
	}
	type ambiguity struct {
		ID    string `json:"id"`
		Title string `json:"title"`
	}
	out := struct {
		Edition      string        `json:"edition"`
		Target       string        `json:"target"`
		Requirements []requirement `json:"requirements"`
		Ambiguities  []ambiguity   `json:"ambiguities"`
	}{Edition: s.edition.ID, Target: s.target}
	for _, c := range s.coverage {
		q := c.Requirement
		r := requirement{q.ID, string(q.Level), q.Service, s.edition.Title(q), s.edition.Page(q), []scenario{}}
		for _, x := range c.Scenarios {
			r.Scenarios = append(r.Scenarios, scenario(x))
		}
		out.Requirements = append(out.Requirements, r)
	}
	for _, x := range s.ambiguities {
		out.Ambiguities = append(out.Ambiguities, ambiguity(x))
	}
	return writeIndented(w, out)
}

// writeIndented writes JSON for machines that people can read.
func writeIndented(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// specDiff runs the command with --diff.
func (a *app) specDiff(older, newer string) error {
	from, err := editionNamed(older)
	if err != nil {
		return err
	}
	to, err := editionNamed(newer)
	if err != nil {
		return err
	}
	register, err := features.LoadRegister()
	if err != nil {
		return err
	}
	changes := features.Diff(from, to, register)
	if a.shared.format == "json" {
		if changes == nil {
			changes = []features.Change{}
		}
		return writeIndented(a.document, map[string]any{"old": from.ID, "new": to.ID, "changes": changes})
	}
	p := &printer{w: a.streams.Out}
	if a.shared.format == "markdown" {
		p.f("# From edition %s to %s\n\n| subject | %s | %s |\n|---|---|---|\n", from.ID, to.ID, from.ID, to.ID)
		for _, c := range changes {
			p.f("| %s | %s | %s |\n", cell(c.Subject), cell(c.Old), cell(c.New))
		}
		return p.err
	}
	p.f("What the documentation changed from edition %s to %s\n", from.ID, to.ID)
	for _, c := range changes {
		p.f("\n%s\n  - %s\n  + %s\n", c.Subject, silence(c.Old), silence(c.New))
	}
	if len(changes) == 0 {
		p.f("nothing\n")
	}
	return p.err
}

// silence stands for what an edition does not say.
func silence(s string) string {
	if s == "" {
		return "(nothing)"
	}
	return s
}

// printer writes and keeps the first error.
type printer struct {
	w   io.Writer
	err error
}

// f formats and writes.
func (p *printer) f(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}
