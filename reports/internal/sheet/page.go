package sheet

import (
	"bytes"
	"fmt"
	"strings"
)

// Page collects a text report in memory. The first error sticks; Bytes returns it.
type Page struct {
	// Width is in terminal cells.
	Width int
	// Color allows ANSI colours.
	Color bool
	buf   bytes.Buffer
	err   error
}

// Bytes returns the page, or the first error met while it was laid out.
func (p *Page) Bytes() ([]byte, error) { return p.buf.Bytes(), p.err }

// Line writes one line as it is.
func (p *Page) Line(format string, args ...any) {
	fmt.Fprintf(&p.buf, format, args...)
	p.buf.WriteByte('\n')
}

// Blank writes an empty line.
func (p *Page) Blank() { p.buf.WriteByte('\n') }

// Heading writes a blank line and a title.
func (p *Page) Heading(title string) {
	p.Blank()
	for _, line := range Wrap(title, p.Width) {
		p.Line("%s", p.Paint(bold, line))
	}
}

// Text writes a paragraph whose first line begins with lead; further lines are
// indented as far.
func (p *Page) Text(lead, text string) {
	indent := strings.Repeat(" ", len(lead))
	for i, line := range Wrap(Plain(text), p.Width-len(lead)) {
		if i == 0 {
			p.Line("%s", strings.TrimRight(lead+line, " "))
		} else {
			p.Line("%s", strings.TrimRight(indent+line, " "))
		}
	}
}

// StateText is Text whose lead is followed by a state in capitals, coloured as
// that state where colours are allowed.
func (p *Page) StateText(lead, state, text string) {
	shout := strings.ToUpper(Plain(state))
	indent := strings.Repeat(" ", len(lead))
	for i, line := range Wrap(strings.TrimRight(shout+" "+Plain(text), " "), p.Width-len(lead)) {
		if i == 0 {
			p.Line("%s%s", lead, strings.Replace(line, shout, p.State(state, shout), 1))
		} else {
			p.Line("%s", strings.TrimRight(indent+line, " "))
		}
	}
}

// Table writes a table, indented by the given number of blanks.
func (p *Page) Table(t *Table, indent int) {
	text, err := t.Text(p.Width - indent)
	if err != nil && p.err == nil {
		p.err = err
	}
	for line := range strings.Lines(text) {
		p.buf.WriteString(strings.TrimRight(strings.Repeat(" ", indent)+line, " \n"))
		p.buf.WriteByte('\n')
	}
}

// Command writes a shell command, broken between its words with backslashes so
// that it can still be copied.
func (p *Page) Command(lead, command string) {
	indent := strings.Repeat(" ", len(lead)+2)
	line := lead
	fresh := true
	for _, word := range shellWords(Plain(command)) {
		if !fresh && len(line)+1+len(word)+2 > p.Width {
			p.Line("%s \\", line)
			line, fresh = indent+word, false
			continue
		}
		if !fresh {
			line += " "
		}
		line, fresh = line+word, false
	}
	p.Line("%s", line)
}

// shellWords splits a command at the blanks outside quotes; the words keep their quotes.
func shellWords(command string) []string {
	var words []string
	start, quote, escaped := 0, rune(0), false
	for i, r := range command {
		switch {
		case escaped:
			escaped = false
		case r == '\\' && quote != '\'':
			escaped = true
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case r == '\'' || r == '"':
			quote = r
		case r == ' ':
			if i > start {
				words = append(words, command[start:i])
			}
			start = i + 1
		}
	}
	if start < len(command) {
		words = append(words, command[start:])
	}
	return words
}

// The ANSI sequences that reports use.
const (
	bold   = "\x1b[1m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	red    = "\x1b[31m"
	dim    = "\x1b[2m"
	reset  = "\x1b[0m"
)

// Paint colours a text where colours are allowed.
func (p *Page) Paint(color, text string) string {
	if !p.Color || text == "" {
		return text
	}
	return color + text + reset
}

// stateColors are the colours of the words for states and verdicts; the words
// say everything without them.
var stateColors = map[string]string{
	"pass": green, "held": green, "better": green, "fixed": green,
	"waived": dim, "skipped": yellow, "warning": yellow, "inconclusive": yellow, "interrupted": yellow, "not comparable": yellow,
	"fail": red, "error": red, "worse": red, "not held": red, "newly failing": red,
}

// State paints text in the colour of the state that word names, in any case.
func (p *Page) State(word, text string) string {
	c, ok := stateColors[strings.ToLower(word)]
	if !ok {
		return text
	}
	return p.Paint(c, text)
}
