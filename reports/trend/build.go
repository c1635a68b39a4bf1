package trend

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/unigate/unigate/internal/printable"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/compare"
)

// Bounds of what is kept, whatever the records hold.
const (
	maxText         = 200 // characters of a text of a record
	maxWhy          = 600 // characters of why a load test stands apart
	maxTargets      = 8   // targets whose last behaviour is kept
	maxIDs          = 200 // requirement ids of one run
	maxRequirements = 2000
	maxBreaking     = 50 // breaking changes between two neighbours
	maxBreakingAll  = 2000
)

// builder adds records up.
type builder struct {
	o Options
	r Result
	// elected are the groups of load tests and of searches that are drawn.
	elected map[loadKind][sha256.Size]byte
	// models are the first of each kind that is drawn, to which the others are held.
	models  map[loadKind]*record.Load
	targets map[loadKind]string
	// before is the last run of each target whose behaviour is known, the latest last.
	before []neighbour
	// requirements are by target and id.
	requirements map[string]*Requirement
	cut          bool // requirements or changes were left out
}

// neighbour is what is kept of a run for the comparison with the next one.
type neighbour struct {
	target string
	n      int
	run    *record.Run
}

// newBuilder makes a builder.
func newBuilder(found *findings, o Options) *builder {
	b := &builder{o: o, elected: map[loadKind][sha256.Size]byte{}, models: map[loadKind]*record.Load{}, targets: map[loadKind]string{}, requirements: map[string]*Requirement{}}
	b.r = Result{Schema: Schema, Notes: found.notes(), Runs: []Run{}, Breaking: []Breaking{}, Requirements: []Requirement{}, Editions: []Edition{}, Apart: found.apart}
	if b.r.Apart == nil {
		b.r.Apart = []Apart{}
	}
	for i := range b.r.Apart {
		b.r.Apart[i].File, b.r.Apart[i].Why = b.text(b.r.Apart[i].File), b.text(b.r.Apart[i].Why)
	}
	for i, note := range b.r.Notes {
		b.r.Notes[i] = b.redact(note)
	}
	b.elect(found.files)
	return b
}

// elect picks the largest group of load tests, and of searches, that can be compared;
// of two as large the later one.
func (b *builder) elect(files []file) {
	type group struct {
		kind loadKind
		plan [sha256.Size]byte
	}
	size := map[group]int{}
	for _, f := range files {
		if f.kind != noLoad {
			size[group{f.kind, f.plan}]++
		}
	}
	for _, f := range files {
		if f.kind == noLoad {
			continue
		}
		best, is := b.elected[f.kind]
		if !is || size[group{f.kind, f.plan}] >= size[group{f.kind, best}] {
			b.elected[f.kind] = f.plan
		}
	}
}

// redact redacts a text.
func (b *builder) redact(s string) string {
	if b.o.Text == nil {
		return s
	}
	return b.o.Text(s)
}

// text redacts, cleans and cuts a text, in this order.
func (b *builder) text(s string) string { return printable.Line(b.redact(s), maxText) }

// add reads one record and keeps what is drawn of it.
func (b *builder) add(ctx context.Context, f file) error {
	run, err := b.o.Read(ctx, f.path)
	switch {
	case err != nil && (f.named || ctx.Err() != nil):
		return err
	case err != nil:
		b.r.Apart = append(b.r.Apart, Apart{File: b.text(f.path), Why: b.text(strings.TrimPrefix(err.Error(), f.path+": "))})
		return nil
	}
	n := len(b.r.Runs) + 1
	p := b.point(n, f.path, run)
	if c := run.Conformance; c != nil {
		b.conformance(&p, c, run.Target)
	}
	if run.Load != nil {
		b.load(&p, f, run.Load)
	}
	if run.Behaviour != nil {
		b.neighbours(&p, run)
	}
	if p.Apart != "" {
		b.r.Apart = append(b.r.Apart, Apart{N: n, File: p.File, Why: p.Apart})
	}
	b.r.Runs = append(b.r.Runs, p)
	return nil
}

