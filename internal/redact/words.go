package redact

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// words finds the secrets that are known as a whole, such as passwords, in folded
// text: a trie below the first bytes of each word. Making one more known takes time
// in proportion to the word, however many are known, since a run learns new ones all
// the time; searching takes time in proportion to the text, and at most to the
// longest word at each of its bytes.
type words struct {
	known map[string]bool
	// starts maps the first bytes of words to their nodes; maybe has a bit for each
	// start that may be in it.
	starts map[uint32]int32
	maybe  []uint64
	nodes  []node // the first one stands for none
	// begins holds a number for each beginning of each word.
	begins  map[uint64]bool
	longest int
}

// node is a place in words: its byte, whether a word ends with it, the first of the
// nodes that follow, and the next of those that follow the same one.
type node struct {
	follows, beside int32
	char            byte
	ends            bool
}

// startSize is how many bytes a start has: no word is shorter.
const startSize = minSecret

// startBits is the binary logarithm of the number of bits in maybe.
const startBits = 16

// startBit returns the place of a start's bit.
func startBit(start uint32) uint32 { return start * (base >> 32) >> (32 - startBits) }

// add makes a folded word known, of startSize bytes at least.
func (w *words) add(word string) {
	if w.known[word] || len(word) < startSize {
		return
	}
	if w.known == nil {
		w.known, w.begins, w.starts = map[string]bool{}, map[uint64]bool{}, map[uint32]int32{}
		w.maybe, w.nodes = make([]uint64, 1<<startBits/64), make([]node, 1)
	}
	w.known[word] = true
	w.longest = max(w.longest, len(word))
	addBegins(w.begins, word, minBegin, len(word)-1)
	start := binary.LittleEndian.Uint32([]byte(word[:startSize]))
	at, ok := w.starts[start]
	if !ok {
		at = w.grow(node{char: word[startSize-1]})
		w.starts[start] = at
		bit := startBit(start)
		w.maybe[bit/64] |= 1 << (bit % 64)
	}
	for i := startSize; i < len(word); i++ {
		next := w.next(at, word[i])
		if next == 0 {
			next = w.grow(node{char: word[i], beside: w.nodes[at].follows})
			w.nodes[at].follows = next
		}
		at = next
	}
	w.nodes[at].ends = true
}

// grow adds a node.
func (w *words) grow(n node) int32 {
	w.nodes = append(w.nodes, n)
	return int32(len(w.nodes) - 1)
}

// next is the node that follows one by a byte, or 0.
func (w *words) next(at int32, char byte) int32 {
	for next := w.nodes[at].follows; next != 0; next = w.nodes[next].beside {
		if w.nodes[next].char == char {
			return next
		}
	}
	return 0
}

// find visits where the words are, also those that overlap.
func (w *words) find(f *folded, found func(i, j int)) {
	if len(w.nodes) == 0 {
		return
	}
	for i := 0; i+startSize <= len(f.text); i++ {
		start := binary.LittleEndian.Uint32(f.text[i:])
		if bit := startBit(start); w.maybe[bit/64]&(1<<(bit%64)) == 0 {
			continue
		}
		at := w.starts[start]
		for j := i + startSize; at != 0; j++ {
			if w.nodes[at].ends {
				found(i, j)
			}
			if j == len(f.text) {
				break
			}
			at = w.next(at, f.text[j])
		}
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
	for n := 1; n <= min(len(text), maxEscape); n++ {
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
