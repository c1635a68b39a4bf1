package reports

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"

	"github.com/unigate/unigate/internal/record"
)

// onceEach reports the first object of a document with two members of one name. Readers
// differ in which of them they take (RFC 8259 §4): a verdict that is there twice is none.
func onceEach(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var open []level
	for {
		t, err := d.Token()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case t == json.Delim('}') || t == json.Delim(']'):
			open = open[:len(open)-1]
			continue
		}
		if n := len(open); n > 0 {
			name, twice := open[n-1].next(t)
			if twice {
				return fmt.Errorf("at %q: it has two members of the name %s", place(names(open[:n-1])), place([]string{name})[1:])
			}
			if open[n-1].awaits {
				continue // the value
			}
		}
		if t == json.Delim('{') {
			open = append(open, level{seen: map[string]bool{}})
		} else if t == json.Delim('[') {
			open = append(open, level{})
		}
	}
}

// level is an object or a list that is being read.
type level struct {
	// seen are the names of an object so far; nil is a list.
	seen map[string]bool
	// name is that of the member, or the number of the entry, that is being read.
	name string
	n    int
	// awaits says that a name was read, and its value was not.
	awaits bool
}

// next takes the next token of an object or list, which is a name in an object every
// other time, and reports whether the name was there before.
func (l *level) next(t json.Token) (name string, twice bool) {
	if l.seen == nil {
		l.name = strconv.Itoa(l.n)
		l.n++
		return l.name, false
	}
	if l.awaits = !l.awaits; !l.awaits {
		return l.name, false
	}
	l.name, _ = t.(string)
	twice, l.seen[l.name] = l.seen[l.name], true
	return l.name, twice
}

// names are those of the open objects and lists, from the outermost on.
func names(open []level) []string {
	var out []string
	for _, l := range open {
		out = append(out, l.name)
	}
	return out
}

// spelt reports the first member whose name is that of a record's but for the case of
// its letters: the decoder would take it, and the schema does not know it.
func spelt(v any, t reflect.Type, path []string) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch x := v.(type) {
	case []any:
		for i := 0; i < len(x) && t.Kind() == reflect.Slice; i++ {
			if err := spelt(x[i], t.Elem(), append(path, strconv.Itoa(i))); err != nil {
				return err
			}
		}
	case map[string]any:
		for name, one := range x {
			below, err := member(t, name)
			if err != nil {
				return fmt.Errorf("at %q: %w", place(path), err)
			}
			if below == nil {
				continue
			}
			if err := spelt(one, below, append(path, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// member is the type of an object's member; nil for one that a record does not have.
func member(t reflect.Type, name string) (reflect.Type, error) {
	if t.Kind() == reflect.Map {
		return t.Elem(), nil
	}
	if t.Kind() != reflect.Struct || t == timeType {
		return nil, nil
	}
	for i := range t.NumField() {
		known, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		switch {
		case known == name:
			return t.Field(i).Type, nil
		case strings.EqualFold(known, name):
			return nil, fmt.Errorf("the name of a member is %q, in these letters", known)
		}
	}
	return nil, nil
}

// recordType is that of a whole record.
var recordType = reflect.TypeFor[record.Run]()
