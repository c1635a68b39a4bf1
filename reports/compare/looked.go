package compare

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/unigate/unigate/internal/record"
)

// overlooked reports whether a trait of answers that both runs saw is in one record only
// because the unigate that wrote the other one did not look at it: the other one says
// itself that what the trait is drawn from was there. Later versions look at more.
func (g *grouper) overlooked(p place, t Trait) bool {
	lacks := g.new
	if t.Kind == "only new" {
		lacks = g.old
	}
	at := p.at()
	if header, ok := strings.CutPrefix(p.aspect, "header."); ok {
		return slices.ContainsFunc(lacks.Traits[at.trait("headers")], func(names string) bool {
			return slices.Contains(strings.Split(names, ", "), header)
		})
	}
	switch p.aspect {
	case "token_type", "auth_type":
		return holds(lacks.Traits[at.trait("members")], p.aspect, "string")
	case "token.length":
		return len(lacks.Traits[at.trait("token")]) > 0
	case "token", "token.claims", "expires_in", "status", "members", "body", "message", "content_type", "headers":
		return false // every version looked at them
	}
	return g.sameAnswers(at) && !lookedAt(lacks, p.aspect)
}

// holds reports whether one of the shapes has a member of a name and type, in the
// answer itself or in its envelope.
func holds(members []string, name, kind string) bool {
	return slices.ContainsFunc(members, func(text string) bool {
		s, ok := parseShape(text)
		return ok && (s[name] == kind || s["data."+name] == kind || s["data[]."+name] == kind)
	})
}

// sameAnswers reports whether the answers of a situation are as before, as far as every
// version looked at them.
func (g *grouper) sameAnswers(at situated) bool {
	return !slices.ContainsFunc([]string{"status", "body", "members", "token", "token.claims"}, func(aspect string) bool {
		return !slices.Equal(sorted(g.old.Traits[at.trait(aspect)]), sorted(g.new.Traits[at.trait(aspect)]))
	})
}

// lookedAt reports whether a run looked at an aspect of any answer.
func lookedAt(b *record.Behaviour, aspect string) bool {
	for name := range b.Traits {
		if placeOf(name).aspect == aspect {
			return true
		}
	}
	return false
}

// hidden are the words that stand in a value for what was taken out of it; versions
// differ in which they write.
var hidden = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\[(?:redacted|credentials|token|varies)\]`) })

// sameValues reports whether two lists of values say the same, whichever word stands
// for what was taken out of them.
func sameValues(old, new []string) bool {
	even := func(values []string) []string {
		var out []string
		for _, v := range values {
			out = append(out, hidden().ReplaceAllString(v, "[hidden]"))
		}
		return sorted(out)
	}
	return slices.Equal(old, new) || slices.Equal(even(old), even(new))
}

// servicesSeen are the services of which a run saw answers.
func servicesSeen(b *record.Behaviour) []string {
	var all []string
	for name := range b.Traits {
		if p := placeOf(name); p.aspect == "status" && !slices.Contains(all, p.service) {
			all = append(all, p.service)
		}
	}
	return all
}
