package redact

import (
	"net/http"
	"sort"
	"strings"
)

// Variables that stand for secrets in a curl line.
const (
	passwordVariable = `"$UNIGATE_PASSWORD"`
	tokenVariable    = `"$UNIGATE_TOKEN"`
)

// Curl returns a command line that sends the same request again. In the place
// of secrets it has shell variables: $UNIGATE_PASSWORD for the password of the
// user that it names, $UNIGATE_TOKEN for a token. Everything that comes from
// elsewhere is quoted, so that nothing of it is executed.
func (r *Redactor) Curl(method, url string, header http.Header) string {
	parts := []string{"curl -sS -i"}
	if method != "" && method != http.MethodGet {
		parts = append(parts, "-X "+shell(method))
	}
	names := make([]string, 0, len(header))
	for name := range header {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		for _, value := range header[name] {
			parts = append(parts, r.curlHeader(name, value, len(header[name]) == 1))
		}
	}
	return strings.Join(append(parts, shell(r.String(url))), " ")
}

// curlHeader returns the option that sends a header field.
func (r *Redactor) curlHeader(name, value string, alone bool) string {
	trimmed := strings.TrimSpace(value)
	if trimmed == "" {
		return "-H " + shell(name+";") // how curl sends a field without a value
	}
	if !strings.EqualFold(name, "Authorization") {
		return "-H " + shell(name+": "+r.Header(name, value))
	}
	scheme, credentials, _ := strings.Cut(trimmed, " ")
	if user, ok := r.userOf(credentials); ok && alone && scheme == "Basic" {
		return "-u " + shell(user+":") + passwordVariable
	}
	if r.String(trimmed) == trimmed && !r.encloses(credentials) {
		return "-H " + shell(name+": "+value) // invented by unigate, and no secret
	}
	if _, basic := r.userOf(credentials); !basic && credentials != "" && strings.Contains(credentials, ".") && schemeName.MatchString(scheme) {
		return "-H " + shell(name+": "+scheme+" ") + tokenVariable
	}
	return "-H " + shell(name+": "+r.Header(name, value))
}

// encloses reports whether Basic credentials hold a known secret, such as a
// password with one letter more.
func (r *Redactor) encloses(credentials string) bool {
	user, password, ok := decodeBasic(credentials)
	return ok && (r.String(password) != password || r.String(user) != user)
}

// shell quotes s for a POSIX shell.
func shell(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
