package config

import (
	"regexp"
	"strings"
)

// maskedLine is a line of the file without secrets. Up to the column exact it
// is what the file has.
type maskedLine struct {
	text  string
	exact int
}

// secretKey finds a key whose value is, or may hold, a secret. It looks at the
// text, not at the parsed file, so that it also works where the file is no YAML.
var secretKey = regexp.MustCompile(`(?i)["']?[\w-]*(?:passw|pwd|secret|token|proxy|headers|authori|cookie|api-?key|credential)[\w-]*["']?\s*:`)

// reference finds a value that only names where the secret is.
var reference = regexp.MustCompile(`^\s*(["']?)(?:\$\{(?:env|file):[^}"']*\})["']?\s*(?:[,}].*|#.*)?$`)

// hidden stands in the place of a secret.
const hidden = "[redacted]"

// userinfo finds credentials in a URL.
var userinfo = regexp.MustCompile(`://[^\s]*@`)

// mask hides the values of keys that may hold secrets. It hides too much
// rather than too little: everything to the end of the line, and the following
// lines that belong to the value.
func mask(lines []string) []maskedLine {
	out := make([]maskedLine, len(lines))
	open, indent := false, 0 // inside a value that began on an earlier line
	for i, line := range lines {
		trimmed := strings.TrimLeft(line, " \t")
		in := len(line) - len(trimmed)
		if open && (trimmed == "" || in > indent) {
			out[i] = maskedLine{line[:in] + hiddenUnlessEmpty(trimmed), in}
			continue
		}
		open = false
		if loc := userinfo.FindStringIndex(line); loc != nil && !secretKey.MatchString(line) {
			out[i] = maskedLine{userinfo.ReplaceAllString(line, "://"+hidden+"@"), loc[0]}
			continue
		}
		loc := secretKey.FindStringIndex(line)
		if loc == nil {
			out[i] = maskedLine{line, len(line) + 1}
			continue
		}
		value := line[loc[1]:]
		// A quoted or block value may go on; so may the lines of a mapping.
		open, indent = true, keyIndent(line)
		if reference.MatchString(value) && !secretKey.MatchString(value) {
			out[i] = maskedLine{line, len(line) + 1}
			continue
		}
		out[i] = maskedLine{line[:loc[1]] + " " + hiddenUnlessEmpty(strings.TrimSpace(value)), loc[1] + 1}
	}
	return out
}

// keyIndent is the column of the first key of a line, after the dashes of a list.
func keyIndent(line string) int {
	return len(line) - len(strings.TrimLeft(line, " \t-"))
}

func hiddenUnlessEmpty(s string) string {
	if s == "" {
		return ""
	}
	return hidden
}
