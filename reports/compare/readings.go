package compare

import (
	"slices"
	"strings"
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

// elsewhereRule is about A16.
func elsewhereRule(t Trait) string {
	if newly(t, "refused") {
		return "token-elsewhere"
	}
	return "reading"
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
