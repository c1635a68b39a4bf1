package load

import (
	"cmp"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/unifier"
)

const (
	// batchSize is how many replies are handed over at once.
	batchSize = 64
	// queueBatches bounds the batches that wait for verification.
	queueBatches = 128
)

// verifier judges replies in a pool beside the attack. Its queue is bounded: when
// it is full the attack waits, the generator says so, and nothing is dropped.
type verifier struct {
	e       *engine
	queue   chan []*slot
	pool    sync.Pool
	workers sync.WaitGroup
	pending sync.WaitGroup // batches that were submitted and are not verified

	queued   atomic.Int64
	deepest  atomic.Int64
	blocked  atomic.Int64 // how long the attack waited for it, in nanoseconds
	verified atomic.Uint64
	jwts     atomic.Uint64
}

// newVerifier starts the pool.
func newVerifier(e *engine) *verifier {
	v := &verifier{e: e, queue: make(chan []*slot, queueBatches)}
	v.pool.New = func() any { b := make([]*slot, 0, batchSize); return &b }
	for range runtime.GOMAXPROCS(0) {
		v.workers.Add(1)
		go v.work()
	}
	return v
}

// close waits until everything was verified.
func (v *verifier) close() {
	close(v.queue)
	v.workers.Wait()
}

// wait waits until what was submitted so far is verified.
func (v *verifier) wait() { v.pending.Wait() }

// batch returns an empty batch.
func (v *verifier) batch() []*slot { return (*v.pool.Get().(*[]*slot))[:0] }

// push adds a reply to a batch and submits it when it is full.
func (v *verifier) push(batch []*slot, s *slot) []*slot {
	batch = append(batch, s)
	if len(batch) < batchSize {
		return batch
	}
	return v.submit(batch)
}

// submit hands a batch over and returns an empty one.
func (v *verifier) submit(batch []*slot) []*slot {
	if len(batch) == 0 {
		return batch
	}
	v.pending.Add(1)
	if n := v.queued.Add(int64(len(batch))); n > v.deepest.Load() {
		v.deepest.Store(n)
	}
	select {
	case v.queue <- batch:
	default:
		start := time.Now()
		v.queue <- batch
		v.blocked.Add(int64(time.Since(start)))
	}
	return v.batch()
}

// work verifies batches until the queue is closed.
func (v *verifier) work() {
	defer v.workers.Done()
	for batch := range v.queue {
		n := int64(len(batch))
		v.process(batch)
		v.queued.Add(-n)
		v.pending.Done()
	}
}

// process verifies a batch, which must not be used any more.
func (v *verifier) process(batch []*slot) {
	for _, s := range batch {
		v.verify(s)
	}
	v.e.slots.put(batch...)
	v.verified.Add(uint64(len(batch)))
	v.pool.Put(&batch)
}

// verify judges one reply of status 200.
func (v *verifier) verify(s *slot) {
	e := v.e
	c := &e.classes[s.class]
	j := c.judge
	if c.signed != nil && v.jwts.Add(1)%uint64(e.o.SignatureEvery) == 1%uint64(e.o.SignatureEvery) {
		j = c.signed
	}
	if v.doubt(s, c, j) {
		return
	}
	reply := e.replyOf(s)
	out := j.Judge(&reply)
	e.settle(c, &reply, &out)
	wrong := ""
	if out.Token != "" {
		wrong = e.knownToken(c, s.class, out.Token)
	}
	v.conclude(s, c, &out, wrong)
}

// conclude accounts for an answer that was judged. wrong is the kind of what is wrong with
// its token beside that, or "".
func (v *verifier) conclude(s *slot, c *class, out *oracle.Judgement, wrong string) {
	e := v.e
	kinds := kindsOf(out)
	for _, f := range out.Findings {
		if remark(f) {
			e.remarks.add(e.services[c.service], f.Requirement+" "+f.Kind, func() string { return e.sample(s, c, f.String()) })
		}
	}
	if wrong != "" {
		kinds = append(kinds, wrong)
		f := oracle.Finding{Requirement: distinctBy(e.serviceOf(c), c.user.Type), Kind: wrong,
			Expected: "a token that was not issued before", Observed: "the same token again"}
		out.Findings = append(out.Findings, f)
	}
	if len(kinds) == 0 {
		e.results.write(e, s, "")
		return
	}
	v.bad(s, c, kinds, out.Findings)
}

