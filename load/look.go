package load

import (
	"cmp"
	"fmt"
	"sync"
	"time"

	"github.com/unigate/unigate/internal/amount"
	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/objective"
	"github.com/unigate/unigate/load/capacity"
	"github.com/unigate/unigate/load/measure"
	"github.com/unigate/unigate/load/wire"
)

// look collects what a step of a search for capacity shows, request by request.
type look struct {
	objective Threshold
	service   int // index of the service that the objective is about, -1 for all
	step      capacity.Step

	mu       sync.Mutex
	blocks   [capacity.Blocks]capacity.Block
	started  [capacity.Blocks]float64
	answered [capacity.Blocks]float64
	missed   float64 // requests
	slow     float64 // those that miss the objective without what unigate added to them
	failed   float64
	unsent   map[string]float64
	busy     *hist.Histogram // service time
	clean    *hist.Histogram // the same without what unigate added to it
	hopeless float64         // so many misses end the step
	cut      bool
	ended    string  // why the step was ended before its time, if it was not hopeless
	spoilt   string  // what of it tells nothing about the target
	aside    float64 // requests whose answer tells nothing about the target
	// answers and failures are all requests, whenever they were due, and those that got no
	// token; unanswered says that the target may still work on some.
	answers, failures float64
	unanswered        bool
	theirs            bool      // the step's fault is in the answers, not in how long they took
	grew              float64   // by how many requests the backlog grew for certain
	notBefore         time.Time // until when the target asked to wait
}

// newLook returns the collector of a step.
func newLook(o Threshold, services []string, s capacity.Step) *look {
	l := &look{objective: o, service: -1, step: s, busy: hist.New(), clean: hist.New(), unsent: map[string]float64{}}
	for i, name := range services {
		if name == o.Service {
			l.service = i
		}
	}
	share, whole := allowedShare(&o)
	planned := s.Rate * s.Judged.Seconds()
	l.hopeless = max(capacity.Hopeless*share*planned, capacity.Hopeless)
	if whole {
		l.hopeless = planned + 1
	}
	return l
}

// allowedShare returns the share of the requests that may miss the objective, or whole
// where it is not of single requests.
func allowedShare(o *Threshold) (share float64, whole bool) {
	switch {
	case o.Quantile > 0:
		return 1 - o.Quantile, false
	case o.Metric == "error_rate" && o.Bound > 0:
		return o.Bound, false
	}
	return 0, true
}

// part returns the part of the step in which a time since the attack began lies.
func (l *look) part(at time.Duration) (int, bool) {
	if at < l.step.Settle || at >= l.step.Settle+l.step.Judged {
		return 0, false
	}
	return min(int(float64(at-l.step.Settle)/float64(l.step.Judged)*capacity.Blocks), capacity.Blocks-1), true
}

