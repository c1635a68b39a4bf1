package oracle

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"github.com/unigate/unigate/internal/unifier"
)

// Cause is why a call of the login service is refused.
type Cause int

// The causes of a refusal.
const (
	// AuthMissing is no or an empty Authorization header (LOGIN-13).
	AuthMissing Cause = iota
	// AuthInvalid is any other one that names no user with that password (LOGIN-14).
	AuthInvalid
	// NotAllowed is right credentials of a user that gets no token (LOGIN-15, LOGIN-23).
	NotAllowed
	// BadExpiry is an invalid expiry (LOGIN-09).
	BadExpiry
)

// JudgeMessage judges the message of a refusal of the login service (LOGIN-24):
// "Invalid expiry" with 400 to an invalid expiry, one of the two documented
// messages with any 401, either for either cause, anywhere in the body (A7).
// Where the body is no JSON object a front end answered: that the text is not
// there is then a warning (A18). Of a user that is not Active, or is no
// integration user, the documentation does not say that it is an invalid header:
// another message is a warning there too. Other statuses are not judged.
func JudgeMessage(who Asked, cause Cause, r Reply) Judgement {
	const rule = unifier.RuleMessage
	j := who.judgement()
	wanted := []string{unifier.MessageEmptyAuth, unifier.MessageInvalidAuth} // the longer first: it holds the other
	switch {
	case cause == BadExpiry && r.Status == http.StatusBadRequest:
		wanted = []string{unifier.MessageInvalidExpiry}
	case cause == BadExpiry || r.Status != http.StatusUnauthorized:
		j.unjudged(rule)
		return j
	}
	e, _ := ParseError(r)
	j.Readings = messageReading(e)
	found := ""
	for _, text := range wanted {
		if found == "" && saysText(string(loosely(r.Body)), text) {
			found = text
		}
	}
	if r.Status == http.StatusUnauthorized {
		if found != "" && cause != NotAllowed {
			j.Readings = append(j.Readings, Reading{"A7", quote(found) + causeName(cause)})
		}
		j.Readings = append(j.Readings, Reading{"A18", placeOfReason(e, r, found)})
	}
	if found != "" {
		return j
	}
	expected := "the message " + quote(wanted[0])
	if len(wanted) > 1 {
		expected += " or " + quote(wanted[1])
	}
	switch {
	case !looksJSON(r.Body):
		j.warnOf(rule, "front_end", expected, observedMessage(e, r), "the body is no JSON object, so it was a front end that answered (A18)")
	case cause == NotAllowed:
		j.warnOf(rule, "message", expected, observedMessage(e, r), "for a user that gets no token the documentation names no message")
	default:
		j.find(rule, "message", expected, observedMessage(e, r), "")
	}
	return j
}

// causeName ends the reading of A7.
func causeName(c Cause) string {
	if c == AuthMissing {
		return " for a missing header"
	}
	return " for an invalid header"
}

// placeOfReason is the reading of A18.
func placeOfReason(e ErrorReply, r Reply, found string) string {
	switch {
	case len(bytes.TrimSpace(r.Body)) == 0:
		return "nothing says why"
	case found != "" && e.says(found):
		return "a message in JSON"
	case found != "":
		return "elsewhere in the body"
	case looksJSON(r.Body):
		return "a message in JSON, in other words"
	}
	return "a page or bare text of a front end, without it"
}

// saysText reports whether a text holds the words of want, as A7 compares them.
func saysText(text, want string) bool {
	return strings.Contains(normalMessage(text), normalMessage(want))
}

// LooksJSON reports whether a body is, or means to be, a JSON object.
func LooksJSON(body []byte) bool { return looksJSON(body) }

// looksJSON reports whether a body is, or means to be, a JSON object.
func looksJSON(body []byte) bool {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	return bytes.HasPrefix(bytes.TrimSpace(body), []byte("{"))
}

// isFrontEnd reports whether a refusal is one that a front end is known to give
// in the place of the service: WebLogic's page, or the bare name of the status.
func isFrontEnd(r Reply) bool {
	if r.Status != http.StatusUnauthorized && r.Status != http.StatusForbidden {
		return false
	}
	name := http.StatusText(r.Status)
	return strings.EqualFold(strings.TrimRight(strings.TrimSpace(string(r.Body)), "."), name) ||
		saysText(string(r.Body), fmt.Sprintf("Error %d--%s", r.Status, name))
}