// distinctBy returns the requirement that tokens of a service differ.
func distinctBy(s unifier.Service, t unifier.UserType) string {
	rules := s.Rules(t)
	return cmp.Or(rules[unifier.RuleDistinct], rules[unifier.RuleTwoUsers])
}

// remark reports whether a finding is told and not counted as a wrong reply: it is
// a warning, or about the claims' times, which the documentation's own sample breaks (A4).
func remark(f oracle.Finding) bool { return f.Warning || f.Rule == unifier.RuleClaims }

// kindsOf returns the distinct kinds of what makes a reply wrong.
func kindsOf(j *oracle.Judgement) []string {
	var kinds []string
next:
	for _, f := range j.Findings {
		if remark(f) {
			continue
		}
		for _, k := range kinds {
			if k == f.Kind {
				continue next
			}
		}
		kinds = append(kinds, f.Kind)
	}
	return kinds
}

// bad counts a wrong reply: once as a whole, and once for each way in which it is wrong.
func (v *verifier) bad(s *slot, c *class, kinds []string, findings []oracle.Finding) {
	e, a := v.e, s.attack
	for i := range a.sinks {
		if due, row, ok := a.sinks[i].takes(s.due, c.service, s.class); ok {
			a.sinks[i].recorder.Bad(row, due)
		}
	}
	for _, kind := range kinds {
		e.bad.add(e.services[c.service], kind, func() string {
			for _, f := range findings {
				if f.Kind == kind {
					return e.sample(s, c, f.String())
				}
			}
			return ""
		})
	}
	if a.warm {
		e.failWarmup(c, kinds[0])
	}
	e.results.write(e, s, "bad token: "+kinds[0])
}

// failWarmup ends the run at the warm-up's first wrong answer.
func (e *engine) failWarmup(c *class, what string) {
	reason := fmt.Sprintf("warm-up: %s answered user %s wrongly: %s", e.services[c.service], c.user.Name, what)
	if e.warmFailure.CompareAndSwap(nil, &reason) {
		if a := e.current.Load(); a != nil {
			a.stop()
		}
	}
}

// sample describes a wrong reply without any secret.
func (e *engine) sample(s *slot, c *class, what string) string {
	return printable(e.o.Redact(what + ", user " + c.user.Name + ", " + s.due.Round(time.Millisecond).String() + " into the run"))
}

// errorSample describes an error without any secret.
func (e *engine) errorSample(s *slot, c *class) string {
	what := s.Detail
	if s.Kind == "" {
		body := string(s.Body)
		if len(body) > maxSampleBody {
			// The mark of a cut makes the redaction take the beginning of a secret there too.
			body = body[:maxSampleBody] + "…"
		}
		what = "HTTP " + strconv.Itoa(s.Status) + " " + http.StatusText(s.Status) + ": " + e.o.RedactBody(body)
	}
	return e.sample(s, c, what)
}

// statusOf returns the HTTP status or the kind of the transport error.
func statusOf(s *slot) string {
	if s.Kind != "" {
		return s.Kind
	}
	return strconv.Itoa(s.Status)
}

// owners remembers who got a token, where a target prolongs one token per user.
type owners struct {
	mu sync.Mutex
	of map[string]int
}

// maxOwners bounds the tokens that are remembered with their owner.
const maxOwners = 100_000

// knownToken remembers a token and returns the kind of what is wrong with it, or "".
func (e *engine) knownToken(c *class, index int, token string) string {
	if !e.givesSame(c) {
		if e.tokens.Add(token) {
			e.newToken(index, token)
			return ""
		}
		return kindRepeated
	}
	e.owners.mu.Lock()
	defer e.owners.mu.Unlock()
	owner, known := e.owners.of[token]
	switch {
	case known && !same(e.classes[owner].user, c.user): // two services may give a user the same one
		return kindOfTwo
	case !known && e.owners.add(token, index):
		e.newToken(index, token)
	}
	return ""
}

// The kinds of tokens that are wrong whatever they look like.
const (
	kindRepeated = "repeated_token"
	kindOfTwo    = "token_of_two_users"
)

// add remembers the owner of a token, as long as there are not too many.
func (o *owners) add(token string, index int) bool {
	if len(o.of) >= maxOwners {
		return false
	}
	if o.of == nil {
		o.of = map[string]int{}
	}
	o.of[token] = index
	return true
}
