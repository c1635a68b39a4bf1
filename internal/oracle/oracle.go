// Package oracle says what a right answer of Unifier's token services is. It
// parses replies, tokens, dates and zone labels strictly and judges them
// against what was asked. verify and load use the same judges.
//
// A judge reports Findings, each with the requirement that was not met. Where
// the documentation allows two readings both pass, and the judge reports the
// Reading that it saw. Nothing that a judge reports holds a secret: tokens are
// described, never quoted, and other text of a server is quoted in bounded
// length and without control characters.
package oracle

import (
	"crypto/tls"
	"net/http"
	"slices"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// Reply is one answer of a server as it came. A judge never changes it.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
	// Truncated says that the body was longer than was read.
	Truncated bool
	// Sent is when the request left, Received when the body was read, both by our clock.
	Sent     time.Time
	Received time.Time
	// TLS is the connection's state, nil over plain HTTP (SEC-06).
	TLS *tls.ConnectionState
}

// ReplyOf takes the reply out of an exchange of which Err is nil.
func ReplyOf(x *unifier.Exchange) Reply {
	return Reply{
		Status: x.Status, Header: x.Header, Body: x.Body, Truncated: x.Truncated,
		Sent: x.Started, Received: x.Finished, TLS: x.TLS,
	}
}

// Expectation is what was asked of a token service, and by whom.
type Expectation struct {
	// User is who asked. Its DateFormat may be nil and its Zone empty where they
	// are not known; its Expiry is the login token's validity unless Expiry is set.
	User unifier.User
	// Expiry is the validity that the call asked of the login service, zero if it asked for none.
	Expiry unifier.Expiry
	// Seconds is the validity that the call asked of the OAuth service, 0 if it asked for none.
	Seconds int
	// DefaultSeconds is the OAuth service's validity where none is asked, by edition (A6).
	DefaultSeconds int
	// Validity is the rule that a wrong validity breaks. The zero value stands for
	// RuleDefault, RuleDuration or RuleAsked, by what was set and asked for.
	Validity unifier.Rule
	// OpenExpiry is whether the call sent an expiry of which the documentation does
	// not say what it means: then no validity is right, wrong, or the default (A6).
	OpenExpiry bool
	// Skew is how far the server's clock is ahead of ours, as measured before; the
	// reply's own Date header is allowed for beside it.
	Skew time.Duration
	// MaxSkew bounds the skew that is tolerated; 0 stands for DefaultMaxSkew.
	MaxSkew time.Duration
	// Lobby is whether the edition describes the OAuth service's reply to Lobby
	// accounts: {"token","expire","endpoint","request_headers"}; it passes then.
	Lobby bool
	// Claims are the claims that the edition requires of an access token; sub, iss,
	// aud, iat, exp and jti are required anyway (OAUTH-07).
	Claims []string
	// Edition is the edition whose forms of answers pass; empty lets every form pass.
	Edition string
	// OtherDefaults are validities in seconds that pass like DefaultSeconds, for
	// a target of which nobody chose an edition (A6).
	OtherDefaults []int
	// DefaultEditions names the editions that document a default, by its seconds,
	// for the finding about another one.
	DefaultEditions map[int64][]string
	// First is the reply that gave the same token before, with the same end, for
	// the same validity: then the validity counts from that reply (A11). The
	// caller must have seen it come in the same run. Nil for a new token.
	First *Reply
	// FirstSeconds is the expires_in of First, for the OAuth service.
	FirstSeconds int64
	// Keys is the identity domain's key set; nil leaves signatures unverified (OAUTH-13).
	Keys *KeySet
}

// maxSkew returns the bound with its default.
func (e *Expectation) maxSkew() time.Duration {
	if e.MaxSkew > 0 {
		return e.MaxSkew
	}
	return DefaultMaxSkew
}

// Finding is one way in which a reply breaks one requirement.
type Finding struct {
	// Requirement is an id such as "LOGIN-05".
	Requirement string
	// Rule is the rule behind the requirement, where services share it; NoRule elsewhere.
	Rule unifier.Rule
	// Kind is a stable short name such as "wrong_user"; load counts by it.
	Kind string
	// Expected and Observed stand side by side in reports. Neither holds a secret.
	Expected string
	Observed string
	// Detail says more, such as by how much an instant is off, in the user's zone and in UTC.
	Detail string
	// Warning marks a finding that never fails the gate, whatever the level of
	// the requirement: real systems are known to differ there (A18).
	Warning bool
	// Exchange is the one that it is about, where whoever judged knows it.
	Exchange *unifier.Exchange
}

// String returns the finding in one line.
func (f Finding) String() string {
	s := f.Requirement + " " + f.Kind + ": expected " + f.Expected + ", observed " + f.Observed
	if f.Detail != "" {
		s += " (" + f.Detail + ")"
	}
	return s
}