// point is what is said of every run.
func (b *builder) point(n int, path string, run *record.Run) Run {
	p := Run{N: n, File: b.text(path), Command: b.text(run.Command), Started: run.Started.UTC(), Tool: b.text(run.Tool.Version),
		Target:  record.Target{BaseURL: b.text(run.Target.BaseURL), Edition: b.text(run.Target.Edition), Release: b.text(run.Target.Release), Embedded: run.Target.Embedded},
		Verdict: run.Verdict.State, Exit: run.Verdict.Exit}
	if !slices.Contains([]record.VerdictState{record.VerdictPass, record.VerdictFail, record.VerdictInconclusive, record.VerdictInterrupted}, p.Verdict) {
		p.Verdict = record.VerdictInconclusive // an unknown one is no green
	}
	if len(run.Verdict.Reasons) > 0 {
		p.Reason = b.text(run.Verdict.Reasons[0])
	}
	if l := run.Load; l != nil && l.Part != nil && p.Verdict == record.VerdictPass { // it is whole, and the target not judged
		p.Verdict, p.Exit, p.Reason = record.VerdictInconclusive, 3, "a part of a plan judges nothing: put all parts together with unigate report"
	}
	return p
}

// conformance counts the requirements by state, and notes those that are not met.
func (b *builder) conformance(p *Run, c *record.Conformance, target record.Target) {
	p.Requirements = &record.Summary{}
	for _, r := range c.Requirements {
		p.Requirements.Add(r.State)
		id := b.text(r.ID)
		if r.State.Worse(record.Warning) {
			if len(p.NotMet) == maxIDs {
				b.cut = true
			} else {
				p.NotMet = append(p.NotMet, id)
			}
		}
		b.requirement(p.N, id, r, targetOf(target))
	}
}

// requirement notes the state of one requirement in a run.
func (b *builder) requirement(n int, id string, r record.Requirement, target string) {
	key := target + "\x00" + id
	q := b.requirements[key]
	if q == nil {
		if len(b.requirements) == maxRequirements {
			b.cut = true
			return
		}
		q = &Requirement{ID: id, Level: r.Level, Title: b.text(r.Title), First: n, Since: n, State: r.State, Target: b.text(target)}
		b.requirements[key] = q
	}
	q.Runs++
	if q.State != r.State {
		q.Before, q.State, q.Since = q.State, r.State, n
	}
	switch {
	case r.State.Worse(record.Warning):
		q.NotMet++
		q.Reason = b.text(r.Reason)
	case r.State == record.Warning:
		q.Warned++
		q.Reason = b.text(r.Reason)
	}
}

// neighbours says what broke since the run before of the same target.
func (b *builder) neighbours(p *Run, run *record.Run) {
	now := neighbour{targetOf(run.Target), p.N, &record.Run{Started: run.Started, Finished: run.Finished, Target: run.Target, Behaviour: run.Behaviour}}
	i := slices.IndexFunc(b.before, func(o neighbour) bool { return o.target == now.target })
	if i >= 0 {
		b.compare(p, b.before[i], now)
		b.before = slices.Delete(b.before, i, i+1)
	}
	if b.before = append(b.before, now); len(b.before) > maxTargets {
		b.before = slices.Delete(b.before, 0, 1)
	}
}

// compare adds the breaking changes between two neighbours.
func (b *builder) compare(p *Run, old, now neighbour) {
	var documented map[string][]string
	if b.o.Documented != nil {
		d, err := b.o.Documented(now.run.Target.Edition)
		if err == nil { // an edition that this unigate does not know documents nothing
			documented = d
		}
	}
	r, err := compare.Compare(old.run, now.run, compare.Options{Documented: documented})
	if err != nil {
		return // two behaviours can be compared
	}
	p.Neighbour = old.n
	for _, g := range r.Behaviour.By(compare.Breaking) {
		p.Breaking++
		if p.Breaking > maxBreaking || len(b.r.Breaking) >= maxBreakingAll {
			b.cut = true
			continue
		}
		b.r.Breaking = append(b.r.Breaking, Breaking{From: old.n, To: now.n, Rule: g.Rule, Sentence: b.text(g.Sentence), Reason: g.Reason, Source: g.Source})
	}
}

