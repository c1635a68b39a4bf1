package oracle

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/unigate/unigate/internal/unifier"
)

// isLobby reports whether a reply has the members that the 2026 pages show for
// Lobby accounts.
func isLobby(members []member) bool {
	return !find(members, "access_token").given() && find(members, "token").kind != kindNone && find(members, "expire").kind != kindNone
}

// judgeLobby judges the reply to a Lobby account: token, expire in seconds as a
// string, endpoint, and request_headers with the tenant. The pages show no
// status; one that is there must be 200.
func (j *jwtJudge) judgeLobby(out *Judgement, r *Reply, members []member) {
	expire := find(members, "expire")
	plain := value{kindNumber, expire.raw}
	if expire.kind == kindString {
		plain.raw = expire.plain()
	}
	n, ok := plain.integer()
	if !ok || !isDigit(plain.raw[0]) || expire.kind != kindString && expire.kind != kindNumber {
		out.find(unifier.RuleMembers, "member_type", "expire is a whole number of seconds, as a string", "expire is "+describeValue(expire), "")
		out.unjudged(j.validity)
	} else {
		j.judgeSeconds(out, r, "expire", n)
	}
	judgeWay(out, members)
	readWay(out, members)
	token := find(members, "token")
	if token.kind != kindString {
		out.find(unifier.RuleMembers, "member_type", "token is a string", "token is "+token.kind.String(), "")
		out.unjudged(unifier.RuleShape, unifier.RuleClaims, unifier.RuleSignature)
		return
	}
	out.Token = string(token.plain())
	j.judgeJWT(out, r)
}

// judgeWay judges where and how a token of a multi-tenant system is to be used:
// endpoint and request_headers are both there, the one is a path below the base URL
// and nothing else, and the others name the tenant and hold nothing that calls must
// not carry (V2AUTH-12, OAUTH-04).
func judgeWay(out *Judgement, members []member) {
	switch v := find(members, "endpoint"); {
	case v.kind == kindNone:
		missing(out, unifier.RuleWay, "endpoint", members)
	case v.kind != kindString:
		out.find(unifier.RuleWay, "member_type", "endpoint is a string", "endpoint is "+v.kind.String(), "")
	default:
		if text, _ := v.text(); !endpointShape().MatchString(text) {
			out.find(unifier.RuleWay, "endpoint", "endpoint is a path below the base URL and nothing else", "endpoint is "+quoteText(text), "")
		}
	}
	headers := find(members, "request_headers")
	if headers.kind == kindNone {
		missing(out, unifier.RuleWay, "request_headers", members)
		return
	}
	inner, err := headers.members()
	if err != nil {
		out.find(unifier.RuleWay, "member_type", "request_headers is an object", "request_headers is "+headers.kind.String(), "")
		return
	}
	for _, name := range neededHeaders {
		if !slices.ContainsFunc(inner, func(m member) bool { return strings.EqualFold(string(m.name), name) }) {
			missing(out, unifier.RuleWay, name, inner)
		}
	}
	for _, m := range inner {
		judgeHeader(out, m)
	}
}

// neededHeaders are what request_headers has in any case.
var neededHeaders = []string{"x-unifier-tenant", "x-unifier-tenant-code"}

// needed reports whether a header is one of those.
func needed(m member) bool {
	return slices.ContainsFunc(neededHeaders, func(name string) bool { return strings.EqualFold(string(m.name), name) })
}

// judgeHeader judges one header that calls are to carry; null is none, where there need not be one.
func judgeHeader(out *Judgement, m member) {
	name := quoteText(string(m.name))
	text, ok := m.value.text()
	switch {
	case !headerShape().Match(m.name):
		// No page forbids others, but a server's text is not trusted with more than that.
		out.findOrWarn(otherHeader(string(m.name)), unifier.RuleWay, "foreign_header", "request_headers names only headers that begin with x-unifier-", "the header "+name, "calls do not carry it")
	case m.value.kind == kindNull && !needed(m):
	case !ok:
		out.find(unifier.RuleWay, "member_type", "the header "+name+" is a string", "it is "+m.value.kind.String(), "")
	case strings.TrimSpace(text) == "":
		out.find(unifier.RuleWay, "empty_header", "the header "+name+" says something", "it is empty", "")
	case len(text) > maxHeaderValue || !printable(text):
		out.find(unifier.RuleWay, "header_value", "the header "+name+" is one line of printable ASCII", "it is none", "")
	}
}

// otherHeader reports whether a name is that of a header which says no more than one of
// its own would: it is well-formed, and about neither credentials nor the connection.
func otherHeader(name string) bool {
	return otherShape().MatchString(name) && !slices.Contains(reserved, strings.ToLower(name)) && !strings.HasPrefix(strings.ToLower(name), "proxy-")
}

// otherShape is the name of a header (RFC 9110, section 5.1), in bounded length.
var otherShape = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z0-9_-]{1,` + strconv.Itoa(maxHeaderName) + `}$`)
})

// reserved are headers that decide who calls, whom, and where a message ends.
var reserved = []string{
	"authorization", "cookie", "host", "connection", "keep-alive", "upgrade", "te", "trailer", "transfer-encoding", "content-length", "expect",
	"forwarded", "x-forwarded-for", "x-forwarded-host", "x-http-method-override",
}

// describeNumber tells a member that should be a number.
func describeNumber(v value) string {
	if v.kind == kindNumber {
		return quoteText(string(v.raw))
	}
	return v.kind.String()
}

// segment is the shape of a part of an endpoint's path.
var segment = `[A-Za-z0-9][A-Za-z0-9._~-]{0,` + strconv.Itoa(maxSegment-1) + `}`

// endpointShape and headerShape bound what of an answer may become part of later
// calls: a server's text is not trusted with more than a path and headers of its own.
var (
	endpointShape = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^/?` + segment + `(/` + segment + `){0,` + strconv.Itoa(maxSegments-1) + `}/?$`)
	})
	headerShape = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?i:x-unifier-)[A-Za-z0-9-]{1,` + strconv.Itoa(maxHeaderName) + `}$`)
	})
)

// readWay keeps where and how the token is to be used, where the answer says so.
func readWay(out *Judgement, members []member) {
	if endpoint, ok := find(members, "endpoint").text(); ok && endpointShape().MatchString(endpoint) {
		out.Endpoint = "/" + strings.Trim(endpoint, "/")
	}
	inner, err := find(members, "request_headers").members()
	if err != nil {
		return
	}
	for _, m := range inner {
		text, ok := m.value.text()
		if !ok || len(out.Headers) >= maxHeaders || len(text) > maxHeaderValue || !headerShape().Match(m.name) || !printable(text) {
			continue
		}
		if out.Headers == nil {
			out.Headers = http.Header{}
		}
		out.Headers.Set(string(m.name), text)
	}
}

// printable reports whether text has visible ASCII and blanks only.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
