package oracle

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// judgeJWT is OAUTH-07, and goes on to OAUTH-08 and OAUTH-13.
func (j *jwtJudge) judgeJWT(out *Judgement, r *Reply) {
	t, err := parseJWT(out.Token)
	if err != nil {
		out.find(unifier.RuleShape, "token_shape", "a signed JWT", describeToken(out.Token), err.Error())
		out.unjudged(unifier.RuleClaims, unifier.RuleSignature)
		return
	}
	out.TokenID = t.ID
	if t.Algorithm != "RS256" {
		out.find(unifier.RuleShape, "algorithm", "the algorithm \"RS256\"", quoteText(t.Algorithm), "")
	}
	timed := j.judgeClaims(out, t)
	if t.Subject != "" && t.Subject != j.exp.User.Name {
		if strings.EqualFold(t.Subject, j.exp.User.Name) {
			out.Notes = append(out.Notes, "the token writes the user's name in another case: "+quoteText(t.Subject))
		} else {
			out.find(unifier.RuleUser, "wrong_user", "a token of "+quote(j.exp.User.Name), "a token of "+quoteText(t.Subject), "")
		}
	}
	if timed {
		j.judgeJWTTimes(out, r, t)
	} else {
		out.unjudged(unifier.RuleClaims)
	}
	if j.exp.Keys != nil {
		var unfit *unfitKeyError
		var header *headerError
		observed := "none that verifies"
		switch err := j.exp.Keys.verify(t); {
		case errors.As(err, &unfit):
			out.unjudged(unifier.RuleSignature)
			out.Notes = append(out.Notes, "the signature was not verified: "+err.Error())
		case err != nil:
			if errors.As(err, &header) {
				observed = "a token that its header makes invalid"
			}
			out.findOrWarn(!j.own(unifier.RuleSignature, unifier.RuleShape), unifier.RuleSignature, "signature", "a signature that the key set verifies", observed, err.Error())
		}
	}
}

// own reports whether a rule has a requirement of its own, which is not that of another rule.
func (b *basis) own(rule, other unifier.Rule) bool { return b.rules[rule] != b.rules[other] }

// claim is a claim that a token must have, with its type.
type claim struct {
	name string
	kind kind
}

// claimKinds are those of every edition (RFC 7519 §4.1). What an edition requires
// besides is text, as all of the sample's other claims that it could name are.
var claimKinds = []claim{
	{"sub", kindString}, {"iss", kindString}, {"aud", kindArray}, {"iat", kindNumber},
	{"exp", kindNumber}, {"jti", kindString},
}

// judgeClaims is the part of OAUTH-07 about claims; it says whether iat and exp are legible.
func (j *jwtJudge) judgeClaims(out *Judgement, t *JWT) (timed bool) {
	timed = true
	for _, c := range j.claims {
		v := find(t.claims, c.name)
		ok := v.kind == c.kind && len(v.raw) > 2
		observed := "it is " + v.kind.String()
		switch c.kind {
		case kindArray:
			ok = hasAudience(v) // a single audience may be a string (RFC 7519 §4.1.3)
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
			out.find(unifier.RuleShape, "missing_claim", "the claim "+c.name, "no such claim", "")
		case !ok:
			out.find(unifier.RuleShape, "claim_type", "the claim "+c.name+" is "+c.kind.String(), observed, "")
		}
	}
	return timed
}

// hasAudience reports whether aud names somebody: text, or a list with text in it.
func hasAudience(v value) bool {
	if v.kind == kindString {
		return len(v.raw) > 2
	}
	for _, item := range v.items() {
		if item.kind == kindString {
			return true
		}
	}
	return false
}

// judgeJWTTimes is OAUTH-08. iat and exp are cut off or rounded each by itself,
// so their difference may be a second off.
func (j *jwtJudge) judgeJWTTimes(out *Judgement, r *Reply, t *JWT) {
	out.Expires = time.Unix(t.Expires, 0).UTC()
	lifetime := t.Expires - t.IssuedAt
	// Where no requirement is about the claims' times alone they are judged for what was asked.
	warn := !j.own(unifier.RuleClaims, unifier.RuleAsked) && j.exp.Seconds == 0
	switch {
	case out.ExpiresIn == 0:
	case abs(lifetime-out.ExpiresIn) <= secondsTolerance:
		out.Readings = append(out.Readings, Reading{"A4", "exp − iat equals expires_in"})
	default:
		out.Readings = append(out.Readings, Reading{"A4", "exp − iat differs from expires_in"})
		out.findOrWarn(warn, unifier.RuleClaims, "lifetime", fmt.Sprintf("exp − iat is expires_in, %d seconds", out.ExpiresIn), fmt.Sprintf("exp − iat is %d seconds", lifetime), "see A4")
	}
	w, bound := issued(j.at(r)), int64(j.exp.maxSkew()/time.Second)
	if off := t.IssuedAt - w.hi; off > bound {
		out.findOrWarn(warn, unifier.RuleClaims, "issued_at", "iat is now, within "+j.exp.maxSkew().String(), time.Unix(t.IssuedAt, 0).UTC().Format(time.DateTime)+" UTC", signed(off, "too late", ""))
	} else if off := t.IssuedAt - w.lo; off < -bound-cutOff {
		out.findOrWarn(warn, unifier.RuleClaims, "issued_at", "iat is now, within "+j.exp.maxSkew().String(), time.Unix(t.IssuedAt, 0).UTC().Format(time.DateTime)+" UTC", signed(off, "", "too early"))
	}
}
