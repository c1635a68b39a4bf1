package unifier

import "github.com/unigate/unigate/internal/printable"

// Printable is printable.Line: text that a server chose, fit for a terminal.
func Printable(s string, limit int) string { return printable.Line(s, limit) }
