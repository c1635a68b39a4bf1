package oracle

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// v2Answer is a V2 answer to a Basic user in Los Angeles that shows an end and expires_in.
func v2Answer(t *testing.T, e unifier.Expiry, end time.Time, seconds int64) (Expectation, string) {
	t.Helper()
	exp, _ := v2Basic(t)
	exp.User.Expiry = e
	local := end.In(location(t, "America/Los_Angeles"))
	date := pattern("MM/DD/YYYY", local)
	return exp, fmt.Sprintf(`{"data":{"expiryDate":"%s","Timezone":"(UTC-08:00) Pacific Time (US & Canada)","expiryTime":"%s %s","access_token":"%s","auth_type":"Basic","expires_in":%d},"message":[],"status":200}`,
		date, date, local.Format("03:04 PM"), dbToken("$$unigate"), seconds)
}

// expires_in is the user's duration in seconds, within a second, in every unit; a day is
// 24 hours or, across a clock change, a calendar day (V2AUTH-04, A9).
func TestExpiresInOfEveryUnit(t *testing.T) {
	at := time.Date(2027, 3, 13, 20, 0, 0, 0, time.UTC) // in the night to come clocks go forward there
	for _, c := range []struct {
		e       unifier.Expiry
		seconds int64
		want    string
	}{
		{unifier.Expiry{N: 10, Unit: unifier.Minutes}, 600, ""}, {unifier.Expiry{N: 10, Unit: unifier.Minutes}, 599, ""}, {unifier.Expiry{N: 10, Unit: unifier.Minutes}, 601, ""},
		{unifier.Expiry{N: 10, Unit: unifier.Minutes}, 598, "V2AUTH-04 wrong_validity"}, {unifier.Expiry{N: 10, Unit: unifier.Minutes}, 602, "V2AUTH-04 wrong_validity"},
		{unifier.Expiry{N: 5, Unit: unifier.Hours}, 18000, ""}, {unifier.Expiry{N: 5, Unit: unifier.Hours}, 18002, "V2AUTH-04 wrong_validity"},
		{unifier.Expiry{N: 2, Unit: unifier.Days}, 172800, ""}, {unifier.Expiry{N: 2, Unit: unifier.Days}, 169200, ""},
		{unifier.Expiry{N: 2, Unit: unifier.Days}, 169198, "V2AUTH-04 wrong_validity"}, {unifier.Expiry{N: 2, Unit: unifier.Days}, 176400, "V2AUTH-04 wrong_validity"},
	} {
		exp, body := v2Answer(t, c.e, at.Add(time.Duration(c.e.N)*c.e.Unit.Length()), c.seconds)
		if j := JudgeToken(unifier.V2Auth, exp, replyOf(at, 200, body)); kinds(j) != c.want || c.want == "" && j.ExpiresIn != c.seconds {
			t.Errorf("%v, expires_in %d: %q, not %q; read as %d", c.e, c.seconds, kinds(j), c.want, j.ExpiresIn)
		}
	}
}

// Of a token that came before what is left counts, from the two times that either call took.
func TestExpiresInOfTheSameToken(t *testing.T) {
	exp, body := v2Basic(t)
	first := replyOf(issue, 200, body)
	exp.First = &first
	// Between 88 and 92 seconds passed, and a second either way; prolonged it is the whole again.
	for seconds, want := range map[int64]string{
		172706: "V2AUTH-04 wrong_validity", 172707: "", 172713: "", 172714: "V2AUTH-04 wrong_validity",
		172798: "V2AUTH-04 wrong_validity", 172799: "", 172801: "", 172802: "V2AUTH-04 wrong_validity",
	} {
		later := replyOf(issue.Add(90*time.Second), 200, strings.Replace(body, "172800", fmt.Sprint(seconds), 1))
		if j := JudgeToken(unifier.V2Auth, exp, later); kinds(j) != want {
			t.Errorf("%d: %q, not %q", seconds, kinds(j), want)
		}
	}
}

// Of a user whose zone is not known the label's zone says how long a calendar day is.
func TestExpiresInByTheLabelsZone(t *testing.T) {
	at := time.Date(2027, 3, 13, 20, 0, 0, 0, time.UTC)
	for seconds, want := range map[int64]string{172800: "", 169200: "", 169198: "V2AUTH-04 wrong_validity", 176400: "V2AUTH-04 wrong_validity"} {
		exp, body := v2Answer(t, unifier.Expiry{N: 2, Unit: unifier.Days}, at.Add(48*time.Hour), seconds)
		exp.User.Zone = ""
		if j := JudgeToken(unifier.V2Auth, exp, replyOf(at, 200, body)); kinds(j) != want {
			t.Errorf("%d: %q, not %q", seconds, kinds(j), want)
		}
	}
}

func TestAwayFrom(t *testing.T) {
	for at, want := range map[int64]int64{108: -2, 109: -1, 110: 0, 112: 0, 113: 1, 114: 2} {
		if got := awayFrom(at, window{100, 102}, 10); got != want {
			t.Errorf("%d: %d, not %d", at, got, want)
		}
	}
}

// What is open is taken as it stands: the end lies expires_in after the call was sent.
func TestOpenExpiryIsTakenAsItStands(t *testing.T) {
	exp, right := v2Basic(t)
	exp.OpenExpiry = true
	j := JudgeToken(unifier.V2Auth, exp, replyOf(issue, 200, strings.Replace(right, "172800", "300", 1)))
	if sent := replyOf(issue, 200, "").Sent.Unix(); j.ExpiresIn != 300 || j.Expires.Unix() != sent+300 {
		t.Errorf("%d seconds, until %v", j.ExpiresIn, j.Expires)
	}
	j = JudgeToken(unifier.V2Auth, exp, replyOf(issue, 200, strings.Replace(right, "172800", `"soon"`, 1)))
	if j.ExpiresIn != 0 || !j.Expires.IsZero() {
		t.Errorf("illegible: %d seconds, until %v", j.ExpiresIn, j.Expires)
	}
}

// A message is text or a list of texts; anything else is none.
func TestMessageMembers(t *testing.T) {
	for _, c := range []struct {
		v        value
		texts    []string
		list, ok bool
	}{
		{value{}, nil, false, true},
		{value{kindNull, []byte("null")}, nil, false, true},
		{value{kindString, []byte(`"a"`)}, []string{"a"}, false, true},
		{value{kindString, []byte(`" "`)}, []string{" "}, false, true},
		{value{kindArray, []byte(`["a","b"]`)}, []string{"a", "b"}, true, true},
		{value{kindArray, []byte(`[]`)}, nil, true, true},
		{value{kindArray, []byte(`["a",1,"b"]`)}, []string{"a"}, true, false},
		{value{kindNumber, []byte(`1`)}, nil, false, false},
		{value{kindObject, []byte(`{}`)}, nil, false, false},
	} {
		texts, list, ok := messages(c.v)
		if !slices.Equal(texts, c.texts) || list != c.list || ok != c.ok {
			t.Errorf("%s: %q %t %t", c.v.raw, texts, list, ok)
		}
	}
}
