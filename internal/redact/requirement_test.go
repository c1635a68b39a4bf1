package redact

import (
	"strings"
	"testing"
)

// Lists name what breaks a requirement, and the name may end in a scheme.
func TestRequirementsAreNoCredentials(t *testing.T) {
	for text, hidden := range map[string]bool{
		"scheme-bearer    LOGIN-14  Login takes credentials": false,
		"scheme-basic V2AUTH-15":                             false,
		"scheme-bearer LOGIN-142":                            true,
		"Authorization: Bearer LOGIN-14abcdef":               true,
		"Bearer XLOGIN-14":                                   true,
	} {
		if got := strings.Contains(New().String(text), Mark); got != hidden {
			t.Errorf("%q becomes %q", text, New().String(text))
		}
	}
}