// result sums up.
func (b *builder) result() *Result {
	r := &b.r
	for _, key := range slices.Sorted(maps.Keys(b.requirements)) {
		if q := b.requirements[key]; q.NotMet > 0 || q.Warned > 0 {
			r.Requirements = append(r.Requirements, *q)
		}
	}
	slices.SortStableFunc(r.Requirements, func(x, y Requirement) int {
		return cmp.Or(worse(x.State, y.State), cmp.Compare(y.NotMet, x.NotMet), cmp.Compare(x.ID, y.ID))
	})
	r.Editions = editions(r.Runs)
	b.notes()
	r.Verdict = r.verdict()
	return r
}

// worse orders states, the worst first.
func worse(a, b record.State) int {
	switch {
	case a.Worse(b):
		return -1
	case b.Worse(a):
		return 1
	}
	return 0
}

// notes says what a reader must know before anything else.
func (b *builder) notes() {
	r := &b.r
	targets := map[string]int{}
	var order []string
	for _, run := range r.Runs {
		t := targetOf(run.Target)
		if targets[t] == 0 {
			order = append(order, t)
		}
		targets[t]++
	}
	if len(order) > 1 {
		var parts []string
		for _, t := range order[:min(len(order), maxNamed)] {
			parts = append(parts, fmt.Sprintf("%s (%d)", t, targets[t]))
		}
		if n := len(order) - len(parts); n > 0 {
			parts = append(parts, fmt.Sprintf("and %d more", n))
		}
		r.Notes = append(r.Notes, fmt.Sprintf("the records are of %d targets: %s; neighbours are of the same target", len(order), strings.Join(parts, ", ")))
	}
	if len(order) > maxTargets {
		r.Notes = append(r.Notes, fmt.Sprintf("of more than %d targets at a time neighbours are not compared", maxTargets))
	}
	if i := slices.IndexFunc(r.Runs, func(run Run) bool { return run.Started.IsZero() }); i >= 0 {
		r.Notes = append(r.Notes, r.Runs[i].File+" does not say when its run started, and stands first")
	}
	if b.cut {
		r.Notes = append(r.Notes, "some records name so many requirements or changes that not all are kept here")
	}
	for i := range r.Apart {
		if r.Apart[i].N == 0 {
			r.Notes = append(r.Notes, "some records could not be read; they stand apart, with the reasons")
			break
		}
	}
}

// editions sums the runs up by edition and release, in the order of their first runs.
func editions(runs []Run) []Edition {
	out := []Edition{}
	for i := range runs {
		run := &runs[i]
		k := slices.IndexFunc(out, func(e Edition) bool { return e.Edition == run.Target.Edition && e.Release == run.Target.Release })
		if k < 0 {
			out = append(out, Edition{Edition: run.Target.Edition, Release: run.Target.Release})
			k = len(out) - 1
		}
		out[k].add(run)
	}
	return out
}

// add adds a run.
func (e *Edition) add(run *Run) {
	e.Runs++
	switch run.Verdict {
	case record.VerdictPass:
		e.Pass++
	case record.VerdictFail:
		e.Fail++
	default:
		e.Inconclusive++
	}
	for _, id := range run.NotMet {
		if !slices.Contains(e.NotMet, id) && len(e.NotMet) < maxIDs {
			e.NotMet = append(e.NotMet, id)
		}
	}
	if run.Apart != "" {
		return
	}
	span := func(low, high *float64, v float64) {
		if *high = max(*high, v); *low == 0 || v < *low {
			*low = v
		}
	}
	if run.Load != nil {
		span(&e.LowP99S, &e.HighP99S, run.Load.P99.Value)
	}
	if run.Capacity != nil && run.Capacity.Found {
		span(&e.LowPerS, &e.HighPerS, run.Capacity.Rate.Value)
	}
}
