package config

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/unigate/unigate/internal/input"
	"github.com/unigate/unigate/internal/redact"
)

// secret notes secrets, for the redactor.
func (d *decoder) secret(list ...string) {
	d.secrets = append(d.secrets, list...)
	if d.options.Secret == nil {
		return
	}
	for _, s := range list {
		d.options.Secret(s)
	}
}

// damage says what is wrong with a secret that nobody sees when it is typed or
// pasted, or returns "". To send it would be one wrong password more, and Basic
// credentials hold no control characters (RFC 7617, section 2).
func damage(s string) string {
	first, _ := utf8.DecodeRuneInString(s)
	last, _ := utf8.DecodeLastRuneInString(s)
	switch {
	case !utf8.ValidString(s):
		return "is not in UTF-8"
	case strings.HasSuffix(s, "\n") || strings.HasSuffix(s, "\r"):
		return "ends with a line break"
	case strings.HasPrefix(s, input.Mark):
		return "begins with a byte order mark"
	case strings.ContainsAny(s, "\r\n"):
		return "holds a line break"
	case strings.IndexFunc(s, unicode.IsControl) >= 0:
		return fmt.Sprintf("holds the control character %U", []rune(s)[len([]rune(s[:strings.IndexFunc(s, unicode.IsControl)]))])
	case invisible(first):
		return fmt.Sprintf("begins with the invisible character %U", first)
	case invisible(last):
		return fmt.Sprintf("ends with the invisible character %U", last)
	}
	return ""
}

// invisible reports whether nobody sees a character at the end of a text: one that
// takes no room, or a blank of another kind than the one that passwords may hold (LOGIN-20),
// as web pages and word processors put there.
func invisible(r rune) bool { return unicode.Is(unicode.Cf, r) || r != ' ' && unicode.IsSpace(r) }

// mend is the hint beside damage.
const mend = "nothing was sent, since it would be refused; take the character out, or save what holds it as UTF-8"

// checkSecret is an error for a secret with damage; where says where it comes from.
func checkSecret(where, s string) error {
	if what := damage(s); what != "" {
		return wrong(mend, "%s%s", where, what)
	}
	return nil
}

// passwordNotes warn of a password that cannot be hidden wherever it shows up.
func (d *decoder) passwordNotes(user, password string) {
	if why := redact.Unfit(password); why != "" {
		d.notes = append(d.notes, "the password of "+user+" "+why+", so it is hidden only together with the user's name, and where its place says that it is one; choose another")
	}
}

// ProxyVariables are the environment variables that name proxies.
var ProxyVariables = []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"}

// ProxyCredentials returns the user and the password in the URL of a proxy, also
// where it is no sound URL; the user alone may be a secret where there is no
// password. A URL may lack its scheme, as in the variables.
func ProxyCredentials(raw string) (user, password string) {
	_, rest, found := strings.Cut(raw, "://")
	if !found {
		rest = raw
	}
	at := strings.LastIndexByte(rest, '@')
	if at < 0 {
		return "", ""
	}
	user, password, _ = strings.Cut(rest[:at], ":")
	return unescaped(user), unescaped(password)
}

// unescaped undoes percent escapes where there are sound ones.
func unescaped(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}
