package unifier

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable makes text that a server chose fit for a terminal: one line, no
// control or formatting characters (so no escape sequences and no reversed
// text), valid UTF-8, at most limit characters.
func Printable(s string, limit int) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n == limit {
			b.WriteRune('…')
			break
		}
		n++
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			b.WriteByte(' ')
		case r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			b.WriteRune('\uFFFD')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
