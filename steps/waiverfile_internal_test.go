package steps

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// A file of waivers may have a mebibyte, and no deep nesting; one without any is none.
func TestWaiverFiles(t *testing.T) {
	const one = "- {requirement: LOGIN-03, reason: known, expires: 2027-03-15}\n"
	const mib = 1 << 20
	for name, c := range map[string]struct {
		text string
		want int
		says string
	}{
		"empty":           {text: ""},
		"a comment alone": {text: "# none yet\n"},
		"a marker alone":  {text: "---\n"},
		"null":            {text: "null\n"},
		"an empty list":   {text: "[]\n"},
		"a mebibyte":      {text: one + "#" + strings.Repeat("x", mib-len(one)-1), want: 1},
		"a byte more":     {text: one + "#" + strings.Repeat("x", mib-len(one)), says: "the waivers are larger than 1048576 bytes"},
		"deep":            {text: strings.Repeat("[", 65) + strings.Repeat("]", 65), says: "is nested deeper than 64 levels"},
	} {
		list, err := ParseWaivers([]byte(c.text))
		if got := errorText(err); len(list) != c.want || (got == "") != (c.says == "") || !strings.Contains(got, c.says) {
			t.Errorf("%s: %d waivers, %q", name, len(list), got)
		}
	}
}

// errorText is what an error says; "" for none.
func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// A waiver says where it stands, whatever is written around it, and what is wrong with one
// is said also where the place is hidden.
func TestPlacesOfWaivers(t *testing.T) {
	const one = "requirement: LOGIN-03\n  reason: known\n  expires: 2027-03-15\n"
	for name, c := range map[string]struct {
		text  string
		place []string
	}{
		"the first line":    {"- " + one, []string{"the waiver in line 1"}},
		"below comments":    {"# ours\n# theirs\n- " + one + "# and\n- # T-4\n  " + one, []string{"the waiver in line 3", "the waiver in line 8"}},
		"below a marker":    {"---\n- " + one, []string{"the waiver in line 2"}},
		"behind an anchor":  {"&a\n- " + one, []string{"a waiver"}},
		"in another order":  {"- reason: known\n  expires: 2027-03-15\n  requirement: LOGIN-03\n", []string{"the waiver in line 1"}},
		"in braces":         {"[{requirement: LOGIN-03, reason: known, expires: 2027-03-15},\n\n {requirement: LOGIN-03, reason: known, expires: 2027-03-15}]", []string{"the waiver in line 1", "the waiver in line 3"}},
		"all that it takes": {"- requirement: LOGIN-03\n  edition: '21.7'\n  scenarios: [a, b]\n  ticket: T-1\n  reason: known\n  expires: 2027-03-15\n", []string{"the waiver in line 1"}},
	} {
		list, err := ParseWaivers([]byte(c.text))
		var places []string
		for _, w := range list {
			places = append(places, w.Place())
		}
		if err != nil || !slices.Equal(places, c.place) {
			t.Errorf("%s: %q, %v", name, places, err)
		}
	}
	for text, says := range map[string][]string{
		"&a\n- requirement: LOGIN-03\n  expires: 2027-03-15\n":                          {"waiver 1: it has no reason"},
		"# ours\n- requirement: LOGIN-03\n  # soon\n  expires: soon\n  reason: known\n": {"waiver 1: ", "[4:12]", "expires is a day such as 2027-03-31"},
		"- requirement: LOGIN-03\n  expires: 2027-03-15\n":                              {"[1:3]", "it has no reason"},
		"- null\n": {"waiver 1: ", "[1:3]", "it has no requirement"},
		"-\n":      {"waiver 1: ", "[1:", "it has no requirement"},
		"- {requirement: LOGIN-03, reason: x, expires: 2099-01-01, scenarios: []}":       {"[1:70]", "scenarios names at least one scenario"},
		"- {requirement: LOGIN-03, reason: x, expires: 2099-01-01, scenarios: ['']}":     {"scenarios names at least one scenario"},
		"- {requirement: LOGIN-03, reason: x, expires: 2099-01-01, scenarios: [a, ' ']}": {"scenarios names at least one scenario"},
	} {
		list, err := ParseWaivers([]byte(text))
		for _, s := range says {
			if got := errorText(err); list != nil || !strings.Contains(got, s) {
				t.Errorf("%q: %d waivers, %q, not %q", text, len(list), got, s)
			}
		}
	}
}

