package steps_test

import (
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/steps"
)

// Where nobody chose an edition the answers show it, and the report asks to pin it.
func TestOpenEdition(t *testing.T) {
	type openEdition struct {
		service  string
		wrap     wrapper
		users    func(unifier.User) bool
		says     string
		settles  string
		readings string
	}
	for _, c := range few(1, []openEdition{
		{"21.7", nil, nil, "the answers fit 21.7, and the rules of 21.7 were used", "21.7", "3000 seconds"},
		{"24", nil, nil, "the answers fit 24 and 26, and the rules of 24 were used", "24", "3600 seconds"},
		{"26", lobby, nil, "the answers fit 24 and 26", "24", "3600 seconds"},
		{"24", nil, func(u unifier.User) bool { return u.Type == unifier.Basic }, "no OAuth token tells which one fits", "24", ""}, // V2 is there, which 21.7 does not have,
	}) {
		o, service := target(t, reference.Options{Edition: c.service}, c.wrap)
		o.EditionOpen = true
		if c.users != nil {
			o.Users = nil
			for _, u := range service.Users() {
				if c.users(u) {
					o.Users = append(o.Users, u)
				}
			}
		}
		r := run(t, o)
		verdict(t, r, 0, c.says)
		verdict(t, r, 0, "target.edition or --edition pins one")
		if r.Edition.ID != c.settles {
			t.Errorf("%s: the rules of %s were used", c.service, r.Edition.ID)
		}
		for _, a := range r.Conformance.Ambiguities {
			if a.ID == "A6" && a.Reading != c.readings {
				t.Errorf("%s: A6 %s", c.service, a.Reading)
			}
		}
	}
}

// What the oldest edition says of OAuth is no excuse for V2, of which its pages know nothing.
func TestOpenEditionOfV2(t *testing.T) {
	o, _ := target(t, reference.Options{Edition: "24", Faults: []string{"v2-oauth-default-3000", "oauth-default-of-other-edition"}}, nil)
	o.EditionOpen, o.Requirements = true, []string{"OAUTH-02", "V2AUTH-09"}
	if got := states(run(t, o), record.Fail); got != "V2AUTH-09" {
		t.Errorf("%s fail", got)
	}
}

// Nor is an open edition an excuse for a target that is of one edition at first, and of another one then.
func TestOpenEditionStaysTheSame(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{"21.7": "OAUTH-02", "24": "OAUTH-02 V2AUTH-09"} {
		o, _ := target(t, reference.Options{Edition: id, Faults: []string{"later-oauth-default"}}, nil)
		o.EditionOpen, o.Users = true, fewUsers()
		if got := states(run(t, o), record.Fail); got != want {
			t.Errorf("%s: %s fail", id, got)
		}
	}
}

// An open edition is no excuse for a default that no edition documents; and a
// chosen one that is not the target's is told from the others.
func TestWrongDefaultNamesEditions(t *testing.T) {
	shortened(t)
	o, _ := target(t, reference.Options{Faults: []string{"oauth-default-200"}}, nil)
	o.EditionOpen = true
	if got := states(run(t, o), record.Fail); got != "OAUTH-02" {
		t.Errorf("%s fail", got)
	}
	o, _ = target(t, reference.Options{Edition: "24"}, nil)
	r := run(t, o)
	if q := requirement(t, r, "OAUTH-02"); q.State != record.Fail {
		t.Errorf("OAUTH-02 is %s", q.State)
	}
	found := false
	for _, s := range r.Conformance.Scenarios {
		for _, st := range s.Steps {
			found = found || strings.Contains(st.Error, "this is the default of edition 24 and 26")
		}
	}
	if !found {
		t.Error("nothing says which editions document the default")
	}
}

// The defaults that some edition documents.
func TestOAuthDefaults(t *testing.T) {
	if list, err := steps.OAuthDefaults(); err != nil || len(list) != 2 || list[0] != 3000 || list[1] != 3600 {
		t.Errorf("%v, %v", list, err)
	}
}
