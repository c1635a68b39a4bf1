package cli

import (
	"encoding/json"
	"net/http"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/unifier"
)

// firstService is the service that a user of a type asks first: that of the
// edition. An ordinary user has none, and asks that of Basic users, which refuses it.
func (t *target) firstService(kind unifier.UserType) (unifier.Service, error) {
	e, err := editionNamed(t.edition)
	if err != nil {
		return "", err
	}
	for _, k := range append([]unifier.UserType{kind}, unifier.UserTypes()...) {
		if s, ok := unifier.FirstService(k, e.ID); ok {
			return s, nil
		}
	}
	return "", usage("", "edition %s of the documentation has no token service", e.ID)
}

// openEdition reports whether nobody chose the edition of a target of one's own.
func (t *target) openEdition() bool { return t.edition == "" && !t.embedded }

// editionID is the edition whose rules hold.
func (t *target) editionID() string {
	e, err := editionNamed(t.edition)
	if err != nil {
		return "" // it was read before, when the target was opened
	}
	return e.ID
}

// chosenEdition is the edition that was chosen, and "" where only the target can
// tell which services it has.
func (t *target) chosenEdition() string {
	if t.openEdition() {
		return ""
	}
	return t.editionID()
}

// tokenCall asks a service for a token of a user.
func tokenCall(s unifier.Service, u unifier.User) unifier.Call {
	return unifier.Call{Path: s.Path(), Authorization: []string{unifier.BasicAuth(u.Name, u.Password)}}
}

// notThere reports whether an answer says that the target has no such service.
func notThere(status int) bool {
	return status == http.StatusNotFound || status == http.StatusMethodNotAllowed
}

// judged judges a service's answer to a user, whatever validity it gives.
func (t *target) judged(s unifier.Service, u unifier.User, x *unifier.Exchange) oracle.Judgement {
	return oracle.JudgeToken(s, oracle.Expectation{User: u, OpenExpiry: true, Lobby: true, MaxSkew: t.maxClockSkew}, oracle.ReplyOf(x))
}

// inside is an answer with the object that holds its members as the body: that of
// an envelope is inside data.
func inside(x unifier.Exchange) unifier.Exchange {
	var envelope struct {
		Data json.RawMessage `json:"data"`
	}
	if json.Unmarshal(x.Body, &envelope) == nil && len(envelope.Data) > 0 {
		x.Body = envelope.Data
	}
	return x
}
