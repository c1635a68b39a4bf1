package redact

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Words are found where a search for each of them finds it: overlapping, inside one
// another, with common beginnings, and whenever they were added.
func TestWords(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	text := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "aab\xff"[random.IntN(4)]
		}
		return string(b)
	}
	hits := 0
	for range 500 {
		var w words
		var list []string
		for range 1 + random.IntN(12) {
			word := text(startSize + random.IntN(5))
			if !slices.Contains(list, word) {
				list = append(list, word)
			}
			w.add(word)
			in := text(random.IntN(80))
			var got, want []string
			w.find(&folded{text: []byte(in)}, func(i, j int) { got = append(got, fmt.Sprintln(i, j)) })
			for _, known := range list {
				for i := range in {
					if strings.HasPrefix(in[i:], known) {
						want = append(want, fmt.Sprintln(i, i+len(known)))
					}
				}
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Fatalf("%q in %q: found at %v, want %v", list, in, got, want)
			}
			hits += len(got)
		}
	}
	if hits < 500 {
		t.Errorf("only %d words were found: the test proves little", hits)
	}
}

// What is known of words grows by their length, and what a run learns one by one is
// not built anew each time.
func TestWordsStaySmall(t *testing.T) {
	var w words
	total := 0
	for i := range 5000 {
		word := fmt.Sprintf("secret-%d-%x", i, i*7919)
		w.add(word)
		w.add(word)
		total += len(word)
	}
	if len(w.nodes) > total || len(w.known) != 5000 {
		t.Errorf("%d nodes for %d words of %d bytes in all", len(w.nodes), len(w.known), total)
	}
	w.add("abc")
	w.find(&folded{text: []byte("abc")}, func(int, int) { t.Error("a word below the least length was found") })
}
