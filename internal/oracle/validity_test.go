package oracle

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/unigate/unigate/internal/unifier"
)

// places are zones with awkward clocks: half hours, quarters, both hemispheres,
// two-hour and half-hour and negative daylight saving, and none.
var places = []struct{ zone, label string }{
	{"America/Los_Angeles", "(UTC-08:00) Pacific Time (US & Canada)"},
	{"America/New_York", "(UTC-05:00) Eastern Time (US & Canada)"},
	{"America/St_Johns", "(UTC-03:30) Newfoundland"},
	{"America/Santiago", "(UTC-04:00) Santiago"},
	{"Atlantic/Azores", "(UTC-01:00) Azores"},
	{"Etc/UTC", "(UTC) Coordinated Universal Time"},
	{"Europe/London", "(UTC+00:00) Dublin, Edinburgh, Lisbon, London"},
	{"Europe/Berlin", "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna"},
	{"Africa/Casablanca", "(UTC+01:00) Casablanca"},
	{"Asia/Beirut", "(UTC+02:00) Beirut"},
	{"Asia/Kolkata", "(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi"},
	{"Asia/Kathmandu", "(UTC+05:45) Kathmandu"},
	{"Australia/Adelaide", "(UTC+09:30) Adelaide"},
	{"Australia/Sydney", "(UTC+10:00) Canberra, Melbourne, Sydney"},
	{"Australia/Lord_Howe", "(UTC+10:30) Lord Howe Island"},
	{"Pacific/Chatham", "(UTC+12:45) Chatham Islands"},
	{"Pacific/Kiritimati", "(UTC+14:00) Kiritimati Island"},
}

// units are the units with the largest number that a server may be told.
var units = []unifier.Unit{unifier.Minutes, unifier.Hours, unifier.Days}

// server draws a way to compute and write an expiry that the documentation allows.
type server struct {
	exp   Expectation
	reply loginReply
}

// drawServer draws a user, a moment, and a right answer.
func drawServer(t *rapid.T) server {
	place := rapid.SampledFrom(places).Draw(t, "place")
	zone, err := time.LoadLocation(place.zone)
	if err != nil {
		t.Fatal(err)
	}
	// As the label's zone is compared with the user's around the present, moments are near it too.
	at := time.Unix(rapid.Int64Range(1767225600, 1893456000).Draw(t, "at"), rapid.Int64Range(0, 999999999).Draw(t, "ns"))
	e := unifier.Expiry{N: rapid.IntRange(1, 500).Draw(t, "n"), Unit: rapid.SampledFrom(units).Draw(t, "unit")}
	expires := at.Add(time.Duration(e.N) * e.Unit.Length())
	if e.Unit == unifier.Days && rapid.Bool().Draw(t, "calendar") {
		expires = at.In(zone).AddDate(0, 0, e.N)
	}
	if rapid.Bool().Draw(t, "rounded") {
		expires = expires.Add(30 * time.Second)
	}
	f := rapid.SampledFrom(unifier.DateFormats).Draw(t, "format")
	s := server{
		exp:   Expectation{User: unifier.User{Name: "$$unigate", Zone: place.zone, DateFormat: &f, Expiry: e}},
		reply: loginReply{at: at, expires: expires, zone: zone, label: place.label, format: f.Pattern, user: "$$unigate"},
	}
	if rapid.Bool().Draw(t, "unknown zone") {
		s.exp.User.Zone = ""
	}
	if rapid.Bool().Draw(t, "unknown format") {
		s.exp.User.DateFormat = nil
	}
	return s
}

func TestRightInstantsPass(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawServer(t)
		if j := JudgeToken(unifier.Login, s.exp, s.reply.reply()); !j.OK() {
			t.Fatalf("%s\n%v", s.reply.body(), j.Findings)
		}
	})
}

func TestSkewWithinTheBoundPasses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawServer(t)
		skew := time.Duration(rapid.Int64Range(-119, 119).Draw(t, "skew")) * time.Second
		r := s.reply.reply()
		r.Sent, r.Received = r.Sent.Add(-skew), r.Received.Add(-skew)
		if j := JudgeToken(unifier.Login, s.exp, r); !j.OK() {
			t.Fatalf("%s\n%v", s.reply.body(), j.Findings)
		}
	})
}

