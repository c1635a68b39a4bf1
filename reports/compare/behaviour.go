package compare

import (
	"maps"
	"slices"

	"github.com/unigate/unigate/internal/record"
)

// Behaviour is what changed in the behaviour that was observed, whether or not
// the documentation says anything about it.
type Behaviour struct {
	// Groups are the changes by what they mean, worst first; Changes by trait.
	Groups  []Group `json:"groups"`
	Changes []Trait `json:"changes"`
	// Unchanged counts the traits that are the same.
	Unchanged int `json:"unchanged"`
}

// Trait is an observed trait that changed. Kind is "changed", or "only old" or
// "only new" where one run did not observe it, which may be for want of a request
// that shows it.
type Trait struct {
	Name string   `json:"name"`
	Kind string   `json:"kind"`
	Old  []string `json:"old"`
	New  []string `json:"new"`
}

// compareBehaviour compares trait by trait, in the order of their names.
func compareBehaviour(old, new *record.Behaviour, o Options, edition string) *Behaviour {
	b := &Behaviour{Changes: []Trait{}}
	all := maps.Clone(old.Traits)
	if all == nil {
		all = map[string][]string{}
	}
	maps.Copy(all, new.Traits)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		o, inOld := old.Traits[name]
		n, inNew := new.Traits[name]
		t := Trait{Name: name, Kind: "changed", Old: sorted(o), New: sorted(n)}
		switch {
		case !inNew:
			t.Kind = "only old"
		case !inOld:
			t.Kind = "only new"
		case sameValues(t.Old, t.New):
			b.Unchanged++
			continue
		}
		b.Changes = append(b.Changes, t)
	}
	b.Groups = groupsOf(b.Changes, old, new, o, edition)
	return b
}

// sorted returns the distinct values in order.
func sorted(values []string) []string {
	out := slices.Clone(values)
	slices.Sort(out)
	out = slices.Compact(out)
	if out == nil {
		out = []string{}
	}
	return out
}
