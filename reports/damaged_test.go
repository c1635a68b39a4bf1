package reports_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports"
	"github.com/unigate/unigate/reports/compare"
	"github.com/unigate/unigate/reports/internal/sample"
)

// A damage replaces, in each object of a kind (lists count as one), a member's value.
type damage struct {
	path  []string
	value any
}

// removed stands for a member that is taken away.
type removed struct{}

// damages are what a member of a record may be turned into.
var damages = []any{
	removed{}, nil, true, -1, 0, 1.5, -0.5, 1e300, json.Number("100000000000000000000"), "", "x", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
	[]any{}, map[string]any{}, []any{nil}, []any{map[string]any{}}, []any{[]any{}}, map[string]any{"a": map[string]any{"b": 1}}, map[string]any{"a": "b"},
}

// One of so many damages and of so many hostile texts is tried: all of them take an hour,
// and the fuzz target goes further. Short tests try a fourth of these.
const damagesOf, textsOf, shorter = 37, 41, 4

// places are the paths of all members, lists entered at their first entry, and the names
// that anybody may choose at the first.
func places(v any, path []string) [][]string {
	var all [][]string
	switch x := v.(type) {
	case map[string]any:
		for i, name := range slices.Sorted(maps.Keys(x)) {
			if len(path) > 0 && path[len(path)-1] == "traits" && i > 0 {
				break
			}
			here := append(slices.Clone(path), name)
			all = append(append(all, here), places(x[name], here)...)
		}
	case []any:
		if len(x) > 0 {
			all = append(all, places(x[0], append(slices.Clone(path), "0"))...)
		}
	}
	return all
}

// damaged is a record with one damage.
func (d damage) damaged(t *testing.T, whole []byte) []byte {
	t.Helper()
	var doc any
	if err := json.Unmarshal(whole, &doc); err != nil {
		t.Fatal(err)
	}
	at := doc
	for _, name := range d.path[:len(d.path)-1] {
		if list, ok := at.([]any); ok {
			at = list[0]
		} else {
			at = at.(map[string]any)[name]
		}
	}
	last := d.path[len(d.path)-1]
	switch x := at.(type) {
	case map[string]any:
		if x[last] = d.value; d.value == (any)(removed{}) {
			delete(x, last)
		}
	case []any:
		x[0] = d.value
	}
	b, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// String names a damage.
func (d damage) String() string {
	return fmt.Sprintf("/%s = %T %.40v", strings.Join(d.path, "/"), d.value, d.value)
}

// eachMember calls try for every member of two records and each of so many kinds, of
// which one of of is tried.
func eachMember(t *testing.T, kinds, of int, try func(name string, path []string, kind int, whole []byte, run *record.Run)) {
	t.Helper()
	for name, run := range map[string]*record.Run{"verify": sample.Verify(), "whole": sample.Run()} {
		whole, err := reports.Encode(run)
		if err != nil {
			t.Fatal(err)
		}
		var doc any
		if err := json.Unmarshal(whole, &doc); err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, path := range places(doc, nil) {
			for kind := range kinds {
				if n++; n%of == 0 {
					try(name, path, kind, whole, run)
				}
			}
		}
		if n < 50*kinds {
			t.Errorf("%s: %d in all", name, n)
		}
	}
}

// Every member of a record, turned into anything else, leads to a clear error or to
// reports that are sound; nothing of it ends unigate.
func TestDamagedRecordsAreRefusedOrDrawn(t *testing.T) {
	of := damagesOf
	if testing.Short() {
		of *= shorter
	}
	eachMember(t, len(damages), of, func(name string, path []string, kind int, whole []byte, run *record.Run) {
		d := damage{path, damages[kind]}
		tryDamaged(t, name+" "+d.String(), d.damaged(t, whole), run)
	})
}

// tryDamaged reads a record, and does with it whatever the commands do.
func tryDamaged(t *testing.T, name string, b []byte, other *record.Run) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("%s: %v", name, p)
		}
	}()
	run, err := reports.Decode(b)
	if err != nil {
		if strings.ContainsAny(err.Error(), "\n\x1b") || len(err.Error()) > 600 {
			t.Errorf("%s: %v", name, err)
		}
		return
	}
	soundReports(t, name, run)
	if one, err := reports.Merge(run); err != nil {
		t.Errorf("%s: merged alone: %v", name, err)
	} else if one.Verdict.Exit != run.Verdict.Exit {
		t.Errorf("%s: merged alone, exit status %d and not %d", name, one.Verdict.Exit, run.Verdict.Exit)
	}
	if whole, err := reports.Merge(run, other); err == nil {
		soundReports(t, name+" merged", whole)
	}
	for _, pair := range [][2]*record.Run{{run, other}, {other, run}} {
		c, err := compare.Compare(reports.Normalise(pair[0]), reports.Normalise(pair[1]), compare.Options{})
		if err != nil {
			continue
		}
		for _, format := range []string{"text", "markdown", "json"} {
			drawn, err := c.Draw(format, compare.Drawing{})
			sound(t, name+" compared", format, drawn, err)
		}
		page, err := reports.CompareHTML(pair[0], pair[1], c)
		sound(t, name+" compared", "html", page, err)
	}
}

// soundReports draws a run in every format.
func soundReports(t *testing.T, name string, run *record.Run) {
	t.Helper()
	for _, format := range reports.Formats() {
		if format == "csv" && run.Load == nil || format == "messages" && run.Conformance == nil {
			continue
		}
		b, err := reports.Draw(format, run, reports.Options{Verbose: true})
		sound(t, name, format, b, err)
	}
}