func TestWrongInstantsFail(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawServer(t)
		off := time.Duration(rapid.Int64Range(122, 11*3600).Draw(t, "off")) * time.Second
		if rapid.Bool().Draw(t, "early") {
			off = -off - 30*time.Second
		}
		length := time.Duration(s.exp.User.Expiry.N) * s.exp.User.Expiry.Unit.Length()
		s.reply.expires = s.reply.at.Add(length + off)
		if calendar := s.reply.at.In(s.reply.zone).AddDate(0, 0, s.exp.User.Expiry.N); s.exp.User.Expiry.Unit == unifier.Days &&
			s.reply.expires.Sub(calendar).Abs() < 123*time.Second {
			t.Skip("it is right for calendar days")
		}
		if _, now := s.reply.expires.In(s.reply.zone).Zone(); shadowed(s.reply.expires, s.reply.zone, now) {
			t.Skip("its local time exists twice, an hour or so apart")
		}
		j := JudgeToken(unifier.Login, s.exp, s.reply.reply())
		if j.OK() {
			t.Fatalf("off by %v: %s", off, s.reply.body())
		}
		for _, f := range j.Findings {
			if f.Requirement != "LOGIN-07" && f.Requirement != "LOGIN-12" && f.Requirement != "LOGIN-10" {
				t.Fatal(f)
			}
			if f.Expected == "" || f.Observed == "" || f.Detail == "" {
				t.Fatal("a finding that says too little: ", f)
			}
		}
	})
}

// shadowed reports whether clocks show a local time twice.
func shadowed(at time.Time, zone *time.Location, now int) bool {
	for _, other := range []time.Duration{-2 * time.Hour, -time.Hour, -30 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour} {
		_, offset := at.Add(other).In(zone).Zone()
		if offset-now == -int(other/time.Second) {
			return true
		}
	}
	return false
}

// TestEveryFormatOnAwkwardDates writes dates in every format: with one and two
// digits, at month and year ends, on leap days, with day and month alike.
func TestEveryFormatOnAwkwardDates(t *testing.T) {
	days := []string{
		"2026-12-31", "2027-01-01", "2027-02-28", "2027-03-01", "2028-02-29", "2028-03-01", "2027-09-09", "2027-10-10",
		"2027-01-31", "2027-05-04", "2027-04-05", "2027-11-12", "2027-12-11", "2027-12-31", "2028-01-01", "2027-06-30", "2028-12-31",
	}
	zone := location(t, "America/Los_Angeles")
	for _, f := range unifier.DateFormats {
		for _, day := range days {
			for _, clock := range []string{"00:00", "00:59", "01:00", "11:59", "12:00", "12:59", "13:00", "23:59"} {
				expires, err := time.ParseInLocation("2006-01-02 15:04", day+" "+clock, zone)
				if err != nil {
					t.Fatal(err)
				}
				for _, known := range []*unifier.DateFormat{&f, nil} {
					exp, l := pacific(t)
					exp.User.DateFormat, l.format = known, f.Pattern
					l.expires, l.at = expires, expires.Add(-10*time.Minute)
					if j := JudgeToken(unifier.Login, exp, l.reply()); !j.OK() {
						t.Errorf("%s: %s: %v", f.Pattern, l.body(), j.Findings)
					}
				}
			}
		}
	}
}

// TestEveryDuration judges 1 to 500 in every unit, right and one unit off.
func TestEveryDuration(t *testing.T) {
	for _, unit := range units {
		for n := 1; n <= 500; n++ {
			exp, l := pacific(t)
			exp.User.Expiry = unifier.Expiry{N: n, Unit: unit}
			l.at = time.Date(2027, 1, 10, 3, 4, 5, 0, time.UTC)
			l.expires = l.at.Add(time.Duration(n) * unit.Length())
			if j := JudgeToken(unifier.Login, exp, l.reply()); !j.OK() {
				t.Fatalf("%d %s: %v", n, unit, j.Findings)
			}
			for _, wrong := range []int{n - 1, n + 1} {
				l.expires = l.at.Add(time.Duration(wrong) * unit.Length())
				if unit == unifier.Minutes {
					l.expires = l.at.Add(time.Duration(2*wrong-n) * unit.Length()) // a single minute may be rounding
				}
				if j := JudgeToken(unifier.Login, exp, l.reply()); kinds(j) != "LOGIN-07 wrong_validity" {
					t.Fatalf("%d %s instead of %d: %q", wrong, unit, n, kinds(j))
				}
			}
		}
	}
}

