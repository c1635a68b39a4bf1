package reports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// Bounds of a stored record. Its tables make each column as wide as its widest cell, so
// that one long id in a thousand rows would make a report of a thousand times its
// length; and whoever hands a record over may not be a friend.
const (
	// longestText bounds the texts that reports wrap or cut, in bytes.
	longestText = 1 << 20
	// longestWord bounds all others: ids, names, states, expressions.
	longestWord = 4 << 10
	// mostRows bounds how many entries a list has.
	mostRows = 200_000
	// largestNumber bounds the figures, which reports multiply and add up; the largest of
	// unigate's own are counters and seeds of 64 bits.
	largestNumber = 1e20
	// mostCells bounds, for each list of objects, its entries times the longest of its
	// words.
	mostCells = 64 << 20
)

// texts are the members whose values reports wrap or cut, or that none draws, beside
// the encoded ones.
var texts = map[string]bool{
	"body": true, "curl": true, "value": true, "url": true, "error": true, "reason": true, "reasons": true, "notes": true, "text": true, "expected": true,
	"observed": true, "title": true, "advice": true, "warning": true, "meaning": true, "remedy": true, "samples": true, "limits": true, "stopped": true, "missing": true,
}

// isText reports whether a member is a text, and no word. What is encoded is as long as
// what was measured makes it: histograms by their name, and the hashes of a part's tokens.
func isText(name string) bool {
	return texts[name] || name == "data" || strings.HasSuffix(name, "_histogram") || strings.HasSuffix(name, "_histograms")
}

// clipped is a text as it is stored: no longer than a member of that name is read.
func clipped(s, name string) string {
	most := longestWord
	if isText(name) {
		most = longestText
	}
	const dots = "…"
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most-len(dots)], "") + dots
}

// bounded returns a record as a tree, or the first text or list of it that is larger than
// any that unigate writes, or the first name that is not one member's alone.
func bounded(b []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	doc, err := (&tree{d: d}).value()
	if err != nil {
		return nil, err
	}
	if _, err := measure(doc, "", nil); err != nil {
		return nil, err
	}
	return doc, spelt(doc, recordType, nil)
}

// measure returns the longest word below a value, or the first excess.
func measure(v any, name string, path []string) (longest int, err error) {
	switch x := v.(type) {
	case json.Number:
		if f, err := x.Float64(); err != nil || math.Abs(f) > largestNumber {
			return 0, fmt.Errorf("at %q: a number beyond %g", place(path), float64(largestNumber))
		}
	case string:
		most := longestWord
		if isText(name) {
			most = longestText
		}
		if len(x) > most {
			return 0, fmt.Errorf("at %q: a text of %d bytes, and at most %d are read", place(path), len(x), most)
		}
		if isText(name) {
			return 0, nil
		}
		return len(x), nil
	case []any:
		if len(x) > mostRows {
			return 0, fmt.Errorf("at %q: %d entries, and at most %d are read", place(path), len(x), mostRows)
		}
		for i, one := range x {
			n, err := measure(one, name, append(path, fmt.Sprint(i)))
			if err != nil {
				return 0, err
			}
			longest = max(longest, n)
		}
		if longest*len(x) > mostCells {
			return 0, fmt.Errorf("at %q: %d entries with a word of %d bytes", place(path), len(x), longest)
		}
	case map[string]any:
		for key, one := range x {
			within := key
			if isText(name) { // histograms by service
				within = name
			}
			if len(key) > longestWord {
				return 0, fmt.Errorf("at %q: a name of %d bytes", place(path), len(key))
			}
			n, err := measure(one, within, append(path, key))
			if err != nil {
				return 0, err
			}
			longest = max(longest, n, len(key))
		}
	}
	return longest, nil
}

// place writes where something stands in a record. Names that no record has are left
// out: any file may have been named by mistake, also one with secrets.
func place(path []string) string {
	var b strings.Builder
	for _, name := range path {
		b.WriteByte('/')
		if !harmless(name) {
			name = "…"
		}
		b.WriteString(name)
	}
	if b.Len() == 0 {
		return "/"
	}
	return b.String()
}

// harmless reports whether a name is that of a member of a record, or a number.
func harmless(name string) bool {
	return len(name) <= 40 && name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_0123456789") == "" && !(len(name) > 6 && strings.ContainsAny(name, "0123456789"))
}

// wrongKind says what breaks the schema, without the value that does: it may be a
// secret of a file that was named by mistake.
func wrongKind(e jsonschema.ErrorKind, full string) string {
	switch k := e.(type) {
	case *kind.Enum:
		return fmt.Sprintf("it is none of %v, which are all that this version of unigate knows", k.Want)
	case *kind.Const:
		return fmt.Sprintf("it is not %v", k.Want)
	case *kind.Format:
		return "it is no " + k.Want
	case *kind.Pattern:
		return "it does not match the pattern " + k.Want
	case *kind.AdditionalProperties, *kind.PropertyNames, *kind.Dependency, *kind.DependentRequired, *kind.InvalidJsonValue:
		return "it does not have the form of a record"
	}
	return full
}
