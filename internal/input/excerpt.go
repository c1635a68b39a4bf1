package input

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/unigate/unigate/internal/printable"
)

// Hidden stands in the place of a value.
const Hidden = "[redacted]"

// Keys says what of a file may be quoted: every key that looks like one, and the
// values of these keys. All other values are hidden, since a misspelt or misplaced
// password is as secret as one in its place.
type Keys []string

var (
	// keyLine is a line that sets a key, in a list or not.
	keyLine = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^([ \t]*(?:-[ \t]+)*)(["']?)([^\s"':#{}\[\],]+)(["']?)[ \t]*:(?:[ \t]+(.*))?$`)
	})
	// plainKey is what a key looks like that nobody chose as a password.
	plainKey = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z][a-z]{0,20}(?:[_-][a-z]{1,20}){0,3}$`) })
	// plainValue is what a value of a harmless key looks like.
	plainValue = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^["']?[\w.,:/+<>=% -]{0,60}["']?[ \t]*$`) })
	// plainURL is a URL without anything that may be secret.
	plainURL = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^["']?(?:https?://[\w.-]+(?::\d+)?)?(?:/[\w.-]*)*["']?[ \t]*$`)
	})
	// reference is a value that only names where a secret is.
	reference = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^["']?\$\{(?:env:[A-Z][A-Z0-9_]*|file:[\w./-]+)\}["']?[ \t]*$`)
	})
)

// excerptWidth is how many columns of a line are shown.
const excerptWidth = 100

// Excerpt shows a line, the one before it, and a caret below the column; both
// count from 1. What is no key, and no value of a harmless key, is hidden.
func (k Keys) Excerpt(lines []string, line, column int) string {
	if line < 1 || line > len(lines) {
		return ""
	}
	masked := k.mask(lines[:line])
	var b strings.Builder
	if line > 1 {
		fmt.Fprintf(&b, "  %4d | %s\n", line-1, printable.Line(masked[line-2].text, excerptWidth))
	}
	m := masked[line-1]
	fmt.Fprintf(&b, "> %4d | %s", line, printable.Line(m.text, excerptWidth))
	if column > 0 && column <= m.exact && column <= excerptWidth {
		fmt.Fprintf(&b, "\n       | %s^", strings.Repeat(" ", column-1))
	}
	return b.String()
}

// maskedLine is a line without values. Up to the column exact it is what the
// file has.
type maskedLine struct {
	text  string
	exact int
}

// mask hides the values in lines.
func (k Keys) mask(lines []string) []maskedLine {
	out := make([]maskedLine, len(lines))
	open, indent := false, 0 // inside a value that began on an earlier line
	for i, line := range lines {
		trimmed := strings.TrimLeft(line, " \t")
		in := len(line) - len(trimmed)
		switch {
		case strings.TrimSpace(trimmed) == "":
			out[i] = maskedLine{"", 1}
			continue
		case open && in > indent:
			out[i] = maskedLine{line[:in] + Hidden, in + 1}
			continue
		}
		open, indent = false, 0
		m := keyLine().FindStringSubmatchIndex(line)
		if m == nil {
			out[i] = maskedLine{line[:in] + hideItem(trimmed), in + 1}
			continue
		}
		indent = m[3]
		out[i], open = k.maskPair(line, m)
	}
	return out
}

// hideItem hides what is no pair of key and value; the dash of a list stays.
func hideItem(s string) string {
	switch {
	case strings.Trim(s, "-[]{},. \t") == "":
		return s
	case strings.HasPrefix(s, "- "):
		return "- " + Hidden
	}
	return Hidden
}

// maskPair hides the value of a pair, and the key where it does not look like
// one. open says that what is below belongs to the value.
func (k Keys) maskPair(line string, m []int) (masked maskedLine, open bool) {
	key, value := line[m[6]:m[7]], ""
	if m[10] >= 0 {
		value = strings.TrimSpace(line[m[10]:m[11]])
	}
	plain, _, _ := strings.Cut(value, " #")
	plain = strings.TrimSpace(plain)
	end := m[9] // of the key, with its quotation marks
	switch {
	case !k.plain(key):
		return maskedLine{line[:m[3]] + Hidden + ": " + Hidden, m[3] + 1}, true
	case value == "" || strings.HasPrefix(value, "#"):
		return maskedLine{line[:end] + ":", end + 2}, false
	case reference().MatchString(plain) || plainURL().MatchString(plain) && strings.ContainsAny(plain, "/"),
		slices.Contains(k, key) && plainValue().MatchString(plain):
		shown := line[:m[10]] + plain
		return maskedLine{shown, len(shown) + 1}, false
	}
	return maskedLine{line[:end] + ": " + Hidden, m[10] + 1}, true
}

// plain reports whether a key may be shown.
func (k Keys) plain(key string) bool { return slices.Contains(k, key) || plainKey().MatchString(key) }

// Named returns a key as a message names it, or nothing where it does not look like one.
func (k Keys) Named(key string) string {
	if !k.plain(key) {
		return ""
	}
	return fmt.Sprintf(" %q", key)
}

// quoted finds what a parser's message quotes.
var quoted = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("'[^']*'|\"[^\"]*\"|`[^`]*`|['\"`].*") })

// naming finds a message that names a key.
var naming = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`unknown field|already defined`) })

// Message hides what a parser's message quotes from a file, except punctuation
// and what looks like a key.
func (k Keys) Message(message string) string {
	message, _, _ = strings.Cut(message, "\n")
	return quoted().ReplaceAllStringFunc(message, func(q string) string {
		word := strings.Trim(q, "'\"`")
		if slices.Contains(k, word) || naming().MatchString(message) && k.plain(word) || strings.IndexFunc(q, func(r rune) bool { return r >= 0x80 || unicode.IsLetter(r) || unicode.IsDigit(r) }) < 0 {
			return q
		}
		return "…"
	})
}