// A waiver that can never match is a mistake (exit status 2): of a requirement that there is
// not, or not in its edition, or of a scenario that is not about it. One of a change is none.
func TestWaiversThatMatchNothing(t *testing.T) {
	r := judging(t, nil)
	about := func(id string) *Scenario {
		return r.selection.Scenarios[slices.IndexFunc(r.selection.Scenarios, func(s *Scenario) bool { return slices.Equal(s.Requirements, []string{id}) })]
	}
	status, shape := about("LOGIN-03"), about("LOGIN-04")
	const tail = ", reason: known, expires: 2027-03-15}"
	quoted := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
	of3 := func(scenarios ...string) string {
		for i := range scenarios {
			scenarios[i] = quoted(scenarios[i])
		}
		return "{requirement: LOGIN-03, scenarios: [" + strings.Join(scenarios, ", ") + "]" + tail
	}
	for name, c := range map[string]struct{ text, says, hint string }{
		"of a requirement":                   {text: "{requirement: LOGIN-03" + tail},
		"in an edition that has it":          {text: "{requirement: V2AUTH-01, edition: '26'" + tail},
		"of a change":                        {text: "{change: token-reuse" + tail},
		"of a scenario by its name":          {text: of3(status.Name)},
		"of a scenario by its id":            {text: of3(status.ID)},
		"of no requirement that there is":    {"{requirement: LOGIN-99" + tail, `the waiver in line 1 matches nothing: no requirement is named "LOGIN-99"`, "unigate spec lists the requirements"},
		"in an edition that has it not":      {"{requirement: V2AUTH-01, edition: '21.7'" + tail, `matches nothing: edition "21.7" has no requirement V2AUTH-01`, "unigate spec lists the requirements of an edition"},
		"in no edition that there is":        {"{requirement: LOGIN-03, edition: '19'" + tail, `matches nothing: "19" is not a known edition`, "the editions are 21.7, 24, 26, essentials"},
		"in a release":                       {text: "{requirement: V2AUTH-01, edition: '23.10'" + tail},
		"in a release of an edition without": {"{requirement: V2AUTH-01, edition: '21.12'" + tail, `matches nothing: edition "21.7" has no requirement V2AUTH-01`, ""},
		"of another one's scenario":          {of3(shape.Name), `no scenario about LOGIN-03 is called "` + shape.Name + `"`, "unigate verify --list --requirement LOGIN-03 lists the scenarios by their names and ids"},
		"of another one's, by its id":        {of3(shape.ID), `no scenario about LOGIN-03 is called "` + shape.ID + `"`, ""},
		"of a scenario, with a typo":         {of3(status.Name + "x"), `no scenario about LOGIN-03 is called "` + status.Name + `x"`, `did you mean "` + status.Name + `"?`},
		"of one that is, and one that not":   {of3(status.ID, "nothing like it"), `no scenario about LOGIN-03 is called "nothing like it"`, "unigate verify --list"},
		"below one of a change":              {"{change: token-reuse" + tail + ", {requirement: LOGIN-99" + tail, `no requirement is named "LOGIN-99"`, ""},
		"below one that is right":            {"{requirement: LOGIN-03" + tail + ",\n {requirement: LOGIN-99" + tail, `the waiver in line 2 matches nothing`, ""},
	} {
		err := checkWaivers(waiversOf(t, c.text), r.selection.corpus)
		var usage *usageError
		if c.says == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if !errors.As(err, &usage) || !errors.Is(err, ErrUsage) || !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(usage.Hint(), c.hint) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A waiver for a release holds for its edition.
func TestWaiverOfARelease(t *testing.T) {
	list := waiversOf(t, "{requirement: LOGIN-03, edition: '23.10', reason: known, expires: 2027-03-15}")
	if err := checkWaivers(list, judging(t, nil).selection.corpus); err != nil || list[0].Edition != "24" {
		t.Errorf("%+v: %v", list, err)
	}
}

// A waiver of scenarios holds for those that it names, by name or by id, and for no other.
func TestWaiversHoldForWhatTheyName(t *testing.T) {
	s := &Scenario{ID: "f:1", Name: "mine"}
	for name, c := range map[string]struct {
		scenarios []string
		want      bool
	}{
		"all of them": {nil, true}, "by name": {[]string{"mine"}, true}, "by id": {[]string{"f:1"}, true}, "one of two": {[]string{"other", "f:1"}, true},
		"another one": {[]string{"other"}, false}, "another's id": {[]string{"f:11", "f"}, false},
	} {
		list := waiversOf(t, "{requirement: LOGIN-03, reason: known, expires: 2027-03-15}")
		list[0].Scenarios = c.scenarios
		if got := waiverFor(list, "LOGIN-03", "21.7", s, today); (got == 0) != c.want {
			t.Errorf("%s: %d", name, got)
		}
	}
}
