package redact

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"unicode/utf8"
)

// secretField finds header fields whose value is a secret by their name.
var secretField = regexp.MustCompile(`(?i)^(proxy-)?authorization$|^(set-)?cookie$|token|secret|passw|api-?key|session`)

// Header returns the value of a header field as it may be shown: secret by
// name, or with the known secrets in it replaced. Of credentials the scheme and,
// where they are Basic credentials of a configured user, the user stay visible.
func (r *Redactor) Header(name, value string) string {
	r.mu.RLock()
	off := r.off
	r.mu.RUnlock()
	trimmed := strings.TrimSpace(value)
	if off || trimmed == "" || !secretField.MatchString(name) {
		return r.String(value)
	}
	if !strings.HasSuffix(strings.ToLower(name), "authorization") {
		return Mark
	}
	scheme, credentials, found := strings.Cut(trimmed, " ")
	credentials = strings.TrimSpace(credentials)
	switch {
	case !found && schemeName.MatchString(scheme):
		return scheme // no credentials at all
	case !found || !schemeName.MatchString(scheme):
		return Mark
	}
	if user, ok := r.userOf(credentials); ok {
		return scheme + " " + Mark + " (" + r.String(user) + ")"
	}
	return scheme + " " + Mark
}

// schemeName is the name of an authentication scheme, as short as they are.
var schemeName = regexp.MustCompile(`^[A-Za-z][A-Za-z-]{1,11}$`)

// userOf finds the user whose right credentials these are.
func (r *Redactor) userOf(credentials string) (user string, ok bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	user, ok = r.users[credentials]
	return user, ok
}

// secretMember finds JSON members that hold secrets by their name, also in a
// text that was cut off.
var secretMember = regexp.MustCompile(`(?i)("(?:[\w-]*token|[\w-]*password|passwd|pwd|[\w-]*secret|assertion|api_?key|authorization)"\s*:\s*")((?:[^"\\]|\\.)*)`)

// Body returns an answer's body as it may be shown: the members that hold
// secrets by their name are replaced, and so are the known secrets.
func (r *Redactor) Body(body string) string {
	r.mu.RLock()
	off := r.off
	r.mu.RUnlock()
	if off {
		return body
	}
	return r.String(secretMember.ReplaceAllStringFunc(body, func(m string) string {
		parts := secretMember.FindStringSubmatch(m)
		if parts[2] == "" || strings.EqualFold(parts[2], "bearer") || strings.EqualFold(parts[2], "basic") {
			return m
		}
		return parts[1] + Mark
	}))
}

// Bounds of what is learned from an answer.
const (
	minLearned = 16
	maxLearned = 16 << 10
	maxTokens  = 16 // of one answer
)

// Learn makes the tokens of an answer known: the values of JSON members that
// hold tokens, and cookies. What is shorter than 16 bytes or has blanks is no
// token; replacing it would mangle reports.
func (r *Redactor) Learn(header http.Header, body []byte) {
	for _, line := range header["Set-Cookie"] {
		if c, err := http.ParseSetCookie(line); err == nil {
			r.learn(c.Value)
		}
	}
	found := 0
	members(body, func(name, value string) bool {
		if secretName.MatchString(name) {
			r.learn(value)
			found++
		}
		return found < maxTokens
	})
}

// secretName is the name of a JSON member that holds a token.
var secretName = regexp.MustCompile(`(?i)token|secret|assertion`)

// members visits the members of a JSON text whose value is a string, wherever
// they are, without a look at the rest: the text may be cut off or no JSON at
// all. It takes time in proportion to the text.
func members(text []byte, visit func(name, value string) bool) {
	name, rest := []byte(nil), text
	for {
		i := bytes.IndexByte(rest, '"')
		if i < 0 {
			return
		}
		between := rest[:i]
		end := stringEnd(rest[i+1:])
		word := rest[i+1 : i+1+end]
		rest = rest[min(i+1+end+1, len(rest)):]
		if name != nil && string(bytes.TrimSpace(between)) == ":" {
			if !visit(unescape(name), unescape(word)) {
				return
			}
			word = nil // a value is no name
		}
		name = word
	}
}

// stringEnd returns the length of a JSON string up to its closing quote, or to the end.
func stringEnd(b []byte) int {
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(b)
}

// unescape is what the inside of a JSON string means; what is no JSON string means itself.
func unescape(b []byte) string {
	if bytes.IndexByte(b, '\\') < 0 || len(b) > maxLearned {
		return string(b)
	}
	var s string
	if json.Unmarshal([]byte(`"`+string(b)+`"`), &s) != nil {
		return string(b)
	}
	return s
}

// learn makes one value known if it can be a token.
func (r *Redactor) learn(s string) {
	if len(s) < minLearned || len(s) > maxLearned || strings.ContainsAny(s, " \t\r\n") || !utf8.ValidString(s) {
		return
	}
	r.AddToken(s)
}
