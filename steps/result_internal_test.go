package steps

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/unifier"
)

// The skew of the clocks lies between the bounds that all Date headers leave.
func TestSkew(t *testing.T) {
	at := func(s string) time.Time {
		d, err := time.Parse(time.RFC3339Nano, "2027-03-15T12:00:"+s+"Z")
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	dated := func(sent, received, date string) *answer {
		return &answer{reply: oracle.Reply{Sent: at(sent), Received: at(received), Header: http.Header{"Date": {at(date).Format(http.TimeFormat)}}}}
	}
	for name, c := range map[string]struct {
		every  []*answer
		allow  time.Duration
		ahead  time.Duration
		text   string
		skewed string
	}{
		"no date":           {[]*answer{{reply: oracle.Reply{Header: http.Header{}}}}, time.Second, 0, "not known: no Date header was seen", ""},
		"none that shows":   {[]*answer{dated("10.2", "10.4", "10")}, time.Second, 800 * time.Millisecond, "none that shows", ""},
		"ahead":             {[]*answer{dated("10.2", "10.4", "15")}, 5 * time.Second, 5800 * time.Millisecond, "the target's clock is between 4.6s and 5.8s ahead", ""},
		"surely ahead":      {[]*answer{dated("10.2", "10.4", "15")}, 4 * time.Second, 5800 * time.Millisecond, "the target's clock is between 4.6s and 5.8s ahead", "the target's clock is between 4.6s and 5.8s ahead"},
		"at the bound":      {[]*answer{dated("10.2", "10.4", "15")}, 4600 * time.Millisecond, 5800 * time.Millisecond, "the target's clock is between 4.6s and 5.8s ahead", ""},
		"behind":            {[]*answer{dated("10.2", "10.4", "05")}, 5 * time.Second, 0, "the target's clock is between 4.2s and 5.4s behind", ""},
		"surely behind":     {[]*answer{dated("10.2", "10.4", "05")}, 4 * time.Second, 0, "the target's clock is between 4.2s and 5.4s behind", "the target's clock is between 4.2s and 5.4s behind"},
		"behind, the bound": {[]*answer{dated("10.2", "10.4", "05")}, 4200 * time.Millisecond, 0, "the target's clock is between 4.2s and 5.4s behind", ""},
		"two narrow it":     {[]*answer{dated("10.2", "10.4", "15"), dated("20.9", "20.95", "26")}, time.Minute, 5800 * time.Millisecond, "the target's clock is between 5.05s and 5.8s ahead", ""},
		"the clock moved":   {[]*answer{dated("10.2", "10.4", "15"), dated("20.2", "20.4", "40")}, time.Minute, 19600 * time.Millisecond, "the target's clock is between 5.8s and 19.6s ahead", ""},
		"exactly as ours":   {[]*answer{dated("11", "11", "10")}, time.Minute, 0, "none that shows", ""},
		"or ours as theirs": {[]*answer{dated("10", "10", "10")}, time.Minute, time.Second, "none that shows", ""},
	} {
		r := judging(t, func(o *Options) { o.MaxClockSkew = c.allow })
		r.every = c.every
		if got := r.skewed(); got != c.skewed {
			t.Errorf("%s: skewed %q", name, got)
		}
		if got := r.ahead(); got != c.ahead {
			t.Errorf("%s: ahead by %v", name, got)
		}
		list := r.tolerances()
		if got := list[len(list)-1].Value; got != c.text || len(list) != 4 || list[2].Value != "at most "+c.allow.String() {
			t.Errorf("%s: %+v", name, list)
		}
	}
}

// Users whose first login got 401 or 403 are named once, with the status.
func TestRefusedAreNamed(t *testing.T) {
	r := judging(t, func(o *Options) {
		for _, name := range []string{"ann", "bob", "cid"} {
			o.Users = append(o.Users, unifier.User{Name: name, Password: unifier.Secret("correct horse " + name), Type: unifier.Basic, Status: unifier.Active})
		}
	})
	for i, status := range []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound} {
		for _, s := range r.services() {
			r.samples[sampleKey(s, &r.o.Users[i])] = &answer{user: &r.o.Users[i], reply: oracle.Reply{Status: status}}
		}
	}
	if got := r.refused(); !slices.Equal(got, []string{"ann (401)", "bob (403)"}) {
		t.Errorf("%q", got)
	}
	failed := &record.Conformance{Requirements: []record.Requirement{{ID: "LOGIN-04", State: record.Fail}}}
	if v := r.verdict(t.Context(), failed); !slices.Contains(v.Reasons, "refused with the configured password: ann (401), bob (403)") {
		t.Errorf("%q", v.Reasons)
	}
}

