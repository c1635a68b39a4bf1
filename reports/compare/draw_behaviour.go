package compare

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/unigate/unigate/internal/amount"
	"github.com/unigate/unigate/reports/internal/sheet"
)

// line counts the changes of behaviour by class.
func (b *Behaviour) line() string {
	s := amount.Of(len(b.Groups), "change", "changes") + " of behaviour"
	var parts []string
	for _, class := range Classes {
		n, accepted := 0, 0
		for _, g := range b.Groups {
			if g.Class == class {
				n++
				if g.Accepted != "" {
					accepted++
				}
			}
		}
		if n == 0 {
			continue
		}
		part := fmt.Sprintf("%d %s", n, class)
		if accepted > 0 {
			part += fmt.Sprintf(", %d of them accepted", accepted)
		}
		parts = append(parts, part)
	}
	if len(parts) > 0 {
		s += ": " + strings.Join(parts, "; ")
	}
	return s
}

// Section is the title above the changes of a class.
func (c Class) Section() string {
	return map[Class]string{
		Breaking: "Breaking: programs that fetch tokens may stop, or misread", Unclear: "Unclear: only one of the runs looked",
		Documented: "Documented: the new release's pages say so", Compatible: "Compatible: no known program is stopped",
	}[c]
}

// By returns the changes of a class.
func (b *Behaviour) By(c Class) []Group {
	var out []Group
	for _, g := range b.Groups {
		if g.Class == c {
			out = append(out, g)
		}
	}
	return out
}

// textBehaviour writes the changes as sentences, the worst first; verbose adds every
// trait with its values.
func textBehaviour(p *sheet.Page, b *Behaviour, verbose bool) {
	p.Heading("Behaviour, documented or not")
	for _, class := range Classes {
		groups := b.By(class)
		if len(groups) == 0 {
			continue
		}
		p.Blank()
		p.Text("", class.Section())
		for _, g := range groups {
			p.Text("  - ", sentence(g))
			p.Text("    ", why(g))
			p.Text("    ", "rule "+g.Rule+"; "+seen(g.Traits))
		}
	}
	if verbose {
		textTraits(p, b)
	}
	p.Blank()
	p.Text("", fmt.Sprintf("%s, in %s; %d as before", amount.Of(len(b.Groups), "change", "changes"), amount.Of(len(b.Changes), "trait", "traits"), b.Unchanged))
	if !verbose && len(b.Changes) > 0 {
		p.Text("", "--verbose shows every trait with its values; unigate compare --rules lists the rules")
	}
}

// textTraits writes a readable diff of the traits.
func textTraits(p *sheet.Page, b *Behaviour) {
	p.Blank()
	for _, t := range b.Changes {
		p.Text("  ", t.Name+t.note())
		for _, v := range t.Old {
			p.Text("    - ", show(v))
		}
		for _, v := range t.New {
			p.Text("    + ", show(v))
		}
	}
}

// sentence is a change in one sentence.
func sentence(g Group) string { return sheet.Clip(sheet.OneLine(g.Sentence), 600) }

// why says for whom a change matters, and why it is accepted.
func why(g Group) string {
	if g.Accepted != "" {
		return g.Reason + "; accepted: " + sheet.OneLine(g.Accepted)
	}
	return g.Reason
}

// maxSeen bounds how many traits of a change are named.
const maxSeen = 4

// seen names the traits in which a change shows.
func seen(traits []string) string {
	shown := traits[:min(len(traits), maxSeen)]
	s := "seen in " + sheet.OneLine(strings.Join(shown, ", "))
	if n := len(traits) - len(shown); n > 0 {
		s += fmt.Sprintf(" and %d more", n)
	}
	return s
}

// markdownBehaviour writes the changes for job summaries.
func markdownBehaviour(m *sheet.Markdown, b *Behaviour) {
	m.Block("### Behaviour, documented or not")
	for _, class := range Classes {
		groups := b.By(class)
		if len(groups) == 0 {
			continue
		}
		m.Block("**" + sheet.EscapeMarkdown(class.Section()) + "**")
		t := &sheet.Table{Columns: []sheet.Column{{Title: "what changed"}, {Title: "for whom it matters"}, {Title: "rule"}, {Title: "seen in"}}}
		for _, g := range groups {
			t.Add(sentence(g), sheet.Clip(why(g), 600), g.Rule, strings.TrimPrefix(seen(g.Traits), "seen in "))
		}
		m.Table(t)
	}
	t := &sheet.Table{Columns: []sheet.Column{{Title: "trait"}, {Title: "old"}, {Title: "new"}}}
	for _, c := range b.Changes {
		t.Add(sheet.OneLine(c.Name), values(c.Old), values(c.New))
	}
	if len(t.Rows) > 0 {
		m.Folded("Every trait that changed", t)
	}
	m.Block(fmt.Sprintf("%s, in %s; %d as before.", amount.Of(len(b.Groups), "change", "changes"), amount.Of(len(b.Changes), "trait", "traits"), b.Unchanged))
}

// note says where a trait was not observed.
func (t Trait) note() string {
	if t.Kind == "changed" {
		return ""
	}
	return " (" + t.Kind + ")"
}

// DrawRules draws the catalogue of rules as text, markdown or json.
func DrawRules(format string, d Drawing) ([]byte, error) {
	t := &sheet.Table{Columns: []sheet.Column{{Title: "rule"}, {Title: "class"}, {Title: "what changed"}, {Title: "for whom it matters"}, {Title: "source"}}}
	for _, r := range rules {
		t.Add(r.ID, string(r.Class), r.Title, r.Reason, r.Source)
	}
	switch format {
	case "json":
		b, err := json.MarshalIndent(rules, "", "  ")
		return append(b, '\n'), err
	case "markdown":
		m := &sheet.Markdown{Limit: 1000 * 1000}
		m.Table(t)
		return m.Bytes()
	}
	p := &sheet.Page{Width: max(d.Width, 60)}
	for _, class := range Classes {
		p.Heading(class.Section())
		for _, r := range rules {
			if r.Class == class {
				p.Text("  "+r.ID+": ", r.Title)
				p.Text("      ", r.Reason+" ("+r.Source+")")
			}
		}
	}
	return p.Bytes()
}
