//go:build !unix

package files

import "os"

// foreignLink reports nothing: there are no folders in which everybody may write.
func foreignLink(string, os.FileInfo) bool { return false }
