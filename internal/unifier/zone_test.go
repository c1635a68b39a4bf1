package unifier

import (
	"regexp"
	"slices"
	"testing"
)

// TestZones checks every row of the table: its form, that its zones exist in
// the embedded database, and that no label stands twice.
func TestZones(t *testing.T) {
	if len(Zones) < 139 {
		t.Errorf("%d labels; CLDR alone has 139", len(Zones))
	}
	form := regexp.MustCompile(`^\(UTC(?:[+-]\d\d:\d\d)?\) \S.*\S$`)
	seen := map[string]bool{}
	for _, z := range Zones {
		if !form.MatchString(z.Label) {
			t.Errorf("label %q", z.Label)
		}
		if seen[plainLabel(z.Label)] {
			t.Errorf("label %q stands twice", z.Label)
		}
		seen[plainLabel(z.Label)] = true
		for _, name := range append([]string{z.IANA}, z.Others...) {
			if _, err := LoadLocation(name); err != nil {
				t.Errorf("%s: %v", z.Label, err)
			}
		}
		if slices.Contains(z.Others, z.IANA) {
			t.Errorf("%s names %s twice", z.Label, z.IANA)
		}
	}
}

func TestZoneByLabel(t *testing.T) {
	for label, want := range map[string]string{
		"(UTC-08:00) Pacific Time (US & Canada)":                    "America/Los_Angeles",
		"(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi":           "Asia/Kolkata",
		"(UTC) Coordinated Universal Time":                          "Etc/UTC",
		"(UTC+00:00) Coordinated Universal Time":                    "Etc/UTC",
		"(UTC) Dublin, Edinburgh, Lisbon, London":                   "Europe/London",
		"(UTC+00:00) Dublin, Edinburgh, Lisbon, London":             "Europe/London",
		"(UTC+10:30) Lord Howe Island":                              "Australia/Lord_Howe",
		"(UTC+02:00) Helsinki, Kiev, Riga, Sofia, Tallinn, Vilnius": "Europe/Kyiv",
	} {
		if z, ok := ZoneByLabel(label); !ok || z.IANA != want {
			t.Errorf("%s: %v %v, want %s", label, z.IANA, ok, want)
		}
	}
	if _, ok := ZoneByLabel("(UTC-08:00) Atlantis"); ok {
		t.Error("an unknown label is known")
	}
}

func TestZoneByIANA(t *testing.T) {
	for name, want := range map[string]string{
		"America/Los_Angeles": "(UTC-08:00) Pacific Time (US & Canada)",
		"America/Vancouver":   "(UTC-08:00) Pacific Time (US & Canada)",
		"Asia/Kolkata":        "(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi",
		"Etc/UTC":             "(UTC) Coordinated Universal Time",
		"UTC":                 "(UTC) Coordinated Universal Time",
	} {
		if z, ok := ZoneByIANA(name); !ok || z.Label != want {
			t.Errorf("%s: %q %v, want %q", name, z.Label, ok, want)
		}
	}
	if _, ok := ZoneByIANA("Atlantis/Capital"); ok {
		t.Error("an unknown zone is known")
	}
}
