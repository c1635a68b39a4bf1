package unifier

import "slices"

// Rule is a rule that more than one service follows, each under a requirement of
// its own. The oracle judges by rules; a service's entry says which requirement a
// finding breaks.
type Rule int

// The rules.
const (
	NoRule Rule = iota

	RuleToken     // right credentials get HTTP 200 and a token
	RuleBody      // the body is one JSON object of the service's form
	RuleMembers   // the members that hold the token and its end are there, spelt exactly so
	RuleStatus    // the member status is the number 200
	RuleSuccess   // the message of a success is as documented
	RuleShape     // the token has the shape of its kind
	RuleUser      // the token names the user that asked
	RuleTokenType // token_type, where there is one
	RuleAuthType  // auth_type, where there is one
	RuleWay       // endpoint and request_headers say where and how the token is used

	RuleDefault   // validity where nothing was set or asked for
	RuleDuration  // validity that was set for the user
	RuleAsked     // validity that the call asked for
	RuleExpiresIn // expires_in of an answer that has dates as well
	RuleEncoding  // parameters are URL-decoded
	RuleClaims    // the claims' lifetime agrees with the answer
	RuleSignature // the signature verifies

	RuleDate // expiryDate in the user's date format
	RuleTime // expiryTime is the date and a 12-hour time
	RuleZone // the user's time zone

	RuleNoHeader  // no or an empty Authorization header is refused
	RuleBadHeader // an invalid Authorization header is refused
	RuleInactive  // a user that is not Active is refused
	RuleOrdinary  // a user that is no integration user is refused
	RuleOtherType // an integration user of another type is refused
	RuleBadExpiry // an invalid expiry is refused
	RuleMessage   // the message of a refusal
	RuleErrorBody // the body of an error

	RuleAccepted  // resources accept the token
	RuleIssued    // resources accept no token that was never issued
	RuleLasting   // the newest token is accepted until its time
	RuleEarlier   // what a fetch does to the earlier token
	RuleDistinct  // tokens differ on each issue
	RuleTwoUsers  // two users never get the same token
	RuleMethods   // other methods than GET yield no token
	RulePasswords // schemes in other letters, unusual passwords
	RuleFormBody  // a form body beside the GET changes nothing
	RuleOtherKind // tokens of other versions of the service are of one kind

	ruleCount
)

// families are rules that are looked at together where one requirement stands behind them.
var families = [][]Rule{
	{RuleBody, RuleMembers, RuleStatus, RuleTokenType, RuleWay},
	{RuleShape, RuleUser},
	{RuleDefault, RuleDuration, RuleAsked, RuleEncoding},
	{RuleNoHeader, RuleBadHeader, RuleInactive, RuleOrdinary, RuleOtherType},
	{RuleAccepted, RuleIssued, RuleLasting},
	{RuleDistinct, RuleTwoUsers},
}

// Akin reports whether two rules are looked at together where one requirement
// stands behind both, such as the shape of a token and the user that it names.
func (r Rule) Akin(other Rule) bool {
	return r == other || slices.ContainsFunc(families, func(f []Rule) bool { return slices.Contains(f, r) && slices.Contains(f, other) })
}

// Rules are the ids of the requirements behind the rules; "" for a rule that a
// service does not have.
type Rules [ruleCount]string

var loginRules = Rules{
	RuleToken: "LOGIN-01", RuleBody: "LOGIN-02", RuleMembers: "LOGIN-02", RuleStatus: "LOGIN-03", RuleShape: "LOGIN-04", RuleUser: "LOGIN-05",
	RuleDefault: "LOGIN-06", RuleDuration: "LOGIN-07", RuleAsked: "LOGIN-08", RuleDate: "LOGIN-10", RuleTime: "LOGIN-11", RuleZone: "LOGIN-12",
	RuleNoHeader: "LOGIN-13", RuleBadHeader: "LOGIN-14", RuleInactive: "LOGIN-15", RuleOrdinary: "LOGIN-23", RuleOtherType: "LOGIN-14",
	RuleBadExpiry: "LOGIN-09", RuleMessage: "LOGIN-24", RuleErrorBody: "LOGIN-17",
	RuleAccepted: "LOGIN-16", RuleIssued: "LOGIN-16", RuleLasting: "LOGIN-21", RuleEarlier: "LOGIN-22",
	RuleDistinct: "LOGIN-18", RuleTwoUsers: "LOGIN-18", RuleMethods: "LOGIN-19", RulePasswords: "LOGIN-20",
}

