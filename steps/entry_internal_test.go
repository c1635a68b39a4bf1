package steps

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/unigate/unigate/features"
	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/unifier"
)

// entered is a run of edition 26 with Basic users ann and bob, whose first logins of V1
// login and of V2 got these statuses, in this order: login ann, login bob, V2 ann, V2 bob.
// 0 is no answer, -1 a service that was not asked, 200 a token.
func entered(t *testing.T, statuses ...int) *run {
	t.Helper()
	all, err := features.LoadEditions()
	if err != nil {
		t.Fatal(err)
	}
	r := judging(t, func(o *Options) {
		o.Edition, _ = features.FindEdition(all, "26")
		for _, name := range []string{"ann", "bob"} {
			o.Users = append(o.Users, unifier.User{Name: name, Password: unifier.Secret("correct horse " + name), Type: unifier.Basic, Status: unifier.Active})
		}
	})
	for i, status := range statuses {
		if status < 0 {
			continue
		}
		a := &answer{user: &r.o.Users[i%2], service: []unifier.Service{unifier.Login, unifier.V2Auth}[i/2], entitled: true, shared: true, reply: oracle.Reply{Status: status}}
		a.exchange = unifier.Exchange{Method: http.MethodGet, Status: status, Started: today, Finished: today}
		switch status {
		case http.StatusOK:
			a.judged.Token = "t"
		case 0:
			a.exchange.Err = errors.New("odd")
		default:
			a.judged.Findings = []oracle.Finding{{Requirement: a.requirement(unifier.RuleToken), Kind: "status", Expected: "HTTP 200", Observed: "another one"}}
		}
		r.samples[sampleKey(a.service, a.user)] = a
	}
	return r
}

// Where nobody gets in the credentials may be the cause, or the way: that decides nothing.
// A valid login that gets another answer is a failure, and so is one refused user among
// others that get in, or whom another service knows by the same credentials.
func TestFirstLoginsThatFailed(t *testing.T) {
	const f, e = record.Fail, record.Error
	for name, c := range map[string]struct {
		statuses []int
		states   []record.State
		ids      []string
		says     string
	}{
		"all get in":                      {[]int{200, 200, 200, 200}, nil, nil, ""},
		"nobody was asked":                {nil, nil, nil, ""},
		"one of two is refused":           {[]int{200, 401, -1, -1}, []record.State{f}, []string{"preflight:bob LOGIN-01"}, ""},
		"one of two gets 500":             {[]int{500, 200, -1, -1}, []record.State{f}, []string{"preflight:ann LOGIN-01"}, ""},
		"one of two gets no answer":       {[]int{0, 200, -1, -1}, nil, nil, ""},
		"both are refused":                {[]int{401, 403, -1, -1}, []record.State{e}, []string{"preflight:ann LOGIN-01"}, "no configured user of the login service got a token: 401, 403"},
		"both refused, the other order":   {[]int{403, 401, -1, -1}, []record.State{e}, []string{"preflight:ann LOGIN-01"}, "no configured user of the login service got a token: 401, 403"},
		"refused, and no answer":          {[]int{401, 0, -1, -1}, []record.State{e}, []string{"preflight:ann LOGIN-01"}, "no configured user of the login service got a token: 401, no answer"},
		"both get 500":                    {[]int{500, 500, -1, -1}, []record.State{f, f}, []string{"preflight:ann LOGIN-01", "preflight:bob LOGIN-01"}, ""},
		"refused, and 500":                {[]int{401, 500, -1, -1}, []record.State{f, f}, []string{"preflight:ann LOGIN-01", "preflight:bob LOGIN-01"}, ""},
		"another service knows them":      {[]int{401, 401, 200, 200}, []record.State{f, f}, []string{"preflight:ann LOGIN-01", "preflight:bob LOGIN-01"}, ""},
		"another service knows one":       {[]int{401, 401, 200, -1}, []record.State{f, f}, []string{"preflight:ann LOGIN-01", "preflight:bob LOGIN-01"}, ""},
		"each service refuses":            {[]int{401, 401, 401, 401}, []record.State{e, e}, []string{"preflight:ann LOGIN-01", "preflight:ann V2AUTH-01"}, ""},
		"only the second service refuses": {[]int{200, 200, 403, -1}, []record.State{f}, []string{"preflight:ann V2AUTH-01"}, ""},
	} {
		r := entered(t, c.statuses...)
		got := r.entryScenarios(nil)
		var states []record.State
		var ids []string
		for _, s := range got {
			states, ids = append(states, s.State), append(ids, s.ID+" "+s.Requirements[0])
		}
		if !slices.Equal(states, c.states) || !slices.Equal(ids, c.ids) {
			t.Errorf("%s: %q, %q", name, states, ids)
		}
		if c.says != "" && got[0].Reason != c.says {
			t.Errorf("%s: %q", name, got[0].Reason)
		}
		// What a selected scenario has judged is not said twice, unless it was skipped.
		judged := []record.Scenario{{State: record.Fail, Requirements: []string{"LOGIN-01"}}, {State: record.Skipped, Requirements: []string{"LOGIN-01"}}, {State: record.Pass, Requirements: []string{"V2AUTH-01"}}}
		if got := r.entryScenarios(judged); len(got) != 0 {
			t.Errorf("%s: %d more scenarios", name, len(got))
		}
		if got := r.entryScenarios(judged[1:2]); len(got) != len(c.states) {
			t.Errorf("%s, skipped: %d more scenarios", name, len(got))
		}
	}
}

