package cli

import (
	"cmp"
	"errors"
	"fmt"
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
	all, err := casesOf(register, reference.Faults(), reference.Variants())
	if err != nil || len(only) == 0 {
		return all, err
	}
	return namedCases(all, only)
}

// casesOf makes cases of a catalogue. An entry that cannot be one is an error: a
// self-test that passes it over would be green for nothing.
func casesOf(register *features.Register, faults []reference.Fault, variants []reference.Variant) ([]steps.SelfTestCase, error) {
	var all []steps.SelfTestCase
	for _, f := range faults {
		breaks, err := inEdition(register, f.Edition, f.Requirements)
		if err == nil && len(breaks) == 0 {
			err = errors.New("it names no requirement that it breaks")
		}
		if err != nil {
			return nil, fmt.Errorf("the fault %s cannot be tried: %w", f.Name, err)
		}
		all = append(all, steps.SelfTestCase{Name: f.Name, What: f.Breaks, Breaks: breaks, Mild: f.Mild})
	}
	for _, v := range variants {
		warns, err := warnsIn(register, v.Edition, v.Warns)
		if err != nil {
			return nil, fmt.Errorf("the variant %s cannot be tried: %w", v.Name, err)
		}
		all = append(all, steps.SelfTestCase{Name: v.Name, What: v.Differs, Conforming: true, Warns: warns})
	}
	combined, err := combinedCases(register, variants)
	return append(all, combined...), err
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

// inEdition returns the requirements of a fault or variant, each of which its edition
// must have; "" is 21.7.
func inEdition(register *features.Register, edition string, ids []string) ([]string, error) {
	edition = cmp.Or(edition, reference.Edition217)
	if _, err := editionNamed(edition); err != nil {
		return nil, err
	}
	for _, id := range ids {
		if q, ok := register.Find(id); !ok || !q.In(edition) {
			return nil, fmt.Errorf("edition %s has no requirement %s", edition, id)
		}
	}
	return ids, nil
}

// warnsIn returns the requirements of which a variant may warn in an edition; "" is
// 21.7. A variant that is right in every edition names those of others, too.
func warnsIn(register *features.Register, edition string, ids []string) ([]string, error) {
	if _, err := inEdition(register, edition, nil); err != nil {
		return nil, err
	}
	var in []string
	for _, id := range ids {
		q, ok := register.Find(id)
		if !ok {
			return nil, fmt.Errorf("there is no requirement %s", id)
		}
		if q.In(cmp.Or(edition, reference.Edition217)) {
			in = append(in, id)
		}
	}
	return in, nil
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
func combinedCases(register *features.Register, variants []reference.Variant) ([]steps.SelfTestCase, error) {
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
		c.Name, c.What = strings.Join(names, combinedName), strings.Join(says, " ")
		var err error
		if c.Warns, err = warnsIn(register, edition, c.Warns); err != nil {
			return nil, fmt.Errorf("the variants %s cannot be tried: %w", c.Name, err)
		}
		cases = append(cases, c)
	}
	return cases, nil
}
