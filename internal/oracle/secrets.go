package oracle

import (
	"regexp"
	"sort"
	"strconv"
	"strings"
	"sync"
)

// tokenPart matches a part of a token that is the base64 of a JSON object.
var tokenPart = `eyJ[A-Za-z0-9+/=_-]{` + strconv.Itoa(minTokenPart) + `,}`

// tokenShapes match DB tokens and JWTs within any text. They are wider than the
// parsers: a malformed token is a token too where none may be.
var tokenShapes = sync.OnceValue(func() []*regexp.Regexp {
	return []*regexp.Regexp{
		regexp.MustCompile(tokenPart + `\.` + tokenPart + `\.[A-Za-z0-9+/=_-]*`),
		regexp.MustCompile(`[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{44}`),
	}
})

// minTokenShape is the length in bytes of the shortest text that tokenShapes match:
// eyJ, minTokenPart characters and a dot, twice.
const minTokenShape = 2 * (len("eyJ.") + minTokenPart)

// tokenMembers are the names under which the services give tokens.
var tokenMembers = []string{"token", "access_token"}

// FindToken says where a reply holds a token, such as "in the member token" or
// "in the header X-Token"; empty if it holds none. It never quotes the token.
func FindToken(r Reply) string {
	if members, err := parseBody(r.Body, nil); err == nil {
		if where := findTokenMember(members, 0); where != "" {
			return where
		}
	}
	if hasToken(string(r.Body)) {
		return "in the body"
	}
	names := make([]string, 0, len(r.Header))
	for name := range r.Header {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if hasToken(strings.Join(r.Header[name], "\n")) {
			return "in the header " + quoteText(name)
		}
	}
	return ""
}

// findTokenMember looks for a member with a token's name and some text, in the
// object and in its data.
func findTokenMember(members []member, depth int) string {
	for _, name := range tokenMembers {
		if text, ok := find(members, name).text(); ok && strings.TrimSpace(text) != "" {
			return "in the member " + name
		}
	}
	if depth > 0 {
		return ""
	}
	for _, v := range append(find(members, "data").items(), find(members, "data")) {
		if inner, err := v.members(); err == nil {
			if where := findTokenMember(inner, depth+1); where != "" {
				return where
			}
		}
	}
	return ""
}

// hasToken reports whether text holds something of a token's shape.
func hasToken(s string) bool {
	if len(s) < minTokenShape {
		return false
	}
	for _, shape := range tokenShapes() {
		if shape.MatchString(s) {
			return true
		}
	}
	return false
}

// quoteText quotes a server's text like quote, with tokens in it left out. What
// stands after an authentication scheme is not cut into: it may be a password, of
// which only the redaction of the whole finding knows where it ends.
func quoteText(s string) string {
	if len(s) >= minTokenShape {
		for _, shape := range tokenShapes() {
			s = shape.ReplaceAllString(s, "[token]")
		}
	}
	if len(s) <= maxQuote {
		return quote(s) // whole
	}
	cut := maxQuote
	for _, m := range authorization().FindAllStringIndex(s, -1) {
		if m[0] < cut && m[1] > cut {
			cut = m[0]
		}
	}
	return quoteUpTo(s, cut)
}

// authorization matches the beginning of the value of an Authorization header within text.
var authorization = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(Basic|Bearer)\s+[A-Za-z0-9+/=._~-]{` + strconv.Itoa(minCredentials) + `,}`)
})
