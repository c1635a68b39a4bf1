// Package schema holds the JSON Schema of the run record, run.json.
package schema

import (
	"bytes"
	_ "embed" // for the schema file
	"fmt"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// JSON is the schema (draft 2020-12). It is made from internal/record by this
// package's test with -update. New names may be added to a record at any time, so
// it does not forbid names that it does not know.
//
//go:embed run.schema.json
var JSON []byte

// compiled is the schema, compiled once.
var compiled = sync.OnceValues(func() (*jsonschema.Schema, error) {
	const url = "run.schema.json"
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(JSON))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(url, doc); err != nil {
		return nil, err
	}
	return c.Compile(url)
})

// Validate checks a run record in JSON; the error says where it breaks the schema.
func Validate(run []byte) error {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(run))
	if err != nil {
		return fmt.Errorf("not JSON: %w", err)
	}
	return ValidateTree(doc)
}

// ValidateTree is Validate for a record that was read into values, with its numbers as
// they are written (json.Number).
func ValidateTree(run any) error {
	s, err := compiled()
	if err != nil {
		return fmt.Errorf("the schema of the run record is broken: %w", err)
	}
	return s.Validate(run)
}
