package config

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/unigate/unigate/internal/input"
	"github.com/unigate/unigate/internal/nearest"
	"github.com/unigate/unigate/internal/redact"
)

// value is what a key was set to, and where.
type value struct {
	v            any
	source       string
	line, column int
	// reference is the text of a secret that is nothing but references.
	reference string
}

// decoder gathers the values and the problems of all sources.
type decoder struct {
	options   Options
	env       func(string) (string, bool)
	file, dir string
	lines     []string
	values    map[string]value // by the path of the key, such as users[0].name
	users     int
	fileBase  string // target.base_url of the file, whatever overrides it
	secrets   []string
	notes     []string
	problems  []Problem
}

// problem notes a mistake in the file.
func (d *decoder) problem(at string, t *token.Token, hint, format string, args ...any) {
	p := Problem{Source: d.file, Line: 1, Column: 1, Key: at, Message: fmt.Sprintf(format, args...), Hint: hint}
	if t != nil && t.Position != nil {
		p.Line, p.Column = max(t.Position.Line, 1), max(t.Position.Column, 1)
	}
	d.problems = append(d.problems, p)
}

// problemAt notes a mistake in a value that was read before.
func (d *decoder) problemAt(at string, hint, format string, args ...any) {
	v := d.values[at]
	d.problems = append(d.problems, Problem{Source: v.source, Line: v.line, Column: v.column, Key: at,
		Message: fmt.Sprintf(format, args...), Hint: hint})
}

// parse reads the file's text.
func (d *decoder) parse(data []byte) {
	d.lines = input.Lines(data)
	if line, column := badUTF8(d.lines); line > 0 {
		d.problem("", &token.Token{Position: &token.Position{Line: line, Column: column}}, "", "the file is not UTF-8")
		return
	}
	var deep *input.YAMLError
	if errors.As(input.CheckNesting(data), &deep) {
		d.problem("", &token.Token{Position: &token.Position{Line: deep.Line, Column: deep.Column}}, "", "%s", deep.Message)
		return
	}
	f, err := parser.ParseBytes(data, 0)
	if err != nil {
		d.syntax(err)
		return
	}
	docs := input.Documents(f)
	if len(docs) > 1 {
		d.problem("", docs[1].GetToken(), "have one document in a file", "the file holds more than one YAML document")
		return
	}
	if len(docs) == 1 && docs[0].Type() != ast.NullType {
		d.node(root, "", docs[0], docs[0].GetToken())
	}
}

// badUTF8 finds the first byte that is no UTF-8, or returns 0.
func badUTF8(lines []string) (line, column int) {
	for i, l := range lines {
		if !utf8.ValidString(l) {
			for at, r := range l {
				if r == utf8.RuneError {
					return i + 1, utf8.RuneCountInString(l[:at]) + 1
				}
			}
		}
	}
	return 0, 0
}

