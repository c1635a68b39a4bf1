// Package sketch finds tokens that were issued to two generators: each keeps the
// smallest keyed hashes of its tokens, and whoever has the records of all compares them.
package sketch

import (
	"bytes"
	"container/heap"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash"
	"math"
	"slices"
	"sync"
	"sync/atomic"
)

const (
	// Size is how many hashes are kept. As long as no generator has more tokens,
	// every token that came twice is found.
	Size = 16384
	// hashSize is how much of a hash is kept, in bytes. Among a thousand generators of
	// ten million tokens each, two different tokens are taken for one with a chance
	// below one in ten million.
	hashSize = 10
	// entrySize is that of a hash with its owner.
	entrySize = hashSize + 2
)

// entry is the hash of a token, and the number of the kind of request that it answered.
type entry [entrySize]byte

// Sketch keeps the Size smallest keyed hashes of the tokens that are added: a
// bottom-k sketch (Cohen, Kaplan, Summarizing data using bottom-k sketches, PODC
// 2007). Two sketches of one key keep the same hashes of what both were given, as far
// as either goes. It is safe for concurrent use.
type Sketch struct {
	macs  sync.Pool
	bound atomic.Uint64 // the beginning of the largest hash that is kept, once there are enough
	count atomic.Uint64

	mu   sync.Mutex
	kept entries
	have map[entry]bool
}

// New returns an empty sketch. Who does not have the key cannot tell from a hash
// whether a token is behind it.
func New(key []byte) *Sketch {
	s := &Sketch{have: map[entry]bool{}}
	s.bound.Store(math.MaxUint64)
	s.macs.New = func() any { return hmac.New(sha256.New, key) }
	return s
}

// Add adds a token that is not known yet. owner is the number of the kind of request
// that it answered.
func (s *Sketch) Add(token string, owner int) {
	s.count.Add(1)
	mac := s.macs.Get().(hash.Hash)
	mac.Reset()
	_, _ = mac.Write([]byte(token))
	var sum [sha256.Size]byte
	mac.Sum(sum[:0])
	s.macs.Put(mac)
	if binary.BigEndian.Uint64(sum[:]) > s.bound.Load() {
		return
	}
	var e entry
	copy(e[:hashSize], sum[:])
	binary.BigEndian.PutUint16(e[hashSize:], uint16(min(owner, math.MaxUint16)))
	s.keep(e)
}

// keep keeps an entry, if it is one of the smallest.
func (s *Sketch) keep(e entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.have[e]:
		return
	case len(s.kept) < Size:
		heap.Push(&s.kept, e)
	case bytes.Compare(e[:], s.kept[0][:]) >= 0:
		return
	default:
		delete(s.have, s.kept[0])
		s.kept[0] = e
		heap.Fix(&s.kept, 0)
	}
	s.have[e] = true
	if len(s.kept) == Size {
		s.bound.Store(binary.BigEndian.Uint64(s.kept[0][:]))
	}
}

// Count returns how many tokens were added.
func (s *Sketch) Count() uint64 { return s.count.Load() }

// Encode returns the hashes in rising order, as base64.
func (s *Sketch) Encode() string {
	s.mu.Lock()
	sorted := slices.Clone(s.kept)
	s.mu.Unlock()
	slices.SortFunc(sorted, func(a, b entry) int { return bytes.Compare(a[:], b[:]) })
	out := make([]byte, 0, len(sorted)*entrySize)
	for _, e := range sorted {
		out = append(out, e[:]...)
	}
	return base64.StdEncoding.EncodeToString(out)
}

// entries are a heap, the largest first.
type entries []entry

// Len, Less, Swap, Push and Pop are heap.Interface.
func (h entries) Len() int           { return len(h) }
func (h entries) Less(i, j int) bool { return bytes.Compare(h[i][:], h[j][:]) > 0 }
func (h entries) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push adds an element at the end.
func (h *entries) Push(x any) { *h = append(*h, x.(entry)) }

// Pop takes the last element away.
func (h *entries) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

// Seen is a token in a stored sketch.
type Seen struct {
	// Sketch is the index of the sketch, Owner the number of the kind of request that
	// the token answered there.
	Sketch, Owner int
}

// Common returns the tokens that are in several encoded sketches, each with all
// places, and the share of the tokens that were compared, 0 to 1: those below the
// lowest of the largest hashes of the sketches that are full.
func Common(encoded []string) (common [][]Seen, share float64, err error) {
	bound := uint64(math.MaxUint64)
	places := map[[hashSize]byte][]Seen{}
	for i, text := range encoded {
		list, err := decode(text)
		if err != nil {
			return nil, 0, fmt.Errorf("sketch %d: %w", i+1, err)
		}
		if len(list) >= Size {
			bound = min(bound, binary.BigEndian.Uint64(list[len(list)-1][:]))
		}
		for _, e := range list {
			h := [hashSize]byte(e[:hashSize])
			places[h] = append(places[h], Seen{i, int(binary.BigEndian.Uint16(e[hashSize:]))})
		}
	}
	hashes := make([][hashSize]byte, 0, len(places))
	for h, seen := range places {
		if len(seen) > 1 {
			hashes = append(hashes, h)
		}
	}
	slices.SortFunc(hashes, func(a, b [hashSize]byte) int { return bytes.Compare(a[:], b[:]) })
	for _, h := range hashes {
		common = append(common, places[h])
	}
	if share = 1; bound < math.MaxUint64 {
		share = float64(bound) / math.MaxUint64
	}
	return common, share, nil
}

// Len returns how many hashes are in an encoded sketch.
func Len(encoded string) (int, error) {
	list, err := decode(encoded)
	return len(list), err
}

// decode reads an encoded sketch.
func decode(text string) ([]entry, error) {
	data, err := base64.StdEncoding.DecodeString(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the hashes cannot be read: %w", err)
	case len(data)%entrySize != 0 || len(data) > Size*entrySize:
		return nil, fmt.Errorf("the hashes cannot be read: %d bytes", len(data))
	}
	out := make([]entry, 0, len(data)/entrySize)
	for e := range slices.Chunk(data, entrySize) {
		if n := len(out); n > 0 && bytes.Compare(out[n-1][:], e) >= 0 {
			return nil, fmt.Errorf("the hashes cannot be read: number %d is out of order", n+1)
		}
		out = append(out, entry(e))
	}
	return out, nil
}
