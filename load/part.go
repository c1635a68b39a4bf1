package load

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/amount"
	"github.com/unigate/unigate/internal/objective"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/sketch"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load/pace"
)

// Part makes a load test one of several generators of one plan: it sends the
// requests k of the plan with k mod Of = Index, when they are due in the whole plan.
type Part struct {
	// Index is which part this is, from 0 to Of − 1.
	Index, Of int
	// Secret keys the hashes of tokens that are compared between the parts, all of
	// which need the same; nil stands for the users' passwords. It is not recorded.
	Secret []byte
}

// maxParts bounds the parts of a plan.
const maxParts = 10_000

// ParsePart reads a part such as 0/4: the first one of four.
func ParsePart(text string) (*Part, error) {
	var p Part
	if n, err := fmt.Sscanf(text, "%d/%d", &p.Index, &p.Of); n != 2 || err != nil || text != p.String() {
		return nil, usagef("I/N: of N parts I, which counts from 0, such as 0/4 for the first one of four", "%q is no part of a plan", text)
	}
	return &p, p.check()
}

// String returns I/N.
func (p *Part) String() string { return fmt.Sprintf("%d/%d", p.Index, p.Of) }

// check says what is wrong with the part itself.
func (p *Part) check() error {
	switch {
	case p.Of < 1 || p.Of > maxParts:
		return usagef("from 1 to 10,000 parts", "%d parts are out of range", p.Of)
	case p.Index < 0 || p.Index >= p.Of:
		return usagef(fmt.Sprintf("from 0/%d to %d/%[1]d", p.Of, p.Of-1), "there is no part %s", p)
	}
	return nil
}

// Share returns the part's share of n things that the parts divide among them, such as
// requests in flight or failed logins; 0 where there are too few. nil is the whole.
func (p *Part) Share(n int) int {
	if p == nil {
		return n
	}
	return (n + p.Of - 1 - p.Index) / p.Of
}

// rate returns the part's share of a rate. nil is the whole.
func (p *Part) rate(r float64) float64 {
	if p == nil {
		return r
	}
	return r / float64(p.Of)
}

// fillPart checks what a part cannot do, before the plan is filled in.
func (o *Options) fillPart() error {
	p := o.Part
	if p == nil {
		return nil
	}
	if err := p.check(); err != nil {
		return err
	}
	if o.Capacity != nil {
		return usagef("search with one generator", "a search for capacity has no parts: each of its steps depends on the one before")
	}
	for _, t := range o.AbortOn {
		if t.Metric == "rate" && t.Unit == objective.PerSecond {
			return usagef("rate>=99% is of what the part was to send", "a part sends only its share of the plan: abort on %s would be of that", t)
		}
	}
	if o.Plan.Arrivals != Poisson || o.Plan.Seed != 0 || p.Of == 1 {
		return nil
	}
	if o.StartAt.IsZero() {
		return usagef("give all parts the same --seed, or the same --start-at, from which one is drawn", "the parts of a plan with random arrivals need a common seed")
	}
	sum := sha256.Sum256([]byte(o.target() + o.StartAt.UTC().Format(time.RFC3339Nano)))
	o.Plan.Seed = binary.BigEndian.Uint64(sum[:])%maxSeed + 1
	return nil
}

// checkPartInFlight holds the plan to at least one request in flight for each part.
func (o *Options) checkPartInFlight() error {
	if n := o.Plan.MaxInflight; o.Part != nil && n > 0 && n < o.Part.Of {
		return usagef("give at least one for each part", "%s less than one for each of %d parts", amount.Of(n, "request in flight is", "requests in flight are"), o.Part.Of)
	}
	return nil
}

// target is the base URL without credentials.
func (o *Options) target() string {
	u := *o.BaseURL
	u.User = nil
	return strings.TrimSuffix(u.String(), "/")
}

// first returns which request of a stretch is the part's first, where base requests of
// the plan are due before the stretch.
func (p *Part) first(base uint64) uint64 {
	of := uint64(p.Of)
	return (uint64(p.Index) + of - base%of) % of
}

// share makes a stretch the part's: base is how many requests of the plan are due
// before it. It returns the number of the first request in the stretch, and by how much
// the numbers grow.
func (e *engine) share(s *pace.Schedule, base uint64) (first, every uint64) {
	p := e.o.Part
	if p == nil {
		return 0, 1
	}
	first, every = p.first(base), uint64(p.Of)
	if s != nil {
		s.Share(first, every)
	}
	return first, every
}

// passed returns how many numbers of the plan an attack took. In parts, a closed loop,
// of which no part knows how many requests the others send, takes none.
func (e *engine) passed(a *attack) uint64 {
	switch {
	case e.o.Part == nil:
		return a.sent + a.owed
	case a.schedule == nil:
		return 0
	}
	return a.schedule.Whole()
}

