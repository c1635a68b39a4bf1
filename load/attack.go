package load

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load/health"
	"github.com/unigate/unigate/load/measure"
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

// take accounts for a reply: it is measured here and verified elsewhere. Others must not
// take at the same time.
func (a *attack) take(s *slot, batch []*slot) []*slot {
	e := a.e
	e.endedBy(&s.Reply, a.warm)
	began, _ := a.pacer.Began()
	actual := s.sent.Sub(began)
	s.due = actual
	if a.schedule != nil {
		s.due = a.schedule.At(s.seq)
	}
	c := &e.classes[s.class]
	cut := a.setAside(s)
	x := measure.Sample{
		Service: c.service, Status: s.Status, Kind: s.Kind, Cut: cut, Closed: a.schedule == nil,
		Latency: s.received.Sub(began) - s.due, ServiceTime: s.received.Sub(s.sent),
		InFlight: s.inFlight, Exchange: exchangeOf(&s.Timing),
	}
	if s.Unseen {
		x.Latency, x.ServiceTime = x.Latency-x.ServiceTime, 0
	}
	for i := range a.sinks {
		if due, row, ok := a.sinks[i].takes(s.due, c.service, s.class); ok {
			x.Scheduled, x.Service = due, row
			a.sinks[i].recorder.Record(&x)
		}
	}
	x.Service = c.service
	a.note(s, actual, x.Latency)
	if a.look != nil && a.look.sample(s.due, &x, max(x.ServiceTime-s.unread, 0)) {
		a.stop()
	}
	failed := s.Status != http.StatusOK
	if !failed {
		if at := s.due + x.Latency; at >= a.windowFrom && at < a.duration {
			a.inWindow++
		}
		e.admission.served(s.class)
		a.settled(s)
		e.streak.add(false, s.received)
		e.astray.add(false, s.received)
		return e.verifier.push(batch, s)
	}
	if x.Cut {
		a.aside(s, c)
	} else {
		a.failed(s, c)
	}
	a.settled(s)
	e.results.write(e, s, "")
	e.slots.put(s)
	return batch
}

// settled gives back what the request of a user without a token yet took.
func (a *attack) settled(s *slot) {
	a.e.admission.done(s.grant)
	s.grant = unifier.Grant{}
}

// note records how late the generator was with a request: in starting it, as far as
// that was not the target's doing, and in reading its answer.
func (a *attack) note(s *slot, actual, latency time.Duration) {
	started, own := actual-s.due, time.Duration(0)
	clean := s.received.Sub(s.sent) - s.unread
	if a.schedule != nil && !s.excused {
		ideal, silent, limited := a.pacer.Ideal(s.seq, s.due)
		clean = max(clean, silent)
		if own = max(actual-ideal, 0); limited {
			// It left when an answer was read: late by how late that was.
			own = min(own, s.unread)
		}
		if a.pacer.PausedUntil() > 0 {
			clean += started - own // a pause is the target's wish
		}
	}
	e := a.e
	a.tallyClean(s.due, s.class, clean)
	if a.schedule != nil {
		a.demand.add(a.duration, s.due, clean)
	}
	e.lagMu.Lock()
	defer e.lagMu.Unlock()
	if started > pace.Grace {
		a.late++
	}
	held := started-own > pace.Grace && a.limited.Load()
	for _, l := range []*health.Lags{&a.lags, &e.second} {
		l.Done(latency)
		if a.schedule != nil && !s.excused {
			l.Start(own)
		}
		if s.Status > 0 {
			l.Read(s.unread)
		}
		if held {
			l.Held++
		}
	}
	a.clean.record(e.classes[s.class].service, clean)
}

// noteNever records a request that the generator was too slow to send.
func (a *attack) noteNever(waited time.Duration) {
	a.e.lagMu.Lock()
	defer a.e.lagMu.Unlock()
	a.lags.Miss(waited)
	a.e.second.Miss(waited)
}

// mergeLag adds what an attack noted about its lag to that of the run.
func (e *engine) mergeLag(a *attack) {
	e.lagMu.Lock()
	defer e.lagMu.Unlock()
	e.lags.Merge(&a.lags)
	e.clean.merge(a.clean)
	e.late += a.late
	e.caughtUp += a.pacer.CaughtUp()
	e.needed = max(e.needed, a.demand.most())
	a.merged = true
}

// lagSoFar returns the schedule lag of the run, that of the present attack included.
func (e *engine) lagSoFar() *hist.Histogram {
	e.lagMu.Lock()
	defer e.lagMu.Unlock()
	var c hist.Compact
	c.Merge(&e.lags.Schedule)
	if a := e.current.Load(); a != nil && !a.merged {
		c.Merge(&a.lags.Schedule)
	}
	return c.Histogram()
}

// takeSecond returns what was late since it was last called.
func (e *engine) takeSecond() *health.Lags {
	e.lagMu.Lock()
	defer e.lagMu.Unlock()
	out := &health.Lags{}
	out.Merge(&e.second)
	e.second.Reset()
	return out
}
