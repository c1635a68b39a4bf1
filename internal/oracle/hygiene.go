package oracle

import (
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/unigate/unigate/internal/unifier"
)

// Sent is what a request carried that its answer must not give back (SEC-04).
type Sent struct {
	// User and Password are the credentials.
	User     string
	Password unifier.Secret
	// Ordinary says that answers to others hold the password as well, so that only
	// its pair with the user's name proves an echo.
	Ordinary bool
}

// hygieneRules judge a reply, by requirement.
var hygieneRules = []struct {
	id    string
	judge func(j *Judgement, sent Sent, r Reply)
}{
	{"SEC-01", func(j *Judgement, _ Sent, r Reply) { cacheable(j, r) }},
	{"SEC-02", func(j *Judgement, _ Sent, r Reply) { challenge(j, r) }},
	{"SEC-04", echo},
	{"SEC-05", func(j *Judgement, _ Sent, r Reply) { contentType(j, r) }},
	{"SEC-06", func(j *Judgement, _ Sent, r Reply) { oldTLS(j, r) }},
	{"SEC-07", func(j *Judgement, _ Sent, r Reply) { internals(j, r) }},
}

// JudgeHygiene judges any reply of a token service by SEC-01, 02, 04, 05, 06
// and 07, or by those of them that are named. sent may be the zero value.
func JudgeHygiene(sent Sent, r Reply, ids ...string) Judgement {
	var j Judgement
	for _, rule := range hygieneRules {
		if len(ids) == 0 || slices.Contains(ids, rule.id) {
			rule.judge(&j, sent, r)
		}
	}
	return j
}

// cacheable is SEC-01 (RFC 6749 §5.1, RFC 9111 §5.2.2.5).
func cacheable(j *Judgement, r Reply) {
	if r.Status != http.StatusOK || FindToken(r) == "" {
		return
	}
	values := strings.Join(r.Header.Values("Cache-Control"), ", ")
	for directive := range strings.SplitSeq(values, ",") {
		if strings.EqualFold(strings.TrimSpace(directive), "no-store") {
			return
		}
	}
	j.add("SEC-01", "cacheable", "Cache-Control: no-store", "Cache-Control: "+orNone(values), "the reply holds a token")
}

// challenge is SEC-02 (RFC 9110 §15.5.2).
func challenge(j *Judgement, r Reply) {
	if r.Status == http.StatusUnauthorized && strings.TrimSpace(r.Header.Get("WWW-Authenticate")) == "" {
		j.add("SEC-02", "no_challenge", "a WWW-Authenticate header", "none", statusText(r.Status))
	}
}

// echo is SEC-04.
func echo(j *Judgement, sent Sent, r Reply) {
	password := sent.Password.Reveal()
	if password == "" {
		return
	}
	pair := []byte(sent.User + ":" + password)
	needles := []string{unpadded(pair, base64.StdEncoding), unpadded(pair, base64.URLEncoding), string(pair)}
	if len(password) >= minEcho && !sent.Ordinary && !ordinary(sent.User, password) {
		needles = append(needles, password, url.QueryEscape(password), url.PathEscape(password),
			unpadded([]byte(password), base64.StdEncoding))
	}
	if where := holds(r, needles...); where != "" {
		j.add("SEC-04", "credentials_echoed", "no credentials in the answer", "credentials in "+where, statusText(r.Status))
	}
}

// holds says where a reply holds one of some texts; empty if it holds none.
func holds(r Reply, needles ...string) string {
	in := func(text string) bool {
		return slices.ContainsFunc(needles, func(needle string) bool { return strings.Contains(text, needle) })
	}
	body := string(r.Body)
	if in(body) {
		return "the body"
	}
	if in(string(loosely(r.Body))) {
		return "the body, unescaped"
	}
	first := "" // by its name, of the headers that hold one
	for name, values := range r.Header {
		if in(name + "\n" + strings.Join(values, "\n")) {
			if where := "the header " + quoteText(name); first == "" || where < first {
				first = where
			}
		}
	}
	return first
}

// HoldsPassword reports whether a reply holds a password in clear, as an answer
// to somebody else does where the password is an ordinary word (SEC-04).
func HoldsPassword(r Reply, password unifier.Secret) bool {
	text := password.Reveal()
	return text != "" && holds(r, text, url.QueryEscape(text), url.PathEscape(text), unpadded([]byte(text), base64.StdEncoding)) != ""
}

