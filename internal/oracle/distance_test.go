package oracle

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
)

// The length of a difference is that of whole numbers of any size, at borrows from
// word to word above all.
func TestDistance(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	number := func(n int) string {
		words := make([]string, 0, n)
		for range n {
			w := random.Uint64()
			switch random.IntN(4) {
			case 0:
				w = 0
			case 1:
				w = ^uint64(0)
			}
			words = append(words, fmt.Sprintf("%016X", w))
		}
		return strings.Join(words, "")
	}
	for range 5000 {
		n := 2 + 2*random.IntN(2)
		x, y := number(n), number(n)
		a, _ := new(big.Int).SetString(x, 16)
		b, _ := new(big.Int).SetString(y, 16)
		if want := a.Sub(a, b).BitLen(); distance(x, y) != want || distance(y, x) != want {
			t.Fatalf("%s and %s: %d and %d bits, want %d", x, y, distance(x, y), distance(y, x), want)
		}
	}
}

// A rule of hygiene that is asked for alone finds what all of them find about it.
func TestHygieneByRule(t *testing.T) {
	r := Reply{Status: 500, Body: []byte(`{"token":"eyJ0eXAiOiJEQiJ9.x","error":"ORA-00942 geheim!"}`)}
	sent := Sent{User: "$$u", Password: "geheim!"}
	all := JudgeHygiene(sent, r)
	found := 0
	for _, rule := range hygieneRules {
		one := JudgeHygiene(sent, r, rule.id)
		if fmt.Sprint(one.Findings) != fmt.Sprint(all.For(rule.id)) {
			t.Errorf("%s alone: %v, want %v", rule.id, one.Findings, all.For(rule.id))
		}
		found += len(one.Findings)
	}
	if found != len(all.Findings) || found < 3 {
		t.Errorf("%d findings rule by rule, %d at once, want the same and at least 3", found, len(all.Findings))
	}
}
