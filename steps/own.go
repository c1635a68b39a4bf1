package steps

import (
	"regexp"
	"strings"
)

// checkOwn refuses scenarios of the user's that look like checks and are none:
// those that no step can ever fail for what the target did, and those tagged
// for a requirement that does not exist, which would count for nothing.
func checkOwn(c *corpus) error {
	like := requirementLike(c)
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
		if len(s.Steps) > 0 && !s.judges() {
			return misuse("a Then step says what must be so; docs/conformance.md lists the vocabulary",
				"%s: scenario %q has no step that judges anything, so it could never fail", s.ID, s.Name)
		}
	}
	return nil
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

// judges reports whether the scenario has a step that judges. One that the
// vocabulary does not have fails by itself.
func (s *Scenario) judges() bool {
	for _, step := range s.Steps {
		found, _ := find(step.Text, vocabulary())
		if len(found) != 1 || found[0].judges() {
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
