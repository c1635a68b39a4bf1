package input

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// maxNesting bounds how deep YAML may be nested. Parsers need memory by the
// square of it.
const maxNesting = 64

// YAMLError is a mistake in a file of YAML: the place, and what is wrong there,
// without what the file holds.
type YAMLError struct {
	Line, Column int
	Message      string
	Excerpt      string
}

// Error returns "[line:column] message" with the excerpt.
func (e *YAMLError) Error() string {
	s := fmt.Sprintf("[%d:%d] %s", e.Line, e.Column, e.Message)
	if e.Excerpt != "" {
		s += "\n" + e.Excerpt
	}
	return s
}

// Wrong makes the error of a YAML library fit to be shown.
func (k Keys) Wrong(err error, data []byte) error {
	var at interface {
		GetToken() *token.Token
		GetMessage() string
	}
	if !errors.As(err, &at) {
		return errors.New(k.Message(err.Error()))
	}
	return k.At(at.GetToken(), data, k.Message(at.GetMessage()))
}

// At is an error at the place of a token. The message is shown as it is.
func (k Keys) At(t *token.Token, data []byte, message string) error {
	e := &YAMLError{Line: 1, Column: 1, Message: message}
	if t != nil && t.Position != nil {
		e.Line, e.Column = max(t.Position.Line, 1), max(t.Position.Column, 1)
	}
	e.Excerpt = k.Excerpt(Lines(data), e.Line, e.Column)
	return e
}

// Lines are the lines of a file.
func Lines(data []byte) []string {
	return strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")
}

// CheckNesting finds the place where YAML is nested deeper than any file that a
// person writes: in brackets, in dashes or question marks of one line, or by
// indentation.
func CheckNesting(data []byte) error {
	depth := 0
	for i, line := range strings.Split(string(data), "\n") {
		marks := 0
		for j := range len(line) {
			switch line[j] {
			case '[', '{':
				depth++
			case ']', '}':
				depth = max(depth-1, 0)
			case '-', '?':
				if j+1 == len(line) || line[j+1] == ' ' {
					marks++
				}
			}
			if depth > maxNesting || marks > maxNesting {
				return &YAMLError{Line: i + 1, Column: j + 1, Message: fmt.Sprintf("is nested deeper than %d levels", maxNesting)}
			}
		}
		if indent := len(line) - len(strings.TrimLeft(line, " ")); indent > maxIndent && strings.Contains(line, ":") {
			return &YAMLError{Line: i + 1, Column: indent, Message: fmt.Sprintf("is indented by more than %d blanks", maxIndent)}
		}
	}
	return nil
}

// maxIndent bounds how far a key is indented, in blanks.
const maxIndent = 256

// Documents are the documents of a file, without directives and comments between them.
func Documents(f *ast.File) []ast.Node {
	var docs []ast.Node
	for _, doc := range f.Docs {
		if doc.Body != nil && doc.Body.Type() != ast.DirectiveType && doc.Body.Type() != ast.CommentType {
			docs = append(docs, doc.Body)
		}
	}
	return docs
}

// CheckOneDocument finds the second document of a file, which decoders pass over. What
// is no YAML is left to them.
func (k Keys) CheckOneDocument(data []byte) error {
	if f, err := parser.ParseBytes(data, 0); err == nil {
		if docs := Documents(f); len(docs) > 1 {
			return k.At(docs[1].GetToken(), data, "the file holds more than one YAML document")
		}
	}
	return nil
}