// sample notes a request that was due at a time since the attack began; clean is its service
// time without what unigate added to it. It reports whether the step can be ended, as far
// more misses came than the objective allows.
func (l *look) sample(due time.Duration, x *measure.Sample, clean time.Duration) (hopeless bool) {
	if l.service >= 0 && x.Service != l.service {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answers++
	if x.Status != 200 {
		l.failures++
	}
	l.unanswered = l.unanswered || x.Kind == wire.KindTimeout
	if k, ok := l.part(due + x.Latency); ok && !x.Cut {
		l.answered[k]++
	}
	if k, ok := l.part(due + x.Latency - x.ServiceTime); ok && !x.Cut {
		l.started[k]++
	}
	k, ok := l.part(due)
	if ok && x.Cut {
		l.aside++
	}
	if !ok || x.Cut {
		return false
	}
	b := &l.blocks[k]
	b.Requests++
	l.busy.Record(x.ServiceTime)
	l.clean.Record(clean)
	failed := x.Status != 200
	if failed {
		l.failed++
	}
	switch {
	case l.objective.Quantile > 0:
		l.latency(b, x, clean)
	case l.objective.Metric == "error_rate" && failed:
		b.Above[0]++
		l.missed++
		l.slow++
	}
	l.cut = l.cut || l.missed > l.hopeless
	return l.cut
}

// latency notes a request for an objective that bounds a percentile.
func (l *look) latency(b *capacity.Block, x *measure.Sample, clean time.Duration) {
	misses := func(d time.Duration, part float64) bool { return !l.objective.Holds(d.Seconds() * part) }
	for i := range b.Above {
		if misses(x.Latency, float64(int(1)<<i)) {
			b.Above[i]++
		}
	}
	if misses(x.Latency, 1) {
		l.missed++
	}
	if misses(clean, 1) {
		l.slow++
	}
}

// owed notes a request that was due and never left.
func (l *look) owed(due time.Duration, service int, reason string) {
	if l.service >= 0 && service != l.service {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.part(due); ok {
		l.unsent[reason]++
	}
}

// end notes why the step ends before its time, other than by being hopeless.
func (l *look) end(reason string, notBefore time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended == "" {
		l.ended = reason
	}
	if notBefore.After(l.notBefore) {
		l.notBefore = notBefore
	}
}

// spoil notes that an answer tells nothing about the target, and until when the target
// asked to wait.
func (l *look) spoil(reason string, notBefore time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.spoilt = cmp.Or(l.spoilt, reason)
	if notBefore.After(l.notBefore) {
		l.notBefore = notBefore
	}
}

// undecided reports whether answers that tell nothing about the target are all that
// decides what the step shows: it holds without them and does not with them as misses,
// or they ended it before its time.
func (l *look) undecided(holds, stopped bool) bool {
	share, whole := allowedShare(&l.objective)
	switch n := l.step.Rate * l.step.Judged.Seconds(); {
	case l.ended != "" || l.cut:
		return false
	case stopped || l.aside == 0:
		return stopped
	case whole:
		return l.objective.Metric == "error_rate" || l.objective.Metric == "rate" && !holds
	case l.objective.Metric == "error_rate":
		return holds && l.missed+l.aside > share*n
	default:
		return holds && (l.missed+l.aside > share*n || l.failed+l.aside > maxStepErrors*n)
	}
}

// total counts the judged requests, and those that were due and never left.
func (l *look) total() (judged, unsent float64) {
	for _, b := range l.blocks {
		judged += b.Requests
	}
	for _, n := range l.unsent {
		unsent += n
	}
	return judged, unsent
}

// filled returns the blocks; of a step that was cut short with the requests that were
// to come, which count as if they did not miss.
func (l *look) filled() []capacity.Block {
	blocks := l.blocks[:]
	if l.cut {
		planned := l.step.Rate * l.step.Judged.Seconds() / capacity.Blocks
		for i := range blocks {
			blocks[i].Requests = max(blocks[i].Requests, planned)
		}
	}
	return blocks
}

// mayBeOwn reports whether a step misses by no more than what kept unigate from running for
// that long may have brought about, without a trace in the requests.
func (l *look) mayBeOwn(hidden time.Duration) bool {
	switch {
	case hidden == 0 || l.theirs || l.grew > l.step.Rate*hidden.Seconds():
		return false
	case l.objective.Unit == objective.Time:
		return l.objective.HoldsWithout(l.clean, hidden)
	}
	return l.objective.Metric == "rate" && l.failed == 0
}

// fault says why the step misses whatever its latencies are, or "".
func (l *look) fault(f *objective.Figures, bad uint64) string {
	judged, unsent := l.total()
	growth, grows := capacity.Growth(l.started[:], l.answered[:])
	l.theirs = true
	switch {
	case bad > 0:
		return amount.Of(bad, "wrong token", "wrong tokens")
	case l.ended != "":
		return l.ended
	case l.unsent[measure.RetryAfter] > maxStepUnsent*(judged+unsent):
		return "the target asked to wait (Retry-After)"
	case l.objective.Metric != "error_rate" && l.failed > maxStepErrors*judged:
		return fmt.Sprintf("%.1f%% errors", 100*l.failed/judged)
	}
	l.theirs = false
	if grows && !l.cut {
		l.grew = growth
		return fmt.Sprintf("the target does not keep up: the backlog grew by %.0f requests in %v", growth, l.step.Judged.Round(time.Millisecond))
	}
	if _, whole := allowedShare(&l.objective); !whole {
		return ""
	}
	low, high, ok := l.objective.Value(f)
	if ok && (!l.objective.Holds(low) || !l.objective.Holds(high)) {
		return fmt.Sprintf("%s: %s", l.objective, l.objective.Judge(f).Value)
	}
	return ""
}
