package oracle

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// jwtJudge judges the JWTs that one user gets, and for how many seconds they are
// valid: OAUTH-02 to 04, 07, 08 and 13 and what is like them.
type jwtJudge struct {
	basis
	seconds int64
	// beyond says on which side the asked expiry is outside of what is judged (A13); empty if it is inside.
	beyond string
	claims []claim
}

// newJWTJudge prepares a judge.
func newJWTJudge(b basis) *jwtJudge {
	j := &jwtJudge{basis: b, seconds: int64(b.exp.Seconds), claims: claimKinds}
	exp := &j.exp
	for _, name := range exp.Claims {
		if !slices.ContainsFunc(claimKinds, func(c claim) bool { return c.name == name }) {
			j.claims = append(slices.Clip(j.claims), claim{name, kindString})
		}
	}
	if j.validity == unifier.NoRule {
		j.validity = unifier.RuleAsked
		if exp.Seconds == 0 {
			j.validity = unifier.RuleDefault
		}
	}
	switch {
	case exp.Seconds == 0 && !exp.OpenExpiry:
		j.seconds = int64(exp.DefaultSeconds)
	case exp.Seconds == 0:
	case exp.Seconds < MinSeconds:
		j.beyond, j.seconds = fmt.Sprintf("below %d seconds", MinSeconds), 0
	case exp.DefaultSeconds > 0 && exp.Seconds > exp.DefaultSeconds:
		j.beyond, j.seconds = "above the default", 0
	}
	return j
}

// refusedBeyond reports whether a reply refuses an expiry outside of what is judged (A13).
func (j *jwtJudge) refusedBeyond(out *Judgement, r *Reply) bool {
	if j.beyond == "" || r.Status != http.StatusBadRequest {
		return false
	}
	out.Readings = []Reading{{"A13", "an expiry " + j.beyond + " is refused"}}
	return true
}

// judge judges what a form gave.
func (j *jwtJudge) judge(out *Judgement, r *Reply, p parts, members []member) {
	switch {
	case p.form == unifier.Lobby:
		j.judgeLobby(out, r, members)
	case !j.service.HasForm(unifier.FlatOAuth):
		j.judgeData(out, r, p, members)
	default:
		j.judgeMembers(out, r, members)
	}
}

// judgeData judges what an envelope has for an OAuth user: V2AUTH-08 to 13. Members that
// answers may lack may be null as well, as many programs write what they have no value for.
func (j *jwtJudge) judgeData(out *Judgement, r *Reply, p parts, members []member) {
	if v := find(members, "auth_type"); v.given() {
		judgeAuthType(out, v, unifier.OAuthType)
	}
	if v := find(members, "token_type"); v.given() && !isBearer(v) {
		out.find(unifier.RuleTokenType, "token_type", "token_type, where there is one, is \"Bearer\"", describeValue(v), "")
	}
	if find(members, "endpoint").given() || find(members, "request_headers").given() {
		judgeWay(out, members)
	}
	readWay(out, members)
	v := find(members, p.seconds)
	if v.kind == kindNone {
		missing(out, unifier.RuleMembers, p.seconds, members)
		out.unjudged(j.validity)
	} else if n, ok := wholeSeconds(out, v); ok {
		j.judgeSeconds(out, r, p.seconds, n)
	} else {
		out.find(unifier.RuleMembers, "member_type", p.seconds+" is whole seconds, a number or digits in a string", p.seconds+" is "+describeValue(v), "")
		out.unjudged(j.validity)
	}
	token := find(members, p.token)
	if token.kind == kindString {
		out.Token = string(token.plain())
		j.judgeJWT(out, r)
		return
	}
	if token.kind == kindNone {
		missing(out, unifier.RuleMembers, p.token, members)
	} else {
		out.find(unifier.RuleMembers, "member_type", p.token+" is a string", p.token+" is "+token.kind.String(), "")
	}
	out.unjudged(unifier.RuleShape, unifier.RuleUser, unifier.RuleClaims, unifier.RuleSignature)
}

// isBearer reports whether a token_type is Bearer, in any case (RFC 6749 §5.1).
func isBearer(v value) bool {
	return v.kind == kindString && strings.EqualFold(string(v.plain()), "Bearer")
}

