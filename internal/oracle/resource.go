package oracle

import (
	"fmt"
	"net/http"
	"strconv"
)

// ResourceStatus returns the status that a resource's reply amounts to: that of
// HTTP, but 401 or 403 where a 2xx says so in its JSON body (A15).
func ResourceStatus(r Reply) int {
	if status, ok := bodyStatus(r); ok && refused(status) {
		return status
	}
	return r.Status
}

// StatedStatus returns the status that a resource's reply states: that of the JSON body
// of a 2xx, where it has one, for resources may report errors so (A15), else that of HTTP.
func StatedStatus(r Reply) int {
	if status, ok := bodyStatus(r); ok {
		return status
	}
	return r.Status
}

// bodyStatus reads the member status of a reply with 2xx: a number, or one in a string.
func bodyStatus(r Reply) (int, bool) {
	if r.Status < http.StatusOK || r.Status >= http.StatusMultipleChoices {
		return 0, false
	}
	members, err := parseBody(r.Body, nil)
	if err != nil {
		return 0, false
	}
	v := find(members, "status")
	if n, ok := v.integer(); ok {
		return int(n), true
	}
	text, _ := v.text()
	n, err := strconv.Atoi(text)
	return n, err == nil
}

// JudgeAccepted judges the reply of a resource that was called with a good
// token: 2xx. requirement is LOGIN-16, LOGIN-21 or OAUTH-11.
func JudgeAccepted(requirement string, r Reply) Judgement {
	var j Judgement
	status := ResourceStatus(r)
	noteBodyStatus(&j, r)
	switch {
	case status >= 200 && status < 300:
	case refused(status):
		j.add(requirement, "token_refused", "the resource accepts the token (2xx)", resourceText(r), "")
	default:
		j.add(requirement, "resource_status", "the resource accepts the token (2xx)", resourceText(r),
			"neither accepted nor refused: is target.resource a GET that this user may call?")
	}
	return j
}

// JudgeRefused judges the reply of a resource that was called without a good
// token: 401 or 403, whatever the body, or a 2xx whose JSON body says so (A15;
// LOGIN-16). how says what was sent, such as "no token".
func JudgeRefused(requirement, how string, r Reply) Judgement {
	var j Judgement
	noteBodyStatus(&j, r)
	if !refused(ResourceStatus(r)) {
		j.add(requirement, "not_refused", "401 or 403 for "+how, resourceText(r), "")
	}
	return j
}

// noteBodyStatus remarks on a 2xx whose body says something else (A15).
func noteBodyStatus(j *Judgement, r Reply) {
	status, ok := bodyStatus(r)
	switch {
	case !ok || status >= 200 && status < 300:
	case refused(status):
		text := fmt.Sprintf("a refusal is HTTP %d with status %d in its body", r.Status, status)
		j.Readings = append(j.Readings, Reading{"A15", text})
		j.Notes = append(j.Notes, text)
	default:
		j.Notes = append(j.Notes, fmt.Sprintf("the resource answers HTTP %d with status %d in its body", r.Status, status))
	}
}

// resourceText writes the status of a resource's reply, with that of its body where it counts.
func resourceText(r Reply) string {
	if status := ResourceStatus(r); status != r.Status {
		return fmt.Sprintf("%s with status %d in its body", statusText(r.Status), status)
	}
	return statusText(r.Status)
}

// refused reports whether the status refuses a token.
func refused(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusForbidden
}
