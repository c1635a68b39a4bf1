// Package redact keeps secrets out of every output. It works by value (each
// secret that was added, and its base64 forms) and by name (header fields and
// JSON members that hold secrets).
package redact

import (
	"encoding/base64"
	"io"
	"net/url"
	"sort"
	"strings"
	"sync"
)

// Mark is what stands in the place of a secret.
const Mark = "[redacted]"

// minSecret is the length below which a value is not replaced: it would
// mangle unrelated text.
const minSecret = 3

// Redactor replaces secrets in text. It is safe for concurrent use.
type Redactor struct {
	mu       sync.RWMutex
	known    map[string]bool
	replacer *strings.Replacer
}

// New returns a redactor that knows no secret values yet.
func New() *Redactor { return &Redactor{known: map[string]bool{}} }

// Add makes secrets known, each with its base64 and URL-encoded forms.
func (r *Redactor) Add(secrets ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range secrets {
		if len(s) < minSecret {
			continue
		}
		b := []byte(s)
		for _, form := range []string{
			s, url.QueryEscape(s), url.PathEscape(s),
			base64.StdEncoding.EncodeToString(b), base64.RawStdEncoding.EncodeToString(b),
			base64.URLEncoding.EncodeToString(b), base64.RawURLEncoding.EncodeToString(b),
		} {
			r.known[form] = true
		}
	}
	r.replacer = nil
}

// AddCredentials makes a user's password and the Basic credentials known.
func (r *Redactor) AddCredentials(user, password string) {
	r.Add(password, user+":"+password)
}

// String returns s with every known secret replaced.
func (r *Redactor) String(s string) string {
	r.mu.RLock()
	rep := r.replacer
	r.mu.RUnlock()
	if rep == nil {
		rep = r.build()
	}
	return rep.Replace(s)
}

// build makes the replacer; longer secrets come first, so that none is cut short.
func (r *Redactor) build() *strings.Replacer {
	r.mu.Lock()
	defer r.mu.Unlock()
	forms := make([]string, 0, len(r.known))
	for f := range r.known {
		forms = append(forms, f)
	}
	sort.Slice(forms, func(i, j int) bool {
		if len(forms[i]) != len(forms[j]) {
			return len(forms[i]) > len(forms[j])
		}
		return forms[i] < forms[j]
	})
	pairs := make([]string, 0, 2*len(forms))
	for _, f := range forms {
		pairs = append(pairs, f, Mark)
	}
	r.replacer = strings.NewReplacer(pairs...)
	return r.replacer
}

// Writer returns a writer that redacts what is written to w, one Write at a time.
func (r *Redactor) Writer(w io.Writer) io.Writer { return &writer{r: r, w: w} }

type writer struct {
	r *Redactor
	w io.Writer
}

// Write redacts p and writes it.
func (w *writer) Write(p []byte) (int, error) {
	if _, err := io.WriteString(w.w, w.r.String(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}
