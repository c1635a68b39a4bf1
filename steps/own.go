package steps

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	gherkin "github.com/cucumber/gherkin/go/v26"
	messages "github.com/cucumber/messages/go/v21"
)

// checkOwn refuses scenarios of the user's that look like checks and are none:
// those whose steps nobody knows, those that no step can ever fail for what the
// target did, and those tagged for a requirement that does not exist, which would
// count for nothing.
func checkOwn(c *corpus, words *lexicon) error {
	like := requirementLike(c)
	if err := checkWords(c, words); err != nil {
		return err
	}
	for _, s := range c.scenarios() {
		if !s.Own {
			continue
		}
		for _, tag := range s.Tags {
			id := strings.TrimPrefix(tag, "@")
			if _, ok := c.register.Find(id); !ok && like.MatchString(id) {
				return misuse("unigate spec lists the requirements; tags are in capital letters", "%s: scenario %q: no requirement is named %q", s.ID, s.Name, id)
			}
		}
		if !s.judges(words) {
			return misuse("a Then step says what must be so; docs/conformance.md lists the vocabulary",
				"%s: scenario %q has no step that judges anything, so it could never fail", s.ID, s.Name)
		}
	}
	return nil
}

// maxMistakes bounds how many steps that nobody knows are named.
const maxMistakes = 5

// checkWords finds steps that match no definition, or several, and what stands below
// steps that take nothing, before anything is sent.
func checkWords(c *corpus, words *lexicon) error {
	var wrong []string
	hint, seen := "", map[string]bool{}
	for _, s := range c.scenarios() {
		for _, step := range s.Steps {
			what := step.mistake(words)
			place := fmt.Sprintf("%s:%d", s.File, step.Line)
			if !s.Own || what == "" || seen[place+what] { // rows of an outline share their steps
				continue
			}
			seen[place+what] = true
			if wrong = append(wrong, place+": "+what); hint == "" {
				hint = nearestStep(step, words.definitions)
			}
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	if more := len(wrong) - maxMistakes; more > 0 {
		wrong = append(wrong[:maxMistakes], fmt.Sprintf("and %d more", more))
	}
	return misuse(hint+"docs/conformance.md lists the vocabulary", "%s", strings.Join(wrong, "\n"))
}

// mistake says why a step cannot be run, "" if it can.
func (s *ScenarioStep) mistake(words *lexicon) string {
	switch found := words.match(s.Text).found; {
	case len(found) == 0:
		return fmt.Sprintf("no step definition matches %q", s.Text)
	case len(found) > 1:
		return fmt.Sprintf("several step definitions match %q", s.Text)
	case s.below != "":
		return fmt.Sprintf("there is %s below %q, and the step takes none", s.below, s.Text)
	}
	return ""
}

// below says what stands below a step.
func below(p *messages.PickleStep) string {
	switch a := p.Argument; {
	case a == nil:
		return ""
	case a.DocString != nil:
		return "a doc string"
	default:
		return "a table"
	}
}

// emptyOutline reports what is written as an outline and has no row, so that it would
// vanish without a word; "" if there is none.
func emptyOutline(doc *messages.GherkinDocument) string {
	if doc.Feature == nil {
		return "there is no feature in it"
	}
	some := false
	for _, s := range scenariosOf(doc.Feature) {
		some = true
		if len(s.Steps) == 0 {
			return fmt.Sprintf("line %d: scenario %q has no steps", s.Location.Line, s.Name)
		}
		if len(s.Examples) == 0 && isOutline(s, doc.Feature.Language) {
			return fmt.Sprintf("line %d: the outline %q has no examples", s.Location.Line, s.Name)
		}
		for _, e := range s.Examples {
			if len(e.TableBody) == 0 {
				return fmt.Sprintf("line %d: the examples of %q have no rows", e.Location.Line, s.Name)
			}
		}
	}
	if !some {
		return fmt.Sprintf("line %d: the feature %q has no scenario", doc.Feature.Location.Line, doc.Feature.Name)
	}
	return ""
}

// isOutline reports whether a scenario is one by its keyword, in any language.
func isOutline(s *messages.Scenario, language string) bool {
	d := gherkin.DialectsBuiltin().GetDialect(language)
	return d != nil && slices.Contains(d.Keywords["scenarioOutline"], s.Keyword) && !slices.Contains(d.Keywords["scenario"], s.Keyword)
}

// scenariosOf lists a feature's scenarios, those of its rules among them.
func scenariosOf(f *messages.Feature) []*messages.Scenario {
	var all []*messages.Scenario
	for _, c := range f.Children {
		if c.Scenario != nil {
			all = append(all, c.Scenario)
		}
		if c.Rule == nil {
			continue
		}
		for _, rc := range c.Rule.Children {
			if rc.Scenario != nil {
				all = append(all, rc.Scenario)
			}
		}
	}
	return all
}

// requirementLike matches what has the form of the register's ids, in any letters.
func requirementLike(c *corpus) *regexp.Regexp {
	topics := map[string]bool{}
	for _, q := range c.register.Requirements {
		topic, _, _ := strings.Cut(q.ID, "-")
		topics[topic] = true
	}
	return regexp.MustCompile(`(?i)^(` + names(topics) + `)-?\d+$`)
}

// judges reports whether the scenario has a step that judges.
func (s *Scenario) judges(words *lexicon) bool {
	for _, step := range s.Steps {
		if found := words.match(step.Text).found; len(found) == 1 && found[0].judges() {
			return true
		}
	}
	return false
}

// judges reports whether the step judges what others prepared.
func (d *definition) judges() bool {
	switch d.topic {
	case "Given", "When":
		return false
	}
	return !d.plans
}
