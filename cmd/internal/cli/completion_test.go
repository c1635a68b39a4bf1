package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// What the help of a flag lists as its values is what shells offer for it.
func TestValuesOfHelpAreCompleted(t *testing.T) {
	a := &app{}
	root := a.rootCommand()
	seen := map[string]bool{}
	look := func(f *pflag.Flag) {
		name, _ := pflag.UnquoteUsage(f)
		listed := strings.Split(name, "|")
		if len(listed) < 2 || strings.ToUpper(name) == name || strings.Contains(name, "/") {
			return // it stands for values, and does not list them
		}
		seen[f.Name] = true
		values := flagValues[f.Name]
		if values == nil {
			t.Errorf("--%s lists %s, and shells offer nothing", f.Name, name)
			return
		}
		for _, v := range listed {
			if v != "N" && !slices.Contains(values(), v) {
				t.Errorf("--%s takes %s, which shells do not offer", f.Name, v)
			}
		}
	}
	root.PersistentFlags().VisitAll(look)
	for _, c := range root.Commands() {
		c.Flags().VisitAll(look)
	}
	for _, name := range []string{"format", "color", "gate", "shape", "arrivals", "connections", "tls-resumption", "http"} {
		if !seen[name] {
			t.Errorf("--%s was not looked at", name)
		}
	}
	for name := range flagValues {
		found := root.PersistentFlags().Lookup(name) != nil
		for _, c := range root.Commands() {
			found = found || c.Flags().Lookup(name) != nil
		}
		if !found {
			t.Errorf("values are offered for --%s, which no command has", name)
		}
	}
}
