package oracle

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// OAuthJudge judges the replies that one user gets to one kind of call of the
// OAuth service. It is safe for concurrent use.
type OAuthJudge struct {
	exp      Expectation
	seconds  int64
	validity string
	// beyond says on which side the asked expiry is outside of what is judged (A13); empty if it is inside.
	beyond string
	claims []claim
}

// MinSeconds is the shortest expiry that the OAuth service is held to, in
// seconds: identity domains bound lifetimes, so what becomes of a shorter one, or
// of one above the default, is observed only (A13).
const MinSeconds = 60

// NewOAuthJudge prepares a judge for the user and the call of exp.
func NewOAuthJudge(exp Expectation) *OAuthJudge {
	j := &OAuthJudge{exp: exp, seconds: int64(exp.Seconds), validity: exp.Validity, claims: claimKinds}
	for _, name := range exp.Claims {
		if !slices.ContainsFunc(claimKinds, func(c claim) bool { return c.name == name }) {
			j.claims = append(slices.Clip(j.claims), claim{name, kindString})
		}
	}
	if j.validity == "" {
		j.validity = "OAUTH-03"
		if exp.Seconds == 0 {
			j.validity = "OAUTH-02"
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

// at is the reply from which the validity counts (A11).
func (j *OAuthJudge) at(r *Reply) *Reply {
	if j.exp.First != nil {
		return j.exp.First
	}
	return r
}

// Judge judges one reply; see JudgeOAuth.
func (j *OAuthJudge) Judge(r *Reply) Judgement {
	var out Judgement
	if j.beyond != "" && r.Status == http.StatusBadRequest {
		out.Readings = []Reading{{"A13", "an expiry " + j.beyond + " is refused"}}
		j.unjudged(&out, "OAUTH-01", "OAUTH-14")
		return out
	}
	if r.Status != http.StatusOK {
		out.add("OAUTH-01", "status", statusText(http.StatusOK), statusText(r.Status), refusal(r))
		j.unjudged(&out, "OAUTH-14")
		return out
	}
	var buf [8]member
	members, err := membersOf(r, buf[:0])
	if err != nil {
		out.add("OAUTH-04", syntaxKind(err), "one JSON object with access_token, token_type, expires_in and status", describeBody(*r), err.Error())
		j.unjudged(&out, "OAUTH-14")
		return out
	}
	if j.exp.Lobby && isLobby(members) {
		j.judgeLobby(&out, r, members)
		return out
	}
	judgeOAuthStatus(&out, members)
	silent := judgeSuccessMessage(&out, find(members, "message"))
	inner, shape, ok := envelope(&out, members)
	message := "a success message"
	if silent {
		message = "no success message"
	}
	out.Readings = append(make([]Reading, 0, 4), Reading{"A2", shape}, Reading{"A3", message})
	if ok {
		j.judgeMembers(&out, r, inner)
	} else {
		j.unjudged(&out)
	}
	return out
}

// unjudged names the requirements about the token and its validity, and more.
func (j *OAuthJudge) unjudged(out *Judgement, more ...string) {
	out.unjudged(j.validity, "OAUTH-04", "OAUTH-07", "OAUTH-08", "OAUTH-13")
	out.unjudged(more...)
}

// judgeOAuthStatus is the part of OAUTH-04 about the member status.
func judgeOAuthStatus(out *Judgement, members []member) {
	v := find(members, "status")
	if n, whole := v.integer(); whole && n == http.StatusOK {
		return
	}
	switch v.kind {
	case kindNone:
		missing(out, "OAUTH-04", "status", members)
	case kindNumber:
		out.add("OAUTH-04", "body_status", "status is the number 200", "status is "+describeNumber(v), "")
	default:
		out.add("OAUTH-04", "body_status", "status is the number 200", "status is "+v.kind.String(), "")
	}
}

// judgeSuccessMessage is OAUTH-14: a message, if there is one, is "success".
// Nothing, null, blank text and a list without any text are no message.
func judgeSuccessMessage(out *Judgement, v value) (silent bool) {
	if v.kind == kindNone {
		return true
	}
	texts, _, ok := messages(v)
	if !ok {
		out.add("OAUTH-14", "message_type", "message is a string or a list of strings", "message is "+v.kind.String(), "")
		return false
	}
	silent = true
	for _, text := range texts {
		if strings.TrimSpace(text) == "" {
			continue
		}
		silent = false
		if normalMessage(text) != "success" {
			out.add("OAUTH-14", "message", "the message \"success\"", quoteText(text), "")
		}
	}
	return silent
}

// envelope finds the object that holds the token (A2): the body itself, its
// member data, or the one object in the list data.
func envelope(out *Judgement, members []member) (inner []member, shape string, ok bool) {
	if find(members, "access_token").kind != kindNone {
		return members, "flat", true
	}
	data := find(members, "data")
	shape = "inside data, an object"
	switch data.kind {
	case kindObject:
	case kindArray:
		shape = "inside data, a list with one object"
		items := data.items()
		if len(items) != 1 || items[0].kind != kindObject {
			out.add("OAUTH-04", "data_list", "data is an object or a list with one object", fmt.Sprintf("a list of %d items", len(items)), "")
			return nil, shape, false
		}
		data = items[0]
	case kindNone:
		return members, "flat", true
	default:
		out.add("OAUTH-04", "data_type", "data is an object or a list with one object", "data is "+data.kind.String(), "")
		return nil, shape, false
	}
	inner, err := data.members()
	if err != nil {
		out.add("OAUTH-04", syntaxKind(err), "each member of data once", err.Error(), "")
		return nil, shape, false
	}
	return inner, shape, true
}

// judgeMembers is OAUTH-02, 03, 04, and by way of the token OAUTH-07, 08 and 13.
func (j *OAuthJudge) judgeMembers(out *Judgement, r *Reply, members []member) {
	typ := find(members, "token_type")
	switch {
	case typ.kind == kindNone:
		missing(out, "OAUTH-04", "token_type", members)
	case typ.kind != kindString || !strings.EqualFold(string(typ.plain()), "Bearer"): // RFC 6749 §5.1
		out.add("OAUTH-04", "token_type", "token_type is \"Bearer\"", describeValue(typ), "")
	}
	readWay(out, members)
	j.judgeExpiresIn(out, r, find(members, "expires_in"), members)
	token := find(members, "access_token")
	switch token.kind {
	case kindString:
		out.Token = string(token.plain())
		j.judgeJWT(out, r)
	case kindNone:
		missing(out, "OAUTH-04", "access_token", members)
		out.unjudged("OAUTH-07", "OAUTH-08", "OAUTH-13")
	default:
		out.add("OAUTH-04", "member_type", "access_token is a string", "access_token is "+token.kind.String(), "")
		out.unjudged("OAUTH-07", "OAUTH-08", "OAUTH-13")
	}
}

// judgeExpiresIn is OAUTH-02 and OAUTH-03, and the part of OAUTH-04 about expires_in.
func (j *OAuthJudge) judgeExpiresIn(out *Judgement, r *Reply, v value, members []member) {
	n, whole := v.integer()
	switch {
	case v.kind == kindNone:
		missing(out, "OAUTH-04", "expires_in", members)
		out.unjudged(j.validity)
		return
	case v.kind != kindNumber:
		out.add("OAUTH-04", "member_type", "expires_in is a number", "expires_in is "+v.kind.String(), "")
		out.unjudged(j.validity)
		return
	case !whole:
		out.add(j.validity, "wrong_validity", fmt.Sprintf("expires_in is %d", j.seconds), "expires_in is "+quoteText(string(v.raw)), "")
		return
	}
	j.judgeSeconds(out, r, "expires_in", n)
}

// judgeSeconds compares a validity in seconds with what was asked.
func (j *OAuthJudge) judgeSeconds(out *Judgement, r *Reply, name string, n int64) {
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
		detail := signed(n-j.seconds, "too long", "too short")
		if editions := j.exp.DefaultEditions[n]; j.exp.Seconds == 0 && len(editions) > 0 {
			detail += "; this is the default of edition " + strings.Join(editions, " and ") + ": is target.edition right?"
		}
		out.add(j.validity, "wrong_validity", fmt.Sprintf("%s is %d seconds", name, j.seconds), fmt.Sprintf("%s is %d seconds", name, n), detail)
	}
}

// otherDefault reports whether a validity is a default that passes as well (A6).
func (j *OAuthJudge) otherDefault(n int64) bool {
	return j.exp.Seconds == 0 && slices.Contains(j.exp.OtherDefaults, int(n))
}

// whole returns the validity from the token's issue on where the reply gives
// what is left of it, since the same token came before (A11).
func (j *OAuthJudge) whole(r *Reply, left int64) int64 {
	first := j.exp.First
	if first == nil || j.exp.FirstSeconds == 0 {
		return left
	}
	least, most := r.Sent.Sub(first.Received), r.Received.Sub(first.Sent)
	if gone := j.exp.FirstSeconds - left; gone >= int64(least/time.Second)-1 && gone <= int64(most/time.Second)+2 {
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
