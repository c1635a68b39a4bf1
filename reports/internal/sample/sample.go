// Package sample makes the run record that the tests of all reports share: a
// failing verify and a failing load test with warnings, waivers, skips, and text
// as a hostile server would send it. Everything in it is the same on every call.
package sample

import (
	"time"

	"github.com/unigate/unigate/internal/record"
)

// Began is when the sample run started.
var Began = time.Date(2027, 5, 17, 21, 3, 4, 567890000, time.UTC)

// Hostile is text that breaks careless reports: markup, terminal escapes, a
// direction override, bytes that are not UTF-8, separators of every format.
const Hostile = "</script><script>alert(1)</script><img src=x onerror=alert(2)> \x1b[2J\x1b]0;owned\x07 " +
	"a|b `c` **d** ]]> \x00 \u202etxt.exe \xff\xfe \u2028 =1+1 ,\"x\""

// Run returns the sample: conformance, behaviour and load in one record.
func Run() *record.Run {
	run := Verify()
	run.Load = Load(Options{})
	run.Load.Capacity = Capacity()
	run.Verdict.Reasons = append(run.Verdict.Reasons, "threshold crossed: p99<250ms (measured 412ms)")
	return run
}

// Verify returns a record of a failing verify.
func Verify() *record.Run {
	return &record.Run{
		Schema:   record.Schema,
		Tool:     record.Tool{Version: "v0.1.0", Commit: "0123456789abcdef"},
		Command:  "verify",
		Started:  Began,
		Finished: Began.Add(2345 * time.Millisecond),
		Target:   record.Target{BaseURL: "https://us2.unifier.example/acme/stage", Edition: "21.7"},
		Verdict: record.Verdict{State: record.VerdictFail, Exit: 1, Reasons: []string{
			"2 requirements are not met: LOGIN-05 (sampled), LOGIN-09 (documented)",
			"the target answered one request with nonsense: " + Hostile,
		}},
		Conformance: conformance(),
		Behaviour: &record.Behaviour{Traits: map[string][]string{
			"login.success.members":             {"Timezone string, expiryDate string, expiryTime string, status number, token string"},
			"login.success.content_type":        {`"application/json"`},
			"login.success.headers":             {"cache-control, content-type"},
			"login.no_credentials.status":       {"401"},
			"login.no_credentials.message":      {`"Empty or invalid Authorization header."`},
			"login.success.status":              {"200"},
			"login.success.token.length":        {"up to 255 characters"},
			"oauth.success.status":              {"200"},
			"oauth.success.expires_in":          {"3000"},
			"oauth.success.token.lifetime_s":    {"3000"},
			"oauth.success.token.claims":        {"aud [string], exp number, iat number, iss string, jti string, sub string, tenant string"},
			"oauth.invalid_expiry.message":      {Hostile},
			"reading.A11":                       {"fetching again returns a new token"},
			"reading.A1":                        {"a login token is accepted as Bearer"},
			"login.invalid_expiry.content_type": {`"text/html"`},
		}},
	}
}

// conformance is the conformance part of the sample.
func conformance() *record.Conformance {
	c := &record.Conformance{
		Gate: record.Sampled, Requirements: requirements(), Scenarios: scenarios(), RequestsSent: 187,
		Unchecked: []string{"LOGIN-15", "LOGIN-16"},
		Ambiguities: []record.Ambiguity{
			{ID: "A1", Title: "the scheme in which the token is sent to other services", Reading: "Bearer"},
			{ID: "A2", Title: "the shape of the OAuth answer", Reading: "flat"},
			{ID: "A9", Title: "days across a daylight-saving change", Reading: "180 × 24 h"},
			{ID: "A11", Title: "a token fetched again", Reading: Hostile},
		},
		Tolerances: []record.Tolerance{
			{Name: "clock skew", Value: "1.2 s measured, at most 2m0s allowed"},
			{Name: "expiryTime has minutes", Value: "1m0s"},
		},
	}
	for _, s := range c.Scenarios {
		c.Summary.Add(s.State)
	}
	return c
}

// requirements is a part of the register with every state.
func requirements() []record.Requirement {
	r := func(id string, level record.Level, state record.State, title, reason string, scenarios ...string) record.Requirement {
		return record.Requirement{ID: id, Level: level, Title: title, State: state, Reason: reason, Scenarios: scenarios}
	}
	return []record.Requirement{
		r("LOGIN-01", record.Documented, record.Pass, "valid Basic credentials of an Active integration user get HTTP 200", "", "features/login/success.feature:9"),
		r("LOGIN-05", record.Sampled, record.Fail, "the token's second part names the user that asked", "the token names another user", "features/login/token.feature:21"),
		r("LOGIN-09", record.Documented, record.Fail, "an invalid expiry gets HTTP 400 with the message \"Invalid expiry\"", "501 was accepted", "features/login/expiry.feature:31"),
		r("LOGIN-12", record.Sampled, record.Waived, "Timezone is (UTC±hh:mm) name, and the expiry is in that zone", "waived until 2027-06-30: known defect SR 3-1234 | being fixed", "features/login/zone.feature:12"),
		r("LOGIN-15", record.Documented, record.Skipped, "a user that is not Active gets no token", "no inactive user is configured", "features/login/refused.feature:40"),
		r("LOGIN-16", record.Documented, record.Skipped, "the token is accepted by other REST services", "no resource is configured (target.resource)"),
		r("OAUTH-01", record.Documented, record.Pass, "valid Basic credentials of an OAuth-type user get HTTP 200", "", "features/oauth/success.feature:8"),
		r("OAUTH-02", record.Documented, record.Error, "without expiry the token is valid for 3000 seconds", "the connection was reset", "features/oauth/expiry.feature:10"),
		r("OAUTH-08", record.Inferred, record.Warning, "exp − iat equals expires_in, iat is now within the clock skew", "exp − iat is 200 s, expires_in 3000", "features/oauth/claims.feature:14"),
		r("SEC-01", record.Inferred, record.Warning, "responses with a token are not cacheable", "no Cache-Control header", "features/hygiene.feature:7"),
	}
}
