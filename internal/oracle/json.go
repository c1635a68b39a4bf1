package oracle

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// A reply's JSON is read by an own scanner: encoding/json accepts member names
// in any case, takes the last of duplicate members and replaces invalid UTF-8,
// and each of these would hide a server's fault. It also makes no copies, which
// lets load check every reply.

// maxDepth bounds the nesting of arrays and objects in a reply.
const maxDepth = 64

// kind is the type of a JSON value.
type kind uint8

const (
	kindNone kind = iota
	kindNull
	kindBool
	kindNumber
	kindString
	kindArray
	kindObject
)

// String names the kind as a reader of a report would.
func (k kind) String() string {
	return [...]string{"nothing", "null", "a boolean", "a number", "a string", "a list", "an object"}[k]
}

// value is a JSON value: its kind and its text within the reply.
type value struct {
	kind kind
	raw  []byte
}

// member is one member of a JSON object; its name has no escapes left.
type member struct {
	name  []byte
	value value
}

// syntaxError says where a reply stops being what it should be.
type syntaxError struct {
	kind   string // a finding's kind
	offset int
	what   string
}

// Error names the place by its byte offset.
func (e *syntaxError) Error() string { return fmt.Sprintf("%s at byte %d", e.what, e.offset) }

// Kinds of syntax errors, which become kinds of findings.
const (
	kindNotJSON   = "not_json"
	kindNotObject = "not_object"
	kindDuplicate = "duplicate_member"
	kindTrailing  = "trailing_data"
	kindNotUTF8   = "not_utf8"
	kindTooDeep   = "too_deep"
	kindCut       = "cut_body"
	kindEmpty     = "empty_body"
)

// scanner walks over one JSON text.
type scanner struct {
	b []byte
	i int
}

// parseBody reads a reply's body: one JSON object, in UTF-8, with nothing after
// it (RFC 8259). It appends the object's members to buf.
func parseBody(body []byte, buf []member) ([]member, error) {
	s := scanner{b: body}
	s.blank()
	if s.i == len(body) {
		return nil, &syntaxError{kindEmpty, s.i, "the body is empty"}
	}
	if body[s.i] != '{' {
		if bytes.HasPrefix(body, []byte("\xef\xbb\xbf")) {
			return nil, &syntaxError{kindNotJSON, 0, "a byte order mark begins the body"}
		}
		if _, err := s.value(0); err != nil {
			return nil, err
		}
		return nil, &syntaxError{kindNotObject, 0, "the body is JSON but no object"}
	}
	members, err := s.object(0, buf)
	if err != nil {
		return nil, err
	}
	s.blank()
	if s.i != len(body) {
		return nil, &syntaxError{kindTrailing, s.i, "there is more after the JSON object"}
	}
	if !utf8.Valid(body) {
		return nil, &syntaxError{kindNotUTF8, invalidUTF8(body), "the body is not UTF-8"}
	}
	return members, duplicates(members)
}

// members reads the members of a value that is an object.
func (v value) members() ([]member, error) {
	if v.kind != kindObject {
		return nil, &syntaxError{kindNotObject, 0, v.kind.String() + " where an object is expected"}
	}
	s := scanner{b: v.raw}
	members, err := s.object(0, nil)
	if err != nil {
		return nil, err
	}
	return members, duplicates(members)
}

// items reads the items of a value that is a list; nil for any other kind.
func (v value) items() []value {
	if v.kind != kindArray {
		return nil
	}
	var items []value
	s := scanner{b: v.raw}
	if err := s.array(0, func(v value) { items = append(items, v) }); err != nil {
		return nil
	}
	return items
}

// text returns the value of a string, without escapes. A half of a surrogate
// pair becomes U+FFFD.
func (v value) text() (string, bool) {
	if v.kind != kindString {
		return "", false
	}
	return string(unescape(v.raw[1 : len(v.raw)-1])), true
}

// plain returns the bytes of a string; they are the reply's own unless there are escapes.
func (v value) plain() []byte {
	if v.kind != kindString {
		return nil
	}
	return unescape(v.raw[1 : len(v.raw)-1])
}

// integer returns a number that is whole, however it is written (3e3 is 3000).
func (v value) integer() (int64, bool) {
	if v.kind != kindNumber {
		return 0, false
	}
	if n, err := strconv.ParseInt(string(v.raw), 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(string(v.raw), 64)
	if err != nil || f != float64(int64(f)) || f > 1<<53 || f < -1<<53 {
		return 0, false
	}
	return int64(f), true
}

// find returns the member of exactly that name.
func find(members []member, name string) value {
	for i := range members {
		if string(members[i].name) == name {
			return members[i].value
		}
	}
	return value{}
}

// duplicates returns an error if a name occurs twice.
func duplicates(members []member) error {
	const few = 16
	if len(members) <= few {
		for i := range members {
			for j := range members[:i] {
				if bytes.Equal(members[i].name, members[j].name) {
					return duplicateError(members[i].name)
				}
			}
		}
		return nil
	}
	seen := make(map[string]bool, len(members))
	for i := range members {
		if seen[string(members[i].name)] {
			return duplicateError(members[i].name)
		}
		seen[string(members[i].name)] = true
	}
	return nil
}

// duplicateError names the member that occurs twice.
func duplicateError(name []byte) error {
	return &syntaxError{kindDuplicate, 0, "the member " + quote(string(name)) + " occurs twice"}
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

// seconds returns a number's whole part: JWT times may have fractions (RFC 7519 §2).
func (v value) seconds() (int64, bool) {
	if v.kind != kindNumber {
		return 0, false
	}
	if n, err := strconv.ParseInt(string(v.raw), 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(string(v.raw), 64)
	if err != nil || f > 1<<53 || f < -1<<53 {
		return 0, false
	}
	return int64(f), true
}

// syntaxKind returns the kind of finding that an error of parseBody makes.
func syntaxKind(err error) string {
	var s *syntaxError
	if errors.As(err, &s) {
		return s.kind
	}
	return kindNotJSON
}
