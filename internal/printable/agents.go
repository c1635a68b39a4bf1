package printable

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
)

var (
	// anywhere finds the commands that build agents obey anywhere in a line: Azure
	// Pipelines "##vso[" and "##[", GitHub Actions "##[", TeamCity "##teamcity[".
	anywhere = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)##(vso|teamcity)?\[`) })
	// beginning finds what GitHub Actions obeys at the beginning of a line, also
	// after blanks and, to be safe, after the colours that unigate writes.
	beginning = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)(^|\r)((?:[ \t\f\v]|\x1b\[[0-9;]*m)*)::`) })
)

// Commands breaks the commands to build agents in text that is shown line by
// line: a blank comes between their first two characters. It is for what
// no program reads; see JSON and Markup. begins says that the text begins a line.
func Commands(s string, begins bool) string {
	if strings.Contains(s, "##") {
		s = Hashes(s)
	}
	if !strings.Contains(s, "::") {
		return s
	}
	if begins {
		return beginning().ReplaceAllString(s, "$1$2: :")
	}
	first := strings.IndexAny(s, "\r\n") + 1
	if first == 0 {
		return s
	}
	return s[:first] + beginning().ReplaceAllString(s[first:], "$1$2: :")
}

// Hashes breaks those commands only that are obeyed anywhere in a line: for a
// report that consists of commands.
func Hashes(s string) string {
	return anywhere().ReplaceAllStringFunc(s, func(m string) string { return "# " + m[1:] })
}

// JSON breaks the commands in finished JSON, where every text keeps its value.
// In JSON no line begins with a colon.
func JSON(b []byte) []byte { return bytes.ReplaceAll(b, []byte("##"), []byte(`#\u0023`)) }

// Markup breaks the commands in finished XML or HTML, where every text keeps its
// value. What is no text must not hold two number signs.
func Markup(b []byte) []byte {
	b = bytes.ReplaceAll(b, []byte("##"), []byte("#&#35;"))
	return beginning().ReplaceAll(b, []byte("$1$2&#58;:"))
}
