package steps

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/unigate/unigate/features"
	"github.com/unigate/unigate/internal/unifier"
)

// Tags of scenarios that run only where the tag expression names them: load
// tests, and scenarios that wait for minutes.
const (
	loadTag = "@load"
	slowTag = "@slow"
	// lastTag is on scenarios that look at the whole run: they run after all others.
	lastTag = "@last"
	// endTag is on scenarios that call the target once more at the end of the run,
	// after everything that could spoil something.
	endTag = "@end"
	// earlyPhase is of scenarios that run before all others, roundsPhase of those that
	// fetch and use tokens round after round: they come next.
	earlyPhase, roundsPhase = "early", "rounds"
	// wrongPhase is of scenarios that try wrong passwords, or right ones under a wrong scheme.
	wrongPhase = "wrong"
)

// Selection is a set of scenarios in the order in which they were written.
type Selection struct {
	Scenarios []*Scenario
	Register  *features.Register
	corpus    *corpus
}

// Select returns the scenarios that the options ask for. Its error wraps
// ErrUsage: the expression is wrong, an id is unknown, or nothing matches.
func Select(o Options) (*Selection, error) { return selectFrom(o, vocabulary()) }

// selectFrom is Select for scenarios in the given words.
func selectFrom(o Options, words *lexicon) (*Selection, error) {
	c, err := newCorpus(o.Own, o.OwnOnly)
	if err != nil {
		return nil, misuse("the feature files are written in Gherkin; see docs/conformance.md", "%v", err)
	}
	if err := checkOwn(c, words); err != nil {
		return nil, err
	}
	expression, err := parseTags(o.Tags)
	if err != nil {
		return nil, misuse("a tag expression is such as '@LOGIN-09 or (@OAUTH-03 and not @slow)'", "%v", err)
	}
	wanted, err := wantedIDs(o.Requirements, c.register)
	if err == nil {
		err = cmp.Or(expression.known(c), o.elsewhere(wanted, c.register), o.elsewhere(expression.ids(c.register), c.register))
	}
	if err != nil {
		return nil, err
	}
	s := &Selection{Register: c.register, corpus: c}
	for _, scenario := range c.scenarios() {
		tags := map[string]bool{}
		for _, t := range scenario.Tags {
			tags[t] = true
		}
		holds := func(edition string) bool { return scenario.holdsIn(edition, c.register) }
		if optIn(tags, expression) && expression.matches(tags) && scenario.isAbout(wanted) && slices.ContainsFunc(o.possible(), holds) {
			s.Scenarios = append(s.Scenarios, scenario)
		}
	}
	if len(s.Scenarios) == 0 {
		return nil, misuse("unigate verify --list shows what there is", "no scenario is selected")
	}
	return s, nil
}

// elsewhere finds an id that was asked for and that the edition does not have:
// passed over, it would seem checked.
func (o *Options) elsewhere(wanted map[string]bool, register *features.Register) error {
	for _, id := range slices.Sorted(maps.Keys(wanted)) {
		q, _ := register.Find(id)
		if slices.ContainsFunc(o.possible(), q.In) {
			continue
		}
		have := slices.DeleteFunc(unifier.Editions(), func(e string) bool { return !q.In(e) })
		return misuse("it is one of "+strings.Join(have, ", ")+"; target.edition or --edition chooses",
			"%s is no requirement of edition %s", id, strings.Join(o.possible(), " or "))
	}
	return nil
}

// optIn reports whether a scenario with these tags may run at all: @load and
// @slow must be named by the expression.
func optIn(tags map[string]bool, e *tagExpression) bool {
	return (!tags[loadTag] || e.tags[loadTag]) && (!tags[slowTag] || e.tags[slowTag])
}

// wantedIDs checks the asked ids against the register.
func wantedIDs(ids []string, register *features.Register) (map[string]bool, error) {
	wanted := map[string]bool{}
	for _, id := range ids {
		id = requirementID(id)
		if _, ok := register.Find(id); !ok {
			return nil, misuse("unigate spec lists the requirements", "no requirement is named %q", id)
		}
		wanted[id] = true
	}
	return wanted, nil
}

// requirementID is the id that somebody wrote, who may have meant the tag or used small letters.
func requirementID(s string) string {
	return strings.ToUpper(strings.TrimPrefix(strings.TrimSpace(s), "@"))
}

