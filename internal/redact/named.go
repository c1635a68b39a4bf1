package redact

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
)

var (
	// pair finds a name with what separates it from its value: in JSON (also inside
	// other JSON), forms, URLs, header lines and what programs print.
	pair = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`([A-Za-z_$][\w.$-]*)(\\*["'])?\s*([:=])[ \t]*`) })
	// element finds an element of markup with its text.
	element = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`<([A-Za-z_][\w.:-]*)(?:\s[^<>]{0,` + strconv.Itoa(maxAttributes) + `})?>([^<]+)`)
	})
	// userinfo finds credentials in a URL.
	userinfo = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`://([^\s"'<>/?#]*:[^\s"'<>]*)@`) })
	// reference is a reference to a variable, as configurations have it for a secret.
	reference = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\$\{env:[A-Z][A-Z0-9_]{0,60}\}$`) })
	// credentials finds an authentication scheme with what follows it.
	credentials = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)\b(?:basic|bearer)(?:\s+|%20|\+)([A-Za-z0-9+/=._~%-]{` + strconv.Itoa(minCredentials) + `,})`)
	})
	// requirement is a requirement's id, which stands behind a name that ends in a scheme in lists.
	requirement = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:LOGIN|OAUTH|V2AUTH|V2LOGIN|SEC)-\d\d$`) })
	// challenge is the name of a parameter of WWW-Authenticate (RFC 9110, section 11.6.1, RFC
	// 6750, section 3), which stands behind a scheme where credentials would.
	challenge = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)^(?:realm|charset|scope|error|error_description|error_uri|resource_metadata)=$`)
	})
)

// named visits what is secret by its name, or by what stands before it: values
// of members, parameters and elements with a secret name, credentials in URLs and
// after an authentication scheme. The text may be cut off.
func (r *Redactor) named(s string, found func(from, to int32)) {
	add := func(from, to int) {
		if to > from && !harmlessValue(s[from:to]) {
			found(int32(from), int32(to))
		}
	}
	for _, m := range userinfo().FindAllStringSubmatchIndex(s, -1) {
		add(m[2], m[3])
	}
	for _, m := range credentials().FindAllStringSubmatchIndex(s, -1) {
		if word := s[m[2]:m[3]]; r.isPublic(word) || s[m[2]-1] == '+' && m[0] > 0 && s[m[0]-1] == '-' {
			continue // "v2-bearer+slow" joins names, no scheme ends one
		} else if strings.HasSuffix(word, ".feature") && strings.HasPrefix(s[m[3]:], ":") {
			continue // the place of a scenario, a column away from a name that ends in a scheme
		} else if challenge().MatchString(word) || requirement().MatchString(word) {
			continue // the server asks for credentials, and says none
		} else if strings.ContainsAny(word, "0123456789=") || len(word) >= minLearned {
			add(m[2], m[3]) // and no word of a sentence
		}
	}
	if strings.Contains(s, "<") {
		for _, m := range element().FindAllStringSubmatchIndex(s, -1) {
			if SecretName(s[m[2]:m[3]]) {
				add(m[4], m[5])
			}
		}
	}
	if strings.ContainsAny(s, ":=") {
		pairs(s, add)
	}
}

// harmlessValue reports whether the value of a secret name says nothing.
func harmlessValue(v string) bool {
	v = strings.TrimSpace(v)
	return v == "" || v == Mark || reference().MatchString(v) || strings.EqualFold(v, "bearer") || strings.EqualFold(v, "basic")
}

// pairs visits the values of secret names.
func pairs(s string, found func(from, to int)) {
	for at := 0; at < len(s); {
		m := pair().FindStringSubmatchIndex(s[at:])
		if m == nil {
			return
		}
		name, quoted, colon := s[at+m[2]:at+m[3]], m[4] >= 0, s[at+m[6]] == ':'
		start, before := at+m[1], s[:at+m[2]]
		at = start
		if SecretName(name) {
			at = max(start, valueAfter(s, start, colon, quoted || fieldLike(name) && beginsLine(before), quoted, found))
		}
	}
}

// fieldLike reports whether a name before a colon is that of a header field.
func fieldLike(name string) bool {
	l := strings.ToLower(name)
	return strings.Contains(name, "-") || l == "authorization" || l == "cookie"
}

// beginsLine reports whether what follows text stands at the beginning of a line,
// as header fields do where a request or an answer is printed.
func beginsLine(text string) bool {
	text = strings.TrimRight(text, " \t><*")
	return text == "" || strings.HasSuffix(text, "\n")
}

// valueAfter visits the value that begins at i and returns where it ends. A name
// without quotes before a colon is part of a sentence unless bare says otherwise.
func valueAfter(s string, i int, colon, bare, quoted bool, found func(from, to int)) int {
	if strings.HasPrefix(s[i:], Mark) {
		return i + len(Mark)
	}
	depth := 0 // of backslashes before the quotation mark
	for i+depth < len(s) && s[i+depth] == '\\' {
		depth++
	}
	if q := i + depth; q < len(s) && (s[q] == '"' || s[q] == '\'') {
		end := literalEnd(s, q+1, s[q], depth)
		found(q+1, end)
		return end + 1
	}
	switch {
	case !colon:
		end := i + until(s[i:], "&;, \t\r\n\"'<>)}]|\\")
		if s[i:end] != "" && s[i] != '=' && (end-i >= minSecret || strings.Trim(s[i:end], "0123456789") != "") {
			found(i, end) // and no comparison and no count
		}
		return end
	case !bare:
		return i
	case !quoted:
		end := i + until(s[i:], "\r\n")
		found(i, end)
		return end
	case i < len(s) && (s[i] == '[' || s[i] == '{'):
		return nested(s, i, found)
	}
	end := i
	for end < len(s) && s[end] >= '0' && s[end] <= '9' {
		end++
	}
	if end-i >= minSecret {
		found(i, end)
	}
	return end
}

// until returns the length of s up to one of the bytes.
func until(s, bytes string) int {
	if n := strings.IndexAny(s, bytes); n >= 0 {
		return n
	}
	return len(s)
}

// literalEnd returns where a quoted text ends whose quotation marks stand behind
// so many backslashes: the place of the backslashes or of the mark that closes it.
func literalEnd(s string, i int, quote byte, depth int) int {
	run := 0
	for ; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			run++
			continue
		case s[i] == quote && (depth == 0 && run%2 == 0 || depth > 0 && run == depth):
			return i - depth
		}
		run = 0
	}
	return len(s)
}

// nested visits the texts of a list or an object that is secret as a whole.
func nested(s string, i int, found func(from, to int)) int {
	depth := 0
	for i < len(s) {
		switch s[i] {
		case '[', '{':
			depth++
		case ']', '}':
			if depth--; depth == 0 {
				return i + 1
			}
		case '"':
			end := literalEnd(s, i+1, '"', 0)
			if rest := strings.TrimLeft(s[min(end+1, len(s)):], " \t\r\n"); !strings.HasPrefix(rest, ":") {
				found(i+1, end)
			}
			i = end
		}
		i++
	}
	return len(s)
}
