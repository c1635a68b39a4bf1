package compare

import (
	"slices"
	"strings"
)

// shape is what a members trait says: the path of each member, such as
// "data.access_token", with its type. Items of lists have the path "name[]".
type shape map[string]string

// parseShape reads a members trait as verify writes it: "data {access_token string},
// message [string or number], status number". ok is false for text of another form.
func parseShape(text string) (s shape, ok bool) {
	s = shape{}
	rest, ok := s.object(text, "")
	return s, ok && rest == ""
}

// object reads members up to a closing brace or the end.
func (s shape) object(text, path string) (rest string, ok bool) {
	for text != "" && text[0] != '}' {
		name, after, found := memberName(text)
		if !found {
			return "", false
		}
		if text, ok = s.value(after, path+name); !ok {
			return "", false
		}
		next, more := strings.CutPrefix(text, ", ")
		if !more && text != "" && text[0] != '}' {
			return "", false
		}
		text = next
	}
	return text, true
}

// memberName takes a name, quoted or not, and the blank behind it.
func memberName(text string) (name, rest string, ok bool) {
	if text[0] != '"' {
		return strings.Cut(text, " ")
	}
	end := strings.Index(text[1:], `" `)
	if end < 0 {
		return "", "", false
	}
	return text[:end+2], text[end+3:], true
}

// value reads one value.
func (s shape) value(text, path string) (rest string, ok bool) {
	switch {
	case strings.HasPrefix(text, "{"):
		s[path] = "object"
		if text, ok = s.object(text[1:], path+"."); !ok {
			return "", false
		}
		return strings.CutPrefix(text, "}")
	case strings.HasPrefix(text, "["):
		s[path] = "list"
		text = text[1:]
		for !strings.HasPrefix(text, "]") {
			if text, ok = s.value(text, path+"[]"); !ok {
				return "", false
			}
			text = strings.TrimPrefix(text, " or ")
		}
		return text[1:], true
	}
	end := strings.IndexAny(text, " ,]}")
	if end < 0 {
		end = len(text)
	}
	if end == 0 {
		return "", false
	}
	s[path] = text[:end]
	return text[end:], true
}

// last is the name of a member without what it stands in.
func last(path string) string {
	path = strings.TrimSuffix(path, "[]")
	return path[strings.LastIndexByte(path, '.')+1:]
}

// elsewhere returns the path at which a member of the same name stands in s, which is
// neither that of its list nor of its items.
func (s shape) elsewhere(path string) (string, bool) {
	for _, p := range s.paths() {
		if strings.TrimSuffix(p, "[]") != strings.TrimSuffix(path, "[]") && last(p) == last(path) {
			return p, true
		}
	}
	return "", false
}

// within reports whether a member stands in something that the other shape lacks as
// well: then that is told.
func (s shape) within(path string, other shape) bool {
	path = strings.TrimSuffix(path, "[]")
	for i := strings.LastIndexByte(path, '.'); i > 0; i = strings.LastIndexByte(path[:i], '.') {
		if _, has := other[strings.TrimSuffix(path[:i], "[]")]; !has {
			return true
		}
	}
	return strings.HasSuffix(path, "[]")
}

// wraps reports whether a member is an envelope around what stands elsewhere in the
// other shape.
func (s shape) wraps(path string, other shape) bool {
	for _, p := range s.paths() {
		inside := strings.HasPrefix(p, path+".") || strings.HasPrefix(p, path+"[].")
		if _, moved := other.elsewhere(p); inside && moved {
			return true
		}
	}
	return false
}

// spells reports whether s has a member that differs from name in its spelling only.
func (s shape) spells(name string) bool {
	return slices.ContainsFunc(s.paths(), func(p string) bool { return spelt(last(p)) == spelt(name) })
}

// paths are the paths in order.
func (s shape) paths() []string {
	var all []string
	for p := range s {
		all = append(all, p)
	}
	slices.Sort(all)
	return all
}
