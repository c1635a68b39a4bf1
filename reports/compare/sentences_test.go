package compare

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unigate/unigate/internal/record"
)

// numbered are so many texts: x1, x2, x3.
func numbered(n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("x%d", i+1))
	}
	return out
}

// A list names a few and says how many more there are, and never "0 more".
func TestListsAreShort(t *testing.T) {
	lists := map[string]func(n int) string{
		"values": func(n int) string { return listed(numbered(n)) },
		"traits": func(n int) string { return seen(numbered(n)) },
		"users": func(n int) string {
			var traits []string
			for _, name := range numbered(n) {
				traits = append(traits, "login.user."+name, "v2auth.user."+name)
			}
			return folded("refused", traits, "")
		},
		"requirements": func(n int) string {
			var changes []Change
			for _, name := range numbered(n) {
				changes = append(changes, Change{ID: name})
			}
			return names(changes)
		},
		"breaking changes": func(n int) string {
			b := &Behaviour{Groups: []Group{{Class: Breaking, Accepted: "known"}, {Class: Compatible}}}
			for _, name := range numbered(n) {
				b.Groups = append(b.Groups, Group{Class: Breaking, Sentence: name, Rule: "r"})
			}
			return strings.Join(b.breakingReasons(), "|")
		},
	}
	for _, c := range []struct {
		of   string
		n    int
		want string
	}{
		{"values", 0, "nothing"}, {"values", 1, "x1"}, {"values", 3, "x1 or x2 or x3"}, {"values", 4, "x1 or x2 or x3 or 1 more"}, {"values", 5, "x1 or x2 or x3 or 2 more"},
		{"traits", 1, "seen in x1"}, {"traits", 4, "seen in x1, x2, x3, x4"}, {"traits", 5, "seen in x1, x2, x3, x4 and 1 more"},
		{"users", 3, "refused: x1, x2, x3"}, {"users", 4, "refused: x1, x2, x3 and 1 more"}, {"users", 5, "refused: x1, x2, x3 and 2 more"},
		{"requirements", 5, "x1, x2, x3, x4, x5"}, {"requirements", 6, "x1, x2, x3, x4, x5, and 1 more"}, {"requirements", 8, "x1, x2, x3, x4, x5, and 3 more"},
		{"breaking changes", 0, ""}, {"breaking changes", 3, "breaking: x1 (r)|breaking: x2 (r)|breaking: x3 (r)"},
		{"breaking changes", 4, "breaking: x1 (r)|breaking: x2 (r)|breaking: x3 (r)|and 1 breaking change more"},
		{"breaking changes", 5, "breaking: x1 (r)|breaking: x2 (r)|breaking: x3 (r)|and 2 breaking changes more"},
	} {
		if got := lists[c.of](c.n); got != c.want {
			t.Errorf("%d %s: %q, not %q", c.n, c.of, got, c.want)
		}
	}
}

// Latencies are shown with three digits or so, changes with one decimal where they have any.
func TestNumbersInTables(t *testing.T) {
	for s, want := range map[float64]string{0: "0.00", 0.0099949: "9.99", 0.01: "10.0", 0.09994: "99.9", 0.1: "100", 1.2345: "1234"} {
		if got := milliseconds(s); got != want {
			t.Errorf("%v s: %s, not %s", s, got, want)
		}
		if got := bound(s, true); got != "≥"+want || bound(s, false) != want {
			t.Errorf("a lower bound of %v s: %s", s, got)
		}
	}
	for share, want := range map[float64]string{0: "+0.0 %", -0.051: "-5.1 %", 0.1: "+10.0 %", 10: "+1000.0 %", 10.004: "+1000 %", 10.5: "+1050 %"} {
		if got := Percent(share); got != want {
			t.Errorf("%v: %s, not %s", share, got, want)
		}
	}
}