// unpadded is base64 without its padding, so that it is found with and without.
func unpadded(b []byte, enc *base64.Encoding) string {
	return enc.WithPadding(base64.NoPadding).EncodeToString(b)
}

// ordinary reports whether a password is part of words that answers hold anyway:
// then only its pair with the user's name proves an echo.
func ordinary(user, password string) bool {
	return strings.Contains(ordinaryWords(), strings.ToLower(password)) || strings.Contains(strings.ToLower(user), strings.ToLower(password))
}

// ordinaryWords are what answers hold whoever asked: the members of bodies, the
// texts of the documentation, the labels of time zones, and headers.
var ordinaryWords = sync.OnceValue(func() string {
	var b strings.Builder
	b.WriteString("user name username password credentials secret unauthorized forbidden success bearer basic realm weblogic unifier oracle\n" +
		"expirydate\ntimezone\nexpirytime\nstatus\ntoken\nmessage\nerror\ndata\naccess_token\ntoken_type\nexpires_in\n" +
		"endpoint\nrequest_headers\nx-unifier-tenant-code\nerror_description\ninvalid_request\n" +
		"application/json; charset=utf-8\ntext/plain\ntext/html\nno-store, no-cache, must-revalidate, private, max-age=0\n" +
		"content-type\ncontent-length\ncache-control\nwww-authenticate\nset-cookie\njsessionid\nkeep-alive\ntransfer-encoding: chunked\n" +
		"x-content-type-options: nosniff\nx-frame-options: sameorigin\nstrict-transport-security: max-age=31536000; includesubdomains\n" +
		strings.ToLower(unifier.MessageEmptyAuth+"\n"+unifier.MessageInvalidExpiry+"\n"))
	for _, z := range unifier.Zones {
		b.WriteString(strings.ToLower(z.Label) + "\n")
	}
	return b.String()
})

