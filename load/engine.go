package load

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/unigate/unigate/internal/sketch"
	"github.com/unigate/unigate/load/health"
	"github.com/unigate/unigate/load/measure"
	"github.com/unigate/unigate/load/unique"
	"github.com/unigate/unigate/load/wire"
)

// engine is one load test while it runs.
type engine struct {
	o         Options
	transport wire.Transport
	services  []string
	classes   []class
	mix       *mixer
	skew      time.Duration // of the target's clock
	clock     clock         // of this machine
	habits    *habits       // what the target does where a user asks again

	slots    slots
	verifier *verifier
	tokens   *unique.Set
	owners   owners
	kept     kept
	bad      ledger
	errors   ledger
	remarks  ledger
	results  *resultWriter
	recorder *measure.Recorder // of everything that is counted
	tallies  tallies           // of parts of it

	sequence  uint64 // requests of the attacks before
	runName   string // which run a part is of
	keyCheck  string
	sketch    *sketch.Sketch // of the tokens, to compare those of the parts; nil for a whole run
	beganLate time.Duration  // how late the plan of a part began
	preDone   atomic.Int64
	warmDone  atomic.Int64
	planDone  atomic.Int64

	limit       int // of the requests in flight
	inFlight    atomic.Int64
	maxInFlight atomic.Int64
	maxSockets  atomic.Int64

	current     atomic.Pointer[attack]
	interrupted atomic.Bool
	stopOnce    sync.Once
	stopReason  atomic.Pointer[string]
	openReason  atomic.Pointer[string] // the same where it shows nothing about the target
	warmFailure atomic.Pointer[string]
	warmLost    atomic.Pointer[string] // the transport error that the warm-up survived

	lagMu    sync.Mutex
	lags     health.Lags   // of the run, as far as it counts
	second   health.Lags   // since the watch last looked
	clean    clean         // of the run, as far as it counts
	held     string        // how the in-flight limit bound the run; empty if it did not
	hidden   time.Duration // how late unigate may have been without a trace in the request
	stamped  atomic.Bool   // the kernel tells when answers arrived
	unread   atomic.Int64  // how long the newest answer had lain unread, in nanoseconds
	needed   int           // in flight, had there been no limit
	late     uint64        // requests
	caughtUp uint64

	noDescriptors, noPorts atomic.Uint64 // requests that failed for want of them
	renegotiated           atomic.Uint64 // requests that ended as the target wanted to negotiate TLS anew, but for the warm-up

	streak    streak
	astray    streak // of answers that were not the target's
	standIns  ledger // those answers
	provoked  atomic.Int64
	gateways  atomic.Int64 // errors that what stands in front of the target answered
	admission *admission

	watch       *watch
	service     time.Duration // the longest answer before the plan
	notBefore   time.Time     // until when the target asked to wait before the plan
	reportError error
}

// newEngine prepares a load test.
func newEngine(o Options) (*engine, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	e := &engine{o: o, limit: o.inFlightLimit(), tokens: unique.New(o.ExactTokens)}
	if err := e.makeClasses(); err != nil {
		return nil, err
	}
	e.habits = newHabits(e.groups())
	if err := e.makePart(); err != nil {
		return nil, err
	}
	if err := e.makeTallies(); err != nil {
		return nil, err
	}
	if err := e.checkObjectives(); err != nil {
		return nil, err
	}
	var err error
	e.transport, err = wire.New(o.BaseURL, wire.Options{
		Timeout: o.Timeout, Network: o.Network, RoundTripper: o.RoundTripper, MaxConnections: e.limit,
		PerConnection: o.Connections.PerConnection, NoResumption: o.Connections.NoResumption, HTTP: o.Connections.HTTP,
	})
	if err != nil {
		return nil, usagef("", "the way to the target: %v", err)
	}
	e.admission = newAdmission(e.classes, o.Budget)
	e.results = newResultWriter(o.Results)
	e.recorder = measure.NewRecorder(e.services, o.Plan.Duration())
	return e, nil
}

// checkObjectives finds thresholds, conditions and a search that this run cannot have.
func (e *engine) checkObjectives() error {
	o := &e.o
	for _, t := range append(append([]Threshold{}, o.Thresholds...), o.AbortOn...) {
		if err := e.checkThreshold(t); err != nil {
			return err
		}
	}
	for _, t := range o.AbortOn {
		if err := checkAbort(t); err != nil {
			return err
		}
	}
	if o.Capacity == nil {
		return nil
	}
	if err := e.checkThreshold(*o.Capacity); err != nil {
		return err
	}
	if o.Capacity.User != "" {
		return usagef("search with the objective of a service", "no capacity can be searched for one user: %s", o.Capacity)
	}
	if err := o.Capacity.Searchable(); err != nil {
		return err
	}
	return o.checkSearch()
}

// checkThreshold finds objectives for a service that is not in the mix, and for a phase
// or a user that there is not.
func (e *engine) checkThreshold(t Threshold) error {
	if t.Service == measure.All {
		return e.checkScope(t)
	}
	for _, s := range e.services {
		if s == t.Service {
			return e.checkScope(t)
		}
	}
	return usagef("the mix decides which services are asked", "the threshold %s is about %s, which is not in the mix", t, t.Service)
}

// stop ends the run for a reason of its own: the first one counts.
func (e *engine) stop(format string, args ...any) {
	e.stopOnce.Do(func() {
		reason := fmt.Sprintf(format, args...)
		e.stopReason.Store(&reason)
		if a := e.current.Load(); a != nil {
			a.stop()
		}
	})
}

// stopped returns why the run stopped itself, or "".
func (e *engine) stopped() string {
	if r := e.stopReason.Load(); r != nil {
		return *r
	}
	return ""
}

// over reports whether no further attack is to begin.
func (e *engine) over(ctx context.Context) bool {
	if ctx.Err() != nil {
		e.interrupted.Store(true)
	}
	return e.interrupted.Load() || e.stopReason.Load() != nil || e.warmFailure.Load() != nil
}

// streak finds a run of errors.
type streak struct {
	count int
	since time.Time
}

// add counts the outcome of one request and reports whether there is a run of errors.
func (s *streak) add(failed bool, now time.Time) bool {
	if !failed {
		s.count = 0
		return false
	}
	if s.count == 0 {
		s.since = now
	}
	s.count++
	return s.count >= streakLimit && now.Sub(s.since) >= streakTime
}

// raise sets a maximum.
func raise(m *atomic.Int64, v int64) {
	for {
		old := m.Load()
		if v <= old || m.CompareAndSwap(old, v) {
			return
		}
	}
}
