package oracle

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// Where neither the user's zone nor the label is known, UTC and each quarter of an hour from
// twelve hours behind it to fourteen ahead are tried.
func TestEveryOffset(t *testing.T) {
	zones := everyOffset()
	if len(zones) != 1+26*4+1 || zones[0] != time.UTC {
		t.Fatalf("%d zones, the first %v", len(zones), zones[0])
	}
	for i, zone := range zones[1:] {
		if _, offset := time.Unix(0, 0).In(zone).Zone(); offset != -12*3600+i*900 {
			t.Errorf("zone %d is %d s off", i, offset)
		}
	}
}

// The months of an expiry are those two days around it.
func TestMonthsOfAnExpiry(t *testing.T) {
	for _, c := range []struct {
		from time.Time
		e    unifier.Expiry
		want []time.Month
	}{
		{time.Date(2027, 5, 1, 12, 0, 0, 0, time.UTC), unifier.Expiry{N: 14, Unit: unifier.Days}, []time.Month{time.May}},
		{time.Date(2027, 5, 1, 12, 0, 0, 0, time.UTC), unifier.Expiry{N: 1, Unit: unifier.Days}, []time.Month{time.May, time.April}},
		{time.Date(2027, 5, 1, 12, 0, 0, 0, time.UTC), unifier.Expiry{N: 2, Unit: unifier.Days}, []time.Month{time.May}},
		{time.Date(2027, 5, 28, 12, 0, 0, 0, time.UTC), unifier.Expiry{N: 24, Unit: unifier.Hours}, []time.Month{time.May}},
		{time.Date(2027, 5, 28, 12, 0, 0, 0, time.UTC), unifier.Expiry{N: 2, Unit: unifier.Days}, []time.Month{time.May, time.June}},
		{time.Date(2027, 5, 31, 23, 55, 0, 0, time.UTC), unifier.Expiry{N: 10, Unit: unifier.Minutes}, []time.Month{time.June, time.May}},
	} {
		if got := (window{c.from.Unix(), c.from.Unix() + 1}).months(c.e); !slices.Equal(got, c.want) {
			t.Errorf("%v and %v: %v, not %v", c.from, c.e, got, c.want)
		}
	}
}

// Day and month change places where that is another date.
func TestSwapped(t *testing.T) {
	for shown, want := range map[string]string{
		"2027-03-05 11:44": "2027-05-03 11:44", "2027-12-01 00:00": "2027-01-12 00:00", "2027-01-12 23:59": "2027-12-01 23:59",
		"2027-05-05 11:44": "", "2027-03-13 11:44": "", "2027-03-12 00:01": "2027-12-03 00:01",
	} {
		at, err := time.Parse("2006-01-02 15:04", shown)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, c := range swapped([]candidate{{shown: wall(at.Unix())}}) {
			got += time.Unix(int64(c.shown), 0).UTC().Format("2006-01-02 15:04")
		}
		if got != want {
			t.Errorf("%s: %q, not %q", shown, got, want)
		}
	}
}

