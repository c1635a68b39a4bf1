package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/amount"
	"github.com/unigate/unigate/internal/objective"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/figures"
)

// isPart reports whether a record is of one of several generators of a plan.
func isPart(r *record.Run) bool { return r.Load != nil && r.Load.Part != nil }

// partName names a part as --shard does.
func partName(p *record.Part) string { return fmt.Sprintf("part %d/%d", p.Index, p.Of) }

// mergeParts puts the parts of one plan together: one load test, which is judged as if
// one generator had sent the plan. It returns an error for records that are not of one
// run; parts that are missing or repeated, or not whole, leave it open.
func mergeParts(runs []*record.Run) (*record.Run, error) {
	if err := oneRun(runs); err != nil {
		return nil, err
	}
	kept, whole := sortParts(runs)
	out := *kept[0]
	for _, r := range kept {
		if r.Started.Before(out.Started) {
			out.Started = r.Started
		}
		if r.Finished.After(out.Finished) {
			out.Finished = r.Finished
		}
	}
	l, err := addLoads(kept, func(i int) string { return partName(kept[i].Load.Part) })
	if err != nil {
		return nil, err
	}
	l.Whole = whole
	l.Whole.Parts = toldParts(kept)
	own := l.Totals.BadTokens
	tokens, err := compareTokens(kept, l)
	if err != nil {
		return nil, err
	}
	open := append(notWhole(kept, l), tokens...)
	l.Notes = append(l.Notes, partsNotes(kept, l)...)
	limit := ""
	if len(open) > 0 {
		limit = open[0]
	}
	l.Thresholds = mergedThresholds(loadsOf(kept), l, limit)
	if n := l.Totals.BadTokens - own; n > 0 {
		elsewhere(l, n)
	}
	out.Load, out.Verdict = l, partsVerdict(kept, l, open)
	return &out, nil
}

// loadsOf returns the load tests of records.
func loadsOf(runs []*record.Run) []*record.Load {
	out := make([]*record.Load, len(runs))
	for i, r := range runs {
		out[i] = r.Load
	}
	return out
}

// oneRun reports why records are not the parts of one run.
func oneRun(runs []*record.Run) error {
	first := runs[0].Load.Part
	for i, r := range runs {
		switch {
		case r.Load == nil || first == nil && r.Load.Part == nil:
			continue
		case r.Load.Part == nil || first == nil:
			return fmt.Errorf("of load tests 1 and %d only one is a part of a plan: a sum of both would count its plan twice", i+1)
		}
		p := r.Load.Part
		switch {
		case p.Of != first.Of:
			return fmt.Errorf("load tests 1 and %d are parts of different runs: one is %s, the other %s", i+1, partName(first), partName(p))
		case !p.StartAt.Equal(first.StartAt):
			return fmt.Errorf("load tests 1 and %d are parts of different runs, which were to start at %s and at %s", i+1, stamp(first.StartAt), stamp(p.StartAt))
		case p.Run != first.Run:
			return fmt.Errorf("load tests 1 and %d are parts of different runs, %s and %s: another plan, target, user or seed", i+1, first.Run, p.Run)
		case p.Index < 0 || p.Index >= p.Of || p.Of > maxParts:
			return fmt.Errorf("load test %d says that it is %s", i+1, partName(p))
		}
	}
	return nil
}

// maxParts bounds what a record can say, as load does.
const maxParts = 10_000

// sortParts returns the first record of each part, by index, and which are missing or
// repeated.
func sortParts(runs []*record.Run) ([]*record.Run, *record.Whole) {
	first := runs[0].Load.Part
	w := &record.Whole{Of: first.Of, Run: first.Run, StartAt: first.StartAt, Requests: first.Requests, ComparedShare: 1}
	kept := make([]*record.Run, first.Of)
	for _, r := range runs {
		i := r.Load.Part.Index
		if kept[i] == nil {
			kept[i] = r
		} else if !slices.Contains(w.Repeated, i) {
			w.Repeated = append(w.Repeated, i)
		}
	}
	for i, r := range kept {
		if r == nil {
			w.Missing = append(w.Missing, i)
		}
	}
	slices.Sort(w.Repeated)
	return slices.DeleteFunc(kept, func(r *record.Run) bool { return r == nil }), w
}

