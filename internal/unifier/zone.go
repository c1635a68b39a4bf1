package unifier

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// Zone pairs the label that the services print with the IANA zone it stands for.
type Zone struct {
	// Label is the Windows display name, such as "(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi".
	Label string
	// IANA is the zone's name in the IANA time zone database.
	IANA string
	// Others are further IANA zones that have the same label, such as
	// America/Vancouver beside America/Los_Angeles.
	Others []string
}

//go:embed zones.txt
var zoneTable string

// Zones lists the known labels: first the current one of every zone, then
// older and alternative spellings.
var Zones = parseZones(zoneTable)

// parseZones reads the table; each line is a label, an IANA zone and further ones.
func parseZones(table string) []Zone {
	var zones []Zone
	for line := range strings.Lines(table) {
		fields := strings.Split(strings.TrimSpace(line), " | ")
		if len(fields) < 2 || strings.HasPrefix(line, "#") {
			continue
		}
		z := Zone{Label: fields[0], IANA: fields[1]}
		if len(fields) > 2 {
			z.Others = strings.Fields(fields[2])
		}
		zones = append(zones, z)
	}
	return zones
}

// zonesByLabel finds the place of a label in Zones.
var zonesByLabel = sync.OnceValue(func() map[string]int {
	m := make(map[string]int, len(Zones))
	for i := len(Zones) - 1; i >= 0; i-- {
		m[plainLabel(Zones[i].Label)] = i
	}
	return m
})

// plainLabel writes labels of UTC itself in one way: both "(UTC)" and "(UTC+00:00)" are in use.
func plainLabel(label string) string {
	if rest, ok := strings.CutPrefix(label, "(UTC+00:00)"); ok {
		return "(UTC)" + rest
	}
	return label
}

// ZoneByLabel finds a zone by the label that a reply shows.
func ZoneByLabel(label string) (Zone, bool) {
	i, ok := zonesByLabel()[plainLabel(label)]
	if !ok {
		return Zone{}, false
	}
	return Zones[i], true
}

// ZoneByIANA finds a zone by its IANA name, by the principal one first.
func ZoneByIANA(name string) (Zone, bool) {
	for _, z := range Zones {
		if z.IANA == name {
			return z, true
		}
	}
	for _, z := range Zones {
		if slices.Contains(z.Others, name) {
			return z, true
		}
	}
	return Zone{}, false
}
