// Command unigate checks and load-tests the token services of Oracle Primavera Unifier.
package main

import (
	"context"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/unigate/unigate/cmd/internal/cli"
	"github.com/unigate/unigate/cmd/internal/nogo"
)

func main() {
	nogo.Restore()
	// A reader that goes away is an error to report, not a reason to die silently.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	// A second signal ends the process at once, but leaves no unfinished file behind.
	second := make(chan os.Signal, 1)
	context.AfterFunc(ctx, func() {
		signal.Notify(second, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
		<-second
		cli.Abandon()
		os.Exit(130)
	})
	var variables []string
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		variables = append(variables, name)
	}
	os.Exit(cli.Run(ctx, os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}, os.LookupEnv, variables...))
}
