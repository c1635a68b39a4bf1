package oracle

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

func TestLoginBodies(t *testing.T) {
	exp, l := pacific(t)
	right := l.body()
	change := func(old, with string) string {
		if !strings.Contains(right, old) {
			t.Fatalf("no %q in %s", old, right)
		}
		return strings.Replace(right, old, with, 1)
	}
	label := `"(UTC-08:00) Pacific Time (US & Canada)"`
	for _, tt := range []struct{ name, body, want string }{
		{"right", right, ""},
		{"further members", change(`{`, `{"x":[1,{"y":null}],"expirydate":true,`), ""},
		{"white space", " \r\n\t" + right + "\n", ""},
		{"escapes", change(`"token"`, `"\u0074oken"`), ""},
		{"escaped slashes", strings.ReplaceAll(right, "/", `\/`), ""},
		{"status 200.0", change(`:200`, `:2.0e2`), ""},
		{"empty", "", "LOGIN-02 empty_body"},
		{"blank", "  \n", "LOGIN-02 empty_body"},
		{"HTML", "<html><body>hello</body></html>", "LOGIN-02 not_json"},
		{"list", "[" + right + "]", "LOGIN-02 not_object"},
		{"text", `"hello"`, "LOGIN-02 not_object"},
		{"null", `null`, "LOGIN-02 not_object"},
		{"cut", right[:len(right)-5], "LOGIN-02 cut_body"},
		{"cut in a word", `{"a":tru`, "LOGIN-02 cut_body"},
		{"more", right + "{}", "LOGIN-02 trailing_data"},
		{"NUL after it", right + "\x00", "LOGIN-02 trailing_data"},
		{"byte order mark", "\xef\xbb\xbf" + right, "LOGIN-02 not_json"},
		{"not UTF-8", change(`{`, "{\"x\":\"\xff\","), "LOGIN-02 not_utf8"},
		{"duplicate", change(`{`, `{"status":200,`), "LOGIN-02 duplicate_member"},
		{"hidden duplicate", change(`{`, `{"\u0073tatus":200,`), "LOGIN-02 duplicate_member"},
		{"many and a duplicate", change(`{`, `{"1":1,"2":1,"3":1,"4":1,"5":1,"6":1,"7":1,"8":1,"9":1,"10":1,"11":1,"12":1,"1":1,`), "LOGIN-02 duplicate_member"},
		{"deep", `{"x":` + strings.Repeat("[", 100000), "LOGIN-02 too_deep"},
		{"deep objects", strings.Repeat(`{"x":`, 100000), "LOGIN-02 too_deep"},
		{"trailing comma", change(`}`, `,}`), "LOGIN-02 not_json"},
		{"single quotes", strings.ReplaceAll(right, `"`, `'`), "LOGIN-02 not_json"},
		{"control character", change(`{`, "{\"x\":\"a\tb\","), "LOGIN-02 not_json"},
		{"bad escape", change(`{`, `{"x":"\q",`), "LOGIN-02 not_json"},
		{"bad unicode", change(`{`, `{"x":"\u12g4",`), "LOGIN-02 not_json"},
		{"leading zero", change(`:200`, `:0200`), "LOGIN-02 not_json"},
		{"no colon", change(`"status":`, `"status" `), "LOGIN-02 not_json"},
		{"bad word", change(`:200`, `:tru`), "LOGIN-02 not_json"},
		{"status text", change(`:200`, `:"200"`), "LOGIN-03 body_status"},
		{"status 201", change(`:200`, `:201`), "LOGIN-03 body_status"},
		{"status 200.5", change(`:200`, `:200.5`), "LOGIN-03 body_status"},
		{"no status", change(`,"status":200`, ``), "LOGIN-02 missing_member"},
		{"lower-case timezone", change(`"Timezone"`, `"timezone"`), "LOGIN-02 missing_member"},
		{"token number", change(`"`+dbToken("$$unigate")+`"`, `5`), "LOGIN-02 member_type"},
		{"date null", change(`"expiryDate":"05/18/2027"`, `"expiryDate":null`), "LOGIN-02 member_type"},
		{"no label", change(label, `"Pacific"`), "LOGIN-12 zone_label"},
		{"GMT", change(`(UTC-08:00)`, `(GMT-08:00)`), "LOGIN-12 zone_label"},
		{"another zone", change(label, `"(UTC-05:00) Eastern Time (US & Canada)"`), "LOGIN-12 wrong_zone"},
		{"unknown label, right offset", change(label, `"(UTC-08:00) Somewhere"`), ""},
		{"unknown label, wrong offset", change(label, `"(UTC-09:00) Somewhere"`), "LOGIN-12 wrong_zone"},
		{"another user", strings.Replace(right, dbToken("$$unigate"), dbToken("$$eve"), 1), "LOGIN-05 wrong_user"},
		{"user in capitals", strings.Replace(right, dbToken("$$unigate"), dbToken("$$UNIGATE"), 1), ""},
		{"no token", change(dbToken("$$unigate"), ``), "LOGIN-04 token_shape"},
		{"lower-case GUID", change(third, strings.ToLower(third)), "LOGIN-04 token_shape"},
		{"malformed and another user's", change(dbToken("$$unigate"), dbToken("$$eve")+"0"), "LOGIN-04 token_shape, LOGIN-05 wrong_user"},
		{"date in another format", strings.ReplaceAll(right, "05/18/2027", "2027-05-18"), "LOGIN-10 date_format"},
		{"one digit", strings.ReplaceAll(right, "05/18/2027", "5/18/2027"), "LOGIN-10 date_format"},
		{"no date", strings.ReplaceAll(right, "05/18/2027", "soon"), "LOGIN-10 date_format"},
		{"30 February", strings.ReplaceAll(right, "05/18/2027", "02/30/2027"), "LOGIN-10 date_format"},
		{"24-hour time", change("11:44 AM", "11:44"), "LOGIN-11 expiry_time"},
		{"hour 00", change("11:44 AM", "00:44 AM"), "LOGIN-11 expiry_time"},
		{"hour 13", change("11:44 AM", "13:44 PM"), "LOGIN-11 expiry_time"},
		{"minute 60", change("11:44 AM", "11:60 AM"), "LOGIN-11 expiry_time"},
		{"lower-case am", change("11:44 AM", "11:44 am"), "LOGIN-11 expiry_time"},
		{"one-digit hour", change("11:44 AM", "1:44 AM"), "LOGIN-11 expiry_time"},
		{"seconds", change("11:44 AM", "11:44:00 AM"), "LOGIN-11 expiry_time"},
		{"no-break space", change("11:44 AM", "11:44\u202fAM"), "LOGIN-11 expiry_time"},
		{"no time", change(" 11:44 AM", ""), "LOGIN-11 expiry_time"},
		{"another date in expiryTime", change("05/18/2027 11:44 AM", "05/19/2027 11:44 AM"), "LOGIN-11 date_differs, LOGIN-07 wrong_validity"},
		{"another date in expiryDate", change(`"05/18/2027"`, `"05/19/2027"`), "LOGIN-11 date_differs"},
		{"a blank after expiryDate", change(`"05/18/2027"`, `"05/18/2027 "`), "LOGIN-10 date_format"},
		{"a blank after both dates", change("05/18/2027", "05/18/2027 "), "LOGIN-10 date_format"},
		{"a blank before expiryDate", change(`"05/18/2027"`, `" 05/18/2027"`), "LOGIN-10 date_format"},
		{"a tab after expiryDate", change(`"05/18/2027"`, `"05/18/2027\t"`), "LOGIN-10 date_format"},
		{"another format in expiryDate", change(`"05/18/2027"`, `"2027-05-18"`), "LOGIN-10 date_format"},
		{"another format in expiryTime", change("05/18/2027 11:44 AM", "2027-05-18 11:44 AM"), "LOGIN-11 date_differs"},
		{"PM", change("11:44 AM", "11:44 PM"), "LOGIN-07 wrong_validity"},
	} {
		j := JudgeToken(unifier.Login, exp, replyOf(l.at, 200, tt.body))
		if kinds(j) != tt.want {
			t.Errorf("%s: %q, want %q: %v", tt.name, kinds(j), tt.want, j.Findings)
		}
		if strings.Contains(fmt.Sprint(j.Findings, j.Readings, j.Notes), third[:20]) {
			t.Errorf("%s: the token is quoted: %v", tt.name, j.Findings)
		}
	}
}

