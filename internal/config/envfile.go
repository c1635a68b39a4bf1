package config

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/unigate/unigate/internal/input"
)

// variableName is what a variable may be called.
var variableName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`) })

// blankHash finds what may be the beginning of a comment behind a value.
var blankHash = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\s#`) })

// ReadEnvFile reads a file of NAME=value lines; an empty name is none.
func ReadEnvFile(ctx context.Context, name string) (map[string]string, Problems) {
	if name == "" {
		return nil, nil
	}
	if ctx == nil {
		ctx = context.Background()
	}
	data, err := input.Read(ctx, name, input.MaxText)
	if err != nil {
		return nil, Problems{{Source: "--env-file", Message: "cannot read " + cause(err)}}
	}
	var problems Problems
	vars := map[string]string{}
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		p := Problem{Source: name, Line: i + 1, Column: 1}
		n, v, ok := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		if n = strings.TrimSpace(n); !ok || !variableName().MatchString(n) {
			p.Message = "is not a line of the form NAME=value"
			problems = append(problems, p)
			continue
		}
		v = strings.TrimSpace(v)
		p.Key, p.Column = n, len(line)-len(v)+1
		p.Message, p.Hint = unclearValue(v)
		v = unquote(v)
		if before, ok := vars[n]; ok && before != v && p.Message == "" {
			p.Message, p.Hint = "has another value in an earlier line", "remove one of the two"
		}
		if p.Message != "" {
			problems = append(problems, p)
		}
		vars[n] = v
	}
	return vars, problems
}

// unclearValue says why a value may not be what it seems, or returns "".
func unclearValue(v string) (message, hint string) {
	switch {
	case v == "":
		return "", ""
	case v[0] == '"' || v[0] == '\'':
		if len(v) == 1 || v[len(v)-1] != v[0] {
			return "begins with a quotation mark and does not end with it", "a comment stands on a line of its own; a quotation mark in a value stands in quotation marks of the other kind"
		}
	case blankHash().MatchString(v):
		return "holds a blank and #, which is a comment to some programs and part of the value to others", "a comment stands on a line of its own; put quotation marks around a value that holds it"
	}
	return "", ""
}

// WithVariables returns an environment in which variables are asked that the other
// does not have.
func WithVariables(env func(string) (string, bool), vars map[string]string) func(string) (string, bool) {
	return func(n string) (string, bool) {
		if v, ok := env(n); ok {
			return v, true
		}
		v, ok := vars[n]
		return v, ok
	}
}

// readEnvFile adds the variables of a file, if one is named.
func (d *decoder) readEnvFile(name string) {
	vars, problems := ReadEnvFile(d.options.Context, name)
	d.problems = append(d.problems, problems...)
	d.options.Environ = append(d.options.Environ, slices.Collect(maps.Keys(vars))...)
	d.env = WithVariables(d.env, vars)
}

// unquote removes one pair of quotes.
func unquote(v string) string {
	if len(v) >= 2 && (v[0] == '"' || v[0] == '\'') && v[len(v)-1] == v[0] {
		return v[1 : len(v)-1]
	}
	return v
}
