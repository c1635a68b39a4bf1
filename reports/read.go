package reports

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/schema"
)

// maxRecord bounds the size of a stored record, in bytes.
const maxRecord = 1 << 30

// Read reads a stored record from a file, or from run.json in a folder. The
// error says what is wrong with it and where.
func Read(path string) (*record.Run, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, "run.json")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the run record: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read from
	b, err := io.ReadAll(io.LimitReader(f, maxRecord+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read the run record: %w", err)
	}
	if len(b) > maxRecord {
		return nil, fmt.Errorf("%s: larger than a run record can be (%d bytes)", path, maxRecord)
	}
	run, err := Decode(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return run, nil
}

// Decode reads a record from JSON and checks it against the schema.
func Decode(b []byte) (*record.Run, error) {
	var head struct {
		Schema string `json:"schema"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return nil, fmt.Errorf("not a run record: %w", err)
	}
	if head.Schema != record.Schema {
		return nil, fmt.Errorf("not a run record: schema is %q, this unigate reads %q", head.Schema, record.Schema)
	}
	if err := wrong(schema.Validate(b)); err != nil {
		return nil, fmt.Errorf("not a sound run record: %w", err)
	}
	var run record.Run
	if err := json.Unmarshal(b, &run); err != nil {
		return nil, fmt.Errorf("not a run record: %w", err)
	}
	return &run, nil
}

// wrong returns the first finding of a schema's error in one line. Missing names
// are none: a record of an older unigate lacks those that were added since.
func wrong(err error) error {
	var v *jsonschema.ValidationError
	if !errors.As(err, &v) {
		return err
	}
	if len(v.Causes) > 0 {
		for _, c := range v.Causes {
			if err := wrong(c); err != nil {
				return err
			}
		}
		return nil
	}
	if _, missing := v.ErrorKind.(*kind.Required); missing {
		return nil
	}
	return fmt.Errorf("at %q: %s", "/"+strings.Join(v.InstanceLocation, "/"), v.BasicOutput().Error.String())
}
