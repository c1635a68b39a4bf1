package config

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/unigate/unigate/internal/unifier"
)

// Schema returns the JSON Schema (draft 2020-12) of unigate.yaml, for editors.
// It is made from the same table as the parser. What needs a look at other
// files or variables, such as whether a secret exists, only the parser checks.
func Schema() []byte {
	top := root.schema()
	top["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	top["title"] = "unigate.yaml"
	top["description"] = "Configuration of unigate"
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	_ = e.Encode(top) // maps of strings cannot fail
	return b.Bytes()
}

// schema returns the JSON Schema of a key's value.
func (k key) schema() map[string]any {
	s := k.valueSchema()
	if k.doc != "" {
		s["description"] = k.doc + "."
	}
	if k.env != "" {
		s["description"] = k.doc + ". Overridden by " + k.env + "."
	}
	return s
}

// valueSchema is schema without the description.
func (k key) valueSchema() map[string]any {
	text := func(more ...any) map[string]any {
		m := map[string]any{"type": "string"}
		for i := 0; i+1 < len(more); i += 2 {
			m[more[i].(string)] = more[i+1]
		}
		return m
	}
	switch k.kind {
	case mapping:
		return k.mappingSchema()
	case list:
		return map[string]any{"type": "array", "items": k.items.schema()}
	case headers:
		return map[string]any{"type": "object", "additionalProperties": text("minLength", 1, "pattern", `^[^\r\n\x00]*$`),
			"propertyNames": map[string]any{"pattern": fieldName().String(), "not": map[string]any{"pattern": anyCase(ownHeaders)}}}
	case boolean:
		return map[string]any{"type": "boolean"}
	case whole:
		return map[string]any{"type": "integer", "minimum": k.min, "maximum": k.max}
	case number:
		return map[string]any{"type": "number", "exclusiveMinimum": k.min, "maximum": k.max}
	case choice:
		return map[string]any{"enum": k.schemaChoices()}
	case period:
		return text("pattern", `^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$`)
	case baseURL:
		return text("pattern", `^https?://[^/?#@\s][^?#@\s]*$`)
	case secret:
		return text("minLength", 1)
	case userName:
		return text("pattern", `^[^\s:]([^:\x00-\x1f\x7f]*[^\s:])?$`)
	case resource:
		return text("pattern", `^(/[^?#\s]*)?$`)
	case expiry:
		return text("pattern", `^\s*([1-9][0-9]?|[1-4][0-9][0-9]|500)\s+(minutes?|hours?|days?)\s*$`)
	case dateForm:
		return text("enum", datePatterns())
	case zone:
		return text("pattern", `^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$`, "examples", []string{unifier.Zones[0].IANA})
	case language:
		return text("pattern", languageCode().String())
	}
	return text()
}

// mappingSchema is the schema of a mapping: no other keys than these.
func (k key) mappingSchema() map[string]any {
	properties := map[string]any{}
	var required []string
	for _, c := range k.keys {
		properties[c.name] = c.schema()
		if c.required {
			required = append(required, c.name)
		}
	}
	s := map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
	if required != nil {
		s["required"] = required
	}
	return s
}

// schemaChoices adds the booleans to choices that are written like them.
func (k key) schemaChoices() []any {
	var out []any
	for _, c := range k.choices {
		out = append(out, c)
		if c == "true" || c == "false" {
			out = append(out, c == "true")
		}
	}
	return out
}

// anyCase is a pattern that matches each of the words in any case; the dialect
// of JSON Schema has no flag for it.
func anyCase(words []string) string {
	var b strings.Builder
	for i, w := range words {
		b.WriteString(map[bool]string{true: "^(", false: "|"}[i == 0])
		for _, c := range w {
			if c == '-' {
				b.WriteByte('-')
				continue
			}
			b.WriteString("[" + strings.ToLower(string(c)) + strings.ToUpper(string(c)) + "]")
		}
	}
	return b.String() + ")$"
}
