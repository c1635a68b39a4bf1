package redact

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// The one list of names by which secrets are known: of header fields, cookies,
// JSON members, parameters of URLs and forms, and keys of files.
var (
	// secretRoots make a name secret wherever they stand in it.
	secretRoots = []string{"token", "secret", "passw", "passphrase", "passcode", "pwd", "cookie", "session", "credential", "apikey",
		"assertion", "authorization", "jwt", "bearer"}
	// secretWords make a name secret as one of its words, and lastWords as its last
	// word after others, such as x-api-key.
	secretWords = map[string]bool{"auth": true, "pass": true, "sid": true, "otp": true, "pin": true, "sso": true, "psw": true, "pw": true}
	lastWords   = map[string]bool{"key": true, "hash": true, "signature": true}
	// harmlessEnds end the names of what is said about a secret, such as token_type.
	harmlessEnds = []string{"type", "expires", "expiry", "expiration", "expiresin", "expiresat", "expireson", "endpoint", "uri", "url",
		"status", "format", "length", "count", "error", "message", "ttl", "lifetime", "policy", "description"}
	// harmlessNames look like names of secrets and are none.
	harmlessNames = map[string]bool{"secwebsocketkey": true, "contenthash": true, "partitionkey": true, "primarykey": true, "foreignkey": true}
)

// SecretName reports whether what has this name is a secret: a header field, a
// cookie, a member of a JSON object, a parameter, a key of a file.
func SecretName(name string) bool {
	words := nameWords(name)
	joined := strings.Join(words, "")
	if joined == "" || harmlessNames[joined] {
		return false
	}
	for _, end := range harmlessEnds {
		if strings.HasSuffix(joined, end) {
			return false
		}
	}
	for _, root := range secretRoots {
		if strings.Contains(joined, root) {
			return true
		}
	}
	for i, w := range words {
		if secretWords[w] || i > 0 && i == len(words)-1 && lastWords[w] {
			return true
		}
	}
	return false
}

// nameWords splits a name where its case changes and at what is no letter or digit.
func nameWords(name string) []string {
	if len(name) > maxName {
		name = name[:maxName]
	}
	var words []string
	var word []rune
	end := func() {
		if len(word) > 0 {
			words = append(words, strings.ToLower(string(word)))
			word = word[:0]
		}
	}
	var before rune
	for _, r := range name {
		switch {
		case foldRune(r) < 0:
			continue // invisible
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			end()
		case unicode.IsUpper(r) && unicode.IsLower(before):
			end()
			fallthrough
		default:
			word = append(word, r)
		}
		before = r
	}
	end()
	return words
}

// Body returns an answer's body as it may be shown.
func (r *Redactor) Body(body string) string { return r.String(body) }

// Header returns the value of a header field as it may be shown: secret by
// name, or with the secrets in it replaced. Of credentials the scheme and, where
// they are Basic credentials of a configured user, the user stay visible.
func (r *Redactor) Header(name, value string) string {
	trimmed := strings.TrimSpace(value)
	if trimmed == "" || !r.on(ByName) || !SecretName(name) {
		return r.String(value)
	}
	if !strings.HasSuffix(strings.ToLower(name), "authorization") {
		return Mark
	}
	scheme, credentials, found := strings.Cut(trimmed, " ")
	credentials = strings.TrimSpace(credentials)
	switch {
	case !found && schemeName().MatchString(scheme):
		return scheme // no credentials at all
	case !found || !schemeName().MatchString(scheme):
		return Mark
	}
	if user, ok := r.userOf(credentials); ok {
		return scheme + " " + Mark + " (" + r.String(user) + ")"
	}
	return scheme + " " + Mark
}

// schemeName is the name of an authentication scheme, as short as they are.
var schemeName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z][A-Za-z-]{1,` + strconv.Itoa(maxScheme-1) + `}$`)
})

// userOf finds the user whose right credentials these are.
func (r *Redactor) userOf(credentials string) (user string, ok bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	user, ok = r.users[credentials]
	return user, ok
}

// Learn makes the tokens of an answer known: the values of JSON members and
// header fields that hold tokens, and cookies. What is shorter than minLearned or
// has blanks is no token; replacing it would mangle reports.
func (r *Redactor) Learn(header http.Header, body []byte) {
	found := 0
	members(body, func(name, value string) bool {
		if SecretName(name) && r.learn(value) {
			found++
		}
		return found < maxTokens
	})
	r.learnHeader(header)
}

// learnHeader is Learn for header fields.
func (r *Redactor) learnHeader(header http.Header) {
	found := 0
	for name, values := range header {
		if !SecretName(name) {
			continue
		}
		for _, value := range values {
			if http.CanonicalHeaderKey(name) == "Set-Cookie" {
				value, _, _ = strings.Cut(value, ";") // what follows says where it holds
			}
			for _, part := range strings.FieldsFunc(value, func(c rune) bool { return strings.ContainsRune(` ;,"`, c) }) {
				if _, after, pair := strings.Cut(part, "="); pair && strings.Trim(after, "=") != "" && !strings.HasPrefix(part, "eyJ") {
					part = after // a cookie, or a parameter
				}
				if !r.learn(part) {
					continue
				}
				if found++; found == maxTokens {
					return
				}
			}
		}
	}
}

// dateTime is a date and a time (RFC 3339), as a member with a secret name may hold that says
// until when a token or a session is good: no secret, and it stands in many a report.
var dateTime = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\d{4}-\d\d-\d\d[Tt_]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:[Zz]|[+-]\d\d:?\d\d)?$`)
})

// learn makes one value known if it can be a token, which it reports.
func (r *Redactor) learn(s string) bool {
	if len(s) < minLearned || len(s) > maxLearned || strings.ContainsAny(s, " \t\r\n") || !utf8.ValidString(s) || Unfit(s) != "" || dateTime().MatchString(s) {
		return false
	}
	r.AddToken(s)
	return true
}
