package reports

import (
	"errors"
	"fmt"
	"io/fs"
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

// WriteFile writes b to path whole or not at all: into a temporary file in the
// same folder, flushed to the disk, closed, then renamed over path. A path that
// exists and is not a regular file, such as a device or a pipe, is written to
// directly.
func WriteFile(path string, b []byte) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return writeSpecial(path, info.Mode(), b)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	if err := finish(f, path, b); err != nil {
		_ = os.Remove(f.Name()) // the error that matters is the one before
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return nil
}

// finish fills the temporary file f and gives it its name.
func finish(f *os.File, path string, b []byte) error {
	_, err := f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o644) //nolint:gosec // reports are made to be shown to others
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}

// writeSpecial writes to a device or a pipe.
func writeSpecial(path string, mode fs.FileMode, b []byte) error {
	if mode.IsDir() {
		return fmt.Errorf("cannot write %s: it is a folder", path)
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	_, err = f.Write(b)
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return nil
}
