package reports

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/unigate/unigate/internal/record"
)

// tree reads a document of JSON into its values, with numbers as they are written, and
// reports the first object with two members of one name. Readers differ in which of them
// they take (RFC 8259 §4): a verdict that is there twice is none.
type tree struct {
	d    *json.Decoder
	path []string
}

// value reads the next value.
func (r *tree) value() (any, error) {
	t, err := r.d.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('{'):
		return r.object()
	case json.Delim('['):
		return r.list()
	}
	return t, nil
}

// within reads the value of a member or an entry.
func (r *tree) within(name string) (any, error) {
	r.path = append(r.path, name)
	v, err := r.value()
	r.path = r.path[:len(r.path)-1]
	return v, err
}

// object reads the members of an object.
func (r *tree) object() (map[string]any, error) {
	out := map[string]any{}
	for r.d.More() {
		t, err := r.d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := t.(string)
		if _, twice := out[name]; twice {
			return nil, fmt.Errorf("at %q: it has two members of the name %s", place(r.path), place([]string{name})[1:])
		}
		if out[name], err = r.within(name); err != nil {
			return nil, err
		}
	}
	_, err := r.d.Token()
	return out, err
}

// list reads the entries of a list.
func (r *tree) list() ([]any, error) {
	out := []any{}
	for r.d.More() {
		v, err := r.within(strconv.Itoa(len(out)))
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	_, err := r.d.Token()
	return out, err
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
	known := members()[t]
	if below, ok := known[name]; ok {
		return below, nil
	}
	for other := range known {
		if strings.EqualFold(other, name) {
			return nil, fmt.Errorf("the name of a member is %q, in these letters", other)
		}
	}
	return nil, nil
}

// members are the types of the members of every object of a record, by its own type.
var members = sync.OnceValue(func() map[reflect.Type]map[string]reflect.Type {
	all := map[reflect.Type]map[string]reflect.Type{}
	var add func(t reflect.Type)
	add = func(t reflect.Type) {
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			add(t.Elem())
		case reflect.Struct:
			if t == timeType || all[t] != nil {
				return
			}
			all[t] = map[string]reflect.Type{}
			for i := range t.NumField() {
				name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
				all[t][name] = t.Field(i).Type
				add(t.Field(i).Type)
			}
		}
	}
	add(recordType)
	return all
})

// recordType is that of a whole record.
var recordType = reflect.TypeFor[record.Run]()
