package oracle

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// third is a third part of a DB token as the sample spells it.
const third = "0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F90123456789ABCDEF0123456789ABCDEF"

// dbToken writes a DB token.
func dbToken(user string) string {
	std := base64.StdEncoding.EncodeToString
	return std([]byte(`{"typ":"DB"}`)) + "." + std([]byte(`{"username":"`+user+`"}`)) + "." + third
}

// pattern writes a date in a pattern, by the documentation and not by the
// oracle's own code.
func pattern(p string, t time.Time) string {
	return strings.NewReplacer(
		"YYYY", fmt.Sprintf("%04d", t.Year()), "YY", fmt.Sprintf("%02d", t.Year()%100),
		"MMM", t.Month().String()[:3], "MM", fmt.Sprintf("%02d", t.Month()), "M", fmt.Sprint(int(t.Month())),
		"DD", fmt.Sprintf("%02d", t.Day()), "D", fmt.Sprint(t.Day()),
	).Replace(p)
}

// loginReply is a right reply at an instant, to be broken by a test.
type loginReply struct {
	at      time.Time // when the server issued it
	expires time.Time // what it shows, in zone
	zone    *time.Location
	label   string
	format  string
	user    string
}

// body writes the reply's body.
func (l loginReply) body() string {
	local := l.expires.In(l.zone)
	date := pattern(l.format, local)
	return fmt.Sprintf(`{"expiryDate":"%s","Timezone":"%s","expiryTime":"%s %s","status":200,"token":"%s"}`,
		date, l.label, date, local.Format("03:04 PM"), dbToken(l.user))
}

// reply writes the whole reply.
func (l loginReply) reply() Reply { return replyOf(l.at, 200, l.body()) }

// replyOf is a JSON reply of any status.
func replyOf(at time.Time, status int, body string) Reply {
	return Reply{
		Status: status, Body: []byte(body), Sent: at.Add(-3 * time.Millisecond), Received: at.Add(4 * time.Millisecond),
		Header: http.Header{"Content-Type": {"application/json"}, "Date": {at.UTC().Format(http.TimeFormat)}},
	}
}

// location loads a zone.
func location(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// format finds a date format.
func format(t testing.TB, p string) *unifier.DateFormat {
	t.Helper()
	f, ok := unifier.DateFormatByPattern(p)
	if !ok {
		t.Fatalf("no format %s", p)
	}
	return &f
}

// kinds lists findings as "ID kind".
func kinds(j Judgement) string {
	var out []string
	for _, f := range j.Findings {
		kind := f.Requirement + " " + f.Kind
		if f.Warning {
			kind += " (warning)"
		}
		out = append(out, kind)
	}
	return strings.Join(out, ", ")
}

// of is a call of a service by a user of the type that it is for.
func of(s unifier.Service) Asked { return Asked{s, s.Users()[0]} }
