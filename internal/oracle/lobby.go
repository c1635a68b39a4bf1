package oracle

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/unigate/unigate/internal/unifier"
)

// isLobby reports whether a reply has the members that the 2026 pages show for
// Lobby accounts.
func isLobby(members []member) bool {
	return find(members, "access_token").kind == kindNone && find(members, "token").kind != kindNone && find(members, "expire").kind != kindNone
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
	if v := find(members, "endpoint"); v.kind == kindNone {
		missing(out, unifier.RuleWay, "endpoint", members)
	} else if v.kind != kindString {
		out.find(unifier.RuleWay, "member_type", "endpoint is a string", "endpoint is "+v.kind.String(), "")
	}
	judgeTenantHeaders(out, find(members, "request_headers"), members)
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

// judgeTenantHeaders judges the headers that a Lobby account's calls need.
func judgeTenantHeaders(out *Judgement, v value, members []member) {
	if v.kind == kindNone {
		missing(out, unifier.RuleWay, "request_headers", members)
		return
	}
	inner, err := v.members()
	if err != nil {
		out.find(unifier.RuleWay, "member_type", "request_headers is an object", "request_headers is "+v.kind.String(), "")
		return
	}
	for _, name := range []string{"x-unifier-tenant", "x-unifier-tenant-code"} {
		if find(inner, name).kind == kindNone {
			missing(out, unifier.RuleWay, name, inner)
		}
	}
}

// describeNumber tells a member that should be a number.
func describeNumber(v value) string {
	if v.kind == kindNumber {
		return quoteText(string(v.raw))
	}
	return v.kind.String()
}

// endpointShape and headerShape bound what of an answer may become part of later
// calls: a server's text is not trusted with more than a path and headers of its own.
var (
	endpointShape = regexp.MustCompile(`^/?[A-Za-z0-9][A-Za-z0-9_-]{0,63}(/[A-Za-z0-9][A-Za-z0-9_-]{0,63}){0,3}/?$`)
	headerShape   = regexp.MustCompile(`^[Xx]-[A-Za-z0-9-]{1,63}$`)
)

// maxHeaders and maxHeaderValue bound the headers that an answer asks later calls to carry.
const (
	maxHeaders     = 8
	maxHeaderValue = 512
)

// readWay keeps where and how the token is to be used, where the answer says so.
func readWay(out *Judgement, members []member) {
	if endpoint, ok := find(members, "endpoint").text(); ok && endpointShape.MatchString(endpoint) {
		out.Endpoint = "/" + strings.Trim(endpoint, "/")
	}
	inner, err := find(members, "request_headers").members()
	if err != nil {
		return
	}
	for _, m := range inner {
		text, ok := m.value.text()
		if !ok || len(out.Headers) >= maxHeaders || len(text) > maxHeaderValue || !headerShape.Match(m.name) || !printable(text) {
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
