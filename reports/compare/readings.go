package compare

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// shownIn names the aspect of answers in which the reading of an ambiguity shows, and
// more exactly: where traits of that aspect changed, the reading belongs to them.
var shownIn = map[string]string{
	"A2": "members", "A3": "members", "A6": "expires_in", "A7": "message", "A8": "members", "A17": "members", "A18": "body",
}

// readingRules name the rule for a change of an ambiguity's reading. An ambiguity
// that is not named is a matter of taste: the rule "reading".
var readingRules = map[string]func(Trait) string{
	"A1": schemeRule,
	"A5": func(t Trait) string {
		if says(t.New, "takes no") && !says(t.Old, "takes no") {
			return "expiry-ignored"
		}
		return "reading"
	},
	"A11": func(Trait) string { return "same-token" },
	"A12": earlierTokenRule,
	"A13": boundRule,
	"A15": func(t Trait) string {
		if says(t.New, "200") && !says(t.Old, "200") {
			return "refusal-in-success"
		}
		return "reading"
	},
	"A16": elsewhereRule,
}

// readingFindings judges an ambiguity that is read otherwise.
func readingFindings(id string, t Trait) []finding {
	rule := "reading"
	if f := readingRules[id]; f != nil {
		rule = f(t)
	}
	switch rule {
	case "expiry-ignored":
		return []finding{ignoredExpiry}
	case "reading":
		return []finding{{rule, id + ": " + fromTo(differing(t))}}
	}
	return []finding{{rule, fromTo(differing(t))}}
}

// differing is a trait with the values alone that one of the runs has: a reading may
// have a value for each service, of which some are as before.
func differing(t Trait) Trait {
	without := func(values, others []string) []string {
		return slices.DeleteFunc(slices.Clone(values), func(v string) bool { return slices.Contains(others, v) })
	}
	old, new := without(t.Old, t.New), without(t.New, t.Old)
	if len(old) == 0 || len(new) == 0 {
		return t
	}
	t.Old, t.New = old, new
	return t
}

// says reports whether one of the values holds a text.
func says(values []string, text string) bool {
	return slices.ContainsFunc(values, func(v string) bool { return strings.Contains(v, text) })
}

// schemeRule is about A1: a scheme that was accepted and is not any more.
func schemeRule(t Trait) string {
	for _, scheme := range []string{"Bearer", "Basic"} {
		if says(t.Old, "as "+scheme) && !says(t.New, "as "+scheme) {
			return "scheme-refused"
		}
	}
	return "reading"
}

// earlierTokenRule is about A12. Where the same token came again there was no earlier
// one to end: clients of such a service lose one that they kept, too.
func earlierTokenRule(t Trait) string {
	if newly(t, "refused") {
		return "earlier-token-ended"
	}
	return "reading"
}

// boundRule is about A13: lifetimes beyond the bounds that were granted as asked, and are
// cut or refused now.
func boundRule(t Trait) string {
	if newly(t, "refused") || newly(t, "moved") && !says(t.Old, "refused") {
		return "bound-lower"
	}
	return "reading"
}

// newly reports whether a text stands in a value that the old run did not have: one
// reading may be about several services, each with a value of its own.
func newly(t Trait, text string) bool {
	return slices.ContainsFunc(t.New, func(v string) bool { return strings.Contains(v, text) && !slices.Contains(t.Old, v) })
}

// elsewhereRule is about A16: a resource that takes the tokens of one version still, and
// those of the other no longer. Where it takes neither any more, the resource is the matter.
func elsewhereRule(t Trait) string {
	for _, now := range t.New {
		for _, before := range t.Old {
			if acceptedElsewhere(before) > acceptedElsewhere(now) && acceptedElsewhere(now) > 0 {
				return "token-elsewhere"
			}
		}
	}
	return "reading"
}

// acceptedElsewhere counts the services of whose tokens a reading of A16 says that the
// resource accepts them.
func acceptedElsewhere(reading string) int {
	return strings.Count(reading, ", accepted by the resource")
}

// subjects find in a reading what it is about, of the ambiguities of which a record has
// one for each service, call or kind of user: the others may not have been asked.
var subjects = sync.OnceValue(func() map[string]*regexp.Regexp {
	return map[string]*regexp.Regexp{
		"A7":  regexp.MustCompile(` for an? ([a-z]+) header$`),
		"A12": regexp.MustCompile(`^(.*?)(?: is | lives | gets |: )`),
		"A13": regexp.MustCompile(`^(.*?)(?: is | lives | gets |: )`),
		"A16": regexp.MustCompile(`(?:^|, )([^,]* gives|not used)`),
	}
})

// bothSaw leaves in a reading what both runs saw the subject of. The rest is what one of
// them did not ask for.
func (g *grouper) bothSaw(t Trait) Trait {
	id, isReading := strings.CutPrefix(t.Name, "reading.")
	if !isReading || t.Kind != "changed" {
		return t
	}
	about := func(v string) string {
		var found []string
		if subject := subjects()[id]; subject != nil {
			for _, m := range subject.FindAllStringSubmatch(v, -1) {
				found = append(found, m[1])
			}
		}
		return strings.Join(found, ", ")
	}
	common := t
	keep := func(values, others []string) []string {
		return slices.DeleteFunc(slices.Clone(values), func(v string) bool {
			return !slices.ContainsFunc(others, func(o string) bool { return about(o) == about(v) })
		})
	}
	common.Old, common.New = keep(t.Old, t.New), keep(t.New, t.Old)
	if len(common.Old) < len(t.Old) {
		g.add(oneSidedOf("only old"), Unclear, t)
	}
	if len(common.New) < len(t.New) {
		g.add(oneSidedOf("only new"), Unclear, t)
	}
	return common
}

// oneSidedOf is the finding for what only one run looked at.
func oneSidedOf(kind string) finding {
	return finding{"one-sided", map[string]string{"only old": "the old run", "only new": "the new run"}[kind]}
}

// more reports whether a reading differs in values alone that one run has beside the
// others', while it asked more services: theirs they may be.
func (g *grouper) more(t Trait) (kind string, ok bool) {
	within := func(values, others []string) bool {
		return !slices.ContainsFunc(values, func(v string) bool { return !slices.Contains(others, v) })
	}
	old, new := servicesSeen(g.old), servicesSeen(g.new)
	switch {
	case within(t.New, t.Old) && within(new, old) && len(new) < len(old):
		return "only old", true
	case within(t.Old, t.New) && within(old, new) && len(old) < len(new):
		return "only new", true
	}
	return "", false
}

// connectionFindings judges how the target was reached.
func connectionFindings(p place, t Trait) []finding {
	switch p.aspect {
	case "tls_version":
		return []finding{{"tls-version", fromTo(t)}}
	case "http_1_1":
		if newly(t, "not answered") {
			return []finding{{"http-1-1-gone", fromTo(t)}}
		}
		return []finding{{"other", fromTo(t)}}
	case "certificate_issuer":
		return []finding{{"certificate-authority", fromTo(t)}}
	}
	return []finding{{"other", fromTo(t)}}
}

// keptFindings judges a token that was stored before an upgrade.
func keptFindings(t Trait) []finding {
	switch {
	case newly(t, "refused"):
		return []finding{{"token-died", ""}}
	case says(t.New, "accepted"):
		return []finding{{"token-lives", ""}}
	}
	return []finding{{"other", "the kept token of " + strings.TrimPrefix(t.Name, "kept.") + ": " + listed(t.New)}}
}
