package reports

import (
	"slices"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/record"
)

// someParts is the whole of four parts of which one is missing, one began late, and one
// has a clock of its own.
func someParts(t *testing.T) *record.Run {
	t.Helper()
	runs := allParts(4)
	runs[2].Load.Part.LateS = 0.2
	runs[3].Load.Part.ClockOffsetS = 3
	merged, err := Merge(slices.Delete(runs, 1, 2)...)
	if err != nil {
		t.Fatal(err)
	}
	return merged
}

// onePart is the record of a part that begins late, by a clock that is ahead.
func onePart() *record.Run {
	r := partRun(1, 4)
	r.Load.Part.LateS, r.Load.Part.ClockOffsetS = 0.2, -3
	return r
}

func TestGoldenParts(t *testing.T) {
	for _, k := range []struct {
		file, format string
		run          *record.Run
	}{
		{"parts.txt", "text", someParts(t)},
		{"parts.md", "markdown", someParts(t)},
		{"part.txt", "text", onePart()},
		{"part.md", "markdown", onePart()},
	} {
		t.Run(k.file, func(t *testing.T) {
			got, err := Draw(k.format, k.run, Options{})
			if err != nil {
				t.Fatal(err)
			}
			golden(t, k.file, got)
		})
	}
}

// A part that was too late sent nothing, so that it began neither with the others nor after them.
func TestPartThatNeverBegan(t *testing.T) {
	whole := someParts(t)
	for i := range whole.Load.Whole.Parts {
		if p := &whole.Load.Whole.Parts[i]; p.Index == 2 {
			p.State, p.Planned, p.Sent = record.VerdictInconclusive, 0, 0
		}
	}
	rows := partsTable(whole.Load).Rows
	if got, want := rows[2], []string{"2/4", "inconclusive", "0", "0", "-", "as the others'"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if began := rows[0][4]; began == "-" {
		t.Errorf("part 0 began: %q", rows[0])
	}
}

// The page says in its heading what it is about, and has a row for each part.
func TestHTMLOfParts(t *testing.T) {
	whole, err := Merge(allParts(4)...)
	if err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]struct {
		run  *record.Run
		want []string
	}{
		"a part": {onePart(), []string{"<h1>unigate load, part 2 of 4</h1>", "<dt>Parts</dt><dd>part 2 of 4 (--shard 1/4), run 0123456789abcdef; common start 2026-11-26 12:00:00 UTC",
			"it began 200 ms late; its clock is about 3 s ahead of the target&#39;s; the target is judged on all parts together"}},
		"all parts": {whole, []string{"<h1>unigate load, 4 parts, merged</h1>", `<th scope="row">3/4</th><td class="span3">whole</td>`}},
		"one is missing": {someParts(t), []string{"<h1>unigate load, 3 of 4 parts, merged</h1>", `<th scope="row">1/4</th><td class="span3">missing</td>`,
			"; part 1/4 is missing", `data-label="began after the first">200 ms</td>`, `data-label="clock">3 s behind</td>`}},
	} {
		got, err := Draw("html", k.run, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range k.want {
			if !strings.Contains(string(got), want) {
				t.Errorf("%s: the page has no %q", name, want)
			}
		}
	}
	// Of any other load test nothing is said of parts.
	got, err := Draw("html", loadRun(3, 0), Options{})
	if err != nil || strings.Contains(string(got), "<dt>Parts</dt>") || strings.Contains(string(got), "The parts</h3>") {
		t.Errorf("a load test of one generator has parts: %v", err)
	}
}

// A part that was there twice is told, and records that say nonsense are drawn.
func TestPartsTable(t *testing.T) {
	runs := allParts(3)
	merged, err := Merge(append(runs, runs[1])...)
	if err != nil {
		t.Fatal(err)
	}
	table := partsTable(merged.Load)
	if len(table.Rows) != 3 || table.Rows[1][1] != "whole, repeated" || table.Rows[0][1] != "whole" {
		t.Errorf("%q", table.Rows)
	}
	many := &record.Load{Whole: &record.Whole{Of: 1 << 60, Missing: []int{-1, 1 << 59}}}
	for i := range 200 {
		many.Whole.Parts = append(many.Whole.Parts, record.WholePart{Index: i, State: record.VerdictFail})
	}
	table = partsTable(many)
	if n := len(table.Rows); n != partsShown+1 || table.Rows[n-1][1] != "138 more" {
		t.Errorf("%d rows, the last one %q", n, table.Rows[n-1])
	}
	if partsTable(&record.Load{Whole: &record.Whole{Of: 2}}) != nil { // as records of older versions
		t.Error("there is a table without parts")
	}
}
