package steps

import (
	"slices"
	"strings"

	"github.com/unigate/unigate/features"
)

// Coverage is what is checked of one requirement.
type Coverage struct {
	Requirement features.Requirement
	Scenarios   []CoveredScenario
}

// CoveredScenario is a scenario about a requirement.
type CoveredScenario struct {
	ID   string
	Name string
	// OptIn is the tag that the tag expression must name, such as @slow; empty for most.
	OptIn string
	// Missing says what the configuration lacks for it; empty if nothing.
	Missing string
	// NotAsked says that it only widens a check, and that the configuration has no
	// user for it.
	NotAsked bool
}

// Cover says for every requirement of the edition which scenarios check it, and
// what the options lack for them. It sends nothing, so it can't know what only
// the target shows, such as whether login takes the parameter expiry.
func Cover(o Options) ([]Coverage, error) {
	c, err := newCorpus(o.Own, o.OwnOnly)
	if err != nil {
		return nil, misuse("the feature files are written in Gherkin; see docs/conformance.md", "%v", err)
	}
	words, all := vocabulary(), c.scenarios()
	plan := planWrongPasswords(o, all, words)
	of := map[string][]CoveredScenario{} // by requirement
	for _, s := range all {
		if len(s.Requirements) == 0 || !s.holdsIn(o.Edition.ID, c.register) {
			continue
		}
		covered := CoveredScenario{
			ID: s.ID, Name: s.Name, OptIn: s.optInTag(), Missing: lacks(&o, s, words, plan), NotAsked: notAsked(&o, s, words) != "",
		}
		for i, id := range s.Requirements {
			if !slices.Contains(s.Requirements[:i], id) {
				of[id] = append(of[id], covered)
			}
		}
	}
	var list []Coverage
	for _, q := range c.register.Requirements {
		if q.In(o.Edition.ID) {
			list = append(list, Coverage{Requirement: q, Scenarios: of[q.ID]})
		}
	}
	return list, nil
}

// optInTag is the tag that must be named for the scenario to run.
func (s *Scenario) optInTag() string {
	for _, t := range []string{loadTag, slowTag} {
		if s.has(t) {
			return t
		}
	}
	return ""
}

// lacks says what the options lack for a scenario.
func lacks(o *Options, s *Scenario, words *lexicon, plan map[string]string) string {
	for _, step := range s.Steps {
		m := words.match(step.Text)
		for _, d := range m.found {
			if d.needs == nil {
				continue
			}
			if reason := d.needs(o, m.args); reason != "" {
				return reason
			}
		}
	}
	service, miss := wrongPasswordOf(s, words)
	key := s.ID
	if miss == sharedMiss {
		key = sharedWrongKey(service)
	}
	if miss != "" && plan[key] == "" {
		return noSpender(service, o)
	}
	return ""
}

// Checked counts the scenarios that can run and those that a run asks for: all but
// what is opt-in, and what only widens a check and has no user.
func (c *Coverage) Checked() (can, all int) {
	for _, s := range c.Scenarios {
		if s.OptIn != "" || s.NotAsked {
			continue
		}
		all++
		if s.Missing == "" {
			can++
		}
	}
	return can, all
}

// Missing joins what the configuration lacks for what a run asks for, each reason once.
func (c *Coverage) Missing() string {
	_, all := c.Checked()
	var reasons []string
	for _, s := range c.Scenarios {
		if s.Missing != "" && (all == 0 || !s.NotAsked) && !slices.Contains(reasons, s.Missing) {
			reasons = append(reasons, s.Missing)
		}
	}
	return strings.Join(broadest(reasons), "; ")
}
