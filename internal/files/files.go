// Package files writes files whole or not at all, and not where somebody else may have
// led the name.
package files

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"
)

// Write writes b to path as Create does: whole or not at all.
func Write(path string, b []byte) error {
	f, err := Create(path)
	if err != nil {
		return err
	}
	if _, err := f.Write(b); err != nil {
		_ = f.Discard() // the error that matters is the one before
		return err
	}
	return f.Keep()
}

// Make is Write with the folders above made where they do not exist.
func Make(path string, b []byte) error {
	if err := MakeFolder(filepath.Dir(path)); err != nil {
		return err
	}
	return Write(path, b)
}

// MakeFolder makes a folder for output, with those above it, where it does not
// exist. Its mode is what the umask says.
func MakeFolder(dir string) error {
	err := checkFolders(dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o777) //nolint:gosec // the umask decides
	}
	if err != nil {
		return fmt.Errorf("cannot make the output folder: %w", err)
	}
	return nil
}

// File is a file that is being written: it appears under its name when it is
// kept, and not at all when it is discarded.
type File struct {
	file *os.File
	// path is the name as it was given; final is where the file goes, empty for a
	// device or a pipe, which is written to directly.
	path, final string
}

// Create begins to write path: into a temporary file in the same folder. A path
// that exists and is not a regular file, such as a device or a pipe, is opened
// and stays what it is, and so is one whose file has no name any more, as
// /dev/stdout may be; of a symbolic link the file that it names is replaced.
// To open a pipe waits for its reader.
func Create(path string) (*File, error) {
	final, nameless, err := followLinks(path)
	if err != nil {
		return nil, fmt.Errorf("cannot write %s: %w", path, err)
	}
	f := &File{path: path}
	switch info, err := os.Stat(final); {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("cannot write %s: it is a folder", path)
	case err == nil && (nameless || !info.Mode().IsRegular()):
		f.file, err = os.OpenFile(final, os.O_WRONLY, 0)
		if err != nil {
			return nil, fmt.Errorf("cannot write %s: %w", path, err)
		}
		return f, nil
	}
	f.final = final
	if f.file, err = temporary(final); err != nil {
		return nil, fmt.Errorf("cannot write %s: %w", path, err)
	}
	return f, nil
}

// temporary makes the file beside final that will take its name. It has the mode
// of the file that it will replace, or that of any new file: as the umask says.
func temporary(final string) (*os.File, error) {
	dir, name := filepath.Split(final)
	var f *os.File
	var err error
	for range 100 {
		path := fmt.Sprintf("%s.%s.%08x", dir, name, rand.Uint32())
		f, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666) //nolint:gosec // the umask takes away
		if !errors.Is(err, os.ErrExist) {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	unfinished.Store(f.Name(), true)
	if info, err := os.Stat(final); err == nil {
		if err := f.Chmod(info.Mode().Perm()); err != nil && runtime.GOOS != "windows" {
			unfinished.Delete(f.Name())
			return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}
	return f, nil
}

// unfinished holds the paths of the temporary files that exist.
var unfinished sync.Map

// RemoveUnfinished removes the temporary files of what is being written, for a
// program that ends at once.
func RemoveUnfinished() {
	unfinished.Range(func(path, _ any) bool {
		_ = os.Remove(path.(string)) // nobody is left to be told
		return true
	})
}

// maxLinks bounds how many symbolic links lead to a file, as Linux does.
const maxLinks = 40

// followLinks returns the path that a chain of symbolic links ends at, which
// need not exist. A link of /proc may lead to what has no name, such as a pipe:
// then it is that link.
func followLinks(path string) (final string, nameless bool, err error) {
	if err := checkFolders(filepath.Dir(path)); err != nil {
		return "", false, err
	}
	for range maxLinks {
		// A path that does not exist is no link either; what else is wrong with it
		// shows when it is opened.
		info, err := os.Lstat(path)
		if link := err == nil && info.Mode()&os.ModeSymlink != 0; !link {
			return path, false, nil
		}
		if foreignLink(path, info) {
			return "", false, errForeignLink
		}
		to, err := os.Readlink(path)
		if err != nil {
			return "", false, err
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		if _, err := os.Lstat(to); err != nil {
			if _, err := os.Stat(path); err == nil {
				return path, true, nil
			}
		}
		path = to
	}
	return "", false, errors.New("too many symbolic links")
}

// errForeignLink is the error of a path that somebody else chose.
var errForeignLink = errors.New("it is a link that somebody else put into a folder where everybody may write")

// checkFolders finds a foreign link among a folder and those above it.
func checkFolders(dir string) error {
	for ; ; dir = filepath.Dir(dir) {
		if info, err := os.Lstat(dir); err == nil && info.Mode()&os.ModeSymlink != 0 && foreignLink(dir, info) {
			return fmt.Errorf("%s: %w", dir, errForeignLink)
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

// Write adds to the file.
func (f *File) Write(b []byte) (int, error) {
	n, err := f.file.Write(b)
	if err != nil {
		return n, fmt.Errorf("cannot write %s: %w", f.path, err)
	}
	return n, nil
}

// Keep ends the file and gives it its name, after it was flushed to the disk.
func (f *File) Keep() error {
	err := f.end()
	if err != nil {
		if f.final != "" {
			_ = os.Remove(f.file.Name()) // the error that matters is the one before
			unfinished.Delete(f.file.Name())
		}
		return fmt.Errorf("cannot write %s: %w", f.path, err)
	}
	return nil
}

// end does what Keep does, up to the first error.
func (f *File) end() error {
	if f.final == "" {
		return f.file.Close()
	}
	err := f.file.Sync()
	if e := f.file.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.file.Name(), f.final)
	}
	if err == nil {
		unfinished.Delete(f.file.Name())
	}
	return err
}

// Discard drops the file; a device or a pipe keeps what it got.
func (f *File) Discard() error {
	err := f.file.Close()
	if f.final != "" {
		err = errors.Join(err, os.Remove(f.file.Name()))
		unfinished.Delete(f.file.Name())
	}
	return err
}
