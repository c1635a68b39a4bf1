package oracle

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// valueOf reads one JSON value.
func valueOf(t *testing.T, text string) value {
	t.Helper()
	members, err := parseBody([]byte(`{"v":`+text+`}`), nil)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return find(members, "v")
}

// A value is read as what it is, and as nothing else.
func TestValues(t *testing.T) {
	for text, want := range map[string]struct {
		integer int64
		whole   bool
	}{
		"0": {0, true}, "3000": {3000, true}, "-7": {-7, true}, "3e3": {3000, true}, "3000.0": {3000, true}, "1.5": {}, "1e15": {1e15, true},
		"9007199254740992": {1 << 53, true}, "9007199254740993": {1<<53 + 1, true}, "9007199254740992.0": {1 << 53, true}, "-9007199254740992.0": {-1 << 53, true},
		"9007199254740994.0": {}, "-9007199254740994.0": {}, "1e400": {}, `"3000"`: {}, "true": {}, "null": {}, "[1]": {}, "{}": {},
	} {
		if n, ok := valueOf(t, text).integer(); n != want.integer || ok != want.whole {
			t.Errorf("%s is %d, %t", text, n, ok)
		}
	}
	for text, want := range map[string]string{`"a"`: "a", `""`: "", `"\u0061\n\t\b\f\r\"\\\/"`: "a\n\t\b\f\r\"\\/", `"\ud83d\ude00!"`: "😀!", `"\ud83d"`: "\ufffd", `"\ud83dx"`: "\ufffdx",
		`"\ud83d\u0041"`: "\ufffdA", `"\ud83d\n"`: "\ufffd\n", `"\ude00\ud83d"`: "\ufffd\ufffd", `"\ud83d\ud83d\ude00"`: "\ufffd😀", `"\ud83d\ude00"`: "😀"} {
		v := valueOf(t, text)
		if s, ok := v.text(); s != want || !ok || string(v.plain()) != want {
			t.Errorf("%s is %q, %q", text, s, v.plain())
		}
	}
	for _, text := range []string{"1", "null", "[]", "{}", "true"} {
		v := valueOf(t, text)
		if s, ok := v.text(); s != "" || ok || v.plain() != nil {
			t.Errorf("%s is the text %q", text, s)
		}
		if _, err := v.members(); (err == nil) != (text == "{}") || err != nil && err.Error() != v.kind.String()+" where an object is expected at byte 0" {
			t.Errorf("%s has members: %v", text, err)
		}
	}
	for text, want := range map[string]int{"[]": 0, "[1]": 1, "[1,[2,3],{}]": 3, "{}": 0, "1": 0, `"[1]"`: 0} {
		if got := valueOf(t, text).items(); len(got) != want || want == 0 && got != nil {
			t.Errorf("%s has %d items", text, len(got))
		}
	}
}

// What is left beside dates is a whole number, or its digits in a string.
func TestExpiresInBesideDates(t *testing.T) {
	for body, want := range map[string]int64{`{"data":{"expires_in":3000}}`: 3000, `{"data":{"expires_in":"3000"}}`: 3000, `{"data":{"expires_in":3e3}}`: 3000} {
		if n, ok := expiresIn([]byte(body)); n != want || !ok {
			t.Errorf("%s: %d, %t", body, n, ok)
		}
	}
	for _, body := range []string{`{"data":{"expires_in":"3e3"}}`, `{"data":{"expires_in":null}}`, `{"data":{}}`, `{"data":[]}`, `{}`, `[]`, `{"data":{"expires_in":1.5}}`, `{"data":{"expires_in":""}}`} {
		if n, ok := expiresIn([]byte(body)); ok {
			t.Errorf("%s: %d", body, n)
		}
	}
	const right, wrong = "the time until the end that the dates show", "not the time until the end that the dates show"
	for d, want := range map[time.Duration]string{0: right, 5 * time.Minute: right, -5 * time.Minute: right, 5*time.Minute + 1: wrong, -5*time.Minute - 1: wrong} {
		if got := leftAsShown(time.Hour+d, time.Hour); got != want {
			t.Errorf("%v off: %s", d, got)
		}
	}
}

