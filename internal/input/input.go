// Package input reads the files that users hand in (configuration, plans, waivers,
// features, records, secrets): bounded in size, in nesting and in time, whatever is
// behind the path, and quotes them in errors without their values.
package input

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Sizes above which a file is not what it is taken for, in bytes.
const (
	MaxText   = 1 << 20  // of a file that a person writes
	MaxSecret = 64 << 10 // of a file that holds a secret
)

// Open opens a file for reading. To open a pipe waits for its writer, but not
// longer than ctx. A folder is an error.
func Open(ctx context.Context, path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s is a folder", path)
	}
	return wait(ctx, func() (*os.File, error) { return os.Open(path) }, func(f *os.File) { _ = f.Close() })
}

// Read reads a whole file of at most limit bytes, without a byte order mark.
func Read(ctx context.Context, path string, limit int64) ([]byte, error) {
	f, err := Open(ctx, path)
	if err != nil {
		return nil, err
	}
	b, err := wait(ctx, func() ([]byte, error) {
		defer f.Close() //nolint:errcheck // opened for reading
		return io.ReadAll(io.LimitReader(f, limit+1))
	}, nil)
	switch {
	case err != nil:
		return nil, err
	case int64(len(b)) > limit:
		return nil, fmt.Errorf("%s is larger than %d bytes", path, limit)
	case utf16(b):
		return nil, fmt.Errorf("%s is in UTF-16: save it as UTF-8", path)
	}
	return bytes.TrimPrefix(b, []byte(Mark)), nil
}

// Mark is the byte order mark in UTF-8, which editors put before a text.
const Mark = "\ufeff"

// utf16 reports whether a text begins with a byte order mark of UTF-16, or with two of
// its letters of ASCII.
func utf16(b []byte) bool {
	if bytes.HasPrefix(b, []byte{0xff, 0xfe}) || bytes.HasPrefix(b, []byte{0xfe, 0xff}) {
		return true
	}
	zero := func(i int) bool { return b[i] == 0 }
	return len(b) >= 4 && zero(0) == zero(2) && zero(1) == zero(3) && zero(0) != zero(1)
}

// errInterrupted is why a file was not read.
var errInterrupted = errors.New("interrupted")

// wait does what may block for ever, such as the opening of a pipe, but does not
// wait for it beyond ctx; what comes later goes to late.
func wait[T any](ctx context.Context, do func() (T, error), late func(T)) (T, error) {
	type result struct {
		v   T
		err error
	}
	done := make(chan result, 1)
	go func() {
		v, err := do()
		done <- result{v, err}
	}()
	select {
	case r := <-done:
		return r.v, r.err
	case <-ctx.Done():
		go func() {
			if r := <-done; r.err == nil && late != nil {
				late(r.v)
			}
		}()
		var none T
		return none, fmt.Errorf("%w: %w", errInterrupted, context.Cause(ctx))
	}
}

// dir is a folder whose files are read as Read reads them.
type dir struct {
	fs.FS
	ctx  context.Context //nolint:containedctx // io/fs has no other way
	path string
}

// Dir returns the folder at path, whose files have at most MaxText bytes.
func Dir(ctx context.Context, path string) fs.FS { return dir{os.DirFS(path), ctx, path} }

// ReadFile reads one file of the folder.
func (d dir) ReadFile(name string) ([]byte, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	return Read(d.ctx, filepath.Join(d.path, filepath.FromSlash(name)), MaxText)
}
