package redact

import "encoding/binary"

// blockSize is how many bytes of folded text are looked up at once: those of a uint64.
const blockSize = 8

// tokens finds tokens, and pieces of them, in folded text. Making one more known
// and searching take time in proportion to the token and to the text, however
// many are known.
type tokens struct {
	known  map[string]bool
	texts  []string
	places map[uint64]place
	// maybe has a bit for each block that may be in places.
	maybe  []uint64
	begins map[uint64]bool
}

// place is where a block stands in a token.
type place struct{ token, at int32 }

// maybeBits is the binary logarithm of the number of bits in maybe.
const maybeBits = 19

// bit returns the place of a block's bit.
func bit(block uint64) uint64 { return block * base >> (64 - maybeBits) }

// add makes a folded token known, with a place every step bytes.
func (t *tokens) add(text string, step int) {
	if len(text) < minPiece || t.known[text] {
		return
	}
	if t.places == nil {
		t.known, t.places, t.begins = map[string]bool{}, map[uint64]place{}, map[uint64]bool{}
		t.maybe = make([]uint64, 1<<maybeBits/64)
	}
	t.known[text] = true
	token := int32(len(t.texts))
	t.texts = append(t.texts, text)
	put := func(at int) {
		block := binary.LittleEndian.Uint64([]byte(text[at : at+blockSize]))
		if _, there := t.places[block]; !there {
			t.places[block] = place{token, int32(at)}
			b := bit(block)
			t.maybe[b/64] |= 1 << (b % 64)
		}
	}
	for at := 0; at+blockSize <= len(text); at += step {
		put(at)
	}
	put(len(text) - blockSize)
	addBegins(t.begins, text, minTokenBegin, maxTokenBegin)
}

// find visits the tokens in a text and their pieces.
func (t *tokens) find(f *folded, found func(i, j int)) {
	floor := 0 // what is before it was visited
	for i := 0; i+blockSize <= len(f.text); {
		block := binary.LittleEndian.Uint64(f.text[i:])
		b := bit(block)
		if len(t.places) == 0 || t.maybe[b/64]&(1<<(b%64)) == 0 {
			i++
			continue
		}
		p, ok := t.places[block]
		if !ok {
			i++
			continue
		}
		token := t.texts[p.token]
		from, to := i, i+blockSize
		for at := int(p.at); from > floor && at > 0 && f.text[from-1] == token[at-1]; at-- {
			from--
		}
		for at := int(p.at) + blockSize; to < len(f.text) && at < len(token) && f.text[to] == token[at]; at++ {
			to++
		}
		if to-from >= minPiece || from == floor && floor > 0 {
			found(from, to)
			floor = to
		}
		i = to
		if to-from < minPiece {
			i = max(floor, to-blockSize+1)
		}
	}
}
