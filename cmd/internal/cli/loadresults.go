package cli

import (
	"errors"
	"fmt"

	"github.com/unigate/unigate/internal/files"
	"github.com/unigate/unigate/load"
)

// resultsFile is the file for vegeta's results; a nil one is none.
type resultsFile struct{ *files.File }

// openResults opens the file for vegeta's results.
func openResults(o *load.Options, path string) (*resultsFile, error) {
	if path == "" {
		return nil, nil
	}
	if path == "-" {
		return nil, usage("name a file or a pipe; with --quiet, --results /dev/fd/3 3>FILE and the like work too", "--results - is no file, and standard output is the report's")
	}
	f, err := files.Create(path)
	if err != nil {
		return nil, usage("", "--results: %w", err)
	}
	o.Results = f
	return &resultsFile{f}, nil
}

// close makes the file whole, or removes it where the run came to an error: it
// never stays there half-written. It returns the run's error, or its own.
func (r *resultsFile) close(runErr error) error {
	if r == nil {
		return runErr
	}
	if runErr != nil {
		return errors.Join(runErr, r.Discard())
	}
	if err := r.Keep(); err != nil {
		return fmt.Errorf("the results file: %w", err)
	}
	return nil
}
