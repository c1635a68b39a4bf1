package unifier_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/unifier"
)

// TestServicesOfEditions pins which services each edition of the documentation has.
func TestServicesOfEditions(t *testing.T) {
	for edition, want := range map[string][]unifier.Service{
		"21.7":       {unifier.Login, unifier.OAuth},
		"24":         {unifier.Login, unifier.OAuth, unifier.V2Auth},
		"26":         {unifier.Login, unifier.OAuth, unifier.V2Auth},
		"essentials": {unifier.OAuth, unifier.V2Auth, unifier.V2Login},
		"none":       nil,
	} {
		if got := unifier.ServicesIn(edition); !slices.Equal(got, want) {
			t.Errorf("edition %s: %v, want %v", edition, got, want)
		}
	}
	for _, c := range []struct {
		user    unifier.UserType
		edition string
		want    []unifier.Service
	}{
		{unifier.Basic, "21.7", []unifier.Service{unifier.Login}},
		{unifier.OAuthType, "21.7", []unifier.Service{unifier.OAuth}},
		{unifier.Basic, "26", []unifier.Service{unifier.Login, unifier.V2Auth}},
		{unifier.OAuthType, "26", []unifier.Service{unifier.OAuth, unifier.V2Auth}},
		{unifier.Basic, "essentials", []unifier.Service{unifier.V2Auth, unifier.V2Login}},
		{unifier.Ordinary, "26", nil},
	} {
		if got := unifier.ServicesOf(c.user, c.edition); !slices.Equal(got, c.want) {
			t.Errorf("%s users of edition %s: %v, want %v", c.user, c.edition, got, c.want)
		}
	}
}

// TestServicesAreTold finds each service by all its names, and by no other's.
func TestServicesAreTold(t *testing.T) {
	seen := map[string]unifier.Service{}
	for _, s := range unifier.Services() {
		w := s.Words()
		for _, text := range []string{string(s), s.Name(), s.Path(), w.Asks, w.AsksWith, w.Service + " service", w.Call + " call"} {
			if text == "" || seen[text] != "" {
				t.Errorf("%s: %q is empty, or %s's", s, text, seen[text])
			}
			seen[text] = s
		}
		for _, text := range []string{w.Asks, w.AsksWith, w.Call, w.Service} {
			if got, ok := unifier.ServiceByWords(text); !ok || got != s {
				t.Errorf("%q means %s, want %s", text, got, s)
			}
		}
		if got, ok := unifier.ServiceByPath(s.Path()); !ok || got != s {
			t.Errorf("%s is the path of %s, want %s", s.Path(), got, s)
		}
		if got, ok := unifier.ServiceByID(string(s)); !ok || got != s {
			t.Errorf("%s is the id of %s", s, got)
		}
	}
	if got, ok := unifier.ServiceByID("v2"); !ok || got != unifier.V2Auth {
		t.Errorf("v2 is %s, want %s", got, unifier.V2Auth)
	}
	for _, id := range []string{"", "v1", "Login", "nothing"} {
		if got, ok := unifier.ServiceByID(id); ok {
			t.Errorf("%q is %s, want no service", id, got)
		}
	}
}

// TestRulesOfServices holds every service to the rules without which nothing could be judged.
func TestRulesOfServices(t *testing.T) {
	prefixes := map[unifier.Service][]string{
		unifier.Login: {"LOGIN-"}, unifier.OAuth: {"OAUTH-"}, unifier.V2Auth: {"V2AUTH-", "V2LOGIN-02"}, unifier.V2Login: {"V2LOGIN-"},
	}
	for _, s := range unifier.Services() {
		if len(s.Users()) == 0 || len(s.Editions()) == 0 {
			t.Errorf("%s has users %v and editions %v", s, s.Users(), s.Editions())
		}
		for _, user := range s.Users() {
			rules := s.Rules(user)
			for _, r := range []unifier.Rule{
				unifier.RuleToken, unifier.RuleBody, unifier.RuleMembers, unifier.RuleStatus, unifier.RuleShape, unifier.RuleUser,
				unifier.RuleDefault, unifier.RuleNoHeader, unifier.RuleBadHeader,
			} {
				if rules[r] == "" {
					t.Errorf("%s has no requirement behind rule %d for %s users", s, r, user)
				}
			}
			for _, id := range rules {
				if id != "" && !slices.ContainsFunc(prefixes[s], func(p string) bool { return strings.HasPrefix(id, p) }) {
					t.Errorf("%s judges by %s", s, id)
				}
			}
		}
	}
}
