package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/unifier"
)

// shownUsers is up to how many users each gets a line although nothing is wrong.
const shownUsers = 12

// users asks each user's service for a token, once, and then uses one of the
// tokens at the resource.
func (d *doctor) users(ctx context.Context) bool {
	var token fetched
	var kind unifier.UserType
	var entered []unifier.User
	right, should, got := 0, 0, 0
	for _, u := range d.t.users {
		if ctx.Err() != nil {
			return false
		}
		if u.Status == unifier.Active && u.Type != unifier.Ordinary {
			should++
		}
		filled := len(d.filled)
		t, ok, on := d.user(ctx, u)
		if len(d.filled) == filled { // nothing was observed of it
			d.filled = append(d.filled, "  "+d.reference(u))
		}
		if !on {
			return false
		}
		if ok {
			right++
		}
		if t.token != "" && u.Status == unifier.Active {
			got++
			entered = append(entered, u)
			// The token of a basic user is preferred: the documentation says most about it.
			if token.token == "" || kind != unifier.Basic && u.Type == unifier.Basic {
				token, kind = t, u.Type
			}
		}
	}
	if len(d.t.users) > shownUsers && right > 0 {
		d.add("users", checkOK, "", "%d of %d users answered as they should", right, len(d.t.users))
	}
	if should > 0 && got == 0 && !d.anyRefused {
		d.add("users", checkFail, "unigate verify will say more", "no user that should get a token got one")
		return false
	}
	d.causes()
	if should > 0 && got == 0 {
		d.exit = exitInconclusive
		d.add("users", checkFail, "are these the credentials of this system?", "every user that should get a token was refused")
		return false
	}
	d.resource(ctx, token)
	for _, u := range entered { // after the use of the token, which a further fetch may end (A12)
		d.later(ctx, u)
	}
	return true
}

// fetched is a token with where and how it is used, where its answer says so.
type fetched struct {
	token    string
	endpoint string
	headers  http.Header
}

// user asks for one token. on is false where it makes no sense to go on.
func (d *doctor) user(ctx context.Context, u unifier.User) (got fetched, ok, on bool) {
	name := "user"
	service, err := d.t.firstService(u.Type)
	if err != nil {
		d.fail(exitUsage, name, "", "%s: %v", u.Name, err)
		return got, false, false
	}
	x := d.t.client.Do(ctx, tokenCall(service, u))
	if x.Err != nil {
		g := unifier.Diagnose(x.Err)
		d.fail(exitInconclusive, name, g.Hint, "%s: %s", u.Name, g.Cause)
		return got, false, false
	}
	token := tokenOf(x.Body)
	j := d.t.judged(service, u, &x)
	got = fetched{token, j.Endpoint, j.Headers}
	refused := x.Status == http.StatusUnauthorized || x.Status == http.StatusForbidden
	inactive := u.Status == unifier.Inactive || u.Type == unifier.Ordinary
	switch {
	case inactive && token != "":
		d.fail(exitFail, name, "is it really switched off in Unifier, or no integration user?", "%s gets a token, although it is configured as %s", u.Name, withoutTokens(u))
	case inactive && x.Status >= 400 && x.Status < 500:
		ok = true
		d.many(name, "%s is refused (%d), as an %s user should be", u.Name, x.Status, withoutTokens(u))
	case token != "" && x.Status == http.StatusOK:
		ok = true
		d.in[service] = true
		d.compare(u, service, x)
	case refused:
		d.anyRefused = true
		if d.refusals[service] == nil {
			d.refusals[service] = &unifier.Refusals{Service: service}
		}
		d.refusals[service].Exchanges = append(d.refusals[service].Exchanges, x)
		d.fail(exitFail, name, refusedHint(u), "%s is refused (%d): the password is wrong, or the user is not Active%s", u.Name, x.Status, d.message(x))
	case x.Status == http.StatusOK && webPage(x):
		d.fail(exitFail, name, webPageHint, "%s gets a web page (200) instead of a token", u.Name)
	case x.Status == http.StatusOK:
		d.fail(exitFail, name, "unigate verify will say more", "%s gets 200, but no token could be found in the answer", u.Name)
	case x.Status == http.StatusTooManyRequests, x.Status == http.StatusServiceUnavailable:
		d.fail(exitInconclusive, name, "try again later", "%s gets status %d: the target is busy or down for maintenance%s", u.Name, x.Status, d.message(x))
	case (x.Status == http.StatusBadGateway || x.Status == http.StatusGatewayTimeout) && !unifier.OwnForm(x.Status, x.Body):
		d.fail(exitInconclusive, name, "look at the gateway's log, and try again", "%s gets status %d: a gateway in front of the target answered in its place", u.Name, x.Status)
	default:
		d.fail(exitFail, name, "unigate verify will say more", "%s gets status %d%s", u.Name, x.Status, d.message(x))
	}
	return got, ok, true
}

// withoutTokens says why a user gets no token.
func withoutTokens(u unifier.User) string {
	if u.Type == unifier.Ordinary {
		return string(unifier.Ordinary)
	}
	return string(unifier.Inactive)
}

