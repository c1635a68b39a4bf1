package reference

import (
	"strconv"
	"unicode/utf8"
)

// object is a JSON object with its members in order.
type object []member

// member is one member of an object. Its value is a string, an int, an int64, a
// bool, a raw text of JSON, a list of strings or an object.
type member struct {
	key   string
	value any
}

// raw is JSON text that is written as it is.
type raw string

// list is a list of strings.
type list []string

// text writes a number as text.
func text(n int64) string { return strconv.FormatInt(n, 10) }

// get returns the value of a member, or nil.
func (o object) get(key string) any {
	for _, m := range o {
		if m.key == key {
			return m.value
		}
	}
	return nil
}

// set gives a member another value, or adds it.
func (o *object) set(key string, value any) {
	for i := range *o {
		if (*o)[i].key == key {
			(*o)[i].value = value
			return
		}
	}
	*o = append(*o, member{key, value})
}

// rename gives a member another key.
func (o object) rename(key, other string) {
	for i := range o {
		if o[i].key == key {
			o[i].key = other
		}
	}
}

// without returns the object without a member.
func (o object) without(key string) object {
	out := make(object, 0, len(o))
	for _, m := range o {
		if m.key != key {
			out = append(out, m)
		}
	}
	return out
}

// encode writes an object as compact JSON.
func encode(o object) []byte { return appendObject(make([]byte, 0, 512), o) }

func appendObject(b []byte, o object) []byte {
	b = append(b, '{')
	for i, m := range o {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, m.key)
		b = append(b, ':')
		b = appendValue(b, m.value)
	}
	return append(b, '}')
}

func appendValue(b []byte, value any) []byte {
	switch v := value.(type) {
	case string:
		return appendString(b, v)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case bool:
		return strconv.AppendBool(b, v)
	case raw:
		return append(b, v...)
	case list:
		b = append(b, '[')
		for i, s := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendString(b, s)
		}
		return append(b, ']')
	case object:
		return appendObject(b, v)
	}
	return append(b, "null"...)
}

// appendString writes a JSON string (RFC 8259 section 7), with nothing escaped
// that need not be, so that "US & Canada" stays readable.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c < 0x20:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		case c < utf8.RuneSelf:
			b = append(b, c)
		default:
			r, size := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, r)
			i += size
			continue
		}
		i++
	}
	return append(b, '"')
}