// moment reads a time in a zone; of two instants it is the first.
func moment(t testing.TB, zone, at string) time.Time {
	t.Helper()
	m, err := time.ParseInLocation("2006-01-02 15:04:05", at, location(t, zone))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestClockChanges holds cases around changes of the clocks: show is the
// local time that the server writes.
func TestClockChanges(t *testing.T) {
	const la, sydney, london, howe = "America/Los_Angeles", "Australia/Sydney", "Europe/London", "Australia/Lord_Howe"
	hours := func(n int) unifier.Expiry { return unifier.Expiry{N: n, Unit: unifier.Hours} }
	minutes := func(n int) unifier.Expiry { return unifier.Expiry{N: n, Unit: unifier.Minutes} }
	days := func(n int) unifier.Expiry { return unifier.Expiry{N: n, Unit: unifier.Days} }
	for _, tt := range []struct {
		zone, at string
		expiry   unifier.Expiry
		show     string // as YYYY-MM-DD hh:mm AM
		want     string
		reading  string
	}{
		// Los Angeles puts its clocks forward on 14 March 2027 at 2:00 and back on 7 November at 2:00.
		{la, "2027-03-14 01:50:00", minutes(20), "2027-03-14 03:10 AM", "", ""},
		{la, "2027-03-14 01:50:00", minutes(20), "2027-03-14 02:10 AM", "LOGIN-12 wrong_offset", ""},
		{la, "2027-03-13 12:00:00", hours(24), "2027-03-14 01:00 PM", "", ""},
		{la, "2027-03-13 12:00:00", hours(24), "2027-03-14 12:00 PM", "LOGIN-07 wrong_validity", ""},
		{la, "2027-03-13 12:00:00", days(1), "2027-03-14 01:00 PM", "", "a day is 24 hours"},
		{la, "2027-03-13 12:00:00", days(1), "2027-03-14 12:00 PM", "", "a day is a calendar day in the user's zone"},
		{la, "2027-03-13 12:00:00", days(1), "2027-03-14 11:00 AM", "LOGIN-07 wrong_validity", ""},
		{la, "2027-03-13 02:30:00", days(1), "2027-03-14 02:30 AM", "", "a day is a calendar day in the user's zone"},
		{la, "2027-03-13 02:30:00", days(1), "2027-03-14 03:30 AM", "", ""},
		{la, "2027-03-13 02:30:00", days(1), "2027-03-14 01:30 AM", "", "a day is a calendar day in the user's zone"},
		{la, "2027-03-13 02:30:00", days(1), "2027-03-14 04:30 AM", "LOGIN-07 wrong_validity", ""},
		{la, "2027-11-07 00:50:00", minutes(20), "2027-11-07 01:10 AM", "", ""},
		{la, "2027-11-07 00:50:00", minutes(80), "2027-11-07 01:10 AM", "", ""},
		{la, "2027-11-07 00:50:00", minutes(140), "2027-11-07 02:10 AM", "", ""},
		{la, "2027-11-07 00:50:00", minutes(140), "2027-11-07 03:10 AM", "LOGIN-12 wrong_offset", ""},
		{la, "2027-11-06 12:00:00", days(1), "2027-11-07 11:00 AM", "", "a day is 24 hours"},
		{la, "2027-11-06 12:00:00", days(1), "2027-11-07 12:00 PM", "", "a day is a calendar day in the user's zone"},
		{la, "2027-06-01 12:00:00", minutes(30), "2027-06-01 11:30 AM", "LOGIN-12 wrong_offset", ""},
		{la, "2027-06-01 12:00:00", minutes(30), "2027-06-01 07:30 PM", "LOGIN-12 wrong_offset", ""},
		{la, "2027-01-15 12:00:00", minutes(30), "2027-01-15 01:30 PM", "LOGIN-12 wrong_offset", ""},
		{la, "2027-01-15 12:00:00", minutes(1), "2027-01-15 01:00 PM", "LOGIN-07 wrong_validity", ""}, // an hour, not a minute
		{la, "2027-01-15 12:00:00", days(180), "2027-07-14 12:00 PM", "", "a day is a calendar day in the user's zone"},
		{la, "2027-01-15 12:00:00", days(180), "2027-07-14 01:00 PM", "", "a day is 24 hours"},
		{la, "2027-01-15 12:00:00", days(180), "2027-07-13 12:00 PM", "LOGIN-07 wrong_validity", ""},
		{la, "2027-12-31 23:55:00", minutes(10), "2028-01-01 12:05 AM", "", ""},
		{la, "2027-12-31 23:55:00", minutes(10), "2027-01-01 12:05 AM", "LOGIN-07 wrong_validity", ""},
		{la, "2028-02-28 23:55:00", minutes(10), "2028-02-29 12:05 AM", "", ""},
		// Sydney puts its clocks back on 4 April 2027 at 3:00 and forward on 3 October at 2:00.
		{sydney, "2027-04-04 01:50:00", minutes(30), "2027-04-04 02:20 AM", "", ""},
		{sydney, "2027-04-04 01:50:00", minutes(90), "2027-04-04 02:20 AM", "", ""},
		{sydney, "2027-10-03 01:50:00", minutes(20), "2027-10-03 03:10 AM", "", ""},
		{sydney, "2027-10-03 01:50:00", minutes(20), "2027-10-03 02:10 AM", "LOGIN-12 wrong_offset", ""},
		{sydney, "2027-10-02 12:00:00", days(1), "2027-10-03 01:00 PM", "", "a day is 24 hours"},
		// London, on 28 March 2027 at 1:00 and 31 October at 2:00.
		{london, "2027-03-28 00:30:00", minutes(45), "2027-03-28 02:15 AM", "", ""},
		{london, "2027-03-28 00:30:00", minutes(45), "2027-03-28 01:15 AM", "LOGIN-12 wrong_offset", ""},
		// Lord Howe Island moves by half an hour, on 4 April 2027 at 2:00.
		{howe, "2027-04-04 01:20:00", minutes(20), "2027-04-04 01:40 AM", "", ""},
		{howe, "2027-04-04 01:20:00", minutes(50), "2027-04-04 01:40 AM", "", ""},
		{howe, "2027-04-03 12:00:00", days(1), "2027-04-04 11:30 AM", "", "a day is 24 hours"},
		{"Asia/Kathmandu", "2027-06-01 12:00:00", hours(2), "2027-06-01 08:15 AM", "LOGIN-12 wrong_offset", ""},
	} {
		z, _ := unifier.ZoneByIANA(tt.zone)
		at := moment(t, tt.zone, tt.at)
		date, clock := tt.show[:10], tt.show[11:]
		exp := Expectation{User: unifier.User{Name: "$$u", Zone: tt.zone, DateFormat: format(t, "YYYY-MM-DD"), Expiry: tt.expiry}}
		r := replyOf(at, 200, fmt.Sprintf(`{"expiryDate":%q,"Timezone":%q,"expiryTime":%q,"status":200,"token":%q}`,
			date, z.Label, date+" "+clock, dbToken("$$u")))
		j := JudgeToken(unifier.Login, exp, r)
		if kinds(j) != tt.want {
			t.Errorf("%s at %s for %s, shown %s: %q %v, want %q", tt.zone, tt.at, tt.expiry, tt.show, kinds(j), j.Findings, tt.want)
		}
		for _, reading := range j.Readings {
			if reading.Ambiguity == "A9" && reading.Reading != tt.reading {
				t.Errorf("%s at %s for %s, shown %s: %v, want %q", tt.zone, tt.at, tt.expiry, tt.show, reading, tt.reading)
			}
		}
		if len(j.Readings) == 0 && tt.reading != "" {
			t.Errorf("%s at %s for %s, shown %s: no reading", tt.zone, tt.at, tt.expiry, tt.show)
		}
	}
}

func TestRoundingReading(t *testing.T) {
	for _, tt := range []struct {
		second, shown int // after the full minute of the issue, and of what is shown
		want          string
	}{
		{12, 0, ""}, {45, 0, "cut off"}, {45, 60, "rounded"}, {29, 0, ""}, {59, 0, ""}, {31, 60, "rounded"}, {31, 0, "cut off"},
	} {
		exp, l := pacific(t)
		minute := l.at.Truncate(time.Minute)
		l.at = minute.Add(time.Duration(tt.second)*time.Second + 500*time.Millisecond)
		l.expires = minute.Add(10*time.Minute + time.Duration(tt.shown)*time.Second)
		j := JudgeToken(unifier.Login, exp, l.reply())
		got := fmt.Sprint(j.Readings)
		if !j.OK() || (tt.want == "") != (len(j.Readings) == 0) || !strings.Contains(got, tt.want) {
			t.Errorf("second %d, shown %d: %s %v", tt.second, tt.shown, got, j.Findings)
		}
	}
}

func TestSkewBeyondTheBound(t *testing.T) {
	for _, tt := range []struct {
		skew, bound time.Duration
		given       bool
		ok          bool
	}{
		{90 * time.Second, 0, false, true},
		{-90 * time.Second, 0, false, true},
		{5 * time.Minute, 0, false, false},
		{-5 * time.Minute, 0, false, false},
		{5 * time.Minute, 10 * time.Minute, false, true},
		{-5 * time.Minute, 10 * time.Minute, true, true},
		{5 * time.Minute, time.Minute, true, false},
	} {
		exp, l := pacific(t)
		exp.MaxSkew = tt.bound
		r := l.reply()
		r.Sent, r.Received = r.Sent.Add(-tt.skew), r.Received.Add(-tt.skew)
		if tt.given {
			exp.Skew = tt.skew
			r.Header.Del("Date")
		}
		j := JudgeToken(unifier.Login, exp, r)
		if j.OK() != tt.ok {
			t.Errorf("skew %v, bound %v: %v", tt.skew, tt.bound, j.Findings)
		}
		if !tt.ok && !strings.Contains(j.Findings[0].Detail, "the server's clock is 5 min") {
			t.Errorf("skew %v: the detail does not say so: %s", tt.skew, j.Findings[0].Detail)
		}
	}
}

// Nodes of a service have a clock each, and a clock may be set: a token is right by the clock
// that was measured before, and by the one that its own answer shows.
func TestSkewOfSeveralNodes(t *testing.T) {
	for _, tt := range []struct {
		given, dated, token time.Duration // how far ahead: measured before, of the Date header, of the token
		note                string        // of a wrong one
		ok                  bool
	}{
		{90 * time.Second, 90 * time.Second, 90 * time.Second, "", true},
		{3 * time.Second, -90 * time.Second, -90 * time.Second, "", true},
		{-90 * time.Second, 90 * time.Second, 90 * time.Second, "", true},
		{90 * time.Second, 0, 90 * time.Second, "", true}, // a proxy sets the header
		{90 * time.Second, 0, 0, "", true},
		{3 * time.Second, 0, 10 * time.Minute, "9 min 43 s too late", false},
		{3 * time.Second, -10 * time.Minute, -10 * time.Minute, "the server's clock is 10 min behind, beyond the bound", false},
		{10 * time.Minute, 0, 10 * time.Minute, "the server's clock is 10 min ahead, beyond the bound", false},
		{10 * time.Minute, 90 * time.Second, 90 * time.Second, "", true},
	} {
		exp, l := pacific(t)
		exp.Skew = tt.given
		r := l.reply()
		r.Sent, r.Received = r.Sent.Add(-tt.token), r.Received.Add(-tt.token)
		r.Header.Set("Date", r.Sent.Add(tt.dated).UTC().Format(http.TimeFormat))
		j := JudgeToken(unifier.Login, exp, r)
		if j.OK() != tt.ok || !tt.ok && !strings.Contains(j.Findings[0].Detail, tt.note) {
			t.Errorf("%+v: %v", tt, j.Findings)
		}
	}
}

// Where the same token came before with the same end, its validity counts from
// that answer (A11); a token that is too short at first stays wrong.
func TestSameTokenAgain(t *testing.T) {
	exp, l := pacific(t)
	l.at, l.expires = issue, issue.Add(10*time.Minute)
	exp.Expiry = unifier.Expiry{N: 10, Unit: unifier.Minutes}
	first, later := l.reply(), l
	later.at = issue.Add(6 * time.Minute)
	if j := JudgeToken(unifier.Login, exp, later.reply()); j.OK() {
		t.Error("without the first answer four minutes pass for ten")
	}
	exp.First = &first
	if j := JudgeToken(unifier.Login, exp, later.reply()); !j.OK() {
		t.Errorf("what is left does not pass: %v", j.Findings)
	}
	later.expires = issue.Add(4 * time.Minute)
	if j := JudgeToken(unifier.Login, exp, later.reply()); kinds(j) != "LOGIN-07 wrong_validity" {
		t.Errorf("a token that was too short from the beginning: %v", j.Findings)
	}
}

// The answer of releases 18 and 19, which pages of release 20 still print.
func TestOlderAnswer(t *testing.T) {
	exp, l := pacific(t)
	for _, tt := range []struct {
		body string
		says bool
	}{
		{`{"expiryDate":"05/18/2027 11:44 AM","status":200,"token":"` + dbToken("$$unigate") + `"}`, true},
		{`{"expiryDate":"05/18/2027","status":200,"token":"` + dbToken("$$unigate") + `"}`, false},
	} {
		j := JudgeToken(unifier.Login, exp, replyOf(l.at, 200, tt.body))
		if kinds(j) != "LOGIN-02 missing_member, LOGIN-02 missing_member" {
			t.Errorf("%s: %v", tt.body, j.Findings)
		}
		if says := strings.Contains(j.Findings[0].Detail, "releases 18 and 19"); says != tt.says {
			t.Errorf("%s: %v", tt.body, j.Findings)
		}
	}
}
