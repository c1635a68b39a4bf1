package capacity_test

import (
	"context"
	"math"
	"math/rand/v2"
	"time"

	"github.com/unigate/unigate/load/capacity"
)

// simulation is a target and a load generator in virtual time.
type simulation struct {
	random  *rand.Rand
	now     float64 // seconds
	service func() float64
	servers int // 0 for as many as there are requests
	poisson bool
	bound   float64 // of the latency, in seconds
	share   float64
	limit   int // requests in flight, 0 for no limit
}

func (m *simulation) Elapsed() time.Duration { return time.Duration(m.now * float64(time.Second)) }

// Look sends the requests of a step one after another through Lindley's recursion.
func (m *simulation) Look(_ context.Context, s capacity.Step) capacity.Look {
	settle, length := s.Settle.Seconds(), (s.Settle + s.Judged).Seconds()
	l := capacity.Look{Blocks: make([]capacity.Block, capacity.Blocks)}
	free := make([]float64, m.servers)
	var flying []float64
	planned, missed, last, slowest := s.Rate*s.Judged.Seconds(), 0.0, 0.0, 0.0
	at := 0.0
	due, answered := make([]float64, capacity.Blocks), make([]float64, capacity.Blocks)
	part := func(t float64) int { return int(math.Floor((t - settle) / s.Judged.Seconds() * capacity.Blocks)) }
	for {
		if at >= length {
			break
		}
		began := at
		if m.servers > 0 {
			k := 0
			for i, f := range free {
				if f < free[k] {
					k = i
				}
			}
			began = math.Max(at, free[k])
			free[k] = began + m.service()
			last = free[k]
		} else {
			last = at + m.service()
		}
		slowest = math.Max(slowest, last-began)
		if m.limit > 0 {
			flying = append(flying, last)
			kept := flying[:0]
			for _, f := range flying {
				if f > at {
					kept = append(kept, f)
				}
			}
			if flying = kept; len(flying) > m.limit {
				l.Spoilt, l.Lasting = "the limit of requests in flight", true
			}
		}
		if k := part(last); k >= 0 && k < capacity.Blocks {
			answered[k]++
		}
		if at >= settle {
			due[min(part(at), capacity.Blocks-1)]++
			b := &l.Blocks[min(part(at), capacity.Blocks-1)]
			b.Requests++
			for i := range b.Above {
				if last-at >= m.bound/math.Pow(2, float64(i)) {
					b.Above[i]++
				}
			}
			if last-at >= m.bound {
				missed++
			}
		}
		if missed > math.Max(capacity.Hopeless*m.share*planned, 10) {
			break
		}
		if m.poisson {
			at += m.random.ExpFloat64() / s.Rate
		} else {
			at += 1 / s.Rate
		}
	}
	if l.Cut = at < length; l.Cut { // stopped early: it has missed, whatever the rest would have done
		for i := range l.Blocks {
			l.Blocks[i].Requests = math.Max(l.Blocks[i].Requests, planned/capacity.Blocks)
		}
	}
	if _, certain := capacity.Growth(due, answered); certain && !l.Cut {
		l.Fault = "the backlog grows"
	}
	l.Service = time.Duration(slowest * float64(time.Second))
	m.now += math.Max(math.Min(at, length), last)
	return l
}

// exponential returns service times with a mean.
func (m *simulation) exponential(mean float64) func() float64 {
	return func() float64 { return m.random.ExpFloat64() * mean }
}

// dm1 is the rate at which the share of requests that are in a queue of evenly spaced
// arrivals and exponential service for at least bound is share: with θ = μ(1−σ) and
// σ = exp(−θ/λ), P(T > t) = exp(−θt).
func dm1(mu, bound, share float64) float64 {
	theta := -math.Log(share) / bound
	return theta / -math.Log(1-theta/mu)
}

// mm1 is the same for Poisson arrivals: P(T > t) = exp(−(μ−λ)t).
func mm1(mu, bound, share float64) float64 { return mu + math.Log(share)/bound }
