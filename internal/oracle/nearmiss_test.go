package oracle

import (
	"testing"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// A time is a near miss up to ten seconds beyond the minute that is tolerated, on either side.
func TestNearMisses(t *testing.T) {
	at := time.Date(2026, 3, 4, 11, 44, 0, 0, time.UTC)
	for second, c := range map[int]struct {
		minutes int
		near    bool
		wrong   bool
	}{
		0: {-1, false, false}, 1: {-1, true, true}, 9: {-1, true, true}, 11: {-1, false, true}, 30: {-1, false, true},
		50: {2, true, true}, 48: {2, false, true}, 59: {1, false, false},
	} {
		issued := at.Add(time.Duration(second) * time.Second)
		l := loginReply{at: issued, expires: at.Add(time.Duration(30+c.minutes) * time.Minute), zone: time.UTC, label: "(UTC) Coordinated Universal Time", format: "MM/DD/YYYY", user: "$$unigate"}
		user := unifier.User{Name: "$$unigate", Expiry: unifier.Expiry{N: 30, Unit: unifier.Minutes}}
		r := l.reply()
		r.Sent, r.Received = issued, issued
		j := NewJudge(unifier.Login, Expectation{User: user}).Judge(&r)
		if wrong := len(j.Of(unifier.RuleDuration)) > 0; j.NearMiss != c.near || wrong != c.wrong {
			t.Errorf("at second %d, %d minutes off: near %t, wrong %t: %v", second, c.minutes, j.NearMiss, wrong, j.Findings)
		}
		if j.LeaveNearMiss(); len(j.Of(unifier.RuleDuration)) > 0 || c.wrong && !j.PassedOver(unifier.RuleDuration) {
			t.Errorf("at second %d: left %v", second, j.Findings)
		}
	}
}
