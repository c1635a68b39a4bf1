package cli

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/unigate/unigate/features"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/steps"
)

// selftestCases lists the catalogue, or the named part of it.
func selftestCases(only []string) ([]steps.SelfTestCase, error) {
	register, err := features.LoadRegister()
	if err != nil {
		return nil, err
	}
	var all []steps.SelfTestCase
	for _, f := range reference.Faults() {
		if breaks := inEdition(register, f.Edition, f.Requirements); len(breaks) > 0 && asksMore(register, f.Edition) {
			all = append(all, steps.SelfTestCase{Name: f.Name, What: f.Breaks, Breaks: breaks})
		}
	}
	for _, v := range reference.Variants() {
		if _, err := editionNamed(v.Edition); err != nil {
			continue
		}
		all = append(all, steps.SelfTestCase{Name: v.Name, What: v.Differs, Conforming: true, Warns: inEdition(register, v.Edition, v.Warns)})
	}
	all = append(all, combinedCases(register)...)
	if len(only) == 0 {
		return all, nil
	}
	return namedCases(all, only)
}

// namedCases are the cases with the given names.
func namedCases(all []steps.SelfTestCase, only []string) ([]steps.SelfTestCase, error) {
	var chosen []steps.SelfTestCase
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].Name
	}
	for _, name := range only {
		i := slices.Index(names, name)
		if i < 0 {
			return nil, usage(strings.TrimSpace(didYouMean("", name, names)+" unigate serve --list-faults shows them"), "no fault or variant is named %q", name)
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// asksMore reports whether an edition has requirements that 21.7 has not: without
// them nothing asks the services that only it has, and no fault of theirs can show.
func asksMore(register *features.Register, edition string) bool {
	return edition == "" || slices.ContainsFunc(register.Requirements, func(q features.Requirement) bool {
		return q.In(edition) && !q.In(reference.Edition217)
	})
}

// inEdition are the requirements that an edition has; "" is 21.7.
func inEdition(register *features.Register, edition string, ids []string) []string {
	var in []string
	if !asksMore(register, edition) {
		return in
	}
	for _, id := range ids {
		if q, ok := register.Find(id); ok && q.In(cmp.Or(edition, reference.Edition217)) {
			in = append(in, id)
		}
	}
	return in
}

// combinations is how many services that are three variants at once the
// self-test has, and combinationSeed draws them: the same ones in every run.
const (
	combinations    = 40
	combinationSeed = 20270112
)

// combinedName joins the names of variants into the name of a case.
const combinedName = "+"

// combinedCases are the services that are three variants at once.
func combinedCases(register *features.Register) []steps.SelfTestCase {
	variants := reference.Variants()
	random := rand.New(rand.NewPCG(combinationSeed, combinationSeed))
	var cases []steps.SelfTestCase
	for len(cases) < combinations {
		c := steps.SelfTestCase{Conforming: true, Combined: true}
		var names, says []string
		var chosen []reference.Variant
		edition := ""
		for _, i := range random.Perm(len(variants)) {
			v := variants[i]
			fits := !slices.ContainsFunc(chosen, func(o reference.Variant) bool { return !v.CombinesWith(o) })
			if !fits || len(chosen) == 3 {
				continue
			}
			chosen, names, says = append(chosen, v), append(names, v.Name), append(says, v.Differs)
			c.Warns = append(c.Warns, v.Warns...)
			edition = cmp.Or(edition, v.Edition)
		}
		c.Warns = inEdition(register, edition, c.Warns)
		c.Name, c.What = strings.Join(names, combinedName), strings.Join(says, " ")
		if _, err := editionNamed(edition); err == nil {
			cases = append(cases, c)
		}
	}
	return cases
}
