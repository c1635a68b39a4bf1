package cli

import (
	"strings"
	"testing"

	"github.com/unigate/unigate/features"
	"github.com/unigate/unigate/internal/reference"
)

// A catalogue with an entry that cannot be tried is an error, never a shorter self-test.
func TestSelftestTriesEveryEntry(t *testing.T) {
	register, err := features.LoadRegister()
	if err != nil {
		t.Fatal(err)
	}
	all, err := casesOf(register, reference.Faults(), reference.Variants())
	if want := len(reference.Faults()) + len(reference.Variants()) + combinations; err != nil || len(all) != want {
		t.Errorf("%d cases, not %d: %v", len(all), want, err)
	}
	for _, c := range []struct {
		fault   reference.Fault
		variant reference.Variant
		says    string
	}{
		{reference.Fault{Name: "later", Requirements: []string{"LOGIN-01"}, Edition: "99"}, reference.Variant{}, "the fault later cannot be tried: "},
		{reference.Fault{Name: "early", Requirements: []string{"V2AUTH-01"}}, reference.Variant{}, "edition 21.7 has no requirement V2AUTH-01"},
		{reference.Fault{Name: "typo", Requirements: []string{"LOGIN-99"}}, reference.Variant{}, "no requirement LOGIN-99"},
		{reference.Fault{Name: "empty"}, reference.Variant{}, "names no requirement"},
		{reference.Fault{}, reference.Variant{Name: "later", Edition: "99"}, "the variant later cannot be tried: "},
		{reference.Fault{}, reference.Variant{Name: "typo", Warns: []string{"V2AUTH-99"}}, "there is no requirement V2AUTH-99"},
	} {
		faults, variants := []reference.Fault{c.fault}, reference.Variants()
		if c.fault.Name == "" {
			faults, variants = reference.Faults(), append(variants, c.variant)
		}
		if _, err := casesOf(register, faults, variants); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s%s: %v, not %q", c.fault.Name, c.variant.Name, err, c.says)
		}
	}
}