// Reading is the reading that a reply was seen to follow where the
// documentation allows several.
type Reading struct {
	// Ambiguity is an id such as "A9".
	Ambiguity string
	Reading   string
}

// Judgement is what a judge says about one reply.
type Judgement struct {
	// Findings is empty for a right answer. Its order is that of the requirements' topics, not of severity.
	Findings []Finding
	Readings []Reading
	// Unjudged names the requirements that could not be judged because something
	// before them was wrong: that they have no finding does not mean that they are met.
	Unjudged []string
	// Notes are remarks that are no findings, such as a zone label that is not known.
	Notes []string

	// Token is the token as it came, a secret; empty where there was none.
	Token string
	// TokenID is the JWT's jti; empty for a DB token.
	TokenID string
	// Expires is until when the reply says that the token is valid, zero where it
	// does not say so legibly. A DB token's is exact to the minute.
	Expires time.Time
	// ExpiresIn is the OAuth reply's validity in seconds, 0 where there was none.
	ExpiresIn int64
	// ZoneLabel is the login reply's Timezone.
	ZoneLabel string
	// NearMiss is true where the time is wrong by no more than NearMissSeconds beyond what is
	// tolerated, as at the turn of the minute it is of a clock that is a little behind, which
	// no Date header shows.
	NearMiss bool
	// DateFormat is the pattern that expiryDate follows, as far as it can be told.
	DateFormat string
	// Endpoint and Headers are where and how an OAuth token of a multi-tenant
	// system must be used, both empty elsewhere: calls go to the base URL, the
	// endpoint and the path, with these headers (OAUTH-11). Endpoint begins with a slash.
	Endpoint string
	Headers  http.Header

	// rules turn the rules of findings into requirements.
	rules *unifier.Rules
	// passedOver has a bit for each rule that could not be judged.
	passedOver uint64
}

// OK reports whether nothing was found.
func (j *Judgement) OK() bool { return len(j.Findings) == 0 }

// For returns the findings of one requirement.
func (j *Judgement) For(requirement string) []Finding {
	var out []Finding
	for _, f := range j.Findings {
		if f.Requirement == requirement {
			out = append(out, f)
		}
	}
	return out
}

// Of returns the findings about a rule: those of its requirement, and of rules of its family.
func (j *Judgement) Of(rule unifier.Rule) []Finding {
	if j.rules == nil || j.rules[rule] == "" {
		return nil
	}
	var out []Finding
	for _, f := range j.Findings {
		if f.Requirement == j.rules[rule] && (f.Rule == unifier.NoRule || f.Rule.Akin(rule)) {
			out = append(out, f)
		}
	}
	return out
}

// PassedOver reports whether a rule could not be judged because something before
// it was wrong: that it has no finding does not mean that it is met.
func (j *Judgement) PassedOver(rule unifier.Rule) bool { return j.passedOver&(1<<rule) != 0 }

// PassOver notes a rule that is not to be judged, whatever is found about it.
func (j *Judgement) PassOver(rule unifier.Rule) { j.unjudged(rule) }

// find appends a finding about a rule. A rule that the service does not have finds nothing.
func (j *Judgement) find(rule unifier.Rule, kind, expected, observed, detail string) {
	if j.rules[rule] == "" {
		return
	}
	j.Findings = append(j.Findings, Finding{Requirement: j.rules[rule], Rule: rule, Kind: kind, Expected: expected, Observed: observed, Detail: detail})
}

// warnOf appends a finding about a rule that never fails the gate.
func (j *Judgement) warnOf(rule unifier.Rule, kind, expected, observed, detail string) {
	if n := len(j.Findings); j.rules[rule] != "" {
		j.find(rule, kind, expected, observed, detail)
		j.Findings[n].Warning = true
	}
}

// findOrWarn appends a finding about a rule, or one that never fails the gate.
func (j *Judgement) findOrWarn(warn bool, rule unifier.Rule, kind, expected, observed, detail string) {
	if warn {
		j.warnOf(rule, kind, expected, observed, detail)
		return
	}
	j.find(rule, kind, expected, observed, detail)
}

// add appends a finding about a requirement that no service has for itself.
func (j *Judgement) add(requirement, kind, expected, observed, detail string) {
	j.Findings = append(j.Findings, Finding{Requirement: requirement, Kind: kind, Expected: expected, Observed: observed, Detail: detail})
}

// unjudged notes rules that cannot be judged.
func (j *Judgement) unjudged(rules ...unifier.Rule) {
	for _, rule := range rules {
		id := j.rules[rule]
		if id == "" {
			continue
		}
		for other := range j.rules {
			if j.rules[other] == id && unifier.Rule(other).Akin(rule) {
				j.passedOver |= 1 << other
			}
		}
		if !slices.Contains(j.Unjudged, id) && len(j.For(id)) == 0 {
			j.Unjudged = append(j.Unjudged, id)
		}
	}
}
