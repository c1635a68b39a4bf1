package sample

import (
	"strconv"
	"time"

	"github.com/unigate/unigate/internal/record"
)

// scenarios has one scenario for every state and shape of evidence.
func scenarios() []record.Scenario {
	return []record.Scenario{
		scenario("features/login/success.feature", "A token for a user", 9, record.Pass, "LOGIN-01", nil),
		scenario("features/login/token.feature", "The token names its user", 21, record.Fail, "LOGIN-05", func(s *record.Scenario) {
			s.Steps[2].Expected, s.Steps[2].Observed = `user "$$unigate"`, `user "$$other"`
			s.Notes = []string{"the same in 3 of 3 attempts"}
			s.Attempts = []record.State{record.Fail, record.Fail, record.Fail}
		}),
		scenario("features/login/expiry.feature", "An expiry outside the range is refused: 501", 31, record.Fail, "LOGIN-09", func(s *record.Scenario) {
			s.Steps[2].Error = "wrong status"
			s.Steps[2].Expected, s.Steps[2].Observed = "HTTP 400 with the message \"Invalid expiry\"", "HTTP 200: "+Hostile
			s.Exchanges[0].Response.Body = Hostile
			s.Exchanges[0].Response.Truncated = true
		}),
		scenario("features/login/zone.feature", "The expiry is in the user's zone", 12, record.Waived, "LOGIN-12", func(s *record.Scenario) {
			s.Reason = "waived until 2027-06-30: known defect SR 3-1234 | being fixed"
		}),
		scenario("features/login/refused.feature", "An inactive user gets no token", 40, record.Skipped, "LOGIN-15", func(s *record.Scenario) {
			s.Reason, s.Exchanges = "no inactive user is configured", nil
		}),
		scenario("features/oauth/success.feature", "A token for an OAuth user", 8, record.Pass, "OAUTH-01", func(s *record.Scenario) {
			s.Attempts = []record.State{record.Pass, record.Warning, record.Pass}
		}),
		scenario("features/oauth/expiry.feature", "The default validity", 10, record.Error, "OAUTH-02", func(s *record.Scenario) {
			s.Reason = "the target stopped answering"
			s.Exchanges[0].Response, s.Exchanges[0].Error = nil, "read: connection reset by peer"
			s.Exchanges[0].Attempts = 2
		}),
		scenario("features/oauth/claims.feature", "The claims agree with the answer", 14, record.Warning, "OAUTH-08", func(s *record.Scenario) {
			s.Steps[2].Expected, s.Steps[2].Observed = "exp − iat = 3000 s", "200 s"
		}),
		scenario("features/hygiene.feature", "Tokens are not cached", 7, record.Warning, "SEC-01", nil),
		scenario("features/hostile.feature", Hostile, 5, record.Fail, "", func(s *record.Scenario) {
			s.Steps[1].Text = Hostile
			s.Steps[2].Error = Hostile
		}),
	}
}

// scenario makes one scenario with three steps and one exchange; edit changes it.
func scenario(file, name string, line int, state record.State, requirement string, edit func(*record.Scenario)) record.Scenario {
	s := record.Scenario{
		ID: file + ":" + strconv.Itoa(line), Feature: "Tokens for integration users", File: file, Name: name, Line: line,
		Tags: []string{"@login"}, State: state, Started: Began.Add(time.Duration(line) * 10 * time.Millisecond), DurationS: 0.0123,
		Requirements: []string{},
		Steps: []record.Step{
			{Keyword: "Given", Text: "an active integration user", Line: line + 1, State: record.Pass, DurationS: 0.0001},
			{Keyword: "When", Text: "the user asks for a token", Line: line + 2, State: record.Pass, DurationS: 0.0119},
			{Keyword: "Then", Text: "the answer is as documented", Line: line + 3, State: state, DurationS: 0.0003},
		},
		Exchanges: []record.Exchange{exchange(line)},
	}
	if requirement != "" {
		s.Requirements = append(s.Requirements, requirement)
		s.Tags = append(s.Tags, "@"+requirement)
	}
	if state == record.Skipped {
		for i := range s.Steps {
			s.Steps[i].State = record.Skipped
		}
	}
	if edit != nil {
		edit(&s)
	}
	return s
}

// exchange makes one exchange.
func exchange(line int) record.Exchange {
	const url = "https://us2.unifier.example/acme/stage/ws/rest/service/v1/login?expiry=501"
	return record.Exchange{
		Request: record.Message{Method: "GET", URL: url, Headers: []record.Header{
			{Name: "Accept", Value: "application/json"}, {Name: "Authorization", Value: "Basic [redacted]"}}},
		Response: &record.Message{Status: 200, Proto: "HTTP/1.1", Headers: []record.Header{
			{Name: "Content-Type", Value: "application/json"}, {Name: "Date", Value: "Mon, 17 May 2027 21:03:05 GMT"}},
			Body: `{"expiryDate":"11/13/2027","Timezone":"(UTC-08:00) Pacific Time (US & Canada)","expiryTime":"11/13/2027 01:03 PM","status":200,"token":"[redacted]"}`},
		Curl:    `curl --silent --show-error --include --user '$$unigate:PASSWORD' --header 'Accept: application/json' '` + url + `'`,
		Started: Began.Add(time.Duration(line) * 10 * time.Millisecond), DurationS: 0.0117, Attempts: 1,
	}
}
