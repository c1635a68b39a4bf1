package redact

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/coregx/ahocorasick"
)

// words finds the secrets that are known as a whole, such as passwords, in
// folded text, in time in proportion to the text.
type words struct {
	known     map[string]bool
	automaton *ahocorasick.Automaton // nil where it must be built
	// begins holds a number for each beginning of each word.
	begins  map[uint64]bool
	longest int
}

// minBegin is how many characters at the end of a text that was cut off are
// taken for the beginning of a secret; below that any text would be.
const minBegin = 3

// add makes a folded word known.
func (w *words) add(word string) {
	if w.known[word] {
		return
	}
	if w.known == nil {
		w.known, w.begins = map[string]bool{}, map[uint64]bool{}
	}
	w.known[word] = true
	w.automaton = nil
	w.longest = max(w.longest, len(word))
	addBegins(w.begins, word, minBegin, len(word)-1)
}

// build makes the automaton, which is needed once after words were added.
func (w *words) build() {
	if w.automaton != nil || len(w.known) == 0 {
		return
	}
	b := ahocorasick.NewBuilder()
	for word := range w.known {
		b.AddPattern([]byte(word))
	}
	a, err := b.Build()
	if err != nil {
		panic(fmt.Sprintf("redact: %v", err)) // to go on would let secrets through
	}
	w.automaton = a
}

// find visits where the words are, also those that overlap.
func (w *words) find(f *folded, found func(i, j int)) {
	if w.automaton == nil {
		return
	}
	for _, m := range w.automaton.FindAllOverlapping(f.text) {
		found(m.Start, m.End)
	}
}

// base is the base of the polynomials that stand for beginnings.
const base = 0x9E3779B97F4A7C15

// addBegins adds a number for each beginning of from to to bytes.
func addBegins(set map[uint64]bool, word string, from, to int) {
	var h uint64
	for i := range min(len(word), to) {
		h = h*base + uint64(word[i]) + 1
		if i+1 >= from {
			set[h] = true
		}
	}
}

// begun returns the length of the longest end of text that is the beginning of
// a word in the set.
func begun(set map[uint64]bool, text []byte, longest int) int {
	var h uint64
	best, power := 0, uint64(1)
	for n := 1; n <= min(len(text), longest); n++ {
		h += power * (uint64(text[len(text)-n]) + 1)
		power *= base
		if n >= minBegin && set[h] {
			best = n
		}
	}
	return best
}

// ellipsis marks where a text was cut.
const ellipsis = "…"

// cuts visits the ends of what is left of words before each place where the
// text was cut.
func (r *Redactor) cuts(f *folded, cutAtEnd bool, found func(i, j int)) {
	check := func(end int) {
		for end > 0 && strings.IndexByte("\"'`\\", f.text[end-1]) >= 0 {
			end--
		}
		end -= openEscape(f.text[:end])
		n := max(begun(r.words.begins, f.text[:end], r.words.longest), begun(r.tokens.begins, f.text[:end], maxTokenBegin))
		if n > 0 {
			found(end-n, end)
		}
	}
	if cutAtEnd {
		check(len(f.text))
	}
	if !bytes.Contains(f.text, []byte(ellipsis)) && !bytes.Contains(f.text, []byte("...")) {
		return
	}
	for i := range f.text {
		if hasPrefix(f.text[i:], ellipsis) || hasPrefix(f.text[i:], "...") && (i == 0 || f.text[i-1] != '.') {
			check(i)
		}
	}
}

// openEscape is the length of an escape at the end of text that was cut off.
func openEscape(text []byte) int {
	for n := 1; n <= min(len(text), 8); n++ {
		switch c := text[len(text)-n]; {
		case c == '&' || c == '%' && n <= 2 || c == '\\' && n <= 6:
			return n
		case c == '#' || c == ';' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z':
		default:
			return 0
		}
	}
	return 0
}

func hasPrefix(b []byte, s string) bool { return len(b) >= len(s) && string(b[:len(s)]) == s }
