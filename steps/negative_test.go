package steps

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cucumber/godog"

	"github.com/unigate/unigate/features"
	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/unifier"
)

// teapot answers every call with 418, so that no test needs a service.
type teapot struct{}

func (teapot) Do(_ context.Context, c unifier.Call) unifier.Exchange {
	now := time.Now()
	return unifier.Exchange{Call: c, Method: http.MethodGet, URL: "http://127.0.0.1" + c.Path, Status: 418, Header: http.Header{}, Started: now, Finished: now, Attempts: 1}
}

// runOwn runs the scenarios of a text with more step definitions than the vocabulary has.
func runOwn(t *testing.T, text string, more ...definition) *Result {
	t.Helper()
	all, err := features.LoadEditions()
	if err != nil {
		t.Fatal(err)
	}
	e, _ := features.FindEdition(all, "")
	o := Options{Client: teapot{}, BaseURL: "http://127.0.0.1", Edition: e, Tags: "@own", Own: []features.File{{Name: "own.feature", Content: []byte(text), Own: true}}}
	o.fill()
	words := &lexicon{definitions: slices.Clone(vocabulary().definitions)}
	for _, d := range more {
		d.expr = regexp.MustCompile("^" + d.pattern + "$")
		words.definitions = append(words.definitions, &d)
	}
	r, err := newRunWith(o, words)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if err := errors.Join(r.preflight(ctx), r.runSuite(ctx, 0)); err != nil {
		t.Fatal(err)
	}
	return r.result(ctx)
}

// scenarioText is one scenario of the user's with the given steps.
func scenarioText(steps string) string {
	return "Feature: own\n  @own @SEC-01\n  Scenario: mine\n" + steps
}

func step(pattern string, run func(context.Context, *World, []string) error) definition {
	return definition{pattern: pattern, run: run}
}

// failed is the error of a step that found one thing wrong.
func failed(id, kind, expected, observed, detail string) error {
	return &mismatch{findings: []oracle.Finding{{Requirement: id, Kind: kind, Expected: expected, Observed: observed, Detail: detail}}}
}

func nothing(context.Context, *World, []string) error { return nil }

// A step that cannot be run fails the run, even in a scenario about a
// requirement below the gate.
func TestStepsThatCannotRunFailTheRun(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		more []definition
		says string
	}{
		"pending": {scenarioText("    Given later\n"), []definition{step("later", func(context.Context, *World, []string) error { return godog.ErrPending })}, "not implemented"},
	} {
		t.Run(name, func(t *testing.T) {
			r := runOwn(t, c.text, c.more...)
			if r.Verdict.Exit != exitFail || r.Conformance.Summary.Fail != 1 {
				t.Errorf("exit %d, %+v, %v", r.Verdict.Exit, r.Conformance.Summary, r.Verdict.Reasons)
			}
			if reason := r.Conformance.Scenarios[0].Reason; !strings.Contains(reason, c.says) {
				t.Errorf("reason %q", reason)
			}
		})
	}
}

// The control of the control: the same way, a scenario whose steps are defined passes.
func TestDefinedStepsPass(t *testing.T) {
	r := runOwn(t, scenarioText("    Given it is fine\n"), step("it is fine", nothing))
	if r.Verdict.Exit != exitPass || r.Conformance.Summary.Pass != 1 {
		t.Errorf("exit %d, %+v, %v", r.Verdict.Exit, r.Conformance.Summary, r.Verdict.Reasons)
	}
}

