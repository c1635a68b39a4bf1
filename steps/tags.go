package steps

import (
	"fmt"
	"strings"
)

// tagExpression is a cucumber tag expression: tags joined by and, or, not and
// parentheses. not binds most, then and, then or.
type tagExpression struct {
	matches func(tags map[string]bool) bool
	// tags are the tags that the expression names.
	tags map[string]bool
}

// parseTags reads a tag expression. The empty one matches everything.
func parseTags(s string) (*tagExpression, error) {
	p := &tagParser{tokens: tagTokens(s), named: map[string]bool{}}
	if len(p.tokens) == 0 {
		return &tagExpression{matches: func(map[string]bool) bool { return true }, tags: p.named}, nil
	}
	m, err := p.or()
	if err == nil && p.next < len(p.tokens) {
		err = fmt.Errorf("and, or or the end is expected before %q", p.tokens[p.next])
	}
	if err != nil {
		return nil, fmt.Errorf("tag expression %q: %w", s, err)
	}
	return &tagExpression{matches: m, tags: p.named}, nil
}

// tagTokens splits an expression into parentheses and words.
func tagTokens(s string) []string {
	return strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ").Replace(s))
}

// tagParser is a recursive descent over the tokens.
type tagParser struct {
	tokens []string
	next   int
	named  map[string]bool
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
		a, err := p.not()
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
		return func(t map[string]bool) bool { return t[token] }, nil
	case token == "":
		return nil, fmt.Errorf("a tag is missing at the end")
	}
	return nil, fmt.Errorf("a tag such as @LOGIN-09 is expected, not %q", token)
}
