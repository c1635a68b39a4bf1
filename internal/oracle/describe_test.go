package oracle

import "testing"

// A body is told without being quoted.
func TestDescribeBody(t *testing.T) {
	for body, want := range map[string]string{
		"":                    "an empty body",
		" \r\n":               "an empty body",
		"<html></html>":       "markup of 13 bytes",
		"Unauthorized":        "a body of 12 bytes",
		"\ufeff{\"a\":1}":     "a body that begins with a byte order mark, which JSON must not (RFC 8259, section 8.1)",
		"\r\n\ufeff{\"a\":1}": "a body that begins with a byte order mark, which JSON must not (RFC 8259, section 8.1)",
	} {
		if got := describeBody(Reply{Body: []byte(body)}); got != want {
			t.Errorf("%q: %s", body, got)
		}
	}
}