// withTokens is a run of a few users whose first logins got a token of each service, and nothing
// that needs the resource could be done with it.
func withTokens(t *testing.T, names ...string) *run {
	t.Helper()
	r := judging(t, func(o *Options) {
		for _, name := range names {
			o.Users = append(o.Users, unifier.User{Name: name, Password: unifier.Secret("correct horse " + name), Type: unifier.Basic, Status: unifier.Active})
		}
	})
	for i := range r.o.Users {
		u := &r.o.Users[i]
		for _, s := range r.servicesOf(u) {
			r.samples[sampleKey(s, u)] = &answer{user: u, service: s, entitled: true, reply: oracle.Reply{Status: 200}, judged: oracle.Judgement{Token: "t"}}
			r.unusable[sampleKey(s, u)] = "it answers 403"
		}
	}
	return r
}

// Users whose tokens could not be used are named, three at the most, where others' could.
func TestLeftOut(t *testing.T) {
	const tail = " were not tried any further: it answers 403"
	for name, c := range map[string]struct {
		names  []string
		change func(*run)
		want   []string
	}{
		"nobody's could": {names: []string{"ann", "bob"}},
		"one's could": {[]string{"ann", "bob"}, func(r *run) {
			clear(r.unusable)
			r.unusable[sampleKey(unifier.Login, &r.o.Users[1])] = "it answers 403"
		}, []string{"tokens of bob" + tail}},
		"three could not": {[]string{"ann", "bob", "cid", "dan"}, func(r *run) { delete(r.unusable, sampleKey(unifier.Login, &r.o.Users[3])) }, []string{"tokens of ann" + tail, "tokens of bob" + tail, "tokens of cid" + tail}},
		"four could not":  {[]string{"ann", "bob", "cid", "dan", "eve"}, func(r *run) { delete(r.unusable, sampleKey(unifier.Login, &r.o.Users[4])) }, []string{"tokens of ann" + tail, "tokens of bob" + tail, "tokens of cid" + tail, "nor were those of 1 more users"}},
		"one got no token": {[]string{"ann", "bob", "cid"}, func(r *run) {
			delete(r.unusable, sampleKey(unifier.Login, &r.o.Users[2]))
			r.samples[sampleKey(unifier.Login, &r.o.Users[1])].judged.Token = ""
		}, []string{"tokens of ann" + tail}},
		"one is inactive": {[]string{"ann", "bob", "cid"}, func(r *run) {
			delete(r.unusable, sampleKey(unifier.Login, &r.o.Users[2]))
			r.o.Users[1].Status = unifier.Inactive
		}, []string{"tokens of ann" + tail}},
	} {
		r := withTokens(t, c.names...)
		if c.change != nil {
			c.change(r)
		}
		if got := r.leftOut(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// A service that gave nobody a token leaves a pass open, and nothing else.
func TestNobodyGotAToken(t *testing.T) {
	r := withTokens(t, "ann", "bob")
	for _, a := range r.samples {
		a.reply.Status, a.judged.Token = http.StatusUnauthorized, ""
	}
	for state, want := range map[record.VerdictState]record.Verdict{
		record.VerdictPass:        {State: record.VerdictInconclusive, Exit: 3},
		record.VerdictFail:        {State: record.VerdictFail, Exit: 1},
		record.VerdictInterrupted: {State: record.VerdictInterrupted, Exit: 130},
	} {
		v := record.Verdict{State: state, Exit: map[record.VerdictState]int{record.VerdictFail: 1, record.VerdictInterrupted: 130}[state]}
		r.nobody(&v)
		if v.State != want.State || v.Exit != want.Exit || (len(v.Reasons) > 0) != (state != record.VerdictInterrupted) {
			t.Errorf("%s becomes %s, %d, %q", state, v.State, v.Exit, v.Reasons)
		}
		if len(v.Reasons) > 0 && (!strings.HasPrefix(v.Reasons[0], "no configured user of the login service got a token: 401") || !strings.HasPrefix(v.Reasons[1], "likely causes: ")) {
			t.Errorf("%q", v.Reasons)
		}
	}
	if !r.anyNobody() || withTokens(t, "ann").anyNobody() {
		t.Error("whether there is such a service is not seen")
	}
	for _, a := range r.samples {
		a.reply.Status = http.StatusInternalServerError
	}
	v := record.Verdict{State: record.VerdictPass}
	if r.nobody(&v); len(v.Reasons) != 1 {
		t.Errorf("where nobody was refused no cause is likely: %q", v.Reasons)
	}
}

// The readings of what the documentation leaves open are listed in order, where some were seen.
func TestAmbiguities(t *testing.T) {
	r := judging(t, nil)
	if got := r.ambiguities(); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	first := r.selection.Register.Ambiguities[0]
	r.readings = map[string][]string{first.ID: {"b", "a"}}
	if got := r.ambiguities(); len(got) != 1 || got[0].ID != first.ID || got[0].Title != first.Title || got[0].Reading != "a; b" {
		t.Errorf("%+v", got)
	}
}
