package steps

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// definition is one step of the vocabulary.
type definition struct {
	// pattern matches the step's text from its beginning to its end.
	pattern string
	// says is the step as documentation shows it, with <placeholders>; what explains it.
	says, what string
	topic      string
	// needs says why the step cannot be run with the options; empty if it can.
	needs func(o *Options, args []string) string
	run   func(ctx context.Context, w *World, args []string) error
	// wrong marks a step that sends a wrong password for a real user.
	wrong bool
	// alone marks a step that needs the scenario's users for itself.
	alone bool
	// phase is when scenarios with the step run, where they are not tagged: earlyPhase for
	// a step that takes what was fetched before, or that must not spoil it, and so runs
	// before others can have asked for something that lasts less; roundsPhase; empty for most.
	phase string
	// user is the place, from 1, of the argument that names a kind of users; 0 for none.
	user int
	// resource marks a step that calls target.resource.
	resource bool
	// plans marks a step of load tests that only prepares one.
	plans bool

	expr *regexp.Regexp
}

// vocabulary returns every step definition; compiled once.
var vocabulary = sync.OnceValue(func() *lexicon {
	var all []*definition
	for _, list := range [][]definition{givenSteps(), loginSteps(), resourceSteps(), answerSteps(), steadySteps(), refusalSteps(), sweepSteps(), hygieneSteps(), loadSteps()} {
		for _, d := range list {
			d.expr = regexp.MustCompile("^" + d.pattern + "$")
			all = append(all, &d)
		}
	}
	return &lexicon{definitions: all}
})

// lexicon is a set of step definitions that does not change.
type lexicon struct {
	definitions []*definition
	// matches remembers what matches the texts of steps: the scenarios of one process
	// have some hundred different ones, and each is looked up many times in a run.
	matches sync.Map
}

// match is what matches a step's text: the definitions, and what the last one catches.
type match struct {
	found []*definition
	args  []string
}

// match finds the definitions of a text.
func (l *lexicon) match(text string) match {
	if m, ok := l.matches.Load(text); ok {
		return m.(match)
	}
	var m match
	for _, d := range l.definitions {
		if caught := d.expr.FindStringSubmatch(text); caught != nil {
			m.found = append(m.found, d)
			m.args = caught[1:]
		}
	}
	l.matches.Store(text, m)
	return m
}

// anyOf reports whether a scenario has a step of a kind of definitions.
func (l *lexicon) anyOf(s *Scenario, kind func(*definition) bool) bool {
	return slices.ContainsFunc(s.Steps, func(step ScenarioStep) bool { return slices.ContainsFunc(l.match(step.Text).found, kind) })
}

// call runs the step, unless something says that it cannot be checked.
func (d *definition) call(ctx context.Context, w *World, args []string) error {
	switch {
	case w.passed:
		return skip("not selected")
	case w.run.interrupted():
		return skip("interrupted")
	}
	if reason := w.run.stopped.Load(); reason != nil {
		return skip("%s", *reason)
	}
	if reason := w.run.lacksService(w.scenario); reason != "" {
		return skip("%s", reason)
	}
	if d.needs != nil {
		if reason := d.needs(&w.run.o, args); reason != "" {
			return skip("%s", reason)
		}
	}
	if d.resource {
		if reason := w.run.anyUsable(); reason != "" {
			return skip("%s", reason)
		}
	}
	return d.run(ctx, w, args)
}

// alone reports whether a scenario has a step that needs its users for itself.
func (r *run) alone(s *Scenario) bool {
	return r.vocabulary.anyOf(s, func(d *definition) bool { return d.alone })
}

// Word is one entry of the vocabulary, for documentation.
type Word struct{ Topic, Says, What string }

// Vocabulary lists the steps that scenarios may use, by topic.
func Vocabulary() []Word {
	var words []Word
	for _, d := range vocabulary().definitions {
		words = append(words, Word{d.topic, d.says, d.what})
	}
	for _, t := range traits() {
		words = append(words, Word{"Users", t.says, t.what})
	}
	return words
}

// expand resolves {blank}, {tab}, {nothing} and {default} in a step's text.
func (w *World) expand(s string) string {
	return strings.NewReplacer("{blank}", " ", "{tab}", "\t", "{nothing}", "", "{default}", strconv.Itoa(w.run.defaultSeconds())).Replace(s)
}
