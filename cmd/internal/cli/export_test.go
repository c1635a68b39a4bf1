package cli

import "github.com/unigate/unigate/internal/redact"

// WithoutRedactor switches the redactor off for the runs that begin until undo
// is called: the negative control of the canary test.
func WithoutRedactor() (undo func()) { return WithoutNets(redact.AllNets) }

// WithoutNets switches some of the redactor's nets off.
func WithoutNets(nets redact.Net) (undo func()) {
	newRedactor = func() *redact.Redactor {
		r := redact.New()
		r.Off(nets)
		return r
	}
	return func() { newRedactor = redact.New }
}
