package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/unigate/unigate/features"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/reports"
	"github.com/unigate/unigate/reports/compare"
)

// completeValues makes shells offer the values that flags take, where there is a list.
func completeValues(root *cobra.Command) {
	for _, c := range append([]*cobra.Command{root}, root.Commands()...) {
		for name, values := range flagValues {
			if c.Flags().Lookup(name) == nil && c.PersistentFlags().Lookup(name) == nil {
				continue
			}
			// It fails only for a flag that is not there, which was asked before.
			_ = c.RegisterFlagCompletionFunc(name, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
				return values(), cobra.ShellCompDirectiveNoFileComp
			})
		}
	}
}

// nameShells makes the commands that print completions say what is wrong with their arguments.
func nameShells(completion *cobra.Command) {
	var shells []string
	for _, c := range completion.Commands() {
		shells = append(shells, c.Name())
		c.Args = usageArgs(c.Args)
	}
	completion.Args = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return usage("there are "+strings.Join(shells, ", "), "no completions for a shell %q", args[0])
	}
	completion.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
}

// helpCommand is cobra's, and does not take a word that is no command for a wish for all.
func (a *app) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about any command",
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				if len(rest) == 0 {
					rest = args
				}
				return a.noSubcommand(cmd.Root(), rest)
			}
			return found.Help()
		},
	}
}

// flagValues are the values of flags, by the flag's name.
var flagValues = map[string]func() []string{
	"gate":        func() []string { return levels() },
	"format":      reports.Formats,
	"color":       func() []string { return []string{"auto", "always", "never"} },
	"edition":     editionIDs,
	"requirement": requirementIDs,
	"service":     unifier.ServiceIDs,
	"tags": func() []string {
		var tags []string
		for _, s := range unifier.Services() {
			tags = append(tags, "@"+string(s))
		}
		tags = append(tags, "@hygiene", "@slow", "@load", "@breadth")
		for _, id := range requirementIDs() {
			tags = append(tags, "@"+id)
		}
		return tags
	},
	"shape":          func() []string { return []string{"constant", "ramp", "steps", "spike", "sine", "soak"} },
	"arrivals":       func() []string { return []string{"uniform", "poisson"} },
	"connections":    func() []string { return []string{"reuse", "fresh"} },
	"tls-resumption": func() []string { return []string{"on", "off"} },
	"http":           func() []string { return []string{"auto", "1.1", "2"} },
	"accept": func() []string {
		var ids []string
		for _, r := range compare.Rules() {
			if r.Class == compare.Breaking {
				ids = append(ids, r.ID)
			}
		}
		return ids
	},
	"fault": func() []string {
		var names []string
		for _, f := range reference.Faults() {
			names = append(names, f.Name)
		}
		return names
	},
	"variant": func() []string {
		var names []string
		for _, v := range reference.Variants() {
			names = append(names, v.Name)
		}
		return names
	},
}

// levels are the levels that --gate takes.
func levels() []string {
	var out []string
	for _, l := range record.Levels {
		if l.Gates(record.Inferred) {
			out = append(out, string(l))
		}
	}
	slices.Sort(out)
	return out
}

// editionIDs are the editions that unigate knows.
func editionIDs() []string {
	all, _ := features.LoadEditions() // they are embedded, and tests read them
	var ids []string
	for _, e := range all {
		ids = append(ids, e.ID)
	}
	return ids
}

// requirementIDs are the ids of the register.
func requirementIDs() []string {
	register, err := features.LoadRegister()
	if err != nil {
		return nil
	}
	var ids []string
	for _, q := range register.Requirements {
		ids = append(ids, q.ID)
	}
	return ids
}
