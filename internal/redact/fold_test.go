package redact

import (
	"math/rand/v2"
	"testing"
)

// A plain text is folded in one go as it is by way of its view.
func TestFoldPlain(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	texts := []string{"", " ", "eyJhbGciOiJSUzI1NiJ9.a-b_c+d/e==", "A  B\t\tC--D+-E\x00\x7f F", "no&amp;escape", `a\u0041`, "100%25", "it's", "ä plain one"}
	for range 2000 {
		b := make([]byte, random.IntN(40))
		for i := range b {
			b[i] = byte(random.IntN(0x80))
		}
		texts = append(texts, string(b))
	}
	seen := map[bool]int{}
	for _, s := range texts {
		seen[plain(s)]++
		if !plain(s) {
			continue
		}
		var all []string
		views(s, func(v *view) { all = append(all, string(v.fold().text)) })
		if len(all) != 1 || all[0] != foldPlain(s) {
			t.Errorf("%q is folded to %q, by its views to %q", s, foldPlain(s), all)
		}
	}
	if seen[true] < 200 || seen[false] < 200 {
		t.Errorf("%d plain texts and %d others, want some hundred of each", seen[true], seen[false])
	}
	for _, s := range []string{"no&amp;escape", `a\u0041`, "100%25", "it's", "ä plain one"} {
		if plain(s) {
			t.Errorf("%q counts as plain", s)
		}
	}
}
