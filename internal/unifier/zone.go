package unifier

import (
	// The time zone database is part of the binary: many hosts have none, or an old one.
	_ "time/tzdata"
)

// Zone pairs the label that the services print with the IANA zone it stands for.
type Zone struct {
	// Label is the Windows display name, such as "(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi".
	Label string
	// IANA is the zone's name in the IANA time zone database.
	IANA string
}

// Zones lists the known labels.
var Zones = []Zone{
	{"(UTC-08:00) Pacific Time (US & Canada)", "America/Los_Angeles"},
	{"(UTC-05:00) Eastern Time (US & Canada)", "America/New_York"},
	{"(UTC) Coordinated Universal Time", "Etc/UTC"},
	{"(UTC+00:00) Dublin, Edinburgh, Lisbon, London", "Europe/London"},
	{"(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Berlin"},
	{"(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi", "Asia/Kolkata"},
}

// ZoneByLabel finds a zone by the label that a reply shows.
func ZoneByLabel(label string) (Zone, bool) {
	for _, z := range Zones {
		if z.Label == label {
			return z, true
		}
	}
	return Zone{}, false
}

// ZoneByIANA finds a zone by its IANA name.
func ZoneByIANA(name string) (Zone, bool) {
	for _, z := range Zones {
		if z.IANA == name {
			return z, true
		}
	}
	return Zone{}, false
}
