package reports

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/unigate/unigate/internal/record"
)

// output is one file of the output folder.
type output struct {
	name, format string
	// wanted says whether the record has anything for the file; nil means always.
	wanted func(*record.Run) bool
}

// outputs lists the files of the output folder, the record first.
var outputs = []output{
	{name: "run.json", format: "json"},
	{name: "report.html", format: "html"},
	{name: "junit.xml", format: "junit"},
	{name: "summary.md", format: "markdown"},
	{name: "messages.ndjson", format: "messages", wanted: func(run *record.Run) bool { return run.Conformance != nil }},
	{name: "series.csv", format: "csv", wanted: func(run *record.Run) bool { return run.Load != nil }},
}

// Save writes the record and its reports into dir, which is made if it does not
// exist, and returns the paths of what was written, also beside an error. Each
// file is written whole or not at all.
func Save(dir string, run *record.Run) ([]string, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("cannot make the output folder: %w", err)
	}
	var paths []string
	var errs []error
	for _, o := range outputs {
		if o.wanted != nil && !o.wanted(run) {
			continue
		}
		path := filepath.Join(dir, o.name)
		b, err := Draw(o.format, run, Options{})
		if err == nil {
			err = WriteFile(path, b)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		paths = append(paths, path)
	}
	return paths, errors.Join(errs...)
}

// MakeFile is WriteFile with the folders above made where they do not exist.
func MakeFile(path string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("cannot make the output folder: %w", err)
	}
	return WriteFile(path, b)
}
