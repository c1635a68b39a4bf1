package oracle

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// ending is a login's answer at an instant, with a token that ends at another.
func ending(at, end time.Time, zone string) Reply {
	z, err := unifier.LoadLocation(zone)
	if err != nil {
		panic(err)
	}
	date := end.In(z).Format("01/02/2006")
	body := fmt.Sprintf(`{"expiryDate":%q,"Timezone":"(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi","expiryTime":%q,"status":200,"token":%q}`,
		date, date+" "+end.In(z).Format("03:04 PM"), "eyJ0eXAiOiJEQiJ9.eyJ1c2VybmFtZSI6IiQkdW5pZ2F0ZSJ9.0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F90123456789ABCDEF0123456789ABCDEF")
	return Reply{Status: 200, Header: http.Header{"Date": {at.UTC().Format(http.TimeFormat)}}, Body: []byte(body), Sent: at, Received: at.Add(time.Second)}
}

// A token that was stored may be from before the run, and is judged by what is left of
// it. One of which nothing is left is wrong, whether or not it was right at first.
func TestEndedTokens(t *testing.T) {
	now := time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC)
	user := unifier.User{Name: "$$unigate", Type: unifier.Basic, Zone: "Asia/Kolkata", DateFormat: &unifier.DateFormats[0], Expiry: unifier.Expiry{N: 8, Unit: unifier.Hours}}
	for _, c := range []struct {
		name        string
		first       time.Duration // before now the token was first seen; 0 is not
		left        time.Duration
		zone        string
		rule        unifier.Rule
		short, gone bool
	}{
		{"whole", 0, 8 * time.Hour, "Asia/Kolkata", unifier.NoRule, false, false},
		{"half", 0, 4 * time.Hour, "Asia/Kolkata", unifier.RuleDuration, true, false},
		{"an offset less", 0, 150 * time.Minute, "Asia/Kolkata", unifier.RuleZone, true, false},
		{"a minute left", 0, time.Minute, "Asia/Kolkata", unifier.RuleDuration, true, false},
		{"ended within the minute", 0, -time.Minute, "Asia/Kolkata", unifier.RuleDuration, true, false},
		{"ended", 0, -2 * time.Minute, "Asia/Kolkata", unifier.RuleDuration, false, true},
		{"too long", 0, 11 * time.Hour, "Asia/Kolkata", unifier.RuleDuration, false, false},
		{"came again", 4 * time.Hour, 4 * time.Hour, "Asia/Kolkata", unifier.NoRule, false, false},
		{"came again in its last minute", 8 * time.Hour, 0, "Asia/Kolkata", unifier.NoRule, false, false},
		{"came again after its end", 9 * time.Hour, -time.Hour, "Asia/Kolkata", unifier.RuleDuration, false, true},
	} {
		exp := Expectation{User: user}
		if c.first != 0 {
			first := ending(now.Add(-c.first), now.Add(c.left), c.zone)
			exp.First = &first
		}
		j := JudgeToken(unifier.Login, exp, ending(now, now.Add(c.left), c.zone))
		if c.rule == unifier.NoRule {
			if len(j.Findings) > 0 {
				t.Errorf("%s: %v", c.name, j.Findings)
			}
			continue
		}
		found := j.Of(c.rule)
		if len(found) != 1 || len(j.Findings) != 1 {
			t.Errorf("%s: %v", c.name, j.Findings)
			continue
		}
		if found[0].TooShort() != c.short || strings.Contains(found[0].Detail, endedBefore) != c.gone {
			t.Errorf("%s: too short %t: %s", c.name, found[0].TooShort(), found[0].Detail)
		}
		j.LeaveValidity()
		if left := len(j.Of(c.rule)) == 0; left != c.short || left != j.PassedOver(c.rule) {
			t.Errorf("%s: left open %t", c.name, left)
		}
	}
}

// What is left of an access token's time is never less than nothing.
func TestNothingLeftOfAnAccessToken(t *testing.T) {
	now := time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC)
	for left, wrong := range map[int]bool{10: false, 0: false, -1: true} {
		first := Reply{Status: 200, Sent: now.Add(time.Duration(left-3000) * time.Second), Received: now.Add(time.Duration(left-3000) * time.Second)}
		exp := Expectation{User: unifier.User{Name: "a", Type: unifier.OAuthType}, DefaultSeconds: 3000, First: &first, FirstSeconds: 3000}
		body := fmt.Sprintf(`{"access_token":"x","token_type":"Bearer","expires_in":%d,"status":200}`, left)
		j := JudgeToken(unifier.OAuth, exp, Reply{Status: 200, Body: []byte(body), Sent: now, Received: now})
		if got := len(j.Of(unifier.RuleDefault)) > 0; got != wrong {
			t.Errorf("%d seconds left: %v", left, j.Findings)
		}
	}
}
