package cli

import (
	"context"
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
		for _, resource := range []string{"", unifier.ResourcePath} {
			options, stop, err := openService(context.Background(), reference.Options{Variants: strings.Split(name, combinedName)}, selftestInstant)
			if err != nil {
				t.Fatal(err)
			}
			options.Users = slices.DeleteFunc(slices.Clone(options.Users), func(u unifier.User) bool {
				return u.Name != "$$unigate" && u.Name != "api@unigate.example"
			})
			options.Resource, options.Keys, options.Tags, options.Parallel = resource, nil, "", 8
			result, err := steps.Run(context.Background(), options)
			stop()
			if err != nil {
				t.Fatal(err)
			}
			if result.Verdict.Exit != 0 || len(options.Users) != 2 {
				t.Errorf("%s, resource %q: %v", name, resource, result.Verdict)
			}
		}
	}
}
