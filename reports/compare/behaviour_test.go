package compare

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/sample"
)

// changesOf are the rules and classes of what changed between traits, worst first.
func changesOf(old, new map[string][]string, o Options, edition string) []string {
	var out []string
	for _, g := range compareBehaviour(&record.Behaviour{Traits: old}, &record.Behaviour{Traits: new}, o, edition).Groups {
		out = append(out, string(g.Class)+" "+g.Rule)
	}
	return out
}

// Users may be called what traits of answers are called: their fate is their own.
func TestUsersMayBeCalledAnything(t *testing.T) {
	for _, name := range []string{"status", "body", "token", "members", "success.status", "no_credentials.token"} {
		old := map[string][]string{"login.user." + name: {"gets a token"}, "login.user.b": {"gets no token, HTTP 401"}, "kept.login." + name: {"accepted"}, "kept.login.b": {"refused"}}
		new := map[string][]string{"login.user." + name: {"gets no token, HTTP 401"}, "login.user.b": {"gets a token"}, "kept.login." + name: {"refused"}, "kept.login.b": {"accepted"}}
		want := []string{"breaking user-refused", "breaking token-died", "compatible token-lives", "compatible user-admitted"}
		if got := changesOf(old, new, Options{}, "26"); !slices.Equal(got, want) {
			t.Errorf("%s: %q", name, got)
		}
		if got := changesOf(nil, map[string][]string{"kept.login." + name: {"accepted"}}, Options{}, "26"); !slices.Equal(got, []string{"compatible token-lives"}) {
			t.Errorf("a kept token of %s: %q", name, got)
		}
		both := map[string][]string{"login.user." + name: {"gets a token"}, "kept.login." + name: {"accepted"}}
		more := maps.Clone(both)
		more["login.user.b"] = texts("gets no token, HTTP 401")
		if got := changesOf(both, more, Options{}, "26"); !slices.Equal(got, []string{"unclear one-sided"}) {
			t.Errorf("a user beside %s: %q", name, got)
		}
		if got := changesOf(map[string][]string{"kept.login." + name: {"accepted"}, "kept.login.b": {"accepted"}}, map[string][]string{"kept.login." + name: {"accepted"}}, Options{}, "26"); !slices.Equal(got, []string{"unclear one-sided"}) {
			t.Errorf("a kept token beside that of %s: %q", name, got)
		}
		if got := changesOf(map[string][]string{"kept.login." + name: {"accepted"}}, nil, Options{}, "26"); !slices.Equal(got, []string{"unclear one-sided"}) {
			t.Errorf("no kept token of %s: %q", name, got)
		}
	}
}

// What one of the runs did not ask for is unclear; what is gone from answers that both
// saw has changed.
func TestOneSided(t *testing.T) {
	asked := map[string][]string{"login.success.status": {"200"}, "oauth.success.status": {"200"}}
	for trait, want := range map[string]string{
		"reading.A9": "unclear one-sided", "connection.tls_version": "unclear one-sided", "login.user.$$a": "unclear one-sided", "login.open.a_plus_sign": "unclear one-sided",
		"login.success.validity.2_days": "unclear one-sided", "login.success.date_format.MM/DD/YYYY": "unclear one-sided",
		"login.success.headers": "compatible headers", "login.no_credentials.headers": "unclear one-sided", "oauth.asked.validity": "unclear one-sided",
	} {
		with := maps.Clone(asked)
		with[trait] = texts("x")
		for _, sides := range [][2]map[string][]string{{asked, with}, {with, asked}} {
			if got := changesOf(sides[0], sides[1], Options{}, "26"); !slices.Equal(got, []string{want}) {
				t.Errorf("%s: %q, not %s", trait, got, want)
			}
		}
	}
	// Asked by one run alone: whichever it is, and whatever else that answer shows.
	more := maps.Clone(asked)
	more["v2auth.basic.success.status"], more["v2auth.basic.success.token"] = texts("200"), texts("DB token")
	for which, sides := range map[string][2]map[string][]string{"the new run": {asked, more}, "the old run": {more, asked}} {
		groups := compareBehaviour(&record.Behaviour{Traits: sides[0]}, &record.Behaviour{Traits: sides[1]}, Options{}, "26").Groups
		if len(groups) != 1 || groups[0].Class != Unclear || !strings.HasSuffix(groups[0].Sentence, ": "+which) || len(groups[0].Traits) != 2 {
			t.Errorf("%s: %+v", which, groups)
		}
	}
}