func TestOutcomesOfSteps(t *testing.T) {
	boom := step("it breaks", func(context.Context, *World, []string) error { panic("boom") })
	fails := step("it fails", func(context.Context, *World, []string) error { return failed("SEC-01", "x", "this", "that", "") })
	skips := step("it skips", func(context.Context, *World, []string) error { return skip("no %s", "time") })
	for name, c := range map[string]struct {
		text  string
		step  definition
		state record.State
		exit  int
		says  string
	}{
		"panic":                  {"    Given it breaks\n", boom, record.Error, exitInconclusive, "boom"},
		"failure below the gate": {"    Given it fails\n", fails, record.Warning, exitPass, "expected this, observed that"},
		"skip alone":             {"    Given it skips\n", skips, record.Skipped, exitInconclusive, "no time"},
	} {
		t.Run(name, func(t *testing.T) {
			r := runOwn(t, scenarioText(c.text), c.step)
			s := r.Conformance.Scenarios[0]
			if s.State != c.state || r.Verdict.Exit != c.exit || !strings.Contains(s.Reason, c.says) {
				t.Errorf("%s, exit %d, %q", s.State, r.Verdict.Exit, s.Reason)
			}
		})
	}
	// A scenario that is about no requirement counts as documented.
	r := runOwn(t, strings.ReplaceAll(scenarioText("    Given it fails\n"), " @SEC-01", ""), fails)
	if r.Verdict.Exit != exitFail {
		t.Errorf("exit %d", r.Verdict.Exit)
	}
}