// notWhole says what keeps the parts from being the whole plan, most important first.
func notWhole(runs []*record.Run, l *record.Load) []string {
	var out []string
	if n := len(l.Whole.Missing); n > 0 {
		out = append(out, fmt.Sprintf("%s missing: the figures are of the other %d of %d", partList(l.Whole.Missing, l.Whole.Of), l.Whole.Of-n, l.Whole.Of))
	}
	if len(l.Whole.Repeated) > 0 {
		out = append(out, fmt.Sprintf("%s there more than once: the figures are of the first record of each, whatever the others sent", partList(l.Whole.Repeated, l.Whole.Of)))
	}
	for _, r := range runs {
		name := partName(r.Load.Part)
		if r.Verdict.State == record.VerdictInconclusive || r.Verdict.State == record.VerdictInterrupted {
			out = append(out, name+": "+strings.Join(unexplained(r), "; "))
		}
		for _, limit := range r.Load.Part.Limits {
			out = append(out, name+": "+limit)
		}
	}
	if n := l.Whole.Requests; l.Plan.Model == "open" && l.Totals.Planned < n {
		out = append(out, fmt.Sprintf("%s in no record, of %d", amount.Of(n-l.Totals.Planned, "request of the plan is", "requests of the plan are"), n))
	}
	if why := notTogether(runs, l); why != "" {
		out = append(out, why)
	}
	return out
}

// partList names parts: "part 2/4 is", "parts 1/4 and 2/4 are".
func partList(indices []int, of int) string {
	const shown = 8
	var names []string
	for _, i := range indices[:min(len(indices), shown)] {
		names = append(names, fmt.Sprintf("%d/%d", i, of))
	}
	switch n := len(indices); {
	case n == 1:
		return "part " + names[0] + " is"
	case n > shown:
		return fmt.Sprintf("parts %s and %d more are", strings.Join(names, ", "), n-shown)
	default:
		return "parts " + strings.Join(names[:n-1], ", ") + " and " + names[n-1] + " are"
	}
}

// How far apart the parts of a plan may begin, and clocks may be, before the load was
// another than the plan's: whichever is more.
const (
	maxApart      = time.Second
	maxClockApart = 5 * time.Second // answers say their time in whole seconds, and take some
	maxApartShare = 0.1             // of the plan's length
)

// begins returns when the plan of each part began, in seconds after the first one: by
// the common start and, where there was none, by the clocks, as far as those are known
// to differ by the target's. clocks are by how much each clock is behind the target's.
func begins(runs []*record.Run) (after, clocks []float64) {
	for _, r := range runs {
		p := r.Load.Part
		at := p.LateS
		if p.StartAt.IsZero() {
			at = r.Load.Began.Sub(runs[0].Load.Began).Seconds() + p.ClockOffsetS
		}
		if r.Load.Totals.Sent == 0 && len(after) > 0 { // it may not have begun at all
			at = after[0]
		}
		after, clocks = append(after, at), append(clocks, p.ClockOffsetS)
	}
	first := slices.Min(after)
	for i := range after {
		after[i] -= first
	}
	return after, clocks
}

// spread is the difference of the largest and the least.
func spread(of []float64) float64 { return slices.Max(of) - slices.Min(of) }

// notTogether says that the parts did not load the target together, or "".
func notTogether(runs []*record.Run, l *record.Load) string {
	after, clocks := begins(runs)
	far := maxApartShare * l.Plan.DurationS
	if d := spread(after); d > max(far, maxApart.Seconds()) {
		return fmt.Sprintf("the parts did not load the target together: they began %s apart", seconds(d))
	}
	if d := spread(clocks); !l.Whole.StartAt.IsZero() && d > max(far, maxClockApart.Seconds()) {
		return fmt.Sprintf("the parts did not load the target together: their clocks, by which they began, are about %s apart by the target's answers", seconds(d))
	}
	return ""
}

// told is what difference of the parts' beginnings is worth a note, in seconds.
const told = 0.05

// partsNotes tell what a reader of the whole must know of its parts.
func partsNotes(runs []*record.Run, l *record.Load) []string {
	w := l.Whole
	out := []string{fmt.Sprintf("one load test of %d parts (run %s); of the schedule lag and the shares of CPU the worst is shown", w.Of, w.Run)}
	after, clocks := begins(runs)
	if w.StartAt.IsZero() {
		out = append(out, fmt.Sprintf("the parts had no common start (--start-at): they began within %s, by their clocks", seconds(spread(after))))
	}
	for i, r := range runs {
		if after[i] > told && !w.StartAt.IsZero() {
			out = append(out, fmt.Sprintf("%s began %s after the first one; the series is aligned by the common start", partName(r.Load.Part), seconds(after[i])))
		}
		if off := clocks[i] - median(clocks); math.Abs(off) >= 1 {
			way := map[bool]string{true: "behind", false: "ahead of"}[off > 0]
			out = append(out, fmt.Sprintf("the clock of %s is about %s %s the others', by the target's answers; the series is aligned by the common start", partName(r.Load.Part), seconds(math.Abs(off)), way))
		}
	}
	for _, r := range runs {
		// That the clock of the record is off shows in when it says that the plan began.
		if off := recordOffset(r); math.Abs(off) > told && math.Abs(off-r.Load.Part.LateS) > told {
			out = append(out, fmt.Sprintf("%s says that its plan began %s %s the common start: its clock was set meanwhile, and the series is aligned by the start", partName(r.Load.Part),
				seconds(math.Abs(off)), map[bool]string{true: "after", false: "before"}[off > 0]))
		}
	}
	if w.ComparedShare < 1 {
		out = append(out, fmt.Sprintf("of the tokens %.3g %% were compared between the parts, as each keeps hashes of %d: one that came to two parts is found with that chance",
			100*w.ComparedShare, mostKept(runs)))
	}
	return out
}