// A candidate is off by the seconds by which it lies outside of the window, for its zone.
func TestOff(t *testing.T) {
	tokyo := location(t, "Asia/Tokyo")
	e := unifier.Expiry{N: 2, Unit: unifier.Hours}
	for at, want := range map[int64]int64{8200: 0, 8199: -1, 8195: -5, 8210: 0, 8211: 1, 9000: 790} {
		w := window{1000, 1010}
		if got := w.off(candidate{shown: wall(at), zone: time.UTC}, e); got != want {
			t.Errorf("%d in UTC: %d, not %d", at, got, want)
		}
		if got := w.off(candidate{shown: wall(at + 9*3600), zone: tokyo}, e); got != want {
			t.Errorf("%d in Tokyo: %d, not %d", at, got, want)
		}
	}
	near, far, early := candidate{shown: 8215, zone: time.UTC}, candidate{shown: 9000, zone: time.UTC}, candidate{shown: 8197, zone: time.UTC}
	if got := nearest(window{1000, 1010}, []candidate{far, near, early}, e); got.shown != early.shown {
		t.Errorf("nearest is %d", got.shown)
	}
	if got := nearest(window{1000, 1010}, []candidate{near, {shown: 8205 + 20, zone: time.UTC}, far}, e); got.shown != near.shown {
		t.Errorf("nearest is %d", got.shown)
	}
}

// Zones are the same where they show the same local times from a day ago for two years.
func TestSameZone(t *testing.T) {
	berlin, paris, london := location(t, "Europe/Berlin"), location(t, "Europe/Paris"), location(t, "Europe/London")
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	if !sameZone(berlin, paris, now) || !sameZone(berlin, berlin, now) || sameZone(berlin, london, now) {
		t.Error("zones are confused")
	}
	if sameZone(berlin, time.FixedZone("", 7200), now) {
		t.Error("winter time is not seen")
	}
	for offset, want := range map[int]bool{3600: true, 7200: true, 0: false, 10800: false} {
		if got := hasOffset(berlin, offset, now); got != want {
			t.Errorf("Berlin has %d: %t", offset, got)
		}
	}
	// A label that nobody knows stands for its offset, with or without an hour of daylight saving.
	l := NewJudge(unifier.Login, Expectation{User: unifier.User{Name: "ann", Type: unifier.Basic}}).db.resolve("(UTC+05:30) Nowhere")
	if l.err != nil || len(l.zones) != 2 || offsetAt(l.zones[0], 0) != 19800 || offsetAt(l.zones[1], 0) != 19800+3600 {
		t.Errorf("%+v", l)
	}
}

// A password that stands in an answer is found wherever it stands, and as it may be written.
func TestHoldsPassword(t *testing.T) {
	const password = "pass wörd/+"
	header := func(name, value string) http.Header { return http.Header{name: {value}} }
	for name, c := range map[string]struct {
		r    Reply
		want bool
	}{
		"nowhere":               {Reply{Body: []byte(`{"a":"pass word"}`), Header: header("X", "y")}, false},
		"in the body":           {Reply{Body: []byte(`{"a":"pass wörd/+"}`)}, true},
		"with escapes":          {Reply{Body: []byte(`{"a":"pass w\u00f6rd\/+"}`)}, true},
		"in a header":           {Reply{Header: header("X", "it is pass wörd/+.")}, true},
		"as part of a query":    {Reply{Header: header("Location", "/?p=pass+w%C3%B6rd%2F%2B")}, true},
		"as part of a path":     {Reply{Header: header("Location", "/pass%20w%C3%B6rd%2F+")}, true},
		"in base64":             {Reply{Header: header("X", "cGFzcyB3w7ZyZC8r")}, true},
		"as a name of a header": {Reply{Header: header(password, "")}, true},
	} {
		if got := HoldsPassword(c.r, password); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
		if HoldsPassword(c.r, "") {
			t.Errorf("%s: no password is held", name)
		}
	}
	if where := holds(Reply{Header: http.Header{"B": {"x"}, "A": {"x"}, "C": {"x"}}}, "x"); where != `the header "A"` {
		t.Errorf("%s", where)
	}
}

