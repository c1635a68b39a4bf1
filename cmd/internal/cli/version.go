package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/unifier"
)

// version is set by the release build; the module's version stands in otherwise.
var version = ""

// commit is set by the release build; the build information stands in otherwise.
var commit = ""

// toolVersion returns the version and commit of this build.
func toolVersion() record.Tool {
	t := record.Tool{Version: version, Commit: commit, ZoneData: unifier.ZoneDataVersion}
	if info, ok := debug.ReadBuildInfo(); ok {
		if t.Version == "" {
			t.Version = info.Main.Version
		}
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && t.Commit == "" {
				t.Commit = s.Value
			}
		}
	}
	if t.Commit == "" {
		t.Commit = "unknown"
	}
	return t
}

// versionCommand prints the version.
func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version of unigate",
		Long:    "Print the version of unigate, its commit and the Go version it was built with.\n\n" + exitHelp,
		Example: "  unigate version",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), versionLine())
			return err
		},
	}
}

// versionLine says the version of unigate in one line.
func versionLine() string {
	t := toolVersion()
	return fmt.Sprintf("unigate %s (commit %s, %s, %s/%s)", t.Version, t.Commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
