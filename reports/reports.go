// Package reports draws a run record: as text, Markdown, JSON, JUnit, HTML,
// Cucumber messages, CSV and GitHub annotations. A report depends on the record and the options
// alone, so that a stored record gives byte for byte what the run gave.
package reports

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/unigate/unigate/internal/printable"
	"github.com/unigate/unigate/internal/record"
)

// Options say how a report is drawn.
type Options struct {
	// Width is the terminal's width in cells for the text format; 0 means 80.
	Width int
	// Color allows ANSI colours in the text format.
	Color bool
	// Quiet draws the verdict only in the text format.
	Quiet bool
	// Verbose shows every scenario and the whole evidence in the text format.
	Verbose bool
}

// defaultWidth is the width of the text format where none is given.
const defaultWidth = 80

// drawers holds a function for every format.
var drawers = map[string]func(*record.Run, Options) ([]byte, error){
	"text": text, "junit": junit, "markdown": markdown, "csv": csvSeries, "messages": messages, "html": htmlReport, "github": github,
	"json": func(run *record.Run, _ Options) ([]byte, error) { return Encode(run) },
}

// Formats lists the names of the formats in the order of the alphabet.
func Formats() []string {
	var names []string
	for name := range drawers {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// KnownFormat reports whether Write knows the format.
func KnownFormat(format string) bool { return drawers[format] != nil }

// Write draws run in the given format to w, in one write. It returns an error
// for an unknown format, and where w takes less than the whole report.
func Write(w io.Writer, format string, run *record.Run, o Options) error {
	b, err := Draw(format, run, o)
	if err != nil {
		return err
	}
	n, err := w.Write(b)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	if err != nil {
		return fmt.Errorf("cannot write the %s report: %w", format, err)
	}
	return nil
}

// Draw returns the report that Write writes.
func Draw(format string, run *record.Run, o Options) ([]byte, error) {
	draw := drawers[format]
	if draw == nil {
		return nil, fmt.Errorf("unknown format %q: use one of %s", format, strings.Join(Formats(), ", "))
	}
	if o.Width <= 0 {
		o.Width = defaultWidth
	}
	b, err := draw(Normalise(run), o)
	if err != nil {
		return nil, fmt.Errorf("cannot draw the %s report: %w", format, err)
	}
	return unobeyed(format, b), nil
}

// unobeyed breaks what a build agent would take for a command to it in a drawn
// report: JSON and markup keep the value of every text, what is only read gets a
// blank. A page in HTML is made so.
func unobeyed(format string, b []byte) []byte {
	switch format {
	case "json", "messages":
		return printable.JSON(b)
	case "junit":
		return printable.Markup(b)
	case "github":
		return []byte(printable.Hashes(string(b)))
	case "html":
		return b
	}
	return []byte(printable.Commands(string(b), true))
}

// Encode returns the record as JSON, indented, with a newline at its end.
func Encode(run *record.Run) ([]byte, error) {
	b, err := json.MarshalIndent(Normalise(run), "", "  ")
	if err != nil {
		return nil, err
	}
	return append(printable.JSON(b), '\n'), nil
}
