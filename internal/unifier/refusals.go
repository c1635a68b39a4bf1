package unifier

import (
	"bytes"
	"net/http"
	"strings"
)

// Refusals are the refused logins of every user of a service that should get a
// token, and what is known beside them.
type Refusals struct {
	Service Service
	// Exchanges are the logins.
	Exchanges []Exchange
	// OthersIn says that users of another service got a token, OthersRefused that
	// some of them were refused.
	OthersIn, OthersRefused bool
	// SameIn says that another service gave some of the refused users a token, so that
	// their credentials are right.
	SameIn bool
	// OddPasswords says that a password holds what not every server takes: a colon,
	// blanks or letters beyond ASCII.
	OddPasswords bool
}

// Causes names what may have caused the refusals, the likeliest first: what the
// answers show, and then what they leave open.
func (r Refusals) Causes() []string {
	var causes []string
	add := func(holds bool, cause string) {
		if holds {
			causes = append(causes, cause)
		}
	}
	webLogic, page, forbidden := false, false, false
	for _, x := range r.Exchanges {
		webLogic = webLogic || fromWebLogic(x)
		page = page || !fromWebLogic(x) && isPage(x)
		forbidden = forbidden || x.Status == http.StatusForbidden
	}
	add(webLogic, "WebLogic itself refuses the credentials, before Unifier sees them (its page came): enforce-valid-basic-auth-credentials must be false in its config.xml")
	add(page, "a gateway, firewall or portal answers with a page of its own")
	basic, oauth := r.Service.only(Basic), r.Service.only(OAuthType)
	add(r.SameIn, "the service refuses users whom another service lets in with the same credentials, or something before it refuses its path")
	add(basic && r.OthersIn && !r.SameIn, "the company has moved to OAuth, and its Basic users are Inactive")
	add(forbidden, "the address of this machine is not on the company's allow list")
	add(!r.SameIn, "the configured passwords are wrong, or the users Inactive or locked")
	add(r.OddPasswords, "the service mistakes a colon, blanks or letters beyond ASCII in a password (LOGIN-20)")
	add(!forbidden && !r.OthersIn, "the address of this machine is not on the company's allow list")
	add(oauth && !r.SameIn, "the OAuth users need the name and the password of the identity domain")
	add(basic && !r.OthersIn && !r.OthersRefused, "the company, or the edition (Unifier Essentials), has OAuth users only")
	return causes
}

// fromWebLogic reports whether WebLogic answered and not the application: by its
// page, or by the realm that it names.
func fromWebLogic(x Exchange) bool {
	realm := strings.ToLower(strings.Join(x.Header.Values("Www-Authenticate"), " "))
	return bytes.Contains(x.Body, []byte("Error 401--Unauthorized")) || bytes.Contains(x.Body, []byte("Error 403--Forbidden")) ||
		strings.Contains(realm, `realm="weblogic`) || strings.Contains(realm, "realm=weblogic")
}

// isPage reports whether an answer looks like a page for people.
func isPage(x Exchange) bool {
	return strings.Contains(strings.ToLower(x.Header.Get("Content-Type")), "html") || bytes.HasPrefix(bytes.TrimSpace(x.Body), []byte("<"))
}
