package sheet

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
)

// Wrap breaks text into lines of at most width terminal cells: at blanks where
// there are any, inside a word where it is longer than a line. Line ends of the
// text are kept. It returns at least one line.
func Wrap(text string, width int) []string {
	var lines []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		lines = append(lines, wrapLine(paragraph, max(width, 1))...)
	}
	return lines
}

// wrapLine wraps a text without line ends.
func wrapLine(text string, width int) []string {
	if displaywidth.String(text) <= width {
		return []string{text}
	}
	var lines []string
	line, used := "", 0
	for _, word := range strings.Fields(text) {
		w := displaywidth.String(word)
		if used > 0 && used+1+w <= width {
			line, used = line+" "+word, used+1+w
			continue
		}
		if used > 0 {
			lines = append(lines, line)
		}
		for w > width {
			head, tail := cut(word, width)
			lines = append(lines, head)
			word, w = tail, displaywidth.String(tail)
		}
		line, used = word, w
	}
	if used > 0 || len(lines) == 0 {
		lines = append(lines, line)
	}
	return lines
}

// cut splits a word after at most width cells, and after at least one character.
func cut(word string, width int) (head, tail string) {
	used := 0
	for i, r := range word {
		w := displaywidth.Rune(r)
		if used+w > width && i > 0 {
			return word[:i], word[i:]
		}
		used += w
	}
	return word, ""
}

// Clip shortens text to width cells and marks the cut with three dots.
func Clip(text string, width int) string {
	if displaywidth.String(text) <= width {
		return text
	}
	head, _ := cut(text, max(width-3, 1))
	return head + "..."
}

// Plain makes hostile text fit to be shown: control characters other than line
// ends, text-direction overrides and other invisible characters become visible
// escapes, and a tab becomes a blank. The result never moves a terminal's cursor.
func Plain(s string) string {
	clean := true
	for _, r := range s {
		if r != '\n' && (r < ' ' || !unicode.IsPrint(r) && r != ' ') || r == utf8.RuneError {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	for _, r := range strings.ReplaceAll(s, "\r\n", "\n") {
		switch {
		case r == '\n' || r == ' ' || unicode.IsPrint(r):
			b.WriteRune(r)
		case r == '\t' || unicode.Is(unicode.Zs, r):
			b.WriteByte(' ')
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	return b.String()
}

// OneLine is Plain with line ends shown as blanks.
func OneLine(s string) string { return strings.Join(strings.Fields(Plain(s)), " ") }

// markdown escapes what Markdown or the HTML inside it would act upon.
var markdown = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", `*`, `\*`, `_`, `\_`, `[`, `\[`, `]`, `\]`, `|`, `\|`, `~`, `\~`,
	`<`, `&lt;`, `>`, `&gt;`, `&`, `&amp;`, `#`, `<span>#</span>`, `@`, `<span>@</span>`, `://`, `:&#47;&#47;`, `www.`, `www&#46;`, `$`, `<span>$</span>`, "\n", "<br>",
)

// EscapeMarkdown escapes plain text for Markdown, table cells included: nothing
// in it becomes markup, a link, a mention or a reference. Forges look for mentions and
// references in the text that escapes stand for, so that an element parts them.
func EscapeMarkdown(s string) string { return markdown.Replace(Plain(s)) }
