package compare

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/unigate/unigate/internal/unifier"
)

// finding says by which rule a trait changed, and the change in words that hold for
// every trait that changed alike.
type finding struct{ rule, detail string }

// place is a trait's name taken apart: "login.success.members" is service login,
// situation success, aspect members. user is the type of the user that asked, where
// the name has it: "v2auth.oauth.success.members".
type place struct{ service, user, situation, aspect string }

// placeOf takes a name apart. What is no trait of an answer has no situation.
func placeOf(name string) place {
	p := place{}
	p.service, name, _ = strings.Cut(name, ".")
	if user, rest, ok := strings.Cut(name, "."); ok && slices.Contains(unifier.Service(p.service).Users(), unifier.UserType(user)) {
		p.user, name = user, rest
	}
	var ok bool
	if p.situation, p.aspect, ok = strings.Cut(name, "."); !ok {
		p.situation, p.aspect = "", name
	}
	return p
}

// situated is a place without its aspect: what holds for all that was seen of the
// answers to one kind of call.
type situated struct{ service, user, situation string }

// at is the place without its aspect.
func (p place) at() situated { return situated{p.service, p.user, p.situation} }

// trait is the name of another trait of the same answers.
func (a situated) trait(aspect string) string {
	if a.user != "" {
		return a.service + "." + a.user + "." + a.situation + "." + aspect
	}
	return a.service + "." + a.situation + "." + aspect
}

// success reports whether the calls of the situation are due a token.
func (p place) success() bool {
	return p.situation == "success" || p.situation == "asked" || p.situation == "form_body"
}

// documentedRefusals are the situations of which the pages say how the answer looks.
var documentedRefusals = []string{"no_credentials", "invalid_credentials", "wrong_password", "invalid_expiry"}

// asks says what a situation's call asked, for sentences.
var asks = map[string]string{
	"success": "right credentials", "asked": "a valid expiry", "no_credentials": "no credentials", "invalid_credentials": "an invalid Authorization header",
	"wrong_password": "a wrong password", "invalid_expiry": "an invalid expiry", "wrong_scheme": "right credentials under a wrong scheme", "living_token": "a living token in place of the password",
	"inactive_user":      "a user that is not Active",
	"user_of_other_type": "a user of the other type", "ordinary_user": "an ordinary user",
}

// asked says what the situation's call asked.
func (p place) asked() string {
	if text := asks[p.situation]; text != "" {
		return text
	}
	if method, ok := strings.CutPrefix(p.situation, "method_"); ok {
		return "the method " + strings.ToUpper(method)
	}
	return p.situation
}

// refusal reports whether the pages say how the refusal looks.
func (p place) refusal() bool { return slices.Contains(documentedRefusals, p.situation) }

// aspects judge the traits of answers by their last part; the longest name that fits counts.
var aspects = map[string]func(place, Trait) []finding{
	"status": statusFindings, "members": memberFindings, "body": bodyFindings, "message": messageFindings,
	"content_type": mediaFindings, "headers": always("headers", "the names of header fields"), "header.www-authenticate": challengeFindings,
	"header.cache-control": valueOf("headers", "Cache-Control"),
	"auth_type":            wordFindings, "token_type": wordFindings,
	"expires_in": endFindings, "token.lifetime_s": lifetimeFindings, "validity": lifetimeFindings, "date_format": valueOf("date-format", "dates"),
	"token": tokenFindings, "token.claims": claimFindings, "token.header": always("claims", "the token's header"),
	"token.length": lengthFindings, "token.name": nameFindings,
}

// findingsOf judges one changed trait.
func findingsOf(t Trait) []finding {
	p := placeOf(t.Name)
	switch {
	case p.service == "reading":
		return readingFindings(p.aspect, t)
	case p.service == "connection":
		return connectionFindings(p, t)
	case p.situation == "user":
		return userFindings(t)
	case p.situation == "open":
		return []finding{{"open-input", fromTo(t)}}
	case p.service == "kept":
		return keptFindings(t)
	}
	for aspect := p.aspect; aspect != ""; aspect = shorter(aspect) {
		if judge := aspects[aspect]; judge != nil {
			return judge(p, t)
		}
	}
	return []finding{{"other", fromTo(t)}}
}