func TestLoginStatus(t *testing.T) {
	exp, l := pacific(t)
	for _, tt := range []struct {
		status int
		body   string
	}{{401, `{"status":401,"message":"Invalid Authorization header"}`}, {500, "<html>"}, {204, ""}, {299, l.body()}} {
		j := JudgeToken(unifier.Login, exp, replyOf(l.at, tt.status, tt.body))
		if kinds(j) != "LOGIN-01 status" || strings.Contains(j.Findings[0].String(), third) {
			t.Errorf("%d: %v", tt.status, j.Findings)
		}
	}
	r := l.reply()
	r.Truncated = true
	if j := JudgeToken(unifier.Login, exp, r); kinds(j) != "LOGIN-02 too_large" {
		t.Error(j.Findings)
	}
}

func TestLoginValidityRequirement(t *testing.T) {
	exp, l := pacific(t)
	l.expires = l.expires.Add(time.Hour + 10*time.Minute)
	for want, change := range map[string]func(*Expectation){
		"LOGIN-07": func(*Expectation) {},
		"LOGIN-08": func(e *Expectation) { e.Validity = unifier.RuleAsked },
		"LOGIN-06": func(e *Expectation) { e.User.Expiry = unifier.Expiry{} },
	} {
		e := exp
		change(&e)
		if j := JudgeToken(unifier.Login, e, l.reply()); kinds(j) != want+" wrong_validity" || len(j.For(want)) != 1 || len(j.For("LOGIN-01")) != 0 {
			t.Errorf("%s: %v", want, j.Findings)
		}
	}
	exp.Expiry = unifier.Expiry{N: 80, Unit: unifier.Minutes} // asked by the call
	if j := JudgeToken(unifier.Login, exp, l.reply()); !j.OK() {
		t.Error(j.Findings)
	}
}

