package cli

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	words "github.com/unigate/unigate/internal/nearest"
)

// nearestFlag returns the flag of cmd whose name is closest to name, or "".
func nearestFlag(cmd *cobra.Command, name string) string {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return nearest(name, names)
}

// nearest returns the candidate with the smallest edit distance to name, or ""
// for no candidates.
func nearest(name string, candidates []string) string { return words.Word(name, candidates) }