// A table shows the whole of a value of up to a thousand characters.
func TestLongValues(t *testing.T) {
	if got := show(""); got != "(empty)" {
		t.Error(got)
	}
	if got := show(strings.Repeat("x", 1000)); got != strings.Repeat("x", 1000) {
		t.Errorf("a thousand characters are cut: %d", len(got))
	}
	if got := show(strings.Repeat("x", 1001)); got != strings.Repeat("x", 997)+"..." {
		t.Errorf("%d characters", len(got))
	}
	if got := values(nil); got != "(not observed)" {
		t.Error(got)
	}
	if got := values([]string{"a", strings.Repeat("x", 300), strings.Repeat("y", 301)}); got != "a\n"+strings.Repeat("x", 300)+"\n"+strings.Repeat("y", 297)+"..." {
		t.Error(got)
	}
}

// The line of a comparison says the verdict and what each part came to.
func TestLine(t *testing.T) {
	verdict := func(s record.VerdictState) record.Verdict { return record.Verdict{State: s} }
	for want, r := range map[string]*Result{
		"NO REGRESSION SHOWN: 0 newly failing, 0 fixed, 0 newly unchecked": {Verdict: verdict(record.VerdictPass), Conformance: &Conformance{}},
		"REGRESSION: 1 newly failing, 2 fixed, 3 newly unchecked, 1 newly with a warning": {Verdict: verdict(record.VerdictFail), Conformance: &Conformance{
			NewlyFailing: make([]Change, 1), Fixed: make([]Change, 2), NewlyUnchecked: make([]Change, 3), NewlyWarning: make([]Change, 1),
		}},
		"INCONCLUSIVE: load not comparable": {Verdict: verdict(record.VerdictInconclusive), Performance: &Performance{Figures: []Figure{{Outcome: NotComparable}}}},
		"REGRESSION: load: 3 worse, 1 better": {Verdict: verdict(record.VerdictFail), Performance: &Performance{
			Comparable: true,
			Figures:    []Figure{{Outcome: Worse}, {Outcome: Better}, {Outcome: Worse}, {Outcome: NoDifference}}, Counts: []Count{{}, {Outcome: Worse}, {Outcome: NoDifference}},
		}},
		"NO REGRESSION SHOWN: 0 changes of behaviour": {Verdict: verdict(record.VerdictPass), Behaviour: &Behaviour{}},
		"REGRESSION: 1 change of behaviour: 1 breaking": {Verdict: verdict(record.VerdictFail), Behaviour: &Behaviour{
			Groups: []Group{{Class: Breaking}},
		}},
		"REGRESSION: 4 changes of behaviour: 2 breaking, 1 of them accepted; 2 compatible": {Verdict: verdict(record.VerdictFail), Behaviour: &Behaviour{
			Groups: []Group{{Class: Breaking}, {Class: Breaking, Accepted: "known"}, {Class: Compatible}, {Class: Compatible}},
		}},
	} {
		if got := r.Line(); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

// In full a text has each trait with its values; otherwise it says how to see them.
func TestTraitsInText(t *testing.T) {
	b := &Behaviour{
		Changes: []Trait{{Name: "login.success.status", Kind: "changed", Old: texts("200"), New: texts("201", "")}, {Name: "reading.A1", Kind: "only new", New: texts("x")}}, Unchanged: 3,
		Groups: []Group{{Rule: "success-status", Class: Breaking, Sentence: "s", Reason: "because", Accepted: "known", Traits: texts("login.success.status")}},
	}
	draw := func(b *Behaviour, d Drawing) string {
		got, err := (&Result{Verdict: record.Verdict{State: record.VerdictPass}, Behaviour: b}).Draw("text", d)
		if err != nil {
			t.Fatal(err)
		}
		return string(got)
	}
	full := draw(b, Drawing{Verbose: true})
	if want := "\n\n  login.success.status\n    - 200\n    + 201\n    + (empty)\n  reading.A1 (only new)\n    + x\n\n1 change, in 2 traits; 3 as before\n"; !strings.Contains(full, want) || strings.Contains(full, "--verbose") {
		t.Errorf("in full:\n%s", full)
	}
	if want := "\n\nBreaking: programs that fetch tokens may stop, or misread\n  - s\n    because; accepted: known\n    rule success-status; seen in login.success.status\n"; !strings.Contains(full, want) {
		t.Errorf("in full:\n%s", full)
	}
	if one := draw(&Behaviour{Changes: b.Changes[:1]}, Drawing{}); !strings.Contains(one, "0 changes, in 1 trait; 0 as before\n--verbose shows every trait") {
		t.Errorf("one trait:\n%s", one)
	}
	if short := draw(b, Drawing{}); strings.Contains(short, "+ 201") || !strings.Contains(short, "--verbose shows every trait") {
		t.Errorf("in short:\n%s", short)
	}
	if none := draw(&Behaviour{}, Drawing{}); strings.Contains(none, "--verbose") || !strings.Contains(none, "0 changes, in 0 traits; 0 as before") {
		t.Errorf("without a change:\n%s", none)
	}
	const tooWide = "xxxxxxxxxx xxxxxxxxxx xxxxxx xxxxxx" // by one cell, behind "Note: "
	narrow, err := (&Result{Notes: texts(tooWide[1:], tooWide)}).Draw("text", Drawing{Width: 10})
	if err != nil || !strings.Contains(string(narrow), "\nNote: "+tooWide[1:]+"\n") || strings.Contains(string(narrow), tooWide) {
		t.Errorf("less than 40 cells are not drawn as 40: %v\n%s", err, narrow)
	}
	if wide, eighty := draw(b, Drawing{}), draw(b, Drawing{Width: 80}); wide != eighty {
		t.Errorf("no width is not 80 cells:\n%s", cmp.Diff(eighty, wide))
	}
}

// Each format has all rules, the text each below the title of its class.
func TestRulesAreDrawn(t *testing.T) {
	for _, width := range []int{0, 60, 100} {
		b, err := DrawRules("text", Drawing{Width: width})
		if err != nil {
			t.Fatal(err)
		}
		rest := string(b)
		for i, line := range strings.Split(rest, "\n") {
			if len([]rune(line)) > max(width, 60) {
				t.Errorf("line %d is wider than %d: %q", i+1, width, line)
			}
		}
		for _, class := range Classes {
			at := strings.Index(rest, strings.Fields(class.Section())[0])
			for _, r := range rules {
				if i := strings.Index(rest, "  "+r.ID+": "); r.Class == class && i < at || at < 0 || i < 0 {
					t.Errorf("%s stands at %d, %s at %d", r.ID, i, class, at)
				}
			}
		}
	}
	b, err := DrawRules("json", Drawing{})
	var got []Rule
	if err != nil || json.Unmarshal(b, &got) != nil || !slices.Equal(got, Rules()) || !strings.HasSuffix(string(b), "]\n") {
		t.Errorf("%v\n%s", err, b)
	}
	if b, err = DrawRules("markdown", Drawing{}); err != nil || strings.Count(string(b), "\n| ") < len(rules) {
		t.Errorf("%v\n%s", err, b)
	}
	for _, r := range rules {
		if !strings.Contains(string(b), r.ID) || !KnownRule(r.ID) {
			t.Errorf("%s is missing", r.ID)
		}
	}
}

// A format that is none is refused with those there are.
func TestFormats(t *testing.T) {
	if got := Formats(); !slices.Equal(got, []string{"html", "json", "markdown", "text"}) {
		t.Error(got)
	}
	if _, err := (&Result{}).Draw("html", Drawing{}); err == nil || !strings.Contains(err.Error(), "html, json, markdown, text") {
		t.Error(err)
	}
	if got := Figures(); !slices.Equal(got, []string{"p50", "p90", "p95", "p99", "p99.9"}) {
		t.Error(got)
	}
}

// A change of conformance has its reason where there is one.
func TestSectionsOfConformance(t *testing.T) {
	s := Section{Changes: []Change{{ID: "A", Level: "documented", Old: record.Pass, New: record.Fail, Title: "title", Reason: "why"}, {ID: "B", Title: "title"}}}
	if diff := cmp.Diff([][]string{{"A", "documented", "pass", "fail", "title (why)"}, {"B", "", "-", "-", "title"}}, s.table().Rows); diff != "" {
		t.Error(diff)
	}
	draw := func(c *Conformance) string {
		b, err := (&Result{Verdict: record.Verdict{State: record.VerdictPass}, Conformance: c}).Draw("text", Drawing{})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for want, c := range map[string]*Conformance{
		"nothing changed in 7 requirements\n": {Unchanged: 7}, "nothing changed in 1 requirement\n": {Unchanged: 1},
		"1 requirement is as before\n": {Unchanged: 1, Fixed: s.Changes}, "2 requirements are as before\n": {Unchanged: 2, Ambiguities: []Reading{{ID: "A2"}}},
	} {
		if got := draw(c); !strings.Contains(got, want) {
			t.Errorf("%q is missing:\n%s", want, got)
		}
	}
}

// Each side is named with its target, by whose documentation and when it was looked at.
func TestSides(t *testing.T) {
	s := Side{Command: "verify", Started: time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC), Tool: record.Tool{Version: "v1"}, Target: record.Target{BaseURL: "http://h", Edition: "26"}, Verdict: record.VerdictPass}
	if got := s.describe(); got != "verify of http://h, 2027-01-02 03:04:05 UTC, edition 26, unigate v1: pass" {
		t.Error(got)
	}
	s.Target.Embedded = true
	if got := s.describe(); !strings.HasPrefix(got, "verify of http://h (embedded reference service), ") {
		t.Error(got)
	}
}

// Each figure has what bounds its change, or why there is nothing to say, and its limit.
func TestFiguresInTables(t *testing.T) {
	limit := 0.1
	long := strings.Repeat("s", 24)
	p := &Performance{
		Figures: []Figure{
			{Service: "login", Name: "p50", OldS: 0.01, NewS: 0.012, Change: 0.2, Low: 0.15, High: 0.25, Outcome: Worse, Limit: &limit, Exceeded: true},
			{Service: "login", Name: "p90", OldS: 0.01, NewS: 0.012, Change: 0.2, Low: 0.05, High: 0.25, Outcome: Worse, Limit: &limit},
			{Service: long, Name: "p99", OldS: 0.1, NewS: 0.2, OldAtLeast: true, Outcome: NotComparable, Reason: "too few"},
			{Service: long + "s", Name: "p99", OldS: 0.1, NewS: 0.2, NewAtLeast: true, Outcome: NoDifference, Low: -0.1},
		},
		Counts: []Count{{Name: "errors", Old: "1", New: "2", Outcome: NoDifference}, {Name: "requests", Old: "3", New: "4"}},
	}
	want := [][]string{
		{"login", "p50", "10.0", "12.0", "+20.0 %", "+15.0 %", "+25.0 %", "worse; limit +10.0 % exceeded"},
		{"login", "p90", "10.0", "12.0", "+20.0 %", "+5.0 %", "+25.0 %", "worse; limit +10.0 %"},
		{long, "p99", "≥100", "200", "-", "-", "-", "not comparable: too few"},
		{strings.Repeat("s", 21) + "...", "p99", "100", "≥200", "+0.0 %", "-10.0 %", "+0.0 %", "no difference shown"},
	}
	if diff := cmp.Diff(want, p.performanceTable().Rows); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]string{{"errors", "1", "2", "no difference shown"}, {"requests", "3", "4", ""}}, p.countTable().Rows); diff != "" {
		t.Error(diff)
	}
	p.Counts = append(p.Counts, Count{Name: "unsent", Old: "1", New: "9", Outcome: Worse})
	p.Reasons = texts("another plan", "another transport")
	b, err := (&Result{Performance: p}).Draw("text", Drawing{Color: true})
	if !strings.Contains(string(b), "\nNot comparable: another plan\nNot comparable: another transport\n") {
		t.Errorf("the reasons are missing:\n%s", b)
	}
	if err != nil || strings.Count(string(b), "\x1b[31mworse") != 3 {
		t.Errorf("two figures and a count are worse: %v\n%q", err, b)
	}
	for _, width := range []int{72, 80, 120} {
		b, err := (&Result{Verdict: record.Verdict{State: record.VerdictPass}, Performance: p}).Draw("text", Drawing{Width: width})
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(string(b), "\n")[1:] {
			if len([]rune(line)) > width {
				t.Errorf("wider than %d: %q", width, line)
			}
		}
	}
}