// shorter is an aspect without its last part.
func shorter(aspect string) string {
	if i := strings.LastIndexByte(aspect, '.'); i >= 0 {
		return aspect[:i]
	}
	return ""
}

// always judges a trait of which the values do not matter.
func always(rule, what string) func(place, Trait) []finding {
	return func(place, Trait) []finding { return []finding{{rule, what}} }
}

// valueOf judges a trait by one rule and tells its values.
func valueOf(rule, what string) func(place, Trait) []finding {
	return func(_ place, t Trait) []finding { return []finding{{rule, what + ": " + fromTo(t)}} }
}

// fromTo tells the values before and after.
func fromTo(t Trait) string { return listed(t.Old) + " before, " + listed(t.New) + " now" }

// maxListed bounds how many values are told in a sentence.
const maxListed = 3

// listed joins values.
func listed(values []string) string {
	if len(values) == 0 {
		return "nothing"
	}
	if n := len(values); n > maxListed {
		return strings.Join(values[:maxListed], " or ") + fmt.Sprintf(" or %d more", n-maxListed)
	}
	return strings.Join(values, " or ")
}

// statusFindings judges the status of an answer.
func statusFindings(p place, t Trait) []finding {
	switch {
	case p.success() && noWorse(t):
		return []finding{{"success-again", fromTo(t)}}
	case p.success() && slices.ContainsFunc(t.New, func(s string) bool { return strings.HasPrefix(s, "3") }):
		return []finding{{"redirect", fromTo(t)}}
	case p.success():
		return []finding{{"success-status", fromTo(t)}}
	case !p.refusal():
		return []finding{{"refusal-as-before", "the status"}}
	case slices.Contains(t.New, "200") && !slices.Contains(t.Old, "200"):
		return []finding{{"refusal-in-success", fromTo(t)}}
	default:
		return []finding{{"refusal-status", fromTo(t)}}
	}
}

// noWorse reports whether right credentials get 200 at least where they did, and nothing
// else that they did not get before.
func noWorse(t Trait) bool {
	was, is := slices.Contains(t.Old, "200"), slices.Contains(t.New, "200")
	other := func(s string) bool { return s != "200" && !slices.Contains(t.Old, s) }
	return is && !slices.ContainsFunc(t.New, other) && (!was || len(t.New) < len(t.Old))
}

// documentedMembers are the names that the pages give to members of answers.
var documentedMembers = []string{
	"token", "expiryDate", "expiryTime", "Timezone", "status", "message", "access_token", "token_type", "expires_in",
	"expire", "endpoint", "request_headers", "auth_type", "x-unifier-tenant", "x-unifier-tenant-code",
}

// memberFindings compares the members of bodies, path by path.
func memberFindings(p place, t Trait) []finding {
	if !p.success() && !p.refusal() {
		return []finding{{"refusal-as-before", "the members of the body"}}
	}
	if len(t.New) == 0 {
		return []finding{{bodyRule(p), "no JSON object now"}}
	}
	old, new := union(t.Old), union(t.New)
	if old == nil || new == nil {
		return []finding{{"other", fromTo(t)}}
	}
	seen := map[finding]bool{}
	for _, path := range old.paths() {
		if f, ok := memberGone(p, path, old, new); ok {
			seen[f] = true
		}
	}
	for _, path := range new.paths() {
		if _, had := old[path]; had || new.within(path, old) || new.wraps(path, old) {
			continue
		}
		if name := last(path); (name == "endpoint" || name == "request_headers") && new[path] != "null" {
			seen[finding{"needs-endpoint", "endpoint and request_headers"}] = true
		} else if _, moved := old.elsewhere(path); !moved && !strings.Contains(path, "[]") && !old.spells(name) {
			seen[finding{"member-added", name}] = true
		}
	}
	return slices.SortedFunc(maps.Keys(seen), func(a, b finding) int { return strings.Compare(a.rule+a.detail, b.rule+b.detail) })
}