// TestAFormatOfTwoMeanings writes 05/06 for 6 May where 5 June is meant, and the other way round.
func TestAFormatOfTwoMeanings(t *testing.T) {
	for _, tt := range []struct{ user, shown string }{{"MM/DD/YYYY", "DD/MM/YYYY"}, {"DD/MM/YY", "MM/DD/YY"}, {"YY/MM/DD", "DD/MM/YY"}} {
		exp, l := pacific(t)
		exp.User.DateFormat, l.format = format(t, tt.user), tt.shown
		l.at = time.Date(2027, 5, 6, 18, 0, 0, 0, time.UTC)
		l.expires = l.at.Add(10 * time.Minute)
		j := JudgeToken(unifier.Login, exp, l.reply())
		if kinds(j) != "LOGIN-10 date_format" {
			t.Errorf("%v: %v", tt, j.Findings)
		}
		exp.User.DateFormat = nil
		if j := JudgeToken(unifier.Login, exp, l.reply()); !j.OK() || j.DateFormat != tt.shown {
			t.Errorf("%v: %v %v", tt, j.Findings, j.DateFormat)
		}
	}
}

// TestSwappedDays writes day and month in each other's place, in formats of
// which no other format is the swapped one.
func TestSwappedDays(t *testing.T) {
	for _, tt := range []struct{ pattern, shown string }{
		{"YYYY-MM-DD", "2027-06-05"}, {"YYYY/MM/DD", "2027/06/05"}, {"YY/M/D", "27/6/5"}, {"DD.MM.YYYY", "06.05.2027"},
	} {
		exp, l := pacific(t)
		l.at = time.Date(2027, 5, 6, 18, 0, 0, 0, time.UTC)
		if tt.pattern == "DD.MM.YYYY" {
			l.at = time.Date(2027, 6, 5, 18, 0, 0, 0, time.UTC) // no date of another format either
		}
		exp.User.DateFormat = format(t, tt.pattern)
		l.format, l.expires = tt.pattern, l.at.Add(10*time.Minute)
		right := pattern(tt.pattern, l.expires.In(l.zone))
		j := JudgeToken(unifier.Login, exp, replyOf(l.at, 200, strings.ReplaceAll(l.body(), right, tt.shown)))
		if right == tt.shown || kinds(j) != "LOGIN-10 date_format" || !strings.Contains(j.Findings[0].Detail, "swapped") {
			t.Errorf("%s instead of %s: %v", tt.shown, right, j.Findings)
		}
	}
}