func TestTagExpressions(t *testing.T) {
	tags := map[string]bool{"@a": true, "@b": true}
	for text, want := range map[string]bool{
		"": true, "@a": true, "@c": false, "not @c": true, "not not @a": true, "@a and @b": true, "@a and @c": false,
		"@c or @b": true, "@c and @c or @b": true, "@a or @c and @c": true, "(@a or @c) and @c": false, "not (@a and @c)": true,
		"not @a or @b": true, "not(@a)or(@b)": true,
	} {
		e, err := parseTags(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		} else if e.matches(tags) != want {
			t.Errorf("%q is %t", text, !want)
		}
	}
	for _, text := range []string{"@a @b", "@a and", "and @a", "(@a", "@a)", "a", "@", "not", "@a && @b", "~@a", "()", "@a,@b and"} {
		if _, err := parseTags(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

// What is handed to godog holds just the selected scenarios, on their own lines.
func TestContentsHoldTheSelectionOnly(t *testing.T) {
	for _, expression := range []string{"", "@LOGIN-08", "@LOGIN-09 or @SEC-02", "@slow", "@LOGIN-21 and not @slow", "not (@LOGIN-14 or @OAUTH-03)"} {
		all, _ := features.LoadEditions()
		e, _ := features.FindEdition(all, "")
		r, err := newRun(Options{Client: teapot{}, Edition: e, Tags: expression})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]bool{}
		for _, s := range r.selection.Scenarios {
			want[s.ID] = true
		}
		var contents []godog.Feature
		for _, phase := range phases {
			contents = append(contents, r.contents(phase)...)
		}
		for _, f := range contents {
			parsed, err := parseFeature(features.File{Name: f.Name, Content: f.Contents}, r.selection.Register)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range parsed.scenarios {
				if !want[s.ID] {
					t.Errorf("%q: %s is not selected", expression, s.ID)
				}
				delete(want, s.ID)
			}
		}
		if len(want) > 0 {
			t.Errorf("%q: missing %v", expression, want)
		}
	}
}

func TestContentsOfRulesAndTaggedExamples(t *testing.T) {
	text := "Feature: f\n\n  Background:\n    Given x\n\n  Rule: r\n\n    @a\n    Scenario Outline: o <n>\n      Given <n>\n\n      Examples:\n        | n |\n        | 1 |\n\n      @b\n      Examples:\n        | n |\n        | 2 |\n\n    # a remark\n    @b\n    Scenario: s\n      Given y\n"
	register, err := features.LoadRegister()
	if err != nil {
		t.Fatal(err)
	}
	file, err := parseFeature(features.File{Name: "f.feature", Content: []byte(text)}, register)
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range []string{"@a", "@b"} {
		selected := map[*Scenario]bool{}
		var want []string
		for _, s := range file.scenarios {
			if s.has(tag) {
				selected[s] = true
				want = append(want, s.ID)
			}
		}
		again, err := parseFeature(features.File{Name: "f.feature", Content: file.only(selected)}, register)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range again.scenarios {
			got = append(got, s.ID)
		}
		if strings.Join(got, " ") != strings.Join(want, " ") || len(got) != 2 {
			t.Errorf("%s: %v, not %v", tag, got, want)
		}
	}
}

// An id of another edition is no part of a run, so that to ask for it is a mistake, unless
// nobody chose an edition and the target may turn out to have it.
func TestSelectionOfAnotherEdition(t *testing.T) {
	all, _ := features.LoadEditions()
	for name, c := range map[string]struct {
		edition string
		open    bool
		ids     []string
		want    string // of the error; "" for none
	}{
		"of the edition":           {"26", false, []string{"V2AUTH-01", "LOGIN-01"}, ""},
		"of a later one":           {"21.7", false, []string{"V2AUTH-01"}, "V2AUTH-01 is no requirement of edition 21.7"},
		"beside one that it has":   {"21.7", false, []string{"LOGIN-01", "v2auth-01"}, "V2AUTH-01 is no requirement of edition 21.7"},
		"of one edition alone":     {"26", false, []string{"V2LOGIN-01"}, "V2LOGIN-01 is no requirement of edition 26"},
		"nobody chose":             {"21.7", true, []string{"V2AUTH-01", "LOGIN-01"}, ""},
		"nobody chose, of no such": {"21.7", true, []string{"V2LOGIN-01"}, "V2LOGIN-01 is no requirement of edition 21.7 or 24"},
	} {
		e, _ := features.FindEdition(all, c.edition)
		s, err := Select(Options{Edition: e, EditionOpen: c.open, Requirements: c.ids})
		if c.want != "" {
			if !errors.Is(err, ErrUsage) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || len(s.Scenarios) < len(c.ids) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		r := run{o: Options{Edition: e, Requirements: c.ids}, selection: s}
		if left := r.notOfEdition(); slices.Contains(left, "V2AUTH-01") != c.open || slices.Contains(left, "LOGIN-01") {
			t.Errorf("%s: left out are %v", name, left)
		}
	}
}

func TestSelection(t *testing.T) {
	all, _ := features.LoadEditions()
	e, _ := features.FindEdition(all, "")
	for _, o := range []Options{
		{Tags: "@nothing"}, {Tags: "@LOGIN-01 or"}, {Requirements: []string{"LOGIN-99"}}, {Tags: "@LOGIN-01", Requirements: []string{"LOGIN-02"}},
		{Own: []features.File{{Name: "bad.feature", Content: []byte("no gherkin")}}},
	} {
		o.Edition = e
		if _, err := Select(o); !errors.Is(err, ErrUsage) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	s, err := Select(Options{Edition: e, Requirements: []string{"login-21", "@OAUTH-02"}})
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, c := range s.Scenarios {
		ids[c.Requirements[0]] = true
		if c.has(slowTag) || c.has(loadTag) {
			t.Errorf("%s is selected unasked", c.Name)
		}
	}
	if len(ids) != 2 || !ids["LOGIN-21"] || !ids["OAUTH-02"] {
		t.Error(ids)
	}
}

// A scenario that could never fail, or whose tag names no requirement, is refused
// before anything is sent.
func TestOwnScenariosThatCheckNothingAreRefused(t *testing.T) {
	all, _ := features.LoadEditions()
	e, _ := features.FindEdition(all, "")
	for text, says := range map[string]string{
		"Feature: f\n  @own\n  Scenario: s\n    Given an active Basic user\n    When the user logs in\n":                                                        `own.feature:3: scenario "s" has no step that judges anything`,
		"Feature: f\n  @own\n  Scenario: s\n    Given 5 login tokens a second for 2 seconds\n":                                                                  "has no step that judges",
		"Feature: f\n  @own @LOGIN-99\n  Scenario: s\n    When the user logs in\n    Then the user is given a token\n":                                          `own.feature:3: scenario "s": no requirement is named "LOGIN-99"`,
		"Feature: f\n  @own @login-01\n  Scenario: s\n    When the user logs in\n    Then the user is given a token\n":                                          `no requirement is named "login-01"`,
		"@OAUTH1\nFeature: f\n  @own\n  Scenario: s\n    When the user logs in\n    Then the user is given a token\n":                                           `no requirement is named "OAUTH1"`,
		"Feature: f\n  @own @LOGIN-01 @nightly-2\n  Scenario: s\n    When the user logs in\n    Then the user is given a token\n":                               "",
		"Feature: f\n  @own @sec\n  Scenario: s\n    Given 5 login tokens a second for 2 seconds\n    Then every token is right":                                "",
		"Feature: f\n  @own\n  Scenario: s\n    When the user logs in\n    Then the user gets a token\n":                                                        "own.feature:5: no step definition matches \"the user gets a token\"",
		"Feature: f\n  @own\n  Scenario: s\n    Given the moon\n    Given the sun\n    Given a\n    Given b\n    Given c\n    Given d\n    Given e\n":           "and 2 more",
		"Feature: f\n  Scenario: unselected\n    When the moon rises\n  @own\n  Scenario: s\n    When the user logs in\n    Then the user is given a token\n":   "own.feature:3: no step",
		"Feature: f\n  @own\n  Scenario Outline: s\n    When the user logs in asking for the expiry \"<n>\"\n    Then the user is given a token\n":              "the outline \"s\" has no examples",
		"# language: de\nFunktion: f\n  @own\n  Szenariogrundriss: s\n    Wenn the user logs in asking for the expiry \"<n>\"\n":                                "the outline \"s\" has no examples",
		"Feature: f\n  Rule: r\n    @own\n    Scenario Outline: s\n      When the user logs in\n      Then no token is given\n      Examples:\n        | n |\n": "the examples of \"s\" have no rows",
		"Feature: f\n  @own\n  Scenario Outline: s\n    When the user logs in\n    Then no token is given\n    Examples:\n":                                     "have no rows",
		"Feature: f\n  @own\n  Scenario: s\n": "scenario \"s\" has no steps",
		"Feature: f\n":                        "the feature \"f\" has no scenario",
		"":                                    "there is no feature",
		"Feature: f\n  @own\n  Scenario: s\n    When the user logs in\n      \"\"\"\n      x\n      \"\"\"\n    Then the user is given a token\n": "there is a doc string below \"the user logs in\", and the step takes none",
		"Feature: f\n  Background:\n    Given an active Basic user\n      | a |\n  @own\n  Scenario: s\n    Then the user is given a token\n":     "there is a table below",
	} {
		_, err := Select(Options{Edition: e, Tags: "@own", Own: []features.File{{Name: "own.feature", Content: []byte(text), Own: true}}})
		if says == "" && err != nil || says != "" && (!errors.Is(err, ErrUsage) || !strings.Contains(err.Error(), says)) {
			t.Errorf("%s\n%v", text, err)
		}
	}
}

// Steps in an order that cannot work are a mistake in the scenario, no error of unigate's.
func TestStepsInTheWrongOrderFailTheRun(t *testing.T) {
	for text, says := range map[string]string{
		"    Then the user is given a token\n":                            "no answer was fetched by a step before",
		"    When the user logs in\n    Then the user is given a token\n": "no user was picked by a step before",
		"    Then both refusals look the same\n":                          "fewer than two refusals",
	} {
		r := runOwn(t, scenarioText(text))
		s := r.Conformance.Scenarios[0]
		if s.State != record.Fail || r.Verdict.Exit != exitFail || !strings.Contains(s.Reason, says) || !strings.Contains(s.Reason, "written wrongly") {
			t.Errorf("%s: %s, exit %d, %q", text, s.State, r.Verdict.Exit, s.Reason)
		}
	}
}
