// Package unique finds tokens that were issued twice, in bounded memory.
package unique

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
)

const (
	// Exact is how many tokens are all remembered.
	Exact = 10_000_000
	// shardCount divides the set, so that many goroutines can use it and growing
	// moves little at a time.
	shardCount = 1024
	// maxLoad is the share of slots in use, in percent, at which a shard grows.
	maxLoad = 88
	// growth is how much a shard grows by, in percent.
	growth = 15
)

// Set remembers tokens by fingerprints of 64 bits, in 1024 shards that a second,
// independent fingerprint selects. It is safe for concurrent use.
//
// Up to Exact tokens every repetition is found. Beyond, the set grows no more
// and each new token displaces an older one picked at random: a repetition after
// m further tokens is still found with a chance of about e^(−m/Exact), so that
// what repeats close by, or again and again, is not missed.
//
// A token that never came before is taken for a repetition where both
// fingerprints, 74 bits together, meet those of a remembered one: with a chance
// below 10^-15 a token, and below one in ten million for a run of fifty million tokens.
type Set struct {
	shardSeed, printSeed maphash.Seed

	limit  uint64
	count  atomic.Uint64
	bytes  atomic.Int64
	shards [shardCount]shard
}

// shard is an open-addressing table; 0 marks a free slot.
type shard struct {
	mu    sync.Mutex
	slots []uint64
	used  int
	dice  uint64
}

// New returns an empty set that remembers limit tokens exactly; 0 stands for Exact.
func New(limit uint64) *Set {
	if limit == 0 {
		limit = Exact
	}
	return &Set{shardSeed: maphash.MakeSeed(), printSeed: maphash.MakeSeed(), limit: limit}
}

// Count returns how many different tokens came.
func (s *Set) Count() uint64 { return s.count.Load() }

// Full reports whether more tokens came than are remembered exactly.
func (s *Set) Full() bool { return s.count.Load() > s.limit }

// Bytes returns how much memory the fingerprints take.
func (s *Set) Bytes() int64 { return s.bytes.Load() }

// Add remembers a token and reports whether it is new.
func (s *Set) Add(token string) bool {
	print := maphash.String(s.printSeed, token)
	if print == 0 {
		print = 1
	}
	i := maphash.String(s.shardSeed, token) % shardCount
	h := &s.shards[i]
	h.mu.Lock()
	defer h.mu.Unlock()
	var isNew bool
	if s.count.Load() >= s.limit && len(h.slots) > 0 {
		isNew = h.displace(print)
	} else {
		if (h.used+1)*100 > len(h.slots)*maxLoad {
			s.bytes.Add(h.grow(i))
		}
		isNew = h.insert(print)
	}
	if isNew {
		s.count.Add(1)
	}
	return isNew
}

// home returns the slot at which the search for a fingerprint starts.
func (h *shard) home(print uint64) int {
	// The high half of a product spreads evenly over any length.
	return int((print >> 32) * uint64(len(h.slots)) >> 32)
}

// find returns the slot of a fingerprint, or the free slot at which its search
// ends. There is always a free slot.
func (h *shard) find(print uint64) (slot int, found bool) {
	for i := h.home(print); ; i++ {
		if i == len(h.slots) {
			i = 0
		}
		switch h.slots[i] {
		case 0:
			return i, false
		case print:
			return i, true
		}
	}
}

// insert adds a fingerprint and reports whether it is new.
func (h *shard) insert(print uint64) bool {
	i, found := h.find(print)
	if found {
		return false
	}
	h.slots[i] = print
	h.used++
	return true
}

// displace is insert for a set that must not grow: the fingerprint takes the
// place of an older one.
func (h *shard) displace(print uint64) bool {
	free, found := h.find(print)
	if found {
		return false
	}
	start := h.home(print)
	run := (free - start + len(h.slots)) % len(h.slots)
	h.dice = h.dice*6364136223846793005 + print | 1
	if run > 0 {
		h.slots[(start+int(h.dice>>33)%run)%len(h.slots)] = print
		return true
	}
	h.slots[start] = print
	h.used++
	if h.used*100 > len(h.slots)*maxLoad {
		h.forget(int(h.dice>>33) % len(h.slots))
	}
	return true
}

// forget frees the last slot of the run of used slots at or after i: it is the
// one that no other fingerprint's search passes.
func (h *shard) forget(i int) {
	for h.slots[i] == 0 {
		i = (i + 1) % len(h.slots)
	}
	for next := (i + 1) % len(h.slots); h.slots[next] != 0; next = (i + 1) % len(h.slots) {
		i = next
	}
	h.slots[i] = 0
	h.used--
}

// grow enlarges a shard and returns by how many bytes. Shards begin with
// different sizes, so that they do not all grow at the same moment.
func (h *shard) grow(index uint64) int64 {
	old := h.slots
	n := len(old) + len(old)*growth/100 + 1
	if len(old) == 0 {
		n = 64 + int(index*64*growth/100/shardCount)
	}
	h.slots = make([]uint64, n)
	h.used = 0
	for _, print := range old {
		if print != 0 {
			h.insert(print)
		}
	}
	return int64(n-len(old)) * 8
}