// identity is what makes a part one of a run, in the order of what decides who sends what.
type identity struct {
	Phases   []record.Phase
	Warmup   float64
	Arrivals string
	Seed     uint64
	InFlight int
	Mix      []string
	Users    []string
	Target   string
	Start    time.Time
	Of       int
}

// runID returns the hash by which the parts of a run are known to belong together.
func (e *engine) runID() string {
	plan := e.o.Plan.record()
	id := identity{
		Phases: plan.Phases, Warmup: plan.WarmupS, Arrivals: plan.Arrivals, Seed: plan.Seed, InFlight: e.o.Plan.MaxInflight,
		Target: e.o.target(), Start: e.o.StartAt.UTC(), Of: e.o.Part.Of,
	}
	for _, s := range e.o.Plan.Mix {
		id.Mix = append(id.Mix, fmt.Sprintf("%s=%g", s, s.Weight))
	}
	for i := range e.classes {
		id.Users = append(id.Users, e.services[e.classes[i].service]+":"+e.classes[i].user.Name)
	}
	text, err := json.Marshal(id)
	if err != nil { // rates are finite: see check
		text = fmt.Append(nil, id)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// keyRounds make it slow to find a password from a record and a token that are both known.
var keyRounds = 600_000

// tokenKey returns the key of the hashes of tokens: PBKDF2 with HMAC-SHA-256 over a
// secret that the parts share, and the run as the salt. Neither is in a record together
// with a token, so that a hash tells nothing, whatever the tokens are like.
func (e *engine) tokenKey(run string) ([]byte, error) {
	secret := e.o.Part.Secret
	if len(secret) == 0 {
		for i := range e.classes {
			password := e.classes[i].user.Password.Reveal()
			secret = binary.BigEndian.AppendUint32(secret, uint32(len(password)))
			secret = append(secret, password...)
		}
	}
	return pbkdf2.Key(sha256.New, string(secret), []byte("unigate tokens "+run), keyRounds, sha256.Size)
}

// makePart prepares what a part keeps beyond a whole run. A single part of one has
// nobody to compare its tokens with, but a record of the same form.
func (e *engine) makePart() error {
	if e.o.Part == nil {
		return nil
	}
	e.runName = e.runID()
	key, err := e.tokenKey(e.runName)
	if err != nil {
		return fmt.Errorf("the key of the tokens' hashes: %w", err)
	}
	e.sketch = sketch.New(key)
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte("check"))
	e.keyCheck = hex.EncodeToString(mac.Sum(nil)[:1])
	return nil
}

// newToken adds a token that this generator did not see before to those that are
// compared with the other parts'.
func (e *engine) newToken(class int, token string) {
	if e.sketch != nil {
		e.sketch.Add(token, class)
	}
}

// part returns the part for the record, nil for a whole run.
func (e *engine) part() *record.Part {
	p := e.o.Part
	if p == nil {
		return nil
	}
	out := &record.Part{
		Index: p.Index, Of: p.Of, Run: e.runName, StartAt: e.o.StartAt.UTC(), Requests: e.o.Plan.requests(),
		LateS: e.beganLate.Seconds(), ClockOffsetS: e.skew.Seconds(),
	}
	if e.o.StartAt.IsZero() {
		out.StartAt = time.Time{}
	}
	if e.held != "" {
		out.Limits = append(out.Limits, e.held)
	}
	encoded := e.sketch.Encode()
	h := &record.Hashes{Count: e.sketch.Count(), Kept: min(int(e.sketch.Count()), sketch.Size), Key: e.keyCheck, Data: encoded, Kinds: []string{}}
	for i := range e.classes {
		h.Kinds = append(h.Kinds, e.services[e.classes[i].service])
		if e.givesSame(&e.classes[i]) {
			h.Prolonged = append(h.Prolonged, i)
		}
	}
	out.Hashes = h
	return out
}

// requests counts those of the open phases.
func (p *Plan) requests() uint64 {
	n := uint64(0)
	for _, s := range p.stretches() {
		if s.schedule != nil {
			n += s.schedule.Whole()
		}
	}
	return n
}

const (
	// maxLate is how much later than that a part may begin.
	maxLate = time.Second
	// longestNap is after how long a waiting generator looks at the clock again, which
	// may be set meanwhile.
	longestNap = time.Second
)

// tooLate returns why a part cannot begin at a time, or "".
func tooLate(what string, at time.Time) string {
	if wait := time.Until(at); wait < 0 {
		return fmt.Sprintf("too late for %s at %s: it was %s ago", what, at.UTC().Format(time.RFC3339Nano), objective.FormatTime(-wait))
	}
	return ""
}

// tooLateFor is tooLate for the start of a run, before anything was sent.
func tooLateFor(start time.Time) string {
	if start.IsZero() {
		return ""
	}
	return tooLate("the start", start)
}

// awaitStart waits for the common start, where there is one, and returns why the run
// cannot begin, or "".
func (e *engine) awaitStart(ctx context.Context) string {
	at := e.o.StartAt
	if at.IsZero() || e.over(ctx) {
		return ""
	}
	if reason := tooLate("the start", at); reason != "" {
		return reason + " when this generator was ready"
	}
	e.watch.begin("waiting", stretch{duration: time.Until(at)})
	e.wait(ctx, at)
	return ""
}

// awaitPlan waits for the start of the plan after the warm-up, which all parts begin
// together, and returns why the plan cannot begin, or "".
func (e *engine) awaitPlan(ctx context.Context) string {
	at := e.o.StartAt
	if at.IsZero() || e.over(ctx) {
		return ""
	}
	if e.o.Plan.Warmup > 0 {
		at = at.Add(e.o.Plan.Warmup + record.PartSettle)
		if late := -time.Until(at); late > maxLate {
			return fmt.Sprintf("too late for the plan at %s: the last answers of the warm-up took %s longer", at.UTC().Format(time.RFC3339Nano), objective.FormatTime(late))
		}
		e.wait(ctx, at)
	}
	if late := -time.Until(at); late > time.Millisecond {
		e.beganLate = late
	}
	return ""
}

// wait waits until a time, or until ctx ends.
func (e *engine) wait(ctx context.Context, at time.Time) {
	for !e.over(ctx) {
		left := time.Until(at)
		if left <= 0 {
			return
		}
		t := time.NewTimer(min(left, longestNap))
		select {
		case <-t.C:
		case <-ctx.Done():
		}
		t.Stop()
	}
}

// partReason is why the thresholds of a part have no state of their own.
const partReason = "a part is not judged: unigate report judges all parts together"

// partThresholds returns the thresholds of a part for the record.
func partThresholds(of []Threshold) []record.Threshold {
	out := []record.Threshold{}
	for _, t := range of {
		out = append(out, record.Threshold{Expression: t.Expression, Value: "-", State: record.ThresholdInconclusive, Reason: partReason})
	}
	return out
}

// partVerdict says whether the record of a part is whole. reason says why the part
// could not begin, or is empty.
func (e *engine) partVerdict(l *record.Load, reason string) record.Verdict {
	var failures []string
	if w := e.warmFailure.Load(); w != nil {
		failures = append(failures, *w)
	}
	if l.Stopped != "" {
		failures = append(failures, "the run stopped itself: "+l.Stopped)
	}
	if why := e.stoppedOpen(); why != "" {
		reason = cmp.Or(reason, "the run stopped itself: "+why)
	}
	v := record.Verdict{State: record.VerdictPass, Exit: exitPass, Reasons: slices.Concat([]string{}, failures)}
	switch {
	case e.interrupted.Load():
		v.State, v.Exit = record.VerdictInterrupted, exitInterrupted
		v.Reasons = append([]string{"interrupted"}, failures...)
	case len(failures) > 0:
		v.State, v.Exit = record.VerdictFail, exitFail
	case reason != "":
		v.State, v.Exit, v.Reasons = record.VerdictInconclusive, exitInconclusive, []string{reason}
	}
	return v
}

// partNotes tell what a reader of a part's record must know.
func (e *engine) partNotes(t *record.Totals) []string {
	p := e.o.Part
	if p == nil {
		return nil
	}
	out := []string{fmt.Sprintf("part %s of the plan (run %s): its figures are of %s of this generator, and no verdict on the target; unigate report over the records of all parts judges the whole",
		p, e.runName, amount.Of(t.Planned, "request", "requests"))}
	if e.beganLate > 0 {
		out = append(out, fmt.Sprintf("the plan of this part began %s late", objective.FormatTime(e.beganLate)))
	}
	return out
}

// encodeClean returns the histogram without what unigate added, encoded, for a part; ""
// for a whole run, which is judged where it is measured.
func (e *engine) encodeClean(service string) (string, error) {
	if e.o.Part == nil {
		return "", nil
	}
	return e.cleanOf(service).Encode()
}

// Asks reports whether the mix, or the default one where there is none, has a user.
func (o *Options) Asks(u unifier.User) bool {
	mix := o.Plan.Mix
	if len(mix) == 0 {
		mix = defaultMix(o.Users, o.Edition)
	}
	return slices.ContainsFunc(mix, func(s Share) bool {
		return s.Weight > 0 && s.Service.Token(u.Type) != unifier.NoToken && active(u) && (s.User == "" || s.User == u.Name)
	})
}

// describePart says which part of the plan would be sent, and when, in one line each.
func (o *Options) describePart() []string {
	var lines []string
	if p := o.Part; p != nil {
		lines = append(lines, fmt.Sprintf("Part: %s, of the requests below those whose number divided by %d leaves %d", p, p.Of, p.Index))
	}
	if !o.StartAt.IsZero() {
		lines = append(lines, "Start: "+o.StartAt.UTC().Format(time.RFC3339Nano))
	}
	return lines
}
