package oracle

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/unigate/unigate/internal/unifier"
)

// ErrorReply is what an error answer says.
type ErrorReply struct {
	// IsObject is whether the body is one JSON object.
	IsObject bool
	// BodyStatus is the member status; HasStatus whether it is a whole number.
	BodyStatus int64
	HasStatus  bool
	// Messages holds the texts of the member message, a string or a list of strings (A8).
	Messages []string
	// MessageList is whether the member message is a list.
	MessageList bool
	// Description is the text of the member error_description (RFC 6749 §5.2).
	Description string
}

// ParseError reads an error answer. The error says why the body is no JSON object.
func ParseError(r Reply) (ErrorReply, error) {
	members, err := parseBody(r.Body, nil)
	if err != nil {
		return ErrorReply{}, err
	}
	e := ErrorReply{IsObject: true}
	e.BodyStatus, e.HasStatus = find(members, "status").integer()
	e.Messages, e.MessageList, _ = messages(find(members, "message"))
	e.Description, _ = find(members, "error_description").text()
	return e, nil
}

// messages reads a member message; ok is false where it is neither text nor a list of texts.
func messages(v value) (texts []string, list, ok bool) {
	switch v.kind {
	case kindNone, kindNull:
		return nil, false, true
	case kindString:
		text, _ := v.text()
		return []string{text}, false, true
	case kindArray:
		for _, item := range v.items() {
			text, isText := item.text()
			if !isText {
				return texts, true, false
			}
			texts = append(texts, text)
		}
		return texts, true, true
	}
	return nil, false, false
}

// says reports whether one of the messages that e holds has the words of want,
// whatever stands before and behind them (A7).
func (e ErrorReply) says(want string) bool {
	for _, m := range e.Messages {
		if saysText(m, want) {
			return true
		}
	}
	return false
}

// hasText reports whether there is a message that is not blank.
func (e ErrorReply) hasText() bool {
	return strings.TrimSpace(strings.Join(e.Messages, "")) != ""
}

// Asked is of whom a call that gets no token was: the service, and the type of the
// user that asked, which is empty where nobody did.
type Asked struct {
	Service unifier.Service
	User    unifier.UserType
}

// judgement begins a judgement by the rules that hold for who asked.
func (a Asked) judgement() Judgement { return Judgement{rules: a.Service.Rules(a.User)} }

// needsReason reports whether a refusal must say why, in whatever words: a service
// whose messages are documented has a rule of its own for them, and the message of
// an envelope may be an empty list.
func (a Asked) needsReason() bool {
	return a.Service.Rules(a.User)[unifier.RuleMessage] == "" && !a.enveloped()
}

// enveloped reports whether all answers of the service are inside an envelope.
func (a Asked) enveloped() bool {
	return a.Service.HasForm(unifier.DataEnvelope) && !a.Service.HasForm(unifier.FlatOAuth)
}

// JudgeInvalidExpiry judges the reply to a call that asked for an invalid
// expiry: 400 and no token (LOGIN-09). The OAuth service must also give a
// message, of any words (OAUTH-09); the login service's is JudgeMessage's.
// What the body must be like is JudgeErrorBody's.
func JudgeInvalidExpiry(who Asked, r Reply) Judgement {
	return judgeRefusal(who, unifier.RuleBadExpiry, http.StatusBadRequest, r)
}

// JudgeUnauthorized judges the reply to a call without acceptable credentials:
// 401 and no token (LOGIN-13, LOGIN-14). The OAuth service must also give a
// message, of any words (OAUTH-10); the login service's is JudgeMessage's.
func JudgeUnauthorized(who Asked, cause Cause, r Reply) Judgement {
	rule := unifier.RuleNoHeader
	if cause != AuthMissing {
		rule = unifier.RuleBadHeader
	}
	return judgeRefusal(who, rule, http.StatusUnauthorized, r)
}

// judgeRefusal judges status and token of a refusal, and that one that must says
// anything at all.
func judgeRefusal(who Asked, rule unifier.Rule, status int, r Reply) Judgement {
	j := who.judgement()
	if !judgeStatus(&j, rule, r, status) {
		return j
	}
	judgeNoToken(&j, rule, r)
	e, _ := ParseError(r)
	j.Readings = messageReading(e)
	if who.needsReason() && !e.hasText() && strings.TrimSpace(e.Description) == "" && (e.IsObject || strings.TrimSpace(string(r.Body)) == "") {
		j.find(rule, "no_message", "a message that says why", "none", "")
	}
	return j
}

// JudgeInactive judges the reply to a right password of a user that is not
// Active: no token, 401 expected; another 4xx passes with a note (LOGIN-15).
func JudgeInactive(who Asked, r Reply) Judgement {
	return judgeNotAllowed(who, unifier.RuleInactive, "a user that is not active", r)
}

// JudgeOrdinary judges the reply to a right password of an ordinary Unifier
// user, one that is no integration user: no token, 401 expected; another 4xx
// passes with a note (LOGIN-23).
func JudgeOrdinary(who Asked, r Reply) Judgement {
	return judgeNotAllowed(who, unifier.RuleOrdinary, "an ordinary user", r)
}

// judgeNotAllowed judges the reply to right credentials of somebody who gets no token.
func judgeNotAllowed(asked Asked, rule unifier.Rule, who string, r Reply) Judgement {
	j := asked.judgement()
	judgeNoToken(&j, rule, r)
	switch {
	case r.Status == http.StatusUnauthorized:
	case r.Status >= 400 && r.Status < 500:
		j.Notes = append(j.Notes, fmt.Sprintf("%s gets %s where 401 is expected", who, statusText(r.Status)))
	default:
		j.find(rule, "status", statusText(http.StatusUnauthorized), statusText(r.Status), who)
	}
	return j
}