// TestWrongOffsets shows times by offsets that forget half hours or the sign.
func TestWrongOffsets(t *testing.T) {
	for _, tt := range []struct {
		zone   string
		offset int // of what is shown
		want   string
	}{
		{"Asia/Kolkata", 5 * 3600, "LOGIN-12 wrong_offset"},
		{"Asia/Kolkata", -19800, "LOGIN-12 wrong_offset"},
		{"America/St_Johns", -2 * 3600, "LOGIN-12 wrong_offset"}, // in summer UTC-02:30
		{"America/Los_Angeles", 7 * 3600, "LOGIN-12 wrong_offset"},
		{"Asia/Kolkata", 6 * 3600, "LOGIN-07 wrong_validity"},
	} {
		exp, l := pacific(t)
		z, _ := unifier.ZoneByIANA(tt.zone)
		exp.User.Zone, l.label, l.zone = tt.zone, z.Label, time.FixedZone("", tt.offset)
		if j := JudgeToken(unifier.Login, exp, l.reply()); kinds(j) != tt.want {
			t.Errorf("%s by %d: %v", tt.zone, tt.offset, j.Findings)
		}
	}
}

func TestMonthsInOtherLanguages(t *testing.T) {
	for _, tt := range []struct{ language, date, want string }{
		{"", "18/May/2027", ""},
		{"en", "18/MAY/2027", ""},
		{"en-GB", "18/may/2027", ""},
		{"", "18/Mai/2027", "LOGIN-10 date_format"},
		{"de", "18/Mai/2027", ""},
		{"de", "18/May/2027", ""},
		{"de", "18/Mar/2027", "LOGIN-07 wrong_validity"},
		{"de", "19/Mai/2027", "LOGIN-07 wrong_validity"},
		{"fr", "18/janv./2027", ""}, // which month it names is not known
		{"ja", "18/5月/2027", ""},
		{"ja", "18/6月/2027", "LOGIN-07 wrong_validity"},
		{"ja", "18/5/2027", "LOGIN-10 date_format"},
		{"ru", "18/мая/2027", ""},
		{"ru", "18//2027", "LOGIN-10 date_format"},
		{"ru", "18/" + strings.Repeat("м", 40) + "/2027", "LOGIN-10 date_format"},
	} {
		exp, l := pacific(t)
		exp.User.DateFormat, exp.User.Language = format(t, "DD/MMM/YYYY"), tt.language
		l.format = "DD/MMM/YYYY"
		body := strings.ReplaceAll(l.body(), "18/May/2027", tt.date)
		if j := JudgeToken(unifier.Login, exp, replyOf(l.at, 200, body)); kinds(j) != tt.want {
			t.Errorf("%s %s: %q %v, want %q", tt.language, tt.date, kinds(j), j.Findings, tt.want)
		}
	}
	// A month's last days: the name may be that of the next month.
	exp, l := pacific(t)
	exp.User.DateFormat, exp.User.Language = format(t, "MMM/DD/YYYY"), "de"
	l.format, l.at = "MMM/DD/YYYY", time.Date(2027, 6, 1, 5, 0, 0, 0, time.UTC)
	l.expires = l.at.Add(10 * time.Minute)
	if j := JudgeToken(unifier.Login, exp, replyOf(l.at, 200, strings.ReplaceAll(l.body(), "May", "Mai"))); !j.OK() {
		t.Error(j.Findings)
	}
}