// What nobody got is told, with what another service gives, and why that may be.
func TestWhyNobodyGetsIn(t *testing.T) {
	const same, moved, wrong, odd = "lets in with the same credentials", "has moved to OAuth", "the configured passwords are wrong", "mistakes a colon"
	for name, c := range map[string]struct {
		statuses  []int
		says      string
		elsewhere bool
		causes    []string
	}{
		"refused":                  {[]int{401, 401, -1, -1}, "got a token: 401", false, []string{wrong, "has OAuth users only"}},
		"refused everywhere":       {[]int{401, 401, 401, 401}, "got a token: 401", false, []string{wrong}},
		"one refused elsewhere":    {[]int{401, 401, 401, -1}, "got a token: 401", false, []string{wrong}},
		"the same users elsewhere": {[]int{401, 401, 200, 401}, "got a token: 401", true, []string{same}},
		"forbidden elsewhere in":   {[]int{403, 403, 200, 200}, "got a token: 403", true, []string{same}},
		"others elsewhere":         {[]int{401, -1, -1, 200}, "got a token: 401", false, []string{moved, wrong}},
		"no token service there":   {[]int{404, 405, 200, 200}, "got a token: 404, 405; nothing is at " + unifier.Login.Path() + ", which ", true, nil},
		"one is not there":         {[]int{404, 500, -1, -1}, "got a token: 404, 500", false, nil},
		"failed, others in":        {[]int{500, 500, 200, 200}, "got a token: 500", false, nil},
		"no answer":                {[]int{0, -1, -1, -1}, "got a token: no answer", false, nil},
	} {
		r := entered(t, c.statuses...)
		e := r.entry(unifier.Login)
		said, why := r.saysOf(&e), r.whyNobody(&e)
		if !strings.HasPrefix(said, "no configured user of the login service "+c.says) || strings.Contains(said, " gives them one") != c.elsewhere {
			t.Errorf("%s: %q", name, said)
		}
		if (why == "") != (c.causes == nil) {
			t.Errorf("%s: %q", name, why)
		}
		for _, cause := range []string{same, moved, wrong, odd, "has OAuth users only"} {
			if strings.Contains(why, cause) != slices.Contains(c.causes, cause) {
				t.Errorf("%s: %q: %q", name, cause, why)
			}
		}
	}
	r := entered(t, 401, 401)
	r.o.Users[0].Password = "co:lon"
	e := r.entry(unifier.Login)
	e.answers[0].exchange.Body = []byte("<html>Error 401--Unauthorized")
	if why := r.whyNobody(&e); !strings.Contains(why, odd) {
		t.Errorf("%q", why)
	}
	if why := r.whyNobody(&entry{service: unifier.Login, refused: 1, answers: e.answers[:1]}); !strings.Contains(why, "WebLogic itself") {
		t.Errorf("%q", why)
	}
	e.answers[0].reply.Status, e.answers[0].judged.Token = 200, ""
	if said := e.says(); !strings.HasSuffix(said, "got a token: 200 without a legible token, 401") {
		t.Errorf("%q", said)
	}
}

// The scenario of a first login that failed is waived as any other, and shows no credentials.
func TestFirstLoginsAreWaivedAndRedacted(t *testing.T) {
	r := entered(t, 500, 200)
	r.o.Waivers = waiversOf(t, "{requirement: LOGIN-01, reason: known, expires: 2027-03-15}")
	a := r.samples[sampleKey(unifier.Login, &r.o.Users[0])]
	a.exchange.RequestHeader = http.Header{"Authorization": {"Basic QUJDREVGR0hJSktMTU5PUA=="}}
	got := r.entryScenarios(nil)
	if len(got) != 1 || got[0].State != record.Waived || r.hidden[0] != 1 {
		t.Fatalf("%+v", got)
	}
	x := got[0].Exchanges[0]
	if len(x.Request.Headers) != 1 || x.Request.Headers[0].Value != "Basic [redacted]" || strings.Contains(x.Curl, "QUJD") || !strings.Contains(x.Curl, "-u 'ann'") {
		t.Errorf("%+v, %s", x.Request, x.Curl)
	}
}

// Which editions document a service.
func TestEditionsThatDocumentAService(t *testing.T) {
	for service, want := range map[unifier.Service]string{
		unifier.OAuth: "every edition documents", unifier.Login: "editions 21.7, 24 and 26 document", unifier.V2Auth: "editions 24, 26 and essentials document", unifier.V2Login: "edition essentials documents",
	} {
		if got := documentedIn(service); got != want {
			t.Errorf("%s: %q", service, got)
		}
	}
}