// JudgeRefusedType judges the reply of a service to the right password of an
// integration user of a type that gets no token from it: none, 401 with a message (OAUTH-10).
func JudgeRefusedType(who Asked, r Reply) Judgement {
	return judgeRefusal(who, unifier.RuleOtherType, http.StatusUnauthorized, r)
}

// JudgeMethod judges the reply to a call with right credentials and a method
// other than GET: whatever it says, it must hold no token (LOGIN-19).
func JudgeMethod(who Asked, method string, r Reply) Judgement {
	j := who.judgement()
	if where := FindToken(r); where != "" {
		j.find(unifier.RuleMethods, "token_given", "no token for "+method, "a token "+where, statusText(r.Status))
	}
	return j
}

// JudgeAnyRefusal judges a reply that may be any refusal without a token, 4xx:
// the documentation names no status for the case (LOGIN-14).
func JudgeAnyRefusal(who Asked, r Reply) Judgement {
	j := who.judgement()
	if where := FindToken(r); where != "" {
		j.find(unifier.RuleBadHeader, "token_given", "no token", "a token "+where, statusText(r.Status))
	}
	if r.Status < http.StatusBadRequest || r.Status >= http.StatusInternalServerError {
		j.find(unifier.RuleBadHeader, "status", "HTTP 401 or another 4xx", fmt.Sprintf("HTTP %d", r.Status), "")
	}
	return j
}

// JudgeErrorBody judges the body of an answer whose status is not 200: a JSON
// object with that status and a message, without a token (LOGIN-17, OAUTH-06 and
// V2AUTH-15). Where a refusal must say why, the member error_description counts as
// the message (RFC 6749 §5.2), what a front end is known to say for a service is a
// warning, and a refusal with HTTP 200 is the business of the rule about its status.
func JudgeErrorBody(who Asked, r Reply) Judgement {
	const rule = unifier.RuleErrorBody
	j := who.judgement()
	if j.rules[rule] == "" {
		return j
	}
	lenient := j.rules[unifier.RuleMessage] == ""
	if r.Status == http.StatusOK {
		if lenient {
			j.unjudged(rule)
			return j
		}
		j.find(rule, "status", "an error's status", statusText(r.Status), "")
		return j
	}
	judgeNoToken(&j, rule, r)
	e, err := ParseError(r)
	if err != nil {
		j.find(rule, syntaxKind(err), "a JSON object", describeBody(r), err.Error())
		if lenient && isFrontEnd(r) {
			last := &j.Findings[len(j.Findings)-1]
			last.Warning, last.Detail = true, "it looks like the answer of a front end, not of the service (A18)"
		}
		return j
	}
	j.Readings = messageReading(e)
	if !e.HasStatus || e.BodyStatus != int64(r.Status) {
		j.find(rule, "body_status", fmt.Sprintf("the member status %d", r.Status), observedStatus(r.Body), "")
	}
	switch {
	case e.hasText() || who.enveloped() && e.MessageList:
	case lenient && strings.TrimSpace(e.Description) != "":
		j.Notes = append(j.Notes, "the message stands in error_description")
	default:
		j.find(rule, "no_message", "a message that says why", "none", "")
	}
	return j
}

// judgeStatus adds a finding unless the reply has the status.
func judgeStatus(j *Judgement, rule unifier.Rule, r Reply, want int) bool {
	if r.Status == want {
		return true
	}
	detail := ""
	if where := FindToken(r); where != "" {
		detail = "a token came " + where
	}
	j.find(rule, "status", statusText(want), statusText(r.Status), detail)
	return false
}

// judgeNoToken adds a finding if the reply holds a token.
func judgeNoToken(j *Judgement, rule unifier.Rule, r Reply) {
	if where := FindToken(r); where != "" {
		j.find(rule, "token_given", "no token", "a token "+where, statusText(r.Status))
	}
}

// messageReading tells which form the message has (A8).
func messageReading(e ErrorReply) []Reading {
	switch {
	case e.MessageList:
		return []Reading{{"A8", "message is a list of strings"}}
	case len(e.Messages) > 0:
		return []Reading{{"A8", "message is a string"}}
	}
	return nil
}

// observedMessage describes the message that came instead.
func observedMessage(e ErrorReply, r Reply) string {
	if !e.IsObject {
		return describeBody(r)
	}
	if len(e.Messages) == 0 {
		return "no message"
	}
	return "the message " + quoteText(strings.Join(e.Messages, " | "))
}

// observedStatus describes the member status that came instead.
func observedStatus(body []byte) string {
	members, _ := parseBody(body, nil)
	v := find(members, "status")
	switch v.kind {
	case kindNone:
		return "no member status"
	case kindNumber:
		return "status " + quoteText(string(v.raw))
	}
	return "status is " + v.kind.String()
}

// describeBody tells what a body is without quoting it, for it may hold a secret.
func describeBody(r Reply) string {
	b := strings.TrimSpace(string(r.Body[:min(len(r.Body), 64)]))
	switch {
	case b == "":
		return "an empty body"
	case strings.HasPrefix(b, "<"):
		return fmt.Sprintf("markup of %d bytes", len(r.Body))
	case strings.HasPrefix(b, "\ufeff"):
		return "a body that begins with a byte order mark, which JSON must not (RFC 8259, section 8.1)"
	}
	return fmt.Sprintf("a body of %d bytes", len(r.Body))
}

// statusText is a status with its name.
func statusText(status int) string {
	if text := http.StatusText(status); text != "" {
		return fmt.Sprintf("HTTP %d %s", status, text)
	}
	return fmt.Sprintf("HTTP %d", status)
}
