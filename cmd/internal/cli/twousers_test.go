package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/steps"
)

// Most customers have two integration users. With one of each kind, whatever a
// conforming service looks like, the gate holds: with a resource and without, and
// with scenarios that run at once.
func TestVariantsWithTwoUsers(t *testing.T) {
	if testing.Short() {
		t.Skip("runs verify twice for each variant")
	}
	variants := []string{"fetch-ends-earlier+fetch-ends-earlier-oauth"}
	for _, v := range reference.Variants() {
		variants = append(variants, v.Name)
	}
	for _, name := range variants {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, resource := range []string{"", unifier.ResourcePath} {
				passesWithTwoUsers(t, name, resource)
			}
		})
	}
}

// passesWithTwoUsers verifies a variant with one user of each kind.
func passesWithTwoUsers(t *testing.T, name, resource string) {
	t.Helper()
	options, stop, err := openService(t.Context(), reference.Options{Variants: strings.Split(name, combinedName)}, selftestInstant)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	options.Users = slices.DeleteFunc(slices.Clone(options.Users), func(u unifier.User) bool {
		return u.Name != "$$unigate" && u.Name != "api@unigate.example"
	})
	options.Resource, options.Keys, options.Tags, options.Parallel, options.StatesOnly = resource, nil, "", 8, true
	result, err := steps.Run(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	if result.Verdict.Exit != 0 || len(options.Users) != 2 {
		t.Errorf("resource %q: %v", resource, result.Verdict)
	}
}