var oauthRules = Rules{
	RuleToken: "OAUTH-01", RuleBody: "OAUTH-04", RuleMembers: "OAUTH-04", RuleStatus: "OAUTH-04", RuleSuccess: "OAUTH-14",
	RuleShape: "OAUTH-07", RuleUser: "OAUTH-07", RuleTokenType: "OAUTH-04", RuleWay: "OAUTH-04",
	RuleDefault: "OAUTH-02", RuleAsked: "OAUTH-03", RuleEncoding: "OAUTH-05", RuleClaims: "OAUTH-08", RuleSignature: "OAUTH-13",
	RuleNoHeader: "OAUTH-10", RuleBadHeader: "OAUTH-10", RuleInactive: "OAUTH-10", RuleOrdinary: "OAUTH-10", RuleOtherType: "OAUTH-10",
	RuleBadExpiry: "OAUTH-09", RuleErrorBody: "OAUTH-06",
	RuleAccepted: "OAUTH-11", RuleLasting: "OAUTH-11", RuleDistinct: "OAUTH-12", RuleTwoUsers: "OAUTH-12",
}

// v2Rules are the rules of the V2 call that hold for both kinds of users.
var v2Rules = Rules{
	RuleBody: "V2AUTH-02", RuleStatus: "V2AUTH-02", RuleSuccess: "V2AUTH-14", RuleAuthType: "V2AUTH-06",
	RuleNoHeader: "V2AUTH-15", RuleBadHeader: "V2AUTH-15", RuleInactive: "V2AUTH-15", RuleOrdinary: "V2AUTH-15", RuleErrorBody: "V2AUTH-15",
	RuleAccepted: "V2AUTH-16", RuleLasting: "V2AUTH-16", RuleMethods: "V2AUTH-20", RuleFormBody: "V2AUTH-17", RuleTwoUsers: "V2AUTH-21",
	RuleOtherKind: "V2LOGIN-02",
}

var v2BasicRules = v2Rules.with(Rules{
	RuleToken: "V2AUTH-01", RuleMembers: "V2AUTH-03", RuleShape: "V2AUTH-07", RuleUser: "V2AUTH-07",
	RuleExpiresIn: "V2AUTH-04", RuleDefault: "V2AUTH-05", RuleDuration: "V2AUTH-05", RuleAsked: "V2AUTH-18",
	RuleDate: "V2AUTH-05", RuleTime: "V2AUTH-05", RuleZone: "V2AUTH-05", RuleBadExpiry: "V2AUTH-18",
})

var v2OAuthRules = v2Rules.with(Rules{
	RuleToken: "V2AUTH-08", RuleMembers: "V2AUTH-08", RuleShape: "V2AUTH-13", RuleUser: "V2AUTH-13", RuleClaims: "V2AUTH-10", RuleSignature: "V2AUTH-13",
	RuleTokenType: "V2AUTH-11", RuleWay: "V2AUTH-12", RuleDefault: "V2AUTH-09", RuleAsked: "V2AUTH-10", RuleEncoding: "V2AUTH-10",
	RuleBadExpiry: "V2AUTH-19", RuleDistinct: "V2AUTH-21",
})

// v2LoginRules are one requirement for all that V1 login's judges find.
var v2LoginRules = Rules{
	RuleToken: "V2LOGIN-01", RuleBody: "V2LOGIN-01", RuleMembers: "V2LOGIN-01", RuleStatus: "V2LOGIN-01", RuleShape: "V2LOGIN-01", RuleUser: "V2LOGIN-01",
	RuleDefault: "V2LOGIN-01", RuleDuration: "V2LOGIN-01", RuleDate: "V2LOGIN-01", RuleTime: "V2LOGIN-01", RuleZone: "V2LOGIN-01",
	RuleNoHeader: "V2LOGIN-01", RuleBadHeader: "V2LOGIN-01", RuleInactive: "V2LOGIN-01",
}

// with returns the rules with those of more in the places that more names.
func (r Rules) with(more Rules) Rules {
	for i, id := range more {
		if id != "" {
			r[i] = id
		}
	}
	return r
}
