package features_test

import (
	"slices"
	"testing"

	"github.com/unigate/unigate/features"
)

// A service's default is the edition's; where nobody chose the edition those of the
// others pass as well, and an edition without the service leaves it to them.
func TestDefaultSeconds(t *testing.T) {
	all, err := features.LoadEditions()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		edition, service string
		open             bool
		want             []int
	}{
		{"21.7", "oauth", false, []int{3000}},
		{"21.7", "oauth", true, []int{3000, 3600}},
		{"26", "oauth", false, []int{3600}},
		{"26", "oauth", true, []int{3600, 3000}},
		{"26", "v2auth", false, []int{3600}},
		{"21.7", "v2auth", false, nil},
		{"21.7", "v2auth", true, []int{3600}},
		{"25", "v2auth", false, []int{3600}},
		{"26", "login", true, nil},
	} {
		e, ok := features.FindEdition(all, c.edition)
		if !ok {
			t.Fatalf("there is no edition %s", c.edition)
		}
		if got := e.DefaultSeconds(c.service, c.open, all); !slices.Equal(got, c.want) {
			t.Errorf("edition %s, %s, open %v: %v, want %v", c.edition, c.service, c.open, got, c.want)
		}
	}
}
