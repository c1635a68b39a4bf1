package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/unigate/unigate/internal/config"
)

// initCommand writes a starter configuration.
func (a *app) initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write a commented starter configuration",
		Long: `Write a starter configuration into FILE, unigate.yaml if none is named. Each key
has a comment; passwords are references to environment variables. A file that
exists is never overwritten.

Edit it, then run unigate doctor.

` + initExitHelp,
		Example: `  unigate init
  unigate init staging.yaml
  unigate doctor --config staging.yaml`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			name := config.DefaultFile
			if len(args) == 1 {
				if name = args[0]; strings.TrimSpace(name) == "" {
					return usage("name it, or leave it out for "+config.DefaultFile, "the name of the file is empty")
				}
			} else if a.shared.config != "" {
				name = a.shared.config
			}
			return a.writeStarter(name)
		},
	}
}

// initExitHelp is the exit statuses of init.
const initExitHelp = `Exit status:
  0    the file was written
  2    the file exists already or cannot be written`

// writeStarter writes the starter file whole or not at all.
func (a *app) writeStarter(name string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return usage("name another file: unigate init FILE", "%s exists already, and is left as it is", name)
	}
	if err != nil {
		return usage("", "%w", err)
	}
	_, err = f.Write(config.Starter)
	if err = errors.Join(err, f.Close()); err != nil {
		return usage("", "%w", errors.Join(err, os.Remove(name)))
	}
	if a.shared.quiet {
		return nil
	}
	_, err = fmt.Fprintf(a.streams.Out, "%s is written. Fill in the target and the users, then run unigate doctor.\n", name)
	return err
}