func TestZonesThatAreNotKnown(t *testing.T) {
	const unknown = "(UTC-08:00) Atlantis"
	for _, tt := range []struct {
		name, zone, label string
		hour              int // later than right in Los Angeles
		want              string
		notes             int
	}{
		{"no zone, known label", "", "", 0, "", 0},
		{"no zone, known label, hour off", "", "", -1, "LOGIN-12 wrong_offset", 0},
		{"no zone, unknown label, standard time", "", unknown, -1, "", 1},
		{"no zone, unknown label, daylight saving", "", unknown, 0, "", 1},
		{"no zone, unknown label, neither", "", unknown, 2, "LOGIN-07 wrong_validity", 1},
		{"no zone, unknown label, UTC", "", unknown, 7, "LOGIN-12 wrong_offset", 1},
		{"zone that does not exist", "Atlantis/Capital", "", 0, "", 1},
		{"no zone, malformed label, UTC", "", "nowhere", 7, "LOGIN-12 zone_label", 0},
		{"no zone, malformed label", "", "nowhere", 0, "LOGIN-12 zone_label", 0},
		{"another name of the zone", "US/Pacific", "", 0, "", 0},
		{"a zone with that label", "America/Vancouver", "", 0, "", 0},
		{"Arizona", "America/Phoenix", "", 0, "LOGIN-12 wrong_zone", 0},
	} {
		exp, l := pacific(t)
		exp.User.Zone = tt.zone
		if tt.label != "" {
			l.label = tt.label
		}
		l.expires = l.expires.Add(time.Duration(tt.hour) * time.Hour)
		j := JudgeToken(unifier.Login, exp, l.reply())
		if kinds(j) != tt.want || len(j.Notes) != tt.notes {
			t.Errorf("%s: %q %v %v, want %q", tt.name, kinds(j), j.Findings, j.Notes, tt.want)
		}
	}
}

// TestLabelsThatAreOlderThanTheZone: Venezuela left UTC-04:30 in 2016.
func TestLabelsThatAreOlderThanTheZone(t *testing.T) {
	exp, l := pacific(t)
	exp.User.Zone, l.label = "", "(UTC-04:30) Caracas"
	for _, zone := range []*time.Location{location(t, "America/Caracas"), time.FixedZone("", -16200)} {
		l.zone = zone
		if j := JudgeToken(unifier.Login, exp, l.reply()); !j.OK() {
			t.Error(zone, j.Findings)
		}
	}
	// The label stands for zones whose clocks differ.
	l.label, exp.User.Zone, l.zone = "(UTC+02:00) Athens, Istanbul, Minsk", "Europe/Istanbul", location(t, "Europe/Istanbul")
	if j := JudgeToken(unifier.Login, exp, l.reply()); !j.OK() {
		t.Error(j.Findings)
	}
}

func TestFindingsSayByHowMuch(t *testing.T) {
	exp, l := pacific(t)
	l.expires = l.expires.Add(-65 * time.Minute)
	f := JudgeToken(unifier.Login, exp, l.reply()).Findings[0]
	for _, want := range []string{"1 h 5 min 12 s too early", "MM/DD/YYYY", "America/Los_Angeles", "2027-05-18 17:39 UTC"} {
		if !strings.Contains(f.Detail, want) {
			t.Errorf("no %q in %s", want, f.Detail)
		}
	}
	if f.Expected != "2027-05-18 11:44 in America/Los_Angeles (2027-05-18 18:44 UTC), 10 minutes after the call" {
		t.Error(f.Expected)
	}
	if f.Observed != "2027-05-18 10:39 in America/Los_Angeles (2027-05-18 17:39 UTC)" {
		t.Error(f.Observed)
	}
	l.expires = l.at.Add(10 * time.Hour)
	if f := JudgeToken(unifier.Login, exp, l.reply()).Findings[0]; !strings.Contains(f.Detail, "it is right for 10 hours") {
		t.Error(f.Detail)
	}
}

func TestTheWorstOfATime(t *testing.T) {
	exp, l := pacific(t)
	body := strings.Replace(l.body(), " 11:44 AM", "", 1)
	// Without a time of day the date is judged by itself.
	if j := JudgeToken(unifier.Login, exp, replyOf(l.at.Add(-48*time.Hour), 200, body)); kinds(j) != "LOGIN-11 expiry_time, LOGIN-07 wrong_validity" {
		t.Error(j.Findings)
	}
	// Another format and another instant are two findings.
	l.format, l.expires = "YYYY-MM-DD", l.expires.Add(3*time.Hour)
	if j := JudgeToken(unifier.Login, exp, l.reply()); kinds(j) != "LOGIN-10 date_format, LOGIN-07 wrong_validity" {
		t.Error(j.Findings)
	}
}
