package cli

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// given reports whether a flag of the command that runs was given.
func (a *app) given(name string) bool { return a.flags != nil && a.flags.Changed(name) }

// emptyFlags finds a flag that was given without a value, as --baseline "$FILE" is
// where FILE is not set. To take it for a flag that was not given would leave out
// a check that somebody asked for.
func (a *app) emptyFlags(cmd *cobra.Command) error {
	var err error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if err != nil || !f.Changed || !blank(f) {
			return
		}
		hint := "give it a value, or leave it out"
		if f.Name == "target" {
			hint = "is a secret missing, as in the build of a fork? name the base URL of the target, such as https://host/company/stage"
		}
		err = usage(hint, "--%s is given, and empty", f.Name)
	})
	return err
}

// blank reports whether a flag has only blanks for a value, or in one of its values.
func blank(f *pflag.Flag) bool {
	list, ok := f.Value.(pflag.SliceValue)
	if !ok {
		return strings.TrimSpace(f.Value.String()) == ""
	}
	values := list.GetSlice()
	for _, v := range values {
		if strings.TrimSpace(v) == "" {
			return true
		}
	}
	return len(values) == 0
}
