// Command unigate checks and load-tests the token services of Oracle Primavera Unifier.
package main

import (
	"context"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/unigate/unigate/internal/cli"
)

func main() {
	// A reader that goes away is an error to report, not a reason to die silently.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// After the first signal the default action is back: a second one ends the process at once.
	context.AfterFunc(ctx, stop)
	var variables []string
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		variables = append(variables, name)
	}
	os.Exit(cli.Run(ctx, os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}, os.LookupEnv, variables...))
}