// toldParts are the parts of the whole.
func toldParts(runs []*record.Run) []record.WholePart {
	after, clocks := begins(runs)
	var out []record.WholePart
	for i, r := range runs {
		out = append(out, record.WholePart{Index: r.Load.Part.Index, State: r.Verdict.State, Planned: r.Load.Totals.Planned, Sent: r.Load.Totals.Sent,
			BeganAfterS: after[i], ClockBehindS: clocks[i] - median(clocks)})
	}
	return out
}

// recordOffset returns by how much later than the common start, in seconds, a part's
// plan began by the stamp of its record; 0 where there is none.
func recordOffset(r *record.Run) float64 {
	p := r.Load.Part
	if p.StartAt.IsZero() || r.Load.Began.IsZero() || r.Load.Totals.Sent == 0 {
		return 0
	}
	planned := p.StartAt
	if warm := r.Load.Plan.WarmupS; warm > 0 {
		planned = planned.Add(time.Duration(warm*float64(time.Second)) + record.PartSettle)
	}
	return r.Load.Began.Sub(planned).Seconds()
}

// median returns the middle one.
func median(of []float64) float64 {
	sorted := slices.Sorted(slices.Values(of))
	return sorted[len(sorted)/2]
}

// mostKept returns the most hashes that a part kept.
func mostKept(runs []*record.Run) int {
	n := 0
	for _, r := range runs {
		if h := r.Load.Part.Hashes; h != nil {
			n = max(n, h.Kept)
		}
	}
	return n
}

// partsVerdict judges the whole. open says what keeps the parts from being it.
func partsVerdict(runs []*record.Run, l *record.Load, open []string) record.Verdict {
	out := record.Verdict{State: record.VerdictPass, Reasons: []string{}}
	add := func(state record.VerdictState, reason string) {
		out = worstVerdict(out, record.Verdict{State: state, Reasons: []string{reason}})
	}
	interrupted := 0
	for _, r := range runs {
		switch r.Verdict.State {
		case record.VerdictFail:
			add(record.VerdictFail, partName(r.Load.Part)+": "+cmp.Or(strings.Join(r.Verdict.Reasons, "; "), "it gave no reason"))
		case record.VerdictInterrupted:
			interrupted++
		}
	}
	judged := judgeMerged(l)
	for _, reason := range judged.failed {
		add(record.VerdictFail, reason)
	}
	for _, reason := range open {
		add(record.VerdictInconclusive, reason)
	}
	for _, reason := range judged.open {
		if !slices.ContainsFunc(open, func(o string) bool { return strings.HasSuffix(reason, ": "+o) }) { // said already
			add(record.VerdictInconclusive, reason)
		}
	}
	if interrupted == len(runs) && out.State != record.VerdictFail {
		out.State, out.Exit = record.VerdictInterrupted, verdictExits[record.VerdictInterrupted]
	}
	return out
}

// outcome is what a merged load test shows.
type outcome struct{ failed, open []string }

// judgeMerged collects what the figures of merged load tests show.
func judgeMerged(l *record.Load) outcome {
	var out outcome
	if l.Generator.Saturated {
		out.open = append(out.open, "a load generator was the limit, not the target: "+strings.Join(l.Generator.Reasons, "; "))
	}
	for _, t := range l.Thresholds {
		switch t.State {
		case record.ThresholdFail:
			out.failed = append(out.failed, t.Crossed())
		case record.ThresholdInconclusive:
			out.open = append(out.open, fmt.Sprintf("threshold %s: %s", t.Expression, t.Reason))
		}
	}
	if f, err := figures.Of(l, objective.All); err == nil && l.Stopped == "" && f.TooOpen() {
		plan := "plan"
		if l.Whole == nil {
			plan = "plans"
		}
		out.open = append(out.open, fmt.Sprintf("%.1f %% of the %s was %s", 100*f.OpenShare(), plan, f.WhyOpen()))
	}
	return out
}
