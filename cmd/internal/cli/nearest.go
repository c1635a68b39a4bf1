package cli

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/unigate/unigate/internal/amount"
	words "github.com/unigate/unigate/internal/nearest"
)

// nearestFlag returns the flag of cmd whose name is close to name, or "".
func nearestFlag(cmd *cobra.Command, name string) string {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return words.Close(name, names)
}

// nearest returns the candidate with the smallest edit distance to name, or ""
// where none is close.
func nearest(name string, candidates []string) string { return words.Close(name, candidates) }

// counted is a number of things, which is one thing where it is one.
func counted[N int | int64](n N, one string) string {
	return amount.Of(n, one, one+"s")
}

// didYouMean is the hint that names the nearest candidate, with lead before its
// name; "" where none is close.
func didYouMean(lead, name string, candidates []string) string {
	if near := nearest(name, candidates); near != "" {
		return "did you mean " + lead + near + "?"
	}
	return ""
}