// Without a legible time of day the date alone counts, in the zone, a minute before and
// after midnight included.
func TestDateWithoutATimeOfDay(t *testing.T) {
	tokyo := location(t, "Asia/Tokyo")
	day := func(n int) wall { return wall(time.Date(2027, 5, n, 0, 0, 0, 0, time.UTC).Unix()) }
	for _, c := range []struct {
		from  time.Time
		zone  *time.Location
		shown wall
		want  bool
	}{
		{time.Date(2027, 5, 18, 12, 0, 0, 0, time.UTC), time.UTC, day(19), true}, {time.Date(2027, 5, 18, 12, 0, 0, 0, time.UTC), time.UTC, day(18), false},
		{time.Date(2027, 5, 18, 12, 0, 0, 0, time.UTC), time.UTC, day(20), false}, {time.Date(2027, 5, 18, 16, 0, 0, 0, time.UTC), tokyo, day(20), true},
		{time.Date(2027, 5, 18, 23, 59, 0, 0, time.UTC), time.UTC, day(20), true}, {time.Date(2027, 5, 18, 23, 58, 58, 0, time.UTC), time.UTC, day(20), false},
		{time.Date(2027, 5, 19, 0, 0, 59, 0, time.UTC), time.UTC, day(19), true}, {time.Date(2027, 5, 19, 0, 1, 0, 0, time.UTC), time.UTC, day(19), false},
	} {
		j := &dbJudge{expiry: unifier.Expiry{N: 24, Unit: unifier.Hours}}
		w := window{c.from.Unix(), c.from.Unix()}
		if got := j.matchAt(w, candidate{shown: c.shown}, c.zone, -1); got.any() != c.want {
			t.Errorf("%v in %v shows %v: %t", c.from, c.zone, time.Unix(int64(c.shown), 0).UTC(), got.any())
		}
	}
}

// Any refusal is 400 to 499, without a token.
func TestAnyRefusal(t *testing.T) {
	for status, want := range map[int]string{
		200: "LOGIN-14 status", 399: "LOGIN-14 status", 400: "", 401: "", 499: "", 500: "LOGIN-14 status",
	} {
		if got := kinds(JudgeAnyRefusal(of(unifier.Login), replyOf(issue, status, `{"status":401,"message":"x"}`))); got != want {
			t.Errorf("%d: %q, not %q", status, got, want)
		}
	}
	if got := kinds(JudgeAnyRefusal(of(unifier.Login), replyOf(issue, 401, `{"token":"`+dbToken("$$unigate")+`"}`))); got != "LOGIN-14 token_given" {
		t.Errorf("with a token: %q", got)
	}
}

// Why a login token is none, at the bounds of what is looked at.
func TestWhyNoDBToken(t *testing.T) {
	for token, want := range map[string]string{
		strings.Repeat("a", maxToken):   "1 parts joined by full stops",
		strings.Repeat("a", maxToken+1): "a token of 16385 bytes",
		"eyJ0eXAiOiJEQiI." + "x.y":      "the first part is base64 without its padding",
		"e-J." + "x.y":                  "the first part is base64 in the URL-safe alphabet",
		"eyJ!." + "x.y":                 "the first part is not standard base64 (4 bytes)",
		"YWJ=." + "x.y":                 "the first part is not standard base64 (4 bytes)",
		strings.Replace(dbToken("u"), third, "g"+third[1:], 1):             "character 1",
		strings.Replace(dbToken("u"), third, third[:8]+"0"+third[9:], 1):   "no hyphen at character 9",
		strings.Replace(dbToken("u"), third, third[:23]+"0"+third[24:], 1): "no hyphen at character 24",
		strings.Replace(dbToken("u"), third, third[:36]+"a"+third[37:], 1): "character 37",
		strings.Replace(dbToken("u"), third, third[:67]+"-", 1):            "character 68",
		strings.Replace(dbToken("u"), third, third+"0", 1):                 "69 characters",
	} {
		if _, err := ParseDBToken(token); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, not %q", token, err, want)
		}
	}
}

// A token whose iat or exp cannot be read leaves OAUTH-08 unjudged.
func TestIllegibleTimesLeaveTheClaimsUnjudged(t *testing.T) {
	for claim, want := range map[string]bool{"exp": true, "iat": true, "scope": false} {
		body := `{"access_token":"` + signJWT(rightHeader, claimsOf(map[string]any{claim: "soon"})) + `","token_type":"Bearer","expires_in":3000,"status":200}`
		j := JudgeToken(unifier.OAuth, oauthExp(), replyOf(issue, 200, body))
		if got := slices.Contains(j.Unjudged, "OAUTH-08"); got != want {
			t.Errorf("%s: unjudged %v", claim, j.Unjudged)
		}
	}
}
