// Package redact keeps secrets out of every output. Three nets lie one below the
// other: by value (each secret that was made known, however it is escaped), by
// shape (tokens of the services), and by name (header fields, members and
// parameters that hold secrets).
//
// It works on values, before they are encoded: what it returns for a text is
// text, and finished JSON, XML or HTML may not be what it was.
package redact

import (
	"encoding/base64"
	"slices"
	"strings"
	"sync"
)

// Mark is what stands in the place of a secret.
const Mark = "[redacted]"

// Net is one of the ways in which secrets are found.
type Net uint8

// The nets.
const (
	ByValue Net = 1 << iota
	ByShape
	ByName
	AllNets = ByValue | ByShape | ByName
)

// Redactor replaces secrets in text. It is safe for concurrent use. Searching a
// text takes time in proportion to the text, however many secrets are known.
type Redactor struct {
	mu     sync.RWMutex
	words  words
	tokens tokens
	// users maps the base64 of user:password to the user's name, for Header.
	users map[string]string
	// public holds credentials that name nobody.
	public map[string]bool
	off    Net
}

// New returns a redactor that knows no secret values yet.
func New() *Redactor { return &Redactor{users: map[string]string{}} }

// Off switches nets off. It is the negative control of the tests that look for
// secrets in outputs, and of nothing else.
func (r *Redactor) Off(nets Net) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.off |= nets
}

// on reports whether a net is on.
func (r *Redactor) on(n Net) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.off&n == 0
}

// Add makes secrets known. What is Unfit to be replaced is ignored.
func (r *Redactor) Add(secrets ...string) {
	for _, s := range secrets {
		if Unfit(s) == "" {
			r.add(s)
		}
	}
}

// add makes a secret known, in every form that is not undone when a text is read.
func (r *Redactor) add(s string) {
	list := folds(s)
	for _, f := range slices.Clone(list) {
		list = append(list, strings.Trim(f, " "))
	}
	list = append(append(list, embedded(s)...), embeddedWide(s)...)
	if len(s) >= minInHex {
		list = append(list, inHex(s))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, f := range list {
		switch {
		case len(f) > maxWord && i == 0:
			r.tokens.add(f, stride)
		case len(f) > maxEncoded:
			r.tokens.add(f, wideStride)
		case len(f) >= minSecret && unfitFolded(f) == "":
			r.words.add(f)
		}
	}
}

// AddCredentials makes a user's password and the Basic credentials known.
func (r *Redactor) AddCredentials(user, password string) {
	r.Add(password)
	r.AddBasic(user, password)
}

// AddProxy makes the credentials of a proxy known; a user without a password is
// one itself.
func (r *Redactor) AddProxy(user, password string) {
	if password == "" {
		r.Add(user)
		return
	}
	r.AddCredentials(user, password)
}

// AddBasic makes user:password known, but not the password alone: for public
// passwords that are ordinary words. The name with a password of nothing, or of blanks, is
// no secret, and stands before a colon in many a sentence.
func (r *Redactor) AddBasic(user, password string) {
	pair := user + ":" + password
	if strings.TrimSpace(password) != "" {
		r.Add(pair)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range encodings {
		r.users[e.EncodeToString([]byte(pair))] = user
	}
}

// AllowCredentials says of the value of an Authorization header that it names
// nobody and may be shown, unless it holds a secret of another kind.
func (r *Redactor) AllowCredentials(authorization string) {
	_, credentials, ok := strings.Cut(strings.TrimSpace(authorization), " ")
	if !ok {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.public == nil {
		r.public = map[string]bool{}
	}
	r.public[strings.TrimSpace(credentials)] = true
}

// isPublic reports whether credentials may be shown.
func (r *Redactor) isPublic(credentials string) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.public[credentials]
}

// AddToken makes a token known by those of its parts that are secret by
// themselves: the signature or random part and, of a JWT, the claims. What does
// not consist of three parts is secret as a whole.
func (r *Redactor) AddToken(token string) {
	secret := []string{token}
	if parts := strings.Split(token, "."); len(parts) == 3 && len(parts[2]) >= minPiece {
		secret = parts[2:]
		header, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[0], "="))
		if err == nil && strings.Contains(string(header), `"alg"`) {
			secret = parts[1:]
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range secret {
		if len(s) > maxSecret {
			s = s[:maxSecret]
		}
		for _, f := range folds(s) {
			r.tokens.add(f, stride)
		}
		for _, f := range embedded(s) {
			r.tokens.add(f, wideStride)
		}
		for _, f := range embeddedWide(s) {
			r.tokens.add(f, widestStride)
		}
	}
}

// String returns s with every secret in it replaced that any of the nets finds.
func (r *Redactor) String(s string) string { return r.text(s, false) }

// CutString is String for a text that was cut off at its end: what may be the
// beginning of a secret there is replaced too.
func (r *Redactor) CutString(s string) string { return r.text(s, true) }

// text is String, or CutString.
func (r *Redactor) text(s string, cutAtEnd bool) string {
	if s == "" {
		return s
	}
	r.mu.RLock()
	off := r.off
	r.mu.RUnlock()
	// Every net searches the text as it came: what one replaces would split what
	// another looks for.
	var spans []span
	found := func(from, to int32) { spans = append(spans, span{from, to}) }
	if off&ByName == 0 {
		r.named(s, found)
	}
	if off&ByValue != 0 && off&ByShape != 0 {
		return replace(s, spans)
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	views(s, func(v *view) {
		if off&ByShape == 0 {
			v.shapes(found)
		}
		if off&ByValue == 0 && len(r.words.known)+len(r.tokens.texts) > 0 {
			f := v.fold()
			there := func(i, j int) { found(f.from[i], f.to[j-1]) }
			r.words.find(f, there)
			r.tokens.find(f, there)
			r.cuts(f, cutAtEnd, there)
		}
	})
	return replace(s, spans)
}

// span is a part of a text, in bytes.
type span struct{ from, to int32 }

// replace puts the mark in the place of the spans; those that overlap or touch
// get one.
func replace(s string, spans []span) string {
	if len(spans) == 0 {
		return s
	}
	slices.SortFunc(spans, func(a, b span) int { return int(a.from) - int(b.from) })
	var b strings.Builder
	end := int32(0) // what is before it was written
	open := false
	for _, p := range spans {
		if !open || p.from > end {
			b.WriteString(s[end:p.from])
			b.WriteString(Mark)
			open = true
		}
		end = max(end, p.to)
	}
	b.WriteString(s[end:])
	return b.String()
}
