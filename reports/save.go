package reports

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/unigate/unigate/internal/files"
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
	if err := files.MakeFolder(dir); err != nil {
		return nil, err
	}
	var paths []string
	var errs []error
	for _, o := range outputs {
		path := filepath.Join(dir, o.name)
		if o.wanted != nil && !o.wanted(run) {
			errs = append(errs, removeOld(path)) // it would seem to be of this run
			continue
		}
		b, err := Draw(o.format, run, Options{})
		if err == nil {
			err = files.Write(path, b)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		paths = append(paths, path)
	}
	return paths, errors.Join(errs...)
}

// RemoveOld removes the reports of an earlier run from dir, for a run that ended
// before it had any: they would seem to be its own. keepRecord leaves the record.
func RemoveOld(dir string, keepRecord bool) error {
	var errs []error
	for _, o := range outputs {
		if keepRecord && o.format == "json" {
			continue
		}
		errs = append(errs, removeOld(filepath.Join(dir, o.name)))
	}
	return errors.Join(errs...)
}

// removeOld removes a report if there is one; what is no file of its own stays.
func removeOld(path string) error {
	info, err := os.Lstat(path)
	if regular := err == nil && info.Mode().IsRegular(); !regular {
		return nil
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("cannot remove the report of an earlier run: %w", err)
	}
	return nil
}
