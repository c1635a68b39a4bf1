package compare

import (
	"strings"

	"github.com/unigate/unigate/internal/unifier"
)

// Class says what a change of behaviour means for the programs that fetch tokens.
type Class string

// The classes of changes, worst first.
const (
	// Breaking stops a client that was written to the documentation, or one of a
	// kind that is known to exist, or makes it misread.
	Breaking Class = "breaking"
	// Unclear is a change of which only one of the runs could know.
	Unclear Class = "unclear"
	// Documented is what the edition of the new run documents.
	Documented Class = "documented"
	// Compatible stops no client that is known to exist.
	Compatible Class = "compatible"
)

// Classes lists the classes, worst first.
var Classes = []Class{Breaking, Unclear, Documented, Compatible}

// Rule is one way in which behaviour changes, and what that means.
type Rule struct {
	ID    string `json:"id"`
	Class Class  `json:"class"`
	// Title says in a few words what changed.
	Title string `json:"title"`
	// Reason says for whom the change matters, or why for nobody.
	Reason string `json:"reason"`
	// Source is where the rule comes from: a requirement, an ambiguity, an RFC.
	Source string `json:"source"`
}

// by names the requirements of all services behind the rules that they share.
func by(rules ...unifier.Rule) string {
	return strings.Join(unifier.RequirementsBehind("", rules...), ", ")
}

