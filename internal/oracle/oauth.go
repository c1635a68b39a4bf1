package oracle

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// OAuthJudge judges the replies that one user gets to one kind of call of the
// OAuth service. It is safe for concurrent use.
type OAuthJudge struct {
	exp      Expectation
	seconds  int64
	validity string
}

// NewOAuthJudge prepares a judge for the user and the call of exp.
func NewOAuthJudge(exp Expectation) *OAuthJudge {
	j := &OAuthJudge{exp: exp, seconds: int64(exp.Seconds), validity: exp.Validity}
	if j.validity == "" {
		j.validity = "OAUTH-03"
		if exp.Seconds == 0 {
			j.validity = "OAUTH-02"
		}
	}
	if exp.Seconds == 0 {
		j.seconds = int64(exp.DefaultSeconds)
	}
	return j
}

// Readings of an OAuth reply's shape; they are shared, never changed.
var (
	flatSilent  = []Reading{{"A2", "flat"}, {"A3", "no success message"}}
	flatMessage = []Reading{{"A2", "flat"}, {"A3", "a success message"}}
)

// Judge judges one reply; see JudgeOAuth.
func (j *OAuthJudge) Judge(r *Reply) Judgement {
	var out Judgement
	if r.Status != http.StatusOK {
		out.add("OAUTH-01", "status", statusText(http.StatusOK), statusText(r.Status), refusal(r))
		return out
	}
	var buf [8]member
	members, err := parseBody(r.Body, buf[:0])
	if r.Truncated {
		err = &syntaxError{"too_large", len(r.Body), "the body is longer than was read"}
	}
	if err != nil {
		out.add("OAUTH-04", syntaxKind(err), "one JSON object with access_token, token_type, expires_in and status", describeBody(*r), err.Error())
		return out
	}
	judgeOAuthStatus(&out, members)
	silent := judgeSuccessMessage(&out, find(members, "message"))
	inner, shape, ok := envelope(&out, members)
	switch {
	case shape == "flat" && silent:
		out.Readings = flatSilent
	case shape == "flat":
		out.Readings = flatMessage
	case silent:
		out.Readings = []Reading{{"A2", shape}, {"A3", "no success message"}}
	default:
		out.Readings = []Reading{{"A2", shape}, {"A3", "a success message"}}
	}
	if ok {
		j.judgeMembers(&out, r, inner)
	}
	return out
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
		out.add("OAUTH-04", "body_status", "status is the number 200", "status is "+quote(string(v.raw)), "")
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
	case string(typ.plain()) != "Bearer":
		out.add("OAUTH-04", "token_type", "token_type is \"Bearer\"", describeValue(typ), "")
	}
	j.judgeExpiresIn(out, find(members, "expires_in"), members)
	token := find(members, "access_token")
	switch token.kind {
	case kindString:
		out.Token = string(token.plain())
		j.judgeJWT(out, r)
	case kindNone:
		missing(out, "OAUTH-04", "access_token", members)
	default:
		out.add("OAUTH-04", "member_type", "access_token is a string", "access_token is "+token.kind.String(), "")
	}
}

// judgeExpiresIn is OAUTH-02 and OAUTH-03, and the part of OAUTH-04 about expires_in.
func (j *OAuthJudge) judgeExpiresIn(out *Judgement, v value, members []member) {
	n, whole := v.integer()
	switch {
	case v.kind == kindNone:
		missing(out, "OAUTH-04", "expires_in", members)
		return
	case v.kind != kindNumber:
		out.add("OAUTH-04", "member_type", "expires_in is a number", "expires_in is "+v.kind.String(), "")
		return
	case !whole:
		out.add(j.validity, "wrong_validity", fmt.Sprintf("expires_in is %d", j.seconds), "expires_in is "+quote(string(v.raw)), "")
		return
	}
	out.ExpiresIn = n
	if j.seconds > 0 && n != j.seconds {
		out.add(j.validity, "wrong_validity", fmt.Sprintf("expires_in is %d seconds", j.seconds), fmt.Sprintf("expires_in is %d seconds", n),
			signed(n-j.seconds, "too long", "too short"))
	}
}