// Findings of a rule are those of its requirement that are of no other family of rules.
func TestOf(t *testing.T) {
	j := NewJudge(unifier.Login, Expectation{User: unifier.User{Name: "ann", Type: unifier.Basic}})
	out := j.Judge(&Reply{Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{}`)})
	all := out.Of(unifier.RuleMembers)
	if len(all) == 0 || slices.ContainsFunc(all, func(f Finding) bool { return f.Kind != "missing_member" }) {
		t.Errorf("%+v", all)
	}
	out.Findings = append(out.Findings, Finding{Requirement: "OTHER-1", Rule: unifier.RuleMembers}, Finding{Requirement: all[0].Requirement})
	if got := out.Of(unifier.RuleMembers); len(got) != len(all)+1 {
		t.Errorf("%d findings, not %d", len(got), len(all)+1)
	}
	if got := (&Judgement{Findings: all}).Of(unifier.RuleMembers); got != nil {
		t.Errorf("without rules: %+v", got)
	}
}

// A user whose zone is another one than the configured is a mismatch.
func TestMismatch(t *testing.T) {
	for name, c := range map[string]struct {
		o    Observation
		u    unifier.User
		want string
	}{
		"nothing is shown":      {Observation{}, unifier.User{Zone: "Europe/Berlin"}, ""},
		"nothing is configured": {Observation{Zone: "Asia/Tokyo"}, unifier.User{}, ""},
		"the same":              {Observation{Zone: "Asia/Tokyo"}, unifier.User{Zone: "Asia/Tokyo"}, ""},
		"another one":           {Observation{Zone: "Asia/Tokyo"}, unifier.User{Zone: "Europe/Berlin"}, "time_zone: Asia/Tokyo"},
	} {
		if got := c.o.Mismatch(c.u); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// What is no key set says why; one that is asked and read again lets others go on.
func TestKeySetsOfNothing(t *testing.T) {
	for text, says := range map[string]string{"": "not a key set: ", "[]": "not a key set: ", "{": "not a key set: ", `{"keys":{}}`: `not a key set: no list "keys"`, `{}`: `not a key set: no list "keys"`, "{\"keys\":[]} x": "not a key set: "} {
		set, err := ParseKeySet([]byte(text))
		if err == nil || set != nil || !strings.HasPrefix(err.Error(), says) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Tokens whose digits differ by little, in all or in each of their halves, are suspect.
func TestSuspect(t *testing.T) {
	parsed := func(digits string) *parsedDBToken {
		token, err := ParseDBToken(strings.TrimSuffix(dbToken("ann"), third) + digits[:8] + "-" + digits[8:12] + "-" + digits[12:16] + "-" + digits[16:20] + "-" + digits[20:])
		if err != nil {
			t.Fatal(err)
		}
		return newParsedDBToken(token)
	}
	const a = "3F1A0B7C9D2E4F60718293A4B5C6D7E8F90123456789ABCDEF0123456789ABCD"
	if len(a) != 64 {
		t.Fatal(len(a))
	}
	for name, c := range map[string]struct {
		b    string
		want bool
	}{
		"the same":                    {a, true},
		"eight digits differ":         {"00000000" + a[8:], true},
		"another one":                 {"C0E5F48362D1B09F8E7D6C5B4A392817" + "06FEDCBA9876543210FEDCBA98765432", false},
		"the number next but a carry": {a[:63] + "E", true},
	} {
		x, y := parsed(a), parsed(c.b)
		if got := x.suspect(y); got != c.want || y.suspect(x) != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// Each bound of what is read, from both sides: so many levels within the object of a body.
func TestBoundsOfReading(t *testing.T) {
	for depth, deep := range map[int]bool{maxDepth: false, maxDepth + 1: true} {
		if depth > 65 || depth < 64 {
			t.Errorf("depth %d", depth)
		}
		for _, pair := range []string{"[]", "{}"} {
			inner := strings.Repeat(pair[:1]+map[string]string{"[]": "", "{}": `"a":`}[pair], depth)
			body := `{"v":` + inner + "1" + strings.Repeat(pair[1:], depth) + "}"
			if _, err := parseBody([]byte(body), nil); (err != nil) != deep {
				t.Errorf("%d levels of %s: %v", depth, pair, err)
			}
		}
	}
	for name, want := range map[string]bool{strings.Repeat("é", 16): true, strings.Repeat("é", 16) + "x": false} {
		if _, ok := monthByName(name, true); ok != want {
			t.Errorf("a month of %d bytes is read: %t", len(name), ok)
		}
	}
	for password, found := range map[string]bool{"Zq7Tx": false, "Zq7Tx9": true} {
		j := JudgeHygiene(Sent{User: "ann", Password: unifier.Secret(password)}, Reply{Status: 401, Body: []byte("it was " + password + ".")}, "SEC-04")
		if (len(j.Findings) > 0) != found {
			t.Errorf("%s is echoed: %+v", password, j.Findings)
		}
	}
	if maxSeconds != 31_622_400_000 {
		t.Errorf("a thousand years are %d s", maxSeconds)
	}
}
