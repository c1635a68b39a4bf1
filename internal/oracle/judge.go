package oracle

import (
	"net/http"

	"github.com/unigate/unigate/internal/unifier"
)

// Judge judges the replies that one user gets to one kind of call of a token
// service. It is safe for concurrent use; make it once and use it for every reply.
type Judge struct {
	basis
	// One of them is there, by the kind of the user's tokens.
	db  *dbJudge
	jwt *jwtJudge
	// rest are the rules that cannot be judged where there is no token to look at.
	rest []unifier.Rule
}

// basis is what all judges of a user's replies know.
type basis struct {
	service  unifier.Service
	exp      Expectation
	rules    *unifier.Rules
	validity unifier.Rule // the rule that a wrong validity breaks
}

// at is the reply from which the validity counts (A11).
func (b *basis) at(r *Reply) *Reply {
	if b.exp.First != nil {
		return b.exp.First
	}
	return r
}

// NewJudge prepares a judge for a service, and the user and the call of exp.
func NewJudge(service unifier.Service, exp Expectation) *Judge {
	b := basis{service: service, exp: exp, rules: service.Rules(exp.User.Type), validity: exp.Validity}
	j := &Judge{}
	if tokenKind(service, exp.User.Type) == unifier.JWT {
		j.jwt = newJWTJudge(b)
		j.basis = j.jwt.basis
	} else {
		j.db = newDBJudge(b)
		j.basis = j.db.basis
	}
	j.rest = []unifier.Rule{
		j.validity, unifier.RuleBody, unifier.RuleMembers, unifier.RuleStatus, unifier.RuleShape, unifier.RuleUser, unifier.RuleExpiresIn,
		unifier.RuleClaims, unifier.RuleSignature, unifier.RuleDate, unifier.RuleTime, unifier.RuleZone,
		unifier.RuleTokenType, unifier.RuleAuthType, unifier.RuleWay, unifier.RuleSuccess,
	}
	return j
}

// tokenKind is the kind of tokens that a user of a type is judged by. Who gets no
// token from the service is judged as those that do.
func tokenKind(service unifier.Service, t unifier.UserType) unifier.TokenKind {
	kind := service.Token(t)
	if users := service.Users(); kind == unifier.NoToken && len(users) > 0 {
		return service.Token(users[0])
	}
	return kind
}

// JudgeToken judges one reply to a call that should get a token. What could not
// be judged because something before it was wrong is in Unjudged. Use NewJudge
// for many replies.
func JudgeToken(service unifier.Service, exp Expectation, reply Reply) Judgement {
	return NewJudge(service, exp).Judge(&reply)
}

// Judge judges one reply; see JudgeToken.
func (j *Judge) Judge(r *Reply) Judgement {
	out := Judgement{rules: j.rules}
	if j.jwt != nil && j.jwt.refusedBeyond(&out, r) {
		out.unjudged(unifier.RuleToken)
		out.unjudged(j.rest...)
		return out
	}
	if r.Status != http.StatusOK {
		out.find(unifier.RuleToken, "status", statusText(http.StatusOK), statusText(r.Status), refusal(r))
		out.unjudged(j.rest...)
		return out
	}
	var buf [8]member
	members, err := membersOf(r, buf[:0])
	if err != nil {
		out.find(unifier.RuleBody, syntaxKind(err), j.wantedBody(), describeBody(*r), err.Error())
		out.unjudged(j.rest...)
		return out
	}
	p, inner, ok := j.takeApart(&out, members)
	switch {
	case !ok:
		out.unjudged(j.rest[:len(j.rest)-1]...) // the message was there to be judged
	case j.db != nil:
		j.db.judge(&out, r, p, inner)
	default:
		j.jwt.judge(&out, r, p, inner)
	}
	return out
}

// PassedOver is the judgement of an answer of which a rule could not be judged.
func PassedOver(who Asked, rule unifier.Rule) Judgement {
	j := who.judgement()
	j.unjudged(rule)
	return j
}

// KindOf tells the kind of a token by its looks; NoToken stands for any other.
func KindOf(token string) unifier.TokenKind {
	if _, err := ParseDBToken(token); err == nil {
		return unifier.DBToken
	}
	if _, err := parseJWT(token); err == nil {
		return unifier.JWT
	}
	return unifier.NoToken
}