// The values of a trait are compared as sets, and those that are the same are counted.
func TestTraitsAreSets(t *testing.T) {
	old := &record.Behaviour{Traits: map[string][]string{"login.success.headers": {"b", "a", "b"}, "login.success.status": {"200"}, "reading.A9": {"x"}}}
	new := &record.Behaviour{Traits: map[string][]string{"login.success.headers": {"a", "b"}, "login.success.status": {"200", "201", "200"}, "reading.A11": {}}}
	b := compareBehaviour(old, new, Options{}, "26")
	want := []Trait{
		{Name: "login.success.status", Kind: "changed", Old: texts("200"), New: texts("200", "201")},
		{Name: "reading.A11", Kind: "only new", Old: []string{}, New: []string{}}, {Name: "reading.A9", Kind: "only old", Old: texts("x"), New: []string{}},
	}
	if diff := cmp.Diff(want, b.Changes); diff != "" || b.Unchanged != 1 {
		t.Errorf("%d unchanged\n%s", b.Unchanged, diff)
	}
}

// A name is a service, a type of user where the service has several, a situation and an aspect.
func TestPlaces(t *testing.T) {
	for name, want := range map[string]place{
		"login.success.members": {"login", "", "success", "members"}, "v2auth.oauth.success.token.claims": {"v2auth", "oauth", "success", "token.claims"},
		"v2auth.other.success": {"v2auth", "", "other", "success"}, "reading.A1": {"reading", "", "", "A1"}, "odd": {"odd", "", "", ""}, "login.user.$$a.b": {"login", "", "user", "$$a.b"},
	} {
		if got := placeOf(name); got != want {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for p, want := range map[situated]string{{"login", "", "success"}: "login.success.status", {"v2auth", "basic", "asked"}: "v2auth.basic.asked.status"} {
		if got := p.trait("status"); got != want {
			t.Errorf("%+v: %s", p, got)
		}
	}
	for situation, want := range map[string]string{"success": "right credentials", "method_delete": "the method DELETE", "something": "something"} {
		if got := (place{situation: situation}).asked(); got != want {
			t.Errorf("%s: %s", situation, got)
		}
	}
	for aspect, want := range map[string]string{"a.b.c": "a.b", "a.b": "a", "a": "", "": ""} {
		if got := shorter(aspect); got != want {
			t.Errorf("%s: %q", aspect, got)
		}
	}
}

// Validities are of many forms, of which the shortest counts.
func TestLifetimes(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"3600": time.Hour, "1 second": time.Second, "2 minutes": 2 * time.Minute, "1 hour": time.Hour, "2 days": 48 * time.Hour, "1h0m0s": time.Hour, "-5": -5 * time.Second, "0": 0,
	} {
		if got, ok := lifetime(text); !ok || got != want {
			t.Errorf("%s: %v, %t", text, got, ok)
		}
	}
	for _, text := range []string{"", "x", "2 fortnights", "1.5 days"} {
		if got, ok := lifetime(text); ok {
			t.Errorf("%q: %v", text, got)
		}
	}
	for _, c := range []struct {
		values []string
		want   time.Duration
		ok     bool
	}{
		{texts("2 hours", "1h0m0s", "2 days"), time.Hour, true}, {texts("1 hour", "2 hours"), time.Hour, true}, {texts("1 hour", "x"), 0, false}, {nil, 0, false},
	} {
		if got, ok := shortest(c.values); got != c.want || ok != c.ok {
			t.Errorf("%v: %v, %t", c.values, got, ok)
		}
	}
	if got := lifetimes(texts("2 hours", "1h0m0s", "24h0m0s", "180 days", "x")); got != "180 days or 24h0m0s or 3600 s or 2 more" {
		t.Error(got)
	}
}

// Changes of one trait whose direction or values decide what they mean.
func TestWhatChangesMean(t *testing.T) {
	for _, c := range []struct {
		trait, want string
		old, new    []string
	}{
		{"oauth.success.expires_in", "compatible other", texts("not the end"), texts("the end")},
		{"oauth.success.expires_in", "compatible other", texts("not the end"), texts("not the end at all")},
		{"oauth.success.expires_in", "breaking end-differs", texts("3600"), texts("3600", "not the end")},
		{"oauth.success.expires_in", "compatible other", texts("3600"), texts("x")},
		{"oauth.success.expires_in", "compatible other", texts("x"), texts("3600")},
		{"login.no_credentials.message", "compatible message-text", texts("something"), texts("Invalid Authorization header")},
		{"login.no_credentials.message", "breaking refusal-message", texts("Invalid   Authorization header"), texts("invalid authorization HEADER", "something")},
		{"login.inactive_user.message", "compatible message-text", texts("Invalid Authorization header"), texts("something")},
		{"login.no_credentials.content_type", "compatible headers", texts(`"application/json"`), texts(`"text/html"`)},
		{"login.success.content_type", "compatible headers", texts(`"text/plain"`), texts(`"application/json"`)},
		{"login.success.content_type", "breaking media-type", texts(`"application/json"`), texts(`"application/json"`, `"text/plain"`)},
		{"login.success.content_type", "compatible headers", texts(`"application/json"`), texts(`"application/json ; charset=x"`)},
		{"login.no_credentials.header.www-authenticate", "compatible headers", texts(`"basic realm=x"`), texts(`"basic realm=y"`, `"bearer"`)},
		{"login.no_credentials.header.www-authenticate", "compatible headers", texts(`"bearer"`), texts(`"digest"`)},
		{"login.inactive_user.header.www-authenticate", "compatible headers", texts(`"basic realm=x"`), texts(`"bearer"`)},
		{"login.success.header.cache-control", "compatible headers", texts("no-store"), texts("private")},
		{"login.success.token.length", "compatible other", texts("up to 4000 characters"), texts("up to 255 characters")},
		{"login.success.token.length", "breaking token-longer", texts("up to 100 characters", "up to 255 characters"), texts("up to 4000 characters")},
		{"login.success.token.length", "compatible other", texts("up to 255 characters"), texts("up to 100 characters", "up to 255 characters")},
		{"login.success.token.name", "compatible other", texts("in another case"), texts("as asked")},
		{"login.success.token.name", "breaking name-spelling", texts("as asked"), texts("as asked", "in another case")},
		{"login.no_credentials.status", "breaking refusal-status", texts("200"), texts("200", "403")},
		{"login.success.status", "breaking success-status", texts("200"), texts("200", "500")},
		{"login.success.status", "breaking redirect", texts("200"), texts("200", "307")},
		{"login.success.status", "compatible success-again", texts("401"), texts("200")},
		{"login.success.status", "compatible success-again", texts("401"), texts("200", "401")},
		{"login.success.status", "compatible success-again", texts("200", "302"), texts("200")},
		{"login.success.status", "breaking success-status", texts("200", "401"), texts("401")},
		{"login.success.status", "breaking success-status", texts("401"), texts("200", "500")},
		{"login.success.status", "breaking success-status", texts("401"), texts("403")},
		{"login.success.status", "breaking redirect", texts("401"), texts("200", "302")},
		{"login.no_credentials.status", "breaking refusal-status", texts("401"), texts("302")},
		{"login.no_credentials.body", "compatible refusal-as-before", texts("an HTML page"), texts("empty")},
		{"login.no_credentials.members", "breaking refusal-form", texts("message string"), nil},
		{"login.success.members", "breaking member-removed", texts("token string"), nil},
		{"login.success.body", "compatible member-added", texts("an HTML page"), nil},
		{"login.success.body", "breaking member-removed", nil, texts("an HTML page")},
		{"login.inactive_user.body", "compatible refusal-as-before", nil, texts("an HTML page")},
		{"login.inactive_user.members", "compatible refusal-as-before", texts("a string"), texts("b string")},
		{"login.success.members", "compatible other", texts("a"), texts("b string")},
		{"login.success.members", "compatible other", texts("b string"), texts("a")},
		{"oauth.success.token.claims", "compatible claims", texts("x"), texts("sub string")},
		{"oauth.success.token.claims", "compatible claims", texts("sub string"), texts("x")},
		{"oauth.success.token.claims", "breaking token-kind", texts("sub string"), texts("exp number")},
		{"oauth.success.token.claims", "compatible claims", texts("exp number"), texts("exp number, sub string")},
		{"oauth.success.token.claims", "breaking token-kind", texts("aud string, exp number"), texts("exp number")},
		{"connection.http_1_1", "compatible other", texts("answered"), texts("something")},
		{"connection.something", "compatible other", texts("a"), texts("b")},
		{"kept.login.$$a", "compatible other", texts("accepted"), texts("something")},
		{"reading.A13", "breaking bound-lower", texts("x is as asked"), texts("x is moved")},
		{"reading.A13", "compatible reading", texts("x is refused"), texts("x is moved")},
		{"reading.A13", "compatible reading", texts("x is refused"), texts("x is as asked")},
		{"reading.A5", "compatible reading", texts("login takes no expiry"), texts("login takes an expiry")},
		{"reading.A15", "compatible reading", texts("HTTP 200"), texts("HTTP 401")},
		{"reading.A16", "compatible reading", texts(versions(accepted, refused)), texts(versions(accepted, accepted))},
		{"reading.A16", "compatible reading", texts(versions(accepted, accepted)), texts(versions(refused, refused))},
		{"reading.A16", "breaking token-elsewhere", texts(versions(accepted, accepted)), texts(versions(refused, accepted))},
		{"reading.A12", "unclear one-sided", texts("a login's earlier token lives on after a fetch"), texts("a login's earlier token lives on after a fetch", "an earlier OAuth token is refused from the next fetch on")},
		{"reading.A12", "unclear one-sided", texts("a login's earlier token lives on after a fetch", "an earlier OAuth token is refused from the next fetch on"), texts("a login's earlier token lives on after a fetch")},
		{"reading.A13", "unclear one-sided", texts("an expiry above the default is taken as asked"), texts("an expiry above the default is taken as asked", "an expiry below 60 seconds is refused")},
		{"reading.A7", "unclear one-sided", texts(`"x" for a missing header`), texts(`"x" for a missing header`, `"y" for an invalid header`)},
		{"reading.A7", "compatible reading", texts(`"x" for a missing header`), texts(`"y" for a missing header`)},
		{"reading.A12", "compatible reading", texts("is refused"), texts("lives on")},
		{"reading.A1", "compatible reading", texts("accepted as Basic"), texts("accepted as Basic", "accepted as Bearer")},
	} {
		old, new := behaviours(c.trait, c.old, c.new)
		if got := changesOf(old.Traits, new.Traits, Options{}, "21.7"); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%s %v -> %v: %q, not %s", c.trait, c.old, c.new, got, c.want)
		}
	}
}

