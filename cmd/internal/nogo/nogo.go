// Package nogo keeps programs that link godog from running the go command whenever
// they start: a package of godog's asks "go env GOTOOLDIR" while it is initialised,
// for a tool that is not used here. That takes longer than all the rest of the start,
// runs whatever program of that name is first in PATH, and, in a directory whose
// go.mod names a newer toolchain, makes the go command fetch that.
package nogo

import "syscall"

// hidden is PATH as it was when the program started. Packages are initialised in the
// order of their import paths as soon as what they import is (Go specification,
// "Program initialization"): this one, which imports syscall alone, before os and so
// before everything that can start a program.
var hidden, hide = take()

// take takes PATH out of the environment.
func take() (path string, was bool) {
	if path, was = syscall.Getenv("PATH"); was {
		_ = syscall.Unsetenv("PATH") // where that fails nothing changes
	}
	return path, was
}

// Restore gives the program its PATH back. It is the first that main does.
func Restore() {
	if hide {
		_ = syscall.Setenv("PATH", hidden) // it was set with that value before
	}
}
