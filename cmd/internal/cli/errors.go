package cli

import (
	"errors"
	"fmt"
)

// The exit statuses.
const (
	exitOK           = 0
	exitFail         = 1
	exitUsage        = 2
	exitInconclusive = 3
	exitInterrupted  = 130
)

// exitHelp is repeated in the help of every command.
const exitHelp = `Exit status:
  0    the gate, the thresholds or the comparison held
  1    not conforming, a threshold crossed, or a regression
  2    usage or configuration error; nothing was selected; a waiver or pattern matches nothing
  3    inconclusive: the target could not be reached or refused every user, or unigate failed
  130  interrupted; what was measured until then is reported and saved`

// failure is an error with the exit status that it means and a hint for the user.
type failure struct {
	exit int
	hint string
	err  error
}

// Error returns the message without the hint.
func (f *failure) Error() string { return f.err.Error() }

// Unwrap returns the cause.
func (f *failure) Unwrap() error { return f.err }

// usage is an error in what the user asked for: exit status 2.
func usage(hint, format string, args ...any) error {
	return &failure{exit: exitUsage, hint: hint, err: fmt.Errorf(format, args...)}
}

// inconclusive is an error that leaves the question open: exit status 3.
func inconclusive(hint, format string, args ...any) error {
	return &failure{exit: exitInconclusive, hint: hint, err: fmt.Errorf(format, args...)}
}

// exitError ends the program with a status after everything was said.
type exitError int

// Error names the status.
func (e exitError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// statusOf returns the exit status that err stands for; an error that nobody
// classified means that unigate itself failed.
func statusOf(err error) int {
	if err == nil {
		return exitOK
	}
	var e exitError
	if errors.As(err, &e) {
		return int(e)
	}
	var f *failure
	if errors.As(err, &f) {
		return f.exit
	}
	return exitInconclusive
}