// judgeJWT is OAUTH-07, and goes on to OAUTH-08 and OAUTH-13.
func (j *OAuthJudge) judgeJWT(out *Judgement, r *Reply) {
	t, err := parseJWT(out.Token)
	if err != nil {
		out.add("OAUTH-07", "token_shape", "a signed JWT", describeToken(out.Token), err.Error())
		return
	}
	out.TokenID = t.ID
	if t.Algorithm != "RS256" {
		out.add("OAUTH-07", "algorithm", "the algorithm \"RS256\"", quote(t.Algorithm), "")
	}
	timed := judgeClaims(out, t)
	if t.Subject != "" && t.Subject != j.exp.User.Name {
		if strings.EqualFold(t.Subject, j.exp.User.Name) {
			out.Notes = append(out.Notes, "the token writes the user's name in another case: "+quote(t.Subject))
		} else {
			out.add("OAUTH-07", "wrong_user", "a token of "+quote(j.exp.User.Name), "a token of "+quoteText(t.Subject), "")
		}
	}
	if timed {
		j.judgeJWTTimes(out, r, t)
	}
	if j.exp.Keys != nil {
		if err := j.exp.Keys.verify(t); err != nil {
			out.add("OAUTH-13", "signature", "a signature that the key set verifies", "none that verifies", err.Error())
		}
	}
}

// claimKinds are the claims that a token must have, with their types (RFC 7519 §4.1).
var claimKinds = [...]struct {
	name string
	kind kind
}{
	{"sub", kindString}, {"iss", kindString}, {"aud", kindArray}, {"iat", kindNumber},
	{"exp", kindNumber}, {"jti", kindString}, {"tenant", kindString},
}

// judgeClaims is the part of OAUTH-07 about claims; it says whether iat and exp are legible.
func judgeClaims(out *Judgement, t *JWT) (timed bool) {
	timed = true
	for _, c := range claimKinds {
		v := find(t.claims, c.name)
		ok := v.kind == c.kind && len(v.raw) > 2
		observed := "it is " + v.kind.String()
		switch c.kind {
		case kindArray:
			ok = len(t.Audience) > 0 // a single audience may be a string (RFC 7519 §4.1.3)
		case kindNumber:
			_, ok = v.seconds()
			timed = timed && ok
		case kindString:
			if v.kind == kindString && !ok {
				observed = "it is empty"
			}
		}
		switch {
		case v.kind == kindNone:
			out.add("OAUTH-07", "missing_claim", "the claim "+c.name, "no such claim", "")
		case !ok:
			out.add("OAUTH-07", "claim_type", "the claim "+c.name+" is "+c.kind.String(), observed, "")
		}
	}
	return timed
}

// judgeJWTTimes is OAUTH-08. iat and exp are cut off or rounded each by itself,
// so their difference may be a second off.
func (j *OAuthJudge) judgeJWTTimes(out *Judgement, r *Reply, t *JWT) {
	out.Expires = time.Unix(t.Expires, 0).UTC()
	lifetime := t.Expires - t.IssuedAt
	if out.ExpiresIn != 0 && abs(lifetime-out.ExpiresIn) > 1 {
		out.add("OAUTH-08", "lifetime", fmt.Sprintf("exp − iat is expires_in, %d seconds", out.ExpiresIn), fmt.Sprintf("exp − iat is %d seconds", lifetime), "see A4")
	}
	w, bound := issued(r), int64(j.exp.maxSkew()/time.Second)
	if off := t.IssuedAt - w.hi; off > bound {
		out.add("OAUTH-08", "issued_at", "iat is now, within "+j.exp.maxSkew().String(), time.Unix(t.IssuedAt, 0).UTC().Format(time.DateTime)+" UTC", signed(off, "too late", ""))
	} else if off := t.IssuedAt - w.lo; off < -bound-1 {
		out.add("OAUTH-08", "issued_at", "iat is now, within "+j.exp.maxSkew().String(), time.Unix(t.IssuedAt, 0).UTC().Format(time.DateTime)+" UTC", signed(off, "", "too early"))
	}
}

// describeValue tells a member's value.
func describeValue(v value) string {
	if text, ok := v.text(); ok {
		return quoteText(text)
	}
	return v.kind.String()
}
