package config

import (
	"fmt"
	"sort"
	"strings"

	"github.com/unigate/unigate/internal/input"
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

// quotable are the keys whose values errors may quote.
var quotable = input.Keys{"edition", "expiry_parameter", "timeout", "max_clock_skew", "insecure_skip_verify", "type", "status", "date_format",
	"time_zone", "expiry", "language", "failed_logins", "allow_load", "max_rate", "dedicated_users"}

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
	for i := range d.problems {
		if p := &d.problems[i]; p.Line > 0 && p.Source == d.file {
			p.Excerpt = quotable.Excerpt(d.lines, p.Line, p.Column)
		}
	}
	return d.problems
}
