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
	if err != nil || f != float64(int64(f)) || f > maxExact || f < -maxExact {
		return 0, false
	}
	return int64(f), true
}

// given reports whether a member is there and has a value: null says that there is none.
func (v value) given() bool { return v.kind != kindNone && v.kind != kindNull }

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
	return &syntaxError{kindDuplicate, 0, "the member " + quoteText(string(name)) + " occurs twice"}
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
	if err != nil || f > maxExact || f < -maxExact {
		return 0, false
	}
	return int64(f), true
}

// membersOf is parseBody for a reply, whose body must have been read whole.
func membersOf(r *Reply, buf []member) ([]member, error) {
	members, err := parseBody(r.Body, buf)
	if r.Truncated {
		err = &syntaxError{"too_large", len(r.Body), "the body is longer than was read"}
	}
	return members, err
}

// syntaxKind returns the kind of finding that an error of parseBody makes.
func syntaxKind(err error) string {
	var s *syntaxError
	if errors.As(err, &s) {
		return s.kind
	}
	return kindNotJSON
}
