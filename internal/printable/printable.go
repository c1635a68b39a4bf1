// Package printable makes text of strangers (servers, files, records) fit to be
// shown: on a terminal, which obeys control characters, and in the log of a build
// agent, which obeys commands that stand in it.
package printable

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line makes text one line without control or formatting characters (so no
// escape sequences and no reversed text), valid UTF-8, of at most limit
// characters.
func Line(s string, limit int) string {
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
		case unfit(r):
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Text is Line for text that keeps its lines and its length.
func Text(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unfit(r) {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(s, string(utf8.RuneError)))
}

// unfit reports whether a terminal obeys a character, or it reverses or hides text.
func unfit(r rune) bool {
	return r == utf8.RuneError || unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}
