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

// says reports whether one of the messages that e holds is want (A7).
func (e ErrorReply) says(want string) bool {
	for _, m := range e.Messages {
		if normalMessage(m) == normalMessage(want) {
			return true
		}
	}
	return false
}

// hasText reports whether there is a message that is not blank.
func (e ErrorReply) hasText() bool {
	return strings.TrimSpace(strings.Join(e.Messages, "")) != ""
}

// JudgeInvalidExpiry judges the reply to a call that asked for an invalid
// expiry. The login service must answer 400 with the message "Invalid expiry"
// (LOGIN-09), the OAuth service 400 with any message (OAUTH-09); neither may
// give a token. What the body must be like is JudgeErrorBody's.
func JudgeInvalidExpiry(service unifier.Service, r Reply) Judgement {
	var j Judgement
	id := "LOGIN-09"
	if service == unifier.OAuth {
		id = "OAUTH-09"
	}
	if !judgeStatus(&j, id, r, http.StatusBadRequest) {
		return j
	}
	judgeNoToken(&j, id, r)
	e, err := ParseError(r)
	j.Readings = messageReading(e)
	switch {
	case service == unifier.OAuth:
		if !e.hasText() && (err == nil || strings.TrimSpace(string(r.Body)) == "") {
			j.add(id, "no_message", "a message that says why", "none", "")
		}
	case err == nil && !e.says(unifier.MessageInvalidExpiry),
		err != nil && !strings.Contains(normalMessage(string(loosely(r.Body))), normalMessage(unifier.MessageInvalidExpiry)):
		j.add(id, "message", "the message "+quote(unifier.MessageInvalidExpiry), observedMessage(e, r), "")
	}
	return j
}

// AuthCause is why a call's credentials cannot be accepted.
type AuthCause int

// The causes that a 401 has.
const (
	// AuthMissing is no or an empty Authorization header (LOGIN-13).
	AuthMissing AuthCause = iota
	// AuthInvalid is any other one that names no user with that password (LOGIN-14).
	AuthInvalid
)

// JudgeUnauthorized judges the reply to a call without acceptable credentials:
// 401, no token, and a message. The login service's message must be one of the
// two documented ones, either for either cause and anywhere in the body (A7;
// LOGIN-13, LOGIN-14); the OAuth service's may be any (OAUTH-10).
func JudgeUnauthorized(service unifier.Service, cause AuthCause, r Reply) Judgement {
	var j Judgement
	id := "LOGIN-13"
	switch {
	case service == unifier.OAuth:
		id = "OAUTH-10"
	case cause == AuthInvalid:
		id = "LOGIN-14"
	}
	if !judgeStatus(&j, id, r, http.StatusUnauthorized) {
		return j
	}
	judgeNoToken(&j, id, r)
	e, _ := ParseError(r)
	j.Readings = messageReading(e)
	if service == unifier.OAuth {
		if !e.hasText() && (e.IsObject || strings.TrimSpace(string(r.Body)) == "") {
			j.add(id, "no_message", "a message that says why", "none", "")
		}
		return j
	}
	body := normalMessage(string(loosely(r.Body)))
	switch {
	case strings.Contains(body, normalMessage(unifier.MessageEmptyAuth)):
		j.Readings = append(j.Readings, Reading{"A7", quote(unifier.MessageEmptyAuth) + causeName(cause)})
	case strings.Contains(body, normalMessage(unifier.MessageInvalidAuth)):
		j.Readings = append(j.Readings, Reading{"A7", quote(unifier.MessageInvalidAuth) + causeName(cause)})
	default:
		j.add(id, "message", fmt.Sprintf("the message %q or %q", unifier.MessageEmptyAuth, unifier.MessageInvalidAuth), observedMessage(e, r), "")
	}
	return j
}

// causeName ends the reading of A7.
func causeName(c AuthCause) string {
	if c == AuthMissing {
		return " for a missing header"
	}
	return " for an invalid header"
}

