package load

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/unigate/unigate/load/health"
	"github.com/unigate/unigate/load/pace"
)

// drain is how long what is in flight may still be answered after an interrupt.
const drain = time.Second

// A reply may linger until there are others to be verified with, and a worker of vegeta's
// until its result is taken with others: being woken for each one costs more than the
// rest of the work.
const (
	leastLinger = 5 * time.Millisecond
	mostLinger  = 20 * time.Millisecond
	// lingerFor is how many others are waited for within these bounds.
	lingerFor = 16
)

// attack is one use of a vegeta Attacker. It is the RoundTripper that vegeta's
// client uses, too.
type attack struct {
	e        *engine
	schedule *pace.Schedule // nil for a closed loop
	duration time.Duration
	warm     bool
	sinks    []sink
	attempts *atomic.Int64
	base     uint64 // number of the attack's first request within the run
	// Of the attack's requests, a part sends number first and each every-th after it;
	// every 0 stands for all.
	first, every uint64
	look         *look // of a search for capacity; nil in a plan

	pacer    *pace.Pacer
	attacker *vegeta.Attacker
	began    time.Time
	stopOnce sync.Once
	stopAt   atomic.Int64 // since the attack began; 0 if it was not stopped
	limited  atomic.Bool  // the in-flight limit was reached
	crowding crowding     // see setAside

	turn  chan struct{} // held by who takes a reply; no mutex, as making a sample of one may last
	batch []*slot       // replies that wait to be verified
	// done holds the replies of a closed loop, which the collector takes: its workers
	// would stand in line for their turn. Nil in an open one.
	done chan *slot

	sent  uint64
	owed  uint64
	ended time.Duration // since the attack began: the plan's end, or when it was stopped

	// inWindow counts the replies of status 200 that came between windowFrom and
	// the plan's end, whichever request they answered: in the steady state as many
	// as there were requests, in overload as many as the target can give.
	windowFrom time.Duration
	inWindow   uint64

	lags   health.Lags // what was late by the generator's own doing
	late   uint64      // requests that started late, whoever made them so
	merged bool        // they are in the figures of the run
	clean  clean       // latency without what unigate itself made of it
	demand demand      // how many would have been in flight
}

// targetURL is what vegeta is told to hit. What is sent in truth depends on the
// number of the hit, see RoundTrip.
const targetURL = "http://t/"

// run sends the requests and returns when every reply was received and handed to
// the verifier.
func (a *attack) run(ctx context.Context) {
	e := a.e
	limit := int64(e.limit)
	a.turn, a.batch = make(chan struct{}, 1), e.verifier.batch()
	if a.schedule == nil {
		a.done = make(chan *slot, e.limit)
	}
	a.pacer = pace.New(pace.Options{
		Schedule: a.schedule, Duration: a.duration, Portable: e.o.PortablePacing,
		Limited: func() bool {
			if e.inFlight.Load() < limit {
				return false
			}
			a.limited.Store(true)
			return true
		},
		Unread: func() time.Duration { return time.Duration(e.unread.Load()) },
	})
	defer a.pacer.Close()
	workers := uint64(limit)
	if a.schedule != nil {
		workers = min(workers, 32) // vegeta adds workers as they are needed
	}
	// The client comes first: after it, vegeta's options for transports would panic.
	a.attacker = vegeta.NewAttacker(
		vegeta.Client(&http.Client{Transport: a}), vegeta.Redirects(vegeta.NoFollow),
		vegeta.Workers(workers), vegeta.MaxWorkers(uint64(limit)),
	)
	targeter := func(t *vegeta.Target) error {
		t.Method, t.URL = http.MethodGet, targetURL
		return nil
	}
	a.began = time.Now() // before the watcher can see the attack and stop it
	e.current.Store(a)
	if e.stopReason.Load() != nil {
		return
	}
	// vegeta blocks while no worker is free; at the plan's end it must not any more.
	end := time.AfterFunc(a.duration+pace.Grace, a.halt)
	defer end.Stop()
	undo := context.AfterFunc(ctx, func() {
		e.interrupted.Store(true)
		a.stop()
	})
	defer undo()
	a.collect(ctx, a.attacker.Attack(targeter, a.pacer, 0, ""))
	a.settleAccounts()
}

// number returns the number within the run of request k of this generator.
func (a *attack) number(k uint64) uint64 { return a.base + a.first + k*max(a.every, 1) }

// halt ends the sending. What is in flight goes on.
func (a *attack) halt() {
	a.pacer.Stop()
	a.attacker.Stop()
}

// stop ends the attack before its plan does.
func (a *attack) stop() {
	a.stopOnce.Do(func() {
		after := max(time.Since(a.began), 1)
		a.stopAt.Store(int64(after))
		if a.e.o.Capacity == nil { // what is still answered comes after the end; a search knows its own
			for _, s := range a.sinks {
				s.end(min(after, a.duration))
			}
		}
		a.halt()
	})
}