// judgeMembers is OAUTH-02, 03, 04, and by way of the token OAUTH-07, 08 and 13.
func (j *jwtJudge) judgeMembers(out *Judgement, r *Reply, members []member) {
	typ := find(members, "token_type")
	switch {
	case typ.kind == kindNone:
		missing(out, unifier.RuleTokenType, "token_type", members)
	case !isBearer(typ):
		out.find(unifier.RuleTokenType, "token_type", "token_type is \"Bearer\"", describeValue(typ), "")
	}
	readWay(out, members)
	j.judgeExpiresIn(out, r, find(members, "expires_in"), members)
	token := find(members, "access_token")
	switch token.kind {
	case kindString:
		out.Token = string(token.plain())
		j.judgeJWT(out, r)
	case kindNone:
		missing(out, unifier.RuleMembers, "access_token", members)
		out.unjudged(unifier.RuleShape, unifier.RuleClaims, unifier.RuleSignature)
	default:
		out.find(unifier.RuleMembers, "member_type", "access_token is a string", "access_token is "+token.kind.String(), "")
		out.unjudged(unifier.RuleShape, unifier.RuleClaims, unifier.RuleSignature)
	}
}

// judgeExpiresIn is OAUTH-02 and OAUTH-03, and the part of OAUTH-04 about expires_in.
func (j *jwtJudge) judgeExpiresIn(out *Judgement, r *Reply, v value, members []member) {
	n, whole := v.integer()
	switch {
	case v.kind == kindNone:
		missing(out, unifier.RuleMembers, "expires_in", members)
		out.unjudged(j.validity)
		return
	case v.kind != kindNumber:
		out.find(unifier.RuleMembers, "member_type", "expires_in is a number", "expires_in is "+v.kind.String(), "")
		out.unjudged(j.validity)
		return
	case !whole:
		out.find(j.validity, wrongValidity, fmt.Sprintf("expires_in is %d", j.seconds), "expires_in is "+quoteText(string(v.raw)), "")
		return
	}
	j.judgeSeconds(out, r, "expires_in", n)
}

// judgeSeconds compares a validity in seconds with what was asked.
func (j *jwtJudge) judgeSeconds(out *Judgement, r *Reply, name string, n int64) {
	if n < 0 {
		out.find(j.validity, wrongValidity, name+" is what is left of the token's time", fmt.Sprintf("%s is %d seconds", name, n), endedBefore)
		return
	}
	n = j.whole(r, n)
	out.ExpiresIn = n
	if j.exp.Seconds == 0 && !j.exp.OpenExpiry {
		out.Readings = append(out.Readings, Reading{"A6", strconv.FormatInt(n, 10) + " seconds"})
	}
	if j.beyond != "" {
		text := fmt.Sprintf("is moved to %d seconds", n)
		if n == int64(j.exp.Seconds) {
			text = "is taken as asked"
		}
		out.Readings = append(out.Readings, Reading{"A13", "an expiry " + j.beyond + " " + text})
	}
	if j.seconds > 0 && n != j.seconds && !j.otherDefault(n) {
		wanted, nearest := j.defaults(n)
		detail := signed(n-nearest, "too long", "too short")
		if editions := j.exp.DefaultEditions[n]; j.exp.Seconds == 0 && len(editions) > 0 {
			detail += "; this is the default of edition " + strings.Join(editions, " and ") + ": is target.edition right?"
		}
		out.find(j.validity, wrongValidity, name+" is "+wanted+" seconds", fmt.Sprintf("%s is %d seconds", name, n), detail)
	}
}

// defaults names the validities that are right, and gives the one by which n is measured:
// the least that is not exceeded, so that one that is a stored token's (A11) falls short.
func (j *jwtJudge) defaults(n int64) (text string, nearest int64) {
	right := []int64{j.seconds}
	if j.exp.Seconds == 0 {
		for _, other := range j.exp.OtherDefaults {
			right = append(right, int64(other))
		}
	}
	slices.Sort(right)
	right = slices.Compact(right)
	words := make([]string, 0, len(right))
	for _, seconds := range right {
		words = append(words, strconv.FormatInt(seconds, 10))
		if nearest < n {
			nearest = seconds
		}
	}
	return strings.Join(words, " or "), nearest
}

// otherDefault reports whether a validity is a default that passes as well (A6).
func (j *jwtJudge) otherDefault(n int64) bool {
	return j.exp.Seconds == 0 && slices.Contains(j.exp.OtherDefaults, int(n))
}

// whole returns the validity from the token's issue on where the reply gives
// what is left of it, since the same token came before (A11).
func (j *jwtJudge) whole(r *Reply, left int64) int64 {
	first := j.exp.First
	if first == nil || j.exp.FirstSeconds == 0 {
		return left
	}
	least, most := r.Sent.Sub(first.Received), r.Received.Sub(first.Sent)
	if gone := j.exp.FirstSeconds - left; gone >= int64(least/time.Second)-goneBelow && gone <= int64(most/time.Second)+goneAbove {
		return j.exp.FirstSeconds
	}
	return left
}

// describeValue tells a member's value.
func describeValue(v value) string {
	if text, ok := v.text(); ok {
		return quoteText(text)
	}
	return v.kind.String()
}
