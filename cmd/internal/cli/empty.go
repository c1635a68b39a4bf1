package cli

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// wrongValue is the error of a value that a flag does not take, in other words than the
// parsers of numbers have.
func wrongValue(f *pflag.Flag, value string) error {
	if strings.TrimSpace(value) == "" {
		return usage("give it a value, or leave it out", "--%s is given, and empty", f.Name)
	}
	what, hint := takes(f)
	return usage(hint, "--%s takes %s, not %q", f.Name, what, value)
}

// takes says what a flag takes, and how that is written.
func takes(f *pflag.Flag) (what, hint string) {
	switch f.Value.Type() {
	case "bool":
		return "true or false", "write --" + f.Name + " or --" + f.Name + "=false"
	case "duration":
		return "a length of time with its unit", "write for example 30s, 500ms or 2m"
	case "uint64":
		return "a whole number from 0 on", "write for example 1"
	case "int":
		return "a whole number", "write for example 4"
	}
	return "another value", "see unigate --help"
}

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

// idList is the value of a flag that takes ids, several with commas between them or the
// flag several times. Unlike pflag's own it keeps an empty one, which is a mistake.
type idList struct{ ids *[]string }

// Set adds ids.
func (l idList) Set(s string) error {
	*l.ids = append(*l.ids, strings.Split(s, ",")...)
	return nil
}

// String returns the ids.
func (l idList) String() string {
	if l.ids == nil {
		return ""
	}
	return strings.Join(*l.ids, ",")
}

// Type names the value in the help.
func (idList) Type() string { return "strings" }

// GetSlice returns the ids.
func (l idList) GetSlice() []string { return *l.ids }

// Append adds an id.
func (l idList) Append(s string) error { return l.Set(s) }

// Replace sets the ids.
func (l idList) Replace(s []string) error { *l.ids = s; return nil }

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
