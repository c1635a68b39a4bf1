package unifier_test

import (
	"slices"
	"testing"

	"github.com/unigate/unigate/internal/unifier"
)

// TestWhoIsAsked pins which service users ask first, and which ones may be asked besides.
func TestWhoIsAsked(t *testing.T) {
	for _, c := range []struct {
		user    unifier.UserType
		edition string
		first   unifier.Service
		later   []unifier.Service
	}{
		{unifier.Basic, "21.7", "login", nil},
		{unifier.OAuthType, "21.7", "oauth", nil},
		{unifier.Basic, "24", "login", []unifier.Service{"v2auth"}},
		{unifier.OAuthType, "26", "oauth", []unifier.Service{"v2auth"}},
		{unifier.Basic, "essentials", "v2auth", []unifier.Service{"v2login"}},
		{unifier.OAuthType, "essentials", "oauth", []unifier.Service{"v2auth"}},
		{unifier.Ordinary, "26", "", nil},
		// Nobody chose an edition: one call must find out.
		{unifier.Basic, "", "", []unifier.Service{"v2auth"}},
		{unifier.OAuthType, "", "", []unifier.Service{"v2auth"}},
		{unifier.Ordinary, "", "", nil},
	} {
		if got, ok := unifier.FirstService(c.user, c.edition); got != c.first || ok != (c.first != "") {
			t.Errorf("%s users of edition %q ask %s first, want %s", c.user, c.edition, got, c.first)
		}
		if got := unifier.LaterServices(c.user, c.edition); !slices.Equal(got, c.later) {
			t.Errorf("%s users of edition %q may ask %v besides, want %v", c.user, c.edition, got, c.later)
		}
	}
}

// TestSentencesOfServices pins how services and requirements are listed.
func TestSentencesOfServices(t *testing.T) {
	if got, want := unifier.ServiceList(), "login, oauth, v2auth (or v2) and v2login"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := unifier.ServiceIDs(), []string{"login", "oauth", "v2auth", "v2", "v2login"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	for edition, want := range map[string][]string{
		"21.7": {"LOGIN-16", "LOGIN-21", "OAUTH-11"}, "26": {"LOGIN-16", "LOGIN-21", "OAUTH-11", "V2AUTH-16"}, "essentials": {"OAUTH-11", "V2AUTH-16"},
		"": {"LOGIN-16", "LOGIN-21", "OAUTH-11", "V2AUTH-16"},
	} {
		if got := unifier.RequirementsBehind(edition, unifier.RuleAccepted, unifier.RuleLasting); !slices.Equal(got, want) {
			t.Errorf("edition %q: %v, want %v", edition, got, want)
		}
	}
}
