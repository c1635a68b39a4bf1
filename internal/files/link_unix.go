//go:build unix

package files

import (
	"os"
	"path/filepath"
	"syscall"
)

// foreignLink reports whether a symbolic link belongs to somebody else and stands
// in a folder where everybody may write, such as /tmp: whoever put it there would
// choose which file is replaced. Linux calls the rule protected_symlinks.
func foreignLink(path string, link os.FileInfo) bool {
	dir, err := os.Stat(filepath.Dir(path))
	if err != nil || dir.Mode()&os.ModeSticky == 0 || dir.Mode().Perm()&0o002 == 0 {
		return false
	}
	l, ok := link.Sys().(*syscall.Stat_t)
	d, dirOK := dir.Sys().(*syscall.Stat_t)
	return ok && dirOK && int(l.Uid) != os.Geteuid() && l.Uid != d.Uid
}
