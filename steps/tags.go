package steps

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/unigate/unigate/features"
	"github.com/unigate/unigate/internal/nearest"
)

// tagExpression is a cucumber tag expression: tags joined by and, or, not and
// parentheses. not binds most, then and, then or.
type tagExpression struct {
	matches func(tags map[string]bool) bool
	// tags are the tags that the expression names, and wanted those that it does not negate.
	tags, wanted map[string]bool
}

// parseTags reads a tag expression. The empty one matches everything.
func parseTags(s string) (*tagExpression, error) {
	p := &tagParser{tokens: tagTokens(s), named: map[string]bool{}, wanted: map[string]bool{}}
	if len(p.tokens) == 0 {
		return &tagExpression{matches: func(map[string]bool) bool { return true }, tags: p.named, wanted: p.wanted}, nil
	}
	m, err := p.or()
	if err == nil && p.next < len(p.tokens) {
		err = fmt.Errorf("and, or or the end is expected before %q", p.tokens[p.next])
	}
	if err != nil {
		return nil, fmt.Errorf("tag expression %q: %w", s, err)
	}
	return &tagExpression{matches: m, tags: p.named, wanted: p.wanted}, nil
}

// tagTokens splits an expression into parentheses and words.
func tagTokens(s string) []string {
	return strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ").Replace(s))
}

// tagParser is a recursive descent over the tokens.
type tagParser struct {
	tokens []string
	next   int
	// named and wanted are those of tagExpression; negated says whether a not is under way.
	named, wanted map[string]bool
	negated       bool
}

// peek returns the next token, or "".
func (p *tagParser) peek() string {
	if p.next < len(p.tokens) {
		return p.tokens[p.next]
	}
	return ""
}

// or reads terms joined by or.
func (p *tagParser) or() (func(map[string]bool) bool, error) {
	a, err := p.and()
	for err == nil && p.peek() == "or" {
		p.next++
		var b func(map[string]bool) bool
		b, err = p.and()
		left := a
		a = func(t map[string]bool) bool { return left(t) || b(t) }
	}
	return a, err
}

// and reads factors joined by and.
func (p *tagParser) and() (func(map[string]bool) bool, error) {
	a, err := p.not()
	for err == nil && p.peek() == "and" {
		p.next++
		var b func(map[string]bool) bool
		b, err = p.not()
		left := a
		a = func(t map[string]bool) bool { return left(t) && b(t) }
	}
	return a, err
}

// not reads a tag, a parenthesis, or the negation of one.
func (p *tagParser) not() (func(map[string]bool) bool, error) {
	token := p.peek()
	p.next++
	switch {
	case token == "not":
		p.negated = !p.negated
		a, err := p.not()
		p.negated = !p.negated
		return func(t map[string]bool) bool { return !a(t) }, err
	case token == "(":
		a, err := p.or()
		if err == nil && p.peek() != ")" {
			err = fmt.Errorf("a closing parenthesis is missing")
		}
		p.next++
		return a, err
	case strings.HasPrefix(token, "@") && len(token) > 1:
		p.named[token] = true
		if !p.negated {
			p.wanted[token] = true
		}
		return func(t map[string]bool) bool { return t[token] }, nil
	case token == "":
		return nil, fmt.Errorf("a tag is missing at the end")
	}
	return nil, fmt.Errorf("a tag such as @LOGIN-09 is expected, not %q", token)
}

// known is an error where the expression asks for a tag that no scenario has: beside
// others, a misspelt one would leave out what was to be checked.
func (e *tagExpression) known(c *corpus) error {
	have := map[string]bool{}
	for _, s := range c.scenarios() {
		for _, t := range s.Tags {
			have[t] = true
		}
	}
	for _, t := range slices.Sorted(maps.Keys(e.wanted)) {
		if !have[t] {
			hint, names := "unigate verify --list shows what there is", slices.Sorted(maps.Keys(have))
			near := nearest.Close(t, names)
			if upper := strings.ToUpper(t); have[upper] || near == "" {
				near = nearest.Close(upper, names)
			}
			if near != "" {
				hint = "did you mean " + near + "?"
			}
			return misuse(hint, "no scenario has the tag %s", t)
		}
	}
	return nil
}

// ids are the requirements whose tags the expression asks for.
func (e *tagExpression) ids(register *features.Register) map[string]bool {
	out := map[string]bool{}
	for t := range e.wanted {
		if q, ok := register.Find(strings.TrimPrefix(t, "@")); ok {
			out[q.ID] = true
		}
	}
	return out
}