// collect takes vegeta's results. What they tell was taken by their worker before, see
// RoundTrip: here they are counted, and what they left behind is verified. vegeta's
// channel has no buffer, so that a worker waits until its result was taken.
func (a *attack) collect(ctx context.Context, results <-chan *vegeta.Result) {
	cut := make(chan struct{})
	defer close(cut)
	go a.cutAfter(ctx, cut)
	wake := time.NewTimer(leastLinger)
	defer wake.Stop()
	for armed := true; ; {
		got, open := a.drain(results)
		if !open {
			break
		}
		if got && a.patient() {
			wake.Reset(a.linger())
			<-wake.C
			a.verifyRest(true)
			continue
		}
		if got && !armed {
			wake.Reset(a.linger())
			armed = true
		}
		select {
		case _, open = <-results:
			if !open {
				a.verifyRest(false)
				return
			}
			a.count()
		case <-wake.C:
			armed = false
			a.verifyRest(false)
		}
	}
	a.verifyRest(false)
}

// drain takes the results that are there.
func (a *attack) drain(results <-chan *vegeta.Result) (got, open bool) {
	for {
		select {
		case _, open = <-results:
			if !open {
				return got, false
			}
			a.count()
			got = true
		default:
			return got, true
		}
	}
}

// count counts a result of vegeta's. In a closed loop it takes a reply, too: there is one
// for each result, if not its own.
func (a *attack) count() {
	a.sent++
	if a.done == nil {
		return
	}
	select {
	case s := <-a.done:
		a.batch = a.take(s, a.batch)
	default: // vegeta could not make the request: impossible with a target that never changes
	}
}

// patient reports whether results may wait: whether there are so many more workers than
// the load needs that those that wait with them are not missed.
func (a *attack) patient() bool {
	if a.schedule == nil {
		return false // the next request of a closed loop waits for the worker
	}
	waiting := 2 * pace.CatchUp * a.linger().Seconds() * a.schedule.Rate(time.Since(a.began))
	return waiting+2*float64(a.e.inFlight.Load()) < float64(a.e.limit)
}

// linger returns how long a reply may wait now.
func (a *attack) linger() time.Duration {
	if a.schedule == nil {
		return leastLinger
	}
	rate := max(a.schedule.Rate(time.Since(a.began)), 1)
	return min(max(time.Duration(lingerFor/rate*float64(time.Second)), leastLinger), mostLinger)
}

// verifyRest verifies the replies that are too few for a batch: here, or by others where
// somebody may wait for the collector.
func (a *attack) verifyRest(here bool) {
	a.turn <- struct{}{}
	batch := a.batch
	a.batch = a.e.verifier.batch()
	<-a.turn
	if here {
		a.e.verifier.process(batch)
	} else {
		a.e.verifier.submit(batch)
	}
}

// cutAfter ends what is in flight some time after ctx has ended, unless done is closed before.
func (a *attack) cutAfter(ctx context.Context, done <-chan struct{}) {
	select {
	case <-ctx.Done():
	case <-done:
		return
	}
	t := time.NewTimer(drain)
	defer t.Stop()
	select {
	case <-t.C:
		a.e.transport.Cut()
	case <-done:
	}
}

// RoundTrip sends the request whose number vegeta gives in X-Vegeta-Seq, and accounts
// for its reply. A transport error becomes an answer of status 0, which is how vegeta
// counts it. vegeta gets to see no body: the reply, which it would copy, is verified
// elsewhere.
func (a *attack) RoundTrip(r *http.Request) (*http.Response, error) {
	e := a.e
	seq, err := strconv.ParseUint(r.Header.Get("X-Vegeta-Seq"), 10, 64)
	if err != nil {
		return nil, err
	}
	s := e.slots.take()
	s.attack, s.seq, s.class = a, seq, e.mix.class(a.number(seq))
	s.excused = false
	n := e.inFlight.Add(1)
	s.inFlight = int(n)
	if n > e.maxInFlight.Load() {
		raise(&e.maxInFlight, n)
	}
	admitted := a.admit(s)
	s.sent = time.Now()
	if admitted {
		a.crowd(s)
		e.transport.Do(e.classes[s.class].call, &s.Reply, a.attempts)
	}
	s.received = time.Now()
	s.unread = e.unreadFor(&s.Reply, s.sent, s.received)
	e.unread.Store(int64(s.unread))
	e.inFlight.Add(-1)
	answer := plain
	if s.Status != http.StatusOK {
		answer = &http.Response{StatusCode: s.Status, Status: s.Kind, Body: http.NoBody}
	}
	if a.done != nil {
		a.done <- s // there is room for one of each worker
		return answer, nil
	}
	a.turn <- struct{}{}
	a.batch = a.take(s, a.batch)
	<-a.turn
	return answer, nil
}

// plain is what vegeta gets to see of replies of status 200. It is read only.
var plain = &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}
