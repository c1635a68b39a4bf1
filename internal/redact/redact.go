// Package redact keeps secrets out of every output. It works by value (each
// secret that was made known, in every form in which outputs write text), by
// shape (tokens of the services), and by name (header fields and JSON members
// that hold secrets).
package redact

import (
	"encoding/base64"
	"strings"
	"sync"
)

// Mark is what stands in the place of a secret.
const Mark = "[redacted]"

// minSecret is the length in bytes below which a value is not replaced: it
// would mangle unrelated text. Together with its user's name it always is.
const minSecret = 4

// maxSecret is the length in bytes above which a secret is known as it is only,
// and by its beginning.
const maxSecret = 32 << 10

// Redactor replaces secrets in text. It is safe for concurrent use. Making one
// more secret known costs time in proportion to the secret alone, and searching
// a text costs time in proportion to the text, however many secrets there are.
type Redactor struct {
	mu   sync.RWMutex
	tree tree
	// users maps the base64 of user:password to the user's name, for Curl and Header.
	users map[string]string
	off   bool
}

// New returns a redactor that knows no secret values yet.
func New() *Redactor { return &Redactor{users: map[string]string{}} }

// Off makes the redactor let everything through. It is the negative control of
// the tests that look for secrets in outputs, and of nothing else.
func (r *Redactor) Off() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.off = true
}

// Add makes secrets known, in every form in which an output may write them.
// Values shorter than four bytes are ignored.
func (r *Redactor) Add(secrets ...string) {
	for _, s := range secrets {
		if len(s) < minSecret {
			continue
		}
		if len(s) > maxSecret {
			r.addForms([]string{s, s[:maxSecret]})
			continue
		}
		r.addForms(forms(s))
	}
}

// addForms puts forms into the tree.
func (r *Redactor) addForms(list []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range list {
		if len(f) >= minSecret {
			r.tree.add(f)
		}
	}
}

// AddCredentials makes a user's password and the Basic credentials known.
func (r *Redactor) AddCredentials(user, password string) {
	r.Add(password)
	r.AddBasic(user, password)
}

// AddBasic makes user:password known, but not the password alone: for public
// passwords that are ordinary words.
func (r *Redactor) AddBasic(user, password string) {
	pair := user + ":" + password
	r.Add(pair)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range encodings {
		r.users[e.EncodeToString([]byte(pair))] = user
	}
}

// AddToken makes a token known, and those of its parts that are secret by
// themselves: the signature or random part and, of a JWT, the claims.
func (r *Redactor) AddToken(token string) {
	r.Add(token)
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return
	}
	if len(parts[2]) >= 16 {
		r.addForms(tokenForms(parts[2]))
	}
	header, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[0], "="))
	if err == nil && strings.Contains(string(header), `"alg"`) && len(parts[1]) >= 16 {
		r.addForms(tokenForms(parts[1]))
	}
}

// String returns s with every known secret, and everything that has the shape
// of a token, replaced.
func (r *Redactor) String(s string) string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.off || s == "" {
		return s
	}
	var sc scanner
	out, _ := sc.scan(&r.tree, nil, s, true)
	if out == nil {
		return s
	}
	return string(out)
}
