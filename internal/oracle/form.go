package oracle

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/unigate/unigate/internal/unifier"
)

// parts is an answer taken apart by its form: the members that hold the token,
// and the names under which the form has what the judges look at.
type parts struct {
	form    unifier.Form
	token   string // the member that holds the token
	seconds string // the member that says for how many seconds it is valid; "" where dates alone say it
}

// takeApart finds the form of an answer and judges what stands around the token:
// the members status and message, and the envelope. ok is false where nothing
// that may hold a token was found.
func (j *Judge) takeApart(out *Judgement, members []member) (p parts, inner []member, ok bool) {
	switch {
	case j.service.HasForm(unifier.FlatLogin):
		// The member status is looked at with the others, for the form has no envelope.
		return parts{form: unifier.FlatLogin, token: "token"}, members, true
	case !j.service.HasForm(unifier.FlatOAuth):
		return j.envelope(out, members)
	case j.exp.Lobby && j.service.HasForm(unifier.Lobby) && isLobby(members):
		out.Readings = []Reading{{"A2", "as for Lobby accounts"}}
		if find(members, "status").given() {
			judgeBodyStatus(out, members, unifier.RuleStatus)
		}
		judgeSuccessMessage(out, find(members, "message"))
		return parts{form: unifier.Lobby, token: "token", seconds: "expire"}, members, true
	}
	if forms := j.service.Forms(j.exp.Edition); len(forms) > 0 && !slices.Contains(forms, unifier.FlatOAuth) {
		out.find(unifier.RuleWay, "form", "the members token, expire, endpoint and request_headers", "an answer that does not say where the token is used", "edition "+j.exp.Edition+" is multi-tenant")
	}
	judgeBodyStatus(out, members, unifier.RuleStatus)
	silent := judgeSuccessMessage(out, find(members, "message"))
	inner, shape, ok := flatOrData(out, members)
	message := "a success message"
	if silent {
		message = "no success message"
	}
	out.Readings = append(make([]Reading, 0, 4), Reading{"A2", shape}, Reading{"A3", message})
	p = parts{form: unifier.FlatOAuth, token: "access_token", seconds: "expires_in"}
	if shape != flat {
		p.form = unifier.DataEnvelope
	}
	return p, inner, ok
}

// flat names the form without an envelope.
const flat = "flat"

// wantedBody says what a body must be.
func (j *Judge) wantedBody() string {
	switch {
	case j.service.HasForm(unifier.FlatLogin):
		return "one JSON object with expiryDate, Timezone, expiryTime, status and token"
	case j.service.HasForm(unifier.FlatOAuth):
		return "one JSON object with access_token, token_type, expires_in and status"
	}
	return "one JSON object with data, message and status"
}

// judgeBodyStatus judges the member status. absent is the rule that its absence breaks.
func judgeBodyStatus(out *Judgement, members []member, absent unifier.Rule) {
	v := find(members, "status")
	if n, whole := v.integer(); whole && n == http.StatusOK {
		return
	}
	switch v.kind {
	case kindNone:
		missing(out, absent, "status", members)
	case kindNumber:
		out.find(unifier.RuleStatus, "body_status", "status is the number 200", "status is "+describeNumber(v), "")
	default:
		out.find(unifier.RuleStatus, "body_status", "status is the number 200", "status is "+v.kind.String(), "")
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
		out.find(unifier.RuleSuccess, "message_type", "message is a string or a list of strings", "message is "+v.kind.String(), "")
		return false
	}
	silent = true
	for _, text := range texts {
		if strings.TrimSpace(text) == "" {
			continue
		}
		silent = false
		if normalMessage(text) != "success" {
			out.find(unifier.RuleSuccess, "message", "the message \"success\"", quoteText(text), "")
		}
	}
	return silent
}

// flatOrData finds the object that holds the token (A2): the body itself, its
// member data, or the one object in the list data.
func flatOrData(out *Judgement, members []member) (inner []member, shape string, ok bool) {
	if find(members, "access_token").given() {
		return members, flat, true
	}
	data := find(members, "data")
	shape = "inside data, an object"
	switch data.kind {
	case kindObject:
	case kindArray:
		shape = "inside data, a list with one object"
		items := data.items()
		if len(items) != 1 || items[0].kind != kindObject {
			out.find(unifier.RuleBody, "data_list", "data is an object or a list with one object", fmt.Sprintf("a list of %d items", len(items)), "")
			return nil, shape, false
		}
		data = items[0]
	case kindNone:
		return members, flat, true
	default:
		out.find(unifier.RuleBody, "data_type", "data is an object or a list with one object", "data is "+data.kind.String(), "")
		return nil, shape, false
	}
	inner, err := data.members()
	if err != nil {
		out.find(unifier.RuleBody, syntaxKind(err), "each member of data once", err.Error(), "")
		return nil, shape, false
	}
	return inner, shape, true
}

// envelope takes apart {data: {…}, message: […], status: 200} (V2AUTH-02, V2AUTH-14).
func (j *Judge) envelope(out *Judgement, members []member) (p parts, inner []member, ok bool) {
	judgeBodyStatus(out, members, unifier.RuleStatus)
	judgeMessageList(out, members)
	data := find(members, "data")
	switch data.kind {
	case kindObject:
	case kindNone:
		missing(out, unifier.RuleBody, "data", members)
		return p, nil, false
	default:
		out.find(unifier.RuleBody, "data_type", "data is an object", "data is "+data.kind.String(), "")
		return p, nil, false
	}
	inner, err := data.members()
	if err != nil {
		out.find(unifier.RuleBody, syntaxKind(err), "each member of data once", err.Error(), "")
		return p, nil, false
	}
	return parts{form: unifier.DataEnvelope, token: "access_token", seconds: "expires_in"}, inner, true
}

// judgeMessageList judges the member message of an envelope: a list, which is
// empty where all went well. Blank texts and "success" in it pass, and are noted.
func judgeMessageList(out *Judgement, members []member) {
	v := find(members, "message")
	switch v.kind {
	case kindNone:
		missing(out, unifier.RuleBody, "message", members)
		return
	case kindArray:
	default:
		out.find(unifier.RuleBody, "message_type", "message is a list", "message is "+v.kind.String(), "")
		if v.kind != kindString {
			return
		}
	}
	texts, _, ok := messages(v)
	if !ok {
		out.find(unifier.RuleSuccess, "message_type", "message is an empty list", "a list of other things than texts", "")
		return
	}
	for _, text := range texts {
		switch {
		case strings.TrimSpace(text) == "":
			out.Notes = append(out.Notes, "the message of the success is a blank text")
		case normalMessage(text) == "success":
			out.Notes = append(out.Notes, "the message of the success says \"success\"")
		default:
			out.find(unifier.RuleSuccess, "message", "an empty list of messages", quoteText(text), "")
		}
	}
}