// Of a reading with a value for each service those are told that differ, unless one run
// has none of its own.
func TestDifferingReadings(t *testing.T) {
	for _, c := range []struct{ old, new, wantOld, wantNew []string }{
		{texts("a", "b"), texts("a", "c"), texts("b"), texts("c")}, {texts("a"), texts("a", "c"), texts("a"), texts("a", "c")},
		{texts("a", "b"), texts("a"), texts("a", "b"), texts("a")}, {texts("a"), texts("b"), texts("a"), texts("b")},
	} {
		if got := differing(Trait{Old: c.old, New: c.new}); !slices.Equal(got.Old, c.wantOld) || !slices.Equal(got.New, c.wantNew) {
			t.Errorf("%v, %v: %+v", c.old, c.new, got)
		}
	}
}

// Thresholds of both runs are told where they held in one of them only.
func TestThresholdNotes(t *testing.T) {
	const pass, fail, open = record.ThresholdPass, record.ThresholdFail, record.ThresholdInconclusive
	for states, want := range map[[2]record.ThresholdState]string{
		{pass, pass}: "", {fail, fail}: "", {open, open}: "", {open, pass}: "", {open, fail}: "", {fail, open}: "",
		{pass, fail}: "the threshold x held before with 1, and does not with 2", {pass, open}: "the threshold x held before with 1, and is open now: why",
		{fail, pass}: "the threshold x did not hold before with 1, and does with 2",
	} {
		old := &record.Load{Thresholds: []record.Threshold{{Expression: "other", State: pass}, {Expression: "x", Value: "1", State: states[0]}}}
		new := &record.Load{Thresholds: []record.Threshold{{Expression: "x", Value: "2", State: states[1], Reason: "why"}, {Expression: "new", State: fail}}}
		if got := strings.Join(thresholds(old, new), "|"); got != want {
			t.Errorf("%v: %q", states, got)
		}
	}
}