// controls are what no text report may hold; the escapes of colours are not asked for.
var controls = regexp.MustCompile(`[\x00-\x08\x0b-\x1f\x7f]|\x{0080}|[\x{0081}-\x{009f}\x{200e}\x{200f}\x{202a}-\x{202e}\x{2066}-\x{2069}]`)

// sound checks that a report is what its format says, and gives no orders.
func sound(t *testing.T, name, format string, b []byte, err error) {
	t.Helper()
	if err := problem(format, b, err); err != nil {
		t.Errorf("%s, %s: %v", name, format, err)
	}
}

// problem is what is wrong with a report, if anything is.
func problem(format string, b []byte, err error) error {
	if err == nil {
		switch format {
		case "json":
			if !json.Valid(b) {
				err = errors.New("no JSON")
			}
		case "messages":
			for line := range bytes.Lines(b) {
				if !json.Valid(line) {
					err = fmt.Errorf("no JSON: %s", line)
				}
			}
		case "junit":
			err = xmlError(b)
		case "csv":
			_, err = csv.NewReader(bytes.NewReader(b)).ReadAll()
		}
	}
	if text := bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")); err == nil && !slices.Contains([]string{"json", "messages"}, format) && controls.Match(text) {
		err = fmt.Errorf("a control character: %q", controls.Find(text))
	}
	if err == nil && format == "html" && bytes.Contains(b, []byte("<script>alert")) {
		err = errors.New("a script of the record's")
	}
	if err == nil && slices.Contains([]string{"text", "markdown", "csv", "github"}, format) && (bytes.Contains(b, []byte("##vso[")) || bytes.Contains(b, []byte("\n::set-"))) {
		err = errors.New("an order to a build agent")
	}
	if err == nil && format == "markdown" {
		err = markdownError(string(b))
	}
	return err
}

// fenced and code are what Markdown shows as it is.
var fenced, code = regexp.MustCompile("(?ms)^ {0,3}(`{3,}|~{3,})[^\n]*\n.*?^ {0,3}(`{3,}|~{3,}) *$"), regexp.MustCompile("`+[^`\n]+`+")

// markdownError is the first tag or link of the record's that stands in the open.
func markdownError(s string) error {
	s = code.ReplaceAllString(fenced.ReplaceAllString(s, ""), "")
	for _, tag := range []string{"<script", "<img", "](javascript", "](http://192"} {
		for rest := s; ; {
			_, after, found := strings.Cut(rest, tag)
			if !found {
				break
			}
			if before := rest[:len(rest)-len(after)-len(tag)]; !strings.HasSuffix(before, `\`) {
				return fmt.Errorf("in the open: %q", before[max(0, len(before)-40):]+tag)
			}
			rest = after
		}
	}
	return nil
}

// xmlError is the first error of a document in XML.
func xmlError(b []byte) error {
	d := xml.NewDecoder(bytes.NewReader(b))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// hostile are texts that mean something to what reads a report.
var hostile = []string{
	"\x1b[31m\x1b]0;t\x07\u009b2J\x00\x08\r\n::set-env name=A::b\n##vso[task.setvariable variable=A]b\u202egnp.exe\u2066", sample.Hostile,
	"<script>alert(1)</script><img src=x onerror=alert(1)>\"'--></td></table>&amp;&#0;]]>", "|a|b|\n\n---\n# h\n```\n[l](javascript:alert(1))![i](http://192.0.2.1/x)",
	"=cmd|' /C calc'!A0,\"x\"\r\n@SUM(1)", strings.Repeat("x", 3000), strings.Repeat("ﷺ\u0301", 300), "%s%d%n{{.}}${x}\\u0000", "\ufeff\ufffe\uffff\u2028",
}

// Hostile text in any member that takes text leads to an error or to reports that are
// sound, whatever the terminal, the page, the table or the build agent would make of it.
func TestHostileTextInEveryMember(t *testing.T) {
	of := textsOf
	if testing.Short() {
		of *= shorter
	}
	eachMember(t, len(hostile), of, func(name string, path []string, kind int, whole []byte, run *record.Run) {
		text := hostile[kind]
		for _, value := range []any{text, []any{text}, map[string]any{text: []any{text}}} {
			d := damage{path, value}
			tryDamaged(t, fmt.Sprintf("%s /%s = text %d", name, strings.Join(path, "/"), kind), d.damaged(t, whole), run)
		}
	})
}

// What is asked of reports is asked: a report that breaks it is told.
func TestUnsoundReportsAreTold(t *testing.T) {
	for text, format := range map[string]string{
		"\x1b[2J": "text", "a\u202eb": "html", "<a>": "junit", "a\rb": "csv", "\"a": "csv", "{": "json", "{}\n{": "messages", "##vso[x": "text", "\n::set-env": "github",
		"<script>alert": "html", "a <script>": "markdown", "```\n<script>\n```\n<img": "markdown", "[a](javascript:b)": "markdown",
	} {
		if problem(format, []byte(text), nil) == nil {
			t.Errorf("%s: %q passes", format, text)
		}
	}
	for text, format := range map[string]string{"a `<script>` \\<script> \n```\n<img\n```\n": "markdown", "\"\u202e\"": "json", "<a>b</a>": "junit", "a\r\nb\r\n": "csv", "a\tb": "text"} {
		if err := problem(format, []byte(text), nil); err != nil {
			t.Errorf("%s: %q: %v", format, text, err)
		}
	}
}
