package redact

import (
	"bytes"
	"encoding/json"
)

// members visits the members of a JSON text whose value is a string, wherever
// they are, without a look at the rest: the text may be cut off or no JSON at
// all. It takes time in proportion to the text.
func members(text []byte, visit func(name, value string) bool) {
	name, rest := []byte(nil), text
	for {
		i := bytes.IndexByte(rest, '"')
		if i < 0 {
			return
		}
		between := rest[:i]
		end := stringEnd(rest[i+1:])
		word := rest[i+1 : i+1+end]
		rest = rest[min(i+1+end+1, len(rest)):]
		if name != nil && string(bytes.TrimSpace(between)) == ":" {
			if !visit(unescape(name), unescape(word)) {
				return
			}
			word = nil // a value is no name
		}
		name = word
	}
}

// stringEnd returns the length of a JSON string up to its closing quote, or to the end.
func stringEnd(b []byte) int {
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(b)
}

// unescape is what the inside of a JSON string means; what is no JSON string means itself.
func unescape(b []byte) string {
	if bytes.IndexByte(b, '\\') < 0 || len(b) > maxLearned {
		return string(b)
	}
	var s string
	if json.Unmarshal([]byte(`"`+string(b)+`"`), &s) != nil {
		return string(b)
	}
	return s
}