// What the two records are is said first.
func TestNotes(t *testing.T) {
	for want, edit := range map[string]func(old, new *record.Run){
		"the two records are of the same run: there is nothing to compare": func(*record.Run, *record.Run) {},
		"": func(_, new *record.Run) { new.Finished = new.Finished.Add(1) },
		"the old record is the newer one: were the two given the other way round?":      func(_, new *record.Run) { new.Started = new.Started.Add(-1) },
		"the runs had different targets: http://a, then http://b":                       func(_, new *record.Run) { new.Target.BaseURL = "http://b" },
		"the runs checked against different editions of the documentation: 26 and 21.7": func(_, new *record.Run) { new.Target.Edition = "21.7" },
	} {
		old, new := plain(), plain()
		for _, r := range []*record.Run{old, new} {
			r.Target.BaseURL, r.Target.Edition, r.Target.Embedded = "http://a", "26", false
		}
		edit(old, new)
		r, err := Compare(old, new, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(r.Notes, "|"); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
	// A part that one of the records has is said, one that neither has is not.
	for parts, want := range map[[2]string]string{
		{"conformance load", "conformance load"}: "", {"conformance", "conformance"}: "", {"load", "load"}: "",
		{"conformance load", "load"}: "only one of the records has a conformance part", {"load", "conformance load"}: "only one of the records has a conformance part",
		{"conformance load", "conformance"}: "only one of the records has a load test", {"conformance", "conformance load"}: "only one of the records has a load test",
	} {
		var runs [2]*record.Run
		for i := range runs {
			runs[i] = plain()
			runs[i].Started, runs[i].Behaviour = runs[i].Started.Add(time.Duration(i)), nil
			if !strings.Contains(parts[i], "load") {
				runs[i].Load = nil
			}
			if !strings.Contains(parts[i], "conformance") {
				runs[i].Conformance = nil
			}
		}
		r, err := Compare(runs[0], runs[1], Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(r.Notes, "|"); got != want || (r.Performance != nil) != (strings.Contains(parts[0], "load") && strings.Contains(parts[1], "load")) {
			t.Errorf("%v: %q", parts, got)
		}
	}
	old, new := sample.Verify(), sample.Verify()
	new.Target.BaseURL, new.Started = "http://b", old.Started.Add(1)
	for embedded, want := range map[[2]bool]int{{true, true}: 0, {true, false}: 1, {false, true}: 1, {false, false}: 1} {
		old.Target.Embedded, new.Target.Embedded = embedded[0], embedded[1]
		if got := oddities(old, new); len(got) != want {
			t.Errorf("embedded %v: %q", embedded, got)
		}
	}
}

// What was checked and is not leaves the comparison open: a requirement that is not only
// observed, unless the edition of the new run, a later one, has none of that name.
func TestUncheckable(t *testing.T) {
	for name, c := range map[string]struct {
		change   Change
		editions [2]string
		want     int
	}{
		"a requirement":             {Change{Kind: "requirement", Level: "documented", New: record.Skipped}, [2]string{"26", "26"}, 1},
		"only observed":             {Change{Kind: "requirement", Level: "observed", New: record.Skipped}, [2]string{"26", "26"}, 0},
		"a scenario":                {Change{Kind: "scenario", New: record.Skipped}, [2]string{"26", "26"}, 0},
		"gone, another edition":     {Change{Kind: "requirement", Level: "documented"}, [2]string{"21.7", "26"}, 0},
		"gone, an earlier edition":  {Change{Kind: "requirement", Level: "documented"}, [2]string{"24", "21.7"}, 1},
		"gone, for Essentials":      {Change{Kind: "requirement", Level: "documented"}, [2]string{"26", "essentials"}, 0},
		"gone, an unknown edition":  {Change{Kind: "requirement", Level: "documented"}, [2]string{"26", "33"}, 0},
		"gone, the same edition":    {Change{Kind: "requirement", Level: "documented"}, [2]string{"26", "26"}, 1},
		"skipped, another edition ": {Change{Kind: "requirement", Level: "documented", New: record.Skipped}, [2]string{"21.7", "26"}, 1},
	} {
		r := &Result{Conformance: &Conformance{NewlyUnchecked: []Change{c.change}}}
		r.Old.Target.Edition, r.New.Target.Edition = c.editions[0], c.editions[1]
		if got := r.uncheckable(); len(got) != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// versions is a reading of A16, of what V1 and V2 give a user.
func versions(v1, v2 string) string {
	return "V1 login gives a DB token, " + v1 + ", V2 auth token gives a DB token, " + v2
}

// What the resource made of a token, in readings of A16.
const accepted, refused = "accepted by the resource", "not accepted by the resource"

// A reading that lacks a value of a service that one of the runs did not ask is no change.
func TestReadingsOfServicesThatOneRunDidNotAsk(t *testing.T) {
	of := func(reading []string, services ...string) map[string][]string {
		m := map[string][]string{"reading.A8": reading}
		for _, s := range services {
			m[s+".success.status"] = texts("200")
		}
		return m
	}
	text, both := texts("message is a string"), texts("message is a list of strings", "message is a string")
	for name, c := range map[string]struct {
		old, new map[string][]string
		want     []string
	}{
		"fewer services":    {of(both, "login", "oauth"), of(text, "login"), texts("unclear one-sided", "unclear one-sided")},
		"more services":     {of(text, "login"), of(both, "login", "oauth"), texts("unclear one-sided", "unclear one-sided")},
		"the same services": {of(both, "login", "oauth"), of(text, "login", "oauth"), texts("compatible reading")},
		"other services":    {of(both, "login"), of(text, "oauth"), texts("compatible reading", "unclear one-sided", "unclear one-sided")},
	} {
		got := changesOf(c.old, c.new, Options{}, "26")
		if slices.Sort(got); !slices.Equal(slices.Compact(got), slices.Compact(c.want)) {
			t.Errorf("%s: %q", name, got)
		}
	}
}
