package reports

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/unigate/unigate/reports/internal/sample"
)

// document is a sound record as a tree, with every list of objects made rows long.
func document(t *testing.T, rows int) map[string]any {
	t.Helper()
	b, err := Encode(sample.Run())
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	lengthen(doc, rows)
	return doc
}

func lengthen(v any, rows int) {
	switch x := v.(type) {
	case map[string]any:
		for name, one := range x {
			if list, ok := one.([]any); ok && len(list) > 0 && (name == "requirements" || name == "scenarios" || name == "services" || name == "ambiguities") {
				for len(list) < rows {
					list = append(list, list[0])
				}
				x[name] = list
			}
			lengthen(one, rows)
		}
	case []any:
		for _, one := range x {
			lengthen(one, rows)
		}
	}
}

// put gives the first string below each member named so another value, and says how
// many there were.
func put(v any, name, value string, within bool) int {
	switch x := v.(type) {
	case map[string]any:
		n := 0
		for key, one := range x {
			if _, text := one.(string); text && key == name {
				x[key] = value
				n++
				continue
			}
			n += put(one, name, value, key == name)
		}
		return n
	case []any:
		if len(x) == 0 {
			return 0
		}
		if _, text := x[0].(string); text && within {
			x[0] = value
			return 1
		}
		return put(x[0], name, value, within)
	}
	return 0
}

// A record with one long text or word, in lists of many rows, is refused, or drawn in a
// size that is in proportion to its own.
func TestLongTextsInRecords(t *testing.T) {
	if testing.Short() {
		t.Skip("draws some fifty reports")
	}
	const rows, long = 60, 60_000
	names := map[string]bool{}
	collect(document(t, 1), names)
	refused, drawn := 0, 0
	for name := range names {
		doc := document(t, rows)
		if put(doc, name, strings.Repeat("A", long), false) == 0 || name == "schema" {
			continue
		}
		b, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := bounded(b); err != nil {
			refused++
			continue
		}
		run, err := Decode(b)
		if err != nil {
			continue // an enumeration
		}
		drawn++
		for _, format := range []string{"text", "markdown", "html"} {
			out, err := Draw(format, run, Options{})
			if most := 8*len(b) + 1<<20; err == nil && len(out) > most {
				t.Errorf("%s: %d bytes of %s from %d", name, len(out), format, len(b))
			}
		}
	}
	if refused < 20 || drawn < 8 {
		t.Errorf("%d refused, %d drawn", refused, drawn)
	}
}

// collect gathers the names of members whose values are text, or lists of text.
func collect(v any, names map[string]bool) {
	switch x := v.(type) {
	case map[string]any:
		for key, one := range x {
			switch list, ok := one.([]any); {
			case ok && len(list) > 0:
				if _, text := list[0].(string); text {
					names[key] = true
				}
			default:
				if _, text := one.(string); text {
					names[key] = true
				}
			}
			collect(one, names)
		}
	case []any:
		for _, one := range x {
			collect(one, names)
		}
	}
}

func TestBoundsOfRecords(t *testing.T) {
	for name, c := range map[string]struct {
		change func(doc map[string]any)
		says   string
	}{
		"sound":        {func(map[string]any) {}, ""},
		"a long id":    {func(d map[string]any) { put(d, "id", strings.Repeat("x", longestWord+1), false) }, "a text of 4097 bytes, and at most 4096 are read"},
		"a long title": {func(d map[string]any) { put(d, "title", strings.Repeat("x", longestText+1), false) }, "at most 1048576"},
		"many entries": {func(d map[string]any) {
			d["verdict"].(map[string]any)["reasons"] = make([]any, mostRows+1)
		}, "entries, and at most"},
		"many rows with a long word": {func(d map[string]any) {
			word := strings.Repeat("x", longestWord)
			list := make([]any, mostCells/longestWord+1)
			for i := range list {
				list[i] = map[string]any{"id": word[:1]}
			}
			list[0] = map[string]any{"id": word}
			d["conformance"].(map[string]any)["requirements"] = list
		}, "entries with a word of 4096 bytes"},
		"a long name": {func(d map[string]any) { d[strings.Repeat("n", longestWord+1)] = 1 }, "a name of 4097 bytes"},
	} {
		doc := document(t, 1)
		c.change(doc)
		b, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Decode(b); (err != nil) != (c.says != "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %.300v", name, err)
		}
	}
}

// What is wrong is said without the value that is: any file may have been named.
func TestMistakesInRecordsQuoteNothing(t *testing.T) {
	const secret = "hunter2-S3cretWord"
	for _, text := range []string{
		`{"schema": "` + secret + `"}`,
		`{"schema": "unigate.run/v1", "started": "` + secret + `"}`,
		`{"schema": "unigate.run/v1", "command": "` + secret + `", "verdict": {"state": "` + secret + `"}}`,
		`{"schema": "unigate.run/v1", "verdict": {"` + secret + `": 5, "exit": "` + secret + `"}}`,
		`{"schema": "unigate.run/v1", "load": {"services": {"` + secret + `": "` + secret + `"}}}`,
		`{"schema": "unigate.run/v1", "load": {"plan": {}, "totals": {}, "series": [{"latency_histograms": {"` + secret + `": 5}}]}}`,
		`{"schema": ["` + secret + `"]}`, `"` + secret + `"`, `{"` + secret, secret,
	} {
		if _, err := Decode([]byte(text)); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// FuzzDecode reads what may be a record and draws what is one.
func FuzzDecode(f *testing.F) {
	for _, run := range []any{sample.Run(), sample.Verify()} {
		b, err := json.Marshal(run)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"schema":"unigate.run/v1","verdict":{"state":"pass"},"load":{"plan":{},"totals":{},"series":[{"t_s":1e300,"width_s":1}]}}`))
	f.Add([]byte(`{"schema":"unigate.run/v1","conformance":{"requirements":[{"id":"","state":"?"}],"scenarios":[{}]}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		run, err := Decode(b)
		if err != nil {
			return
		}
		for _, format := range []string{"text", "json", "markdown", "junit"} {
			if out, err := Draw(format, run, Options{}); err == nil && len(out) > 200*len(b)+1<<20 {
				t.Errorf("%d bytes of %s from %d", len(out), format, len(b))
			}
		}
	})
}
