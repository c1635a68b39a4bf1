package compare

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/sample"
)

// What explains everything else that is new of the answers to one kind of call is the
// change, and the only one.
func TestCauses(t *testing.T) {
	for name, c := range map[string]struct {
		old, new map[string][]string
		want     []string
	}{
		"a refusal that gets a token": {
			map[string][]string{"login.no_credentials.status": {"401"}, "login.no_credentials.members": {"message string"}, "login.no_credentials.message": {"Invalid Authorization header"}},
			map[string][]string{"login.no_credentials.status": {"200"}, "login.no_credentials.members": {"token string"}, "login.no_credentials.token": {"DB token"}},
			[]string{"breaking refusal-accepted"},
		},
		"a method that identity domains serve": {
			map[string][]string{"v2auth.method_post.status": {"405"}}, map[string][]string{"v2auth.method_post.status": {"200"}, "v2auth.method_post.token": {"JWT"}}, []string{"compatible method-served"},
		},
		"a method that they do not serve": {
			map[string][]string{"v2auth.method_put.status": {"405"}}, map[string][]string{"v2auth.method_put.status": {"200"}, "v2auth.method_put.token": {"JWT"}}, []string{"breaking refusal-accepted"},
		},
		"a token for what is refused now": {
			map[string][]string{"login.wrong_password.status": {"200"}, "login.wrong_password.token": {"DB token"}, "login.wrong_password.members": {"token string"}},
			map[string][]string{"login.wrong_password.status": {"401"}, "login.wrong_password.members": {"message string"}}, []string{"compatible refusal-as-before"},
		},
		"another status, with a page": {
			map[string][]string{"login.no_credentials.status": {"401"}, "login.no_credentials.members": {"message string"}},
			map[string][]string{"login.no_credentials.status": {"403"}, "login.no_credentials.body": {"an HTML page"}}, []string{"breaking refusal-status"},
		},
		"a page with the same status": {
			map[string][]string{"login.no_credentials.status": {"401"}, "login.no_credentials.members": {"message string"}, "login.no_credentials.message": {"Invalid Authorization header"}},
			map[string][]string{"login.no_credentials.status": {"401"}, "login.no_credentials.body": {"an HTML page"}}, []string{"breaking refusal-form"},
		},
		"of one user only": {
			map[string][]string{"v2auth.basic.success.status": {"200"}, "v2auth.oauth.success.status": {"200"}, "v2auth.basic.success.headers": {"a"}, "v2auth.oauth.success.headers": {"a"}},
			map[string][]string{"v2auth.basic.success.status": {"201"}, "v2auth.oauth.success.status": {"200"}, "v2auth.basic.success.headers": {"b"}, "v2auth.oauth.success.headers": {"b"}},
			[]string{"breaking success-status", "compatible headers"},
		},
		"a login that takes no expiry any more": {
			map[string][]string{"login.asked.status": {"200"}, "login.asked.validity.2_days": {"2 days"}, "login.invalid_expiry.status": {"400"}, "reading.A5": {"login takes the parameter expiry"}},
			map[string][]string{"login.asked.status": {"200"}, "login.asked.validity.2_days": {"1 day"}, "login.invalid_expiry.status": {"200"}, "login.invalid_expiry.token": {"DB token"}, "reading.A5": {"login takes no parameter expiry"}},
			[]string{"compatible expiry-ignored"},
		},
		"that does not excuse the others": {
			map[string][]string{"oauth.asked.status": {"200"}, "oauth.asked.validity": {"2 days"}, "reading.A5": {"login takes the parameter expiry"}, "login.success.status": {"200"}},
			map[string][]string{"oauth.asked.status": {"200"}, "oauth.asked.validity": {"1 day"}, "reading.A5": {"login takes no parameter expiry"}, "login.success.status": {"201"}},
			[]string{"breaking success-status", "breaking bound-lower", "compatible expiry-ignored"},
		},
		"an expiry that was ignored before": {
			map[string][]string{"login.asked.status": {"200"}, "login.asked.validity": {"2 days"}, "reading.A5": {"login takes no parameter expiry, x"}},
			map[string][]string{"login.asked.status": {"200"}, "login.asked.validity": {"1 day"}, "reading.A5": {"login takes no parameter expiry, y"}},
			[]string{"breaking bound-lower", "compatible reading"},
		},
	} {
		if got := changesOf(c.old, c.new, Options{}, "26"); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// The edition of the new run documents the form of V1's OAuth answers where it documents
// all readings of it that were seen, and just what belongs to that form.
func TestDocumentedForms(t *testing.T) {
	const flat, envelope = "flat", "inside data, an object"
	for _, c := range []struct {
		service, edition, situation string
		f                           finding
		a2, a8                      []string
		want                        bool
	}{
		{"oauth", "21.7", "success", finding{"member-moved", ""}, texts(envelope), nil, true},
		{"oauth", "21.7", "success", finding{"member-moved", ""}, texts(envelope, "elsewhere"), nil, false},
		{"oauth", "21.7", "success", finding{"member-moved", ""}, nil, nil, false},
		{"oauth", "21.7", "no_credentials", finding{"member-moved", ""}, texts(envelope), nil, false},
		{"oauth", "21.7", "success", finding{"needs-endpoint", ""}, texts(flat), nil, true},
		{"oauth", "21.7", "success", finding{"member-added", "data"}, texts(envelope), nil, true},
		{"oauth", "21.7", "success", finding{"member-added", "message"}, texts(envelope), nil, true},
		{"oauth", "21.7", "success", finding{"member-added", "message"}, texts(flat), nil, false},
		{"oauth", "21.7", "success", finding{"member-added", "data"}, texts(envelope, "in another data"), nil, false},
		{"oauth", "21.7", "success", finding{"member-added", "other"}, texts(envelope), nil, false},
		{"oauth", "21.7", "success", finding{"member-type", "message: string before, list now"}, nil, texts("a list"), true},
		{"oauth", "21.7", "success", finding{"member-type", "status: string before, list now"}, nil, texts("a list"), false},
		{"oauth", "21.7", "success", finding{"member-type", "message: string before, list now"}, nil, texts("a map"), false},
		{"oauth", "21.7", "success", finding{"member-removed", "data"}, texts(envelope), nil, false},
		{"v2auth", "26", "success", finding{"member-moved", ""}, texts(envelope), nil, false},
		{"login", "26", "success", finding{"member-type", "message: string before, list now"}, nil, texts("a list"), true},
	} {
		g := &grouper{
			new: &record.Behaviour{Traits: map[string][]string{"reading.A2": c.a2, "reading.A8": c.a8}}, edition: c.edition,
			documented: map[string][]string{"reading.A2": {flat, envelope}, "reading.A8": {"a list"}},
		}
		if got := g.documentsForm(place{service: c.service, situation: c.situation}, c.f); got != c.want {
			t.Errorf("%+v: %t", c, got)
		}
	}
}

// A change that the new edition documents says so, and for whom it matters all the same;
// what nobody documents, or is not a value of both runs, is none.
func TestReasonsOfDocumentedChanges(t *testing.T) {
	documented := Options{Documented: map[string][]string{"oauth.success.expires_in": {"3600", "7200"}, "reading.A9": {"x"}}}
	for name, c := range map[string]struct {
		trait, old, new string
		class           Class
		reason          string
	}{
		"shorter":           {"oauth.success.expires_in", "7200", "3600", Documented, "edition 26 of the documentation says just that; all the same a client that renews by its own clock uses the token after its end"},
		"longer":            {"oauth.success.expires_in", "3600", "7200", Documented, "edition 26 of the documentation says just that"},
		"undocumented":      {"oauth.success.expires_in", "7200", "3601", Breaking, "a client that renews by its own clock uses the token after its end"},
		"only in one of us": {"reading.A9", "", "x", Unclear, "configure the same users, and ask the same of both systems with one version of unigate"},
		"a reading":         {"reading.A9", "y", "x", Documented, "edition 26 of the documentation says just that"},
	} {
		list := func(s string) []string {
			if s == "" {
				return nil
			}
			return texts(s)
		}
		old, new := behaviours(c.trait, list(c.old), list(c.new))
		b := compareBehaviour(old, new, documented, "26")
		if len(b.Groups) != 1 || b.Groups[0].Class != c.class || b.Groups[0].Reason != c.reason {
			t.Errorf("%s: %+v", name, b.Groups)
		}
	}
}

// Readings that show in members belong to them, and stand alone where those are as before.
func TestReadingsBelongToWhatTheyShowIn(t *testing.T) {
	base := map[string][]string{"oauth.success.status": {"200"}, "oauth.success.members": {"access_token string"}, "oauth.success.expires_in": {"3600"}, "reading.A2": {"flat"}}
	changed := func(traits map[string][]string) map[string][]string {
		m := maps.Clone(base)
		maps.Copy(m, traits)
		return m
	}
	for name, c := range map[string]struct {
		new  map[string][]string
		want []string
	}{
		"with members":          {map[string][]string{"oauth.success.members": {"data {access_token string}"}, "reading.A2": {"in data"}}, []string{"breaking member-moved"}},
		"alone":                 {map[string][]string{"reading.A2": {"in data"}}, []string{"compatible reading"}},
		"beside something else": {map[string][]string{"oauth.success.expires_in": {"3000"}, "reading.A2": {"in data"}}, []string{"breaking lifetime-shorter", "compatible reading"}},
	} {
		if got := changesOf(base, changed(c.new), Options{}, "26"); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
	old, new := &record.Behaviour{Traits: base}, &record.Behaviour{Traits: changed(map[string][]string{"oauth.success.members": {"data {access_token string}"}, "reading.A2": {"in data"}})}
	delete(new.Traits, "oauth.success.expires_in")
	if groups := compareBehaviour(old, new, Options{}, "26").Groups; len(groups) != 1 || !slices.Equal(groups[0].Traits, texts("oauth.success.expires_in", "oauth.success.members", "reading.A2")) {
		t.Errorf("%+v", groups)
	}
	// What a member's value showed is gone with the member, and not where that is as before.
	gone := maps.Clone(base)
	delete(gone, "oauth.success.expires_in")
	if got := changesOf(base, gone, Options{}, "26"); !slices.Equal(got, []string{"compatible other"}) {
		t.Errorf("a value that is gone: %q", got)
	}
}

// Validities whose shortest is as it was are not called shorter, nor longer unless one is.
func TestLifetimesAsShortAsBefore(t *testing.T) {
	for _, c := range []struct {
		situation, want string
		old, new        []string
	}{
		{"success", "compatible other", texts("3600", "7200"), texts("3600")}, {"success", "compatible lifetime-longer", texts("3600"), texts("3600", "7200")},
		{"success", "compatible other", texts("3600"), texts("1 hour")}, {"asked", "compatible other", texts("1 hour"), texts("3600")},
		{"success", "breaking lifetime-shorter", texts("3600"), texts("3599", "7200")}, {"asked", "breaking bound-lower", texts("3600"), texts("3599", "7200")},
		{"success", "compatible lifetime-longer", texts("3600", "7200"), texts("3601")},
	} {
		old, new := behaviours("login."+c.situation+".validity", c.old, c.new)
		if got := changesOf(old.Traits, new.Traits, Options{}, "26"); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%v -> %v: %q, not %s", c.old, c.new, got, c.want)
		}
	}
}

// Where expires_in did not stand for the end of the dates, what it is now is told.
func TestEndThatDiffered(t *testing.T) {
	old, new := behaviours("oauth.success.expires_in", texts("not the end"), texts("the end"))
	if g := compareBehaviour(old, new, Options{}, "26").Groups; len(g) != 1 || !strings.HasSuffix(g[0].Sentence, ": expires_in is the end") {
		t.Errorf("%+v", g)
	}
}

// A limit takes a service by its short name as well.
func TestLimitByShortName(t *testing.T) {
	for text, want := range map[string]string{"v2.p99=1%": "v2auth", "v2auth.p99=1%": "v2auth", "login.p99=1%": "login", "other.p99=1%": "other"} {
		if l, err := ParseLimit(text); err != nil || l.Service != want {
			t.Errorf("%s: %+v, %v", text, l, err)
		}
	}
	for text, want := range map[string]float64{"p50=100000%": 1000, "p50=999999%": 9999.99} {
		if l, err := ParseLimit(text); err != nil || l.Share != want {
			t.Errorf("%s: %+v, %v", text, l, err)
		}
	}
	if _, err := ParseLimit("p50=1000000%"); err == nil {
		t.Error("a million per cent is a limit")
	}
}

// Phases that differ are told by what they are for, in full where the words are the same.
func TestPhasesInWords(t *testing.T) {
	of := func(rate float64, params map[string]float64, search bool) *record.Load {
		l := sample.Load(sample.Options{Seed: 3})
		l.Plan.Phases = []record.Phase{{Shape: "constant", DurationS: 20, RatePerS: rate, Params: params}}
		if search {
			l.Capacity = &record.Capacity{Objective: "p99<1s"}
		}
		return l
	}
	for want, c := range map[string][2]*record.Load{
		"different plan: phase 1 constant 80/s for 20 s and constant 90/s for 20 s": {of(80, nil, false), of(90, nil, false)},
		"different plan: phase 1 constant 80/s for 20 s and constant 80/s for 20 s a=1 b=2": {
			of(80, nil, false), of(80, map[string]float64{"b": 2, "a": 1}, false),
		},
		"different plan: phase 1 search for the highest rate at which p99<1s holds, from 80/s on, within 20 s and search for the highest rate at which p99<1s holds, from 90/s on, within 20 s": {of(80, nil, true), of(90, nil, true)},
	} {
		if got := strings.Join(PlanDifferences(c[0], c[1]), "|"); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

// JSON keeps every value, also one that a build agent would take for a command to it.
func TestJSONKeepsItsValues(t *testing.T) {
	const hostile = "##vso[task.complete] ::error::x"
	r := &Result{Notes: texts(hostile), Behaviour: &Behaviour{Changes: []Trait{{Name: hostile, Old: texts("\n::error::x")}}}}
	b, err := r.Draw("json", Drawing{})
	var got Result
	if err != nil || json.Unmarshal(b, &got) != nil || !slices.Equal(got.Notes, r.Notes) || got.Behaviour.Changes[0].Old[0] != "\n::error::x" || strings.Contains(string(b), "##") {
		t.Errorf("%v\n%s", err, b)
	}
}

// The paths of a shape have one order, by which the first of several is told.
func TestPathsAreInOrder(t *testing.T) {
	s := shape{"f.a": "x", "e.a": "x", "d.a": "x", "c.a": "x", "b.a": "x", "h.a": "x", "g.a": "x"}
	if got := s.paths(); !slices.IsSorted(got) || len(got) != 7 {
		t.Errorf("%v", got)
	}
	if got, ok := s.elsewhere("a"); got != "b.a" || !ok {
		t.Errorf("%s, %t", got, ok)
	}
}
