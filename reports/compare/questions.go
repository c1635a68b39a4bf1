package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/unigate/unigate/internal/record"
)

// questions are the scenarios of two runs, matched by what they ask, and what the
// requirements owe to them.
type questions struct {
	old, new *record.Conformance
	// asked holds the scenarios of the old run by what they ask.
	asked map[string]bool
	// sameEdition says that both runs checked against the same documentation.
	sameEdition bool
}

// questionsOf matches the scenarios of two runs.
func questionsOf(old, new *record.Conformance, sameEdition bool) questions {
	q := questions{old: old, new: new, asked: map[string]bool{}, sameEdition: sameEdition}
	for _, key := range scenarioKeys(old.Scenarios) {
		q.asked[key] = true
	}
	return q
}

// scenarioKeys are what tells the scenarios of a run apart, in their order: the feature
// file and the name, and which one of several of that name it is. The line, which their
// ids have, moves whenever a feature file grows.
func scenarioKeys(all []record.Scenario) []string {
	times := map[string]int{}
	keys := make([]string, 0, len(all))
	for _, s := range all {
		file := s.File
		if at := strings.LastIndexByte(s.ID, ':'); file == "" && at >= 0 {
			file = s.ID[:at]
		}
		key := file + "\x00" + s.Name
		if s.Name == "" {
			key = s.ID
		}
		times[key]++
		keys = append(keys, fmt.Sprintf("%s\x00%d", key, times[key]))
	}
	return keys
}

// unasked reports whether a requirement fails by scenarios alone that the old run did
// not have, as its unigate or its selection did not: whether the target answered them
// otherwise then, nobody knows. What a new edition of the documentation demands counts
// as new all the same.
func (q questions) unasked(requirement string) bool {
	if !q.sameEdition || len(q.asked) == 0 {
		return false
	}
	failing, keys := 0, scenarioKeys(q.new.Scenarios)
	for i, s := range q.new.Scenarios {
		if s.State != record.Fail || !slices.Contains(s.Requirements, requirement) {
			continue
		}
		if q.asked[keys[i]] || firstLogin(s.ID) {
			return false
		}
		failing++
	}
	return failing > 0
}

// firstLogin reports whether a scenario is about a first login that failed where no selected
// scenario was about it. Every run makes them, and writes none down that was right.
func firstLogin(id string) bool { return strings.HasPrefix(id, "preflight:") }

// unmet reports whether an item of the old run was not met: it failed, or a waiver or
// the gate kept it from failing.
func (q questions) unmet(o *item) bool {
	if o == nil {
		return false
	}
	belowGate := o.state == record.Warning && len(o.levels) > 0 &&
		!slices.ContainsFunc(o.levels, func(l record.Level) bool { return l.Gates(q.old.Gate) })
	return failing(o.state) || o.state == record.Waived || belowGate
}