// jsonEscape matches an escape sequence that JSON allows.
var jsonEscape = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})`) })

// loosely resolves JSON's escapes in text of any kind.
func loosely(b []byte) []byte {
	if bytes.IndexByte(b, '\\') < 0 {
		return b
	}
	return jsonEscape().ReplaceAllFunc(b, unescape)
}

// contentType is SEC-05.
func contentType(j *Judgement, r Reply) {
	value := r.Header.Get("Content-Type")
	media, _, err := mime.ParseMediaType(value) // of a broken parameter the type itself is still good
	if len(r.Body) == 0 && value == "" {
		return
	}
	if media != "application/json" && (err == nil || !strings.HasPrefix(value, "application/json;")) {
		j.add("SEC-05", "content_type", "Content-Type: application/json", "Content-Type: "+orNone(value), statusText(r.Status))
	}
}

// oldTLS is SEC-06.
func oldTLS(j *Judgement, r Reply) {
	if r.TLS != nil && r.TLS.Version < tls.VersionTLS12 {
		j.add("SEC-06", "old_tls", "TLS 1.2 or newer", tls.VersionName(r.TLS.Version), "")
	}
}

// sqlTables matches the tables of a FROM clause, with aliases and joins.
const sqlTables = `[\w."$]+(?:\s+(?:as\s+)?\w+)?(?:\s*(?:,|(?:left|right|full|inner|outer|cross|natural)?(?:\s+outer)?\s*join)\s+[\w."$]+(?:\s+(?:as\s+)?\w+)?(?:\s+on\s+[\w."$]+\s*=\s*[\w."$]+)?)*`

// serverInternals match what an error answer must not show (SEC-07).
var serverInternals = sync.OnceValue(func() []internal {
	return []internal{
		{"a Java stack trace", regexp.MustCompile(`(?m)(?:^|[\s>])at [\w$.<>/]+\.[\w$<>]+\((?:[\w$]+\.(?:java|kt|scala):\d+|Native Method|Unknown Source)\)`)},
		{"a frame of a Java stack", regexp.MustCompile(`\b(?:[\w$]+\.)+[\w$<>]+\((?:[\w$]+\.(?:java|kt|scala|groovy):\d+|Native Method|Unknown Source)\)`)},
		{"a Java exception", regexp.MustCompile(`\b(?:NullPointer|NumberFormat|ClassCast|ClassNotFound|IllegalArgument|IllegalState|(?:Array|String)?IndexOutOfBounds|SQL|SQLSyntaxError|OutOfMemory|StackOverflow)(?:Exception|Error)\b`)},
		{"a Java exception", regexp.MustCompile(`\b(?:java|javax|jakarta|oracle|weblogic|org|com|sun)(?:\.[a-z_][\w]*)+\.[A-Z]\w*(?:Exception|Error)\b`)},
		{"a Python traceback", regexp.MustCompile(`Traceback \(most recent call last\)`)},
		{"a Go stack trace", regexp.MustCompile(`goroutine \d+ \[`)},
		{"a .NET stack trace", regexp.MustCompile(`\bat [\w.]+\(.*\) in .+:line \d+`)},
		{"an Oracle database error", regexp.MustCompile(`\b(?:ORA|PLS|TNS)-\d{5}\b`)},
		{"SQL text", regexp.MustCompile(`(?i)\b(?:select\s+[^;]{1,` + strconv.Itoa(maxColumns) + `}?\sfrom\s+` + sqlTables + `\s+where\s+(?:not\s+)?(?:exists\s*\(|[(\w."$]+(?:\s*\))?\s*(?:[<>!=]|like\b|in\s*\(|is\s+(?:not\s+)?null|between\b))|insert\s+into\s+[\w."$]+\s*(?:\(|values\b|select\b)|update\s+[\w."$]+(?:\s+\w+)?\s+set\s+[\w."$]+\s*=|delete\s+from\s+[\w."$]+(?:\s+\w+)?\s+where\s)`)},
		{"SQL text", regexp.MustCompile(`\bSELECT\s+[^;]{1,` + strconv.Itoa(maxColumns) + `}?\sFROM\s+[\w."$]+`)},
		{"the address of a database", regexp.MustCompile(`\bjdbc:\w+:`)},
		{"a path on the server", regexp.MustCompile(`(?m)(?:^|[\s"'(\[=:>])(?:/u0\d|/opt|/home|/usr|/var|[A-Z]:[/\\]{1,2}[\w.$ -]+)(?:[/\\]{1,2}[\w.$-]+){2,}`)},
	}
})

// internal is one kind of a server's internals.
type internal struct {
	what  string
	shape *regexp.Regexp
}

// internals is SEC-07. It looks at the body of an error answer.
func internals(j *Judgement, r Reply) {
	if r.Status < 400 {
		return
	}
	texts := []string{string(loosely(r.Body))}
	if _, err := parseBody(r.Body, nil); err != nil {
		texts = append(texts, string(r.Body)) // backslashes are just that where there is no JSON
	}
	for _, text := range texts {
		for _, s := range serverInternals() {
			if s.shape.MatchString(text) {
				j.add("SEC-07", "server_internals", "no stack trace or server internals", s.what, statusText(r.Status))
				return
			}
		}
	}
}

// JudgeAlike judges whether an unknown user and a wrong password get the same
// answer (SEC-03): status, message and shape. names are the users' names that
// were sent: that a message repeats them makes no difference.
func JudgeAlike(unknownUser, wrongPassword Reply, names ...string) Judgement {
	var j Judgement
	a, b := errorTraits(unnamed(unknownUser, names), steady), errorTraits(unnamed(wrongPassword, names), steady)
	// What is shown is as it came, so that no part of a secret is evened out before it is redacted.
	shownA, shownB := errorTraits(unnamed(unknownUser, names), asItIs), errorTraits(unnamed(wrongPassword, names), asItIs)
	for _, name := range sortedKeys(a, b) {
		if a[name] != b[name] {
			j.add("SEC-03", "tells_users_apart", "the same answer for an unknown user and for a wrong password",
				fmt.Sprintf("%s: %s and %s", name, orNone(shownA[name]), orNone(shownB[name])), "")
		}
	}
	return j
}

// unnamed takes the users' names out of a reply's body.
func unnamed(r Reply, names []string) Reply {
	body := string(r.Body)
	for _, name := range names {
		if name != "" {
			body = strings.ReplaceAll(body, name, "[user]")
		}
	}
	r.Body = []byte(body)
	return r
}

// orNone stands a word in for nothing and quotes the rest.
func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return quoteText(s)
}