// bareReference finds ${…} without quotes in a flow mapping, where its braces end the mapping.
var bareReference = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\{.*:\s*[^"'\s,]*\$\{`) })

// syntax notes that the file is no YAML.
func (d *decoder) syntax(err error) {
	var at interface {
		GetToken() *token.Token
		GetMessage() string
	}
	if errors.As(err, &at) {
		line := ""
		if p := at.GetToken().Position; p != nil && p.Line <= len(d.lines) {
			line = d.lines[p.Line-1]
		}
		hint := syntaxHint(at.GetMessage(), line)
		// The parser's message may quote the text, which may be a secret.
		d.problem("", at.GetToken(), hint, "not valid YAML: %s", quotable.Message(at.GetMessage()))
		return
	}
	d.problem("", nil, "", "not valid YAML")
}

// syntaxHint says what to do about a parser's message on a line.
func syntaxHint(message, line string) string {
	switch {
	case strings.Contains(message, "already defined"):
		return "each key stands once; remove one of the two"
	case bareReference().MatchString(line):
		return "inside { } a reference needs quotes: \"${env:NAME}\""
	case strings.HasPrefix(strings.TrimLeft(line, " "), "\t"):
		return "indent with blanks, not with tabs"
	case strings.Contains(message, "not allowed in this context"):
		return "keys that belong together are indented alike, and a value that holds a colon and a blank, or ends with a colon, needs quotes"
	}
	return "quotes, braces and brackets come in pairs, and keys that belong together are indented alike"
}

// node reads the value n of the key k. The token is the key's, for problems.
func (d *decoder) node(k key, at string, n ast.Node, t *token.Token) {
	switch x := n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		d.problem(at, n.GetToken(), "write the value out", "anchors, aliases and merge keys are not read")
		return
	case *ast.TagNode:
		d.problem(at, n.GetToken(), "remove the tag", "YAML tags are not read")
		return
	case *ast.NullNode:
		d.problem(at, t, "give a value, or remove the key", "has no value")
		return
	case *ast.SequenceNode:
		if k.kind != list {
			d.problem(at, t, "", "is a list, and should be %s", k.wants())
			return
		}
		d.users = len(x.Values)
		for i, item := range x.Values {
			d.node(*k.items, at+"["+strconv.Itoa(i)+"]", item, item.GetToken())
		}
		return
	case ast.MapNode:
		switch k.kind {
		case mapping:
			d.mapping(k, at, x, t)
		case headers:
			d.headers(at, x, t)
		default:
			d.problem(at, t, "", "is a mapping, and should be %s", k.wants())
		}
		return
	}
	if k.kind == mapping || k.kind == list || k.kind == headers {
		d.problem(at, n.GetToken(), "", "is a single value, and should be %s", k.wants())
		return
	}
	d.scalar(k, at, n)
}

// mapping reads the keys of a mapping.
func (d *decoder) mapping(k key, at string, n ast.MapNode, t *token.Token) {
	seen := map[string]bool{}
	for it := n.MapRange(); it.Next(); {
		kt := it.Key().GetToken()
		name := kt.Value
		child, ok := k.child(name)
		switch {
		case it.Key().IsMergeKey():
			d.problem(at, kt, "write the value out", "anchors, aliases and merge keys are not read")
		case !ok:
			d.problem(at, kt, k.suggest(name), "unknown key%s", quotable.Named(name))
		default:
			seen[name] = true
			d.node(child, join(at, name), it.Value(), kt)
		}
	}
	for _, child := range k.keys {
		if child.required && !seen[child.name] {
			d.problem(at, t, "", "%s is missing", child.name)
		}
	}
}

// child finds a key by its name.
func (k key) child(name string) (key, bool) {
	for _, c := range k.keys {
		if c.name == name {
			return c, true
		}
	}
	return key{}, false
}

// suggest names the key that was meant, or all of them.
func (k key) suggest(name string) string {
	var names []string
	for _, c := range k.keys {
		names = append(names, c.name)
	}
	if best := nearest.Close(strings.ToLower(name), names); best != "" {
		return "did you mean " + best + "?"
	}
	return "the keys here are " + strings.Join(names, ", ")
}

// scalar reads a single value.
func (d *decoder) scalar(k key, at string, n ast.Node) {
	t := n.GetToken()
	raw, isText := t.Value, false
	switch x := n.(type) {
	case *ast.StringNode:
		raw, isText = x.Value, true
	case *ast.LiteralNode:
		raw, isText = x.Value.Value, true
	}
	if msg, hint := k.mistyped(raw, isText); msg != "" {
		d.problem(at, t, hint, "%s", msg)
		return
	}
	line, column := 1, 1
	if t.Position != nil {
		line, column = t.Position.Line, t.Position.Column
	}
	d.set(k, at, raw, value{source: d.file, line: line, column: column})
}

// set parses raw and keeps it as the value of the key.
func (d *decoder) set(k key, at, raw string, v value) {
	parsed, err := d.parseValue(k, raw)
	if err != nil {
		var m *mistake
		hint := ""
		if errors.As(err, &m) {
			hint = m.hint
		}
		d.problems = append(d.problems, Problem{Source: v.source, Line: v.line, Column: v.column, Key: at, Message: err.Error(), Hint: hint})
		return
	}
	if parsed == nil {
		delete(d.values, at)
		return
	}
	v.v = parsed
	if k.kind == secret && referencesOnly().MatchString(raw) {
		v.reference = raw
	}
	d.values[at] = v
}

// referencesOnly finds a secret of which the file itself holds nothing.
var referencesOnly = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:\$\{(?:env|file):[^{}]+\})+$`) })

// headers reads the additional header fields.
func (d *decoder) headers(at string, n ast.MapNode, first *token.Token) {
	got := map[string]string{}
	for it := n.MapRange(); it.Next(); {
		kt := it.Key().GetToken()
		name := kt.Value
		if msg := badHeaderName(name); msg != "" {
			d.problem(at, kt, "", "%s", msg)
			continue
		}
		switch it.Value().(type) {
		case *ast.StringNode, *ast.LiteralNode:
		default:
			d.problem(join(at, name), it.Value().GetToken(), "put the value in quotes", "the value of a header field is text")
			continue
		}
		sub := join(at, name)
		before := len(d.problems)
		d.scalar(key{kind: secret, name: name}, sub, it.Value())
		if v, ok := d.values[sub]; ok && len(d.problems) == before {
			if strings.ContainsAny(v.v.(string), "\r\n\x00") {
				d.problem(sub, it.Value().GetToken(), "", "the value of a header field has no line breaks")
				continue
			}
			got[name] = v.v.(string)
			if redact.SecretName(name) {
				d.secret(got[name])
			}
		}
	}
	v := value{v: got, source: d.file}
	if first != nil && first.Position != nil {
		v.line, v.column = first.Position.Line, first.Position.Column
	}
	d.values[at] = v
}
