package oracle

import (
	"maps"
	"net/http"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// Traits says what a reply was like, documented or not, for compare: normalised
// and without secrets. A name is service, situation and trait joined by full
// stops, such as "login.success.members"; situation is the caller's word for
// what was asked. Values do not depend on the order of members and headers, on
// the time, or on the user.
//
// hide takes secrets out of a server's text. It is asked before anything in the
// text is evened out or cut, which would split a secret; nil leaves it as it is.
func Traits(service unifier.Service, situation string, r Reply, hide func(string) string) map[string]string {
	if hide == nil {
		hide = asItIs
	}
	own := errorTraits(r, func(s string) string { return steady(hide(s)) })
	own["headers"], own["content_type"] = headerTraits(r, hide)
	for _, name := range []string{"Cache-Control", "Www-Authenticate"} {
		if v := r.Header.Values(name); len(v) > 0 {
			own["header."+strings.ToLower(name)] = normalHeader(hide(strings.Join(v, ", ")))
		}
	}
	if members, err := parseBody(r.Body, nil); err == nil {
		tokenTraits(own, members, hide)
	}
	out := make(map[string]string, len(own))
	for name, v := range own {
		out[string(service)+"."+situation+"."+name] = v
	}
	return out
}

// JudgedTraits says what a judged success was like beyond what Traits reads off
// the reply itself: the validity that the user's duration, or none, led to, and
// the format that the user's date format led to. The values do not depend on
// the time of the call.
func JudgedTraits(exp Expectation, service unifier.Service, situation string, r Reply, j Judgement) map[string]string {
	out := map[string]string{}
	prefix := string(service) + "." + situation + "."
	if how := spelling(j.Token, exp.User.Name); how != "" {
		out[prefix+"token.name"] = how
	}
	if tokenKind(service, exp.User.Type) == unifier.JWT || j.Expires.IsZero() || r.Status != http.StatusOK {
		return out
	}
	if n, ok := expiresIn(r.Body); ok {
		out[prefix+"expires_in"] = leftAsShown(time.Duration(n)*time.Second, j.Expires.Sub(r.Received))
	}
	e := exp.Expiry
	if e.IsZero() {
		e = exp.User.Expiry
	}
	name := prefix + "validity." + strings.ReplaceAll(e.String(), " ", "_")
	asked := e
	if asked.IsZero() {
		asked = unifier.DefaultExpiry
	}
	right := true
	for _, f := range j.Findings {
		right = right && f.Kind != wrongValidity
	}
	out[name] = asked.String()
	if !right {
		out[name] = j.Expires.Sub(r.Received).Round(validityStep).String()
	}
	if exp.User.DateFormat != nil {
		out[prefix+"date_format."+exp.User.DateFormat.Pattern] = j.DateFormat
	}
	return out
}

// leftAsShown says whether expires_in stands for the end that the dates show; which of
// both is wrong where it does not is the judge's matter. The
// number itself is the user's duration, or what is left of it where the same token
// came again (A11).
func leftAsShown(says, shown time.Duration) string {
	if d := says - shown; d > endTolerance || d < -endTolerance {
		return "not the time until the end that the dates show"
	}
	return "the time until the end that the dates show"
}

// expiresIn reads the expires_in beside dates, a number or digits in a string (A17).
func expiresIn(body []byte) (int64, bool) {
	members, err := parseBody(body, nil)
	if err != nil {
		return 0, false
	}
	inner, err := find(members, "data").members()
	if err != nil {
		return 0, false
	}
	v := find(inner, "expires_in")
	if n, ok := v.integer(); ok {
		return n, true
	}
	text, ok := v.text()
	n, err := strconv.ParseInt(text, 10, 64)
	return n, ok && err == nil
}

// errorTraits are those by which two errors are told apart: status, message, as
// even leaves it, and shape.
func errorTraits(r Reply, even func(string) string) map[string]string {
	out := map[string]string{"status": strconv.Itoa(r.Status)}
	members, err := parseBody(r.Body, nil)
	if err != nil {
		out["body"] = syntaxKind(err) + ", " + describeKindOfBody(r)
		return out
	}
	out["members"] = shapeOf(members, 0)
	if texts, _, ok := messages(find(members, "message")); ok && len(texts) > 0 {
		out["message"] = quoteText(even(strings.Join(texts, " | ")))
	}
	return out
}

// asItIs hides nothing.
func asItIs(s string) string { return s }

// passing matches what differs from answer to answer: times, ids of requests, and long numbers.
var passing = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\d{4}-\d\d-\d\d(?:[T ][\d:.,]+(?:Z|[+-]\d\d:?\d\d)?)?|\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b|\b[0-9A-Fa-f]{16,}\b|\b\d{6,}\b|\b\d\d?:\d\d(?::\d\d)?\b|nonce="?[^",]*`)
})

// steady replaces in a text what differs from answer to answer. It splits what it
// does not know, so what is shown of its work was redacted before.
func steady(s string) string {
	for _, shape := range tokenShapes() {
		s = shape.ReplaceAllString(s, "[token]")
	}
	s = authorization().ReplaceAllString(s, "$1 [credentials]")
	return passing().ReplaceAllString(s, "[varies]")
}

// describeKindOfBody is describeBody without the length, which may hold a time or a name.
func describeKindOfBody(r Reply) string {
	d := describeBody(r)
	if at := strings.Index(d, " of "); at > 0 {
		return d[:at]
	}
	return d
}

// shapeOf writes the names and types of an object's members, sorted.
func shapeOf(members []member, depth int) string {
	parts := make([]string, 0, len(members))
	for _, m := range members {
		parts = append(parts, quoteName(string(m.name))+" "+kindShape(m.value, depth))
	}
	sort.Strings(parts)
	return strings.Join(parts, ", ")
}

// kindShape writes the type of a value, with what is inside it.
func kindShape(v value, depth int) string {
	switch {
	case depth >= maxShape:
	case v.kind == kindObject:
		if inner, err := v.members(); err == nil {
			return "{" + shapeOf(inner, depth+1) + "}"
		}
	case v.kind == kindArray:
		kinds := map[string]bool{}
		for _, item := range v.items() {
			kinds[kindShape(item, depth+1)] = true
		}
		return "[" + strings.Join(sortedNames(kinds), " or ") + "]"
	}
	return strings.TrimPrefix(strings.TrimPrefix(v.kind.String(), "a "), "an ")
}

// quoteName leaves plain names as they are and quotes others.
func quoteName(s string) string {
	for _, r := range s {
		if r != '_' && r != '-' && r != '#' && r != '.' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return quoteText(s)
		}
	}
	if s == "" || len(s) > maxQuote || hasToken(s) {
		return quoteText(s)
	}
	return s
}

// headerTraits lists the names of the headers, and the media type without its parameters' order.
func headerTraits(r Reply, hide func(string) string) (names, contentType string) {
	set := map[string]bool{}
	for name := range r.Header {
		set[quoteName(strings.ToLower(name))] = true
	}
	for _, hop := range []string{"connection", "keep-alive", "transfer-encoding", "content-length", "date"} {
		delete(set, hop)
	}
	return strings.Join(sortedNames(set), ", "), normalHeader(hide(r.Header.Get("Content-Type")))
}

// normalHeader lowers a header's value and evens out its blanks.
func normalHeader(v string) string {
	if v == "" {
		return "none"
	}
	return quoteText(steady(strings.ToLower(strings.Join(strings.Fields(v), " "))))
}

// tokenTraits describes the token and the default validity.
func tokenTraits(out map[string]string, members []member, hide func(string) string) {
	inner := members
	if data := find(members, "data"); data.kind == kindObject {
		if m, err := data.members(); err == nil {
			inner = m
		}
	} else if items := data.items(); len(items) == 1 {
		if m, err := items[0].members(); err == nil {
			inner = m
		}
	}
	if n, ok := find(inner, "expires_in").integer(); ok {
		out["expires_in"] = strconv.FormatInt(n, 10)
	}
	for _, name := range []string{"auth_type", "token_type"} {
		if word, ok := find(inner, name).text(); ok {
			out[name] = quoteName(steady(hide(word)))
		}
	}
	for _, name := range tokenMembers {
		token, ok := find(inner, name).text()
		if !ok {
			continue
		}
		describeKind(out, token)
		out["token.length"] = lengthClass(len(token))
	}
}

// lengthClass tells a token's length by the columns that it fits into.
func lengthClass(n int) string {
	for _, size := range columns {
		if n <= size {
			return "up to " + strconv.Itoa(size) + " characters"
		}
	}
	return "beyond " + strconv.Itoa(columns[len(columns)-1]) + " characters"
}

// spelling tells how a token spells the name of the user that asked; "" where it
// names nobody legibly.
func spelling(token, user string) string {
	name := ""
	if t, err := ParseDBToken(token); err == nil {
		name = t.Username
	} else if t, err := ParseJWT(token); err == nil {
		name, _ = find(t.claims, "sub").text()
	}
	switch {
	case name == "":
		return ""
	case name == user:
		return "as asked"
	case strings.EqualFold(name, user):
		return "in another case"
	}
	return "as another name"
}

// describeKind tells a token's kind, length and claims.
func describeKind(out map[string]string, token string) {
	if t, err := ParseDBToken(token); err == nil {
		out["token"] = "DB token, third part of " + strconv.Itoa(len(t.GUID)+len(t.Tail)) + " characters"
		return
	}
	t, err := ParseJWT(token)
	if err != nil || t.Algorithm == "" {
		out["token"] = "neither a DB token nor a JWT, " + strconv.Itoa(strings.Count(token, ".")+1) + " parts"
		return
	}
	out["token"] = "JWT, " + quoteName(t.Algorithm) + ", signature of " + strconv.Itoa(len(t.signature)) + " bytes"
	out["token.header"] = shapeOf(t.header, 0)
	out["token.claims"] = shapeOf(t.claims, 0)
	if t.Expires != 0 && t.IssuedAt != 0 {
		out["token.lifetime_s"] = strconv.FormatInt(t.Expires-t.IssuedAt, 10)
	}
}

// sortedKeys returns the names of two maps, sorted.
func sortedKeys(a, b map[string]string) []string {
	all := map[string]bool{}
	for name := range maps.Keys(a) {
		all[name] = true
	}
	for name := range maps.Keys(b) {
		all[name] = true
	}
	return sortedNames(all)
}

// sortedNames returns a set's members, sorted.
func sortedNames(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for name := range set {
		out = append(out, name)
	}
	sort.Strings(out)
	return out
}
