package oracle

import (
	"errors"
	"fmt"
)

// scanner walks over one JSON text.
type scanner struct {
	b []byte
	i int
}

// errCut is where a body ends too early.
var errCut = errors.New("the body ends too early")

// fail makes an error at the current place.
func (s *scanner) fail(what string) error {
	if s.i >= len(s.b) {
		return &syntaxError{kindCut, len(s.b), errCut.Error()}
	}
	return &syntaxError{kindNotJSON, s.i, what}
}

// blank skips insignificant white space.
func (s *scanner) blank() {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\t', '\n', '\r':
			s.i++
		default:
			return
		}
	}
}

// next returns the byte at the current place, 0 at the end.
func (s *scanner) next() byte {
	if s.i < len(s.b) {
		return s.b[s.i]
	}
	return 0
}

// value reads one value of any kind.
func (s *scanner) value(depth int) (value, error) {
	start := s.i
	var k kind
	var err error
	switch c := s.next(); {
	case c == '"':
		k, err = kindString, s.str()
	case c == '{':
		k = kindObject
		err = s.skipObject(depth + 1)
	case c == '[':
		k, err = kindArray, s.array(depth+1, nil)
	case c == '-' || c >= '0' && c <= '9':
		k, err = kindNumber, s.number()
	case c == 't':
		k, err = kindBool, s.word("true")
	case c == 'f':
		k, err = kindBool, s.word("false")
	case c == 'n':
		k, err = kindNull, s.word("null")
	default:
		err = s.fail("no JSON value")
	}
	if err != nil {
		return value{}, err
	}
	return value{k, s.b[start:s.i]}, nil
}

// object reads an object and appends its members to buf.
func (s *scanner) object(depth int, buf []member) ([]member, error) {
	err := s.eachMember(depth, func(name []byte, v value) { buf = append(buf, member{unescape(name), v}) })
	return buf, err
}

// skipObject reads an object and forgets its members.
func (s *scanner) skipObject(depth int) error { return s.eachMember(depth, func([]byte, value) {}) }

// eachMember reads an object; names still have their escapes.
func (s *scanner) eachMember(depth int, do func(name []byte, v value)) error {
	if depth > maxDepth {
		return &syntaxError{kindTooDeep, s.i, fmt.Sprintf("nested deeper than %d levels", maxDepth)}
	}
	s.i++ // "{"
	s.blank()
	if s.next() == '}' {
		s.i++
		return nil
	}
	for {
		s.blank()
		start := s.i
		if s.next() != '"' {
			return s.fail("no member name")
		}
		if err := s.str(); err != nil {
			return err
		}
		name := s.b[start+1 : s.i-1]
		s.blank()
		if s.next() != ':' {
			return s.fail("no colon after a member name")
		}
		s.i++
		s.blank()
		v, err := s.value(depth)
		if err != nil {
			return err
		}
		do(name, v)
		s.blank()
		switch s.next() {
		case ',':
			s.i++
		case '}':
			s.i++
			return nil
		default:
			return s.fail("neither a comma nor the end of the object")
		}
	}
}

// array reads a list; do may be nil.
func (s *scanner) array(depth int, do func(value)) error {
	if depth > maxDepth {
		return &syntaxError{kindTooDeep, s.i, fmt.Sprintf("nested deeper than %d levels", maxDepth)}
	}
	s.i++ // "["
	s.blank()
	if s.next() == ']' {
		s.i++
		return nil
	}
	for {
		s.blank()
		v, err := s.value(depth)
		if err != nil {
			return err
		}
		if do != nil {
			do(v)
		}
		s.blank()
		switch s.next() {
		case ',':
			s.i++
		case ']':
			s.i++
			return nil
		default:
			return s.fail("neither a comma nor the end of the list")
		}
	}
}

// word reads a literal name.
func (s *scanner) word(w string) error {
	rest := s.b[s.i:]
	if len(rest) < len(w) && string(rest) == w[:len(rest)] {
		s.i = len(s.b)
		return s.fail("")
	}
	if len(rest) < len(w) || string(rest[:len(w)]) != w {
		return s.fail("no JSON value")
	}
	s.i += len(w)
	return nil
}

// digits skips digits and returns how many there were.
func (s *scanner) digits() int {
	start := s.i
	for s.i < len(s.b) && s.b[s.i] >= '0' && s.b[s.i] <= '9' {
		s.i++
	}
	return s.i - start
}

// number reads a number.
func (s *scanner) number() error {
	if s.next() == '-' {
		s.i++
	}
	if s.next() == '0' {
		s.i++
	} else if s.digits() == 0 {
		return s.fail("no digit in a number")
	}
	if s.next() == '.' {
		s.i++
		if s.digits() == 0 {
			return s.fail("no digit after the decimal point")
		}
	}
	if c := s.next(); c == 'e' || c == 'E' {
		s.i++
		if c = s.next(); c == '+' || c == '-' {
			s.i++
		}
		if s.digits() == 0 {
			return s.fail("no digit in the exponent")
		}
	}
	return nil
}

// str reads a string with its quotation marks.
func (s *scanner) str() error {
	s.i++
	for s.i < len(s.b) {
		switch c := s.b[s.i]; {
		case c == '"':
			s.i++
			return nil
		case c == '\\':
			if err := s.escape(); err != nil {
				return err
			}
		case c < ' ':
			return s.fail("a control character in a string")
		default:
			s.i++
		}
	}
	return s.fail("")
}

// escape reads one escape sequence.
func (s *scanner) escape() error {
	s.i++
	switch s.next() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.i++
		return nil
	case 'u':
		s.i++
		for range 4 {
			if !isHex(s.next()) {
				return s.fail("no four hexadecimal digits after \\u")
			}
			s.i++
		}
		return nil
	}
	return s.fail("an unknown escape sequence")
}
