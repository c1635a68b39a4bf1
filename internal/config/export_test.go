package config

import (
	"fmt"
	"strings"
)

// KeyRows returns the rows of the table of keys in the documentation.
func KeyRows() []string {
	var rows []string
	root.walk("", func(at string, k key) {
		if k.kind == mapping || k.kind == list {
			return
		}
		doc := k.doc
		if len(k.choices) > 0 {
			doc += " (" + strings.Join(k.choices, ", ") + ")"
		}
		if k.required {
			doc += "; required"
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |", at, k.def, doc))
	})
	return rows
}

// VariableRows returns the rows of the table of variables in the documentation.
func VariableRows() []string {
	var rows []string
	for _, v := range Variables() {
		rows = append(rows, fmt.Sprintf("| %s | %s | %s |", v.Name, v.Key, v.Doc))
	}
	return rows
}