// many adds a line that is left out where there are many users and nothing is wrong.
func (d *doctor) many(name, format string, args ...any) {
	if len(d.t.users) <= shownUsers {
		d.add(name, checkOK, "", format, args...)
	}
}

// refusedHint says what to look at where a user is refused.
func refusedHint(u unifier.User) string {
	hint := "check its password and its status in Unifier; too many wrong passwords may have locked it"
	if u.Type == unifier.Basic && !strings.HasPrefix(u.Name, unifier.IntegrationPrefix) {
		hint += "; names of integration users begin with " + unifier.IntegrationPrefix
	}
	if u.Type == unifier.OAuthType {
		hint += "; it needs the user name of the identity domain"
	}
	return hint
}

// message is what the answer says for itself, as it may be shown.
func (d *doctor) message(x unifier.Exchange) string {
	var body struct {
		Message any `json:"message"`
	}
	if json.Unmarshal(x.Body, &body) != nil {
		return ""
	}
	text := ""
	switch m := body.Message.(type) {
	case string:
		text = m
	case []any:
		for _, one := range m {
			if s, ok := one.(string); ok {
				text += s + " "
			}
		}
	}
	if text = strings.TrimSpace(text); text == "" {
		return ""
	}
	return ` (it says "` + said(d.a.redactor.String(text)) + `")`
}

// tokenOf finds the token in an answer of any service, flat or in an envelope.
func tokenOf(body []byte) string {
	type fields struct {
		Token       string          `json:"token"`
		AccessToken string          `json:"access_token"`
		Data        json.RawMessage `json:"data"`
	}
	var f fields
	_ = json.Unmarshal(body, &f) // members of other types count as absent
	for _, t := range []string{f.Token, f.AccessToken} {
		if t != "" {
			return t
		}
	}
	var list []fields
	if json.Unmarshal(f.Data, &list) != nil || len(list) == 0 {
		list = make([]fields, 1)
		_ = json.Unmarshal(f.Data, &list[0]) // no data is no token
	}
	return list[0].Token + list[0].AccessToken
}

// resource uses a token at the resource: as Bearer, then as Basic, since the
// documentation shows both.
func (d *doctor) resource(ctx context.Context, token fetched) {
	const name = "resource"
	switch {
	case d.t.resource == "":
		d.add(name, checkSkip, "name a GET that needs a token in target.resource", "none is configured: whether tokens are accepted is not checked (%s)",
			strings.Join(unifier.RequirementsBehind(d.t.editionID(), unifier.RuleAccepted, unifier.RuleLasting), ", "))
		return
	case token.token == "":
		d.add(name, checkSkip, "", "there is no token to use")
		return
	}
	var x unifier.Exchange
	status := 0
	for _, scheme := range []string{"Bearer ", "Basic "} {
		x = d.t.client.Do(ctx, unifier.Call{Path: token.endpoint + d.t.resource, Header: token.headers, Authorization: []string{scheme + token.token}})
		if x.Err != nil {
			g := unifier.Diagnose(x.Err)
			d.fail(exitInconclusive, name, g.Hint, "%s: %s", d.t.resource, g.Cause)
			return
		}
		status = oracle.ResourceStatus(oracle.ReplyOf(&x)) // a refusal may be HTTP 200 (A15)
		if status < 300 {
			d.add(name, checkOK, "", "%s accepts the token as %s(%d)", d.t.resource, scheme, x.Status)
			return
		}
		if status != http.StatusUnauthorized && status != http.StatusForbidden {
			break
		}
	}
	d.resourceRefuses(x, status)
}

// resourceRefuses says what a resource that does not take a token may be about; status
// is what its answer amounts to.
func (d *doctor) resourceRefuses(x unifier.Exchange, status int) {
	const name, other = "resource", "name another GET in target.resource"
	code := fmt.Sprint(x.Status)
	if status != x.Status {
		code = fmt.Sprintf("HTTP %d with the status %d in its body", x.Status, status)
	}
	switch {
	case status == http.StatusNotFound:
		d.fail(exitFail, name, other+"; it stands below base_url", "%s does not exist (404)", d.t.resource)
	case status == http.StatusForbidden:
		d.fail(exitFail, name, "may this user read it? the documented one needs the permission Admin > Get",
			"%s does not let the user in (%s)%s", d.t.resource, code, d.message(x))
	case status == http.StatusUnauthorized:
		d.fail(exitFail, name, "if this user may read it, tokens are not accepted: unigate verify will say more (LOGIN-16)",
			"%s refuses a token that was just issued (%s)%s", d.t.resource, code, d.message(x))
	case status == http.StatusMethodNotAllowed:
		d.fail(exitFail, name, other, "%s takes no GET (405)", d.t.resource)
	case status >= http.StatusInternalServerError:
		d.fail(exitFail, name, "try again; if it goes on, "+other, "%s fails (%s): what needs it would not be checked%s", d.t.resource, code, d.message(x))
	default:
		d.fail(exitFail, name, other, "%s answers %s%s", d.t.resource, code, d.message(x))
	}
}