// memberGone judges a member of the old answers that the new ones lack or have otherwise.
func memberGone(p place, path string, old, new shape) (finding, bool) {
	name := last(path)
	documented := slices.Contains(documentedMembers, name)
	kind, is := new[path]
	switch {
	case is && kind == old[path] || strings.HasSuffix(path, "[]") && is, !is && old.wraps(path, new):
		return finding{}, false
	case !documented:
		if strings.Contains(path, ".") || strings.HasSuffix(path, "[]") {
			return finding{}, false // what it stands in is told
		}
		return finding{"member-undocumented", name}, true
	case is:
		return finding{"member-type", fmt.Sprintf("%s: %s before, %s now", name, old[path], kind)}, true
	}
	list, isItem := strings.CutSuffix(path, "[]")
	switch still := isItem && new[list] != ""; {
	case still && new[list] != old[list]:
		return finding{}, false // that the list is none any more, or not always, is told
	case !still:
		if f, ok := memberElsewhere(path, new); ok {
			return f, true
		}
	}
	if name == "message" && p.success() {
		return finding{"member-optional", "message of a success"}, true
	}
	return finding{"member-removed", name}, true
}

// memberElsewhere finds a member that is gone in another place, or under another spelling.
func memberElsewhere(path string, new shape) (finding, bool) {
	if to, moved := new.elsewhere(path); moved {
		return finding{"member-moved", inside(path) + " before, " + inside(to) + " now"}, true
	}
	for _, other := range new.paths() {
		if spelt(last(other)) == spelt(last(path)) {
			return finding{"member-renamed", last(path) + " before, " + last(other) + " now"}, true
		}
	}
	return finding{}, false
}

// spelt is a name without what spellings differ in.
func spelt(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name))
}

// inside says where a member stands.
func inside(path string) string {
	if i := strings.LastIndexByte(strings.TrimSuffix(path, "[]"), '.'); i >= 0 {
		return "inside " + strings.TrimSuffix(path[:i], "[]")
	}
	return "at the top"
}

// union merges the shapes of several kinds of answers; nil where one is not legible.
func union(texts []string) shape {
	all := shape{}
	for _, text := range texts {
		s, ok := parseShape(text)
		if !ok {
			return nil
		}
		for path, kind := range s {
			if had, is := all[path]; is && had != kind {
				kind = had + " or " + kind
			}
			all[path] = kind
		}
	}
	return all
}

// bodyRule is the rule for a body that is no JSON object any more.
func bodyRule(p place) string {
	if p.success() {
		return "member-removed"
	}
	return "refusal-form"
}

// bodyFindings judges what stands in place of a JSON object.
func bodyFindings(p place, t Trait) []finding {
	switch {
	case !p.success() && !p.refusal():
		return []finding{{"refusal-as-before", "the body"}}
	case len(t.New) == 0:
		return []finding{{"member-added", "a JSON object in place of another body"}}
	case len(t.Old) == 0:
		return []finding{{bodyRule(p), "no JSON object now"}}
	}
	return []finding{{"refusal-as-before", "the body, no JSON object before and now"}}
}

// documentedMessages are the texts of the status tables, in small letters.
var documentedMessages = []string{"invalid expiry", "invalid authorization header", "empty or invalid authorization header"}

// messageFindings judges the message of a refusal.
func messageFindings(p place, t Trait) []finding {
	documented := func(values []string) bool {
		return len(values) > 0 && !slices.ContainsFunc(values, func(v string) bool {
			v = strings.ToLower(v)
			return !slices.ContainsFunc(documentedMessages, func(m string) bool { return strings.Contains(strings.Join(strings.Fields(v), " "), m) })
		})
	}
	if p.refusal() && documented(t.Old) && !documented(t.New) {
		return []finding{{"refusal-message", fromTo(t)}}
	}
	return []finding{{"message-text", fromTo(t)}}
}

