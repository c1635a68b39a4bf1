// Package sheet lays out tables and paragraphs for terminals and Markdown. It is
// the one place that knows tablewriter; a table is rendered into memory and
// written once, because tablewriter does not report a failing writer.
package sheet

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/clipperhouse/displaywidth"
	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// gap is what stands between two columns, in terminal cells.
const gap = 2

// least is the narrowest that a column is squeezed to, in terminal cells.
const least = 8

// Column is one column of a table.
type Column struct {
	Title string
	// Right aligns the cells to the right, as for numbers.
	Right bool
	// Wrap lets the column give way where the table is wider than the page.
	Wrap bool
}

// Table is a table of plain text.
type Table struct {
	Columns []Column
	Rows    [][]string
	// Paint colours one line of a cell; nil leaves all cells plain. It gets the
	// cell's whole text and must not change what is seen.
	Paint func(column int, cell, line string) string
}

// Add appends a row; the table keeps its own copy.
func (t *Table) Add(cells ...string) { t.Rows = append(t.Rows, append([]string(nil), cells...)) }

// Text renders the table for a terminal of the given width, each line ended by
// a newline and without trailing blanks.
func (t *Table) Text(width int) (string, error) {
	if len(t.Rows) == 0 {
		return "", nil
	}
	widths := t.fit(width)
	var buf bytes.Buffer
	table := tablewriter.NewTable(&buf, t.textOptions()...)
	table.Header(t.titles())
	for _, row := range t.Rows {
		cells := make([]string, len(t.Columns))
		for i := range cells {
			cells[i] = t.cell(i, row[i], widths[i])
		}
		if err := table.Append(cells); err != nil {
			return "", fmt.Errorf("cannot lay out a table: %w", err)
		}
	}
	if err := table.Render(); err != nil {
		return "", fmt.Errorf("cannot lay out a table: %w", err)
	}
	return trimLines(buf.String()), nil
}

// textOptions are tablewriter's settings for a terminal: no frame, a rule under
// the header, nothing reformatted or trimmed by the library.
func (t *Table) textOptions() []tablewriter.Option {
	return []tablewriter.Option{
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders: tw.BorderNone,
			Symbols: tw.NewSymbolCustom("plain").WithRow("-").WithColumn(" ").WithCenter("-"),
			Settings: tw.Settings{
				Separators: tw.Separators{BetweenColumns: tw.Off, BetweenRows: tw.Off, ShowHeader: tw.On},
				Lines:      tw.Lines{ShowHeaderLine: tw.On},
			},
		})),
		tablewriter.WithPadding(tw.Padding{Left: "", Right: strings.Repeat(" ", gap), Overwrite: true}),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithTrimSpace(tw.Off),
		tablewriter.WithHeaderAlignmentConfig(t.alignment()),
		tablewriter.WithRowAlignmentConfig(t.alignment()),
	}
}

// Markdown renders the table as GitHub's Markdown; cells and titles are escaped
// here, so they are handed over as plain text.
func (t *Table) Markdown() (string, error) {
	if len(t.Rows) == 0 {
		return "", nil
	}
	var buf bytes.Buffer
	table := tablewriter.NewTable(&buf,
		tablewriter.WithRenderer(renderer.NewMarkdown()),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithHeaderAlignmentConfig(t.alignment()),
		tablewriter.WithRowAlignmentConfig(t.alignment()),
	)
	var titles []string
	for _, c := range t.Columns {
		titles = append(titles, EscapeMarkdown(c.Title))
	}
	table.Header(titles)
	for _, row := range t.Rows {
		cells := make([]string, len(row))
		for i, c := range row {
			cells[i] = EscapeMarkdown(c)
		}
		if err := table.Append(cells); err != nil {
			return "", fmt.Errorf("cannot lay out a table: %w", err)
		}
	}
	if err := table.Render(); err != nil {
		return "", fmt.Errorf("cannot lay out a table: %w", err)
	}
	return buf.String(), nil
}

// titles returns the header's cells.
func (t *Table) titles() []string {
	var titles []string
	for _, c := range t.Columns {
		titles = append(titles, c.Title)
	}
	return titles
}

// alignment is the columns' alignment in tablewriter's words.
func (t *Table) alignment() tw.CellAlignment {
	a := tw.CellAlignment{Global: tw.AlignLeft}
	for _, c := range t.Columns {
		if c.Right {
			a.PerColumn = append(a.PerColumn, tw.AlignRight)
		} else {
			a.PerColumn = append(a.PerColumn, tw.AlignLeft)
		}
	}
	return a
}

// cell wraps one cell to its column's width and paints its lines.
func (t *Table) cell(column int, text string, width int) string {
	lines := Wrap(text, width)
	if t.Paint != nil {
		for i := range lines {
			lines[i] = t.Paint(column, text, lines[i])
		}
	}
	return strings.Join(lines, "\n")
}

// NaturalWidth is the width that the table takes where nothing is wrapped.
func (t *Table) NaturalWidth() int {
	total := -gap
	for _, w := range t.natural() {
		total += w + gap
	}
	return total
}

// natural returns the widths of the columns where nothing is wrapped.
func (t *Table) natural() []int {
	widths := make([]int, len(t.Columns))
	for i, c := range t.Columns {
		widths[i] = displaywidth.String(c.Title)
		for _, row := range t.Rows {
			for line := range strings.Lines(row[i]) {
				widths[i] = max(widths[i], displaywidth.String(strings.TrimSuffix(line, "\n")))
			}
		}
	}
	return widths
}

// fit squeezes the columns that may wrap, widest first, until the table is no
// wider than width or they are as narrow as they get.
func (t *Table) fit(width int) []int {
	widths := t.natural()
	total := (len(widths) - 1) * gap
	for _, w := range widths {
		total += w
	}
	for total > width {
		widest := -1
		for i, c := range t.Columns {
			if c.Wrap && widths[i] > max(least, displaywidth.String(c.Title)) && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
		total--
	}
	return widths
}

// trimLines takes the trailing blanks off every line, and as much of the rule
// under the header as stands below them.
func trimLines(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		line = strings.TrimRight(line, " \n")
		if len(line) > gap && strings.Trim(line, "-") == "" {
			line = line[gap:]
		}
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return b.String()
}
