package printable

import "strings"

// Obeyed reports whether a build agent would take something in a log for a
// command to it, by the agents' own rules: Azure's agent looks for "##vso[" and
// "##[" anywhere in a line and without a look at case, GitHub's runner for "##["
// anywhere and for "::" at the beginning of a line after blanks, TeamCity for
// "##teamcity[". Tests look with it at everything that unigate writes.
func Obeyed(log string) bool {
	for _, line := range strings.FieldsFunc(log, func(r rune) bool { return r == '\n' || r == '\r' }) {
		lower := strings.ToLower(line)
		for _, command := range []string{"##vso[", "##[", "##teamcity["} {
			if strings.Contains(lower, command) {
				return true
			}
		}
		if strings.HasPrefix(strings.TrimSpace(line), "::") {
			return true
		}
	}
	return false
}
