package compare

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/sample"
)

// behaviours are two behaviours with one trait that differs; every situation was
// asked for in both runs.
func behaviours(name string, old, new []string) (a, b *record.Behaviour) {
	a, b = &record.Behaviour{Traits: map[string][]string{}}, &record.Behaviour{Traits: map[string][]string{}}
	for _, x := range []*record.Behaviour{a, b} {
		for _, service := range []string{"login", "oauth", "v2auth"} {
			for _, situation := range []string{"success", "asked", "no_credentials", "invalid_expiry", "wrong_password", "inactive_user", "wrong_scheme", "method_post"} {
				x.Traits[service+"."+situation+".status"] = []string{"200"}
			}
		}
	}
	for x, values := range map[*record.Behaviour][]string{a: old, b: new} {
		delete(x.Traits, name)
		if len(values) > 0 {
			x.Traits[name] = values
		}
	}
	return a, b
}

// texts are the values of a trait.
func texts(all ...string) []string { return all }

// Many users that are refused alike are one change, and so are kept tokens.
func TestUsersAreOneChange(t *testing.T) {
	old, new := &record.Behaviour{Traits: map[string][]string{}}, &record.Behaviour{Traits: map[string][]string{}}
	for _, name := range []string{"$$e", "$$d.x", "$$c", "$$b", "$$a"} {
		for _, service := range []string{"login", "v2auth"} {
			old.Traits[service+".user."+name] = texts("gets a token")
			new.Traits[service+".user."+name] = texts("gets no token, HTTP 401")
		}
		old.Traits["kept.login."+name], new.Traits["kept.login."+name] = texts("accepted"), texts("refused")
	}
	new.Traits["login.user.$$c"] = texts("gets no token, HTTP 500")
	var got []string
	for _, g := range compareBehaviour(old, new, Options{}, "26").Groups {
		got = append(got, g.Sentence)
	}
	want := []string{
		"a user gets no token any more: $$a, $$b, $$c and 2 more: gets no token, HTTP 401",
		"a user gets no token any more: $$c: gets no token, HTTP 500",
		"a kept token is not accepted any more: login.$$a, login.$$b, login.$$c and 2 more",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// Where a member is gone, what its value showed is no change of its own.
func TestValuesOfAMemberThatIsGone(t *testing.T) {
	old, new := behaviours("v2auth.oauth.success.members", texts("data {access_token string, expires_in number, token_type string}"), texts("data {accessToken string}"))
	for _, b := range []*record.Behaviour{old, new} {
		b.Traits["v2auth.oauth.success.status"] = texts("200")
	}
	for _, aspect := range []string{"expires_in", "token_type", "token", "token.name", "token.claims", "token.length"} {
		old.Traits["v2auth.oauth.success."+aspect] = texts("3600")
	}
	var got []string
	for _, g := range compareBehaviour(old, new, Options{}, "26").Groups {
		got = append(got, g.Rule)
	}
	if want := []string{"member-removed", "member-removed", "member-renamed"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// Each rule with the smallest change that it is about.
var ruleExamples = []struct {
	rule, trait string
	old, new    []string
	says        string
}{
	{"user-refused", "login.user.$$a.b", texts("gets a token"), texts("gets no token, HTTP 401"), "$$a.b: gets no token, HTTP 401"},
	{"user-admitted", "login.user.$$a", texts("gets no token, HTTP 401"), texts("gets a token"), "$$a"},
	{"user-admitted", "login.user.$$a", texts("gets no token, HTTP 500", "gets a token"), texts("gets a token"), "$$a"},
	{"user-admitted", "login.user.$$a", texts("gets no token, HTTP 401"), texts("gets a token", "gets no token, HTTP 500"), "$$a"},
	{"user-unsteady", "login.user.$$a", texts("gets a token"), texts("gets a token", "gets no token, HTTP 500"), "$$a: gets no token, HTTP 500"},
	{"user-unsteady", "oauth.user.a", texts("gets a token", "gets no token, HTTP 500"), texts("gets a token", "gets no token, HTTP 401"), "a: gets no token, HTTP 401"},
	{"success-status", "login.success.status", texts("200"), texts("201"), "200 before, 201 now"},
	{"success-again", "login.success.status", texts("401"), texts("200"), "401 before, 200 now"},
	{"success-status", "oauth.success.status", texts("200"), texts("200", "503"), "200 before, 200 or 503 now"},
	{"redirect", "login.success.status", texts("200"), texts("302"), "302 now"},
	{"earlier-token-ended", "reading.A12", texts("the earlier token lives on"), texts("the earlier token is refused"), "is refused now"},
	{"earlier-token-ended", "reading.A12", texts("a login's earlier token lives on after a fetch", "an earlier OAuth token is refused from the next fetch on"),
		texts("a login's earlier token is refused from the next fetch on", "an earlier OAuth token is refused from the next fetch on"),
		": a login's earlier token lives on after a fetch before, a login's earlier token is refused from the next fetch on now"},
	{"token-died", "kept.login.$$a", nil, texts("refused"), "login.$$a"},
	{"token-lives", "kept.login.$$a", nil, texts("accepted"), "login.$$a"},
	{"scheme-refused", "reading.A1", texts("a login token is accepted as Bearer"), texts("a login token is accepted as Basic"), "as Basic now"},
	{"token-elsewhere", "reading.A16", texts("V1 login gives a DB token, accepted by the resource, V2 auth token gives a DB token, accepted by the resource"),
		texts("V1 login gives a DB token, accepted by the resource, V2 auth token gives a DB token, not accepted by the resource"), "not accepted"},
	{"member-removed", "login.success.members", texts("status number, token string"), texts("status number"), "token"},
	{"member-removed", "login.invalid_expiry.members", texts("message string, status number"), texts("message string"), "status"},
	{"member-moved", "oauth.success.members", texts("access_token string, status number"), texts("data {access_token string}, status number"), "at the top before, inside data now"},
	{"member-moved", "oauth.success.members", texts("data [{access_token string}]"), texts("access_token string"), "inside data before, at the top now"},
	{"member-renamed", "login.success.members", texts("expiryDate string"), texts("expirydate string"), "expiryDate before, expirydate now"},
	{"member-renamed", "oauth.success.members", texts("access_token string"), texts("accessToken string"), "accessToken now"},
	{"member-type", "oauth.success.members", texts("expires_in number"), texts("expires_in string"), "expires_in: number before, string now"},
	{"member-type", "login.no_credentials.members", texts("message string"), texts("message [string]"), "message: string before, list now"},
	{"member-type", "login.no_credentials.members", texts("message [string], status number"), texts("message string, status number"), "message: list before, string now"},
	{"member-removed", "v2auth.no_credentials.members", texts("message [string], status number"), texts("message [], status number"), "message"},
	{"member-optional", "oauth.success.members", texts("message [string], status number"), texts("message [], status number"), "message"},
	{"member-added", "v2auth.oauth.success.members", texts("data {access_token string}"), texts("data {access_token string, endpoint null}"), "endpoint"},
	{"needs-endpoint", "oauth.success.members", texts("status number"), texts("endpoint string, request_headers {x-unifier-tenant string}, status number"), "endpoint"},
	{"member-added", "login.success.members", texts("status number"), texts("more {deep number}, status number"), "more"},
	{"member-optional", "oauth.success.members", texts("message string, status number"), texts("status number"), "message"},
	{"member-undocumented", "login.success.members", texts("extra {a number}, status number"), texts("status number"), "extra"},
	{"lifetime-shorter", "oauth.success.expires_in", texts("3600"), texts("3000"), "3600 s before, 3000 s now"},
	{"lifetime-shorter", "login.success.validity.default", texts("180 days"), texts("4296h0m0s"), "180 days before"},
	{"lifetime-shorter", "oauth.success.token.lifetime_s", texts("3600"), texts("200", "3600"), "200 s"},
	{"end-differs", "v2auth.basic.success.expires_in", texts("the time until the end that the dates show"), texts("not the time until the end that the dates show"), "expires_in is not"},
	{"type-word", "oauth.success.token_type", texts("Bearer"), texts("mac"), "token_type: Bearer before, mac now"},
	{"type-word", "v2auth.oauth.success.auth_type", texts("oAuth"), texts("Basic", "oAuth"), "auth_type: oAuth before"},
	{"type-spelling", "v2auth.oauth.success.auth_type", texts("oAuth"), texts("O_AUTH"), "O_AUTH now"},
	{"method-served", "v2auth.method_post.token", nil, texts("JWT, RS256, signature of 256 bytes"), "POST"},
	{"refusal-accepted", "login.method_post.token", nil, texts("DB token, third part of 68 characters"), "POST"},
	{"refusal-accepted", "v2auth.wrong_scheme.token", nil, texts("DB token, third part of 68 characters"), "right credentials under a wrong scheme"},
	{"success-status", "v2auth.basic.form_body.status", texts("200"), texts("400"), "200 before, 400 now"},
	{"lifetime-shorter", "v2auth.oauth.success.expires_in", texts("3600"), texts("3000"), "3600 s before, 3000 s now"},
	{"lifetime-longer", "oauth.success.expires_in", texts("3000"), texts("3600"), "3600 s now"},
	{"bound-lower", "login.asked.validity.500_days", texts("500 days"), texts("4320h0m0s"), "500 days before"},
	{"bound-lower", "reading.A13", texts("an expiry above the default is as asked"), texts("an expiry above the default is refused"), "refused"},
	{"date-format", "login.success.date_format.MM/DD/YYYY", texts("MM/DD/YYYY"), texts("DD/MM/YYYY"), "DD/MM/YYYY now"},
	{"token-kind", "login.success.token", texts("DB token, third part of 68 characters"), texts("JWT, RS256, signature of 256 bytes"), "JWT"},
	{"token-kind", "oauth.success.token.claims", texts("exp number, sub string"), texts("exp string, sub string"), "the claim exp: number before, string now"},
	{"claims", "oauth.success.token.claims", texts("aud [string], sub string, tenant string"), texts("aud string, sub string"), "claims"},
	{"token-longer", "oauth.success.token.length", texts("up to 255 characters"), texts("up to 4000 characters"), "4000"},
	{"token-longer", "oauth.success.token.length", texts("up to 4000 characters"), texts("beyond 4000 characters"), "beyond"},
	{"name-spelling", "login.success.token.name", texts("as asked"), texts("in another case"), "in another case now"},
	{"refusal-status", "login.no_credentials.status", texts("401"), texts("403"), "401 before, 403 now"},
	{"refusal-accepted", "login.wrong_password.token", nil, texts("DB token, third part of 68 characters"), "a wrong password"},
	{"refusal-accepted", "login.inactive_user.token", nil, texts("DB token, third part of 68 characters"), "not Active"},
	{"refusal-in-success", "oauth.no_credentials.status", texts("401"), texts("200"), "401 before, 200 now"},
	{"refusal-in-success", "reading.A15", texts("HTTP 401"), texts("HTTP 200 with status 401 in the body"), "HTTP 200"},
	{"refusal-form", "login.no_credentials.body", nil, texts("not_json, an HTML page"), "no JSON object now"},
	{"refusal-message", "login.invalid_expiry.message", texts(`"Invalid expiry"`), texts(`"Bad number"`), "Bad number"},
	{"message-text", "login.no_credentials.message", texts(`"Invalid Authorization header"`), texts(`"EMPTY or invalid  Authorization header."`), "EMPTY"},
	{"challenge-gone", "login.no_credentials.header.www-authenticate", texts(`"basic realm=x"`), nil, "WWW-Authenticate"},
	{"media-type", "login.success.content_type", texts(`"application/json"`), texts(`"text/plain"`), "application/json before, text/plain now"},
	{"headers", "login.success.content_type", texts(`"application/json"`), texts(`"application/json; charset=utf-8"`), "parameters"},
	{"headers", "login.success.headers", texts("a"), texts("a, b"), "header fields"},
	{"tls-version", "connection.tls_version", texts("TLS 1.3"), texts("TLS 1.2"), "TLS 1.2 now"},
	{"http-1-1-gone", "connection.http_1_1", texts("answered"), texts("not answered"), "not answered now"},
	{"other", "connection.http_1_1", texts("not answered"), texts("answered"), "answered now"},
	{"certificate-authority", "connection.certificate_issuer", texts("A"), texts("B"), "B now"},
	{"refusal-as-before", "login.method_post.status", texts("405"), texts("404"), "status"},
	{"refusal-as-before", "login.inactive_user.status", texts("401"), texts("403"), "status"},
	{"expiry-ignored", "reading.A5", texts("login takes the parameter expiry"), texts("login takes no parameter expiry: neither made a difference"), "expiry"},
	{"open-input", "login.open.a_plus_sign", texts("HTTP 400, no token"), texts("a token"), "a token now"},
	{"same-token", "reading.A11", texts("fetching again returns a new token"), texts("fetching again returns the same token"), "same"},
	{"reading", "reading.A9", texts("a day is 24 hours"), texts("a day is a calendar day"), "A9"},
	{"reading", "reading.A2", texts("flat"), texts("inside data, an object"), "A2"},
	{"other", "login.success.something.new", texts("a"), texts("b"), "a before, b now"},
	{"one-sided", "login.success.validity.2_days", nil, texts("2 days"), "the new run"},
}

func TestRules(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range ruleExamples {
		seen[k.rule] = true
		old, new := behaviours(k.trait, k.old, k.new)
		b := compareBehaviour(old, new, Options{}, "21.7")
		if len(b.Groups) != 1 || b.Groups[0].Rule != k.rule || !strings.Contains(b.Groups[0].Sentence, k.says) {
			t.Errorf("%s %v -> %v: %+v, want %s", k.trait, k.old, k.new, b.Groups, k.rule)
			continue
		}
		if g := b.Groups[0]; g.Reason == "" || g.Class != ruleOf(g.Rule).Class || !slices.Contains(g.Traits, k.trait) {
			t.Errorf("%+v", g)
		}
	}
	for _, r := range Rules() {
		if !seen[r.ID] {
			t.Errorf("no example shows the rule %s", r.ID)
		}
		if !slices.Contains(Classes, r.Class) || r.Title == "" || r.Reason == "" || r.Source == "" {
			t.Errorf("%+v is not whole", r)
		}
	}
}

// The other way round nothing breaks that did not: what was refused and is accepted
// again, what was shorter and is longer.
func TestRulesHaveADirection(t *testing.T) {
	for _, rule := range []string{"user-refused", "earlier-token-ended", "lifetime-shorter", "bound-lower", "refusal-accepted", "challenge-gone", "media-type", "name-spelling", "token-longer"} {
		for _, k := range ruleExamples {
			if k.rule != rule {
				continue
			}
			old, new := behaviours(k.trait, k.new, k.old)
			for _, g := range compareBehaviour(old, new, Options{}, "21.7").Groups {
				if g.Class == Breaking {
					t.Errorf("%s: %s", k.trait, g.Sentence)
				}
			}
		}
	}
}

// What the edition of the new run documents is no surprise, and only just that.
func TestDocumentedChanges(t *testing.T) {
	for seconds, want := range map[string]Class{"3600": Documented, "3601": Compatible, "3599": Breaking} {
		old, new := behaviours("oauth.success.expires_in", texts("3650"), texts(seconds))
		if seconds == "3601" {
			old.Traits["oauth.success.expires_in"] = texts("3000")
		}
		b := compareBehaviour(old, new, Options{Documented: map[string][]string{"oauth.success.expires_in": {"3600"}}}, "26")
		if b.Groups[0].Class != want {
			t.Errorf("%s: %+v", seconds, b.Groups[0])
		}
	}
}

// V2 answers in one form only: what A2 and A8 leave open of V1's OAuth answers is
// no excuse for it. Its request_headers are members that clients need.
func TestFormsOfV2(t *testing.T) {
	const whole = "data {access_token string, expires_in number, request_headers {x-unifier-tenant string}}, message [string], status number"
	for name, k := range map[string]struct {
		service, old, new, rule string
		want                    Class
	}{
		"V2 out of its envelope":     {"v2auth", whole, "access_token string, expires_in number, message [string], status number", "member-moved", Breaking},
		"OAuth out of its envelope":  {"oauth", "data {access_token string}, message [string], status number", "access_token string, message [string], status number", "member-moved", Documented},
		"V2 without a tenant header": {"v2auth", whole, strings.Replace(whole, "x-unifier-tenant string", "", 1), "member-removed", Breaking},
		"V2 with seconds as text":    {"v2auth", whole, strings.Replace(whole, "expires_in number", "expires_in string", 1), "member-type", Breaking},
		"V2 with one member more":    {"v2auth", whole, whole + ", version string", "member-added", Compatible},
		"V2 in a system of tenants":  {"v2auth", "data {access_token string}", "data {access_token string, endpoint string}", "needs-endpoint", Breaking},
	} {
		old, new := behaviours(k.service+".success.members", texts(k.old), texts(k.new))
		for b, v := range map[*record.Behaviour]string{old: "inside data, an object", new: "flat"} {
			b.Traits["reading.A2"] = texts(v)
		}
		b := compareBehaviour(old, new, Options{Documented: map[string][]string{"reading.A2": {"flat", "inside data, an object"}}}, "26")
		if !slices.ContainsFunc(b.Groups, func(g Group) bool { return g.Rule == k.rule && g.Class == k.want }) {
			t.Errorf("%s: want %s, %s\n%+v", name, k.rule, k.want, b.Groups)
		}
	}
}

// One change is one group, whatever shows it: here all refusals of two services.
func TestAChangeIsOneGroup(t *testing.T) {
	old, new := behaviours("-", nil, nil)
	for _, service := range []string{"login", "oauth"} {
		for _, situation := range []string{"no_credentials", "wrong_password"} {
			name := service + "." + situation
			maps.Copy(old.Traits, map[string][]string{name + ".status": {"401"}, name + ".members": {"message string"}, name + ".message": {`"Invalid Authorization header"`}, name + ".header.www-authenticate": {`"basic"`}})
			maps.Copy(new.Traits, map[string][]string{name + ".status": {"403"}, name + ".body": {"an HTML page"}})
		}
	}
	groups := compareBehaviour(old, new, Options{}, "21.7").Groups
	if len(groups) != 1 || groups[0].Rule != "refusal-status" || len(groups[0].Traits) != 20 {
		t.Errorf("%+v", groups)
	}
}

func TestAccepting(t *testing.T) {
	day := time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC)
	for name, k := range map[string]struct {
		accept []Acceptance
		exit   int
		says   string
	}{
		"nothing":      {nil, 1, "breaking: tokens live shorter"},
		"for good":     {[]Acceptance{{Rule: "lifetime-shorter", Place: "--accept"}}, 0, ""},
		"until later":  {[]Acceptance{{Rule: "lifetime-shorter", Until: day.AddDate(0, 0, 1), Reason: "known"}}, 0, ""},
		"until before": {[]Acceptance{{Rule: "lifetime-shorter", Until: day, Place: "--accept"}}, 1, "until 2027-03-30, which is over"},
		"another rule": {[]Acceptance{{Rule: "redirect", Place: "--accept"}, {Rule: "lifetime-shorter"}}, 1, "nothing of the kind changed: delete it"},
	} {
		old, new := plain(), plain()
		new.Started = new.Started.Add(time.Hour)
		old.Behaviour.Traits["oauth.success.expires_in"] = texts("3600")
		r, err := Compare(old, new, Options{Accept: k.accept, Now: day})
		if err != nil {
			t.Fatal(err)
		}
		if r.Verdict.Exit != k.exit || !strings.Contains(strings.Join(r.Verdict.Reasons, "\n"), k.says) {
			t.Errorf("%s: %d %q", name, r.Verdict.Exit, r.Verdict.Reasons)
		}
	}
	var unknown *UnknownRuleError
	if _, err := Compare(plain(), plain(), Options{Accept: []Acceptance{{Rule: "nonsense", Place: "--accept"}}}); !errors.As(err, &unknown) {
		t.Errorf("%v", err)
	}
}

func TestWhatIsNotCheckedAnyMore(t *testing.T) {
	old, new := sample.Verify(), sample.Verify()
	new.Started = new.Started.Add(time.Hour)
	old.Conformance.Requirements[0].State, new.Conformance.Requirements[0].State = record.Pass, record.Skipped
	r, err := Compare(old, new, Options{})
	if err != nil || r.Verdict.Exit != 3 || !strings.Contains(strings.Join(r.Verdict.Reasons, "\n"), "checked before and not now: LOGIN-01") {
		t.Errorf("%v %+v", err, r.Verdict)
	}
	if r, err = Compare(old, new, Options{AllowUnchecked: true}); err != nil || r.Verdict.Exit != 0 {
		t.Errorf("%v %+v", err, r.Verdict)
	}
	// Another edition that does not have the requirement is no loss.
	new.Target.Edition = "26"
	new.Conformance.Requirements = new.Conformance.Requirements[1:]
	if r, err = Compare(old, new, Options{}); err != nil || r.Verdict.Exit != 0 {
		t.Errorf("%v %+v", err, r.Verdict)
	}
}

func TestOddArguments(t *testing.T) {
	old, new := plain(), plain()
	if notes := oddities(old, new); len(notes) != 1 || !strings.Contains(notes[0], "same run") {
		t.Error(notes)
	}
	old.Started = old.Started.Add(time.Hour)
	new.Target.BaseURL = "https://other.example"
	if notes := oddities(old, new); len(notes) != 2 || !strings.Contains(notes[0], "the other way round") || !strings.Contains(notes[1], "different targets") {
		t.Error(notes)
	}
}

func TestShapes(t *testing.T) {
	s, ok := parseShape(`"a b" string, data {access_token string, list [{deep number} or string], empty {}}, none [], status number`)
	want := shape{
		`"a b"`: "string", "data": "object", "data.access_token": "string", "data.list": "list", "data.list[]": "string", "data.list[].deep": "number",
		"data.empty": "object", "none": "list", "status": "number",
	}
	if !ok || !maps.Equal(s, want) {
		t.Errorf("%v %v", ok, s)
	}
	for _, text := range []string{"a", "a {b string", "a [string", "a b c", `"a`, "a }", "a ,", "a {b", "a {b string", "a {b {c", "a [{b", "a [{b string", "a [", "a [string or ", "a string b", "a string,b string", "a {}}"} {
		if s, ok := parseShape(text); ok {
			t.Errorf("%q: %v", text, s)
		}
	}
}

// FuzzShape: a stored record is input like any other.
func FuzzShape(f *testing.F) {
	for _, s := range []string{"a string, b {c [number or {d null}]}", `"x y" string`, "[", "a [", "a {}", "a ]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if s, ok := parseShape(text); ok && len(s) > len(text) {
			t.Errorf("%q: %v", text, s)
		}
	})
}
