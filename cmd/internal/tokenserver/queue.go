package main

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// queue is one server with exponential service times, first come, first served. What is
// in line is kept as the time at which the server is free again, so that a timer that is
// late delays one answer and none after it.
type queue struct {
	mu     sync.Mutex
	random *rand.Rand
	mean   float64 // seconds
	free   time.Time
}

func newQueue(rate float64, seed uint64) *queue {
	return &queue{random: rand.New(rand.NewPCG(seed, 1)), mean: 1 / rate} // #nosec G404 -- service times
}

// handle answers a login when its turn has come and its service time is over.
func (q *queue) handle(ctx *fasthttp.RequestCtx) {
	q.mu.Lock()
	if now := time.Now(); q.free.Before(now) {
		q.free = now
	}
	q.free = q.free.Add(time.Duration(q.random.ExpFloat64() * q.mean * float64(time.Second)))
	done := q.free
	q.mu.Unlock()
	<-time.After(time.Until(done))
	handle(ctx)
}