// JudgeInactive judges the reply to a right password of a user that is not
// Active: no token, 401 expected; another 4xx passes with a note (LOGIN-15).
func JudgeInactive(r Reply) Judgement {
	var j Judgement
	const id = "LOGIN-15"
	judgeNoToken(&j, id, r)
	switch {
	case r.Status == http.StatusUnauthorized:
	case r.Status >= 400 && r.Status < 500:
		j.Notes = append(j.Notes, fmt.Sprintf("a user that is not active gets %s where 401 is expected", statusText(r.Status)))
	default:
		j.add(id, "status", statusText(http.StatusUnauthorized), statusText(r.Status), "the user is not active")
	}
	return j
}

// JudgeRefusedType judges the reply of the OAuth service to the right password
// of a Basic-type integration user: no token, 401 with a message (OAUTH-10).
func JudgeRefusedType(r Reply) Judgement { return JudgeUnauthorized(unifier.OAuth, AuthInvalid, r) }

// JudgeMethod judges the reply to a login with right credentials and a method
// other than GET: whatever it says, it must hold no token (LOGIN-19).
func JudgeMethod(method string, r Reply) Judgement {
	var j Judgement
	if where := FindToken(r); where != "" {
		j.add("LOGIN-19", "token_given", "no token for "+method, "a token "+where, statusText(r.Status))
	}
	return j
}

// JudgeErrorBody judges the body of an answer whose status is not 200: a JSON
// object with that status and a message, without a token (LOGIN-17 for the
// login service, OAUTH-06 for the OAuth service).
func JudgeErrorBody(service unifier.Service, r Reply) Judgement {
	var j Judgement
	id := "LOGIN-17"
	if service == unifier.OAuth {
		id = "OAUTH-06"
	}
	if r.Status == http.StatusOK {
		j.add(id, "status", "an error's status", statusText(r.Status), "")
		return j
	}
	judgeNoToken(&j, id, r)
	e, err := ParseError(r)
	if err != nil {
		j.add(id, syntaxKind(err), "a JSON object", describeBody(r), err.Error())
		return j
	}
	j.Readings = messageReading(e)
	if !e.HasStatus || e.BodyStatus != int64(r.Status) {
		j.add(id, "body_status", fmt.Sprintf("the member status %d", r.Status), observedStatus(r.Body), "")
	}
	if !e.hasText() {
		j.add(id, "no_message", "a message that says why", "none", "")
	}
	return j
}

// JudgeAccepted judges the reply of a resource that was called with a good
// token: 2xx. requirement is LOGIN-16, LOGIN-21 or OAUTH-11.
func JudgeAccepted(requirement string, r Reply) Judgement {
	var j Judgement
	switch {
	case r.Status >= 200 && r.Status < 300:
	case refused(r.Status):
		j.add(requirement, "token_refused", "the resource accepts the token (2xx)", statusText(r.Status), "")
	default:
		j.add(requirement, "resource_status", "the resource accepts the token (2xx)", statusText(r.Status),
			"neither accepted nor refused: is target.resource a GET that this user may call?")
	}
	return j
}

// JudgeRefused judges the reply of a resource that was called without a good
// token: 401 or 403, whatever the body (LOGIN-16). how says what was sent,
// such as "no token".
func JudgeRefused(requirement, how string, r Reply) Judgement {
	var j Judgement
	if !refused(r.Status) {
		j.add(requirement, "not_refused", "401 or 403 for "+how, statusText(r.Status), "")
	}
	return j
}

// refused reports whether the status refuses a token.
func refused(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusForbidden
}

// judgeStatus adds a finding unless the reply has the status.
func judgeStatus(j *Judgement, id string, r Reply, want int) bool {
	if r.Status == want {
		return true
	}
	detail := ""
	if where := FindToken(r); where != "" {
		detail = "a token came " + where
	}
	j.add(id, "status", statusText(want), statusText(r.Status), detail)
	return false
}

// judgeNoToken adds a finding if the reply holds a token.
func judgeNoToken(j *Judgement, id string, r Reply) {
	if where := FindToken(r); where != "" {
		j.add(id, "token_given", "no token", "a token "+where, statusText(r.Status))
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