// rules is the catalogue. The findings of a trait name them by their ids.
var rules = []Rule{
	{"user-refused", Breaking, "a user gets no token any more", "every integration of this user stops", by(unifier.RuleToken)},
	{"user-unsteady", Breaking, "a user gets no token now and then", "an integration that does not ask again stops", by(unifier.RuleToken)},
	{"success-status", Breaking, "a success has another status", "clients look at the status first: one of 200 is a token, anything else is an error", by(unifier.RuleToken) + ", RFC 9110 §15"},
	{"redirect", Breaking, "a call is redirected", "clients do not follow a redirect with credentials, and many follow none at all", "RFC 9110 §15.4"},
	{"earlier-token-ended", Breaking, "a fetch ends the user's earlier token", "two programs that share a user, or one that fetches anew and goes on with the token it had, get 401", "A12, " + by(unifier.RuleEarlier)},
	{"token-died", Breaking, "a kept token is not accepted any more", "a program that keeps its token in a file gets 401 until somebody fetches a new one", by(unifier.RuleLasting)},
	{"scheme-refused", Breaking, "a token is not accepted under a scheme any more", "clients send the token under the scheme that worked when they were written", "A1, " + by(unifier.RuleAccepted)},
	{"token-elsewhere", Breaking, "a token of one service is not accepted at the other any more", "clients that fetch from one version and call the other get 401", "A16, " + by(unifier.RuleOtherKind)},
	{"member-removed", Breaking, "a documented member is gone", "clients read it by its name", by(unifier.RuleMembers)},
	{"member-moved", Breaking, "a documented member stands elsewhere", "clients pick members by their place: Oracle Integration's recipe takes access_token, token_type and expires_in from the top", "A2"},
	{"member-renamed", Breaking, "a documented member is spelt otherwise", "names of members are read with regard to case", "LOGIN-02, RFC 8259 §4"},
	{"member-type", Breaking, "a documented member has another type", "typed clients refuse a text where a number was, a list where a text was, and the other way round", "A8, A17"},
	{"needs-endpoint", Breaking, "answers name an endpoint and headers that later calls need", "a client that does not know them calls the old address without the tenant, and is refused", by(unifier.RuleWay) + ", OAUTH-11"},
	{"lifetime-shorter", Breaking, "tokens live shorter", "a client that renews by its own clock uses the token after its end", by(unifier.RuleDefault, unifier.RuleDuration)},
	{"end-differs", Breaking, "expires_in does not say any more when the token ends", "a client that renews by expires_in uses the token after its end, or fetches one for each call", by(unifier.RuleExpiresIn)},
	{"bound-lower", Breaking, "lifetimes that were granted are cut or refused", "a client that asks for a lifetime gets a shorter one, or none", "A13, " + by(unifier.RuleAsked)},
	{"type-word", Breaking, "token_type or auth_type says something else", "clients choose by it how to send the token, and which kind of token it is", "RFC 6749 §7.1, " + by(unifier.RuleTokenType, unifier.RuleAuthType)},
	{"date-format", Breaking, "dates are written in another format", "clients read expiryDate in the user's format; day and month may be taken for each other", by(unifier.RuleDate)},
	{"token-kind", Breaking, "the token is of another kind", "clients that look into the token, or verify its signature, refuse it", by(unifier.RuleShape)},
	{"token-longer", Breaking, "the token outgrows a usual size of columns", "a database column of 100, 255 or 4000 characters cuts the token", "experience with columns of these sizes"},
	{"name-spelling", Breaking, "the token spells the user's name otherwise", "clients that compare names with regard to case take it for somebody else's", by(unifier.RuleUser)},
	{"refusal-status", Breaking, "a refusal has another status", "clients tell wrong credentials (401) from a wrong call (400) and from an outage by the status", by(unifier.RuleBadExpiry, unifier.RuleNoHeader, unifier.RuleBadHeader)},
	{"refusal-accepted", Breaking, "what was refused gets a token", "whatever relied on the refusal is open now", by(unifier.RuleBadExpiry, unifier.RuleBadHeader)},
	{"refusal-in-success", Breaking, "a refusal comes with HTTP 200", "clients that look at the status take a refusal for an answer", "A15"},
	{"refusal-form", Breaking, "a refusal is no JSON any more", "clients that parse the body of an error fail in the parser, and never show why", "A18, " + by(unifier.RuleErrorBody)},
	{"refusal-message", Breaking, "the documented message of a refusal is gone", "clients that tell causes by the documented text do not recognise it", by(unifier.RuleMessage)},
	{"challenge-gone", Breaking, "a 401 does not ask for Basic any more", "HTTP libraries that send credentials only after a challenge (Java's Authenticator, Apache HttpClient, .NET) never send them", "SEC-02, RFC 9110 §11.6.1"},
	{"media-type", Breaking, "a success has another media type", "libraries choose the parser by Content-Type: Spring and JAX-RS refuse JSON that is declared as text", "SEC-05"},
	{"tls-version", Breaking, "another TLS version is spoken", "clients with an old or a pinned TLS stack do not connect", "SEC-06, RFC 9325"},
	{"http-1-1-gone", Breaking, "HTTP/1.1 is not answered any more", "clients that speak HTTP/1.1 only, as most HTTP libraries of integrations do unless told otherwise, get no answer", "RFC 9113 §3.2, RFC 9110 §2.5"},
	{"certificate-authority", Breaking, "the certificate comes from another authority", "clients with a trust store of their own (a Java keystore, a pinned root) do not connect until it is added", "RFC 5280"},
	{"token-lives", Compatible, "a token that was kept before is accepted", "programs that hold a token in a file go on", by(unifier.RuleLasting)},
	{"lifetime-longer", Compatible, "tokens live longer", "a client that renews earlier than it must loses nothing", by(unifier.RuleDefault)},
	{"member-added", Compatible, "an answer has one more member", "clients pass over members that they do not know", "RFC 8259, OAUTH-04"},
	{"member-optional", Compatible, "a member that need not be there is gone", "with and without it answers are right, so clients have to stand either", "A3"},
	{"member-undocumented", Compatible, "a member that no page names changed", "no client can have been written to it", "LOGIN-02, OAUTH-07"},
	{"claims", Compatible, "claims changed that clients do not need", "the token is opaque to those who only send it", "OAUTH-07"},
	{"message-text", Compatible, "a message says the same in other words", "either documented text passes for either cause", "A7"},
	{"type-spelling", Compatible, "token_type or auth_type is spelt otherwise", "case does not matter in them", "RFC 6749 §5.1, " + by(unifier.RuleTokenType, unifier.RuleAuthType)},
	{"method-served", Compatible, "one more method gets a token", "identity domains serve POST to their clients; no client relies on its refusal", "V2AUTH-20"},
	{"success-again", Compatible, "right credentials get 200 where they got an error", "no integration stops", by(unifier.RuleToken)},
	{"user-admitted", Compatible, "a user that was refused gets a token", "no integration stops", by(unifier.RuleToken)},
	{"refusal-as-before", Compatible, "a refusal looks otherwise where no page says how", "no client can have been written to it", "LOGIN-19"},
	{"headers", Compatible, "answers carry other headers", "no page names them, and clients of a token service need none", "SEC-01"},
	{"expiry-ignored", Compatible, "login takes no expiry any more", "no public client sends an expiry to V1 login: the user's duration holds", "A5, LOGIN-09"},
	{"open-input", Compatible, "what the documentation leaves open is taken otherwise", "no known client sends it", "LOGIN-09, OAUTH-09"},
	{"same-token", Compatible, "a fetch gives a new token instead of the same one, or the other way round", "clients read the end from the answer", "A11"},
	{"reading", Compatible, "an ambiguity of the documentation is read otherwise", "both readings are right, and clients have to stand either", "section of ambiguities in unigate spec"},
	{"other", Compatible, "a detail changed that no rule is about", "shown, so that somebody looks at it", "-"},
	{"one-sided", Unclear, "only one of the runs looked", "configure the same users, and ask the same of both systems with one version of unigate", "-"},
}

// Rules returns the catalogue, worst class first.
func Rules() []Rule { return append([]Rule(nil), rules...) }

// ruleOf returns a rule by its id; an unknown id is a defect of this package.
func ruleOf(id string) Rule {
	for _, r := range rules {
		if r.ID == id {
			return r
		}
	}
	panic("compare: no rule is called " + id)
}

// KnownRule reports whether the catalogue has a rule.
func KnownRule(id string) bool {
	for _, r := range rules {
		if r.ID == id {
			return true
		}
	}
	return false
}
