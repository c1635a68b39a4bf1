package config

import (
	"fmt"
	"sort"
	"strings"
)

// Problem is one mistake in a configuration.
type Problem struct {
	// Source is the file's path, an environment variable's name or a flag.
	Source string
	// Line and Column count from 1; Line is 0 where the source is not a file.
	Line, Column int
	// Key is the path of the key, such as "users[1].password"; it may be empty.
	Key string
	// Message says what is wrong, Hint what to do about it.
	Message, Hint string
	// Excerpt shows the offending lines without secrets; it may be empty.
	Excerpt string
}

// String returns "file:line:column: key: message" with the excerpt and the hint.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.Source)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	if p.Key != "" {
		b.WriteString(": " + p.Key)
	}
	b.WriteString(": " + p.Message)
	if p.Excerpt != "" {
		b.WriteString("\n" + p.Excerpt)
	}
	if p.Hint != "" {
		b.WriteString("\n  " + p.Hint)
	}
	return b.String()
}

// Problems is every mistake that was found, in the order of the file.
type Problems []Problem

// Error lists the mistakes.
func (p Problems) Error() string {
	parts := make([]string, 0, len(p))
	for _, one := range p {
		parts = append(parts, one.String())
	}
	return strings.Join(parts, "\n")
}

// maxProblems bounds the list; after the first dozen, mistakes tend to be consequences.
const maxProblems = 12

// finish sorts the problems and adds the excerpts.
func (d *decoder) finish() Problems {
	sort.SliceStable(d.problems, func(i, j int) bool {
		a, b := d.problems[i], d.problems[j]
		if (a.Line > 0) != (b.Line > 0) {
			return a.Line > 0
		}
		return a.Line < b.Line || a.Line == b.Line && a.Column < b.Column
	})
	if len(d.problems) > maxProblems {
		d.problems = d.problems[:maxProblems]
	}
	masked := mask(d.lines)
	for i := range d.problems {
		if p := &d.problems[i]; p.Line > 0 {
			p.Excerpt = excerpt(masked, p.Line, p.Column)
		}
	}
	return d.problems
}

// excerptWidth is how many columns of a line are shown.
const excerptWidth = 100

// excerpt shows a line, the one before it, and a caret below the column.
func excerpt(masked []maskedLine, line, column int) string {
	if line < 1 || line > len(masked) {
		return ""
	}
	var b strings.Builder
	if line > 1 {
		fmt.Fprintf(&b, "  %4d | %s\n", line-1, visible(masked[line-2].text))
	}
	m := masked[line-1]
	fmt.Fprintf(&b, "> %4d | %s", line, visible(m.text))
	if column > 0 && column <= m.exact && column <= excerptWidth {
		fmt.Fprintf(&b, "\n       | %s^", strings.Repeat(" ", column-1))
	}
	return b.String()
}

// visible makes a line fit for a terminal: no control characters, bounded width.
func visible(s string) string {
	r := []rune(strings.Map(func(c rune) rune {
		switch {
		case c == '\t':
			return ' '
		case c < ' ' || c == 0x7f || c >= 0x80 && c < 0xa0:
			return '\uFFFD'
		}
		return c
	}, s))
	if len(r) > excerptWidth {
		r = append(r[:excerptWidth], '…')
	}
	return string(r)
}
