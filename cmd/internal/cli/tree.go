package cli

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/unigate/unigate/internal/redact"
)

// Command returns the tree of commands for what is written from it, such as manual
// pages and completions; to run a command is Run's.
func Command() *cobra.Command {
	a := &app{
		env: func(string) (string, bool) { return "", false }, redactor: redact.New(),
		streams: Streams{Out: io.Discard, Err: io.Discard},
	}
	return a.rootCommand()
}
