package sheet

import (
	"bytes"
	"strings"
)

// Markdown collects a Markdown document of bounded size.
type Markdown struct {
	// Limit is the most that the document may have, in bytes.
	Limit int
	// Rest is the sentence that ends a document which would have been longer.
	Rest string
	buf  bytes.Buffer
	full bool
	err  error
}

// Bytes returns the document, or the first error met while it was laid out.
func (m *Markdown) Bytes() ([]byte, error) { return m.buf.Bytes(), m.err }

// Block writes a block of Markdown followed by an empty line. A block that does
// not fit is left out, and so is everything after it.
func (m *Markdown) Block(text string) {
	if m.full || text == "" {
		return
	}
	if m.buf.Len()+len(text)+len(m.Rest)+4 > m.Limit {
		m.full = true
		text = m.Rest
	}
	m.buf.WriteString(strings.TrimRight(text, "\n"))
	m.buf.WriteString("\n\n")
}

// List writes plain texts as a list.
func (m *Markdown) List(texts []string) {
	var b strings.Builder
	for _, t := range texts {
		b.WriteString("- " + EscapeMarkdown(OneLine(t)) + "\n")
	}
	m.Block(b.String())
}

// Table writes a table.
func (m *Markdown) Table(t *Table) { m.Block(m.render(t)) }

// Folded writes a table below a title that can be unfolded.
func (m *Markdown) Folded(title string, t *Table) {
	if text := m.render(t); text != "" {
		m.Block("<details><summary>" + EscapeMarkdown(title) + "</summary>\n\n" + text + "\n</details>")
	}
}

// render returns a table's text and keeps the first error.
func (m *Markdown) render(t *Table) string {
	text, err := t.Markdown()
	if err != nil && m.err == nil {
		m.err = err
	}
	return text
}

// Code writes plain text as a block of code; its fence is longer than any run of
// backticks inside.
func (m *Markdown) Code(text string) {
	text = Plain(text)
	longest, run := 0, 0
	for _, r := range text {
		if r == '`' {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	fence := strings.Repeat("`", max(3, longest+1))
	m.Block(fence + "text\n" + text + "\n" + fence)
}