// notOfEdition are the requirements that were asked for and that the edition which the
// target turned out to follow does not have.
func (r *run) notOfEdition() []string {
	var ids []string
	for _, raw := range r.o.Requirements {
		id := requirementID(raw)
		if q, ok := r.selection.Register.Find(id); ok && !q.In(r.o.Edition.ID) && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// askedInVain says which requirements were asked for and are no part of the run.
func (r *run) askedInVain() []string {
	ids := r.notOfEdition()
	if len(ids) == 0 {
		return nil
	}
	return []string{"asked for, and no part of the run, for the target has no service that it is about: " + strings.Join(ids, ", ")}
}

// isAbout reports whether the scenario has one of the ids; always, if none is given.
func (s *Scenario) isAbout(ids map[string]bool) bool {
	for _, id := range s.Requirements {
		if ids[id] {
			return true
		}
	}
	return len(ids) == 0
}

// holdsIn reports whether the edition has one of the scenario's requirements,
// or the scenario has none.
func (s *Scenario) holdsIn(edition string, register *features.Register) bool {
	for _, service := range unifier.Services() {
		if !s.Own && !service.In(edition) && s.isOf(service, register) {
			return false
		}
	}
	for _, id := range s.Requirements {
		if q, ok := register.Find(id); ok && q.In(edition) {
			return true
		}
	}
	return len(s.Requirements) == 0
}

// isOf reports whether a scenario is about one service alone, or names it in a step.
func (s *Scenario) isOf(service unifier.Service, register *features.Register) bool {
	for _, id := range s.Requirements {
		if q, _ := register.Find(id); q.Service == string(service) {
			return true
		}
	}
	return s.names(service)
}

// possible are the editions that a target may turn out to follow: the chosen one, or
// where nobody chose one also the first that has services which the other has not.
func (o *Options) possible() []string {
	ids := []string{o.Edition.ID}
	for _, s := range unifier.Services() {
		if o.EditionOpen && !s.In(o.Edition.ID) && !s.Optional() {
			ids = append(ids, s.Editions()[0])
		}
	}
	return ids
}

// hasStep reports whether the scenario has a step with just that text.
func (s *Scenario) hasStep(text string) bool {
	for _, step := range s.Steps {
		if step.Text == text {
			return true
		}
	}
	return false
}

// has reports whether the scenario has the tag.
func (s *Scenario) has(tag string) bool {
	for _, t := range s.Tags {
		if t == tag {
			return true
		}
	}
	return false
}

// phase says when the scenario runs: it is a tag, the phase of one of its steps, or empty for most.
func (s *Scenario) phase() string {
	for _, tag := range []string{lastTag, endTag} {
		if s.has(tag) {
			return tag
		}
	}
	phase := ""
	for _, step := range s.Steps {
		for _, d := range vocabulary().match(step.Text).found {
			switch {
			case d.phase == earlyPhase:
				return earlyPhase
			case d.wrong:
				return wrongPhase
			case d.phase != "":
				phase = d.phase
			}
		}
	}
	return phase
}

// services says which of the services the scenarios need: those that their
// requirements are about, those that their steps name, and the first one, so that a
// run sees whether anybody gets in.
func (s *Selection) services(all []unifier.Service, edition string) map[unifier.Service]bool {
	needed := map[unifier.Service]bool{}
	for i, service := range all {
		needed[service] = i == 0 || slices.ContainsFunc(s.Scenarios, func(sc *Scenario) bool { return s.needs(sc, service, edition) })
	}
	return needed
}

// needs reports whether a scenario needs a service. One of no requirement may need any.
func (s *Selection) needs(scenario *Scenario, service unifier.Service, edition string) bool {
	for _, id := range scenario.Requirements {
		if q, _ := s.Register.Find(id); q.Service == string(service) {
			return true
		}
	}
	for _, t := range service.Users() {
		about := func(step ScenarioStep) bool { return strings.Contains(step.Text, typeWords[t]+" user") }
		if slices.ContainsFunc(scenario.Steps, about) && scenario.serviceFor(vocabulary(), t, s.Register, edition) == service {
			return true
		}
	}
	return len(scenario.Requirements) == 0 || scenario.names(service)
}

// serviceFor is the service that the scenario's steps mean for users of a type: the first
// that one of them names, where they name none the one that its requirements are about,
// or else the first that an edition has for such users. Users that get tokens nowhere
// have the first of all.
func (s *Scenario) serviceFor(words *lexicon, t unifier.UserType, register *features.Register, edition string) unifier.Service {
	for _, service := range unifier.Services() {
		if service.Token(t) != unifier.NoToken && service.In(edition) && s.namesIn(words, service) {
			return service
		}
	}
	for _, id := range s.Requirements {
		q, _ := register.Find(id)
		if about, ok := unifier.ServiceByID(q.Service); ok && about.Token(t) != unifier.NoToken {
			return about
		}
	}
	if of := unifier.ServicesOf(t, edition); len(of) > 0 {
		return of[0]
	}
	return unifier.Services()[0]
}

// names reports whether a step of the scenario names a service.
func (s *Scenario) names(service unifier.Service) bool { return s.namesIn(vocabulary(), service) }

// namesIn is names in the given words.
func (s *Scenario) namesIn(words *lexicon, service unifier.Service) bool {
	for _, step := range s.Steps {
		m := words.match(step.Text)
		if len(m.found) > 0 && slices.ContainsFunc(m.args, func(arg string) bool { named, ok := unifier.ServiceByWords(arg); return ok && named == service }) {
			return true
		}
	}
	return false
}
