package pace

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"sort"
	"sync/atomic"
)

const (
	// blockBits: a block is 1024 requests, and a group as many blocks.
	blockBits = 10
	blockSize = 1 << blockBits
	// kept is how many blocks are kept, so that those of requests in flight are drawn once.
	kept = 32
)

// poisson is a unit Poisson process: the points at which the schedule's cumulative
// rate makes a request due. A request's place follows from its number and the seed
// alone, and the memory does not grow with the schedule, but for 8 bytes for each
// million requests: the length of a group of gaps is drawn first (a sum of n
// exponential gaps has the gamma distribution of shape n), then shared out among its
// blocks, then among the gaps of a block. Independent gamma variables over their sum
// are independent of the sum (Lukacs, Annals of Mathematical Statistics 26, 1955),
// so that the gaps are exponential and independent.
//
// It is safe for concurrent use.
type poisson struct {
	seed, stream uint64
	total        float64
	count        uint64
	groups       []float64 // where each group begins; the last one lies beyond the total
	shared       [kept]atomic.Pointer[block]
	single       [kept]atomic.Pointer[block]
}

// block holds where each of its parts ends.
type block struct {
	number uint64
	ends   [blockSize]float64
}

// newPoisson draws the points below total.
func newPoisson(seed, stream uint64, total float64) *poisson {
	p := &poisson{seed: seed, stream: stream, total: total, groups: []float64{0}}
	r := p.random(0, 0)
	for end := 0.0; end < total; {
		end += gamma(r, blockSize*blockSize)
		p.groups = append(p.groups, end)
	}
	if total > 0 {
		n := (len(p.groups) - 1) << (2 * blockBits)
		p.count = uint64(sort.Search(n, func(k int) bool { return p.at(uint64(k)) >= total }))
	}
	return p
}

// random returns the source of one draw of the process. ChaCha8 makes what comes of
// neighbouring seeds independent.
func (p *poisson) random(level, number uint64) *rand.Rand {
	var seed [32]byte
	for i, v := range []uint64{p.seed, p.stream, level, number} {
		binary.LittleEndian.PutUint64(seed[8*i:], v)
	}
	return rand.New(rand.NewChaCha8(seed)) //nolint:gosec // to be repeated, not to be secret
}

// at returns the place of point k; past the last it is the total.
func (p *poisson) at(k uint64) float64 {
	b := k >> blockBits
	g := b >> blockBits
	if g+1 >= uint64(len(p.groups)) {
		return p.total
	}
	blocks := p.draw(&p.shared, 1, g, blockSize, p.groups[g], p.groups[g+1])
	from, i := p.groups[g], b%blockSize
	if i > 0 {
		from = blocks.ends[i-1]
	}
	return p.draw(&p.single, 2, b, 1, from, blocks.ends[i]).ends[k%blockSize]
}

// draw shares a stretch of the process out among the parts of a block. shape is how
// many gaps each part holds.
func (p *poisson) draw(cache *[kept]atomic.Pointer[block], level, number uint64, shape, from, to float64) *block {
	slot := &cache[number%kept]
	if b := slot.Load(); b != nil && b.number == number {
		return b
	}
	b := &block{number: number}
	r, sum := p.random(level, number), 0.0
	for i := range b.ends {
		sum += gamma(r, shape)
		b.ends[i] = sum
	}
	for i := range b.ends {
		b.ends[i] = from + (to-from)*(b.ends[i]/sum)
	}
	b.ends[blockSize-1] = to
	slot.Store(b)
	return b
}

// gamma draws from the gamma distribution of a shape of at least 1 and scale 1
// (Marsaglia, Tsang, ACM Transactions on Mathematical Software 26, 2000).
func gamma(r *rand.Rand, shape float64) float64 {
	if shape == 1 {
		return r.ExpFloat64()
	}
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := r.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v *= v * v
		if u := 1 - r.Float64(); math.Log(u) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}
