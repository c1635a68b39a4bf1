package reports

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/unigate/unigate/internal/input"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/schema"
)

// maxRecord bounds the size of a stored record, in bytes.
const maxRecord = 128 << 20

// Read reads a stored record from a file, or from run.json in a folder. The
// error says what is wrong with it and where.
func Read(ctx context.Context, path string) (*record.Run, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, "run.json")
	}
	b, err := input.Read(ctx, path, maxRecord)
	if err != nil {
		return nil, fmt.Errorf("cannot read the run record: %w", err)
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
		Load   *struct {
			Plan   *json.RawMessage `json:"plan"`
			Totals *json.RawMessage `json:"totals"`
		} `json:"load"`
	}
	var other *json.UnmarshalTypeError
	if at := notUTF8(b); at >= 0 && !compressed(b) {
		return nil, fmt.Errorf("not a run record: it is no UTF-8 in %s: it was stored in another encoding, or damaged", position(b, at))
	}
	if err := json.Unmarshal(b, &head); errors.As(err, &other) {
		return nil, fmt.Errorf("not a run record: %s is a JSON %s", cmp.Or(other.Field, "the whole"), other.Value)
	} else if err != nil {
		return nil, fmt.Errorf("not a run record: %w%s", err, likely(b))
	}
	if head.Schema != record.Schema {
		found := "there is no schema in it"
		if schemaName().MatchString(head.Schema) { // else it may be anything
			found = fmt.Sprintf("schema is %q", head.Schema)
		} else if head.Schema != "" {
			found = "schema is another"
		}
		return nil, fmt.Errorf("not a run record: %s, this unigate reads %q", found, record.Schema)
	}
	doc, err := bounded(b)
	if err != nil {
		return nil, fmt.Errorf("not a sound run record: %w", err)
	}
	if err := wrong(schema.ValidateTree(doc)); err != nil {
		return nil, fmt.Errorf("not a sound run record: %w", err)
	}
	if l := head.Load; l != nil && (l.Plan == nil || l.Totals == nil) {
		return nil, fmt.Errorf("not a sound run record: its load test has no plan or no totals")
	}
	var run record.Run
	if err := json.Unmarshal(b, &run); err != nil {
		return nil, fmt.Errorf("not a run record: %w", err)
	}
	if err := sound(&run); err != nil {
		return nil, fmt.Errorf("not a sound run record: %w", err)
	}
	return &run, nil
}

// likely says where a file is no JSON, and what it probably is.
func likely(b []byte) string {
	var syntax *json.SyntaxError
	switch {
	case len(bytes.TrimSpace(b)) == 0:
		return ": the file is empty"
	case compressed(b):
		return ": the file is compressed, unpack it"
	case errors.As(json.Unmarshal(b, new(any)), &syntax) && strings.HasPrefix(syntax.Error(), "unexpected end"):
		return ": the file was cut off, or is still being written"
	case syntax != nil:
		return " in " + position(b, int(syntax.Offset)-1)
	}
	return ""
}

// compressed reports whether a file begins as one of gzip or zip.
func compressed(b []byte) bool {
	return bytes.HasPrefix(b, []byte("\x1f\x8b")) || bytes.HasPrefix(b, []byte("PK\x03\x04"))
}

// notUTF8 returns where the first byte is that is no UTF-8, and -1 where there is none.
func notUTF8(b []byte) int {
	for at := 0; at < len(b); {
		r, n := utf8.DecodeRune(b[at:])
		if r == utf8.RuneError && n == 1 {
			return at
		}
		at += n
	}
	return -1
}

// position is where a byte stands in a file, by line and column, both from 1.
func position(b []byte, at int) string {
	before := b[:min(max(at, 0), len(b))]
	return fmt.Sprintf("line %d, column %d", bytes.Count(before, []byte("\n"))+1, len(before)-bytes.LastIndexByte(before, '\n'))
}

// schemaName is what the schema of a record may be called.
var schemaName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z.]{1,40}/v[0-9]{1,3}$`) })

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
	return fmt.Errorf("at %q: %s", place(v.InstanceLocation), wrongKind(v.ErrorKind, v.BasicOutput().Error.String()))
}