// mediaFindings judges Content-Type.
func mediaFindings(p place, t Trait) []finding {
	media := func(values []string) []string {
		var out []string
		for _, v := range values {
			v, _, _ = strings.Cut(strings.Trim(v, `"`), ";")
			out = append(out, strings.TrimSpace(v))
		}
		return sorted(out)
	}
	old, new := media(t.Old), media(t.New)
	detail := listed(old) + " before, " + listed(new) + " now"
	switch {
	case slices.Equal(old, new):
		return []finding{{"headers", "parameters of Content-Type"}}
	case !p.success():
		return []finding{{"headers", "Content-Type of refusals: " + detail}}
	case slices.Equal(new, []string{"application/json"}):
		return []finding{{"headers", "Content-Type: " + detail}}
	default:
		return []finding{{"media-type", detail}}
	}
}

// challengeFindings judges WWW-Authenticate.
func challengeFindings(p place, t Trait) []finding {
	basic := func(values []string) bool {
		return slices.ContainsFunc(values, func(v string) bool { return strings.Contains(v, "basic") })
	}
	if p.refusal() && basic(t.Old) && !basic(t.New) {
		return []finding{{"challenge-gone", "WWW-Authenticate"}}
	}
	return []finding{{"headers", "WWW-Authenticate"}}
}

// wordFindings judges token_type and auth_type.
func wordFindings(_ place, t Trait) []finding {
	words := func(values []string) []string {
		var out []string
		for _, v := range values {
			out = append(out, spelt(v))
		}
		return sorted(out)
	}
	rule := "type-word"
	if slices.Equal(words(t.Old), words(t.New)) {
		rule = "type-spelling"
	}
	return []finding{{rule, last(t.Name) + ": " + fromTo(t)}}
}

// tokenFindings judges what kind of token it is.
func tokenFindings(_ place, t Trait) []finding { return []finding{{"token-kind", fromTo(t)}} }

// neededClaims are those that the standard clients of a JWT read.
var neededClaims = []string{"sub", "iss", "aud", "iat", "exp", "jti"}

// claimFindings judges the claims of a JWT.
func claimFindings(_ place, t Trait) []finding {
	old, new := union(t.Old), union(t.New)
	if old == nil || new == nil {
		return []finding{{"claims", "the token's claims"}}
	}
	var found []finding
	for _, name := range neededClaims {
		before, was := old[name]
		now, is := new[name]
		// RFC 7519 §4.1.3: aud may be one text or a list of them.
		if was && (!is || before != now && name != "aud") {
			found = append(found, finding{"token-kind", fmt.Sprintf("the claim %s: %s before, %s now", name, before, listed(one(now)))})
		}
	}
	if len(found) == 0 {
		found = append(found, finding{"claims", "the token's claims"})
	}
	return found
}

// one is a list of a text, empty for no text.
func one(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// lengthFindings judges by which sizes of columns a token still fits.
func lengthFindings(_ place, t Trait) []finding {
	size := func(values []string) int {
		most := 0
		for _, v := range values {
			n := 1 << 30 // "beyond 4000"
			if text, ok := strings.CutPrefix(v, "up to "); ok {
				n, _ = strconv.Atoi(strings.TrimSuffix(text, " characters"))
			}
			most = max(most, n)
		}
		return most
	}
	if size(t.New) > size(t.Old) {
		return []finding{{"token-longer", fromTo(t)}}
	}
	return []finding{{"other", "the token's length: " + fromTo(t)}}
}

// nameFindings judges how the token spells the user's name.
func nameFindings(_ place, t Trait) []finding {
	if slices.Equal(t.New, []string{"as asked"}) {
		return []finding{{"other", "the token spells the user's name as it was asked"}}
	}
	return []finding{{"name-spelling", fromTo(t)}}
}

// userFindings judges whether a user gets in. The names are told with the group.
func userFindings(t Trait) []finding {
	const token = "gets a token"
	if !slices.Contains(t.New, token) {
		return []finding{{"user-refused", listed(t.New)}}
	}
	var refused []string
	for _, v := range t.New {
		if v != token && !slices.Contains(t.Old, v) {
			refused = append(refused, v)
		}
	}
	if len(refused) > 0 && slices.Contains(t.Old, token) {
		return []finding{{"user-unsteady", listed(refused)}}
	}
	return []finding{{"user-admitted", ""}}
}
